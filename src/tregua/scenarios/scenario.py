"""A scenario: which model, on which data, from when to when, with which values and policies.
It knows no solver and no file.

Precedence of values, from weakest to strongest: mechanism default, data set, posterior draw,
scenario, command line. Policies are no layer: they act in time on whatever value the layers give
(see :mod:`tregua.scenarios.policy`). :func:`resolve` is the only place that decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..countries.dataset import Dataset
from ..countries.registry import data_for, load
from ..errors import TreguaError, nearest_name
from ..model.calendar import WEEK_DAYS, day_of, week_of
from ..model.declarations import DATE, Covariate, Number, Parameter
from ..model.model import Model
from ..model.units import in_unit
from .policy import (
    Lever,
    Modifier,
    Policy,
    as_date,
    build_levers,
    check_once,
    on_labels,
    step_by_step,
)

LAYERS = ("mechanism default", "data set", "posterior draw", "scenario", "command line")

FIRST_DAY = "2000-01-01"
"""Where a scenario begins that names no day, on data of which nobody says of which day they are."""

MOST_YEARS_LATER = 25
"""Years after the day of its data in which a scenario may begin, where its author says that the
stocks are as old as that: those who were members then have grown old.
"""

MOST_WEEKS = 5_218
"""Weeks of the longest scenario, a hundred years: what policies do is held for every one of them.
"""

LARGEST = 1e30
"""Largest value of a parameter, in its own unit:
products of it must stay within single precision.
"""

Draws = Mapping[str, np.ndarray]
"""Posterior draws: parameter name to array with one row for each draw."""


@dataclass(frozen=True)
class Resolved:
    """A parameter's value and the layer that supplied it.

    Attributes:
        value: shape (*axes), or (draws, *axes) where a posterior supplied it.
        layer: one of :data:`LAYERS`.
        drawn: whether the first axis is draws.
    """

    value: np.ndarray
    layer: str
    drawn: bool = False


@dataclass(frozen=True)
class Inputs:
    """A scenario as arrays, ready for a solver.

    Attributes:
        base: parameters by full name, shape (draws or 1, *axes), before policies.
        levers: what policies do to each parameter in each week.
        covariates: measured inputs, and levels that nothing in the model changes.
    """

    base: dict[str, np.ndarray]
    levers: dict[str, Lever]
    covariates: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Scenario:
    """A scenario: model, data, time, values and policies, all that is to be run.

    Args:
        model: the mechanisms.
        start: first day; the day of the data set if none is given.
        weeks: length.
        data: a data set, or the name of a shipped one; if none is given, the first shipped one that
            has what the model needs.
        values: parameter values by full name, as numbers in the parameters' units or as text with a
            unit; they override data and posterior draws.
        overrides: values given on the command line; they override all others.
        policies: in force together, in order.
        name: short name, used in file names.
        label: what a reader sees.
        stocks: ``as of`` and the day of the data, where a scenario begins on another day and that
            is meant.

    Raises:
        TreguaError: TR1305 for a length that is none; TR1308 for a start on another day than that
            of the data where ``stocks`` does not say so; TR1403 for a policy in a territory that
            the data do not have; TR1405 where a policy would act twice.
    """

    model: Model
    start: dt.date
    weeks: int
    data: Dataset
    values: Mapping[str, Number | str] = field(default_factory=dict)
    overrides: Mapping[str, Number | str] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    name: str = "baseline"
    label: str = ""
    stocks: str = ""

    def __init__(
        self,
        model: Model,
        start: str | dt.date | None = None,
        weeks: int = 520,
        data: Dataset | str | None = None,
        values: Mapping[str, Number | str] | None = None,
        overrides: Mapping[str, Number | str] | None = None,
        policies: tuple[Policy, ...] = (),
        name: str = "baseline",
        label: str = "",
        stocks: str = "",
    ):
        if not 1 <= weeks <= MOST_WEEKS or int(weeks) != weeks:
            raise TreguaError(
                "TR1305",
                "a scenario lasts a whole number of weeks, from one to a hundred years of them",
                found=weeks,
                expected=f"1 to {MOST_WEEKS}",
                do="give `weeks` or an `end` after `start`",
            )
        if data is None:
            data = data_for(
                {axis for axes in model.axes.values() for axis in axes}, set(model.covariates)
            )
        if isinstance(data, str):
            data = load(data, as_date(start) if start else None)
        policies = tuple(on_labels(policy, data) for policy in policies)
        check_once(policies)
        fields = {
            "model": model,
            "start": as_date(start or data.start or FIRST_DAY),
            "weeks": int(weeks),
            "data": data,
            "values": dict(values or {}),
            "overrides": dict(overrides or {}),
            "policies": policies,
            "name": name,
            "label": label,
            "stocks": stocks,
        }
        for key, value in fields.items():
            object.__setattr__(self, key, value)
        self._check_start()

    @property
    def shown(self) -> str:
        """Label for readers."""
        return self.label or self.name

    @property
    def stocks_day(self) -> dt.date:
        """The day of which the stocks at the start are; the start where nobody knows better."""
        return as_date(self.data.start) if self.data.start else self.start

    @property
    def start_note(self) -> str:
        """That the stocks at the start are of another day, in one sentence; empty where they are
        of the start.
        """
        day = self.stocks_day
        return (
            f"The stocks at the start, {self.start}, are those of {day}: nothing that happened "
            "in between is in this run."
            if day != self.start
            else ""
        )

    def _check_start(self) -> None:
        """Refuse a start of which the data know nothing (TR1308)."""
        day = self.stocks_day
        line = f"as of {day}"
        latest = day.replace(year=day.year + MOST_YEARS_LATER, day=min(day.day, 28))
        possible = day <= self.start <= latest
        said = self.stocks == line and possible if self.stocks else self.start == day
        if said or not self.data.start:
            return
        meant = (
            f"; if you mean that the groups of {day} stand on {self.start}, "
            f'write stocks = "{line}" in [scenario]'
        )
        raise TreguaError(
            "TR1308",
            f"the stocks at the start are known for {day} and not for {self.start}",
            where="start of the scenario",
            found=f"start {self.start}" + (f', stocks "{self.stocks}"' if self.stocks else ""),
            expected=f"a start on {day}"
            + (f', or on a later day to {latest} with stocks = "{line}"' if possible else ""),
            do=f"start on {day} and let policies begin later" + (meant if possible else ""),
        )

    def with_policy(self, policy: Policy) -> Scenario:
        """The same scenario with one more policy, named after it; TR1405 where the policy is in
        force already, by name or by a change, and so would act twice.
        """
        return replace(
            self, policies=(*self.policies, policy), name=policy.name, label=policy.shown
        )

    def with_values(self, values: Mapping[str, Number | str]) -> Scenario:
        """The same scenario with some values replaced."""
        return replace(self, values={**self.values, **values})

    def date(self, week: Number) -> dt.date:
        """The day on which a week of the scenario begins."""
        return day_of(self.start, week)

    def week_of(self, date: str | dt.date) -> int:
        """The first week that begins on or after a date."""
        return week_of(self.start, as_date(date))

    def compile(self, draws: Draws | None = None) -> Inputs:
        """Arrays only: base values, levers and covariates.

        Raises:
            TreguaError: TR1203 unknown parameter, TR1306 value outside its support, TR1502 missing
                covariate, and those of :func:`tregua.scenarios.policy.build_levers`.
        """
        self._check_needs()
        covariates = {}
        for name, covariate in self.model.covariates.items():
            measured = np.asarray(self.data.covariates[name], float)
            if covariate.unit == DATE:
                measured = (measured - self.start.toordinal()) / WEEK_DAYS
            covariates[name] = measured
        for name, level in self.model.neutral.items():
            # Data may prescribe a level that no mechanism of this model changes.
            covariates[name] = np.broadcast_to(
                np.asarray(self.data.covariates.get(name, level.initial), float),
                self.data.space.shape(level.axes),
            )
        self._check_start_only()
        resolved = resolve(self, draws)
        base = {n: r.value if r.drawn else r.value[None] for n, r in resolved.items()}
        levers = build_levers(
            self.policies, self.model.parameters, self.data.space, self.start, self.weeks
        )
        for name, parameter in self.model.parameters.items():
            _check_support(name, parameter, base[name], levers[name], self)
        return Inputs(base, levers, covariates)

    def _check_needs(self) -> None:
        """Refuse mechanisms that need what the data do not have, all at once (TR1502)."""
        axes = {axis.name for axis in self.data.space.axes}
        lacking: dict[str, list[str]] = {}
        for mechanism in self.model.mechanisms:
            declared = (*mechanism.needs, *mechanism.parameters)
            needed = {axis for declaration in declared for axis in declaration.axes} - axes
            absent = [f"the axis {axis}" for axis in sorted(needed)]
            absent += [
                need.name
                for need in mechanism.needs
                if isinstance(need, Covariate) and need.name not in self.data.covariates
            ]
            if absent:
                lacking[mechanism.name] = absent
        if lacking:
            raise TreguaError(
                "TR1502",
                f"data set {self.data.name!r} lacks what some mechanisms need",
                where="mechanisms of the scenario",
                found="; ".join(f"{name}: {', '.join(x)}" for name, x in lacking.items()),
                expected="tables that supply them",
                do="leave these out: " + " ".join(f"--without {name}" for name in lacking),
            )

    def _check_start_only(self) -> None:
        """Refuse a policy that begins after the start on a parameter that is read only at
        the start (TR1404).
        """
        only = {
            f"{m.name}.{p.name}"
            for m in self.model.mechanisms
            if not (m.flows() or m.drifts() or m.events())
            for p in m.parameters
        }
        for policy in self.policies:
            for change in policy.modifiers:
                if change.target in only and change.start and change.start > self.start:
                    raise TreguaError(
                        "TR1404",
                        (
                            f"{change.target!r} is read only at the start, so this "
                            "change is never in force"
                        ),
                        where=f"policy {policy.name!r}",
                        found=change.text(),
                        do="let it begin at the start of the scenario, or change another parameter",
                    )


def resolve(scenario: Scenario, draws: Draws | None = None) -> dict[str, Resolved]:
    """Value and layer of every parameter of a scenario: the one place that decides who wins."""
    parameters, space = scenario.model.parameters, scenario.data.space
    layers = dict(
        zip(
            LAYERS[1:],
            (scenario.data.values, draws or {}, scenario.values, scenario.overrides),
            strict=True,
        )
    )
    resolved = {
        n: Resolved(np.broadcast_to(float(p.value), space.shape(p.axes)), LAYERS[0])
        for n, p in parameters.items()
    }
    for layer, values in layers.items():
        for name, value in values.items():
            if name not in parameters and layer == LAYERS[1]:
                # A data set serves every model on its axes, also one without some mechanism.
                continue
            if name not in parameters:
                raise TreguaError(
                    "TR1203",
                    f"no parameter is named {name!r}",
                    where=f"{layer}, key {name}",
                    found=name,
                    expected="a parameter of the model, as `tregua mechanisms` lists them",
                    nearest=nearest_name(name, parameters),
                )
            drawn = layer == "posterior draw"
            if isinstance(value, str):
                value = in_unit(value, parameters[name].unit, f"{layer}, key {name}")
            array = np.asarray(value, float)
            axes = space.shape(parameters[name].axes)
            if drawn:
                array = _beside_axes(array, parameters[name].axes, axes)
            shape = (*array.shape[:1], *axes) if drawn else axes
            try:
                resolved[name] = Resolved(np.broadcast_to(array, shape), layer, drawn)
            except ValueError as error:
                raise TreguaError(
                    "TR1307",
                    f"the value of {name!r} has the wrong shape",
                    found=array.shape,
                    expected=str(shape),
                ) from error
    return resolved


def without_places(values: np.ndarray, axes: tuple[str, ...]) -> np.ndarray:
    """Values, or draws of them, without the axis of territories where they are the same in all, as
    those of most parameters are: what is written down of them stays short.

    Args:
        values: shape (*axes) or (draws, *axes).
        axes: of the parameter.
    """
    if "territory" not in axes:
        return values
    place = values.ndim - len(axes) + axes.index("territory")
    first = values.take(0, axis=place)
    same = bool(np.all(values == np.expand_dims(first, place)))
    return np.asarray(first) if same else values


def _beside_axes(array: np.ndarray, names: tuple[str, ...], sizes: tuple[int, ...]) -> np.ndarray:
    """Draws with an axis of length one for each axis of the parameter along which they do not
    differ: a single number for each draw, or one that is the same in all territories.
    """
    if array.ndim == 1:
        return array.reshape(-1, *(1,) * len(sizes))
    place = names.index("territory") if "territory" in names else None
    if place is not None and array.shape[1:] == sizes[:place] + sizes[place + 1 :]:
        return np.expand_dims(array, 1 + place)
    return array


def _check_support(
    name: str, parameter: Parameter, base: np.ndarray, lever: Lever, scenario: Scenario
) -> None:
    """Refuse a value that leaves its support, before or under policies (TR1306)."""
    if not np.all(np.isfinite(base)):
        raise TreguaError(
            "TR1306",
            f"{name!r} is not a finite number",
            where=f"value of {name}",
            found=base.ravel()[0],
            expected=support_text(parameter),
        )
    if np.abs(base).max() > LARGEST:
        raise TreguaError(
            "TR1306",
            f"{name!r} is too large to compute with",
            where=f"value of {name}",
            found=f"{np.abs(base).max():g} {parameter.unit}",
            expected=f"at most {LARGEST:g}",
        )
    outside = _outside(parameter, base)
    if outside is not None:
        raise TreguaError(
            "TR1306",
            f"{name!r} leaves the values that make sense",
            where=f"value of {name}",
            found=f"{outside:g} {parameter.unit}",
            expected=support_text(parameter),
        )
    if not any(c.target == name for policy in scenario.policies for c in policy.modifiers):
        return
    outside = _outside(parameter, forced(base, lever))
    if outside is not None:
        policy, change = _culprit(name, parameter, base, scenario)
        raise TreguaError(
            "TR1306",
            f"a change of {name!r} leads out of the values that make sense",
            where=f"policy {policy.name!r}, change of {name}",
            found=f"{change.text()}, which makes it {outside:g} {parameter.unit}",
            expected=support_text(parameter),
        )


def forced(base: np.ndarray, lever: Lever) -> np.ndarray:
    """Lowest and highest value under policies, shape (2, weeks, *axes):
    a lever never decreases in the value, so extremes of the draws bound all of them.
    """
    return np.stack(
        [
            np.minimum(lever.slope * edge + lever.shift, lever.cap)
            for edge in (base.min(axis=0), base.max(axis=0))
        ]
    )


def _outside(parameter: Parameter, values: np.ndarray) -> float | None:
    """A value outside the support, if there is one."""
    low, high = parameter.support
    return (
        float(values.min())
        if values.min() < low
        else float(values.max())
        if values.max() > high
        else None
    )


def _culprit(
    name: str, parameter: Parameter, base: np.ndarray, scenario: Scenario
) -> tuple[Policy, Modifier]:
    """The change with which a value leaves its support for good."""
    changes = [
        (policy, change)
        for policy in scenario.policies
        for change in policy.modifiers
        if change.target == name
    ]
    levers = step_by_step(
        [change for _, change in changes],
        parameter,
        scenario.data.space,
        scenario.start,
        scenario.weeks,
    )
    inside = [_outside(parameter, forced(base, lever)) is None for lever in levers]
    return changes[max((i + 1 for i, yes in enumerate(inside[:-1]) if yes), default=0)]


def support_text(parameter: Parameter) -> str:
    """Values that make sense for a parameter, in words."""
    low, high = parameter.support
    return (
        f"{low:g} to {high:g} {parameter.unit}"
        if np.isfinite(high)
        else f"at least {low:g} {parameter.unit}"
    )
