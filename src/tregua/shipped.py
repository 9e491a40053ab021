"""Shipped tables and their notes: the files that come with the package, read in one place and
verified against the digests that ship with them.
"""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from .errors import TreguaError

if TYPE_CHECKING:
    import pandas

CODES = ("state_code", "state_a", "state_b", "place", "event", "date")
"""Columns that hold names although they look like numbers: ``09`` is a state, ``2011`` a date of
which only the year is known.
"""


DIGESTS = "digests.json"
"""SHA-256 of every shipped table, posterior and emulator, by its path in the package;
``scripts/shipped_digests.py`` writes it.
"""


@cache
def shipped_digests() -> dict[str, str]:
    """The digests of :data:`DIGESTS`."""
    text = (resources.files("tregua") / DIGESTS).read_text(encoding="utf-8")
    return dict(json.loads(text))


def shipped_bytes(path: str) -> bytes:
    """Content of a shipped file, by its path in the package.

    Raises:
        TreguaError: TR9003 where it was changed after it was shipped.
        OSError: where it cannot be read.
    """
    content = (resources.files("tregua") / path).read_bytes()
    digest = shipped_digests().get(path)
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise TreguaError(
            "TR9003",
            "a file that came with Tregua was changed",
            where=path,
            found=f"{len(content):,} bytes with another digest",
            do="install Tregua again; keep figures of your own in files of your own",
        )
    return content


def read_table(folder: str, file: str) -> pandas.DataFrame:
    """A shipped table with types, in a folder below the package such as
    ``countries/mexico/tables``.

    Columns of :data:`CODES` are text. Any other column holds numbers where all its cells are
    numbers, and text otherwise. An empty cell is not a number (NaN) among numbers and ``""`` in
    text. Numbers are those that Python reads, to the last bit (a test holds pandas to it).

    Raises:
        TreguaError: TR9003 where the file was changed.
    """
    import pandas

    table = pandas.read_csv(
        io.BytesIO(shipped_bytes(f"{folder}/{file}")),
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

    content = io.BytesIO(shipped_bytes(f"{folder}/{file}"))
    return pandas.read_csv(content, dtype=str, keep_default_na=False)


def table_notes(folder: str) -> tuple[dict[str, Any], ...]:
    """Source, changes and SHA-256 digest of every table in a folder of shipped data."""
    place = resources.files("tregua") / folder
    notes = tomllib.loads((place / "SOURCES.toml").read_text(encoding="utf-8"))["table"]
    return tuple(
        {**note, "sha256": hashlib.sha256(shipped_bytes(f"{folder}/{note['file']}")).hexdigest()}
        for note in notes
    )


def country_folders() -> list[Traversable]:
    """Folders of the countries that ship, by name."""
    places = (resources.files("tregua") / "countries").iterdir()
    return sorted(
        (place for place in places if place.is_dir() and not place.name.startswith("_")),
        key=lambda place: place.name,
    )
