"""Levels stay real numbers, and a step follows their rates, or a run is refused."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import toys
import tregua
from tregua.engine.plan import make_plan
from tregua.engine.run import check_status
from tregua.engine.solvers import solver_named
from tregua.engine.speeds import check_speeds
from tregua.engine.state import BAD_LEVEL, State, status_of
from tregua.errors import TreguaError
from tregua.model.declarations import NONNEGATIVE, Drift, Evidence, Level, LogNormal, Parameter
from tregua.model.mechanism import Mechanism
from tregua.model.model import Model
from tregua.scenarios.policy import Policy
from tregua.scenarios.toml import load_scenario

HEAT = Level("heat", ("territory",), "1", "a number that follows one", 5.0)


class Follower(Mechanism):
    """A level that follows one at a rate."""

    name = "follower"
    needs = (HEAT,)
    parameters = (
        Parameter(
            "speed",
            0.1,
            "1/week",
            LogNormal(0.1, 0.5),
            NONNEGATIVE,
            "how fast it follows",
            (Evidence("us", "assumed"),),
        ),
    )

    def drifts(self):
        return (Drift("heat", lambda v: v.speed * (1.0 - v.heat), "it follows"),)


def scenario(speed: float) -> tregua.Scenario:
    model = Model.size_2023() + Follower()
    return toys.scenario(model, weeks=8, values={"follower.speed": speed})


@pytest.mark.parametrize(
    ("speed", "solver", "fits"),
    [
        (0.9, "tau-leap", True),
        (1.1, "tau-leap", False),
        (2.1, "mean-field", False),
        (2.1, "rk4", True),
        (2.9, "rk4", False),
    ],
)
def test_a_rate_that_the_step_cannot_follow_is_refused(speed, solver, fits):
    if fits:
        make_plan(scenario(speed), solver)
        return
    with pytest.raises(TreguaError, match="TR2203") as caught:
        make_plan(scenario(speed), solver)
    assert "follower.speed" in caught.value.what and "'heat'" in caught.value.details["found"]
    make_plan(scenario(speed), solver, dt=0.25)


def test_a_policy_is_held_to_the_same(monkeypatch):
    base = scenario(0.1)
    fast = base.with_policy(Policy.scale("follower.speed", 11.0, from_=base.date(4), name="fast"))
    for check in (
        lambda: make_plan(fast),
        lambda: tregua.Study(base, fast.policies, replicates=2).run(),
    ):
        with pytest.raises(TreguaError, match="TR2203"):
            check()


@pytest.mark.nightly
def test_rates_of_a_drift_that_do_not_pull_are_not_speeds():
    file = load_scenario()
    scenario = file.scenario.with_values({"trade.searches": 30.0})
    check_speeds(scenario, solver_named("tau-leap"), 1.0, file.draws)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_level_that_is_no_number_is_a_refusal(wrong):
    heat = np.ones((3, 2))
    heat[1, 1] = wrong
    state = State(
        {"members": np.ones((3, 4), int)}, {"heat": jnp.asarray(heat)}, np.array([0, 2, 0])
    )
    assert status_of(state).tolist() == [0, 2 | BAD_LEVEL, 0]
    with pytest.raises(TreguaError, match="TR2301") as caught:
        check_status(status_of(state))
    assert "a level was not a number" in caught.value.details["found"]


def test_a_run_whose_level_leaves_the_numbers_ends_as_a_refusal():
    class Runaway(Follower):
        """A level that grows beyond all numbers."""

        def drifts(self):
            return (Drift("heat", lambda v: 1e6 * v.heat * v.heat, "it explodes"),)

    model = Model((toys.Populated(), Runaway()))
    with pytest.raises(TreguaError, match="TR2301"):
        tregua.simulate(toys.scenario(model, weeks=52), "mean-field")
