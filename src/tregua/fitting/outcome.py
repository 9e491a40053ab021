r"""What a fit leaves behind: draws, what each unknown was before and after, and whether the chains may be believed.

The potential scale reduction (R-hat) compares chains with each other, the effective sample size says how many independent draws they are worth.
Source: A. Gelman et al., Bayesian Data Analysis (2013), chapter 11, as NumPyro computes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..extras import FIT, extra
from .chains import Chains
from .density import Posterior
from .streams import RECORDED, Homicides

if TYPE_CHECKING:
    import pandas

LARGEST_RHAT = 1.05
"""R-hat above which chains have not met."""

LEAST_ESS = 100.0
"""Effective draws below which a band's ends are noise: 5 % tails of a hundred draws rest on five."""

MOST_DIVERGING = 0.01
"""Share of iterations that may diverge."""

SUMMED = ("members",)
"""Stocks whose numbers at the end of each year are kept beside the streams' series."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Draws of the posterior and what they imply.

    Attributes:
        points: coordinates.
        values: parameters by full name.
        scatter: of the observations.
        recorded: expected homicides on record, without discrepancy.
        discrepancy: of states in each year, drawn with the point.
        members: of all groups in each territory at the end of each year.
        table: one row for each unknown.
        problems: why the chains may not be believed; empty if they may.
    """

    points: Float[np.ndarray, "draw unknown"]
    values: dict[str, Float[np.ndarray, "draw *axes"]]
    scatter: dict[str, Float[np.ndarray, "draw"]]
    recorded: Float[np.ndarray, "draw state year"]
    discrepancy: Float[np.ndarray, "draw state year"]
    members: Float[np.ndarray, "draw state year"]
    table: pandas.DataFrame
    problems: tuple[str, ...]


def gather(posterior: Posterior, chains: Chains, seed: int, progress: Callable[[int, int], None] | None = None) -> Fit:
    """Everything that the chains imply, in a random order of draws."""
    rng = np.random.default_rng(seed)
    # Every coordinate is measured in standard deviations of its prior; the curvature at the middle of a skewed one says something else, by up to a tenth.
    table = unknown_table(posterior.unknowns.labels, np.ones(posterior.unknowns.size), chains)
    points = chains.points.reshape(-1, chains.points.shape[-1])
    points = points[rng.permutation(len(points))]
    unknowns = posterior.unknowns
    values = jax.device_get(jax.lax.map(jax.jit(unknowns.values), jnp.asarray(points)))
    scatter = {n: np.asarray(x) for n, x in jax.device_get(jax.vmap(unknowns.scatter)(jnp.asarray(points))).items()}
    recorded, discrepancy, members = implied(posterior, points, rng, progress)
    return Fit(points, values, scatter, recorded, discrepancy, members, table, tuple(problems(table, chains)))


def implied(
    posterior: Posterior, points: Float[np.ndarray, "draw unknown"], rng: np.random.Generator, progress=None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expected record, discrepancies drawn given the record, and members at the end of each year, at every point; each shape (draw, state, year)."""
    stream = next(s for s in posterior.streams if isinstance(s, Homicides))
    last = np.array([np.flatnonzero(column)[-1] for column in posterior.path.weights().T])

    @jax.jit
    def at(z):
        found = posterior.path.run(posterior.unknowns.values(z))
        series = {RECORDED: jnp.asarray(posterior.path.weights()).T @ found[RECORDED]}
        mean, covariance = stream.discrepancies(series, posterior.unknowns.scatter(z))
        # A sum of many small differences may be negative in its last digits.
        root = jnp.linalg.cholesky(covariance + 1e-9 * jnp.eye(len(covariance)))
        return series[RECORDED].T, mean, root, found["members"][last].T

    kept = []
    for i, point in enumerate(points):
        recorded, mean, root, members = jax.device_get(at(jnp.asarray(point)))
        kept.append((recorded, mean + (root @ rng.standard_normal(mean.size)).reshape(mean.shape), members))
        if progress:
            progress(i + 1, len(points))
    return tuple(np.stack(x) for x in zip(*kept, strict=True))


def unknown_table(labels: Sequence[str], prior: Float[np.ndarray, "unknown"], chains: Chains) -> pandas.DataFrame:
    """One row for each unknown: mean and deviation after the fit in deviations of the prior, what is left of the prior's width, R-hat and effective draws.

    Args:
        labels: of the unknowns.
        prior: standard deviation of every coordinate before the fit.
        chains: after it.

    Columns: unknown, mean, deviation, width_left (deviation after over deviation before), moved (whether the record says anything: less than 90 % of
    the width is left, or the mean has moved by half a deviation), r_hat, effective_draws.
    """
    import pandas

    diagnostics = extra("numpyro.diagnostics", FIT)
    points = chains.points
    mean, deviation = points.mean(axis=(0, 1)) / prior, points.std(axis=(0, 1)) / prior
    # Half chains are compared where there is only one.
    r_hat = diagnostics.split_gelman_rubin(points)
    return pandas.DataFrame(
        {
            "unknown": list(labels),
            "mean": mean,
            "deviation": deviation,
            "width_left": deviation,
            "moved": (deviation < 0.9) | (np.abs(mean) > 0.5),
            "r_hat": np.asarray(r_hat, float),
            "effective_draws": np.asarray(diagnostics.effective_sample_size(points), float),
        }
    ).drop(columns="deviation")


def problems(table: Any, chains: Chains) -> list[str]:
    """Why the chains may not be believed, in words."""
    # A chain that stands still has no R-hat and no effective draws: it is the worst there is.
    r_hat, draws, found = table["r_hat"].fillna(np.inf), table["effective_draws"].fillna(0.0), []
    worst, least = table["unknown"][r_hat.idxmax()], table["unknown"][draws.idxmin()]
    if r_hat.max() > LARGEST_RHAT:
        found.append(
            f"{int((r_hat > LARGEST_RHAT).sum())} of {len(table)} unknowns have an R-hat above {LARGEST_RHAT:g}, the worst {worst} with {r_hat.max():.3f}: "
            "the chains have not met"
        )
    if draws.min() < LEAST_ESS:
        count = int((draws < LEAST_ESS).sum())
        found.append(f"{count} of {len(table)} unknowns have fewer than {LEAST_ESS:g} effective draws, the least {least} with {draws.min():.0f}")
    share = float(chains.diverging.mean())
    if share > MOST_DIVERGING:
        found.append(f"{100 * share:.1f} % of the iterations diverged")
    return found
