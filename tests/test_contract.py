"""What every shipped mechanism must keep, tested before its author writes a test.
A new file in ``tregua/mechanisms`` is covered without any edit here.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import toys
import tregua
from test_compilation import traced
from test_gradient import check_against_differences, outcomes_of
from test_laws import relabelled
from test_random import uniforms_of_a_step
from tregua.engine.random import Draws, replicate_key, root_key
from tregua.model.declarations import OUTSIDE, Beta, Compartment, Level, LogNormal, Uniform
from tregua.model.mechanism import Mechanism
from tregua.model.registry import registry
from tregua.model.model import Model
from tregua.model.space import shape_of
from tregua.model.units import check_unit
from tregua.scenarios.policy import Policy
from tregua.scenarios.scenario import Scenario

NAMES = sorted(registry())
TOYS = {"memory": toys.Memory, "splits": toys.Splits, "merges": toys.Merges}
"""Run through the same contract, so that drifts and events have it today."""

CONTRACT = {**registry(), **TOYS}
EVERY = pytest.mark.parametrize("name", sorted(CONTRACT))

LARGE = ("corruption", "leaders", "prisons", "trade", "vetting")
"""Mechanisms that take half the time of all others together; what the small ones show daily is
checked of these at night.
"""

EVERY_BUT_LARGE = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.nightly) if n in LARGE else n for n in CONTRACT],
)


SHIPPED = pytest.mark.parametrize("name", NAMES)


def alone(name: str, each: float = 30_000.0) -> Model:
    """The mechanism by itself, on stocks that are not empty."""
    mechanism = CONTRACT[name]()
    stocks = tuple(need for need in mechanism.needs if isinstance(need, Compartment))
    # What is remembered or written down has to happen.
    others = (toys.Happenings(),) if mechanism.tracks() or mechanism.records() else ()
    return Model((toys.Populated(stocks, each), *others, mechanism))


def among_others(name: str) -> Model:
    model = Model.size_2023()
    return model if name in {m.name for m in model.mechanisms} else model + CONTRACT[name]()


BOTH = pytest.mark.parametrize(
    "build",
    [alone, pytest.param(among_others, marks=pytest.mark.nightly)],
    ids=["alone", "among others"],
)
"""By itself, and added to the size model; all together they are in the tests of the nation."""


def has_mean(model: Model) -> bool:
    return all(event.has_mean for _, event in model.events.values())


def prior_draws(mechanism: Mechanism, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        f"{mechanism.name}.{p.name}": p.prior.distribution().ppf(rng.uniform(1e-4, 1 - 1e-4, count))
        for p in mechanism.parameters
    }


@SHIPPED
def test_every_parameter_says_what_it_is_where_it_may_lie_and_what_it_rests_on(name):
    for parameter in CONTRACT[name]().parameters:
        check_unit(parameter.unit)
        low, high = parameter.support
        assert low <= parameter.value <= high
        quantiles = parameter.prior.distribution().ppf([1e-6, 0.5, 1 - 1e-6])
        assert np.all(np.isfinite(quantiles)) and np.all(
            (quantiles >= low) & (quantiles <= high)
        ), (parameter.name, quantiles)
        assert parameter.doc and parameter.evidence, parameter.name
        assert all(evidence.source and evidence.summary for evidence in parameter.evidence), (
            parameter.name
        )
        assert set(parameter.axes) <= {axis.name for axis in toys.space().axes}


@SHIPPED
def test_needs_flows_drifts_and_events_are_described_and_named_once(name):
    mechanism = CONTRACT[name]()
    things = [*mechanism.flows(), *mechanism.events()]
    assert all(declared.doc for declared in [*mechanism.needs, *mechanism.drifts(), *things])
    for names in (
        [t.name for t in things],
        [n.name for n in mechanism.needs],
        [p.name for p in mechanism.parameters],
    ):
        assert len(set(names)) == len(names)
    assert not {p.name for p in mechanism.parameters} & {n.name for n in mechanism.needs}, (
        "inside a hazard one would hide the other"
    )


@SHIPPED
def test_the_module_states_its_equation_and_its_source(name):
    module = importlib.import_module(CONTRACT[name].__module__)
    assert ".. math::" in module.__doc__ and "Source:" in module.__doc__
    assert (
        CONTRACT[name].__doc__
        and CONTRACT[name].__name__.lower() == name == module.__name__.rpartition(".")[2]
    )


@EVERY
def test_two_instances_are_equal_so_that_models_share_compiled_programs(name):
    assert CONTRACT[name]() == CONTRACT[name]() and hash(CONTRACT[name]()) == hash(CONTRACT[name]())
    assert alone(name) == alone(name) and hash(alone(name)) == hash(alone(name))


def states(model: Model, sizes, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Stocks and levels as a run may meet them: scattered over many sizes, empty, one person each,
    one person in all.
    """
    rng, stocks = np.random.default_rng(seed), []
    shapes = {n: shape_of(c.axes, sizes) for n, c in model.compartments.items()}
    for _ in range(12):
        stocks.append(
            {
                n: np.floor(10 ** rng.uniform(0, 6, s)) * (rng.random(s) > 0.3)
                for n, s in shapes.items()
            }
        )
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


@EVERY
@pytest.mark.parametrize(
    ("groups", "territories"), [(4, 2), (1, 1)], ids=["several groups", "one group"]
)
def test_hazards_have_their_axes_and_are_finite_and_not_negative_at_prior_draws_and_any_state(
    name, groups, territories
):
    mechanism, model = CONTRACT[name](), alone(name)
    data = toys.world(model, groups, territories)
    sizes, draws = data.space.sizes, prior_draws(CONTRACT[name](), 100)
    fixed = {n: jnp.asarray(x, float) for n, x in data.covariates.items()}

    def at(values, state):
        spread = {
            n: jnp.broadcast_to(x, shape_of(model.parameters[n].axes, sizes))
            for n, x in values.items()
        }
        everything = {**fixed, **spread, **state}
        now = jnp.asarray(7.0)
        raw = {f.name: f.hazard(model.view(mechanism, everything, now)) for f in mechanism.flows()}
        hazards = model.hazards(everything, now) | {
            n: model.event_hazard(n, everything, now) for n in model.events
        }
        return raw, hazards, model.drift_rates(everything, now)

    stacked = {n: jnp.stack([s[n] for s in states(model, sizes)]) for n in states(model, sizes)[0]}
    over_states = jax.vmap(at, in_axes=(None, 0))
    raw, hazards, drifts = jax.jit(
        jax.vmap(over_states, in_axes=(0, None)) if draws else over_states
    )({n: jnp.asarray(x) for n, x in draws.items()}, stacked)
    lead = 2 if draws else 1
    for flow in mechanism.flows():
        # On the axes of the source, or shorter: a hazard with more axes would be cut or
        # refused elsewhere.
        assert raw[flow.name].ndim - lead <= len(model.flow_axes(flow)), flow.name
    for full, hazard in hazards.items():
        assert hazard.shape[lead:] == shape_of(model.axes[full], sizes), full
        assert np.all(np.isfinite(hazard)) and np.all(hazard >= 0.0), full
    for level, rate in drifts.items():
        assert rate.shape[lead:] == shape_of(model.levels[level].axes, sizes) and np.all(
            np.isfinite(rate)
        ), level


@EVERY
def test_everything_declared_is_used_and_nothing_else_is_read(name):
    mechanism, model = CONTRACT[name](), alone(name)
    scenario = toys.scenario(model)
    inputs, sizes = scenario.compile(), scenario.data.space.sizes
    values = {
        **{n: jnp.asarray(x[0]) for n, x in inputs.base.items()},
        **{n: jnp.asarray(x, float) for n, x in inputs.covariates.items()},
    }
    values |= {n: jnp.asarray(x) for n, x in states(model, sizes)[0].items()}
    reads, draw = set(), Draws(replicate_key(root_key(1), jnp.asarray(0)), jnp.asarray(0))
    view = model.view(mechanism, values, jnp.asarray(0.0), reads)
    written = {end for flow in mechanism.flows() for end in (flow.source, flow.target)} | {
        drift.level for drift in mechanism.drifts()
    }
    for process in (*mechanism.flows(), *mechanism.events()):
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
    declared = {need.name for need in mechanism.needs} | {
        f"{name}.{p.name}" for p in mechanism.parameters
    }
    assert reads | (written - {OUTSIDE}) == declared
    stocks = {need.name for need in mechanism.needs if isinstance(need, Compartment | Level)}
    assert written - {OUTSIDE} <= stocks, "covariates and parameters are not written"


@pytest.mark.slow
@EVERY
def test_hazards_do_not_know_the_length_of_a_step(name):
    # Persons moved per week tend to hazard times stock: halving a short step halves what moves,
    # to the order of the step.
    model = alone(name)
    if not has_mean(model) or not model.flows:
        pytest.skip("nothing that moves by itself has a mean")
    moved = {
        dt: tregua.simulate(toys.scenario(model, weeks=1), "mean-field", dt=dt, block_weeks=1)
        for dt in (1 / 256, 1 / 512)
    }
    for flow in model.flows:
        one, half = (moved[dt].series[flow][0, 0] / dt for dt in moved)
        assert np.allclose(one, half, rtol=0.02), flow


@pytest.mark.slow
@EVERY_BUT_LARGE
@BOTH
@pytest.mark.parametrize(
    "solver", ["tau-leap", "mean-field", pytest.param("rk4", marks=pytest.mark.nightly)]
)
def test_persons_are_conserved_for_a_year_under_prior_draws(name, build, solver):
    model = build(name)
    if solver != "tau-leap" and not has_mean(model):
        pytest.skip("an event without a mean")
    draws = prior_draws(CONTRACT[name](), 64)
    result = tregua.simulate(
        toys.scenario(model, weeks=52), solver, replicates=64, draws=draws or None
    )
    total = sum(
        result.total(n).astype(np.int64 if solver == "tau-leap" else float)
        for n in model.compartments
    )
    gained = sum(
        (result.total(n) for n, (_, f) in model.flows.items() if f.source == OUTSIDE),
        start=np.zeros((1, 52)),
    )
    lost = sum(
        (result.total(n) for n, (_, f) in model.flows.items() if f.target == OUTSIDE),
        start=np.zeros((1, 52)),
    )
    expected = total[:, :1] + np.cumsum(gained - lost, axis=1)
    if solver == "tau-leap":
        assert (
            np.array_equal(total[:, 1:], expected)
            and min(x.min() for x in (result.snapshots[n] for n in model.compartments)) >= 0
        )
    else:
        assert np.allclose(total[:, 1:], expected, rtol=1e-11)


@pytest.mark.slow
@EVERY
def test_new_values_and_ensembles_compile_nothing(name):
    scenario = toys.scenario(alone(name), weeks=52)
    tregua.simulate(scenario, replicates=2)
    draws = prior_draws(CONTRACT[name](), 3)
    for i in range(3):
        other = scenario.with_values({n: float(x[i]) for n, x in draws.items()})
        assert traced(lambda other=other, i=i: tregua.simulate(other, replicates=2 + 20 * i)) == {}


@pytest.mark.slow
@EVERY_BUT_LARGE
@pytest.mark.parametrize("solver", ["mean-field", pytest.param("rk4", marks=pytest.mark.nightly)])
def test_derivatives_equal_central_differences(name, solver):
    model = alone(name)
    if not has_mean(model):
        pytest.skip("an event without a mean")
    # What is switched off by default is on here, at the middle of its prior.
    switched = {
        f"{name}.{p.name}": float(p.prior.distribution().median())
        for p in CONTRACT[name]().parameters
        if p.value == 0.0
    }
    check_against_differences(
        *outcomes_of(toys.scenario(model, values=switched, territories=3), solver)
    )


@pytest.mark.slow
@EVERY_BUT_LARGE
@pytest.mark.parametrize(
    "solver",
    ["mean-field", *(pytest.param(s, marks=pytest.mark.nightly) for s in ("tau-leap", "rk4"))],
)
def test_a_mechanism_whose_rates_are_zero_is_not_there(name, solver):
    mechanism, model = CONTRACT[name](), among_others(name)
    if not (mechanism.flows() or mechanism.drifts() or mechanism.events()):
        pytest.skip("it does nothing after the start")
    if solver != "tau-leap" and not has_mean(model):
        pytest.skip("an event without a mean")
    without = model - name
    zero = Model([toys.Scaled(m, 0.0) if m.name == name else m for m in model.mechanisms])
    data = toys.world(model)
    one, two = (
        tregua.simulate(toys.scenario(m, data=data), solver, replicates=8) for m in (without, zero)
    )
    # To the person where there is chance; to rounding where the last of the flows takes
    # what the others leave.
    for stock in without.compartments:
        assert np.allclose(
            one.snapshots[stock],
            two.snapshots[stock],
            rtol=0.0 if solver == "tau-leap" else 1e-12,
            atol=0.0,
        ), stock
    # What is switched off by default is on here, at the middle of its prior.
    switched = {
        f"{name}.{p.name}": float(p.prior.distribution().median())
        for p in mechanism.parameters
        if p.value == 0.0
    }
    real = tregua.simulate(toys.scenario(model, data=data, values=switched), solver, replicates=8)
    # In its own stocks and levels too: a mechanism may fill them and touch nobody else.
    assert any(not np.array_equal(real.snapshots[n], two.snapshots[n]) for n in real.snapshots), (
        "at full strength it must be seen"
    )


@pytest.mark.slow
@EVERY
def test_the_uniforms_of_all_other_draws_stay_where_they_were(name):
    with_it, without = (
        uniforms_of_a_step(among_others(name)),
        uniforms_of_a_step(among_others(name) - name),
    )
    shared = set(with_it) & set(without)
    assert shared and all(np.array_equal(with_it[n], without[n]) for n in shared)


@pytest.mark.slow
@EVERY
def test_relabelling_groups_and_territories_relabels_the_result(name):
    model = alone(name)
    if not has_mean(model) or name == "splits":
        pytest.skip("its events know no mean, or know an order of the groups on purpose")
    order, places = np.array([2, 0, 3, 1]), np.array([1, 0])
    scenario = toys.scenario(model)
    here, there = (
        tregua.simulate(s, "mean-field") for s in (scenario, relabelled(scenario, order, places))
    )
    for n, compartment in model.compartments.items():
        expected = here.snapshots[n]
        for axis, sorts in (("territory", places), ("group", order)):
            if axis in compartment.axes:
                expected = np.take(expected, sorts, axis=2 + compartment.axes.index(axis))
        assert np.allclose(there.snapshots[n], expected, rtol=1e-11), n


@pytest.mark.slow
@EVERY
def test_in_a_large_population_the_mean_of_the_leap_is_the_mean_field(name):
    # 64 replicates of 100,000 persons in every cell; 4.5 standard errors of each yearly total, and
    # 1e-3 for the bias of the mean field itself.
    model = alone(name, each=1e5)
    if not has_mean(model):
        pytest.skip("an event without a mean")
    if model.events:
        pytest.skip("a mean of whole-group jumps is no mean of what follows from them")
    leap, field = (
        tregua.simulate(toys.scenario(model, weeks=52), solver, replicates=64)
        for solver in ("tau-leap", "mean-field")
    )
    for n in [*model.flows, *model.compartments]:
        sample, mean = leap.total(n).sum(axis=1).astype(float), field.total(n).sum()
        assert abs(sample.mean() - mean) <= 4.5 * sample.std(ddof=1) / 8 + 1e-3 * mean + 1e-9, n


@pytest.mark.parametrize("prior", [LogNormal(0.002, 0.3), Beta(2.0, 4.0), Uniform(0.5, 1.5)])
def test_priors_mean_what_their_documentation_says(prior):
    law = prior.distribution()
    assert {
        LogNormal: lambda: np.allclose(
            [law.median(), np.log(law.rvs(20000, random_state=1)).std()], [0.002, 0.3], rtol=0.03
        ),
        Beta: lambda: np.isclose(law.mean(), 2 / 6),
        Uniform: lambda: (
            np.allclose(law.ppf([0.0, 1.0]), [0.5, 1.5])
            and stats.kstest(law.rvs(500, random_state=1), "uniform", (0.5, 1.0)).pvalue > 1e-3
        ),
    }[type(prior)]()


def test_the_registry_finds_exactly_the_files_that_are_there():
    folder = importlib.import_module("tregua.mechanisms").__path__[0]
    files = {file.stem for file in Path(folder).glob("*.py")} - {"__init__"}
    assert set(registry()) == files and {m.name for m in Model.size_2023().mechanisms} <= set(
        registry()
    )


def test_the_standard_scenario_runs_under_a_policy_on_every_parameter():
    scenario = Scenario(Model.size_2023(), weeks=52)
    for name in Model.size_2023().parameters:
        result = tregua.simulate(
            scenario.with_policy(Policy.scale(name, 0.9, scenario.date(0))), "mean-field"
        )
        assert np.all(np.isfinite(result.total("members")))
