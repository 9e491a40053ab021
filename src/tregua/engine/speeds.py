"""Speeds: whether the step of a run can follow the rates at which levels move.

A level that follows another number at a rate :math:`s` passes it within one step of an explicit
method where :math:`s \\Delta > 1`, and swings ever wider where :math:`s \\Delta > 2`. The rates of
the package, of its data and of its fits are below a third of that. So only parameters are looked
at that the scenario, the command line or a policy changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..errors import TreguaError
from ..model.units import shown_in
from ..scenarios.scenario import Draws, Scenario, forced
from .random import Means
from .solvers.base import Solver
from .solvers.rk4 import RK4, STABLE

UNITS = ("1/week", "week")
"""Units of the parameters that say how fast a level moves: a rate, or the time that it takes."""


def check_speeds(scenario: Scenario, solver: Solver, dt: float, draws: Draws | None = None) -> None:
    """Refuse a rate, or a time, at which a level moves farther in one step than the step can
    follow (TR2203): by a policy or a value of the scenario, in any of its weeks.
    """
    names = _changed(scenario)
    if not names:
        return
    inputs = scenario.compile(draws)
    most = STABLE if solver is RK4 else 1.0
    for name, levels in names.items():
        low, high = forced(inputs.base[name], inputs.levers[name])
        rate = scenario.model.parameters[name].unit == UNITS[0]
        with np.errstate(divide="ignore"):
            steps = dt * high if rate else dt / low
        if steps.max() <= most:
            continue
        week = int(np.argmax(steps.reshape(scenario.weeks, -1).max(axis=1)))
        parameters = {
            n: forced(base, inputs.levers[n])[:, week].mean(axis=0)
            for n, base in inputs.base.items()
        } | {name: (high if rate else low)[week]}
        for level, pull in _pulls(scenario, parameters | inputs.covariates, levels, week).items():
            if dt * pull > most:
                raise _too_fast(scenario, name, level, float(high.max() if rate else low.min()), dt)


def _changed(scenario: Scenario) -> dict[str, list[str]]:
    """Parameters that somebody changed and that a drift reads, with the levels of those drifts."""
    model = scenario.model
    policies = {change.target for policy in scenario.policies for change in policy.modifiers}
    given = {*scenario.values, *scenario.overrides, *policies}
    names = [n for n, p in model.parameters.items() if n in given and p.unit in UNITS]
    if not names:
        return {}
    shapes = {
        name: jax.ShapeDtypeStruct(scenario.data.space.shape(axes), jnp.result_type(float))
        for name, axes in model.axes.items()
    }
    read: dict[str, list[str]] = {}
    for mechanism, drift in model.drifts:
        if not any(name.partition(".")[0] == mechanism.name for name in names):
            continue
        reads: set[str] = set()
        jax.eval_shape(
            lambda x, m=mechanism, d=drift, r=reads: d.rate(model.view(m, x, jnp.zeros(()), r)),
            shapes,
        )
        for name in reads.intersection(names):
            read.setdefault(name, []).append(drift.level)
    return read


def _pulls(
    scenario: Scenario, given: Mapping[str, np.ndarray], names: Sequence[str], week: int
) -> dict[str, float]:
    """How fast levels are pulled to what they follow, per week, with the stocks of the start and
    the parameters of a week; 0 where nothing pulls.
    """
    model, sizes = scenario.model, scenario.data.space.sizes

    @jax.jit
    def slopes(given: dict[str, Array]) -> dict[str, Array]:
        values = given | model.initial_stocks(given, sizes, Means()) | model.initial_levels(sizes)

        def slope(name: str) -> Array:
            def rate(x: Array) -> Array:
                now = jnp.asarray(float(week))
                total: Array = jnp.zeros_like(x)
                for mechanism, drift in model.drifts:
                    if drift.level == name:
                        total += drift.rate(model.view(mechanism, {**values, name: x}, now))
                return total

            pull: Array = jax.jvp(rate, (values[name],), (jnp.ones_like(values[name]),))[1]
            return pull

        return {name: slope(name) for name in names}

    values = {name: jnp.asarray(x, jnp.result_type(float)) for name, x in given.items()}
    pulls = {name: -np.asarray(x, float) for name, x in slopes(values).items()}
    return {
        name: float(np.max(pull, initial=0.0, where=np.isfinite(pull)))
        for name, pull in pulls.items()
    }


def _too_fast(scenario: Scenario, name: str, level: str, value: float, dt: float) -> TreguaError:
    unit = scenario.model.parameters[name].unit
    return TreguaError(
        "TR2203",
        f"a step of {shown_in(dt, 'week')} is too long for {name!r}",
        where=f"value of {name}",
        found=f"{shown_in(value, unit)}, at which the level {level!r} passes what it follows "
        "within one step",
        expected=f"at most {shown_in(1.0 / dt, unit)}"
        if unit == UNITS[0]
        else f"at least {shown_in(dt, unit)}",
        do="choose a slower one, or in Python a shorter step, such as dt=0.25",
    )
