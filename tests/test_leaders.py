"""Captures of the record: each happens once, on its day, with the shock of any leader, whatever the
solver and the length of a step.
"""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from toys import Populated, scenario, world
from tregua.engine.run import simulate
from tregua.mechanisms.leaders import Leaders
from tregua.model.model import Model

MODEL = Model((Populated(), Leaders()))
START, NEVER, SHOCK = dt.date(2012, 1, 1).toordinal(), 1e9, 0.6
QUIET = {
    "leaders.removals": 0.0,
    "leaders.fragility": 0.0,
    "leaders.shock": SHOCK,
    "leaders.recovery": 1000.0,
}
"""Nothing but captures happens, and command hardly comes back."""


def captured(days, heads=(0.0, 1.0), weeks=30, **settings):
    """Four groups in two places. The first capture takes the leader of group 1 in place 0, the
    second the leader of group 2 in place 1.
    """
    data = world(MODEL)
    wing = np.zeros((2, 2, 4))
    wing[0, 0, 1] = wing[1, 1, 2] = 1.0
    nobody = {n: np.zeros_like(data.covariates[n]) for n in ("parent", "spare")}
    nobody |= {"founded": np.full(4, NEVER)}
    known = {
        "captured_on": np.array(days, float),
        "captured_wing": wing,
        "captured_head": np.array(heads),
    }
    data = dataclasses.replace(data, covariates={**data.covariates, **nobody, **known})
    return scenario(MODEL, weeks, data=data, values=QUIET, **settings)


@pytest.mark.parametrize(("after", "step"), [(70, 10), (73, 11), (76, 11), (0, 0)])
def test_a_capture_happens_in_the_first_step_that_begins_after_its_day(after, step):
    happened = simulate(captured([START + after, NEVER]), replicates=2).series["leaders.captured"]
    assert happened.argmax(axis=1).tolist() == [step] * 2 and happened.sum() == 2.0


@pytest.mark.parametrize("dt_", [1.0, 0.25])
@pytest.mark.parametrize("solver", ["tau-leap", "mean-field", "rk4"])
def test_a_capture_happens_once_in_the_week_of_its_day_and_is_felt_where_it_must_be(solver, dt_):
    run = simulate(captured([START + 70, START + 140]), solver, replicates=3, dt=dt_, block_weeks=1)
    happened = run.series["leaders.captured"]
    expected = np.zeros(happened.shape)
    expected[:, [round(10 / dt_), round(20 / dt_)]] = 1.0  # By step: the first of the week.
    np.testing.assert_allclose(happened, expected, atol=1e-9)
    # Command comes back by 1/1000 a week of what is missing: 2 % of it at most in twenty weeks.
    before, first, both = (run.snapshot("cohesion", week)[0] for week in (10, 11, 21))
    assert before == pytest.approx(np.ones((2, 4)))
    expected = np.ones((2, 4))
    expected[0, 1] = 1.0 - SHOCK
    assert first == pytest.approx(expected, abs=0.002)
    # The second led a whole group, which is shaken in both places, once in each.
    expected[:, 2] = 1.0 - SHOCK
    assert both == pytest.approx(expected, abs=0.02)


def test_captures_before_the_start_or_never_change_nothing():
    """To the last bit what runs without captures are, where random removals and splits go on."""
    busy = {"leaders.removals": 0.5, "leaders.fragility": 0.1}
    runs = [
        simulate(captured(days).with_values(busy), replicates=20)
        for days in ([START - 60, START - 3], [NEVER, NEVER])
    ]
    assert runs[0].total("leaders.captured").sum() == 0.0
    assert runs[0].total("leaders.removed").sum() > 0.0
    for name, series in runs[1].series.items():
        np.testing.assert_array_equal(runs[0].series[name], series, err_msg=name)


def test_a_capture_moves_no_random_number_of_what_else_happens():
    """Pairs of runs differ by what follows from a capture, and not by their luck:
    removals at the same hazard are the same.
    """
    with_, without = (
        simulate(captured(days).with_values({"leaders.removals": 0.5}), replicates=20)
        for days in ([START + 70, START + 77], [NEVER, NEVER])
    )
    np.testing.assert_array_equal(
        with_.series["leaders.removed"], without.series["leaders.removed"]
    )


def test_two_captures_of_one_wing_in_a_step_shake_it_no_more_than_one():
    data = captured([START + 70, START + 70], heads=(0.0, 0.0))
    wing = data.data.covariates["captured_wing"].copy()
    wing[1] = wing[0]
    both = dataclasses.replace(
        data,
        data=dataclasses.replace(
            data.data, covariates={**data.data.covariates, "captured_wing": wing}
        ),
    )
    run = simulate(both, replicates=2, block_weeks=1)
    assert run.snapshot("cohesion", 11)[:, 0, 1] == pytest.approx(
        np.full(2, 1.0 - SHOCK), abs=0.002
    )
