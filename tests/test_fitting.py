"""Unknowns, streams and densities of a fit: coordinates say what priors say, streams score what
they sample, and slopes are those of the function.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from nation import seven_mechanisms
from tregua.countries.registry import first_pack
from tregua.engine.run import simulate
from tregua.inference.density import Posterior
from tregua.inference.mean_field import MeanField
from tregua.inference.observations import (
    FIGHTS,
    RECORDED,
    Homicides,
    Total,
)
from tregua.inference.optimum import find_best
from tregua.inference.streams import fights_on_record, streams_on_record
from tregua.inference.unknowns import SCATTER, Unknowns
from tregua.model.declarations import Beta, LogNormal, Uniform

UCDP = fights_on_record(first_pack(), "ucdp", 2007, 2020)
SCATTERED = {name: prior.median for name, prior in (SCATTER | UCDP.priors).items()}


@pytest.fixture(scope="module")
def scenario():
    """Two years of the nation with the seven mechanisms of the size model,
    civilians and reporting.
    """
    return seven_mechanisms(105)


@pytest.fixture(scope="module")
def unknowns(scenario):
    return Unknowns.of(scenario, streams=streams_on_record(first_pack(), 2007, 2008))


@pytest.fixture(scope="module")
def posterior(scenario, unknowns):
    return Posterior(unknowns, MeanField(scenario), streams_on_record(first_pack(), 2007, 2008))


def entry(unknowns, name):
    return next(e for e in unknowns.entries if e.name == name)


def test_every_coordinate_has_a_label_of_its_own(unknowns):
    assert (
        len(set(unknowns.labels))
        == len(unknowns.labels)
        == unknowns.size
        == len(unknowns.draw(np.random.default_rng(1)))
    )


def test_parameters_that_are_zero_are_switches_and_stay(unknowns, scenario):
    assert "recruitment.forced_share" in unknowns.switched_off
    values = unknowns.values(jnp.asarray(unknowns.draw(np.random.default_rng(2))))
    assert all(not np.any(values[name]) for name in unknowns.switched_off)
    assert set(values) == set(scenario.model.parameters)


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.95])
def test_log_normal_and_uniform_coordinates_are_quantiles_of_the_prior(
    scenario, unknowns, quantile
):
    said = scenario.data.values
    for e in unknowns.entries:
        prior = scenario.model.parameters[e.name].prior
        if e.name in said or isinstance(prior, Beta):
            continue
        expected = prior.distribution().ppf(quantile)
        values = np.asarray(e.value(jnp.full(e.size, stats.norm.ppf(quantile))))
        np.testing.assert_allclose(values, expected, rtol=1e-6, err_msg=e.name)


def test_a_value_of_the_data_set_is_the_median(scenario, unknowns):
    for name, value in scenario.data.values.items():
        if name not in scenario.model.parameters or not np.any(value):
            continue
        if isinstance(scenario.model.parameters[name].prior, LogNormal):
            e = entry(unknowns, name)
            np.testing.assert_allclose(
                np.broadcast_to(value, e.shape), e.value(jnp.zeros(e.size)), rtol=1e-6
            )


def test_the_density_of_a_share_is_that_of_its_beta_prior(scenario, unknowns):
    """Integrated on a fine grid of coordinates, the density on the logit must give the beta
    distribution: it would catch a missing Jacobian at once.
    """
    e = entry(unknowns, "arrests.shielding")
    assert isinstance(scenario.model.parameters[e.name].prior, Beta)
    grid = np.linspace(-8.0, 8.0, 4001)
    logs = np.array([float(x) for x in jax.vmap(lambda z: e.log_prior(z[None]))(jnp.asarray(grid))])
    weights = np.exp(logs - logs.max())
    reached = np.cumsum(weights) / weights.sum()
    shares = np.asarray(jax.vmap(lambda z: e.value(z[None]))(jnp.asarray(grid)))[:, 0]
    expected = scenario.model.parameters[e.name].prior.distribution().cdf(shares)
    assert np.abs(reached - expected).max() < 2e-3


def test_draws_follow_the_prior(scenario, unknowns):
    """Kolmogorov and Smirnov with 2,000 draws of each kind: at p = 1e-4 it catches a distribution
    function that is off by 0.05 nearly always.
    """
    rng = np.random.default_rng(3)
    points = np.stack([unknowns.draw(rng) for _ in range(2000)])
    for name in ("arrests.shielding", "civilians.crossfire", "conflict.own_exponent"):
        e, prior = entry(unknowns, name), scenario.model.parameters[name].prior
        assert type(prior) in (Beta, LogNormal, Uniform)
        # All places have the same: the first stands for them.
        values = np.asarray(jax.vmap(e.value)(jnp.asarray(points[:, e.start : e.start + e.size])))[
            :, 0
        ]
        assert stats.kstest(values, prior.distribution().cdf).pvalue > 1e-4, name


def series_of(expected):
    """Series of a stream from what is expected in each state and year."""
    return {
        RECORDED: jnp.asarray(expected).T,
        **{name: jnp.asarray(expected).T / 2.0 for name in FIGHTS},
    }


@pytest.fixture
def small():
    """Three states and four years of made-up counts."""
    counts = np.array(
        [[120.0, 150.0, 180.0, 160.0], [30.0, 25.0, 40.0, 38.0], [900.0, 1100.0, 1500.0, 1700.0]]
    )
    return Homicides((2007, 2008, 2009, 2010), counts, np.full(counts.shape, 0.04))


def by_hand(stream, expected):
    """Mean and covariance of the logs of the counts, cell by cell."""
    states, years = stream.counts.shape
    covariance = np.zeros((states * years, states * years))
    for i in range(states * years):
        for j in range(states * years):
            (s, t), (r, u) = divmod(i, years), divmod(j, years)
            steps = min(t, u) + 1
            covariance[i, j] = steps * (
                SCATTERED["step of the nation"] ** 2 + (s == r) * SCATTERED["step of a state"] ** 2
            )
            if i == j:
                covariance[i, j] += (
                    1.0 / (expected[s, t] + 0.5) + 1.0 / SCATTERED["dispersion"] + 0.04**2
                )
    return np.log(expected + 0.5).ravel(), covariance


def test_the_density_of_homicides_is_that_of_a_normal_distribution_by_hand(small):
    expected = small.counts * np.array([[1.1], [0.8], [0.9]])
    mean, covariance = by_hand(small, expected)
    logs = np.log(small.counts + 0.5).ravel()
    constant = -0.5 * logs.size * np.log(2.0 * np.pi)
    density = float(small.log_density(series_of(expected), SCATTERED)) + constant
    assert density == pytest.approx(
        stats.multivariate_normal(mean, covariance).logpdf(logs), rel=1e-9
    )


def test_discrepancies_are_the_conditional_normal_distribution(small):
    expected = small.counts * 0.7
    mean, covariance = by_hand(small, expected)
    noise = np.diag(1.0 / (expected.ravel() + 0.5) + 1.0 / SCATTERED["dispersion"] + 0.04**2)
    walk = covariance - noise
    gain = walk @ np.linalg.inv(covariance)
    residual = np.log(small.counts + 0.5).ravel() - mean
    found_mean, found_covariance = small.discrepancies(series_of(expected), SCATTERED)
    np.testing.assert_allclose(
        np.asarray(found_mean).ravel(), gain @ residual, rtol=1e-7, atol=1e-10
    )
    np.testing.assert_allclose(found_covariance, walk - gain @ walk, rtol=1e-6, atol=1e-10)


def test_what_homicides_sample_they_score(small):
    """Logs of 4,000 sampled records against the covariance that the density uses,
    at 50 to 1,000 expected deaths.

    The standard error of a variance is 2.2 % of it, of the mean 0.5 to 0.8 % of deaths. Bounds of
    five standard errors and of the approximation (the log of a negative binomial is skewed: half a
    variance of the noise, about 1 %) catch a walk that starts one step late, a missing national
    part or a variance off by 15 %.
    """
    expected = np.array([[150.0] * 4, [50.0] * 4, [1000.0] * 4])
    rng = np.random.default_rng(7)
    samples = np.stack([small.sample(rng, series_of(expected), SCATTERED) for _ in range(4000)])
    logs = np.log(samples + 0.5).reshape(len(samples), -1)
    mean, covariance = by_hand(small, expected)
    error = np.sqrt(np.diag(covariance) / len(logs))
    assert np.all(np.abs(logs.mean(axis=0) - mean) < 5.0 * error + 0.02)
    sampled = np.cov(logs.T)
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert (
        np.abs(sampled - covariance).max() < (5.0 * np.sqrt(2.0 / len(logs)) + 0.03) * scale.max()
    )
    assert np.all(np.abs(np.diag(sampled) / np.diag(covariance) - 1.0) < error + 0.04)


@pytest.mark.parametrize(("expected", "bound"), [(40.0, 0.02), (400.0, 0.005)])
def test_the_approximation_of_counts_by_a_normal_log_loses_little(small, expected, bound):
    """One state and one year: the negative binomial with a normal discrepancy, summed over a fine
    grid, against the normal density of the log.

    The mean difference of the log densities under the exact one (what a count tells too much or too
    little) is below 0.02 at 40 expected deaths, fewer than nearly all states have, and below 0.005
    at 400. A density without the 1/k, or with the wrong power of the mean, loses ten times that.
    """
    one = Homicides((2007,), np.array([[0.0]]), np.zeros((1, 1)))
    deviation, k = (
        np.hypot(SCATTERED["step of a state"], SCATTERED["step of the nation"]),
        SCATTERED["dispersion"],
    )
    steps, weights = np.polynomial.hermite_e.hermegauss(80)
    means = expected * np.exp(deviation * steps)
    counts = np.arange(1, int(8 * expected))
    exact = stats.nbinom(k, k / (k + means)).pmf(counts[:, None]) @ (weights / weights.sum())
    # The density is a square of the log: three counts give all others.
    three = np.array([0.5, 1.0, 2.0]) * expected
    scored = [
        float(
            replace(one, counts=np.array([[count]])).log_density(
                series_of(np.array([[expected]])), SCATTERED
            )
        )
        for count in three
    ]
    logs = (
        np.polyval(np.polyfit(np.log(three + 0.5), scored, 2), np.log(counts + 0.5))
        - 0.5 * np.log(2.0 * np.pi)
        - np.log(counts + 0.5)
    )
    assert exact.sum() == pytest.approx(1.0, abs=1e-6)
    assert 0.0 <= np.sum(exact * (np.log(exact) - logs)) < bound


def test_deaths_of_named_groups_score_best_where_they_are_expected():
    """The expected density under its own samples falls when what is expected is moved by half:
    by about 0.1 for each state and period, here 96 of them.
    """
    years = tuple(range(2007, 2021))
    stream = UCDP
    assert set(stream.counts) == {
        "ucdp share 2007-2012",
        "ucdp share 2013-2016",
        "ucdp share 2017-2020",
    }
    series = series_of(np.full((32, len(years)), 300.0))
    rng = np.random.default_rng(5)
    drawn = [stream.seen(stream.sample(rng, series, SCATTERED)) for _ in range(40)]
    means = [
        np.mean(
            [
                float(s.log_density(series_of(np.full((32, len(years)), x)), SCATTERED))
                for s in drawn
            ]
        )
        for x in (200.0, 300.0, 450.0)
    ]
    assert means[1] > means[0] + 3.0
    assert means[1] > means[2] + 3.0


def test_a_national_total_is_one_log_normal_number():
    total = Total("killed", FIGHTS, 2008, 2009, 500.0, 0.4, (2007, 2008, 2009))
    series = series_of(np.full((2, 3), 100.0))
    assert float(total.expected(series)) == pytest.approx(400.0)
    assert float(total.log_density(series, SCATTERED)) == pytest.approx(
        -0.5 * (np.log(500.5 / 400.5) / 0.4) ** 2
    )
    logs = np.log(
        [total.sample(np.random.default_rng(i), series, SCATTERED) + 0.5 for i in range(2000)]
    )
    # Standard error 0.009 of the mean and 0.006 of the deviation.
    assert logs.mean() == pytest.approx(np.log(400.5), abs=0.045)
    assert logs.std() == pytest.approx(0.4, abs=0.03)


def test_streams_on_record_end_where_they_are_told_to():
    streams = streams_on_record(first_pack(), 2007, 2011)
    assert streams[0].years == (2007, 2008, 2009, 2010, 2011)
    assert [(s.name, s.count) for s in streams if isinstance(s, Total)] == [
        ("police killed (PPD-CIDE)", 1072.0)
    ]
    assert set(streams[1].counts) == {"ucdp share 2007-2012"}
    assert int(streams[0].counts[:, 0].sum()) == 8863
    assert [
        s.count for s in streams_on_record(first_pack(), 2007, 2020) if isinstance(s, Total)
    ] == [
        1072.0,
        198.0,
        3828.0,
        801.0,
    ]


def test_a_year_is_made_of_its_days(scenario):
    path = MeanField(scenario)
    assert path.years == (2007, 2008)
    np.testing.assert_allclose(path.weights().sum(axis=0) * 7.0, [365.0, 366.0], atol=1e-9)


def test_series_are_those_of_a_run(scenario, unknowns):
    """The same numbers as the public run of the mean field at the same values,
    to the last digits of double precision.
    """
    values = {n: np.asarray(x) for n, x in unknowns.base.items()}
    series = jax.jit(MeanField(scenario).run)({n: jnp.asarray(x) for n, x in values.items()})
    run = simulate(scenario, "mean-field")
    for name in (RECORDED, *FIGHTS):
        np.testing.assert_allclose(series[name].sum(axis=1), run.total(name)[0], rtol=1e-9)


@pytest.mark.nightly
def test_slopes_of_the_loss_are_those_of_the_function(posterior):
    """Central differences along three random directions, at a point well away from the middle;
    a derivative that explodes or is cut off shows at once.
    """
    rng = np.random.default_rng(11)
    point = 0.7 * rng.standard_normal(posterior.unknowns.size)
    value, slope = jax.device_get(posterior.loss_and_slope(point))
    assert np.isfinite(value)
    for _ in range(3):
        direction = rng.standard_normal(len(point)) / np.sqrt(len(point))
        ahead, behind = (
            float(posterior.loss_and_slope(point + h * direction)[0]) for h in (1e-5, -1e-5)
        )
        assert direction @ slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-4)


@pytest.mark.nightly
def test_the_search_ends_where_nothing_near_is_better(posterior):
    best = find_best(posterior)
    assert best.converged, best
    rng = np.random.default_rng(4)
    held = np.array([label.startswith("spread of") for label in posterior.unknowns.labels])
    for _ in range(10):
        nearby = best.point + 0.02 * np.where(held, 0.0, rng.standard_normal(len(best.point)))
        assert -float(posterior.loss_and_slope(nearby)[0]) < best.log_density + 1e-3
