r"""The statistical layer: homicides by territory and month, some months ahead, as samples;
it knows nothing but the record up to its origin.

The log rate of territory :math:`s`, :math:`h` months after the origin, is

.. math::
    \ell_{s,h} = \hat\ell_s + m_{s,h} + \epsilon_h + q_{s,h} + w_{\text{month}}, \qquad
    D_{s,h} \sim \text{NegativeBinomial}\big(N_{s,h} e^{\ell_{s,h}},\ k_s\big)

with the level :math:`\hat\ell_s` that the months so far leave (not the last year's mean, which is
half a year old), the growth :math:`m` that national momentum and the neighbours let one expect
(:mod:`tregua.forecasting.past`), effects :math:`w` of the month, and two random walks:

.. math::
    \epsilon_h = T_0\, \sigma_h\, B_0(h) / \sqrt h, \qquad
    q_{s,h} = T_s\, c_h \big( \sqrt{u_s}\, z_s + \sqrt{v_s}\, B_s(h) \big)

:math:`\epsilon` moves all territories together, :math:`q` one territory. :math:`B` are sums of
:math:`h` standard normal steps, :math:`z` is standard normal, and :math:`u_s` and :math:`v_s` are
the variances of the level and of a step of the territory's walk. :math:`\sigma_h` and :math:`c_h`
are sizes of the errors that the same rule made at the end of every earlier quarter. :math:`T` are
drawn once for a replicate and, for :math:`T_s`, a territory, so that the walks are multivariate
Student: a territory in turmoil stays so for years. :math:`T_0^2 = \nu_0 / \chi^2_{\nu_0}`, the
predictive distribution where a variance is known from :math:`\nu_0` errors only (A. Gelman and
others, Bayesian Data Analysis, 2013, section 3.2), and :math:`T_s` is scaled to have a mean square
of one, because :math:`c_h` is a root mean square.

Where a model of mechanisms says how recorded homicides grow, :math:`m` is replaced by
:math:`(1 - \omega)\, m + \omega\, g`, a pool of the two expectations.

The variance of walks is from J. Durbin, S. J. Koopman, Time Series Analysis by State Space Methods
(2012), chapter 2; what is put together here is own work.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from ..countries.record import MONTHS, Record
from ..errors import TreguaError
from .baselines.walk import scattered
from .past import LEAST_YEARS, MEAN_STEPS, MIDDLE, YEARS, Past, learnt

GROWTH_WEIGHT = 0.5
"""Weight of the mechanisms' growth against the layer's own. Declared: equal weights, which
estimated ones seldom beat where there are few origins to estimate them from (R. T. Clemen, Int. J.
Forecasting 5:559-583, 1989).
"""


def layered(
    record: Record,
    leads: int,
    replicates: int,
    rng: np.random.Generator,
    growth: Float[np.ndarray, "draw state lead"] | None = None,
    weight: float = GROWTH_WEIGHT,
) -> Int[np.ndarray, "replicate state lead"]:
    """Samples of deaths in the months after the end of a record.

    Args:
        record: of months, up to the origin.
        leads: months to forecast. Beyond four years the growth stands still and the spread goes on
            as a random walk's.
        replicates: how many samples.
        rng: random numbers.
        growth: growth of the log of recorded homicides since the origin, as a model of mechanisms
            expects it; draws are used in turn.
        weight: of that growth against the layer's own: at 0 it does not count, at 1 nothing else
            does. The spread is the layer's own in each case.

    Returns:
        Whole deaths [person]. Territories in another order give the same samples in that order.

    Raises:
        TreguaError: TR2801 for a record that is too short or not of months, TR2802 for growth or a
            weight that makes no sense.
    """
    check_record(record)
    if growth is not None:
        check_growth(growth, weight, (len(record.codes), leads))
    order = sorted(range(len(record.codes)), key=lambda i: record.codes[i])
    ordered = record.of(tuple(record.codes[i] for i in order))
    past = learnt(ordered)
    expected = expected_growth(past, leads)[None]
    if growth is not None:
        expected = (1.0 - weight) * expected + weight * growth[:, order][
            np.arange(replicates) % len(growth)
        ]
    path = past.walk.levels[:, -1, None] + expected + _walks(past, leads, replicates, rng)
    path = path + np.tile(past.walk.effects, -(-leads // MONTHS))[:leads]
    samples = np.empty(path.shape, np.int64)
    samples[:, order] = scattered(path, past.walk.size, ordered, rng)
    return samples


def yearly(
    samples: Int[np.ndarray, "replicate state month"],
) -> Int[np.ndarray, "replicate state year"]:
    """Sums of every twelve months; months of a year that is not whole are left out."""
    years = samples.shape[2] // MONTHS
    return samples[:, :, : years * MONTHS].reshape(*samples.shape[:2], years, MONTHS).sum(axis=3)


def expected_growth(past: Past, leads: int) -> Float[np.ndarray, "state lead"]:
    """Growth of the log rate from the origin to each month: that of whole years,
    joined by lines between their middles.
    """
    middles = np.concatenate([[0.0], MIDDLE + MONTHS * np.arange(YEARS)])
    return np.stack([np.interp(_ahead(leads), middles, [0.0, *growth]) for growth in past.growth])


def spreads(past: Past, leads: int) -> tuple[Float[np.ndarray, "lead"], Float[np.ndarray, "lead"]]:
    r""":math:`\sigma_h` and :math:`c_h` in each month, joined between the months of a walk that are
    as uncertain as whole years.
    """
    ahead, alike = _ahead(leads), MEAN_STEPS + MONTHS * np.arange(YEARS)
    variance = past.common**2
    last = max(variance[-1] - variance[-2], 0.0) / MONTHS
    beyond = last * np.maximum(ahead - alike[-1], 0.0)
    common = np.interp(ahead, [0.0, *alike], [0.0, *variance]) + beyond
    return np.sqrt(common), np.interp(ahead, alike, past.own)


def _walks(
    past: Past, leads: int, replicates: int, rng: np.random.Generator
) -> Float[np.ndarray, "replicate state lead"]:
    """Samples of how far the log rates go from where they are expected."""
    common, own = spreads(past, leads)
    states = len(past.walk.step)
    turmoil = _turmoil(past.common_freedom, (replicates, 1, 1), rng)
    together = (
        turmoil
        * common
        * np.cumsum(rng.standard_normal((replicates, 1, leads)), axis=2)
        / np.sqrt(_ahead(leads))
    )
    turmoil = _turmoil(past.own_freedom, (replicates, states, 1), rng) * np.sqrt(
        1.0 - 2.0 / past.own_freedom
    )
    start = np.sqrt(past.walk.unsure)[:, None] * rng.standard_normal((replicates, states, 1))
    steps = np.sqrt(past.walk.step)[:, None] * np.cumsum(
        rng.standard_normal((replicates, states, leads)), axis=2
    )
    return together + turmoil * own * (start + steps)


def _turmoil(
    freedom: float, shape: tuple[int, ...], rng: np.random.Generator
) -> Float[np.ndarray, "..."]:
    """Factors that make a normal number Student's with so many degrees of freedom."""
    return np.sqrt(freedom / rng.chisquare(freedom, shape))


def _ahead(leads: int) -> Float[np.ndarray, "lead"]:
    return np.arange(1.0, leads + 1.0)


def check_record(record: Record) -> None:
    """Refuse a record that the layer cannot be made from (TR2801)."""
    years = record.counts.shape[1] / record.season
    if record.season != MONTHS or years < LEAST_YEARS:
        given = f"{record.season} periods in a year, {years:g} years"
        raise TreguaError(
            "TR2801",
            "the layer cannot be made here",
            where="record",
            found=given,
            expected=f"months of at least {LEAST_YEARS} years",
        )


def check_growth(growth: np.ndarray, weight: float, shape: tuple[int, int]) -> None:
    """Refuse growth of another shape, without draws or not finite,
    and a weight outside 0 to 1 (TR2802).
    """
    if (
        growth.ndim != 3
        or growth.shape[1:] != shape
        or not len(growth)
        or not np.isfinite(growth).all()
    ):
        expected = f"finite numbers of the shape (draws, {shape[0]} territories, {shape[1]} months)"
        raise TreguaError(
            "TR2802",
            "this growth makes no sense",
            where="growth",
            found=f"shape {growth.shape}",
            expected=expected,
        )
    if not 0.0 <= weight <= 1.0:
        raise TreguaError(
            "TR2802",
            "this weight makes no sense",
            where="weight",
            found=weight,
            expected="a number from 0 to 1",
        )
