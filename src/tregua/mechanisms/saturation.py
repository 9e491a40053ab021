r"""Saturation: large groups lose members faster, by dropping out, infighting and splitting.

.. math:: \text{hazard of leaving} = \omega \, C_{rg}

Source: size model of Prieto-Curiel, Campedelli and Hope (Science 381:1312, 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..evidence.cite import cite
from ..model.declarations import NONNEGATIVE, Flow, LogNormal, Parameter
from ..model.mechanism import Mechanism
from ..model.vocabulary import MEMBERS, PLACE, RETIRED


@dataclass(frozen=True)
class Saturation(Mechanism):
    """Members leave a group that has grown large."""

    needs = (MEMBERS, RETIRED)
    parameters = (
        Parameter(
            "crowding",
            4e-8,
            "1/(person*week)",
            LogNormal(4e-8, 1.0),
            NONNEGATIVE,
            "hazard of leaving for each fellow member",
            (cite("size-2023", "assumed", "Lower edge of the box searched in the published fit."),),
            axes=PLACE,
        ),
    )

    def flows(self):
        """Members who leave alive."""
        return (
            Flow(
                "left",
                "members",
                "retired",
                lambda v: v.crowding[:, None] * v.members,
                "members who leave alive",
            ),
        )
