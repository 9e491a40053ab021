"""Results of a reproduction: rows of published and own numbers, pictures and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas

    from ...reporting.charts.style import Picture

Progress = Callable[[int, int], None]
"""``progress(done, all)``."""

Verdict = Literal["ok", "OUTSIDE", "shown"]


class Steps:
    """Progress of a reproduction: counts finished pieces of work and tells them.

    Args:
        progress: told after each piece, if given.
        total: pieces in all.
    """

    def __init__(self, progress: Progress | None, total: int):
        self._progress, self._total, self._done = progress, total, 0

    def finished(self) -> None:
        """One piece of work more is done."""
        self._done += 1
        if self._progress:
            self._progress(min(self._done, self._total), self._total)


@dataclass(frozen=True)
class Row:
    """One number, as published and as it comes out here.

    Attributes:
        quantity: what the number is, in words.
        published: the reference; text where it is a range, None where there is none.
        ours: the number from this package.
        low: smallest value that counts as reproduced.
        high: largest such value.
        unit: of all four numbers.
        tolerance: how far the two may be apart, in words; empty where there is no verdict.
        note: what a reader must know to judge the row.
        source: tag of the source in the file of published numbers.
        key: short name of the row in that file.
    """

    quantity: str
    published: str | float | None
    ours: float
    low: float
    high: float
    unit: str
    tolerance: str
    note: str = ""
    source: str = ""
    key: str = ""

    @property
    def verdict(self) -> Verdict:
        """``ok`` inside the interval, ``OUTSIDE`` otherwise (also for nan), ``shown`` where the row
        has no tolerance and does not count.
        """
        if not self.tolerance:
            return "shown"
        return "ok" if self.low <= self.ours <= self.high else "OUTSIDE"


def tally(rows: Sequence[Row]) -> tuple[int, int]:
    """Rows inside their tolerance, and all rows that have one."""
    inside, outside = (sum(row.verdict == verdict for row in rows) for verdict in ("ok", "OUTSIDE"))
    return inside, inside + outside


@dataclass(frozen=True)
class Reproduction:
    """A published model, redone.

    Attributes:
        name: as ``tregua reproduce`` knows it.
        title: one line.
        summary: what was compared and what came out, in plain words.
        rows: one for each number.
        pictures: figures by name, each with title, alternative text and caption.
        tables: tidy tables by name.
        notes: what does not fit into a row.
        sources: citation and origin of the published numbers by tag.
        inputs: digest of the inputs of all its runs; empty where they are too many to tell.
    """

    name: str
    title: str
    summary: str
    rows: tuple[Row, ...]
    pictures: Mapping[str, Picture]
    tables: Mapping[str, pandas.DataFrame]
    notes: tuple[str, ...] = ()
    sources: Mapping[str, str] | None = None
    inputs: str = ""

    @property
    def passed(self) -> bool:
        """Whether no row lies outside its tolerance."""
        return all(row.verdict != "OUTSIDE" for row in self.rows)

    def count(self, verdict: Verdict) -> int:
        """Number of rows with a verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    def table(self) -> pandas.DataFrame:
        """All rows with their verdicts."""
        import pandas

        return pandas.DataFrame([{**asdict(row), "verdict": row.verdict} for row in self.rows])
