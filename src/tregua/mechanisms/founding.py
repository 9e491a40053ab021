r"""Founding: how many members each group has at the start.

.. math:: C_{rg}(0) = C_{0r} \, \frac{f_{rg}\, i_g^{-a}}{\sum_h f_{rh}\, i_h^{-a}}

with :math:`i_g` the rank of group g by recorded rivalries and alliances and :math:`f_{rg}` its
foothold in the territory. Source: size model of Prieto-Curiel, Campedelli and Hope (Science
381:1312, 2023), in which all footholds are 1, :math:`a = 1` is imposed and the sizes of a
stochastic run are Poisson draws around this mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp

from ..evidence.cite import cite
from ..model.declarations import NONNEGATIVE, LogNormal, Parameter, Uniform
from ..model.mechanism import Mechanism
from ..model.vocabulary import FOOTHOLD, MEMBERS, PLACE, RANK


@dataclass(frozen=True)
class Founding(Mechanism):
    """Sizes of the groups at the start, by rank."""

    needs = (MEMBERS, RANK, FOOTHOLD)
    parameters = (
        Parameter(
            "members_at_start",
            115_000.0,
            "person",
            LogNormal(115_000.0, 0.7),
            NONNEGATIVE,
            "members of all groups together at the start, in each territory",
            (
                cite(
                    "size-2023",
                    "assumed",
                    (
                        "Upper edge of the box searched in the published fit. Equally good fits "
                        "exist from 60,000 to 500,000, and below with strong saturation."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "rank_exponent",
            1.0,
            "1",
            Uniform(0.5, 1.5),
            NONNEGATIVE,
            "how fast size falls with rank; 0 makes all groups equal",
            (
                cite(
                    "size-2023",
                    "assumed",
                    "The published script imposes sizes in proportion to 1/rank.",
                ),
            ),
            axes=PLACE,
        ),
    )

    def initial(self, view, draw):
        """Expected sizes, or Poisson draws around them."""
        weight = view.foothold * jnp.power(view.rank[None, :], -view.rank_exponent[:, None])
        whole = jnp.sum(weight, axis=1, keepdims=True)
        share = jnp.where(whole > 0.0, weight / jnp.where(whole > 0.0, whole, 1.0), 0.0)
        return {"members": draw.poisson("founding.members", view.members_at_start[:, None] * share)}
