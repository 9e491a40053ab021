"""The exact solver against closed forms, and the tau-leap against the exact solver."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

import toys
import tregua
from tregua.model.model import Model

pytestmark = pytest.mark.slow

WEEKS = 52
SLOTS = 8
"""Two territories of four groups, all independent in these processes:
eight samples in a replicate.
"""


def ends(
    mechanism, each: float, replicates: int = 512, solver: str = "exact", **values
) -> np.ndarray:
    model = Model((toys.Populated(each=each), mechanism))
    scenario = toys.scenario(
        model, weeks=WEEKS, values={f"{mechanism.name}.{n}": x for n, x in values.items()}
    )
    return (
        tregua.simulate(scenario, solver, replicates=replicates, seed=5)
        .snapshots["members"][:, -1]
        .ravel()
        .astype(float)
    )


def close(sample: np.ndarray, mean: float, variance: float, kurtosis: float = 3.5) -> None:
    """Mean and variance within 4.5 standard errors of the closed form."""
    n = len(sample)
    assert abs(sample.mean() - mean) < 4.5 * np.sqrt(variance / n), (sample.mean(), mean)
    assert abs(sample.var(ddof=1) / variance - 1.0) < 4.5 * np.sqrt((kurtosis - 1.0) / n), (
        sample.var(ddof=1),
        variance,
    )


def test_a_process_of_births_grows_as_yule_says():
    # N(t) from 20: mean 20 e^{rt} = 56.6, variance 20 e^{rt} (e^{rt} - 1) = 103.5; 4,096 samples:
    # standard errors 0.16 and 2.5 %. Catches 1.3 % in the rate.
    growth = np.exp(0.02 * WEEKS)
    close(ends(toys.Births(), 20, rate=0.02), 20 * growth, 20 * growth * (growth - 1.0))


def test_a_process_of_deaths_thins_as_the_binomial_says():
    # 40 persons, each alive with chance e^{-1.04} = 0.353: mean 14.1, sd 3.0; standard error 0.047.
    # Catches 1.5 % in the rate.
    alive = np.exp(-0.02 * WEEKS)
    sample = ends(toys.Deaths(), 40, rate=0.02)
    close(sample, 40 * alive, 40 * alive * (1.0 - alive), 3.0)
    assert (
        stats.kstest(
            sample + np.random.default_rng(1).random(len(sample)) - 1,
            _smooth(stats.binom(40, alive)),
        ).pvalue
        > 1e-4
    )


def test_arrivals_from_outside_are_poisson():
    # Mean and variance 26; 4,096 samples: standard error 0.08.
    # Catches 1.4 % in the rate, and the test of the shape any other law of this mean.
    sample = ends(toys.Arrivals(), 0, rate=0.5)
    close(sample, 26.0, 26.0, 3.1)
    assert (
        stats.kstest(
            sample + np.random.default_rng(1).random(len(sample)) - 1, _smooth(stats.poisson(26.0))
        ).pvalue
        > 1e-4
    )


def _smooth(law):
    """Distribution function of whole numbers spread evenly over the unit interval below each, which
    makes the test of Kolmogorov and Smirnov exact.
    """

    def cdf(x):
        k = np.floor(x)
        return law.cdf(k) + (x - k) * law.pmf(k + 1)

    return cdf


def test_arrests_at_a_constant_rate_are_poisson_whatever_the_sizes():
    # 0.5 a week for a year in each territory: mean and variance 26, 1,024 samples,
    # standard error 0.16.
    model = Model(
        (
            toys.Populated(each=100.0),
            *[m for m in Model.size_2023().mechanisms if m.name == "arrests"],
        )
    )
    data = toys.world(model)
    # Nobody is shielded and no troops help: levels as they start.
    data = dataclasses.replace(
        data, covariates={n: x for n, x in data.covariates.items() if n not in model.neutral}
    )
    scenario = toys.scenario(model, weeks=WEEKS, values={"arrests.effort": 0.5}, data=data)
    arrested = tregua.simulate(scenario, "exact", replicates=512, seed=5).sums["arrests.arrested"]
    close(arrested.sum(axis=(1, 3)).ravel().astype(float), 26.0, 26.0, 3.1)
    each = arrested.sum(axis=(0, 1, 2)).astype(float)
    # Four groups of equal size share the arrests equally: about 6,656 each, standard deviation 82.
    assert np.abs(each - each.mean()).max() < 4.5 * 82


@pytest.mark.parametrize("solver", ["tau-leap", "exact"])
def test_events_of_the_exact_solver_fire_once_at_a_time_and_as_often_as_their_hazard_says(solver):
    # Mean firings 52 * 0.02 = 1.04 a slot, 4,096 slots: standard error 0.016.
    # The tau-leap's own mean is 1 % lower.
    scenario = toys.scenario(
        Model((toys.Populated(each=20.0), toys.Splits())), weeks=WEEKS, values={"splits.rate": 0.02}
    )
    result = tregua.simulate(scenario, solver, replicates=512)
    assert abs(result.sums["splits.split"].mean() - 1.04) < 0.011 + 4.5 * 0.016
    assert np.all(result.total("members") == 20 * SLOTS)


SMALL = {
    "founding.members_at_start": 60.0,
    "founding.rank_exponent": 0.5,
    "recruitment.rate": 0.03,
    "arrests.effort": 0.5,
    "conflict.lethality": 4e-4,
    "conflict.opportunism": 0.5,
    "saturation.crowding": 5e-4,
}
"""Cells of a dozen persons and hazards of several per cent a week, where a step of weeks shows."""


def members(solver: str, replicates: int, dt: float = 1.0, seed: int = 3) -> np.ndarray:
    scenario = toys.scenario(weeks=WEEKS, values=SMALL, territories=1)
    return (
        tregua.simulate(scenario, solver, replicates=replicates, dt=dt, seed=seed)
        .total("members")[:, -1]
        .astype(float)
    )


@pytest.mark.nightly
def test_the_tau_leap_has_the_law_of_the_exact_solver_when_its_step_is_short():
    # 2,048 against 2,048 replicates: the test of Kolmogorov and Smirnov sees distributions that are
    # 6 % apart somewhere.
    exact, leap = members("exact", 2048), members("tau-leap", 2048, dt=0.125, seed=4)
    assert stats.ks_2samp(exact, leap).pvalue > 1e-3, (exact.mean(), leap.mean())
    coarse = members("tau-leap", 2048, dt=13.0)
    assert stats.ks_2samp(exact, coarse).pvalue < 1e-6, (
        "a step of a quarter must be seen to be wrong, or this test sees nothing"
    )


@pytest.mark.nightly
def test_the_tau_leap_approaches_the_exact_mean_as_its_step_shrinks():
    # The bias is about 0.7 persons of 56 for each week of step, the standard error of a difference
    # of means with 4,096 replicates 0.2: seen at 6.5 and 3.25.
    exact = members("exact", 4096)
    bias = [members("tau-leap", 4096, dt=dt).mean() - exact.mean() for dt in (6.5, 3.25, 0.5)]
    error = np.sqrt(2 * exact.var() / 4096)
    assert abs(bias[0]) > abs(bias[1]) > 4.5 * error
    assert abs(bias[2]) < 0.5 * 0.5 * abs(bias[1]) + 4.5 * error


@pytest.mark.nightly
def test_the_bias_of_the_tau_leap_is_of_first_order_in_its_step():
    # 65,536 replicates: standard error 0.07 of biases between 1 and 4 persons;
    # the slope is known to about 0.05.
    exact = members("exact", 65536).mean()
    steps = np.array([4.0, 2.0, 1.0])
    bias = np.abs([members("tau-leap", 65536, dt=dt).mean() - exact for dt in steps])
    assert 0.8 <= np.polyfit(np.log(steps), np.log(bias), 1)[0] <= 1.2, bias
