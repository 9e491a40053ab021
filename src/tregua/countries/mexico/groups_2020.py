"""Data set of the published size model: one territory, the groups of 2020 and their ties."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from ...model.space import Axis, Space
from ..dataset import Dataset
from . import pack

FOLDER = "groups-2020"
"""Folder of the tables, in the pack."""


def groups_2020() -> Dataset:
    """The data set ``groups-2020``."""
    groups = pack().table(f"{FOLDER}/groups.csv")
    labels, nodes = tuple(groups["group"]), list(groups["node"])
    return Dataset(
        "groups-2020",
        Space((Axis("territory", ("Mexico",)), Axis("group", labels))),
        {
            "rank": np.arange(1.0, len(labels) + 1.0),
            "foothold": np.ones((1, len(labels))),
            "young_men": np.array([pack().constant("young_men_2012")]),
            "rivalry": _ties(nodes, "rivalry"),
            "alliance": _ties(nodes, "alliance"),
        },
        tables=pack().notes_of(FOLDER),
        mechanisms=("founding", "recruitment", "arrests", "conflict", "saturation"),
        start="2012-01-01",
        named_until=pack().constant("reported"),
        pack=pack(),
    )


def _ties(nodes: list[str], relation: str) -> Float[np.ndarray, "group group"]:
    """Symmetric matrix of tie weights."""
    matrix, ties = np.zeros((len(nodes), len(nodes))), pack().table(f"{FOLDER}/relations.csv")
    for tie in ties[ties["relation"] == relation].itertuples():
        i, j = nodes.index(tie.node_a), nodes.index(tie.node_b)
        matrix[i, j] = matrix[j, i] = tie.weight
    return matrix
