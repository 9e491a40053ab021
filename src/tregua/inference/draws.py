r"""Posterior draws and their diagnostics: what each unknown was before and after a fit, and whether
the chains may be believed.

The potential scale reduction (R-hat) compares chains with each other, the effective sample size
says how many independent draws they are worth. Source: A. Gelman et al., Bayesian Data Analysis
(2013), chapter 11, as NumPyro computes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from ..optional import FIT, extra
from .chains import Chains
from .density import Posterior
from .ensemble_runs import Ran
from .observations import RECORDED, Homicides, wanted

if TYPE_CHECKING:
    import pandas

LARGEST_RHAT = 1.05
"""R-hat above which chains have not met."""

LEAST_ESS = 100.0
"""Effective draws below which a band's ends are noise:
5 % tails of a hundred draws rest on five.
"""

MOST_DIVERGING = 0.01
"""Share of iterations that may diverge."""

MOVED = 0.1
"""Share of a prior deviation by which an unknown must have become narrower, or five times which its
mean must have moved, to count as moved by the record.
"""

ERRORS = 3.0
"""Standard errors of the chains by which it must be more than that:
of 200 unknowns that the record says nothing of, less than one passes by chance.
"""


JITTER = 1e-6
"""Added to the variance of a discrepancy: numbers of single precision may differ by less than
nothing in their last digits; deviations are 0.1 and more.
"""


@dataclass(frozen=True, eq=False)
class Fit:
    """Draws of the posterior and what they imply.

    Attributes:
        points: coordinates.
        values: parameters by full name.
        scatter: of the observations.
        recorded: expected homicides on record, without discrepancy.
        discrepancy: of states in each year, drawn with the point.
        members: of each group in all territories at the end of the last year [person].
        totals: what is expected of every other count, by what was counted [person].
        table: one row for each unknown.
        problems: why the draws may not be believed; empty if they may.
    """

    points: Float[np.ndarray, "draw unknown"]
    values: dict[str, Float[np.ndarray, "draw *axes"]]
    scatter: dict[str, Float[np.ndarray, "draw"]]
    recorded: Float[np.ndarray, "draw state year"]
    discrepancy: Float[np.ndarray, "draw state year"]
    members: dict[str, Float[np.ndarray, "draw"]]
    totals: dict[str, Float[np.ndarray, "draw"]]
    table: pandas.DataFrame
    problems: tuple[str, ...]


def gather(
    posterior: Posterior,
    chains: Chains,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Everything that the chains imply, in a random order of draws."""
    rng = np.random.default_rng(seed)
    table = unknown_table(posterior.unknowns.labels, chains)
    points = chains.points.reshape(-1, chains.points.shape[-1])
    points = points[rng.permutation(len(points))]
    return implied(
        posterior,
        points,
        mean_fields(posterior, points, progress),
        rng,
        table,
        problems(table, chains),
    )


def mean_fields(
    posterior: Posterior,
    points: Float[np.ndarray, "draw unknown"],
    progress: Callable[[int, int], None] | None = None,
) -> Ran:
    """The mean field at every point."""
    weights = jnp.asarray(posterior.path.weights())

    @jax.jit
    def at(z):
        weekly, end = posterior.path.run_to_end(posterior.unknowns.values(z))
        return {name: weights.T @ weekly[name] for name in wanted(posterior.streams)}, jnp.sum(
            end.stocks["members"], axis=0
        )

    runs = []
    for i, point in enumerate(points):
        runs.append(jax.device_get(at(jnp.asarray(point))))
        if progress:
            progress(i + 1, len(points))
    series = {name: np.stack([one[name] for one, _ in runs]) for name in runs[0][0]}
    return Ran(
        series,
        np.stack([np.asarray(members, float) for _, members in runs]),
        np.ones(len(runs), bool),
    )


def implied(
    posterior: Posterior,
    points: Float[np.ndarray, "draw unknown"],
    ran: Ran,
    rng: np.random.Generator,
    table: pandas.DataFrame,
    problems: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """What points and runs at them imply: parameters, totals,
    and discrepancies drawn given the record.
    """
    unknowns, stream = posterior.unknowns, posterior.homicides
    values = jax.device_get(jax.lax.map(jax.jit(unknowns.values), jnp.asarray(points)))
    scatter = {
        n: np.asarray(x, float)
        for n, x in jax.device_get(jax.vmap(unknowns.scatter)(jnp.asarray(points))).items()
    }

    @jax.jit
    def at(series, scatter):
        totals = {
            label: x
            for other in posterior.streams
            if not isinstance(other, Homicides)
            for label, x in other.totals(series, scatter).items()
        }
        return *stream.discrepancies(series, scatter), totals

    discrepancy, totals = [], []
    for i in range(len(points)):
        here = (
            {n: jnp.asarray(x[i]) for n, x in ran.series.items()},
            {n: jnp.asarray(x[i]) for n, x in scatter.items()},
        )
        mean, covariance, counted = jax.device_get(at(*here))
        root = np.linalg.cholesky(np.asarray(covariance, float) + JITTER * np.eye(len(covariance)))
        discrepancy.append(mean + (root @ rng.standard_normal(mean.size)).reshape(mean.shape))
        totals.append(counted)
        if progress:
            progress(i + 1, len(points))
    return Fit(
        points=points,
        values={n: np.asarray(x, float) for n, x in values.items()},
        scatter=scatter,
        recorded=np.moveaxis(np.asarray(ran.series[RECORDED], float), 1, 2),
        discrepancy=np.stack(discrepancy).astype(float),
        members=dict(
            zip(posterior.path.scenario.data.space.labels("group"), ran.members.T, strict=True)
        ),
        totals={label: np.array([float(one[label]) for one in totals]) for label in totals[0]},
        table=table,
        problems=tuple(problems),
    )


def unknown_table(labels: Sequence[str], chains: Chains) -> pandas.DataFrame:
    """One row for each unknown: what it was before and after the fit.

    Columns: unknown; mean and width_left: mean and standard deviation after the fit, in standard
    deviations of the prior, in which coordinates are measured; moved: whether the record says
    anything, beyond :data:`MOVED` and the error of the chains; r_hat; effective_draws; trusted:
    whether both are good enough.
    """
    import pandas

    diagnostics = extra("numpyro.diagnostics", FIT)
    points = chains.points
    mean, deviation = points.mean(axis=(0, 1)), points.std(axis=(0, 1))
    # Half chains are compared where there is only one.
    r_hat, draws = (
        np.asarray(diagnostics.split_gelman_rubin(points), float),
        np.asarray(diagnostics.effective_sample_size(points), float),
    )
    said = {
        "unknown": list(labels),
        "mean": mean,
        "width_left": deviation,
        "moved": moved(mean, deviation, np.nan_to_num(draws)),
    }
    trusted = (np.nan_to_num(r_hat, nan=np.inf) <= LARGEST_RHAT) & (
        np.nan_to_num(draws) >= LEAST_ESS
    )
    return pandas.DataFrame({**said, "r_hat": r_hat, "effective_draws": draws, "trusted": trusted})


def moved(
    mean: Float[np.ndarray, "unknown"],
    deviation: Float[np.ndarray, "unknown"],
    draws: Float[np.ndarray, "unknown"],
) -> Bool[np.ndarray, "unknown"]:
    """Whether the record says anything of unknowns with some mean and deviation after the fit,
    known from so many draws.
    """
    error = ERRORS / np.sqrt(np.maximum(draws, 1.0))
    # The standard error of a deviation is smaller than that of a mean by the root of two.
    return (deviation < 1.0 - MOVED - error / np.sqrt(2.0)) | (np.abs(mean) > 5.0 * MOVED + error)


def problems(table: Any, chains: Chains) -> list[str]:
    """Why the chains may not be believed, in words."""
    # A chain that stands still has no R-hat and no effective draws: it is the worst there is.
    r_hat, draws, complaints = (
        table["r_hat"].fillna(np.inf),
        table["effective_draws"].fillna(0.0),
        [],
    )
    worst, least = table["unknown"][r_hat.idxmax()], table["unknown"][draws.idxmin()]
    if r_hat.max() > LARGEST_RHAT:
        complaints.append(
            f"{int((r_hat > LARGEST_RHAT).sum())} of {len(table)} unknowns have an R-hat above "
            f"{LARGEST_RHAT:g}, the worst {worst} with {r_hat.max():.3f}: the chains have not met"
        )
    if draws.min() < LEAST_ESS:
        count = int((draws < LEAST_ESS).sum())
        complaints.append(
            f"{count} of {len(table)} unknowns have fewer than {LEAST_ESS:g} effective draws, the "
            f"least {least} with {draws.min():.0f}"
        )
    share = float(chains.diverging.mean())
    if share > MOST_DIVERGING:
        complaints.append(f"{100 * share:.1f} % of the iterations diverged")
    return complaints
