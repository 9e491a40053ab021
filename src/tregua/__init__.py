"""Tregua: an open laboratory for organised-crime violence.

>>> import tregua
>>> model = tregua.Model.size_2023()
>>> base = tregua.Scenario(model, weeks=520, data="./my-country")
>>> halve = base.with_policy(tregua.Policy.scale("recruitment.rate", 0.5, from_="2019-01"))
>>> result = tregua.Study(base, [halve], replicates=64).run(seed=1)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

_HOME = {
    "Axis": "model.space",
    "Beta": "model.declarations",
    "Comparison": "results.comparison",
    "Compartment": "model.declarations",
    "Covariate": "model.declarations",
    "Dataset": "countries.dataset",
    "Drift": "model.declarations",
    "Event": "model.declarations",
    "Evidence": "model.declarations",
    "Flow": "model.declarations",
    "Level": "model.declarations",
    "LogNormal": "model.declarations",
    "Mechanism": "model.mechanism",
    "Model": "model.model",
    "Modifier": "scenarios.policy",
    "Parameter": "model.declarations",
    "Policy": "scenarios.policy",
    "Scenario": "scenarios.scenario",
    "Space": "model.space",
    "Study": "studies.study",
    "Trajectories": "engine.trajectories",
    "TreguaError": "errors",
    "Uniform": "model.declarations",
    "ablate": "studies.ablation",
    "begin": "engine.session",
    "registry": "model.registry",
    "simulate": "engine.run",
}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from .countries.dataset import Dataset
    from .engine.run import simulate
    from .engine.session import begin
    from .engine.trajectories import Trajectories
    from .errors import TreguaError
    from .model.declarations import (
        Beta,
        Compartment,
        Covariate,
        Drift,
        Event,
        Evidence,
        Flow,
        Level,
        LogNormal,
        Parameter,
        Uniform,
    )
    from .model.mechanism import Mechanism
    from .model.model import Model
    from .model.registry import registry
    from .model.space import Axis, Space
    from .results.comparison import Comparison
    from .scenarios.policy import Modifier, Policy
    from .scenarios.scenario import Scenario
    from .studies.ablation import ablate
    from .studies.study import Study


def __getattr__(name: str) -> Any:
    # Names are loaded when first used, so that `tregua --help` need not wait for JAX.
    if name not in _HOME:
        raise AttributeError(f"module 'tregua' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
