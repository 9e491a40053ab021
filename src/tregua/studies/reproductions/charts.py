"""Charts of the reproductions: panels and bands that all share, and the chart of the size model.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; shape or place always
says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...engine.trajectories import Trajectories
from ...model.calendar import GREGORIAN_YEAR_WEEKS
from ...reporting.charts.style import End, Picture, label_ends, styled
from ...reporting.encoding import COLOURS
from .published import Published

BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = COLOURS[:6]
BLACK = "#000000"
GREY = "#6E6E6E"
POLICY_COLOURS = {
    "status_quo": BLACK,
    "arrests_doubled": COLOURS[0],
    "recruitment_halved": COLOURS[1],
    "both": COLOURS[2],
    "recruitment_ended": COLOURS[3],
}
"""As in a comparison of the shipped scenario, where policies take the colours in this order."""


def panels(columns: int, width: float = 11.0, height: float = 4.6) -> tuple[Figure, np.ndarray]:
    """A figure with plain panels side by side; sizes in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def legend_below(axes: Axes) -> None:
    """What lines and marks are, below a panel, where it hides none of them."""
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0.0, -0.13), borderaxespad=0.0)


def _years(run: Trajectories, weeks: np.ndarray) -> np.ndarray:
    """Weeks as calendar years with decimals."""
    return run.scenario.start.year + weeks / GREGORIAN_YEAR_WEEKS


def draw_band(
    axes: Axes, x: np.ndarray, values: np.ndarray, colour: str, opacity: float, label: str = ""
) -> np.ndarray:
    """Draw the interval of nine in ten replicates.

    Args:
        axes: where to draw.
        x: times, shape (time,).
        values: shape (replicate, time).
        colour: of the band.
        opacity: of the band, 0 to 1.
        label: in the legend, if given.

    Returns:
        The median, shape (time,).
    """
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
    axes.fill_between(x, low, high, color=colour, alpha=opacity, linewidth=0, label=label or None)
    return middle


@styled
def policies_picture(
    published: Published, runs: Mapping[str, Trajectories], ensemble: Trajectories, footer: str = ""
) -> Picture:
    """Line charts of members and deaths a week, 2012 to 2032, under every policy of the file;
    the footer says where the figure comes from.
    """
    figure, (left, right) = panels(2)
    layout: Any = figure.get_layout_engine()
    layout.set(rect=(0.0, 0.05, 1.0, 0.95))
    figure.text(0.01, 0.012, footer, fontsize=7.5, color=GREY, va="bottom")
    # Flows have one point less than stocks: their first is that of the first week.
    for axes, series, scale, before in (
        (left, "members", 1000.0, 0),
        (right, "conflict.killed", 1.0, 1),
    ):
        for name, run in runs.items():
            years = _years(run, np.arange(run.scenario.weeks + 1))[before:]
            first = 0 if name == "status_quo" else published.run["policy_week"]
            axes.plot(
                years[first:],
                run.total(series)[0][first:] / scale,
                color=POLICY_COLOURS[name],
                linewidth=2.0,
            )
        draw_band(
            axes,
            _years(ensemble, np.arange(ensemble.scenario.weeks + 1))[before:],
            ensemble.total(series) / scale,
            SKY,
            0.55,
            f"with chance: nine in\nten of {len(ensemble.status)} replicates",
        )
        axes.axvline(2022, color=GREY, linewidth=0.8, linestyle=":")
        axes.set(xlabel="year", xlim=(2012, 2032), ylim=(0, None), xticks=range(2012, 2033, 4))
    left.set(ylabel="members of all groups (thousand persons)", title="Members")
    right.set(ylabel="members killed in a week (persons)", title="Deaths")
    _mark_published_range(left, *map(float, published.entry("headline.size")["range"]))
    for axes, series, scale in ((left, "members", 1000.0), (right, "conflict.killed", 1.0)):
        label_ends(
            axes,
            [
                End(
                    float(run.total(series)[0][-1]) / scale,
                    "both" if name == "both" else published.policies[name]["label"],
                    POLICY_COLOURS[name],
                )
                for name, run in runs.items()
            ],
        )
    right.legend(loc="upper left", fontsize=9)
    return Picture(
        "policies",
        figure,
        "The published model and five policies",
        *_policies_words(published, runs),
    )


def _mark_published_range(axes: Axes, low: float, high: float) -> None:
    """A bar from the lowest to the highest published size of 2022 [person]."""
    axes.plot(
        [2022, 2022],
        [low / 1000, high / 1000],
        color=ORANGE,
        linewidth=5,
        solid_capstyle="butt",
        zorder=5,
    )
    axes.annotate(
        "published range\nfor 2022",
        (2022, high / 1000),
        (2014.0, high / 1000 + 25),
        fontsize=9,
        arrowprops={"arrowstyle": "-", "color": GREY},
    )


def _policies_words(published: Published, runs: Mapping[str, Trajectories]) -> tuple[str, str]:
    """Alternative text and caption."""
    last = {name: run.total("members")[0][-1] / 1000 for name, run in runs.items()}
    start, middle = (
        runs["status_quo"].at("members", week)[0] / 1000
        for week in (0, published.run["policy_week"])
    )
    alt = (
        "Two line charts from 2012 to 2032. Left: members of all groups rise from "
        f"{start:.0f} to {middle:.0f} thousand by 2022; from there they reach "
        + ", ".join(
            f"{last[name]:.0f} thousand ({policy['label']})"
            for name, policy in published.policies.items()
        )
        + ". Right: deaths a week follow the same order."
    )
    caption = (
        "The published model with its published values. Lines: no chance. Pale band, hardly wider "
        "than the line on the left: nine in ten of 200 replicates with chance. Orange bar: the "
        "published range for 2022. Both: arrests doubled and recruitment halved. Policies begin "
        "in January 2022 (dotted line)."
    )
    return alt, caption
