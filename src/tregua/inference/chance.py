r"""Error of the mean-field approximation: its bias against runs with chance, and the scatter that
chance gives a count, both of which a fit leaves out.

The mean field is the plug-in mean of the weekly chain. Hazards are not linear in the numbers, so
that the mean of many runs with chance differs from it, and a fit by the mean field has parameters
that are off by what makes up for it. With n replicates of the yearly count H of a state,

.. math:: b = \log \frac{\bar H}{\mu}, \qquad \text{se}(b) = \frac{\text{sd}(H)}{\bar H \sqrt n},

with :math:`\mu` the mean field. The variance of log (H + 1/2) over replicates is what chance inside
the model gives the log of a count; the stream of homicides
(:class:`tregua.inference.observations.Homicides`) takes a variance of its own for the same. Where
that of the model is the larger, the stream must make up for it with the walk of the state.

What a step of a week does to both is no part of this: it is in :mod:`tregua.inference.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..countries.record import HALF
from ..engine.run import simulate
from .mean_field import MeanField
from .observations import RECORDED, Homicides
from .steps import yearly

if TYPE_CHECKING:
    import pandas

REPLICATES = 200
"""Runs with chance; the standard error of a variance is then a tenth of it."""


def ensemble(
    path: MeanField,
    values: Mapping[str, Float[np.ndarray | Array, "*axes"]],
    replicates: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Float[np.ndarray, "replicate state year"]:
    """Recorded homicides of runs with chance at given parameters, by calendar year [person];
    weeks across a turn of the year are divided by days.
    """
    # As one draw for all replicates: only draws may differ from place to place.
    # Values of the scenario would win over them.
    bare, draws = (
        replace(path.scenario, values={}, overrides={}),
        {n: np.asarray(x, float)[None] for n, x in values.items()},
    )
    run = simulate(bare, "tau-leap", replicates, seed, dt=path.step, draws=draws, progress=progress)
    return np.einsum("rwt,wy->rty", run.by_territory(RECORDED).astype(float), path.weights())


def chance_table(
    path: MeanField,
    values: Mapping[str, Float[np.ndarray | Array, "*axes"]],
    stream: Homicides,
    scatter: Mapping[str, float],
    replicates: int = REPLICATES,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> pandas.DataFrame:
    """The mean field beside the model with chance, for every state and year.

    Args:
        path: the mean field, in the steps of the runs with chance.
        values: every parameter of the model; they replace the scenario's own, and none may leave
            its support (TR1306).
        stream: of homicides, over the years of the scenario.
        scatter: unknowns of the observations.
        replicates: runs with chance.
        seed: of them.
        progress: told after each block of the runs.

    Returns:
        One row for each state and year. Columns: state, year; mean_field and ensemble: expected and
        mean count [person]; log_ratio: log of the second over the first, with its standard_error,
        both NaN where no replicate has any; chance: variance of the log of a count by chance in the
        model; stream: variance that the stream gives it at the mean field.
    """
    import pandas

    expected = yearly(path, values, (RECORDED,))[RECORDED].T
    counts = ensemble(path, values, replicates, seed, progress)
    noise = np.asarray(jax.device_get(stream.noise(jnp.asarray(expected), scatter)))
    mean = np.where(counts.any(axis=0), counts.mean(axis=0), np.nan)
    states, years = expected.shape
    return pandas.DataFrame(
        {
            "state": np.repeat(path.scenario.data.space.labels("territory"), years),
            "year": np.tile(path.years, states),
            "mean_field": expected.ravel(),
            "ensemble": counts.mean(axis=0).ravel(),
            "log_ratio": np.log(mean / expected).ravel(),
            "standard_error": (counts.std(axis=0, ddof=1) / mean / np.sqrt(replicates)).ravel(),
            "chance": np.log(counts + HALF).var(axis=0, ddof=1).ravel(),
            "stream": noise.ravel(),
        }
    )
