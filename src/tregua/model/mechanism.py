"""What a mechanism is, and what its hazards may read.

A mechanism is one file, in ``tregua/mechanisms`` or in a plug-in: a frozen dataclass that derives
from :class:`Mechanism` and only declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..errors import TreguaError, nearest_name
from .declarations import (
    Compartment,
    Covariate,
    Drift,
    Event,
    Flow,
    Level,
    Parameter,
    Record,
    Source,
    Track,
)


class Mechanism:
    """One thing that happens in the world. Subclasses declare and never compute outside the
    functions they hand over.

    Class attributes:
        needs: compartments, levels and covariates that the mechanism reads or writes.
        parameters: its parameters, with unit, support, prior and evidence.
        claims: ids of the claims of the articles that its form rests on, beside those that its
            parameters cite.
        causes: causes of death that its flows give beside the common
            :data:`~tregua.model.declarations.CAUSES`.
        sources: of a plug-in, by id: those that it cites beside the ones that ship.
    """

    needs: ClassVar[tuple[Compartment | Level | Covariate, ...]] = ()
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    claims: ClassVar[tuple[str, ...]] = ()
    causes: ClassVar[tuple[str, ...]] = ()
    sources: ClassVar[Mapping[str, Source]] = {}

    @property
    def name(self) -> str:
        """The name used in parameter names and draw addresses: the class name in lower case."""
        return type(self).__name__.lower()

    def flows(self) -> tuple[Flow, ...]:
        """Transitions: persons who move each week."""
        return ()

    def drifts(self) -> tuple[Drift, ...]:
        """Deterministic changes of levels."""
        return ()

    def events(self) -> tuple[Event, ...]:
        """Jumps: what is rare and changes whole groups."""
        return ()

    def tracks(self) -> tuple[Track, ...]:
        """Weighted means of what happened, as levels that remember it."""
        return ()

    def records(self) -> tuple[Record, ...]:
        """Observation processes: what is written down of what happens."""
        return ()

    def initial(self, view: View, draw: Any) -> dict[str, Any]:
        """Initial condition: stocks that this mechanism provides; the others start empty."""
        return {}


class View:
    """What a hazard may read: stocks, levels and covariates by name,
    and its own parameters by short name.

    Attributes are arrays on the declared axes, stocks as floating-point numbers. Reading anything
    that the mechanism does not declare is an error (TR2102), so what depends on what is known
    without reading code.
    """

    __slots__ = ("_axes", "_mechanism", "_names", "_reads", "_values", "time")

    def __init__(
        self,
        mechanism: Mechanism,
        values: Mapping[str, Array],
        axes: Mapping[str, tuple[str, ...]],
        time: Float[Array, ""],
        reads: set[str] | None = None,
    ):
        self._mechanism = mechanism
        self._values = values
        self._axes = axes
        self._reads = reads
        self._names = {need.name: need.name for need in mechanism.needs}
        self._names |= {p.name: f"{mechanism.name}.{p.name}" for p in mechanism.parameters}
        self.time = time
        """Weeks since the start of the scenario."""

    def _full_name(self, name: str) -> str:
        if name not in self._names:
            raise TreguaError(
                "TR2102",
                f"mechanism {self._mechanism.name!r} reads {name!r} without declaring it",
                where=f"tregua.mechanisms, {type(self._mechanism).__name__}",
                expected="a name in its `needs` or `parameters`",
                nearest=nearest_name(name, self._names),
                do="declare it, or correct the name",
            )
        full = self._names[name]
        if self._reads is not None:
            self._reads.add(full)
        return full

    def __getattr__(self, name: str) -> Array:
        return self._values[self._full_name(name)]

    def total(self, name: str, over: tuple[str, ...]) -> Array:
        """Sum of a quantity over the named axes, which are kept with length one so that it can be
        put back beside the quantity.
        """
        axes = self._axes[self._full_name(name)]
        return jnp.sum(
            self._values[self._names[name]], axis=tuple(axes.index(a) for a in over), keepdims=True
        )
