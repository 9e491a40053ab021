"""Persistence baselines, the future is like the past: the last year once more, the mean of the last
three, or the last one with changes of the territory's own history.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from ...countries.record import Record
from .spread import spread

MEAN_YEARS = 3
"""Years in the mean: long enough to smooth chance in small territories,
short enough to follow a wave of violence.
"""


def _seasons(
    rates: Float[np.ndarray, "state period"], season: int
) -> Float[np.ndarray, "state year season"]:
    return rates.reshape(len(rates), -1, season)


def _repeated(
    year: Float[np.ndarray, "state season"], leads: int
) -> Float[np.ndarray, "state lead"]:
    """One year again and again."""
    return np.tile(year, (1, -(-leads // year.shape[1])))[:, :leads]


def last_year(
    rates: Float[np.ndarray, "state period"], season: int, leads: int
) -> Float[np.ndarray, "state lead"]:
    """Every year to come is like the last one; every month like the same month of it."""
    return _repeated(_seasons(rates, season)[:, -1], leads)


def last_years(
    rates: Float[np.ndarray, "state period"], season: int, leads: int
) -> Float[np.ndarray, "state lead"]:
    """Every year to come has the mean rate of the last three."""
    return _repeated(np.log(np.exp(_seasons(rates, season)[:, -MEAN_YEARS:]).mean(axis=1)), leads)


def carry_forward(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """The last year carried forward."""
    return spread(record, last_year, leads, replicates, rng)


def mean_of_three(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """The mean of the last three years."""
    return spread(record, last_years, leads, replicates, rng)


def own_history(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    r"""The last year, changed again and again as in years drawn from the territory's own past.

    .. math::
        \ell_{t+h} = \ell_t + \sum_{k=1}^{h} (\ell_{s_k} - \ell_{s_k - 1}), \qquad
            s_k \text{ drawn with replacement}

    A replicate draws the same years for all territories, so what happened together stays together.
    With months, a change is that of each month against the same month of the year before.
    """
    years = _seasons(record.log_rates, record.season)
    changes = np.diff(years, axis=1)
    ahead = -(-leads // record.season)
    drawn = rng.integers(changes.shape[1], size=(replicates, ahead))
    paths = years[None, :, -1:, :] + np.cumsum(np.moveaxis(changes[:, drawn], 1, 0), axis=2)
    return record.deaths_at(paths.reshape(replicates, len(years), -1)[:, :, :leads])
