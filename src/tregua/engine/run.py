"""Running a scenario: one compiled block, driven from Python. The only module that compiles.

The order of a week is stated in :data:`tregua.engine.plan.ORDER_OF_A_WEEK`.

A block is a chunk of replicates times 52 weeks. Its compiled form depends on the model, the solver
and the shapes, never on a value, a date, a policy, the horizon or the number of replicates. Python
calls it year after year and chunk after chunk, which gives progress, cancelling and any length.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Int

from ..errors import TreguaError
from ..model.declarations import Number
from ..model.model import Model
from ..model.space import fold
from ..scenarios.policy import Lever, act
from ..scenarios.scenario import Draws as PosteriorDraws
from ..scenarios.scenario import Inputs, Scenario
from .collect import Gathering
from .plan import BLOCK_WEEKS, SERIES_AXES, Plan, blocks_of, make_plan
from .random import Draws, Means, replicate_key, root_key
from .solvers.base import Solver, empty_tally, remember, take_down, values_of
from .solvers.rk4 import flow_rates
from .state import STATUS_TEXT, State, Tally
from .trajectories import Trajectories

CHUNK = 50
"""Replicates in a chunk of a stochastic run: wide enough for vector units, small enough to stay in
cache, and a part of the round numbers people ask for.
"""

MEANS_CHUNK = 256
"""Draws in a chunk of a run without chance: its steps are few and cheap,
so that the calls count.
"""

VECTOR_BITS = 512
"""Width of the vector instructions asked for [bits]; a processor without them uses its widest."""

INITIAL_STEP = 2**31 - 1
"""Step under which the initial sizes are drawn, out of reach of any real step."""

TRACES: Counter[str] = Counter()
"""How often each compiled function was traced;
tests assert that a user's changes leave it alone.
"""

EXACT_CHUNK = 16
"""Replicates in a chunk of the exact solver where few are asked for:
all of a chunk wait for its slowest.
"""

MOST_HAPPENINGS = 2e7
"""Moves of single persons that the exact solver takes on, all replicates together: some minutes."""

Progress = Callable[[int, int], None]
"""``progress(done, all)``, called after each block."""


@partial(jax.jit, static_argnames=("model", "sizes", "whole"))
def _start(
    model: Model,
    sizes: tuple,
    whole: bool,
    base: dict,
    covariates: dict,
    levers: dict,
    root: Array,
    replicates: Int[Array, "r"],
):
    TRACES["start"] += 1

    def one(base: dict, replicate: Int[Array, ""]) -> tuple[State, dict[str, Array]]:
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
    each: Callable[[Callable], Callable] = lambda step: step,
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
        state: State, sums: Tally, base: dict, key: Array, number: Array, lever: dict[str, Lever]
    ):
        inputs = {**act(base, lever), **covariates}
        before = values_of(state, inputs)
        state, tally = solver.step(model, state, inputs, number * dt, dt, draw(number, key))
        tally = take_down(model, tally, before, number * dt, draw(number, key))
        state = remember(model, state, tally, before, number * dt, dt)
        return (state, jax.tree.map(jnp.add, sums, tally)), _series(model, state, tally)

    def wait(state: State, sums: Tally, *_: Any):
        return (state, sums), _series(model, state, jax.tree.map(jnp.zeros_like, sums))

    def nothing(state: State, _: Any, base: dict, *__: Any) -> Tally:
        return empty_tally(model, {**state.stocks, **base, **covariates}, solver.whole)

    packed, unpack = _packed(levers)

    def step(carry: tuple[State, Tally], now: tuple[Array, list[Array]]):
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
        found = {
            place: x
            for places, together in zip(alike.values(), row, strict=True)
            for place, x in zip(places, together, strict=True)
        }
        return jax.tree.unflatten(tree, [found[place] for place in range(len(leaves))])

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


def simulate(
    scenario: Scenario,
    solver: Solver | str = "tau-leap",
    replicates: int = 200,
    seed: int = 1,
    *,
    dt: Number = 1.0,
    block_weeks: int = BLOCK_WEEKS,
    draws: PosteriorDraws | None = None,
    progress: Progress | None = None,
    kept: MutableMapping[int, Any] | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> Trajectories:
    """Run a scenario.

    Args:
        scenario: what to run.
        solver: ``tau-leap``, ``mean-field``, ``rk4`` or ``exact``.
        replicates: runs of the ensemble; without chance there is one, or one for each posterior
            draw.
        seed: of all randomness. The same seed gives the same numbers whatever the number of
            workers.
        dt: length of a step [weeks].
        block_weeks: weeks between snapshots.
        draws: posterior draws of parameters; replicate i uses draw i modulo their number.
        progress: told after each block.
        kept: finished chunks by number; those present are not run again, and new ones are added as
            they finish.
        devices: where chunks run, in turn, one thread each; all local devices if None
            (:func:`tregua.engine.session.begin` makes one of every core).

    Returns:
        Weekly series and snapshots of all replicates.

    Raises:
        TreguaError: TR2206 for a run too large for the exact solver, TR2301 where a replicate met
            an invalid hazard or event.
    """
    plan = make_plan(scenario, solver, replicates, seed, dt, block_weeks, draws)
    return run_plan(scenario, plan, draws, progress, kept, devices)


def run_plan(
    scenario: Scenario,
    plan: Plan,
    draws: PosteriorDraws | None = None,
    progress: Progress | None = None,
    kept: MutableMapping[int, Any] | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> Trajectories:
    """Run a scenario as planned; see :func:`simulate`."""
    inputs = scenario.compile(draws)
    width = _width(plan)
    if plan.solver.name == "exact":
        _check_happenings(scenario, plan, inputs, width)
    numbers = range(-(-plan.replicates // width))
    kept = {} if kept is None else kept
    gathering = Gathering(scenario, plan, width, len(numbers), blocks_of(scenario, plan))
    missing = _take_finished(gathering, numbers, kept)
    _run_chunks(
        gathering,
        inputs,
        missing,
        kept,
        progress or (lambda done, all_: None),
        devices or jax.local_devices(),
    )
    trajectories = gathering.trajectories()
    check_status(trajectories.status)
    return trajectories


def _check_happenings(scenario: Scenario, plan: Plan, inputs: Inputs, width: int) -> None:
    """Refuse an exact run that would take hours (TR2206):
    one person at a time is for small cases.
    """
    base = {n: jnp.asarray(x[0]) for n, x in inputs.base.items()}
    levers = {
        n: jax.tree.map(jnp.asarray, lever.at(np.asarray(0))) for n, lever in inputs.levers.items()
    }
    values = {**act(base, levers), **{n: jnp.asarray(x) for n, x in inputs.covariates.items()}}
    sizes = scenario.data.space.sizes
    stocks, levels = (
        scenario.model.initial_stocks(values, sizes, Means()),
        scenario.model.initial_levels(sizes),
    )
    rates = flow_rates(scenario.model, stocks, {**values, **stocks, **levels}, jnp.zeros(()))
    chunks = -(-plan.replicates // width)
    happenings = float(sum(jnp.sum(x) for x in rates.values())) * scenario.weeks * chunks * width
    if happenings > MOST_HAPPENINGS:
        raise TreguaError(
            "TR2206",
            "this run is too large for the exact solver",
            found=f"about {happenings:.0e} happenings in chunks of {width} replicates",
            expected=f"at most {MOST_HAPPENINGS:.0e}",
            do="use tau-leap; its difference from the exact solver is measured in the tests",
        )


def _width(plan: Plan) -> int:
    """Replicates in a chunk: one of four numbers,
    so that the number of replicates compiles nothing new.
    """
    if plan.solver.name == "exact" and plan.replicates <= EXACT_CHUNK:
        return EXACT_CHUNK
    if plan.solver.stochastic or 1 < plan.replicates <= CHUNK:
        return CHUNK
    return 1 if plan.replicates == 1 else MEANS_CHUNK


def _take_finished(
    gathering: Gathering, numbers: range, kept: MutableMapping[int, Any]
) -> list[int]:
    """Put in the chunks that were finished earlier; the numbers of the others."""
    missing = []
    for number in numbers:
        try:
            gathering.take(number, kept[number])
        except KeyError:
            missing.append(number)
    return missing


def _run_chunks(gathering: Gathering, inputs, numbers, kept, progress, devices) -> None:
    """Run chunks on all devices, one thread each. A chunk is the same program wherever it runs, so
    its numbers do not depend on the device.
    """
    total = len(numbers) * gathering.blocks
    waiting, done, lock, cancelled = deque(numbers), Counter(), threading.Lock(), threading.Event()

    def finished_block() -> None:
        with lock:
            done["blocks"] += 1
            progress(done["blocks"], total)

    def next_chunk() -> int | None:
        with lock:
            return waiting.popleft() if waiting and not cancelled.is_set() else None

    def work(device: jax.Device) -> None:
        try:
            while (number := next_chunk()) is not None:
                if run_chunk(gathering, inputs, number, device, finished_block, cancelled):
                    kept[number] = gathering.chunk(number)
        except BaseException:
            # At once, for the others: the main thread may be waiting for a device
            # that has hours to go.
            cancelled.set()
            raise

    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            for future in [pool.submit(work, device) for device in devices[: len(numbers)]]:
                future.result()
        except BaseException:
            cancelled.set()
            raise


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
        return _start(
            self.scenario.model,
            sizes,
            whole,
            self.base,
            self.covariates,
            first,
            self.root,
            self.ids,
        )

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
        return _block(self.scenario.model, plan.solver, plan.dt, state, *inputs)


def run_chunk(
    gathering: Gathering,
    inputs: Inputs,
    number: int,
    device: jax.Device,
    finished_block: Callable[[], None],
    cancelled: threading.Event,
) -> bool:
    """Run one chunk of replicates from start to end on one device, into the arrays of all;
    False where it was cancelled.
    """
    plan = gathering.plan
    batch = Batch.on(
        device,
        gathering.scenario,
        plan,
        inputs,
        np.arange(number * gathering.width, (number + 1) * gathering.width),
    )
    state, start_series = batch.start()
    gathering.start(number, state.stocks | state.levels, start_series)
    for block in range(gathering.blocks):
        if cancelled.is_set():
            return False
        state, moved, rows = batch.block(state, block * plan.steps, gathering.steps)
        gathering.block(number, block, state.stocks | state.levels, moved, rows, block * plan.steps)
        finished_block()
    gathering.status(number, state.status)
    return True


def _at(lever: Lever, weeks: np.ndarray, dtype: Any) -> Lever:
    return jax.tree.map(lambda x: np.asarray(x, dtype), lever.at(weeks))


def check_status(status: Int[np.ndarray, "replicate"]) -> None:
    """Refuse replicates that met an invalid hazard or event (TR2301)."""
    wrong = np.flatnonzero(status)
    if len(wrong):
        flags = int(np.bitwise_or.reduce(status[wrong]))
        reasons = [text for flag, text in STATUS_TEXT.items() if flags & flag]
        raise TreguaError(
            "TR2301",
            "the run met numbers that make no sense",
            found=f"{len(wrong)} of {len(status)} replicates: " + "; ".join(reasons),
            do=(
                "check the values and policies for extremes; a new mechanism must keep its "
                "hazards finite and not negative"
            ),
        )
