"""Comparison of paired runs: every policy beside the baseline, replicate by replicate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.trajectories import Trajectories
from ..model.calendar import WEEK_DAYS, YEAR_DAYS
from ..scenarios.policy import Policy
from .by_territory import PERSONS, mean_inhabitants
from .drivers import SignDrivers
from .outcomes import Outcome, outcomes_of
from .pairs import relative_change
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
        drivers: what carries the signs of the effects, if that was looked for
            (:func:`tregua.studies.drivers.sign_drivers`).
    """

    baseline: Trajectories
    policies: tuple[Trajectories, ...]
    drivers: SignDrivers | None = None

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Outcomes that are compared."""
        return outcomes_of(self.baseline.scenario.model)

    def added(self, run: Trajectories) -> tuple[Policy, ...]:
        """Policies of a run that the baseline has not."""
        base = set(self.baseline.scenario.policies)
        return tuple(policy for policy in run.scenario.policies if policy not in base)

    def acts(self, run: Trajectories) -> bool:
        """Whether the policies of a run change anything; one that changes nothing is a check."""
        return any(policy.modifiers for policy in self.added(run))

    def since(self, *runs: Trajectories) -> int:
        """Week from which flows of these runs are counted: the first in which a policy of one of
        them is in force; 0 where none changes anything. No other run of the comparison matters.
        """
        added = [policy for run in runs for policy in self.added(run)]
        days = [change.start for policy in added for change in policy.modifiers]
        return max(
            0, min((self.baseline.scenario.week_of(day) if day else 0 for day in days), default=0)
        )

    def values(
        self, run: Trajectories, outcome: Outcome, like: Trajectories | None = None
    ) -> np.ndarray:
        """An outcome of each replicate: a flow counted from :meth:`since` of the run, or of the run
        ``like``, to the end; a stock at the end. The baseline is counted over the window of a
        policy: name it in ``like``, or take :meth:`paired`.
        """
        return counted(run, outcome, self.since(like or run))

    def paired(self, run: Trajectories, outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
        """An outcome of each pair in the baseline and with a policy, over the policy's window."""
        return self.values(self.baseline, outcome, run), self.values(run, outcome)

    def differences(self, run: Trajectories, outcome: Outcome) -> np.ndarray:
        """Paired differences of an outcome, policy minus baseline: shape (replicate,)."""
        before, after = self.paired(run, outcome)
        return after - before

    def table(self) -> pandas.DataFrame:
        """One row for each policy and outcome, whose flows are counted from the first day of that
        policy: no number of a row depends on the other policies.

        What is read is of the pairs: ``difference``, the median over pairs, and its bands;
        ``relative_median``, the median of :func:`~tregua.results.pairs.relative_change` over the
        same pairs, and its bands; ``lower_in``, the share of pairs in which the policy gives the
        lower number. ``baseline`` and ``with_policy`` are levels, the median of each run by itself:
        their difference need not be the median difference.

        Further columns: the days that count; ``mean_difference`` with ``standard_error``, its Monte
        Carlo error; ``relative``, the ratio of means: mean difference by the baseline's mean;
        ``pairing_gain``, how many times as many unpaired runs would have been needed for the same
        standard error.
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
                    **self._period(run, outcome),
                }
                rows.append({**named, **self._compared(run, outcome)})
        return pandas.DataFrame(rows)

    def _period(self, run: Trajectories, outcome: Outcome) -> dict[str, str]:
        """First and last day that count: of a flow, or the one day of a stock."""
        scenario = self.baseline.scenario
        end = scenario.date(scenario.weeks).isoformat()
        return {
            "from": scenario.date(self.since(run)).isoformat() if outcome.kind == "flow" else end,
            "to": end,
        }

    def _compared(self, run: Trajectories, outcome: Outcome) -> dict[str, float]:
        before, after = self.paired(run, outcome)
        difference, relative = after - before, relative_change(before, after)
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
            **{f"relative_{name}": float(x) for name, x in bands(relative).items()},
            "mean_difference": float(difference.mean()),
            "standard_error": (spread / pairs) ** 0.5,
            "relative": float(difference.mean() / before.mean()) if before.mean() else float("nan"),
            "lower_in": float(np.mean(difference < 0.0)),
            "pairs": pairs,
            "pairing_gain": unpaired / spread if spread else float("inf"),
        }

    def values_by_territory(
        self, run: Trajectories, outcome: Outcome, like: Trajectories | None = None
    ) -> np.ndarray:
        """:meth:`values` in every territory, shape (replicate, territory);
        TR2303 where the outcome is not counted by territory.
        """
        since = self.since(like or run)
        series, weeks = run.by_territory(outcome.series), run.weeks(outcome.series)
        return (
            series[:, weeks > since].sum(axis=1) if outcome.kind == "flow" else series[:, -1]
        ).astype(float)

    def differences_by_territory(self, run: Trajectories, outcome: Outcome) -> np.ndarray:
        """:meth:`differences` in every territory, shape (replicate, territory)."""
        before = self.values_by_territory(self.baseline, outcome, run)
        return self.values_by_territory(run, outcome) - before

    def rate_differences(self, run: Trajectories, outcome: Outcome) -> np.ndarray | None:
        """Paired differences for 100,000 inhabitants of each territory: those of a flow a year, for
        the mean inhabitants of the window, those of a stock for the inhabitants at the end; shape
        (replicate, territory); None without a population.
        """
        end = run.scenario.weeks
        since = self.since(run) if outcome.kind == "flow" else end - 1
        population = mean_inhabitants(self.baseline.scenario, since, end)
        if population is None:
            return None
        years = (end - since) * WEEK_DAYS / YEAR_DAYS if outcome.kind == "flow" else 1.0
        return self.differences_by_territory(run, outcome) / population * PERSONS / years

    def territories(self, outcome: str = "killed") -> pandas.DataFrame:
        """One row for each policy and territory: medians of both runs, the paired difference with
        its bands, and in what share of pairs it is lower.

        Where the data have a population, also ``rate_difference`` with its bands: for 100,000
        inhabitants, and a year where the outcome is a flow.
        """
        import pandas

        chosen, frames = self.outcomes[outcome], []
        for run in self.policies:
            before = self.values_by_territory(self.baseline, chosen, run)
            after, rates = self.values_by_territory(run, chosen), self.rate_differences(run, chosen)
            columns: dict[str, Any] = {
                "policy": run.scenario.name,
                "outcome": outcome,
                **self._period(run, chosen),
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
                before, after = self.paired(run, outcome)
                rows = {
                    "policy": run.scenario.name,
                    "outcome": outcome.name,
                    **self._period(run, outcome),
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

        runs, chosen = (self.baseline, *self.policies), self.outcomes[outcome]

        @cache
        def values(run: Trajectories, since: int) -> np.ndarray:
            return counted(run, chosen, since)

        def share(x: Trajectories, y: Trajectories) -> float:
            since = self.since(x, y)
            return float(np.mean(values(x, since) < values(y, since)))

        cells = {y.scenario.name: {x.scenario.name: share(x, y) for x in runs} for y in runs}
        return pandas.DataFrame(cells)

    def plot(self, outcome: str = "killed") -> Figure:
        """The difference of one outcome over time, for every policy, with bands over pairs."""
        from ..reporting.charts.comparisons import difference_figure

        return difference_figure(self, outcome)


def counted(run: Trajectories, outcome: Outcome, since: int) -> np.ndarray:
    """An outcome of each replicate, shape (replicate,): a flow from a week to the end, a stock at
    the end.
    """
    end = run.scenario.weeks
    return (
        run.between(outcome.series, since, end)
        if outcome.kind == "flow"
        else run.at(outcome.series, end)
    ).astype(float)


def _edges(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """Median and edges of the bands of something, named after it."""
    return {name if edge == "median" else f"{name}_{edge}": x for edge, x in bands(values).items()}
