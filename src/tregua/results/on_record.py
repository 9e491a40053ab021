"""Counts of a country by territory and year, as its pack has them."""

from __future__ import annotations

from functools import cache

from ..countries.pack import Count, Pack

YEAR_MONTHS = 12
"""Months of a whole year."""

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
    """A count by territory and year: of its yearly table; else months added up, which stand in
    columns or in rows of their own.
    """
    table, key = pack.table(count.yearly or count.file), ["state_code", "year"]
    if count.yearly:
        persons = table.set_index(key)[count.column]
    elif "month" in table:
        months = table.groupby(key)
        persons = months[count.column].sum()[months.size() == YEAR_MONTHS]
    else:
        names = [f"m{month:02d}" for month in range(1, YEAR_MONTHS + 1)]
        persons = table.set_index(key)[names].sum(axis=1, skipna=False)
    counts: Counts = {}
    for (code, year), value in persons.astype(float).dropna().items():
        if count.first_year <= year <= count.last_year:
            counts.setdefault(code, {})[int(year)] = value
    return counts
