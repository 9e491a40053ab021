"""A country in a folder: found, run, copied with its run, and refused in words where it lacks what
a mechanism needs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib

import numpy as np
import pandas
import pytest

from tregua.cli import run_command
from tregua.cli.new_country import write_country
from tregua.countries.registry import first_pack, folder_pack, load
from tregua.errors import TreguaError
from tregua.scenarios.reading import read_text
from tregua.scenarios.toml import load_scenario

YEARS = range(2015, 2021)


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    folder = tmp_path_factory.mktemp("countries") / "lakeland"
    write_country(folder)
    return folder


def test_names_of_the_made_up_country_are_nowhere_in_the_shipped_one(country):
    ours = {*load(f"{country}/").space.labels("territory")}
    shipped = first_pack()
    assert ours.isdisjoint(shipped.territories.names)
    words = " ".join(
        cell for note in shipped.notes for cell in shipped.cells(note["file"]).to_numpy().ravel()
    )
    assert not [name for name in ours if name in words]


@pytest.mark.parametrize("year", YEARS)
def test_it_starts_on_each_of_its_days_with_the_stocks_of_that_day(country, year):
    text = read_text(country).text.replace("start = 2015-01-01", f"start = {year}-01-01")
    file = country / "scenarios" / f"from-{year}.toml"
    file.write_text(text, encoding="utf-8")
    scenario = load_scenario(file).scenario
    assert str(scenario.start) == scenario.data.start == f"{year}-01-01"
    rows = scenario.data.pack.table("presence.csv").query("year == @year")
    founded = scenario.data.values["founding.members_at_start"]
    assert founded.sum() == pytest.approx(rows["members"].sum()) and np.all(founded >= 0)
    people = scenario.data.pack.table("population.csv").query("year == @year")["population"]
    assert scenario.data.covariates["population"].sum() == people.sum()


def test_a_start_of_which_it_knows_nothing_is_refused(country):
    for day in ("2014-01-01", "2015-07-01"):
        text = read_text(country).text.replace("start = 2015-01-01", f"start = {day}")
        file = country / "scenarios" / "other.toml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(TreguaError) as refused:
            load_scenario(file)
        assert refused.value.code == "TR1308"


def test_a_scenario_without_mechanisms_takes_those_of_the_pack(country):
    listed = tomllib.loads((country / "pack.toml").read_text(encoding="utf-8"))["mechanisms"]
    assert [m.name for m in load_scenario(country).scenario.model.mechanisms] == listed


def test_what_mechanisms_need_is_named_at_once_and_they_can_be_left_out(country, tmp_path):
    text = read_text(country).text.replace('data = ".."', f'data = "{country}"')
    asked = ["founding", "recruitment", "arrests", "conflict", "trade", "leaders", "vetting"]
    file = tmp_path / "asked.toml"
    file.write_text(
        text.replace("[run]", f"mechanisms = {json.dumps(asked)}\n[run]", 1), encoding="utf-8"
    )
    with pytest.raises(TreguaError) as refused:
        load_scenario(file)
    assert refused.value.code == "TR1502"
    said = str(refused.value.details)
    for name, lacking in (
        ("trade", "the axis route"),
        ("leaders", "captured_on"),
        ("vetting", "programme_start"),
    ):
        assert f"--without {name}" in said and f"{name}: " in said and lacking in said
    assert "--without conflict" not in said
    read = load_scenario(file, without=("trade", "leaders", "vetting"))
    assert [m.name for m in read.scenario.model.mechanisms] == asked[:4]


def test_what_a_file_says_of_a_mechanism_goes_with_it():
    read = load_scenario(without=("vetting", "troops"))
    names = {m.name for m in read.scenario.model.mechanisms}
    assert names == {m.name for m in load_scenario().scenario.model.mechanisms} - {
        "vetting",
        "troops",
    }
    targets = {c.target for p in read.policies.values() for c in p.modifiers}
    assert targets and not [t for t in targets if t.startswith(("vetting.", "troops."))]
    assert "dismiss-all" not in read.policies and "none" in read.policies
    with pytest.raises(TreguaError) as refused:
        load_scenario(without=("amnesty",))
    assert refused.value.code == "TR1205"


def test_a_posterior_of_one_country_says_nothing_of_another(country, tmp_path):
    file = tmp_path / "fitted.toml"
    whole = load_scenario()
    assert whole.posterior
    lines = [
        '[scenario]\nname = "fitted"\ndata = "mexico-2007"\nposterior = "mexico"',
        'start = 2015-01-01\nstocks = "as of 2007-01-01"\nlength = "1 year"',
    ]
    file.write_text("version = 2\n" + "\n".join(lines), encoding="utf-8")
    assert load_scenario(file).posterior
    moved = file.read_text(encoding="utf-8").replace('stocks = "as of 2007-01-01"\n', "")
    file.write_text(moved, encoding="utf-8")
    read = load_scenario(file, data=str(country))
    assert read.posterior is None and read.scenario.data.pack.name == "lakeland"


@pytest.fixture(scope="module")
def renamed(country, tmp_path_factory):
    """A run of the country with another name for its first territory, whose folder is gone; the
    run folder, the folder of the country, the old name.
    """
    work = tmp_path_factory.mktemp("renamed")
    place, out = work / "gone", work / "run"
    shutil.copytree(country, place)
    old = load(f"{country}/").space.labels("territory")[0]
    for file in (place / "territories.csv", place / "scenarios" / "lakeland.toml"):
        text = file.read_text(encoding="utf-8").replace("end = 2027-01-01", "end = 2022-01-01")
        file.write_text(text.replace(f",{old},", ",Zembla,"), encoding="utf-8")
    arguments = ["--replicates", "2", "--solver", "mean-field", "--out", str(out), "--quiet"]
    assert run_command(["run", str(place), *arguments]) == 0
    shutil.rmtree(place)
    return out, place, old


def test_a_run_keeps_the_country_and_can_be_read_without_the_folder(renamed):
    out, place, _ = renamed
    assert load_scenario(out).scenario.data.space.labels("territory")[0] == "Zembla"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert str(place.parent) not in json.dumps(manifest)
    assert {"country/pack.toml", "country/territories.csv"} <= {*manifest["files"]}
    (out / "report.html").unlink()
    assert run_command(["report", str(out)]) == 0


def test_a_territory_that_is_renamed_is_renamed_everywhere(renamed):
    out, _, old = renamed
    names = set(pandas.read_csv(out / "tables" / "by_territory.csv")["territory"])
    assert "Zembla" in names and old not in names
    texts = [*out.glob("*.html"), *out.glob("tables/*.csv"), *out.glob("figures/*.svg")]
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "Zembla" in report and "Its evidence is about another country." in report
    assert not [file.name for file in texts if old in file.read_text(encoding="utf-8")]


def test_policies_are_compared_on_the_country_of_a_run(renamed, tmp_path):
    out, _, old = renamed
    arguments = ["--policy", "arrests-in-one", "--replicates", "2", "--solver", "mean-field"]
    folder = tmp_path / "compared"
    assert (
        run_command(
            ["compare", str(out), *arguments, "--no-drivers", "--out", str(folder), "--quiet"]
        )
        == 0
    )
    table = pandas.read_csv(folder / "tables" / "differences_by_territory.csv")
    assert "Zembla" in set(table["territory"]) and old not in set(table["territory"])
    assert (folder / "country" / "pack.toml").is_file()
    assert old not in (folder / "report.html").read_text(encoding="utf-8")


def test_the_folder_that_is_read_is_said(country, capsys):
    assert run_command(["check", str(country), "--json"]) == 0
    assert f"read from the folder: {country.resolve()}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", ".", "./nowhere", "/", "../", "~/x", "mexico-2008"])
def test_what_is_no_country_is_refused_with_a_code(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    if name:
        with pytest.raises(TreguaError) as refused:
            load_scenario(data=name)
        assert refused.value.code in {"TR1501", "TR1511"}


def test_a_package_brings_a_country_by_its_entry_point(country, tmp_path):
    package, info = tmp_path / "lakes", tmp_path / "lakes-1.0.dist-info"
    shutil.copytree(country, package)
    (package / "__init__.py").write_text("", encoding="utf-8")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lakes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tregua.countries]\nlakeland = lakes\n")
    code = (
        "from tregua.countries.registry import packs, load\n"
        "from tregua.scenarios.toml import load_scenario\n"
        "print(*packs())\n"
        "print(load('lakeland-2017').start, load('lakeland').start)\n"
        "print(load_scenario('lakeland').scenario.data.pack.module)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        cwd=tmp_path,
        check=False,
    )
    assert done.stdout.split("\n")[:3] == [
        "mexico lakeland",
        "2017-01-01 2015-01-01",
        "lakes",
    ], done.stderr


def test_a_list_of_territories_without_other_spellings_is_read(country, tmp_path):
    place = tmp_path / "plain"
    shutil.copytree(country, place)
    table = pandas.read_csv(place / "territories.csv", dtype=str)
    table["spellings"] = ""
    table.to_csv(place / "territories.csv", index=False)
    assert folder_pack(place).territories.names == tuple(table["name"])
