r"""Posterior density: prior of the unknowns times the likelihood of every stream, as one
differentiable function of the coordinates.

.. math::
    \log p(z \mid \text{record}) = \log p(z) + \sum_i \log
        p_i(\text{record}_i \mid \text{mean field}(z))
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .mean_field import MeanField
from .observations import Homicides, Stream, wanted
from .unknowns import Unknowns

WORST = -1e8
"""Log density where the mean field is no number, so that a search turns back."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known of the unknowns.

    Attributes:
        unknowns: the coordinates.
        path: the mean field.
        streams: observations.
    """

    unknowns: Unknowns
    path: MeanField
    streams: tuple[Stream, ...]

    @cached_property
    def homicides(self) -> Homicides:
        """The stream of homicides, whose discrepancy and scatter are unknown."""
        return next(s for s in self.streams if isinstance(s, Homicides))

    @cached_property
    def _weights(self) -> Float[np.ndarray, "step year"]:
        return self.path.weights()

    def series(self, z: Float[Array, "unknown"]) -> dict[str, Float[Array, "year territory"]]:
        """Expected numbers of every calendar year."""
        weekly, weights = self.path.run(self.unknowns.values(z)), jnp.asarray(self._weights)
        return {name: weights.T @ weekly[name] for name in wanted(self.streams)}

    def log_density(self, z: Float[Array, "unknown"]) -> Float[Array, ""]:
        """Log density of the posterior at a point, up to a constant."""
        series, scatter = self.series(z), self.unknowns.scatter(z)
        density = self.unknowns.log_prior(z) + sum(
            stream.log_density(series, scatter) for stream in self.streams
        )
        return jnp.where(jnp.isfinite(density), density, WORST)

    def loss(self, z: Float[Array, "unknown"]) -> Float[Array, ""]:
        """What a search makes small and a sampler takes as energy: minus the log density."""
        return -self.log_density(z)

    @cached_property
    def loss_and_slope(self):
        """The loss and its gradient, compiled."""
        return jax.jit(jax.value_and_grad(self.loss))
