"""Checks of official files: cells, columns and rows that make no sense are refused, with the place
where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from ..errors import TreguaError
from .months import LeftOut, in_words
from .sheet import Source, column_name, read_sheet

YEARS = (1980, 2100)
"""Years that make sense in such a file."""


def checked_year(text: object, where: str) -> int:
    """A year (TR1704 if it is none)."""
    value = str(text).strip()
    if not re.fullmatch(r"[0-9]{4}", value) or not YEARS[0] <= int(value) <= YEARS[1]:
        raise TreguaError(
            "TR1704",
            "this is no year",
            where=where,
            found=text,
            expected=f"a year from {YEARS[0]} to {YEARS[1]}",
        )
    return int(value)


UNKNOWN_COUNTS = frozenset({"", "na", "n/a", "nan", "nd", "n/d", "s/d", "null", "-", "..."})
"""What stands in a cell of which nobody knows the number, in small letters."""

COUNT = re.compile(
    r"(?:[0-9]+|[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:[ \u00a0\u2009\u202f][0-9]{3})+))(?:\.0{1,2})?"
)
"""A whole number; thousands may be set apart by commas or blanks. ``1.000`` is none: it is a
thousand in one language and one in another, and so is ``1,5`` no count.
"""

MOST = 10_000_000
"""Persons beyond whom no count of deaths or victims goes."""


def checked_count(text: object, where: str) -> int | None:
    """A number of persons or events; None where nobody knows it. The one reader of counts.

    Raises:
        TreguaError: TR1704 for what is negative, has decimals, or is no number.
    """
    value = str(text).strip()
    if value.lower() in UNKNOWN_COUNTS:
        return None
    number = re.sub(r"\D", "", value.partition(".")[0]) if COUNT.fullmatch(value) else ""
    if not number or len(number) > len(str(MOST)) or int(number) > MOST:
        raise TreguaError(
            "TR1704",
            "this is no count",
            where=where,
            found=value[:60],
            expected="a whole number from 0 such as 1234, 1,234 or 1 234, or nothing if unknown",
        )
    return int(number)


def checked_counts(cells: pd.Series, name: str) -> pd.Series:
    """A column of counts by the number of its row; the unknown ones are missing (TR1704)."""
    counts = {}
    for text in cells.unique():
        row = cells.index[(cells == text).to_numpy().argmax()]
        counts[text] = checked_count(text, f"{name}, row {row}, column {cells.name}")
    return cells.map(counts).astype("Int64")


def read_columns(
    source: Source, wanted: Sequence[str], what: str, every: bool = False
) -> pd.DataFrame:
    """The table of a csv file, every cell as text, by the number of its row; columns are found
    whatever their accents and case.

    Args:
        source: the file.
        wanted: columns that it must have.
        what: the kind of file, for messages.
        every: read the other columns as well.

    Raises:
        TreguaError: TR1702 where a column is missing or there are no rows.
    """
    sheet = read_sheet(source, wanted, every)
    known = {column_name(column): column for column in sheet.heading}
    missing = [column for column in wanted if column_name(column) not in known]
    if missing:
        raise TreguaError(
            "TR1702",
            f"this is not {what}",
            where=f"{source.name}, row {sheet.heading_row}",
            found=", ".join(sheet.heading)[:200],
            expected="the columns " + ", ".join(missing) + " as well",
        )
    if not sheet.rows:
        raise TreguaError("TR1702", "the file has no rows", where=source.name, expected=what)
    names = {known[column_name(column)]: column for column in wanted}
    return pd.DataFrame(
        [cells for _, cells in sheet.rows],
        index=[number for number, _ in sheet.rows],
        columns=[names.get(column, column) for column in sheet.heading],
    )


def refuse_twins(frame: pd.DataFrame, key: list[str], name: str) -> None:
    """Refuse a file in which the same thing is counted twice (TR1705)."""
    twins = frame.duplicated(key, keep=False)
    if twins.any():
        first, second = frame.index[twins][0], frame.index[frame.duplicated(key)][0]
        raise TreguaError(
            "TR1705",
            "a row is there twice",
            where=f"{name}, row {second}",
            found=", ".join(frame.loc[second, key]),
            expected=f"once; see row {first}",
        )


def refuse_other_code(code: str, number: object, label: str, where: str) -> None:
    """Refuse a code that belongs to another territory than the name beside it (TR1703)."""
    stated = str(number).strip()
    if stated and (not stated.isdecimal() or int(stated) != int(code)):
        raise TreguaError(
            "TR1703",
            "code and name are those of different territories",
            where=where,
            found=f"{number} {label}",
            expected=f"{code} {label}",
        )


def refuse_dates(row: pd.Series, where: str) -> None:
    """Refuse an event that ends before it starts, or whose dates are not in its year (TR1704)."""
    try:
        start, end = pd.Timestamp(row["date_start"]), pd.Timestamp(row["date_end"])
    except ValueError as error:
        raise TreguaError(
            "TR1704",
            "these are no dates",
            where=f"{where}, columns date_start, date_end",
            found=f"{row['date_start']}, {row['date_end']}",
            expected="2009-01-31",
        ) from error
    if not (start <= end and start.year <= row["year"] <= end.year):
        raise TreguaError(
            "TR1704",
            "the dates of an event do not fit",
            where=where,
            found=f"{row['date_start']} to {row['date_end']} in {row['year']}",
            expected="a start, then an end, in the year of the event",
        )


def in_order(table: pd.DataFrame, name: str, left_out: Sequence[LeftOut] = ()) -> pd.DataFrame:
    """The table in order, refused where nothing is left (TR1702)."""
    if table.empty:
        raise TreguaError(
            "TR1702",
            "no figure of this file could be used",
            where=name,
            found="; ".join(in_words(left_out)[:5]),
            expected="months that are over and that all its territories have reported",
        )
    return table.sort_values(list(table.columns[:3])).reset_index(drop=True)
