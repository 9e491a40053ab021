r"""Arrests: the state takes members out of their groups, by effort that runs dry, and spares those
whom its own officers shield.

.. math::
    \text{hazard of arrest} = \frac{\eta_r\,(1 + b F_r / 1000)}{C_r + m}\,
        (1 - \varphi\, \pi_{rg})\,(1 - i_g)\,(1 + t_g), \qquad C_r = \sum_g C_{rg}

With :math:`m = 0` a fixed total is arrested however large the groups are, so that a larger criminal
population is arrested *less* per head; with large m and :math:`\eta / m` held fixed a fixed share
is. :math:`F_r` are troops deployed, :math:`\pi_{rg}` the share of officers who work for the group;
:math:`i_g` and :math:`t_g` are the alleged immunity of a group and what its rivals tell of it, both
zero unless switched on. Source: size model of Prieto-Curiel, Campedelli and Hope (Science 381:1312,
2023), where the term is called incapacitation and :math:`m = 0`; the rest is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import NONNEGATIVE, UNIT_INTERVAL, Beta, Flow, LogNormal, Parameter
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    ARRESTED,
    MEMBERS,
    PLACE,
    PROTECTION,
    SHIELD,
    THOUSAND,
    TIPPED,
    TROOPS,
    as_alleged,
)


@dataclass(frozen=True)
class Arrests(Mechanism):
    """The state takes members out of their groups."""

    claims: ClassVar[tuple[str, ...]] = ("C05", "C11", "C37")
    needs = (MEMBERS, ARRESTED, SHIELD, TROOPS, PROTECTION, TIPPED)
    parameters = (
        Parameter(
            "effort",
            110.0,
            "person/week",
            LogNormal(110.0, 0.5),
            NONNEGATIVE,
            "members that police take out a week where groups are large",
            (
                cite(
                    "size-2023",
                    "assumed",
                    (
                        "Lower edge of the box searched in the published fit; 5 % of yearly "
                        "arrests would be about 105 a week."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "half_size",
            0.0,
            "person",
            LogNormal(2000.0, 1.5),
            NONNEGATIVE,
            "members in a territory at which half of the effort meets anyone; 0 for a fixed total",
            (
                cite(
                    "size-2023",
                    "assumed",
                    (
                        "The published form is a fixed total. Others use a fixed share, or the "
                        "square root of size; the form is contested."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "shielding",
            0.8,
            "1",
            Beta(4.0, 2.0),
            UNIT_INTERVAL,
            "share of arrests that a group is spared where all officers work for it",
            (
                claim(
                    "C11",
                    (
                        "Strong police and military presence is said to protect the "
                        "group that holds the place."
                    ),
                ),
                assumed("The size is ours; it acts only where officers are compromised."),
            ),
            axes=PLACE,
        ),
        Parameter(
            "troop_support",
            0.1,
            "1",
            LogNormal(0.1, 0.7),
            NONNEGATIVE,
            "share by which 1,000 troops deployed in the territory raise arrests",
            (
                cite(
                    "sedena-clashes",
                    "assumed",
                    (
                        "The army counts 4,168 detained in clashes 2007-2020; how many more "
                        "arrests its presence brings is not known."
                    ),
                ),
            ),
            axes=PLACE,
        ),
    )

    def flows(self):
        """Members who are arrested."""

        def hazard(v):
            # Fewer than one member cannot share out the effort: the floor keeps an empty territory
            # finite and changes nothing else.
            everyone = jnp.maximum(v.total("members", over=("group",)) + v.half_size[:, None], 1.0)
            effort = v.effort * (1.0 + v.troop_support * v.troops / THOUSAND)
            spared = 1.0 - v.shielding[:, None] * jnp.clip(v.shield, 0.0, 1.0)
            return effort[:, None] / everyone * spared * as_alleged(v)[None, :]

        return (
            Flow(
                "arrested",
                "members",
                "arrested",
                hazard,
                "members taken out by arrest",
                kind="arrest",
            ),
        )
