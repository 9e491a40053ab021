"""Readers of the three official files that a user may bring: read from the layout in which they are
published, checked, and turned into the package's tables.

Every reader takes a file and the day and gives a tidy table and what was left out and why. A
figure that nobody knows is missing in it. A file that is not what it should be is refused as a
whole (TR1701 to TR1706), with the row and column.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import pandas as pd

from ...errors import TreguaError
from ..checks import (
    checked_count,
    checked_counts,
    checked_year,
    in_order,
    read_columns,
    refuse_dates,
    refuse_other_code,
    refuse_twins,
)
from ..layout import Layout, Reading
from ..months import without_unreported
from ..sheet import Sheet, Source, column_name, read_heading, read_sheet
from ..territories import UNKNOWN
from . import pack, plain, state_code

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


WORDS = ("state", "states")
"""What one territory, and several, are called."""

NATION = ("total", "nacional", "estados unidos mexicanos")
"""What the row of the whole country is called."""


def read_homicides(source: Source, today: dt.date) -> Reading:
    """INEGI's export of deaths by homicide: states (and municipalities) of occurrence by month of
    registration, one year.

    The months of a state must add up to its total and the states with deaths abroad to the national
    total. Municipalities, deaths abroad, and months that nobody has reported are left out.
    """
    sheet = _sheet_of_months(source)
    year = _year_of_registration(sheet)
    column = {plain(cell): i for i, cell in enumerate(sheet.heading) if cell}
    label_column = min(column[plain(x)] for x in (*MONTHS, "Total") if plain(x) in column) - 1
    deaths: dict[str, list[int | None]] = {}
    seen: dict[str, int] = {}
    dropped, national, abroad = {"municipalities": 0, "deaths abroad": 0}, None, 0
    for number, cells in sheet.rows:
        where, label = f"{source.name}, row {number}", cells[label_column]
        months, total = _months_and_total(cells, column, where)
        code_text = " ".join(cells[:label_column])
        digits = "".join(re.findall(r"[0-9]+", re.sub(r"CONCATENAR\([^,]*,", "", code_text)))
        if plain(label) in NATION:
            national = total
        elif len(digits) > 2:
            dropped["municipalities"] += 1
        elif digits and int(digits) > 32:
            dropped["deaths abroad"] += 1
            abroad += total or 0
        else:
            code = state_code(label, where)
            refuse_other_code(code, digits, label, where)
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
    table["homicides"] = table["homicides"].astype("Int64")
    _agree_with_nation(int(table["homicides"].sum()) + abroad, national, len(deaths), source.name)
    table, left_out = without_unreported(
        table, {"homicides": set(deaths)}, len(pack().territories.codes), today, WORDS
    )
    odd = (
        ()
        if re.search(r"de ocurrencia", sheet.above.partition("Por:")[2])
        else ("the file does not say that its states are those of occurrence",)
    )
    return Reading(in_order(table, source.name, left_out), len(sheet.rows), dropped, left_out, odd)


def _sheet_of_months(source: Source) -> Sheet:
    """The table below the row that names the twelve months (TR1702 if there is none)."""
    sheet = read_sheet(source, (*MONTHS, "Total"), every=True)
    if {plain(month) for month in MONTHS} <= {plain(cell) for cell in sheet.heading}:
        return sheet
    raise TreguaError(
        "TR1702",
        "this is no INEGI export of homicides by month",
        where=source.name,
        found=" ".join(" ".join((sheet.above, *sheet.heading)).split())[:80],
        expected="a row with the names of the twelve months",
        do=(
            "export 'Defunciones por homicidio' by state of occurrence and month of "
            "registration, one year a file"
        ),
    )


def _year_of_registration(sheet: Sheet) -> int:
    """The year that stands above the table (TR1702 if none does)."""
    where = f"{sheet.name}, rows 1 to {sheet.heading_row - 1}"
    stated = re.search(r"A.o de registro\s*:\s*([0-9]{4})", sheet.above)
    if stated is None:
        raise TreguaError(
            "TR1702",
            "the year of registration is not stated",
            where=where,
            expected="'Año de registro : 2015' above the table",
        )
    return checked_year(stated[1], where)


def _months_and_total(
    cells: list[str], column: Mapping[str, int], where: str
) -> tuple[list[int | None], int | None]:
    """Deaths of the twelve months and of all together (TR1706 if they do not add up)."""
    months = [
        checked_count(cells[column[plain(month)]], f"{where}, column {month}") for month in MONTHS
    ]
    together = sum(month for month in months if month is not None)
    total = (
        checked_count(cells[column["total"]], f"{where}, column Total")
        if "total" in column
        else together
    )
    if total is not None and together != total:
        raise TreguaError(
            "TR1706",
            "the months do not add up to the total",
            where=where,
            found=f"{together} against {total}",
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


def read_victims(source: Source, today: dt.date) -> Reading:
    """SESNSP's file of victims of crimes of the common jurisdiction by state:
    one row a state, year, crime, sex and age, one column a month.

    Crimes of which a state has no row, and months that nobody has reported, are unknown and not
    zero.
    """
    name = source.name
    frame = _rows_of_victims(source)
    frame["year"] = [
        checked_year(x, f"{name}, row {row}, column Año") for row, x in frame["Año"].items()
    ]
    pairs = {}
    for row, code, state in zip(frame.index, frame["Clave_Ent"], frame["Entidad"], strict=True):
        if (code, state) not in pairs:
            pairs[code, state] = state_code(state, f"{name}, row {row}, column Entidad")
            refuse_other_code(pairs[code, state], code, state, f"{name}, row {row}")
    frame["state_code"] = [
        pairs[pair] for pair in zip(frame["Clave_Ent"], frame["Entidad"], strict=True)
    ]
    for month in MONTHS:
        frame[month] = checked_counts(frame[month], name)
    chosen = _crimes_of_rows(frame)
    if not any(rows.any() for rows in chosen.values()):
        raise TreguaError(
            "TR1702",
            "no crime of this file is one that the package knows",
            where=name,
            found=", ".join(sorted(frame["Subtipo de delito"].unique())[:3]),
            expected="Homicidio doloso and others",
        )
    table = pd.DataFrame({crime: _by_month(frame[rows]) for crime, rows in chosen.items()})
    table = table.astype("Int64").rename_axis(["state_code", "year", "month"]).reset_index()
    states = {crime: set(frame.loc[rows, "state_code"]) for crime, rows in chosen.items()}
    table, left_out = without_unreported(table, states, len(pack().territories.codes), today, WORDS)
    used = pd.concat(chosen, axis=1).any(axis=1)
    dropped = {"rows of other crimes": int((~used).sum())}
    return Reading(in_order(table, name, left_out), len(frame), dropped, left_out)


def _rows_of_victims(source: Source) -> pd.DataFrame:
    """The rows of a file of victims by state (TR1702 for one of crimes or of municipalities)."""
    wanted = (
        "Año",
        "Clave_Ent",
        "Entidad",
        "Tipo de delito",
        "Subtipo de delito",
        "Modalidad",
        "Sexo",
        "Rango de edad",
        *MONTHS,
    )
    heading = {column_name(column) for column in read_heading(source, wanted)}
    persons = {"sexo", "rango de edad"} <= heading
    municipal = bool(heading & {"cve municipio", "clave municipio", "municipio", "cve mun"})
    if "subtipo de delito" in heading and (municipal or not persons):
        what = "victims" if persons else "crimes, that is of investigation files"
        raise TreguaError(
            "TR1702",
            f"this is a file of {what}{' by municipality' if municipal else ''}, not of victims "
            "by state",
            where=source.name,
            found="columns " + ", ".join(sorted(heading))[:200],
            expected="SESNSP's file of victims by state (IDVFC), with Sexo and Rango de edad",
            do="an investigation file can have several victims: take the file of victims",
        )
    frame = read_columns(source, wanted, "SESNSP's file of victims (IDVFC)", every=True)
    refuse_twins(frame, [column for column in frame.columns if column not in MONTHS], source.name)
    return frame


def _crimes_of_rows(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """By column of the tidy table which rows of the file it counts."""
    kinds = {
        column: frame[column].map({x: plain(x) for x in frame[column].unique()})
        for column in ("Tipo de delito", "Subtipo de delito", "Modalidad")
    }
    chosen = {}
    for crime, (column, value) in VICTIMS.items():
        chosen[crime] = kinds[column] == value
        if crime == "intentional_homicide":
            armed = kinds["Modalidad"] == "con arma de fuego"
            chosen["intentional_homicide_firearm"] = chosen[crime] & armed
    return chosen


def _by_month(rows: pd.DataFrame) -> pd.Series:
    """Persons by state, year and month; unknown where any row of them is."""
    months = rows.rename(columns={month: i for i, month in enumerate(MONTHS, start=1)})
    groups = months.groupby(["state_code", "year"])[list(range(1, len(MONTHS) + 1))]
    persons = groups.sum().where(groups.count().eq(groups.size(), axis=0))
    return persons.rename_axis(columns="month").stack(future_stack=True)


def read_events(source: Source, today: dt.date) -> Reading:
    """UCDP GED: one row an event; events outside Mexico are left out and the others summed by
    state, year and type.

    An event without a state counts under state 00. A year that is not over is left out: half a
    year of events is none.
    """
    name = source.name
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
        source, (*wanted, "deaths_civilians", "country"), "a UCDP GED file of events"
    )
    mexican = frame["country"].map({x: plain(x) for x in frame["country"].unique()}) == "mexico"
    every, frame = len(frame), frame[mexican].copy()
    if frame.empty:
        raise TreguaError(
            "TR1702",
            "no event of this file is in Mexico",
            where=name,
            expected="rows whose column country is Mexico",
        )
    refuse_twins(frame, ["id"], name)
    _check_events(frame, name)
    frame["state_code"] = [
        state_code(x, f"{name}, row {row}, column adm_1") if x else UNKNOWN
        for row, x in frame["adm_1"].items()
    ]
    frame["type"] = frame["type_of_violence"].astype(int).map(VIOLENCE)
    odd = []
    if running := sorted(set(frame.loc[frame["year"] >= today.year, "year"])):
        odd.append(f"events of {', '.join(map(str, running))} are left out: not over on {today}")
    if crossed := int(((frame["low"] > frame["best"]) | (frame["best"] > frame["high"])).sum()):
        odd.append(f"in {crossed} events the best estimate lies outside its own range")
    if nowhere := int((frame["state_code"] == UNKNOWN).sum()):
        odd.append(f"{nowhere} events name no state and count under {UNKNOWN}")
    frame = frame[frame["year"] < today.year]
    frame = frame.rename(columns={"deaths_civilians": "civilians"}).assign(events=1)
    table = frame.groupby(["state_code", "year", "type"], as_index=False)[
        ["events", "best", "low", "high", "civilians"]
    ].sum()
    dropped = {"events outside Mexico": int((~mexican).sum())}
    return Reading(in_order(table, name), every, dropped, oddities=tuple(odd))


def _check_events(frame: pd.DataFrame, name: str) -> None:
    """Turn years and counts into numbers, and refuse events that make no sense (TR1704)."""
    frame["year"] = [
        checked_year(x, f"{name}, row {row}, column year") for row, x in frame["year"].items()
    ]
    for column in ("best", "low", "high", "deaths_civilians"):
        frame[column] = checked_counts(frame[column], name)
        if frame[column].isna().any():
            raise TreguaError(
                "TR1704",
                "an event has no count",
                where=f"{name}, row {frame.index[frame[column].isna()][0]}, column {column}",
                expected="a whole number from 0",
            )
    for row, value in frame["type_of_violence"].items():
        if value not in {"1", "2", "3"}:
            raise TreguaError(
                "TR1704",
                "this is no type of violence",
                where=f"{name}, row {row}, column type_of_violence",
                found=value,
                expected="1, 2 or 3",
            )
    for row, event in frame.iterrows():
        refuse_dates(event, f"{name}, row {row}")


LAYOUTS = {
    "homicides": Layout(
        "INEGI, deaths by homicide, one year by state and month (csv export)",
        "homicides-month.csv",
        ("state_code", "year", "month"),
        read_homicides,
        months="homicides",
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
