"""Data set of the published size model: one territory, the groups of 2020 and their ties."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from ...model.space import Axis, Space
from ...shipped import read_table, table_notes
from ..dataset import Dataset

FOLDER = "countries/mexico/groups-2020"
"""Folder of the tables."""

YOUNG_MEN_2012 = 19_500_000.0
"""Men of 15 to 34 years in Mexico in 2012 [person], rounded from CONAPO's projections;
the published model does not use it.
"""


def groups_2020() -> Dataset:
    """The data set ``groups-2020``."""
    rows = read_table(FOLDER, "groups.csv")
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
        tables=table_notes(FOLDER),
        mechanisms=("founding", "recruitment", "arrests", "conflict", "saturation"),
    )


def _ties(place: dict[str, int], relation: str) -> Float[np.ndarray, "group group"]:
    """Symmetric matrix of tie weights."""
    matrix = np.zeros((len(place), len(place)))
    for row in read_table(FOLDER, "relations.csv"):
        if row["relation"] == relation:
            i, j = place[row["node_a"]], place[row["node_b"]]
            matrix[i, j] = matrix[j, i] = float(row["weight"])
    return matrix
