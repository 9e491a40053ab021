"""Imports of official files: newer or finer figures that a user brings, checked, converted and kept
whole in the user's own folder, and shown together with the tables of a country. Nothing computes
with them yet.

The tables of the country are never changed; what a user imports may go on where they end.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import TreguaError, nearest_name
from .kept_imports import Import, all_imports, imported, keep, remove
from .overlay import lay_over
from .territories import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

    from .layout import Layout
    from .pack import Pack

UNUSED = "shown only; nothing computes with it"
"""What becomes of imported figures."""


@dataclass(frozen=True, eq=False)
class Figures:
    """A table of figures and where its rows are from.

    Attributes:
        kind: as in ``tregua data import``.
        table: tidy rows, an unknown figure is missing; the column ``origin`` says "shipped", or
            the name of a country that does not ship, or that of the user's file.
        used: what was read: the country's table, then the user's files, oldest import first.
        broken: imports that were skipped, and why.
    """

    kind: str
    table: pd.DataFrame
    used: tuple[str, ...]
    broken: tuple[str, ...]


def import_figures(
    pack: Pack, kind: str, file: Path, replace: bool = False, today: dt.date | None = None
) -> dict[str, Any]:
    """Check an official file and keep it in the package's form, whole or not at all.

    Months that nobody has reported by the day of the import are left out. Where the file has fewer
    figures of a territory and year than are there, it adds what is new and leaves the rest.

    Args:
        pack: the country.
        kind: one of those that it reads (:func:`~tregua.countries.tidy.layouts_of`).
        file: the file as published, in UTF-8 or Latin-1.
        replace: let the file take the place of figures that it lacks.
        today: the day of the import; today if not given.

    Returns:
        The manifest: digest, rows read, written and dropped, years, months left out, figures that
        the file lacks, oddities.

    Raises:
        TreguaError: TR1701 for a file that cannot be read, TR1702 for one that is of another kind,
            TR1703 for an unknown territory, TR1704 for a value that makes no sense, TR1705 for a
            row that is there twice, TR1706 for totals that do not add up, TR1707 for an unknown
            kind, TR3102 where nothing can be written.
    """
    from .months import in_words
    from .sheet import read_source

    layout, source = _layout(pack, kind), read_source(file)
    now = dt.datetime.now(dt.UTC)
    reading = layout.read(source, today or now.date())
    digest = hashlib.sha256(source.content).hexdigest()
    others = [one for one in imported(pack, kind) if one.manifest["sha256"] != digest]
    layered = lay_over(
        _laid_over(pack, kind, others),
        reading.table,
        layout.key,
        source.name,
        replace=replace,
        words=_words(pack),
    )
    manifest = {
        "kind": kind,
        "file": source.name,
        "sha256": digest,
        "bytes": len(source.content),
        "encoding": source.encoding,
        "replace": replace,
        "rows_read": reading.rows,
        "rows_written": len(reading.table),
        "dropped": {reason: number for reason, number in reading.dropped.items() if number},
        "months_left_out": in_words(reading.left_out),
        "years": [int(reading.table["year"].min()), int(reading.table["year"].max())],
        "states": len(set(reading.table["state_code"]) - {UNKNOWN}),
        "new_figures": layered.new,
        "lacking": {str(year): text for year, text in layered.lacking.items()},
        "oddities": list(reading.oddities),
        "imported": now.isoformat(timespec="microseconds"),
        "use": UNUSED,
    }
    keep(pack, kind, reading.table, manifest)
    return manifest


def imports_of(pack: Pack, kind: str) -> list[Import]:
    """Every file of a kind that the user has imported, the broken ones included (TR1707)."""
    _layout(pack, kind)
    return all_imports(pack, kind)


def remove_import(pack: Pack, kind: str, name: str) -> Import:
    """Undo an import, by the name of the user's file or of its folder
    (TR1707, TR1710, TR3102).
    """
    _layout(pack, kind)
    return remove(pack, kind, name)


def read_figures(pack: Pack, kind: str) -> Figures:
    """The country's table of a kind with the user's files laid over it, oldest import first.

    In a territory and year of which a file has every figure that is there, its figures replace
    them; else it adds what is not known (:func:`~tregua.countries.overlay.lay_over`). A broken
    import is skipped.
    """
    layout, every = _layout(pack, kind), imports_of(pack, kind)
    good = [one for one in every if not one.broken]
    table = _laid_over(pack, kind, good).sort_values(list(layout.key)).reset_index(drop=True)
    used = [f"{origin_of(pack)} {layout.shipped}"]
    for one in good:
        first, last = one.manifest["years"]
        used.append(f"{one.file} ({first}-{last}, sha256 {one.manifest['sha256'][:12]})")
    broken = tuple(f"{one.file} ({one.folder.name}): {one.broken}" for one in every if one.broken)
    return Figures(kind, table, tuple(used), broken)


def origin_of(pack: Pack) -> str:
    """What the rows of a country's own tables are said to be from."""
    return "shipped" if pack.shipped else pack.name


def _words(pack: Pack) -> tuple[str, str]:
    """What one territory of a country, and several, are called."""
    return pack.word("en", many=False), pack.word("en")


def _laid_over(pack: Pack, kind: str, imports: list[Import]) -> pd.DataFrame:
    """The country's table with some imports laid over it."""
    layout, table = _layout(pack, kind), _shipped(pack, kind).assign(origin=origin_of(pack))
    for one in imports:
        table = lay_over(
            table, one.table(), layout.key, one.file, replace=one.manifest["replace"]
        ).table
    return table


def shipped_table(pack: Pack, name: str) -> tuple[Mapping[str, Any], pd.DataFrame]:
    """Note and cells, as they are written, of a table of a country,
    by its name with or without ``.csv`` (TR1708 if there is none).
    """
    notes = {note["file"].removesuffix(".csv"): note for note in pack.notes}
    wanted = name.removesuffix(".csv")
    if wanted not in notes:
        raise TreguaError(
            "TR1708",
            f"no table of {pack.name} is named {name!r}",
            found=name,
            nearest=nearest_name(wanted, notes),
            do="tregua data lists the tables",
        )
    return notes[wanted], pack.cells(notes[wanted]["file"])


def _layout(pack: Pack, kind: str) -> Layout:
    from .tidy import layouts_of

    layouts = layouts_of(pack)
    if kind not in layouts:
        raise TreguaError(
            "TR1707",
            f"no kind of file is named {kind!r}",
            found=kind,
            expected="one of " + ", ".join(layouts),
            nearest=nearest_name(kind, layouts),
        )
    return layouts[kind]


def _shipped(pack: Pack, kind: str) -> pd.DataFrame:
    """The country's table of a kind in the tidy form of the imports."""
    layout = _layout(pack, kind)
    table = pack.table(layout.shipped)
    if layout.months:
        table = table.melt(
            [name for name in ("state_code", "year", "basis") if name in table],
            [f"m{i:02d}" for i in range(1, 13)],
            "month",
            layout.months,
        )
        table["month"] = table["month"].str[1:].astype(int)
    numbers = table.select_dtypes(exclude=["object", "string"]).columns
    return table.astype(dict.fromkeys(numbers, "Int64"))
