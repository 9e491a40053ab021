"""Solvers: four ways to run the same mechanisms."""

from __future__ import annotations

from ...errors import TreguaError, nearest_name
from .base import Solver
from .exact import EXACT
from .leap import MEAN_FIELD, TAU_LEAP
from .rk4 import RK4

SOLVERS: dict[str, Solver] = {s.name: s for s in (TAU_LEAP, MEAN_FIELD, RK4, EXACT)}


def solver_named(name: str) -> Solver:
    """A solver by name (TR2202 if there is none)."""
    if name not in SOLVERS:
        raise TreguaError(
            "TR2202",
            f"there is no solver {name!r}",
            found=name,
            expected="one of " + ", ".join(SOLVERS),
            nearest=nearest_name(name, SOLVERS),
        )
    return SOLVERS[name]
