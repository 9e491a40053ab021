r"""Ensemble smoother with several passes: points drawn from the prior, each run with chance, are
moved to the record, without any derivative.

With points z, predictions g(z) of a run with chance, and the record d, all on the log, a pass moves
every point by

.. math::
    z \leftarrow z + C_{zg} (C_{gg} + \alpha R)^{-1}
        \big(d + \sqrt{\alpha}\, \varepsilon - g(z)\big), \qquad \varepsilon \sim N(0, R)

with the covariances C of the ensemble, R that of the record around what is expected (discrepancy
and noise), and :math:`\sum 1/\alpha = 1` over the passes. For a linear model with normal priors
this is the posterior; for others it is an approximation, and named so wherever its draws are used.

Covariances of a finite ensemble hold chance. Two things are done against that. Each is shrunk by
what its correlation :math:`\rho` may owe to chance in n points,

.. math:: C \leftarrow C\, \frac{\rho^2}{\rho^2 + (1 + \rho^2) / n}

and the effect of a state moves by the record of that state alone. What is left is measured: idle
coordinates, which nothing reads, go through the same passes, and the width that they lose is what
the method takes from any unknown of which the record says nothing.

Source: A. A. Emerick, A. C. Reynolds, Comput. Geosci. 55:3 (2013), for the passes; R. Furrer, T.
Bengtsson, J. Multivariate Anal. 98:227 (2007), for the shrinkage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from .observations import Scatter, Series, Stream
from .scatter import DISCREPANT

IDLE = 40
"""Idle coordinates: the mean of their widths is known to within a hundredth."""

DOUBLED = 2.0
"""Factor by which a pass moves farther than the one before:
first ones go through the least linear part of the way.
"""


@dataclass(frozen=True)
class Size:
    """How large the ensemble is.

    Attributes:
        points: their number.
        passes: in which they are moved.
        seed: of all randomness.
    """

    points: int = 1000
    passes: int = 6
    seed: int = 1

    @property
    def inflations(self) -> tuple[float, ...]:
        """The factors :math:`\\alpha` of the passes."""
        shares = DOUBLED ** np.arange(self.passes)
        return tuple(float(x) for x in shares.sum() / shares)


def update(
    points: Float[np.ndarray, "point unknown"],
    predicted: Float[np.ndarray, "point datum"],
    observed: Float[np.ndarray, "datum"],
    covariance: Float[np.ndarray, "datum datum"],
    inflation: float,
    may_move: Bool[np.ndarray, "unknown datum"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "point unknown"]:
    """One pass.

    Args:
        points: coordinates.
        predicted: what a run at each gives.
        observed: the record.
        covariance: of the record around what is expected.
        inflation: factor of that covariance in this pass.
        may_move: whether a datum may move an unknown.
    """
    count = len(points)
    apart, spread = points - points.mean(axis=0), predicted - predicted.mean(axis=0)
    cross, among = apart.T @ spread / (count - 1), spread.T @ spread / (count - 1)
    scale = np.outer(apart.std(axis=0), spread.std(axis=0))
    correlation = np.divide(cross, scale, out=np.zeros_like(cross), where=scale > 0.0) ** 2
    # An unknown that does not vary, or a datum that does not, has no correlation.
    cross = cross * may_move * np.divide(correlation, correlation + (1.0 + correlation) / count)
    noise = (
        rng.standard_normal(predicted.shape) @ np.linalg.cholesky(covariance).T * np.sqrt(inflation)
    )
    noise -= noise.mean(axis=0)
    gain = np.linalg.solve(among + inflation * covariance, cross.T)
    return points + (observed + noise - predicted) @ gain


@dataclass(frozen=True, eq=False)
class Compared:
    """The streams as one long vector of logarithms.

    Attributes:
        streams: what is compared.
    """

    streams: Sequence[Stream]

    def observed(self) -> Float[np.ndarray, "datum"]:
        """The record."""
        return np.concatenate([np.asarray(s.observed(), float) for s in self.streams])

    def predicted(
        self,
        series: Mapping[str, Float[np.ndarray, "point year territory"]],
        scatter: Mapping[str, Float[np.ndarray, "point"]],
    ) -> Float[np.ndarray, "point datum"]:
        """What is expected, at every point."""
        at_each = jax.vmap(
            lambda series, scatter: jnp.concatenate(
                [s.predicted(series, scatter) for s in self.streams]
            )
        )
        return np.asarray(
            jax.jit(at_each)(
                {n: jnp.asarray(x) for n, x in series.items()},
                {n: jnp.asarray(x) for n, x in scatter.items()},
            ),
            float,
        )

    def covariance(self, series: Series, scatter: Scatter) -> Float[np.ndarray, "datum datum"]:
        """Covariance of the record around one expectation."""
        from scipy.linalg import block_diag

        return block_diag(*(np.asarray(s.covariance(series, scatter), float) for s in self.streams))

    def cells(self, stream: Stream) -> slice:
        """Where one of the streams stands."""
        before = self.streams[: self.streams.index(stream)]
        first = sum(len(s.places) for s in before)
        return slice(first, first + len(stream.places))

    def may_move(
        self, labels: Sequence[str], effects: Sequence[str], territories: Sequence[str]
    ) -> Bool[np.ndarray, "unknown datum"]:
        """Which datum may move which unknown: effects of a state by its own record only, and what
        moves no prediction by none.

        Args:
            labels: of the unknowns.
            effects: beginnings of the labels of effects, to which the name of the state is added.
            territories: names of the states.
        """
        places = np.concatenate([s.places for s in self.streams])
        moves = np.ones((len(labels), len(places)), bool)
        own = {
            f"{effect}{state}": number
            for effect in effects
            for number, state in enumerate(territories)
        }
        for i, label in enumerate(labels):
            if label in own:
                moves[i] = places == own[label]
            elif label in DISCREPANT:
                moves[i] = False
        return moves
