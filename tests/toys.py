"""Small worlds and mechanisms that exist only to test the engine."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import jax.numpy as jnp

from tregua.model.declarations import (
    NONNEGATIVE,
    OUTSIDE,
    Drift,
    Event,
    Evidence,
    Flow,
    Level,
    LogNormal,
    Parameter,
)
from tregua.model.mechanism import Mechanism
from tregua.model.model import Model
from tregua.model.vocabulary import (
    ARRESTED,
    DEAD_OTHERS,
    MEMBERS,
    PLACE_AND_GROUP,
    RETIRED,
)
from tregua.scenarios.policy import Modifier, Policy
from tregua.scenarios.scenario import Scenario
from tregua.testing.worlds import Happenings, Populated, space, world

__all__ = ["Happenings", "Populated", "space"]

TEST = (Evidence("the tests", "assumed"),)


def scenario(
    model: Model | None = None, weeks: int = 104, groups: int = 4, territories: int = 2, **settings
) -> Scenario:
    """A small scenario, in which a few groups are strong enough for all that happens to happen."""
    model = Model.size_2023() if model is None else model
    settings.setdefault("data", world(model, groups, territories))
    return Scenario(model, start="2012-01-01", weeks=weeks, **settings)


def parameter(
    name: str, value: float, unit: str = "1/week", axes: tuple[str, ...] = ()
) -> Parameter:
    return Parameter(
        name,
        value,
        unit,
        LogNormal(max(value, 1e-9), 0.5),
        NONNEGATIVE,
        "for the tests",
        TEST,
        axes,
    )


@dataclass(frozen=True)
class Scaled(Mechanism):
    """Another mechanism under its own name, with all that it does multiplied by a factor."""

    inner: Mechanism
    factor: float

    @property
    def name(self):
        return self.inner.name

    @property
    def needs(self):
        return self.inner.needs

    @property
    def parameters(self):
        return self.inner.parameters

    def flows(self):
        return tuple(
            dataclasses.replace(f, hazard=lambda v, f=f: self.factor * f.hazard(v))
            for f in self.inner.flows()
        )

    def drifts(self):
        return tuple(
            dataclasses.replace(d, rate=lambda v, d=d: self.factor * d.rate(v))
            for d in self.inner.drifts()
        )

    def events(self):
        return tuple(
            dataclasses.replace(e, hazard=lambda v, e=e: self.factor * e.hazard(v))
            for e in self.inner.events()
        )

    def tracks(self):
        return self.inner.tracks()

    def records(self):
        return self.inner.records()

    def initial(self, view, draw):
        return {
            name: self.factor * amount for name, amount in self.inner.initial(view, draw).items()
        }


MEMORY = Level("memory", ("territory",), "1", "how much past losses are remembered", initial=0.5)


@dataclass(frozen=True)
class Memory(Mechanism):
    """Losses are remembered and fade; what is remembered makes members leave."""

    needs = (MEMBERS, ARRESTED, RETIRED, MEMORY)
    parameters = (
        parameter("fade", 0.02),
        parameter("gain", 1e-6, "1/(person*week)"),
        parameter("push", 0.01),
    )

    def flows(self):
        return (
            Flow(
                "scared",
                "members",
                "retired",
                lambda v: v.push * v.memory[:, None],
                "members who leave out of fear",
            ),
        )

    def drifts(self):
        return (
            Drift(
                "memory",
                lambda v: v.gain * jnp.sum(v.arrested, axis=1) - v.fade * v.memory,
                "memory grows and fades",
            ),
        )


@dataclass(frozen=True)
class Splits(Mechanism):
    """Half of a group's members move to the next slot."""

    needs = (MEMBERS,)
    parameters = (parameter("rate", 0.02),)

    def events(self):
        def apply(v, fired, draw):
            half = jnp.floor(v.members / 2.0) if draw.whole else v.members / 2.0
            moved = half * fired
            return {"members": v.members - moved + jnp.roll(moved, 1, axis=1)}

        # One number for all slots: the engine puts it on the event's axes.
        return (
            Event(
                "split",
                PLACE_AND_GROUP,
                lambda v: v.rate,
                apply,
                "a group loses half of its members to another",
            ),
        )


@dataclass(frozen=True)
class Merges(Mechanism):
    """A whole territory gathers in its first group; there is no sensible mean of it."""

    needs = (MEMBERS,)
    parameters = (parameter("rate", 0.05),)

    def events(self):
        def apply(v, fired, draw):
            everyone = jnp.sum(v.members, axis=1, keepdims=True)
            gathered = jnp.concatenate([everyone, jnp.zeros_like(v.members[:, 1:])], axis=1)
            return {"members": jnp.where(fired[:, None] > 0, gathered, v.members)}

        return (
            Event(
                "merge",
                ("territory",),
                lambda v: jnp.broadcast_to(v.rate, v.members.shape[:1]),
                apply,
                "all join one",
                has_mean=False,
            ),
        )


@dataclass(frozen=True)
class Negative(Mechanism):
    """A hazard below zero."""

    needs = (MEMBERS, RETIRED)

    def flows(self):
        return (
            Flow(
                "return", "members", "retired", lambda v: -0.01 + 0.0 * v.members, "makes no sense"
            ),
        )


@dataclass(frozen=True)
class Vanishing(Mechanism):
    """An event that makes persons vanish."""

    needs = (MEMBERS,)

    def events(self):
        return (
            Event(
                "poof",
                PLACE_AND_GROUP,
                lambda v: 0.5,
                lambda v, fired, draw: {"members": v.members * (1.0 - fired)},
                "breaks the law",
            ),
        )


@dataclass(frozen=True)
class Curious(Mechanism):
    """Reads a stock that it does not declare."""

    needs = (MEMBERS, RETIRED)

    def flows(self):
        return (
            Flow(
                "left", "members", "retired", lambda v: 0.001 * v.arrested, "reads what it may not"
            ),
        )


@dataclass(frozen=True)
class Births(Mechanism):
    """Each member brings new ones: a Yule process."""

    needs = (MEMBERS,)
    parameters = (parameter("rate", 0.02),)

    def flows(self):
        return (Flow("born", OUTSIDE, "members", lambda v: v.rate * v.members, "new members"),)


@dataclass(frozen=True)
class Deaths(Mechanism):
    """Members leave at a constant rate each."""

    needs = (MEMBERS, RETIRED)
    parameters = (parameter("rate", 0.02),)

    def flows(self):
        return (
            Flow(
                "gone",
                "members",
                "retired",
                lambda v: v.rate + 0.0 * v.members,
                "members who leave",
            ),
        )


@dataclass(frozen=True)
class Arrivals(Mechanism):
    """Persons arrive from outside at a constant rate."""

    needs = (MEMBERS,)
    parameters = (parameter("rate", 0.5, "person/week"),)

    def flows(self):
        return (Flow("came", OUTSIDE, "members", lambda v: v.rate + 0.0 * v.members, "arrivals"),)


@dataclass(frozen=True)
class Harm(Mechanism):
    """Three civilians a week are killed by troops in each territory."""

    needs = (DEAD_OTHERS,)

    def flows(self):
        return (
            Flow(
                "civilians",
                OUTSIDE,
                "dead_others",
                lambda v: 3.0 + 0.0 * v.dead_others,
                "killed by troops",
                "civilian",
                "operation",
            ),
        )


def change(target: str, operation: str, value: float, start=None, end=None, **more) -> Modifier:
    return Modifier(target, operation, value, start, end, **more)


def policy(*changes: Modifier, name: str = "p") -> Policy:
    return Policy(name, changes)
