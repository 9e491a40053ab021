"""A model: mechanisms put together, checked once, and read by every solver in the same way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..errors import TreguaError, nearest_name
from .addresses import check_tags
from .declarations import (
    CAUSES,
    KINDS,
    OUTSIDE,
    VICTIMS,
    Compartment,
    Covariate,
    Drift,
    Event,
    Flow,
    Level,
    Parameter,
    Record,
    Selection,
    Track,
)
from .mechanism import Mechanism, View
from .registry import shipped
from .space import shape_of

N = TypeVar("N", Compartment, Level, Covariate)
"""Kind of thing that a mechanism needs."""

SIZE_2023 = ("founding", "recruitment", "arrests", "conflict", "saturation")
"""Mechanisms of the published size model of 2023, in its order."""

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Model:
    """A list of mechanisms over shared compartments.

    ``model + Prisons()`` adds a mechanism and ``model - "conflict"`` drops one, each as a new
    model.

    Raises:
        TreguaError: TR2101 where two mechanisms define the same thing differently, TR2103 where a
            flow has an end that no mechanism needs, TR2104 where two draws share an address, TR2107
            where a flow or a selection of flows uses a victim, cause or kind that is not declared.
    """

    mechanisms: tuple[Mechanism, ...]

    def __init__(self, mechanisms: tuple[Mechanism, ...] | list[Mechanism]):
        object.__setattr__(self, "mechanisms", tuple(mechanisms))
        self._check()

    @classmethod
    def standard(cls) -> Model:
        """The national model, of the shipped default scenario: every mechanism that ships,
        in the order of their names.
        """
        return cls(tuple(kind() for kind in shipped().values()))

    @classmethod
    def size_2023(cls) -> Model:
        """The published size model of 2023: one territory, no police, no trade, no civilians."""
        return cls(tuple(shipped()[name]() for name in SIZE_2023))

    def __add__(self, mechanism: Mechanism) -> Model:
        return Model((*self.mechanisms, mechanism))

    def __sub__(self, name: str) -> Model:
        names = [m.name for m in self.mechanisms]
        if name not in names:
            raise TreguaError(
                "TR2106",
                f"the model has no mechanism {name!r}",
                found=name,
                expected="one of " + ", ".join(names),
                nearest=nearest_name(name, names),
            )
        return Model(tuple(m for m in self.mechanisms if m.name != name))

    def _needs(self, kind: type[N]) -> dict[str, N]:
        needs: dict[str, N] = {}
        for mechanism in self.mechanisms:
            for need in mechanism.needs:
                if isinstance(need, kind) and needs.setdefault(need.name, need) != need:
                    raise TreguaError(
                        "TR2101",
                        f"{need.name!r} is defined in two ways",
                        where=f"mechanism {mechanism.name!r}",
                        do="define it once and import it in both mechanisms",
                    )
        return needs

    @cached_property
    def compartments(self) -> dict[str, Compartment]:
        """Compartments by name."""
        return self._needs(Compartment)

    @cached_property
    def levels(self) -> dict[str, Level]:
        """Levels that some mechanism changes, by name."""
        changed = {d.level for _, d in self.drifts} | {
            t.level for m in self.mechanisms for t in m.tracks()
        }
        changed |= {level for _, event in self.events.values() for level in event.levels}
        return {n: level for n, level in self._needs(Level).items() if n in changed}

    @cached_property
    def neutral(self) -> dict[str, Level]:
        """Levels that are read and that no mechanism changes, by name: they stay as they start,
        and change nothing.
        """
        return {n: level for n, level in self._needs(Level).items() if n not in self.levels}

    @cached_property
    def covariates(self) -> dict[str, Covariate]:
        """Covariates by name."""
        return self._needs(Covariate)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Parameters by full name, ``mechanism.parameter``."""
        return {f"{m.name}.{p.name}": p for m in self.mechanisms for p in m.parameters}

    @cached_property
    def flows(self) -> dict[str, tuple[Mechanism, Flow]]:
        """Flows by full name, with the mechanism that declares them."""
        return {f"{m.name}.{f.name}": (m, f) for m in self.mechanisms for f in m.flows()}

    @cached_property
    def events(self) -> dict[str, tuple[Mechanism, Event]]:
        """Events by full name, with the mechanism that declares them."""
        return {f"{m.name}.{e.name}": (m, e) for m in self.mechanisms for e in m.events()}

    @cached_property
    def drifts(self) -> tuple[tuple[Mechanism, Drift], ...]:
        """Drifts with the mechanism that declares them; several on one level add up."""
        return tuple((m, d) for m in self.mechanisms for d in m.drifts())

    @cached_property
    def tracks(self) -> dict[str, tuple[Mechanism, Track]]:
        """Tracks by the name of their level, with the mechanism that keeps them."""
        return {t.level: (m, t) for m in self.mechanisms for t in m.tracks()}

    @cached_property
    def tracked(self) -> dict[str, tuple[str, ...]]:
        """Full names of the flows that each tracked level remembers."""
        return {level: self._picked(track.flows) for level, (_, track) in self.tracks.items()}

    @cached_property
    def records(self) -> dict[str, tuple[Mechanism, Record]]:
        """Records by full name, with the mechanism that keeps them."""
        return {f"{m.name}.{r.name}": (m, r) for m in self.mechanisms for r in m.records()}

    @cached_property
    def recorded(self) -> dict[str, tuple[str, ...]]:
        """Full names of the flows that each record counts."""
        return {name: self._picked(record.flows) for name, (_, record) in self.records.items()}

    def _picked(self, selections: tuple[Selection, ...]) -> tuple[str, ...]:
        """Full names of the flows that fit any of the selections."""
        return tuple(
            name for name, (_, flow) in self.flows.items() if any(s.fits(flow) for s in selections)
        )

    @cached_property
    def outflows(self) -> dict[str, tuple[str, ...]]:
        """Competing risks: names of the flows that compete for the persons of each source."""
        grouped: dict[str, tuple[str, ...]] = {}
        for name, (_, flow) in self.flows.items():
            grouped[flow.source] = (*grouped.get(flow.source, ()), name)
        return grouped

    @cached_property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """Axes of every quantity a hazard may read, and of every flow and event."""
        named = {
            n: x.axes
            for n, x in (
                self.compartments | self.levels | self.neutral | self.covariates | self.parameters
            ).items()
        }
        named |= {n: self.flow_axes(f) for n, (_, f) in self.flows.items()}
        return (
            named
            | {n: e.axes for n, (_, e) in self.events.items()}
            | dict.fromkeys(self.records, ("territory",))
        )

    def flow_axes(self, flow: Flow) -> tuple[str, ...]:
        """Axes of the persons moved by a flow: those of its source and those its target has
        besides, or of its target where the source is outside.
        """
        if flow.source == OUTSIDE:
            return self.compartments[flow.target].axes
        return self.compartments[flow.source].axes + self.fan(flow)

    def fan(self, flow: Flow) -> tuple[str, ...]:
        """Axes of the target along which a flow fans out."""
        if OUTSIDE in (flow.source, flow.target):
            return ()
        source = self.compartments[flow.source].axes
        return tuple(axis for axis in self.compartments[flow.target].axes if axis not in source)

    def _check(self) -> None:
        """Refuse mechanisms that do not fit together."""
        names = [m.name for m in self.mechanisms]
        twice = {n for n in names if names.count(n) > 1}
        if twice:
            raise TreguaError(
                "TR2101", f"mechanism {min(twice)!r} is in the model twice", do="keep one of them"
            )
        for name, (mechanism, flow) in self.flows.items():
            for end in {flow.source, flow.target} - {OUTSIDE}:
                if end not in self.compartments:
                    raise TreguaError(
                        "TR2103",
                        f"flow {name!r} has an end {end!r} that no mechanism needs",
                        where=f"mechanism {mechanism.name!r}",
                        nearest=nearest_name(end, self.compartments),
                        do="add the compartment to the mechanism's `needs`",
                    )
            self._check_order(name, flow)
        self._check_words()
        for mechanism, drift in self.drifts:
            if drift.level not in self.levels:
                raise TreguaError(
                    "TR2103",
                    f"a drift of {mechanism.name!r} changes {drift.level!r}, which is no level",
                    found=drift.level,
                )
        drifting = {drift.level for _, drift in self.drifts}
        for mechanism, track in (
            pair for m in self.mechanisms for pair in ((m, t) for t in m.tracks())
        ):
            if (
                track.level not in self.levels
                or track.level in drifting
                or self.tracks[track.level][0] is not mechanism
            ):
                raise TreguaError(
                    "TR2103",
                    f"{mechanism.name!r} tracks {track.level!r}, which is no level of its own",
                    found=track.level,
                )
        check_tags(
            [*self.flows, *self.events, *self.records, *(f"{c}.leave" for c in self.compartments)]
        )

    def _check_words(self) -> None:
        """Refuse a victim, cause or kind that is declared nowhere, in a flow or a selection."""
        causes = (*CAUSES, *(cause for m in self.mechanisms for cause in m.causes))
        for name, (_, flow) in self.flows.items():
            where = f"flow {name!r}"
            _check_declared("victim", (flow.victim,), ("", *VICTIMS), where)
            _check_declared("cause", (flow.cause,), causes if flow.victim else ("",), where)
            _check_declared("kind", (flow.kind,), ("", *KINDS), where)
        selections = [
            (f"track of {level!r}", s) for level, (_, t) in self.tracks.items() for s in t.flows
        ] + [(f"record {name!r}", s) for name, (_, r) in self.records.items() for s in r.flows]
        for where, selection in selections:
            if selection == Selection():
                raise TreguaError(
                    "TR1209",
                    "a selection of flows names nothing",
                    where=where,
                    do="say which flows: by kind, victim, cause or target",
                )
            _check_declared("victim", selection.victims, VICTIMS, where)
            _check_declared("cause", (*selection.causes, *selection.without), causes, where)
            _check_declared("kind", selection.kinds, KINDS, where)
            _check_declared("target", selection.targets, self.compartments, where)

    def _check_order(self, name: str, flow: Flow) -> None:
        """Persons must arrive on the axes of the target in its own order."""
        if flow.target == OUTSIDE:
            return
        target = self.compartments[flow.target].axes
        if tuple(axis for axis in self.flow_axes(flow) if axis in target) != target:
            raise TreguaError(
                "TR2103",
                f"flow {name!r} does not end on the axes of its target",
                found=f"{self.flow_axes(flow)} into {target}",
                do="give the target axes in the source's order",
            )

    def view(
        self,
        mechanism: Mechanism,
        values: Values,
        time: Float[Array, ""],
        reads: set[str] | None = None,
    ) -> View:
        """What one mechanism may read of the current values."""
        return View(mechanism, values, self.axes, time, reads)

    def hazards(self, values: Values, time: Float[Array, ""]) -> dict[str, Array]:
        """Hazard of every flow [1/week], or rate [person/week] for those from outside,
        on the flow's axes.
        """
        sizes = self.sizes(values)
        return {
            name: jnp.broadcast_to(
                flow.hazard(self.view(mechanism, values, time)), shape_of(self.axes[name], sizes)
            )
            for name, (mechanism, flow) in self.flows.items()
        }

    def shares_recorded(self, values: Values, time: Float[Array, ""]) -> dict[str, Array]:
        """Share of the persons of its flows that each record counts, on the axis ``territory``."""
        sizes = self.sizes(values)
        return {
            n: jnp.broadcast_to(
                r.share(self.view(m, values, time)), shape_of(("territory",), sizes)
            )
            for n, (m, r) in self.records.items()
        }

    def windows(self, values: Values, time: Float[Array, ""]) -> dict[str, Array]:
        """Weeks over which each tracked level remembers."""
        return {
            level: track.window(self.view(mechanism, values, time))
            for level, (mechanism, track) in self.tracks.items()
        }

    def sizes(self, values: Values) -> tuple[tuple[str, int], ...]:
        """Lengths of the axes, read off the quantities."""
        return tuple(
            (axis, size)
            for n, x in values.items()
            for axis, size in zip(self.axes[n], x.shape, strict=True)
        )

    def event_hazard(self, name: str, values: Values, time: Float[Array, ""]) -> Array:
        """Hazard of an event [1/week] on its axes."""
        mechanism, event = self.events[name]
        sizes = self.sizes(values)
        return jnp.broadcast_to(
            event.hazard(self.view(mechanism, values, time)), shape_of(event.axes, sizes)
        )

    def drift_rates(self, values: Values, time: Float[Array, ""]) -> dict[str, Array]:
        """Change of every level per week."""
        rates = {name: jnp.zeros_like(values[name]) for name in self.levels}
        for mechanism, drift in self.drifts:
            rates[drift.level] = rates[drift.level] + drift.rate(self.view(mechanism, values, time))
        return rates

    def initial_stocks(
        self, values: Values, sizes: tuple[tuple[str, int], ...], draw: Any
    ) -> dict[str, Array]:
        """Stocks at the start, on their axes; compartments that no mechanism founds are empty."""
        dtype = jnp.int32 if draw.whole else jnp.result_type(float)
        stocks = {
            n: jnp.zeros(shape_of(c.axes, sizes), dtype) for n, c in self.compartments.items()
        }
        for mechanism in self.mechanisms:
            view = self.view(mechanism, values, jnp.zeros(()))
            for name, amount in mechanism.initial(view, draw).items():
                stocks[name] = stocks[name] + amount.astype(dtype)
        return stocks

    def initial_levels(self, sizes: tuple[tuple[str, int], ...]) -> dict[str, Array]:
        """Levels at the start, on their axes."""
        return {
            n: jnp.full(shape_of(level.axes, sizes), level.initial, jnp.result_type(float))
            for n, level in self.levels.items()
        }


def _check_declared(
    role: str, words: Collection[str], declared: Collection[str], where: str
) -> None:
    """Refuse words that are not among the declared ones (TR2107)."""
    for word in words:
        if word not in declared:
            raise TreguaError(
                "TR2107",
                f"no {role} is named {word!r}",
                where=where,
                found=word,
                expected="one of " + ", ".join(repr(each) for each in declared),
                nearest=nearest_name(word, declared),
            )
