r"""Recruitment: groups grow in proportion to their size.

.. math:: \text{recruits per week} = \rho \, C_{rg}

Source: size model of Prieto-Curiel, Campedelli and Hope (Science 381:1312, 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..mechanism import Mechanism
from ..sources import cite
from ..stocks import MEMBERS
from ..types import NONNEGATIVE, OUTSIDE, Flow, LogNormal, Parameter


@dataclass(frozen=True)
class Recruitment(Mechanism):
    """People from outside join a group."""

    needs = (MEMBERS,)
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
                    "Fitted to weekly deaths 2012-2021 with the other rates in a narrow box; about 359 recruits a week over the decade.",
                ),
            ),
        ),
    )

    def flows(self):
        """Recruits, from outside the modelled population."""
        return (Flow("recruited", OUTSIDE, "members", lambda v: v.rate * v.members, "people who join a group"),)
