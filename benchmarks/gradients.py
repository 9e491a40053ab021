"""Cost of a gradient, against finite differences: the part of ``throughput.py`` on derivatives,
in float64 as fits run it.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import peers
from settings import WEEKS, setting
from timing import Row, race

from tregua.engine.block import advance
from tregua.engine.random import Means, root_key
from tregua.engine.solvers.leap import MEAN_FIELD
from tregua.engine.state import State
from tregua.scenarios.policy import Lever


def gradient(rounds: int) -> list[Row]:
    """The derivative of the members after ten years,
    by the seven parameters and by 520 weekly rates of recruitment.
    """
    with jax.enable_x64(True):
        return [*_by_parameters(rounds), *_by_weeks(rounds)]


def _members_after() -> tuple[Callable, dict[str, jax.Array]]:
    """``f(parameters, path)``: members after ten years of the mean field, where ``path`` multiplies
    recruitment in each week.
    """
    scenario, _, table = setting()
    inputs = scenario.compile()
    model, sizes = scenario.model, scenario.data.space.sizes
    covariates = {n: jnp.asarray(x) for n, x in inputs.covariates.items()}
    levers = jax.tree.map(jnp.asarray, inputs.levers)
    steps, stop = jnp.arange(WEEKS, dtype=jnp.int32), jnp.asarray(WEEKS, jnp.int32)
    shapes, fixed = (
        {n: x.shape[1:] for n, x in inputs.base.items()},
        {n: jnp.asarray(x[0]) for n, x in inputs.base.items()},
    )

    def members_after(parameters: dict, path: jax.Array) -> jax.Array:
        base = fixed | {n: jnp.broadcast_to(x, shapes[n]) for n, x in parameters.items()}
        state = State(
            model.initial_stocks({**base, **covariates}, sizes, Means()),
            model.initial_levels(sizes),
            jnp.asarray(0, jnp.int32),
        )
        old = levers["recruitment.rate"]
        forced = levers | {"recruitment.rate": Lever(old.slope * path, old.shift, old.cap)}
        end, _, _ = advance(
            model, MEAN_FIELD, 1.0, state, base, covariates, forced, steps, stop, root_key(0)
        )
        return jnp.sum(end.stocks["members"])

    return members_after, {n: jnp.asarray(float(x[0])) for n, x in table.items()}


def _by_parameters(rounds: int) -> list[Row]:
    members_after, values = _members_after()
    _, groups, _ = setting()
    path = jnp.ones(WEEKS)
    forward, backward = jax.jit(members_after), jax.jit(jax.grad(members_after))
    many = jax.jit(jax.vmap(members_after, in_axes=(0, None)))
    step = 1e-4
    names = list(values)
    factors = 1.0 + step * np.concatenate([np.eye(len(names)), -np.eye(len(names))])
    moved = {n: np.asarray(float(values[n])) * factors[:, i] for i, n in enumerate(names)}

    def differences(ends: np.ndarray) -> np.ndarray:
        up, down = np.split(np.asarray(ends), 2)
        return (up - down) / (2.0 * step * np.asarray([float(values[n]) for n in names]))

    def one_by_one() -> np.ndarray:
        ends = [forward({n: x[i] for n, x in moved.items()}, path) for i in range(len(factors))]
        return differences(np.asarray([float(x) for x in ends]))

    exact = np.asarray([backward(values, path)[n] for n in names])
    numpy = differences(peers.mean_field(groups, moved, WEEKS))
    notes = {
        "engine, reverse mode": "",
        "one forward run of the engine": "",
        "central differences with the engine, run by run": (
            f"error {np.max(np.abs(one_by_one() / exact - 1.0)):.0e}"
        ),
        "central differences with the engine, all runs at once": "",
        "central differences with NumPy, all runs at once": (
            f"error {np.max(np.abs(numpy / exact - 1.0)):.0e}"
        ),
    }
    runs = (
        lambda: jax.block_until_ready(backward(values, path)),
        lambda: jax.block_until_ready(forward(values, path)),
        one_by_one,
        lambda: differences(many(moved, path)),
        lambda: differences(peers.mean_field(groups, moved, WEEKS)),
    )
    return race(
        f"gradient by {len(names)} parameters", dict(zip(notes, runs, strict=True)), rounds, notes
    )


def _by_weeks(rounds: int) -> list[Row]:
    members_after, values = _members_after()
    path = jnp.ones(WEEKS)
    backward = jax.jit(jax.grad(members_after, argnums=1))
    many = jax.jit(jax.vmap(members_after, in_axes=(None, 0)))
    step = 1e-3
    moved = np.ones((2 * WEEKS, WEEKS)) + step * np.concatenate([np.eye(WEEKS), -np.eye(WEEKS)])

    def differences() -> np.ndarray:
        up, down = np.split(np.asarray(many(values, moved)), 2)
        return (up - down) / (2.0 * step)

    error = np.max(np.abs(differences() / np.asarray(backward(values, path)) - 1.0))
    notes = {
        "engine, reverse mode": "",
        "central differences with the engine, all runs at once": f"error {error:.0e}",
    }
    runs = (lambda: jax.block_until_ready(backward(values, path)), differences)
    return race(
        f"gradient by {WEEKS} weekly rates", dict(zip(notes, runs, strict=True)), rounds, notes
    )
