"""A country of one's own: the folder to start from, what its check finds, files of counts for it,
and the page that leads through all of it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tregua.cli import run_command
from tregua.cli.new_country import write_country
from tregua.countries.checking import country_faults
from tregua.countries.filtering import Filter, filter_table
from tregua.countries.imports import (
    import_figures,
    imports_of,
    read_figures,
    remove_import,
    shipped_table,
)
from tregua.countries.kept_imports import user_folder
from tregua.countries.registry import first_pack, folder_pack
from tregua.countries.schema import MEANING, schemas_of, standard_tables
from tregua.errors import TreguaError

PAGE = Path(__file__).parents[1] / "docs" / "own-country.md"


@pytest.fixture
def country(tmp_path):
    write_country(tmp_path / "lakeland")
    return tmp_path / "lakeland"


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    monkeypatch.setenv("TREGUA_DATA", str(tmp_path / "mine"))
    return tmp_path / "mine"


def change(folder, file, before, after):
    """Put a text in the place of another, once."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text, before
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def problems(folder):
    return [fault.record() for fault in country_faults(folder_pack(folder))]


def test_what_is_written_has_no_fault_and_the_check_says_so(country, capsys):
    assert problems(country) == []
    assert run_command(["data", "check", str(country), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []


def test_every_key_of_the_settings_has_a_comment(country):
    from tregua.countries.pack import Called, Count, Forecasts, Settings

    lines = (country / "pack.toml").read_text(encoding="utf-8").splitlines()
    models = (Settings, Called, Count, Forecasts)
    keys = {key for model in models for key in model.model_fields}
    for key in keys - {"territory", "count", "forecast"}:
        assert any(re.match(rf"(# )?{key} = ", line) for line in lines), key
    assert sum(line.startswith("#") for line in lines) > len(keys)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Lake Land", "TR1520"), ("1a", "TR1520"), ("mexico", "TR1521"), ("full", "TR1522")],
)
def test_a_name_that_is_none_and_a_folder_with_something_in_it_are_refused(tmp_path, name, code):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(TreguaError, match=code):
        write_country(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_an_empty_folder_is_taken_and_what_fails_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "lakeland").mkdir()
    write_country(tmp_path / "lakeland")
    assert (tmp_path / "lakeland" / "scenarios" / "lakeland.toml").is_file()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(TreguaError, match="TR3102"):
        write_country(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["lakeland"]


POPULATION, PRESENCE = "tables/population.csv", "tables/presence.csv"
WRONG = {
    "a missing column": (POPULATION, "young_men", "men", "TR1523", "line 1"),
    "a row with a cell too many": (POPULATION, "ALB,2009,", "ALB,2009,7,", "TR1524", "line 2"),
    "a text for a number": (POPULATION, "ALB,2010,", "ALB,2010,many", "TR1525", "line 3"),
    "a year that is none": (POPULATION, "ALB,2011,", "ALB,201,", "TR1525", "line 4"),
    "an empty cell": (PRESENCE, "2015,ALB,Herons,", "2015,ALB,,", "TR1525", "line 2"),
    "half an officer": ("tables/police.csv", "ALB,local,", "ALB,local,0.5", "TR1525", "line 2"),
    "no date": ("tables/operations.csv", "2016-05-01", "2016-13-01", "TR1526", "line 2"),
    "an unknown territory": (PRESENCE, "2015,ALB,", "2015,ALP,", "TR1527", "line 2"),
    "an unknown group": (PRESENCE, "2015,ALB,Herons", "2015,ALB,Heron", "TR1527", "line 2"),
    "an unknown corps": ("tables/police.csv", "ALB,local", "ALB,locals", "TR1527", "line 2"),
    "a negative number": ("tables/prisons.csv", "2015,ALB,", "2015,ALB,-", "TR1528", "line 2"),
    "a number without end": (PRESENCE, "2015,ALB,Herons,", "2015,ALB,Herons,1e999", "TR1528", ""),
    "nobody": (POPULATION, "ALB,2010,2368100,", "ALB,2010,0,", "TR1528", "line 3"),
    "too many young men": (POPULATION, "2368100,404900", "2368100,4049000", "TR1528", "line 3"),
    "a key twice": (PRESENCE, "2015,BRU,Herons", "2015,ALB,Herons", "TR1529", "line 4"),
    "a year of the counts": ("tables/homicides-month.csv", "ALB,2012", "ALB,2032", "TR1530", ""),
    "a territory of a start": (
        "tables/police.csv",
        "2018,COR,local",
        "2021,COR,local",
        "TR1530",
        "",
    ),
    "its own neighbour": ("tables/adjacency.csv", "ALB,BRU", "ALB,ALB", "TR1531", "line 2"),
    "neighbours twice": ("tables/adjacency.csv", "ALB,COR", "BRU,ALB", "TR1531", "line 3"),
    "a tie with itself": ("tables/ties.csv", "Herons,Otters", "Herons,Herons", "TR1531", "line 2"),
    "a name of digits": ("tables/groups.csv", "Otters,", "7,", "TR1525", "line 3"),
    "digits set apart": ("tables/prisons.csv", "2015,ALB,", "2015,ALB,1_", "TR1525", "line 2"),
    "one square": ("territories.csv", "Bruma,1,2", "Bruma,1,1", "TR1532", "line 3"),
    "one name": ("territories.csv", "Bruma", "Upper Alba", "TR1514", "line 3"),
    "an unknown parameter": ("values.toml", "troops.surge", "troops.surges", "TR1533", "line "),
    "another unit": ("values.toml", '"1/week"', '"1/year"', "TR1534", "line 9"),
    "another shape": ("values.toml", "[0.10, 0.03]", "[0.10]", "TR1535", "line "),
    "out of range": ("values.toml", "[0.10, 0.03]", "[1.10, 0.03]", "TR1535", "line "),
    "no reason": ("values.toml", 'why = "Assumed: a battalion."\n', "", "TR1536", "line "),
    "no data": ("pack.toml", '  "troops",', '  "vetting",', "TR1537", "mechanisms"),
    "no mechanism": ("pack.toml", '  "troops",', '  "troop",', "TR1205", "mechanisms"),
    "no such territory": ("pack.toml", '["COR"]', '["XXX"]', "TR1538", "unsure"),
    "no such scenario": ("pack.toml", 'scenario = "lakeland"', 'scenario = "sea"', "TR1538", ""),
    "no start": ("pack.toml", "starts = [2015-01-01, ", "starts = [] # [", "TR1512", "starts"),
    "no source": ("tables/SOURCES.toml", 'file = "ties.csv"', 'file = "tie.csv"', "TR1539", ""),
    "half a note": ("tables/SOURCES.toml", 'licence = "CC0"\n', "", "TR1539", "line "),
    "a setting that is none": ("pack.toml", "fit_from", "fits_from", "TR1512", "fits_from"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_by_code_file_and_line(country, case):
    file, before, after, code, place = WRONG[case]
    change(country, file, before, after)
    try:
        told = problems(country)
    except TreguaError as error:
        told = [error.record()]
    named = [x for x in told if x["code"] == code]
    assert named, told
    assert any(file in x["where"] and place in x["where"] for x in named), named


def test_a_territory_by_its_name_is_answered_with_its_code(country):
    change(country, PRESENCE, "2015,ALB,", "2015,Upper Alba,")
    assert any(x.get("nearest") == "ALB" for x in problems(country))


def test_all_problems_are_told_at_once_and_the_exit_status_is_2(country, capsys):
    (country / "tables" / "prisons.csv").unlink()
    change(country, PRESENCE, "2015,ALB,", "2015,ALP,")
    change(country, "values.toml", '"1/week"', '"1/year"')
    assert run_command(["data", "check", str(country), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)["problems"]
    assert {"TR1513", "TR1527", "TR1534", "TR1537"} <= {problem["code"] for problem in told}
    lacking = next(x for x in told if x["code"] == "TR1537")
    assert "'prisons'" in lacking["what"] and "tables/prisons.csv" in lacking["found"]
    assert run_command(["data", "check", str(country)]) == 2
    assert f"{len(told)} problems" in capsys.readouterr().out


def test_a_scenario_that_does_not_load_is_told_by_its_own_code(country, capsys):
    change(country, "scenarios/lakeland.toml", 'target = "arrests.effort"', 'target = "arrests.x"')
    assert run_command(["data", "check", str(country)]) == 2
    assert "TR1401" in capsys.readouterr().out


def test_a_table_of_many_faults_tells_the_first_and_how_many_more(country):
    text = (country / PRESENCE).read_text(encoding="utf-8")
    (country / PRESENCE).write_text(re.sub(r",(\d+)$", r",-\1", text, flags=re.M), "utf-8")
    told = [x for x in problems(country) if PRESENCE in x["where"]]
    assert len(told) == 21 and "16 more" in told[-1]["what"]


def test_a_name_that_is_none_is_told_once_and_one_fault_makes_no_others(country):
    (country / "tables" / "groups.csv").write_text("group,holds\n", encoding="utf-8")
    text = (country / PRESENCE).read_text(encoding="utf-8").replace(",COR,", ",COS,")
    (country / PRESENCE).write_text(text, encoding="utf-8")
    assert [x["code"] for x in problems(country)] == ["TR1530", "TR1527", "TR1539"]


@pytest.mark.parametrize(
    ("file", "before", "after", "code"),
    [
        (PRESENCE, "members", "people", "TR1523"),
        (PRESENCE, "2015,ALB,Herons,", "2015,ALB,Herons,x", "TR1525"),
        ("tables/adjacency.csv", "ALB,COR", "ALB,CORVA", "TR1527"),
        ("values.toml", 'why = "Assumed: a battalion."', "", "TR1536"),
    ],
)
def test_what_is_wrong_is_refused_by_a_run_as_well(country, capsys, file, before, after, code):
    change(country, file, before, after)
    assert run_command(["check", str(country)]) == 2
    told = capsys.readouterr().err
    assert f"{code}:" in told and file in told


def test_a_folder_that_is_none_is_a_problem_with_a_code(tmp_path, capsys):
    assert run_command(["data", "check", str(tmp_path / "nowhere")]) == 2
    assert "TR1511" in capsys.readouterr().out


def test_every_column_of_every_shipped_table_is_described_and_of_its_type():
    pack = first_pack()
    assert country_faults(pack) == []
    described = schemas_of(pack)
    files = {f"tables/{path.name}" for path in (pack.folder / "tables").glob("*.csv")}
    assert files <= {pack.place(file) for file in described}
    for file, schema in described.items():
        assert set(schema.columns) == set(pack.cells(file)), file
        numbers = {"count", "number", "real", "share"}
        without = [
            name
            for name, column in schema.columns.items()
            if column.type in numbers and not column.unit
        ]
        assert set(without) <= {"tile_row", "tile_col", "rank"}, file
    assert all(note["error"] for note in pack.notes if note["file"].startswith("homicides"))


def test_a_folder_takes_tidy_counts_and_keeps_them_apart(country, mine, tmp_path):
    pack = folder_pack(country)
    file = tmp_path / "newer.csv"
    rows = [
        f"{name},2021,{month},{month}"
        for name in ("Upper Alba", "BRU", "province of Corva")
        for month in range(1, 13)
    ]
    text = "\n".join(["territory,year,month,count", *rows]).replace("BRU,2021,3,3", "BRU,2021,3,")
    file.write_text(text, encoding="utf-8")
    manifest = import_figures(pack, "homicides", file)
    assert manifest["rows_written"] == 33 and manifest["states"] == 3
    assert manifest["months_left_out"] == ["March 2021: only 2 of 3 provinces have it, not BRU"]
    assert [path.name for path in mine.iterdir()] == ["lakeland"]
    assert imports_of(first_pack(), "homicides") == []
    figures = read_figures(pack, "homicides").table
    assert set(figures["origin"]) == {"lakeland", "newer.csv"}
    assert len(figures) == 12 * 36 + 33
    remove_import(pack, "homicides", "newer.csv")
    assert set(read_figures(pack, "homicides").table["origin"]) == {"lakeland"}
    assert user_folder(first_pack()) == mine / "figures"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("Atlantis,2021,1,3", "TR1703"),
        ("Alba,21,1,3", "TR1704"),
        ("Alba,2021,13,3", "TR1704"),
        ("Alba,2021,1,-3", "TR1704"),
        ("ALB,2021,2,3", "TR1705"),
    ],
)
def test_tidy_counts_that_make_no_sense_are_refused(country, tmp_path, row, code):
    file = tmp_path / "bad.csv"
    file.write_text(f"territory,year,month,count\nAlba,2021,2,3\n{row}\n", encoding="utf-8")
    with pytest.raises(TreguaError, match=code) as refused:
        import_figures(folder_pack(country), "homicides", file)
    assert "row 3" in refused.value.details["where"]


def test_filters_and_kinds_are_those_of_the_country(country, capsys):
    pack = folder_pack(country)
    _, cells = shipped_table(pack, "presence")
    passing = filter_table(cells, Filter(state="Alba del Norte", group="otters"), "it", pack)
    assert set(passing.table["state_code"]) == {"ALB"} and len(passing.table) == 6
    at = ["--data", f"{country}/"]
    assert run_command(["data", *at]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Tables of lakeland" in shown and "columns territory, year, month, count" in shown
    assert run_command(["data", "show", "presence", "--territory", "Sonora", *at]) == 2
    assert "no province of the country" in capsys.readouterr().err
    assert run_command(["data", "import", "victims", "x.csv", *at]) == 2
    assert "one of homicides" in capsys.readouterr().err


def test_the_page_lists_every_standard_table_and_the_command_too(capsys):
    page = PAGE.read_text(encoding="utf-8")
    for name, schema in standard_tables().items():
        assert name == "months" or f"`{name}.csv`" in page
        for column, of in schema.columns.items():
            row = (
                f"| `{column}` | {of.type} | {of.unit} | {'yes' if of.needed else 'no'} | {of.doc}"
            )
            assert row in page, row
    assert all(f"| {kind} | {text} |" in page for kind, text in MEANING.items())
    assert run_command(["data", "schema", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["tables"]) == set(standard_tables())
    assert run_command(["data", "schema"]) == 0
    assert "centroid_km" in capsys.readouterr().out


@pytest.mark.nightly
def test_the_page_leads_from_an_empty_folder_to_a_figure(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    assert len(blocks) == 3
    folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-euc", "\n".join(blocks)],
        cwd=tmp_path,
        env={**os.environ, "PATH": os.pathsep.join([folder, os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "second" / "figures" / "difference-killed.png").stat().st_size > 10_000
