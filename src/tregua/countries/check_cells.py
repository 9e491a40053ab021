"""Checks of the tables of a country: columns, cells, keys and rows against their schema, each fault
with file, line and column.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ..errors import TreguaError, nearest_name
from .pack import SOURCES, TERRITORIES, Pack
from .schema import MEANING, Column, TableSchema, schemas_of
from .territories import UNKNOWN

MOST_TOLD = 20
"""Faults of one table that are told one by one."""

MOST_CELLS = 12
"""Missing cells that a message names."""

NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII)
WHOLE = re.compile(r"[+-]?[0-9]+(\.0+)?", re.ASCII)
YEAR = re.compile(r"[0-9]{4}", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
WHEN = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2]))?", re.ASCII)

LABELLED = ("territory", "group", "groups", "corps", "commodity")
"""Types whose cells are names of something."""

OF_TABLES = ("territory", "group", "groups")
"""Those among them that a table lists."""

PAIRS = (("adjacency.csv", "state_a", "state_b"), ("ties.csv", "group_a", "group_b"))
"""Tables of pairs, and the columns of the two."""

MOST = 1e10
"""More persons than there are: what is counted or lives somewhere is fewer."""

HIGHEST = {"month": 12.0, "share": 1.0, "flag": 1.0, "count": MOST, "positive": MOST}
"""Largest number of a type."""

LOWEST = {"real": -math.inf, "month": 1.0, "positive": 1.0}
"""Smallest number of a type; 0 for all others."""


@dataclass(frozen=True)
class Written:
    """A table as it is written.

    Attributes:
        path: in the pack.
        shown: what messages call it.
        heading: names of the columns.
        rows: number of the line and cells by column.
        broken: faults that keep rows from being read.
    """

    path: str
    shown: str
    heading: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]
    broken: tuple[TreguaError, ...] = ()


def read_written(pack: Pack, file: str) -> Written:
    """A table with the numbers of its lines (TR1513 where it is missing or no text)."""
    path = pack.place(file)
    shown, text = f"{pack.shown}/{path}", pack.text(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, broken = [], []
    try:
        heading = tuple(next(reader, ()))
        line = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(heading):
                broken.append(
                    TreguaError(
                        "TR1524",
                        "a row has more or fewer cells than there are columns",
                        where=f"{shown}, line {line}",
                        found=f"{len(cells)} cells",
                        expected=f"{len(heading)} cells",
                        do='put a text that holds a comma in quotes: "a, b"',
                    )
                )
            elif cells:
                rows.append((line, dict(zip(heading, cells, strict=True))))
            line = reader.line_num + 1
    except csv.Error as error:
        broken.append(
            TreguaError(
                "TR1524",
                "this table cannot be read on",
                where=f"{shown}, line {reader.line_num}",
                found=str(error),
                expected="comma-separated cells, quotes closed",
            )
        )
        heading = ()
    return Written(path, shown, heading, rows, tuple(broken))


def labels_of(pack: Pack) -> dict[str, tuple[str, ...]]:
    """Names that cells may hold, by type of column; of tables that can be read."""
    labels = {"corps": tuple(pack.settings.corps), "commodity": tuple(pack.settings.commodities)}
    for kind, file, column in (
        ("territory", TERRITORIES, "state_code"),
        ("group", "groups.csv", "group"),
    ):
        try:
            rows = read_written(pack, file).rows
        except TreguaError:
            rows = []
        labels[kind] = tuple(row[column] for _, row in rows if row.get(column))
    return {**labels, "groups": labels["group"]}


def refuse_bad_tables(pack: Pack) -> None:
    """Refuse a country of which a table cannot be used, before data sets are made of them, by the
    first fault. Columns that nobody describes are left alone.
    """
    labels = labels_of(pack)
    for file, schema in sorted(schemas_of(pack).items()):
        for fault in table_faults(pack, file, schema, labels, undescribed=True):
            do = "; ".join(x for x in (fault.details["do"], f"tregua data check {pack.shown}") if x)
            raise TreguaError(fault.code, fault.what, **{**fault.details, "do": do})


def table_faults(
    pack: Pack,
    file: str,
    schema: TableSchema,
    labels: Mapping[str, Sequence[str]],
    undescribed: bool = False,
) -> Iterator[TreguaError]:
    """What is wrong with one table; after :data:`MOST_TOLD` only how much more there is.

    Args:
        pack: the country.
        file: the table.
        schema: what it should be.
        labels: names that cells may hold, by type of column.
        undescribed: let columns pass that nobody describes.
    """
    try:
        table = read_written(pack, file)
    except TreguaError as error:
        yield error
        return
    faults = [*table.broken, *_column_faults(table, schema, undescribed)]
    if table.heading and not table.rows and schema.needed:
        faults.append(
            TreguaError("TR1530", "a table that is needed has no rows", where=table.shown)
        )
    elif table.heading:
        faults += _cell_faults(table, schema, labels, pack)
        faults += _twins(table, schema)
        faults += _missing_rows(pack, file, table, schema, labels)
    if file == "groups.csv":
        faults += _number_names(table)
        faults += _parent_faults(table)
    for pairs, one, other in PAIRS:
        if file == pairs:
            faults += _pair_faults(table, one, other)
    if file == TERRITORIES:
        faults += _tile_faults(table)
    if file == "population.csv" and not faults:
        faults += _part_faults(table, "young_men", "population")
    yield from faults[:MOST_TOLD]
    if len(faults) > MOST_TOLD:
        last = faults[MOST_TOLD]
        yield TreguaError(
            last.code,
            f"{len(faults) - MOST_TOLD} more faults of this table",
            where=table.shown,
            do="mend those above first",
        )


def _column_faults(table: Written, schema: TableSchema, undescribed: bool) -> Iterator[TreguaError]:
    """Columns that are missing, there twice, or described nowhere."""
    where = f"{table.shown}, line 1"
    twice = [name for i, name in enumerate(table.heading) if name in table.heading[:i]]
    for name in twice:
        yield TreguaError("TR1523", f"the column {name!r} is there twice", where=where)
    for name, column in schema.columns.items():
        if column.needed and name not in table.heading:
            yield TreguaError(
                "TR1523",
                f"the column {name!r} is missing",
                where=where,
                found=", ".join(table.heading),
                expected=f"{name}: {column.doc or column.type}",
                nearest=nearest_name(name, set(table.heading) - set(schema.columns)),
            )
    for name in table.heading:
        if name not in schema.columns and name not in twice and not undescribed:
            yield TreguaError(
                "TR1523",
                f"nobody says what the column {name!r} holds",
                where=where,
                nearest=nearest_name(name, set(schema.columns) - set(table.heading)),
                do=f"describe it in tables/{SOURCES}, under columns of this table, or take it out",
            )


def _cell_faults(
    table: Written, schema: TableSchema, labels: Mapping[str, Sequence[str]], pack: Pack
) -> Iterator[TreguaError]:
    """Cells that are not of the type of their column; a name that is none is told once."""
    told: set[tuple[str, str]] = set()
    for line, row in table.rows:
        for name, column in schema.columns.items():
            cell = row.get(name)
            if cell is None or (cell == "" and column.empty) or (name, cell) in told:
                continue
            if fault := _cell_fault(cell, column, labels):
                code, what, expected = fault
                if column.type in LABELLED:
                    told.add((name, cell))
                known = labels.get(column.type, ())
                own = _code_of(pack, cell) if column.type == "territory" else ""
                yield TreguaError(
                    code,
                    what,
                    where=f"{table.shown}, line {line}, column {name}",
                    found=cell if cell else "nothing",
                    expected=expected,
                    nearest=own or nearest_name(cell, known),
                    do=f"write its code, {own}" if own else "",
                )


def _code_of(pack: Pack, text: str) -> str:
    """Code of a territory that is written another way; empty where it is none."""
    try:
        return pack.territories.code_of(text) or ""
    except TreguaError:
        return ""


def _cell_fault(
    cell: str, column: Column, labels: Mapping[str, Sequence[str]]
) -> tuple[str, str, str] | None:
    """Code, what is wrong with a cell, and what was expected; None where nothing is."""
    kind, meaning = column.type, MEANING[column.type]
    if not cell.strip():
        return "TR1525", "a cell is empty", meaning
    if kind in LABELLED:
        if kind in OF_TABLES and not labels[kind]:
            return None  # The fault is that of the table that should list them.
        parts = cell.split("+") if kind == "groups" else [cell]
        known = {*labels[kind], UNKNOWN} if column.unknown else set(labels[kind])
        if known >= set(parts):
            return None
        shown = ", ".join(labels[kind]) or "nothing: there are none"
        return "TR1527", f"there is no such {kind.removesuffix('s')}", f"{meaning}: {shown}"
    if kind in {"date", "when"}:
        return None if _is_date(cell, kind) else ("TR1526", "this is no date", meaning)
    return None if kind == "text" else _number_fault(cell, kind, meaning)


def _number_fault(cell: str, kind: str, meaning: str) -> tuple[str, str, str] | None:
    """The same for a column of numbers."""
    if kind == "year":
        return None if YEAR.fullmatch(cell) else ("TR1525", "this is no year", meaning)
    try:
        number = float(cell)
        if math.isfinite(number) and not NUMBER.fullmatch(cell):
            raise ValueError
    except ValueError:
        return "TR1525", "this is no number", meaning
    low, high = LOWEST.get(kind, 0.0), HIGHEST.get(kind, math.inf)
    if not math.isfinite(number) or not low <= number <= high:
        return "TR1528", "this number makes no sense here", meaning
    if kind in {"count", "positive", "month", "flag"} and not WHOLE.fullmatch(cell.strip()):
        return "TR1525", "this is no whole number", meaning
    return None


def _is_date(cell: str, kind: str) -> bool:
    """Whether a cell is a day, or, in a column of type ``when``, a month or a year."""
    if kind == "when" and WHEN.fullmatch(cell):
        return True
    try:
        return bool(DAY.fullmatch(cell) and dt.date.fromisoformat(cell))
    except ValueError:
        return False


def _twins(table: Written, schema: TableSchema) -> Iterator[TreguaError]:
    """Rows that are about the same thing."""
    if not schema.key or not set(schema.key) <= set(table.heading):
        return
    first: dict[tuple[str, ...], int] = {}
    for line, row in table.rows:
        key = tuple(row[name] for name in schema.key)
        if first.setdefault(key, line) != line:
            yield TreguaError(
                "TR1529",
                "two rows are about the same",
                where=f"{table.shown}, line {line}",
                found=", ".join(key),
                expected="one row for each " + ", ".join(schema.key),
                do=f"take out one of them; the first is in line {first[key]}",
            )


def _missing_rows(
    pack: Pack,
    file: str,
    table: Written,
    schema: TableSchema,
    labels: Mapping[str, Sequence[str]],
) -> Iterator[TreguaError]:
    """Combinations of territory, year and corps that have no row."""
    if not schema.complete or not set(schema.complete) <= set(table.heading):
        return
    there = {tuple(row[name] for name in schema.complete) for _, row in table.rows}
    years = [row["year"] for _, row in table.rows if YEAR.fullmatch(row.get("year", ""))]
    wanted: dict[str, Iterable[str]] = {
        "state_code": labels["territory"],
        "corps": labels["corps"],
        "year": map(str, years_needed(pack, file, schema, [int(year) for year in years])),
    }
    cells = [x for x in product(*(wanted[name] for name in schema.complete)) if x not in there]
    if cells:
        shown = "; ".join(" ".join(cell) for cell in cells[:MOST_CELLS])
        more = f"; {len(cells) - MOST_CELLS} more" if len(cells) > MOST_CELLS else ""
        yield TreguaError(
            "TR1530",
            f"{len(cells)} rows are missing",
            where=f"{table.shown}, columns {', '.join(schema.complete)}",
            found=f"no row of {shown}{more}",
            expected="a row for every " + " and ".join(schema.complete),
        )


def years_needed(
    pack: Pack, file: str, schema: TableSchema, there: Sequence[int] = ()
) -> list[int]:
    """Years that a table must have: those of the starts, or all from the first to the last of
    starts and counts, without gaps; of a count those that are used.
    """
    starts = sorted({day.year for day in pack.settings.starts})
    if schema.years != "counts":
        return starts
    counts = pack.settings.count.values()
    own = [count for count in counts if file in {count.file, count.yearly}]
    spans = [year for count in own or counts for year in (count.first_year, count.last_year)]
    every = spans if own else [*spans, *starts, *there]
    return list(range(min(every), max(every) + 1)) if every else starts


def _number_names(table: Written) -> Iterator[TreguaError]:
    """Groups whose names are numbers, which tables would take for such."""
    for line, row in table.rows:
        if NUMBER.fullmatch(row.get("group", "")):
            yield TreguaError(
                "TR1525",
                "the name of a group is a number",
                where=f"{table.shown}, line {line}, column group",
                found=row["group"],
                do=f"write it with a word, such as Group {row['group']}",
            )


def _parent_faults(table: Written) -> Iterator[TreguaError]:
    """Groups that split off from nobody, or from themselves."""
    groups = {row.get("group", "") for _, row in table.rows}
    for line, row in table.rows:
        if row.get("founded") and row.get("parent") not in groups - {row.get("group")}:
            yield TreguaError(
                "TR1527",
                "a group that split off has no parent among the others",
                where=f"{table.shown}, line {line}, column parent",
                found=row.get("parent") or "nothing",
                expected="another group of the table",
            )


def _pair_faults(table: Written, first_of: str, second_of: str) -> Iterator[TreguaError]:
    """Pairs of one with itself, pairs that are there in both orders, and distances of nothing."""
    first: dict[frozenset[str], int] = {}
    for line, row in table.rows:
        one, other = row.get(first_of, ""), row.get(second_of, "")
        where = f"{table.shown}, line {line}"
        if one == other:
            yield TreguaError("TR1531", "a pair is one with itself", where=where, found=one)
        elif first.setdefault(frozenset((one, other)), line) != line:
            yield TreguaError(
                "TR1531",
                "a pair is there twice",
                where=where,
                found=f"{one}, {other}",
                expected=f"each pair once; see line {first[frozenset((one, other))]}",
            )
        if row.get("centroid_km", "").strip() in {"0", "0.0"}:
            yield TreguaError(
                "TR1528",
                "neighbours are some kilometres apart",
                where=f"{where}, column centroid_km",
                found=row["centroid_km"],
                expected="a number above 0",
            )


def _part_faults(table: Written, part: str, whole: str) -> Iterator[TreguaError]:
    """Rows in which a part is larger than the whole."""
    for line, row in table.rows:
        if row.get(part) and row.get(whole) and float(row[part]) > float(row[whole]):
            yield TreguaError(
                "TR1528",
                "a part is larger than the whole",
                where=f"{table.shown}, line {line}, column {part}",
                found=row[part],
                expected=f"at most the {row[whole]} of the column {whole}",
            )


def _tile_faults(table: Written) -> Iterator[TreguaError]:
    """Territories that lie on one square of the map."""
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for line, row in table.rows:
        square = row.get("tile_row", ""), row.get("tile_col", "")
        name = row.get("name", "")
        if all(square) and first.setdefault(square, (line, name)) != (line, name):
            yield TreguaError(
                "TR1532",
                "two territories lie on one square of the map",
                where=f"{table.shown}, line {line}, columns tile_row and tile_col",
                found=f"{name} in row {square[0]}, column {square[1]}",
                expected=f"a square of its own; {first[square][1]} is there (line "
                f"{first[square][0]})",
            )
