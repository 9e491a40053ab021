"""Published numbers come out, wrong ones do not, and the refits do what they say."""

from __future__ import annotations

import math
from functools import cache

import jax
import numpy as np
import pytest

from tregua.countries.registry import load as load_data
from tregua.engine.run import simulate
from tregua.model.registry import registry
from tregua.reporting.encoding import COLOURS
from tregua.scenarios.toml import load_scenario
from tregua.studies.reproductions import REPRODUCTIONS, identifiability, size_2023
from tregua.studies.reproductions.charts import POLICY_COLOURS, policies_picture
from tregua.studies.reproductions.published import INTERVALS, load
from tregua.studies.reproductions.rates import double_precision, rates_at, total_rate
from tregua.studies.reproductions.refit import FREE, Fitter, target
from tregua.studies.reproductions.rows import Reproduction, Row

pytestmark = pytest.mark.slow

SHORT = 60
"""Weeks of the refits below."""

TRUTH = {"recruitment.rate": 2.9e-3, "conflict.lethality": 2.1e-8, "saturation.crowding": 6e-8}


OUTSIDE = {
    "vetting-2012": {
        "tested.2013",
        "local.failed.2013",
        "federal.failed.2013",
        "share.2013",
        "serving.2014",
        "local.share.2018",
        "local.valid.2018",
        "serving.2018",
    },
    "michoacan-2013": {"guerrero", "homicides.2014", "homicides.2015"},
    "emergent-effects": {
        "place.mean",
        "year.mean",
        "year.high",
        "elsewhere.mean",
        "elsewhere.high",
        "history.mean",
        "hand.year.mean",
        "hand.year.high",
        "hand.sent.mean",
    },
}
"""Rows of whole reproductions that lie outside their tolerance."""


LETHALITY = 1.549231e-8


def hostility(run) -> np.ndarray:
    """How the groups of the published model meet, by hand."""
    covariates = run.scenario.data.covariates
    friends = 1.0 + covariates["alliance"].sum(axis=1)
    matrix = (covariates["rivalry"] + 1.0) / friends[:, None]
    np.fill_diagonal(matrix, 0.0)
    return matrix


def killed_by_hand(run, flow: str, week: int, draws=None) -> np.ndarray:
    """Deaths a week at a snapshot of a run with one for every week, which is asked hundreds of
    times: by the engine half a minute. That it is what the engine says is tested below.
    """
    if run.plan.block_weeks > 1:
        return total_rate(run, flow, week, draws)
    assert flow == "conflict.killed" and draws is None
    members = run.snapshot("members", week)[0, 0]
    return np.array([LETHALITY * members @ hostility(run) @ members])


@cache
def without_chance():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(size_2023, "total_rate", killed_by_hand)
        return size_2023.without_chance(load("size-2023"))


@cache
def fitter() -> Fitter:
    published = load(identifiability.NAME)
    return Fitter(size_2023.baseline(published, SHORT), published.search)


@cache
def whole_fitter() -> Fitter:
    published = load(identifiability.NAME)
    return Fitter(size_2023.baseline(published, published.run["policy_week"]), published.search)


def test_every_row_without_chance_is_reproduced():
    outcomes, _ = without_chance()
    rows = load("size-2023").compare(outcomes, partly=True)
    assert [row.key for row in rows if row.verdict == "OUTSIDE"] == []
    assert sum(row.verdict == "ok" for row in rows) == 63
    assert all(row.ours == row.ours for row in rows)


def test_the_picture_of_policies_says_what_it_shows_and_has_the_colours_of_a_comparison():
    published, (_, runs) = load("size-2023"), without_chance()
    picture = policies_picture(published, runs, runs["status_quo"], "Tregua 9.9 · inputs abcdef12")
    svg = picture.svg.decode()
    assert "inputs abcdef12" in svg and "with chance: nine in" in svg
    same = {
        "arrests_doubled": "double-arrests",
        "recruitment_halved": "halve-recruitment",
        "both": "both",
    }
    order = list(load_scenario("size-2023").policies)
    assert {name: POLICY_COLOURS[name] for name in same} == {
        name: COLOURS[order.index(policy)] for name, policy in same.items()
    }


def test_a_changed_parameter_is_noticed():
    published = load("size-2023")
    runs = size_2023.policy_runs(published, {"conflict.lethality": 1.6e-8})
    outcomes = size_2023.outcome_2022(published, runs["status_quo"]) | size_2023.policy_effects(
        published, runs
    )
    rows = published.compare(outcomes, partly=True)
    report = Reproduction("x", "x", "", rows, {}, {})
    assert not report.passed
    assert report.count("OUTSIDE") > 20
    assert {"size.520", "deaths.520", "status_quo.deaths.260"} <= {
        row.key for row in rows if row.verdict == "OUTSIDE"
    }


def test_the_files_name_sources_tolerances_and_real_parameters():
    parameters = {
        f"{name}.{p.name}" for name, mechanism in registry().items() for p in mechanism().parameters
    }
    for name in REPRODUCTIONS:
        published = load(name)
        for entry in published.entries:
            assert entry["source"] in published.sources, entry["key"]
            tolerance = published.tolerances[entry["tolerance"]]
            assert tolerance["kind"] in INTERVALS
            assert tolerance["kind"] == "shown" or "value" in entry or "range" in entry, entry[
                "key"
            ]
            assert published.sources[entry["source"]]["stance"] in {
                "estimated",
                "reported",
                "official",
            }
        assert all(
            factor in parameters
            for policy in published.policies.values()
            for factor in policy["factors"]
        )
        assert set(published.search) <= set(parameters)


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_a_published_value_is_judged_or_its_note_says_why_not(name):
    published = load(name)
    assert [
        entry["key"]
        for entry in published.entries
        if published.tolerances[entry["tolerance"]]["kind"] == "shown"
        and ("value" in entry or "range" in entry)
        and not entry.get("note")
    ] == []


def test_a_number_given_to_one_decimal_has_one_decimal():
    """A reference must be the number that its source gives, not ours."""
    values = [
        entry["value"] for entry in load("size-2023").entries if entry["tolerance"] == "one_decimal"
    ]
    assert len(values) >= 2 and all(value == round(value, 1) for value in values)


def test_groups_of_the_file_are_the_largest_of_the_data():
    labels = load_data("groups-2020").space.labels("group")[:3]
    assert {entry["key"] for entry in load("size-2023").entries} >= {
        f"group.{label}" for label in labels
    }


@pytest.mark.parametrize(
    ("kind", "entry", "tolerance", "low", "high"),
    [
        ("relative", {"value": -200.0}, {"relative": 0.01}, -202.0, -198.0),
        ("absolute", {"value": 5.0, "unit": "%"}, {"absolute": 0.1}, 4.9, 5.1),
        ("change", {"value": 25.0}, {"relative": 0.002, "rounding": 0.05}, 24.7, 25.3),
        ("mean", {"value": 10.0, "spread": 4.0}, {"errors": 3.0, "replicates": 200}, 8.8, 11.2),
        ("spread", {"value": 10.0}, {"errors": 3.0, "replicates": 226}, 8.0, 12.0),
        ("interval", {"range": [1, 2]}, {}, 1.0, 2.0),
    ],
)
def test_intervals(kind, entry, tolerance, low, high):
    assert INTERVALS[kind](entry, tolerance)[:2] == pytest.approx((low, high))


def test_a_change_of_sign_is_never_a_reproduction():
    low, high, _ = INTERVALS["same_sign"]({"value": -2.0, "unit": "%"}, {"absolute": 3.0})
    assert low == -5.0 and high < 0.0
    low, high, _ = INTERVALS["same_sign"]({"value": 2.0, "unit": "%"}, {"absolute": 3.0})
    assert low > 0.0 and high == 5.0


def test_verdicts():
    row = Row("x", 1.0, 1.0, 0.9, 1.1, "1", "±0.1")
    assert row.verdict == "ok"
    assert Row("x", 1.0, 1.2, 0.9, 1.1, "1", "±0.1").verdict == "OUTSIDE"
    assert Row("x", 1.0, math.nan, 0.9, 1.1, "1", "±0.1").verdict == "OUTSIDE"
    shown = Row("x", None, 7.0, -math.inf, math.inf, "1", "")
    assert shown.verdict == "shown"
    assert Reproduction("x", "x", "", (row, shown), {}, {}).passed
    assert list(Reproduction("x", "x", "", (row,), {}, {}).table()["verdict"]) == ["ok"]


def test_a_missing_or_odd_value_is_an_error():
    published = load("size-2023")
    with pytest.raises(KeyError):
        published.compare({"size.520": 1.0})
    with pytest.raises(KeyError):
        published.compare({"no such row": 1.0}, partly=True)


def test_rates_are_the_equations_and_see_the_policy_in_force():
    published = load("size-2023")
    _, runs = without_chance()
    base, doubled = runs["status_quo"], runs["arrests_doubled"]
    members = base.snapshot("members", 520)[0, 0]
    killed = LETHALITY * members * (hostility(base) @ members)
    rates = rates_at(base, 520)
    np.testing.assert_allclose(rates["conflict.killed"][0, 0], killed, rtol=1e-10)
    assert total_rate(base, "conflict.killed", 520)[0] == pytest.approx(killed.sum(), rel=1e-10)
    np.testing.assert_allclose(rates["saturation.left"][0, 0], 4e-8 * members**2, rtol=1e-10)
    assert total_rate(doubled, "arrests.arrested", published.run["policy_week"])[
        0
    ] == pytest.approx(220.0)
    assert total_rate(doubled, "arrests.arrested", published.run["policy_week"] - 26)[
        0
    ] == pytest.approx(110.0)


def test_rates_of_draws_are_those_of_each_draw():
    published = load("size-2023")
    scenario = size_2023.baseline(published, 52)
    draws = {"conflict.lethality": np.array([1e-8, 3e-8])}
    both = total_rate(simulate(scenario, "mean-field", draws=draws), "conflict.killed", 52, draws)
    alone = [
        total_rate(
            simulate(scenario.with_values({"conflict.lethality": x}), "mean-field"),
            "conflict.killed",
            52,
        )[0]
        for x in draws["conflict.lethality"]
    ]
    np.testing.assert_allclose(both, alone, rtol=1e-12)


@pytest.mark.usefixtures("single_precision")
def test_double_precision_lasts_as_long_as_it_should():
    with double_precision():
        assert jax.config.jax_enable_x64
    assert not jax.config.jax_enable_x64


def test_the_target_is_the_published_one():
    published = load(identifiability.NAME)
    goal = target(published, 0.1)
    assert len(goal) == 520
    assert goal[0] == pytest.approx(0.1 * (25_967 + 10_760) / 52)
    assert goal.mean() == pytest.approx(92.3, abs=0.05)
    # one cubic through the last year and beyond
    np.testing.assert_allclose(np.diff(goal[-80:], 4), 0.0, atol=1e-9)
    np.testing.assert_allclose(target(published, 0.3), 3.0 * goal)


def test_slopes_agree_with_central_differences():
    logs = np.log([TRUTH[name] for name in FREE])
    slopes = fitter().slopes(logs, 110.0, 115_000.0)
    for i in range(len(FREE)):
        step = 1e-5 * np.eye(len(FREE))[i]
        central = (
            fitter().deaths(logs + step, 110.0, 115_000.0)
            - fitter().deaths(logs - step, 110.0, 115_000.0)
        ) / 2e-5
        np.testing.assert_allclose(slopes[:, i], central, rtol=1e-6, atol=1e-8)


def test_the_fitted_curve_is_the_run_of_the_engine():
    fit = fitter().fit(
        fitter().deaths(np.log([TRUTH[name] for name in FREE]), 110.0, 115_000.0), 110.0, 115_000.0
    )
    run = simulate(size_2023.baseline(load(identifiability.NAME), SHORT, fit.values), "mean-field")
    np.testing.assert_allclose(run.total("conflict.killed")[0], fit.deaths, rtol=1e-10)
    assert run.at("members", SHORT)[0] == pytest.approx(fit.size)


def test_a_refit_finds_the_truth_behind_made_up_data():
    logs = np.log([TRUTH[name] for name in FREE])
    goal = whole_fitter().deaths(logs, 110.0, 90_000.0)
    fit = whole_fitter().fit(goal, 110.0, 90_000.0)
    assert fit.converged
    assert fit.misfit < 1e-3
    for name, value in TRUTH.items():
        assert fit.free[name] == pytest.approx(value, rel=1e-2), name


def test_one_published_refit():
    published = load(identifiability.NAME)
    fit = whole_fitter().fit(target(published, 0.1), 110.0, 115_000.0)
    assert fit.misfit == pytest.approx(8.55, rel=0.03)
    assert fit.size == pytest.approx(172_564, rel=0.03)
    effects = identifiability.effects_of(published, [fit])[fit]
    assert effects["status_quo"] == pytest.approx(36.0, abs=3.0)
    assert effects["recruitment_halved"] < 0.0 < effects["arrests_doubled"]


def test_the_loss_has_a_second_minimum():
    published = load(identifiability.NAME)
    minima = whole_fitter().minima(target(published, 0.1), 110.0, 60_000.0, published.run["starts"])
    chosen = identifiability.chosen(published, {(110.0, 60_000.0): minima})[110.0, 60_000.0]
    assert minima[0].misfit < chosen.misfit
    assert minima[0].size < 0.6 * chosen.size
    assert chosen.size == pytest.approx(96_477, rel=0.03)


@pytest.mark.nightly
@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_whole_reproduction(name):
    told = []
    report = REPRODUCTIONS[name](lambda done, total: told.append((done, total)))
    assert {row.key for row in report.rows if row.verdict == "OUTSIDE"} == OUTSIDE.get(name, set())
    assert report.passed == (name not in OUTSIDE)
    assert told[-1][0] == told[-1][1] == len(told)
    assert all(picture.alt and picture.caption for picture in report.pictures.values())
    assert all(len(table) for table in report.tables.values())


@pytest.mark.nightly
def test_another_method_ends_at_the_same_place():
    """The quasi-Newton method on the loss itself, with its gradient,
    as the published script uses it.
    """
    from scipy.optimize import minimize

    published = load(identifiability.NAME)
    goal, tool = target(published, 0.1), whole_fitter()
    fit = tool.fit(goal, 110.0, 115_000.0)

    def loss(logs):
        rest = tool.deaths(logs, 110.0, 115_000.0) - goal
        return rest @ rest, 2.0 * rest @ tool.slopes(logs, 110.0, 115_000.0)

    bounds = [tuple(np.log(published.search[name])) for name in FREE]
    optimum = minimize(
        loss,
        tool.guess(110.0, 115_000.0, goal),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-14, "gtol": 1e-8},
    )
    assert math.sqrt(optimum.fun / len(goal)) == pytest.approx(fit.misfit, rel=1e-6)
    np.testing.assert_allclose(np.exp(optimum.x), list(fit.free.values()), rtol=1e-3)


@pytest.mark.nightly
def test_no_start_finds_a_deeper_minimum_than_those_of_the_file():
    published = load(identifiability.NAME)
    goal, tool = target(published, 0.1), whole_fitter()
    known = tool.minima(goal, 110.0, 115_000.0, published.run["starts"])
    noise = np.random.default_rng(1).normal(size=(12, 3)) * [0.3, 0.5, 2.0]
    for step in noise:
        start = tool.guess(110.0, 115_000.0, goal) + step
        assert tool.fit(goal, 110.0, 115_000.0, start).misfit > known[0].misfit - 1e-4
