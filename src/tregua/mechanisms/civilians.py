r"""Civilians: who is hit besides the groups, what people remember of it, who leaves, who pays,
and whom they still trust.

.. math::
    \text{crossfire} = \xi\, v_r, \qquad \text{background} = b\, N_r, \qquad
    \text{displaced a week} = (d_0 N_r + d_1 m_r)\, \frac{N_r}{N_r + D_r},

    \dot e_r = \frac{1}{\tau_e} \Big( \frac{C_r / A_r}{\bar c}\, s_r^{-b_e} - e_r \Big), \qquad
    \dot \tau_r = \frac{\tau^* - \tau_r}{\tau_\tau} - h\, \frac{10^5 H_r}{N_r}\, \tau_r

:math:`v_r` are members killed by rivals a week, :math:`m_r` all killings tied to groups as people
remember them, :math:`H_r` civilians and vigilantes killed by forces of the state, :math:`N_r`
inhabitants, :math:`A_r` men of 15 to 34 years, :math:`C_r` members, :math:`D_r` displaced persons.
:math:`s_r` is the stake in the territory: where there is less to earn in the trade, groups turn to
those who live there. :math:`e_r` is the pressure of extortion, :math:`\tau_r` trust in the state.

Source: official records of confrontations 2006-2011 (crossfire), registered homicides of 2007
(background), household survey and registers of displaced persons, a study of Tierra Caliente
(extortion), claims C07, C09, C21 and C22 of the articles. The forms are ours.

Simplified: moves within a territory are moves too; nobody crosses a border between territories;
extortion is a pressure without a count of victims, since nearly all of it goes unreported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import (
    BACKGROUND,
    NONNEGATIVE,
    OUTSIDE,
    UNIT_INTERVAL,
    VICTIMS,
    Beta,
    Drift,
    Flow,
    LogNormal,
    Parameter,
    Selection,
    Track,
    Uniform,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    DEAD_OTHERS,
    DISPLACED,
    EXTORTION,
    HARM,
    MEMBERS,
    MEMORY,
    PLACE,
    POPULATION,
    STAKE,
    TRUST,
    VIOLENCE,
    YOUNG_MEN,
)

LEAST_STAKE = 0.05
"""Stake below which less makes no difference: keeps powers and their slopes finite."""

PER = 1e5
"""Inhabitants by which harm is counted [person]."""

WEEKS = (1.0, 5200.0)
"""Support of a length of time [week]."""

DEATHS = (
    Parameter(
        "crossfire",
        0.08,
        "1",
        LogNormal(0.08, 0.8),
        NONNEGATIVE,
        "civilians killed for each member killed by rivals",
        (
            cite(
                "ppd-2011",
                "estimated",
                (
                    "516 civilians among 6,357 killed in confrontations and aggressions, 0.08 of "
                    "all; executions, most deaths, are not in these records."
                ),
            ),
            claim(
                "C02",
                (
                    "Up to 12 civilians died in one clash at Antúnez, of troops: an "
                    "upper bound for one clash."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "background",
        1.34e-6,
        "1/week",
        LogNormal(1.34e-6, 0.3),
        NONNEGATIVE,
        "homicides that have nothing to do with groups, for each inhabitant",
        (
            cite(
                "inegi-homicides",
                "estimated",
                (
                    "8,867 homicides in 2007, the lowest of all years: 8 per "
                    "100,000, with those of groups."
                ),
            ),
            assumed(
                "7 per 100,000 and year, the same everywhere unless the data set says otherwise."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "recent",
        4.0,
        "week",
        LogNormal(4.0, 0.25),
        WEEKS,
        "weeks over which violence counts as present",
        (assumed("A month: crossfire comes with the fighting."),),
        axes=PLACE,
    ),
    Parameter(
        "remembered",
        26.0,
        "week",
        LogNormal(26.0, 0.4),
        WEEKS,
        "weeks over which killings are remembered",
        (
            claim(
                "C07",
                "Continuous killings drive people to arms: what counts lasts longer than a month.",
            ),
            assumed("Half a year; no estimate was found."),
        ),
        axes=PLACE,
    ),
)

FLIGHT = (
    Parameter(
        "moves",
        2e-5,
        "1/week",
        LogNormal(2e-5, 0.7),
        NONNEGATIVE,
        "inhabitants who leave home for fear of crime where nobody is killed by groups",
        (
            cite(
                "displacement-survey",
                "estimated",
                (
                    "1,133,041 persons moved to avoid crime in 2017-2018, 8.7e-5 of "
                    "all inhabitants a week."
                ),
            ),
            assumed("That a quarter of those moves has nothing to do with killings of groups."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "flight",
        18.0,
        "1",
        LogNormal(18.0, 0.7),
        NONNEGATIVE,
        "persons who leave home for each killing remembered",
        (
            cite(
                "displacement-survey",
                "estimated",
                (
                    "The other three quarters of the moves of 2017-2018, over some 480 killings "
                    "tied to groups a week."
                ),
            ),
            cite(
                "cmdpdh-displacement",
                "reported",
                "11,491 persons in 25 mass episodes in 2018: one in fifty of those who moved.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "return_home",
        0.03,
        "1/week",
        LogNormal(0.03, 0.5),
        NONNEGATIVE,
        "displaced persons who come back or settle for good",
        (
            cite(
                "idmc-displacement",
                "estimated",
                (
                    "345,000 displaced at the end of 2019, against 567,000 moves a "
                    "year: about 32 weeks each."
                ),
            ),
        ),
        axes=PLACE,
    ),
)

PRESSURE = (
    Parameter(
        "usual_density",
        0.006,
        "1",
        LogNormal(0.006, 0.7),
        (1e-5, 1.0),
        "members for each man of 15 to 34 years at which the pressure of extortion is 1",
        (
            cite(
                "size-2023",
                "estimated",
                "115,000 members in 2012 beside some 19.5 million men of that age.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "shift",
        0.5,
        "1",
        Uniform(0.0, 1.0),
        NONNEGATIVE,
        "per cent more extortion for one per cent less rent of the trade",
        (
            cite(
                "fuentes-2015",
                "reported",
                (
                    "In Tierra Caliente the dominant group turned to extorting those who live "
                    "there; the rising followed."
                ),
            ),
            assumed("The size is ours."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "adjustment",
        13.0,
        "week",
        LogNormal(13.0, 0.5),
        WEEKS,
        "weeks in which extortion follows the number of members and the rent",
        (assumed("A quarter of a year; no estimate was found."),),
        axes=PLACE,
    ),
)

TRUSTING = (
    Parameter(
        "usual_trust",
        0.5,
        "1",
        Beta(10.0, 10.0),
        UNIT_INTERVAL,
        "trust in the state where it kills no civilians",
        (
            cite(
                "envipe",
                "assumed",
                (
                    "14 to 17 % of those who report no crime name distrust. The scale is ours, "
                    "with its middle as rest."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "harm",
        1.0,
        "1",
        LogNormal(1.0, 0.8),
        NONNEGATIVE,
        (
            "share of trust lost for each civilian or vigilante killed by the state "
            "per 100,000 inhabitants"
        ),
        (
            claim(
                "C09",
                (
                    "The killing of civilians by troops makes it harder for the state to win the "
                    "self-defence groups over."
                ),
            ),
            assumed("The size is ours; no panel of trust and killings was found."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "recovery",
        52.0,
        "week",
        LogNormal(52.0, 0.5),
        WEEKS,
        "weeks in which trust comes back to rest",
        (
            claim("C22", "Communities act where authorities cannot stop crime: trust is slow."),
            assumed("A year."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "noticed",
        8.0,
        "week",
        LogNormal(8.0, 0.4),
        WEEKS,
        "weeks over which killings by forces of the state work on trust",
        (assumed("Two months; the sum of the effect does not depend on it."),),
        axes=PLACE,
    ),
)


@dataclass(frozen=True)
class Civilians(Mechanism):
    """Deaths, flight, extortion and trust of those who belong to no side."""

    claims: ClassVar[tuple[str, ...]] = ("C02", "C07", "C09", "C21", "C22")
    needs = (
        MEMBERS,
        DEAD_OTHERS,
        DISPLACED,
        VIOLENCE,
        MEMORY,
        HARM,
        EXTORTION,
        TRUST,
        STAKE,
        POPULATION,
        YOUNG_MEN,
    )
    parameters = (*DEATHS, *FLIGHT, *PRESSURE, *TRUSTING)

    def tracks(self):
        """What has happened, as fighting, as memory, and as guilt of the state."""
        turf_war = Selection(causes=("turf war",))
        tied_to_groups = Selection(victims=VICTIMS, without=(BACKGROUND,))
        by_the_state = Selection(victims=("civilian", "vigilante"), causes=("operation",))
        return (
            Track("violence", (turf_war,), lambda v: v.recent, "members killed by rivals a week"),
            Track(
                "memory",
                (tied_to_groups,),
                lambda v: v.remembered,
                "all killings but those that have nothing to do with groups",
            ),
            Track(
                "harm_by_state",
                (by_the_state,),
                lambda v: v.noticed,
                "civilians and vigilantes killed by forces of the state",
            ),
        )

    def drifts(self):
        """Extortion follows members and rent; trust falls with harm and comes back."""

        def extortion(v):
            density = jnp.sum(v.members, axis=1) / jnp.maximum(v.young_men, 1.0)
            usual = density * (1.0 / v.usual_density)
            wanted = usual * jnp.power(jnp.maximum(v.stake, LEAST_STAKE), -v.shift)
            return (wanted - v.extortion) * (1.0 / v.adjustment)

        def trust(v):
            killed = v.harm * PER * v.harm_by_state / jnp.maximum(v.population, 1.0)
            return (v.usual_trust - v.trust) * (1.0 / v.recovery) - killed * v.trust

        return (
            Drift("extortion", extortion, "groups press those who live there"),
            Drift("trust", trust, "trust is lost and regained"),
        )

    def flows(self):
        """Civilians killed, and those who leave home and come back."""

        def displaced(v):
            at_home = v.population / jnp.maximum(v.population + v.displaced, 1.0)
            return (v.moves * v.population + v.flight * v.memory) * at_home

        return (
            Flow(
                "caught",
                OUTSIDE,
                "dead_others",
                lambda v: v.crossfire * v.violence,
                "civilians killed in fights of groups",
                "civilian",
                "crossfire",
            ),
            Flow(
                "murdered",
                OUTSIDE,
                "dead_others",
                lambda v: v.background * v.population,
                "homicides without groups",
                "civilian",
                BACKGROUND,
            ),
            Flow(
                "displaced",
                OUTSIDE,
                "displaced",
                displaced,
                "civilians who leave home",
                kind="displacement",
            ),
            Flow(
                "returned",
                "displaced",
                OUTSIDE,
                lambda v: v.return_home + 0.0 * v.displaced,
                "displaced persons who come back or settle",
            ),
        )
