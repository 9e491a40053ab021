"""Filters of `tregua data show`: right rows, hidden ones counted, and none as an answer."""

import json

import pytest

from tregua.cli import run_command
from tregua.countries.filtering import Filter, filter_table
from tregua.countries.imports import shipped_table
from tregua.countries.mexico import pack
from tregua.errors import TreguaError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TREGUA_DATA", str(tmp_path / "mine"))


def events(table, **parts):
    passing = filter_table(shipped_table(pack(), table)[1], Filter(**parts), table, pack()).table
    return passing.to_dict("records")


def shown(capsys, *arguments):
    assert run_command(["data", "show", *arguments]) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "state", ["Tamaulipas", "tamaulipas", "TAMPS", "28", "Estado de Tamaulipas"]
)
def test_states_are_read_as_imports_read_them(state):
    chosen = events("leaders-removed", state=state)
    assert len(chosen) == 8
    assert {row["state_code"] for row in chosen} == {"28"}


def test_a_pair_of_states_is_about_both():
    assert {(r["state_a"], r["state_b"]) for r in events("adjacency", state="Aguascalientes")} == {
        ("01", "14"),
        ("01", "32"),
    }


def test_a_group_is_found_among_several_and_by_a_word_of_its_name():
    sides = {row["side_a"] for row in events("ucdp-dyad-year", group="la familia")}
    assert "Golfo+La Familia+Sinaloa" in sides
    assert {r["group"] for r in events("leaders-removed", group="Familia")} == {"La Familia"}
    assert {r["group"] for r in events("leaders-removed", group="juarez")} == {"Juárez"}


def test_spans_take_whole_years_and_months_and_what_may_lie_in_them():
    dates = [r["date"] for r in events("leaders-removed", first="2012-09", last="2012")]
    assert dates == ["2012-09-03", "2012-09-12", "2012-09-26", "2012-10-07"]
    # of 2003-03-14 the source gives the year only
    assert "2003-03-14" in [r["date"] for r in events("leaders-removed", first="2003-12-01")]
    assert {r["date"] for r in events("vetting", first="2018-06", last="2018-09")} >= {"2018"}
    ties = events("relations", first="2019", last="2019")
    assert all(float(r["first_year"]) <= 2019 <= float(r["last_year"]) for r in ties)
    assert 0 < len(ties) < 18


def test_none_is_an_answer_with_its_reason(capsys):
    text = shown(capsys, "leaders-removed", "--state", "Guerrero")
    assert "no capture, death, escape or extradition of a leader is in this list for" in text
    assert "for Guerrero; all 60 rows are hidden" in text
    assert "A selection of well-known events" in text
    assert run_command(["data", "show", "leaders-removed", "--state", "12", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["table"], record["rows_in_all"]) == ([], 60)
    assert record["filter"] == {"state": "12", "group": "", "from": "", "to": ""}


def test_hidden_rows_are_counted_and_all_shows_them(capsys):
    assert "20 of 60 rows. 40 more are hidden; --all" in shown(capsys, "leaders-removed")
    assert "All 60 rows" in shown(capsys, "leaders-removed", "--all")
    text = shown(capsys, "leaders-removed", "--group", "Zetas")
    assert "9 of 60 rows. 51 rows are hidden by the filter (Zetas)" in text
    text = shown(capsys, "ucdp-state-year", "--state", "edomex", "--to", "1996")
    assert "The state of 4 other rows is not known (00)" in text


def test_figures_that_can_be_imported_are_filtered_too(capsys):
    text = shown(capsys, "homicides", "--state", "Guerrero", "--from", "2019-11", "--to", "2019")
    assert "2 of 11,904 rows" in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["leaders-removed", "--state", "Guerero"], "TR1703"),
        (["leaders-removed", "--group", "Sinoloa"], "TR1709"),
        (["leaders-removed", "--from", "12/2010"], "TR1709"),
        (["leaders-removed", "--from", "2013", "--to", "2012"], "TR1709"),
        (["territories", "--from", "2010"], "TR1709"),
        (["drug-prices", "--state", "Guerrero"], "TR1709"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments, code, capsys):
    assert run_command(["data", "show", *arguments]) == 2
    assert f"{code}:" in capsys.readouterr().err


def test_a_misspelt_group_names_the_nearest():
    with pytest.raises(TreguaError) as refused:
        events("presence", group="Sinoloa")
    assert refused.value.details["nearest"] == "Sinaloa"
