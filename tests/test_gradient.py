"""Derivatives of a run in its parameters, against central differences in double precision."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import toys
from tregua.engine import block
from tregua.engine.random import Means, root_key
from tregua.engine.solvers import SOLVERS
from tregua.engine.state import State
from tregua.model.model import Model
from tregua.scenarios.scenario import Scenario

pytestmark = pytest.mark.slow

FIRST_SOLVER = pytest.mark.parametrize(
    "solver", ["mean-field", pytest.param("rk4", marks=pytest.mark.nightly)]
)
"""Every night with both: fits use the first, and compiling the second takes a
quarter of a minute.
"""


def outcomes_of(scenario: Scenario, solver: str, weeks: int = 52):
    """Function from parameters to all outcomes after some weeks, and the parameters themselves:
    the way fits use the engine.
    """
    inputs, model = scenario.compile(), scenario.model
    covariates = {n: jnp.asarray(x) for n, x in inputs.covariates.items()}
    levers = {
        n: jax.tree.map(jnp.asarray, lever.at(np.arange(weeks)))
        for n, lever in inputs.levers.items()
    }
    base = {n: jnp.asarray(x[0]) for n, x in inputs.base.items()}
    sizes = scenario.data.space.sizes

    def outcomes(base):
        stocks = model.initial_stocks({**base, **covariates}, sizes, Means())
        state = State(stocks, model.initial_levels(sizes), jnp.asarray(0, jnp.int32))
        steps, stop = jnp.arange(weeks, dtype=jnp.int32), jnp.asarray(weeks, jnp.int32)
        state, sums, series = block.advance(
            model, SOLVERS[solver], 1.0, state, base, covariates, levers, steps, stop, root_key(0)
        )
        values = {
            f"total of {n}": jnp.sum(x) for n, x in {**sums, **state.stocks, **state.levels}.items()
        }
        # Unequal weights, since a sum over groups hides who gains what another loses.
        values |= {
            f"spread of {n}": jnp.sum(x * jnp.linspace(1.0, 2.0, x.size).reshape(x.shape))
            for n, x in state.stocks.items()
        }
        return values | {
            f"last week of {n}": jnp.sum(x[-1]) for n, x in series.items() if n in model.flows
        }

    return jax.jit(outcomes), base


def central(
    function, base: dict, name: str, index: tuple, relative: float = 1e-4
) -> dict[str, float]:
    """Central difference of every outcome, of fourth order in the step so that a step far above
    rounding is still exact enough.
    """
    size = relative * (abs(float(base[name][index])) or 1.0)

    def at(offset: float) -> dict:
        return function({**base, name: base[name].at[index].add(offset * size)})

    near, far = [at(-1.0), at(1.0)], [at(-2.0), at(2.0)]
    return {
        n: float(8.0 * (near[1][n] - near[0][n]) - (far[1][n] - far[0][n])) / (12.0 * size)
        for n in near[0]
    }


NEUTRAL = frozenset(
    {
        "arrests.shielding",
        "arrests.troop_support",
        "conflict.opportunism",
        "recruitment.pay_elasticity",
        "recruitment.forced_share",
    }
)
"""Parameters that act only through levels which other mechanisms move:
in the published size model they change nothing. Its exponents do.
"""

SWITCHED = {
    "recruitment.exhaustion": 0.1,
    "recruitment.pay_elasticity": 0.3,
    "arrests.half_size": 100.0,
    "conflict.saturation_exponent": 0.2,
}
"""What is off in the published model, switched on: at zero some derivatives are zero, and a pay
without effect has none by how many are forced.
"""


def check_against_differences(function, base: dict, idle: frozenset[str] = frozenset()) -> None:
    """Every derivative of every outcome: relative error 1e-6, or below what rounding of the outcome
    itself allows. All but ``idle`` ones must matter.
    """
    values, slopes = function(base), jax.jit(jax.jacrev(function))(base)
    moved = set()
    for name, x in base.items():
        for index in np.ndindex(x.shape):
            expected = central(function, base, name, index)
            scale = abs(float(x[index])) or 1.0
            for outcome, slope in expected.items():
                derivative = float(slopes[outcome][name][index])
                assert np.isfinite(derivative), (outcome, name)
                # Shares that add up to nothing leave only rounding: 1e-11 of one is none of it.
                assert derivative == pytest.approx(
                    slope, rel=1e-6, abs=(1e-10 * abs(float(values[outcome])) + 1e-11) / scale
                ), (outcome, name)
                if abs(derivative) * scale > 1e-6 * abs(float(values[outcome])):
                    moved.add(name)
    assert moved == set(base) - idle, f"unlike what is expected: {moved ^ (set(base) - idle)}"


@FIRST_SOLVER
@pytest.mark.nightly
def test_derivatives_of_every_outcome_in_every_parameter_equal_central_differences(solver):
    model = Model.size_2023() + toys.Memory() + toys.Splits()
    check_against_differences(
        *outcomes_of(toys.scenario(model, territories=2, values=SWITCHED), solver)
    )


@FIRST_SOLVER
@pytest.mark.nightly
def test_derivatives_hold_under_the_full_size_model(solver):
    check_against_differences(
        *outcomes_of(Scenario(Model.size_2023(), weeks=52), solver),
        idle=NEUTRAL | {"conflict.stake_exponent", "conflict.unit_size"},
    )


@pytest.mark.nightly
@pytest.mark.parametrize("solver", ["mean-field", "rk4"])
def test_derivatives_hold_while_a_policy_ramps_up(solver):
    scenario = toys.scenario(values=SWITCHED)
    changes = [
        toys.change("arrests.effort", "scale", 2.0, scenario.date(10), ramp_weeks=20.0),
        toys.change("recruitment.rate", "cap", 1e-3, scenario.date(30)),
    ]
    function, base = outcomes_of(scenario.with_policy(toys.policy(*changes)), solver)
    check_against_differences(function, base)


@FIRST_SOLVER
def test_forward_and_reverse_derivatives_are_the_same(solver):
    function, base = outcomes_of(
        toys.scenario(Model.size_2023() + toys.Memory() + toys.Splits()), solver
    )
    forward, reverse = jax.jit(jax.jacfwd(function))(base), jax.jit(jax.jacrev(function))(base)
    for outcome in reverse:
        for name in base:
            scale = float(function(base)[outcome]) / np.maximum(np.abs(base[name]), 1e-300)
            assert np.allclose(
                forward[outcome][name],
                reverse[outcome][name],
                rtol=1e-9,
                atol=1e-13 * np.max(scale),
            ), (outcome, name)


@FIRST_SOLVER
@pytest.mark.parametrize("edge", ["nobody", "no rates", "one group", "rank alone"])
def test_derivatives_are_finite_where_stocks_or_rates_are_zero(solver, edge):
    rates = (
        "recruitment.rate",
        "arrests.effort",
        "conflict.lethality",
        "conflict.baseline",
        "saturation.crowding",
    )
    values = {
        # An effort against nobody is a hazard per head that an explicit method cannot follow.
        "nobody": {
            "founding.members_at_start": 0.0,
            "arrests.effort": 0.5 if solver == "rk4" else 110.0,
        },
        "no rates": dict.fromkeys(rates, 0.0),
        "one group": {},
        "rank alone": {"founding.rank_exponent": 0.0},
    }[edge]
    function, base = outcomes_of(
        toys.scenario(values=values, groups=1 if edge == "one group" else 4), solver
    )
    slopes = jax.jit(jax.jacrev(function))(base)
    assert all(np.all(np.isfinite(x)) for x in jax.tree.leaves(slopes))
    assert all(np.all(np.isfinite(x)) for x in jax.tree.leaves(jax.jit(jax.jacfwd(function))(base)))


@pytest.mark.nightly
def test_second_derivatives_are_finite_for_fits_that_use_curvature():
    function, base = outcomes_of(toys.scenario(), "mean-field", weeks=12)
    curvature = jax.jit(jax.hessian(partial(_one, function)))(base)
    assert all(np.all(np.isfinite(x)) for x in jax.tree.leaves(curvature))


def _one(function, base):
    return function(base)["total of conflict.killed"]
