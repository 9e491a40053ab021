r"""How recorded homicides would grow by the mechanisms alone, from the end of a record on: what the statistical layer takes beside its own growth.

.. math:: g_{s,h} = \log \mu_{s,T+h} - \log \bar\mu_{s,T}

with :math:`\mu` the expected record of the mean field in state s and month h after the origin T, and :math:`\bar\mu_{s,T}` its mean over the last months
before it. Where the mechanisms stand at the wrong level does not matter here; the layer knows the level from the record.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..scenario import Scenario
from .density import Posterior
from .paths import DAYS, MeanField
from .streams import HALF, RECORDED

LEVEL_MONTHS = 3
"""Months before the origin whose mean is the level: long enough to be smooth, short enough to be of the moment."""

MONTHS = 12


def through(scenario: Scenario, origin: int, months: int) -> Scenario:
    """The scenario, long enough for so many months after the end of a year."""
    end = _first_day(origin * MONTHS + MONTHS + months)
    return replace(scenario, weeks=-(-(end - scenario.start).days // 7))


def month_weights(path: MeanField, origin: int, months: int) -> Float[np.ndarray, "step month"]:
    """Part of each step that lies in each month, from :data:`LEVEL_MONTHS` before the end of the origin on."""
    first = origin * MONTHS + MONTHS - LEVEL_MONTHS
    days = [_first_day(first + i).toordinal() for i in range(LEVEL_MONTHS + months + 1)]
    edges = np.arange(round(path.scenario.weeks / path.step) + 1) * path.step * DAYS + path.scenario.start.toordinal()
    inside = [np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin) for begin, end in itertools.pairwise(days)]
    return np.clip(np.stack(inside, axis=1), 0.0, None) / (path.step * DAYS)


def _first_day(number: int) -> dt.date:
    """First day of a month, counted from the year 0."""
    year, month = divmod(number, MONTHS)
    return dt.date(year, month + 1, 1)


def growth(
    posterior: Posterior, points: Float[np.ndarray, "draw unknown"], origin: int, months: int, progress: Callable[[int, int], None] | None = None
) -> Float[np.ndarray, "draw state month"]:
    """Growth of the log of the expected record since the origin, at each point of a posterior whose record ends there."""
    path = replace(posterior.path, scenario=through(posterior.path.scenario, origin, months))
    weights = jnp.asarray(month_weights(path, origin, months))
    lengths = np.array([(_first_day(origin * MONTHS + MONTHS + i + 1) - _first_day(origin * MONTHS + MONTHS + i)).days for i in range(-LEVEL_MONTHS, months)])

    @jax.jit
    def at(z):
        # Per day, so that a February is no fall.
        return jnp.log((weights.T @ path.run(posterior.unknowns.values(z))[RECORDED] + HALF / MONTHS) / lengths[:, None]).T

    found = []
    for i, point in enumerate(points):
        logs = jax.device_get(at(jnp.asarray(point)))
        found.append(logs[:, LEVEL_MONTHS:] - logs[:, :LEVEL_MONTHS].mean(axis=1, keepdims=True))
        if progress:
            progress(i + 1, len(points))
    return np.stack(found)
