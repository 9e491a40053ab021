"""Terminal output: progress bars, tables, JSON and refusals."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from ..errors import TreguaError

PIPED_WIDTH = 150
"""Characters in a line where the output goes to a file or another program,
which has no width of its own.
"""

OUT = Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


def print_refusal(error: TreguaError, as_json: bool) -> int:
    """Print a refusal, as text on standard error or as JSON on standard output;
    the exit status for bad input.
    """
    try:
        if as_json:
            print(json.dumps({"error": error.record()}, ensure_ascii=not _speaks_utf()), flush=True)
            return 2
    except OSError:  # The refusal may be that standard output is full.
        pass
    with suppress(OSError):
        ERR.print(error.text(), markup=False)
    return 2


def _speaks_utf() -> bool:
    """Whether standard output can show every letter."""
    return (getattr(sys.stdout, "encoding", "") or "utf").lower().startswith("utf")


def progress(quiet: bool, transient: bool = False) -> Progress:
    """Progress bars with the time left, on standard error where that is a terminal.

    Args:
        quiet: show none there either.
        transient: take them away at the end.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(
        *columns, console=ERR, disable=quiet or not ERR.is_terminal, transient=transient
    )


@contextmanager
def progress_bar(label: str, quiet: bool) -> Iterator[Any]:
    """A progress bar for one task; yields ``told(done, all)``."""
    with progress(quiet) as bar:
        task = bar.add_task(label, total=None)

        def told(done: int, all_: int) -> None:
            bar.update(task, completed=done, total=all_)

        yield told


def _finite(value: Any) -> Any:
    """The same with ``None`` for numbers that JSON cannot write."""
    if isinstance(value, dict):
        return {key: _finite(x) for key, x in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(x) for x in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str = "",
    left: int = 1,
) -> None:
    """A table for people; the first ``left`` columns are text, the others numbers."""
    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        caption=Text(caption) if caption else None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for i, heading in enumerate(headings):
        table.add_column(
            heading, justify="left" if i < left else "right", overflow="fold", min_width=6
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    OUT.print(table)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(
        _finite(value),
        sys.stdout,
        ensure_ascii=not _speaks_utf(),
        indent=2,
        default=str,
        allow_nan=False,
    )
    sys.stdout.write("\n")
