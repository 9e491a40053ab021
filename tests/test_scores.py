"""Scores against closed forms, and coverage of samples from the truth within what chance allows."""

import sys

import numpy as np
import pytest
from scipy import stats

from tregua.errors import TreguaError
from tregua.optional import extra
from tregua.results import scores

SAMPLES = 4000
ALARM = 1e-6
"""Chance of a false alarm of a statistical check."""


def normal_crps(mean: float, sd: float, actual: float) -> float:
    """Gneiting and Raftery (2007), equation 21."""
    z = (actual - mean) / sd
    return sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))


@pytest.mark.parametrize("actual", [100.0, 120.0, 30.0])
def test_crps_of_a_normal_forecast_is_the_closed_form(actual):
    # Equal steps of probability instead of chance: what is left is the error of the grid.
    samples = stats.norm.ppf((np.arange(SAMPLES) + 0.5) / SAMPLES, 100.0, 20.0)[:, None]
    assert scores.crps(samples, np.array([actual]))[0] == pytest.approx(
        normal_crps(100.0, 20.0, actual), rel=2e-3
    )


def test_crps_of_a_point_mass_is_the_absolute_error():
    samples = np.full((50, 2), 7)
    assert scores.crps(samples, np.array([3, 7])) == pytest.approx([4.0, 0.0])


def test_crps_is_fair_with_few_samples():
    rng, few, many = np.random.default_rng(1), 4, 40_000
    crps = scores.crps(rng.normal(100.0, 20.0, (few, many)), np.full(many, 110.0))
    error = crps.std(ddof=1) / np.sqrt(many)
    # The plain estimator with four samples is 2.8 too high, forty errors away.
    assert abs(crps.mean() - normal_crps(100.0, 20.0, 110.0)) < stats.norm.isf(ALARM / 2) * error
    assert error < 0.1


def test_crps_is_the_mean_of_its_definition():
    samples, actual = np.array([1.0, 4.0, 6.0]), 3.0
    apart = np.abs(samples[:, None] - samples).sum() / (2 * 3 * 2)
    assert scores.crps(samples[:, None], np.array([actual]))[0] == pytest.approx(
        np.abs(samples - actual).mean() - apart
    )


@pytest.mark.parametrize("mean", [20.0, 900.0])
def test_log_score_comes_near_the_probability_of_the_truth(mean):
    law = stats.nbinom(10, 10 / (10 + mean))
    samples = law.rvs(SAMPLES, random_state=2)[:, None]
    actual = int(law.ppf(0.4))
    assert scores.log_score(samples, np.array([actual]))[0] == pytest.approx(
        -law.logpmf(actual), abs=0.15
    )


def test_log_score_has_a_floor_and_survives_a_point_mass():
    samples = np.full((100, 2), 10)
    score = scores.log_score(samples, np.array([10, 10_000]))
    assert score[1] == pytest.approx(-np.log(scores.LEAST_CHANCE))
    assert 0.0 < score[0] < 1.0


def test_interval_score_charges_length_and_misses():
    samples = np.arange(0.0, 101.0)[:, None].repeat(3, axis=1)
    score = scores.interval_score(samples, np.array([50.0, 5.0, 95.0]), 80)
    assert score == pytest.approx([80.0, 80.0 + 10.0 * 5.0, 80.0 + 10.0 * 5.0])


@pytest.mark.parametrize("level", scores.LEVELS)
def test_coverage_of_samples_from_the_truth_is_the_level(level):
    rng, cells = np.random.default_rng(3), 4000
    mean = rng.uniform(500.0, 1500.0, cells)
    samples, actual = rng.normal(mean, 100.0, (400, cells)), rng.normal(mean, 100.0)
    share = level / 100.0
    bound = stats.norm.isf(ALARM / 2) * np.sqrt(share * (1 - share) / cells)
    # 400 samples put the interval's true content within 0.3 points of its level.
    assert abs(scores.covered(samples, actual, level).mean() - share) < bound + 0.004
    # Power: intervals of samples that are half as wide are found out.
    narrow = mean + (samples - mean) / 2
    assert abs(scores.covered(narrow, actual, level).mean() - share) > bound + 0.004


def test_the_bootstrap_holds_the_true_difference_about_as_often_as_it_says():
    rng, trials, held = np.random.default_rng(4), 400, 0
    for trial in range(trials):
        # Leads of a state err together: all four have the same difference.
        differences = np.repeat(rng.normal(5.0, 10.0, (3, 32, 1)), 4, axis=2)
        mean, low, high = scores.block_bootstrap(differences, trial, 300)
        assert low <= mean <= high
        held += low <= 5.0 <= high
    # Between 90 and 98 of a hundred; cells taken as independent would hold in about 67.
    assert 0.90 < held / trials < 0.985


def test_the_bootstrap_is_the_same_for_a_seed():
    differences = np.random.default_rng(5).normal(size=(2, 32, 4))
    assert scores.block_bootstrap(differences, 1, 100) == scores.block_bootstrap(
        differences, 1, 100
    )
    assert scores.block_bootstrap(differences, 1, 100) != scores.block_bootstrap(
        differences, 2, 100
    )


def test_the_truth_has_the_better_scores():
    rng = np.random.default_rng(6)
    actual, people = rng.poisson(300.0, (32, 40)), np.full((32, 40), 1e6)
    true = scores.score_cells(rng.poisson(300.0, (500, 32, 40)), actual, people)
    for other in (
        rng.poisson(330.0, (500, 32, 40)),
        np.rint(rng.normal(300.0, 40.0, (500, 32, 40))),
    ):
        worse = scores.score_cells(other, actual, people)
        for name in (
            "crps",
            "crps_rate",
            "log_score",
            "interval_score_50",
            "interval_score_80",
            "interval_score_95",
        ):
            assert true[name].mean() < worse[name].mean(), name
    assert true["crps_rate"] == pytest.approx(0.1 * true["crps"])


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scoringrules", None)
    with pytest.raises(TreguaError, match="TR9001") as caught:
        extra("scoringrules")
    assert "tregua[score]" in caught.value.text()


def test_a_state_is_off_by_the_distance_of_its_median():
    actual = np.array([[60], [40]])
    samples = np.repeat(np.array([[[50], [50]]]), 11, axis=0)
    assert np.array_equal(scores.off(samples, actual), [[10.0], [10.0]])
