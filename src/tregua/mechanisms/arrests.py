r"""Arrests of a fixed total: the state takes out a constant number a week, shared among groups by size.

.. math:: \text{hazard of arrest} = \eta_r / T_r, \qquad T_r = \sum_g C_{rg}

A larger criminal population is then arrested *less* per head. Source: size model of Prieto-Curiel, Campedelli and Hope
(Science 381:1312, 2023), where the term is called incapacitation. There is no release.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp

from ..mechanism import Mechanism
from ..sources import cite
from ..stocks import ARRESTED, MEMBERS
from ..types import NONNEGATIVE, Flow, LogNormal, Parameter


@dataclass(frozen=True)
class Arrests(Mechanism):
    """The state takes members out of their groups."""

    needs = (MEMBERS, ARRESTED)
    parameters = (
        Parameter(
            "effort",
            110.0,
            "person/week",
            LogNormal(110.0, 0.5),
            NONNEGATIVE,
            "members taken out a week, whatever the size of the groups",
            (
                cite(
                    "size-2023",
                    "assumed",
                    "Lower edge of the box searched in the published fit; 5 % of yearly arrests would be about 105 a week.",
                ),
            ),
            axes=("territory",),
        ),
    )

    def flows(self):
        """Members who are arrested."""

        def hazard(v):
            # Fewer than one member cannot share out the effort: the floor keeps an empty territory finite and changes nothing else.
            everyone = jnp.maximum(v.total("members", over=("group",)), 1.0)
            return v.effort[:, None] / everyone

        return (Flow("arrested", "members", "arrested", hazard, "members taken out by arrest"),)
