"""Random countries with corridors: a few rows of territories from south to north, and routes from
origins up to the border in the last row.
"""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tregua.countries.dataset import Dataset
from tregua.engine.random import Means
from tregua.engine.solvers.leap import leap
from tregua.engine.state import State
from tregua.model.model import Model
from tregua.model.space import Axis, Space
from tregua.scenarios.scenario import Scenario

ROWS, COLUMNS, GROUPS, ROUTES, ORIGINS = 6, 4, 5, 42, 6
COMMODITIES = ("cocaine", "heroin", "methamphetamine")


def country(seed: int) -> Dataset:
    """A country of 24 territories, 5 groups and 42 routes from 6 origins, all of it by chance."""
    rng = np.random.default_rng(seed)
    places = ROWS * COLUMNS
    east = rng.uniform(0.0, 1.0, (ROWS, COLUMNS)) + np.arange(COLUMNS)
    names = {"territory": places, "group": GROUPS, "route": ROUTES}
    axes = [Axis(n, tuple(f"{n}{i}" for i in range(size))) for n, size in names.items()]
    space = Space((axes[0], axes[1], Axis("commodity", COMMODITIES), axes[2]))
    starts = [(int(rng.integers(0, 3)), int(rng.integers(COLUMNS))) for _ in range(ORIGINS)]
    made = rng.gamma(1.0, size=(ORIGINS, len(COMMODITIES)))
    made /= made.sum(axis=0)
    table = {n: np.zeros((ROUTES, places)) for n in ("passes", "origin", "crossing")}
    table |= {"length": np.zeros(ROUTES), "carries": np.zeros((ROUTES, len(COMMODITIES)))}
    for i in range(ROUTES):
        row, column = starts[i % ORIGINS]
        table["carries"][i] = made[i % ORIGINS]
        table["origin"][i, row * COLUMNS + column] = 1.0
        table["passes"][i, row * COLUMNS + column] = 1.0
        while row < ROWS - 1:
            # A step sideways now and then, so that routes differ in how many territories they pass.
            ahead = int(rng.random() > 0.3)
            near = int(np.clip(column + rng.integers(-1, 2), 0, COLUMNS - 1))
            table["length"][i] += 300.0 * np.hypot(
                ahead, east[row + ahead, near] - east[row, column]
            )
            row, column = row + ahead, near
            table["passes"][i, row * COLUMNS + column] = 1.0
        table["crossing"][i, row * COLUMNS + column] = 1.0
    # Origins that share a territory are one: what is made there is made once.
    _join(table, starts)
    return Dataset("country", space, table)


def _join(table: dict[str, np.ndarray], starts: list[tuple[int, int]]) -> None:
    """Give all routes that begin in one territory the sum of what its origins make."""
    for place in set(starts):
        here = [o for o, start in enumerate(starts) if start == place]
        together = sum(table["carries"][o] for o in here).copy()
        for o in here:
            table["carries"][o::ORIGINS] = together


def members(seed: int, mean: float = 800.0) -> np.ndarray:
    """Members by territory and group, most groups absent from most places."""
    rng = np.random.default_rng(1000 + seed)
    return np.floor(rng.gamma(0.4, mean, (ROWS * COLUMNS, GROUPS)))


@cache
def _yearly(model: Model, sizes: tuple[tuple[str, int], ...], weeks: int):
    """Compiled once: a batch of countries over some weeks,
    and the mean of their levels over the last year.
    """

    def one(inputs, stocks):
        start = State(stocks, model.initial_levels(sizes), jnp.asarray(0, jnp.int32))

        def step(state, time):
            after, _ = leap(model, state, inputs, time, 1.0, Means())
            return after, after.levels

        _, levels = lax.scan(step, start, jnp.arange(float(weeks)))
        return {n: x[-52:].mean(axis=0) for n, x in levels.items()}

    return jax.jit(jax.vmap(one))


def last_year(
    model: Model,
    countries: list[Dataset],
    values: list[dict],
    scale: dict[str, float] | None = None,
    *,
    people: list | None = None,
    weeks: int = 130,
) -> dict[str, np.ndarray]:
    """Mean of every level over the last year, country by country, with some parameters scaled
    throughout: the mean-field step of the engine.
    """
    inputs = [
        Scenario(model, weeks=weeks, data=d, values=v).compile()
        for d, v in zip(countries, values, strict=True)
    ]
    factor = scale or {}
    batch = {
        n: jnp.stack([i.base[n][0] for i in inputs]) * factor.get(n, 1.0) for n in inputs[0].base
    }
    batch |= {n: jnp.stack([i.covariates[n] for i in inputs]) for n in inputs[0].covariates}
    stocks = {
        "members": jnp.stack(
            [members(seed) for seed in range(len(inputs))]
            if people is None
            else [jnp.asarray(x) for x in people]
        )
    }
    return {
        n: np.asarray(x)
        for n, x in _yearly(model, countries[0].space.sizes, weeks)(batch, stocks).items()
    }
