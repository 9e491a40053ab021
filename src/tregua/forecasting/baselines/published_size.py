r"""Baseline of the published size model of 150 groups, with all states moving together.

.. math:: D_{r,t+h} = D_{r,t} \frac{K_{t+h}}{K_t}

:math:`K` are the members killed in a year in :meth:`tregua.Model.size_2023`, run forward without
chance from its groups of 2012. The spread around this path is that of carrying the last year
forward, because the model has no past of its own. Before 2012 it cannot be run.

Its rates and groups were fitted to deaths up to 2021, so it knows more than a forecast made at the
origin could: its score flatters it.

Source: R. Prieto-Curiel, G. M. Campedelli, A. Hope, Science 381(6664):1312-1316 (2023).
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from ...countries.record import Record
from ...engine.run import simulate
from ...model.calendar import week_of
from ...model.model import Model
from ...results.outcomes import outcomes_of
from ...results.tables import by_year, whole_years
from ...scenarios.scenario import Scenario
from .persistence import last_year
from .spread import around, past_errors

FIRST_YEAR = 2012
"""The year of the model's groups."""

PATH_END = 2030
"""The last year of the path: no origin of the record with a usual lead goes past it."""

KILLED = "killed"


@cache
def killed_by_year() -> dict[int, float]:
    """Members killed in each year from 2012 to 2030, expected [person]."""
    weeks = week_of(dt.date(FIRST_YEAR, 1, 1), dt.date(PATH_END + 1, 1, 1))
    run = simulate(
        Scenario(Model.size_2023(), f"{FIRST_YEAR}-01-01", weeks, data="groups-2020"), "mean-field"
    )
    outcome = outcomes_of(run.scenario.model)[KILLED]
    values = by_year(run, outcome, run.total(outcome.series))[:, 0]
    return dict(zip(whole_years(run), values.tolist(), strict=True))


def growth(origin: int, leads: int) -> Float[np.ndarray, "lead"]:
    """Logarithm of members killed in each year to come over those in the year of the origin."""
    killed = killed_by_year()
    return np.log([killed[origin + lead] / killed[origin] for lead in range(1, leads + 1)])


def together(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Every state follows the national path of the published model from its last level."""
    point = record.log_rates[:, -1:] + growth(record.last, leads)
    return around(record, point, past_errors(record, last_year, leads), replicates, rng)
