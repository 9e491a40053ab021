r"""Trend baselines, the future goes on as the past went: a constant growth of the rate, or one that
dies away.

.. math:: \ell_{t+h} = \ell_t + h\, d, \qquad \ell_{t+h} = \ell_t + d_5 \sum_{k=1}^{h} \phi^k

with the logarithm :math:`\ell` of the yearly rate, its mean yearly change :math:`d` since the
record begins and :math:`d_5` over the last five years.

Sources: the random walk with drift, R. J. Hyndman, G. Athanasopoulos, Forecasting (2021), section
5.2; a damped trend, E. S. Gardner, E. McKenzie, Management Science 31:1237-1246 (1985).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from ...countries.record import Record
from .spread import spread

RECENT_YEARS = 5
"""Years of the recent trend."""

DAMPING = 0.8
"""What is left of a trend after a year. Assumed: the usual range in practice is 0.8 to 0.98,
and territory trends turn fast.
"""


def constant(
    rates: Float[np.ndarray, "state period"], season: int, leads: int
) -> Float[np.ndarray, "state lead"]:
    """The mean change since the record begins goes on."""
    change = (rates[:, -1:] - rates[:, :1]) / (rates.shape[1] - 1)
    return rates[:, -1:] + change * np.arange(1, leads + 1)


def damped(
    rates: Float[np.ndarray, "state period"], season: int, leads: int
) -> Float[np.ndarray, "state lead"]:
    """The mean change of the last five years goes on and dies away."""
    back = min(RECENT_YEARS, rates.shape[1] - 1)
    change = (rates[:, -1:] - rates[:, -1 - back, None]) / back
    return rates[:, -1:] + change * np.cumsum(DAMPING ** np.arange(1, leads + 1))


def log_drift(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Constant growth of the rate."""
    return spread(record, constant, leads, replicates, rng)


def damped_drift(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Recent growth of the rate that dies away."""
    return spread(record, damped, leads, replicates, rng)
