r"""Leaders: the state captures or kills them, order breaks down, and the group may split.

.. math::
    \text{removals a week in } r \text{ of } g = \lambda_r \Big(1 + b \frac{F_r}{1000}\Big)
        \frac{C_{rg}}{\sum_{sh} C_{sh}} (1 - i_g)(1 + t_g)

A removal breaks the command over the group where the leader was taken: there cohesion falls by the
share :math:`\sigma`, and if he led the whole group, which is so with chance :math:`\eta`, it falls
so everywhere. It comes back over :math:`\tau` weeks. A group without cohesion splits,

.. math:: \text{splits a week} = \varphi\, (1 - \bar k_g)\, \frac{C_g}{C_g + m}

with :math:`\bar k_g` its mean cohesion; the part that leaves takes an empty place among the groups
and is a rival of all. Where no place is empty the split does not happen and is counted. Known
breakaways begin on their day.

Well-known leaders of the record are captured or killed in the first step after their day besides,
in the place r and the group g on record: there :math:`k_{rg} \mapsto (1 - \sigma)\, k_{rg}`, and so
in all places where a leader of the whole group was taken. Removals by the rate above are then those
that no list has, by a dated policy of the scenario, and all of them once the record ends. What
follows captures in the record is part of what a fit knows of the shock.

That rivals press a badly led group is part of conflict, and what a removal does to violence follows
from it; how hard they press was set with published effects of removals in view. Source: form ours,
after the findings of Dell (2015), Calderón and others (2015) and Phillips (2015); days, states and
groups of captures from a list of well-known events, most of them checked against the press: a
selection by fame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite
from ..model.declarations import (
    NONNEGATIVE,
    UNIT_INTERVAL,
    Beta,
    Drift,
    Event,
    LogNormal,
    Parameter,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    CAPTURE,
    CAPTURED,
    CAPTURED_HEAD,
    CAPTURED_ON,
    CAPTURED_WING,
    COHESION,
    FOUNDED,
    GROUP,
    MEMBERS,
    PARENT,
    PLACE,
    PLACE_AND_GROUP,
    PROTECTION,
    REFUSED_SPLITS,
    SPARE,
    THOUSAND,
    TIPPED,
    TROOPS,
    as_alleged,
)

DUE_WEEKS = 4.0
"""Weeks after its day in which a known capture happens, if it has not, and a known breakaway
begins, if its place is empty.
"""

DUE_HAZARD = 100.0
"""Hazard of a known event in those weeks [1/week]: it happens whole in the first step, of a week or
of a quarter. With less, expected numbers would let a part of it happen, and of a breakaway the rest
never: its place is then no longer empty.
"""


def removal(v):
    """Hazard that the leader of a wing is removed [1/week], (territory, group)."""
    here = v.removals * (1.0 + v.troop_support * v.troops / THOUSAND)
    return here[:, None] * v.members / jnp.maximum(jnp.sum(v.members), 1.0) * as_alleged(v)[None, :]


def disorder(v, fired, draw):
    """Cohesion after removals: the shock is felt where the leader was taken, and everywhere if that
    was the head of the group.
    """
    head = draw.happen({"leaders.head": v.heads * jnp.clip(jnp.sum(fired, axis=0), 0.0, 1.0)})[
        "leaders.head"
    ]
    return {"cohesion": shaken(v, fired, head)}


def shaken(v, wings, heads):
    """Cohesion after the leaders of wings (territory, group) and of whole groups (group,) are lost;
    who lost both is shaken once.
    """
    shock = v.shock[:, None]
    return v.cohesion * (1.0 - shock * wings) * (1.0 - shock * heads[None, :] * (1.0 - wings))


def capture(v):
    """Hazard that a capture of the record happens [1/week], (capture,)."""
    now = (
        (v.captured_on >= 0.0)
        & (v.time >= v.captured_on)
        & (v.time < v.captured_on + DUE_WEEKS)
        & (v.captured < 0.5)
    )
    return jnp.where(now, DUE_HAZARD, 0.0)


def captured(v, fired, draw):
    """Cohesion after captures of the record, and which of them have happened."""
    named = jnp.clip(v.captured_wing, 0.0, 1.0)
    wings = jnp.clip(jnp.tensordot(1.0 * fired, named, axes=1), 0.0, 1.0)
    heads = jnp.clip(
        jnp.tensordot(fired * v.captured_head, jnp.max(named, axis=1), axes=1), 0.0, 1.0
    )
    return {"cohesion": shaken(v, wings, heads), "captured": v.captured + fired}


def split(v):
    """Hazard that a group splits [1/week], (group,)."""
    size = jnp.sum(v.members, axis=0)
    order = jnp.sum(v.members * v.cohesion, axis=0) / jnp.maximum(size, 1.0)
    led = jnp.where(size >= 1.0, jnp.clip(order, 0.0, 1.0), 1.0)
    return v.fragility * (1.0 - led) * size / (size + v.least)


def places(v, fired, draw):
    """Who takes which empty place, (group, group): row splits into column.
    As a mean, all spare places share what leaves.
    """
    spare = jnp.clip(v.spare, 0.0, 1.0)
    if not draw.whole:
        return fired[:, None] * (spare / jnp.maximum(jnp.sum(spare), 1e-6))[None, :]
    empty = jnp.where((jnp.sum(v.members, axis=0) < 1.0) & (v.spare > 0.5), 1, 0)
    # The first group that splits takes the first empty place, the second the second.
    turn, place = jnp.cumsum(fired), jnp.cumsum(empty)
    return jnp.where(
        (turn[:, None] == place[None, :]) & (fired[:, None] > 0) & (empty[None, :] > 0), 1.0, 0.0
    )


def leave(v, taken, draw):
    """Members and cohesion after a part of each splitting group has moved to the places taken,
    (group, group).
    """
    part = (
        v.breakaway_share[:, None] * v.members * jnp.minimum(jnp.sum(taken, axis=1), 1.0)[None, :]
    )
    part = jnp.floor(part) if draw.whole else part
    where = taken / jnp.maximum(jnp.sum(taken, axis=1, keepdims=True), 1e-12)
    arrived = part @ where
    fresh = jnp.clip(jnp.sum(taken, axis=0), 0.0, 1.0)[None, :]
    return {
        "members": v.members - part + arrived,
        "cohesion": v.cohesion + fresh * (1.0 - v.cohesion),
    }


def splitting(v, fired, draw):
    """Members after splits, and the splits that found no place."""
    taken = places(v, fired, draw)
    placed = (
        jnp.sum(taken, axis=1)
        if draw.whole
        else fired * jnp.where(jnp.sum(v.spare) > 0.0, 1.0, 0.0)
    )
    return {**leave(v, taken, draw), "refused_splits": v.refused_splits + (fired - placed)}


def founding(v):
    """Hazard that a known breakaway begins [1/week], (group,)."""
    due = (
        (v.time >= v.founded)
        & (v.time < v.founded + DUE_WEEKS)
        & (jnp.sum(v.members, axis=0) < 1.0)
    )
    return jnp.where(due & (jnp.sum(v.parent, axis=1) > 0.0), DUE_HAZARD, 0.0)


def breaking_away(v, fired, draw):
    """Members after known breakaways: each takes its part of its parents."""
    return leave(v, jnp.clip(v.parent.T, 0.0, 1.0) * fired[None, :], draw)


@dataclass(frozen=True)
class Leaders(Mechanism):
    """Leaders are removed, order breaks down, and groups split."""

    claims: ClassVar[tuple[str, ...]] = ("C13", "C24")
    needs = (
        *(MEMBERS, COHESION, REFUSED_SPLITS, TROOPS, PROTECTION, TIPPED, SPARE, FOUNDED, PARENT),
        *(CAPTURED, CAPTURED_ON, CAPTURED_WING, CAPTURED_HEAD),
    )
    parameters = (
        Parameter(
            "removals",
            0.12,
            "1/week",
            LogNormal(0.12, 0.5),
            NONNEGATIVE,
            (
                "well-known leaders removed a week in the whole country, if all members "
                "stood in this territory"
            ),
            (
                cite(
                    "dickenson-2014",
                    "reported",
                    "25 leaders of organisations removed in 49 months, one in eight or nine weeks.",
                ),
                cite(
                    "kingpin-events",
                    "reported",
                    (
                        "26 captures and deaths in 2008-2012, one in ten weeks; a "
                        "list of well-known events."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "heads",
            0.4,
            "1",
            Beta(10.0, 16.0),
            UNIT_INTERVAL,
            "share of removed leaders who led a whole group, so that it is shaken everywhere",
            (
                cite(
                    "kingpin-events",
                    "reported",
                    (
                        "10 of 26 captured or killed in 2008-2012 led an organisation; "
                        "fame may make it too many."
                    ),
                ),
            ),
            everywhere="whether he led the whole group is a matter of the group, not of the place",
        ),
        Parameter(
            "troop_support",
            0.1,
            "1",
            LogNormal(0.1, 0.7),
            NONNEGATIVE,
            "share by which 1,000 troops deployed in a territory raise removals there",
            (
                assumed(
                    "Troops are sent after leaders, but about half of the well-known ones fell "
                    "where there was no joint operation. Alleged foreign help is "
                    "in patronage, and off."
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "shock",
            0.6,
            "1",
            Beta(3.0, 2.0),
            UNIT_INTERVAL,
            "share of the command over a wing that is lost with its leader",
            (
                assumed(
                    "More than half, not all: seconds in command take over. What follows for "
                    "violence is not put in but comes out."
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "recovery",
            40.0,
            "week",
            LogNormal(40.0, 0.5),
            (1.0, 1000.0),
            "time over which command is restored",
            (
                cite(
                    "lindo-2018",
                    "reported",
                    (
                        "Effects of a capture last a year or more in its place and "
                        "half a year elsewhere."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "fragility",
            0.02,
            "1/week",
            LogNormal(0.02, 0.7),
            NONNEGATIVE,
            "hazard that a large group without any command splits",
            (
                cite(
                    "phillips-2015",
                    "assumed",
                    (
                        "Removals are followed by fragmentation; here one group in three or so "
                        "splits after its head is taken."
                    ),
                ),
            ),
            everywhere="a group splits as a whole",
        ),
        Parameter(
            "least",
            1000.0,
            "person",
            LogNormal(1000.0, 0.5),
            (1.0, 1e6),
            "members at which a group splits half as readily as a large one",
            (assumed("Small groups have nothing to divide."),),
            everywhere="a group splits as a whole",
        ),
        Parameter(
            "breakaway_share",
            0.3,
            "1",
            Beta(3.0, 7.0),
            UNIT_INTERVAL,
            "share of members who leave when a group splits",
            (assumed("No counts of members before and after a split were found."),),
            axes=PLACE,
        ),
    )

    def drifts(self):
        """Command is restored."""
        return (
            Drift(
                "cohesion",
                lambda v: (1.0 - v.cohesion) / v.recovery[:, None],
                "order comes back",
            ),
        )

    def events(self):
        """Removals, captures of the record, splits, and known breakaways."""
        return (
            Event(
                "captured",
                CAPTURE,
                capture,
                captured,
                "a leader of the record is captured or killed on the day",
                levels=("cohesion", "captured"),
            ),
            Event(
                "removed",
                PLACE_AND_GROUP,
                removal,
                disorder,
                "the leader of a group's wing is captured or killed",
                levels=("cohesion",),
            ),
            Event(
                "split",
                GROUP,
                split,
                splitting,
                "a group without command splits",
                levels=("cohesion", "refused_splits"),
            ),
            Event(
                "broke_away",
                GROUP,
                founding,
                breaking_away,
                "a group known by name breaks away from another",
                levels=("cohesion",),
            ),
        )
