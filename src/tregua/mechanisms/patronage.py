r"""Patronage: what is alleged about favoured groups,
as rival hypotheses that are all switched off by default.

None of this is a finding. Each parameter states one allegation of the articles, or of those whom
they quote, as a hypothesis with consequences that data could contradict: arrests by group against
its size, seizures by corridor, who is killed. With all parameters at 0 the three levels stay at 0
exactly, and the model is the same as without this mechanism. The hypotheses may be switched on one
by one or together. With :math:`f_g = 1` for a group said to be favoured:

.. math::
    \text{protection: } 1 - (1 - i f_g)(1 - u f_g k_g)(1 - b\,\pi_g)(1 - d), \qquad
    \text{tips: } \tau\,(1 -
        f_g)\,\frac{\sum_h f_h\,\rho_{gh}\,\omega_h}{1 + \sum_h f_h\,\rho_{gh}\,\omega_h} + j\,(1 -
        f_g), \qquad
    \text{exemption: } 1 - (1 - e f_g)(1 - a)

with immunity i (C05, C37), impunity for violence u (C38), :math:`k_g` the share of a group's
members who face rivals in their territory, immunity bought with revenue b (C26, C29, C36),
:math:`\pi_g` the group's share of all drug rent, backing of both sides d (C04), intelligence
:math:`\tau` (C37) of a favoured group on those with whom it is reported to be at odds,
:math:`\rho_{gh}` reports of rivalry, weighted by its share :math:`\omega_h` of all members, joint
targeting j (C24), exemption of corridors e (C06, C32, C33) and agencies at cross purposes a (C30).
The levels follow within weeks. A group that is not said to be favoured has the same level with
:math:`f_g = 0`.

Source: the claims named, all alleged; the forms are ours and carry no evidence of their own.

Left out. Producer protection (C20): the model has no eradication of crops, so the hypothesis is a
supply shock that does not happen; compare runs with and without a policy on the supply of the
trade. What revenue paid for immunity costs a group: it is small beside the uncertainty of revenue.
Punishment that follows from a killing: no mechanism arrests for a given killing, so impunity is
read as fewer arrests of those who fight. That protection concentrates the market (C34) is not put
in: it follows, or not, from fewer arrests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import claim
from ..model.declarations import NONNEGATIVE, UNIT_INTERVAL, Beta, Drift, LogNormal, Parameter
from ..model.mechanism import Mechanism
from ..model.vocabulary import EXEMPT, FAVOURED, MEMBERS, PROTECTION, RENT, RIVALRY, TIPPED

PACE = 0.5
"""How fast the levels follow what is alleged [1/week]: half of the way in a week. No source;
it matters for the first month only.
"""


BY_GROUP = "a favour goes to a group, wherever it is"
"""Why no hypothesis has a value for each territory."""


def share(name: str, doc: str, *evidence) -> Parameter:
    """A hypothesis whose strength is a share, off by default; its prior leans to small values."""
    return Parameter(
        name,
        0.0,
        "1",
        Beta(1.0, 4.0),
        UNIT_INTERVAL,
        f"alleged: {doc}",
        evidence,
        everywhere=BY_GROUP,
    )


def rise(name: str, doc: str, *evidence) -> Parameter:
    """A hypothesis whose strength is a relative rise, off by default."""
    return Parameter(
        name,
        0.0,
        "1",
        LogNormal(0.3, 1.0),
        NONNEGATIVE,
        f"alleged: {doc}",
        evidence,
        everywhere=BY_GROUP,
    )


@dataclass(frozen=True)
class Patronage(Mechanism):
    """Alleged favours to groups: hypotheses, all off by default."""

    needs = (MEMBERS, RENT, RIVALRY, FAVOURED, PROTECTION, TIPPED, EXEMPT)
    parameters = (
        share(
            "immunity",
            "share of arrests that a favoured group is spared",
            claim(
                "C05",
                (
                    "A foreign state is said to support some groups so that one dominant "
                    "power holds each territory."
                ),
            ),
            claim(
                "C37",
                (
                    "A defendant says that members of his group had immunity in exchange for "
                    "intelligence on rivals."
                ),
            ),
        ),
        share(
            "impunity",
            (
                "share of arrests that members of a favoured group who face rivals are spared "
                "besides, since what they do to rivals goes unpunished"
            ),
            claim("C38", "Agencies are said to have let hit men who were informants kill."),
        ),
        share(
            "bought",
            (
                "share of arrests that a group with all of the drug rent would be spared for a "
                "part of its revenue; others in proportion to their rent"
            ),
            claim(
                "C26",
                (
                    "Traffickers are said to have raised funds for an allied force "
                    "with official knowledge."
                ),
            ),
            claim("C29", "Covert services are said to have funded allies with opium."),
            claim(
                "C36",
                (
                    "A trafficker is said to have been tolerated because he funded groups that a "
                    "foreign service supported."
                ),
            ),
        ),
        share(
            "both_sides",
            (
                "share of arrests that every group is spared because those who back the "
                "troops back the groups too"
            ),
            claim(
                "C04",
                "A foreign state is said to back both army units and the groups that they fight.",
            ),
        ),
        rise(
            "intelligence",
            (
                "by how much arrests rise of a group that has many reported rivalries with a "
                "favoured one that is strong"
            ),
            claim("C37", "Members of a group are said to have given intelligence on their rivals."),
        ),
        rise(
            "joint_targeting",
            (
                "by how much removals of leaders and arrests rise for every group that is not "
                "favoured, by strikes with a foreign service"
            ),
            claim("C24", "Foreign personnel are said to take part in targeted strikes."),
        ),
        share(
            "corridor",
            "share of interdiction that goods of a favoured group are spared",
            claim(
                "C06",
                "Where leaders cooperate, governments are said to tolerate a controlled trade.",
            ),
            claim(
                "C32",
                (
                    "A ton of cocaine is said to have been let through as an "
                    "operation of intelligence."
                ),
            ),
            claim(
                "C33", "Several tons are said to have been imported with a service's involvement."
            ),
        ),
        share(
            "cross_purposes",
            (
                "share of all interdiction that one agency cancels by protecting "
                "what another looks for"
            ),
            claim(
                "C30",
                (
                    "Two agencies are said to work against each other: one to stop "
                    "drugs, one to let them in."
                ),
            ),
        ),
    )
    claims: ClassVar[tuple[str, ...]] = (
        "C04",
        "C05",
        "C06",
        "C20",
        "C24",
        "C26",
        "C29",
        "C30",
        "C32",
        "C33",
        "C34",
        "C36",
        "C37",
        "C38",
    )

    def drifts(self):
        """The three levels follow the hypotheses that are switched on."""
        return (
            Drift(
                "protection",
                lambda v: PACE * (protected(v) - v.protection),
                "alleged: favoured groups are spared arrests",
            ),
            Drift(
                "tipped",
                lambda v: PACE * (tips(v) - v.tipped),
                "alleged: rivals of a favoured group are arrested more",
            ),
            Drift(
                "exempt",
                lambda v: PACE * (exempted(v) - v.exempt),
                "alleged: goods of a favoured group are let through",
            ),
        )


def presence(v):
    """Share of each group among the members in each territory [territory, group];
    0 where there is nobody.
    """
    return v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)


def protected(v):
    """Share of arrests that each group is spared."""
    here = presence(v)
    faced = jnp.sum(v.members * (1.0 - here), axis=0) / jnp.maximum(jnp.sum(v.members, axis=0), 1.0)
    rent = jnp.sum(here * v.rent[:, None], axis=0) / jnp.maximum(jnp.sum(v.rent), 1e-6)
    # The data say 0 or 1; what is favoured more than fully is not spared more than all.
    favoured = jnp.minimum(v.favoured, 1.0)
    return 1.0 - (1.0 - v.immunity * favoured) * (1.0 - v.impunity * favoured * faced) * (
        1.0 - v.bought * rent
    ) * (1.0 - v.both_sides)


def tips(v):
    """By how much arrests of each group rise."""
    favoured = jnp.minimum(v.favoured, 1.0)
    strength = jnp.sum(v.members, axis=0) / jnp.maximum(jnp.sum(v.members), 1.0)
    known = v.rivalry @ (favoured * strength)
    return (1.0 - favoured) * (v.intelligence * known / (1.0 + known) + v.joint_targeting)


def exempted(v):
    """Share of interdiction that the goods of each group are spared."""
    favoured = jnp.minimum(v.favoured, 1.0)
    return 1.0 - (1.0 - v.corridor * favoured) * (1.0 - v.cross_purposes)
