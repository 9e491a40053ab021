"""Data catalogue and import of official files: what `tregua data` shows and does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..countries.filtering import Filter, Filtered, filter_table
from ..countries.imports import (
    UNUSED,
    import_figures,
    imports_of,
    read_figures,
    remove_import,
    shipped_table,
)
from ..countries.kept_imports import user_folder
from ..countries.pack import Pack
from ..countries.registry import first_pack
from ..countries.schema import schemas_of
from ..countries.tidy import layouts_of
from .show import OUT, print_json, print_table

SHOWN = 20
"""Rows of a table that are printed for people; --all and --json print all."""

ROW = re.compile(r"One row an? ([^;.:(]{,60})[;.:(]")
"""How a note begins that says what a row is."""


def list_tables(pack: Pack, json: bool) -> int:
    """Tables of a country and imported files."""
    notes = list(pack.notes)
    brought = [one for kind in layouts_of(pack) for one in imports_of(pack, kind)]
    if json:
        records = [{**one.manifest, "folder": str(one.folder)} for one in brought if not one.broken]
        broken = [
            {"kind": one.kind, "file": one.file, "folder": str(one.folder), "why": one.broken}
            for one in brought
            if one.broken
        ]
        print_json(
            {
                "shipped": notes,
                "imported": records,
                "broken": broken,
                "folder": str(user_folder(pack)),
                "use": UNUSED,
            }
        )
        return 0
    rows = [
        [
            note["file"].removesuffix(".csv"),
            *(str(note.get(key, "")) for key in ("years", "source", "note")),
            f"{note['rows']:,}" if isinstance(note.get("rows"), int) else "",
        ]
        for note in notes
    ]
    print_table(
        "Shipped tables" if pack.shipped else f"Tables of {pack.name}",
        ["table", "years", "source", "what it is and known problems", "rows"],
        rows,
        f"Show one with: tregua data show TABLE{_again(pack)}",
        left=4,
    )
    rows = [
        [
            one.kind,
            one.file,
            *_years_and_rows(one.manifest, bool(one.broken)),
            one.folder.name,
            f"broken, not read: {one.broken}" if one.broken else UNUSED,
        ]
        for one in brought
    ]
    if rows:
        headings = ["kind", "file", "years", "imported", "rows", "folder", "use"]
        print_table("Your imported files", headings, rows, left=7)
        OUT.print(f"Undo one with: tregua data remove KIND FILE{_again(pack)}", markup=False)
    else:
        OUT.print(
            "No file of your own is imported. Kinds: "
            + "; ".join(f"{kind}: {layout.doc}" for kind, layout in layouts_of(pack).items()),
            markup=False,
        )
    OUT.print(f"Imports are kept in: {user_folder(pack)}", markup=False, soft_wrap=True)
    return 0


def _years_and_rows(manifest: Mapping[str, Any], broken: bool) -> list[str]:
    """Years, day of the import and rows of an import, as text."""
    if broken:
        return ["", "", ""]
    years = "-".join(map(str, manifest["years"]))
    return [years, manifest["imported"][:10], f"{manifest['rows_written']:,}"]


def show_table(pack: Pack, name: str, wanted: Filter, every: bool, json: bool) -> int:
    """One table of a country, or the figures of a kind with the user's files laid over them; of
    them the rows that pass the filter.
    """
    if name in layouts_of(pack):
        figures = read_figures(pack, name)
        cells = figures.table.astype("string").fillna("").astype(str)
        note: Mapping[str, Any] = {
            "file": name,
            "note": layouts_of(pack)[name].doc,
            "used": list(figures.used),
            "broken": list(figures.broken),
            "use": UNUSED,
        }
        above = "Read from: " + "; ".join(figures.used)
        if len(figures.used) > 1:
            above += f". What you imported is {UNUSED}."
        for broken in figures.broken:
            above += f"\nBroken and not read: {broken}. Import the file again, or remove it."
    else:
        note, cells = shipped_table(pack, name)
        schema = schemas_of(pack)[note["file"]]
        note = {**note, "columns": schema.model_dump()["columns"]}
        above = (
            f"{note['note']}\nSource: {note['source']}. Licence: {note['licence']}. Unit: "
            f"{note['unit']}. Years: {note['years']}."
        )
    passing = filter_table(cells, wanted, f"the table {name}", pack)
    rows = passing.table.to_dict("records")
    if json:
        asked = {"filter": wanted.parts, "rows_in_all": passing.rows}
        print_json({**note, **asked, "rows_without_a_state": passing.stateless, "table": rows})
        return 0
    OUT.print(above, markup=False)
    if not rows:
        OUT.print(_none_of(note, passing, wanted, pack), markup=False)
        return 0
    printed = rows if every else rows[:SHOWN]
    headings = list(rows[0])
    print_table(
        name,
        headings,
        [list(row.values()) for row in printed],
        _hidden(len(printed), passing, wanted, pack),
        left=len(headings),
    )
    return 0


def _none_of(note: Mapping[str, Any], passing: Filtered, wanted: Filter, pack: Pack) -> str:
    """The answer where no row passes: what that says, and what it does not."""
    row = ROW.match(note["note"])
    return (
        f"\nNone: no {row[1] if row else 'row'} is in this list for {wanted.text(pack)}; all "
        f"{passing.rows:,} rows are hidden. That says what the list holds, and not that nothing "
        "happened: its note above says what it is and where it has gaps."
        + _stateless(passing, pack)
    )


def _hidden(printed: int, passing: Filtered, wanted: Filter, pack: Pack) -> str:
    """How many rows are shown, how many are hidden, and why."""
    told, fit = [], len(passing.table)
    if wanted and passing.rows > fit:
        told.append(f"{passing.rows - fit:,} rows are hidden by the filter ({wanted.text(pack)})")
    if fit > printed:
        told.append(f"{fit - printed:,} more are hidden; --all shows them")
    if not told:
        return "" if printed <= SHOWN else f"All {printed:,} rows"
    return (
        f"{printed:,} of {passing.rows:,} rows. "
        + "; ".join(told)
        + "."
        + _stateless(passing, pack)
    )


def _stateless(passing: Filtered, pack: Pack) -> str:
    count = passing.stateless
    return (
        f" The {pack.word('en', many=False)} of {count:,} other rows is not known (00)."
        if count
        else ""
    )


def import_file(pack: Pack, kind: str, file: Path, replace: bool, json: bool) -> int:
    """Check and keep a user's file."""
    manifest = import_figures(pack, kind, file, replace)
    if json:
        print_json(manifest)
        return 0
    (first, last), new = manifest["years"], f"{manifest['new_figures']:,}"
    words = pack.word("en", many=manifest["states"] != 1)
    told = [
        f"Kept: {manifest['rows_written']:,} rows of {kind}, {first} to {last}, "
        f"{manifest['states']} {words}; {new} figures were not there before.",
        *(f"Left out: {number:,} {reason}." for reason, number in manifest["dropped"].items()),
        *(f"Left out: {month}." for month in manifest["months_left_out"]),
        *(f"Note: {oddity}." for oddity in manifest["oddities"]),
    ]
    for year, lacking in manifest["lacking"].items():
        told.append(
            f"Lost in {year}, as the file lacks them: {lacking}."
            if replace
            else f"In {year} the file lacks {lacking}: what was there stays, and only what is new "
            "was added. --replace puts the file in its place."
        )
    told += [
        f"These figures are {UNUSED}.",
        f"See them with: tregua data show {kind}{_again(pack)}",
        f"Undo it with: tregua data remove {kind} {shlex.quote(manifest['file'])}{_again(pack)}",
    ]
    for line in told:
        OUT.print(line, markup=False, soft_wrap=True)
    return 0


def _again(pack: Pack) -> str:
    """The option that names a country, where a command without it means another."""
    if pack.name == first_pack().name:
        return ""
    return f" --data {shlex.quote(pack.name if pack.module else pack.shown)}"


def remove_file(pack: Pack, kind: str, name: str, json: bool) -> int:
    """Undo an import."""
    removed = remove_import(pack, kind, name)
    if json:
        print_json({"removed": removed.file, "folder": str(removed.folder)})
    else:
        OUT.print(
            f"Removed: {removed.file}. What it had replaced is shown again.",
            markup=False,
            soft_wrap=True,
        )
    return 0
