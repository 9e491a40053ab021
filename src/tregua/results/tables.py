"""Tidy tables of a run: its outcomes by week, year and group, with bands over replicates.

Bands are quantiles over replicates, never a mean plus or minus something: counts are skewed and
cannot be negative.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from ..engine.trajectories import Trajectories
from ..model.calendar import WEEK_DAYS, calendar_years, year_shares
from .outcomes import Outcome, headlines, outcomes_of

if TYPE_CHECKING:
    import pandas

QUANTILES = {"low_90": 0.05, "low_50": 0.25, "median": 0.5, "high_50": 0.75, "high_90": 0.95}
"""Edges of the two bands that tables and figures show: half of all replicates, and nine in ten."""


def bands(values: Float[np.ndarray, "replicate *rest"]) -> dict[str, np.ndarray]:
    """Median and edges of the bands over replicates."""
    edges = np.quantile(values, list(QUANTILES.values()), axis=0)
    return {name: np.asarray(edge) for name, edge in zip(QUANTILES, edges, strict=True)}


def yearly(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each outcome, calendar year and replicate; see :func:`yearly_values`."""
    import pandas

    outcomes, years = (
        list(outcomes_of(trajectories.scenario.model).values()),
        list(whole_years(trajectories)),
    )
    values = yearly_values(trajectories, outcomes)
    count, replicates = len(outcomes) * len(years), values.shape[2]
    table = pandas.DataFrame(
        {
            "scenario": _repeated([trajectories.scenario.name], count * replicates),
            "year": np.tile(np.repeat(years, replicates), len(outcomes)),
            "outcome": _repeated([o.name for o in outcomes], len(years) * replicates),
            "replicate": np.tile(np.arange(replicates), count),
            "value": values.ravel(),
            "unit": _repeated([o.unit for o in outcomes], len(years) * replicates),
        }
    )
    return table


def _repeated(words: Iterable[str], times: int) -> np.ndarray:
    """Each word so many times in a row."""
    return np.repeat(np.array(list(words), dtype=object), times)


def yearly_values(
    trajectories: Trajectories, outcomes: Iterable[Outcome]
) -> Float[np.ndarray, "outcome year replicate"]:
    """Outcomes in every whole calendar year of a run.

    A flow counts for a year in proportion to the days of each step that lie in it, so that years
    with 53 week-ends are no larger than others; stocks are those at the last step that ends in the
    year. Years that the scenario misses by more than a week at either end are left out; a smaller
    gap counts at the year's mean.
    """
    values = [
        by_year(trajectories, outcome, trajectories.total(outcome.series)) for outcome in outcomes
    ]
    return np.array(values).reshape(
        len(values), len(whole_years(trajectories)), trajectories.plan.replicates
    )


def by_year(
    trajectories: Trajectories, outcome: Outcome, series: np.ndarray
) -> Float[np.ndarray, "year replicate *rest"]:
    """A series of an outcome, shape (replicate, time, *rest), in every whole calendar year;
    see :func:`yearly_values`.
    """
    ends, years = WEEK_DAYS * trajectories.weeks(outcome.series), whole_years(trajectories)
    if outcome.kind == "flow":
        values = [
            _year_of_flow(series, shares)
            for shares in year_shares(trajectories.scenario.start, np.append(0.0, ends)).values()
        ]
        return np.array(values).reshape(len(years), len(series), *series.shape[2:])
    starts = [(dt.date(year + 1, 1, 1) - trajectories.scenario.start).days for year in years]
    last = [int(np.flatnonzero(ends < start)[-1]) for start in starts]
    return np.moveaxis(series[:, last], 1, 0).astype(float)


def _year_of_flow(series: np.ndarray, shares: Float[np.ndarray, "time"]) -> np.ndarray:
    """A flow in one year: shape (replicate, *rest). Only the steps that count are touched."""
    used = np.flatnonzero(shares)
    inside = slice(used[0], used[-1] + 1)
    return np.tensordot(shares[inside], series[:, inside], (0, 1))


def whole_years(trajectories: Trajectories) -> range:
    """Calendar years that the scenario covers but for a week or less at either end."""
    return calendar_years(
        trajectories.scenario.date(0), trajectories.scenario.date(trajectories.scenario.weeks)
    )


def yearly_bands(
    trajectories: Trajectories, outcomes: Iterable[Outcome] | None = None
) -> pandas.DataFrame:
    """One row for each outcome and calendar year: median and bands over replicates.

    Args:
        trajectories: the run.
        outcomes: those wanted; all by default.
    """
    import pandas

    chosen = list(
        outcomes_of(trajectories.scenario.model).values() if outcomes is None else outcomes
    )
    years = list(whole_years(trajectories))
    edges = bands(np.moveaxis(yearly_values(trajectories, chosen), 2, 0))
    count = len(chosen) * len(years)
    columns = {
        "scenario": _repeated([trajectories.scenario.name], count),
        "outcome": _repeated([o.name for o in chosen], len(years)),
        "unit": _repeated([o.unit for o in chosen], len(years)),
        "year": np.array(years * len(chosen), int),
    }
    return pandas.DataFrame({**columns, **{name: edge.ravel() for name, edge in edges.items()}})


def weekly_bands(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each headline outcome and week: median and bands over replicates,
    with the day on which the week ends.
    """
    import pandas

    frames = []
    for outcome in headlines(trajectories.scenario.model):
        weeks = trajectories.weeks(outcome.series)
        unit = "persons in the week" if outcome.kind == "flow" else "persons"
        columns = {
            "outcome": outcome.name,
            "unit": unit,
            "week": weeks,
            "date": pandas.to_datetime(trajectories.dates(weeks)),
        }
        frames.append(
            pandas.DataFrame({**columns, **bands(trajectories.total(outcome.series).astype(float))})
        )
    table = pandas.concat(frames, ignore_index=True)
    table.insert(0, "scenario", trajectories.scenario.name)
    return table


def last_named(trajectories: Trajectories) -> int | None:
    """Number of the last snapshot in years for which the data say where the named groups are
    (:attr:`~tregua.countries.dataset.Dataset.named_until`); None where the run begins later, or
    has no members by group.

    A run goes on to move members after that, but nothing holds its groups to those of the same
    name, so that which of them is largest is no statement about these.
    """
    scenario = trajectories.scenario
    if scenario.model.axes.get("members") != ("territory", "group"):
        return None
    until = scenario.data.named_until
    days = trajectories.dates(trajectories.snapshot_weeks)
    named = [i for i, day in enumerate(days) if until is None or day.year <= until]
    return named[-1] if named else None


def named_groups(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each group: members on the day of :func:`last_named`, median and bands, and the
    share of all members.
    """
    import pandas

    last = last_named(trajectories)
    assert last is not None, "the run names no groups"
    members = trajectories.snapshots["members"][:, last].sum(axis=1).astype(float)
    everyone = np.maximum(members.sum(axis=1), 1.0)
    [day] = trajectories.dates(trajectories.snapshot_weeks[last : last + 1])
    labels = trajectories.scenario.data.space.labels("group")
    table = pandas.DataFrame({"date": pandas.Timestamp(day), "group": labels, **bands(members)})
    table["median_share"] = np.median(members / everyone[:, None], axis=0)
    table.insert(0, "scenario", trajectories.scenario.name)
    return table.sort_values("median", ascending=False, kind="stable", ignore_index=True)
