"""The arrays of an ensemble: where the numbers of all replicates come together. The threads of a
run fill them block by block, so that each number is copied once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..scenarios.scenario import Scenario
from .plan import Plan
from .trajectories import Trajectories

Chunk = Mapping[str, np.ndarray]
"""Arrays of one chunk by name, with the prefix ``series.`` (replicate, time, territory), ``stock.``
(replicate, snapshot, *axes) or ``flow.`` (replicate, block, *axes), and ``status`` (replicate,).
"""


class Gathering:
    """An ensemble in the making: the arrays of all replicates, with rows for the padding of the
    last chunk.

    Args:
        scenario: what is run.
        plan: how.
        width: replicates in a chunk.
        chunks: how many.
        blocks: blocks of a chunk.
    """

    def __init__(self, scenario: Scenario, plan: Plan, width: int, chunks: int, blocks: int):
        self.scenario, self.plan, self.width, self.rows = scenario, plan, width, chunks * width
        self.blocks, self.steps = blocks, round(scenario.weeks / plan.dt)
        self._arrays: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()

    def chunk(self, number: int) -> Chunk:
        """A finished chunk: rows of the arrays of all, not a copy."""
        return {name: array[self._replicates(number)] for name, array in self._arrays.items()}

    def take(self, number: int, chunk: Chunk) -> None:
        """Put in a chunk that was finished earlier."""
        for name, values in chunk.items():
            self._array(name, values.shape[1:], values.dtype)[self._replicates(number)] = values

    def start(self, number: int, held: Mapping[str, Any], series: Mapping[str, Any]) -> None:
        """Put in what there is at the start: stocks and levels on their axes, and the first entry
        of the weekly series of stocks.
        """
        self._snapshot(number, 0, held)
        for name, values in series.items():
            self._weekly(name, np.asarray(values)[:, None], 1)[self._replicates(number), 0] = values

    def block(
        self,
        number: int,
        block: int,
        held: Mapping[str, Any],
        moved: Mapping[str, Any],
        series: Mapping[str, Any],
        first: int,
    ) -> None:
        """Put in a block: what there is at its end, what moved in it, and its weeks from step
        ``first`` on, cut to the length of the scenario.
        """
        replicates = self._replicates(number)
        self._snapshot(number, block + 1, held)
        for name, values in moved.items():
            values = np.asarray(values)
            self._array(f"flow.{name}", (self.blocks, *values.shape[1:]), values.dtype)[
                replicates, block
            ] = values
        for name, values in series.items():
            values = np.swapaxes(np.asarray(values), 0, 1)[:, : self.steps - first]
            early = int(name in self.scenario.model.compartments)
            self._weekly(name, values, early)[
                replicates, first + early : first + early + values.shape[1]
            ] = values

    def status(self, number: int, status: Any) -> None:
        """Put in the state of health of each replicate."""
        values = np.asarray(status)
        self._array("status", values.shape[1:], values.dtype)[self._replicates(number)] = values

    def trajectories(self) -> Trajectories:
        """All replicates, without the padding of the last chunk."""
        whole = {name: array[: self.plan.replicates] for name, array in self._arrays.items()}

        def part(prefix: str) -> dict[str, np.ndarray]:
            return {
                name.removeprefix(prefix): whole[name]
                for name in sorted(whole)
                if name.startswith(prefix)
            }

        return Trajectories(
            self.scenario,
            self.plan,
            part("series."),
            part("stock."),
            part("flow."),
            whole["status"],
        )

    def _replicates(self, number: int) -> slice:
        return slice(number * self.width, (number + 1) * self.width)

    def _snapshot(self, number: int, place: int, held: Mapping[str, Any]) -> None:
        for name, values in held.items():
            values = np.asarray(values)
            self._array(f"stock.{name}", (self.blocks + 1, *values.shape[1:]), values.dtype)[
                self._replicates(number), place
            ] = values

    def _weekly(self, name: str, values: np.ndarray, early: int) -> np.ndarray:
        return self._array(f"series.{name}", (self.steps + early, *values.shape[2:]), values.dtype)

    def _array(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        with self._lock:
            if name not in self._arrays:
                self._arrays[name] = np.empty((self.rows, *shape), dtype)
            return self._arrays[name]
