"""Stored trajectories: the arrays of a run folder read back, as they were written by
:func:`~tregua.engine.trajectories.write_arrays`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import TreguaError
from ..scenarios.scenario import Scenario
from .plan import Plan
from .trajectories import Trajectories, flat_name


def read_trajectories(path: Path, scenario: Scenario, plan: Plan) -> Trajectories:
    """The replicates of a run from its file of arrays.

    Weekly series that were too large to be written by territory come back as they were written,
    summed over territories.

    Args:
        path: a file of arrays of a run folder.
        scenario: what was run.
        plan: how it was run.

    Raises:
        TreguaError: TR3106 where the file cannot be read, lacks something that the model of the
            scenario has, or has another number of replicates or weeks than the plan.
    """
    import xarray

    model = scenario.model
    moved = (*model.flows, *model.events, *model.records)
    held = (*model.compartments, *model.levels)
    try:
        with xarray.open_dataset(path, engine="h5netcdf", decode_times=False) as stored:
            sizes = stored.sizes
            series = {n: stored[flat_name(n)].values for n in sorted((*moved, *held))}
            snapshots = {n: stored[f"{flat_name(n)}_at_snapshot"].values for n in sorted(held)}
            sums = {
                n: stored[f"{flat_name(n)}_in_block"].values
                for n in sorted(moved)
                if f"{flat_name(n)}_in_block" in stored
            }
            status = stored["status"].values
    except KeyError as error:
        raise _other_model(path, f"no {error.args[0]}") from error
    except (OSError, ValueError) as error:
        raise _other_model(path, str(error).splitlines()[0]) from error
    steps = round(scenario.weeks / plan.dt)
    if (sizes["replicate"], sizes["step"]) != (plan.replicates, steps):
        raise _other_model(path, f"{sizes['replicate']} replicates of {sizes['step']} steps")
    return Trajectories(scenario, plan, series, snapshots, sums, np.asarray(status))


def _other_model(path: Path, why: str) -> TreguaError:
    return TreguaError(
        "TR3106",
        "the arrays of this folder are not those of its scenario as this version reads it",
        where=str(path),
        found=why,
        do="run the scenario again, or read the tables of the folder",
    )
