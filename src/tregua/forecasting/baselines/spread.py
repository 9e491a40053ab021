"""Empirical predictive distribution: the spread around a point forecast is that of its own errors
in the past.

A rule that turns a record into one number for each territory and lead is applied at the end of
every earlier year; what came later, still before the origin, says how far it was off. The errors of
all territories at the same lead are one pool, and a forecast is its point plus errors drawn from
that pool.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from ...countries.record import Record

LEAST_YEARS = 5
"""Years that a rule sees before its first error is counted."""

Rule = Callable[[Float[np.ndarray, "state period"], int, int], Float[np.ndarray, "state lead"]]
"""From log rates so far, periods in a year and number of leads to log rates to come."""


def past_errors(record: Record, rule: Rule, leads: int) -> list[Float[np.ndarray, "error"]]:
    """Errors of a rule on the log rate, pooled over territories and earlier origins, one pool for
    each lead; every one lies within the record.
    """
    rates, season = record.log_rates, record.season
    pools: list[list[np.ndarray]] = [[] for _ in range(leads)]
    for end in range(LEAST_YEARS * season, rates.shape[1], season):
        said, came = rule(rates[:, :end], season, leads), rates[:, end : end + leads]
        for lead in range(came.shape[1]):
            pools[lead].append(came[:, lead] - said[:, lead])
    return [
        np.concatenate(pool) if pool else _grown(pools, lead) for lead, pool in enumerate(pools)
    ]


def _grown(pools: list[list[np.ndarray]], lead: int) -> Float[np.ndarray, "error"]:
    """Errors at a lead that the record is too short for: those of the longest lead that there is,
    grown as those of a random walk.
    """
    known = max(i for i, pool in enumerate(pools) if pool)
    return np.concatenate(pools[known]) * np.sqrt((lead + 1) / (known + 1))


def around(
    record: Record,
    point: Float[np.ndarray, "state lead"],
    errors: list[np.ndarray],
    replicates: int,
    rng: np.random.Generator,
) -> Int[np.ndarray, "replicate state lead"]:
    """Samples of deaths around a point forecast of log rates.

    A replicate has one rank among the errors in each territory, the same at all leads, because a
    forecast that is too high next year is likely to be so later. Territories are drawn apart from
    one another, so sums over territories are too narrow.
    """
    rank = rng.random((replicates, point.shape[0]))
    drawn = np.stack([np.quantile(pool, rank) for pool in errors], axis=2)
    return record.deaths_at(point + drawn)


def spread(
    record: Record, rule: Rule, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Samples of a rule with the spread of its own past errors."""
    return around(
        record,
        rule(record.log_rates, record.season, leads),
        past_errors(record, rule, leads),
        replicates,
        rng,
    )
