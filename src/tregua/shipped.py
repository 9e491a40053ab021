"""Shipped tables and their notes: the files that come with the package, read in one place and
verified against the digests that ship with them.
"""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

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
    """A shipped table with types (:func:`table_of`), in a folder below the package.

    Raises:
        TreguaError: TR9003 where the file was changed.
    """
    return table_of(shipped_bytes(f"{folder}/{file}"))


def table_of(content: bytes) -> pandas.DataFrame:
    """A table of comma-separated values with types.

    Columns of :data:`CODES` are text. Any other column holds numbers where all its cells are
    numbers, and text otherwise. An empty cell is not a number (NaN) among numbers and ``""`` in
    text. Numbers are those that Python reads, to the last bit (a test holds pandas to it).
    """
    import pandas

    table = pandas.read_csv(
        io.BytesIO(content),
        dtype=dict.fromkeys(CODES, str),
        keep_default_na=False,
        na_values=[""],
    )
    text = table.select_dtypes(exclude="number").columns
    table[text] = table[text].fillna("")
    return table


def cells_of(content: bytes) -> pandas.DataFrame:
    """A table as it is written, every cell as text: for showing it."""
    import pandas

    return pandas.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)


def package_path(module: str) -> str:
    """Path in our package of a module's folder, such as ``a/b`` for ``tregua.a.b``; empty for
    modules of others.
    """
    top, _, rest = module.partition(".")
    return rest.replace(".", "/") if top == __package__ else ""


def of_countries(file: str) -> tuple[str, ...]:
    """Paths in the package of a file of that name in the folders of the countries that ship, by
    name of the country; those that lack it are left out.
    """
    return tuple(
        f"countries/{folder.name}/{file}"
        for folder in country_folders()
        if folder.joinpath(*file.split("/")).is_file()
    )


def country_folders() -> list[Traversable]:
    """Folders of the countries that ship, by name."""
    places = (resources.files("tregua") / "countries").iterdir()
    return sorted(
        (place for place in places if place.is_dir() and not place.name.startswith("_")),
        key=lambda place: place.name,
    )
