"""The shipped national tables: sums that were published, no year after 2020, no persons."""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

import tregua
from tregua.countries.mexico.build import state_codes
from tregua.shipped import read_table, table_notes

COUNTRY = Path(tregua.__file__).parent / "countries" / "mexico"
PLACE = COUNTRY / "tables"
FILES = sorted(path.name for path in PLACE.glob("*.csv"))


def total(file, column, where=lambda row: True):
    return sum(
        float(row[column] or 0) for row in read_table("countries/mexico/tables", file) if where(row)
    )


def test_states_are_the_32_in_the_order_of_their_codes():
    assert state_codes() == tuple(f"{i:02d}" for i in range(1, 33))
    rows = read_table("countries/mexico/tables", "states.csv")
    assert len({(row["tile_row"], row["tile_col"]) for row in rows}) == 32
    assert {row["abbreviation"] for row in rows if row["borders_us"] == "1"} == {
        "BC",
        "SON",
        "CHIH",
        "COAH",
        "NL",
        "TAMPS",
    }
    assert sum(float(row["area_km2"]) for row in rows) == pytest.approx(1_959_248, rel=0.005)


@pytest.mark.parametrize(
    ("year", "official"),
    [(1990, 14_426), (2007, 8_863), (2011, 27_212), (2015, 20_759), (2018, 36_685), (2020, 36_773)],
)
def test_homicides_of_the_states_add_up_to_the_national_figure_inegi_published(year, official):
    assert (
        total("homicides-year.csv", "homicides", lambda row: row["year"] == str(year)) == official
    )


def test_months_add_up_to_years_and_years_to_the_national_series():
    months = {
        (r["state_code"], r["year"]): sum(int(r[f"m{i:02d}"]) for i in range(1, 13))
        for r in read_table("countries/mexico/tables", "homicides-month.csv")
    }
    years = {
        (r["state_code"], r["year"]): int(r["homicides"])
        for r in read_table("countries/mexico/tables", "homicides-year.csv")
    }
    assert months == years
    assert len(years) == 32 * 31
    national = {
        r["year"]: float(r["value"])
        for r in read_table("countries/mexico/tables", "national-year.csv")
        if r["indicator"] == "homicides_inegi"
    }
    summed = defaultdict(int)
    for (_, year), deaths in years.items():
        summed[year] += deaths
    assert dict(summed) == national


def test_other_totals_are_those_published_by_the_sources():
    assert total("clashes-army.csv", "soldiers_killed") == 290
    assert total("clashes-army.csv", "opponents_killed") == 5_042
    assert total("clashes-all.csv", "total_killed") == 6_357
    assert total("ucdp-state-year.csv", "best", lambda row: row["type"] == "non_state") == 94_590
    assert total("ucdp-dyad-year.csv", "best") == total("ucdp-state-year.csv", "best")
    assert (
        total("victims-month.csv", "intentional_homicide", lambda row: row["year"] == "2018")
        == 33_742
    )
    for crop in ("poppy", "marijuana"):
        assert total(
            "cultivation.csv", "share", lambda row, crop=crop: row["crop"] == crop
        ) == pytest.approx(1.0, abs=1e-3)


def test_the_vetting_figures_hold_those_that_contradict_one_another():
    rows = [
        row
        for row in read_table("countries/mexico/tables", "vetting.csv")
        if row["quantity"].startswith("failed") and row["population"].startswith("federal")
    ]
    assert {2045.0, 17862.0, 1176.0} <= {float(row["value"]) for row in rows}


@pytest.mark.parametrize("file", FILES)
def test_no_outcome_is_later_than_2020(file):
    latest = 2030 if file == "population.csv" else 2020
    for row in read_table("countries/mexico/tables", file):
        years = [int(row["year"])] if "year" in row else []
        years += [int(row["date"][:4])] if "date" in row else []
        assert all(1980 <= year <= latest for year in years)


@pytest.mark.parametrize("file", FILES)
def test_no_table_has_a_column_for_persons_or_an_unknown_state_or_group(file):
    rows = read_table("countries/mexico/tables", file)
    assert not {"leader", "alias", "person", "nickname"} & set(rows[0])
    assert {row["state_code"] for row in rows if "state_code" in row} <= {*state_codes(), "00"}
    groups = {row["group"] for row in read_table("countries/mexico/tables", "groups.csv")}
    for row in rows:
        assert {row[column] for column in ("group", "group_a", "group_b") if column in row} <= {
            *groups,
            "Guadalajara (before 1990)",
        }


def test_leaders_are_events_without_persons():
    rows = read_table("countries/mexico/tables", "leaders-removed.csv")
    assert set(rows[0]) == {
        "event",
        "date",
        "date_precision_in_source",
        "group",
        "state_code",
        "outcome",
        "rank",
        "verified",
        "source",
    }
    # A name is two capitalised words that are neither a group nor one of the few sources.
    allowed = {row["group"] for row in rows} | {
        "timeline in github.com/diegovalle/Homicide-MX-Drug-War",
        "general knowledge",
        "press",
    }
    for row in rows:
        assert all(
            value in allowed or not re.search(r"[A-ZÁÉÍÓÚÑ][\w.]+ [A-ZÁÉÍÓÚÑ]", value)
            for value in row.values()
        )


def test_tables_are_small_and_complete_csv():
    assert sum(path.stat().st_size for path in PLACE.glob("*.csv")) < 700_000
    assert sum(path.stat().st_size for path in COUNTRY.rglob("*") if path.is_file()) < 2_000_000, (
        "with what is computed from them: the fit and the emulator"
    )
    for path in PLACE.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert len({len(line) for line in csv.reader(file)}) == 1, path.name
    assert all(note["years"] for note in table_notes("countries/mexico/tables"))
