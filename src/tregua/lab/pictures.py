"""Figures of the lab for paper: the fan and the map of differences, drawn like those of reports, with the run id at their foot."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import TwoSlopeNorm, to_rgb
from matplotlib.patches import Rectangle

from ..chart_options import Say
from ..drawing import COLOURS, GREY, Picture, label_ends, sheet, styled, thousands
from ..drawing import fan as draw_fan
from ..tile_options import DARK, FADED, LEAST, short
from .charts import Ground, all_charts, fan_of, killed_by_year
from .futures import Futures
from .headline import ALL, sure
from .wire import Package

SIDE = 0.94
"""Side of a tile; the rest is the gap between tiles."""

COLOUR_MAP = "PuOr_r"
"""Purple to orange, as on the screen: orange is more."""

VICTIM = "civilian"


@styled
def fan_picture(futures: Futures, package: Package, say: Say, footer: str) -> Picture:
    """Persons killed in every year with and without the package."""
    chart = fan_of(futures, package, VICTIM, say)
    figure, axes = sheet(1, 1, (8.6, 4.4), chart.title, _broken(chart.note), footer)
    ax, ends = axes[0, 0], []
    looks = ((futures.baseline, GREY, "o", "white", say("chart.without")), (futures.changed, COLOURS[0], "D", COLOURS[0], say("chart.with")))
    for values, colour, marker, face, name in looks:
        by_year = killed_by_year(values, futures.victims, VICTIM)
        ends.append((draw_fan(ax, futures.years, by_year, colour), name, colour))
        ax.lines[-1].set(marker=marker, markerfacecolor=face, markersize=4.5)
    ax.set_xticks(futures.years)
    ax.margins(x=0)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel(say("chart.fan.axis"))
    thousands(ax)
    label_ends(ax, ends)
    return Picture("fan", figure, chart.title, chart.alt, chart.note)


@styled
def map_picture(futures: Futures, ground: Ground, say: Say, footer: str) -> Picture:
    """Differences by state on the tile grid; tiles whose sign is unsure are faded and carry a question mark."""
    assert ground.tiles is not None
    changed = Package.model_construct(settings=(None,), name="")
    chart = all_charts(futures, changed, VICTIM, ground, say)["map"]
    found = {cell["name"]: cell["value"][2] for series in chart.options["series"] for cell in series["data"]}
    values = np.array([found[name] for name in ground.tiles])
    known = sure(futures, VICTIM if VICTIM in futures.victims else ALL)
    most = max(float(np.abs(values).max()), LEAST)
    figure, axes = sheet(1, 1, (8.6, 5.6), chart.title, _broken(chart.note), footer)
    ax, norm = axes[0, 0], TwoSlopeNorm(0.0, -most, most)
    import matplotlib

    for (abbreviation, row, column), value, certain in zip(ground.tiles.values(), values, known, strict=True):
        colour = matplotlib.colormaps[COLOUR_MAP](norm(value))[:3]
        face = colour if certain else tuple(FADED * c + 1.0 - FADED for c in to_rgb(colour))
        ink = "#ffffff" if np.dot((0.299, 0.587, 0.114), face) < DARK else "#000000"
        ax.add_patch(Rectangle((column, row), SIDE, SIDE, facecolor=face, edgecolor="#888888", linewidth=0.6, linestyle="-" if certain else "--"))
        ax.text(column + SIDE / 2, row + 0.28 * SIDE, abbreviation, ha="center", va="center", color=ink, fontsize=8)
        ax.text(column + SIDE / 2, row + 0.66 * SIDE, short(value, "+") + ("" if certain else " ?"), ha="center", va="center", color=ink, fontsize=9)
    rows, columns = [row for _, row, _ in ground.tiles.values()], [column for _, _, column in ground.tiles.values()]
    ax.set_xlim(min(columns) - 0.05, max(columns) + 1.0)
    ax.set_ylim(max(rows) + 1.0, min(rows) - 0.05)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return Picture("map", figure, chart.title, chart.alt, chart.note)


WIDE = 150
"""Characters in a line below a figure."""


def _broken(note: str) -> str:
    """A note in lines that fit below a figure."""
    import textwrap

    return "\n".join(textwrap.wrap(note, WIDE))
