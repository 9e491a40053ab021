"""Streams of a country: its record of homicides, and what its pack says besides of counts that the
model is compared with (:mod:`tregua.countries.observed`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..countries.observed import (
    CODE,
    OBSERVATIONS,
    YEAR,
    FightDeaths,
    at_key,
    counted_rows,
    observations,
)
from ..countries.pack import Pack
from ..countries.record import count_of, yearly_record
from ..errors import TreguaError
from ..model.declarations import LogNormal
from ..model.model import Model
from ..scenarios.scenario import Scenario
from .observations import RECORDED, Fights, Homicides, Share, Stream, Total


def homicides_on_record(pack: Pack, first: int, last: int) -> Homicides:
    """The record of a country from a year to a year.

    Raises:
        TreguaError: TR2923 where the record does not hold these years.
    """
    record, count = yearly_record(pack), count_of(pack)
    if not record.first <= first <= last <= record.last:
        raise TreguaError(
            "TR2923",
            "the record does not hold these years",
            where=f"{pack.shown}/pack.toml, key count",
            found=f"{first} to {last}",
            expected=f"years from {record.first} to {record.last}",
        )
    years = tuple(range(first, last + 1))
    chosen = slice(first - record.first, last - record.first + 1)
    unsure = np.isin(record.codes, count.unsure)
    exact = last if count.exact_until is None else count.exact_until
    after = np.array([year > exact for year in years])
    errors = np.where(unsure, count.large_error, count.error)[:, None] * after[None, :]
    return Homicides(years, np.asarray(record.counts[:, chosen], float), errors)


def fights_on_record(pack: Pack, key: str, first: int, last: int) -> Fights:
    """Deaths in fights by the entry of a pack from a year to a year; periods are cut where the
    years end (TR2921).
    """
    read, codes = observations(pack), list(pack.territories.codes)
    entry: FightDeaths = read.fights[key]
    events = counted_rows(
        pack, entry, [entry.column], at_key(pack, OBSERVATIONS, f"fights.{key}"), [CODE]
    )
    deaths = events[events[CODE].isin(codes) & events[YEAR].between(first, last)]
    shares = {
        name: Share(period.first, period.last, LogNormal(period.share, period.share_spread))
        for name, (owner, period) in read.shares.items()
        if owner is entry
    }
    named = {y: name for name, span in shares.items() for y in range(span.first, span.last + 1)}
    # In the order of the table, which is that of the cells and of their random numbers.
    counts = {
        str(period): rows.groupby(CODE)[entry.column]
        .sum()
        .reindex(codes, fill_value=0)
        .to_numpy(float)
        for period, rows in deaths.groupby(deaths[YEAR].map(named), sort=False)
    }
    years = tuple(range(first, last + 1))
    return Fights(years, counts, shares, entry.spread, entry.said, tuple(entry.flows))


def totals_on_record(pack: Pack, first: int, last: int) -> tuple[Total, ...]:
    """Numbers for the whole country by the entries of a pack, as far as they lie between a year and
    a year (TR2921).
    """
    years, totals = tuple(range(first, last + 1)), []
    for key, entry in observations(pack).total.items():
        if entry.first < first or entry.last > last:
            continue
        where = at_key(pack, OBSERVATIONS, f"total.{key}")
        rows = counted_rows(pack, entry, entry.columns, where)
        rows = rows.loc[rows[YEAR].between(entry.first, entry.last), entry.columns]
        count, flows = float(rows.sum().sum()), tuple(entry.flows)
        totals.append(Total(entry.said, flows, entry.first, entry.last, count, entry.spread, years))
    return tuple(totals)


def streams_on_record(pack: Pack, first: int, last: int) -> tuple[Stream, ...]:
    """All streams of a country from a year to a year: the homicides, then what its pack lists.
    Totals that end later, and fights of which no period was counted yet, are left out.

    Raises:
        TreguaError: TR2920, TR2921, TR2923.
    """
    fights = [fights_on_record(pack, key, first, last) for key in observations(pack).fights]
    return (
        homicides_on_record(pack, first, last),
        *(stream for stream in fights if stream.counts),
        *totals_on_record(pack, first, last),
    )


@dataclass(frozen=True)
class Chosen:
    """Streams that a model can be compared with.

    Attributes:
        streams: those of which it has all flows.
        left_out: what the others count, with the flows that the model lacks.
    """

    streams: tuple[Stream, ...]
    left_out: tuple[str, ...]


def streams_for(scenario: Scenario, until: int) -> Chosen:
    """Streams of the country of a scenario from its first year to the end of a year.

    Raises:
        TreguaError: TR2922 where the data are of no country, or the model records no homicides;
            TR2920, TR2921, TR2923.
    """
    pack, has = scenario.data.pack, _flows(scenario.model)
    if pack is None or scenario.data.territories is None or RECORDED not in has:
        raise TreguaError(
            "TR2922",
            "this scenario has nothing that the record can be compared with",
            where=f"scenario {scenario.name}",
            found="its data are of no country"
            if pack is None or scenario.data.territories is None
            else f"no mechanism of it gives {RECORDED}",
            expected="territories of a country, and the mechanism reporting",
        )
    streams, left_out = [], []
    for stream in streams_on_record(pack, scenario.start.year, until):
        lacking = [flow for flow in stream.flows if flow not in has]
        if lacking and not isinstance(stream, Homicides):
            left_out.append(f"{stream.name} (no {', '.join(lacking)})")
        else:
            streams.append(stream)
    return Chosen(tuple(streams), tuple(left_out))


def _flows(model: Model) -> set[str]:
    """Series that a model has."""
    return {*model.flows, *model.records}
