"""Running a scenario: one compiled block, driven from Python. The only module that compiles.

Order of a week: 1 policies set the parameters; 2 hazards read the state at its start; 3 flows move persons together; 4 drifts move levels; 5 events
fire; 6 status; 7 record. Interventions act only at 1, events only at 5.

A block is a chunk of replicates times 52 weeks. Its compiled form depends on the model, the solver and the shapes, never on a value, a date, a policy, the
horizon or the number of replicates. Python calls it year after year and chunk after chunk, which gives progress, cancelling and any length.
"""

from __future__ import annotations

import math
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

from .errors import TreguaError
from .model import Model
from .policy import Lever, act
from .random import Draws, Means, replicate_key, root_key
from .scenario import Draws as PosteriorDraws
from .scenario import Inputs, Scenario
from .solvers import Solver, solver_named
from .space import fold
from .state import STATUS_TEXT, State, Tally
from .trajectories import Trajectories, gather
from .types import Number

BLOCK_WEEKS = 52
"""Length of a block [weeks]: short enough to cancel promptly, long enough that calls cost nothing."""

CHUNK = 64
"""Replicates in a chunk of a stochastic run: wide enough for vector units, small enough to stay in cache."""

MEANS_CHUNK = 256
"""Draws in a chunk of a run without chance: its steps are few and cheap, so that the calls count."""

VECTOR_BITS = 512
"""Width of the vector instructions asked for [bits]; a processor without them uses its widest."""

MOST_BYTES = 4e9
"""Largest arrays that a run may need [bytes]: they are held in memory, some of them twice."""

SERIES_AXES = ("territory",)
"""Axes kept in the weekly series; all others are summed. Snapshots, one a block, keep every axis."""

INITIAL_STEP = 2**31 - 1
"""Step under which the initial sizes are drawn, out of reach of any real step."""

TRACES: Counter[str] = Counter()
"""How often each compiled function was traced; tests assert that a user's changes leave it alone."""

Progress = Callable[[int, int], None]
"""``progress(done, all)``, called after each block."""


@dataclass(frozen=True)
class Plan:
    """How a scenario is run: everything that fixes a compiled program, and the numbers that do not.

    Attributes:
        solver: which of the four.
        dt: length of a step [weeks]; it divides the block.
        block_weeks: length of a block, and the distance of snapshots [weeks].
        replicates: runs of the ensemble.
        seed: of all randomness.
    """

    solver: Solver
    dt: float
    block_weeks: int
    replicates: int
    seed: int

    @property
    def steps(self) -> int:
        """Steps in a block."""
        return round(self.block_weeks / self.dt)


@partial(jax.jit, static_argnames=("model", "sizes", "whole"))
def _start(model: Model, sizes: tuple, whole: bool, base: dict, covariates: dict, levers: dict, root: Array, replicates: Int[Array, "r"]):
    TRACES["start"] += 1

    def one(base: dict, replicate: Int[Array, ""]) -> tuple[State, dict[str, Array]]:
        draw = Draws(replicate_key(root, replicate), jnp.asarray(INITIAL_STEP)) if whole else Means()
        values = {**act(base, levers), **covariates}
        stocks = model.initial_stocks(values, sizes, draw)
        return State(stocks, model.initial_levels(sizes), jnp.asarray(0, jnp.int32)), {n: fold(x, model.axes[n], SERIES_AXES) for n, x in stocks.items()}

    return jax.vmap(one)(base, replicates)


@partial(jax.jit, static_argnames=("model", "solver", "dt"), compiler_options={"xla_cpu_prefer_vector_width": VECTOR_BITS})
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

    def one(state: State, base: dict, replicate: Int[Array, ""]):
        return advance(model, solver, dt, state, base, covariates, levers, steps, stop, replicate_key(root, replicate))

    return jax.vmap(one)(state, base, replicates)


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
) -> tuple[State, dict[str, Array], dict[str, Array]]:
    """Carry one replicate over one block. Pure, so that fits can differentiate it.

    Args:
        steps: numbers of the steps, counted from the start of the scenario.
        stop: steps from here on change nothing and record zeros or the last state.

    Returns:
        The state at the end; what moved or fired in the block on all axes; the series on :data:`SERIES_AXES`, one row a step.
    """

    def step(carry: tuple[State, Tally], now: tuple[Array, dict[str, Lever]]):
        number, lever = now

        def act_and_step(carry):
            state, sums = carry
            state, tally = solver.step(model, state, {**act(base, lever), **covariates}, number * dt, dt, draw(number))
            sums = jax.tree.map(jnp.add, sums, tally)
            return (state, sums), _series(model, state, tally)

        def wait(carry):
            state, sums = carry
            return carry, _series(model, state, jax.tree.map(jnp.zeros_like, sums))

        if solver.stochastic:
            return lax.cond(number < stop, act_and_step, wait, carry)
        # A derivative through a branch stores the branch's inputs in every step, ties and all: choosing between values makes it 13 times cheaper.
        return jax.tree.map(partial(jnp.where, number < stop), act_and_step(carry), wait(carry))

    def draw(number: Array) -> Any:
        return Draws(key, number) if solver.stochastic else Means()

    first = jax.eval_shape(lambda: solver.step(model, state, {**base, **covariates}, steps[0] * dt, dt, draw(steps[0])))
    nothing = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), first[1])
    (state, sums), series = lax.scan(step, (state, nothing), (steps, levers))
    return state, {**sums.moved, **sums.fired}, series


def _series(model: Model, state: State, tally: Tally) -> dict[str, Array]:
    quantities = {**state.stocks, **tally.moved, **tally.fired}
    return {name: fold(x, model.axes[name], SERIES_AXES) for name, x in quantities.items()} | {
        name: jnp.mean(x, axis=tuple(i for i, a in enumerate(model.axes[name]) if a not in SERIES_AXES)) for name, x in state.levels.items()
    }


def make_plan(
    scenario: Scenario,
    solver: Solver | str = "tau-leap",
    replicates: int = 200,
    seed: int = 1,
    dt: Number = 1.0,
    block_weeks: int = BLOCK_WEEKS,
    draws: PosteriorDraws | None = None,
) -> Plan:
    """Check how a scenario is to be run.

    Raises:
        TreguaError: TR2201 where the solver cannot run the model, TR2202 for an unknown solver, TR2203 for a step that does not divide the block, TR2204 for
            replicates or a seed out of range, TR2205 for a run that would not fit in memory.
    """
    solver = solver_named(solver) if isinstance(solver, str) else solver
    solver.check(scenario.model)
    if dt <= 0.0 or abs(block_weeks / dt - round(block_weeks / dt)) > 1e-9 or abs(scenario.weeks / dt - round(scenario.weeks / dt)) > 1e-9:
        raise TreguaError("TR2203", "the step must divide the block and the scenario", found=f"{dt} weeks", expected=f"a part of {block_weeks} weeks")
    if replicates < 1 or not 0 <= seed < 2**32:
        raise TreguaError("TR2204", "replicates or seed out of range", found=f"{replicates} replicates, seed {seed}", expected="at least 1; 0 to 2**32 - 1")
    rows = {np.shape(x)[0] for x in (draws or {}).values()}
    if len(rows) > 1:
        raise TreguaError("TR2204", "all parameters must have the same number of draws", found=sorted(rows))
    if not solver.stochastic:
        # Without chance all replicates of one draw are the same run.
        replicates = rows.pop() if rows else 1
    _check_memory(scenario, replicates, float(dt), block_weeks)
    return Plan(solver, float(dt), block_weeks, replicates, seed)


def _check_memory(scenario: Scenario, replicates: int, dt: float, block_weeks: int) -> None:
    """Refuse a run whose arrays would not fit (TR2205), before anything is computed."""
    model, sizes = scenario.model, dict(scenario.data.space.sizes)
    axes = [model.axes[name] for name in (*model.compartments, *model.levels, *model.flows, *model.events)]
    rows = [math.prod(sizes[axis] for axis in names if axis in SERIES_AXES) * scenario.weeks / dt for names in axes]
    blocks = [math.prod(sizes[axis] for axis in names) * (scenario.weeks / block_weeks + 1.0) for names in axes]
    needed = 4.0 * replicates * (sum(rows) + sum(blocks))
    if needed > MOST_BYTES:
        most = max(1, int(replicates * MOST_BYTES / needed))
        found = f"{needed / 1e9:.0f} GB for {replicates} replicates"
        raise TreguaError("TR2205", "this run would not fit in memory", found=found, expected=f"at most {most} replicates of it")


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
        replicates: runs of the ensemble; without chance there is one, or one for each posterior draw.
        seed: of all randomness. The same seed gives the same numbers whatever the number of workers.
        dt: length of a step [weeks].
        block_weeks: weeks between snapshots.
        draws: posterior draws of parameters; replicate i uses draw i modulo their number.
        progress: told after each block.
        kept: finished chunks by number; those present are not run again, and new ones are added as they finish.
        devices: where chunks run, in turn, one thread each; all local devices if None (:func:`tregua.session.begin` makes one of every core).

    Returns:
        Weekly series and snapshots of all replicates.

    Raises:
        TreguaError: TR2301 where a replicate met an invalid hazard or event.
    """
    plan = make_plan(scenario, solver, replicates, seed, dt, block_weeks, draws)
    inputs = scenario.compile(draws)
    width = _width(plan)
    numbers = range(-(-plan.replicates // width))
    kept = {} if kept is None else kept
    _run_chunks(
        scenario, plan, inputs, [n for n in numbers if n not in kept], width, kept, progress or (lambda done, all_: None), devices or jax.local_devices()
    )
    trajectories = gather(scenario, plan, [kept[n] for n in numbers])
    _check_status(trajectories.status)
    return trajectories


def _width(plan: Plan) -> int:
    """Replicates in a chunk: one of three numbers, so that the number of replicates compiles nothing new."""
    if plan.solver.stochastic or 1 < plan.replicates <= CHUNK:
        return CHUNK
    return 1 if plan.replicates == 1 else MEANS_CHUNK


def _run_chunks(scenario, plan, inputs, numbers, width, kept, progress, devices) -> None:
    """Run chunks on all devices, one thread each. A chunk is the same program wherever it runs, so its numbers do not depend on the device."""
    total = len(numbers) * blocks_of(scenario, plan)
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
                chunk = run_chunk(scenario, plan, inputs, number, width, device, finished_block, cancelled)
                if chunk is not None:
                    kept[number] = chunk
        except BaseException:
            # At once, for the others: the main thread may be waiting for a device that has hours to go.
            cancelled.set()
            raise

    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            for future in [pool.submit(work, device) for device in devices[: len(numbers)]]:
                future.result()
        except BaseException:
            cancelled.set()
            raise


def blocks_of(scenario: Scenario, plan: Plan) -> int:
    """Number of blocks that cover a scenario."""
    return -(-scenario.weeks // plan.block_weeks)


def run_chunk(
    scenario: Scenario,
    plan: Plan,
    inputs: Inputs,
    number: int,
    width: int,
    device: jax.Device,
    finished_block: Callable[[], None],
    cancelled: threading.Event,
) -> dict[str, np.ndarray] | None:
    """Run one chunk of replicates from start to end on one device; None where it was cancelled.

    Returns:
        Arrays by name, with the prefix ``series.`` (replicate, step, territory), ``stock.`` (replicate, snapshot, *axes) or ``flow.`` (replicate,
        block, *axes), and ``status`` (replicate,).
    """
    # Arrays of NumPy wherever JAX only reads them: handing them to a compiled function costs a tenth of making arrays of JAX first.
    dtype = jnp.result_type(float)
    replicates = np.arange(number * width, (number + 1) * width)
    base = jax.device_put({n: np.asarray(x[replicates % len(x)], dtype) for n, x in inputs.base.items()}, device)
    covariates = jax.device_put({n: np.asarray(x, dtype) for n, x in inputs.covariates.items()}, device)
    # What is put on a device takes the rest of the work there, without the program being traced once more.
    root, ids = jax.device_put(root_key(plan.seed), device), replicates.astype(np.int32)
    sizes = scenario.data.space.sizes
    first = {n: _at(lever, np.asarray(0), dtype) for n, lever in inputs.levers.items()}
    state, start_series = _start(scenario.model, sizes, plan.solver.stochastic, base, covariates, first, root, ids)
    snapshots, sums, series = [_stocks(state)], [], []
    stop = np.int32(round(scenario.weeks / plan.dt))
    for block in range(blocks_of(scenario, plan)):
        if cancelled.is_set():
            return None
        steps = np.arange(block * plan.steps, (block + 1) * plan.steps)
        # A step of a third of a week must not begin a week too early by rounding.
        weeks = np.minimum(np.floor(steps * plan.dt + 1e-9).astype(int), scenario.weeks - 1)
        levers = {n: _at(lever, weeks, dtype) for n, lever in inputs.levers.items()}
        state, moved, rows = _block(scenario.model, plan.solver, plan.dt, state, base, covariates, levers, steps.astype(np.int32), stop, root, ids)
        snapshots.append(_stocks(state))
        sums.append({n: np.asarray(x) for n, x in moved.items()})
        series.append({n: np.asarray(x) for n, x in rows.items()})
        finished_block()
    return _pack(scenario, plan, start_series, snapshots, sums, series) | {"status": np.asarray(state.status)}


def _at(lever: Lever, weeks: np.ndarray, dtype: Any) -> Lever:
    return jax.tree.map(lambda x: np.asarray(x, dtype), lever.at(weeks))


def _stocks(state: State) -> dict[str, np.ndarray]:
    return {n: np.asarray(x) for n, x in (state.stocks | state.levels).items()}


def _pack(scenario, plan, start_series, snapshots, sums, series) -> dict[str, np.ndarray]:
    """One flat dictionary of arrays, cut to the length of the scenario."""
    length = round(scenario.weeks / plan.dt)
    packed = {}
    for name in series[0]:
        whole = np.concatenate([rows[name] for rows in series], axis=1)[:, :length]
        packed[f"series.{name}"] = np.concatenate([start_series[name][:, None], whole], axis=1) if name in start_series else whole
    for name in snapshots[0]:
        packed[f"stock.{name}"] = np.stack([s[name] for s in snapshots], axis=1)
    for name in sums[0]:
        packed[f"flow.{name}"] = np.stack([s[name] for s in sums], axis=1)
    return packed


def _check_status(status: Int[np.ndarray, "replicate"]) -> None:
    wrong = np.flatnonzero(status)
    if len(wrong):
        flags = int(np.bitwise_or.reduce(status[wrong]))
        reasons = [text for flag, text in STATUS_TEXT.items() if flags & flag]
        raise TreguaError(
            "TR2301",
            "the run met numbers that make no sense",
            found=f"{len(wrong)} of {len(status)} replicates: " + "; ".join(reasons),
            do="check the values and policies for extremes; a new mechanism must keep its hazards finite and not negative",
        )
