"""The national data sets: Mexico's 32 states, its named armed groups, police corps and smuggling
corridors at the start of 2007 or 2012.

Everything is computed from the tables of the pack, whose ``SOURCES.toml`` says where each comes
from. What no table holds stands in ``constants.toml`` with its reason.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from jaxtyping import Float

from ...model.space import Axis, Space
from ..corridors import Corridors, corridors
from ..dataset import Dataset
from ..standard import (
    at,
    breakaways,
    captured,
    captures,
    favoured,
    inhabitants,
    known_until,
    operations,
    programme_start,
    route_covariates,
    shares,
    values_of,
)
from . import pack


@cache
def routes() -> Corridors:
    """The corridors, which are worked out once."""
    return corridors(pack())


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
        shares(_presence("Coscia and Ríos", (2010,))),
        shares(_presence("pgr", (2015,))),
    )
    listed = after.sum(axis=1, keepdims=True) > 0
    # Back to numbers of municipalities, so that local groups weigh the same beside them as in 2007.
    sizes = _presence("Coscia and Ríos", (2010,)).sum(axis=1, keepdims=True)
    return _dataset("mexico-2012", 2012, np.where(listed, (before + after) / 2.0, before) * sizes)


def _dataset(name: str, year: int, presence: Float[np.ndarray, "territory named"]) -> Dataset:
    """A data set from the people of ``year`` and the groups' presence in municipalities."""
    here, settings = pack(), pack().settings
    groups, roads, taken = _groups(), routes(), captures(here, here.settings.starts[0])
    people, men = _people(year)
    footing = np.pad(presence, ((0, 0), (0, here.constant("breakaways"))))
    footing[:, groups.index(settings.local_group)] += here.constant("local_weight") * people / 1e6
    founded, parent = breakaways(here, year, groups)
    rivalry, alliance = _ties()
    inmates, places = _prisons(year, people)
    return Dataset(
        name,
        Space(
            (
                Axis("territory", here.territories.names),
                Axis("group", groups),
                Axis("corps", tuple(settings.corps)),
                Axis("commodity", tuple(settings.commodities)),
                Axis("route", roads.labels),
                Axis("capture", tuple(taken["event"])),
            )
        ),
        {
            "rank": np.ones(len(groups)),
            "foothold": shares(footing),
            "presence": footing.sum(axis=1) / footing.sum(),
            "rivalry": rivalry,
            "alliance": alliance,
            "population": people,
            "young_men": here.constant("young_share") * men,
            "adjacency": roads.adjacency,
            "links": roads.links,
            "border": here.table("territories.csv")["border"].to_numpy(float),
            "police": _police(people),
            "programme_start": programme_start(here),
            "operation_start": operations(here, here.constant("first_joint_operation")),
            "founded": founded,
            "parent": parent,
            "spare": np.array([float(label.startswith("Breakaway")) for label in groups]),
            "prisoners": (1.0 - here.constant("members_inside")) * inmates,
            "prison_capacity": places,
            "favoured": favoured(here, groups),
            **captured(here, taken, groups),
            **route_covariates(here, roads),
        },
        values_of(here, people, footing.sum(axis=1)),
        here.notes,
        {name: entry["why"] for name, entry in here.toml("values.toml").items()},
        start=f"{year}-01-01",
        inhabitants=inhabitants(here),
        named_until=int(here.table("presence.csv")["year"].max()),
        pack=here,
    )


def state_codes() -> tuple[str, ...]:
    """INEGI codes of the states, in the order of the axis."""
    return pack().territories.codes


def _groups() -> tuple[str, ...]:
    """Labels of the group axis: the named groups, local groups, and empty slots for breakaways."""
    return (
        *pack().table("groups.csv")["group"],
        *(f"Breakaway {i + 1}" for i in range(pack().constant("breakaways"))),
    )


def _presence(source: str, years: tuple[int, ...]) -> Float[np.ndarray, "territory named"]:
    """Mean over the years of what a source counts for each state and named group."""
    named = tuple(pack().table("groups.csv")["group"])
    presence = pack().table("presence.csv")
    listed = presence[(presence["source"] == source) & presence["year"].isin(years)]
    counts = np.zeros((len(state_codes()), len(named)))
    cells = at(listed["state_code"], state_codes()), at(listed["group"], named)
    np.add.at(counts, cells, listed["count"] / len(years))
    return counts


def _people(year: int) -> tuple[Float[np.ndarray, "territory"], Float[np.ndarray, "territory"]]:
    """Population and men of every state in the middle of a year."""
    table = pack().table("population.csv").query("year == @year").set_index("state_code")
    table = table.loc[list(state_codes())]
    return table["population"].to_numpy(float), table["men"].to_numpy(float)


def _ties(
    until: int | None = None,
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
    groups, reported = _groups(), pack().constant("reported")
    until = reported if until is None else until
    rivalry, alliance = _years_of_fighting(until), np.zeros((len(groups), len(groups)))
    if until >= reported:
        rivalry, alliance = rivalry + _reports("rivalry_reports"), _reports("alliance_reports")
    spare = np.array([label.startswith("Breakaway") for label in groups])
    rivalry[spare[:, None] | spare[None, :]] = pack().constant("breakaway_rivalry")
    local = groups.index(pack().settings.local_group)
    rivalry[local] = rivalry[:, local] = 0.0
    np.fill_diagonal(rivalry, 0.0)
    return rivalry, alliance


def _reports(column: str) -> Float[np.ndarray, "group group"]:
    """Newspaper reports of each pair in 2020, over their mean."""
    groups, pairs = _groups(), pack().table("relations.csv")
    pairs = pairs[pairs[column] > 0]
    i, j = at(pairs["group_a"], groups), at(pairs["group_b"], groups)
    reports = np.zeros((len(groups), len(groups)))
    reports[i, j] = reports[j, i] = pairs[column]
    return reports / np.mean(pairs[column].to_numpy(float))


def _years_of_fighting(until: int) -> Float[np.ndarray, "group group"]:
    """Years to ``until`` in which UCDP lists fighting of each pair;
    where several groups fight on one side, each of them fights each on the other.
    """
    groups, dyads = _groups(), pack().table("ucdp-dyad-year.csv")
    dyads = dyads[
        (dyads["type"] == "non_state") & dyads["year"].between(pack().settings.presence_from, until)
    ]
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
    ``constants.toml``), and so do three tables of later years that stand for
    the start: officers (2011 and 2012), crowding of prisons by state (2014), and the capacity of
    tests of officers (2011, 2012).
    """
    rivalry, alliance = _ties(until)
    known = known_until(data, until)
    return replace(known, covariates={**known.covariates, "rivalry": rivalry, "alliance": alliance})


def _police(people: Float[np.ndarray, "territory"]) -> Float[np.ndarray, "territory corps"]:
    """Officers by state and corps.

    The national totals are those of 2012. State and municipal officers follow the rates per
    inhabitant of 2011 in the six states where they are known and the population elsewhere; federal
    officers follow the population. The split into state and municipal is the same in every state,
    though Ciudad de México has no municipal police: its city force is shared out in the same way.
    """
    strength = pack().table("police-strength.csv").query("corps == 'state+municipal'")
    known = strength.set_index("state_code")["officers_per_1000"]
    rates, officers = (
        known.reindex(list(state_codes())).to_numpy(),
        pack().constant("local_officers"),
    )
    share, federal = pack().constant("municipal_share"), pack().constant("federal_officers")
    counted = np.nansum(rates * people / 1e3) * officers / (known["00"] * people.sum() / 1e3)
    rest = people * np.isnan(rates)
    local = np.where(
        np.isnan(rates),
        (officers - counted) * rest / rest.sum(),
        counted * rates * people / np.nansum(rates * people),
    )
    return np.stack(
        [
            share * local,
            (1.0 - share) * local,
            federal * people / people.sum(),
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
    national = pack().table("prisons.csv").set_index("year").loc[year]
    crowding = pack().table("prison-overcrowding.csv").query("year == 2014")
    by_state = crowding.set_index("state_code")["overcrowding_pct"]
    inmates = float(national["population"]) * people / people.sum()
    places = inmates / (
        1.0 + by_state.reindex(list(state_codes()), fill_value=0.0).to_numpy() / 100.0
    )
    return inmates, places * float(national["capacity"]) / places.sum()
