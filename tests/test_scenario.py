"""Which of the layers gives a value, and what a scenario refuses."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools

import numpy as np
import pytest

import toys
from tregua.countries.registry import load
from tregua.errors import TreguaError
from tregua.model.model import Model
from tregua.scenarios.policy import Modifier, Policy
from tregua.scenarios.scenario import LAYERS, Scenario, resolve

NAME = "recruitment.rate"
VALUES = dict(zip(LAYERS, (2.527474e-3, 0.001, 0.002, 0.003, 0.004), strict=True))
"""A value of its own for each layer, so that the value tells where it came from."""


def layered(*layers: str):
    """A scenario and posterior draws in which exactly these layers (and the default below
    all) give the value.
    """
    model = Model.size_2023()
    data = dataclasses.replace(
        toys.world(model), values={NAME: VALUES["data set"]} if "data set" in layers else {}
    )
    scenario = toys.scenario(
        model,
        data=data,
        values={NAME: VALUES["scenario"]} if "scenario" in layers else None,
        overrides={NAME: VALUES["command line"]} if "command line" in layers else None,
    )
    return scenario, {
        NAME: np.full(3, VALUES["posterior draw"])
    } if "posterior draw" in layers else None


@pytest.mark.parametrize(("weaker", "stronger"), list(itertools.pairwise(LAYERS)))
def test_each_layer_wins_over_the_one_before_it(weaker, stronger):
    setting = resolve(*layered(weaker, stronger))[NAME]
    assert setting.layer == stronger and np.all(setting.value == VALUES[stronger])
    without = resolve(*layered(weaker))[NAME]
    assert without.layer == weaker and np.all(without.value == VALUES[weaker])


@pytest.mark.parametrize("strongest", range(1, len(LAYERS) + 1))
def test_the_strongest_of_many_layers_wins(strongest):
    setting = resolve(*layered(*LAYERS[:strongest]))[NAME]
    assert setting.layer == LAYERS[strongest - 1]


def test_every_value_tells_its_layer_and_the_others_are_untouched():
    resolved = resolve(*layered("command line"))
    assert set(resolved) == set(Model.size_2023().parameters)
    assert {name for name, setting in resolved.items() if setting.layer == "command line"} == {NAME}
    assert {setting.layer for name, setting in resolved.items() if name != NAME} == {LAYERS[0]}


def test_policies_act_on_whatever_the_layers_give():
    scenario, draws = layered("scenario")
    inputs = scenario.with_policy(Policy.scale(NAME, 0.5)).compile(draws)
    assert np.all(inputs.base[NAME] == VALUES["scenario"]) and np.all(
        inputs.levers[NAME].slope == 0.5
    )


def test_draws_of_a_value_with_axes_may_have_one_number_each_or_one_for_each_place():
    scenario = toys.scenario()
    one = scenario.compile({"arrests.effort": np.array([1.0, 2.0, 3.0])}).base["arrests.effort"]
    assert one.shape == (3, 2) and np.array_equal(one[:, 0], one[:, 1])
    each = np.arange(6.0).reshape(3, 2)
    assert np.array_equal(scenario.compile({"arrests.effort": each}).base["arrests.effort"], each)
    with pytest.raises(TreguaError, match="TR1307"):
        scenario.compile({"arrests.effort": np.ones((3, 5))})


@pytest.mark.parametrize("layer", ["values", "overrides"])
def test_an_unknown_parameter_is_refused_with_the_nearest_name(layer):
    with pytest.raises(TreguaError) as caught:
        toys.scenario(**{layer: {"recruitment.rat": 1.0}}).compile()
    assert caught.value.code == "TR1203" and caught.value.details["nearest"] == NAME


@pytest.mark.parametrize("value", [-1e-9, float("nan"), float("inf")])
def test_a_value_outside_its_support_is_refused(value):
    with pytest.raises(TreguaError, match="TR1306"):
        toys.scenario(values={NAME: value}).compile()


def test_a_posterior_draw_outside_the_support_is_refused_wherever_it_hides():
    with pytest.raises(TreguaError, match="TR1306"):
        toys.scenario().compile({NAME: np.array([0.001, -0.001, 0.002])})


def test_a_policy_that_leads_out_of_the_support_in_any_week_is_refused():
    scenario = toys.scenario().with_policy(
        Policy("p", (Modifier(NAME, "add", -0.01, dt.date(2013, 12, 1)),))
    )
    with pytest.raises(TreguaError, match="TR1306"):
        scenario.compile()


def test_of_several_changes_the_one_that_leads_out_is_named():
    first = Policy("first", (Modifier(NAME, "scale", 0.5), Modifier("arrests.effort", "add", -1.0)))
    second = Policy(
        "second",
        (Modifier(NAME, "add", -0.01, written="-0.01 / week"), Modifier(NAME, "scale", 2.0)),
    )
    with pytest.raises(TreguaError, match="TR1306") as caught:
        toys.scenario().with_policy(first).with_policy(second).compile()
    assert caught.value.details["where"] == f"policy 'second', change of {NAME}"
    assert caught.value.details["found"].startswith(
        f"add to {NAME} -0.01 / week, which makes it -0.0"
    )


def test_a_value_at_the_edge_of_its_support_is_taken():
    toys.scenario(values={NAME: 0.0}).compile()


def test_a_missing_covariate_is_refused_by_name():
    model = Model.size_2023()
    data = toys.world(model)
    short = dataclasses.replace(
        data, covariates={n: x for n, x in data.covariates.items() if n != "rivalry"}
    )
    with pytest.raises(TreguaError, match="TR1502") as caught:
        toys.scenario(model, data=short).compile()
    assert "rivalry" in caught.value.details["found"]


@pytest.mark.parametrize("weeks", [0, -1])
def test_a_scenario_lasts_at_least_one_week(weeks):
    with pytest.raises(TreguaError, match="TR1305"):
        toys.scenario(weeks=weeks)


def test_dates_and_weeks_are_inverse():
    scenario = toys.scenario()
    assert [scenario.week_of(scenario.date(week)) for week in range(104)] == list(range(104))
    assert scenario.date(0) == dt.date(2012, 1, 1) and scenario.week_of("2012-01-02") == 1


def test_a_scenario_with_a_policy_or_a_value_leaves_the_first_one_alone():
    base = toys.scenario()
    other = base.with_policy(Policy.scale(NAME, 0.5, name="half")).with_values({NAME: 0.001})
    assert (base.name, base.policies, base.values) == ("baseline", (), {})
    assert (other.name, other.shown, dict(other.values)) == ("half", "half", {NAME: 0.001})


def test_the_shipped_data_set_is_what_the_publication_describes():
    data = load("groups-2020")
    assert data.space.shape(("territory", "group")) == (1, 150)
    for name in ("rivalry", "alliance"):
        matrix = data.covariates[name]
        assert (
            np.array_equal(matrix, matrix.T) and not np.any(np.diag(matrix)) and matrix.min() == 0.0
        )
    strength = (data.covariates["rivalry"] + data.covariates["alliance"]).sum(axis=1)
    assert np.all(np.diff(strength) <= 0), "rank 1 has the most ties"
    with pytest.raises(TreguaError, match="TR1501"):
        load("groups-2021")


def test_models_are_put_together_and_taken_apart_by_name():
    model = Model.size_2023()
    assert (model + toys.Memory() - "memory") == model and hash(
        model + toys.Memory() - "memory"
    ) == hash(model)
    assert "conflict" not in [m.name for m in (model - "conflict").mechanisms]
    with pytest.raises(TreguaError, match="TR2106"):
        model - "conflicts"
    with pytest.raises(TreguaError, match="TR2101"):
        model + model.mechanisms[0]


def test_a_whole_number_is_as_good_as_any_other():
    assert (
        Scenario(Model.size_2023(), weeks=4, values={"arrests.effort": 100})
        .compile()
        .base["arrests.effort"][0]
        == 100.0
    )


def test_a_scenario_without_data_takes_the_shipped_set_that_the_model_needs():
    national, published = Scenario(Model.standard(), weeks=4), Scenario(Model.size_2023(), weeks=4)
    assert (national.data.name, national.start.isoformat()) == ("mexico-2007", "2007-01-01")
    assert (published.data.name, published.start.isoformat()) == ("groups-2020", "2012-01-01")
    assert (
        Scenario(Model.size_2023(), start="2012-01-01", weeks=4).start.isoformat() == "2012-01-01"
    )
