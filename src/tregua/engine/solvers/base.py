"""The interface of solvers, and the two things all of them do alike: put moved persons into stocks,
and fire events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ...errors import TreguaError
from ...model.declarations import OUTSIDE
from ...model.model import Model, Values
from ...model.space import fold, shape_of
from ...model.vocabulary import PLACE
from ..state import BAD_HAZARD, BROKEN_EVENT, MOST_PERSONS, TOO_MANY, State, Tally

Step = Callable[..., tuple[State, Tally]]
"""``step(model, state, inputs, time, dt, draw) -> (state, tally)``;
``inputs`` holds parameters and covariates by name.
"""


@dataclass(frozen=True)
class Solver:
    """A solver: a way to carry a state over one step.

    Attributes:
        name: as users write it.
        step: the function that makes one step.
        stochastic: whether replicates differ.
        whole: whether persons are whole numbers.
        takes_drifts: whether levels may change smoothly.
        needs_event_mean: whether events must make sense as a mean.
        doc: what it is for, in one sentence.
    """

    name: str
    step: Step
    stochastic: bool
    whole: bool
    takes_drifts: bool
    needs_event_mean: bool
    doc: str

    def check(self, model: Model) -> None:
        """Refuse a model that this solver cannot run (TR2201)."""
        if (model.drifts or model.tracks) and not self.takes_drifts:
            raise TreguaError(
                "TR2201",
                f"solver {self.name!r} cannot run levels that drift",
                do="drop the mechanism, or use another solver",
            )
        for name, (_, event) in model.events.items():
            if self.needs_event_mean and not event.has_mean:
                raise TreguaError(
                    "TR2201",
                    f"event {name!r} has no mean, which solver {self.name!r} needs",
                    do="use tau-leap",
                )


def values_of(state: State, inputs: Values) -> dict[str, Array]:
    """All that a hazard may read, stocks as floating-point numbers."""
    dtype = jnp.result_type(float)
    return {**inputs, **{n: x.astype(dtype) for n, x in state.stocks.items()}, **state.levels}


def bad(hazards: dict[str, Array]) -> Bool[Array, ""]:
    """Whether any hazard is negative or not finite."""
    wrong = [jnp.any(~((h >= 0.0) & (h < jnp.inf))) for h in hazards.values()]
    return jnp.any(jnp.stack(wrong)) if wrong else jnp.asarray(False)


def crowded(stocks: dict[str, Array], draw: Any) -> Int[Array, ""]:
    """The flag for counts that are about to leave the whole numbers, or have left them."""
    if not (draw.whole and stocks):
        return jnp.asarray(0, jnp.int32)
    return jnp.where(
        jnp.any(jnp.stack([jnp.any((x < 0) | (x >= MOST_PERSONS)) for x in stocks.values()])),
        TOO_MANY,
        0,
    )


def transfer(model: Model, stocks: dict[str, Array], moved: dict[str, Array]) -> dict[str, Array]:
    """Take moved persons out of their sources and put them into their targets:
    nobody appears or vanishes but through :data:`OUTSIDE`.
    """
    after = dict(stocks)
    for name, (_, flow) in model.flows.items():
        persons = moved[name]
        if flow.source != OUTSIDE:
            after[flow.source] = after[flow.source] - fold(
                persons, model.flow_axes(flow), model.compartments[flow.source].axes
            )
        if flow.target != OUTSIDE:
            after[flow.target] = after[flow.target] + fold(
                persons, model.flow_axes(flow), model.compartments[flow.target].axes
            )
    return after


def empty_tally(model: Model, values: Values, whole: bool) -> Tally:
    """A tally in which nothing has happened, on the axes of ``values``;
    whole numbers where persons are.
    """
    sizes, dtype = model.sizes(values), jnp.int32 if whole else jnp.result_type(float)

    def nothing(names: Iterable[str]) -> dict[str, Array]:
        return {n: jnp.zeros(shape_of(model.axes[n], sizes), dtype) for n in names}

    return Tally(nothing(model.flows), nothing(model.events), nothing(model.records))


def take_down(
    model: Model, tally: Tally, before: Values, time: Float[Array, ""], draw: Any
) -> Tally:
    """The tally with what each record counts of it: every person with the record's share, read from
    the values before the step.
    """
    shares, wanted = model.shares_recorded(before, time), {}
    for name, flows in model.recorded.items():
        nobody = jnp.zeros(shares[name].shape, jnp.int32 if draw.whole else shares[name].dtype)
        wanted[name] = (
            sum((fold(tally.moved[f], model.axes[f], PLACE) for f in flows), start=nobody),
            shares[name],
        )
    return Tally(tally.moved, tally.fired, draw.binomials(wanted))


def remember(
    model: Model, state: State, tally: Tally, before: Values, time: Float[Array, ""], dt: float
) -> State:
    """The state with every tracked level carried on by what moved in the step."""
    levels, windows = dict(state.levels), model.windows(before, time)
    for level, flows in model.tracked.items():
        old = state.levels[level]
        rate = (
            sum(
                (
                    fold(tally.moved[f], model.axes[f], model.levels[level].axes).astype(old.dtype)
                    for f in flows
                ),
                start=jnp.zeros_like(old),
            )
            / dt
        )
        keep = jnp.exp(-dt / windows[level])
        levels[level] = keep * old + (1.0 - keep) * rate
    return State(state.stocks, levels, state.status)


def fire_events(
    model: Model,
    state: State,
    before: Values,
    inputs: Values,
    time: Float[Array, ""],
    dt: float,
    draw: Any,
) -> tuple[State, dict[str, Array]]:
    """Let events happen, each with probability ``1 - exp(-hazard dt)`` read from the
    values before the step.
    """
    hazards = {name: model.event_hazard(name, before, time) for name in model.events}
    fired = draw.happen({name: -jnp.expm1(-hazard * dt) for name, hazard in hazards.items()})
    for name in model.events:
        state = apply_event(model, name, state, inputs, time, fired[name], draw)
    return State(
        state.stocks, state.levels, state.status | jnp.where(bad(hazards), BAD_HAZARD, 0)
    ), fired


def apply_event(
    model: Model,
    name: str,
    state: State,
    inputs: Values,
    time: Float[Array, ""],
    fired: Array,
    draw: Any,
) -> State:
    """Put the outcome of one event into the state, and flag it where persons are not conserved."""
    mechanism, event = model.events[name]
    changed = event.apply(model.view(mechanism, values_of(state, inputs), time), fired, draw)
    unknown = set(changed) - set(state.stocks) - set(event.levels)
    if unknown:
        raise TreguaError(
            "TR2102",
            f"event {name!r} changes {min(unknown)!r} without declaring it",
            do="name the level in the event's `levels`",
        )
    stocks = {n: changed[n].astype(x.dtype) if n in changed else x for n, x in state.stocks.items()}
    levels = {n: changed.get(n, x) for n, x in state.levels.items()}
    status = state.status
    if draw.whole and any(n in changed for n in state.stocks):
        broken = (_everyone(stocks) != _everyone(state.stocks)) | jnp.any(
            jnp.stack([jnp.any(x < 0) for x in stocks.values()])
        )
        status = status | jnp.where(broken, BROKEN_EVENT, 0)
    return State(stocks, levels, status)


def _everyone(stocks: dict[str, Array]) -> Int[Array, ""]:
    return sum(
        (jnp.sum(x, dtype=jnp.int32) for x in stocks.values()), start=jnp.asarray(0, jnp.int32)
    )
