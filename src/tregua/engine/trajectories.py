"""Trajectories: labelled arrays of all replicates of a run, in two resolutions, and the same as a
file that explains itself.

Names in files hold no dots, since netCDF readers trip over them: the flow ``conflict.killed``
becomes ``conflict_killed``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from .._version import __version__
from ..errors import TreguaError, nearest_name
from ..model.declarations import Number
from ..scenarios.scenario import Draws, Scenario, resolve, without_places
from .plan import SERIES_AXES, Plan

if TYPE_CHECKING:
    import xarray

CHUNK_BYTES = 2**20
"""Size of a compressed piece of a file: a reader of one replicate need not unpack all of them."""

MOST_WEEKLY = 3e8
"""Weekly numbers by territory of all flows, stocks and levels [bytes] up to which they are all
written; above it, all but those of :func:`_headline` are summed over territories, and are written
by territory only for each block.
"""

Variable = tuple[tuple[str, ...], np.ndarray, dict[str, str]]
"""Dimensions, values and attributes, as xarray takes them."""

Names = str | tuple[str, ...]
"""Name of a series, or of several of one kind that are added up."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """The replicates of one scenario.

    Attributes:
        scenario: what was run.
        plan: how it was run.
        series: by name, shape (replicate, time, territory): flows and events hold what happened in
            each step (time 1 to n), stocks and levels what there was at its end; stocks also at
            time 0.
        snapshots: by name of stock or level, shape (replicate, snapshot, *axes), at the start and
            at the end of every block.
        sums: by name of flow or event, shape (replicate, block, *axes): all that happened in each
            block.
        status: 0 for every replicate that is sound.
        lost: numbers of replicates that were left out because they failed, with their status; the
            arrays and the plan are without them.
    """

    scenario: Scenario
    plan: Plan
    series: dict[str, np.ndarray]
    snapshots: dict[str, np.ndarray]
    sums: dict[str, np.ndarray]
    status: Int[np.ndarray, "replicate"]
    lost: Mapping[int, int] = field(default_factory=dict)

    @property
    def asked(self) -> Plan:
        """The plan as it was asked for, with the replicates that were lost."""
        return replace(self.plan, replicates=self.plan.replicates + len(self.lost))

    @property
    def numbers(self) -> np.ndarray:
        """Numbers of the replicates among all that were asked for."""
        return np.setdiff1d(np.arange(self.asked.replicates), list(self.lost))

    def without(self, lost: Mapping[int, int]) -> Trajectories:
        """The same run without some replicates, by number and status."""
        sound = np.flatnonzero(~np.isin(self.numbers, list(lost)))

        def part(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {name: array[sound] for name, array in arrays.items()}

        return replace(
            self,
            plan=replace(self.plan, replicates=len(sound)),
            series=part(self.series),
            snapshots=part(self.snapshots),
            sums=part(self.sums),
            status=self.status[sound],
            lost={**self.lost, **lost},
        )

    @property
    def snapshot_weeks(self) -> np.ndarray:
        """Weeks at which snapshots were taken."""
        blocks = next(iter(self.snapshots.values())).shape[1] - 1
        ends = np.arange(blocks + 1) * self.plan.block_weeks
        weeks: np.ndarray = np.minimum(ends, self.scenario.weeks)
        return weeks

    def weeks(self, name: Names) -> np.ndarray:
        """Time [weeks since the start] of each entry of a series; for a flow,
        the end of its step.
        """
        one = name if isinstance(name, str) else name[0]
        length = self._named(one).shape[1]
        first = 0 if one in self.scenario.model.compartments else 1
        return (np.arange(length) + first) * self.plan.dt

    def total(self, name: Names) -> np.ndarray:
        """A series, or several, summed over territories, if they have them: shape (replicate,
        time).
        """
        totals = [self._total(one) for one in ((name,) if isinstance(name, str) else name)]
        return reduce(np.add, totals)

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
        parts = [self._named(one) for one in ((name,) if isinstance(name, str) else name)]
        if any(series.ndim < 3 for series in parts):
            raise TreguaError(
                "TR2303", "this is not counted by territory", found=name, do="ask for its total"
            )
        return reduce(np.add, parts)

    def between(self, name: Names, first: Number, last: Number) -> np.ndarray:
        """Persons moved by a flow from week ``first`` to week ``last``: shape (replicate,)."""
        ends = self.weeks(name)
        persons: np.ndarray = self.total(name)[:, (ends > first) & (ends <= last)].sum(axis=1)
        return persons

    def at(self, name: Names, week: Number) -> np.ndarray:
        """A stock in a week: shape (replicate,)."""
        return self.total(name)[:, int(np.argmin(np.abs(self.weeks(name) - week)))]

    def snapshot(self, name: str, week: Number) -> np.ndarray:
        """A stock on all its axes in a week that has a snapshot (TR2302 if it has none):
        shape (replicate, *axes).
        """
        places = np.flatnonzero(self.snapshot_weeks == week)
        if not len(places):
            raise TreguaError(
                "TR2302",
                f"no snapshot was taken in week {week}",
                expected=f"a multiple of {self.plan.block_weeks}, or the end",
            )
        return self.snapshots[name][:, places[0]]

    def dates(self, weeks: np.ndarray) -> list[dt.date]:
        """Calendar days of weeks."""
        return [self.scenario.date(float(week)) for week in weeks]

    def _named(self, name: str) -> np.ndarray:
        if name not in self.series:
            raise TreguaError(
                "TR2303",
                f"the run has no series {name!r}",
                found=name,
                expected=", ".join(self.series),
                nearest=nearest_name(name, self.series),
            )
        return self.series[name]

    def to_xarray(self) -> xarray.Dataset:
        """All arrays with named axes, units and descriptions, as an xarray data set."""
        return to_xarray(self)


def flat_name(name: str) -> str:
    """Name of a quantity in an array file: ``conflict.killed`` is ``conflict_killed``."""
    return name.replace(".", "_")


def to_xarray(trajectories: Trajectories, draws: Draws | None = None) -> xarray.Dataset:
    """All arrays of a run with named axes, units and descriptions.

    Args:
        trajectories: the run.
        draws: the posterior draws that it used, if any.

    Returns:
        Data set with these variables:

        - ``members`` and every other stock (replicate, week, territory), from week 0 on;
        - ``conflict_killed`` and every other flow (replicate, step, territory): what happened in
          each step, labelled by its end;
        - ``members_at_snapshot`` (replicate, snapshot, *axes) at the start and at the end of every
          block;
        - ``conflict_killed_in_block`` (replicate, block, *axes), summed over each block;
        - ``parameter_recruitment_rate`` (*axes) or (draw, *axes), before policies; without the axis
          of territories where it is the same in all;
        - ``covariate_rivalry`` (*axes), a second axis of the same kind being called
          ``other_group``.
    """
    import xarray

    variables = {
        **_series(trajectories),
        **_snapshots(trajectories),
        **_parameters(trajectories, draws),
        **_covariates(trajectories),
    }
    variables["status"] = (
        ("replicate",),
        trajectories.status,
        {"units": "1", "long_name": "0 for every replicate that is sound"},
    )
    return xarray.Dataset(
        variables, coords=_coordinates(trajectories, variables), attrs=_attributes(trajectories)
    )


def write_arrays(path: Path, dataset: xarray.Dataset) -> None:
    """Write a data set as compressed netCDF 4.

    Raises:
        OSError: where it cannot be written.
    """
    encoding = {}
    for name, variable in dataset.data_vars.items():
        if variable.size and variable.ndim and variable.dtype.kind in "if":
            row = max(1, variable.nbytes // variable.shape[0])
            pieces = (min(variable.shape[0], max(1, CHUNK_BYTES // row)), *variable.shape[1:])
            encoding[name] = {"zlib": True, "complevel": 1, "shuffle": True, "chunksizes": pieces}
    # In memory first: HDF5 keeps a file that it could not write open, and crashes at the end of the
    # process when it tries once more.
    path.write_bytes(dataset.to_netcdf(engine="h5netcdf", encoding=encoding))


def _series(trajectories: Trajectories) -> dict[str, Variable]:
    """Weekly stocks on the time from 0, and what happened in each step."""
    model, variables = trajectories.scenario.model, {}
    whole = sum(values.nbytes for values in trajectories.series.values()) <= MOST_WEEKLY
    for name, values in trajectories.series.items():
        unit, doc, kind = _meaning(trajectories, name)
        places = tuple(axis for axis in model.axes[name] if axis in SERIES_AXES)
        if places and not (whole or _headline(trajectories, name)):
            values = values.mean(axis=2) if name in model.levels else values.sum(axis=2)
            places, doc = (
                (),
                f"{doc}, {'mean of' if name in model.levels else 'summed over'} all territories",
            )
        dims = ("replicate", "week" if name in model.compartments else "step", *places)
        note = {
            "moved": "in each step, labelled by its end",
            "held": "at the end of each step",
            "kept": "up to each week",
        }[kind]
        variables[flat_name(name)] = (dims, values, {"units": unit, "long_name": f"{doc}, {note}"})
    return variables


def _headline(trajectories: Trajectories, name: str) -> bool:
    """Whether a weekly series is of what most readers come for: members, deaths,
    and what is on record.
    """
    model = trajectories.scenario.model
    return (
        name == "members"
        or name in model.records
        or (name in model.flows and bool(model.flows[name][1].victim))
    )


def _snapshots(trajectories: Trajectories) -> dict[str, Variable]:
    """Stocks and levels with all their axes now and then, and what happened in between."""
    axes, variables = trajectories.scenario.model.axes, {}
    for name, values in trajectories.snapshots.items():
        unit, doc, _ = _meaning(trajectories, name)
        attributes = {
            "units": unit,
            "long_name": f"{doc}, at the start and at the end of every block",
        }
        variables[f"{flat_name(name)}_at_snapshot"] = (
            ("replicate", "snapshot", *axes[name]),
            values,
            attributes,
        )
    for name, values in trajectories.sums.items():
        unit, doc, _ = _meaning(trajectories, name)
        variables[f"{flat_name(name)}_in_block"] = (
            ("replicate", "block", *axes[name]),
            values,
            {"units": unit, "long_name": f"{doc}, summed over each block"},
        )
    return variables


def _meaning(trajectories: Trajectories, name: str) -> tuple[str, str, str]:
    """Unit and description of a quantity, and whether it is moved in a step, held at its end,
    or kept from week 0 on.
    """
    model = trajectories.scenario.model
    if name in model.compartments:
        return "person", model.compartments[name].doc, "kept"
    if name in model.levels:
        return model.levels[name].unit, model.levels[name].doc, "held"
    if name in model.flows:
        return "person", model.flows[name][1].doc, "moved"
    if name in model.records:
        return "person", model.records[name][1].doc, "moved"
    return "1", model.events[name][1].doc, "moved"


def _parameters(trajectories: Trajectories, draws: Draws | None) -> dict[str, Variable]:
    scenario, variables = trajectories.scenario, {}
    for name, resolved in resolve(scenario, draws).items():
        parameter = scenario.model.parameters[name]
        attributes = {
            "units": parameter.unit,
            "long_name": f"{parameter.doc}, before policies",
            "layer": resolved.layer,
            "parameter": name,
        }
        value = without_places(resolved.value, parameter.axes)
        axes = parameter.axes
        if value.ndim < resolved.value.ndim:
            axes = tuple(axis for axis in axes if axis != "territory")
        dims = (("draw",) if resolved.drawn else ()) + axes
        variables[f"parameter_{flat_name(name)}"] = (dims, np.array(value), attributes)
    return variables


def _covariates(trajectories: Trajectories) -> dict[str, Variable]:
    scenario, variables = trajectories.scenario, {}
    for name, covariate in scenario.model.covariates.items():
        dims = tuple(
            axis if axis not in covariate.axes[:i] else f"other_{axis}"
            for i, axis in enumerate(covariate.axes)
        )
        variables[f"covariate_{name}"] = (
            dims,
            np.asarray(scenario.data.covariates[name], float),
            {"units": covariate.unit, "long_name": covariate.doc},
        )
    return variables


def _coordinates(
    trajectories: Trajectories, variables: Mapping[str, Variable]
) -> dict[str, Variable]:
    """Labels of every axis in use, with the calendar day of every point in time."""
    scenario, plan = trajectories.scenario, trajectories.plan
    snapshots = trajectories.snapshot_weeks
    steps = round(scenario.weeks / plan.dt)
    times = {
        "week": (np.arange(steps + 1) * plan.dt, "weeks since the start"),
        "step": (np.arange(1, steps + 1) * plan.dt, "end of the step, in weeks since the start"),
        "snapshot": (snapshots.astype(float), "weeks since the start"),
        "block": (
            snapshots[1:].astype(float),
            f"end of a block of up to {plan.block_weeks} weeks, in weeks since the start",
        ),
    }
    used = {dim for dims, *_ in variables.values() for dim in dims}
    labels: dict[str, Variable] = {
        "replicate": (
            ("replicate",),
            trajectories.numbers,
            {"units": "1", "long_name": "number of the replicate"},
        )
    }
    for dim, (weeks, doc) in times.items():
        if dim in used:
            days = np.array(trajectories.dates(weeks), dtype="datetime64[ns]")
            labels[dim] = ((dim,), weeks, {"units": "week", "long_name": doc})
            labels[f"{dim}_date"] = (
                (dim,),
                days,
                {"long_name": f"calendar day of each {dim}"},
            )
    for axis in scenario.data.space.axes:
        for dim in {axis.name, f"other_{axis.name}"} & used:
            labels[dim] = (
                (dim,),
                np.array(axis.labels, dtype=object),
                {"long_name": axis.name},
            )
    return labels


def _attributes(trajectories: Trajectories) -> dict[str, str | int | float]:
    scenario, plan = trajectories.scenario, trajectories.plan
    return {
        "title": f"Tregua run: {scenario.shown}",
        "source": f"Tregua {__version__}",
        "scenario": scenario.name,
        "mechanisms": ", ".join(m.name for m in scenario.model.mechanisms),
        "policies": ", ".join(policy.name for policy in scenario.policies) or "none",
        "data": scenario.data.name,
        "start": scenario.start.isoformat(),
        "weeks": scenario.weeks,
        "solver": plan.solver.name,
        "dt_weeks": plan.dt,
        "block_weeks": plan.block_weeks,
        "replicates": plan.replicates,
        "replicates_lost": len(trajectories.lost),
        "seed": plan.seed,
    }
