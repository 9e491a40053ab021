"""Tidy files of homicides, which every country reads that brings no readers of its own: a row for
each territory and month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from ..errors import TreguaError
from .checks import checked_counts, checked_year, in_order, read_columns, refuse_twins
from .layout import Layout, Reading
from .months import without_unreported
from .pack import Pack
from .record import count_of
from .sheet import Source

COLUMNS = ("territory", "year", "month", "count")
"""Columns of such a file."""

KIND = "homicides"
"""What the kind of file is called, and the column of figures."""


def layouts_of(pack: Pack) -> Mapping[str, Layout]:
    """Kinds of files that a country reads: its own, or else tidy counts of homicides."""
    own = pack.code.layouts()
    if own or not pack.settings.count:
        return own
    return {
        KIND: Layout(
            "counts of homicides by month, a csv file with the columns " + ", ".join(COLUMNS),
            count_of(pack).file,
            ("state_code", "year", "month"),
            lambda source, today: read_tidy(pack, source, today),
            months=KIND,
        )
    }


def read_tidy(pack: Pack, source: Source, today: dt.date) -> Reading:
    """A file with a row for each territory and month: ``territory`` by name, spelling or code,
    ``year``, ``month`` and ``count``. Months that nobody has reported are left out.

    Raises:
        TreguaError: TR1702 where a column is missing, TR1703 for an unknown territory, TR1704 for a
            value that makes no sense, TR1705 for a territory and month that are there twice.
    """
    name = source.name
    frame = read_columns(source, COLUMNS, "a table of homicides by month")
    codes = {}
    for row, text in frame["territory"].items():
        if text not in codes:
            codes[text] = pack.territories.code(text, f"{name}, row {row}, column territory")
    table = pd.DataFrame(
        {
            "state_code": frame["territory"].map(codes),
            "year": [
                checked_year(text, f"{name}, row {row}, column year")
                for row, text in frame["year"].items()
            ],
            "month": [
                _checked_month(text, f"{name}, row {row}, column month")
                for row, text in frame["month"].items()
            ],
            KIND: checked_counts(frame["count"], name),
        },
        index=frame.index,
    )
    # By code: a territory may be spelled in two ways.
    refuse_twins(table.astype(str), ["state_code", "year", "month"], name)
    words = pack.word("en", many=False), pack.word("en")
    table, left_out = without_unreported(
        table, {KIND: set(codes.values())}, len(pack.territories.codes), today, words
    )
    return Reading(in_order(table, name, left_out), len(frame), {}, left_out)


def _checked_month(text: str, where: str) -> int:
    """A month (TR1704 if it is none)."""
    value = text.strip()
    if not value.isdecimal() or not 1 <= int(value) <= 12:
        raise TreguaError(
            "TR1704", "this is no month", where=where, found=text, expected="a number from 1 to 12"
        )
    return int(value)
