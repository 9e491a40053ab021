"""Tile map: what the tiles of a map show, the same whatever draws it.

Each territory is a tile, about where it is, with its abbreviation, a number and a
colour. A tile's place is for reading only. Nothing in the model uses it: who borders on whom is
data of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..countries.territories import Tiles

LEAST = 0.05
"""Numbers closer to zero than this are written as about zero: a tile has no room for more."""

CHANGES, LEVELS = "PuOr_r", "YlOrBr"
"""Colour maps of differences, purple for fewer and orange for more, which readers with
colour-blindness can tell apart; and of levels, pale to dark.
"""

DARK = 0.5
"""Luminance of a tile below which its letters are white."""

BRIGHTNESS = (0.299, 0.587, 0.114)
"""What red, green and blue add to luminance."""

FADED = 0.35
"""How much of its colour a tile of the lab keeps whose sign is unsure; the rest is white."""


@dataclass(frozen=True)
class Extent:
    """First and last column and row of a tile grid."""

    left: int
    right: int
    top: int
    bottom: int

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self.right - self.left + 1

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.bottom - self.top + 1


def extent_of(tiles: Tiles) -> Extent:
    """Where a tile grid begins and ends."""
    rows = [row for _, row, _ in tiles.values()]
    columns = [column for *_, column in tiles.values()]
    return Extent(min(columns), max(columns), min(rows), max(rows))


def short(value: float, sign: str = "") -> str:
    """A number that fits into a tile: ``"23"``, ``"4.1"``,
    or ``"≈0"`` for less than :data:`LEAST`.
    """
    if abs(value) < LEAST:
        return "≈0" if value else "0"
    return f"{value:{sign},.{0 if abs(value) >= 9.95 else 1}f}".replace("-", "−")


def short_change(value: float, sure: bool) -> str:
    """A difference that fits into a tile, with a question mark where its sign is unsure."""
    return short(value, "+") + ("" if sure else " ?")


def ink_on(colour: Sequence[float], ink: str = "#000000") -> str:
    """The colour of letters on a tile of this colour (red, green, blue from 0 to 1):
    white where it is dark.
    """
    return "#ffffff" if float(np.dot(BRIGHTNESS, colour[:3])) < DARK else ink


def faded(colour: Sequence[float]) -> tuple[float, float, float]:
    """A colour (red, green, blue from 0 to 1) mixed with white as much as :data:`FADED` says."""
    red, green, blue = (FADED * channel + 1.0 - FADED for channel in colour[:3])
    return red, green, blue
