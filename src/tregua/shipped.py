"""Shipped tables and their notes: the files that come with the package, read in one place."""

from __future__ import annotations

import hashlib
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

CODES = ("state_code", "state_a", "state_b", "place", "event", "date")
"""Columns that hold names although they look like numbers: ``09`` is a state, ``2011`` a date of
which only the year is known.
"""


def read_table(folder: str, file: str) -> pandas.DataFrame:
    """A shipped table with types, in a folder below the package such as
    ``countries/mexico/tables``.

    Columns of :data:`CODES` are text. Any other column holds numbers where all its cells are
    numbers, and text otherwise. An empty cell is not a number (NaN) among numbers and ``""`` in
    text. Numbers are those that Python reads, to the last bit (a test holds pandas to it).
    """
    import pandas

    with (resources.files("tregua") / folder / file).open(encoding="utf-8") as stream:
        table = pandas.read_csv(
            stream,
            dtype=dict.fromkeys(CODES, str),
            keep_default_na=False,
            na_values=[""],
        )
    text = table.select_dtypes(exclude="number").columns
    table[text] = table[text].fillna("")
    return table


def cells_of_table(folder: str, file: str) -> pandas.DataFrame:
    """A shipped table as it is written, every cell as text: for showing it."""
    import pandas

    with (resources.files("tregua") / folder / file).open(encoding="utf-8") as stream:
        return pandas.read_csv(stream, dtype=str, keep_default_na=False)


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
