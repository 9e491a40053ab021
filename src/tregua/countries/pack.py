"""Country packs: everything that is one country, in one folder that generic code reads.

A pack holds ``pack.toml`` (what :class:`Settings` lists), ``territories.csv``, tables with their
sources, and what goes with them: parameter values, observations, posterior, emulator, scenarios. It
is a folder on disk, which is read and never run, or a package of Python, whose module ``code`` may
build data sets and read official files that need more than a table.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib
import importlib.util
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from ..errors import TreguaError
from ..shipped import cells_of, package_path, shipped_bytes, table_of
from .strict import Strict, described
from .territories import Territories

if TYPE_CHECKING:
    import pandas

    from .dataset import Dataset
    from .layout import Layout

SETTINGS, TERRITORIES, SOURCES = "pack.toml", "territories.csv", "SOURCES.toml"
"""Files of every pack; the last is a list of tables with their sources."""

MOST_BYTES = 50_000_000
"""Size of one file of a pack beyond which it is not read."""

COPIED = ("", "tables", "scenarios", "posterior", "posterior/tables", "scores", "words")
"""Folders of a pack whose files are copied with a run."""

COPIED_ENDINGS = (".toml", ".csv", ".json", ".npz")
"""Endings of the files that are copied."""

COUNTRY = "country"
"""Folder of the copy, beside what was made with it."""

NOTED = ("source", "licence", "unit", "years", "note")
"""What must be said of every table."""

DESCRIPTION = ("columns", "key")
"""What may be said of the columns of a table: see :mod:`tregua.countries.schema`."""

CALLED = r"[a-z][a-z0-9-]{0,39}"
"""Names of packs, which are parts of file names."""


def _plain(text: str) -> str:
    """A text that a page may show as it stands, without marks of its own or hidden characters."""
    if not text.isprintable() or set(text) & set("<>"):
        raise ValueError("a text holds < or > or characters that no page shows")
    return text


Text = Annotated[str, AfterValidator(_plain)]
"""A text for readers."""

FileName = Annotated[str, Field(pattern=r"^([^/\\\x00]+\.csv)?$")]
"""Name of a table, which lies in ``tables``."""

Year = Annotated[int, Field(ge=1000, le=9999)]
"""A year of four digits."""


class Called(Strict):
    """What a territory is called."""

    one: dict[str, Text]
    """One of them, by language."""
    many: dict[str, Text]
    """Several, by language."""
    before: list[str] = []
    """Words before a name that are no part of it, such as ``province of``."""
    after: list[str] = []
    """Words after it."""


class Count(Strict):
    """A monthly count of deaths or victims."""

    label: dict[str, Text]
    """What is counted, and by whom, by language."""
    short: Text
    """The office, as charts name it."""
    file: FileName
    """Table with a row for each territory and year, and columns ``m01`` to ``m12``; or, for a count
    that is only shown, with a row for each month."""
    yearly: FileName = ""
    """Table of the same by year, where it goes further back; else years are sums of months."""
    column: str = "homicides"
    """Column of counts of a table without ``m01`` to ``m12``."""
    first_year: Year
    """First year that is used."""
    last_year: Year
    """Last year that is used."""
    exact_until: int | None = None
    """Last year whose counts are exact; all, if not given."""
    error: float = Field(0.0, ge=0.0, lt=1.0)
    """Relative error of a count after that year."""
    large_error: float = Field(0.0, ge=0.0, lt=1.0)
    """The same in the territories of ``unsure``."""
    unsure: list[str] = []
    """Codes of territories with the larger error."""


class Forecasts(Strict):
    """What forecasts and their scores must know of a country; it may all be left out."""

    score_origins: list[int] = []
    """Last years known of the forecasts that are scored, first to last; by a rule if not given."""
    published_size: str = ""
    """Data set with whose groups the published size model makes a baseline; none if not given."""
    regions: list[str] = []
    """Regions of the column ``region`` of the territories, in the order in which a baseline sees
    them; in that of their first territory if not given."""
    caveat: Text = ""
    """What a reader must know of the record, in English, for the page beside a forecast."""
    known: dict[str, Text] = {}
    """By last year known, what everybody knew then of the years to come. No figure; in English."""


class Settings(Strict):
    """A country, as ``pack.toml`` describes it."""

    name: str = Field(pattern=f"^{CALLED}$")
    """As scenario files call it."""
    title: dict[str, Text]
    """As people call it, by language."""
    languages: list[str] = ["en", "es"]
    """Languages of its words."""
    territory: Called
    """What a territory is called."""
    starts: list[dt.date] = Field(min_length=1)
    """Days for which the stocks at the start are known, first to last."""
    scenario: str = ""
    """The scenario of the pack that runs where none is named."""
    lab_first_day: dt.date | None = None
    """First day on which a policy of the lab may begin; the start of its scenario if not given."""
    corps: list[str] = []
    """Police corps, from the most local to the national."""
    commodities: list[str] = []
    """Goods whose trade groups fight over."""
    mechanisms: list[str] = []
    """Mechanisms that there are data for; all that ship if empty."""
    fit_from: int | None = None
    """First year that a fit compares with the record; that of the first start if not given."""
    presence_from: int | None = None
    """First year whose fighting makes a tie."""
    vetting_from: dt.date | None = None
    """Day on which a programme of tests of all officers begins."""
    local_group: str = ""
    """Group that stands for all small ones: nobody's rival, and never a parent."""
    favoured: str = ""
    """Group that is said to be favoured from abroad: alleged, and unused unless switched on."""
    count: dict[str, Count] = Field(min_length=1)
    """Counts of homicides by name; the first is the record that forecasts and fits use."""
    forecast: Forecasts = Forecasts()
    """What forecasts must know."""


@dataclass(frozen=True)
class Code:
    """What a pack that is a package computes itself.

    Attributes:
        datasets: builders by name of the data set, beyond or in the place of the standard ones.
        known: a data set as it was known at the end of a year.
        layouts: readers of official files, by kind.
        imports: folder of what users have imported, below the user's own; ``NAME/figures`` if
            empty.
    """

    datasets: Mapping[str, Callable[[], Dataset]] = field(default_factory=dict)
    known: Callable[[Dataset, int], Dataset] | None = None
    layouts: Callable[[], Mapping[str, Layout]] = dict
    imports: str = ""


@dataclass(frozen=True, eq=False)
class Pack:
    """A country pack.

    Attributes:
        folder: where its files are.
        module: package of Python that it is; empty for a folder on disk, which runs no code.
        shown: what messages call the folder.

    Raises:
        TreguaError: TR1511 where the folder is no pack, TR1512 where ``pack.toml`` is not valid,
            TR1513 where a table is missing or cannot be read.
    """

    folder: Traversable
    module: str = ""
    shown: str = ""

    @cached_property
    def settings(self) -> Settings:
        """``pack.toml``."""
        return described(
            Settings,
            self._parsed(SETTINGS),
            "TR1512",
            "a country's settings are wrong",
            where=f"{self.shown}/{SETTINGS}",
            do="`tregua data new-country` writes a commented one",
        )

    @property
    def name(self) -> str:
        """As scenario files call it."""
        return self.settings.name

    @cached_property
    def territories(self) -> Territories:
        """Codes, names, spellings and tiles."""
        return Territories.of(self.table(TERRITORIES), self.settings.territory, self.shown)

    @cached_property
    def code(self) -> Code:
        """What the pack computes itself; nothing for a folder on disk."""
        name = f"{self.module}.code"
        if not self.module or importlib.util.find_spec(name) is None:
            return Code()
        code: Code = importlib.import_module(name).CODE
        return code

    @property
    def shipped(self) -> str:
        """Path of the folder in our package; empty for all others."""
        return package_path(self.module) if self.module else ""

    def content(self, file: str) -> bytes:
        """Content of a file, by its path in the pack (TR1513, TR9003)."""
        if self.shipped:
            return shipped_bytes(f"{self.shipped}/{file}")
        try:
            place = self.folder.joinpath(file)
            if isinstance(place, Path) and isinstance(self.folder, Path):
                # A name with dots or a link may lead anywhere, and a pipe has no end.
                if not place.resolve().is_relative_to(self.folder.resolve()):
                    raise OSError(0, "it lies outside the folder of the country")
                if place.exists() and not place.is_file():
                    raise OSError(0, "it is no file")
                if place.stat().st_size > MOST_BYTES:
                    raise OSError(0, f"it is larger than {MOST_BYTES:,} bytes")
            return place.read_bytes()
        except (OSError, ValueError) as error:
            where, why = (
                f"{self.shown}/{file}",
                getattr(error, "strerror", None) or str(error)[:100],
            )
            if file == SETTINGS:
                raise TreguaError(
                    "TR1511",
                    "this folder is no country pack",
                    where=where,
                    found=why,
                    expected=f"a folder with {SETTINGS}, {TERRITORIES} and tables",
                    do="`tregua data new-country DIR` writes one to start from",
                ) from error
            raise TreguaError(
                "TR1513",
                "a file of this country cannot be read",
                where=where,
                found=why,
                expected="a file in the folder of the country",
                do="add it; or, of a table that is not needed, take out its note and the "
                "mechanisms that read it",
            ) from error

    def text(self, file: str) -> str:
        """A text file in UTF-8 (TR1513)."""
        try:
            return self.content(file).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise TreguaError(
                "TR1513",
                "this file is not text in UTF-8",
                where=f"{self.shown}/{file}",
                do="save it as UTF-8",
            ) from error

    def has(self, file: str) -> bool:
        """Whether the pack has a file."""
        return self.folder.joinpath(file).is_file()

    def place(self, table: str) -> str:
        """Path of a table in the pack: territories lie at its top, all others under ``tables``, or
        in a folder of their own, which is then named with them.
        """
        return table if table == TERRITORIES or "/" in table else f"tables/{table}"

    def table(self, file: str) -> pandas.DataFrame:
        """A table with types; see :func:`tregua.shipped.table_of`. Tables are read once, and what
        is given is a copy.
        """
        if file not in self._tables:
            path = self.place(file)
            try:
                self._tables[file] = table_of(self.content(path))
            except (ValueError, UnicodeDecodeError) as error:
                raise TreguaError(
                    "TR1513",
                    "a table of this country cannot be read",
                    where=f"{self.shown}/{path}",
                    found=str(error)[:200],
                    expected="comma-separated values in UTF-8 with one row of headings",
                ) from error
        return self._tables[file].copy()

    @cached_property
    def _tables(self) -> dict[str, pandas.DataFrame]:
        """Tables that were read."""
        return {}

    def cells(self, file: str) -> pandas.DataFrame:
        """A table as it is written, every cell as text: for showing it."""
        return cells_of(self.content(self.place(file)))

    @cached_property
    def notes(self) -> tuple[dict[str, Any], ...]:
        """Source, changes and SHA-256 digest of every table of ``tables/SOURCES.toml``."""
        return self.notes_of("tables")

    def notes_of(self, folder: str) -> tuple[dict[str, Any], ...]:
        """The same for the tables of one folder of the pack."""
        prefix, notes = "" if folder == "tables" else f"{folder}/", []
        for note in self.listed(folder):
            content = self.content(self.place(f"{prefix}{note['file']}"))
            said = {key: value for key, value in note.items() if key not in DESCRIPTION}
            said |= {key: "" for key in NOTED if key not in note}
            said.setdefault("rows", len(cells_of(content)))
            notes.append({**said, "sha256": hashlib.sha256(content).hexdigest()})
        return tuple(notes)

    def listed(self, folder: str = "tables") -> list[dict[str, Any]]:
        """Entries of the list of tables of a folder of the pack (TR1512, TR1539)."""
        file = f"{folder}/{SOURCES}"
        entries = self.toml(file).get("table", [])
        if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and isinstance(entry.get("file"), str) for entry in entries
        ):
            raise TreguaError(
                "TR1539",
                "the list of tables is wrong",
                where=f"{self.shown}/{file}",
                expected="an entry [[table]] with `file` for each table",
            )
        return entries

    def toml(self, file: str) -> dict[str, Any]:
        """A TOML file; empty where the pack has none (TR1512)."""
        if not self.has(file):
            return {}
        return self._parsed(file)

    def _parsed(self, file: str) -> dict[str, Any]:
        """Content of a TOML file (TR1512)."""
        try:
            return tomllib.loads(self.text(file))
        # Not TOMLDecodeError alone: a number of thousands of digits, brackets within brackets.
        except (ValueError, RecursionError) as error:
            raise TreguaError(
                "TR1512",
                f"this is not valid TOML: {str(error)[:200]}",
                where=f"{self.shown}/{file}",
                do="look at the line named",
            ) from error

    def constant(self, name: str) -> Any:
        """A number or list of ``constants.toml``, which says its unit and why it was chosen."""
        return self.toml("constants.toml")[name]["value"]

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of its data sets: one for each start, and those that its own code builds."""
        standard = (f"{self.name}-{day.year}" for day in self.settings.starts)
        return tuple(dict.fromkeys((*self.code.datasets, *standard)))

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The files that were made for a pack, by path: settings, tables and what goes with them,
        as they are when they are first asked for. Files of any other kind stay where they are.
        """
        files: dict[str, bytes] = {}
        for folder in COPIED:
            place = self.folder.joinpath(folder) if folder else self.folder
            inside = sorted(place.iterdir(), key=lambda x: x.name) if place.is_dir() else []
            for file in inside:
                if file.is_file() and file.name.endswith(COPIED_ENDINGS):
                    path = f"{folder}/{file.name}" if folder else file.name
                    files[path] = self.content(path)
        return files

    def word(self, language: str, many: bool = True) -> str:
        """What territories are called in a language; in English where there is no word in it."""
        words = self.settings.territory.many if many else self.settings.territory.one
        return in_language(words, language)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """A text in a language; in English where there is none in it, else in the first there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def copy_of(pack: Pack, place: Path) -> None:
    """Write the files of a pack into a new folder."""
    for path, content in pack.files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)


def spelled(name: str) -> bool:
    """Whether a text can be the name of a pack."""
    return re.fullmatch(CALLED, name) is not None
