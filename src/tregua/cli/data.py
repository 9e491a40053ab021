"""Data catalogue and import of official files: what `tregua data` shows and does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..countries.imports import import_figures, imported, read_figures, shipped_table
from ..countries.mexico.readers import LAYOUTS
from ..countries.record import FOLDER
from ..shipped import table_notes
from .show import OUT, print_json, print_table

SHOWN = 20
"""Rows of a table that are printed for people; --json prints all."""


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


def show_table(name: str, json: bool) -> int:
    """One shipped table, or the figures of a kind with the user's files laid over them."""
    if name in LAYOUTS:
        figures = read_figures(name)
        rows = figures.table.fillna("").astype(str).to_dict("records")
        note: Mapping[str, Any] = {
            "file": name,
            "note": LAYOUTS[name].doc,
            "used": list(figures.used),
        }
        above = "Read from: " + "; ".join(figures.used)
    else:
        note, cells = shipped_table(name)
        rows = cells.to_dict("records")
        above = (
            f"{note['note']}\nSource: {note['source']}. Licence: {note['licence']}. Unit: "
            f"{note['unit']}. Years: {note['years']}."
        )
    if json:
        print_json({**note, "table": rows})
        return 0
    OUT.print(above, markup=False)
    caption = "" if len(rows) <= SHOWN else f"{SHOWN} of {len(rows):,} rows; --json prints all"
    headings = list(rows[0])
    print_table(
        name, headings, [list(row.values()) for row in rows[:SHOWN]], caption, left=len(headings)
    )
    return 0


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
