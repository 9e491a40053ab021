r"""Observation models: streams of the record, each with its likelihood; how the record comes about
if the model were true. Each can be sampled and scored.

**Homicides by state and year** are negative binomial around what the mechanisms expect times a
discrepancy, which is declared statistical and no mechanism:

.. math::
    H_{st} \sim \text{NegativeBinomial}(\mu_{st} e^{\delta_{st}}, k), \qquad
    \delta_{st} = \delta_{s,t-1} + \sigma_s \varepsilon_{st} + \sigma_n \eta_t

The mean :math:`\mu` already holds those killed by groups and those killed without them, times what
is registered (:mod:`tregua.mechanisms.reporting`). Without :math:`\delta` four hundred state-years
would count as independent witnesses, and the posterior would be narrow and wrong. It is integrated
out: on the log

.. math:: \log(H + \tfrac12) \approx N\big(\log(\mu + \tfrac12),\ \Sigma\big), \qquad
    \Sigma = (\sigma_s^2 I + \sigma_n^2 1 1^T) \otimes M +
        \operatorname{diag}\Big(\frac1{\mu + 1/2} + \frac1k + e^2\Big), \quad M_{tu} = \min(t, u)

with e the relative error of the record, as the pack of the country tells it. The approximation is
measured in the tests.

**Deaths in fights of groups** are log-normal around a multiple of those whom the mechanisms expect
to be killed in fights of groups, with one multiple for each period (:class:`Share`). **Totals** of
the whole country are log-normal around what the model expects.

Which counts there are, and their sources, stands in the pack of the country
(:mod:`tregua.countries.observed`); :mod:`tregua.inference.streams` reads them.

Source: the random walk is a local level model (J. Durbin, S. J. Koopman, Time Series Analysis by
State Space Methods, 2012, chapter 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..countries.record import HALF
from ..model.declarations import LogNormal

RECORDED = "reporting.homicides"
"""The record of the model that the homicides on record are compared with."""

FIGHTS = ("conflict.killed", "civilians.caught")
"""Flows of those killed in fights of groups."""

NOWHERE = -1
"""Number that stands for no single state."""

Scatter = Mapping[str, float | Float[Array, ""]]
"""Unknowns of the observations by name (:attr:`tregua.inference.unknowns.Unknowns.scatters`)."""

Series = Mapping[str, Float[np.ndarray | Array, "year territory"]]
"""Expected numbers of every calendar year, by series."""


def normal(
    residuals: Float[Array, "cell *point"], covariance: Float[Array, "cell cell"]
) -> Float[Array, "*point"]:
    """Log density of a normal distribution around zero at each column of residuals,
    up to a constant.
    """
    root = jnp.linalg.cholesky(covariance)
    whitened = jax.scipy.linalg.solve_triangular(root, residuals, lower=True)
    return -0.5 * jnp.sum(whitened**2, axis=0) - jnp.sum(jnp.log(jnp.diag(root)))


@dataclass(frozen=True, eq=False)
class Homicides:
    """Homicides on record, by state and year.

    Attributes:
        years: calendar years.
        counts: deaths [person]; an array of JAX where one compiled density serves many records.
        errors: relative error of each count.
    """

    flows: ClassVar[tuple[str, ...]] = (RECORDED,)
    """Series of the model that it reads."""

    years: tuple[int, ...]
    counts: Float[np.ndarray | Array, "state year"]
    errors: Float[np.ndarray, "state year"]

    @property
    def priors(self) -> Mapping[str, LogNormal]:
        """Unknowns that no other stream has: those of homicides are in every fit."""
        return {}

    @cached_property
    def _steps(self) -> Float[np.ndarray, "year year"]:
        """Variance of a walk of unit steps that has taken one step in the first year."""
        number = np.arange(1.0, len(self.years) + 1.0)
        return np.minimum(number[:, None], number[None, :])

    def walk(self, scatter: Scatter) -> Float[Array, "cell cell"]:
        """Covariance of the discrepancies of all states (slow) and years (fast)."""
        states = len(self.counts)
        between = (
            scatter["step of a state"] ** 2 * jnp.eye(states) + scatter["step of the nation"] ** 2
        )
        return jnp.kron(between, jnp.asarray(self._steps))

    def noise(
        self, expected: Float[Array, "state year"], scatter: Scatter
    ) -> Float[Array, "state year"]:
        """Variance of the log of a count around its mean and discrepancy."""
        return 1.0 / (expected + HALF) + 1.0 / scatter["dispersion"] + jnp.asarray(self.errors) ** 2

    @property
    def places(self) -> Int[np.ndarray, "cell"]:
        """Number of the state of each cell, states slow and years fast."""
        return np.repeat(np.arange(len(self.counts)), len(self.years))

    def observed(self) -> Float[Array, "cell"]:
        """Log of the record."""
        return jnp.log(jnp.asarray(self.counts) + HALF).ravel()

    def predicted(self, series: Series, scatter: Scatter) -> Float[Array, "cell"]:
        """Log of what is expected, without discrepancy."""
        return jnp.log(jnp.asarray(series[RECORDED]).T + HALF).ravel()

    def covariance(self, series: Series, scatter: Scatter) -> Float[Array, "cell cell"]:
        """Covariance of the log of the record around what is expected: discrepancy and noise."""
        return self.walk(scatter) + jnp.diag(
            self.noise(jnp.asarray(series[RECORDED]).T, scatter).ravel()
        )

    def log_density(self, series: Series, scatter: Scatter) -> Float[Array, ""]:
        """Log density of the logs of the counts, with the discrepancies integrated out."""
        return normal(
            self.observed() - self.predicted(series, scatter), self.covariance(series, scatter)
        )

    def discrepancies(
        self, series: Series, scatter: Scatter
    ) -> tuple[Float[Array, "state year"], Float[Array, "cell cell"]]:
        """Mean and covariance of the discrepancies, given the record (smoothed)."""
        walk = self.walk(scatter)
        gain = jnp.linalg.solve(self.covariance(series, scatter), walk).T
        mean = gain @ (self.observed() - self.predicted(series, scatter))
        return mean.reshape(self.counts.shape), walk - gain @ walk

    def sample(
        self, rng: np.random.Generator, series: Series, scatter: Scatter
    ) -> Int[np.ndarray, "state year"]:
        """Counts as the offices would have written them down."""
        states, years = self.counts.shape
        steps = scatter["step of a state"] * rng.standard_normal((states, years)) + scatter[
            "step of the nation"
        ] * rng.standard_normal(years)
        error = self.errors * rng.standard_normal((states, years))
        expected = np.asarray(series[RECORDED]).T * np.exp(np.cumsum(steps, axis=1) + error)
        return rng.poisson(
            expected
            * rng.gamma(scatter["dispersion"], 1.0 / scatter["dispersion"], (states, years))
        )

    def seen(self, counts: Int[np.ndarray, "state year"]) -> Homicides:
        """The same stream with other counts."""
        return replace(self, counts=np.asarray(counts, float))


@dataclass(frozen=True)
class Share:
    """Years over which a count was a steady multiple of the deaths that are expected in fights.

    The multiple is what is counted for each person of whom the mechanisms expect that he is killed
    in a fight of groups. It is not a part of a whole. A source ties only some of those killed to
    groups that it knows, which lowers it; mechanisms that expect too few such deaths raise it, and
    above one it says so. It can only be read off once the level of fights is known.

    Attributes:
        first, last: years.
        prior: of the multiple.
    """

    first: int
    last: int
    prior: LogNormal


@dataclass(frozen=True, eq=False)
class Fights:
    """Deaths in fights of groups, by state and period.

    Attributes:
        years: calendar years.
        counts: deaths by period that the years touch [person].
        shares: all periods, by the name of the unknown multiple of each.
        spread: standard deviation of the log of the count of a state and period around that
            multiple.
        name: what was counted.
        flows: series whose sum is compared with it.
    """

    years: tuple[int, ...]
    counts: Mapping[str, Float[np.ndarray, "state"]]
    shares: Mapping[str, Share]
    spread: float
    name: str = "killed in fights"
    flows: tuple[str, ...] = FIGHTS

    @property
    def priors(self) -> Mapping[str, LogNormal]:
        """Its unknowns: the multiple of each period."""
        return {name: share.prior for name, share in self.shares.items()}

    def expected(self, series: Series, scatter: Scatter) -> dict[str, Float[Array, "state"]]:
        """Deaths that are expected on record, by period."""
        deaths: Any = sum(jnp.asarray(series[name]) for name in self.flows)
        years, spans = np.array(self.years), {p: self.shares[p] for p in self.counts}
        return {
            p: scatter[p] * deaths[(years >= span.first) & (years <= span.last)].sum(axis=0)
            for p, span in spans.items()
        }

    @property
    def places(self) -> Int[np.ndarray, "cell"]:
        """Number of the state of each cell, periods slow and states fast."""
        return np.concatenate([np.arange(len(x)) for x in self.counts.values()])

    def observed(self) -> Float[Array, "cell"]:
        """Log of the record."""
        return jnp.log(jnp.concatenate([jnp.asarray(x) for x in self.counts.values()]) + HALF)

    def predicted(self, series: Series, scatter: Scatter) -> Float[Array, "cell"]:
        """Log of what is expected."""
        return jnp.log(jnp.concatenate(list(self.expected(series, scatter).values())) + HALF)

    def variance(self, series: Series, scatter: Scatter) -> Float[Array, "cell"]:
        """Variance of the log of the record around what is expected."""
        return self.spread**2 + 1.0 / (
            jnp.concatenate(list(self.expected(series, scatter).values())) + HALF
        )

    def covariance(self, series: Series, scatter: Scatter) -> Float[Array, "cell cell"]:
        """The variances as a matrix."""
        return jnp.diag(self.variance(series, scatter))

    def log_density(self, series: Series, scatter: Scatter) -> Float[Array, ""]:
        """Log density of the logs of the counts, up to a constant."""
        variance = self.variance(series, scatter)
        return -0.5 * jnp.sum(
            (self.observed() - self.predicted(series, scatter)) ** 2 / variance + jnp.log(variance)
        )

    def totals(self, series: Series, scatter: Scatter) -> dict[str, Float[Array, ""]]:
        """What is expected in all states, by what was counted [person]."""
        return {self._named(p): jnp.sum(x) for p, x in self.expected(series, scatter).items()}

    def counted(self) -> dict[str, tuple[int, int, float]]:
        """First year, last year and count in all states [person], by what was counted."""
        return {
            self._named(p): (
                max(self.shares[p].first, self.years[0]),
                min(self.shares[p].last, self.years[-1]),
                float(np.sum(x)),
            )
            for p, x in self.counts.items()
        }

    def _named(self, period: str) -> str:
        return f"{self.name}, {self.shares[period].first}-{self.shares[period].last}"

    def sample(
        self, rng: np.random.Generator, series: Series, scatter: Scatter
    ) -> dict[str, Int[np.ndarray, "state"]]:
        """Counts as the data base would have them."""
        means = {p: np.asarray(x) for p, x in self.expected(series, scatter).items()}
        return {
            p: rng.poisson(x * np.exp(self.spread * rng.standard_normal(x.shape)))
            for p, x in means.items()
        }

    def seen(self, counts: Mapping[str, np.ndarray]) -> Fights:
        """The same stream with other counts."""
        return replace(self, counts={period: np.asarray(x, float) for period, x in counts.items()})


@dataclass(frozen=True, eq=False)
class Total:
    """One number for the whole country and some years.

    Attributes:
        name: what was counted.
        flows: series whose sum is compared with it.
        first, last: years.
        count: what was counted [person].
        spread: standard deviation of its log around what the model expects.
    """

    name: str
    flows: tuple[str, ...]
    first: int
    last: int
    count: float
    spread: float
    years: tuple[int, ...]

    @property
    def priors(self) -> Mapping[str, LogNormal]:
        """No unknown of its own."""
        return {}

    def expected(self, series: Series) -> Float[Array, ""]:
        """What the model expects [person]."""
        chosen = np.array([self.first <= year <= self.last for year in self.years])
        deaths: Any = sum(jnp.sum(series[name][chosen]) for name in self.flows)
        return deaths

    def totals(self, series: Series, scatter: Scatter) -> dict[str, Float[Array, ""]]:
        """What is expected, by what was counted [person]."""
        return {self._named: self.expected(series)}

    def counted(self) -> dict[str, tuple[int, int, float]]:
        """First year, last year and count [person], by what was counted."""
        return {self._named: (self.first, self.last, self.count)}

    @property
    def _named(self) -> str:
        return f"{self.name}, {self.first}-{self.last}"

    @property
    def places(self) -> Int[np.ndarray, "cell"]:
        """No state: the number is for the whole country."""
        return np.array([NOWHERE])

    def observed(self) -> Float[Array, "cell"]:
        """Log of what was counted."""
        return jnp.log(jnp.asarray([self.count]) + HALF)

    def predicted(self, series: Series, scatter: Scatter) -> Float[Array, "cell"]:
        """Log of what is expected."""
        return jnp.log(self.expected(series) + HALF)[None]

    def covariance(self, series: Series, scatter: Scatter) -> Float[Array, "cell cell"]:
        """Its variance as a matrix."""
        return jnp.asarray([[self.spread**2]])

    def log_density(self, series: Series, scatter: Scatter) -> Float[Array, ""]:
        """Log density, up to a constant."""
        return -0.5 * ((self.observed() - self.predicted(series, scatter))[0] / self.spread) ** 2

    def sample(self, rng: np.random.Generator, series: Series, scatter: Scatter) -> float:
        """A number as the office would have published it."""
        return float(
            (float(self.expected(series)) + HALF) * np.exp(self.spread * rng.standard_normal())
            - HALF
        )

    def seen(self, counts: float) -> Total:
        """The same stream with another count."""
        return replace(self, count=counts)


Stream = Homicides | Fights | Total


def wanted(streams: Sequence[Stream]) -> tuple[str, ...]:
    """Series that streams read."""
    return tuple(dict.fromkeys(flow for stream in streams for flow in stream.flows))
