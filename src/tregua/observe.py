"""What a run shows: named outcomes, and tidy tables of them with bands.

Bands are quantiles over replicates, never a mean plus or minus something: counts are skewed and cannot be negative.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from .model import Model
from .trajectories import Trajectories

if TYPE_CHECKING:
    import pandas

QUANTILES = {"low_90": 0.05, "low_50": 0.25, "median": 0.5, "high_50": 0.75, "high_90": 0.95}
"""Edges of the two bands that tables and figures show: half of all replicates, and nine in ten."""


@dataclass(frozen=True)
class Outcome:
    """Something that a reader asks about.

    Attributes:
        name: short name, the last part of the series' name.
        label: what it is in the world.
        series: name of the flow or stock in :class:`~tregua.trajectories.Trajectories`.
        kind: a flow is counted over time, a stock at one moment.
    """

    name: str
    label: str
    series: str
    kind: Literal["flow", "stock"]

    @property
    def unit(self) -> str:
        """Unit of the numbers in yearly tables."""
        return "persons in the year" if self.kind == "flow" else "persons at the end of the year"


def outcomes_of(model: Model) -> dict[str, Outcome]:
    """All outcomes of a model: every flow, and every stock that is no mere count of a flow. Deaths come first."""
    flows = [Outcome(flow.name, flow.doc, name, "flow") for name, (_, flow) in model.flows.items()]
    flows.sort(key=lambda outcome: outcome.name != "killed")
    living = {flow.source for _, flow in model.flows.values()} & set(model.compartments)
    stocks = [Outcome(n, model.compartments[n].doc, n, "stock") for n in model.compartments if n in living]
    return {outcome.name: outcome for outcome in [*flows, *stocks]}


def bands(values: Float[np.ndarray, "replicate *rest"]) -> dict[str, np.ndarray]:
    """Median and edges of the bands over replicates."""
    edges = np.quantile(values, list(QUANTILES.values()), axis=0)
    return {name: np.asarray(edge) for name, edge in zip(QUANTILES, edges, strict=True)}


def yearly(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each outcome, calendar year and replicate.

    A flow counts for a year in proportion to the days of each step that lie in it, so that years with 53 week-ends are no larger than others; stocks are
    those at the last step that ends in the year. Years that the scenario misses by more than a week at either end are left out; a smaller gap counts at the
    year's mean.
    """
    import pandas

    frames = []
    for outcome in outcomes_of(trajectories.scenario.model).values():
        series = trajectories.total(outcome.series)
        ends = _days_since_start(trajectories, outcome)
        for year in _whole_years(trajectories):
            if outcome.kind == "flow":
                value = series @ _share_of_steps(trajectories, ends, year)
            else:
                last = (dt.date(year + 1, 1, 1) - trajectories.scenario.start).days
                value = series[:, np.flatnonzero(ends < last)[-1]].astype(float)
            rows = {"year": year, "outcome": outcome.name, "replicate": np.arange(len(value)), "value": value, "unit": outcome.unit}
            frames.append(pandas.DataFrame(rows))
    # A run of less than a year has no row, but still the columns.
    table = pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame(columns=["year", "outcome", "replicate", "value", "unit"])
    table.insert(0, "scenario", trajectories.scenario.name)
    return table


def _days_since_start(trajectories: Trajectories, outcome: Outcome) -> Float[np.ndarray, "time"]:
    """Ends of the steps of a series [days since the start]."""
    return 7.0 * trajectories.weeks(outcome.series)


def _share_of_steps(trajectories: Trajectories, ends: Float[np.ndarray, "time"], year: int) -> Float[np.ndarray, "time"]:
    """How much of each step counts for a calendar year, by days."""
    start, length = trajectories.scenario.start, 7.0 * trajectories.plan.dt
    first, last = (dt.date(year, 1, 1) - start).days, (dt.date(year + 1, 1, 1) - start).days
    inside = np.clip(np.minimum(ends, last) - np.maximum(ends - length, first), 0.0, None)
    return inside / length * (last - first) / inside.sum()


def _whole_years(trajectories: Trajectories) -> range:
    """Calendar years that the scenario covers but for a week or less at either end."""
    start, end = trajectories.scenario.date(0), trajectories.scenario.date(trajectories.scenario.weeks)
    first = start.year if start.timetuple().tm_yday <= 7 else start.year + 1
    last = end.year if (end.month, end.day) >= (12, 25) else end.year - 1
    return range(first, last + 1)


def yearly_bands(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each outcome and calendar year: median and bands over replicates."""
    return _banded(yearly(trajectories), ["scenario", "outcome", "unit", "year"])


def weekly_bands(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each outcome and week: median and bands over replicates, with the day on which the week ends."""
    import pandas

    frames = []
    for outcome in outcomes_of(trajectories.scenario.model).values():
        weeks = trajectories.weeks(outcome.series)
        unit = "persons in the week" if outcome.kind == "flow" else "persons"
        columns = {"outcome": outcome.name, "unit": unit, "week": weeks, "date": pandas.to_datetime(trajectories.dates(weeks))}
        frames.append(pandas.DataFrame({**columns, **bands(trajectories.total(outcome.series).astype(float))}))
    table = pandas.concat(frames, ignore_index=True)
    table.insert(0, "scenario", trajectories.scenario.name)
    return table


def groups_at_end(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each group: members at the end of the run, median and bands, and the share of all members."""
    import pandas

    members = trajectories.snapshots["members"][:, -1].sum(axis=1).astype(float)
    everyone = np.maximum(members.sum(axis=1), 1.0)
    table = pandas.DataFrame({"group": trajectories.scenario.data.space.labels("group"), **bands(members)})
    table["median_share"] = np.median(members / everyone[:, None], axis=0)
    table.insert(0, "scenario", trajectories.scenario.name)
    return table.sort_values("median", ascending=False, kind="stable", ignore_index=True)


def _banded(table: pandas.DataFrame, by: list[str]) -> pandas.DataFrame:
    import pandas

    if table.empty:
        return pandas.DataFrame(columns=[*by, *QUANTILES])
    grouped = table.groupby(by, sort=False)["value"].quantile(list(QUANTILES.values())).unstack()
    grouped.columns = list(QUANTILES)
    return grouped.reset_index()
