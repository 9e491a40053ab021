"""Tiles: where each territory stands on a map of squares of one size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.space import Space
from ..shipped import read_table
from .record import FOLDER

if TYPE_CHECKING:
    pass

Tiles = dict[str, tuple[str, int, int]]
"""By territory: abbreviation, and row and column of its tile, counted from the upper left."""


def tiles_of(space: Space) -> Tiles | None:
    """Tiles of the 32 states in the order of the space;
    None where its territories are anything else.
    """
    try:
        rows = read_table(FOLDER, "states.csv")
    except FileNotFoundError:
        return None
    known = {
        row["name"]: (row["abbreviation"], int(row["tile_row"]), int(row["tile_col"]))
        for row in rows
    }
    labels = space.labels("territory")
    return {label: known[label] for label in labels} if set(labels) == set(known) else None
