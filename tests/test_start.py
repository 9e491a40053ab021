"""A run starts on the day of its data, or its author says that the stocks are older."""

from __future__ import annotations

import numpy as np
import pytest

import tregua
from tregua.cli import run_command
from tregua.countries.registry import data_names, load
from tregua.engine.plan import make_plan
from tregua.engine.trajectories import Trajectories
from tregua.errors import TreguaError
from tregua.model.model import Model
from tregua.reporting.caveats import LIMITS, limits
from tregua.reporting.html import readme
from tregua.results.provenance import make_manifest
from tregua.scenarios.reading import _registered
from tregua.scenarios.schema import parse
from tregua.scenarios.toml import load_scenario

SCENARIO = """
[scenario]
name = "s"
data = "groups-2020"
mechanisms = ["founding", "recruitment", "arrests", "conflict", "saturation"]
start = {start}
length = "8 week"
{stocks}
[run]
replicates = 2
"""
LINE = 'stocks = "as of 2012-01-01"'


def file(tmp_path, start: str, stocks: str = "") -> str:
    path = tmp_path / "s.toml"
    path.write_text(SCENARIO.format(start=start, stocks=stocks), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("start", "stocks"),
    [
        ("2025-01-01", ""),
        ("2012-01-02", ""),
        ("1999-01-01", ""),
        ("1999-01-01", LINE),
        ("3025-01-01", LINE),
        ("2025-01-01", 'stocks = "as of 2007-01-01"'),
        ("2025-01-01", 'stocks = "old"'),
        ("2012-01-01", 'stocks = "as of 2011-01-01"'),
    ],
)
def test_a_start_of_which_the_data_know_nothing_is_refused(tmp_path, start, stocks):
    with pytest.raises(TreguaError, match="TR1308") as caught:
        load_scenario(file(tmp_path, start, stocks))
    told = caught.value.details
    assert "s.toml, key scenario.start" in told["where"] and start in told["found"]
    assert "start on 2012-01-01" in told["do"]
    assert (LINE in told["do"]) == (start in ("2025-01-01", "2012-01-02", "2012-01-01"))


def test_who_means_the_old_stocks_says_so_and_every_reader_is_told(tmp_path, capsys):
    source = file(tmp_path, "2025-01-01", LINE)
    assert run_command(["check", source]) == 0
    assert "are those of 2012-01-01" in capsys.readouterr().out
    scenario = load_scenario(source).scenario
    run = Trajectories(scenario, make_plan(scenario), {}, {}, {}, np.zeros(200, np.int32))
    manifest = make_manifest("run", (run,), "tregua run", 0.0)
    assert "are those of 2012-01-01" in readme(manifest, {})
    assert LIMITS["older stocks"] in limits(run, manifest)


def test_python_is_asked_the_same():
    model = Model.size_2023()
    with pytest.raises(TreguaError, match="TR1308"):
        tregua.Scenario(model, start="2025-01-01", weeks=4)
    later = tregua.Scenario(model, start="2025-01-01", weeks=4, stocks="as of 2012-01-01")
    assert later.with_policy(tregua.Policy("p")).start_note


def test_shipped_scenarios_start_on_the_day_of_their_data():
    assert all(load(name).start for name in data_names())
    for file in _registered().values():
        told = parse(file.read_text(encoding="utf-8"), file.name).scenario
        assert str(told.start) == load(told.data).start and not told.stocks
