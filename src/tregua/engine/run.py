"""Simulation: a scenario run as planned, by one compiled block (:mod:`tregua.engine.block`) that
Python calls year after year and chunk after chunk. This gives progress, cancelling and any length.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, MutableMapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from ..errors import TreguaError
from ..model.declarations import Number
from ..scenarios.scenario import Draws as PosteriorDraws
from ..scenarios.scenario import Inputs, Scenario
from .block import Batch, at_start
from .collect import Chunk, Gathering
from .executor import Executor, Stop, ThreadsOnDevices
from .plan import BLOCK_WEEKS, Plan, blocks_of, make_plan
from .random import Means
from .solvers.base import Solver
from .solvers.rk4 import flow_rates
from .speeds import check_speeds
from .state import STATUS_TEXT, status_of
from .trajectories import Trajectories

CHUNK = 50
"""Replicates in a chunk of a stochastic run: wide enough for vector units, small enough to stay in
cache, and a part of the round numbers people ask for.
"""

MEANS_CHUNK = 256
"""Draws in a chunk of a run without chance: its steps are few and cheap,
so that the calls count.
"""

EXACT_CHUNK = 16
"""Replicates in a chunk of the exact solver where few are asked for:
all of a chunk wait for its slowest.
"""

MOST_HAPPENINGS = 2e7
"""Moves of single persons that the exact solver takes on, all replicates together: some minutes."""

MOST_LOST = 0.05
"""Share of replicates that may fail where a run is to go on without them: half of those that lie
outside a band of nine in ten.
"""

Progress = Callable[[int, int], None]
"""``progress(done, all)``, called after each block."""


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
    kept: MutableMapping[int, Chunk] | None = None,
    devices: Sequence[jax.Device] | None = None,
    throw: bool = True,
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
        throw: refuse the run where any replicate failed; otherwise up to :data:`MOST_LOST` of them
            are left out, and ``lost`` of the result names them.

    Returns:
        Weekly series and snapshots of all replicates.

    Raises:
        TreguaError: TR2206 for a run too large for the exact solver, TR2301 where a replicate met
            an invalid hazard or event, or with ``throw=False`` where too many did.
    """
    plan = make_plan(scenario, solver, replicates, seed, dt, block_weeks, draws)
    return run_plan(scenario, plan, draws, progress, kept, ThreadsOnDevices(devices), throw)


def run_plan(
    scenario: Scenario,
    plan: Plan,
    draws: PosteriorDraws | None = None,
    progress: Progress | None = None,
    kept: MutableMapping[int, Chunk] | None = None,
    executor: Executor | None = None,
    throw: bool = True,
) -> Trajectories:
    """Run a scenario as planned; see :func:`simulate`. The executor runs the chunks: one thread on
    each local device if None.
    """
    trajectories = run_all(scenario, plan, draws, progress, kept, executor)
    if throw:
        check_status(trajectories.status)
        return trajectories
    return without_failed([trajectories])[0]


def run_all(
    scenario: Scenario,
    plan: Plan,
    draws: PosteriorDraws | None = None,
    progress: Progress | None = None,
    kept: MutableMapping[int, Chunk] | None = None,
    executor: Executor | None = None,
) -> Trajectories:
    """Run a scenario as planned and give all replicates, also those that failed."""
    check_speeds(scenario, plan.solver, plan.dt, draws)
    inputs = scenario.compile(draws)
    width = _width(plan)
    if plan.solver.name == "exact":
        _check_happenings(scenario, plan, inputs, width)
    numbers = range(-(-plan.replicates // width))
    kept = {} if kept is None else kept
    gathering = Gathering(scenario, plan, width, len(numbers), blocks_of(scenario, plan))
    missing = _take_finished(gathering, numbers, kept)
    _run_chunks(gathering, inputs, missing, kept, progress, executor or ThreadsOnDevices())
    return gathering.trajectories()


def _check_happenings(scenario: Scenario, plan: Plan, inputs: Inputs, width: int) -> None:
    """Refuse an exact run that would take hours (TR2206):
    one person at a time is for small cases.
    """
    base = {n: jnp.asarray(x[0]) for n, x in inputs.base.items()}
    levers = {
        n: jax.tree.map(jnp.asarray, lever.at(np.asarray(0))) for n, lever in inputs.levers.items()
    }
    values = at_start(base, {n: jnp.asarray(x) for n, x in inputs.covariates.items()}, levers)
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
    gathering: Gathering, numbers: range, finished: MutableMapping[int, Chunk]
) -> list[int]:
    """Put in the chunks that were finished earlier; the numbers of the others."""
    missing = []
    for number in numbers:
        try:
            gathering.take(number, finished[number])
        except KeyError:
            missing.append(number)
    return missing


def _run_chunks(
    gathering: Gathering,
    inputs: Inputs,
    numbers: Sequence[int],
    finished: MutableMapping[int, Chunk],
    progress: Progress | None,
    executor: Executor,
) -> None:
    """Run chunks wherever the executor runs them. A chunk is the same program everywhere, so its
    numbers do not depend on the device.
    """
    total = len(numbers) * gathering.blocks
    count, lock = itertools.count(1), threading.Lock()

    def finished_block() -> None:
        with lock:
            done = next(count)
            if progress:
                progress(done, total)

    def work(number: int, device: jax.Device, stop: Stop) -> bool | None:
        if not run_chunk(gathering, inputs, number, device, finished_block, stop):
            return None
        finished[number] = gathering.chunk(number)
        return True

    executor.run(work, numbers)


def run_chunk(
    gathering: Gathering,
    inputs: Inputs,
    number: int,
    device: jax.Device,
    finished_block: Callable[[], None],
    stop: Stop,
) -> bool:
    """Run one chunk of replicates from start to end on one device, into the arrays of all;
    False where it was stopped.
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
    status = status_of(state)
    gathering.start(number, state.stocks | state.levels, start_series)
    for block in range(gathering.blocks):
        if stop.is_set():
            return False
        state, moved, rows = batch.block(state, block * plan.steps, gathering.steps)
        status = status | status_of(state)
        gathering.block(number, block, state.stocks | state.levels, moved, rows, block * plan.steps)
        finished_block()
    gathering.status(number, status)
    return True


def without_failed(runs: Sequence[Trajectories]) -> list[Trajectories]:
    """Runs that are compared with one another, without the replicates that failed in any of them
    (TR2301 where these are more than :data:`MOST_LOST`).
    """
    status = np.bitwise_or.reduce([run.status for run in runs])
    wrong = np.flatnonzero(status)
    if len(wrong) > MOST_LOST * len(status):
        check_status(status)
    lost = {int(number): int(status[number]) for number in wrong}
    return [run.without(lost) for run in runs] if lost else list(runs)


def told_lost(trajectories: Trajectories) -> str:
    """How many replicates were lost, and why; empty where none was."""
    if not trajectories.lost:
        return ""
    status = np.asarray(list(trajectories.lost.values()))
    return (
        f"{_why_failed(status, trajectories.asked.replicates)}. They are left out. Those that are "
        "left are no random sample: what made the others fail is missing in them."
    )


def _why_failed(status: Int[np.ndarray, "replicate"], asked: int) -> str:
    flags = int(np.bitwise_or.reduce(status))
    reasons = [text for flag, text in STATUS_TEXT.items() if flags & flag]
    return f"{np.count_nonzero(status)} of {asked} replicates: " + "; ".join(reasons)


def check_status(status: Int[np.ndarray, "replicate"]) -> None:
    """Refuse replicates that met an invalid hazard or event (TR2301)."""
    if status.any():
        raise TreguaError(
            "TR2301",
            "the run met numbers that make no sense",
            found=_why_failed(status, len(status)),
            do=(
                "check the values and policies for extremes; a new mechanism must keep its "
                "hazards finite and not negative"
            ),
        )
