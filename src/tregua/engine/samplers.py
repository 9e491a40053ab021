r"""Counts from uniforms, without loops: quantile functions of the binomial and the
Poisson distribution.

One uniform gives one count, so that two runs that share uniforms stay as close as their rates are
(common random numbers). Small means walk up the distribution function with a fixed number of terms;
large means use the asymptotic inverse of M. Giles and C. Beentjes (Approximation of an inverse of
the incomplete beta function, 2024) to first order in :math:`1/s`:

.. math::
    x = nq + s w + \frac{2 + 2q + (1 - 2q) w^2}{6} + \frac{w\,(14v - 2 - (1 + 2v) w^2)}{72 s},\quad
    v = q(1 - q),\ s = \sqrt{nv},\ w = \Phi^{-1}(u)

The count is the floor of x. The Poisson case is the limit q to 0.

Limits, all checked in ``tests/test_samplers.py``: the largest error of the distribution function is
4e-4 (worst near a mean of 8); the count never falls when the uniform rises in float64, and by at
most one person for means above 1,000 in float32, by rounding; in float32 an event with a
probability below about 1e-7 a draw never happens, because the uniforms have 23 bits.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

INVERSION_MEAN = 8.0
"""Largest mean handled by walking up the distribution function [persons];
above it the asymptotic inverse is within the stated error.
"""

INVERSION_TERMS = 20
"""Terms of that walk. The chance of more than 20 at a mean of 8 is 1e-4, below the stated error."""

NO_DENORMAL = 1e-30
"""Added to every term of the walk [probability]: far below any uniform, but keeps terms out of the
denormal range, where processors are slow.
"""

QUANTILE_SHAPE = (
    0.002112579,
    -0.005835033,
    -0.004112418,
    0.028058423,
    -0.019481117,
    -0.045483184,
    0.107588876,
    -0.083768831,
    -0.067779266,
    1.813346068,
    2.941302234,
)
"""Normal quantile over 2u - 1, as a polynomial in sqrt(4 - log(4u(1 - u))) - 3, highest power
first: fitted for the smallest relative error.
"""

ROOT_HALF_BITS = 0x3F3504F3
"""The float32 nearest to the root of 1/2, as an integer."""

_SAFE_COUNT = 100.0
_SAFE_SHARE = 0.3
"""Harmless inputs for the branch whose result is thrown away,
so that it neither overflows nor spoils a gradient.
"""


def binomial_quantile(
    u: Float[Array, "*s"], n: Float[Array, "*s"], p: Float[Array, "*s"]
) -> Float[Array, "*s"]:
    """Smallest count whose binomial distribution function exceeds ``u``.

    Args:
        u: uniforms strictly between 0 and 1.
        n: number of persons, whole and not negative.
        p: probability for each, in [0, 1].

    Returns:
        Whole numbers as floating point, from 0 to ``n``.
    """
    folded = p > 0.5
    q = jnp.where(folded, 1.0 - p, p)
    u = jnp.where(folded, 1.0 - u, u)
    large = n * q > INVERSION_MEAN
    few = _walk(u, jnp.where(large, 0.0, q), n)
    many = _asymptotic(u, jnp.where(large, n, _SAFE_COUNT), jnp.where(large, q, _SAFE_SHARE))
    count = jnp.clip(jnp.where(large, many, few), 0.0, n)
    return jnp.where(folded, n - count, count)


def poisson_quantile(u: Float[Array, "*s"], mean: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """Smallest count whose Poisson distribution function exceeds ``u``.

    Args:
        u: uniforms strictly between 0 and 1.
        mean: expected count, not negative.

    Returns:
        Whole numbers as floating point.
    """
    large = mean > INVERSION_MEAN
    small_mean = jnp.where(large, 0.0, mean)
    few = _count_terms(u, jnp.exp(-small_mean), small_mean, 0.0)
    big_mean = jnp.where(large, mean, _SAFE_COUNT)
    w = normal_quantile(u)
    root = lax.rsqrt(big_mean)
    many = big_mean + big_mean * root * w + (2.0 + w * w) / 6.0 - w * (2.0 + w * w) * root / 72.0
    return jnp.where(large, jnp.maximum(jnp.floor(many), 0.0), few)


def normal_quantile(u: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """Inverse of the standard normal distribution function; in float32 to 2e-6 of its value for
    ``u`` from 2**-24 to 1 - 2**-24.
    """
    x = 2.0 * u - 1.0
    if u.dtype == jnp.float64:
        return math.sqrt(2.0) * lax.erf_inv(x)
    t = jnp.sqrt(4.0 - _log(4.0 * u * (1.0 - u))) - 3.0
    shape: Array | float = QUANTILE_SHAPE[0]
    for coefficient in QUANTILE_SHAPE[1:]:
        shape = shape * t + coefficient
    return shape * x


def _walk(u: Array, q: Array, n: Array) -> Array:
    """Binomial count by walking up the distribution function;
    ``n q`` must not exceed :data:`INVERSION_MEAN`.
    """
    odds = q / (1.0 - q)
    return _count_terms(u, jnp.exp(n * _log_rest(q)), (n + 1.0) * odds, odds)


def _log_rest(q: Array) -> Array:
    """Logarithm of 1 - q for q up to 1/2."""
    return _twice_artanh(q / (q - 2.0), 7)


def _log(x: Array) -> Array:
    """Logarithm of a float32 in (0, 1]: of its power of two, and of the rest,
    which lies between the roots of 1/2 and 2.
    """
    bits = lax.bitcast_convert_type(x, jnp.int32)
    power = (bits - ROOT_HALF_BITS) >> 23
    rest = lax.bitcast_convert_type(bits - (power << 23), jnp.float32)
    return math.log(2.0) * power.astype(jnp.float32) + _twice_artanh((rest - 1.0) / (rest + 1.0), 4)


def _twice_artanh(x: Array, terms: int) -> Array:
    """log((1 + x) / (1 - x)) as a series, which compiles to wide vectors where library logarithms
    do not; to 1e-7 of its value for the arguments above.
    """
    square = x * x
    series: Array | float = 1.0 / (2 * terms - 1)
    for k in reversed(range(1, terms)):
        series = series * square + 1.0 / (2 * k - 1)
    return 2.0 * x * series


def _count_terms(u: Array, first: Array, rise: Array, drop: Array | float) -> Array:
    """Number of partial sums of the probabilities that ``u`` exceeds:
    ``first`` is P(0), and P(k) / P(k - 1) = rise / k - drop.
    """
    term, reached = first, first
    count = jnp.zeros_like(u)
    for k in range(1, INVERSION_TERMS + 1):
        count = jnp.where(u > reached, float(k), count)
        # Times a constant, since a division a term would double the cost of a draw.
        term = term * (rise * (1.0 / k) - drop) + NO_DENORMAL
        reached = reached + term
    return count


def _asymptotic(u: Array, n: Array, q: Array) -> Array:
    """Binomial count for a large mean, from the expansion in the module's docstring."""
    w = normal_quantile(u)
    mean, v = n * q, q * (1.0 - q)
    variance = n * v
    root = lax.rsqrt(variance)
    first = mean + variance * root * w
    second = (2.0 + 2.0 * q + (1.0 - 2.0 * q) * w * w) / 6.0
    third = w * (14.0 * v - 2.0 - (1.0 + 2.0 * v) * w * w) * root / 72.0
    return jnp.floor(first + second + third)
