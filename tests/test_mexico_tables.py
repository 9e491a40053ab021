"""The shipped national tables: sums that were published, no year after 2020, no persons."""

import csv
import re
from pathlib import Path

import pytest

import tregua
from tregua.countries.mexico import pack
from tregua.countries.mexico.build import state_codes

COUNTRY = Path(tregua.__file__).parent / "countries" / "mexico"
PLACE = COUNTRY / "tables"
FILES = sorted(path.name for path in PLACE.glob("*.csv"))
NAMES = ("mexico-2007", "mexico-2012")


def total(file, column, where=None):
    table = pack().table(file)
    return (table if where is None else table.query(where))[column].sum()


def test_states_are_the_32_in_the_order_of_their_codes():
    assert state_codes() == tuple(f"{i:02d}" for i in range(1, 33))
    states = pack().table("territories.csv")
    assert not states.duplicated(["tile_row", "tile_col"]).any()
    assert set(states.query("border == 1")["abbreviation"]) == {
        "BC",
        "SON",
        "CHIH",
        "COAH",
        "NL",
        "TAMPS",
    }
    assert states["area_km2"].sum() == pytest.approx(1_959_248, rel=0.005)


@pytest.mark.parametrize(
    ("year", "official"),
    [(1990, 14_426), (2007, 8_863), (2011, 27_212), (2015, 20_759), (2018, 36_685), (2020, 36_773)],
)
def test_homicides_of_the_states_add_up_to_the_national_figure_inegi_published(year, official):
    assert total("homicides-year.csv", "homicides", f"year == {year}") == official


def test_months_add_up_to_years_and_years_to_the_national_series():
    months, years, national = (
        pack().table(file)
        for file in ("homicides-month.csv", "homicides-year.csv", "national-year.csv")
    )
    by_month = months.set_index(["state_code", "year"]).filter(regex=r"m\d\d").sum(axis=1)
    by_year = years.set_index(["state_code", "year"])["homicides"]
    assert by_month.to_dict() == by_year.to_dict()
    assert len(by_year) == 32 * 31
    inegi = national.query("indicator == 'homicides_inegi'").set_index("year")["value"]
    assert by_year.groupby("year").sum().to_dict() == inegi.to_dict()


def test_other_totals_are_those_published_by_the_sources():
    assert total("clashes-army.csv", "soldiers_killed") == 290
    assert total("clashes-army.csv", "opponents_killed") == 5_042
    assert total("clashes-all.csv", "total_killed") == 6_357
    assert total("ucdp-state-year.csv", "best", "type == 'non_state'") == 94_590
    assert total("ucdp-dyad-year.csv", "best") == total("ucdp-state-year.csv", "best")
    assert total("victims-month.csv", "intentional_homicide", "year == 2018") == 33_742
    for crop in ("poppy", "marijuana"):
        assert total("cultivation.csv", "share", f"crop == '{crop}'") == pytest.approx(
            1.0, abs=1e-3
        )


def test_the_vetting_figures_hold_those_that_contradict_one_another():
    table = pack().table("vetting.csv")
    federal = table["population"].str.startswith("federal")
    failed = table[table["quantity"].str.startswith("failed") & federal]
    assert {2045.0, 17862.0, 1176.0} <= set(failed["value"])


@pytest.mark.parametrize("file", FILES)
def test_no_outcome_is_later_than_2020(file):
    latest = 2030 if file == "population.csv" else 2020
    table = pack().table(file)
    if "year" in table:
        assert table["year"].between(1980, latest).all()
    if "date" in table:
        assert table["date"].str[:4].astype(int).between(1980, latest).all()


@pytest.mark.parametrize("file", FILES)
def test_no_table_has_a_column_for_persons_or_an_unknown_state_or_group(file):
    table = pack().table(file)
    assert not {"leader", "alias", "person", "nickname"} & set(table)
    assert set(table.get("state_code", ())) <= {*state_codes(), "00"}
    groups = pack().table("groups.csv")["group"]
    for column in ("group", "group_a", "group_b"):
        assert set(table.get(column, ())) <= {*groups, "Guadalajara (before 1990)"}


def test_leaders_are_events_without_persons():
    events = pack().cells("leaders-removed.csv")
    assert set(events) == {
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
    allowed = set(events["group"]) | {
        "timeline in github.com/diegovalle/Homicide-MX-Drug-War",
        "general knowledge",
        "press",
    }
    assert all(
        value in allowed or not re.search(r"[A-ZÁÉÍÓÚÑ][\w.]+ [A-ZÁÉÍÓÚÑ]", value)
        for value in events.to_numpy().ravel()
    )


def test_tables_are_small_and_complete_csv():
    assert sum(path.stat().st_size for path in PLACE.glob("*.csv")) < 700_000
    shipped = [path for path in COUNTRY.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in shipped) < 2_000_000, (
        "with what is computed from them: the fit and the emulator"
    )
    for path in PLACE.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert len({len(line) for line in csv.reader(file)}) == 1, path.name
    assert all(note["years"] for note in pack().notes)
