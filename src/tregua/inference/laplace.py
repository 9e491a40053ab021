r"""Approximation of the posterior near its mode, as Laplace's: the mean field taken as log-linear
in the coordinates, which needs one Jacobian and no further run.

.. math:: \log s(z) \approx \log s(\hat z) + J\,(z - \hat z)

The streams keep their full form, so that counts, walks and shares are not linear. From it comes the
covariance with which chains are scaled. How far it is from the mean field decides how quick they
are, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .density import Posterior

BATCH = 49
"""Columns of the Jacobian that are computed together: enough to use vector units,
few enough for the memory of a laptop.
"""

LEAST = 1e-9
"""Added to an expected number before its logarithm [person]."""

LEAST_CURVATURE = 0.05
"""Floor of the curvature along any direction; 1 is that of the prior."""


@dataclass(frozen=True, eq=False)
class Nearby:
    """The posterior near a point.

    Attributes:
        posterior: the whole one.
        point: where the mean field was differentiated.
        logs: log of the expected series there.
        jacobian: their derivative by every coordinate.
    """

    posterior: Posterior
    point: Float[np.ndarray, "unknown"]
    logs: dict[str, Float[np.ndarray, "year territory"]]
    jacobian: dict[str, Float[np.ndarray, "year territory unknown"]]

    @classmethod
    def at(cls, posterior: Posterior, point: Float[np.ndarray, "unknown"], progress=None) -> Nearby:
        """Differentiate the mean field at a point, forward through all weeks."""
        size, told = len(point), progress or (lambda done, all_: None)

        def logs(z: Array) -> dict[str, Array]:
            return {n: jnp.log(x + LEAST) for n, x in posterior.series(z).items()}

        columns = jax.jit(
            lambda z, directions: jax.vmap(lambda d: jax.jvp(logs, (z,), (d,))[1])(directions)
        )
        directions = np.zeros((-(-size // BATCH) * BATCH, size))
        directions[:size] = np.eye(size)
        parts = []
        for i in range(0, len(directions), BATCH):
            parts.append(jax.device_get(columns(point, directions[i : i + BATCH])))
            told(min(i + BATCH, size), size)
        jacobian = {
            n: np.moveaxis(np.concatenate([part[n] for part in parts])[:size], 0, -1)
            for n in parts[0]
        }
        return cls(posterior, np.asarray(point), jax.device_get(jax.jit(logs)(point)), jacobian)

    def series(self, z: Float[Array, "unknown"]) -> dict[str, Float[Array, "year territory"]]:
        """Expected numbers, log-linear."""
        move = jnp.asarray(z) - self.point
        return {
            n: jnp.exp(jnp.asarray(x) + jnp.asarray(self.jacobian[n]) @ move)
            for n, x in self.logs.items()
        }

    def log_density(self, z: Float[Array, "unknown"]) -> Float[Array, ""]:
        """Log density with log-linear series, up to a constant."""
        series, scatter, unknowns = (
            self.series(z),
            self.posterior.unknowns.scatter(z),
            self.posterior.unknowns,
        )
        return unknowns.log_prior(z) + sum(
            stream.log_density(series, scatter) for stream in self.posterior.streams
        )

    @cached_property
    def covariance(self) -> Float[np.ndarray, "unknown unknown"]:
        """Covariance of the normal distribution with the same curvature at the point."""
        curvature = -np.asarray(jax.jit(jax.hessian(self.log_density))(self.point))
        values, vectors = np.linalg.eigh((curvature + curvature.T) / 2.0)
        return (vectors / np.maximum(values, LEAST_CURVATURE)) @ vectors.T
