r"""Reporting: the observation model, for what is counted is not what happened.

.. math::
    \text{homicides counted} \sim \text{deaths} \cdot q\,(1 - x)\, e^{-o\, m_r}, \qquad
    \text{missing counted} \sim \text{deaths} \cdot x\, z\, e^{-f m_r}

x is the share of the killed whose bodies are not found, q the share of the others that is
registered as homicide, z the share of the disappeared that anybody reports, and :math:`m_r`
remembered killings by groups a week per 100,000 inhabitants. Where many are killed, those who would
tell that somebody is missing are threatened (fear, f), and forensic offices may be overloaded (o).
The two are apart, because a body needs nobody to come forward: with the fear that silences
relatives in both counts a place where killing lasts could have no more than
:math:`q (1 - x) / (e f)` registered homicides a week per 100,000, about 80 a year at the middle of
the prior of f, and the worst places on record had more than twice as many. Arrests, escapes and
displaced persons have a share each that does not change.

Source: registered homicides and deaths of undetermined intent, register of missing persons,
household survey of displaced persons beside recorded mass episodes, claim C18 of the article of
January 2014. The form is ours.

Simplified: all killed have the same chance to disappear, whatever the cause; a missing person is
counted when it happens, while the register grows for years; persons who are missing and live are in
no count here. Extortion has no count: nearly all of it goes unreported, and the model knows a
pressure and no victims.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import (
    NONNEGATIVE,
    UNIT_INTERVAL,
    VICTIMS,
    Beta,
    LogNormal,
    Parameter,
    Record,
    Selection,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import MEMORY, PLACE, POPULATION

PER = 1e5
"""Inhabitants by which killings are counted [person]."""


def _attenuation(v, loss):
    """Share of what would be counted in calm times that is counted."""
    return jnp.exp(-loss * PER * jnp.maximum(v.memory, 0.0) / jnp.maximum(v.population, 1.0))


@dataclass(frozen=True)
class Reporting(Mechanism):
    """What offices and the press write down."""

    claims: ClassVar[tuple[str, ...]] = ("C18",)
    needs = (MEMORY, POPULATION)
    parameters = (
        Parameter(
            "homicide_share",
            0.97,
            "1",
            Beta(30.0, 2.0),
            UNIT_INTERVAL,
            "share of the killed whose body is found that is registered as homicide",
            (
                cite(
                    "undetermined-deaths",
                    "reported",
                    (
                        "Deaths of undetermined intent in Ciudad Juárez: 33 in 2004, 193 in 2010, "
                        "beside 3,686 homicides."
                    ),
                ),
                cite(
                    "sesnsp-victims",
                    "estimated",
                    (
                        "Victims in files of the prosecution are 0.88 to 0.97 of "
                        "registered homicides, by year."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "disappeared_share",
            0.15,
            "1",
            Beta(3.0, 15.0),
            UNIT_INTERVAL,
            "share of the killed whose body is not found",
            (
                cite(
                    "rnpdno-missing",
                    "estimated",
                    (
                        "5,000 to 7,000 persons a year who are still missing, beside "
                        "some 30,000 homicides."
                    ),
                ),
                assumed("That most of those who stay missing are dead."),
            ),
            axes=PLACE,
        ),
        Parameter(
            "missing_share",
            0.7,
            "1",
            Beta(7.0, 3.0),
            UNIT_INTERVAL,
            "share of the disappeared whom anybody reports",
            (assumed("No count of the unreported exists; families say that many do not dare."),),
            axes=PLACE,
        ),
        Parameter(
            "arrest_share",
            0.95,
            "1",
            Beta(19.0, 1.0),
            UNIT_INTERVAL,
            "share of arrests of members that are counted",
            (
                cite(
                    "national-arrests",
                    "assumed",
                    (
                        "Official counts of arrests name no group; nearly all "
                        "arrests are written down."
                    ),
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "escape_share",
            0.95,
            "1",
            Beta(19.0, 1.0),
            UNIT_INTERVAL,
            "share of escaped prisoners that are counted",
            (
                cite(
                    "prison-escapes-total",
                    "assumed",
                    "1,353 escapes 2000-2010 by official count; roll-calls find nearly all.",
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "displaced_share",
            0.02,
            "1",
            Beta(2.0, 98.0),
            UNIT_INTERVAL,
            "share of displaced persons that are in a recorded mass episode",
            (
                cite(
                    "cmdpdh-displacement",
                    "estimated",
                    (
                        "11,491 persons in mass episodes in 2018, beside some 567,000 a year "
                        "who moved to avoid crime."
                    ),
                ),
                cite(
                    "displacement-survey",
                    "official",
                    "1,133,041 persons moved to avoid crime in 2017-2018.",
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "overload",
            0.01,
            "week",
            LogNormal(0.01, 0.8),
            NONNEGATIVE,
            (
                "how much less is registered as homicide for each killing a week "
                "per 100,000 inhabitants"
            ),
            (
                cite(
                    "undetermined-deaths",
                    "reported",
                    (
                        "Ciudad Juárez in 2010: 193 deaths of undetermined intent "
                        "beside 3,686 homicides."
                    ),
                ),
                assumed(
                    "That the loss grows with killings, to all of those deaths at 5 a week per "
                    "100,000. The source has more of them per homicide in 2004."
                ),
            ),
            axes=PLACE,
        ),
        Parameter(
            "fear",
            0.2,
            "week",
            LogNormal(0.2, 0.8),
            NONNEGATIVE,
            (
                "how much less often a missing person is reported for each killing a week "
                "per 100,000 inhabitants"
            ),
            (
                claim("C18", "Those who try to investigate the trade are silenced."),
                cite("press-threats", "assumed", "Journalists are killed where violence is worst."),
                assumed(
                    "The size: a fifth less at 52 killed a year per 100,000, half less at 180."
                ),
            ),
            axes=PLACE,
        ),
    )

    def records(self):
        """Five counts, none of which anything in the model reads."""
        killed = (Selection(victims=VICTIMS),)
        return (
            Record(
                "homicides",
                killed,
                lambda v: (
                    v.homicide_share * (1.0 - v.disappeared_share) * _attenuation(v, v.overload)
                ),
                "deaths registered as homicide",
            ),
            Record(
                "missing",
                killed,
                lambda v: v.disappeared_share * v.missing_share * _attenuation(v, v.fear),
                "killed persons registered as missing",
            ),
            Record(
                "arrests",
                (Selection(kinds=("arrest",)),),
                lambda v: v.arrest_share,
                "arrests of members counted",
            ),
            Record(
                "escapes",
                (Selection(kinds=("escape",)),),
                lambda v: v.escape_share,
                "escaped prisoners counted",
            ),
            Record(
                "displaced",
                (Selection(kinds=("displacement",)),),
                lambda v: v.displaced_share,
                "displaced persons in recorded mass episodes",
            ),
        )
