"""The mean field of a scenario as a differentiable function of its parameters:
what fits compare with the record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..engine.block import advance, at_start
from ..engine.random import Means, root_key
from ..engine.solvers.leap import MEAN_FIELD
from ..engine.state import State
from ..model.calendar import WEEK_DAYS
from ..scenarios.scenario import Scenario

BLOCK = 26
"""Steps between points from which a derivative starts again: less memory for one more run."""


@dataclass(frozen=True, eq=False)
class MeanField:
    """Expected numbers of a scenario.

    Args:
        scenario: what is run; a whole number of calendar years is compared.
        step: length of a step [weeks].
    """

    scenario: Scenario
    step: float = 1.0

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years that lie within the scenario."""
        first, last = self.scenario.start, self.scenario.date(self.scenario.weeks)
        return tuple(
            y
            for y in range(first.year, last.year + 1)
            if dt.date(y, 1, 1) >= first and dt.date(y + 1, 1, 1) <= last
        )

    def weights(self) -> Float[np.ndarray, "step year"]:
        """Part of each step that lies in each calendar year."""
        return self.parts([dt.date(year, 1, 1) for year in (*self.years, self.years[-1] + 1)])

    def parts(self, days: Sequence[dt.date]) -> Float[np.ndarray, "step period"]:
        """Part of each step that lies between each day and the next."""
        edges = (
            np.arange(self._steps() + 1) * self.step * WEEK_DAYS + self.scenario.start.toordinal()
        )
        inside = [
            np.minimum(edges[1:], end.toordinal()) - np.maximum(edges[:-1], begin.toordinal())
            for begin, end in pairwise(days)
        ]
        return np.clip(np.stack(inside, axis=1), 0.0, None) / (self.step * WEEK_DAYS)

    def _steps(self) -> int:
        return round(self.scenario.weeks / self.step)

    def run(
        self, values: Mapping[str, Float[Array, "*axes"]]
    ) -> dict[str, Float[Array, "step *place"]]:
        """Series of every step at given parameters, as a run gives them
        (:func:`tregua.engine.block.advance`).
        """
        return self.run_to_end(values)[0]

    def run_to_end(
        self, values: Mapping[str, Float[Array, "*axes"]]
    ) -> tuple[dict[str, Float[Array, "step *place"]], State]:
        """Series of every step as :meth:`run` gives them, and the state after the last:
        stocks and levels on all their axes.
        """
        scenario, model = self.scenario, self.scenario.model
        inputs = scenario.compile()
        count = self._steps()
        blocks = max(1, round(count * self.step / BLOCK))
        size = -(-count // blocks)
        numbers = np.arange(blocks * size)
        weeks = np.minimum(np.floor(numbers * self.step + 1e-9).astype(int), scenario.weeks - 1)
        levers = {
            n: jax.tree.map(
                lambda x: jnp.asarray(x).reshape(blocks, size, *x.shape[1:]), lever.at(weeks)
            )
            for n, lever in inputs.levers.items()
        }
        covariates = {n: jnp.asarray(x) for n, x in inputs.covariates.items()}
        base = {n: jnp.asarray(values[n]) for n in inputs.base}
        sizes = scenario.data.space.sizes
        # Policies that are in force from the first week count at the start, as in a run.
        first = at_start(
            base,
            covariates,
            {
                n: jax.tree.map(jnp.asarray, lever.at(np.asarray(0)))
                for n, lever in inputs.levers.items()
            },
        )
        state = State(
            model.initial_stocks(first, sizes, Means()),
            model.initial_levels(sizes),
            jnp.asarray(0, jnp.int32),
        )

        @jax.checkpoint
        def block(state: State, now: tuple) -> tuple[State, dict[str, Array]]:
            steps, lever = now
            state, _, series = advance(
                model,
                MEAN_FIELD,
                self.step,
                state,
                base,
                covariates,
                lever,
                steps,
                jnp.asarray(count),
                root_key(0),
            )
            return state, series

        end, series = jax.lax.scan(
            block, state, (jnp.asarray(numbers, jnp.int32).reshape(blocks, size), levers)
        )
        return {n: x.reshape(blocks * size, *x.shape[2:])[:count] for n, x in series.items()}, end
