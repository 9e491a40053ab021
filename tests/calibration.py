r"""Whether a sampler and a density are right about data that the density's own model made:
calibration by simulation, and coverage of intervals.

Draw a truth from the prior, data from the streams at that truth, then draws of the posterior given
these data. If the density, the streams and the sampler belong together, truth and draws are
exchangeable, so that the rank of the truth among L draws is uniform on 0 to L. With a number U
uniform on 0 to 1,

.. math:: u = \frac{\#\{\text{draws below the truth}\} + U}{L + 1}

is uniform on 0 to 1 whatever L, and the truth lies in the central interval of content p with chance
p. Two statistics are kept for each quantity: the largest distance of the empirical distribution of
u from the diagonal, whose exact distribution is that of Kolmogorov and Smirnov, and the chi-square
of equal bins.

Ranks of the unknowns alone cannot see a sampler that ignores the data: the prior is exchangeable
with a truth from the prior. A quantity that depends on the data too, such as their log density,
sees it; :func:`calibrate` takes such quantities.

The check says that the computation is right, not that the model is: data come from the model
itself.

Source: S. Talts, M. Betancourt, D. Simpson, A. Vehtari, A. Gelman, Validating Bayesian Inference
Algorithms with Simulation-Based Calibration (2018), arXiv 1804.06788; for quantities that depend on
data, M. Modrák et al., Bayesian Analysis 20:461 (2025), arXiv 2211.02383.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from tregua.inference.observations import Series, Stream
from tregua.model.declarations import Number
from tregua.optional import FIT, extra
from tregua.results.scores import LEVELS

if TYPE_CHECKING:
    import pandas

CHANCE = 1e-4
"""Chance that a right computation is rejected, over all quantities of one statistic together."""

BINS = 10
"""Equal bins of the chi-square: each should expect five trials or more."""

WIDEST = max(LEVELS)
"""The interval that sees a wrong width best [%]."""

DEEPEST = 8
"""Doublings of a trajectory at most: 255 steps."""

Truth = Callable[[np.random.Generator], np.ndarray]
"""Draws a truth from the prior, shape (unknown,)."""

Data = Callable[[np.random.Generator, np.ndarray], Any]
"""Draws data at a truth."""

Sample = Callable[[np.random.Generator, Any], np.ndarray]
"""Draws of the posterior given data, shape (draw, unknown); nearly independent of each other,
or ranks are not uniform.
"""

Quantities = Callable[[np.ndarray, Any], np.ndarray]
"""What is ranked, from points and data: shape (draw, unknown) to (draw, quantity)."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where truths lie among draws of their posteriors.

    Attributes:
        names: of the quantities.
        places: from 0, below all draws, to 1, above all.
    """

    names: tuple[str, ...]
    places: Float[np.ndarray, "trial quantity"]

    @property
    def trials(self) -> int:
        """Number of truths."""
        return len(self.places)

    def deviations(self) -> Float[np.ndarray, "quantity"]:
        """Largest distance of the empirical distribution of the places from
        that of a uniform one.
        """
        ordered, step = (
            np.sort(self.places, axis=0),
            np.arange(self.trials + 1.0)[:, None] / self.trials,
        )
        return np.maximum((step[1:] - ordered).max(axis=0), (ordered - step[:-1]).max(axis=0))

    def critical(self, chance: float = CHANCE) -> float:
        """Distance that any of the quantities exceeds with at most this chance
        where all is right.
        """
        return largest_distance(self.trials, chance / len(self.names))

    def chi_square(self, bins: int = BINS) -> Float[np.ndarray, "quantity"]:
        """Sum of squared differences from equal counts over equal counts,
        of ``bins`` - 1 degrees of freedom.
        """
        counts = np.stack([np.histogram(column, bins, (0.0, 1.0))[0] for column in self.places.T])
        expected = self.trials / bins
        return ((counts - expected) ** 2 / expected).sum(axis=1)

    def covered(self, level: Number) -> Float[np.ndarray, "quantity"]:
        """Share of the truths in the central interval of ``level`` percent."""
        return (np.abs(self.places - 0.5) <= level / 200.0).mean(axis=0)

    def table(self, bins: int = BINS) -> pandas.DataFrame:
        """One row for each quantity.

        Columns: quantity, deviation, deviation_p, chi_square, chi_square_p, then covered_L and
        error_L for each level L: the share of truths in the central interval and its standard error
        where all is right. The p values are of single quantities.
        """
        import pandas
        from scipy import stats

        deviation, square = self.deviations(), self.chi_square(bins)
        columns = {
            "quantity": self.names,
            "deviation": deviation,
            "deviation_p": stats.kstwo.sf(deviation, self.trials),
            "chi_square": square,
            "chi_square_p": stats.chi2.sf(square, bins - 1),
        }
        for level in LEVELS:
            share = level / 100.0
            columns |= {
                f"covered_{level}": self.covered(level),
                f"error_{level}": np.sqrt(share * (1.0 - share) / self.trials),
            }
        return pandas.DataFrame(columns)

    def problems(self, chance: float = CHANCE, bins: int = BINS) -> list[str]:
        """What is wrong, in words; empty where every quantity passes.
        Each of the kinds of statistic raises a false alarm with at most ``chance``.
        """
        from scipy import stats

        found, single = [], chance / len(self.names)
        for name, distance in zip(self.names, self.deviations(), strict=True):
            if distance > self.critical(chance):
                found.append(
                    f"places of the true {name} are {distance:.3f} from uniform, beyond "
                    f"{self.critical(chance):.3f}"
                )
        most = float(stats.chi2.isf(single, bins - 1))
        for name, square in zip(self.names, self.chi_square(bins), strict=True):
            if square > most:
                found.append(
                    f"places of the true {name} in {bins} bins have a chi-square of "
                    f"{square:.1f}, beyond {most:.1f}"
                )
        for level in LEVELS:
            for name, share in zip(self.names, self.covered(level), strict=True):
                inside = round(share * self.trials)
                if stats.binomtest(inside, self.trials, level / 100.0).pvalue < single / len(
                    LEVELS
                ):
                    found.append(
                        f"intervals of {level} % hold the true {name} in {100.0 * share:.1f} % "
                        f"of {self.trials} trials"
                    )
        return found


def largest_distance(trials: int, chance: float = CHANCE) -> float:
    """Largest distance of the empirical distribution of so many uniform numbers from the diagonal,
    exceeded with this chance (exact).
    """
    from scipy import stats

    return float(stats.kstwo.isf(chance, trials))


def smallest_shift(trials: int, chance: float = CHANCE) -> float:
    r"""Error of the posterior's middle, in its standard deviations, that the distance finds half of
    the time or more, for a normal posterior.

    Places of the truth under a posterior moved by d have the largest distance
    :math:`2\Phi(d/2) - 1` from uniform.
    """
    from scipy import stats

    return float(2.0 * stats.norm.ppf(0.5 * (1.0 + largest_distance(trials, chance))))


def smallest_narrowing(trials: int, level: Number = WIDEST, chance: float = CHANCE) -> float:
    r"""Width of the posterior, as a share of the right one, at and below which coverage of one
    level finds it too narrow half of the time or more.

    Intervals of w times the right width hold :math:`2\Phi(w\, q) - 1` of the truths, q the
    half-width of the right one. The chance is divided among the levels, as :meth:`Places.problems`
    does.
    """
    from scipy import stats

    share = level / 100.0
    least = stats.binom.ppf(chance / len(LEVELS) / 2.0, trials, share) / trials
    return float(stats.norm.ppf(0.5 * (1.0 + least)) / stats.norm.ppf(0.5 * (1.0 + share)))


def calibrate(
    truth: Truth,
    data: Data,
    sample: Sample,
    names: Sequence[str],
    trials: int,
    seed: int,
    quantities: Quantities | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Places:
    """Places of truths from the prior among draws of the posteriors of their data.

    Args:
        truth: draws a truth from the prior.
        data: draws data at a truth.
        sample: draws of the posterior given data.
        names: of what is ranked.
        trials: truths that are drawn.
        seed: of all randomness.
        quantities: what is ranked; the unknowns themselves if None.
        progress: told after each trial.
    """
    ranked, places = quantities or (lambda points, given: points), np.zeros((trials, len(names)))
    for trial, own in enumerate(np.random.SeedSequence(seed).spawn(trials)):
        rng = np.random.default_rng(own)
        point = np.asarray(truth(rng), float)
        given = data(rng, point)
        true, drawn = (
            np.asarray(ranked(point[None], given), float),
            np.asarray(ranked(np.asarray(sample(rng, given), float), given), float),
        )
        below, same = (drawn < true).sum(axis=0), (drawn == true).sum(axis=0)
        # Among draws that equal the truth, any place is as good as another.
        places[trial] = (below + (same + 1.0) * rng.random(len(names))) / (len(drawn) + 1.0)
        if progress:
            progress(trial + 1, trials)
    return Places(tuple(names), places)


def records(
    streams: Sequence[Stream],
    series: Callable[[Array], Series],
    scatter: Callable[[Array], Mapping[str, Array]],
) -> Data:
    """Draws all streams at a truth, as the offices would have written them down.

    Args:
        streams: whose counts are replaced.
        series: what is expected at a point: of the mean field
            (:meth:`tregua.inference.density.Posterior.series`), or near a point.
        scatter: unknowns of the observations at a point
            (:meth:`tregua.inference.unknowns.Unknowns.scatter`).
    """

    def data(rng: np.random.Generator, point: Float[np.ndarray, "unknown"]) -> tuple[Stream, ...]:
        expected = series(jnp.asarray(point))
        said = {n: float(x) for n, x in scatter(jnp.asarray(point)).items()}
        # What a stream samples is what it takes; a type checker sees only that kinds differ.
        kinds: Sequence[Any] = streams
        return tuple(stream.seen(stream.sample(rng, expected, said)) for stream in kinds)

    return data


def no_u_turn(
    log_density: Callable[[Array, Any], Array], size: int, warmup: int, draws: int, apart: int
) -> Sample:
    """A sampler of the posterior by NumPyro's no-U-turn sampler,
    compiled once for all data of one shape.

    Args:
        log_density: of a point and data, up to a constant; differentiable in the point. Data are
            arrays.
        size: number of unknowns; chains start in the middle, at zero.
        warmup: iterations in which step size and scale are tuned.
        draws: number of draws.
        apart: iterations from one draw to the next, so many that draws are nearly independent.
    """
    start, step = extra("numpyro.infer.hmc", FIT).hmc(
        potential_fn_gen=lambda given: lambda z: -log_density(z, given), algo="NUTS"
    )

    @jax.jit
    def run(key: Array, given: Any) -> Float[Array, "draw unknown"]:
        state = start(
            jnp.zeros(size),
            warmup,
            step_size=0.1,
            max_tree_depth=DEEPEST,
            model_args=(given,),
            rng_key=key,
        )

        def move(state: Any, _: None) -> tuple[Any, Array]:
            state = step(state, (given,), {})
            return state, state.z

        return jax.lax.scan(move, state, None, length=warmup + draws * apart)[1][
            warmup + apart - 1 :: apart
        ]

    def sample(rng: np.random.Generator, given: Any) -> Float[np.ndarray, "draw unknown"]:
        return np.asarray(
            run(
                jnp.asarray(rng.integers(2**32, size=2), jnp.uint32),
                jax.tree.map(jnp.asarray, given),
            )
        )

    return sample
