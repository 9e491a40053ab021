r"""Vigilantes: civilians who take up arms against the group that holds the place,
and what the state does about them.

.. math::
    g_r = \exp\Big[a_m \frac{m_r}{m_r + \bar m} + a_e \ln e_r + a_t (1 - 2 \tau_r)\Big], \qquad
    \text{joining} = \big(l A_r - V_r - F_r\big)_+ \frac{1 - e^{-q_r u}}{u}, \qquad
    q_r = \frac{1}{l A_r} \Big( o\, A_r\, g_r^{p} + \gamma\, g_r V_r + \sigma\, g_r \sum_s N_{rs}
        V_s \Big),

    \text{hazard of a member} = a\,(V_r + F_r)\, w_{rg}, \qquad
        w_{rg} = \frac{C_{rg}^2}{\sum_h C_{rh}^2}

:math:`m_r` are remembered killings a week per 100,000 inhabitants, :math:`e_r` extortion,
:math:`\tau_r` trust in the state, :math:`A_r` men of 15 to 34 years, :math:`N` neighbourhood,
:math:`V_r` vigilantes and :math:`F_r` the rural force made of them. At most all who would ever join
do so in a week (:math:`u` is one week); where few join, this is the logistic form. They attack the
group that dominates (:math:`w`), kill some of its members and drive more of them out, and are
killed by it; those who see no need of it any more go home. Three levers, all zero by default, which
is to tolerate them:

.. math::
    \text{disarmed} \propto \text{disarm} \cdot u_r, \qquad
    \text{absorbed} \propto \text{absorb} \cdot u_r \prod_g (1 - \pi_{rg}), \qquad
    u_r = 2\tau_r \Big(1 + b \sum_g w_{rg} (1 - k_{rg})\Big)

Nobody who is asked is willing (:math:`u_r`) where the state is not trusted; more are once the
dominant group has lost its leaders (cohesion :math:`k` below 1), and nobody joins police who work
for a group (:math:`\pi`, share of officers). As the old enemy loses ground, vigilantes go over to
the other groups of the territory: :math:`\iota (1 - \sum_g w_{rg} s_{rg})` a week, with s the
groups' shares of members.

Source: studies of the wave of 2013 (which places rose, and that homicides rose there again in
2015-2020), press reports of the events in Michoacán 2013-2016, claims C01, C02, C07 to C10, C13 to
C16 and C22 of the article of January 2014. The forms are ours.

Simplified: a territory is one place, so that spread from town to town is growth within it;
inequality and old traditions of revolt are not in it; fights between vigilante groups, some of them
deadly, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import NONNEGATIVE, OUTSIDE, Flow, LogNormal, Parameter, Uniform
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    ADJACENCY,
    COHESION,
    DEAD,
    DEAD_OTHERS,
    EXTORTION,
    MEMBERS,
    MEMORY,
    PLACE,
    POPULATION,
    RETIRED,
    RURAL_FORCE,
    SHIELD,
    TROOPS,
    TRUST,
    VIGILANTES,
    YOUNG_MEN,
)

PER = 1e5
"""Inhabitants by which killings are counted [person]."""

THOUSAND = 1000.0
"""Troops that bring half of the deaths that very many bring when vigilantes are disarmed
by force [person].
"""

STRONGEST = 4.0
"""Largest and smallest logarithm of grievance: beyond it more makes no difference."""

LEAST = 0.05
"""Pressure of extortion below which less makes no difference: keeps slopes finite."""

RISING = (
    Parameter(
        "onset",
        1e-7,
        "1/week",
        LogNormal(1e-7, 1.0),
        NONNEGATIVE,
        "young men who start a self-defence group by themselves where grievance is 1",
        (
            claim("C01", "Groups began to appear across the country at the start of 2013."),
            cite(
                "phillips-2017",
                "assumed",
                (
                    "Groups in 70 municipalities of 13 states in 2013; the rate is set so that "
                    "groups of this size come up in years."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "resolve",
        3.0,
        "1",
        Uniform(1.0, 5.0),
        NONNEGATIVE,
        (
            "how much more a strong grievance is needed to begin than to follow: exponent of "
            "grievance in the onset"
        ),
        (
            assumed(
                "Hardly anybody is the first; a cube keeps peaceful places quiet. "
                "No estimate was found."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "growth",
        0.024,
        "1/week",
        LogNormal(0.024, 0.4),
        NONNEGATIVE,
        "those who join for each vigilante where grievance is 1",
        (
            cite(
                "autodefensas-press",
                "estimated",
                (
                    "From 3 to about 25 municipalities of Michoacán in eleven months, "
                    "0.044 a week on balance."
                ),
            ),
            assumed(
                "That grievance in Michoacán was two to three times that of a place "
                "without remembered killings."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "spread",
        0.001,
        "1/week",
        LogNormal(0.001, 0.8),
        NONNEGATIVE,
        "those who join for each vigilante in a neighbouring territory where grievance is 1",
        (
            claim("C21", "Violence spreads like an epidemic, and so does the answer to it."),
            assumed("A twentieth of the growth within a territory."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "limit",
        0.02,
        "1",
        LogNormal(0.02, 0.6),
        (1e-4, 1.0),
        "share of young men who can be won for arms at most",
        (
            cite(
                "trevizo-2024",
                "reported",
                (
                    "At least 20,000 in armed groups in the whole country, 0.1 % of young men; "
                    "far more in a few places."
                ),
            ),
            assumed("The share is ours: about 15,000 in Michoacán."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "weariness",
        0.035,
        "1/week",
        LogNormal(0.035, 0.4),
        NONNEGATIVE,
        "vigilantes who go home by themselves",
        (assumed("Half a year each on average: where grievance is 1, groups do not last."),),
        axes=PLACE,
    ),
)

GRIEVANCE = (
    Parameter(
        "memory_weight",
        1.5,
        "1",
        LogNormal(1.5, 0.3),
        NONNEGATIVE,
        "logarithm of grievance where remembered killings are very many",
        (
            claim("C07", "Self-defence groups were driven to arms by continuous killings."),
            claim("C22", "Communities act because crime is high."),
            assumed("The size is ours; studies across municipalities disagree on it."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "usual_killings",
        0.2,
        "1/week",
        LogNormal(0.2, 0.4),
        (1e-3, 10.0),
        (
            "killings tied to groups, per 100,000 inhabitants, at which grievance "
            "has half of that weight"
        ),
        (
            cite(
                "size-2023",
                "estimated",
                (
                    "About 0.1: 120 members and civilians a week in 115 million "
                    "inhabitants around 2012."
                ),
            ),
            assumed("Twice the mean of the country: what is common is borne."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "extortion_weight",
        0.7,
        "1",
        LogNormal(0.7, 0.4),
        NONNEGATIVE,
        "per cent more grievance for one per cent more extortion",
        (
            cite(
                "fuentes-2015",
                "reported",
                "The dominant group's turn to extortion set off the rising in Tierra Caliente.",
            ),
            assumed("The size is ours."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "distrust_weight",
        1.0,
        "1",
        LogNormal(1.0, 0.5),
        NONNEGATIVE,
        "how grievance rises where the state is not trusted",
        (
            claim("C22", "Communities act because authorities cannot stop crime."),
            assumed("The size is ours."),
        ),
        axes=PLACE,
    ),
)

FIGHTING = (
    Parameter(
        "attack",
        1e-7,
        "1/(person*week)",
        LogNormal(1e-7, 0.8),
        NONNEGATIVE,
        "hazard of death of a member of the dominant group for each vigilante",
        (
            claim(
                "C10",
                (
                    "The clash followed an offensive of self-defence groups against the "
                    "dominant organisation."
                ),
            ),
            assumed(
                "Some 2 killed a week by 4,000 vigilantes where the dominant group has 5,000; no "
                "count of these deaths was found."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "rout",
        20.0,
        "1",
        LogNormal(20.0, 0.6),
        NONNEGATIVE,
        "members of the dominant group who give up or flee for each one killed by vigilantes",
        (
            claim("C16", "Vigilantes seized three towns within days."),
            assumed("Towns changed hands with few dead: most members left."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "return_fire",
        5e-8,
        "1/(person*week)",
        LogNormal(5e-8, 0.8),
        NONNEGATIVE,
        "hazard of death of a vigilante for each member of the dominant group",
        (
            assumed(
                "Half of the hazard of a member for each vigilante: those who "
                "attack choose the moment."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "infiltration",
        0.01,
        "1/week",
        LogNormal(0.01, 0.8),
        NONNEGATIVE,
        "vigilantes who go over to another group where nothing is left of the dominant one",
        (
            cite(
                "resistance-2022",
                "reported",
                (
                    "Where groups formed in Michoacán homicides rose again in 2015-2020: "
                    "the relief did not last."
                ),
            ),
            cite(
                "trevizo-2024",
                "reported",
                (
                    "Groups funded by patrons fought, broke up and killed more "
                    "than those of communities."
                ),
            ),
            assumed("The rate is ours: four in ten of them in a year."),
        ),
        axes=PLACE,
    ),
)

LEVERS = (
    Parameter(
        "disarm",
        0.0,
        "1/week",
        LogNormal(0.02, 0.7),
        NONNEGATIVE,
        (
            "lever: vigilantes whom the state disarms and sends home, where all are as "
            "willing as at middling trust"
        ),
        (
            claim("C08", "The government sees self-defence groups as a threat."),
            claim("C14", "The order of 13 January 2014 to disarm or to join the police."),
            assumed("Zero until an order is given."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "bloodshed",
        0.02,
        "1",
        LogNormal(0.02, 1.0),
        NONNEGATIVE,
        "vigilantes killed for each one to be disarmed where troops are many",
        (
            claim(
                "C02",
                (
                    "Up to 12 died when troops clashed with a group at Antúnez, of some thousands "
                    "of vigilantes in the state."
                ),
            ),
            claim("C16", "Federal troops moved into three towns that vigilantes had seized."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "absorb",
        0.0,
        "1/week",
        LogNormal(0.02, 0.7),
        NONNEGATIVE,
        (
            "lever: vigilantes whom the state takes into a rural force, where all are as willing "
            "as at middling trust and no officer is bought"
        ),
        (
            claim("C14", "The order of 13 January 2014 to disarm or to join the police."),
            assumed("Zero until an order is given."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "satisfaction",
        2.0,
        "1",
        LogNormal(2.0, 0.6),
        NONNEGATIVE,
        "how much more willing vigilantes are once the dominant group is without any command",
        (
            claim(
                "C13",
                "Leaders refuse to disarm while no leader of the dominant group has been detained.",
            ),
            claim("C15", "Many will not join police who work with the groups."),
            assumed("The size is ours: three times as willing."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "dissolve",
        0.0,
        "1/week",
        LogNormal(0.02, 0.7),
        NONNEGATIVE,
        "lever: members of the rural force whom the state discharges",
        (
            cite("autodefensas-press", "reported", "The force was dissolved in April 2016."),
            assumed("Zero until it is decided."),
        ),
        axes=PLACE,
    ),
)


def shares(v):
    """Share of each group among the members of a territory, and the weight that picks the dominant
    one: both on (territory, group).
    """
    share = v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)
    square = share * share
    return share, square / jnp.maximum(jnp.sum(square, axis=1, keepdims=True), 1e-9)


def grievance(v):
    """What drives people to arms, 1 in a place without remembered killings,
    with usual extortion and middling trust.
    """
    killings = PER * v.memory / jnp.maximum(v.population, 1.0)
    log = v.memory_weight * killings / (killings + v.usual_killings) + v.extortion_weight * jnp.log(
        jnp.maximum(v.extortion, LEAST)
    )
    return jnp.exp(jnp.clip(log + v.distrust_weight * (1.0 - 2.0 * v.trust), -STRONGEST, STRONGEST))


def willingness(v):
    """How many of those asked give in, against middling trust and a dominant
    group in full order.
    """
    _, dominant = shares(v)
    leaderless = jnp.sum(dominant * jnp.clip(1.0 - v.cohesion, 0.0, 1.0), axis=1)
    return jnp.maximum(2.0 * v.trust, 0.0) * (1.0 + v.satisfaction * leaderless)


def _joining(v):
    """Civilians who take up arms [person/week]: shape (territory,)."""
    angry, men = grievance(v), jnp.maximum(v.young_men, 1.0)
    first = v.onset * men * jnp.power(angry, v.resolve)
    most = v.limit * men
    wish = (
        first + angry * (v.growth * v.vigilantes + v.spread * (v.adjacency @ v.vigilantes))
    ) / most
    # Without a bound, an angry place would overshoot its limit in a week and swing about it
    # from week to week.
    return jnp.maximum(most - v.vigilantes - v.rural_force, 0.0) * -jnp.expm1(-wish)


def _attacked(v):
    """Hazard that a member is killed by vigilantes [1/week]: shape (territory, group)."""
    return v.attack[:, None] * (v.vigilantes + v.rural_force)[:, None] * shares(v)[1]


def _shot(v):
    """Hazard that a vigilante is killed by members [1/week]: shape (territory,)."""
    return v.return_fire * jnp.sum(shares(v)[1] * v.members, axis=1)


def _shot_by_troops(v):
    """Hazard that a vigilante is killed when disarmed [1/week]: shape (territory,)."""
    troops = jnp.maximum(v.troops, 0.0)
    return v.bloodshed * v.disarm * troops / (troops + THOUSAND)


def _absorbed(v):
    """Hazard of being taken into the rural force [1/week]: shape (territory,)."""
    return v.absorb * willingness(v) * jnp.prod(1.0 - jnp.clip(v.shield, 0.0, 1.0), axis=1)


def _infiltrated(v):
    """Hazard of going over to each group [1/week]: shape (territory, group)."""
    share, dominant = shares(v)
    # The weight of the dominant group may come out above one in its last digit.
    others = share * jnp.maximum(1.0 - dominant, 0.0)
    weakened = jnp.maximum(1.0 - jnp.sum(dominant * share, axis=1, keepdims=True), 0.0)
    return (
        v.infiltration[:, None]
        * weakened
        * others
        / jnp.maximum(jnp.sum(others, axis=1, keepdims=True), 1e-9)
    )


@dataclass(frozen=True)
class Vigilantes(Mechanism):
    """Armed civilians, their fight, and what becomes of them."""

    claims: ClassVar[tuple[str, ...]] = (
        "C01",
        "C02",
        "C07",
        "C08",
        "C09",
        "C10",
        "C13",
        "C14",
        "C15",
        "C16",
        "C22",
    )
    needs = (
        *(MEMBERS, DEAD, RETIRED, VIGILANTES, RURAL_FORCE, DEAD_OTHERS),
        *(COHESION, SHIELD, MEMORY, EXTORTION, TRUST, TROOPS, YOUNG_MEN, POPULATION, ADJACENCY),
    )
    parameters = (*RISING, *GRIEVANCE, *FIGHTING, *LEVERS)

    def flows(self):
        """Joining, fighting, going home, and what the levers do."""
        return (
            Flow("joined", OUTSIDE, "vigilantes", _joining, "civilians who take up arms"),
            Flow(
                "members_dead",
                "members",
                "dead",
                _attacked,
                "members killed by vigilantes",
                "member",
                "vigilantes",
            ),
            Flow(
                "driven_out",
                "members",
                "retired",
                lambda v: v.rout[:, None] * _attacked(v),
                "members who give up or flee before vigilantes",
            ),
            Flow(
                "dead",
                "vigilantes",
                "dead_others",
                _shot,
                "vigilantes killed by members",
                "vigilante",
                "vigilantes",
            ),
            Flow(
                "dead_disarming",
                "vigilantes",
                "dead_others",
                _shot_by_troops,
                "vigilantes killed by troops",
                "vigilante",
                "operation",
            ),
            Flow(
                "went_home",
                "vigilantes",
                OUTSIDE,
                lambda v: v.weariness + v.disarm * willingness(v),
                "vigilantes who go home or are disarmed",
            ),
            Flow(
                "absorbed",
                "vigilantes",
                "rural_force",
                _absorbed,
                "vigilantes taken into the rural force",
            ),
            Flow(
                "infiltrated",
                "vigilantes",
                "members",
                _infiltrated,
                "vigilantes who go over to a group",
            ),
            Flow(
                "discharged",
                "rural_force",
                OUTSIDE,
                lambda v: v.dissolve + 0.0 * v.rural_force,
                "members of the rural force who are discharged",
            ),
        )
