"""Effects beside published ones: their arithmetic, and their signs on a few states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tregua.mechanisms.arrests import Arrests
from tregua.mechanisms.civilians import Civilians
from tregua.mechanisms.conflict import Conflict
from tregua.mechanisms.founding import Founding
from tregua.mechanisms.leaders import Leaders
from tregua.mechanisms.recruitment import Recruitment
from tregua.mechanisms.trade import Trade
from tregua.mechanisms.troops import Troops
from tregua.model.model import Model
from tregua.scenarios.posterior import load_posterior
from tregua.studies.reproductions import contraband, leader_removals, paired_runs
from tregua.studies.reproductions import emergent_effects as effects
from tregua.studies.reproductions.charts_effects import effects_picture, states_table
from tregua.studies.reproductions.published import load
from tregua.studies.reproductions.rows import Steps

pytestmark = pytest.mark.slow

SMALL = Model(
    (Founding(), Recruitment(), Arrests(), Conflict(), Civilians(), Leaders(), Trade(), Troops())
)
"""What the signs need; the whole model is for the long test."""


@pytest.fixture(scope="module")
def runner():
    return paired_runs.Runner(load(paired_runs.NAME), SMALL, {}, 40, Steps(None, 0))


@pytest.fixture(scope="module")
def base(runner):
    return runner(runner.published.run["weeks"])


def test_a_relative_change_and_its_error():
    rng = np.random.default_rng(0)
    base = rng.poisson(100.0, 4000).astype(float)
    change, error = paired_runs.relative(0.3 * base + rng.normal(0.0, 5.0, 4000), base)
    # 5 / 100 / sqrt(4000) = 0.079 %.
    assert change == pytest.approx(30.0, abs=5 * 0.079) and error == pytest.approx(0.079, rel=0.05)


def test_a_pulse_removes_about_one_leader_and_nothing_moves_before_it(runner, base):
    run, state = runner.published.run, "Michoacán"
    place, week = paired_runs.place_of(base, state), run["week"]
    hit = runner(week + 4, leader_removals.pulse(runner, base, state))
    for name in ("conflict.killed", "leaders.removed"):
        assert np.array_equal(hit.series[name][:, :week], base.series[name][:, :week])
    removed = hit.series["leaders.removed"][:, week]
    others = np.arange(removed.shape[1]) != place
    assert np.array_equal(removed[:, others], base.series["leaders.removed"][:, week][:, others])
    # One is expected over the wings of the state, each of which falls once at most;
    # mean over 40 replicates, standard error 0.15.
    assert 0.3 < removed[:, place].mean() < 1.5


def test_a_removal_raises_killings_in_its_place_and_less_elsewhere(runner, base):
    effect = leader_removals.numbers_of_removals(
        [leader_removals.removals(runner, base, state) for state in ("Michoacán", "Coahuila")]
    )
    assert effect["removals"] > 15.0
    assert effect["place.mean"] > 3.0 * effect["place.error"] > 0.0
    assert effect["order"] > 0.0 and effect["elsewhere.mean"] > 0.0


def test_more_searches_seize_more_in_all_less_each_time_and_leave_no_fewer_active_places(
    runner, base
):
    found = contraband.searches(runner, base)
    assert found["seized.mean"] > 0.0 > found["each.mean"] and found["active.mean"] >= 0.0
    assert all(found[f"{name}.share"] >= 90.0 for name in ("seized", "each", "active"))


def test_both_sets_of_values_are_told_and_judged_by_the_same_rows():
    published = load(paired_runs.NAME)
    numbers = {entry["key"]: 16.0 for entry in published.entries}
    fit = published.compare(numbers)
    hand = published.compare({**numbers, "place.mean": 36.5})
    told = effects.summary(fit, hand)
    assert "At the medians of the shipped fit 13 of 21" in told
    assert "at values set by hand 14 of 21" in told
    assert "+16 % in half a year, where +36.5 is published, and by +16 % in a year" in told
    assert "changed after results were seen" in told


def test_medians_of_the_fit_are_those_of_its_draws_and_fit_the_nation(runner):
    middle = effects.middle(runner.published.run["posterior"], SMALL)
    draws = load_posterior("mexico").parameters
    assert set(middle) == set(draws) & set(SMALL.parameters) and len(middle) > 40
    np.testing.assert_array_equal(middle["arrests.effort"], np.median(draws["arrests.effort"], 0))
    compiled = replace(runner, fitted=middle).scenario(52).compile()
    assert np.mean(compiled.base["conflict.lethality"]) == pytest.approx(
        np.median(draws["conflict.lethality"]), rel=1e-5
    )


@pytest.mark.nightly
def test_the_reproduction_gives_every_row_of_its_file_at_both_sets_of_values():
    report = effects.reproduce(effects_picture, states_table, replicates=50)
    rows = {row.key: row for row in report.rows}
    keys = {entry["key"] for entry in load(paired_runs.NAME).entries}
    assert set(rows) == keys | {effects.BY_HAND + key for key in keys}
    outside = {name for name, row in rows.items() if row.verdict == "OUTSIDE"}
    assert {"year.mean", "hand.year.mean"} <= outside and not report.passed
    assert report.pictures["effects"].alt and len(report.tables["states"]) == 20
