"""The published size model written plainly in NumPy and SciPy, as the peers that the engine is
measured against. No line of it comes from the engine.

All functions take a table of parameters, name to array with one row for each run, so that runs are
vectorised where NumPy can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class Groups:
    """What the model reads: ties between groups, and their ranks."""

    rivalry: np.ndarray
    alliance: np.ndarray
    rank: np.ndarray

    def founded(self, table: Table) -> np.ndarray:
        """Expected sizes at the start, shape (runs, groups)."""
        weight = self.rank ** -_column(table, "founding.rank_exponent")
        return (
            _column(table, "founding.members_at_start") * weight / weight.sum(axis=1, keepdims=True)
        )

    def hazards(
        self, table: Table, members: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Hazards of arrest, of being killed and of leaving [1/week], for sizes of shape (runs,
        groups).
        """
        everyone = members.sum(axis=1, keepdims=True)
        arrested = _column(table, "arrests.effort") / np.maximum(everyone, 1.0)
        enemies = members @ self.rivalry + _column(table, "conflict.baseline") * (
            everyone - members
        )
        killed = enemies * (
            _column(table, "conflict.lethality") / (1.0 + self.alliance.sum(axis=0))
        )
        return arrested, killed, _column(table, "saturation.crowding") * members


def _column(table: Table, name: str) -> np.ndarray:
    return np.reshape(table[name], (-1, 1))


def rows(table: Table, chosen) -> Table:
    """Some runs of a table."""
    return {name: np.atleast_1d(x)[chosen] for name, x in table.items()}


def chain(
    groups: Groups, table: Table, replicates: int, weeks: int, seed: int
) -> dict[str, np.ndarray]:
    """The weekly stochastic chain, all replicates at once: exits are binomial, then split by cause;
    recruits and sizes at the start are Poisson.

    Returns:
        Members at the end of each week, and persons moved in it, by name, shape (weeks,
        replicates).
    """
    rng = np.random.default_rng(seed)
    members = rng.poisson(groups.founded(table), (replicates, len(groups.rank)))
    series = {
        name: np.empty((weeks, replicates), int)
        for name in ("members", "recruited", "arrested", "killed", "left")
    }
    for week in range(weeks):
        count = members.astype(float)
        arrested, killed, left = groups.hazards(table, count)
        either = killed + left
        gone = rng.binomial(members, -np.expm1(-(arrested + either)))
        taken = rng.binomial(gone, arrested / (arrested + either))
        # An empty group has neither deaths nor leavers, and nobody to share out.
        dead = rng.binomial(
            gone - taken, np.divide(killed, either, out=np.zeros_like(either), where=either > 0.0)
        )
        new = rng.poisson(_column(table, "recruitment.rate") * count)
        members = members - gone + new
        for name, x in zip(series, (members, new, taken, dead, gone - taken - dead), strict=True):
            series[name][week] = x.sum(axis=1)
    return series


def mean_field(groups: Groups, table: Table, weeks: int) -> np.ndarray:
    """The weekly chain with expected numbers in place of draws, all rows of the table at once:
    members of all groups at the end, shape (rows,).
    """
    members = groups.founded(table)
    for _ in range(weeks):
        hazard = sum(groups.hazards(table, members))
        members = members * np.exp(-hazard) + _column(table, "recruitment.rate") * members
    return members.sum(axis=1)


def adaptive(
    groups: Groups,
    table: Table,
    weeks: int,
    method: str,
    rtol: float,
    atol: float,
    weekly: bool = False,
) -> np.ndarray:
    """The differential equations of one row of the table with SciPy:
    sizes at the end, shape (groups,); with ``weekly``, at every week.
    """
    shield = table["conflict.lethality"] / (1.0 + groups.alliance.sum(axis=0))
    growth, effort, baseline, crowding = (
        float(table[n])
        for n in ("recruitment.rate", "arrests.effort", "conflict.baseline", "saturation.crowding")
    )

    def change(_: float, members: np.ndarray) -> np.ndarray:
        everyone = members.sum()
        enemies = groups.rivalry @ members + baseline * (everyone - members)
        return members * (
            growth - effort / max(everyone, 1.0) - shield * enemies - crowding * members
        )

    at = np.arange(weeks + 1.0) if weekly else None
    solution = solve_ivp(
        change,
        (0.0, float(weeks)),
        groups.founded(table)[0],
        method=method,
        rtol=rtol,
        atol=atol,
        t_eval=at,
    )
    return solution.y if weekly else solution.y[:, -1]
