"""The national data sets: Mexico's 32 states, its named armed groups, police corps and smuggling
corridors at the start of 2007 or 2012.

Everything is computed from the tables under ``countries/mexico/tables``, whose ``SOURCES.toml``
says where each comes from. What no table holds is a constant here, marked *assumed*: a stated share
or weight that a fit may replace, never a measurement.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from ...model.space import Axis, Space
from ...shipped import read_table, table_notes
from ..corridors import Corridors, corridors
from ..dataset import Dataset, Inhabitants
from ..record import FOLDER

if TYPE_CHECKING:
    import pandas

LOCAL = "Local groups"
BREAKAWAYS = 6
"""Empty slots for groups that split off during a run."""

CORPS = ("municipal", "state", "federal")
COMMODITIES = ("cocaine", "heroin", "methamphetamine")

NEVER = 1e9
"""The day of what does not happen in the data."""

YOUNG_SHARE = 0.34
"""Men aged 15 to 34 as a share of all men, the same in every state. Assumed:
about the share at the census of 2010 (general knowledge).
"""

LOCAL_WEIGHT = 0.3
"""Footing of local groups in municipalities for every million inhabitants, so that every state has
some and no state with few, large municipalities has little else. Assumed.
"""

FIRST_TIES, REPORTED = 2004, 2020
"""First year whose fighting makes a tie, the first of our record of presence;
and the year of the newspaper reports, the last of the record of fighting.
"""

BREAKAWAY_RIVALRY = 3.0
"""Rivalry of a group that splits off with every named group, in years of fighting. Assumed:
the recorded breakaways fought their parents for 3 to 12 years.
"""

LOCAL_OFFICERS, MUNICIPAL_SHARE = 430_000.0, 0.42
"""Officers at state level and below in 2012 (C53), and the municipal part of 2011 (police_total in
``national-year.csv``); the rest is state.
"""

FEDERAL_OFFICERS = 36_000.0
"""Federal officers in 2012 (C54)."""

FAVOURED = "Sinaloa"
"""The group that claim C05 says is favoured. Alleged;
no mechanism uses it unless its own switch is set.
"""

FIRST_CAPTURES = "2007-01-01"
"""First day of the national model: captures before it shook groups that it does not run."""

TAKEN = ("captured", "killed")
"""Outcomes that cost a group its leader: not escapes, releases, extraditions of those who were in
prison already, or a death that was only reported.
"""

FIRST_JOINT_OPERATION = "2006-12-01"
"""Deployments before this date were none of the joint operations."""


MEMBERS_INSIDE = 0.08
"""Share of prisoners who belong to a group, taken out of the number of all prisoners. Assumed;
the mechanism of prisons adds as many.
"""

PROGRAMME_START = "2008-08-21"
"""Day of the national agreement that every officer be tested (general knowledge;
claim C52 says only that tests were introduced).
"""


def mexico_2007() -> Dataset:
    """The national data set for runs that begin in 2007: presence of Coscia and Ríos,
    mean of 2006 to 2008.
    """
    return _dataset("mexico-2007", 2007, _presence("Coscia and Ríos", (2006, 2007, 2008)))


def mexico_2012() -> Dataset:
    """The national data set for runs that begin in 2012.

    Presence is the mean of two sources, each normalised within the state: Coscia and Ríos for 2010,
    the last year before, and the attorney general's list of 2015, the first year after, which alone
    knows the Knights Templar and CJNG. A state that the list of 2015 leaves out (13 do) has that of
    2010 only. The two groups are there from the start, so no breakaway is due.
    """
    before, after = (
        _shares(_presence("Coscia and Ríos", (2010,))),
        _shares(_presence("pgr", (2015,))),
    )
    listed = after.sum(axis=1, keepdims=True) > 0
    # Back to numbers of municipalities, so that local groups weigh the same beside them as in 2007.
    sizes = _presence("Coscia and Ríos", (2010,)).sum(axis=1, keepdims=True)
    return _dataset("mexico-2012", 2012, np.where(listed, (before + after) / 2.0, before) * sizes)


def _dataset(name: str, year: int, presence: Float[np.ndarray, "territory named"]) -> Dataset:
    """A data set from the people of ``year`` and the groups' presence in municipalities."""
    states, groups, routes = read_table(FOLDER, "states.csv"), _groups(), corridors()
    people, men = _people(year)
    footing = np.pad(presence, ((0, 0), (0, BREAKAWAYS)))
    footing[:, groups.index(LOCAL)] += LOCAL_WEIGHT * people / 1e6
    founded, parent = _breakaways(year)
    rivalry, alliance = _ties()
    inmates, places = _prisons(year, people)
    return Dataset(
        name,
        Space(
            (
                Axis("territory", tuple(states["name"])),
                Axis("group", groups),
                Axis("corps", CORPS),
                Axis("commodity", COMMODITIES),
                Axis("route", routes.labels),
                Axis("capture", tuple(_captures()["event"])),
            )
        ),
        {
            "rank": np.ones(len(groups)),
            "foothold": _shares(footing),
            "presence": footing.sum(axis=1) / footing.sum(),
            "rivalry": rivalry,
            "alliance": alliance,
            "population": people,
            "young_men": YOUNG_SHARE * men,
            "adjacency": routes.adjacency,
            "links": routes.links,
            "border": states["borders_us"].to_numpy(float),
            "police": _police(people),
            "programme_start": np.asarray(float(date.fromisoformat(PROGRAMME_START).toordinal())),
            "operation_start": _operations(),
            "founded": founded,
            "parent": parent,
            "spare": np.array([float(label.startswith("Breakaway")) for label in groups]),
            "prisoners": (1.0 - MEMBERS_INSIDE) * inmates,
            "prison_capacity": places,
            "favoured": np.array([float(label == FAVOURED) for label in groups]),
            **_captured(),
            **_routes(routes),
        },
        _values(people, footing.sum(axis=1)),
        table_notes(FOLDER),
        {name: entry["why"] for name, entry in _entries().items()},
        start=f"{year}-01-01",
        inhabitants=_inhabitants(),
        named_until=int(read_table(FOLDER, "presence.csv")["year"].max()),
    )


@cache
def _entries() -> dict[str, dict]:
    """Every value of the national model with its unit, how it is spread, and why it was chosen."""
    return tomllib.loads((resources.files(__package__) / "values.toml").read_text(encoding="utf-8"))


def _values(
    people: Float[np.ndarray, "territory"], presence: Float[np.ndarray, "territory"]
) -> dict[str, np.ndarray]:
    """Parameter values of the national model by full name, each on the axes of its parameter,
    from ``values.toml``.
    """
    weights = {"presence": presence / presence.sum(), "population": people / people.sum()}
    values = {}
    for name, entry in _entries().items():
        value = np.asarray(entry["value"], float)
        values[name] = value * weights[entry["spread"]] if "spread" in entry else value
    return values


def _routes(routes: Corridors) -> dict[str, np.ndarray]:
    """Covariates of the corridors; ``carries`` is the share of a commodity's supply that starts
    where the route starts.
    """
    entries = read_table(FOLDER, "entries.csv")
    weights = np.zeros((len(state_codes()), len(COMMODITIES)))
    weights[_at(entries["state_code"], state_codes()), _at(entries["commodity"], COMMODITIES)] = (
        entries["weight"]
    )
    return {
        "passes": routes.passes,
        "origin": routes.origin,
        "crossing": routes.crossing,
        "length": routes.length,
        "carries": routes.origin @ weights,
    }


@cache
def state_codes() -> tuple[str, ...]:
    """INEGI codes of the states, in the order of the axis."""
    return tuple(read_table(FOLDER, "states.csv")["state_code"])


def _at(labels: pandas.Series, axis: tuple[str, ...]) -> Int[np.ndarray, "row"]:
    """Place of each label on an axis; a label that is not there is an error."""
    places = {label: place for place, label in enumerate(axis)}
    return np.array([places[label] for label in labels], int)


def _groups() -> tuple[str, ...]:
    """Labels of the group axis: the named groups, local groups, and empty slots for breakaways."""
    return (
        *read_table(FOLDER, "groups.csv")["group"],
        *(f"Breakaway {i + 1}" for i in range(BREAKAWAYS)),
    )


def _shares(weights: Float[np.ndarray, "territory group"]) -> Float[np.ndarray, "territory group"]:
    """Weights as shares within each state, zero where there is nothing."""
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def _presence(source: str, years: tuple[int, ...]) -> Float[np.ndarray, "territory named"]:
    """Mean over the years of what a source counts for each state and named group."""
    named = tuple(read_table(FOLDER, "groups.csv")["group"])
    presence = read_table(FOLDER, "presence.csv")
    listed = presence[(presence["source"] == source) & presence["year"].isin(years)]
    counts = np.zeros((len(state_codes()), len(named)))
    cells = _at(listed["state_code"], state_codes()), _at(listed["group"], named)
    np.add.at(counts, cells, listed["count"] / len(years))
    return counts


def _people(year: int) -> tuple[Float[np.ndarray, "territory"], Float[np.ndarray, "territory"]]:
    """Population and men of every state in the middle of a year."""
    table = read_table(FOLDER, "population.csv").query("year == @year").set_index("state_code")
    table = table.loc[list(state_codes())]
    return table["population"].to_numpy(float), table["men"].to_numpy(float)


def _inhabitants() -> Inhabitants:
    """Population of every state in the middle of each year of the table."""
    table = read_table(FOLDER, "population.csv")
    by_year = table.pivot(index="year", columns="state_code", values="population").sort_index()
    persons = by_year[list(state_codes())].to_numpy(float)
    return Inhabitants(int(by_year.index[0]), persons)


def _ties(
    until: int = REPORTED,
) -> tuple[Float[np.ndarray, "group group"], Float[np.ndarray, "group group"]]:
    """Rivalry and alliance between the groups as known at the end of a year, symmetric,
    in years of fighting.

    Rivalry is the number of years from 2004 on in which UCDP lists fighting of the pair, plus its
    newspaper reports of rivalry in 2020 divided by the mean reports of a tied pair: an average
    report of a rivalry weighs as much as one year of fighting. Alliance is the reports of alliance
    over their own mean. Before 2020 there are no reports, so that rivalry is the years of fighting
    so far and no alliance is known. Local groups have no recorded tie, and breakaways the same
    assumed rivalry with every group but those.
    """
    groups = _groups()
    rivalry, alliance = _years_of_fighting(until), np.zeros((len(groups), len(groups)))
    if until >= REPORTED:
        rivalry, alliance = rivalry + _reports("rivalry_reports"), _reports("alliance_reports")
    spare = np.array([label.startswith("Breakaway") for label in groups])
    rivalry[spare[:, None] | spare[None, :]] = BREAKAWAY_RIVALRY
    rivalry[groups.index(LOCAL)] = rivalry[:, groups.index(LOCAL)] = 0.0
    np.fill_diagonal(rivalry, 0.0)
    return rivalry, alliance


def _reports(column: str) -> Float[np.ndarray, "group group"]:
    """Newspaper reports of each pair in 2020, over their mean."""
    groups, pairs = _groups(), read_table(FOLDER, "relations.csv")
    pairs = pairs[pairs[column] > 0]
    i, j = _at(pairs["group_a"], groups), _at(pairs["group_b"], groups)
    reports = np.zeros((len(groups), len(groups)))
    reports[i, j] = reports[j, i] = pairs[column]
    return reports / np.mean(pairs[column].to_numpy(float))


def _years_of_fighting(until: int) -> Float[np.ndarray, "group group"]:
    """Years to ``until`` in which UCDP lists fighting of each pair;
    where several groups fight on one side, each of them fights each on the other.
    """
    groups, dyads = _groups(), read_table(FOLDER, "ucdp-dyad-year.csv")
    dyads = dyads[(dyads["type"] == "non_state") & dyads["year"].between(FIRST_TIES, until)]
    fought = {
        (dyad.year, *sorted((a, b)))
        for dyad in dyads.itertuples()
        for a in dyad.side_a.split("+")
        for b in dyad.side_b.split("+")
    }
    years = np.zeros((len(groups), len(groups)))
    for _, *pair in fought:
        i, j = map(groups.index, pair)
        years[i, j] = years[j, i] = years[i, j] + 1.0
    return years


def as_known(data: Dataset, until: int) -> Dataset:
    """A national data set whose ties, captures and breakaways are those that the record tells to
    the end of a year: for fits that must not look ahead.

    What was set by hand with the record to 2020 in view stays as it is (``values.toml``, and
    constants here that are marked *assumed*), and so do three tables of later years that stand for
    the start: officers (2011 and 2012), crowding of prisons by state (2014), and the capacity of
    tests of officers (2011, 2012).
    """
    rivalry, alliance = _ties(until)
    days = {name: data.covariates[name] for name in ("captured_on", "founded")}
    known = {
        name: np.where(on < date(until + 1, 1, 1).toordinal(), on, NEVER)
        for name, on in days.items()
    }
    return replace(
        data, covariates={**data.covariates, "rivalry": rivalry, "alliance": alliance, **known}
    )


def _breakaways(year: int) -> tuple[Float[np.ndarray, "group"], Float[np.ndarray, "group group"]]:
    """Day on which each historic breakaway begins, never for the others and for those that began
    before ``year``; and ``parent[child, parent]``.
    """
    groups = _groups()
    founded, parent = np.full(len(groups), NEVER), np.zeros((len(groups), len(groups)))
    table = read_table(FOLDER, "groups.csv")
    for group in table[table["founded"] != ""].itertuples():
        parent[group.Index, groups.index(group.parent)] = 1.0
        begins = date.fromisoformat(group.founded)
        founded[group.Index] = begins.toordinal() if begins.year >= year else NEVER
    return founded, parent


def _captures() -> pandas.DataFrame:
    """Captures and deaths of leaders of named groups since the first year of the national model."""
    named = {*read_table(FOLDER, "groups.csv")["group"]} - {LOCAL}
    removed = read_table(FOLDER, "leaders-removed.csv")
    return removed[
        (removed["date"] >= FIRST_CAPTURES)
        & removed["group"].isin(named)
        & removed["outcome"].isin(TAKEN)
    ]


def _captured() -> dict[str, np.ndarray]:
    """Day of each capture; its state and group; and whether it took a leader of the whole group."""
    captures, groups = _captures(), _groups()
    wing = np.zeros((len(captures), len(state_codes()), len(groups)))
    places = _at(captures["state_code"], state_codes()), _at(captures["group"], groups)
    wing[np.arange(len(captures)), *places] = 1.0
    return {
        "captured_on": _ordinals(captures["date"]),
        "captured_wing": wing,
        "captured_head": (captures["rank"] == 1).to_numpy(float),
    }


def _ordinals(dates: pandas.Series) -> Float[np.ndarray, "row"]:
    """Dates as ``date.toordinal`` counts days."""
    return np.array([float(date.fromisoformat(day).toordinal()) for day in dates])


def _operations() -> Float[np.ndarray, "territory"]:
    """Day of the first joint operation in each state, as ``date.toordinal`` counts;
    never where none was recorded.
    """
    operations = read_table(FOLDER, "operations.csv")
    joint = operations[operations["date"] >= FIRST_JOINT_OPERATION]
    first = np.full(len(state_codes()), NEVER)
    np.minimum.at(first, _at(joint["state_code"], state_codes()), _ordinals(joint["date"]))
    return first


def _police(people: Float[np.ndarray, "territory"]) -> Float[np.ndarray, "territory corps"]:
    """Officers by state and corps.

    The national totals are those of 2012. State and municipal officers follow the rates per
    inhabitant of 2011 in the six states where they are known and the population elsewhere; federal
    officers follow the population. The split into state and municipal is the same in every state,
    though Ciudad de México has no municipal police: its city force is shared out in the same way.
    """
    strength = read_table(FOLDER, "police-strength.csv").query("corps == 'state+municipal'")
    known = strength.set_index("state_code")["officers_per_1000"]
    rates = known.reindex(list(state_codes())).to_numpy()
    counted = np.nansum(rates * people / 1e3) * LOCAL_OFFICERS / (known["00"] * people.sum() / 1e3)
    rest = people * np.isnan(rates)
    local = np.where(
        np.isnan(rates),
        (LOCAL_OFFICERS - counted) * rest / rest.sum(),
        counted * rates * people / np.nansum(rates * people),
    )
    return np.stack(
        [
            MUNICIPAL_SHARE * local,
            (1.0 - MUNICIPAL_SHARE) * local,
            FEDERAL_OFFICERS * people / people.sum(),
        ],
        axis=1,
    )


def _prisons(
    year: int, people: Float[np.ndarray, "territory"]
) -> tuple[Float[np.ndarray, "territory"], Float[np.ndarray, "territory"]]:
    """Inmates and places by state.

    The national figures are those of the year. Inmates follow the population (assumed). Places
    follow the inmates and the crowding of each state in 2014, the first year for which it is known
    by state, scaled to the national number of places.
    """
    national = read_table(FOLDER, "prisons.csv").set_index("year").loc[year]
    crowding = read_table(FOLDER, "prison-overcrowding.csv").query("year == 2014")
    by_state = crowding.set_index("state_code")["overcrowding_pct"]
    inmates = float(national["population"]) * people / people.sum()
    places = inmates / (
        1.0 + by_state.reindex(list(state_codes()), fill_value=0.0).to_numpy() / 100.0
    )
    return inmates, places * float(national["capacity"]) / places.sum()
