"""Kept run folders: their reports can be made again, and their scenarios opened."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tregua.cli import run_command
from tregua.cli.report import remake_report
from tregua.engine.plan import make_plan
from tregua.engine.run import run_plan
from tregua.engine.stored import read_trajectories
from tregua.engine.trajectories import to_xarray, write_arrays
from tregua.errors import TreguaError
from tregua.reporting.run_folder import write_run
from tregua.reporting.wording import persons
from tregua.results.staging import staged
from tregua.scenarios.toml import load_scenario

KEPT = Path(__file__).parent / "kept" / "comparison-0.1.0"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(KEPT, tmp_path / "kept")


def refused(make, code):
    with pytest.raises(TreguaError) as caught:
        make()
    assert caught.value.code == code
    return caught.value


def test_the_report_of_a_folder_made_by_version_0_1_0_is_made_again(folder, capsys):
    assert run_command(["report", str(folder)]) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    rows = {
        row["outcome"]: row
        for row in csv.DictReader((folder / "tables" / "differences.csv").open(encoding="utf-8"))
    }
    assert "Double arrests" in page and "What carries the sign" in page
    assert f">{persons(float(rows['killed']['baseline']))}<" in page
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert "report.html" in listed
    assert run_command(["report", str(folder), "--json"]) == 0, "again, as it is ours"
    (folder / "report.html").write_text(page + "a note of mine", encoding="utf-8")
    assert run_command(["report", str(folder)]) == 2
    assert "TR3105" in capsys.readouterr().err and "mine" in (folder / "report.html").read_text()
    assert run_command(["report", str(folder), "--replace"]) == 0
    assert (folder / "report.html").read_text(encoding="utf-8") == page


def test_the_report_of_a_run_is_made_again_byte_for_byte(tmp_path):
    read = load_scenario(KEPT)
    plan = make_plan(read.scenario, "mean-field")
    run = run_plan(read.scenario, plan)
    with staged(tmp_path / "run", False) as place:
        write_run(place, run, "tregua run scenario.toml", 1.0)
        (place / "scenario.toml").write_text(read.text, encoding="utf-8")
    page = (tmp_path / "run" / "report.html").read_bytes()
    before = sorted(path.name for path in tmp_path.rglob("*"))
    assert remake_report(tmp_path / "run", False, True) == 0
    assert (tmp_path / "run" / "report.html").read_bytes() == page
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_arrays_come_back_as_they_were(tmp_path):
    read = load_scenario(KEPT)
    plan = make_plan(read.scenario, "mean-field")
    run = run_plan(read.scenario, plan)
    write_arrays(tmp_path / "arrays.nc", to_xarray(run))
    again = read_trajectories(tmp_path / "arrays.nc", read.scenario, plan)
    for name in ("series", "snapshots", "sums"):
        one, other = getattr(run, name), getattr(again, name)
        assert list(one) == list(other)
        assert all(np.array_equal(one[key], other[key]) for key in one), name
    assert np.array_equal(run.status, again.status)


def test_a_scenario_is_read_from_its_folder(folder):
    assert load_scenario(folder).scenario.name == "kept"
    assert run_command(["check", str(folder)]) == 0


def test_what_is_no_folder_of_ours_is_refused(folder, tmp_path):
    refused(lambda: remake_report(tmp_path, False, False), "TR3103")
    (folder / "arrays-kept.nc").write_bytes(b"nothing")
    refused(lambda: remake_report(folder, False, False), "TR3106")
    (folder / "arrays-kept.nc").unlink()
    error = refused(lambda: remake_report(folder, False, False), "TR3106")
    assert "arrays-kept.nc" in error.details["where"]
    (folder / "manifest.json").write_text('{"kind": "run"}', encoding="utf-8")
    refused(lambda: remake_report(folder, False, False), "TR3103")


def test_arrays_of_another_length_are_refused(folder):
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    (folder / "scenario.toml").write_text(text.replace("2014-01-01", "2015-01-01"), "utf-8")
    error = refused(lambda: remake_report(folder, False, False), "TR3106")
    assert "105 steps" in error.text()
