r"""Posterior mode (MAP): the best point, where the log density of the posterior is highest, by a
quasi-Newton method with exact gradients.

The spreads of state effects are held at their prior medians meanwhile: the highest point of a
density over effects and their spread is no summary of either (the spread runs to where the effects
cost nothing). Chains free them.

Source of the method: R. H. Byrd, P. Lu, J. Nocedal, C. Zhu, SIAM J. Sci. Comput. 16:1190 (1995), as
SciPy has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from ..errors import TreguaError
from .density import Posterior
from .unknowns import SPREAD

MOST_STEPS = 200
"""Iterations after which a search gives up; 50 to 150 are usual."""

MEMORY = 30
"""Earlier steps from which the curvature is guessed."""

TOLERANCE = 1e-7
"""Relative gain of the log density by one iteration below which the search ends: no two models can
be told apart by less. The mean field has kinks, where places run out of recruits, so that the slope
need not vanish.
"""

HELD = SPREAD
"""Beginning of the labels that are held."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Best:
    """The best point.

    Attributes:
        point: coordinates.
        log_density: there, up to a constant.
        evaluations: runs of the model with gradient.
        converged: whether the search ended by its own criteria.
    """

    point: Float[np.ndarray, "unknown"]
    log_density: float
    evaluations: int
    converged: bool


def find_best(
    posterior: Posterior,
    start: Float[np.ndarray, "unknown"] | None = None,
    progress: Progress | None = None,
    steps: int = MOST_STEPS,
) -> Best:
    """Search the best point from a start, the middle of the priors if none is given.

    Raises:
        TreguaError: TR2901 where the model gives no numbers at the start.
    """
    from scipy.optimize import minimize

    unknowns = posterior.unknowns
    held = np.array([label.startswith(HELD) for label in unknowns.labels])
    start = np.zeros(unknowns.size) if start is None else np.where(held, 0.0, start)
    told, count = progress or (lambda done, all_: None), 0

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal count
        value, slope = jax.device_get(posterior.loss_and_slope(np.where(held, 0.0, point)))
        if not count and not np.isfinite(slope).all():
            raise TreguaError(
                "TR2901",
                "the model gives no numbers where the search starts",
                do="check the values of the scenario with `tregua run`",
            )
        count += 1
        told(min(count, steps - 1), steps)
        return float(value), np.where(held, 0.0, np.nan_to_num(slope))

    search = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxcor": MEMORY, "ftol": TOLERANCE},
    )
    told(steps, steps)
    return Best(np.where(held, 0.0, search.x), -float(search.fun), count, bool(search.success))
