"""Readers of the three official files that a user may bring: read from the layout in which they are
published, checked, and turned into the package's tables.

Every reader takes the text of a file and its name and gives a tidy table and what was left out and
why. A file that is not what it should be is refused as a whole (TR1702 to TR1706), with the row and
column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import TreguaError
from .checks import (
    checked_count,
    checked_year,
    in_order,
    read_columns,
    refuse_dates,
    refuse_other_state,
    refuse_twins,
)
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
    """What a reader makes of a file.

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
    head = _row_of_months(lines, name)
    preamble = " ".join(" ".join(line) for line in lines[:head])
    year = _year_of_registration(preamble, f"{name}, rows 1 to {head}")
    column = {cell.strip(): i for i, cell in enumerate(lines[head])}
    last = max(column[month] for month in MONTHS)
    filled = [
        (number, line)
        for number, line in enumerate(lines[head + 1 :], start=head + 2)
        if len(line) > last
    ]
    deaths: dict[str, list[int]] = {}
    seen: dict[str, int] = {}
    dropped, national, abroad = {"municipalities": 0, "deaths abroad": 0}, None, 0
    for number, line in filled:
        where, label = f"{name}, row {number}", line[1].strip()
        months, total = _months_and_total(line, column, where)
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
            refuse_other_state(code, digits, label, where)
            if code in seen:
                raise TreguaError(
                    "TR1705",
                    "a state is there twice",
                    where=where,
                    found=label,
                    expected=f"once; it was in row {seen[code]}",
                )
            seen[code], deaths[code] = number, months
    rows = [
        (code, year, month, count)
        for code, counts in deaths.items()
        for month, count in enumerate(counts, start=1)
    ]
    table = pd.DataFrame(rows, columns=["state_code", "year", "month", "homicides"])
    _agree_with_nation(int(table["homicides"].sum()) + abroad, national, len(deaths), name)
    odd = (
        ()
        if re.search(r"de ocurrencia", preamble.partition("Por:")[2])
        else ("the file does not say that its states are those of occurrence",)
    )
    return Reading(in_order(table, name), len(filled), dropped, odd)


def _row_of_months(lines: list[list[str]], name: str) -> int:
    """Number of the row that names the twelve months (TR1702 if there is none)."""
    for number, line in enumerate(lines):
        if set(MONTHS) <= {cell.strip() for cell in line}:
            return number
    raise TreguaError(
        "TR1702",
        "this is no INEGI export of homicides by month",
        where=name,
        found=next((" ".join(line) for line in lines if any(line)), "nothing")[:80],
        expected="a row with the names of the twelve months",
        do=(
            "export 'Defunciones por homicidio' by state of occurrence and month of "
            "registration, one year a file"
        ),
    )


def _year_of_registration(preamble: str, where: str) -> int:
    """The year that stands above the table (TR1702 if none does)."""
    stated = re.search(r"A.o de registro\s*:\s*(\d{4})", preamble)
    if stated is None:
        raise TreguaError(
            "TR1702",
            "the year of registration is not stated",
            where=where,
            expected="'Año de registro : 2015' above the table",
        )
    return checked_year(stated[1], where)


def _months_and_total(
    line: list[str], column: Mapping[str, int], where: str
) -> tuple[list[int], int]:
    """Deaths of the twelve months and of all together (TR1706 if they do not add up)."""
    months = [checked_count(line[column[month]], f"{where}, column {month}") for month in MONTHS]
    total = (
        checked_count(line[column["Total"]], f"{where}, column Total")
        if "Total" in column
        else sum(months)
    )
    if sum(months) != total:
        raise TreguaError(
            "TR1706",
            "the months do not add up to the total",
            where=where,
            found=f"{sum(months)} against {total}",
            expected=f"{total}",
        )
    return months, total


def _agree_with_nation(deaths: int, national: int | None, states: int, name: str) -> None:
    """Refuse states that do not add up to the total that the file states (TR1706)."""
    if national is not None and deaths != national:
        raise TreguaError(
            "TR1706",
            "the states do not add up to the national total",
            where=name,
            found=f"{deaths:,} in {states} states and abroad",
            expected=f"{national:,}",
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
    frame = read_columns(text, name, wanted, "SESNSP's file of victims (IDVFC)")
    refuse_twins(frame, [column for column in frame.columns if column not in MONTHS], name)
    numbers = frame.index + 2
    frame["year"] = [
        checked_year(x, f"{name}, row {i}, column Año")
        for i, x in zip(numbers, frame["Año"], strict=True)
    ]
    pairs = {}
    for i, code, state in zip(numbers, frame["Clave_Ent"], frame["Entidad"], strict=True):
        if (code, state) not in pairs:
            pairs[code, state] = state_code(state, f"{name}, row {i}, column Entidad")
            refuse_other_state(pairs[code, state], code, state, f"{name}, row {i}")
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
    return Reading(in_order(table, name), len(frame), dropped)


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
    frame = read_columns(
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
    refuse_twins(frame, ["id"], name)
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
        refuse_dates(row, f"{name}, row {i + 2}")
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
        in_order(table, name), every, {"events outside Mexico": int((~mexican).sum())}, tuple(odd)
    )


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
