r"""What homicides scatter by, given how far record and prediction are apart: steps of the discrepancy and dispersion move no prediction, and are drawn from

.. math:: p(s \mid r) \propto p(s)\, N(r;\ 0,\ \Sigma(s))

with r the residuals of all states and years on the log and :math:`\Sigma` the covariance of :class:`tregua.fitting.streams.Homicides`. Draws come from a normal
distribution around the middle of all points, wider than the curvature there, and are chosen with the ratio of the two densities.

Source of the method: importance resampling; A. Gelman et al., Bayesian Data Analysis (2013), section 10.4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from .streams import RECORDED, Homicides
from .unknowns import LARGEST, SCATTER

DISCREPANT = ("step of a state", "step of the nation", "dispersion")
"""Unknowns of the observations that move no prediction."""

DRAWS = 600
"""Draws among which is chosen: some hundred lie where any one point has its probability."""

WIDER = 3.0
"""Variance of the draws over that of the curvature: points have their middles apart from each other."""

Progress = Callable[[int, int], None]


def values_of(z: Float[np.ndarray, "3"]) -> dict[str, float]:
    """Scatter at coordinates in the order of :data:`DISCREPANT`."""
    return {n: SCATTER[n].median * float(np.exp(SCATTER[n].sigma * x)) for n, x in zip(DISCREPANT, np.clip(z, -LARGEST, LARGEST), strict=True)}


def log_density(
    stream: Homicides, residuals: Float[np.ndarray, "point cell"], expected: Float[np.ndarray, "year territory"], z: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "point"]:
    """Log density of coordinates given the residuals of each point, up to a constant.

    The variance of a count is taken at one expectation for all points; it is the smallest part of the noise where many are killed.
    """
    from scipy.linalg import solve_triangular

    with jax.enable_x64(True):
        covariance = np.asarray(stream.covariance({RECORDED: jnp.asarray(expected, jnp.float64)}, values_of(z)))
    root = np.linalg.cholesky(covariance)
    return -0.5 * np.sum(solve_triangular(root, residuals.T, lower=True) ** 2, axis=0) - np.log(np.diag(root)).sum() - 0.5 * np.sum(np.square(z))


def typical(
    stream: Homicides, residuals: Float[np.ndarray, "point cell"], expected: Float[np.ndarray, "year territory"]
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]:
    """Where the mean of the log densities of all points is highest, and the inverse of its curvature there."""
    from scipy.optimize import minimize

    density = partial(log_density, stream, residuals, expected)
    found = minimize(lambda z: -float(density(z).mean()), np.zeros(len(DISCREPANT)), method="BFGS")
    return found.x, found.hess_inv


def draw(
    stream: Homicides,
    residuals: Float[np.ndarray, "point cell"],
    expected: Float[np.ndarray, "year territory"],
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> Float[np.ndarray, "point 3"]:
    """Coordinates of the scatter for each point, drawn given its residuals."""
    from scipy.special import logsumexp

    middle, covariance = typical(stream, residuals, expected)
    apart = rng.standard_normal((DRAWS, len(middle)))
    z = middle + apart @ np.linalg.cholesky(WIDER * covariance).T
    density = np.empty((DRAWS, len(residuals)))
    for i in range(DRAWS):
        density[i] = log_density(stream, residuals, expected, z[i]) + 0.5 * np.sum(apart[i] ** 2)
        if progress:
            progress(i + 1, DRAWS)
    cumulated = np.cumsum(np.exp(density - logsumexp(density, axis=0)), axis=0)
    return z[np.minimum((cumulated < rng.uniform(size=len(residuals))).sum(axis=0), DRAWS - 1)]
