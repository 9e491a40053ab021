"""Counts of a country by territory and year, as its pack has them."""

from __future__ import annotations

from functools import cache

from ..countries.pack import Count, Pack
from ..countries.record import years_of

Counts = dict[str, dict[int, float]]
"""Persons by code of the territory and year."""


@cache
def counts_on_record(pack: Pack) -> dict[str, Counts]:
    """Every count of homicides of a country by its name, in the order of ``pack.toml``, for whole
    years within those that are used; a year that the table lacks is left out.

    Raises:
        TreguaError: TR1513 for a table that is missing or cannot be read.
    """
    return {name: _by_year(pack, count) for name, count in pack.settings.count.items()}


def _by_year(pack: Pack, count: Count) -> Counts:
    """A count by territory and year, as far as it is known."""
    counts: Counts = {}
    for (code, year), value in years_of(pack, count).astype(float).dropna().items():
        if count.first_year <= year <= count.last_year:
            counts.setdefault(code, {})[int(year)] = value
    return counts
