"""Tiles: where each territory stands on a map of squares of one size."""

from __future__ import annotations

from ..model.space import Space
from ..shipped import read_table
from .record import FOLDER

Tiles = dict[str, tuple[str, int, int]]
"""By territory: abbreviation, and row and column of its tile, counted from the upper left."""


def tiles_of(space: Space) -> Tiles | None:
    """Tiles of the 32 states in the order of the space;
    None where its territories are anything else.
    """
    try:
        states = read_table(FOLDER, "states.csv")
    except FileNotFoundError:
        return None
    columns = ["abbreviation", "tile_row", "tile_col"]
    known = dict(
        zip(states["name"], states[columns].itertuples(index=False, name=None), strict=True)
    )
    labels = space.labels("territory")
    return {label: known[label] for label in labels} if set(labels) == set(known) else None
