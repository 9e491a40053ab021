"""What `tregua check` shows is what a run would use, posterior and all."""

import json

import numpy as np

from tregua.cli import run_command
from tregua.scenarios.scenario import without_places
from tregua.scenarios.toml import load_scenario


def checked(capsys, source="mexico"):
    assert run_command(["check", source, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_check_shows_the_draws_that_a_run_takes(capsys):
    shown, read = checked(capsys), load_scenario()
    base = read.scenario.compile(read.draws).base
    assert set(base) == set(shown["values"])
    for name, value in shown["values"].items():
        # One number stands for all places where they have the same.
        there = without_places(base[name], read.scenario.model.parameters[name].axes)
        cells = there.reshape(len(base[name]), -1)
        assert np.allclose(value["value"], np.median(cells, axis=0)), name
        if value["layer"] == "posterior draw":
            assert np.allclose(value["low_90"], np.quantile(cells, 0.05, axis=0)), name
            assert np.allclose(value["high_90"], np.quantile(cells, 0.95, axis=0)), name
    lethality = shown["values"]["conflict.lethality"]
    assert lethality["layer"] == "posterior draw"
    # the value of the data set, 1.1e-07, which no run of this scenario uses
    assert lethality["high_90"][0] < 1.1e-07


def test_check_names_the_posterior(capsys):
    read = load_scenario()
    assert checked(capsys)["posterior"] == read.posterior.identity
    assert run_command(["check"]) == 0
    text = capsys.readouterr().out
    assert f"Posterior: mexico, {read.posterior.size} draws" in text
    assert "nine in ten draws" in text


def test_check_without_a_posterior_shows_single_values(capsys):
    shown = checked(capsys, "size-2023")
    assert shown["posterior"] is None
    assert shown["values"]["founding.members_at_start"] == {
        "value": [115000.0],
        "low_90": None,
        "high_90": None,
        "unit": "person",
        "layer": "mechanism default",
    }
    assert run_command(["check", "size-2023"]) == 0
    text = capsys.readouterr().out
    assert "draws" not in text


def test_a_value_of_the_file_wins_over_the_draws(capsys, tmp_path):
    given = '[values]\n"conflict.lethality" = "2e-8 / (person week)"'
    file = tmp_path / "mine.toml"
    file.write_text(load_scenario().text.replace("[values]", given, 1), encoding="utf-8")
    value = checked(capsys, str(file))["values"]["conflict.lethality"]
    assert value == {
        "value": [2e-8],
        "low_90": None,
        "high_90": None,
        "unit": "1/(person*week)",
        "layer": "scenario",
    }
