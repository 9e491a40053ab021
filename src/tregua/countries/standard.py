"""The standard data set of a country: stocks, ties and networks at a start, from the tables of a
pack in the layouts that ``tregua data new-country`` writes.

Only territories, groups, their members at the start and inhabitants are needed. Every further table
supplies the covariates of the mechanisms that ask for them. Codes of territories stand in the
column ``state_code``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from ..errors import TreguaError
from ..model.space import Axis, Space
from .check_cells import refuse_bad_tables
from .check_values import refuse_wrong_values
from .corridors import Corridors, corridors
from .dataset import Dataset, Inhabitants
from .pack import Pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas

NEVER = 1e9
"""The day of what does not happen in the data."""

TAKEN = ("captured", "killed")
"""Outcomes that cost a group its leader: not escapes, releases, extraditions of those who were in
prison already, or a death that was only reported.
"""


def standard_dataset(pack: Pack, start: dt.date) -> Dataset:
    """The data set of a pack at one of its starts.

    Raises:
        TreguaError: TR1513 for a table that is missing, TR1523 to TR1532 for one that cannot be
            used, TR1514 where no group has any members, TR1533 to TR1536 for a value that is none.
    """
    refuse_bad_tables(pack)
    refuse_wrong_values(pack)
    territories, labels = pack.territories, group_labels(pack)
    members = members_at(pack, start.year)
    people, young = people_of(pack, start.year)
    space = [Axis("territory", territories.names), Axis("group", labels)]
    space += [Axis("corps", tuple(pack.settings.corps))] if pack.settings.corps else []
    goods = tuple(pack.settings.commodities)
    space += [Axis("commodity", goods)] if goods else []
    covariates = {
        "rank": np.ones(len(labels)),
        "foothold": shares(members),
        "presence": members.sum(axis=1) / members.sum(),
        "population": people,
        "young_men": young,
        "spare": spare_slots(pack),
        "favoured": favoured(pack, labels),
        "rivalry": ties(pack, "rivalry"),
        "alliance": ties(pack, "alliance"),
    }
    founded, parent = breakaways(pack, start.year, labels)
    covariates |= {"founded": founded, "parent": parent}
    if pack.has("tables/adjacency.csv"):
        routes = corridors(pack)
        covariates |= {"adjacency": routes.adjacency, "links": routes.links}
        if routes.labels:
            space.append(Axis("route", routes.labels))
            covariates |= route_covariates(pack, routes)
    if pack.has("tables/police.csv"):
        covariates["police"] = _officers(pack, start.year)
    if pack.has("tables/operations.csv"):
        covariates["operation_start"] = operations(pack)
    if pack.has("tables/prisons.csv"):
        covariates |= _prisons(pack, start.year)
    if pack.settings.vetting_from:
        covariates["programme_start"] = programme_start(pack)
    if pack.has("tables/leaders-removed.csv"):
        taken = captures(pack, pack.settings.starts[0])
        space.append(Axis("capture", tuple(taken["event"].astype(str))))
        covariates |= captured(pack, taken, labels)
    values: dict[str, float | np.ndarray] = {"founding.members_at_start": members.sum(axis=1)}
    presence = members.sum(axis=1)
    return Dataset(
        f"{pack.name}-{start.year}",
        Space(tuple(space)),
        covariates,
        values | values_of(pack, people, presence),
        pack.notes,
        {"founding.members_at_start": f"Members of {start.year} in presence.csv."}
        | {name: entry["why"] for name, entry in pack.toml("values.toml").items()},
        mechanisms=tuple(pack.settings.mechanisms),
        start=str(start),
        inhabitants=inhabitants(pack),
        named_until=int(pack.table("presence.csv")["year"].max()),
        pack=pack,
    )


def known_until(data: Dataset, until: int) -> Dataset:
    """A data set whose captures and breakaways are those that the record tells to the end of a
    year: for fits that must not look ahead.
    """
    first_after = dt.date(until + 1, 1, 1).toordinal()
    known = {
        name: np.where(data.covariates[name] < first_after, data.covariates[name], NEVER)
        for name in ("captured_on", "founded")
        if name in data.covariates
    }
    return replace(data, covariates={**data.covariates, **known})


def at(labels: pandas.Series, axis: Sequence[str]) -> Int[np.ndarray, "row"]:
    """Place of each label on an axis."""
    places = {label: place for place, label in enumerate(axis)}
    return np.array([places[label] for label in labels], int)


def of_year(pack: Pack, file: str, year: int) -> pandas.DataFrame:
    """Rows of a table that are of a year."""
    return pack.table(file).query("year == @year")


def group_labels(pack: Pack) -> tuple[str, ...]:
    """Labels of the axis of groups: named ones, and empty slots for those that split off."""
    return tuple(pack.table("groups.csv")["group"].astype(str))


def shares(weights: Float[np.ndarray, "territory group"]) -> Float[np.ndarray, "territory group"]:
    """Weights as shares within each territory, zero where there is nothing."""
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def members_at(pack: Pack, year: int) -> Float[np.ndarray, "territory group"]:
    """Members of each group in each territory at the start of a year, of ``presence.csv``:
    ``year``, ``state_code``, ``group``, ``members``.
    """
    rows = of_year(pack, "presence.csv", year)
    members = np.zeros((len(pack.territories.codes), len(group_labels(pack))))
    cells = (
        at(rows["state_code"], pack.territories.codes),
        at(rows["group"], group_labels(pack)),
    )
    np.add.at(members, cells, rows["members"].to_numpy(float))
    if not members.any():
        raise TreguaError(
            "TR1514",
            f"no group has any members in {year}",
            where=f"{pack.shown}/tables/presence.csv, column members",
            expected="members of at least one group in one territory",
        )
    return members


def people_of(
    pack: Pack, year: int
) -> tuple[Float[np.ndarray, "territory"], Float[np.ndarray, "territory"]]:
    """Inhabitants and men of 15 to 34 years of every territory in the middle of a year, of
    ``population.csv``: ``state_code``, ``year``, ``population``, ``young_men``.
    """
    rows = of_year(pack, "population.csv", year).set_index("state_code")
    rows = rows.loc[list(pack.territories.codes)]
    return rows["population"].to_numpy(float), rows["young_men"].to_numpy(float)


def inhabitants(pack: Pack) -> Inhabitants:
    """Population of every territory in the middle of each year of the table."""
    table = pack.table("population.csv")
    by_year = table.pivot(index="year", columns="state_code", values="population").sort_index()
    persons = by_year[list(pack.territories.codes)].to_numpy(float)
    return Inhabitants(int(by_year.index[0]), persons)


def values_of(
    pack: Pack,
    people: Float[np.ndarray, "territory"],
    presence: Float[np.ndarray, "territory"],
) -> dict[str, np.ndarray]:
    """Parameter values of a country by full name, each on the axes of its parameter, from
    ``values.toml``; ``spread`` shares a national total over the territories.
    """
    weights = {"presence": presence / presence.sum(), "population": people / people.sum()}
    values = {}
    for name, entry in pack.toml("values.toml").items():
        value = np.asarray(entry["value"], float)
        values[name] = value * weights[entry["spread"]] if "spread" in entry else value
    return values


def spare_slots(pack: Pack) -> Float[np.ndarray, "group"]:
    """1 for an empty slot of the axis of groups, of the column ``spare`` of ``groups.csv``."""
    table = pack.table("groups.csv")
    return table["spare"].fillna(0).to_numpy(float) if "spare" in table else np.zeros(len(table))


def favoured(pack: Pack, labels: tuple[str, ...]) -> Float[np.ndarray, "group"]:
    """1 for the group that is said to be favoured from abroad. Alleged; no mechanism uses it unless
    its own switch is set.
    """
    return np.array([float(group == pack.settings.favoured) for group in labels])


def ties(pack: Pack, column: str) -> Float[np.ndarray, "group group"]:
    """Symmetric weights of ties between groups, of ``ties.csv``: ``group_a``, ``group_b``,
    ``rivalry`` and ``alliance`` [years of fighting]; none where there is no table.
    """
    labels = group_labels(pack)
    weights = np.zeros((len(labels), len(labels)))
    if pack.has("tables/ties.csv"):
        table = pack.table("ties.csv")
        i, j = (at(table[name], labels) for name in ("group_a", "group_b"))
        weights[i, j] = weights[j, i] = table[column].fillna(0).to_numpy(float)
    return weights


def breakaways(
    pack: Pack, year: int, labels: tuple[str, ...]
) -> tuple[Float[np.ndarray, "group"], Float[np.ndarray, "group group"]]:
    """Day on which each historic breakaway begins, never for the others and for those that began
    before ``year``; and ``parent[child, parent]``; of the columns ``founded`` and ``parent``.
    """
    table = pack.table("groups.csv")
    founded, parent = np.full(len(labels), NEVER), np.zeros((len(labels), len(labels)))
    if "founded" not in table:
        return founded, parent
    for group in table[table["founded"].fillna("").astype(str) != ""].itertuples():
        parent[group.Index, labels.index(group.parent)] = 1.0
        begins = dt.date.fromisoformat(group.founded)
        founded[group.Index] = begins.toordinal() if begins.year >= year else NEVER
    return founded, parent


def captures(pack: Pack, first: dt.date) -> pandas.DataFrame:
    """Captures and deaths of leaders of named groups from a day on, of ``leaders-removed.csv``."""
    named = {*pack.table("groups.csv")["group"]} - {pack.settings.local_group}
    removed = pack.table("leaders-removed.csv")
    return removed[
        (removed["date"] >= str(first))
        & removed["group"].isin(named)
        & removed["outcome"].isin(TAKEN)
    ]


def captured(pack: Pack, taken: pandas.DataFrame, labels: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Day of each capture; its territory and group; and whether it took a leader of the whole
    group.
    """
    codes = pack.territories.codes
    wing = np.zeros((len(taken), len(codes), len(labels)))
    places = (
        at(taken["state_code"], codes),
        at(taken["group"], labels),
    )
    wing[np.arange(len(taken)), *places] = 1.0
    return {
        "captured_on": ordinals(taken["date"]),
        "captured_wing": wing,
        "captured_head": (taken["rank"] == 1).to_numpy(float),
    }


def ordinals(dates: pandas.Series) -> Float[np.ndarray, "row"]:
    """Dates as ``date.toordinal`` counts days."""
    return np.array([float(dt.date.fromisoformat(day).toordinal()) for day in dates])


def operations(pack: Pack, since: str = "") -> Float[np.ndarray, "territory"]:
    """Day of the first joint operation in each territory, as ``date.toordinal`` counts;
    never where none was recorded, of ``operations.csv``: ``date``, ``state_code``.
    """
    table = pack.table("operations.csv")
    joint = table[table["date"] >= since]
    first = np.full(len(pack.territories.codes), NEVER)
    places = at(joint["state_code"], pack.territories.codes)
    np.minimum.at(first, places, ordinals(joint["date"]))
    return first


def programme_start(pack: Pack) -> Float[np.ndarray, ""]:
    """Day on which tests of all officers begin, as ``date.toordinal`` counts; never where a country
    has no such programme.
    """
    day = pack.settings.vetting_from
    return np.asarray(float(day.toordinal()) if day else NEVER)


def route_covariates(pack: Pack, routes: Corridors) -> dict[str, np.ndarray]:
    """Covariates of the corridors; ``carries`` is the share of a commodity's supply that starts
    where the route starts, of ``entries.csv``: ``commodity``, ``state_code``, ``weight``.
    """
    entries, goods = pack.table("entries.csv"), tuple(pack.settings.commodities)
    weights = np.zeros((len(pack.territories.codes), len(goods)))
    places = (
        at(entries["state_code"], pack.territories.codes),
        at(entries["commodity"], goods),
    )
    weights[places] = entries["weight"]
    return {
        "passes": routes.passes,
        "origin": routes.origin,
        "crossing": routes.crossing,
        "length": routes.length,
        "carries": routes.origin @ weights,
    }


def _officers(pack: Pack, year: int) -> Float[np.ndarray, "territory corps"]:
    """Officers by territory and corps, of ``police.csv``: ``year``, ``state_code``, ``corps``,
    ``officers``.
    """
    rows, corps = of_year(pack, "police.csv", year), tuple(pack.settings.corps)
    officers = np.zeros((len(pack.territories.codes), len(corps)))
    cells = (
        at(rows["state_code"], pack.territories.codes),
        at(rows["corps"], corps),
    )
    np.add.at(officers, cells, rows["officers"].to_numpy(float))
    return officers


def _prisons(pack: Pack, year: int) -> Mapping[str, Float[np.ndarray, "territory"]]:
    """Inmates who belong to no group, and places, of ``prisons.csv``: ``year``, ``state_code``,
    ``prisoners``, ``places``.
    """
    rows = of_year(pack, "prisons.csv", year).set_index("state_code")
    rows = rows.reindex(list(pack.territories.codes), fill_value=0)
    return {
        "prisoners": rows["prisoners"].to_numpy(float),
        "prison_capacity": rows["places"].to_numpy(float),
    }
