"""Files that ship with the package, read in one place."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any


def read_table(folder: str, file: str) -> list[dict[str, str]]:
    """Rows of a shipped table, in a folder below the package such as
    ``countries/mexico/tables``.
    """
    text = (resources.files("tregua") / folder / file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def table_notes(folder: str) -> tuple[dict[str, Any], ...]:
    """Source, changes and SHA-256 digest of every table in a folder of shipped data."""
    place = resources.files("tregua") / folder
    notes = tomllib.loads((place / "SOURCES.toml").read_text(encoding="utf-8"))["table"]
    return tuple(
        {**note, "sha256": hashlib.sha256((place / note["file"]).read_bytes()).hexdigest()}
        for note in notes
    )


def country_folders() -> list[Traversable]:
    """Folders of the countries that ship, by name."""
    places = (resources.files("tregua") / "countries").iterdir()
    return sorted(
        (place for place in places if place.is_dir() and not place.name.startswith("_")),
        key=lambda place: place.name,
    )
