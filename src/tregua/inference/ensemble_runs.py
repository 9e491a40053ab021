"""Runs with chance at many points, one for each, as far as a fit compares them with the record:
yearly series by state, and members at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Bool, Float

from ..engine.block import Batch
from ..engine.executor import Stop, ThreadsOnDevices
from ..engine.plan import Plan, make_plan
from ..scenarios.scenario import Inputs, Scenario
from .mean_field import MeanField

WIDTH = 50
"""Runs side by side."""


@dataclass(frozen=True, eq=False)
class Ran:
    """What runs gave.

    Attributes:
        series: persons in each calendar year, by name.
        members: of each group in all territories at the end [person].
        well: whether the run met no invalid hazard or event.
    """

    series: dict[str, Float[np.ndarray, "run year territory"]]
    members: Float[np.ndarray, "run group"]
    well: Bool[np.ndarray, "run"]


def run_all(
    scenario: Scenario,
    values: Mapping[str, Float[np.ndarray, "run *axes"]],
    names: Sequence[str],
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Ran:
    """One run with chance for each set of values, on all devices.

    Args:
        scenario: of whole calendar years.
        values: parameters by full name.
        names: series that are kept.
        seed: of all randomness.
        progress: told after each block of weeks.
    """
    count, told = len(next(iter(values.values()))), progress or (lambda done, all_: None)
    plan, inputs = make_plan(scenario, "tau-leap", WIDTH, seed), scenario.compile(values)
    weights = MeanField(scenario).weights()
    numbers, blocks, done = range(-(-count // WIDTH)), -(-scenario.weeks // plan.steps), 0

    def finished_block() -> None:
        nonlocal done
        done += 1
        told(done, len(numbers) * blocks)

    def work(number: int, device: jax.Device, stop: Stop) -> Ran | None:
        return _batch(scenario, plan, inputs, number, device, weights, names, finished_block, stop)

    chunks = ThreadsOnDevices().run(work, numbers)
    series = {
        name: np.concatenate([part.series[name] for part in chunks])[:count] for name in names
    }
    return Ran(
        series,
        np.concatenate([p.members for p in chunks])[:count],
        np.concatenate([p.well for p in chunks])[:count],
    )


def _batch(
    scenario: Scenario,
    plan: Plan,
    inputs: Inputs,
    number: int,
    device: jax.Device,
    weights: Float[np.ndarray, "step year"],
    names: Sequence[str],
    finished_block: Callable[[], None],
    stop: Stop,
) -> Ran | None:
    """Runs of one chunk, None where it was stopped; years are summed block by block,
    so that no weekly series is kept.
    """
    batch = Batch.on(
        device, scenario, plan, inputs, np.arange(number * WIDTH, (number + 1) * WIDTH)
    )
    state, _ = batch.start()
    series = dict.fromkeys(names, 0.0)
    for first in range(0, scenario.weeks, plan.steps):
        if stop.is_set():
            return None
        state, _, rows = batch.block(state, first, scenario.weeks)
        share = weights[first : first + plan.steps]
        for name in names:
            weekly = np.asarray(rows[name], float)[: len(share)]
            series[name] = series[name] + np.einsum("wy,wrt->ryt", share, weekly)
        finished_block()
    return Ran(
        {n: np.asarray(x) for n, x in series.items()},
        np.asarray(state.stocks["members"], float).sum(axis=1),
        np.asarray(state.status) == 0,
    )
