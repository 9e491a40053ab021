"""Kinds of official files that a country's pack reads: what a reader takes, and what it gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from .months import LeftOut
    from .sheet import Source


@dataclass(frozen=True, eq=False)
class Reading:
    """What a reader makes of a file.

    Attributes:
        table: the tidy table.
        rows: rows of data in the file.
        dropped: rows that were left out, by reason.
        left_out: months whose figures are not known.
        oddities: what is strange but accepted, in sentences.
    """

    table: pd.DataFrame
    rows: int
    dropped: dict[str, int]
    left_out: tuple[LeftOut, ...] = ()
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A kind of official file.

    Attributes:
        doc: what it is, for people.
        shipped: the pack's table of the same figures.
        key: columns that tell the rows of the tidy table apart.
        read: the reader, of a file as it is on a day.
        months: column of the tidy table whose figures the pack's table has in columns ``m01`` to
            ``m12``; empty where both have the same columns.
    """

    doc: str
    shipped: str
    key: tuple[str, ...]
    read: Callable[[Source, dt.date], Reading]
    months: str = ""
