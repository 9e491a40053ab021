"""Data sets that ship with the package: the labels of the axes, the covariates, and where every table comes from."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import Float

from .errors import TreguaError, nearest_name
from .space import Axis, Space


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a scenario takes from data.

    Attributes:
        name: as scenarios name it.
        space: the axes and their labels.
        covariates: measured inputs by name.
        values: parameter values that the data supply, by full name, in the parameter's unit: one number, or one for each place along the parameter's axes.
        tables: file, source, what was changed and digest of every table used.
        mechanisms: those that the data are for, by name, in order; empty for all that ship.
        start: the day of which the stocks at the start are, where a scenario begins that names no other.
        reasons: why the data supply a value other than the mechanism's default, by full name of the parameter.
    """

    name: str
    space: Space
    covariates: Mapping[str, np.ndarray]
    values: Mapping[str, float | np.ndarray] = field(default_factory=dict)
    tables: tuple[Mapping[str, Any], ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = ()
    start: str = "2012-01-01"


def read_table(folder: str, file: str) -> list[dict[str, str]]:
    """Rows of a shipped table."""
    text = (resources.files("tregua") / "data" / folder / file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def table_notes(folder: str) -> tuple[dict[str, Any], ...]:
    """Source, changes and SHA-256 digest of every table in a folder of shipped data."""
    place = resources.files("tregua") / "data" / folder
    notes = tomllib.loads((place / "SOURCES.toml").read_text(encoding="utf-8"))["table"]
    return tuple({**note, "sha256": hashlib.sha256((place / note["file"]).read_bytes()).hexdigest()} for note in notes)


YOUNG_MEN_2012 = 19_500_000.0
"""Men of 15 to 34 years in Mexico in 2012 [person], rounded from CONAPO's projections; the published model does not use it."""


def _groups_2020() -> Dataset:
    rows = read_table("groups-2020", "groups.csv")
    labels = tuple(row["group"] for row in rows)
    place = {row["node"]: i for i, row in enumerate(rows)}
    return Dataset(
        "groups-2020",
        Space((Axis("territory", ("Mexico",)), Axis("group", labels))),
        {
            "rank": np.arange(1.0, len(rows) + 1.0),
            "foothold": np.ones((1, len(rows))),
            "young_men": np.array([YOUNG_MEN_2012]),
            "rivalry": _ties(place, "rivalry"),
            "alliance": _ties(place, "alliance"),
        },
        tables=table_notes("groups-2020"),
        mechanisms=("founding", "recruitment", "arrests", "conflict", "saturation"),
    )


def _ties(place: dict[str, int], relation: str) -> Float[np.ndarray, "group group"]:
    """Symmetric matrix of tie weights."""
    matrix = np.zeros((len(place), len(place)))
    for row in read_table("groups-2020", "relations.csv"):
        if row["relation"] == relation:
            i, j = place[row["node_a"]], place[row["node_b"]]
            matrix[i, j] = matrix[j, i] = float(row["weight"])
    return matrix


def _mexico_2007() -> Dataset:
    from .mexico import mexico_2007

    return mexico_2007()


def _mexico_2012() -> Dataset:
    from .mexico import mexico_2012

    return mexico_2012()


LOADERS = {"groups-2020": _groups_2020, "mexico-2007": _mexico_2007, "mexico-2012": _mexico_2012}


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
    """The first shipped data set that has the axes and the covariates of a model; where none has, the first, and compiling says what it lacks."""
    for name in LOADERS:
        found = load(name)
        if axes <= {axis.name for axis in found.space.axes} and covariates <= set(found.covariates):
            return found
    return load(next(iter(LOADERS)))
