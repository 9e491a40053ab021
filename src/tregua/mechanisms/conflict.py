r"""Conflict: members of rival groups kill each other, more where more can be won and most where one
of two rivals is badly led.

.. math::
    \text{hazard of being killed} = \theta\,
        s_r^{\zeta} \Big(\frac{C_{rg}}{u}\Big)^{p-1} \Big(\frac{C_r}{u}\Big)^{-z}
    \sum_h S_{gh} \big(1 + o\,(w_{rg} + w_{rh})\big) C_{rh} \Big(\frac{C_{rh}}{u}\Big)^{q-1}, \qquad
    S_{gh} = \frac{R_{gh} + \varepsilon}{1 + \sum_k A_{gk}}, \quad S_{gg} = 0, \qquad
        w_{rg} = 1 - k_{rg}\,(1 - x_r)

R and A count the reports of rivalry and alliance; the alliances of the group that is attacked
protect it, so S is not symmetric. :math:`\varepsilon` is the hostility of a pair without any
recorded rivalry, :math:`s_r` the stake in the territory against its mean at the start,
:math:`k_{rg}` the cohesion of a group and :math:`x_r` the pressure of troops, so that
:math:`w_{rg}` is how badly the group is led. A fight over the ground of a badly led group costs
lives on both sides. With :math:`p = q = 1` and :math:`z = \zeta = 0` it is the published form.
Source: size model of Prieto-Curiel, Campedelli and Hope (Science 381:1312, 2023), where
:math:`\varepsilon = 1`; exponents after Lanchester's laws, of which p and q decide whether violence
grows with the square of size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import NONNEGATIVE, Flow, LogNormal, Parameter, Uniform
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    ALLIANCE,
    COHESION,
    DEAD,
    MEMBERS,
    PLACE,
    PRESSURE,
    RIVALRY,
    STAKE,
)

LEAST = 1e-6
"""Stake below which less makes no difference: keeps powers and their slopes finite."""


@dataclass(frozen=True)
class Conflict(Mechanism):
    """Groups kill members of rival groups."""

    claims: ClassVar[tuple[str, ...]] = ("C23", "C45", "C10", "C34")
    needs = (MEMBERS, DEAD, RIVALRY, ALLIANCE, STAKE, COHESION, PRESSURE)
    parameters = (
        Parameter(
            "lethality",
            1.549231e-8,
            "1/(person*week)",
            LogNormal(1.5e-8, 1.0),
            NONNEGATIVE,
            "hazard of death for each enemy and unit of hostility",
            (
                cite(
                    "size-2023",
                    "estimated",
                    "Fitted to weekly deaths 2012-2021; its scale trades off against group size.",
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "baseline",
            1.0,
            "1",
            LogNormal(1.0, 1.0),
            NONNEGATIVE,
            "hostility between two groups without any recorded rivalry",
            (
                cite(
                    "size-2023",
                    "assumed",
                    (
                        "Imposed in the published script, so that 36 groups "
                        "without a tie fight everyone."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "own_exponent",
            1.0,
            "1",
            Uniform(0.5, 1.2),
            NONNEGATIVE,
            "how losses grow with the size of the group attacked; 1 in proportion",
            (
                cite(
                    "size-2023",
                    "assumed",
                    (
                        "The published form is unaimed fire, with losses in proportion to both "
                        "sizes. No fit of the exponent was found."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "rival_exponent",
            1.0,
            "1",
            Uniform(0.5, 1.2),
            NONNEGATIVE,
            "how losses grow with the size of the rival; 1 in proportion",
            (
                cite(
                    "size-2023",
                    "assumed",
                    (
                        "The published form is unaimed fire, with losses in proportion to both "
                        "sizes. No fit of the exponent was found."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "saturation_exponent",
            0.0,
            "1",
            Uniform(0.0, 1.0),
            NONNEGATIVE,
            (
                "how the fight thins out where all groups together are large; 0 not "
                "at all, 1 in proportion"
            ),
            (
                cite(
                    "size-2023",
                    "assumed",
                    "Zero in the published form, so that violence grows with the square of size.",
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "unit_size",
            1000.0,
            "person",
            Uniform(500.0, 2000.0),
            (1.0, 1e6),
            (
                "size at which the exponents make no difference, so that they do not "
                "change the unit of lethality"
            ),
            (
                assumed(
                    "A round size of a group in one state; it only sets where curves of "
                    "different exponents cross."
                ),
            ),
            everywhere="a unit, by which groups of all places are measured",
        ),
        Parameter(
            "stake_exponent",
            0.0,
            "1",
            Uniform(0.0, 1.0),
            NONNEGATIVE,
            "per cent more fighting for one per cent more rent to be won in the territory",
            (
                claim("C23", "Corridors worth billions a year are fought over by rival groups."),
                cite(
                    "castillo-2020",
                    "reported",
                    (
                        "Scarcer supply raised violence in Mexico, most near the border and "
                        "where several groups meet."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "opportunism",
            3.0,
            "1",
            LogNormal(3.0, 0.7),
            NONNEGATIVE,
            (
                "how much harder two rivals fight where one of them is without any command, "
                "against both in full order"
            ),
            (
                cite(
                    "dell-2015",
                    "reported",
                    (
                        "Violence after crackdowns is mostly of traffickers against each other, "
                        "as rivals attack a weakened incumbent."
                    ),
                ),
                assumed(
                    "The size is ours: four times the losses where one side is without any "
                    "command. It acts only where command has suffered."
                ),
            ),
            axes=PLACE,
        ),
    )

    def flows(self):
        """Members killed by rivals."""

        def hazard(v):
            own = jnp.power(
                jnp.maximum(v.members, 1.0) / v.unit_size, v.own_exponent[:, None] - 1.0
            )
            rivals = v.members * jnp.power(
                jnp.maximum(v.members, 1.0) / v.unit_size, v.rival_exponent[:, None] - 1.0
            )
            weak = jnp.clip(1.0 - v.cohesion * (1.0 - v.pressure)[:, None], 0.0, 1.0)

            def enemies(weight):
                # sum_h (R_gh + eps) w_h without the diagonal, as one product with the shared
                # matrix: R has an empty diagonal. All but one can round below 0.
                return weight @ v.rivalry.T + v.baseline[:, None] * jnp.maximum(
                    jnp.sum(weight, axis=1, keepdims=True) - weight, 0.0
                )

            thinned = jnp.power(
                jnp.maximum(v.total("members", over=("group",)), 1.0) / v.unit_size,
                -v.saturation_exponent[:, None],
            )
            intensity = jnp.power(jnp.maximum(v.stake, LEAST), v.stake_exponent)[:, None] * thinned
            opportunism = v.opportunism[:, None]
            pressed = (1.0 + opportunism * weak) * enemies(rivals) + opportunism * enemies(
                rivals * weak
            )
            return (
                v.lethality[:, None]
                * intensity
                * own
                * pressed
                / (1.0 + jnp.sum(v.alliance, axis=1))[None, :]
            )

        return (
            Flow(
                "killed",
                "members",
                "dead",
                hazard,
                "members killed by rival groups",
                "member",
                "turf war",
            ),
        )
