"""Optional dependencies: packages that only some commands need, imported when they are needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from .errors import TreguaError

SCORE = "score"
"""The extra of the package that brings what scoring needs."""

FIT = "fit"
"""The extra of the package that brings the sampler of posteriors (Markov chains)."""

LAB = "lab"
"""The extra of the package that brings the server and the pages of the lab."""

PACKAGES = {
    SCORE: ("scoringrules", "sklearn", "statsmodels"),
    FIT: ("numpyro",),
    LAB: ("nicegui", "fastapi", "starlette", "uvicorn"),
}
"""The packages of each extra, by the names under which they are imported."""


def need(name: str) -> None:
    """Refuse a command before its work begins, where the packages of an extra are not installed.

    Args:
        name: the extra.

    Raises:
        TreguaError: TR9001 where one of them is missing.
    """
    for module in PACKAGES[name]:
        extra(module, name)


def extra(module: str, name: str = SCORE) -> ModuleType:
    """A module of a package that an extra brings.

    Args:
        module: full name of the module, such as ``"sklearn.ensemble"``.
        name: the extra that brings it.

    Raises:
        TreguaError: TR9001 where it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise TreguaError(
            "TR9001",
            f"the package {error.name!r} is not installed",
            where=f"import {module}",
            do=f'pip install "tregua[{name}]"',
        ) from error
