"""Fit by the ensemble smoother, pass by pass; each pass is kept, so that an interrupted fit goes on
with the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..engine.run import Progress
from ..results.checkpoints import read_whole, write_whole
from ..scenarios.posterior import EFFECT, MOST_MISFIT
from .draws import implied, moved
from .ensemble import IDLE, Compared, Size, update
from .ensemble_runs import Ran, run_all
from .job import Work
from .laplace import LEAST
from .observations import RECORDED, wanted
from .scatter import DISCREPANT, PRIORS, draw, typical
from .unknowns import scatter_at

if TYPE_CHECKING:
    import pandas

LEAST_IDLE_WIDTH = 0.85
"""Width that idle coordinates must keep: what the method takes from them it takes
from every unknown.
"""

MOST_LOST = 0.02
"""Share of points that may be lost to runs that met numbers that make no sense."""

SEEDS_APART = 1000
"""Distance between the seeds of two fits, of which the passes take those between."""


@dataclass(frozen=True, eq=False)
class Pass:
    """The ensemble before or after a pass.

    Attributes:
        points: coordinates.
        idle: coordinates that nothing reads.
        misfit: of each pass so far.
        lost: points lost so far.
    """

    points: Float[np.ndarray, "point unknown"]
    idle: Float[np.ndarray, "point idle"]
    misfit: tuple[float, ...]
    lost: int


@dataclass(eq=False)
class EnsembleJob(Work[Size]):
    """A fit by an ensemble of runs with chance (:mod:`tregua.inference.ensemble`)."""

    method = "ensemble"

    ensemble: Pass = field(init=False)
    ran: Ran = field(init=False)
    scatter: dict[str, float] = field(init=False)

    @cached_property
    def compared(self) -> Compared:
        """The record as one vector."""
        return Compared(self.posterior.streams)

    def parts(self) -> dict[str, Any]:
        """The passes, a last run at the points that they end with, and what follows from it."""

        def numbered(number: int):
            return lambda told: self._pass(number, told)

        passes = {
            f"Pass {i + 1} of {self.size.passes}": numbered(i) for i in range(self.size.passes)
        }
        return {**passes, "Running the fitted points": self._last, "Drawing": self._draw}

    def how(self) -> dict[str, Any]:
        """The ensemble, for the record."""
        return {
            "method": self.method,
            "ensemble": {
                "points": self.size.points,
                "passes": self.size.passes,
                "seed": self.size.seed,
            },
            "misfit": [round(x, 3) for x in self.ensemble.misfit],
            "idle_width": round(self._idle_width, 3),
            "points_lost": self.ensemble.lost,
            "scatter": {n: round(x, 4) for n, x in self.scatter.items()},
        }

    @property
    def _idle_width(self) -> float:
        return float(self.ensemble.idle.std(axis=0).mean())

    def _begin(self) -> Pass:
        rng, unknowns = np.random.default_rng((self.size.seed, 0)), self.posterior.unknowns
        points = np.stack([unknowns.draw(rng) for _ in range(self.size.points)])
        return Pass(points, rng.standard_normal((len(points), IDLE)), (), 0)

    def _pass(self, number: int, told: Progress) -> None:
        file = self.folder / f"pass-{number}.npz"
        stored = read_whole(file)
        if stored is not None:
            self.ensemble = Pass(
                stored["points"],
                stored["idle"],
                tuple(map(float, stored["misfit"])),
                int(stored["lost"]),
            )
            return
        before = self._begin() if number == 0 else self.ensemble
        before, ran = self._run(before, number, told)
        predicted, covariance, misfit = self._compare(before.points, ran.series)
        unknowns = self.posterior.unknowns
        effects = [f"{EFFECT}{name} in " for name in unknowns.affected]
        may_move = self.compared.may_move(unknowns.labels, effects, unknowns.territories)
        together, free = (
            np.hstack([before.points, before.idle]),
            np.ones((IDLE, may_move.shape[1]), bool),
        )
        rng = np.random.default_rng((self.size.seed, number + 1))
        after = update(
            together,
            predicted,
            self.compared.observed(),
            covariance,
            self.size.inflations[number],
            np.vstack([may_move, free]),
            rng,
        )
        self.ensemble = Pass(
            after[:, :-IDLE], after[:, -IDLE:], (*before.misfit, misfit), before.lost
        )
        write_whole(
            file,
            {
                "points": self.ensemble.points,
                "idle": self.ensemble.idle,
                "misfit": np.array(self.ensemble.misfit),
                "lost": np.array(self.ensemble.lost),
            },
        )

    def _run(self, ensemble: Pass, number: int, told: Progress) -> tuple[Pass, Ran]:
        """Run every point once; those whose run met numbers that make no sense are lost."""
        values = jax.device_get(
            jax.jit(jax.vmap(self.posterior.unknowns.values))(jnp.asarray(ensemble.points))
        )
        arrays = {name: np.asarray(x, float) for name, x in values.items()}
        ran = run_all(
            self.scenario,
            arrays,
            wanted(self.posterior.streams),
            self.size.seed * SEEDS_APART + number,
            told,
        )
        well = ran.well
        left = Pass(
            ensemble.points[well],
            ensemble.idle[well],
            ensemble.misfit,
            ensemble.lost + int((~well).sum()),
        )
        return left, Ran({n: x[well] for n, x in ran.series.items()}, ran.members[well], well[well])

    def _compare(
        self, points: np.ndarray, series: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Predictions, covariance of the record around their middle, and the mean misfit."""
        scatter = {
            n: np.asarray(x)
            for n, x in jax.vmap(self.posterior.unknowns.scatter)(jnp.asarray(points)).items()
        }
        predicted, middle = (
            self.compared.predicted(series, scatter),
            {n: np.exp(np.log(x + LEAST).mean(axis=0)) for n, x in series.items()},
        )
        self.scatter = {n: float(np.exp(np.log(x).mean())) for n, x in scatter.items()}
        # Given how far the middle of the ensemble is from the record:
        # single runs are farther by their chance.
        residual = self._residuals(predicted).mean(axis=0, keepdims=True)
        mean = jnp.asarray(typical(self.posterior.homicides, residual, middle[RECORDED]))
        self.scatter |= {n: float(x) for n, x in scatter_at(mean, PRIORS).items()}
        # With a scatter that follows the residuals any ensemble would reach the record:
        # the misfit is told in that which the priors expect.
        expected = self.compared.covariance(
            middle, self.scatter | {n: prior.median for n, prior in PRIORS.items()}
        )
        whitened = np.linalg.solve(
            np.linalg.cholesky(expected), (self.compared.observed() - predicted).T
        )
        return (
            predicted,
            self.compared.covariance(middle, self.scatter),
            float((whitened**2).mean()),
        )

    def _residuals(
        self, predicted: Float[np.ndarray, "point datum"]
    ) -> Float[np.ndarray, "point cell"]:
        """Record less prediction of the homicides."""
        cells = self.compared.cells(self.posterior.homicides)
        return (self.compared.observed() - predicted)[:, cells]

    def _last(self, told: Progress) -> None:
        """Run the points once more, and draw what the homicides scatter by at each."""
        file = self.folder / "last.npz"
        stored = read_whole(file)
        if stored is None:
            self.ensemble, self.ran = self._run(self.ensemble, self.size.passes, told)
            write_whole(
                file,
                {
                    **{f"series/{n}": x for n, x in self.ran.series.items()},
                    "members": self.ran.members,
                    "points": self.ensemble.points,
                    "idle": self.ensemble.idle,
                    "lost": np.array(self.ensemble.lost),
                },
            )
        else:
            self.ensemble = Pass(
                stored["points"], stored["idle"], self.ensemble.misfit, int(stored["lost"])
            )
            series = {n.partition("/")[2]: x for n, x in stored.items() if n.startswith("series/")}
            self.ran = Ran(series, stored["members"], np.ones(len(stored["points"]), bool))
        predicted, _, misfit = self._compare(self.ensemble.points, self.ran.series)
        rng = np.random.default_rng((self.size.seed, SEEDS_APART))
        points, labels = self.ensemble.points.copy(), self.posterior.unknowns.labels
        middle = np.asarray(self.ran.series[RECORDED], float).mean(axis=0)
        points[:, [labels.index(n) for n in DISCREPANT]] = draw(
            self.posterior.homicides, self._residuals(predicted), middle, rng, told
        )
        self.ensemble = Pass(
            points, self.ensemble.idle, (*self.ensemble.misfit, misfit), self.ensemble.lost
        )

    def _draw(self, told: Progress) -> None:
        """Discrepancies at every point given the record, and the tables."""
        points, rng = self.ensemble.points, np.random.default_rng((self.size.seed, SEEDS_APART + 1))
        table = ensemble_table(self.posterior.unknowns.labels, points)
        complaints = problems(
            self._idle_width, self.ensemble.misfit[-1], self.ensemble.lost, self.size.points
        )
        self.fit = implied(self.posterior, points, self.ran, rng, table, complaints, told)


def ensemble_table(
    labels: Sequence[str], points: Float[np.ndarray, "point unknown"]
) -> pandas.DataFrame:
    """One row for each unknown, as :func:`tregua.inference.draws.unknown_table` has it;
    points are independent of each other but for the ensemble's means.
    """
    import pandas

    mean, deviation, draws = (
        points.mean(axis=0),
        points.std(axis=0),
        np.full(len(labels), float(len(points))),
    )
    said = {
        "unknown": list(labels),
        "mean": mean,
        "width_left": deviation,
        "moved": moved(mean, deviation, draws),
    }
    return pandas.DataFrame({**said, "effective_draws": draws, "trusted": True})


def problems(idle_width: float, misfit: float, lost: int, begun: int) -> list[str]:
    """Why the ensemble may not be believed, in words."""
    complaints = []
    if idle_width < LEAST_IDLE_WIDTH:
        complaints.append(
            f"coordinates that nothing reads have {100 * idle_width:.0f} % of their width left: "
            "the ensemble is too small, and all bands too narrow"
        )
    if misfit > MOST_MISFIT:
        complaints.append(
            f"the fitted points miss the record by {misfit:.1f} squared deviations a datum, "
            "where the priors expect one"
        )
    if lost > MOST_LOST * begun:
        complaints.append(f"{lost} of {begun} points met numbers that make no sense")
    return complaints
