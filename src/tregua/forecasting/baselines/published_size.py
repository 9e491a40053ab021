r"""Baseline of the published size model of groups, with all territories moving together.

.. math:: D_{r,t+h} = D_{r,t} \frac{K_{t+h}}{K_t}

:math:`K` are the members killed in a year in :meth:`tregua.Model.size_2023`, run forward without
chance from the groups of a data set that the country's settings name. The spread around this path
is that of carrying the last year forward, because the model has no past of its own. Before the
first whole year of its groups it cannot be run.

Its rates and groups were fitted to deaths of later years, so it knows more than a forecast made at
the origin could: its score flatters it.

Source: R. Prieto-Curiel, G. M. Campedelli, A. Hope, Science 381(6664):1312-1316 (2023).
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from ...countries.dataset import Dataset
from ...countries.pack import SETTINGS, Pack
from ...countries.record import Record, count_of
from ...countries.registry import dataset_of
from ...engine.run import simulate
from ...errors import TreguaError, nearest_name
from ...model.calendar import week_of
from ...model.model import Model
from ...results.outcomes import outcomes_of
from ...results.tables import by_year, whole_years
from ...scenarios.scenario import Scenario
from .persistence import last_year
from .spread import around, past_errors

YEARS_BEYOND = 10
"""Years of the path after the record: no origin of the record with a usual lead goes past it."""

KILLED = "killed"


def groups_of(pack: Pack) -> Dataset | None:
    """The data set of the model's groups; None where a country has none.

    Raises:
        TreguaError: TR2710 where the settings name one that is not there.
    """
    name = pack.settings.forecast.published_size
    if not name:
        return None
    if name not in pack.datasets:
        raise TreguaError(
            "TR2710",
            f"the country has no data set named {name!r} for the published size model",
            where=f"{pack.shown}/{SETTINGS}, key forecast.published_size",
            found=name,
            expected="one of " + ", ".join(pack.datasets),
            nearest=nearest_name(name, pack.datasets),
        )
    return dataset_of(pack, name)


@cache
def first_year(pack: Pack) -> int | None:
    """The first whole year of the model's groups; None where a country has none (TR2710)."""
    groups = groups_of(pack)
    if groups is None:
        return None
    start = dt.date.fromisoformat(groups.start)
    return start.year + (start > dt.date(start.year, 1, 1))


@cache
def killed_by_year(pack: Pack) -> dict[int, float]:
    """Members killed in each whole year from the start of the groups to some years after the
    record, expected [person].
    """
    groups = groups_of(pack)
    if groups is None:
        return {}
    start, end = dt.date.fromisoformat(groups.start), count_of(pack).last_year + YEARS_BEYOND
    weeks = week_of(start, dt.date(end + 1, 1, 1))
    run = simulate(Scenario(Model.size_2023(), start, weeks, data=groups), "mean-field")
    outcome = outcomes_of(run.scenario.model)[KILLED]
    values = by_year(run, outcome, run.total(outcome.series))[:, 0]
    return dict(zip(whole_years(run), values.tolist(), strict=True))


def growth(pack: Pack, origin: int, leads: int) -> Float[np.ndarray, "lead"]:
    """Logarithm of members killed in each year to come over those in the year of the origin."""
    killed = killed_by_year(pack)
    return np.log([killed[origin + lead] / killed[origin] for lead in range(1, leads + 1)])


def together(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Every territory follows the national path of the published model from its last level."""
    point = record.log_rates[:, -1:] + growth(record.pack, record.last, leads)
    return around(record, point, past_errors(record, last_year, leads), replicates, rng)
