"""Streams against what they stand for: counts with a walk over several years by brute force,
and fights by hand.
"""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from tregua.inference.observations import FIGHTS, RECORDED, Fights, Homicides, Share
from tregua.inference.unknowns import SCATTER
from tregua.model.declarations import LogNormal

YEARS = (2007, 2008, 2009)
SPREAD = 0.8
SHARES = {
    "early": Share(2007, 2012, LogNormal(0.4, 0.7)),
    "late": Share(2013, 2016, LogNormal(0.4, 0.7)),
}
PRIORS = SCATTER | {name: share.prior for name, share in SHARES.items()}
SCATTERED = {name: prior.median for name, prior in PRIORS.items()}
NODES = 24
"""Of the quadrature along each step: 0.64 of a step's deviation apart in the middle, where the
chance of a count is at least half of one wide.
"""

STEP = float(np.hypot(SCATTERED["step of a state"], SCATTERED["step of the nation"]))
"""Standard deviation of a yearly step of one state, its own and the nation's."""


def exact(counts, expected):
    """Log probability of the counts of three years: negative binomial around a random walk,
    integrated over its three steps by Gauss and Hermite.
    """
    places, weights = np.polynomial.hermite_e.hermegauss(NODES)
    steps = np.array(list(itertools.product(places, repeat=3)))
    chances = np.array(list(itertools.product(weights / weights.sum(), repeat=3))).prod(axis=1)
    k, means = SCATTERED["dispersion"], expected * np.exp(STEP * np.cumsum(steps, axis=1))
    # The counts and the means meet in one product only.
    logs = (
        counts @ np.log(means / (k + means)).T
        + k * np.log(k / (k + means)).sum(axis=1)
        + np.log(chances)
    )
    return special.logsumexp(logs, axis=1) + (
        special.gammaln(k + counts) - special.gammaln(k) - special.gammaln(counts + 1.0)
    ).sum(axis=1)


def scored(counts, expected, stream=Homicides):
    """Log density of the same counts by the stream, as a probability of counts."""
    one = {RECORDED: jnp.asarray(expected)[:, None]}
    empty = np.zeros((1, 3))

    def score(row):
        return stream(YEARS, row[None], empty).log_density(one, SCATTERED)

    scores = np.asarray(jax.jit(jax.vmap(score))(jnp.asarray(counts, float)))
    return scores - 1.5 * np.log(2.0 * np.pi) - np.log(counts + 0.5).sum(axis=1)


class Independent(Homicides):
    """The same variance in every year, and no walk between years."""

    def walk(self, scatter):
        return jnp.diag(jnp.diag(super().walk(scatter)))


@pytest.mark.parametrize(("expected", "bound"), [(40.0, 0.06), (400.0, 0.015)])
def test_three_years_of_counts_with_a_walk_lose_little_in_the_normal_approximation(expected, bound):
    """Mean loss of log probability over 600 sampled records of one state, in nats, held to three
    times the bounds of a single count (0.02 and 0.005).

    Measured: 0.027 at 40 deaths a year and 0.004 at 400, with standard errors of 0.009 and 0.002.
    Years taken as independent with the same variances, which no test of single counts would notice,
    lose 0.40 and 0.59.
    """
    means = expected * np.array([1.0, 1.2, 0.9])
    stream, rng = Homicides(YEARS, np.ones((1, 3)), np.zeros((1, 3))), np.random.default_rng(5)
    counts = np.concatenate(
        [stream.sample(rng, {RECORDED: jnp.asarray(means)[:, None]}, SCATTERED) for _ in range(600)]
    )
    truth = exact(counts, means)
    loss = truth - scored(counts, means)
    error = loss.std() / np.sqrt(len(loss))
    assert error < 0.01
    assert -4.5 * error < loss.mean() < bound + 3.0 * error, (loss.mean(), error)
    assert (truth - scored(counts, means, Independent)).mean() > 0.3


def test_the_quadrature_is_right():
    """Five records against the mean of SciPy's probabilities over 100,000 walks:
    standard errors of 1 to 2 %.
    """
    rng, expected, k = (
        np.random.default_rng(6),
        np.array([40.0, 48.0, 36.0]),
        SCATTERED["dispersion"],
    )
    means = expected * np.exp(np.cumsum(STEP * rng.standard_normal((100000, 3)), axis=1))
    counts = np.array([[40, 48, 36], [55, 70, 60], [30, 40, 20], [40, 30, 36], [25, 30, 25]])
    for row, density in zip(counts, exact(counts, expected), strict=True):
        chances = stats.nbinom(k, k / (k + means)).pmf(row).prod(axis=1)
        error = chances.std() / np.sqrt(len(chances)) / chances.mean()
        assert error < 0.03
        assert density == pytest.approx(np.log(chances.mean()), abs=4.5 * error)


def test_fights_are_log_normal_by_hand():
    years = (2011, 2012, 2013, 2014)
    counts = {
        "early": np.array([0.0, 40.0]),
        "late": np.array([12.0, 90.0]),
    }
    killed = np.array([[10.0, 60.0], [20.0, 80.0], [30.0, 100.0], [40.0, 120.0]])
    series = {FIGHTS[0]: jnp.asarray(killed), FIGHTS[1]: jnp.asarray(0.1 * killed)}
    scatter = {**SCATTERED, "early": 0.3, "late": 0.5}
    total = 0.0
    for period, share, rows in (
        ("early", 0.3, slice(0, 2)),
        ("late", 0.5, slice(2, 4)),
    ):
        mean = share * 1.1 * killed[rows].sum(axis=0)
        deviation = np.sqrt(SPREAD**2 + 1.0 / (mean + 0.5))
        total += (
            stats.norm(np.log(mean + 0.5), deviation).logpdf(np.log(counts[period] + 0.5)).sum()
        )
    density = float(
        Fights(years, counts, SHARES, SPREAD).log_density(series, scatter)
    ) - 0.5 * 4 * np.log(2.0 * np.pi)
    assert density == pytest.approx(total, rel=1e-9)


def test_fights_sample_what_they_score():
    """4,000 samples at 200 expected deaths: mean and deviation of the logs,
    with standard errors of 0.016 and 0.011.
    """
    # As many territories as samples, since the fights of each are drawn by themselves.
    stream = Fights((2010,), {"early": np.zeros(4000)}, SHARES, SPREAD)
    series = {FIGHTS[0]: jnp.full((1, 4000), 400.0), FIGHTS[1]: jnp.full((1, 4000), 100.0)}
    drawn = stream.sample(np.random.default_rng(9), series, SCATTERED)["early"]
    logs = np.log(drawn + 0.5)
    assert logs.mean() == pytest.approx(np.log(200.5), abs=0.075)
    assert logs.std() == pytest.approx(np.sqrt(SPREAD**2 + 1.0 / 200.5), abs=0.05)
