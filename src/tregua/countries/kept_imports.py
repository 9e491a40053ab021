"""The folder of a user's imports: each file kept whole with a digest, listed, verified, removed.

An import is a folder ``KIND/DIGEST`` with ``figures.csv`` and ``manifest.json``. The folder appears
in one step when everything is written, so a refused or interrupted import leaves nothing. One that
somebody has changed or cut short is named and not read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import TreguaError, nearest_name

if TYPE_CHECKING:
    import pandas as pd

    from .pack import Pack

FIGURES, MANIFEST = "figures.csv", "manifest.json"

NEEDED = {
    "kind": str,
    "file": str,
    "sha256": str,
    "figures_sha256": str,
    "replace": bool,
    "years": list,
    "states": int,
    "rows_written": int,
    "imported": str,
}
"""What a manifest must say, and of which type."""


@dataclass(frozen=True)
class Import:
    """One imported file, or what is left of it.

    Attributes:
        kind: of file, as the country names it.
        folder: where it is kept.
        manifest: what it is; empty for a broken one.
        broken: why it cannot be read; empty where it can.
    """

    kind: str
    folder: Path
    manifest: dict[str, Any]
    broken: str = ""

    @property
    def file(self) -> str:
        """The name of the user's file, or of the folder where that is not known."""
        return str(self.manifest.get("file", self.folder.name))

    def table(self) -> pd.DataFrame:
        """Its rows; an unknown figure is missing."""
        import pandas as pd

        text = ("state_code", "type")
        table = pd.read_csv(self.folder / FIGURES, dtype=dict.fromkeys(text, str))
        numbers = [column for column in table.columns if column not in text]
        return table.astype(dict.fromkeys(numbers, "Int64"))


def user_folder(pack: Pack) -> Path:
    """Where imported figures of a country are kept: in a folder of its name below ``TREGUA_DATA``
    if that is set, else below the user's data folder.
    """
    from platformdirs import user_data_path

    place = Path(os.environ.get("TREGUA_DATA") or user_data_path("tregua"))
    return place / (pack.code.imports or f"{pack.name}/figures")


def all_imports(pack: Pack, kind: str) -> list[Import]:
    """Every import of a kind: first the broken ones, then the others, oldest first."""
    try:
        folders = [path for path in (user_folder(pack) / kind).iterdir() if path.is_dir()]
    except OSError:
        return []
    listed = [_read(kind, path) for path in sorted(folders) if not path.name.startswith(".")]
    return sorted(listed, key=lambda one: str(one.manifest.get("imported", "")))


def imported(pack: Pack, kind: str) -> list[Import]:
    """The imports of a kind that can be read, oldest first."""
    return [one for one in all_imports(pack, kind) if not one.broken]


def _read(kind: str, folder: Path) -> Import:
    """An import, verified against the digest that was written with it."""
    manifest: Any = {}
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or not isinstance(manifest.get("file"), str):
            raise ValueError
        content = (folder / FIGURES).read_bytes()
    except OSError as error:
        why = f"{Path(error.filename or folder).name}: {error.strerror}"
        return Import(kind, folder, manifest, why)
    except (ValueError, RecursionError):
        return Import(kind, folder, {}, f"{MANIFEST} is damaged")
    if "figures_sha256" not in manifest:
        why = "an older version of Tregua wrote it, which took unreported months for zeros"
    elif any(not isinstance(manifest.get(key), of) for key, of in NEEDED.items()):
        why = f"{MANIFEST} is damaged"
    elif hashlib.sha256(content).hexdigest() != manifest["figures_sha256"]:
        why = f"{FIGURES} was changed since the import"
    else:
        why = ""
    return Import(kind, folder, manifest, why)


def keep(pack: Pack, kind: str, table: pd.DataFrame, manifest: dict[str, Any]) -> Path:
    """Write an import beside its place and rename it, so that it is there whole or not at all; the
    same file once more takes the place of its earlier import (TR3102).
    """
    folder = user_folder(pack) / kind / manifest["sha256"][:16]
    part = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
        content = table.to_csv(index=False, lineterminator="\n").encode()
        whole = {**manifest, "figures_sha256": hashlib.sha256(content).hexdigest()}
        _write_through(part / FIGURES, content)
        _write_through(part / MANIFEST, json.dumps(whole, ensure_ascii=False, indent=2).encode())
        _put_in_place(part, folder)
    except OSError as error:
        raise _cannot_write(folder.parent, error) from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def _put_in_place(part: Path, folder: Path) -> None:
    """Swap a finished folder for the old one, which comes back if the second step fails."""
    if not folder.exists():
        os.rename(part, folder)
        return
    old = part.with_name(f"{part.name}-old")
    os.rename(folder, old)
    try:
        os.rename(part, folder)
    except OSError:
        os.rename(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_through(file: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def remove(pack: Pack, kind: str, name: str) -> Import:
    """Undo an import: what it had replaced is read again.

    Args:
        pack: the country.
        kind: of the file.
        name: of the user's file, or of the folder of the import or its first characters.

    Raises:
        TreguaError: TR1710 where none or several have that name, TR3102 where it cannot be removed.
    """
    every, wanted = all_imports(pack, kind), Path(name).name
    named = [one for one in every if wanted in (one.file, one.folder.name)]
    named = named or [one for one in every if wanted and one.folder.name.startswith(wanted)]
    if len(named) != 1:
        raise TreguaError(
            "TR1710",
            "several imports have this name" if named else f"no import of {kind} is named {name!r}",
            where=str(user_folder(pack) / kind),
            found=name,
            expected="one of " + ", ".join(f"{x.file} ({x.folder.name})" for x in named or every)
            if every
            else "nothing: no file of this kind is imported",
            nearest="" if named else nearest_name(wanted, [one.file for one in every]),
            do="name it by what stands in brackets" if named else "tregua data lists them",
        )
    try:
        shutil.rmtree(named[0].folder)
    except OSError as error:
        raise _cannot_write(named[0].folder, error) from error
    return named[0]


def _cannot_write(place: Path, error: OSError) -> TreguaError:
    return TreguaError(
        "TR3102",
        "the folder of your imports cannot be written",
        where=str(place),
        found=error.strerror,
        do="free some room, or set TREGUA_DATA to a folder",
    )
