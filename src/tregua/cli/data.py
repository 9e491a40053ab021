"""Data catalogue and import of official files: what `tregua data` shows and does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..countries.filtering import Filter, Filtered, filter_table
from ..countries.imports import import_figures, imported, read_figures, shipped_table
from ..countries.mexico.readers import LAYOUTS
from ..countries.record import FOLDER
from ..shipped import table_notes
from .show import OUT, print_json, print_table

SHOWN = 20
"""Rows of a table that are printed for people; --all and --json print all."""

ROW = re.compile(r"One row an? ([^;.:(]{,60})[;.:(]")
"""How a note begins that says what a row is."""


def list_tables(json: bool) -> int:
    """Shipped tables and imported files."""
    notes = list(table_notes(FOLDER))
    brought = [manifest for kind in LAYOUTS for _, manifest in imported(kind)]
    if json:
        print_json({"shipped": notes, "imported": brought})
        return 0
    rows = [
        [n["file"].removesuffix(".csv"), n["years"], n["source"], n["note"], f"{n['rows']:,}"]
        for n in notes
    ]
    print_table(
        "Shipped tables",
        ["table", "years", "source", "what it is and known problems", "rows"],
        rows,
        "Show one with: tregua data show TABLE",
        left=4,
    )
    rows = [
        [
            m["kind"],
            m["file"],
            "-".join(map(str, m["years"])),
            m["imported"][:10],
            f"{m['rows_written']:,}",
        ]
        for m in brought
    ]
    if rows:
        print_table(
            "Your imported files", ["kind", "file", "years", "imported", "rows"], rows, left=4
        )
    else:
        OUT.print(
            "No file of your own is imported. Kinds: "
            + "; ".join(f"{kind}: {layout.doc}" for kind, layout in LAYOUTS.items()),
            markup=False,
        )
    return 0


def show_table(name: str, wanted: Filter, every: bool, json: bool) -> int:
    """One shipped table, or the figures of a kind with the user's files laid over them; the rows
    that pass the filter.
    """
    if name in LAYOUTS:
        figures = read_figures(name)
        cells = figures.table.fillna("").astype(str)
        note: Mapping[str, Any] = {
            "file": name,
            "note": LAYOUTS[name].doc,
            "used": list(figures.used),
        }
        above = "Read from: " + "; ".join(figures.used)
    else:
        note, cells = shipped_table(name)
        above = (
            f"{note['note']}\nSource: {note['source']}. Licence: {note['licence']}. Unit: "
            f"{note['unit']}. Years: {note['years']}."
        )
    passing = filter_table(cells, wanted, f"the table {name}")
    rows = passing.table.to_dict("records")
    if json:
        asked = {"filter": wanted.parts, "rows_in_all": passing.rows}
        print_json({**note, **asked, "rows_without_a_state": passing.stateless, "table": rows})
        return 0
    OUT.print(above, markup=False)
    if not rows:
        OUT.print(_none_of(note, passing, wanted), markup=False)
        return 0
    printed = rows if every else rows[:SHOWN]
    headings = list(rows[0])
    print_table(
        name,
        headings,
        [list(row.values()) for row in printed],
        _hidden(len(printed), passing, wanted),
        left=len(headings),
    )
    return 0


def _none_of(note: Mapping[str, Any], passing: Filtered, wanted: Filter) -> str:
    """The answer where no row passes: what that says, and what it does not."""
    row = ROW.match(note["note"])
    return (
        f"\nNone: no {row[1] if row else 'row'} is in this list for {wanted.text}; all "
        f"{passing.rows:,} rows are hidden. That says what the list holds, and not that nothing "
        "happened: its note above says what it is and where it has gaps." + _stateless(passing)
    )


def _hidden(printed: int, passing: Filtered, wanted: Filter) -> str:
    """How many rows are shown, how many are hidden, and why."""
    told, fit = [], len(passing.table)
    if wanted and passing.rows > fit:
        told.append(f"{passing.rows - fit:,} rows are hidden by the filter ({wanted.text})")
    if fit > printed:
        told.append(f"{fit - printed:,} more are hidden; --all shows them")
    if not told:
        return "" if printed <= SHOWN else f"All {printed:,} rows"
    return f"{printed:,} of {passing.rows:,} rows. " + "; ".join(told) + "." + _stateless(passing)


def _stateless(passing: Filtered) -> str:
    count = passing.stateless
    return f" The state of {count:,} other rows is not known (00)." if count else ""


def import_file(kind: str, file: Path, json: bool) -> int:
    """Check and keep a user's file."""
    manifest = import_figures(kind, file)
    if json:
        print_json(manifest)
        return 0
    first, last = manifest["years"]
    OUT.print(
        (
            f"Kept: {manifest['rows_written']:,} rows of {kind}, {first} to {last}, "
            f"{manifest['states']} states."
        ),
        markup=False,
    )
    for reason, number in manifest["dropped"].items():
        OUT.print(f"Left out: {number:,} {reason}.", markup=False)
    for oddity in manifest["oddities"]:
        OUT.print(f"Note: {oddity}.", markup=False)
    OUT.print(f"See them with: tregua data show {kind}", markup=False)
    return 0
