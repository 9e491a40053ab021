r"""Policies: how an intervention touches the model, in one place.

A policy never edits a mechanism. It changes the value of named parameters from one date to another.
Every such change is affine with a cap,

.. math:: x \mapsto \min(a x + b,\; c), \qquad a \ge 0

and such maps compose into one of the same form. So a week's policies reduce to three numbers for
each parameter, a :class:`Lever`, which the compiled step applies through :func:`act`, and a new
policy compiles nothing.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, overload

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..countries.dataset import Dataset
from ..countries.territories import territories_named
from ..errors import TreguaError, nearest_name
from ..model.calendar import week_of
from ..model.declarations import Number, Parameter
from ..model.space import Space

Operation = Literal["scale", "set", "add", "cap"]


@dataclass(frozen=True)
class Modifier:
    """One change of one parameter in time.

    Attributes:
        target: full name of the parameter, such as ``"recruitment.rate"``.
        operation: ``scale`` multiplies, ``set`` replaces, ``add`` adds, ``cap`` keeps the value
            from rising above.
        value: the factor for ``scale``; else a value in the parameter's unit.
        start: first day in force; None for the start of the scenario.
        end: first day no longer in force; None for the end of the scenario.
        ramp_weeks: weeks over which the change grows linearly to full strength.
        territories: places in which it is in force, at least one; None for everywhere.
        written: the value as its author wrote it, with its unit, for messages; it decides nothing.
    """

    target: str
    operation: Operation
    value: Number
    start: dt.date | None = None
    end: dt.date | None = None
    ramp_weeks: Number = 0.0
    territories: tuple[str, ...] | None = None
    written: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.territories is not None and (not self.territories or "" in self.territories):
            raise TreguaError(
                "TR1209",
                f"this change of {self.target!r} is in no territory",
                found=self.territories,
                do="name the territories, or leave `territories` out if you mean all of them",
            )
        if isinstance(self.value, str):
            raise TreguaError(
                "TR1302",
                f"the value of this change of {self.target!r} is text",
                found=self.value,
                do="give a number, in the unit of the parameter; files are read with their units",
            )
        problem = ""
        if not math.isfinite(self.value) or (self.operation == "scale" and self.value < 0.0):
            problem = "the factor or value must be finite, and a factor not negative"
        elif self.operation == "cap" and self.ramp_weeks:
            problem = "a cap cannot be ramped, since there is none before it"
        elif not (math.isfinite(self.ramp_weeks) and self.ramp_weeks >= 0.0):
            problem = "a ramp must have a finite length that is not negative"
        elif self.start and self.end and self.end <= self.start:
            problem = "the change ends before it starts"
        if problem:
            raise TreguaError(
                "TR1402",
                f"this change of {self.target!r} makes no sense: {problem}",
                found=self.text(),
            )

    def outside(self, start: dt.date, weeks: int) -> bool:
        """Whether it is in force in no week of a scenario."""
        first = 0 if self.start is None else week_of(start, self.start)
        last = weeks if self.end is None else week_of(start, self.end)
        return first >= weeks or last <= 0

    def text(self) -> str:
        """The change in words, such as ``scale arrests.effort by 2 from 2022-01-01``."""
        words = {
            "scale": f"scale {self.target} by",
            "set": f"set {self.target} to",
            "add": f"add to {self.target}",
            "cap": f"cap {self.target} at",
        }
        parts = [f"{words[self.operation]} {self.written or f'{self.value:g}'}"]
        parts += [f"from {self.start}"] if self.start else []
        parts += [f"to {self.end}"] if self.end else []
        parts += [f"ramped over {self.ramp_weeks:g} weeks"] if self.ramp_weeks else []
        parts += ["in " + ", ".join(self.territories)] if self.territories else []
        return " ".join(parts)


@dataclass(frozen=True)
class Policy:
    """A named set of changes, put into force together.

    Attributes:
        name: short name, used in tables and file names.
        modifiers: the changes, applied in order.
        label: what a reader sees; the name if empty.
        doc: one sentence on what the policy stands for.
    """

    name: str
    modifiers: tuple[Modifier, ...] = ()
    label: str = ""
    doc: str = ""

    @classmethod
    def scale(
        cls,
        target: str,
        factor: Number,
        from_: str | dt.date | None = None,
        to: str | dt.date | None = None,
        name: str = "",
    ) -> Policy:
        """Multiply a parameter from one date to another."""
        change = Modifier(target, "scale", factor, as_date(from_), as_date(to))
        return cls(name or f"{target} x {factor:g}", (change,))

    @classmethod
    def set(
        cls,
        target: str,
        value: Number,
        from_: str | dt.date | None = None,
        to: str | dt.date | None = None,
        name: str = "",
    ) -> Policy:
        """Replace a parameter's value, in its own unit, from one date to another."""
        change = Modifier(target, "set", value, as_date(from_), as_date(to))
        return cls(name or f"{target} = {value:g}", (change,))

    def __add__(self, other: Policy) -> Policy:
        """Both together; TR1405 where they share a change, which would act twice."""
        shared = self.shared_with(other)
        if shared:
            raise acts_twice(other, self, shared[0])
        return Policy(
            f"{self.name} + {other.name}",
            self.modifiers + other.modifiers,
            f"{self.shown} and {other.shown}",
        )

    def named(self, name: str, label: str = "") -> Policy:
        """The same changes under another name."""
        return replace(self, name=name, label=label)

    def shared_with(self, other: Policy) -> tuple[Modifier, ...]:
        """Changes that both make, and that would act twice where both are in force. A cap is none:
        twice under one lid is once.
        """
        theirs = set(other.modifiers)
        return tuple(c for c in self.modifiers if c.operation != "cap" and c in theirs)

    @property
    def shown(self) -> str:
        """Label for readers."""
        return self.label or self.name


def on_labels(policy: Policy, data: Dataset) -> Policy:
    """The policy with its territories as the data label them, so that the same change is known
    again however its author wrote a name.

    Raises:
        TreguaError: TR1403 for a name that is no territory.
    """
    if all(change.territories is None for change in policy.modifiers):
        return policy
    labels, where = data.space.labels("territory"), f"policy {policy.name!r}"
    own = data.territories
    return replace(
        policy,
        modifiers=tuple(
            change
            if change.territories is None
            else replace(
                change, territories=territories_named(change.territories, labels, where, own)
            )
            for change in policy.modifiers
        ),
    )


def acts_twice(policy: Policy, other: Policy, change: Modifier | None = None) -> TreguaError:
    """The refusal of a policy beside another that is the same or makes the same change (TR1405)."""
    return TreguaError(
        "TR1405",
        f"policy {policy.name!r} would act twice",
        where=f"policy {policy.name!r}",
        found=f"{change.text() if change else 'its name'}, which {other.name!r} has already",
        expected="each policy and each change in force once",
        do="leave one of them out; if the change is meant to be twice as strong, write it so",
    )


def check_once(policies: Sequence[Policy]) -> None:
    """Refuse policies in force together of which one would act twice: two with one name, or with
    a change in common (TR1405).
    """
    for number, policy in enumerate(policies):
        for other in policies[:number]:
            shared = policy.shared_with(other)
            if shared or (policy.name == other.name and policy.modifiers and other.modifiers):
                raise acts_twice(policy, other, next(iter(shared), None))


@overload
def as_date(value: str | dt.date, where: str = "") -> dt.date: ...


@overload
def as_date(value: str | dt.date | None, where: str = "") -> dt.date | None: ...


def as_date(value: str | dt.date | None, where: str = "") -> dt.date | None:
    """A date from ``"2022"``, ``"2022-01"`` or ``"2022-01-31"`` (TR1304 if it is none of these)."""
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    try:
        if not isinstance(value, str) or not re.fullmatch("[0-9]{4}(-[0-9]{1,2}){0,2}", value):
            raise ValueError(value)
        return dt.date(*[*(int(part) for part in value.split("-")), 1, 1][:3])
    except (ValueError, TypeError) as error:
        raise TreguaError(
            "TR1304",
            "this is not a date",
            where=where,
            found=value,
            expected='such as "2022-01" or "2022-01-31"',
        ) from error


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Lever:
    """All policies together, as they act on one parameter in a week: ``min(slope x + shift, cap)``.

    Attributes:
        slope: factor, shape (weeks, *axes of the parameter).
        shift: in the parameter's unit, same shape.
        cap: in the parameter's unit, same shape; infinite where there is none.
    """

    slope: Array | np.ndarray
    shift: Array | np.ndarray
    cap: Array | np.ndarray

    def at(self, weeks: np.ndarray) -> Lever:
        """The lever at the given weeks."""
        return Lever(
            np.asarray(self.slope[weeks]),
            np.asarray(self.shift[weeks]),
            np.asarray(self.cap[weeks]),
        )


def act(base: Mapping[str, Array], levers: Mapping[str, Lever]) -> dict[str, Array]:
    """Parameters in force: the one place at which an intervention touches the model."""
    return {
        name: jnp.minimum(levers[name].slope * x + levers[name].shift, levers[name].cap)
        for name, x in base.items()
    }


def build_levers(
    policies: Iterable[Policy],
    parameters: Mapping[str, Parameter],
    space: Space,
    start: dt.date,
    weeks: int,
) -> dict[str, Lever]:
    """Levers of all parameters for every week of a scenario.

    Raises:
        TreguaError: TR1401 for an unknown parameter, TR1403 for an unknown territory, TR1404 for a
            change that lies outside the scenario.
    """
    levers = {name: _untouched(parameter, space, weeks) for name, parameter in parameters.items()}
    for policy in policies:
        for change in policy.modifiers:
            where = f"policy {policy.name!r}"
            if change.target not in parameters:
                raise TreguaError(
                    "TR1401",
                    f"no parameter is named {change.target!r}",
                    where=where,
                    found=change.target,
                    expected="a parameter of the model, as `tregua mechanisms` lists them",
                    nearest=nearest_name(change.target, parameters),
                )
            strength = _strength(change, parameters[change.target], space, start, weeks, where)
            levers[change.target] = _compose(levers[change.target], change, strength)
    return levers


def step_by_step(
    changes: Sequence[Modifier], parameter: Parameter, space: Space, start: dt.date, weeks: int
) -> Iterator[Lever]:
    """The lever of one parameter after each of its changes."""
    lever = _untouched(parameter, space, weeks)
    for change in changes:
        strength = _strength(change, parameter, space, start, weeks, "")
        lever = _compose(lever, change, strength)
        yield lever


def _untouched(parameter: Parameter, space: Space, weeks: int) -> Lever:
    """The lever of a parameter that no policy changes: one number seen from everywhere, since most
    parameters have a value for each week and place and few are ever changed.
    """
    shape = (weeks, *space.shape(parameter.axes))
    return Lever(*(np.broadcast_to(x, shape) for x in (1.0, 0.0, np.inf)))


def _strength(
    change: Modifier, parameter: Parameter, space: Space, start: dt.date, weeks: int, where: str
) -> np.ndarray:
    """How much of a change is in force, from 0 to 1, for every week and place."""
    first = 0 if change.start is None else week_of(start, change.start)
    last = weeks if change.end is None else week_of(start, change.end)
    if change.outside(start, weeks):
        raise TreguaError(
            "TR1404",
            f"the change of {change.target!r} is never in force",
            where=where,
            found=f"{change.start or 'start'} to {change.end or 'end'}",
            expected=f"some week between {start} and {start + dt.timedelta(weeks=weeks)}",
            do="move the policy into the scenario, or lengthen the scenario",
        )
    week = np.arange(weeks, dtype=float)
    grown = (
        np.ones(weeks)
        if not change.ramp_weeks
        else np.clip((week - first + 1.0) / change.ramp_weeks, 0.0, 1.0)
    )
    strength = np.where((week >= first) & (week < last), grown, 0.0)
    strength = strength.reshape((weeks,) + (1,) * len(parameter.axes)) * np.ones(
        space.shape(parameter.axes)
    )
    if change.territories is None:
        return strength
    refuse_places(change.target, parameter, change.territories, where)
    labels = space.labels("territory")
    places = territories_named(change.territories, labels, where)
    chosen = np.array([label in places for label in labels], float)
    axis = 1 + parameter.axes.index("territory")
    strength *= chosen.reshape([-1 if i == axis else 1 for i in range(strength.ndim)])
    return strength


def refuse_places(name: str, parameter: Parameter, territories: Sequence[str], where: str) -> None:
    """Refuse a change in some territories of a parameter that has one value for all (TR1403)."""
    if not parameter.by_place:
        raise TreguaError(
            "TR1403",
            f"{name!r} has one value for all territories",
            where=where,
            found=f"in {', '.join(territories)}",
            expected=f"a change everywhere: {parameter.everywhere}" if parameter.everywhere else "",
            do="leave out `territories`, or change a parameter that has a value for each place: "
            "`tregua mechanisms` shows which have",
        )


def _compose(lever: Lever, change: Modifier, strength: np.ndarray) -> Lever:
    """The lever followed by one more change."""
    if change.operation == "cap":
        return Lever(
            lever.slope,
            lever.shift,
            np.where(strength > 0.0, np.minimum(lever.cap, change.value), lever.cap),
        )
    slope = {
        "scale": 1.0 + (change.value - 1.0) * strength,
        "set": 1.0 - strength,
        "add": np.ones_like(strength),
    }[change.operation]
    shift = np.zeros_like(strength) if change.operation == "scale" else change.value * strength
    # An infinite cap times a slope of zero is no cap, not nan.
    cap = np.where(
        np.isinf(lever.cap), np.inf, slope * np.where(np.isinf(lever.cap), 0.0, lever.cap) + shift
    )
    return Lever(slope * lever.slope, slope * lever.shift + shift, cap)
