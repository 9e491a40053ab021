"""Tregua: an open laboratory for organised-crime violence.

>>> import tregua
>>> model = tregua.Model.standard()
>>> base = tregua.Scenario(model, start="2012-01", weeks=520, data="groups-2020")
>>> halve = base.with_policy(tregua.Policy.scale("recruitment.rate", 0.5, from_="2017-01"))
>>> result = tregua.Study(base, [halve], replicates=64).run(seed=1)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Axis": "space",
    "Beta": "types",
    "Comparison": "study",
    "Compartment": "types",
    "Covariate": "types",
    "Dataset": "datasets",
    "Drift": "types",
    "Event": "types",
    "Evidence": "types",
    "Flow": "types",
    "Level": "types",
    "LogNormal": "types",
    "Mechanism": "mechanism",
    "Model": "model",
    "Modifier": "policy",
    "Parameter": "types",
    "Policy": "policy",
    "Scenario": "scenario",
    "Space": "space",
    "Study": "study",
    "Trajectories": "trajectories",
    "TreguaError": "errors",
    "Uniform": "types",
    "ablate": "ablation",
    "begin": "session",
    "registry": "mechanism",
    "simulate": "run",
}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from .ablation import ablate
    from .datasets import Dataset
    from .errors import TreguaError
    from .mechanism import Mechanism, registry
    from .model import Model
    from .policy import Modifier, Policy
    from .run import simulate
    from .scenario import Scenario
    from .session import begin
    from .space import Axis, Space
    from .study import Comparison, Study
    from .trajectories import Trajectories
    from .types import Beta, Compartment, Covariate, Drift, Event, Evidence, Flow, Level, LogNormal, Parameter, Uniform


def __getattr__(name: str) -> Any:
    # Names are loaded when first used, so that `tregua --help` need not wait for JAX.
    if name not in _HOME:
        raise AttributeError(f"module 'tregua' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
