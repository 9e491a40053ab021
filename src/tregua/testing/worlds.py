"""Small worlds in which a mechanism can be run by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..countries.dataset import Dataset
from ..model.declarations import OUTSIDE, Compartment, Flow, Number
from ..model.mechanism import Mechanism, View
from ..model.model import Model
from ..model.space import Axis, Space, shape_of
from ..model.vocabulary import ARRESTED, DEAD, DEAD_OTHERS, DISPLACED, MEMBERS

State = dict[str, np.ndarray]
"""Stocks and levels by name."""


def space(groups: int = 4, territories: int = 2) -> Space:
    """Axes of a small world."""
    sizes = {
        "territory": territories,
        "corps": 2,
        "group": groups,
        "commodity": 2,
        "route": 3,
        "capture": 2,
    }
    return Space(
        tuple(
            Axis(name, tuple(f"{name[0]}{i}" for i in range(size))) for name, size in sizes.items()
        )
    )


def world(model: Model, groups: int = 4, territories: int = 2, seed: int = 0) -> Dataset:
    """A data set with every covariate that a model asks for, whatever it is called."""
    places, rng, covariates = space(groups, territories), np.random.default_rng(seed), {}
    for name, covariate in sorted(model.covariates.items()):
        shape = places.shape(covariate.axes)
        if name == "rank":
            covariates[name] = np.arange(1.0, groups + 1.0)
        elif len(shape) == 2 and covariate.axes[0] == covariate.axes[1]:
            upper = np.triu(rng.integers(0, 4, shape), 1)
            covariates[name] = (upper + upper.T).astype(float)
        else:
            covariates[name] = rng.uniform(0.5, 2.0, shape) * (
                1e6 if covariate.unit == "person" else 1.0
            )
    # Levels that nothing changes are off their neutral value, so that whatever reads them shows.
    for name, level in sorted(model.neutral.items()):
        covariates[name] = rng.uniform(0.3, 0.9, places.shape(level.axes)) * (
            1e3 if level.unit == "person" else 1.0
        )
    return Dataset("toy", places, covariates)


@dataclass(frozen=True)
class Populated(Mechanism):
    """Persons in every given compartment at the start, so that a mechanism can be run by itself."""

    compartments: tuple[Compartment, ...] = (MEMBERS,)
    each: Number = 300.0

    @property
    def needs(self) -> tuple[Compartment, ...]:  # type: ignore[override]
        """The compartments."""
        return self.compartments

    def initial(self, view: View, draw: Any) -> dict[str, Any]:
        """The same number in every cell."""
        # The engine adds this to empty stocks, so that a mechanism need not know the sizes.
        return {c.name: jnp.full((1,) * len(c.axes), self.each) for c in self.compartments}


@dataclass(frozen=True)
class Happenings(Mechanism):
    """Everything that others remember or write down: killings of all sides, arrests, escapes,
    flight, each at a low and steady rate.
    """

    needs = (MEMBERS, DEAD, ARRESTED, DEAD_OTHERS, DISPLACED)

    def initial(self, view: View, draw: Any) -> dict[str, Any]:
        """Many members in every place."""
        return {"members": jnp.full((1, 1), 20_000.0)}

    def flows(self) -> tuple[Flow, ...]:
        """One of each kind that is remembered or written down."""

        def at(rate: float, whole: str) -> Callable[[Any], Any]:
            return lambda v: rate + 0.0 * getattr(v, whole)

        killed, moved = "killed by troops", "driven from home"
        return (
            Flow(
                "war",
                "members",
                "dead",
                at(1e-3, "members"),
                "killed by rivals",
                "member",
                "turf war",
            ),
            Flow(
                "clash",
                OUTSIDE,
                "dead_others",
                at(3.0, "dead_others"),
                killed,
                "civilian",
                "operation",
            ),
            Flow("arrested", "members", "arrested", at(1e-3, "members"), "taken", kind="arrest"),
            Flow("escaped", "arrested", "members", at(1e-3, "arrested"), "got out", kind="escape"),
            Flow(
                "displaced", OUTSIDE, "displaced", at(50.0, "displaced"), moved, kind="displacement"
            ),
        )


def alone(mechanism: Mechanism, each: float = 30_000.0) -> Model:
    """A mechanism by itself, on stocks that are not empty: ``each`` persons in every cell."""
    stocks = tuple(need for need in mechanism.needs if isinstance(need, Compartment))
    # What is remembered or written down has to happen.
    others = (Happenings(),) if mechanism.tracks() or mechanism.records() else ()
    return Model((Populated(stocks, each), *others, mechanism))


def states(model: Model, sizes: tuple[tuple[str, int], ...], seed: int = 0) -> list[State]:
    """Stocks and levels as a run may meet them: scattered over many sizes, empty, one person each,
    one person in all.
    """
    rng = np.random.default_rng(seed)
    shapes = {n: shape_of(c.axes, sizes) for n, c in model.compartments.items()}
    stocks = [
        {n: np.floor(10 ** rng.uniform(0, 6, s)) * (rng.random(s) > 0.3) for n, s in shapes.items()}
        for _ in range(12)
    ]
    stocks += [{n: np.full(s, x) for n, s in shapes.items()} for x in (0.0, 1.0)]
    lonely = {n: np.zeros(s) for n, s in shapes.items()}
    for x in lonely.values():
        x[(0,) * x.ndim] = 1.0
    levels = {
        n: (level.initial, shape_of(level.axes, sizes))
        for n, level in (model.levels | model.neutral).items()
    }
    return [
        {**s, **{n: np.full(shape, first) * (i + 1) / 4 for n, (first, shape) in levels.items()}}
        for i, s in enumerate([*stocks, lonely])
    ]


def prior_draws(mechanism: Mechanism, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Draws of each parameter of a mechanism from its prior, by full name."""
    rng = np.random.default_rng(seed)
    return {
        f"{mechanism.name}.{p.name}": p.prior.distribution().ppf(rng.uniform(1e-4, 1 - 1e-4, count))
        for p in mechanism.parameters
    }
