r"""Training of the statistical layer: what the record up to a month has taught: where each
territory stands, where such territories went in earlier years, and how far off that was.

Two signs are read at the end of a month, both on the logarithm of deaths per inhabitant and month:

- momentum: the national rate's mean over the last half year less that over the half year before,
  without the effects of the month of the year;
- the gap to the neighbours: the mean level of the territories with a common border less the
  territory's own, and less what that difference has been so far.

At the end of every earlier quarter they are set against what came in the four years after it, still
before the end of the record. For each year ahead :math:`y` one line through the origin is fitted to
all territories and quarters together,

.. math:: \bar\ell_{s,t,y} - \hat\ell_{s,t} = \sum_i b_{y,i}\, x_{i,s,t} + c_{t,y} + e_{s,t,y}

with the level :math:`\hat\ell` of the local level filter (:mod:`tregua.forecasting.baselines.walk`)
and the log rate :math:`\bar\ell` of the whole year. There is no constant: that a country's violence
has grown or fallen so far is no reason for it to go on. The slopes are shrunk towards none (ridge
regression, A. E. Hoerl, R. W. Kennard, Technometrics 12:55-67, 1970). What a forecast with the
slopes that could be known at the time would have missed is split into the mean of all territories,
:math:`c`, and the rest, :math:`e`: their sizes give the spread.

A recent trend goes on for a while: E. S. Gardner, E. McKenzie, Management Science 31:1237-1246
(1985). Homicide spreads between neighbouring areas: S. F. Messner and others, J. Quant. Criminology
15:423-450 (1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ..countries.record import HALF, MONTHS, Record
from .baselines.walk import SEASON_YEARS, Walk, walk_of

YEARS = 4
"""Years ahead at which something is learnt; what lies beyond is carried on."""

SIGNS = ("momentum", "gap to the neighbours")

HALF_YEAR = 6
"""Months of a mean of the national rate: short enough to see a turn,
long enough that chance in a month does not count.
"""

LEAST_MONTHS = 60
"""Months of record before the first quarter that is looked back on:
the filter has then forgotten its start, and a usual gap to the neighbours is known.
"""

QUARTER = 3
"""Months between the ends that are looked back on. Closer ends would see almost the same again."""

LEAST_YEARS = 11
"""Years of record below which nothing is learnt: the first five, then two years of quarters that
four years have followed.
"""

PRIOR_YEARS = 3.0
"""Strength of the shrinkage: that of three years of record in which the signs meant nothing.
Assumed; between 1 and 6 scores differ by less than 1 %.
"""

LEAST_FREEDOM, MOST_FREEDOM = 2.5, 30.0
"""Bounds of the degrees of freedom of a Student distribution: below 2 it has no variance,
above 30 it is as good as normal.
"""

MEAN_STEPS = (MONTHS + 1) * (2 * MONTHS + 1) / (6.0 * MONTHS)
"""Variance of the mean of the first twelve values of a random walk with steps of variance one:
the year ahead is as uncertain as its month 4.5.
"""

MIDDLE = (MONTHS + 1) / 2.0
"""Middle of a year ahead [month]."""


@dataclass(frozen=True, eq=False)
class Past:
    """What a record of months has taught.

    Attributes:
        walk: level of each territory at the end of each month, variance of its steps, scatter of
            its deaths.
        signs: what is read at the end of the record.
        slopes: growth of the log rate in each year ahead for one unit of a sign.
        common: root mean square of the common error of all territories in each year ahead, on the
            log rate.
        own: root mean square of the other errors, as a multiple of what the territory's random walk
            makes one expect.
        common_freedom: spans of four years that have been seen and do not overlap. So few pin the
            common spread down badly, which is why it is drawn from a Student distribution with so
            many degrees of freedom.
        own_freedom: the same for the territories' own errors, fitted to the shape of the errors
            seen.
    """

    walk: Walk
    signs: Float[np.ndarray, "state sign"]
    slopes: Float[np.ndarray, "year sign"]
    common: Float[np.ndarray, "year"]
    own: Float[np.ndarray, "year"]
    common_freedom: float
    own_freedom: float

    @property
    def growth(self) -> Float[np.ndarray, "state year"]:
        """Growth of the log rate that the signs let one expect,
        from the end of the record to each year ahead.
        """
        return self.signs @ self.slopes.T


def learnt(record: Record) -> Past:
    """What a record of months teaches; at least :data:`LEAST_YEARS` of them."""
    walk = walk_of(record, month_effects(record))
    read = signs(record, walk)
    months = record.counts.shape[1]
    slopes, common, own, shapes = [], [], [], []
    for year in range(YEARS):
        ends = np.arange(LEAST_MONTHS - 1, months - MONTHS * (year + 1), QUARTER)
        came = _year_after(record, ends, year) - walk.levels[:, ends]
        by_then = _slopes(read[:, ends], came)
        slopes.append(by_then[-1])
        errors = came - np.einsum("sti,ti->st", read[:, ends], _known(by_then, year))
        together = errors.mean(axis=0)
        apart = (errors - together) / np.sqrt(_expected(record, walk, year))[:, None]
        common.append(np.sqrt((together**2).mean()))
        own.append(np.sqrt((apart**2).mean()))
        shapes.append(_freedom(apart))
    spans = (months - LEAST_MONTHS) / (MONTHS * YEARS)
    freedom = float(np.clip(spans, LEAST_FREEDOM, MOST_FREEDOM))
    return Past(
        walk,
        read[:, -1],
        np.array(slopes),
        np.array(common),
        np.array(own),
        freedom,
        float(np.median(shapes)),
    )


def month_effects(record: Record) -> Float[np.ndarray, "month"]:
    """How a month of the year differs from the level of its time in the whole country, on the log
    rate; they add up to zero.

    Months are held against a centred mean of twelve, not against their calendar year as in the
    random walk of the baselines: in years of growth that would take the rise within the year for an
    effect of its months. Source: classical decomposition, R. J. Hyndman, G. Athanasopoulos,
    Forecasting (2021), section 3.4.
    """
    national = record.national_log_rates
    weights = np.array([0.5, *[1.0] * (MONTHS - 1), 0.5]) / MONTHS
    around = np.full_like(national, np.nan)
    around[MONTHS // 2 : -(MONTHS // 2)] = np.convolve(national, weights, mode="valid")
    effects = np.nanmean((national - around).reshape(-1, MONTHS)[-SEASON_YEARS:], axis=0)
    return effects - effects.mean()


def signs(record: Record, walk: Walk) -> Float[np.ndarray, "state month sign"]:
    """The two signs at the end of every month, from it and those before;
    zero in the first year, in which they cannot be read.
    """
    deaths, people = record.counts, record.people
    national = record.national_log_rates - np.tile(walk.effects, deaths.shape[1] // MONTHS)
    momentum = np.zeros_like(national)
    for month in range(2 * HALF_YEAR - 1, len(national)):
        recent = national[month + 1 - 2 * HALF_YEAR : month + 1]
        momentum[month] = recent[HALF_YEAR:].mean() - recent[:HALF_YEAR].mean()
    usual = np.log((np.cumsum(deaths, axis=1) + HALF) / np.cumsum(people, axis=1))
    nearby = neighbours(record)
    apart = walk.levels - usual
    gap = nearby @ apart - nearby.sum(axis=1, keepdims=True) * apart
    return np.stack([np.broadcast_to(momentum, gap.shape), gap], axis=2)


def neighbours(record: Record) -> Float[np.ndarray, "state state"]:
    """Weight of each territory in the mean of another's neighbours:
    the same for all with a common border. Rows add up to one, or zero without any.
    """
    touch = record.touching
    return touch / np.maximum(touch.sum(axis=1, keepdims=True), 1.0)


def _year_after(
    record: Record, ends: Int[np.ndarray, "end"], year: int
) -> Float[np.ndarray, "state end"]:
    """Log rate, per month, of the twelve months that begin so many years after
    the end of a month.
    """
    months = ends[:, None] + 1 + MONTHS * year + np.arange(MONTHS)
    return np.log(
        (record.counts[:, months].sum(axis=2) + HALF) / record.people[:, months].sum(axis=2)
    )


def _slopes(
    read: Float[np.ndarray, "state end sign"], came: Float[np.ndarray, "state end"]
) -> Float[np.ndarray, "end sign"]:
    """Ridge regressions through the origin on the first end, the first two, and so on, with signs
    in units of their root mean square.
    """
    products = np.cumsum(np.einsum("sti,stj->tij", read, read), axis=0)
    with_what_came = np.cumsum(np.einsum("sti,st->ti", read, came), axis=0)
    prior = PRIOR_YEARS * MONTHS / (QUARTER * np.arange(1.0, len(products) + 1.0))
    size = np.einsum("tii->ti", products) + np.finfo(float).tiny
    shrunk = products + np.einsum("t,ti,ij->tij", prior, size, np.eye(read.shape[2]))
    return np.linalg.solve(shrunk, with_what_came[:, :, None])[:, :, 0]


def _known(slopes: Float[np.ndarray, "end sign"], year: int) -> Float[np.ndarray, "end sign"]:
    """Slopes that could be known at each end: from earlier ends whose year ahead was then over;
    none before the first of them.
    """
    wait = MONTHS // QUARTER * (year + 1)
    return np.concatenate([np.zeros((wait, slopes.shape[1])), slopes])[: len(slopes)]


def _expected(record: Record, walk: Walk, year: int) -> Float[np.ndarray, "state"]:
    """Variance that a territory's walk lets one expect of the log rate of a whole year ahead:
    steps, what is not known about the level, scatter of deaths.
    """
    steps = walk.step * (MONTHS * year + MEAN_STEPS)
    deaths = record.counts[:, -SEASON_YEARS * MONTHS :].mean(axis=1) * MONTHS
    return steps + walk.unsure + 1.0 / (deaths + 1.0) + 1.0 / (MONTHS * walk.size)


def _freedom(errors: Float[np.ndarray, "state end"]) -> float:
    """Degrees of freedom of the Student distribution around zero that suits errors best (maximum
    likelihood, :func:`scipy.stats.t.fit`).
    """
    from scipy import stats

    return float(np.clip(stats.t.fit(errors.ravel(), floc=0.0)[0], LEAST_FREEDOM, MOST_FREEDOM))
