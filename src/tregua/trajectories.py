"""What a run leaves behind: labelled arrays of all replicates, in two resolutions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from .errors import TreguaError, nearest_name
from .scenario import Scenario
from .types import Number

if TYPE_CHECKING:
    import xarray

Names = str | tuple[str, ...]
"""Name of a series, or of several of one kind that are added up."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """The replicates of one scenario.

    Attributes:
        scenario: what was run.
        plan: how it was run.
        series: by name, shape (replicate, time, territory): flows and events hold what happened in each step (time 1 to n), stocks and levels
            what there was at its end; stocks also at time 0.
        snapshots: by name of stock or level, shape (replicate, snapshot, *axes), at the start and at the end of every block.
        sums: by name of flow or event, shape (replicate, block, *axes): all that happened in each block.
        status: 0 for every replicate that is sound.
    """

    scenario: Scenario
    plan: Any
    series: dict[str, np.ndarray]
    snapshots: dict[str, np.ndarray]
    sums: dict[str, np.ndarray]
    status: Int[np.ndarray, "replicate"]

    @property
    def snapshot_weeks(self) -> np.ndarray:
        """Weeks at which snapshots were taken."""
        blocks = next(iter(self.snapshots.values())).shape[1] - 1
        return np.minimum(np.arange(blocks + 1) * self.plan.block_weeks, self.scenario.weeks)

    def weeks(self, name: Names) -> np.ndarray:
        """Time [weeks since the start] of each entry of a series; for a flow, the end of its step."""
        one = name if isinstance(name, str) else name[0]
        length = self._named(one).shape[1]
        first = 0 if one in self.scenario.model.compartments else 1
        return (np.arange(length) + first) * self.plan.dt

    def total(self, name: Names) -> np.ndarray:
        """A series, or several, summed over territories, if they have them: shape (replicate, time)."""
        found = [self._total(one) for one in ((name,) if isinstance(name, str) else name)]
        return reduce(np.add, found)

    def _total(self, name: str) -> np.ndarray:
        # Tables and figures ask for the same totals again and again.
        if name not in self._totals:
            series = self._named(name)
            self._totals[name] = series.sum(axis=tuple(range(2, series.ndim)))
        return self._totals[name]

    @cached_property
    def _totals(self) -> dict[str, np.ndarray]:
        """Totals that were asked for already."""
        return {}

    def by_territory(self, name: Names) -> np.ndarray:
        """A series, or several added up, in every territory: shape (replicate, time, territory).

        Raises:
            TreguaError: TR2303 where one of them is not counted by territory.
        """
        found = [self._named(one) for one in ((name,) if isinstance(name, str) else name)]
        if any(series.ndim < 3 for series in found):
            raise TreguaError("TR2303", "this is not counted by territory", found=name, do="ask for its total")
        return reduce(np.add, found)

    def between(self, name: Names, first: Number, last: Number) -> np.ndarray:
        """Persons moved by a flow from week ``first`` to week ``last``: shape (replicate,)."""
        ends = self.weeks(name)
        return self.total(name)[:, (ends > first) & (ends <= last)].sum(axis=1)

    def at(self, name: Names, week: Number) -> np.ndarray:
        """A stock in a week: shape (replicate,)."""
        return self.total(name)[:, int(np.argmin(np.abs(self.weeks(name) - week)))]

    def snapshot(self, name: str, week: Number) -> np.ndarray:
        """A stock on all its axes in a week that has a snapshot (TR2302 if it has none): shape (replicate, *axes)."""
        found = np.flatnonzero(self.snapshot_weeks == week)
        if not len(found):
            raise TreguaError("TR2302", f"no snapshot was taken in week {week}", expected=f"a multiple of {self.plan.block_weeks}, or the end")
        return self.snapshots[name][:, found[0]]

    def dates(self, weeks: np.ndarray) -> list[dt.date]:
        """Calendar days of weeks."""
        return [self.scenario.date(float(week)) for week in weeks]

    def _named(self, name: str) -> np.ndarray:
        if name not in self.series:
            raise TreguaError("TR2303", f"the run has no series {name!r}", found=name, expected=", ".join(self.series), nearest=nearest_name(name, self.series))
        return self.series[name]

    def to_xarray(self) -> xarray.Dataset:
        """All arrays with named axes, units and descriptions, as an xarray data set."""
        from .arrays import to_xarray

        return to_xarray(self)
