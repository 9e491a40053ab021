"""Checks of official files: cells, columns and rows that make no sense are refused, with the place
where they stand.
"""

from __future__ import annotations

import io
import re

import pandas as pd

from ...errors import TreguaError
from .places import plain

YEARS = (1980, 2100)
"""Years that make sense in such a file."""


def checked_year(text: object, where: str) -> int:
    """A year (TR1704 if it is none)."""
    value = str(text).strip()
    if not re.fullmatch(r"\d{4}", value) or not YEARS[0] <= int(value) <= YEARS[1]:
        raise TreguaError(
            "TR1704",
            "this is no year",
            where=where,
            found=text,
            expected=f"a year from {YEARS[0]} to {YEARS[1]}",
        )
    return int(value)


def checked_count(text: object, where: str) -> int:
    """A number of persons or events, empty for none (TR1704 if it is negative, broken or no
    number). Thousands may have commas.
    """
    value = str(text).strip()
    if not re.fullmatch(r"(\d+|\d{1,3}(,\d{3})+)?(\.0+)?", value) or value.startswith("."):
        raise TreguaError(
            "TR1704",
            "this is no count",
            where=where,
            found=text,
            expected="a whole number from 0, or nothing",
        )
    return int(float(value.replace(",", "") or 0))


def read_columns(text: str, name: str, wanted: tuple[str, ...], what: str) -> pd.DataFrame:
    """The table of a csv file, every cell as text;
    columns are found whatever their accents and case (TR1702).
    """
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TreguaError(
            "TR1702",
            "this is no table with columns",
            where=name,
            found=" ".join(str(error).split()),
            expected=what,
        ) from error
    known = {plain(column.replace("_", " ")): column for column in frame.columns}
    missing = [column for column in wanted if plain(column.replace("_", " ")) not in known]
    if missing:
        raise TreguaError(
            "TR1702",
            f"this is not {what}",
            where=f"{name}, row 1",
            found=", ".join(map(str, frame.columns[:8])),
            expected="the columns " + ", ".join(missing) + " as well",
        )
    if frame.empty:
        raise TreguaError("TR1702", "the file has no rows", where=name, expected=what)
    return frame.rename(
        columns={known[plain(column.replace("_", " "))]: column for column in wanted}
    )


def refuse_twins(frame: pd.DataFrame, key: list[str], name: str) -> None:
    """Refuse a file in which the same thing is counted twice (TR1705)."""
    twins = frame.duplicated(key, keep=False)
    if twins.any():
        first, second = frame.index[twins][0], frame.index[frame.duplicated(key)][0]
        raise TreguaError(
            "TR1705",
            "a row is there twice",
            where=f"{name}, row {second + 2}",
            found=", ".join(frame.loc[second, key]),
            expected=f"once; see row {first + 2}",
        )


def refuse_other_state(code: str, number: object, label: str, where: str) -> None:
    """Refuse a code that belongs to another state than the name beside it (TR1703)."""
    stated = str(number).strip()
    if stated and (not stated.isdecimal() or int(stated) != int(code)):
        raise TreguaError(
            "TR1703",
            "code and name are those of different states",
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
            expected="2015-01-31",
        ) from error
    if not (start <= end and start.year <= row["year"] <= end.year):
        raise TreguaError(
            "TR1704",
            "the dates of an event do not fit",
            where=where,
            found=f"{row['date_start']} to {row['date_end']} in {row['year']}",
            expected="a start, then an end, in the year of the event",
        )


def in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table in order, refused where nothing is left (TR1702)."""
    if table.empty:
        raise TreguaError("TR1702", "no row of this file could be used", where=name)
    return table.sort_values(list(table.columns[:3])).reset_index(drop=True)
