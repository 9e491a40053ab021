"""Layers of figures: a newer file laid over what is kept, without losing figures that it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

PLACE_AND_YEAR = ["state_code", "year"]
"""Columns of what is replaced at once."""


@dataclass(frozen=True, eq=False)
class Layered:
    """Figures after one more file.

    Attributes:
        table: what is read now.
        lacking: figures that were there before and that the file does not have, by year: how many,
            in how many territories, and which.
        new: how many figures were not known before.
    """

    table: pd.DataFrame
    lacking: dict[int, str]
    new: int


def lay_over(
    table: pd.DataFrame,
    file: pd.DataFrame,
    key: Sequence[str],
    origin: str,
    replace: bool,
    words: tuple[str, str] = ("territory", "territories"),
) -> Layered:
    """Lay the figures of a file over a table.

    In a territory and year of which the file has all figures that are there, its figures replace
    them. Where it lacks some, it adds only what is not known, and all else stays, for figures of
    two files do not add up to one another; with ``replace`` it takes the place of all.

    Args:
        table: what is there; the columns of ``key``, ``origin``, and figures.
        file: the same without ``origin``; an unknown figure is missing.
        key: columns that tell rows apart, among them territory and year.
        origin: what the new rows are called.
        replace: whether figures may be lost.
        words: what one territory, and several, are called.
    """
    import pandas as pd

    figures = [column for column in file.columns if column not in key]
    covered = pd.MultiIndex.from_frame(file[PLACE_AND_YEAR])
    touched = pd.MultiIndex.from_frame(table[PLACE_AND_YEAR]).isin(covered)
    before, after = table[touched].set_index(list(key)), file.set_index(list(key))
    rows = before.index.union(after.index)
    before, after = before.reindex(rows), after.reindex(rows)
    known, brought = before[figures].notna(), after[figures].notna()
    lost = known & ~brought
    poorer = lost.any(axis=1).groupby(level=PLACE_AND_YEAR).transform("any").to_numpy()
    stay = poorer & (not replace)
    merged = after[figures].where(~stay[:, None] | ~known, before[figures])
    changed = ~stay | ~known.any(axis=1).to_numpy()
    added = stay & ~changed & (brought & ~known).any(axis=1).to_numpy()
    result = before.assign(**{column: merged[column] for column in figures})
    result.loc[changed, [c for c in before.columns if c not in (*figures, "origin")]] = pd.NA
    result["origin"] = before["origin"].where(~changed, origin)
    result.loc[added, "origin"] += f" + {origin}"
    result = result[merged.notna().any(axis=1)].reset_index()
    return Layered(
        pd.concat([table[~touched], result], ignore_index=True),
        _by_year(lost, key, words),
        int((brought & ~known).to_numpy().sum()),
    )


def _by_year(lost: pd.DataFrame, key: Sequence[str], words: tuple[str, str]) -> dict[int, str]:
    """Which figures a file lacks, in words, by year."""
    lacking = {}
    for year, rows in lost[lost.any(axis=1)].groupby(level="year"):
        last = key[-1]
        within = [str(x) for x in rows.index.get_level_values(last).unique()]
        columns = [column for column in rows.columns if rows[column].any()]
        states = rows.index.get_level_values("state_code").nunique()
        lacking[int(year)] = (
            f"{int(rows.to_numpy().sum()):,} figures of {states} "
            f"{words[states != 1]} ({', '.join(columns)}; "
            f"{last} {', '.join(within)})"
        )
    return lacking
