"""Csv files of others as rows of cells: encoding, separator, ends of lines, the row of headings,
and notes above and below the table.

A file is read row by row and only the columns that are wanted are kept, so that a file of hundreds
of megabytes needs little more memory than its own size.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..errors import TreguaError
from .territories import plain

SEPARATORS = (",", ";", "\t")
"""Between two cells, the usual one first."""

ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
"""UTF-8 with or without its mark, else Latin-1 as Windows has it, else Latin-1."""

ROWS_ABOVE = 60
"""Rows among which the headings are looked for."""

LONGEST_CELL = 300
"""Characters of a cell that is read: a longer one is a quotation mark that was never closed."""

MOST_BYTES = 1_000_000_000
"""Size of a file; the largest official one has a quarter of it."""

NOTE = re.compile(r"(fuente|notas?|source|notes?|elabora|elaboro|consulta|fecha|ultima)\b")
"""How a line below a table begins that is no row of it."""


@dataclass(frozen=True)
class Source:
    """A file as it was read.

    Attributes:
        name: its name, for messages.
        content: its bytes.
        encoding: in which they are text.
    """

    name: str
    content: bytes
    encoding: str


@dataclass(frozen=True)
class Sheet:
    """A table in a file.

    Attributes:
        name: of the file.
        above: the text above the headings.
        heading: names of the columns as they are written.
        heading_row: number of the row in which they stand.
        rows: number of the row in the file and its cells, one for each heading.
    """

    name: str
    above: str
    heading: tuple[str, ...]
    heading_row: int
    rows: list[tuple[int, list[str]]]


def read_source(file: Path) -> Source:
    """A file of text (TR1701 where it is none or cannot be read)."""
    content, text = bytearray(), True
    try:
        with file.open("rb") as stream:
            while text and len(content) <= MOST_BYTES and (part := stream.read(1 << 20)):
                content += part
                text = b"\0" not in part and content[:2] not in (b"PK", b"\x1f\x8b", b"BZ")
    except OSError as error:
        raise TreguaError(
            "TR1701", "this file cannot be read", where=str(file), found=error.strerror
        ) from error
    if not content.strip():
        raise TreguaError("TR1701", "this file is empty", where=str(file))
    if not text:
        raise TreguaError(
            "TR1701",
            "this is no text file",
            where=str(file),
            expected="a csv file in UTF-8 or Latin-1",
            do="unpack an archive, or save a spreadsheet as csv",
        )
    if len(content) > MOST_BYTES:
        raise TreguaError(
            "TR1701",
            "this file is too large",
            where=str(file),
            expected=f"at most {MOST_BYTES / 1e6:,.0f} MB, four times the largest official file",
        )
    whole = bytes(content)
    return Source(file.name, whole, next(x for x in ENCODINGS if _decodes(whole, x)))


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        with io.TextIOWrapper(io.BytesIO(content), encoding, newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def column_name(text: str) -> str:
    """The name of a column without accents, case, underlines and points, for comparing."""
    return plain(text.replace("_", " "))


def read_sheet(source: Source, wanted: Sequence[str], every: bool = False) -> Sheet:
    """The table of a file; its headings are the row that has most of the wanted columns.

    Args:
        source: the file.
        wanted: columns to look for; they need not all be there.
        every: keep the other columns as well; their cells are empty otherwise.

    Raises:
        TreguaError: TR1701 for a cell that is never closed, TR1702 for a column that is there
            twice and for a row that has more or fewer cells than there are headings.
    """
    marks = {column_name(column) for column in wanted}
    separator, heading_row, heading = _heading(source, marks)
    _refuse_double_columns(heading, marks, f"{source.name}, row {heading_row}")
    read = [every or column_name(x[:LONGEST_CELL]) in marks or not x for x in heading]
    above, rows = [], []
    known: dict[str, str] = {}
    for number, cells in _cells(source, separator):
        if number < heading_row:
            above.append(" ".join(cells))
        elif number > heading_row and not _is_note(cells):
            where = f"{source.name}, row {number}"
            _refuse_other_length(cells, len(heading), where)
            row = []
            for cell, wants in zip(cells, read, strict=False):
                text = cell.strip() if wants else ""
                if len(text) > LONGEST_CELL:
                    raise _too_long(where, text)
                # One object for each text: most are there thousands of times.
                row.append(known.setdefault(text, text))
            rows.append((number, row))
    return Sheet(source.name, " ".join(above), tuple(heading), heading_row, rows)


def read_heading(source: Source, wanted: Sequence[str]) -> list[str]:
    """The names of the columns as :func:`read_sheet` finds them."""
    return _heading(source, {column_name(column) for column in wanted})[2]


def _heading(source: Source, marks: set[str]) -> tuple[str, int, list[str]]:
    """Separator of a file, and number and cells of the row with most of the wanted columns."""
    most, best = -1, (",", 0, [""])
    for separator in SEPARATORS:
        for number, cells in islice(_cells(source, separator), ROWS_ABOVE):
            score = len(marks & {column_name(x[:LONGEST_CELL]) for x in cells})
            if score > most:
                most, best = score, (separator, number, [cell.strip() for cell in cells])
    heading = best[2]
    while heading and not heading[-1]:
        heading.pop()
    return best


def _cells(source: Source, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a file with their numbers, whatever ends its lines (TR1701)."""
    stream = io.TextIOWrapper(io.BytesIO(source.content), source.encoding, newline="")
    number = 0
    try:
        for number, cells in enumerate(csv.reader(stream, delimiter=separator), start=1):
            yield number, cells
    except csv.Error as error:
        raise _too_long(f"{source.name}, row {number + 1}", str(error)) from error


def _too_long(where: str, text: str) -> TreguaError:
    return TreguaError(
        "TR1701",
        "a cell of this file is too long to be one",
        where=where,
        found=text[:60],
        expected=f"at most {LONGEST_CELL} characters",
        do="look for a quotation mark that is never closed",
    )


def _is_note(cells: Sequence[str]) -> bool:
    """Whether a row is empty, or a line of text such as 'Fuente: ...'."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) < 2 or bool(NOTE.match(plain(filled[0][:LONGEST_CELL])))


def _refuse_double_columns(heading: Sequence[str], marks: set[str], where: str) -> None:
    names = [column_name(x[:LONGEST_CELL]) for x in heading]
    for name in marks:
        if names.count(name) > 1:
            raise TreguaError(
                "TR1702",
                "a column is there twice",
                where=where,
                found=heading[names.index(name)],
                expected="each column once",
            )


def _refuse_other_length(cells: Sequence[str], columns: int, where: str) -> None:
    """Refuse a row that was cut short, or one with a separator too many, such as a comma among
    thousands without quotation marks (TR1702).
    """
    if len(cells) < columns or any(cell.strip() for cell in cells[columns:]):
        raise TreguaError(
            "TR1702",
            "a row has more or fewer cells than there are columns",
            where=where,
            found=f"{len(cells)} cells",
            expected=f"{columns}",
            do="put numbers such as 1,234 in quotation marks; is the end of the file missing?",
        )
