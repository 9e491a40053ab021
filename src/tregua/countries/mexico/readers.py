"""The three official files that a user may bring, read from the layout in which they are published,
checked, and turned into the package's tables.

Every reader takes the text of a file and its name and gives a tidy table and what was left out and
why. A file that is not what it should be is refused as a whole (TR1702 to TR1706), with the row and
column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import TreguaError
from .places import UNKNOWN, plain, state_code

MONTHS = (
    "Enero",
    "Febrero",
    "Marzo",
    "Abril",
    "Mayo",
    "Junio",
    "Julio",
    "Agosto",
    "Septiembre",
    "Octubre",
    "Noviembre",
    "Diciembre",
)
YEARS = (1980, 2100)
"""Years that make sense in such a file."""

VIOLENCE = {1: "state_based", 2: "non_state", 3: "one_sided"}
"""UCDP's types of organised violence."""

VICTIMS = {
    "intentional_homicide": ("Subtipo de delito", "homicidio doloso"),
    "femicide": ("Subtipo de delito", "feminicidio"),
    "intentional_injury": ("Subtipo de delito", "lesiones dolosas"),
    "kidnapping": ("Tipo de delito", "secuestro"),
    "extortion": ("Tipo de delito", "extorsion"),
    "negligent_homicide": ("Subtipo de delito", "homicidio culposo"),
}
"""Columns of the tidy table of victims: which column of SESNSP's file says so, and how."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What a reader found.

    Attributes:
        table: the tidy table.
        rows: rows of data in the file.
        dropped: rows that were left out, by reason.
        oddities: what is strange but accepted, in sentences.
    """

    table: pd.DataFrame
    rows: int
    dropped: dict[str, int]
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A kind of official file.

    Attributes:
        doc: what it is, for people.
        shipped: the shipped table of the same shape.
        key: columns that tell the rows of the tidy table apart.
        read: the reader.
    """

    doc: str
    shipped: str
    key: tuple[str, ...]
    read: Callable[[str, str], Reading]


def read_homicides(text: str, name: str) -> Reading:
    """INEGI's export of deaths by homicide: states (and municipalities) of occurrence by month of
    registration, one year.

    The months of a state must add up to its total and the states with deaths abroad to the national
    total. Municipalities and deaths abroad are left out.
    """
    lines = list(csv.reader(io.StringIO(text)))
    head = next(
        (i for i, line in enumerate(lines) if set(MONTHS) <= {cell.strip() for cell in line}), None
    )
    if head is None:
        found = next((" ".join(line) for line in lines if any(line)), "nothing")[:80]
        raise TreguaError(
            "TR1702",
            "this is no INEGI export of homicides by month",
            where=name,
            found=found,
            expected="a row with the names of the twelve months",
            do=(
                "export 'Defunciones por homicidio' by state of occurrence and month of "
                "registration, one year a file"
            ),
        )
    preamble = " ".join(" ".join(line) for line in lines[:head])
    stated = re.search(r"A.o de registro\s*:\s*(\d{4})", preamble)
    if stated is None:
        raise TreguaError(
            "TR1702",
            "the year of registration is not stated",
            where=f"{name}, rows 1 to {head}",
            expected="'Año de registro : 2015' above the table",
        )
    year = checked_year(stated[1], f"{name}, rows 1 to {head}")
    place = {cell.strip(): i for i, cell in enumerate(lines[head])}
    columns = [place[month] for month in MONTHS]
    rows, dropped, national, abroad = (
        [],
        {"municipalities": 0, "deaths abroad": 0},
        None,
        0,
    )
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[head + 1 :], start=head + 2):
        if len(line) <= max(columns):
            continue
        where, label = f"{name}, row {number}", line[1].strip()
        counts = [
            checked_count(line[i], f"{where}, column {month}")
            for i, month in zip(columns, MONTHS, strict=True)
        ]
        total = (
            checked_count(line[place["Total"]], f"{where}, column Total")
            if "Total" in place
            else sum(counts)
        )
        if sum(counts) != total:
            raise TreguaError(
                "TR1706",
                "the months do not add up to the total",
                where=where,
                found=f"{sum(counts)} against {total}",
                expected=f"{total}",
            )
        digits = "".join(re.findall(r"\d+", re.sub(r"CONCATENAR\([^,]*,", "", line[0])))
        if plain(label) == "total":
            national = total
        elif len(digits) > 2:
            dropped["municipalities"] += 1
        elif digits and int(digits) > 32:
            dropped["deaths abroad"] += 1
            abroad += total
        else:
            code = state_code(label, where)
            _agree(code, digits, label, where)
            if code in seen:
                raise TreguaError(
                    "TR1705",
                    "a state is there twice",
                    where=where,
                    found=label,
                    expected=f"once; it was in row {seen[code]}",
                )
            seen[code] = number
            rows += [(code, year, month, count) for month, count in enumerate(counts, start=1)]
    table = pd.DataFrame(rows, columns=["state_code", "year", "month", "homicides"])
    everywhere = int(table["homicides"].sum()) + abroad
    if national is not None and everywhere != national:
        found = f"{everywhere:,} in {len(seen)} states and abroad"
        raise TreguaError(
            "TR1706",
            "the states do not add up to the national total",
            where=name,
            found=found,
            expected=f"{national:,}",
        )
    odd = (
        ()
        if re.search(r"de ocurrencia", preamble.partition("Por:")[2])
        else ("the file does not say that its states are those of occurrence",)
    )
    return Reading(
        _some(table, name),
        sum(1 for line in lines[head + 1 :] if len(line) > max(columns)),
        dropped,
        odd,
    )


def read_victims(text: str, name: str) -> Reading:
    """SESNSP's file of victims of crimes of the common jurisdiction:
    one row a state, year, crime, sex and age, one column a month.

    Months that are empty in every row of a year are months not yet reported and are left out, not
    counted as zero.
    """
    wanted = (
        "Año",
        "Clave_Ent",
        "Entidad",
        "Tipo de delito",
        "Subtipo de delito",
        "Modalidad",
        *MONTHS,
    )
    frame = _frame(text, name, wanted, "SESNSP's file of victims (IDVFC)")
    _no_twins(frame, [column for column in frame.columns if column not in MONTHS], name)
    numbers = frame.index + 2
    frame["year"] = [
        checked_year(x, f"{name}, row {i}, column Año")
        for i, x in zip(numbers, frame["Año"], strict=True)
    ]
    pairs = {}
    for i, code, state in zip(numbers, frame["Clave_Ent"], frame["Entidad"], strict=True):
        if (code, state) not in pairs:
            pairs[code, state] = state_code(state, f"{name}, row {i}, column Entidad")
            _agree(pairs[code, state], code, state, f"{name}, row {i}")
    frame["state_code"] = [
        pairs[pair] for pair in zip(frame["Clave_Ent"], frame["Entidad"], strict=True)
    ]
    tidy = frame.melt(
        ["state_code", "year", "Tipo de delito", "Subtipo de delito", "Modalidad"],
        list(MONTHS),
        "month",
        "persons",
        ignore_index=False,
    )
    reported = (
        tidy.assign(there=tidy["persons"].str.strip() != "")
        .groupby(["year", "month"])["there"]
        .transform("any")
    )
    waiting, tidy = int((~reported).sum()), tidy[reported].copy()
    tidy["persons"] = [
        checked_count(x, f"{name}, row {i + 2}, column {month}")
        for i, x, month in zip(tidy.index, tidy["persons"], tidy["month"], strict=True)
    ]
    tidy["month"] = tidy["month"].map({month: i for i, month in enumerate(MONTHS, start=1)})
    kinds = {
        column: tidy[column].map({x: plain(x) for x in tidy[column].unique()})
        for column in ("Tipo de delito", "Subtipo de delito", "Modalidad")
    }
    key, used, columns = ["state_code", "year", "month"], np.zeros(len(tidy), bool), {}
    for column, (of, value) in VICTIMS.items():
        chosen = kinds[of] == value
        columns[column] = tidy["persons"].where(chosen, 0)
        used |= chosen.to_numpy()
        if column == "intentional_homicide":
            columns["intentional_homicide_firearm"] = tidy["persons"].where(
                chosen & (kinds["Modalidad"] == "con arma de fuego"), 0
            )
    if not used.any():
        crimes = ", ".join(sorted(frame["Subtipo de delito"].unique())[:3])
        raise TreguaError(
            "TR1702",
            "no crime of this file is one that the package knows",
            where=name,
            found=crimes,
            expected="Homicidio doloso and others",
        )
    table = tidy[key].assign(**columns).groupby(key, as_index=False).sum()
    counted = len(set(tidy.index[used]))
    dropped = {"other crimes": len(frame) - counted, "cells of months not yet reported": waiting}
    return Reading(_some(table, name), len(frame), dropped)


def read_events(text: str, name: str) -> Reading:
    """UCDP GED: one row an event; events outside Mexico are left out and the others summed by
    state, year and type.

    An event without a state counts under state 00.
    """
    wanted = (
        "id",
        "year",
        "type_of_violence",
        "dyad_name",
        "adm_1",
        "latitude",
        "longitude",
        "date_start",
        "date_end",
        "best",
        "high",
        "low",
    )
    frame = _frame(
        text, name, (*wanted, "deaths_civilians", "country"), "a UCDP GED file of events"
    )
    mexican = frame["country"].map(plain) == "mexico"
    every, frame = len(frame), frame[mexican].copy()
    if frame.empty:
        raise TreguaError(
            "TR1702",
            "no event of this file is in Mexico",
            where=name,
            expected="rows whose column country is Mexico",
        )
    _no_twins(frame, ["id"], name)
    cells = {
        column: [f"{name}, row {i + 2}, column {column}" for i in frame.index]
        for column in frame.columns
    }
    frame["year"] = list(map(checked_year, frame["year"], cells["year"]))
    for column in ("best", "low", "high", "deaths_civilians"):
        frame[column] = list(map(checked_count, frame[column], cells[column]))
    for value, where in zip(frame["type_of_violence"], cells["type_of_violence"], strict=True):
        if value.strip() not in {"1", "2", "3"}:
            raise TreguaError(
                "TR1704",
                "this is no type of violence",
                where=where,
                found=value,
                expected="1, 2 or 3",
            )
    for i, row in frame.iterrows():
        _dates(row, f"{name}, row {i + 2}")
    frame["state_code"] = [
        state_code(x, where) if x.strip() else UNKNOWN
        for x, where in zip(frame["adm_1"], cells["adm_1"], strict=True)
    ]
    frame["type"] = frame["type_of_violence"].str.strip().astype(int).map(VIOLENCE)
    frame = frame.rename(columns={"deaths_civilians": "civilians"}).assign(events=1)
    table = frame.groupby(["state_code", "year", "type"], as_index=False)[
        ["events", "best", "low", "high", "civilians"]
    ].sum()
    odd = []
    if crossed := int(((frame["low"] > frame["best"]) | (frame["best"] > frame["high"])).sum()):
        odd.append(f"in {crossed} events the best estimate lies outside its own range")
    if nowhere := int((frame["state_code"] == UNKNOWN).sum()):
        odd.append(f"{nowhere} events name no state and count under {UNKNOWN}")
    return Reading(
        _some(table, name), every, {"events outside Mexico": int((~mexican).sum())}, tuple(odd)
    )


def checked_year(text: object, where: str) -> int:
    """A year (TR1704 if it is none)."""
    value = str(text).strip()
    if not re.fullmatch(r"\d{4}", value) or not YEARS[0] <= int(value) <= YEARS[1]:
        raise TreguaError(
            "TR1704",
            "this is no year",
            where=where,
            found=text,
            expected=f"a year from {YEARS[0]} to {YEARS[1]}",
        )
    return int(value)


def checked_count(text: object, where: str) -> int:
    """A number of persons or events, empty for none (TR1704 if it is negative, broken or no
    number). Thousands may have commas.
    """
    value = str(text).strip()
    if not re.fullmatch(r"(\d+|\d{1,3}(,\d{3})+)?(\.0+)?", value) or value.startswith("."):
        raise TreguaError(
            "TR1704",
            "this is no count",
            where=where,
            found=text,
            expected="a whole number from 0, or nothing",
        )
    return int(float(value.replace(",", "") or 0))


def _frame(text: str, name: str, wanted: tuple[str, ...], what: str) -> pd.DataFrame:
    """The table of a csv file, every cell as text;
    columns are found whatever their accents and case (TR1702).
    """
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TreguaError(
            "TR1702",
            "this is no table with columns",
            where=name,
            found=" ".join(str(error).split()),
            expected=what,
        ) from error
    known = {plain(column.replace("_", " ")): column for column in frame.columns}
    missing = [column for column in wanted if plain(column.replace("_", " ")) not in known]
    if missing:
        raise TreguaError(
            "TR1702",
            f"this is not {what}",
            where=f"{name}, row 1",
            found=", ".join(map(str, frame.columns[:8])),
            expected="the columns " + ", ".join(missing) + " as well",
        )
    if frame.empty:
        raise TreguaError("TR1702", "the file has no rows", where=name, expected=what)
    return frame.rename(
        columns={known[plain(column.replace("_", " "))]: column for column in wanted}
    )


def _no_twins(frame: pd.DataFrame, key: list[str], name: str) -> None:
    """Refuse a file in which the same thing is counted twice (TR1705)."""
    twins = frame.duplicated(key, keep=False)
    if twins.any():
        first, second = frame.index[twins][0], frame.index[frame.duplicated(key)][0]
        found = ", ".join(frame.loc[second, key])
        raise TreguaError(
            "TR1705",
            "a row is there twice",
            where=f"{name}, row {second + 2}",
            found=found,
            expected=f"once; see row {first + 2}",
        )


def _agree(code: str, number: object, label: str, where: str) -> None:
    """Refuse a code that belongs to another state than the name beside it (TR1703)."""
    stated = str(number).strip()
    if stated and (not stated.isdecimal() or int(stated) != int(code)):
        raise TreguaError(
            "TR1703",
            "code and name are those of different states",
            where=where,
            found=f"{number} {label}",
            expected=f"{code} {label}",
        )


def _dates(row: pd.Series, where: str) -> None:
    """Refuse an event that ends before it starts, or whose dates are not in its year (TR1704)."""
    try:
        start, end = pd.Timestamp(row["date_start"]), pd.Timestamp(row["date_end"])
    except ValueError as error:
        found = f"{row['date_start']}, {row['date_end']}"
        raise TreguaError(
            "TR1704",
            "these are no dates",
            where=f"{where}, columns date_start, date_end",
            found=found,
            expected="2015-01-31",
        ) from error
    if not (start <= end and start.year <= row["year"] <= end.year):
        found = f"{row['date_start']} to {row['date_end']} in {row['year']}"
        raise TreguaError(
            "TR1704",
            "the dates of an event do not fit",
            where=where,
            found=found,
            expected="a start, then an end, in the year of the event",
        )


def _some(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table in order, refused where nothing is left (TR1702)."""
    if table.empty:
        raise TreguaError("TR1702", "no row of this file could be used", where=name)
    return table.sort_values(list(table.columns[:3])).reset_index(drop=True)


LAYOUTS = {
    "homicides": Layout(
        "INEGI, deaths by homicide, one year by state and month (csv export)",
        "homicides-month.csv",
        ("state_code", "year", "month"),
        read_homicides,
    ),
    "victims": Layout(
        "SESNSP, victims of crimes of the common jurisdiction (IDVFC)",
        "victims-month.csv",
        ("state_code", "year", "month"),
        read_victims,
    ),
    "events": Layout(
        "UCDP Georeferenced Event Dataset (GED), csv",
        "ucdp-state-year.csv",
        ("state_code", "year", "type"),
        read_events,
    ),
}
"""Kinds of files that can be imported."""
