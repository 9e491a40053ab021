r"""Local level model: a rate that wanders, and deaths that scatter around it.

.. math::
    \ell_{t+1} = \ell_t + \sigma \varepsilon_t, \qquad
    D_t \sim \text{NegativeBinomial}\big(\text{mean } N_t e^{\ell_t + s_t},\ \text{dispersion }
        k\big), \qquad
    \operatorname{var} D = \mu + \mu^2 / k

with effects :math:`s` of the month of the year where the periods are months. A log rate on record
is the wandering one plus noise of variance :math:`n`, so its changes over :math:`j` periods have
second moment :math:`v_j = j \sigma^2 + 2 n`: two such moments give both. Half of a territory's own
and half of all territories' mean is taken, because a few decades say little about one. The level
at the origin is the steady Kalman filter's.

Source: local level model, J. Durbin, S. J. Koopman, Time Series Analysis by State Space Methods
(2012), chapter 2; the moments are own work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ...countries.record import Record

OWN_SHARE = 0.5
"""Weight of the territory's own moments against those of all territories. Assumed."""

FAR_PERIODS = {1: 3, 12: 12}
"""The longer span whose changes are used, by periods in a year: three years, or twelve months."""

SEASON_YEARS = 10
"""Years from which effects of the month are taken."""

LEAST_STEP = 1e-4
"""Floor of the variance of a step of the log rate, so that no rate stands still."""

LARGEST_DISPERSION = 1e4
"""Above this a negative binomial cannot be told from a Poisson distribution at the
counts of a territory.
"""


@dataclass(frozen=True, eq=False)
class Walk:
    """What a record says of rates that wander.

    Attributes:
        effects: how a month differs from its year in the whole country, on the log rate; zero for
            years.
        step: variance of one step of a territory's log rate.
        noise: variance of a period around it.
        levels: log rate of a territory without noise at the end of each period, from that period
            and those before.
        unsure: variance of what is not known about the last level.
        size: dispersion :math:`k` of the deaths of one period.
    """

    effects: Float[np.ndarray, "season"]
    step: Float[np.ndarray, "state"]
    noise: Float[np.ndarray, "state"]
    levels: Float[np.ndarray, "state period"]
    unsure: Float[np.ndarray, "state"]
    size: Float[np.ndarray, "state"]


def walk_of(record: Record, effects: Float[np.ndarray, "season"] | None = None) -> Walk:
    """The walk that suits a record, with the effects of the month given or else those of
    :func:`wandering`.
    """
    season = record.season
    effects = _effects(record) if effects is None else effects
    rates = record.log_rates - np.tile(effects, record.counts.shape[1] // season)
    step, noise = variances(rates, FAR_PERIODS[season])
    levels, unsure = _levels(rates, step, noise)
    sampling = 1.0 / (record.counts[:, -SEASON_YEARS * season :].mean(axis=1) + 1.0)
    size = np.minimum(
        1.0 / np.maximum(noise - sampling, 1.0 / LARGEST_DISPERSION), LARGEST_DISPERSION
    )
    return Walk(effects, step, noise, levels, unsure, size)


def wandering(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """The rate walks at random and deaths are negative binomial around it."""
    walk = walk_of(record)
    start = walk.levels[:, -1] + np.sqrt(walk.unsure) * rng.standard_normal(
        (replicates, len(walk.step))
    )
    steps = np.sqrt(walk.step)[None, :, None] * rng.standard_normal(
        (replicates, len(walk.step), leads)
    )
    path = (
        start[:, :, None]
        + np.cumsum(steps, axis=2)
        + np.tile(walk.effects, -(-leads // record.season))[:leads]
    )
    return scattered(path, walk.size, record, rng)


def scattered(
    path: Float[np.ndarray, "replicate state lead"],
    size: Float[np.ndarray, "state"],
    record: Record,
    rng: np.random.Generator,
) -> Int[np.ndarray, "replicate state lead"]:
    """Deaths that scatter as a negative binomial around a log rate to come."""
    shape = size[None, :, None]
    expected = np.exp(np.minimum(path, 0.0)) * record.people_ahead(path.shape[2])
    return rng.poisson(expected * rng.gamma(shape, 1.0 / shape, size=path.shape)).astype(np.int64)


def _effects(record: Record) -> Float[np.ndarray, "season"]:
    """How a month differs from its year in the whole country, on the log rate; zero for years."""
    national = record.national_log_rates.reshape(-1, record.season)[-SEASON_YEARS:]
    return (national - national.mean(axis=1, keepdims=True)).mean(axis=0)


def variances(
    rates: Float[np.ndarray, "state period"], far: int
) -> tuple[Float[np.ndarray, "state"], Float[np.ndarray, "state"]]:
    """Variance of a step and of the noise in every territory, from the second moments of changes
    over one and over ``far`` periods.
    """
    near_moment = (np.diff(rates, axis=1) ** 2).mean(axis=1)
    far_moment = ((rates[:, far:] - rates[:, :-far]) ** 2).mean(axis=1)
    near_moment, far_moment = (
        OWN_SHARE * moment + (1.0 - OWN_SHARE) * moment.mean()
        for moment in (near_moment, far_moment)
    )
    step = np.clip((far_moment - near_moment) / (far - 1), LEAST_STEP, near_moment)
    return step, np.maximum((near_moment - step) / 2.0, 0.0)


def _levels(
    rates: Float[np.ndarray, "state period"],
    step: Float[np.ndarray, "state"],
    noise: Float[np.ndarray, "state"],
) -> tuple[Float[np.ndarray, "state period"], Float[np.ndarray, "state"]]:
    """Level at the end of each period and the variance of what is not known about the last:
    the local level filter in its steady state.
    """
    before = (step + np.sqrt(step**2 + 4.0 * step * noise)) / 2.0
    gain = before / (before + noise)
    levels = rates.copy()
    for period in range(1, rates.shape[1]):
        levels[:, period] = levels[:, period - 1] + gain * (
            rates[:, period] - levels[:, period - 1]
        )
    return levels, gain * noise
