r"""Dispersion of the homicides around the model, given how far record and prediction are apart:
steps of the discrepancy and dispersion move no prediction, and are drawn from

.. math:: p(s \mid r) \propto p(s)\, N(r;\ 0,\ \Sigma(s))

with r the residuals of all states and years on the log and :math:`\Sigma` the covariance of
:class:`tregua.inference.observations.Homicides`. Draws come from a normal distribution around the
middle of all points, wider than the curvature there, and are chosen with the ratio of the two
densities.

Source of the method: importance resampling; A. Gelman et al., Bayesian Data Analysis (2013),
section 10.4.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .observations import RECORDED, Homicides, normal
from .unknowns import SCATTER, scatter_at

DISCREPANT = ("step of a state", "step of the nation", "dispersion")
"""Unknowns of the observations that move no prediction."""

PRIORS = {name: SCATTER[name] for name in DISCREPANT}
"""Their priors."""

DRAWS = 600
"""Draws among which is chosen: some hundred lie where any one point has its probability."""

WIDER = 3.0
"""Variance of the draws over that of the curvature:
points have their middles apart from each other.
"""

Progress = Callable[[int, int], None]
Cost = Callable[[Array], Array]
"""Something to be made small, of coordinates of the scatter."""


def log_density(
    stream: Homicides,
    residuals: Float[Array, "point cell"],
    expected: Float[Array, "year territory"],
    z: Float[Array, "3"],
) -> Float[Array, "point"]:
    """Log density of coordinates given the residuals of each point, up to a constant.

    The variance of a count is taken at one expectation for all points; it is the smallest part of
    the noise where many are killed.
    """
    return normal(
        residuals.T, stream.covariance({RECORDED: expected}, scatter_at(z, PRIORS))
    ) - 0.5 * jnp.sum(z**2)


def _cost(
    stream: Homicides,
    residuals: Float[np.ndarray, "point cell"],
    expected: Float[np.ndarray, "year territory"],
) -> Cost:
    """Minus the mean of the log densities of all points, as a function of the coordinates;
    to be made and used with 64 bits.
    """
    rows, means = jnp.asarray(residuals, jnp.float64), jnp.asarray(expected, jnp.float64)

    def cost(z: Float[Array, "3"]) -> Float[Array, ""]:
        return -log_density(stream, rows, means, z).mean()

    return cost


def typical(
    stream: Homicides,
    residuals: Float[np.ndarray, "point cell"],
    expected: Float[np.ndarray, "year territory"],
) -> Float[np.ndarray, "3"]:
    """Where the mean of the log densities of all points is highest."""
    from scipy.optimize import minimize

    with jax.enable_x64(True):
        slope = jax.jit(jax.value_and_grad(_cost(stream, residuals, expected)))
        return minimize(
            lambda z: tuple(np.asarray(x) for x in slope(z)),
            np.zeros(len(DISCREPANT)),
            method="BFGS",
            jac=True,
        ).x


def spread(
    stream: Homicides,
    residuals: Float[np.ndarray, "point cell"],
    expected: Float[np.ndarray, "year territory"],
    middle: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "3 3"]:
    """Inverse of the curvature of the mean log density at its middle;
    where it is flatter than the prior, the variance of the prior.

    It is taken from the density itself: what a quasi-Newton search has learnt of it on its way can
    be too small by a factor of five and more.
    """
    with jax.enable_x64(True):
        heights, axes = np.linalg.eigh(
            np.asarray(jax.jit(jax.hessian(_cost(stream, residuals, expected)))(middle))
        )
    return axes / np.maximum(heights, 1.0) @ axes.T


def draw(
    stream: Homicides,
    residuals: Float[np.ndarray, "point cell"],
    expected: Float[np.ndarray, "year territory"],
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> Float[np.ndarray, "point 3"]:
    """Coordinates of the scatter for each point, drawn given its residuals."""
    from scipy.special import logsumexp

    middle = typical(stream, residuals, expected)
    covariance = spread(stream, residuals, expected, middle)
    apart = rng.standard_normal((DRAWS, len(middle)))
    z = middle + apart @ np.linalg.cholesky(WIDER * covariance).T
    density = np.empty((DRAWS, len(residuals)))
    with jax.enable_x64(True):
        rows, means = jnp.asarray(residuals, jnp.float64), jnp.asarray(expected, jnp.float64)
        at = jax.jit(lambda one: log_density(stream, rows, means, one))
        for i in range(DRAWS):
            density[i] = at(z[i]) + 0.5 * np.sum(apart[i] ** 2)
            if progress:
                progress(i + 1, DRAWS)
    cumulated = np.cumsum(np.exp(density - logsumexp(density, axis=0)), axis=0)
    return z[np.minimum((cumulated < rng.uniform(size=len(residuals))).sum(axis=0), DRAWS - 1)]
