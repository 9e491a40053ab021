"""Imports of official files: newer or finer figures that a user brings, checked, converted and kept
whole in the user's own folder, and read together with the shipped tables.

A file is kept under ``KIND/DIGEST`` as ``figures.csv`` and ``manifest.json``. The folder appears in
one step when everything is written, so a refused or interrupted import leaves nothing. The shipped
tables are never changed and end in 2020; what a user imports may go on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import TreguaError, nearest_name
from ..shipped import cells_of_table, read_table, table_notes
from .mexico.places import UNKNOWN
from .record import FOLDER

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Figures:
    """A table of figures and where its rows are from.

    Attributes:
        kind: as in ``tregua data import``.
        table: tidy rows; the column ``origin`` says "shipped" or the name of the user's file.
        used: what was read: the shipped table, then the user's files, oldest import first.
    """

    kind: str
    table: pd.DataFrame
    used: tuple[str, ...]


def user_folder() -> Path:
    """Where imported figures are kept: ``TREGUA_DATA`` if set, else the user's data folder."""
    from platformdirs import user_data_path

    return Path(os.environ.get("TREGUA_DATA") or user_data_path("tregua")) / "figures"


def import_figures(kind: str, file: Path) -> dict[str, Any]:
    """Check an official file and keep it in the package's form, whole or not at all.

    Args:
        kind: ``homicides``, ``victims`` or ``events``.
        file: the file as published, in UTF-8 or Latin-1.

    Returns:
        The manifest: digest, rows read, written and dropped, years, oddities.

    Raises:
        TreguaError: TR1701 for a file that cannot be read, TR1702 for one that is of another kind,
            TR1703 for an unknown state, TR1704 for a value that makes no sense, TR1705 for a row
            that is there twice, TR1706 for totals that do not add up, TR1707 for an unknown kind,
            TR3102 where nothing can be written.
    """
    layout, (content, text, encoding) = _layout(kind), _text(file)
    reading = layout.read(text, file.name)
    manifest = {
        "kind": kind,
        "file": file.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "encoding": encoding,
        "rows_read": reading.rows,
        "rows_written": len(reading.table),
        "dropped": {reason: number for reason, number in reading.dropped.items() if number},
        "years": [int(reading.table["year"].min()), int(reading.table["year"].max())],
        "states": len(set(reading.table["state_code"]) - {UNKNOWN}),
        "oddities": list(reading.oddities),
        "imported": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
    _keep(user_folder() / kind / manifest["sha256"][:16], reading.table, manifest)
    return manifest


def imported(kind: str) -> list[tuple[Path, dict[str, Any]]]:
    """Folder and manifest of every file of a kind that the user has imported,
    oldest import first.
    """
    _layout(kind)
    folders = [
        (path.parent, json.loads(path.read_text(encoding="utf-8")))
        for path in (user_folder() / kind).glob("[0-9a-f]*/manifest.json")
    ]
    return sorted(folders, key=lambda pair: pair[1]["imported"])


def read_figures(kind: str) -> Figures:
    """The shipped table of a kind with the user's files laid over it.

    For every state and year that a user's file covers, all its rows replace those of the shipped
    table and of files imported before.
    """
    import pandas as pd

    layout = _layout(kind)
    table, used = _shipped(kind).assign(origin="shipped"), [f"shipped {layout.shipped}"]
    for folder, manifest in imported(kind):
        new = pd.read_csv(folder / "figures.csv", dtype={"state_code": str}).assign(
            origin=manifest["file"]
        )
        covered = pd.MultiIndex.from_frame(new[["state_code", "year"]])
        old = table[~pd.MultiIndex.from_frame(table[["state_code", "year"]]).isin(covered)]
        table = pd.concat([old, new], ignore_index=True)
        first, last = manifest["years"]
        used.append(f"{manifest['file']} ({first}-{last}, sha256 {manifest['sha256'][:12]})")
    return Figures(kind, table.sort_values(list(layout.key)).reset_index(drop=True), tuple(used))


def shipped_table(name: str) -> tuple[Mapping[str, Any], pd.DataFrame]:
    """Note and cells, as they are written, of a shipped national table,
    by its name with or without ``.csv`` (TR1708 if there is none).
    """
    notes = {note["file"].removesuffix(".csv"): note for note in table_notes(FOLDER)}
    wanted = name.removesuffix(".csv")
    if wanted not in notes:
        raise TreguaError(
            "TR1708",
            f"no shipped table is named {name!r}",
            found=name,
            nearest=nearest_name(wanted, notes),
            do="tregua data lists the shipped tables",
        )
    return notes[wanted], cells_of_table(FOLDER, notes[wanted]["file"])


def _layout(kind: str):
    from .mexico.readers import LAYOUTS

    if kind not in LAYOUTS:
        raise TreguaError(
            "TR1707",
            f"no kind of file is named {kind!r}",
            found=kind,
            expected="one of " + ", ".join(LAYOUTS),
            nearest=nearest_name(kind, LAYOUTS),
        )
    return LAYOUTS[kind]


def _shipped(kind: str) -> pd.DataFrame:
    """The shipped table of a kind in the tidy form of the imports."""
    table = read_table(FOLDER, _layout(kind).shipped)
    if kind == "homicides":
        table = table.melt(
            ["state_code", "year", "basis"],
            [f"m{i:02d}" for i in range(1, 13)],
            "month",
            "homicides",
        )
        table["month"] = table["month"].str[1:].astype(int)
    return table


def _text(file: Path) -> tuple[bytes, str, str]:
    """Content, text and encoding of a file: UTF-8 if it is,
    else Latin-1 as Windows has it (TR1701).
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise TreguaError(
            "TR1701", "this file cannot be read", where=str(file), found=error.strerror
        ) from error
    if not content.strip():
        raise TreguaError("TR1701", "this file is empty", where=str(file))
    if b"\0" in content or content[:2] in (b"PK", b"\x1f\x8b", b"BZ"):
        raise TreguaError(
            "TR1701",
            "this is no text file",
            where=str(file),
            expected="a csv file",
            do="unpack an archive, or save a spreadsheet as csv",
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content, content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return content, content.decode("latin-1"), "latin-1"


def _keep(folder: Path, table: pd.DataFrame, manifest: dict[str, Any]) -> None:
    """Write the folder beside its place and rename it,
    so that it is there whole or not at all (TR3102).
    """
    part = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
        table.to_csv(part / "figures.csv", index=False, lineterminator="\n")
        (part / "manifest.json").write_text(
            json.dumps(manifest, ensure_ascii=False, indent=2), encoding="utf-8"
        )
        if folder.exists():  # The same file once more; only the day of its import is new.
            os.replace(part / "manifest.json", folder / "manifest.json")
        else:
            os.rename(part, folder)
    except OSError as error:
        raise TreguaError(
            "TR3102",
            "the figures cannot be kept",
            where=str(folder.parent),
            found=error.strerror,
            do="set TREGUA_DATA to a folder",
        ) from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
