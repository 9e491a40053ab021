r"""Growth that the posterior expects: how recorded homicides would grow by the mechanisms alone,
from the end of a record on; what the statistical layer takes beside its own growth.

.. math:: g_{s,h} = \log \mu_{s,T+h} - \log \bar\mu_{s,T}

with :math:`\mu` the expected record of the mean field in state s and month h after the origin T,
and :math:`\bar\mu_{s,T}` its mean over the last months before it. Where the mechanisms stand at the
wrong level does not matter here; the layer knows the level from the record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..countries.record import HALF, MONTHS
from .density import Posterior
from .observations import RECORDED

LEVEL_MONTHS = 3
"""Months before the origin whose mean is the level: long enough to be smooth,
short enough to be of the moment.
"""


def first_days(origin: int, months: int) -> list[dt.date]:
    """First day of every month from :data:`LEVEL_MONTHS` before the end of the origin to the one
    after the last month ahead.
    """
    first = (origin + 1) * MONTHS - LEVEL_MONTHS
    return [
        dt.date(number // MONTHS, number % MONTHS + 1, 1)
        for number in range(first, first + LEVEL_MONTHS + months + 1)
    ]


def growth(
    posterior: Posterior,
    points: Float[np.ndarray, "draw unknown"],
    origin: int,
    months: int,
    progress: Callable[[int, int], None] | None = None,
) -> Float[np.ndarray, "draw state month"]:
    """Growth of the log of the expected record since the origin,
    at each point of a posterior whose record ends there.
    """
    days, scenario = first_days(origin, months), posterior.path.scenario
    path = replace(posterior.path, scenario=replace(scenario, weeks=scenario.week_of(days[-1])))
    weights = jnp.asarray(path.parts(days))
    lengths = np.diff([day.toordinal() for day in days])

    @jax.jit
    def at(z):
        # Per day, so that a February is no fall.
        return jnp.log(
            (weights.T @ path.run(posterior.unknowns.values(z))[RECORDED] + HALF / MONTHS)
            / lengths[:, None]
        ).T

    growth = []
    for i, point in enumerate(points):
        logs = jax.device_get(at(jnp.asarray(point)))
        growth.append(logs[:, LEVEL_MONTHS:] - logs[:, :LEVEL_MONTHS].mean(axis=1, keepdims=True))
        if progress:
            progress(i + 1, len(points))
    return np.stack(growth)
