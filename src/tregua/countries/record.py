"""Record of homicides as forecasts see it: deaths and inhabitants of every territory, by year or
month, up to some year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from ..errors import TreguaError
from .check_cells import refuse_bad_tables
from .corridors import adjacency
from .pack import Count, Pack
from .registry import first_pack

HALF = 0.5
"""Added to counts before their logarithm [person], because a territory may have none."""

GROWTH_YEARS = 5
"""Years from which the growth of the population is carried on."""

MONTHS = 12


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


@cache
def _record(pack: Pack, season: int) -> Record:
    """The record of a table with a row for each territory and year and a column for each period;
    months are added up where years have no table of their own.

    Raises:
        TreguaError: TR1514 where a territory lacks a year or a year lacks its inhabitants.
    """
    if not pack.shipped:
        refuse_bad_tables(pack)
    count, key = count_of(pack), ["state_code", "year"]
    whole = season == 1 and count.yearly
    file = count.yearly if whole else count.file
    periods = [count.column] if whole else [f"m{month:02d}" for month in range(1, MONTHS + 1)]
    deaths = pack.table(file).set_index(key).sort_index()
    years, codes = range(count.first_year, count.last_year + 1), pack.territories.codes
    cells = [(code, year) for code in codes for year in years]
    people = pack.table("population.csv").set_index(key)["population"].astype(float)
    for index, name in ((deaths.index, file), (people.index, "population.csv")):
        missing = next((cell for cell in cells if cell not in index), None)
        if missing is not None:
            raise TreguaError(
                "TR1514",
                "a territory lacks a year of the record",
                where=f"{pack.shown}/tables/{name}",
                found=f"no row of territory {missing[0]} in {missing[1]}",
                expected=f"a row for every territory and year, {years[0]} to {years[-1]}",
            )
    counts = deaths.loc[cells, periods].to_numpy().reshape(len(codes), len(years), len(periods))
    counts = counts.sum(axis=2, keepdims=True) if len(periods) > season else counts
    inhabitants = people.loc[cells].to_numpy().reshape(len(codes), len(years))
    return Record(
        codes,
        years[0],
        season,
        counts.reshape(len(codes), -1).astype(np.int64),
        np.repeat(inhabitants, season, axis=1),
        pack,
    )
