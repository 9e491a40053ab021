"""Paired runs of the nation with the same random numbers, one with and one without an intervention,
and how far they are apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ...countries.registry import load as load_data
from ...engine.run import simulate
from ...engine.trajectories import Trajectories
from ...model.declarations import Number
from ...model.model import Model
from ...results.outcomes import outcomes_of
from ...scenarios.policy import Policy
from ...scenarios.scenario import Scenario
from .published import Published
from .rows import Steps

NAME = "emergent-effects"
Values = Mapping[str, Number]
Numbers = dict[str, float]

HISTORY = ("vetting.capacity", "leaders.removals")
"""Parameters that the national scenario scales by what is known of the years."""


@dataclass(frozen=True, eq=False)
class Runner:
    """Simulation of the nation under policies, always with the same random numbers.

    Attributes:
        published: the file of numbers.
        model: mechanisms in force.
        values: parameters to change by full name.
        replicates: how many.
        steps: told about every block of every chunk.
        fitted: values that take the place of those of the data set, by full name.
    """

    published: Published
    model: Model
    values: Values
    replicates: int
    steps: Steps
    fitted: Mapping[str, np.ndarray] = field(default_factory=dict)

    def scenario(self, weeks: int, policy: Policy | None = None) -> Scenario:
        """The nation for some weeks, under a policy or none."""
        run = self.published.run
        data = load_data(run["data"])
        known = tuple(
            Policy.scale(name, run[name], name=f"history of {name}")
            for name in HISTORY
            if name in self.model.parameters
        )
        return Scenario(
            self.model,
            run["start"],
            weeks,
            replace(data, values={**data.values, **self.fitted}),
            self.values,
            policies=(*known, *((policy,) if policy else ())),
            name=NAME,
        )

    def __call__(self, weeks: int, policy: Policy | None = None) -> Trajectories:
        """Run the nation for some weeks, under a policy or none."""
        run = self.published.run
        settings = {
            "replicates": self.replicates,
            "seed": run["seed"],
            "block_weeks": run["block_weeks"],
        }
        return simulate(
            self.scenario(weeks, policy),
            "tau-leap",
            progress=lambda done, total: self.steps.finished(),
            **settings,
        )


def place_of(run: Trajectories, state: str) -> int:
    """Index of a state on the axis ``territory``."""
    return run.scenario.data.space.labels("territory").index(state)


def counted(run: Trajectories, names: tuple[str, ...], first: int, weeks: int) -> np.ndarray:
    """Sums of flows or levels in every state over some weeks: shape (replicate, state)."""
    return run.by_territory(names)[:, first : first + weeks].sum(axis=1).astype(float)


def killed_names(run: Trajectories) -> tuple[str, ...]:
    """Flows of all deaths that are tied to groups."""
    return outcomes_of(run.scenario.model)["killed"].series


def relative(change: np.ndarray, base: np.ndarray) -> tuple[float, float]:
    """Relative change of a sum against that of the base, and its Monte-Carlo error over the entries
    (replicates or pairs), both [%].
    """
    share = change.sum() / base.sum()
    error = (
        np.std(change - share * base, ddof=1) / np.sqrt(len(base)) / base.mean()
        if len(base) > 1
        else np.nan
    )
    return 100.0 * share, 100.0 * error


def mean(values: np.ndarray) -> tuple[float, float]:
    """Mean over replicates and its Monte-Carlo error."""
    return float(values.mean()), float(np.std(values, ddof=1) / np.sqrt(len(values)))
