"""Instantaneous rates at a snapshot, and double precision for as long as a reproduction takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax
import jax.numpy as jnp
import numpy as np

from ...engine.solvers.rk4 import flow_rates
from ...engine.trajectories import Trajectories
from ...scenarios.policy import act
from ...scenarios.scenario import Draws


@contextmanager
def double_precision() -> Iterator[None]:
    """Compute in float64 inside, and as before outside. Runs use threads,
    so this sets the whole process, not one thread.
    """
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def rates_at(
    trajectories: Trajectories, week: int, draws: Draws | None = None
) -> dict[str, np.ndarray]:
    """Persons moved by each flow per week at the instant of a snapshot,
    under the policies then in force.

    A rate of the equations, :math:`h(t) X(t)`, and not what moved during the week before or after.

    Args:
        trajectories: what was run.
        week: a week that has a snapshot. In the week in which a policy begins it is in force.
        draws: the posterior draws the run was made with, if any.

    Returns:
        By full name of the flow, shape (replicate, *axes).
    """
    scenario, model = trajectories.scenario, trajectories.scenario.model
    inputs = scenario.compile(draws)
    replicates = np.arange(trajectories.plan.replicates)
    lever = {
        n: jax.tree.map(jnp.asarray, x.at(np.asarray(min(week, scenario.weeks - 1))))
        for n, x in inputs.levers.items()
    }
    covariates = {n: jnp.asarray(x) for n, x in inputs.covariates.items()}
    base = {n: jnp.asarray(x[replicates % len(x)]) for n, x in inputs.base.items()}
    dtype = jnp.result_type(float)
    stocks = {n: jnp.asarray(trajectories.snapshot(n, week), dtype) for n in model.compartments}
    levels = {n: jnp.asarray(trajectories.snapshot(n, week), dtype) for n in model.levels}

    def one(base, stocks, levels):
        return flow_rates(
            model,
            stocks,
            {**act(base, lever), **covariates, **stocks, **levels},
            jnp.asarray(week, dtype),
        )

    return {n: np.asarray(x) for n, x in jax.vmap(one)(base, stocks, levels).items()}


def total_rate(
    trajectories: Trajectories, flow: str, week: int, draws: Draws | None = None
) -> np.ndarray:
    """Persons moved by one flow per week at the instant of a snapshot, over all places and groups:
    shape (replicate,).
    """
    rate = rates_at(trajectories, week, draws)[flow]
    return rate.reshape(len(rate), -1).sum(axis=1)
