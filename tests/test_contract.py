"""What every shipped mechanism must keep, tested before its author writes a test.
A new file in ``tregua/mechanisms`` is covered without any edit here.
"""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import toys
import tregua
from test_compilation import traced
from test_gradient import check_against_differences, outcomes_of
from test_laws import relabelled
from test_random import started, uniforms_of_a_step
from tregua.engine.random import Means
from tregua.engine.solvers import SOLVERS
from tregua.model.declarations import Beta, LogNormal, Uniform
from tregua.model.model import Model
from tregua.model.registry import registry
from tregua.scenarios.policy import Policy
from tregua.scenarios.scenario import Scenario
from tregua.testing import contract, worlds

NAMES = sorted(registry())
TOYS = {"memory": toys.Memory, "splits": toys.Splits, "merges": toys.Merges}
"""Run through the same contract, so that drifts and events have it today."""

CONTRACT = {**registry(), **TOYS}
EVERY = pytest.mark.parametrize("name", sorted(CONTRACT))

LARGE = ("corruption", "leaders", "prisons", "trade", "troops", "vetting", "vigilantes")
"""Mechanisms that take half the time of all others together; what the small ones show daily is
checked of these at night.
"""

EVERY_BUT_LARGE = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.nightly) if n in LARGE else n for n in CONTRACT],
)


SHIPPED = pytest.mark.parametrize("name", NAMES)


def alone(name: str, each: float = 1e5) -> Model:
    """The mechanism by itself, on stocks that are not empty. As many everywhere as the test of
    large populations needs, so that tests of one mechanism share its programs.
    """
    return worlds.alone(CONTRACT[name](), each)


def among_others(name: str) -> Model:
    model = Model.size_2023()
    return model if name in {m.name for m in model.mechanisms} else model + CONTRACT[name]()


uniforms_once = cache(uniforms_of_a_step)
"""For most mechanisms the others are the published size model."""

BOTH = pytest.mark.parametrize(
    "build",
    [alone, pytest.param(among_others, marks=pytest.mark.nightly)],
    ids=["alone", "among others"],
)
"""By itself, and added to the size model; all together they are in the tests of the nation."""


def has_mean(model: Model) -> bool:
    return all(event.has_mean for _, event in model.events.values())


@SHIPPED
def test_every_parameter_says_what_it_is_where_it_may_lie_and_what_it_rests_on(name):
    contract.check_parameters(CONTRACT[name])


@SHIPPED
def test_needs_flows_drifts_and_events_are_described_and_named_once(name):
    contract.check_words(CONTRACT[name])


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
    contract.check_equality(CONTRACT[name])


@EVERY
@pytest.mark.parametrize(
    ("groups", "territories"), [(4, 2), (1, 1)], ids=["several groups", "one group"]
)
def test_hazards_have_their_axes_and_are_finite_and_not_negative_at_prior_draws_and_any_state(
    name, groups, territories
):
    contract.check_hazards(CONTRACT[name], groups, territories)


@EVERY
def test_everything_declared_is_used_and_nothing_else_is_read(name):
    contract.check_uses(CONTRACT[name])


@pytest.mark.slow
@EVERY
def test_hazards_do_not_know_the_length_of_a_step(name):
    # Persons moved per week tend to hazard times stock: halving a short step halves what moves,
    # to the order of the step.
    model = alone(name, each=3e4)
    if not has_mean(model) or not model.flows:
        pytest.skip("nothing that moves by itself has a mean")
    state, values = started(toys.scenario(model, weeks=1), Means())
    step, now = SOLVERS["mean-field"].step, jnp.asarray(0.0)
    # The first step by itself, not compiled: a program for each length takes seconds.
    moved = {dt: step(model, state, values, now, dt, Means())[1].moved for dt in (1 / 256, 1 / 512)}
    for flow in model.flows:
        one, half = (np.asarray(moved[dt][flow]) / dt for dt in moved)
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
    contract.check_conservation(CONTRACT[name], model, solver)


@pytest.mark.slow
@EVERY_BUT_LARGE
def test_new_values_and_ensembles_compile_nothing(name):
    scenario = toys.scenario(alone(name), weeks=52)
    tregua.simulate(scenario, replicates=2)
    draws = worlds.prior_draws(CONTRACT[name](), 3)
    for i in range(3):
        other = scenario.with_values({n: float(x[i]) for n, x in draws.items()})
        assert traced(lambda other=other, i=i: tregua.simulate(other, replicates=2 + 20 * i)) == {}


@pytest.mark.slow
@EVERY_BUT_LARGE
@pytest.mark.parametrize("solver", ["mean-field", pytest.param("rk4", marks=pytest.mark.nightly)])
def test_derivatives_equal_central_differences(name, solver):
    model = alone(name, each=3e4)
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
        uniforms_once(among_others(name)),
        uniforms_once(among_others(name) - name),
    )
    shared = set(with_it) & set(without)
    assert shared and all(np.array_equal(with_it[n], without[n]) for n in shared)


@pytest.mark.slow
@EVERY_BUT_LARGE
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
    model = alone(name)
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


class Unused(toys.Deaths):
    """Declares a parameter that nothing reads."""

    parameters = (*toys.Deaths.parameters, toys.parameter("idle", 0.1))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (toys.Negative, "negative"),
        (toys.Vanishing, "changed the number of persons"),
        (toys.Curious, "without declaring it"),
        (toys.Deaths, "is empty"),
    ],
)
def test_the_contract_refuses_what_does_not_keep_it_and_says_what(kind, says):
    with pytest.raises((AssertionError, tregua.TreguaError), match=re.escape(says)):
        contract.check_mechanism(kind)


def test_what_is_declared_and_not_used_is_named():
    with pytest.raises(AssertionError, match=r"not used: \['unused.idle'\]"):
        contract.check_uses(Unused)


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
