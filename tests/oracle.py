"""The size model written down a second time, in plain NumPy,
from the published equations and not from the engine.

Hostility is an explicit matrix with an empty diagonal, exits are one multinomial draw of the four
fates of a member, and randomness is NumPy's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

NAMES = ("members", "dead", "arrested", "retired")


def hostility(rivalry: np.ndarray, alliance: np.ndarray, baseline: float) -> np.ndarray:
    """Row g: how hostile every other group is to g, softened by the allies of g."""
    matrix = (rivalry + baseline) / (1.0 + alliance.sum(axis=1))[:, None]
    np.fill_diagonal(matrix, 0.0)
    return matrix


def hazards(members: np.ndarray, matrix: np.ndarray, values: Mapping[str, float]) -> np.ndarray:
    """Hazards of death, arrest and leaving, on a new last axis.
    ``members`` has groups on its last axis.
    """
    killed = values["conflict.lethality"] * np.einsum("gh,...h->...g", matrix, members)
    everyone = np.maximum(members.sum(axis=-1, keepdims=True), 1.0)
    arrested = np.broadcast_to(values["arrests.effort"] / everyone, members.shape)
    return np.stack([killed, arrested, values["saturation.crowding"] * members], axis=-1)


def simulate(
    values: Mapping[str, float],
    covariates: Mapping[str, np.ndarray],
    weeks: int,
    replicates: int,
    seed: int,
    dt: float = 1.0,
) -> dict[str, np.ndarray]:
    """Stocks after each step in one territory: name to array (replicate, step, group),
    step 0 being the start.
    """
    rng = np.random.default_rng(seed)
    matrix = hostility(covariates["rivalry"], covariates["alliance"], values["conflict.baseline"])
    weight = covariates["rank"] ** -values["founding.rank_exponent"]
    members = rng.poisson(
        values["founding.members_at_start"] * weight / weight.sum(), (replicates, len(weight))
    )
    stocks = {"members": members, **{name: np.zeros_like(members) for name in NAMES[1:]}}
    path = {name: [x] for name, x in stocks.items()}
    for _ in range(round(weeks / dt)):
        members = path["members"][-1]
        each = hazards(members, matrix, values)
        total = each.sum(axis=-1, keepdims=True)
        leave = -np.expm1(-total * dt)
        fates = np.concatenate(
            [leave * each / np.where(total > 0.0, total, 1.0), 1.0 - leave], axis=-1
        )
        moved = rng.multinomial(members, fates)
        recruits = rng.poisson(values["recruitment.rate"] * members * dt)
        path["members"].append(moved[..., 3] + recruits)
        for place, name in enumerate(NAMES[1:]):
            path[name].append(path[name][-1] + moved[..., place])
    return {name: np.stack(x, axis=1) for name, x in path.items()}


def slope(
    values: Mapping[str, float], covariates: Mapping[str, np.ndarray], stocks: np.ndarray
) -> np.ndarray:
    """Time derivative of the four stocks (rows in the order of :data:`NAMES`,
    columns are groups) in continuous time.
    """
    matrix = hostility(covariates["rivalry"], covariates["alliance"], values["conflict.baseline"])
    members = stocks[0]
    flows = hazards(members, matrix, values) * members[:, None]
    return np.stack(
        [
            values["recruitment.rate"] * members - flows.sum(axis=-1),
            flows[:, 0],
            flows[:, 1],
            flows[:, 2],
        ]
    )


def start(values: Mapping[str, float], covariates: Mapping[str, np.ndarray]) -> np.ndarray:
    """Expected stocks at the start, rows in the order of :data:`NAMES`."""
    weight = covariates["rank"] ** -values["founding.rank_exponent"]
    return np.stack(
        [values["founding.members_at_start"] * weight / weight.sum(), *np.zeros((3, len(weight)))]
    )
