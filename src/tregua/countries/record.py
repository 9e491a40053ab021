"""Record of homicides as forecasts see it: deaths and inhabitants of every state, by year or month,
up to some year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from ..shipped import read_table

FOLDER = "countries/mexico/tables"
"""Folder of the national tables."""

LAST_YEAR = 2020
"""No figure after this year is used, even where a table goes on (population is
projected further).
"""

HALF = 0.5
"""Added to counts before their logarithm [person], because a state may have none."""

GROWTH_YEARS = 5
"""Years from which the growth of the population is carried on."""

MONTHS = 12


@dataclass(frozen=True, eq=False)
class Record:
    """Deaths on record.

    Attributes:
        codes: INEGI code of every state, ``"01"`` to ``"32"``.
        first: the first year.
        season: periods in a year: 1 for years, 12 for months.
        counts: deaths by homicide [person].
        people: inhabitants; every month of a year has those of the year [person].
    """

    codes: tuple[str, ...]
    first: int
    season: int
    counts: Int[np.ndarray, "state period"]
    people: Float[np.ndarray, "state period"]

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
    def log_rates(self) -> Float[np.ndarray, "state period"]:
        """Logarithm of deaths (and half a death) per inhabitant and period."""
        return np.log((self.counts + HALF) / self.people)

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


@cache
def yearly_record() -> Record:
    """The shipped record by state and year, 1990 to 2020."""
    return _record("homicides-year.csv", ["homicides"])


@cache
def monthly_record() -> Record:
    """The shipped record by state and month, 1990 to 2020."""
    return _record("homicides-month.csv", [f"m{month:02d}" for month in range(1, MONTHS + 1)])


def _record(file: str, periods: list[str]) -> Record:
    """The record of a table with a row for each state and year and a column for each period."""
    key = ["state_code", "year"]
    deaths = read_table(FOLDER, file).query("year <= @LAST_YEAR").set_index(key).sort_index()
    people = read_table(FOLDER, "population.csv").set_index(key)["population"].astype(float)
    codes, years = deaths.index.unique("state_code"), deaths.index.unique("year")
    inhabitants = people.loc[deaths.index].to_numpy().reshape(len(codes), len(years))
    return Record(
        tuple(codes),
        int(years[0]),
        len(periods),
        deaths[periods].to_numpy().reshape(len(codes), -1),
        np.repeat(inhabitants, len(periods), axis=1),
    )
