"""The compiled program: one block, a chunk of replicates times 52 weeks. The only module that
compiles.

The order of a week is stated in :data:`tregua.engine.plan.ORDER_OF_A_WEEK`.

The compiled form of a block depends on the model, the solver and the shapes, never on a value, a
date, a policy, the horizon or the number of replicates. :mod:`tregua.engine.run` calls it year
after year and chunk after chunk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Int

from ..model.model import Model
from ..model.space import fold
from ..scenarios.policy import Lever, act
from ..scenarios.scenario import Inputs, Scenario
from .plan import SERIES_AXES, Plan
from .random import Draws, Means, replicate_key, root_key
from .solvers.base import Solver, empty_tally, remember, take_down, values_of
from .state import State, Tally

VECTOR_BITS = 512
"""Width of the vector instructions asked for [bits]; a processor without them uses its widest."""

INITIAL_STEP = 2**31 - 1
"""Step under which the initial sizes are drawn, out of reach of any real step."""

TRACES: Counter[str] = Counter()
"""How often each compiled function was traced;
tests assert that a user's changes leave it alone.
"""


Stepped = tuple[tuple[State, Tally], dict[str, Array]]
"""State and sums after a step, and its row of the series."""


@partial(jax.jit, static_argnames=("model", "sizes", "whole"))
def _start(
    model: Model,
    sizes: tuple[tuple[str, int], ...],
    whole: bool,
    base: dict[str, Array],
    covariates: dict[str, Array],
    levers: dict[str, Lever],
    root: Array,
    replicates: Int[Array, "r"],
) -> tuple[State, dict[str, Array]]:
    TRACES["start"] += 1

    def one(base: dict[str, Array], replicate: Int[Array, ""]) -> tuple[State, dict[str, Array]]:
        draw = (
            Draws(replicate_key(root, replicate), jnp.asarray(INITIAL_STEP)) if whole else Means()
        )
        values = at_start(base, covariates, levers)
        stocks = model.initial_stocks(values, sizes, draw)
        return State(stocks, model.initial_levels(sizes), jnp.asarray(0, jnp.int32)), {
            n: fold(x, model.axes[n], SERIES_AXES) for n, x in stocks.items()
        }

    return jax.vmap(one)(base, replicates)


@partial(
    jax.jit,
    static_argnames=("model", "solver", "dt"),
    compiler_options={"xla_cpu_prefer_vector_width": VECTOR_BITS},
)
def _block(
    model: Model,
    solver: Solver,
    dt: float,
    state: State,
    base: dict[str, Array],
    covariates: dict[str, Array],
    levers: dict[str, Lever],
    steps: Int[Array, "n"],
    stop: Int[Array, ""],
    root: Array,
    replicates: Int[Array, "r"],
) -> tuple[State, dict[str, Array], dict[str, Array]]:
    TRACES["block"] += 1

    keys = jax.vmap(replicate_key, in_axes=(None, 0))(root, replicates)
    return advance(
        model,
        solver,
        dt,
        state,
        base,
        covariates,
        levers,
        steps,
        stop,
        keys,
        partial(jax.vmap, in_axes=(0, 0, 0, 0, None, None)),
    )


def at_start(
    base: dict[str, Array], covariates: dict[str, Array], levers: dict[str, Lever]
) -> dict[str, Array]:
    """What the first week reads of parameters, under the policies then in force,
    and of covariates.
    """
    return {**act(base, levers), **covariates}


def advance(
    model: Model,
    solver: Solver,
    dt: float,
    state: State,
    base: dict[str, Array],
    covariates: dict[str, Array],
    levers: dict[str, Lever],
    steps: Int[Array, "n"],
    stop: Int[Array, ""],
    key: Array,
    each: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda step: step,
) -> tuple[State, dict[str, Array], dict[str, Array]]:
    """Carry one replicate, or many, over one block. Pure, so that fits can differentiate it.

    Args:
        steps: numbers of the steps, counted from the start of the scenario.
        stop: steps from here on change nothing and record zeros or the last state.
        each: turns a step of one replicate into a step of many, whose state, sums, base and key
            have a first axis of replicates. Mapping the step and not the loop halves the time to
            trace the program.

    Returns:
        The state at the end; what moved or fired in the block on all axes; the series on
        :data:`SERIES_AXES`, one row a step.
    """

    def draw(number: Array, key: Array) -> Any:
        return Draws(key, number) if solver.stochastic else Means()

    def act_and_step(
        state: State,
        sums: Tally,
        base: dict[str, Array],
        key: Array,
        number: Array,
        lever: dict[str, Lever],
    ) -> Stepped:
        inputs = {**act(base, lever), **covariates}
        before = values_of(state, inputs)
        state, tally = solver.step(model, state, inputs, number * dt, dt, draw(number, key))
        tally = take_down(model, tally, before, number * dt, draw(number, key))
        state = remember(model, state, tally, before, number * dt, dt)
        return (state, jax.tree.map(jnp.add, sums, tally)), _series(model, state, tally)

    def wait(state: State, sums: Tally, *_: Any) -> Stepped:
        return (state, sums), _series(model, state, jax.tree.map(jnp.zeros_like, sums))

    def nothing(state: State, _: Any, base: dict[str, Array], *__: Any) -> Tally:
        return empty_tally(model, {**state.stocks, **base, **covariates}, solver.whole)

    packed, unpack = _packed(levers)

    def step(carry: tuple[State, Tally], now: tuple[Array, list[Array]]) -> Any:
        number, row = now
        inputs = (*carry, base, key, number, unpack(row))
        if solver.stochastic:
            return lax.cond(number < stop, each(act_and_step), each(wait), *inputs)
        # A derivative through a branch stores the branch's inputs in every step, ties and all:
        # choosing between values makes it 13 times cheaper.
        return jax.tree.map(
            partial(jnp.where, number < stop), each(act_and_step)(*inputs), each(wait)(*inputs)
        )

    first = each(nothing)(state, (), base, key, steps[0], {})
    (state, sums), series = lax.scan(step, (state, first), (steps, packed))
    return state, {**sums.moved, **sums.fired, **sums.recorded}, series


def _packed(
    levers: dict[str, Lever],
) -> tuple[list[Array], Callable[[list[Array]], dict[str, Lever]]]:
    """Levers of many steps with those of one shape side by side, and what takes one step apart:
    hundreds of arrays would be looked up one by one a step.
    """
    leaves, tree = jax.tree.flatten(levers)
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, leaf in enumerate(leaves):
        alike.setdefault(leaf.shape[1:], []).append(place)

    def unpack(row: list[Array]) -> dict[str, Lever]:
        leaf_at = {
            place: x
            for places, together in zip(alike.values(), row, strict=True)
            for place, x in zip(places, together, strict=True)
        }
        row_of: dict[str, Lever] = jax.tree.unflatten(
            tree, [leaf_at[place] for place in range(len(leaves))]
        )
        return row_of

    return [
        jnp.stack([leaves[place] for place in places], axis=1) for places in alike.values()
    ], unpack


def _series(model: Model, state: State, tally: Tally) -> dict[str, Array]:
    quantities = {**state.stocks, **tally.moved, **tally.fired, **tally.recorded}
    return {name: fold(x, model.axes[name], SERIES_AXES) for name, x in quantities.items()} | {
        name: jnp.mean(
            x, axis=tuple(i for i, a in enumerate(model.axes[name]) if a not in SERIES_AXES)
        )
        for name, x in state.levels.items()
    }


@dataclass(frozen=True, eq=False)
class Batch:
    """Replicates of a scenario that run side by side on one device.

    Attributes:
        scenario: what is run.
        plan: how; its replicates do not matter here.
        base: parameters before policies, one row for each replicate.
        covariates: measured inputs.
        levers: what policies do in each week; another set of them compiles nothing.
        root: key of all randomness.
        ids: numbers of the replicates, which decide their random numbers.
    """

    scenario: Scenario
    plan: Plan
    base: dict[str, Array]
    covariates: dict[str, Array]
    levers: dict[str, Lever]
    root: Array
    ids: Int[np.ndarray, "r"]

    @classmethod
    def on(
        cls,
        device: jax.Device,
        scenario: Scenario,
        plan: Plan,
        inputs: Inputs,
        replicates: Int[np.ndarray, "r"],
    ) -> Batch:
        """Put replicates on a device."""
        # Arrays of NumPy wherever JAX only reads them: handing them to a compiled function costs a
        # tenth of making arrays of JAX first.
        dtype = jnp.result_type(float)
        base = jax.device_put(
            {n: np.asarray(x[replicates % len(x)], dtype) for n, x in inputs.base.items()}, device
        )
        covariates = jax.device_put(
            {n: np.asarray(x, dtype) for n, x in inputs.covariates.items()}, device
        )
        # What is put on a device takes the rest of the work there,
        # without the program being traced once more.
        return cls(
            scenario,
            plan,
            base,
            covariates,
            inputs.levers,
            jax.device_put(root_key(plan.seed), device),
            replicates.astype(np.int32),
        )

    def start(self) -> tuple[State, dict[str, Array]]:
        """State at the start of the scenario, and the first entry of the weekly series."""
        first = {
            n: _at(lever, np.asarray(0), jnp.result_type(float)) for n, lever in self.levers.items()
        }
        sizes, whole = self.scenario.data.space.sizes, self.plan.solver.stochastic
        inputs = (self.base, self.covariates, first, self.root, self.ids)
        begun: tuple[State, dict[str, Array]] = _start(self.scenario.model, sizes, whole, *inputs)
        return begun

    def block(
        self, state: State, first: int, stop: int
    ) -> tuple[State, dict[str, Array], dict[str, Array]]:
        """One block from step ``first`` on, as :func:`advance` gives it.
        Steps are counted from the start of the scenario, wherever the state comes from.
        """
        plan, dtype = self.plan, jnp.result_type(float)
        steps = np.arange(first, first + plan.steps)
        # A step of a third of a week must not begin a week too early by rounding.
        weeks = np.minimum(np.floor(steps * plan.dt + 1e-9).astype(int), self.scenario.weeks - 1)
        levers = {n: _at(lever, weeks, dtype) for n, lever in self.levers.items()}
        inputs = (
            self.base,
            self.covariates,
            levers,
            steps.astype(np.int32),
            np.int32(stop),
            self.root,
            self.ids,
        )
        result: tuple[State, dict[str, Array], dict[str, Array]] = _block(
            self.scenario.model, plan.solver, plan.dt, state, *inputs
        )
        return result


def _at(lever: Lever, weeks: np.ndarray, dtype: Any) -> Lever:
    """A lever at the given weeks, as arrays of NumPy."""
    then: Lever = jax.tree.map(lambda x: np.asarray(x, dtype), lever.at(weeks))
    return then
