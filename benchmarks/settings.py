"""Settings that benchmarks share: the published size model of 150 groups over ten years, with the
same inputs for the engine and for its peers.
"""

from __future__ import annotations

import numpy as np
import peers

import tregua

WEEKS = 520
"""Length of a run: ten years."""

SEVEN = (
    "founding.members_at_start",
    "founding.rank_exponent",
    "recruitment.rate",
    "arrests.effort",
    "conflict.lethality",
    "conflict.baseline",
    "saturation.crowding",
)
"""Parameters of the published model; all others of its mechanisms stay where they make
no difference to it.
"""


def setting() -> tuple[tregua.Scenario, peers.Groups, peers.Table]:
    """The scenario, and the same inputs for the peers."""
    scenario = tregua.Scenario(tregua.Model.size_2023(), weeks=WEEKS)
    covariates = scenario.data.covariates
    groups = peers.Groups(
        *(np.asarray(covariates[n], float) for n in ("rivalry", "alliance", "rank"))
    )
    return (
        scenario,
        groups,
        {n: np.asarray([float(scenario.model.parameters[n].value)]) for n in SEVEN},
    )
