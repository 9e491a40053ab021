r"""Movement: parties of members set out for places that pay, where the holders are weak,
and away from troops.

.. math::
    \text{parties a week of } g \text{ from } r = \mu\, (1 + f F_r / 1000)\,
        \frac{C_{rg}}{C_{rg} + m}, \qquad
    P(r \to s) \propto \ell_{rs}\, S_s\, \Big(1 + o \sum_h \frac{C_{sh}}{C_s} (1 - k_{sh})\Big)

with :math:`\ell` the ease of moving along borders and corridors, S the stake, k cohesion and F
troops. A party is a share of the members there; all who set out from one place in one week head the
same way. So groups enter places next to theirs or along a corridor, and a crackdown displaces them.
Source: form ours, after Dell (2015) on rivals who enter where the incumbent is weakened and Osorio
(2015) on spatial diffusion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import NONNEGATIVE, UNIT_INTERVAL, Beta, Event, LogNormal, Parameter
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    COHESION,
    LINKS,
    MEMBERS,
    PLACE,
    PLACE_AND_GROUP,
    STAKE,
    THOUSAND,
    TROOPS,
)

LEAST = 1e-6
"""Pull of a place below which less makes no difference."""


def setting_out(v):
    """Hazard that a party sets out [1/week], (territory, group)."""
    restless = v.restlessness * (1.0 + v.flight * v.troops / THOUSAND)
    return restless[:, None] * v.members / (v.members + v.least[:, None])


def pulls(v):
    """Chance that a party from the place of the row heads for that of the column, (territory,
    territory); rows without a way out are empty.
    """
    share = v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)
    weakness = 1.0 + v.entry * jnp.sum(share * jnp.maximum(1.0 - v.cohesion, 0.0), axis=1)
    pull = v.links * (jnp.maximum(v.stake, LEAST) * weakness)[None, :]
    # Nobody sets out for the place where he is.
    pull = pull * (1.0 - jnp.eye(len(v.stake), dtype=pull.dtype))
    whole = jnp.sum(pull, axis=1, keepdims=True)
    return jnp.where(whole > 0.0, pull / jnp.where(whole > 0.0, whole, 1.0), 0.0)


def move(v, fired, draw):
    """Members after the parties of the week have moved."""
    chance = pulls(v)
    can = jnp.where(jnp.sum(chance, axis=1) > 0.0, 1.0, 0.0)
    party = v.party_share[:, None] * v.members * fired * can[:, None]
    if not draw.whole:
        return {"members": v.members - party + chance.T @ party}
    party = jnp.ceil(party)
    # Places wait in line with waiting times in proportion to one over their chance, so that each
    # comes first with its chance.
    wait = -jnp.log(draw.uniform("movement.heading", chance.shape)) / jnp.maximum(
        chance, LEAST * LEAST
    )
    return {"members": (v.members - party).at[jnp.argmin(wait, axis=1)].add(party)}


@dataclass(frozen=True)
class Movement(Mechanism):
    """Parties of members move to other territories."""

    claims: ClassVar[tuple[str, ...]] = ("C21",)
    needs = (MEMBERS, LINKS, STAKE, COHESION, TROOPS)
    parameters = (
        Parameter(
            "restlessness",
            0.02,
            "1/week",
            LogNormal(0.02, 0.8),
            NONNEGATIVE,
            "hazard that a large group sends a party from a territory",
            (
                claim(
                    "C21",
                    "Drug violence is said to have spread through the country like an epidemic.",
                ),
                cite(
                    "coscia-2012",
                    "assumed",
                    (
                        "Presence grew many times over from 1991 to 2010; the value gives about "
                        "one party a year and place."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "least",
            200.0,
            "person",
            LogNormal(200.0, 0.7),
            (1.0, 1e6),
            "members at which a group sends parties half as often as a large one",
            (assumed("A small wing has nobody to spare."),),
            axes=PLACE,
        ),
        Parameter(
            "party_share",
            0.03,
            "1",
            Beta(3.0, 97.0),
            UNIT_INTERVAL,
            "share of the members in a territory who go in one party",
            (assumed("Some tens of people from a wing of a thousand."),),
            axes=PLACE,
        ),
        Parameter(
            "entry",
            2.0,
            "1",
            LogNormal(2.0, 0.7),
            NONNEGATIVE,
            "how much more a place attracts where its holders have no command",
            (
                cite(
                    "dell-2015",
                    "assumed",
                    "Rivals enter where the incumbent is weakened; the size is ours.",
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "flight",
            0.3,
            "1",
            LogNormal(0.3, 0.8),
            NONNEGATIVE,
            "share by which 1,000 troops in a territory raise the number of parties that leave it",
            (
                cite(
                    "dell-2015",
                    "assumed",
                    "Crackdowns move trafficking and violence to other routes; the size is ours.",
                ),
            ),
            axes=PLACE,
        ),
    )

    def events(self):
        """Parties that set out."""
        return (
            Event(
                "party",
                PLACE_AND_GROUP,
                setting_out,
                move,
                "a party of members sets out for another territory",
            ),
        )
