r"""Forecast verification: how far samples of deaths in the states were from the deaths on record.

A forecast is an array of samples, shape (replicate, \*rest); what came has shape \*rest, such as
(state, lead). Every score but the coverage is a loss: lower is better. The continuous ranked
probability score (CRPS), the log score and the interval score are proper: nobody can do better by
saying other than what they believe.

Sources: T. Gneiting, A. E. Raftery, J. Am. Stat. Assoc. 102:359-378 (2007), the scores; M. Zamo, P.
Naveau, Math. Geosci. 50:209-234 (2018), the CRPS without a bias from the number of samples; F.
Zanetta, S. Allen, the library ``scoringrules``, which computes them.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Num

from ..optional import extra

LEVELS = (50, 80, 95)
"""Central intervals that are looked at: per cent of the samples inside [%]."""

LEAST_CHANCE = 1e-6
"""Floor of the probability of one count in the log score, so that no single surprise costs more
than 13.8 nats. It makes the score slightly improper for forecasts that give less to something.
"""

COUNT_WIDTH = 0.5
"""Least bandwidth of the kernel [person]: half a person, so that samples which are all the same do
not give an endless density.
"""

BOOTSTRAPS = 2000
"""Resamples behind an interval: its ends move by about a fiftieth of its length
from seed to seed.
"""

CONFIDENCE = (0.025, 0.975)
"""Ends of a bootstrap interval."""


def crps(
    samples: Num[np.ndarray, "replicate *rest"], actual: Num[np.ndarray, "*rest"]
) -> Float[np.ndarray, "*rest"]:
    r"""Continuous ranked probability score, fair:
    its mean does not depend on the number of samples.

    .. math:: \frac1m \sum_i |x_i - y| - \frac{1}{2 m (m-1)} \sum_{i,j} |x_i - x_j|

    It is in the unit of the samples and is the absolute error where all samples are the same. With
    few samples it may be negative.
    """
    rules = extra("scoringrules")
    # The estimator by probability-weighted moments is the fair one, in m log m steps.
    return np.asarray(
        rules.crps_ensemble(
            np.asarray(actual, float), samples.astype(float), m_axis=0, estimator="pwm"
        ),
        float,
    )


def log_score(
    samples: Num[np.ndarray, "replicate *rest"], actual: Num[np.ndarray, "*rest"]
) -> Float[np.ndarray, "*rest"]:
    r"""Minus the logarithm of the probability of the count that came,
    smoothed over the samples [nat].

    .. math:: -\log \max\Big(\hat f\big(\log(1+y)\big) / (1+y),\ \epsilon\Big)

    with a Gaussian kernel density :math:`\hat f` of the samples of :math:`\log(1+x)`; its width is
    Silverman's rule (:math:`0.9 \min(\text{sd}, \text{iqr}/1.34)\, m^{-1/5}`, Density Estimation,
    1986, eq. 3.31), at least half a person, and :math:`\epsilon` is :data:`LEAST_CHANCE`. A
    negative binomial by moments was not taken: samples of growth have tails that its variance
    cannot follow.
    """
    rules = extra("scoringrules")
    logs, came = np.log1p(samples.astype(float)), np.log1p(np.asarray(actual, float))
    with np.errstate(divide="ignore"):  # No sample near what came: the floor holds.
        density = rules.logs_ensemble(came, logs, m_axis=0, bw=_bandwidth(logs))
    return np.minimum(np.asarray(density, float) + came, -np.log(LEAST_CHANCE))


def _bandwidth(logs: Float[np.ndarray, "replicate *rest"]) -> Float[np.ndarray, "*rest"]:
    """Silverman's rule of thumb, not below half a person at the median."""
    lower, middle, upper = np.quantile(logs, [0.25, 0.5, 0.75], axis=0)
    spread = np.minimum(logs.std(axis=0, ddof=1), (upper - lower) / 1.34)
    return np.maximum(0.9 * spread * len(logs) ** -0.2, COUNT_WIDTH / np.exp(middle))


def interval(
    samples: Num[np.ndarray, "replicate *rest"], level: int
) -> tuple[Float[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    """Lower and upper end of the central interval that holds ``level`` per cent of the samples."""
    tail = (1.0 - level / 100.0) / 2.0
    low, high = np.quantile(samples, [tail, 1.0 - tail], axis=0)
    return np.asarray(low, float), np.asarray(high, float)


def interval_score(
    samples: Num[np.ndarray, "replicate *rest"], actual: Num[np.ndarray, "*rest"], level: int
) -> Float[np.ndarray, "*rest"]:
    r"""Length of the central interval, plus a penalty where it missed.

    .. math::
        (u - l) + \frac{2}{\alpha} (l - y)^+ + \frac{2}{\alpha} (y - u)^+, \qquad
            \alpha = 1 - \text{level}/100
    """
    low, high = interval(samples, level)
    score = extra("scoringrules").interval_score(
        np.asarray(actual, float), low, high, 1.0 - level / 100.0
    )
    # The package drops an axis of length one, such as that of a single lead.
    return np.asarray(score, float).reshape(low.shape)


def covered(
    samples: Num[np.ndarray, "replicate *rest"], actual: Num[np.ndarray, "*rest"], level: int
) -> Float[np.ndarray, "*rest"]:
    """One where the central interval holds what came, its ends included, and zero elsewhere:
    its mean is the coverage.
    """
    low, high = interval(samples, level)
    return ((low <= actual) & (actual <= high)).astype(float)


def off(
    samples: Num[np.ndarray, "replicate *rest"], actual: Num[np.ndarray, "*rest"]
) -> Float[np.ndarray, "*rest"]:
    """Distance of the median from what came [person]."""
    return np.abs(np.median(samples, axis=0) - actual)


def block_bootstrap(
    differences: Float[np.ndarray, "origin state lead"], seed: int = 0, resamples: int = BOOTSTRAPS
) -> tuple[float, float, float]:
    """Mean difference of two forecasts' scores, and a 95 % interval for it.

    A block is a state at an origin with all its leads, because the years of a forecast err
    together. Blocks are drawn with replacement among the states of each origin. States err together
    too, in the years in which the whole country changes: the interval does not know that and is
    rather too short.

    Args:
        differences: score of one less score of the other. Origins are few and are not resampled.
        seed: of the resampling.
        resamples: how many.

    Returns:
        Mean, lower and upper end.
    """
    blocks = differences.mean(axis=2)
    origins, states = blocks.shape
    chosen = np.random.default_rng(seed).integers(states, size=(resamples, origins, states))
    means = blocks[np.arange(origins)[None, :, None], chosen].mean(axis=(1, 2))
    low, high = np.quantile(means, CONFIDENCE)
    return float(blocks.mean()), float(low), float(high)


def score_cells(
    samples: Num[np.ndarray, "replicate state lead"],
    actual: Num[np.ndarray, "state lead"],
    people: Float[np.ndarray, "state lead"],
) -> dict[str, Float[np.ndarray, "state lead"]]:
    """Every score in every state at every lead.

    Args:
        samples: deaths forecast [person].
        actual: deaths that came [person].
        people: inhabitants at the time [person], for the score of the rate.

    Returns:
        ``crps`` [person], ``crps_rate`` [deaths per 100,000 inhabitants], ``log_score`` [nat],
        ``interval_score_50`` and so on [person], ``covered_50`` and so on, ``off`` [person], and
        ``actual`` [person].
    """
    ranked = crps(samples, actual)
    cells = {
        "crps": ranked,
        "crps_rate": 1e5 * ranked / people,
        "log_score": log_score(samples, actual),
    }
    cells |= {f"interval_score_{level}": interval_score(samples, actual, level) for level in LEVELS}
    cells |= {f"covered_{level}": covered(samples, actual, level) for level in LEVELS}
    return cells | {"off": off(samples, actual), "actual": np.asarray(actual, float)}
