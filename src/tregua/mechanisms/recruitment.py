r"""Recruitment: groups grow in proportion to their size,
as long as there are young men to take and money to pay them.

.. math::
    \text{recruits per week} = \rho \,
        C_{rg} \Big(1 - x \frac{\sum_h C_{rh}}{A_r}\Big)_+ \big[f + (1 - f)\, w_g^{a}\big]

with :math:`A_r` the men of 15 to 34 years in the territory, :math:`w_g` what the group can pay
against the start, and f the share who are forced and so cost no pay. With :math:`x = a = 0` it is
the published form :math:`\rho C`. Source: size model of Prieto-Curiel, Campedelli and Hope (Science
381:1312, 2023); the limit by men at risk and the pay are ours.
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
    Flow,
    LogNormal,
    Parameter,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import MEMBERS, PAY, PLACE, YOUNG_MEN

LEAST_PAY = 1e-3
"""Pay index below which less pay makes no difference: keeps powers and their slopes finite."""


@dataclass(frozen=True)
class Recruitment(Mechanism):
    """People from outside join a group."""

    claims: ClassVar[tuple[str, ...]] = ("C59",)
    needs = (MEMBERS, YOUNG_MEN, PAY)
    parameters = (
        Parameter(
            "rate",
            2.527474e-3,
            "1/week",
            LogNormal(2.5e-3, 0.3),
            NONNEGATIVE,
            "recruits per member and week",
            (
                cite(
                    "size-2023",
                    "estimated",
                    (
                        "Fitted to weekly deaths 2012-2021 with the other rates in a narrow box; "
                        "about 359 recruits a week over the decade."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "exhaustion",
            0.0,
            "1",
            LogNormal(10.0, 0.7),
            NONNEGATIVE,
            (
                "how fast recruits run out: one over the share of young men who could be drawn "
                "in, 0 for an endless supply"
            ),
            (
                cite(
                    "size-2023",
                    "assumed",
                    (
                        "The published model has no limit. The prior stands for a "
                        "tenth of young men at most."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "pay_elasticity",
            0.0,
            "1",
            LogNormal(0.3, 0.7),
            NONNEGATIVE,
            "per cent more recruits for one per cent more pay",
            (
                claim(
                    "C59",
                    (
                        "The trade is said not to end while the money flows: "
                        "revenue sustains recruitment."
                    ),
                ),
                assumed("No estimate was found; 0 is the published model, which knows no pay."),
            ),
            everywhere="what a group can pay is the same in all its places",
        ),
        Parameter(
            "forced_share",
            0.0,
            "1",
            Beta(1.0, 9.0),
            UNIT_INTERVAL,
            (
                "share of recruits who are forced and whose number does not follow "
                "pay; 0 switches force off"
            ),
            (
                cite(
                    "participation-code",
                    "assumed",
                    "The public script of a later model sets one in ten as forced, without data.",
                ),
            ),
            axes=PLACE,
        ),
    )

    def flows(self):
        """Recruits, from outside the modelled population."""

        def rate(v):
            room = jnp.maximum(
                1.0
                - v.exhaustion[:, None]
                * v.total("members", over=("group",))
                / v.young_men[:, None],
                0.0,
            )
            drawn = jnp.power(jnp.maximum(v.pay, LEAST_PAY), v.pay_elasticity)
            forced = v.forced_share[:, None]
            pay = forced + (1.0 - forced) * drawn[None, :]
            return v.rate[:, None] * v.members * room * pay

        return (Flow("recruited", OUTSIDE, "members", rate, "people who join a group"),)
