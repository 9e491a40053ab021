"""Filters of a table: the rows about one territory, one group, or a span of time.

A filter looks at the columns that say so: territories by their codes, groups by their names, time
by dates, years and months. A row with less than a day is in the span if any of its days may be.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import TreguaError, nearest_name
from .territories import UNKNOWN, plain

if TYPE_CHECKING:
    import pandas as pd

    from .pack import Pack

STATE_COLUMNS = ("state_code", "state_a", "state_b", "place")
"""Columns with codes of territories."""

STATE = "--territory"
"""Option of the command line that names a territory."""

GROUP_COLUMNS = ("group", "parent", "group_a", "group_b", "side_a", "side_b")
"""Columns with names of groups; several in one cell are joined by ``+``."""

TIME_COLUMNS = ("date", "year", "first_year", "founded")
"""Columns that say when, the first of which counts."""

DIGITS = {"year": 4, "month": 7}
"""Characters of a date that count where its source gives no day."""

DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
"""A year, a month or a day."""


@dataclass(frozen=True)
class Filter:
    """Which rows of a table are wanted; a part that is None lets all pass.

    Attributes:
        state: a territory, written in any way that imports understand.
        group: a group, or whole words of its name.
        first: a day, month or year; rows that end before it are out.
        last: likewise; rows that begin after its end are out.

    Raises:
        TreguaError: TR1209 for an empty text, which is not everything.
    """

    state: str | None = None
    group: str | None = None
    first: str | None = None
    last: str | None = None

    def __post_init__(self) -> None:
        for name, part in vars(self).items():
            if part is not None and not part.strip():
                raise TreguaError(
                    "TR1209",
                    f"the {name} asked for is empty",
                    do="leave it out if you mean all rows",
                )

    def __bool__(self) -> bool:
        return any((self.state, self.group, self.first, self.last))

    @property
    def parts(self) -> dict[str, str]:
        """The parts by the names of their options."""
        given = {"state": self.state, "group": self.group, "from": self.first, "to": self.last}
        return {name: part or "" for name, part in given.items()}

    def text(self, pack: Pack) -> str:
        """What is wanted, in words: the name of a territory of the country, and ``from 2010``."""
        territories = pack.territories
        parts = [
            territories.name(territories.code(self.state, STATE)) if self.state else "",
            self.group or "",
            f"from {self.first}" if self.first else "",
            f"to {self.last}" if self.last else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, eq=False)
class Filtered:
    """Rows that pass a filter.

    Attributes:
        table: those rows.
        rows: how many rows the whole table has.
        stateless: how many pass all but the territory because theirs is not known.
    """

    table: pd.DataFrame
    rows: int
    stateless: int


def filter_table(table: pd.DataFrame, wanted: Filter, shown: str, pack: Pack) -> Filtered:
    """Rows of a table that pass a filter.

    Args:
        table: any table in the package's form.
        wanted: the filter.
        shown: what messages call the table.
        pack: the country that it is of.

    Raises:
        TreguaError: TR1703 for no territory of the country, TR1709 where the table has no such
            column, for a group that is not among those known, and for what is no date.
    """
    rows, other = len(table), table
    if wanted.group:
        other = other[_of_group(other, wanted.group, shown, pack)]
    if wanted.first or wanted.last:
        other = other[_in_span(other, wanted.first, wanted.last, shown)]
    if not wanted.state:
        return Filtered(other, rows, 0)
    code = pack.territories.code(wanted.state, STATE)
    columns = _columns(table, STATE_COLUMNS, STATE, shown)
    of_state, unknown = (
        (other[columns].astype(str) == wanted_code).any(axis=1) for wanted_code in (code, UNKNOWN)
    )
    return Filtered(other[of_state], rows, int(unknown.sum()))


def _columns(table: pd.DataFrame, among: tuple[str, ...], option: str, shown: str) -> list[str]:
    columns = [name for name in among if name in table.columns]
    if not columns:
        raise TreguaError(
            "TR1709",
            f"{shown} cannot be filtered by {option}",
            where=f"command line, {option}",
            found="columns " + ", ".join(table.columns),
            expected="a column such as " + ", ".join(among),
        )
    return columns


def _of_group(table: pd.DataFrame, wanted: str, shown: str, pack: Pack) -> pd.Series:
    """Which rows name a group."""
    columns = _columns(table, GROUP_COLUMNS, "--group", shown)
    known = {part for cell in table[columns].to_numpy().ravel() for part in _names(cell)}
    known |= set(pack.table("groups.csv")["group"])
    chosen = {name for name in known if f" {plain(wanted)} " in f" {plain(name)} "}
    if not plain(wanted) or not chosen:
        raise TreguaError(
            "TR1709",
            f"no group is named {wanted!r}",
            where="command line, --group",
            found=wanted,
            expected="one of " + ", ".join(sorted(known)),
            nearest=nearest_name(wanted, known),
        )
    return table[columns].map(lambda cell: not chosen.isdisjoint(_names(cell))).any(axis=1)


def _names(cell: object) -> list[str]:
    return [name for name in str(cell).split("+") if name]


def _in_span(table: pd.DataFrame, first: str | None, last: str | None, shown: str) -> list[bool]:
    """Which rows may lie in a span of time; those without a date do not."""
    option = "--from" if first else "--to"
    columns = _columns(table, TIME_COLUMNS, option, shown)
    begin = _edge(_date(first, "--from"), "-01-01") if first else ""
    end = _edge(_date(last, "--to"), "-12-31") if last else "9999"
    if begin > end:
        raise TreguaError(
            "TR1709",
            "this span ends before it begins",
            where="command line, --from and --to",
            found=f"from {first} to {last}",
        )
    inside = []
    for row in table.to_dict("records"):
        opens, closes = _span(row, columns[0])
        inside.append(
            bool(opens and closes)
            and _edge(opens, "-01-01") <= end
            and _edge(closes, "-12-31") >= begin
        )
    return inside


def _span(row: Mapping[Hashable, Any], column: str) -> tuple[str, str]:
    """Dates between which a row lies, as precise as they are known."""
    if column == "first_year":
        return row["first_year"].partition(".")[0], row["last_year"].partition(".")[0]
    date = str(row[column])
    if column == "year" and row.get("month"):
        date += f"-{int(row['month']):02d}"
    precision = row.get("date_precision", row.get("date_precision_in_source"))
    date = date[: DIGITS.get(str(precision), 10)]
    return date, date


def _edge(date: str, ending: str) -> str:
    """A year or month made a day: its first or its last, which ``ending`` says."""
    return date + ending[len(date) - DIGITS["year"] :]


def _date(text: str, option: str) -> str:
    if not DATE.fullmatch(text):
        raise TreguaError(
            "TR1709",
            "this is no date",
            where=f"command line, {option}",
            found=text,
            expected="a year, a month or a day, such as 2009, 2009-09 or 2009-09-17",
        )
    return text
