"""Registry of the data sets that ship, by name."""

from __future__ import annotations

from functools import cache

from ..errors import TreguaError, nearest_name
from .dataset import Dataset
from .mexico.build import mexico_2007, mexico_2012
from .mexico.groups_2020 import groups_2020

LOADERS = {"groups-2020": groups_2020, "mexico-2007": mexico_2007, "mexico-2012": mexico_2012}
"""What builds each data set."""


@cache
def load(name: str) -> Dataset:
    """A shipped data set by name (TR1501 if there is none)."""
    if name not in LOADERS:
        raise TreguaError(
            "TR1501",
            f"no data set is named {name!r}",
            found=name,
            expected="one of " + ", ".join(LOADERS),
            nearest=nearest_name(name, LOADERS),
        )
    return LOADERS[name]()


def data_for(axes: set[str], covariates: set[str]) -> Dataset:
    """The first shipped data set that has the axes and the covariates of a model;
    where none has, the first, and compiling says what it lacks.
    """
    for name in LOADERS:
        data = load(name)
        if axes <= {axis.name for axis in data.space.axes} and covariates <= set(data.covariates):
            return data
    return load(next(iter(LOADERS)))
