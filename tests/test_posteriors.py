"""Stored posteriors: what is read back, what is refused,
and that a scenario that names one runs with its draws.
"""

import json

import numpy as np
import pytest

from tregua.errors import TreguaError
from tregua.model.model import Model
from tregua.scenarios.posterior import load_posterior
from tregua.scenarios.toml import load_scenario

DRAWS = 3

FILE = """
[scenario]
name = "drawn"
data = "groups-2020"
start = 2012-01-01
length = "8 weeks"
posterior = {folder}

[run]
replicates = 4
"""


@pytest.fixture
def folder(tmp_path):
    """A posterior of three draws, of two parameters of the size model and one
    that it does not have.
    """
    place = tmp_path / "fit"
    place.mkdir()
    np.savez_compressed(
        place / "posterior.npz",
        **{
            "parameter/recruitment.rate": np.float32([0.001, 0.002, 0.003]),
            "parameter/arrests.effort": np.float32([[100.0], [110.0], [120.0]]),
            "parameter/vigilantes.onset": np.float32([1e-7, 2e-7, 3e-7]),
            "scatter/dispersion": np.float32([90.0, 100.0, 110.0]),
            "discrepancy": np.zeros((DRAWS, 1), np.float32),
        },
    )
    (place / "posterior.json").write_text(json.dumps({"kind": "fit"}), encoding="utf-8")
    return place


def test_what_is_stored_is_read_back(folder):
    posterior = load_posterior(str(folder))
    assert posterior.size == DRAWS
    assert posterior.record == {"kind": "fit"}
    np.testing.assert_allclose(
        posterior.parameters["recruitment.rate"], [0.001, 0.002, 0.003], rtol=1e-6
    )
    np.testing.assert_allclose(posterior.scatter["dispersion"], [90.0, 100.0, 110.0])
    assert len(posterior.digest) == 16


def test_a_model_takes_the_draws_of_its_own_parameters(folder):
    assert set(load_posterior(str(folder)).draws_for(Model.size_2023())) == {
        "recruitment.rate",
        "arrests.effort",
    }


def test_a_scenario_that_names_a_posterior_has_its_draws(folder, tmp_path):
    file = tmp_path / "drawn.toml"
    file.write_text(FILE.format(folder=json.dumps(str(folder))), encoding="utf-8")
    read = load_scenario(file)
    assert set(read.draws) == {"recruitment.rate", "arrests.effort"}
    base = read.scenario.compile(read.draws).base
    np.testing.assert_allclose(base["recruitment.rate"].ravel(), [0.001, 0.002, 0.003], rtol=1e-6)


def test_what_a_scenario_says_wins_over_draws(folder, tmp_path):
    file = tmp_path / "drawn.toml"
    file.write_text(
        FILE.format(folder=json.dumps(str(folder)))
        + '\n[values]\n"recruitment.rate" = "0.005 / week"\n',
        encoding="utf-8",
    )
    read = load_scenario(file)
    assert read.scenario.compile(read.draws).base["recruitment.rate"].ravel() == pytest.approx(
        [0.005]
    )


def test_a_posterior_that_is_not_there_is_refused_with_the_key(tmp_path):
    file = tmp_path / "drawn.toml"
    file.write_text(FILE.format(folder='"nowhere"'), encoding="utf-8")
    with pytest.raises(TreguaError) as refused:
        load_scenario(file)
    assert refused.value.code == "TR2902"
    assert "scenario.posterior" in refused.value.details["where"]


@pytest.mark.parametrize("spoiled", ["posterior.npz", "posterior.json"])
def test_a_spoiled_posterior_is_refused(folder, spoiled):
    (folder / spoiled).write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(TreguaError) as refused:
        load_posterior(str(folder))
    assert refused.value.code == "TR2903"


def test_a_posterior_without_its_discrepancies_is_refused(folder):
    np.savez_compressed(
        folder / "posterior.npz", **{"parameter/recruitment.rate": np.float32([0.001])}
    )
    with pytest.raises(TreguaError) as refused:
        load_posterior(str(folder))
    assert refused.value.code == "TR2903"


@pytest.mark.parametrize(
    ("solver", "told", "replicates"),
    [
        ("tau-leap", "Bands hold chance and what the draws", 4),
        ("mean-field", "without chance", DRAWS),
    ],
)
def test_a_run_with_draws_says_what_its_bands_hold(
    folder, tmp_path, capsys, solver, told, replicates
):
    """On the screen, in the report, in the plain text and in the record;
    without chance there is one replicate for each draw, and its range is shown.
    """
    from tregua.cli import run_command

    file, out = tmp_path / "drawn.toml", tmp_path / "run"
    late = '2012-12-26\nstocks = "as of 2012-01-01"'  # A whole year.
    text = FILE.replace("8 weeks", "60 weeks").replace("2012-01-01", late)
    file.write_text(text.format(folder=json.dumps(str(folder))), encoding="utf-8")
    assert run_command(["run", str(file), "--solver", solver, "--out", str(out)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "chance only" not in shown and " to " in shown
    assert told in shown
    record = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (record["replicates"], record["posterior_draws"], record["posterior"]["name"]) == (
        replicates,
        DRAWS,
        str(folder),
    )
    assert f"what {DRAWS} draws of the parameters leave open" in (out / "README.txt").read_text(
        encoding="utf-8"
    )
    assert "chance only" not in (out / "report.html").read_text(encoding="utf-8")
