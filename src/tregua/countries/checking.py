"""Check of a country: all that is wrong with its settings, tables, values and mechanisms at once,
each fault with a code and the place where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..errors import TreguaError, nearest_name
from ..model.declarations import Compartment, Covariate, Level
from ..model.registry import registry, shipped
from .check_cells import labels_of, read_written, table_faults
from .check_values import line_of, value_faults
from .observed import check_observed
from .pack import NOTED, SETTINGS, SOURCES, TERRITORIES, Pack
from .registry import dataset_of
from .schema import folders_of, has_own_builder, listed_as, schemas_of, standard_tables

ALWAYS = ("favoured", "rivalry", "alliance", "spare", "founded", "parent")
"""Covariates that every country has: none of a kind where no table says otherwise."""

SOURCE_OF = {
    "corps": f"{SETTINGS}, key corps",
    "commodity": f"{SETTINGS}, key commodities",
    "route": "tables/entries.csv",
    "capture": "tables/leaders-removed.csv",
    "programme_start": f"{SETTINGS}, key vetting_from",
}
"""What gives an axis, or a covariate that stands in no table."""


def country_faults(pack: Pack) -> list[TreguaError]:
    """All that is wrong with a country; see :mod:`tregua.countries.check_cells`."""
    try:
        # Settings that cannot be read keep everything else from being looked at.
        labels, schemas = labels_of(pack), schemas_of(pack)
    except TreguaError as error:
        return [error]
    faults = [*_setting_faults(pack, labels)]
    for file in sorted({TERRITORIES, *schemas}):
        faults += table_faults(pack, file, schemas[file], labels)
    for folder in folders_of(pack):
        faults += _note_faults(pack, folder)
    # Territories read their table themselves, and say which of them have one name.
    if not any(TERRITORIES in fault.details["where"] for fault in faults):
        try:
            labels["territory"] = pack.territories.codes
        except TreguaError as error:
            faults.append(error)
    try:
        faults += value_faults(pack, labels)
    except TreguaError as error:
        faults.append(error)
    faults += _unfed(pack) if not has_own_builder(pack) else ()
    if not faults:
        try:
            check_observed(pack)
        except TreguaError as error:
            faults.append(error)
    return faults or [*_start_faults(pack)]


def _setting_faults(pack: Pack, labels: Mapping[str, Sequence[str]]) -> Iterator[TreguaError]:
    """Settings that name what is not there (TR1538)."""
    settings = pack.settings
    named = [("group", settings.local_group, "local_group")]
    named += [("group", settings.favoured, "favoured")]
    for name, count in settings.count.items():
        named += [("territory", code, f"count.{name}.unsure") for code in count.unsure]
        if count.first_year > count.last_year:
            yield _setting_fault(
                pack,
                f"count.{name}",
                f"{count.first_year} to {count.last_year}",
                "a first year, then a last",
            )
    for kind, label, key in named:
        if label and label not in labels[kind]:
            yield _setting_fault(pack, key, label, f"a {kind}: " + ", ".join(labels[kind]))
    days = settings.starts
    if list(days) != sorted(set(days)) or any((day.month, day.day) != (1, 1) for day in days):
        yield _setting_fault(
            pack, "starts", ", ".join(map(str, days)), "days 1 January, first to last, each once"
        )
    if not pack.has(f"scenarios/{settings.scenario or pack.name}.toml"):
        yield _setting_fault(
            pack, "scenario", settings.scenario or pack.name, "the name of a file in scenarios"
        )
    for name in settings.mechanisms:
        if name not in registry():
            yield TreguaError(
                "TR1205",
                f"no mechanism is named {name!r}",
                where=f"{pack.shown}/{SETTINGS}, key mechanisms",
                found=name,
                nearest=nearest_name(name, registry()),
                do="name the module of one of your own with --plugin",
            )


def _setting_fault(pack: Pack, key: str, wrong: str, expected: str) -> TreguaError:
    lines = pack.text(SETTINGS).splitlines()
    last = key.rpartition(".")[2]
    here = (i for i, line in enumerate(lines, 1) if line.startswith((f"{last} ", f"{last}=")))
    line = next(here, 0) or line_of(pack.text(SETTINGS), key)
    return TreguaError(
        "TR1538",
        "a setting names what is not there",
        where=f"{pack.shown}/{SETTINGS}, line {line}, key {key}",
        found=wrong,
        expected=expected,
    )


def _note_faults(pack: Pack, folder: str) -> Iterator[TreguaError]:
    """Tables of a folder of which nobody says where they come from, and notes that lack something
    (TR1539).
    """
    where = f"{pack.shown}/{folder}/{SOURCES}"
    notes = pack.listed(folder)
    text = pack.text(f"{folder}/{SOURCES}") if notes else ""
    lines = [i for i, line in enumerate(text.splitlines(), 1) if line.strip() == "[[table]]"]
    for i, note in enumerate(notes):
        here = f"{where}, line {lines[i] if i < len(lines) else 1}, {note['file']}"
        file = listed_as(folder, note)
        if missing := [key for key in NOTED if not note.get(key)]:
            yield TreguaError(
                "TR1539",
                "a note of a table lacks " + ", ".join(missing),
                where=here,
                expected=", ".join(("file", *NOTED)),
            )
        elif not pack.has(pack.place(file)):
            yield TreguaError(
                "TR1513",
                "a table with a note is missing",
                where=here,
                do="add the table, or take out its note and the mechanisms that read it",
            )
        elif isinstance(note.get("rows"), int) and note["rows"] != (rows := _rows(pack, file)):
            yield TreguaError(
                "TR1539",
                "a table has another number of rows than its note says",
                where=here,
                found=f"{rows} rows",
                expected=f"{note['rows']} rows",
                do="correct the note, or look for what came or went",
            )
    there = pack.folder.joinpath(folder)
    files = {entry.name for entry in there.iterdir()} if there.is_dir() else set()
    files |= {TERRITORIES} if folder == "tables" else set()
    for file in sorted(files - {note["file"] for note in notes}):
        if file.endswith(".csv"):
            yield TreguaError(
                "TR1539",
                f"nobody says where {file} comes from",
                where=where,
                expected="an entry with " + ", ".join(("file", *NOTED)),
            )


def _rows(pack: Pack, file: str) -> int:
    """Rows of a table; none where it cannot be read, which is told besides."""
    try:
        return len(read_written(pack, file).rows)
    except TreguaError:
        return 0


def _unfed(pack: Pack) -> Iterator[TreguaError]:
    """Mechanisms of the settings that lack data, and what it is that they lack (TR1537)."""
    tables = standard_tables()
    sources = {x: f"tables/{name}.csv" for name, part in tables.items() for x in part.gives}
    here = {name for name in tables if pack.has(pack.place(f"{name}.csv"))}
    given = {x for name in here for x in tables[name].gives} | {*ALWAYS}
    given |= {"programme_start"} if pack.settings.vetting_from else set()
    axes = {"territory", "group"}
    axes |= {"corps"} if pack.settings.corps else set()
    axes |= {"commodity"} if pack.settings.commodities else set()
    axes |= {"route"} if {"entries", "adjacency"} <= here and "commodity" in axes else set()
    axes |= {"capture"} if "leaders-removed" in here else set()
    for name in pack.settings.mechanisms or shipped():
        needs = registry()[name]().needs if name in registry() else ()
        stocks = [need for need in needs if isinstance(need, Compartment | Level | Covariate)]
        lacking = {axis for need in stocks for axis in need.axes} - axes
        covariates = {need.name for need in needs if isinstance(need, Covariate)} - given
        if lacking or covariates:
            files = {
                (sources | SOURCE_OF).get(x, f"the covariate {x}") for x in lacking | covariates
            }
            yield TreguaError(
                "TR1537",
                f"the mechanism {name!r} lacks data",
                where=f"{pack.shown}/{SETTINGS}, key mechanisms",
                found="no " + ", ".join(sorted(files)),
                do="add them, or leave the mechanism out",
            )


def _start_faults(pack: Pack) -> Iterator[TreguaError]:
    """Data sets that cannot be made."""
    for name in pack.datasets:
        try:
            dataset_of(pack, name)
        except TreguaError as error:
            yield error
