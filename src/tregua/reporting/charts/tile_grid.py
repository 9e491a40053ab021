"""Tile grid: maps drawn with Matplotlib, one tile for each territory.

What a tile shows is in :mod:`tregua.reporting.tile_map`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...countries.territories import Tiles
from ..tile_map import extent_of, ink_on
from .style import sheet

SIDE = 0.94
"""Side of a tile; tiles are one unit apart."""


@dataclass(frozen=True)
class Shade:
    """Choropleth values: what is written and shown in the tiles of a map.

    Attributes:
        values: by territory, in the order of the tiles.
        unsure: what hatching marks; tiles are hatched where it tells them apart, and none where it
            is so in all of them.
        norm: from values to places on the colour map.
        colours: name of the colour map.
        words: numbers in the tiles.
    """

    values: np.ndarray
    unsure: np.ndarray
    norm: Normalize
    colours: str
    words: Sequence[str]

    @property
    def hatched(self) -> np.ndarray:
        """Tiles that are hatched: none where hatching would tell no tile from another."""
        return self.unsure & ~self.unsure.all()


def tile_figure(
    tiles: Tiles,
    panels: Sequence[tuple[str, Shade]],
    title: str,
    note: str,
    footer: str,
    unit: str,
) -> Figure:
    """One map for each panel, two in a row, with one scale of colours for all."""
    rows, columns = -(-len(panels) // 2) or 1, min(len(panels), 2) or 1
    figure, axes = sheet(
        rows,
        columns,
        (4.6 * columns + 0.9 if columns > 1 else 7.6, 3.8 * rows + 0.9),
        title,
        note,
        footer,
    )
    for ax, (label, shade) in zip(axes.flat, panels, strict=False):
        _tiles(ax, tiles, shade, 8.5 if columns == 1 else 6.5)
        ax.set_title(label)
        keep_out_of_layout(ax)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    if panels:
        shade = panels[0][1]
        scale = ScalarMappable(shade.norm, colormaps[shade.colours])
        bar = figure.colorbar(scale, ax=list(axes.flat), shrink=0.5, aspect=24, pad=0.01)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8)
        bar.set_label(unit, fontsize=8)
    return figure


def grid_axes(ax: Axes, tiles: Tiles) -> None:
    """Axes without any scale, one unit for each tile, rows downwards."""
    extent = extent_of(tiles)
    ax.set_xlim(extent.left - 0.05, extent.right + 1.0)
    ax.set_ylim(extent.bottom + 1.0, extent.top - 0.05)
    ax.set_aspect("equal")
    ax.set_axis_off()


def _tiles(ax: Axes, tiles: Tiles, shade: Shade, size: float) -> None:
    """Coloured tiles with the abbreviation and the number of each territory."""
    grid_axes(ax, tiles)
    for (abbreviation, row, column), value, hatched, word in zip(
        tiles.values(), shade.values, shade.hatched, shade.words, strict=True
    ):
        red, green, blue, _ = colormaps[shade.colours](shade.norm(value))
        ink = ink_on((red, green, blue))
        ax.add_patch(
            Rectangle(
                (column, row),
                SIDE,
                SIDE,
                facecolor=(red, green, blue),
                edgecolor="#bbbbbb",
                linewidth=0.5,
            )
        )
        if hatched:
            # In the upper half, so that the number stays readable.
            ax.add_patch(
                Rectangle(
                    (column, row),
                    SIDE,
                    0.4 * SIDE,
                    fill=False,
                    hatch="//////",
                    edgecolor=ink,
                    linewidth=0.0,
                    alpha=0.45,
                )
            )
        under = {
            "facecolor": (red, green, blue),
            "edgecolor": "none",
            "boxstyle": "square,pad=0.12",
        }
        ax.text(
            column + 0.5 * SIDE,
            row + 0.22 * SIDE,
            abbreviation,
            ha="center",
            va="center",
            color=ink,
            fontsize=0.85 * size,
            bbox=under,
        )
        ax.text(
            column + 0.5 * SIDE,
            row + 0.68 * SIDE,
            word,
            ha="center",
            va="center",
            color=ink,
            fontsize=size,
            fontweight="bold",
        )


def keep_out_of_layout(ax: Axes) -> None:
    """Keep artists inside the tiles out of the layout: it takes no room outside them, and measuring
    it takes most of the time.
    """
    for artist in (*ax.texts, *ax.patches, *ax.collections):
        artist.set_in_layout(False)
