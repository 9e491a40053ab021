"""Record of homicides as forecasts see it: deaths and inhabitants of every territory, by year or
month, up to some year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from ..errors import TreguaError
from .check_cells import refuse_bad_tables
from .corridors import adjacency
from .pack import Count, Pack
from .registry import first_pack

if TYPE_CHECKING:
    import pandas

HALF = 0.5
"""Added to counts before their logarithm [person], because a territory may have none."""

GROWTH_YEARS = 5
"""Years from which the growth of the population is carried on."""

MONTHS = 12

KEY = ["state_code", "year"]
"""Columns of what is counted in a year."""


@dataclass(frozen=True, eq=False)
class Record:
    """Deaths on record.

    Attributes:
        codes: code of every territory.
        first: the first year.
        season: periods in a year: 1 for years, 12 for months.
        counts: deaths by homicide [person].
        people: inhabitants; every month of a year has those of the year [person].
        pack: the country.
    """

    codes: tuple[str, ...]
    first: int
    season: int
    counts: Int[np.ndarray, "state period"]
    people: Float[np.ndarray, "state period"]
    pack: Pack

    @property
    def last(self) -> int:
        """The last year."""
        return self.first + self.counts.shape[1] // self.season - 1

    def until(self, year: int) -> Record:
        """The record up to the end of a year: all that a forecast made then may know."""
        end = (year - self.first + 1) * self.season
        return replace(self, counts=self.counts[:, :end], people=self.people[:, :end])

    def after(self, year: int, leads: int) -> Record:
        """The periods that follow the end of a year, as many as ``leads``."""
        start = (year - self.first + 1) * self.season
        return replace(
            self,
            first=year + 1,
            counts=self.counts[:, start : start + leads],
            people=self.people[:, start : start + leads],
        )

    def of(self, codes: tuple[str, ...]) -> Record:
        """Only some states."""
        rows = [self.codes.index(code) for code in codes]
        return replace(self, codes=codes, counts=self.counts[rows], people=self.people[rows])

    @property
    def touching(self) -> Float[np.ndarray, "state state"]:
        """1 for two of its territories with a common border."""
        rows = [self.pack.territories.codes.index(code) for code in self.codes]
        return adjacency(self.pack)[np.ix_(rows, rows)]

    @property
    def log_rates(self) -> Float[np.ndarray, "state period"]:
        """Logarithm of deaths (and half a death) per inhabitant and period."""
        return np.log((self.counts + HALF) / self.people)

    @property
    def national_log_rates(self) -> Float[np.ndarray, "period"]:
        """Logarithm of deaths per inhabitant and period in the whole country; of half a death where
        there was none.
        """
        return np.log(np.maximum(self.counts.sum(axis=0), HALF) / self.people.sum(axis=0))

    def people_ahead(self, leads: int) -> Float[np.ndarray, "state lead"]:
        """Inhabitants in the periods to come, if the growth of the last years goes on [person].
        Official projections were made later.
        """
        yearly = self.people[:, :: self.season]
        back = min(GROWTH_YEARS, yearly.shape[1] - 1)
        growth = (np.log(yearly[:, -1]) - np.log(yearly[:, -1 - back])) / max(back, 1)
        years = np.arange(leads) // self.season + 1
        return yearly[:, -1:] * np.exp(growth[:, None] * years)

    def deaths_at(
        self, log_rates: Float[np.ndarray, "replicate state lead"]
    ) -> Int[np.ndarray, "replicate state lead"]:
        """Whole deaths at log rates to come, never fewer than none nor more than
        there are inhabitants.
        """
        people = self.people_ahead(log_rates.shape[2])
        expected = np.exp(np.minimum(log_rates, 0.0)) * people - HALF
        return np.maximum(np.rint(expected), 0.0).astype(np.int64)


def count_of(pack: Pack, name: str = "") -> Count:
    """A monthly count of a country, by name; the first, which is its record, if none is given.

    Raises:
        TreguaError: TR1519 where the country has none of that name.
    """
    counts = pack.settings.count
    if name and name not in counts:
        raise TreguaError(
            "TR1519",
            f"{pack.name} has no count named {name!r}",
            found=name,
            expected="one of " + ", ".join(counts),
        )
    return counts[name or next(iter(counts))]


def yearly_record(pack: Pack | None = None) -> Record:
    """The record of a country by territory and year; of the first country that ships if none is
    given.
    """
    return _record(pack or first_pack(), 1)


def monthly_record(pack: Pack | None = None) -> Record:
    """The record of a country by territory and month; see :func:`yearly_record`."""
    return _record(pack or first_pack(), MONTHS)


def months_of(pack: Pack, count: Count) -> pandas.DataFrame:
    """A count by code of the territory and year, a column for each month; months stand in columns
    or in rows of their own, and one that is not there is missing.
    """
    table = pack.table(count.file)
    if "month" in table:
        return table.pivot(index=KEY, columns="month", values=count.column)
    return table.set_index(KEY)[[f"m{month:02d}" for month in range(1, MONTHS + 1)]]


def years_of(pack: Pack, count: Count) -> pandas.Series:
    """A count by code of the territory and year: of its yearly table, else months added up, and
    missing where a month is.
    """
    if count.yearly:
        return pack.table(count.yearly).set_index(KEY)[count.column]
    return months_of(pack, count).sum(axis=1, skipna=False)


@cache
def _record(pack: Pack, season: int) -> Record:
    """The record by year or month, of the years that are used.

    Raises:
        TreguaError: TR1523 to TR1532 for a table that cannot be used: a cell that is no count, a
            territory that lacks a year or its inhabitants.
    """
    # Tables that ship have digests, and a test checks them.
    if not pack.shipped:
        refuse_bad_tables(pack)
    count = count_of(pack)
    deaths = years_of(pack, count) if season == 1 else months_of(pack, count)
    years, codes = range(count.first_year, count.last_year + 1), pack.territories.codes
    cells = [(code, year) for code in codes for year in years]
    people = pack.table("population.csv").set_index(KEY)["population"].astype(float)
    counts = deaths.loc[cells].to_numpy()
    inhabitants = people.loc[cells].to_numpy().reshape(len(codes), len(years))
    return Record(
        codes,
        years[0],
        season,
        counts.reshape(len(codes), -1).astype(np.int64),
        np.repeat(inhabitants, season, axis=1),
        pack,
    )
