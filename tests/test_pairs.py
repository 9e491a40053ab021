"""Paired differences: shares, relative changes, and when a sign is sure."""

from __future__ import annotations

import numpy as np
import pytest

from tregua.results.pairs import relative_change, share_of_fewer, sign_is_sure


@pytest.fixture(scope="module")
def differences():
    draw = np.random.default_rng(5)
    values = np.round(draw.normal(np.linspace(-3.0, 3.0, 60), 1.5, (40, 60)))
    values[:, 0] = 0.0
    return values


def test_ties_count_as_half_for_fewer():
    assert share_of_fewer(np.array([-1.0, 0.0, 0.0, 2.0])) == 0.5


def test_one_person_stands_in_where_nobody_is_killed():
    assert relative_change(np.array([0.0, 50.0]), np.array([3.0, 40.0])).tolist() == [3.0, -0.2]


def test_the_interval_test_asks_that_the_band_lies_on_one_side_of_zero(differences):
    low, high = np.quantile(differences, [0.05, 0.95], axis=0)
    by_hand = ~((low <= 0.0) & (high >= 0.0) & (high > low))
    sure = sign_is_sure(differences, tail=0.05)
    assert np.array_equal(sure, by_hand)
    assert sure[0] and 0 < sure.sum() < 60


def test_the_agreement_test_asks_for_enough_pairs_and_enough_draws(differences):
    share = ((differences < 0.0) + 0.5 * (differences == 0.0)).mean(axis=0)
    sure = sign_is_sure(differences, agreement=2.0 / 3.0)
    assert np.array_equal(sure, np.maximum(share, 1.0 - share) >= 2.0 / 3.0)
    assert not sure[0], "where nothing changes no sign is sure"
    few = sign_is_sure(differences, agreement=2.0 / 3.0, errors=2.0, draws=10)
    assert np.array_equal(few, np.abs(share - 0.5) > 1.0 / np.sqrt(10.0))
    assert few.sum() < sure.sum()


def test_both_tests_together_ask_for_both(differences):
    both = sign_is_sure(differences, tail=0.05, agreement=0.9)
    one_by_one = sign_is_sure(differences, tail=0.05) & sign_is_sure(differences, agreement=0.9)
    assert np.array_equal(both, one_by_one)
