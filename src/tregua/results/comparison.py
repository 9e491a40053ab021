"""Comparison of paired runs: every policy beside the baseline, replicate by replicate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.trajectories import Trajectories
from ..model.calendar import WEEK_DAYS, YEAR_DAYS
from .by_territory import PERSONS, population_of
from .outcomes import Outcome, outcomes_of
from .tables import bands

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Comparison:
    """Paired runs of a baseline and policies.

    Attributes:
        baseline: replicates without policy.
        policies: replicates with each policy, in the same order of random numbers.
    """

    baseline: Trajectories
    policies: tuple[Trajectories, ...]

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Outcomes that are compared."""
        return outcomes_of(self.baseline.scenario.model)

    @property
    def since(self) -> int:
        """Week from which flows are counted: the first in which any policy is in force, or 0."""
        base = set(self.baseline.scenario.policies)
        added = [
            policy
            for run in self.policies
            for policy in run.scenario.policies
            if policy not in base
        ]
        days = [change.start for policy in added for change in policy.modifiers]
        return max(
            0, min((self.baseline.scenario.week_of(day) if day else 0 for day in days), default=0)
        )

    def values(self, run: Trajectories, outcome: Outcome) -> np.ndarray:
        """An outcome of each replicate: a flow counted from :attr:`since` to the end,
        a stock at the end.
        """
        end = run.scenario.weeks
        return (
            run.between(outcome.series, self.since, end)
            if outcome.kind == "flow"
            else run.at(outcome.series, end)
        ).astype(float)

    def table(self) -> pandas.DataFrame:
        """One row for each policy and outcome.

        Columns: the days that count; the medians of both runs; ``difference`` and its bands;
        ``mean_difference`` with ``standard_error``, its Monte Carlo error; ``relative`` to the
        baseline's mean; ``lower_in``, the share of pairs in which the policy gives the lower
        number; ``pairing_gain``, how many times as many unpaired runs would have been needed for
        the same standard error.
        """
        import pandas

        rows = []
        for run in self.policies:
            for outcome in self.outcomes.values():
                named = {
                    "policy": run.scenario.name,
                    "label": run.scenario.shown,
                    "outcome": outcome.name,
                    "unit": "person",
                    **self._period(outcome),
                }
                rows.append({**named, **self._compared(run, outcome)})
        return pandas.DataFrame(rows)

    def _period(self, outcome: Outcome) -> dict[str, str]:
        """First and last day that count: of a flow, or the one day of a stock."""
        scenario = self.baseline.scenario
        end = scenario.date(scenario.weeks).isoformat()
        return {
            "from": scenario.date(self.since).isoformat() if outcome.kind == "flow" else end,
            "to": end,
        }

    def _compared(self, run: Trajectories, outcome: Outcome) -> dict[str, float]:
        before, after = self.values(self.baseline, outcome), self.values(run, outcome)
        difference = after - before
        edges = {name: float(x) for name, x in _edges("difference", difference).items()}
        pairs = len(difference)
        spread = float(np.var(difference, ddof=1)) if pairs > 1 else float("nan")
        unpaired = (
            float(np.var(before, ddof=1) + np.var(after, ddof=1)) if pairs > 1 else float("nan")
        )
        return {
            "baseline": float(np.median(before)),
            "with_policy": float(np.median(after)),
            **edges,
            "mean_difference": float(difference.mean()),
            "standard_error": (spread / pairs) ** 0.5,
            "relative": float(difference.mean() / before.mean()) if before.mean() else float("nan"),
            "lower_in": float(np.mean(difference < 0.0)),
            "pairs": pairs,
            "pairing_gain": unpaired / spread if spread else float("inf"),
        }

    def values_by_territory(self, run: Trajectories, outcome: Outcome) -> np.ndarray:
        """:meth:`values` in every territory, shape (replicate, territory);
        TR2303 where the outcome is not counted by territory.
        """
        series, weeks = run.by_territory(outcome.series), run.weeks(outcome.series)
        return (
            series[:, weeks > self.since].sum(axis=1) if outcome.kind == "flow" else series[:, -1]
        ).astype(float)

    def rate_differences(self, run: Trajectories, outcome: Outcome) -> np.ndarray | None:
        """Paired differences for 100,000 inhabitants of each territory, those of a flow a year:
        shape (replicate, territory); None without a population.
        """
        population = population_of(self.baseline.scenario)
        if population is None:
            return None
        weeks = run.scenario.weeks - self.since
        years = weeks * WEEK_DAYS / YEAR_DAYS if outcome.kind == "flow" else 1.0
        return (
            (
                self.values_by_territory(run, outcome)
                - self.values_by_territory(self.baseline, outcome)
            )
            / population
            * PERSONS
            / years
        )

    def territories(self, outcome: str = "killed") -> pandas.DataFrame:
        """One row for each policy and territory: medians of both runs, the paired difference with
        its bands, and in what share of pairs it is lower.

        Where the data have a population, also ``rate_difference`` with its bands: for 100,000
        inhabitants, and a year where the outcome is a flow.
        """
        import pandas

        chosen, frames = self.outcomes[outcome], []
        before = self.values_by_territory(self.baseline, chosen)
        for run in self.policies:
            after, rates = self.values_by_territory(run, chosen), self.rate_differences(run, chosen)
            columns: dict[str, Any] = {
                "policy": run.scenario.name,
                "outcome": outcome,
                "territory": run.scenario.data.space.labels("territory"),
                "baseline": np.median(before, axis=0),
                "with_policy": np.median(after, axis=0),
                **_edges("difference", after - before),
                "lower_in": np.mean(after < before, axis=0),
                **(_edges("rate_difference", rates) if rates is not None else {}),
            }
            frames.append(pandas.DataFrame(columns))
        return pandas.concat(frames, ignore_index=True)

    def pairs(self) -> pandas.DataFrame:
        """One row for each policy, outcome and replicate: both values and their difference."""
        import pandas

        frames = []
        for run in self.policies:
            for outcome in self.outcomes.values():
                before, after = self.values(self.baseline, outcome), self.values(run, outcome)
                rows = {
                    "policy": run.scenario.name,
                    "outcome": outcome.name,
                    "replicate": np.arange(len(before)),
                }
                frames.append(
                    pandas.DataFrame(
                        {
                            **rows,
                            "baseline": before,
                            "with_policy": after,
                            "difference": after - before,
                        }
                    )
                )
        return pandas.concat(frames, ignore_index=True)

    def beats(self, outcome: str = "killed") -> pandas.DataFrame:
        """Share of replicates in which the policy of the row gives a lower number than the run of
        the column; ties count for neither.
        """
        import pandas

        runs = (self.baseline, *self.policies)
        values = {run.scenario.name: self.values(run, self.outcomes[outcome]) for run in runs}
        cells = {
            column: {row: float(np.mean(x < y)) for row, x in values.items()}
            for column, y in values.items()
        }
        return pandas.DataFrame(cells)

    def plot(self, outcome: str = "killed") -> Figure:
        """The difference of one outcome over time, for every policy, with bands over pairs."""
        from ..reporting.charts.comparisons import difference_figure

        return difference_figure(self, outcome)


def _edges(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """Median and edges of the bands of something, named after it."""
    return {name if edge == "median" else f"{name}_{edge}": x for edge, x in bands(values).items()}
