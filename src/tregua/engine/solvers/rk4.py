"""Continuous time: the classical fourth-order Runge-Kutta method on the same hazards.

Flows are integrated, not stocks, so that persons are conserved to rounding and every flow has its
count. Events are applied by their mean at the end of each step. Parameters are constant within a
step.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ...model.declarations import OUTSIDE
from ...model.model import Model, Values
from ...model.space import fold
from ..state import BAD_HAZARD, TOO_FAST, State, Tally
from .base import Solver, bad, fire_events, transfer, values_of

STABLE = 2.5
"""Largest product of step and hazard of leaving;
beyond 2.79 the method turns a decline into an explosion.
"""

Slope = tuple[dict[str, Array], dict[str, Array], Array]
"""Persons moved per week, change of levels per week, whether either is too fast for the step."""


def flow_rates(
    model: Model, stocks: dict[str, Array], values: Values, time: Float[Array, ""]
) -> dict[str, Array]:
    """Persons moved by each flow per week at this instant: hazard times stock,
    or the rate itself from outside.
    """
    hazards, rates = model.hazards(values, time), {}
    for name, hazard in hazards.items():
        flow = model.flows[name][1]
        stock = 1.0 if flow.source == OUTSIDE else stocks[flow.source]
        rates[name] = hazard * jnp.reshape(stock, jnp.shape(stock) + (1,) * len(model.fan(flow)))
    return rates


def rk4(
    model: Model, state: State, inputs: Values, time: Float[Array, ""], dt: float, draw: Any
) -> tuple[State, Tally]:
    """One step of fourth order in ``dt``."""
    start = values_of(state, inputs)

    def slope(last: Slope, share: float) -> Slope:
        stocks = transfer(model, state.stocks, {n: share * dt * x for n, x in last[0].items()})
        levels = {n: x + share * dt * last[1][n] for n, x in state.levels.items()}
        values, now = {**start, **stocks, **levels}, time + share * dt
        rates = flow_rates(model, stocks, values, now)
        return rates, model.drift_rates(values, now), _too_fast(model, stocks, rates, dt)

    rates = flow_rates(model, state.stocks, start, time)
    k1 = rates, model.drift_rates(start, time), _too_fast(model, state.stocks, rates, dt)
    k2 = slope(k1, 0.5)
    k3 = slope(k2, 0.5)
    k4 = slope(k3, 1.0)

    def mean(part: int, name: str) -> Array:
        a, b, c, d = (k[part][name] for k in (k1, k2, k3, k4))
        return dt / 6.0 * (a + 2.0 * b + 2.0 * c + d)

    moved = {n: mean(0, n) for n in model.flows}
    levels = {n: x + mean(1, n) for n, x in state.levels.items()}
    status = (
        state.status
        | jnp.where(bad(k1[0]), BAD_HAZARD, 0)
        | jnp.where(k1[2] | k2[2] | k3[2] | k4[2], TOO_FAST, 0)
    )
    state, fired = fire_events(
        model,
        State(transfer(model, state.stocks, moved), levels, status),
        start,
        inputs,
        time,
        dt,
        draw,
    )
    return state, Tally(moved, fired)


def _too_fast(
    model: Model, stocks: dict[str, Array], rates: dict[str, Array], dt: float
) -> Bool[Array, ""]:
    """Whether any stock of a person or more, or of less than nobody,
    is left too fast for the step.
    """
    leaving = {}
    for source in (source for source in model.outflows if source != OUTSIDE):
        leaving[source] = sum(
            fold(rates[n], model.axes[n], model.compartments[source].axes)
            for n in model.outflows[source]
        )
    wrong = [
        jnp.any(
            (jnp.abs(stocks[source]) >= 1.0)
            & (dt * jnp.abs(rate) > STABLE * jnp.abs(stocks[source]))
        )
        for source, rate in leaving.items()
    ]
    return jnp.any(jnp.stack(wrong)) if wrong else jnp.asarray(False)


RK4 = Solver(
    "rk4",
    rk4,
    False,
    False,
    True,
    True,
    "expected numbers in continuous time: the solver of published differential equations",
)
