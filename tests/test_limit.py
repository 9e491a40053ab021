"""The national model with one territory and all else switched off is the published size model, and
without any one mechanism it still runs.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import toys
from tregua.countries.dataset import Dataset
from tregua.countries.registry import load
from tregua.engine import run
from tregua.engine.random import Means
from tregua.engine.state import STATUS_TEXT, State
from tregua.model.declarations import DATE
from tregua.model.model import Model
from tregua.model.registry import registry
from tregua.model.space import Axis, Space
from tregua.scenarios.scenario import Scenario

pytestmark = pytest.mark.slow

OFF = {
    "leaders.removals": 0.0,
    "movement.party_share": 0.0,
    "prisons.inside": 0.0,
    "prisons.back": 0.0,
    "prisons.single": 0.0,
    "prisons.mass": 0.0,
    "troops.surge": 0.0,
    "vetting.joining": 0.0,
    "vigilantes.onset": 0.0,
}
"""Switches of all that could change the number of members; what has no switch here acts on members
only through these, or through data that are zero.
"""

FAR = 1e6
"""A day that never comes [day]."""


def one_territory() -> Dataset:
    """The 150 groups of the published model, in a place without police, prisoners, or rivals named
    beyond the published ties.
    """
    published, model = load("groups-2020"), Model.standard()
    sizes = {
        "corps": ("police",),
        "commodity": ("goods",),
        "route": ("way",),
        "capture": ("nobody",),
    }
    space = Space((*published.space.axes, *(Axis(name, labels) for name, labels in sizes.items())))
    others = {n: c for n, c in model.covariates.items() if n not in published.covariates}
    zeros = {
        n: np.full(space.shape(c.axes), FAR if c.unit == DATE else 0.0) for n, c in others.items()
    }
    ones = {
        n: np.ones(space.shape(model.covariates[n].axes))
        for n in ("presence", "passes", "length", "carries", "origin", "crossing")
    }
    return Dataset(
        "one territory",
        space,
        {**published.covariates, **zeros, **ones, "population": np.array([115e6])},
        published.values,
    )


@pytest.mark.parametrize("solver", ["mean-field", pytest.param("rk4", marks=pytest.mark.nightly)])
def test_the_whole_model_in_one_territory_with_the_rest_off_is_the_published_size_model(solver):
    weeks = 520
    whole = run.simulate(
        Scenario(Model.standard(), "2012-01-01", weeks, one_territory(), OFF), solver
    )
    published = run.simulate(
        Scenario(Model.size_2023(), "2012-01-01", weeks, "groups-2020"), solver
    )
    for week in (0, 52, weeks):
        ours, theirs = (x.snapshot("members", week)[0] for x in (whole, published))
        # The same equations by the same method in float64:
        # they may differ by the order of sums alone.
        assert np.allclose(ours, theirs, rtol=1e-9, atol=0.0), (
            week,
            np.abs(ours / theirs - 1.0).max(),
        )
    assert np.allclose(
        whole.total("conflict.killed"), published.total("conflict.killed"), rtol=1e-9, atol=0.0
    )
    # Not a comparison of nothing: the published run grows by half in ten years.
    assert published.at("members", weeks)[0] > 1.4 * published.at("members", 0)[0]


def test_a_switch_that_is_left_on_shows():
    whole, published = one_territory(), load("groups-2020")
    runs = [
        Scenario(Model.standard(), "2012-01-01", 52, whole, OFF | {"prisons.back": 0.5}),
        Scenario(Model.size_2023(), "2012-01-01", 52, published),
    ]
    ours, theirs = (
        run.simulate(scenario, "mean-field").snapshot("members", 52)[0].sum() for scenario in runs
    )
    assert abs(ours / theirs - 1.0) > 1e-4


@pytest.mark.parametrize("name", sorted(registry()))
def test_the_model_without_any_one_mechanism_runs(name):
    model = Model.standard() - name
    assert name not in {m.name for m in model.mechanisms}
    scenario = toys.scenario(model, weeks=52)
    plan, inputs, sizes = (
        run.make_plan(scenario, "mean-field"),
        scenario.compile(),
        scenario.data.space.sizes,
    )
    values = {
        **{n: jnp.asarray(x[0]) for n, x in inputs.base.items()},
        **{n: jnp.asarray(x) for n, x in inputs.covariates.items()},
    }
    start = State(
        model.initial_stocks(values, sizes, Means()),
        model.initial_levels(sizes),
        jnp.asarray(0, jnp.int32),
    )
    # One week, not compiled: compiling seventeen models takes a quarter of an hour.
    after, tally = plan.solver.step(model, start, values, jnp.asarray(0.0), 1.0, Means())
    status = int(after.status)
    assert status == 0, [text for flag, text in STATUS_TEXT.items() if status & flag]
    assert all(np.all(np.asarray(x) >= 0.0) for x in (after.stocks | tally.moved).values())
    assert name == "founding" or sum(float(x.sum()) for x in tally.moved.values()) > 1.0, (
        "without founding nobody is there to move"
    )
