"""Static figures (Matplotlib) of the lab, for paper: the fan and the map of differences, drawn like
those of reports, with the run id at their foot.
"""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import TwoSlopeNorm
from matplotlib.patches import Rectangle

from ...reporting.browser.base import Say
from ...reporting.charts.style import End, Picture, label_ends, sheet, styled, thousands
from ...reporting.charts.style import fan as draw_fan
from ...reporting.charts.tile_grid import SIDE, grid_axes
from ...reporting.encoding import BLUE, GREY
from ...reporting.tile_map import CHANGES, LEAST, faded, ink_on, short_change
from ..package import Package
from ..work.futures import Futures
from ..work.headline import CIVILIANS, sure
from .charts import Ground, difference_map, differences, fan_of, killed_by_year

WIDE = 150
"""Characters in a line below a figure."""


@styled
def fan_picture(futures: Futures, package: Package, say: Say, held: str, footer: str) -> Picture:
    """Persons killed in every year with and without the package;
    below it what its bands hold, and at its foot where it is from.
    """
    chart = fan_of(futures, package, CIVILIANS, say)
    figure, axes = sheet(1, 1, (8.6, 4.4), chart.title, _broken(chart.note, held), footer)
    ax, ends = axes[0, 0], []
    looks = (
        (GREY, "o", "white", say("chart.without")),
        (BLUE, "D", BLUE, say("chart.with")),
    )
    sides = killed_by_year(futures, CIVILIANS)
    for by_year, (colour, marker, face, name) in zip(sides, looks, strict=True):
        ends.append(End(draw_fan(ax, futures.years, by_year, colour), name, colour))
        ax.lines[-1].set(marker=marker, markerfacecolor=face, markersize=4.5)
    ax.set_xticks(futures.years)
    ax.margins(x=0)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel(say("chart.fan.axis"))
    thousands(ax)
    label_ends(ax, ends)
    return Picture("fan", figure, chart.title, chart.alt, f"{chart.note} {held}")


@styled
def map_picture(futures: Futures, ground: Ground, say: Say, held: str, footer: str) -> Picture:
    """Differences by territory on the tile grid; tiles whose sign is unsure are faded and
    carry a question mark.
    """
    assert ground.tiles is not None
    chart = difference_map(futures, CIVILIANS, ground, say)
    values, known = (
        np.median(differences(futures, CIVILIANS, ground), axis=0),
        sure(futures, CIVILIANS),
    )
    most = max(float(np.abs(values).max()), LEAST)
    figure, axes = sheet(1, 1, (8.6, 5.6), chart.title, _broken(chart.note, held), footer)
    ax, norm = axes[0, 0], TwoSlopeNorm(0.0, -most, most)
    grid_axes(ax, ground.tiles)
    for (abbreviation, row, column), value, certain in zip(
        ground.tiles.values(), values, known, strict=True
    ):
        colour = colormaps[CHANGES](norm(value))[:3]
        face = colour if certain else faded(colour)
        ink = ink_on(face)
        ax.add_patch(
            Rectangle(
                (column, row),
                SIDE,
                SIDE,
                facecolor=face,
                edgecolor="#888888",
                linewidth=0.6,
                linestyle="-" if certain else "--",
            )
        )
        ax.text(
            column + SIDE / 2,
            row + 0.28 * SIDE,
            abbreviation,
            ha="center",
            va="center",
            color=ink,
            fontsize=8,
        )
        ax.text(
            column + SIDE / 2,
            row + 0.66 * SIDE,
            short_change(float(value), bool(certain)),
            ha="center",
            va="center",
            color=ink,
            fontsize=9,
        )
    return Picture("map", figure, chart.title, chart.alt, f"{chart.note} {held}")


def _broken(*notes: str) -> str:
    """Notes in lines that fit below a figure, each on lines of its own."""
    return "\n".join(line for note in notes for line in textwrap.wrap(note, WIDE))
