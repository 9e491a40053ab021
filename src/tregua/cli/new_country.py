"""A new country to start from: a commented folder of a made-up one that runs as it is."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from ..countries.pack import CALLED, SETTINGS, spelled
from ..countries.registry import packs
from ..errors import TreguaError
from ..results.staging import staged
from .show import OUT, print_json

TEMPLATE = "templates/country"
"""Folder of the template in this package."""

STANDS_FOR_NAME = "NAME"
"""What the template says where the name of the country belongs."""


def new_country(folder: Path, json: bool) -> int:
    """Write a new country into a folder and say what to do with it; see :func:`write_country`."""
    files = write_country(folder)
    if json:
        print_json({"written": str(folder), "files": files})
        return 0
    OUT.print(
        f"Written: {len(files)} files of a made-up country in {folder}. Look at {SETTINGS}, put "
        f"your own figures in the place of these, then: tregua data check {folder}",
        markup=False,
        soft_wrap=True,
    )
    return 0


def write_country(folder: Path) -> list[str]:
    """Write the made-up country of the template into a new or empty folder, whole or not at all.

    Args:
        folder: the place; its last name becomes the name of the country.

    Returns:
        Paths of the files below the folder.

    Raises:
        TreguaError: TR1520 for a name that is none, TR1521 for one that is taken, TR1522 where the
            folder is there and not empty, TR3102 where it cannot be written.
    """
    name = folder.resolve().name
    if not spelled(name):
        raise TreguaError(
            "TR1520",
            "this is no name of a country",
            where="command line, DIR",
            found=name,
            expected=f"a folder whose name fits {CALLED}, such as alba or my-country",
        )
    if any(name == pack.name or name in pack.datasets for pack in packs().values()):
        raise TreguaError(
            "TR1521",
            f"a country or data set named {name!r} is there already",
            where="command line, DIR",
            found=name,
            do="choose another name for the folder",
        )
    _refuse_full(folder)
    if folder.is_dir():
        folder.rmdir()  # It is empty.
    with staged(folder, False) as place:
        return sorted(_written(resources.files(__package__) / TEMPLATE, place, name))


def _refuse_full(folder: Path) -> None:
    """Refuse a place that is no folder, or one with something in it (TR1522)."""
    try:
        inside = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise TreguaError(
            "TR1522", "this place is no folder", where=str(folder), found=error.strerror
        ) from error
    if inside:
        raise TreguaError(
            "TR1522",
            "this folder is not empty",
            where=str(folder),
            found=", ".join(inside[:5]),
            expected="a new folder, or an empty one",
            do="choose another name",
        )


def _written(source: Traversable, place: Path, name: str, below: str = "") -> Iterator[str]:
    """Write the files of a folder of the template; their paths below the place."""
    for entry in source.iterdir():
        path = f"{below}{entry.name}"
        if entry.is_dir():
            (place / path).mkdir()
            yield from _written(entry, place, name, f"{path}/")
            continue
        text = entry.read_text(encoding="utf-8").replace(STANDS_FOR_NAME, name)
        path = path.replace("scenarios/country.toml", f"scenarios/{name}.toml")
        (place / path).write_text(text, encoding="utf-8", newline="\n")
        yield path
