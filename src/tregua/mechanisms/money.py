r"""Money: what groups earn becomes cash, some of it is laundered,
and laundered cash pays members and officers.

Revenue of a group is its share of the rent of each territory, by members, and what its members
extort:

.. math:: R_g = \sum_r \frac{C_{rg}}{\sum_h C_{rh}}\,\Pi_r + \sum_r x_r\,X_r\,C_{rg}

A share s of it is seized. The rest is laundered, with the backlog K of earlier weeks, as far as the
capacity A of all who launder goes, shared in proportion:

.. math::
    W_g = (1 - s) R_g + b K_g, \qquad L_g = W_g \frac{A}{A + \sum_h W_h}, \qquad
        \dot K_g = (1 - s) R_g - L_g

so that :math:`\sum L < A` always, and cash piles up where groups earn more than A. A share
:math:`\beta` of it goes to officers, the rest to members. Pay and bribes are indices, 1 where a
group spends :math:`c_P` and :math:`c_B` a week for each of its members, and move towards

.. math::
    P_g^* = \min\Big(\frac{(1 - \beta) L_g / c_P + m}{C_g + m},\; 4\Big), \qquad
        B_g^* = \min\Big(\frac{\beta L_g / c_B + m}{C_g + m},\; 4\Big)

A group without members tends to 1, the neutral value, by the few members m, and its bribes and pay
to no more than four times what is usual.

Source: the small share of cash seized and the size of bank transfers are those of press reports,
revenue is that of the trade; the form is ours. Simplifications: a group spends on officers in
proportion to its own size; pay is the same in all territories; cash is not inherited where groups
split; there is no interest and no investment. In a model without trade the rent stays at the
national mean in every territory. Groups start without cash; while it builds up, pay and bribes lie
below what they settle at, by 6 % after four months at the default values and 1 % after two years.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import NONNEGATIVE, UNIT_INTERVAL, Beta, Drift, LogNormal, Parameter
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    BRIBES,
    DIRTY,
    EXTORTION,
    MEMBERS,
    PAY,
    PLACE,
    RENT,
    largest_and_parts,
)

FEW = 10.0
"""Members so few that what they earn for each says little:
below this number the indices tend to 1.
"""

MOST = 4.0
"""Highest value of the indices of pay and bribes:
a group with much cash and few members does not pay them without limit.
"""

EARNING = (
    Parameter(
        "extorted",
        150.0,
        "usd/(person*week)",
        LogNormal(150.0, 0.7),
        NONNEGATIVE,
        (
            "what a member earns by extortion and other crime than drugs, at the "
            "mean pressure of the start"
        ),
        (
            cite(
                "rand-2010",
                "assumed",
                "Chosen so that about 15 % of revenue is not from drugs, the low view of experts.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "cash_seized",
        0.005,
        "1",
        Beta(2.0, 398.0),
        UNIT_INTERVAL,
        "share of revenue that the state seizes as cash",
        (
            cite(
                "bulk-cash-us",
                "reported",
                (
                    "Above 500 million USD in 2002-2014, against 19 to 29 billion a year: well "
                    "under 1 %; more abroad."
                ),
            ),
        ),
        everywhere="the cash of a group is one sum, wherever it was earned",
    ),
)
"""What comes in."""

LAUNDERING = (
    Parameter(
        "capacity",
        270e6,
        "usd/week",
        LogNormal(270e6, 0.7),
        (1.0, float("inf")),
        (
            "most that all launderers together could clean in a week; a policy that scales it "
            "down is stricter enforcement against banks"
        ),
        (
            cite(
                "deposit-limit-2010",
                "assumed",
                (
                    "Banks repatriated some 14 billion USD of cash a year before the limit of "
                    "2010 took away 70 % of it."
                ),
            ),
            claim(
                "C27",
                (
                    "A bank is said to have laundered drug money: which share of revenue becomes "
                    "usable hangs on banks."
                ),
            ),
        ),
        everywhere="launderers serve groups of all places",
    ),
    Parameter(
        "backlog",
        0.25,
        "1/week",
        LogNormal(0.25, 0.5),
        NONNEGATIVE,
        "share of the cash kept from earlier weeks that groups try to launder in a week",
        (assumed("Cash is kept for a month."),),
        everywhere="the cash of a group is one sum, wherever it was earned",
    ),
)
"""What becomes of cash."""

SPENDING = (
    Parameter(
        "bribe_share",
        0.1,
        "1",
        Beta(2.0, 18.0),
        UNIT_INTERVAL,
        "share of laundered cash that goes to officers",
        (
            assumed(
                "Payments to police and officials are said to take a tenth or so; NarcoLogic "
                "gives 30 % of the margin of a node to bribes."
            ),
        ),
        everywhere="a group has one purse for all its places",
    ),
    Parameter(
        "wage",
        900.0,
        "usd/(person*week)",
        LogNormal(900.0, 0.7),
        (1.0, float("inf")),
        "what a group spends on pay, arms and keep for each member at which its pay index is 1",
        (
            assumed("What the default rent and extortion leave for 100,000 members."),
            cite("participation-code", "assumed", "Pay alone is put there at 250 a week."),
        ),
        everywhere="a group has one purse for all its places",
    ),
    Parameter(
        "bribe",
        100.0,
        "usd/(person*week)",
        LogNormal(100.0, 0.7),
        (1.0, float("inf")),
        "what a group spends on officers for each of its members at which its bribe index is 1",
        (assumed("A ninth of what it spends on its members, by the default share of bribes."),),
        everywhere="a group has one purse for all its places",
    ),
    Parameter(
        "adjustment",
        0.04,
        "1/week",
        LogNormal(0.04, 0.5),
        NONNEGATIVE,
        "how fast pay and bribes follow what a group can afford",
        (assumed("Half a year: reserves and promises carry a group for a while."),),
        everywhere="a group has one purse for all its places",
    ),
)
"""What cash is spent on."""


@dataclass(frozen=True)
class Money(Mechanism):
    """Groups earn, launder and pay."""

    needs = (MEMBERS, RENT, EXTORTION, DIRTY, PAY, BRIBES)
    parameters = (*EARNING, *LAUNDERING, *SPENDING)
    claims: ClassVar[tuple[str, ...]] = ("C23", "C27", "C59")

    def drifts(self):
        """Cash that piles up, and what groups can pay."""

        def cash(v):
            unseized = (1.0 - v.cash_seized) * earned(v)
            return unseized - laundered(v, unseized)

        def pay(v):
            clean = laundered(v, (1.0 - v.cash_seized) * earned(v))
            return v.adjustment * (index(v, (1.0 - v.bribe_share) * clean, v.wage) - v.pay)

        def bribes(v):
            clean = laundered(v, (1.0 - v.cash_seized) * earned(v))
            return v.adjustment * (index(v, v.bribe_share * clean, v.bribe) - v.bribes)

        return (
            Drift("dirty", cash, "cash earned and not laundered piles up"),
            Drift("pay", pay, "pay follows what a group can afford"),
            Drift("bribes", bribes, "bribes follow what a group can afford"),
        )


def earned(v):
    """Revenue of each group [MUSD/week]."""
    # Less than one member holds no territory; its rent then goes to nobody.
    here = v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)
    most, parts = largest_and_parts(v.extorted)
    return jnp.sum(here * v.rent[:, None], axis=0) + most / 1e6 * jnp.sum(
        (v.extortion * parts)[:, None] * v.members, axis=0
    )


def laundered(v, unseized):
    """Cash laundered by each group [MUSD/week], of revenue that is not seized [MUSD/week] and the
    backlog.
    """
    wanted = unseized + v.backlog * v.dirty
    capacity = v.capacity / 1e6
    return wanted * capacity / (capacity + jnp.sum(wanted))


def index(v, spent, each):
    """What is ``spent`` [MUSD/week] for each member, against ``each`` [usd/(person*week)]."""
    return jnp.minimum((spent * 1e6 / each + FEW) / (jnp.sum(v.members, axis=0) + FEW), MOST)
