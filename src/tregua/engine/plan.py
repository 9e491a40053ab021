"""The plan of a run: how a scenario is to be run, checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import TreguaError
from ..model.declarations import OUTSIDE, Number
from ..model.mechanism import Mechanism
from ..scenarios.scenario import Draws as PosteriorDraws
from ..scenarios.scenario import Scenario, forced
from ..scenarios.toml import ScenarioFile
from .random import Means
from .solvers import solver_named
from .solvers.base import Solver
from .speeds import check_speeds

BLOCK_WEEKS = 52
"""Length of a block [weeks]: short enough to cancel promptly,
long enough that calls cost nothing.
"""

MOST_BYTES = 4e9
"""Largest arrays that a run may need [bytes]: they are held in memory, some of them twice."""

SERIES_AXES = ("territory",)
"""Axes kept in the weekly series; all others are summed. Snapshots, one a block,
keep every axis.
"""

ORDER_OF_A_WEEK = (
    "Policies set the parameters.",
    "Hazards read the state at the start of the week.",
    "Flows move persons together.",
    "Drifts move levels.",
    "Events fire.",
    "Records count what happened, and levels that remember take it in.",
    "Status and series are written down.",
)
"""What happens in a step, in this order. Interventions act only at the first,
events only at the fifth.
"""


@dataclass(frozen=True)
class Plan:
    """The plan of a run: everything that fixes a compiled program, and the numbers that do not.

    Attributes:
        solver: which of the four.
        dt: length of a step [weeks]; it divides the block.
        block_weeks: length of a block, and the distance of snapshots [weeks].
        replicates: runs of the ensemble.
        seed: of all randomness.
        draws: posterior draws that replicates take in turn; none where every parameter is held at
            one value.
    """

    solver: Solver
    dt: float
    block_weeks: int
    replicates: int
    seed: int
    draws: int = 0

    @property
    def steps(self) -> int:
        """Steps in a block."""
        return round(self.block_weeks / self.dt)


def make_plan(
    scenario: Scenario,
    solver: Solver | str = "tau-leap",
    replicates: int = 200,
    seed: int = 1,
    dt: Number = 1.0,
    block_weeks: int = BLOCK_WEEKS,
    draws: PosteriorDraws | None = None,
) -> Plan:
    """Plan a run: check how a scenario is to be run, before anything is computed.

    Raises:
        TreguaError: TR2201 where the solver cannot run the model, TR2202 for an unknown solver,
            TR2203 for a step that does not divide the block or is too long for a rate, TR2204 for
            replicates or a seed out of range, TR2205 for a run that would not fit in memory, TR2207
            for a model in which nobody can ever be a member.
    """
    solver = solver_named(solver) if isinstance(solver, str) else solver
    solver.check(scenario.model)
    _check_somebody(scenario)
    if (
        dt <= 0.0
        or abs(block_weeks / dt - round(block_weeks / dt)) > 1e-9
        or abs(scenario.weeks / dt - round(scenario.weeks / dt)) > 1e-9
    ):
        raise TreguaError(
            "TR2203",
            "the step must divide the block and the scenario",
            found=f"{dt} weeks",
            expected=f"a part of {block_weeks} weeks",
        )
    if replicates < 1 or not 0 <= seed < 2**32:
        raise TreguaError(
            "TR2204",
            "replicates or seed out of range",
            found=f"{replicates} replicates, seed {seed}",
            expected="at least 1; 0 to 2**32 - 1",
        )
    rows = {np.shape(x)[0] for x in (draws or {}).values()}
    if len(rows) > 1:
        raise TreguaError(
            "TR2204", "all parameters must have the same number of draws", found=sorted(rows)
        )
    check_speeds(scenario, solver, float(dt), draws)
    count = rows.pop() if rows else 0
    if not solver.stochastic:
        # Without chance all replicates of one draw are the same run.
        replicates = max(count, 1)
    _check_memory(scenario, replicates, float(dt), block_weeks)
    return Plan(solver, float(dt), block_weeks, replicates, seed, count)


def plan_of_file(
    file: ScenarioFile,
    solver: str | None = None,
    replicates: int | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan the run of a scenario file; what is given here wins over the file.

    Raises:
        TreguaError: those of :func:`make_plan`, naming the options given here, the file and the
            key.
    """
    try:
        plan = make_plan(
            file.scenario,
            file.solver if solver is None else solver,
            file.replicates if replicates is None else replicates,
            file.seed if seed is None else seed,
            draws=file.draws,
        )
        for policy in file.comparable.values():
            check_speeds(file.scenario.with_policy(policy), plan.solver, plan.dt, file.draws)
        return plan
    except TreguaError as error:
        given = {"solver": solver, "replicates": replicates, "seed": seed}
        options = [f"--{name}" for name, value in given.items() if value is not None]
        key = "key scenario.mechanisms" if error.code == "TR2207" else "key run"
        where = f"{file.shown}, {error.details['where'] if error.code == 'TR2203' else key}"
        if options and error.code not in ("TR2203", "TR2207"):
            where = f"{' or '.join(options)}, or {where}"
        raise TreguaError(error.code, error.what, **{**error.details, "where": where}) from error


def _check_somebody(scenario: Scenario) -> None:
    """Refuse a model in which nobody is a member at the start and nobody can become one (TR2207):
    a run of it would be all zeros.
    """
    model = scenario.model
    peopled = _founded(scenario)
    if "members" not in model.compartments or "members" in peopled or (peopled and model.events):
        return
    peopled |= _reached_from_outside(scenario)
    for _ in model.flows:
        peopled |= {flow.target for _, flow in model.flows.values() if flow.source in peopled}
    if "members" not in peopled:
        raise TreguaError(
            "TR2207",
            "no group has a member at the start, and nobody can become one",
            where="mechanisms of the model",
            found=", ".join(m.name for m in model.mechanisms),
            expected="a mechanism that founds the groups",
            do='add "founding" to the mechanisms',
        )


def _founded(scenario: Scenario) -> set[str]:
    """Compartments that some mechanism fills at the start. Nothing is computed:
    shapes are enough.
    """
    model, space = scenario.model, scenario.data.space
    names = {
        *model.parameters,
        *model.covariates,
        *model.neutral,
        *model.levels,
        *model.compartments,
    }
    values = {
        name: jax.ShapeDtypeStruct(space.shape(model.axes[name]), jnp.result_type(float))
        for name in names
    }

    def provided(mechanism: Mechanism) -> Iterable[str]:
        shapes: dict[str, Any] = jax.eval_shape(
            lambda values: mechanism.initial(model.view(mechanism, values, jnp.zeros(())), Means()),
            values,
        )
        return shapes

    return {
        name
        for mechanism in model.mechanisms
        if type(mechanism).initial is not Mechanism.initial
        for name in provided(mechanism)
    }


def _reached_from_outside(scenario: Scenario) -> set[str]:
    """Compartments into which persons come from outside although nobody is there yet, at the start
    or at the end of the scenario.
    """
    model, inputs, sizes = scenario.model, scenario.compile(), scenario.data.space.sizes
    nobody = {
        name: jnp.zeros(scenario.data.space.shape(c.axes)) for name, c in model.compartments.items()
    }
    reached = set()
    for week in (0, scenario.weeks - 1):
        parameters = {
            name: jnp.asarray(forced(base, inputs.levers[name])[1, week])
            for name, base in inputs.base.items()
        }
        values = {
            **parameters,
            **{n: jnp.asarray(x) for n, x in inputs.covariates.items()},
            **nobody,
            **model.initial_levels(sizes),
        }
        rates = model.hazards(values, jnp.asarray(float(week)))
        reached |= {
            flow.target
            for name, (_, flow) in model.flows.items()
            if flow.source == OUTSIDE and float(rates[name].max()) > 0.0
        }
    return reached


def _check_memory(scenario: Scenario, replicates: int, dt: float, block_weeks: int) -> None:
    """Refuse a run whose arrays would not fit (TR2205), before anything is computed."""
    model, sizes = scenario.model, dict(scenario.data.space.sizes)
    axes = [
        model.axes[name]
        for name in (
            *model.compartments,
            *model.levels,
            *model.flows,
            *model.events,
            *model.records,
        )
    ]
    rows = [
        math.prod(sizes[axis] for axis in names if axis in SERIES_AXES) * scenario.weeks / dt
        for names in axes
    ]
    blocks = [
        math.prod(sizes[axis] for axis in names) * (scenario.weeks / block_weeks + 1.0)
        for names in axes
    ]
    needed = 4.0 * replicates * (sum(rows) + sum(blocks))
    if needed > MOST_BYTES:
        most = max(1, int(replicates * MOST_BYTES / needed))
        raise TreguaError(
            "TR2205",
            "this run would not fit in memory",
            found=f"{needed / 1e9:.0f} GB for {replicates} replicates",
            expected=f"at most {most} replicates of it",
        )


def blocks_of(scenario: Scenario, plan: Plan) -> int:
    """Number of blocks that cover a scenario."""
    return -(-scenario.weeks // plan.block_weeks)
