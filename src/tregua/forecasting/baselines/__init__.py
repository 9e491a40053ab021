"""Simple forecasts of homicides by territory, which any model must beat:
each file is a family, each baseline turns the record up to a year into samples.

All are deterministic for a seed and see nothing later than the year of their origin.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from ...countries.pack import Pack
from ...countries.record import Record, monthly_record, yearly_record
from ...errors import TreguaError, nearest_name
from . import automatic, boosted, drift, persistence, published_size, walk

__all__ = [
    "BASELINES",
    "REPLICATES",
    "Baseline",
    "Record",
    "available",
    "draw",
    "monthly_record",
    "samples_of",
    "yearly_record",
]

REPLICATES = 2000
"""Samples of a forecast: the ends of a 95 % interval are then known to about a
tenth of its length.
"""

LEAST_HISTORY = 7
"""Years of the record up to an origin that baselines need: five before the first error of the past,
and two of these.
"""

LONG_HISTORY = 11
"""The same for baselines that choose among forms or learn from pairs of years."""

LARGEST_SEED = 2**32 - 1
"""As for runs."""

Draw = Callable[[Record, int, int, np.random.Generator], Int[np.ndarray, "replicate state lead"]]


@dataclass(frozen=True)
class Baseline:
    """A simple forecast.

    Attributes:
        label: as tables and figures name it.
        draw: makes samples of deaths, from the record up to the origin, the number of leads and of
            replicates, and random numbers.
        months: whether it also forecasts months.
        years: of record that it needs up to an origin.
        first: the first origin that a country's data for it allow, where it needs more than the
            record; None for a country without such data.
    """

    label: str
    draw: Draw
    months: bool = False
    years: int = LEAST_HISTORY
    first: Callable[[Pack], int | None] | None = None

    def possible(self, record: Record, origin: int) -> bool:
        """Whether it can be made from a record at the end of a year."""
        if record.season > 1 and not self.months:
            return False
        first = self.first(record.pack) if self.first else record.first
        return first is not None and origin >= max(first, record.first + self.years - 1)


BASELINES: dict[str, Baseline] = {
    "carry-forward": Baseline("last year carried forward", persistence.carry_forward, months=True),
    "mean-of-three": Baseline(
        "mean of the last three years", persistence.mean_of_three, months=True
    ),
    "log-drift": Baseline("constant growth", drift.log_drift),
    "damped-drift": Baseline("recent growth that dies away", drift.damped_drift),
    "own-history": Baseline(
        "changes drawn from the territory's own past", persistence.own_history, months=True
    ),
    "random-walk": Baseline(
        "random walk with negative binomial deaths", walk.wandering, months=True
    ),
    "ets": Baseline(
        "exponential smoothing, chosen automatically", automatic.smoothing, years=LONG_HISTORY
    ),
    "arima": Baseline("ARIMA, chosen automatically", automatic.arima, years=LONG_HISTORY),
    "boosted": Baseline("boosted trees for quantiles", boosted.quantile_trees, years=LONG_HISTORY),
    "size-2023": Baseline(
        "published size model, all territories together",
        published_size.together,
        first=published_size.first_year,
    ),
}
"""By name, in the order in which tables show them."""


def available(record: Record, origin: int) -> tuple[str, ...]:
    """Names of the baselines that can be made from a record, of years or of months, at the end of a
    year.
    """
    return tuple(name for name, baseline in BASELINES.items() if baseline.possible(record, origin))


def draw(
    name: str, record: Record, origin: int, leads: int, replicates: int = REPLICATES, seed: int = 1
) -> Int[np.ndarray, "replicate state lead"]:
    """Samples of deaths in the periods after a year, from the record up to its end.

    Args:
        name: of a baseline.
        record: the whole record; what is later than the origin is cut off here, before anything
            else sees it.
        origin: the last year that is known.
        leads: periods to forecast.
        replicates: how many samples.
        seed: the same seed gives the same samples.

    Returns:
        Whole deaths, none below zero.

    Raises:
        TreguaError: TR2707 for a name that is none, or a baseline that cannot be made at this
            origin or for months; TR2204 for replicates or a seed out of range; TR9001 where a
            package is missing.
    """
    if name not in BASELINES:
        expected, nearest = "one of " + ", ".join(BASELINES), nearest_name(name, BASELINES)
        raise TreguaError(
            "TR2707",
            f"no baseline is named {name!r}",
            found=name,
            expected=expected,
            nearest=nearest,
        )
    possible = available(record, origin)
    if name not in possible:
        expected = (
            "one of "
            + (", ".join(possible) or "none: the record is too short")
            + f" at the origin {origin}"
        )
        raise TreguaError(
            "TR2707",
            f"the baseline {name!r} cannot be made here",
            where=f"origin {origin}",
            found=name,
            expected=expected,
        )
    return samples_of(name, BASELINES[name], record, origin, leads, replicates, seed)


def samples_of(
    name: str,
    baseline: Baseline,
    record: Record,
    origin: int,
    leads: int,
    replicates: int = REPLICATES,
    seed: int = 1,
) -> Int[np.ndarray, "replicate state lead"]:
    """As :func:`draw`, for any way of forecasting, under any name."""
    if replicates < 1 or not 0 <= seed <= LARGEST_SEED:
        given, expected = (
            f"{replicates} replicates, seed {seed}",
            f"at least one replicate, a seed from 0 to {LARGEST_SEED}",
        )
        raise TreguaError(
            "TR2204",
            "replicates or seed out of range",
            where=f"forecast {name}",
            found=given,
            expected=expected,
        )
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), origin, record.season])
    return baseline.draw(record.until(origin), leads, replicates, rng)
