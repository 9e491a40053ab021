"""Run folders: whole or not at all, the same for the same inputs, and readable by others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
import xarray

import tregua
from tregua import Model, Policy, Scenario, Study, TreguaError, simulate
from tregua.engine.plan import make_plan
from tregua.reporting.run_folder import slugs, write_comparison, write_run
from tregua.results.checkpoints import Checkpoint, Latest, unfinished_folder
from tregua.results.provenance import describe_inputs, inputs_hash, joint_digest, read_manifest
from tregua.results.staging import staged

SCENARIO = Scenario(Model.size_2023(), weeks=104, name="small", label="A small run")
HALF = Policy.scale("recruitment.rate", 0.5, from_="2012-07", name="half")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    trajectories = simulate(SCENARIO, replicates=8, seed=3)
    with staged(folder, False) as place:
        write_run(place, trajectories, "tregua run /home/somebody/small.toml --seed 3", 1.5)
    return folder, trajectories


@pytest.fixture(scope="module")
def comparison_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "comparison"
    comparison = Study(SCENARIO, [HALF, Policy("none", label="No change")], replicates=8).run(
        seed=3
    )
    with staged(folder, False) as place:
        write_comparison(place, comparison, "tregua compare small.toml", 1.5)
    return folder, comparison


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_nothing(tmp_path, error):
    with pytest.raises(error), staged(tmp_path / "deep" / "run", False) as place:
        (place / "manifest.json").write_text("{}")
        raise error
    assert list((tmp_path / "deep").iterdir()) == []


def make_old(folder: Path) -> None:
    with staged(folder, False) as place:
        (place / "manifest.json").write_text('{"kind": "run"}')
        (place / "old").write_text("old")


def test_an_error_keeps_the_old_run(tmp_path):
    make_old(tmp_path / "run")
    with pytest.raises(ValueError), staged(tmp_path / "run", True) as place:
        (place / "manifest.json").write_text("{}")
        raise ValueError
    assert (tmp_path / "run" / "old").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_replacing_takes_all_of_the_old_run_away(tmp_path):
    make_old(tmp_path / "run")
    with staged(tmp_path / "run", True) as place:
        (place / "manifest.json").write_text('{"kind": "run"}')
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["manifest.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_replacing_keeps_what_tregua_did_not_write(tmp_path):
    make_old(tmp_path / "run")
    (tmp_path / "run" / "mine").mkdir()
    (tmp_path / "run" / "mine" / "notes.txt").write_text("my notes")
    (tmp_path / "run" / "link").symlink_to("nowhere")
    with staged(tmp_path / "run", True) as place:
        (place / "manifest.json").write_text('{"kind": "run"}')
    assert (tmp_path / "run" / "mine" / "notes.txt").read_text() == "my notes"
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "link",
        "manifest.json",
        "mine",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_replacing_is_refused_where_it_would_lose_somebodys_work(tmp_path):
    make_old(tmp_path / "run")
    (tmp_path / "run" / "old").write_text("old, with my remarks")
    with pytest.raises(TreguaError, match="TR3105") as caught, staged(tmp_path / "run", True):
        raise AssertionError("not reached")
    assert caught.value.details["found"] == "old"
    (tmp_path / "run" / "old").write_text("old")
    (tmp_path / "run" / "new").write_text("mine")
    with pytest.raises(TreguaError, match="TR3105"), staged(tmp_path / "run", True) as place:
        (place / "manifest.json").write_text('{"kind": "run"}')
        (place / "new").write_text("new")
    assert (tmp_path / "run" / "new").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_run_of_a_version_that_kept_no_list_loses_nothing_but_what_is_written_again(tmp_path):
    (tmp_path / "run").mkdir()
    for name in ("manifest.json", "report.html", "notes.txt"):
        (tmp_path / "run" / name).write_text("{}")
    with staged(tmp_path / "run", True) as place:
        for name in ("manifest.json", "report.html"):
            (place / name).write_text('{"kind": "run"}')
    assert (tmp_path / "run" / "notes.txt").read_text() == "{}"
    assert "kind" in (tmp_path / "run" / "report.html").read_text()


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_is_not(tmp_path):
    make_old(tmp_path / "run")
    script = (
        "import os, signal, sys; from pathlib import Path; from "
        "tregua.results.staging import staged\n"
        "with staged(Path('run'), True) as place:\n"
        "    (place / 'half').write_text('half'); print(place.name, "
        "flush=True); sys.stdin.read()\n"
    )
    using = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    name = using.stdout.readline().strip()
    with staged(tmp_path / "other", False):
        assert (tmp_path / name / "half").exists(), "a folder in use is left alone"
    using.kill()
    using.communicate()
    assert (tmp_path / name).exists()
    (tmp_path / "run").rename(tmp_path / ".run-0123abcd.tregua-old")
    (tmp_path / ".backup-20240101.old").mkdir()
    with staged(tmp_path / "third", False):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".backup-20240101.old",
        "other",
        "run",
        "third",
    ]
    assert (tmp_path / "run" / "old").exists(), "an old run set aside comes back"


def test_a_run_is_replaced_only_on_demand_and_other_things_never(tmp_path):
    make_old(tmp_path / "run")
    with pytest.raises(TreguaError, match="TR3101"), staged(tmp_path / "run", False):
        raise AssertionError("not reached")
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.txt").write_text("years of work")
    with pytest.raises(TreguaError, match="TR3101"), staged(tmp_path / "papers", True):
        raise AssertionError("not reached")
    assert (tmp_path / "papers" / "thesis.txt").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(TreguaError, match="TR3101"), staged(tmp_path / "file", True):
        raise AssertionError("not reached")


def test_a_folder_that_appears_meanwhile_is_not_overwritten(tmp_path):
    with pytest.raises(TreguaError, match="TR3101"), staged(tmp_path / "run", False) as place:
        (place / "manifest.json").write_text("{}")
        make_old(tmp_path / "run")
    assert (tmp_path / "run" / "old").exists()


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TreguaError, match="TR3102"), staged(tmp_path / "file" / "run", False):
        raise AssertionError("not reached")
    with pytest.raises(TreguaError, match="TR3102"), staged(tmp_path / "run", False):
        raise OSError(28, "No space left on device")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_checkpoint_round_trip(tmp_path):
    checkpoint = Checkpoint(tmp_path / "kept")
    assert len(checkpoint) == 0 and 0 not in checkpoint
    chunk = {"series.conflict.killed": np.arange(6).reshape(2, 3), "status": np.zeros(2, np.int32)}
    checkpoint[3] = chunk
    again = Checkpoint(tmp_path / "kept")
    assert list(again) == [3]
    assert all(
        np.array_equal(again[3][name], x) and again[3][name].dtype == x.dtype
        for name, x in chunk.items()
    )
    assert [path.name for path in again.folder.iterdir()] == ["chunk-00003.npz"]
    del again[3]
    assert 3 not in again
    again.discard()
    again.discard()
    assert not (tmp_path / "kept").exists()


def test_chunks_that_were_swapped_or_changed_count_as_absent(tmp_path):
    checkpoint = Checkpoint(tmp_path / ".unfinished-1")
    for number in (0, 1, 2):
        checkpoint[number] = {"weeks": np.full((3, 2), float(number)), "name": np.array("é")}
    first, second, third = (checkpoint.folder / f"chunk-{i:05d}.npz" for i in range(3))
    with np.load(third) as stored:
        np.savez(third, **{**stored, "weeks": stored["weeks"] + 1})
    assert list(checkpoint) == [0, 1]
    first.rename(tmp_path / "aside")
    second.rename(first)
    (tmp_path / "aside").rename(second)
    assert list(checkpoint) == []
    # Nor is a chunk of another run one of this.
    other = Checkpoint(tmp_path / ".unfinished-2")
    other[0] = {"weeks": np.zeros(0)}
    assert other[0].keys() == {"weeks"}
    os.replace(other.folder / first.name, first)
    assert 0 not in checkpoint


def test_damaged_chunks_count_as_absent(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    for number in range(3):
        checkpoint[number] = {"x": np.arange(1000)}
    whole = (tmp_path / "chunk-00000.npz").read_bytes()
    (tmp_path / "chunk-00000.npz").write_bytes(whole[:500])
    (tmp_path / "chunk-00001.npz").write_bytes(whole[:300] + b"\x00\x01\x02" + whole[303:])
    (tmp_path / "chunk-00004.npz").write_bytes(b"")
    assert list(checkpoint) == [2]


def test_the_latest_chunks_are_written_down_only_when_others_follow_or_when_asked(tmp_path):
    latest = Latest(Checkpoint(tmp_path / "kept"), 2)
    chunks = {number: {"x": np.full(3, number)} for number in range(3)}
    for number in (0, 1):
        latest[number] = chunks[number]
    assert not (tmp_path / "kept").exists() and list(latest) == [0, 1] and latest[1] is chunks[1]
    latest[2] = chunks[2]
    assert list(Checkpoint(tmp_path / "kept")) == [0] and list(latest) == [0, 1, 2]
    assert np.array_equal(latest[0]["x"], chunks[0]["x"])
    latest.settle()
    again = Checkpoint(tmp_path / "kept")
    assert list(again) == [0, 1, 2] and all(
        np.array_equal(again[n]["x"], chunks[n]["x"]) for n in chunks
    )
    latest[3] = chunks[0]
    del latest[3], latest[1]
    assert list(latest) == [0, 2] and 3 not in latest
    latest[3] = chunks[0]
    latest.discard()
    assert len(latest) == 0 and not (tmp_path / "kept").exists()


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    scenario, checkpoint = Scenario(Model.size_2023(), weeks=20), Checkpoint(tmp_path)
    whole = simulate(scenario, replicates=70, seed=3, kept=checkpoint)
    del checkpoint[1]
    blocks = []
    again = simulate(
        scenario,
        replicates=70,
        seed=3,
        kept=Checkpoint(tmp_path),
        progress=lambda done, all_: blocks.append(all_),
    )
    assert blocks == [1], "one chunk of two is run again"
    assert all(np.array_equal(again.series[name], x) for name, x in whole.series.items())


def test_a_checkpoint_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TreguaError, match="TR3102"):
        Checkpoint(tmp_path / "file")[0] = {"x": np.arange(3)}


def test_the_hash_is_the_same_in_another_process():
    plan = make_plan(SCENARIO, replicates=8, seed=3)
    code = """
from tregua import Model, Scenario, begin
begin(cores=1, float64=True, cache=False)  # one worker, where this process has two
from tregua.engine.plan import make_plan
from tregua.results.provenance import inputs_hash
scenario = Scenario(Model.size_2023(), weeks=104, name="another name")
print(inputs_hash(scenario, make_plan(scenario, replicates=8, seed=3)))
"""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()
    assert other == inputs_hash(SCENARIO, plan)
    assert unfinished_folder(Path("runs"), other) == Path("runs") / f".unfinished-{other[:12]}"


def test_the_hash_changes_with_everything_that_changes_numbers():
    plan = make_plan(SCENARIO, replicates=8, seed=3)
    scenarios = [
        SCENARIO.with_values({"recruitment.rate": 0.002}),
        SCENARIO.with_policy(HALF),
        SCENARIO.with_policy(Policy.scale("recruitment.rate", 0.5, from_="2012-08")),
        Scenario(Model.size_2023(), weeks=105),
        Scenario(Model.size_2023(), weeks=104, start="2013", stocks="as of 2012-01-01"),
        Scenario(Model.size_2023() - "conflict", weeks=104),
    ]
    plans = [
        make_plan(SCENARIO, **{"replicates": 8, "seed": 3, **x})
        for x in ({"seed": 4}, {"replicates": 9}, {"dt": 0.5}, {"solver": "exact"})
    ]
    draws = {"recruitment.rate": np.linspace(0.002, 0.003, 8)}
    hashes = {inputs_hash(SCENARIO, plan), inputs_hash(SCENARIO, plan, draws)}
    hashes |= {inputs_hash(scenario, plan) for scenario in scenarios} | {
        inputs_hash(SCENARIO, other) for other in plans
    }
    assert len(hashes) == 2 + len(scenarios) + len(plans)
    # A value that is given and equals the default is the same input.
    assert inputs_hash(SCENARIO.with_values({"arrests.effort": 110.0}), plan) == inputs_hash(
        SCENARIO, plan
    )
    assert inputs_hash(SCENARIO.with_policy(HALF.named("other", "Other")), plan) == inputs_hash(
        SCENARIO.with_policy(HALF), plan
    )


def test_inputs_are_plain_values():
    json.dumps(describe_inputs(SCENARIO, make_plan(SCENARIO)), allow_nan=False)


def test_manifest(run_folder):
    folder, _ = run_folder
    manifest = read_manifest(folder)
    assert manifest["kind"] == "run" and manifest["versions"]["tregua"] == tregua.__version__
    assert (
        manifest["seed"] == 3
        and manifest["replicates"] == 8
        and manifest["command"] == "tregua run small.toml --seed 3"
    )
    assert manifest["inputs_sha256"] == inputs_hash(
        SCENARIO, make_plan(SCENARIO, replicates=8, seed=3)
    )
    parameters = {record["name"]: record for record in manifest["parameters"]}
    assert (
        parameters["arrests.effort"]["layer"] == "mechanism default"
        and parameters["arrests.effort"]["unit"] == "person/week"
    )
    assert all(
        record["evidence"] and record["evidence"][0]["stance"] for record in parameters.values()
    )
    assert all(
        len(table["sha256"]) == 64 and table["source"] for table in manifest["data"]["tables"]
    )


def test_nothing_of_this_machine_is_written(run_folder, comparison_folder):
    here = [
        str(Path.home()),
        str(Path(tregua.__file__).parent),
        os.uname().nodename,
        "/somebody",
        str(run_folder[0].parent),
    ]
    for folder in (run_folder[0], comparison_folder[0]):
        for path in folder.rglob("*"):
            if path.suffix in (".json", ".txt", ".html", ".csv", ".svg"):
                text = path.read_text(encoding="utf-8")
                assert not [word for word in here if len(word) > 3 and word in text], path.name


def test_no_run_folder(tmp_path):
    with pytest.raises(TreguaError, match="TR3103"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[1")
    with pytest.raises(TreguaError, match="TR3103"):
        read_manifest(tmp_path)


def test_parquet_equals_csv_and_every_column_is_explained(run_folder, comparison_folder):
    for folder in (run_folder[0], comparison_folder[0]):
        explained = (folder / "README.txt").read_text(encoding="utf-8")
        names = {path.stem for path in (folder / "tables").iterdir()}
        assert {"yearly_bands", "weekly_bands", "parameters"} <= names
        for name in names:
            parquet = pandas.read_parquet(folder / "tables" / f"{name}.parquet")
            dates = ["date"] if "date" in parquet else None
            csv = pandas.read_csv(
                folder / "tables" / f"{name}.csv",
                keep_default_na=False,
                na_values=[""],
                parse_dates=dates,
                float_precision="round_trip",
            )
            text = parquet.select_dtypes(exclude=["number", "datetime"]).columns
            csv[text] = csv[text].astype(object).fillna("").astype(parquet[text].dtypes)
            pandas.testing.assert_frame_equal(parquet, csv, check_dtype=False, check_exact=True)
            section = explained.split(f"tables/{name}.csv")[1].split("\ntables/")[0]
            assert not [column for column in parquet if column not in section], name


def test_arrays_open_with_units(run_folder):
    folder, trajectories = run_folder
    with xarray.open_dataset(folder / "arrays.nc", engine="h5netcdf") as arrays:
        assert all(
            "units" in variable.attrs and "long_name" in variable.attrs
            for variable in arrays.data_vars.values()
        )
        assert arrays["members"].dims == ("replicate", "week", "territory")
        assert arrays["conflict_killed_in_block"].dims == (
            "replicate",
            "block",
            "territory",
            "group",
        )
        assert np.array_equal(arrays["conflict_killed"], trajectories.series["conflict.killed"])
        assert np.array_equal(arrays["members_at_snapshot"], trajectories.snapshots["members"])
        assert (
            str(arrays["week_date"].values[0])[:10] == "2012-01-01"
            and arrays["step"].values[0] == 1.0
        )
        assert arrays["group"].values[0] == trajectories.scenario.data.space.labels("group")[0]
        assert (
            arrays["parameter_arrests_effort"].item() == 110.0
            and arrays["parameter_arrests_effort"].attrs["units"] == "person/week"
        )
        assert arrays["covariate_rivalry"].dims == ("group", "other_group")
        assert arrays.attrs["seed"] == 3


def test_arrays_of_draws():
    draws = {"recruitment.rate": np.linspace(0.002, 0.003, 4)}
    trajectories = simulate(SCENARIO, "mean-field", draws=draws)
    from tregua.engine.trajectories import to_xarray

    rate = to_xarray(trajectories, draws)["parameter_recruitment_rate"]
    assert rate.dims == ("draw",), "the same in all territories"
    assert trajectories.to_xarray()["members"].shape == (4, 105, 1)


def test_comparison_folder(comparison_folder):
    folder, _ = comparison_folder
    names = {path.name for path in folder.iterdir()}
    assert {
        "manifest.json",
        "report.html",
        "README.txt",
        "arrays-small.nc",
        "arrays-half.nc",
        "arrays-none.nc",
    } <= names
    differences = pandas.read_parquet(folder / "tables" / "differences.parquet")
    assert (differences.loc[differences["policy"] == "none", "difference"] == 0.0).all()
    manifest = read_manifest(folder)
    assert [scenario["name"] for scenario in manifest["scenarios"]] == ["small", "half", "none"]
    assert manifest["inputs_sha256"] == joint_digest(
        [scenario["inputs_sha256"] for scenario in manifest["scenarios"]]
    )
    assert f"inputs {manifest['inputs_sha256'][:8]}" in (
        folder / "figures" / "effects.svg"
    ).read_text(encoding="utf-8")
    assert manifest["scenarios"][1]["policies"][0]["modifiers"][0]["start"] == "2012-07-01"


def test_the_same_seed_gives_the_same_files(run_folder, tmp_path):
    folder, _ = run_folder
    with staged(tmp_path / "run", False) as place:
        write_run(place, simulate(SCENARIO, replicates=8, seed=3), "tregua run again", 9.0)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("manifest.json", "report.html"):
            assert (
                path.read_bytes() == (tmp_path / "run" / path.relative_to(folder)).read_bytes()
            ), path.name


def test_slugs_are_file_names_and_differ():
    assert slugs(["recruitment.rate x 0.5", "recruitment.rate x 0,5", "¿?"]) == [
        "recruitment-rate-x-0-5",
        "recruitment-rate-x-0-5-2",
        "scenario",
    ]
