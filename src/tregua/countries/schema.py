"""Schemas of a country's tables: which columns each has, of which type and in which unit.

The standard tables are described in ``tables.toml`` of this package, all others and further columns
by the country itself, under ``columns`` in ``tables/SOURCES.toml``. The checker reads both, and the
docs list the first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from .pack import SOURCES, TERRITORIES, Pack
from .strict import Strict, described

Kind = Literal[
    "text",
    "territory",
    "group",
    "groups",
    "corps",
    "commodity",
    "year",
    "month",
    "date",
    "when",
    "count",
    "positive",
    "number",
    "real",
    "share",
    "flag",
]
"""Types of columns; :data:`MEANING` says what each holds."""

MEANING: dict[Kind, str] = {
    "text": "any text",
    "territory": "the code of a territory, as in territories.csv",
    "group": "a group, as in groups.csv",
    "groups": "groups, joined by +",
    "corps": "a corps, as in pack.toml",
    "commodity": "a commodity, as in pack.toml",
    "year": "a year of four digits",
    "month": "a number from 1 to 12",
    "date": "a day such as 2009-01-31",
    "when": "a day, a month or a year: 2009-01-31, 2009-01, 2009",
    "count": "a whole number from 0",
    "positive": "a whole number from 1",
    "number": "a number from 0",
    "real": "a number, which may be below 0",
    "share": "a number from 0 to 1",
    "flag": "0 or 1",
}
"""What a cell of each type holds."""

MONTHS = "months"
"""The standard table of a count, which has another name in each country."""


class Column(Strict):
    """A column of a table."""

    type: Kind
    """What its cells hold."""
    unit: str = ""
    """Unit of its numbers."""
    doc: str = ""
    """What it says."""
    needed: bool = True
    """Whether the table must have it."""
    empty: bool = False
    """Whether a cell may be empty: not known, or not so."""
    unknown: bool = False
    """Whether the code ``00``, of a territory that nobody knows or of the whole country, is one."""


class TableSchema(Strict):
    """A table."""

    doc: str = ""
    """What it is."""
    needed: bool = False
    """Whether a country must have it."""
    key: list[str] = []
    """Columns that tell its rows apart."""
    complete: list[str] = []
    """Columns of which every combination must have a row."""
    years: Literal["", "starts", "counts"] = ""
    """Which years must be there: those of the starts, or those of the counts as well."""
    gives: list[str] = []
    """Covariates that are made of it."""
    columns: dict[str, Column] = {}
    """Its columns, by name."""


@cache
def standard_tables() -> dict[str, TableSchema]:
    """The standard tables by name, without ``.csv``; the first of a count as :data:`MONTHS`."""
    text = (resources.files(__package__) / "tables.toml").read_text(encoding="utf-8")
    return {name: TableSchema.model_validate(part) for name, part in tomllib.loads(text).items()}


def has_own_builder(pack: Pack) -> bool:
    """Whether a country makes its data sets itself, of tables of its own forms."""
    return bool(pack.code.datasets)


def folders_of(pack: Pack) -> list[str]:
    """Folders of a country with tables: ``tables``, and others that have a list of theirs."""
    folders = (x.name for x in pack.folder.iterdir() if x.joinpath(SOURCES).is_file())
    return sorted({"tables", *folders})


def listed_as(folder: str, note: Mapping[str, Any]) -> str:
    """A table as :meth:`~tregua.countries.pack.Pack.table` names it."""
    return str(note["file"] if folder == "tables" else f"{folder}/{note['file']}")


def schemas_of(pack: Pack) -> dict[str, TableSchema]:
    """Schemas of all tables that a country needs or describes, by file.

    A country that makes its data sets itself describes all of its tables; of others those that are
    standard need no words, and what is described besides adds to them.

    Raises:
        TreguaError: TR1539 where a description is wrong, TR1512 where the file is not valid TOML.
    """
    own_words = {
        listed_as(folder, note): _described(pack, note)
        for folder in folders_of(pack)
        for note in pack.listed(folder)
    }
    schemas = own_words if has_own_builder(pack) else _standard_of(pack)
    for file, own in own_words.items():
        base = schemas.get(file, TableSchema())
        given = own.model_dump(exclude_unset=True)
        columns = {**base.columns, **own.columns}
        schemas[file] = base.model_copy(update={**given, "columns": columns})
    return schemas


def _standard_of(pack: Pack) -> dict[str, TableSchema]:
    """Standard schemas by file: those that the country needs or has, and those of its counts."""
    schemas = {
        f"{name}.csv": schema for name, schema in standard_tables().items() if name != MONTHS
    }
    months = standard_tables()[MONTHS]
    for count in pack.settings.count.values():
        schemas[count.file] = months
        if count.yearly:
            cell = Column(type="count", unit="person", doc="deaths of the year")
            columns = {k: months.columns[k] for k in months.key} | {count.column: cell}
            schemas[count.yearly] = months.model_copy(update={"columns": columns})
    return {
        file: schema
        for file, schema in schemas.items()
        if schema.needed or file == TERRITORIES or pack.has(pack.place(file))
    }


def _described(pack: Pack, note: dict[str, Any]) -> TableSchema:
    """What a country says of one of its tables (TR1539)."""
    given: dict[str, Any] = {key: note[key] for key in ("key", "columns") if key in note}
    return described(
        TableSchema,
        given,
        "TR1539",
        "the description of a table is wrong",
        where=f"{pack.shown}/tables/{SOURCES}, table {note['file']}",
        expected="type (one of " + ", ".join(MEANING) + "), unit, doc, empty, unknown",
    )
