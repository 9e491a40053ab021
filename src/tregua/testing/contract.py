"""What every mechanism must keep, tested before its author writes a test.

Each check takes the class of a mechanism and raises :class:`AssertionError`, which says what is
wrong. :func:`check_mechanism` does them all.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..engine.random import Draws, replicate_key, root_key
from ..engine.run import simulate
from ..evidence.claims import CLAIMS
from ..evidence.sources import sources_of
from ..model.declarations import OUTSIDE, Compartment, Event, Flow, Level
from ..model.mechanism import Mechanism
from ..model.model import Model
from ..model.space import shape_of
from ..model.units import check_unit
from ..scenarios.scenario import Scenario
from .worlds import alone, prior_draws, space, states, world

WEEKS = 52
"""Length of the runs in which persons are counted."""


def check_mechanism(kind: type[Mechanism]) -> None:
    """The contract of a mechanism, in some seconds: what it declares is complete and used, its
    hazards are finite and not negative, and no person is lost.

    Args:
        kind: its class, which is made without arguments.

    Raises:
        AssertionError: for what is not kept.
        TreguaError: for a unit, a source, a flow or a name that the model refuses.
    """
    assert isinstance(kind, type) and issubclass(kind, Mechanism), f"{kind!r} is no Mechanism"
    check_parameters(kind)
    check_words(kind)
    check_equality(kind)
    for groups, territories in ((4, 2), (1, 1)):
        check_hazards(kind, groups, territories)
    check_uses(kind)
    for solver in ("tau-leap", "mean-field"):
        check_conservation(kind, alone(kind()), solver)


def check_parameters(kind: type[Mechanism]) -> None:
    """Every parameter says what it is, where it may lie and what it rests on."""
    known = sources_of({kind().name: kind})
    for parameter in kind().parameters:
        check_unit(parameter.unit)
        low, high = parameter.support
        assert low <= parameter.value <= high, (
            f"{parameter.name}: the default is not in its support"
        )
        quantiles = parameter.prior.distribution().ppf([1e-6, 0.5, 1 - 1e-6])
        assert np.all(np.isfinite(quantiles)) and np.all(
            (quantiles >= low) & (quantiles <= high)
        ), f"{parameter.name}: its prior leaves its support, {quantiles}"
        assert parameter.doc and parameter.evidence, f"{parameter.name} has no doc or no evidence"
        for evidence in parameter.evidence:
            assert evidence.source and evidence.summary, f"{parameter.name}: {evidence} is empty"
            named = not evidence.id or evidence.id in known or evidence.id in CLAIMS
            assert named, f"{evidence.id} is not in `sources`"
        assert set(parameter.axes) <= {axis.name for axis in space().axes}, parameter.name


def check_words(kind: type[Mechanism]) -> None:
    """Needs, flows, drifts and events are described, and each name is there once."""
    mechanism = kind()
    processes: list[Flow | Event] = [*mechanism.flows(), *mechanism.events()]
    described: list[Any] = [*mechanism.needs, *mechanism.drifts(), *processes]
    for declared in described:
        assert declared.doc, f"{declared} has no doc"
    needs = [need.name for need in mechanism.needs]
    parameters = [parameter.name for parameter in mechanism.parameters]
    for names in ([process.name for process in processes], needs, parameters):
        assert len(set(names)) == len(names), f"a name is there twice: {names}"
    both = {*parameters} & {*needs}
    assert not both, f"inside a hazard one would hide the other: {both}"
    assert kind.__doc__, f"{kind.__name__} has no docstring"


def check_equality(kind: type[Mechanism]) -> None:
    """Two instances are equal, so that models share compiled programs."""
    hint = "make it a frozen dataclass: @dataclass(frozen=True)"
    assert kind() == kind() and hash(kind()) == hash(kind()), hint
    assert alone(kind()) == alone(kind()) and hash(alone(kind())) == hash(alone(kind())), hint


def check_hazards(kind: type[Mechanism], groups: int = 4, territories: int = 2) -> None:
    """Hazards and drifts have their axes, are finite, and hazards are not negative, at draws from
    the priors and in any state.
    """
    mechanism, model = kind(), alone(kind())
    data = world(model, groups, territories)
    sizes, draws = data.space.sizes, prior_draws(mechanism, 100)
    fixed = {n: jnp.asarray(x, float) for n, x in data.covariates.items()}

    def at(values: dict, state: dict) -> tuple[dict, dict, dict]:
        spread = {
            n: jnp.broadcast_to(x, shape_of(model.parameters[n].axes, sizes))
            for n, x in values.items()
        }
        everything = {**fixed, **spread, **state}
        now = jnp.asarray(7.0)
        raw = {
            f.name: jnp.asarray(f.hazard(model.view(mechanism, everything, now)))
            for f in mechanism.flows()
        }
        hazards = model.hazards(everything, now) | {
            n: model.event_hazard(n, everything, now) for n in model.events
        }
        return raw, hazards, model.drift_rates(everything, now)

    scattered = states(model, sizes)
    stacked = {n: jnp.stack([s[n] for s in scattered]) for n in scattered[0]}
    over_states = jax.vmap(at, in_axes=(None, 0))
    raw, hazards, drifts = jax.jit(
        jax.vmap(over_states, in_axes=(0, None)) if draws else over_states
    )({n: jnp.asarray(x) for n, x in draws.items()}, stacked)
    lead = 2 if draws else 1
    for flow in mechanism.flows():
        # On the axes of the source, or shorter: a hazard with more axes would be cut or
        # refused elsewhere.
        assert raw[flow.name].ndim - lead <= len(model.flow_axes(flow)), (
            f"the hazard of {flow.name} has more axes than its source"
        )
    for full, hazard in hazards.items():
        assert hazard.shape[lead:] == shape_of(model.axes[full], sizes), f"{full} has other axes"
        assert np.all(np.isfinite(hazard)) and np.all(hazard >= 0.0), (
            f"{full} is negative or no number"
        )
    for level, rate in drifts.items():
        assert rate.shape[lead:] == shape_of(model.levels[level].axes, sizes), level
        assert np.all(np.isfinite(rate)), f"the drift of {level} is no number"


def check_uses(kind: type[Mechanism]) -> None:
    """Everything declared is used, nothing else is read, and only stocks and levels are written."""
    mechanism, model = kind(), alone(kind())
    scenario = small_scenario(model, 104)
    inputs, sizes = scenario.compile(), scenario.data.space.sizes
    values = {
        **{n: jnp.asarray(x[0]) for n, x in inputs.base.items()},
        **{n: jnp.asarray(x, float) for n, x in inputs.covariates.items()},
    }
    values |= {n: jnp.asarray(x) for n, x in states(model, sizes)[0].items()}
    reads: set[str] = set()
    draw = Draws(replicate_key(root_key(1), jnp.asarray(0)), jnp.asarray(0))
    view = model.view(mechanism, values, jnp.asarray(0.0), reads)
    written = {end for flow in mechanism.flows() for end in (flow.source, flow.target)} | {
        drift.level for drift in mechanism.drifts()
    }
    processes: list[Flow | Event] = [*mechanism.flows(), *mechanism.events()]
    for process in processes:
        process.hazard(view)
    for drift in mechanism.drifts():
        drift.rate(view)
    for track in mechanism.tracks():
        track.window(view)
        written.add(track.level)
    for record in mechanism.records():
        record.share(view)
    for event in mechanism.events():
        written |= set(event.apply(view, jnp.ones(shape_of(event.axes, sizes), jnp.int32), draw))
    written |= set(mechanism.initial(view, draw))
    written -= {OUTSIDE}
    declared = {need.name for need in mechanism.needs} | {
        f"{mechanism.name}.{p.name}" for p in mechanism.parameters
    }
    assert reads | written == declared, (
        f"declared and not used: {sorted(declared - reads - written)}; "
        f"used and not declared: {sorted((reads | written) - declared)}"
    )
    stocks = {need.name for need in mechanism.needs if isinstance(need, Compartment | Level)}
    assert written <= stocks, f"covariates and parameters are not written: {written - stocks}"


def check_conservation(
    kind: type[Mechanism], model: Model, solver: str = "tau-leap", replicates: int = 64
) -> None:
    """In a year, at draws from the priors, persons are as many as at the start, with those who came
    from outside and without those who left; none are below zero. Where an event has no mean, only
    runs with chance are looked at.
    """
    chance = solver == "tau-leap"
    if not chance and not all(event.has_mean for _, event in model.events.values()):
        return
    draws = prior_draws(kind(), replicates)
    result = simulate(
        small_scenario(model, WEEKS), solver, replicates=replicates, draws=draws or None
    )
    total: Any = sum(
        result.total(n).astype(np.int64 if chance else float) for n in model.compartments
    )
    gained, lost = (
        sum(
            (
                result.total(n)
                for n, (_, flow) in model.flows.items()
                if getattr(flow, end) == OUTSIDE
            ),
            start=np.zeros((1, WEEKS)),
        )
        for end in ("source", "target")
    )
    expected = total[:, :1] + np.cumsum(gained - lost, axis=1)
    if chance:
        assert np.array_equal(total[:, 1:], expected), "persons appear or are lost"
        fewest = min(result.snapshots[n].min() for n in model.compartments)
        assert fewest >= 0, "a stock is below zero"
    else:
        rounding = 1e-11 if jnp.result_type(float) == jnp.float64 else 1e-4
        assert np.allclose(total[:, 1:], expected, rtol=rounding), "persons appear or are lost"


def small_scenario(model: Model, weeks: int) -> Scenario:
    """A model in a small world of two places and four groups."""
    return Scenario(model, start="2000-01-01", weeks=weeks, data=world(model))
