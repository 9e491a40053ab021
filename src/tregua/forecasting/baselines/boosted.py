r"""Boosted regression trees: quantiles of the change of a territory's log rate, learnt from all
territories together.

For each lead and quantile, trees are fitted to all pairs of an earlier year and what had come
``lead`` years later, still before the origin. They see the last change of the log rate and those
before, its distance from its mean, its trend, the level and change of the national rate, and the
region.

Regions are those of the column ``region`` of the country's list of territories; where it has none,
the trees do without.

Sources: J. H. Friedman, Ann. Stat. 29:1189-1232 (2001); scikit-learn.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float, Int

from ...countries.pack import SETTINGS, TERRITORIES, Pack
from ...countries.record import Record
from ...errors import TreguaError, nearest_name
from ...optional import extra

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
TREES = {
    "n_estimators": 60,
    "max_depth": 2,
    "learning_rate": 0.1,
    "min_samples_leaf": 20,
    "subsample": 0.7,
}
"""Small trees and few: a few hundred pairs of a territory and a year can carry no more. Not
tuned.
"""

TREND_YEARS = 5
LEAST_YEARS = 6
"""Years before the first pair: five changes are seen."""

FEWEST_PAIRS = 3
"""Years with pairs below which nothing is learnt for a lead."""

REGION = "region"
"""Column of the list of territories."""


@cache
def regions(pack: Pack) -> dict[str, tuple[str, ...]]:
    """Codes of the territories of each region, by its name; empty where a country has no regions.

    Raises:
        TreguaError: TR2712 where the settings name a region that no territory lies in.
    """
    table = pack.table(TERRITORIES)
    if REGION not in table:
        return {}
    named = table.dropna(subset=[REGION]).astype({REGION: str})
    codes = {name: tuple(rows["state_code"]) for name, rows in named.groupby(REGION, sort=False)}
    first = pack.settings.forecast.regions
    wrong = next((name for name in first if name not in codes), None)
    if wrong is not None:
        raise TreguaError(
            "TR2712",
            f"no territory lies in the region {wrong!r}",
            where=f"{pack.shown}/{SETTINGS}, key forecast.regions",
            found=wrong,
            expected=f"regions of the column {REGION} of {TERRITORIES}: " + ", ".join(codes),
            nearest=nearest_name(wrong, codes),
        )
    return {name: codes[name] for name in dict.fromkeys((*first, *codes))}


def quantile_trees(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Boosted trees for quantiles; samples are drawn between the quantiles, and beyond the outer
    ones along the line through the last two.
    """
    rates, last = record.log_rates, record.counts.shape[1] - 1
    seed, rank = int(rng.integers(2**31)), rng.random((replicates, len(rates)))
    longest = max(last - LEAST_YEARS + 1 - FEWEST_PAIRS, 1)
    edges = {lead: _learnt(record, lead, seed) for lead in range(1, min(leads, longest) + 1)}
    drawn = np.empty((replicates, len(rates), leads))
    for lead in range(1, leads + 1):
        known = min(lead, longest)
        # Past the longest lead that can be learnt a change grows as that of a random walk.
        drawn[:, :, lead - 1] = rates[:, -1] + np.sqrt(lead / known) * _between(edges[known], rank)
    return record.deaths_at(drawn)


def _learnt(record: Record, lead: int, seed: int) -> Float[np.ndarray, "quantile state"]:
    """Quantiles of the change of every territory's log rate over so many years from the
    end of the record.
    """
    trees = extra("sklearn.ensemble").GradientBoostingRegressor
    rates, last = record.log_rates, record.counts.shape[1] - 1
    years = range(LEAST_YEARS - 1, last - lead + 1)
    seen = np.concatenate([features(record, year) for year in years])
    came = np.concatenate([rates[:, year + lead] - rates[:, year] for year in years])
    now = features(record, last)
    fits = [
        trees(loss="quantile", alpha=alpha, random_state=seed, **TREES).fit(seen, came)
        for alpha in QUANTILES
    ]
    # Quantiles fitted one by one may cross; in order they are never worse (Chernozhukov and others,
    # Econometrica 78:1093-1125, 2010).
    return np.sort([fit.predict(now) for fit in fits], axis=0)


def features(record: Record, year: int) -> Float[np.ndarray, "state feature"]:
    """What the trees see of every territory at the end of a year, counted from the first;
    nothing later is read.

    The level of the log rate, its last three changes, its distance from its mean so far, its mean
    change over five years, the level and last change of the national log rate, and for each region
    whether the territory lies in it.
    """
    rates = record.log_rates[:, : year + 1]
    national = record.national_log_rates[: year + 1]
    changes = np.diff(rates, axis=1)
    columns = [
        rates[:, -1],
        changes[:, -1],
        changes[:, -2],
        changes[:, -3],
        rates[:, -1] - rates.mean(axis=1),
        changes[:, -TREND_YEARS:].mean(axis=1),
    ]
    columns += [np.full(len(rates), national[-1]), np.full(len(rates), national[-1] - national[-2])]
    columns += [
        np.array([float(code in region) for code in record.codes])
        for region in regions(record.pack).values()
    ]
    return np.stack(columns, axis=1)


def _between(
    edges: Float[np.ndarray, "quantile state"], rank: Float[np.ndarray, "replicate state"]
) -> Float[np.ndarray, "replicate state"]:
    """Values at ranks from 0 to 1 on the broken line through the quantiles."""
    levels = np.array(QUANTILES)
    piece = np.clip(np.searchsorted(levels, rank) - 1, 0, len(levels) - 2)
    state = np.arange(edges.shape[1])
    low, high = edges[piece, state], edges[piece + 1, state]
    return low + (high - low) * (rank - levels[piece]) / (levels[piece + 1] - levels[piece])
