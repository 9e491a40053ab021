r"""Automatic exponential smoothing (ETS) and ARIMA: textbook forecasts of each territory's log
rate, with the form chosen by the corrected Akaike criterion.

ETS: additive error with no trend, a trend, or a damped trend. ARIMA(p, d, q): d is 1 where the test
of Kwiatkowski and others (KPSS) rejects a steady level at 5 %, and p + q is at most two; a drift is
tried with the plain random walk. Errors are normal on the log rate:

.. math:: \ell_{t+h} \sim \text{Normal}(\hat\ell_{t+h},\ \hat\sigma^2 (1 + \sum_{j<h} c_j^2))

Sources: R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder, Forecasting with Exponential
Smoothing (2008), table 6.1 for :math:`c_j = \alpha + \beta (\phi + \dots + \phi^j)`; R. J. Hyndman,
Y. Khandakar, J. Stat. Softw. 27(3) (2008), the choice of orders; S. Seabold, J. Perktold,
statsmodels.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ...countries.record import Record
from ...optional import extra

TRENDS: tuple[dict[str, Any], ...] = (
    {"trend": None},
    {"trend": "add"},
    {"trend": "add", "damped_trend": True},
)
ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2))
"""Autoregressive and moving-average terms that are tried."""

KPSS_LIMIT = 0.463
"""Critical value of the KPSS test of a steady level at 5 % (Kwiatkowski and others, J.
Econometrics 54:159-178, 1992, table 1).
"""

WIDEST = 3.0
"""Ceiling of a standard error of the log rate: a factor of twenty.
A fit that says more has failed.
"""

Forecast = tuple[Float[np.ndarray, "lead"], Float[np.ndarray, "lead"]]


def smoothing(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Exponential smoothing in the form that fits best."""
    return _each(record, leads, replicates, rng, _smoothed)


def arima(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """ARIMA of the order that fits best."""
    return _each(record, leads, replicates, rng, _integrated)


def _each(
    record: Record,
    leads: int,
    replicates: int,
    rng: np.random.Generator,
    fit: Callable[[np.ndarray, int], Forecast],
) -> Int[np.ndarray, "replicate state lead"]:
    """Fit every territory by itself and draw; the normal number of a replicate is the same at
    all leads of a territory.
    """
    with warnings.catch_warnings():
        # Fits of forms that do not suit a series warn about it; such a form is then not chosen.
        warnings.simplefilter("ignore")
        fits = [fit(series, leads) for series in record.log_rates]
    middle, error = (np.array([forecast[i] for forecast in fits]) for i in (0, 1))
    drawn = rng.standard_normal((replicates, len(middle), 1))
    return record.deaths_at(middle + np.minimum(error, WIDEST) * drawn)


def _smoothed(series: Float[np.ndarray, "period"], leads: int) -> Forecast:
    """Mean and standard error of the best exponential smoothing."""
    model = extra("statsmodels.tsa.exponential_smoothing.ets").ETSModel
    best = min(
        (model(series, error="add", **trend).fit(disp=False) for trend in TRENDS),
        key=lambda fit: fit.aicc if np.isfinite(fit.aicc) else np.inf,
    )
    weights = dict(zip(best.param_names, best.params, strict=True))
    trend, damping = weights.get("smoothing_trend", 0.0), weights.get("damping_trend", 1.0)
    reach = weights["smoothing_level"] + trend * np.cumsum(damping ** np.arange(1, leads))
    error = np.sqrt(best.scale * (1.0 + np.concatenate([[0.0], np.cumsum(reach**2)])))
    return np.asarray(best.forecast(leads)), error


def _integrated(series: Float[np.ndarray, "period"], leads: int) -> Forecast:
    """Mean and standard error of the best ARIMA."""
    model = extra("statsmodels.tsa.arima.model").ARIMA
    steady = (
        extra("statsmodels.tsa.stattools").kpss(series, nlags="auto", result_object=False)[0]
        < KPSS_LIMIT
    )
    forms = (
        [(p, 0, q, "c") for p, q in ORDERS]
        if steady
        else [(0, 1, 0, "t"), *((p, 1, q, "n") for p, q in ORDERS)]
    )
    fits = []
    for p, d, q, trend in forms:
        try:
            fits.append(model(series, order=(p, d, q), trend=trend).fit(method="innovations_mle"))
        except (np.linalg.LinAlgError, ValueError):
            continue  # This form cannot be fitted to this series.
    best = min(fits, key=lambda fit: fit.aicc if np.isfinite(fit.aicc) else np.inf)
    ahead = best.get_forecast(leads)
    return np.asarray(ahead.predicted_mean), np.asarray(ahead.se_mean)
