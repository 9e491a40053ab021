"""The table of what each mechanism changes, on a small model."""

from __future__ import annotations

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pytest

import tregua
from tregua.cli import run_command
from tregua.errors import TreguaError
from tregua.model.model import Model
from tregua.scenarios.policy import Modifier, Policy
from tregua.scenarios.posterior import StoredPosterior
from tregua.scenarios.scenario import Scenario
from tregua.studies.ablation import ablate, deaths, shortened, without

pytestmark = pytest.mark.slow

VALUES = {"arrests.effort": 400.0}


@pytest.fixture(scope="module")
def scenario():
    both = Policy(
        "both",
        (Modifier("arrests.effort", "scale", 2.0), Modifier("recruitment.rate", "scale", 0.9)),
    )
    late = Policy.scale("saturation.crowding", 2.0, from_="2030", name="late")
    return Scenario(
        Model.size_2023(), "2012-01-01", 1200, "groups-2020", VALUES, policies=(both, late)
    )


@pytest.fixture(scope="module")
def table(scenario):
    return ablate(scenario, ["arrests", "conflict"], replicates=20, seed=4, weeks=104)


def cell(table, mechanism: str, outcome: str = "killed"):
    return table[(table["mechanism"] == mechanism) & (table["outcome"] == outcome)].iloc[0]


def test_without_conflict_nobody_is_killed(table):
    assert set(table["mechanism"]) == {"arrests", "conflict"}
    row = cell(table, "conflict", "members_killed")
    assert row["without"] == 0.0 and row["relative"] == -1.0 and row["whole"] > 1000.0
    assert np.all(table[table["outcome"] == "civilians_in_group_violence"]["whole"] == 0.0), (
        "no mechanism of this model kills civilians"
    )


def test_without_arrests_there_are_more_members_and_more_are_killed_in_every_pair(table):
    # Two years without about 800 arrests a week of 115,000 members;
    # the 90 % range over pairs lies above zero because chance is shared.
    row = cell(table, "arrests")
    assert row["difference_low_90"] > 0.0 and row["difference"] > 20.0 * row["standard_error"]


def test_the_table_is_what_two_runs_by_hand_give(table, scenario):
    short = shortened(scenario, 104)[0]
    fewer = dataclasses.replace(
        short,
        model=short.model - "arrests",
        values={},
        policies=(Policy.scale("recruitment.rate", 0.9, name="both"),),
    )
    runs = [tregua.simulate(one, replicates=20, seed=4) for one in (short, fewer)]
    before, after = (run.total("conflict.killed").sum(axis=1) for run in runs)
    row = cell(table, "arrests")
    assert (row["whole"], row["without"]) == (before.mean(), after.mean())
    assert row["standard_error"] == pytest.approx(np.std(after - before, ddof=1) / np.sqrt(20))
    assert np.array_equal(deaths(runs[0], ()), before)


def test_each_pair_has_one_draw_of_the_parameters(scenario):
    """The model without a mechanism takes the draws of what it has, and the table is that of two
    runs by hand with the same draws.
    """
    plain = dataclasses.replace(scenario, values={}, policies=())
    draws = {
        "recruitment.rate": np.array([0.002, 0.004]),
        "arrests.effort": np.array([200.0, 400.0]),
    }
    table = ablate(
        plain,
        ["arrests"],
        replicates=4,
        seed=4,
        weeks=52,
        posterior=StoredPosterior("two", draws, {}, np.zeros((2, 1)), {}, "", {}),
    )
    short = shortened(plain, 52)[0]
    recruitment = {"recruitment.rate": draws["recruitment.rate"]}
    before = (
        tregua.simulate(short, replicates=4, seed=4, draws=draws)
        .total("conflict.killed")
        .sum(axis=1)
    )
    after = (
        tregua.simulate(without(short, "arrests")[0], replicates=4, seed=4, draws=recruitment)
        .total("conflict.killed")
        .sum(axis=1)
    )
    row = cell(table, "arrests")
    assert (row["whole"], row["without"]) == (before.mean(), after.mean())
    held = cell(ablate(plain, ["arrests"], replicates=4, seed=4, weeks=52), "arrests")
    assert row["difference_high_90"] - row["difference_low_90"] > 3.0 * (
        held["difference_high_90"] - held["difference_low_90"]
    )


def test_changes_of_policies_that_cannot_be_kept_are_left_out_and_told(table, scenario):
    assert cell(table, "arrests")["dropped"] == "scale arrests.effort by 2"
    assert cell(table, "conflict")["dropped"] == ""
    short, late = shortened(scenario, 104)
    assert late == ("scale saturation.crowding by 2 from 2030-01-01",) and [
        policy.name for policy in short.policies
    ] == ["both"]
    fewer, _ = without(short, "arrests")
    assert "arrests.effort" not in fewer.values and [
        change.target for policy in fewer.policies for change in policy.modifiers
    ] == ["recruitment.rate"]


def test_a_mechanism_that_is_not_there_is_refused(scenario):
    with pytest.raises(TreguaError, match="TR2106"):
        ablate(scenario, ["vigilantes"], weeks=52)


def test_what_leaves_nobody_is_refused_before_any_work_and_skipped_where_all_are_asked_for(
    scenario, monkeypatch
):
    monkeypatch.setattr(
        "tregua.studies.ablation.simulate",
        lambda *_, **__: pytest.fail("refused before anything is computed"),
    )
    with pytest.raises(TreguaError, match="TR2207"):
        ablate(scenario, ["arrests", "founding"], weeks=52)
    asked = []
    monkeypatch.setattr(
        "tregua.studies.ablation.simulate",
        lambda one, *_, **__: (
            asked.append(one) or SimpleNamespace(scenario=one, plan=SimpleNamespace(replicates=1))
        ),
    )
    monkeypatch.setattr("tregua.studies.ablation.deaths", lambda run, victims: np.zeros(1))
    ablate(scenario, weeks=52)
    assert [one.label for one in asked[1:]] == [
        "without recruitment",
        "without arrests",
        "without conflict",
        "without saturation",
    ]


def test_the_command_says_how_far_pairs_differ_and_what_the_difference_holds(capsys):
    assert (
        run_command(
            [
                "ablate",
                "size-2023",
                "--mechanism",
                "conflict",
                "--replicates",
                "2",
                "--weeks",
                "26",
                "--quiet",
            ]
        )
        == 0
    )
    text = " ".join(capsys.readouterr().out.split())
    assert re.search(r"conflict 0 ± 0 \(–\) −[\d,]+ ± [\d.]+ \(−100 %\)", text)
    assert re.search(r"−[\d,]+ to −[\d,]+", text)
    assert "nine in ten pairs (chance only: every parameter is held at one value)" in text
