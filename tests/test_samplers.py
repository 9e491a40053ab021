"""Counts from uniforms, against SciPy's distribution functions.

A fine grid of uniforms stands in for a random sample, so that nothing here is up to chance: with
2**20 points the grid itself adds at most 1e-6 to an error of the distribution function.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tregua.engine.samplers import (
    INVERSION_MEAN,
    INVERSION_TERMS,
    binomial_quantile,
    normal_quantile,
    poisson_quantile,
)

POINTS = 2**20
LIMIT = 4e-4
"""Largest error of the distribution function that the module's docstring allows."""

CASES = [
    (n, p)
    for n in (1, 5, 17, 40, 100, 1000, 10**5, 10**7)
    for p in (1e-6, 1e-3, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999)
]
WORST = [(int(8.001 / p) + 1, p) for p in (1e-4, 1e-3, 0.01, 0.1, 0.3, 0.49)]
"""Means just above the change of method, where the asymptotic expansion is weakest."""

MEANS = [0.01, 0.5, 1.0, 3.0, 7.0, 7.99, 8.001, 8.1, 9.0, 12.0, 20.0, 100.0, 1e3, 1e5, 1e7]
BOTH = pytest.mark.parametrize("dtype", [jnp.float64, jnp.float32], ids=["float64", "float32"])

# One chance for a whole array of uniforms, and one for one.
binomial, poisson = (
    jax.jit(jax.vmap(binomial_quantile, in_axes=(0, None, None))),
    jax.jit(jax.vmap(poisson_quantile, in_axes=(0, None))),
)
one_binomial, one_poisson = jax.jit(binomial_quantile), jax.jit(poisson_quantile)


def grid(dtype, points: int = POINTS):
    return jnp.asarray((np.arange(points) + 0.5) / points, dtype)


def cdf_error(counts: np.ndarray, cdf) -> float:
    """Largest difference between the distribution function of counts and the true one,
    on either side of every jump.
    """
    ordered = np.sort(counts, kind="stable")
    last = np.flatnonzero(np.diff(ordered, append=np.inf))
    reached, values = (last + 1) / len(ordered), ordered[last]
    return max(
        np.abs(reached - cdf(values)).max(),
        np.abs(np.r_[0.0, reached[:-1]] - cdf(values - 1)).max(),
    )


@BOTH
def test_binomial_counts_follow_scipy_within_the_documented_error(dtype):
    u = grid(dtype)
    errors = {}
    for n, p in CASES + WORST:
        exact = float(dtype(p))
        errors[n, p] = cdf_error(
            np.asarray(binomial(u, dtype(n), dtype(p)), float),
            lambda k, n=n, q=exact: stats.binom.cdf(k, n, q),
        )
    worst = max(errors, key=errors.get)
    assert errors[worst] <= LIMIT, (worst, errors[worst])


@BOTH
def test_poisson_counts_follow_scipy_within_the_documented_error(dtype):
    u = grid(dtype)
    errors = {
        m: cdf_error(np.asarray(poisson(u, dtype(m)), float), stats.poisson(float(dtype(m))).cdf)
        for m in MEANS
    }
    worst = max(errors, key=errors.get)
    assert errors[worst] <= LIMIT, (worst, errors[worst])
    assert worst == 8.001, "the docstring says that the error is worst near a mean of 8"


def test_the_error_check_would_see_a_shift_of_one_thousandth():
    # The check of the checks: counts drawn at a mean 0.1 % off at 1,000 persons move the
    # distribution function by about 0.013.
    counts = np.asarray(poisson(grid(jnp.float64), jnp.float64(1001.0)))
    assert cdf_error(counts, lambda k: stats.poisson.cdf(k, 1000.0)) > 10 * LIMIT


def test_small_means_are_exact_because_they_walk_the_distribution_function():
    # Float64, means of 3: only the 21st term and beyond are cut off, P(X > 20) = 1e-11.
    u = grid(jnp.float64)
    assert np.array_equal(
        np.asarray(poisson(u, jnp.float64(3.0))), stats.poisson.ppf(np.asarray(u), 3.0)
    )
    assert np.array_equal(
        np.asarray(binomial(u, jnp.float64(12.0), jnp.float64(0.25))),
        stats.binom.ppf(np.asarray(u), 12, 0.25),
    )


def test_the_cut_of_the_walk_is_below_the_stated_error():
    assert stats.poisson.sf(INVERSION_TERMS, INVERSION_MEAN) < 1e-4


@BOTH
def test_nobody_no_chance_and_certainty_are_exact_under_vmap(dtype):
    u = grid(dtype, 64)
    n, p = np.meshgrid([0.0, 1.0, 7.0, 1e3, 1e6], [0.0, 1e-9, 0.5, 1.0])
    over_chances = jax.vmap(binomial_quantile, in_axes=(None, 0, 0))
    many = jax.jit(jax.vmap(over_chances, in_axes=(0, None, None)))
    counts = np.asarray(
        many(u, jnp.asarray(n.ravel(), dtype), jnp.asarray(p.ravel(), dtype))
    ).reshape(64, *n.shape)
    assert np.all(np.isfinite(counts))
    assert np.all(counts[:, n == 0.0] == 0.0)
    assert np.all(counts[:, p == 0.0] == 0.0)
    assert np.all(counts[:, p == 1.0] == n[p == 1.0])
    assert np.all(np.asarray(jax.jit(jax.vmap(poisson_quantile))(u, jnp.zeros(64, dtype))) == 0.0)


@BOTH
def test_gradients_through_the_unused_branch_are_finite(dtype):
    slope = jax.jit(jax.grad(binomial_quantile, argnums=2))
    for n, p in ((0.0, 0.0), (0.0, 1.0), (1e6, 0.3), (5.0, 0.0)):
        assert np.isfinite(slope(dtype(0.3), dtype(n), dtype(p)))
    assert np.isfinite(jax.jit(jax.grad(poisson_quantile, argnums=1))(dtype(0.3), dtype(0.0)))


BITS = st.integers(0, 2**23 - 1)
CHANCE = st.one_of(
    st.floats(0.0, 1.0, width=32), st.sampled_from([0.0, 0.5, 1.0, 2.0**-24, 1.0 - 2.0**-24])
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(bits=BITS, n=st.integers(0, 2**24), p=CHANCE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_counts_are_whole_and_never_leave_their_bounds(dtype, bits, n, p):
    count = float(one_binomial(*(jnp.asarray(x, dtype) for x in ((bits + 0.5) * 2.0**-23, n, p))))
    assert 0.0 <= count <= n and count == np.floor(count)
    arrivals = float(
        one_poisson(*(jnp.asarray(x, dtype) for x in ((bits + 0.5) * 2.0**-23, n * p)))
    )
    assert arrivals >= 0.0 and arrivals == np.floor(arrivals)


@BOTH
def test_counts_rise_with_the_uniform_or_fall_by_at_most_one_by_rounding_in_single_precision(dtype):
    tails = np.r_[2.0 ** -np.arange(23.0, 1.0, -0.5), 1.0 - 2.0 ** -np.arange(1.5, 23.5, 0.5)]
    u = jnp.asarray(np.sort(np.r_[(np.arange(2**18) + 0.5) / 2**18, tails]), dtype)
    for n, p in CASES + WORST:
        counts = np.asarray(binomial(u, dtype(n), dtype(p)))
        assert counts.min() >= 0.0 and counts.max() <= n, (
            "the expansion leaves its bounds at the rarest uniforms"
        )
        fall = np.diff(counts).min()
        assert fall >= (0.0 if dtype == jnp.float64 or n * min(p, 1.0 - p) <= 1000.0 else -1.0), (
            n,
            p,
            fall,
        )
    for mean in MEANS:
        counts = np.asarray(poisson(u, dtype(mean)))
        assert counts.min() >= 0.0
        fall = np.diff(counts).min()
        assert fall >= (0.0 if dtype == jnp.float64 or mean <= 1000.0 else -1.0), (mean, fall)


def test_those_who_leave_and_those_who_stay_are_mirror_images():
    # P(X = k) with chance p is P(n - X = k) with chance 1 - p:
    # exact, since one is computed from the other. 0.5 folds onto itself and is left out.
    u = grid(jnp.float64, 2**12)
    for n in (1.0, 9.0, 100.0, 1e6):
        for p in (2.0**-10, 0.125, 0.375):
            leave = np.asarray(binomial(u, jnp.float64(n), jnp.float64(p)))
            stay = np.asarray(binomial(1.0 - u, jnp.float64(n), jnp.float64(1.0 - p)))
            assert np.array_equal(leave + stay, np.full_like(leave, n))


def test_coupled_counts_move_by_at_most_one_person_the_wrong_way_where_the_method_changes():
    # Common random numbers need counts that rise with the rate. Both methods do by themselves; at a
    # mean of 8 they meet, and differ by one person for the share of uniforms that their errors of
    # the distribution function amount to.
    u = grid(jnp.float64, 2**16)
    below, above = (np.asarray(poisson(u, jnp.float64(m))) for m in (8.0, 8.0 + 1e-9))
    assert (above - below).min() >= -1.0
    assert np.mean(above < below) < 2e-3
    # The walk ends at 20 persons, which one uniform in 10,000 would exceed.
    assert np.abs(above - below)[np.asarray(u) < 0.9999].max() <= 1.0
    for low, high in ((2.0, 2.1), (20.0, 20.5), (1e4, 1.01e4)):
        assert np.all(
            np.asarray(poisson(u, jnp.float64(high))) >= np.asarray(poisson(u, jnp.float64(low)))
        )


def test_in_single_precision_the_rarest_events_never_happen_as_documented():
    # The largest float32 uniform is 1 - 2**-24; an event must reach down to it
    # from above to happen.
    top = jnp.float32(1.0 - 2.0**-24)
    assert float(one_poisson(top, jnp.float32(3e-8))) == 0.0
    assert float(one_poisson(top, jnp.float32(2e-7))) == 1.0
    assert float(one_binomial(top, jnp.float32(1.0), jnp.float32(3e-8))) == 0.0
    assert float(one_binomial(top, jnp.float32(1.0), jnp.float32(2e-7))) == 1.0
    assert float(one_poisson(jnp.float64(1.0 - 2.0**-53), jnp.float64(3e-15))) == 1.0


def test_the_normal_quantile_is_scipys():
    u = np.r_[1e-9, np.linspace(0.001, 0.999, 999), 1 - 1e-9]
    assert np.allclose(normal_quantile(jnp.asarray(u)), stats.norm.ppf(u), rtol=1e-8, atol=1e-12)
