"""The option --out: the folder that a command writes, refused before any work is done, and files
that a command writes whole or not at all.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..errors import TreguaError
from ..results.provenance import read_manifest
from ..results.staging import beside, check_free


def target_folder(out: Path | None, name: str, replace: bool) -> tuple[Path, bool]:
    """The folder that a command writes, and whether it may take the place of an old one.

    A folder of the default name may always be replaced: it holds the same inputs.

    Args:
        out: as the user gave it.
        name: of the folder below ``runs`` where the user gave none.
        replace: whether the user allows that an old folder be replaced.

    Raises:
        TreguaError: as :func:`check_target` does.
    """
    folder, may_replace = out or Path("runs") / name, replace or out is None
    check_target(folder, may_replace)
    return folder, may_replace


def check_target(folder: Path, may_replace: bool) -> None:
    """Refuse, before any work, a folder that cannot be made, that holds something other than a run,
    or a run that may not be replaced.
    """
    try:
        nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        beside(folder, "new").exists()  # Its name is longer, and may be too long.
        usable = nearest.is_dir() and os.access(nearest, os.W_OK)
        empty = folder.is_dir() and not any(folder.iterdir())
    except OSError as error:
        raise TreguaError(
            "TR3104",
            "no folder can have this name",
            where="command line, --out",
            found=error.strerror,
            do="choose another",
        ) from error
    if folder.is_symlink():
        raise TreguaError(
            "TR3104",
            "this folder is a link to another, and a run never takes the place of a link",
            where=f"command line, --out {folder}",
            do=f"name the folder itself: --out {os.path.realpath(folder)}",
        )
    if not usable:
        what = "not a folder" if not nearest.is_dir() else "a folder you may not write in"
        raise TreguaError(
            "TR3104",
            "no run folder can be made there",
            where=f"command line, --out {folder}",
            found=f"{nearest} is {what}",
        )
    if empty:
        return
    if folder.exists() and not may_replace:
        raise TreguaError(
            "TR3101",
            "there is something in that folder already",
            where=str(folder),
            do="name another with --out, or add --replace",
        )
    if folder.exists():
        read_manifest(folder)
        check_free(folder, may_replace)


def write_new(file: Path, text: str) -> None:
    """Write a text into a file that did not exist; nothing is left where that fails (TR3102)."""
    made = False
    try:
        with file.open("x", encoding="utf-8") as stream:
            made = True
            stream.write(text)
    except BaseException as error:
        if made:
            with suppress(OSError):
                file.unlink()
        if not isinstance(error, OSError):
            raise
        raise TreguaError(
            "TR3102",
            "this file cannot be written",
            where=str(file),
            found=error.strerror,
            do="choose another name, in a folder that exists and has room",
        ) from error
