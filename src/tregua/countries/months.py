"""Months that nobody has reported yet: they are unknown, and never months without deaths."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import pandas as pd

SHOWN = 5
"""Territories that are named in a reason."""

WORDS = ("territory", "territories")
"""One place, and several, where a country has no words of its own."""

NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class LeftOut:
    """Figures of a month that are not known.

    Attributes:
        year: of the month.
        month: 1 to 12.
        figures: the columns; empty for all.
        why: in words.
    """

    year: int
    month: int
    figures: tuple[str, ...]
    why: str


def in_words(left_out: Sequence[LeftOut]) -> list[str]:
    """What is left out, one text a year and reason:
    ``November, December 2024: empty in every province``.
    """
    months: dict[tuple[int, tuple[str, ...], str], list[str]] = {}
    for one in left_out:
        months.setdefault((one.year, one.figures, one.why), []).append(NAMES[one.month - 1])
    return [
        f"{', '.join(names)} {year}{' (' + ', '.join(figures) + ')' if figures else ''}: {why}"
        for (year, figures, why), names in months.items()
    ]


def without_unreported(
    table: pd.DataFrame,
    states: Mapping[str, Set[str]],
    every: int,
    today: dt.date,
    words: tuple[str, str] = WORDS,
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """A table without the months that nobody has reported.

    A month is unknown if it is not over, if it is empty or zero in every territory, or if only some
    have it. Where a table has several columns of figures, one of them alone can be unknown:
    its cells are then left empty. A column that is zero in every territory is, unless all are,
    taken for unknown only where the table has all of them: in a few none may be killed in a month.

    Args:
        table: one row a territory, year and month; an unknown figure is missing.
        states: columns of figures, with the codes of the territories of which the file has such.
        every: how many territories there are.
        today: the day of the import.
        words: what one territory, and several, are called.
    """
    figures, left_out, parts = list(states), [], []
    for (year, month), rows in table.groupby(["year", "month"]):
        part = rows.copy()
        whole = _why_all(part[figures], (year, month), today, words[0])
        reasons = dict.fromkeys(figures, whole) if whole else _why(part, states, every, words)
        for reason in dict.fromkeys(reasons.values()):
            columns = [column for column in figures if reasons.get(column) == reason]
            part[columns] = pd.NA
            shown = () if len(columns) == sum(map(bool, states.values())) else tuple(columns)
            left_out.append(LeftOut(int(year), int(month), () if whole else shown, reason))
        parts.append(part[part[figures].notna().any(axis=1)])
    return pd.concat(parts, ignore_index=True) if parts else table, tuple(left_out)


def _why_all(values: pd.DataFrame, month: tuple[int, int], today: dt.date, word: str) -> str:
    """Why nothing of a month is known; empty where something is."""
    if month >= (today.year, today.month):
        return f"not over on {today}"
    if values.isna().all(axis=None):
        return f"empty in every {word}"
    if (values.fillna(0) == 0).all(axis=None):
        return f"zero in every {word}"
    return ""


def _why(
    rows: pd.DataFrame, states: Mapping[str, Set[str]], every: int, words: tuple[str, str]
) -> dict[str, str]:
    """Why single columns of a month are unknown."""
    reasons = {}
    for column, codes in states.items():
        have = set(rows.loc[rows[column].notna(), "state_code"])
        if have and have != codes:
            lacking = sorted(codes - have)
            shown = ", ".join(lacking[:SHOWN]) + (" …" if len(lacking) > SHOWN else "")
            reasons[column] = f"only {len(have)} of {len(codes)} {words[1]} have it, not {shown}"
        elif codes and not have:
            reasons[column] = f"empty in every {words[0]}"
        elif len(have) == every and not rows[column].any():
            reasons[column] = f"zero in every {words[0]}"
    return reasons
