r"""Troops: soldiers and marines are sent, clash with members, kill and lose lives in it,
and keep groups from being led.

.. math::
    \dot F_r = \frac{a\,(d_r + u\, \mathbb 1[t \ge t_r]) - F_r}{\tau}, \qquad
    \text{clashes per member and week} = \kappa\, \frac{F_r}{F_r + h}, \qquad
    \dot x_r = \frac{1}{\tau} \Big(\delta\, \frac{F_r}{F_r + h} - x_r\Big)

:math:`d_r` are troops deployed in any case, u those that a joint operation brings from its first
day :math:`t_r` on, and a what foreign aid makes of a soldier. Each clash kills :math:`n_m` members,
:math:`n_f` soldiers and :math:`n_c` civilians on average. The pressure :math:`x_r` is the share of
command that cannot act while troops are near: meetings, messages and guards of ground are given up.
What rivals make of that, and so what troops do to the war between groups, is no part of this file:
it has to come out.

Source: dates of joint operations 2005-2010, the army's own account of its clashes 2007-2020,
official records of confrontations 2006-2011, and claims C02, C03, C14 and C25 of the article of
January 2014. The form is ours.

Simplified: clashes of national police and marines are counted as troops'; how hard deployed troops
fight is constant, while clashes on record have risen many times over with hardly more soldiers
deployed; deployment starts from nothing and is complete after some weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import (
    NONNEGATIVE,
    OUTSIDE,
    UNIT_INTERVAL,
    Beta,
    Drift,
    Flow,
    LogNormal,
    Parameter,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import DEAD, DEAD_OTHERS, MEMBERS, OPERATION_START, PLACE, PRESSURE, TROOPS

DEPLOYMENT = (
    Parameter(
        "deployed",
        0.0,
        "person",
        LogNormal(500.0, 1.0),
        NONNEGATIVE,
        "troops in a territory whether there is a joint operation or not",
        (
            assumed(
                "Where they stand outside the joint operations is not published; nobody "
                "unless the data set says so."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "surge",
        4_500.0,
        "person",
        LogNormal(4_500.0, 0.4),
        NONNEGATIVE,
        "troops that a joint operation brings into a territory",
        (
            cite(
                "army-deployed",
                "official",
                (
                    "45,000 soldiers on average in 2007 and 49,650 in 2010, for "
                    "tasks of public security."
                ),
            ),
            cite(
                "military-operations",
                "estimated",
                (
                    "Ten states with a joint operation by 2008: about 4,500 for each; "
                    "Ciudad Juárez got 5,000."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "delay",
        8.0,
        "week",
        LogNormal(8.0, 0.3),
        (1.0, NONNEGATIVE[1]),
        "weeks until most of a deployment has arrived or left",
        (
            cite(
                "military-operations",
                "assumed",
                (
                    "5,000 soldiers reached Ciudad Juárez within two weeks; most "
                    "operations grew more slowly."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "aid",
        1.0,
        "1",
        LogNormal(1.0, 0.2),
        NONNEGATIVE,
        "strength of troops against those without foreign aid",
        (
            claim(
                "C03",
                (
                    "Alleged: the troops involved were trained and backed by the United "
                    "States. A lever, not a fact."
                ),
            ),
            claim(
                "C25",
                "Aid of hundreds of millions of US dollars; what it does to strength is not said.",
            ),
            assumed("1, no effect, unless somebody asks what if."),
        ),
        axes=PLACE,
    ),
)

FIGHTING = (
    Parameter(
        "clash",
        6e-4,
        "1/week",
        LogNormal(6e-4, 0.7),
        NONNEGATIVE,
        "clashes per member and week where troops are very many",
        (
            cite(
                "sedena-clashes",
                "estimated",
                (
                    "22 opponents killed in 2007, 1,297 in 2011, 11 a week on average in "
                    "2007-2012, by the army alone."
                ),
            ),
            cite(
                "ppd-2011",
                "estimated",
                (
                    "4,599 of organised crime killed in five years, 18 a week, with marines and "
                    "police; ours lies between."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "half",
        5_000.0,
        "person",
        LogNormal(5_000.0, 0.7),
        NONNEGATIVE,
        (
            "troops in a territory that bring half as many clashes, and half the "
            "pressure, as very many"
        ),
        (assumed("About one joint operation: more soldiers find fewer new members."),),
        axes=PLACE,
    ),
    Parameter(
        "disruption",
        0.6,
        "1",
        Beta(3.0, 2.0),
        UNIT_INTERVAL,
        "share of the command over a group that cannot act where troops are very many",
        (
            cite(
                "dell-2015",
                "reported",
                (
                    "Crackdowns weaken the incumbent, and rivals attack it; how much command "
                    "is lost is not measured."
                ),
            ),
            assumed(
                "The size is ours, that of the loss of a leader; what follows for violence is "
                "not put in but comes out."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "members_killed",
        1.01,
        "person",
        LogNormal(1.01, 0.3),
        NONNEGATIVE,
        "members killed in a clash",
        (
            cite(
                "sedena-clashes",
                "official",
                "5,042 opponents killed in 4,997 clashes 2007-2020, by the army's own count.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "troops_killed",
        0.058,
        "person",
        LogNormal(0.05, 0.4),
        NONNEGATIVE,
        "troops killed in a clash",
        (
            cite("sedena-clashes", "official", "290 soldiers in 4,997 clashes 2007-2020."),
            cite(
                "ppd-2011",
                "official",
                "158 soldiers and marines beside 4,599 of organised crime: 0.034 for each.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "harm",
        0.034,
        "person",
        LogNormal(0.034, 1.0),
        NONNEGATIVE,
        "civilians killed in a clash",
        (
            cite(
                "sedena-clashes",
                "official",
                "42 bystanders in 4,997 clashes, 0.008 for each, by the army's own count.",
            ),
            cite(
                "ppd-2011",
                "official",
                (
                    "516 civilians in 3,835 confrontations, by whatever side: 0.13 for each. Ours "
                    "is the geometric mean."
                ),
            ),
            claim(
                "C02",
                (
                    "Up to 12 civilians died in one clash at Antúnez: an upper bound "
                    "for one clash, no mean."
                ),
            ),
            claim(
                "C25",
                "Aid goes on in spite of human-rights concerns: harm is a lever beside strength.",
            ),
        ),
        axes=PLACE,
    ),
)


def saturating(v):
    """What troops do as a share of what very many would do, (territory,)."""
    troops = jnp.maximum(v.troops, 0.0)
    return troops / jnp.maximum(troops + v.half, 1.0)


@dataclass(frozen=True)
class Troops(Mechanism):
    """Deployment of the forces, and who dies in their clashes with groups."""

    claims: ClassVar[tuple[str, ...]] = ("C02", "C03", "C14", "C25")
    needs = (MEMBERS, DEAD, DEAD_OTHERS, TROOPS, PRESSURE, OPERATION_START)
    parameters = (*DEPLOYMENT, *FIGHTING)

    def drifts(self):
        """Troops come and go, and their pressure with them."""

        def rate(v):
            # A step spread over the first week, so that the day of the start matters and
            # not only its week.
            begun = jnp.clip(v.time - v.operation_start, 0.0, 1.0)
            return (v.aid * (v.deployed + v.surge * begun) - v.troops) * (1.0 / v.delay)

        def pressure(v):
            return (v.disruption * saturating(v) - v.pressure) * (1.0 / v.delay)

        return (
            Drift("troops", rate, "deployment goes to what is ordered"),
            Drift("pressure", pressure, "groups learn to hide from the troops that are there"),
        )

    def flows(self):
        """Members, troops and civilians killed in clashes."""

        def clashes(v):
            return v.clash * saturating(v)

        def members(v):
            return (v.members_killed * clashes(v))[:, None] + 0.0 * v.members

        def others(each):
            return lambda v: getattr(v, each) * clashes(v) * jnp.sum(v.members, axis=1)

        return (
            Flow(
                "members_dead",
                "members",
                "dead",
                members,
                "members killed by troops",
                victim="member",
                cause="operation",
            ),
            Flow(
                "troops_dead",
                OUTSIDE,
                "dead_others",
                others("troops_killed"),
                "troops killed in clashes",
                victim="troops",
                cause="attack on forces",
            ),
            Flow(
                "civilians_dead",
                OUTSIDE,
                "dead_others",
                others("harm"),
                "civilians killed in clashes of troops",
                victim="civilian",
                cause="operation",
            ),
        )
