"""The state variables and covariates that mechanisms share: compartments of persons, levels, and
measured inputs, each defined once.

Axes: ``territory`` is a place with its own conflict (a state; one for the whole country in the
published size model), ``group`` an armed group, ``corps`` a body of police (municipal, state,
federal), ``commodity`` a drug, ``route`` a way of goods from where they enter to the border.

A level that one mechanism writes and others read starts at a value that changes nothing, so that a
model without the writer is the same model with that effect left out. All persons who are in no
compartment are outside: the civil population.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from .declarations import DATE, Compartment, Covariate, Level

THOUSAND = 1000.0
"""Troops by which what they do is counted [person]."""

PLACE = ("territory",)
PLACE_AND_GROUP = ("territory", "group")
PLACE_AND_CORPS = ("territory", "corps")
GROUP = ("group",)
ROUTE = ("route",)
COMMODITY = ("commodity",)
CAPTURE = ("capture",)

MEMBERS = Compartment("members", PLACE_AND_GROUP, "persons active in a group")
ARRESTED = Compartment(
    "arrested",
    PLACE_AND_GROUP,
    (
        "members in custody without a sentence; all arrested since the start "
        "where there are no prisons"
    ),
)
SENTENCED = Compartment("sentenced", PLACE_AND_GROUP, "members who serve a sentence")
DEAD = Compartment("dead", PLACE_AND_GROUP, "members killed since the start")
RETIRED = Compartment(
    "retired", PLACE_AND_GROUP, "former members who left since the start and live"
)
INMATES = Compartment("inmates", PLACE, "prisoners who belong to no group")
AT_LARGE = Compartment(
    "at_large", PLACE, "prisoners of no group who were carried along in an escape and joined none"
)
DEAD_OTHERS = Compartment(
    "dead_others", PLACE, "police, troops, vigilantes, inmates and civilians killed since the start"
)
DISPLACED = Compartment(
    "displaced",
    PLACE,
    "civilians who had to leave their home in the territory and have not come back",
)
HONEST = Compartment(
    "honest",
    PLACE_AND_CORPS,
    "officers whom no group has bought or frightened, without a valid test",
)
VETTED = Compartment(
    "vetted",
    PLACE_AND_CORPS,
    "officers whom no group has bought or frightened, with a test passed and still valid",
)
FAILED = Compartment(
    "failed",
    PLACE_AND_CORPS,
    "officers whom no group has bought or frightened, who failed a test and still serve",
)
COMPROMISED = Compartment(
    "compromised", PLACE_AND_CORPS, "officers who work for some group, without a valid test"
)
UNDETECTED = Compartment(
    "undetected",
    PLACE_AND_CORPS,
    "officers who work for some group, with a test passed and still valid",
)
FOUND_OUT = Compartment(
    "found_out", PLACE_AND_CORPS, "officers who work for some group, failed a test and still serve"
)
VIGILANTES = Compartment("vigilantes", PLACE, "armed civilians of self-defence groups")
RURAL_FORCE = Compartment(
    "rural_force", PLACE, "former vigilantes absorbed into a force of the state"
)

COHESION = Level(
    "cohesion",
    PLACE_AND_GROUP,
    "1",
    "how well a group is led in a territory: 1 in full order, 0 without any command",
    initial=1.0,
)
CAPTURED = Level("captured", CAPTURE, "1", "1 once a capture of the record has happened")
REFUSED_SPLITS = Level(
    "refused_splits",
    GROUP,
    "1",
    "splits since the start that found no empty place, so that the group stayed whole",
)
STAKE = Level(
    "stake",
    PLACE,
    "1",
    "rent that can be won in a territory, against its national mean at the start",
    initial=1.0,
)
RENT = Level(
    "rent",
    PLACE,
    "MUSD/week",
    "rent of drugs passing through, made or sold in a territory",
    initial=2.7,
)
PAY = Level(
    "pay",
    GROUP,
    "1",
    "what a group can pay a member, against what it could pay at the start",
    initial=1.0,
)
BRIBES = Level(
    "bribes",
    GROUP,
    "1",
    "what a group can pay an officer, against what it could pay at the start",
    initial=1.0,
)
PATRONS = Level(
    "patrons",
    PLACE_AND_GROUP,
    "1",
    (
        "share of the compromised officers in a territory who work for a group, less its share of "
        "the footholds there at the start"
    ),
)
SHIELD = Level(
    "shield",
    PLACE_AND_GROUP,
    "1",
    "share of the officers in a territory who work for a group, weighted by corps",
)
GUARDS = Level(
    "guards", PLACE_AND_GROUP, "1", "share of the prison guards in a territory who work for a group"
)
BREAKOUT = Level(
    "breakout",
    PLACE_AND_GROUP,
    "1/week",
    "hazard that a prisoner of no group leaves in the week after a group opened a prison",
)
VIOLENCE = Level(
    "violence", PLACE, "person/week", "members killed by rivals a week, over the last weeks"
)
LOSSES = Level(
    "losses",
    GROUP,
    "person/week",
    "members that a group loses by death and arrest a week, over the last months",
)
MEMORY = Level(
    "memory", PLACE, "person/week", "killings a week as people remember them over half a year"
)
HARM = Level(
    "harm_by_state",
    PLACE,
    "person/week",
    "civilians and vigilantes killed by forces of the state a week, over the last months",
)
EXTORTION = Level(
    "extortion",
    PLACE,
    "1",
    "pressure of extortion on civilians, against its mean at the start",
    initial=1.0,
)
TRUST = Level("trust", PLACE, "1", "trust in the state: 1 full, 0 none", initial=0.5)
TROOPS = Level(
    "troops",
    PLACE,
    "person",
    "soldiers and marines deployed, in strength of those without foreign aid",
)
PRESSURE = Level(
    "pressure",
    PLACE,
    "1",
    "share of the command over every group in a territory that troops keep from acting",
    initial=0.0,
)
PROTECTION = Level(
    "protection",
    GROUP,
    "1",
    "alleged: share of arrests that a favoured group is spared",
    initial=0.0,
)
TIPPED = Level(
    "tipped",
    GROUP,
    "1",
    (
        "alleged: by how much arrests of a group rise because of intelligence "
        "given by a favoured rival"
    ),
    initial=0.0,
)
EXEMPT = Level(
    "exempt",
    GROUP,
    "1",
    "alleged: share of interdiction that goods of a favoured group are spared",
    initial=0.0,
)
TRAFFIC = Level(
    "traffic", PLACE, "tonne/week", "drugs sent on routes through a territory, over the last weeks"
)
SEIZED = Level("seized", PLACE, "kg/week", "drugs seized in a territory, over the last weeks")
SEIZURES = Level(
    "seizures", PLACE, "1/week", "seizures of drugs in a territory, over the last weeks"
)
RISK = Level(
    "risk", ROUTE, "1", "share of goods that traffickers expect to lose on a route", initial=0.1
)
DELIVERED = Level(
    "delivered", COMMODITY, "tonne/week", "drugs that reach the border, over the last weeks"
)
PRICE = Level(
    "price", COMMODITY, "1", "price at the border, against the reference price", initial=1.0
)
DIRTY = Level("dirty", GROUP, "MUSD", "cash that a group has earned and not laundered yet")

RANK = Covariate(
    "rank",
    GROUP,
    "1",
    "rank of a group by the sum of its recorded rivalries and alliances, 1 the largest",
)
FOOTHOLD = Covariate(
    "foothold",
    PLACE_AND_GROUP,
    "1",
    "weight of a group in a territory at the start, before its rank counts",
)
PRESENCE = Covariate(
    "presence", PLACE, "1", "weight of a territory among the places where groups are at the start"
)
RIVALRY = Covariate(
    "rivalry", ("group", "group"), "1", "number of reports that two groups are rivals, symmetric"
)
ALLIANCE = Covariate(
    "alliance", ("group", "group"), "1", "number of reports that two groups are allied, symmetric"
)
YOUNG_MEN = Covariate("young_men", PLACE, "person", "men of 15 to 34 years")
POPULATION = Covariate("population", PLACE, "person", "inhabitants")
ADJACENCY = Covariate(
    "adjacency", ("territory", "territory"), "1", "1 where two territories have a common border"
)
LINKS = Covariate(
    "links",
    ("territory", "territory"),
    "1",
    "ease of moving between two territories, by common borders and corridors",
)
POLICE = Covariate("police", PLACE_AND_CORPS, "person", "officers of each corps at the start")
OPERATION_START = Covariate(
    "operation_start",
    PLACE,
    DATE,
    "first day of the first joint operation of the forces in a territory",
)
FOUNDED = Covariate("founded", GROUP, DATE, "day on which a group broke away from another")
PARENT = Covariate(
    "parent",
    ("group", "group"),
    "1",
    "1 where the group of the row broke away from the group of the column",
)
SPARE = Covariate("spare", GROUP, "1", "1 for the empty places that a breakaway may take")
CAPTURED_ON = Covariate(
    "captured_on", CAPTURE, DATE, "day on which a leader of the record was captured or killed"
)
CAPTURED_WING = Covariate(
    "captured_wing",
    ("capture", "territory", "group"),
    "1",
    "1 for the territory and the group of a capture",
)
CAPTURED_HEAD = Covariate(
    "captured_head", CAPTURE, "1", "1 where a leader of the whole group was captured or killed"
)
PROGRAMME_START = Covariate(
    "programme_start", (), DATE, "first day of the programme that tests every officer"
)
PRISONERS = Covariate("prisoners", PLACE, "person", "prisoners of no group at the start")
FAVOURED = Covariate(
    "favoured", GROUP, "1", "alleged: 1 for a group said to be favoured by a foreign state"
)
PASSES = Covariate(
    "passes", ("route", "territory"), "1", "1 where a route leads through a territory"
)
LENGTH = Covariate("length", ROUTE, "km", "length of a route")
CARRIES = Covariate(
    "carries",
    ("route", "commodity"),
    "1",
    "share of a commodity's supply that is made or enters where a route begins",
)
ORIGIN = Covariate(
    "origin", ("route", "territory"), "1", "1 for the territory in which a route begins"
)
CROSSING = Covariate(
    "crossing", ("route", "territory"), "1", "1 for the border territory in which a route ends"
)


def as_alleged(v: Any) -> Array:
    """Arrests of each group against those without favours, shape (group,):
    a favoured group is spared, its rivals are betrayed. 1 unless switched on.
    """
    return (1.0 - jnp.clip(v.protection, 0.0, 1.0)) * (1.0 + jnp.maximum(v.tipped, 0.0))


def largest_and_parts(values: Array) -> tuple[Array, Array]:
    """Largest value over territories, shape (), and each value against it, shape (territory,).

    A sum over territories of a parameter times something is the largest times the sum with these
    parts. Where all are equal the parts are exactly 1, so the sum is that with one number, to the
    last digit. Parts are 1 where all values are zero.
    """
    most = jnp.max(values)
    parts = values / jnp.where(most > 0.0, most, 1.0)
    # A compiler may divide by multiplying with one over the largest, which is not exactly 1 there.
    # What is added to make it so has no slope, so that slopes are those of the quotient.
    return most, jnp.where(values == most, parts + jax.lax.stop_gradient(1.0 - parts), parts)
