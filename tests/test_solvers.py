"""Solvers against an independent reference, and the order of each measured by regression."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import oracle
import toys
import tregua
from tregua.engine import run
from tregua.engine.solvers import SOLVERS
from tregua.errors import TreguaError
from tregua.model.model import Model

VALUES = {
    "founding.members_at_start": 1000.0,
    "founding.rank_exponent": 0.5,
    "recruitment.rate": 0.03,
    "arrests.effort": 8.0,
    "conflict.lethality": 2e-5,
    "conflict.baseline": 1.0,
    "saturation.crowding": 2e-5,
}
"""Rates of a few per cent a week: fast enough for errors far above rounding,
slow enough for steps of weeks.
"""

MEMORY = {"memory.fade": 0.05, "memory.gain": 1e-4, "memory.push": 0.02}


def order(steps, errors) -> float:
    """Slope of log error on log step."""
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


def test_the_order_of_a_known_error_is_found():
    assert order([1.0, 0.5, 0.25], [8.0, 1.0, 0.125]) == pytest.approx(3.0)


def size_scenario(model: Model | None = None, weeks: int = 52, **more):
    model = model or Model.size_2023()
    data = toys.world(model, territories=1)
    # The published model: every group has the same foothold but for its rank, and levels that
    # nothing changes are as they start.
    same = {n: x for n, x in data.covariates.items() if n not in model.neutral} | {
        "foothold": np.ones((1, 4))
    }
    values = {**VALUES, **{n: x for n, x in more.items() if n in model.parameters}}
    return toys.scenario(
        model, weeks=weeks, data=dataclasses.replace(data, covariates=same), values=values
    )


def reference(scenario, weeks: int) -> np.ndarray:
    """Stocks of the size model at the end, from SciPy on equations written without the engine:
    shape (4, group).
    """
    values, data = (
        {n: x.ravel()[0] for n, x in scenario.compile().base.items()},
        scenario.data.covariates,
    )
    first = oracle.start(values, data)
    solution = solve_ivp(
        lambda t, y: oracle.slope(values, data, y.reshape(first.shape)).ravel(),
        (0, weeks),
        first.ravel(),
        method="DOP853",
        rtol=1e-13,
        atol=1e-10,
    )
    return solution.y[:, -1].reshape(first.shape)


def end_of(scenario, solver: str, dt: float) -> np.ndarray:
    result = tregua.simulate(scenario, solver, dt=dt)
    return np.stack([result.snapshots[name][0, -1, 0] for name in oracle.NAMES])


@pytest.mark.nightly  # With a level beside the stocks, and the same bounds, it is below.
def test_runge_kutta_converges_to_an_independent_reference_with_fourth_order():
    scenario, steps = size_scenario(), [13.0, 6.5, 3.25, 1.625]
    exact = reference(scenario, 52)
    errors = [np.abs(end_of(scenario, "rk4", dt) - exact).max() for dt in steps]
    assert order(steps, errors) >= 3.8, errors
    assert errors[-1] < 1e-6 * exact.max()


REMEMBERED = size_scenario(Model.size_2023() + toys.Memory(), **MEMORY)


@pytest.fixture(scope="module")
def remembered() -> np.ndarray:
    """The end of a year of the size model with a level that drifts, from SciPy: the stocks one
    after another, and the level.
    """
    values, data = (
        {n: x.ravel()[0] for n, x in REMEMBERED.compile().base.items()},
        REMEMBERED.data.covariates,
    )
    first = np.append(oracle.start(values, data).ravel(), 0.5)

    def slope(t, y):
        stocks, memory = y[:-1].reshape(4, -1), y[-1]
        change = oracle.slope(values, data, stocks)
        scared = values["memory.push"] * memory * stocks[0]
        change[0] -= scared
        change[3] += scared
        return np.append(
            change.ravel(), values["memory.gain"] * stocks[2].sum() - values["memory.fade"] * memory
        )

    return solve_ivp(slope, (0, 52), first, method="DOP853", rtol=1e-13, atol=1e-10).y[:, -1]


@pytest.mark.slow
def test_stocks_and_levels_are_carried_with_fourth_order_to_an_independent_reference(remembered):
    steps = [13.0, 6.5, 3.25, 1.625]
    assert abs(remembered[-1] - 0.5) > 0.05, "the level must move, or its error would say nothing"
    stock_errors, level_errors = [], []
    for dt in steps:
        result = tregua.simulate(REMEMBERED, "rk4", dt=dt)
        end = np.stack([result.snapshots[name][0, -1, 0] for name in oracle.NAMES])
        stock_errors.append(np.abs(end.ravel() - remembered[:-1]).max())
        level_errors.append(abs(result.snapshots["memory"][0, -1, 0] - remembered[-1]))
    assert order(steps, stock_errors) >= 3.8, stock_errors
    assert order(steps, level_errors) >= 3.8, level_errors
    assert stock_errors[-1] < 1e-6 * remembered[:-1].max()


@dataclasses.dataclass(frozen=True)
class Rumours(toys.Mechanism):
    """A second mechanism that moves the same level."""

    needs = (toys.MEMORY,)

    def drifts(self):
        return (toys.Drift("memory", lambda v: 0.25 + 0.0 * v.memory, "rumours keep memory alive"),)


@pytest.mark.parametrize("solver", ["tau-leap", "mean-field", "rk4"])
def test_drifts_of_several_mechanisms_on_one_level_add_up(solver):
    # Without gain and fading, memory rises from 0.5 by 0.25 a week,
    # from one mechanism or the other.
    model = Model((toys.Populated(), toys.Memory(), Rumours()))
    for order in (model, Model(model.mechanisms[::-1])):
        still = {"memory.fade": 0.0, "memory.gain": 0.0, "memory.push": 0.0}
        result = tregua.simulate(toys.scenario(order, weeks=52, values=still), solver, replicates=1)
        assert np.allclose(result.snapshots["memory"][:, -1], 0.5 + 0.25 * 52, rtol=1e-12)
    fading = tregua.simulate(
        toys.scenario(model, weeks=52, values={**still, "memory.fade": 0.5}), solver, replicates=1
    ).snapshots["memory"][:, -1]
    assert np.allclose(fading, 0.25 / 0.5, rtol=1e-6), "where the two drifts cancel"


@pytest.mark.slow
def test_the_mean_field_converges_to_continuous_time_with_first_order(remembered):
    steps = [1.0, 0.5, 0.25, 0.125]
    exact = remembered[:-1].reshape(len(oracle.NAMES), -1)
    errors = [np.abs(end_of(REMEMBERED, "mean-field", dt) - exact).max() for dt in steps]
    assert 0.9 <= order(steps, errors) <= 1.1, errors


def test_one_step_of_the_mean_field_is_the_published_weekly_formula():
    # Exits are 1 - exp(-sum of hazards), shared in proportion to the hazards.
    scenario = size_scenario(weeks=1)
    values, data = (
        {n: x.ravel()[0] for n, x in scenario.compile().base.items()},
        scenario.data.covariates,
    )
    members = oracle.start(values, data)[0]
    matrix = oracle.hostility(data["rivalry"], data["alliance"], values["conflict.baseline"])
    each = oracle.hazards(members, matrix, values)
    leave = members * -np.expm1(-each.sum(axis=-1))
    moved = leave[:, None] * each / each.sum(axis=-1, keepdims=True)
    expected = np.stack([members - leave + values["recruitment.rate"] * members, *moved.T])
    assert np.allclose(end_of(scenario, "mean-field", 1.0), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("members", "effort"), [(10000.0, 1100.0), (3000.0, 1100.0), (1000.0, 110.0)]
)
def test_runge_kutta_refuses_stocks_that_empty_faster_than_its_step_can_follow(members, effort):
    # Arrests of a constant total against few members: without the check, 20,000 members became
    # 636,000 in a quarter, silently.
    scenario = toys.scenario(
        values={"founding.members_at_start": members, "arrests.effort": effort}
    )
    with pytest.raises(TreguaError, match="TR2301") as caught:
        tregua.simulate(scenario, "rk4")
    assert "faster than the step" in caught.value.details["found"]
    assert tregua.simulate(scenario, "mean-field").total("members")[0, -1] < 1.0
    assert tregua.simulate(toys.scenario(), "rk4").status[0] == 0


def zscores(mine: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Differences of mean and of log variance, in standard errors;
    that of a log variance is sqrt((kurtosis - 1) / n).
    """
    both, spread = (mine.astype(float), other.astype(float)), []
    for x in both:
        centred = (x - x.mean()) / x.std()
        spread.append((np.mean(centred**4) - 1.0) / len(x))
    mean = (both[0].mean() - both[1].mean()) / np.sqrt(sum(x.var(ddof=1) / len(x) for x in both))
    return float(mean), float(
        np.log(both[0].var(ddof=1) / both[1].var(ddof=1)) / np.sqrt(sum(spread))
    )


def compare_with_oracle(replicates: int, weeks: int) -> dict[str, tuple[float, float]]:
    scenario = tregua.Scenario(Model.size_2023(), weeks=weeks)
    values = {n: float(x.ravel()[0]) for n, x in scenario.compile().base.items()}
    mine = tregua.simulate(scenario, replicates=replicates, seed=11)
    other = oracle.simulate(values, scenario.data.covariates, weeks, replicates, seed=12)
    deviations = {}
    for week in range(52, weeks + 1, 52):
        for name in oracle.NAMES:
            ours, theirs = mine.snapshot(name, week)[:, 0], other[name][:, week]
            deviations[f"{name} of all groups, week {week}"] = zscores(
                ours.sum(axis=1), theirs.sum(axis=1)
            )
            deviations[f"{name} of the third group, week {week}"] = zscores(
                ours[:, 2], theirs[:, 2]
            )
    return deviations


def test_the_tau_leap_agrees_with_a_plain_numpy_loop_in_mean_and_variance():
    # 256 against 256 replicates. Standard errors of a difference: 0.12 % of the mean deaths (7,405,
    # sd 99), 0.03 % of the members (124,400, sd 415), 12 % of a variance. 32 comparisons at 4.5 of
    # them: a false alarm once in 4,600 seeds. Caught: 0.5 % in deaths, 0.13 % in members, 56 % in a
    # variance.
    worst = {name: z for name, z in compare_with_oracle(256, 104).items() if max(np.abs(z)) > 4.5}
    assert not worst, worst


@pytest.mark.nightly
def test_the_tau_leap_agrees_with_a_plain_numpy_loop_in_mean_and_variance_over_a_decade():
    # 2,000 against 2,000 replicates: standard errors a third of those above;
    # catches 0.2 % in deaths and 20 % in a variance at 4.5 standard errors.
    worst = {name: z for name, z in compare_with_oracle(2000, 520).items() if max(np.abs(z)) > 4.5}
    assert not worst, worst


def fired(dt: float, replicates: int) -> float:
    scenario = toys.scenario(
        Model((toys.Populated(), toys.Splits())), weeks=52, values={"splits.rate": 0.02}
    )
    return float(
        tregua.simulate(scenario, replicates=replicates, dt=dt).sums["splits.split"].mean()
    )


@pytest.mark.parametrize("dt", [0.5, 1.0, 2.0])
def test_events_fire_as_often_as_their_hazard_says_whatever_the_step(dt):
    # Each of 8 slots in 512 replicates: 52 / dt chances of 1 - exp(-0.02 dt);
    # standard error at most 0.016 on 1.03. A factor dt left out would give 2.0 or 0.5.
    chance = -np.expm1(-0.02 * dt)
    error = np.sqrt(52 / dt * chance * (1 - chance) / (8 * 512))
    assert abs(fired(dt, 512) - 52 / dt * chance) < 4.5 * error


@pytest.mark.parametrize("solver", ["mean-field", "rk4"])
def test_the_mean_of_an_event_is_its_probability(solver):
    scenario = toys.scenario(
        Model((toys.Populated(), toys.Splits())), weeks=52, values={"splits.rate": 0.02}
    )
    sums = tregua.simulate(scenario, solver).sums["splits.split"]
    assert np.allclose(sums, 52 * -np.expm1(-0.02), rtol=1e-12)


def test_a_hazard_of_a_single_number_counts_for_every_slot_of_its_event():
    scenario = toys.scenario(Model((toys.Populated(), toys.Splits())), weeks=52)
    sums = tregua.simulate(scenario, replicates=8).sums["splits.split"]
    assert sums.shape == (8, 1, 2, 4) and len(np.unique(sums)) > 1


def test_events_on_other_axes_than_groups_are_recorded_and_summed():
    scenario = toys.scenario(Model.size_2023() + toys.Merges(), weeks=104)
    result = tregua.simulate(scenario, replicates=8)
    assert result.series["merges.merge"].shape == (8, 104, 2) and result.sums[
        "merges.merge"
    ].shape == (8, 2, 2)
    assert result.total("merges.merge").sum() == result.sums["merges.merge"].sum() > 0


@dataclasses.dataclass(frozen=True)
class Everywhere(toys.Splits):
    """An event of each group that happens in all territories together."""

    def events(self):
        event = super().events()[0]

        def apply(view, fired, draw):
            return event.apply(view, fired[None, :], draw)

        return (dataclasses.replace(event, axes=("group",), apply=apply),)


def test_an_event_without_territories_has_one_number_a_week():
    result = tregua.simulate(
        toys.scenario(Model((toys.Populated(), Everywhere())), weeks=52), replicates=8
    )
    assert result.series["everywhere.split"].shape == (8, 52)
    assert result.total("everywhere.split").shape == (8, 52)
    assert np.array_equal(
        result.total("everywhere.split").sum(axis=1),
        result.sums["everywhere.split"].sum(axis=(1, 2)),
    )


@pytest.mark.parametrize(
    ("solver", "mechanism"),
    [("exact", toys.Memory()), ("mean-field", toys.Merges()), ("rk4", toys.Merges())],
)
def test_a_solver_refuses_what_it_cannot_run(solver, mechanism):
    with pytest.raises(TreguaError, match="TR2201"):
        tregua.simulate(toys.scenario(Model.size_2023() + mechanism), solver, replicates=1)


def test_solvers_are_found_by_name_and_others_refused():
    assert list(SOLVERS) == ["tau-leap", "mean-field", "rk4", "exact"]
    with pytest.raises(TreguaError, match="TR2202") as caught:
        run.make_plan(toys.scenario(), "rk5")
    assert caught.value.details["nearest"] == "rk4"
