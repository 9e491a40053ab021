"""Figures of the reproductions. Colours are those of Okabe and Ito, which colour-blind readers can
tell apart; shape or place always says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...engine.trajectories import Trajectories
from ...reporting.charts.style import COLOURS, Picture, styled
from .published import Published

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
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


def _years(run: Trajectories, weeks: np.ndarray) -> np.ndarray:
    """Weeks as calendar years with decimals."""
    return run.scenario.start.year + weeks / 52.1775


@styled
def policies_picture(
    published: Published, runs: Mapping[str, Trajectories], ensemble: Trajectories, footer: str = ""
) -> Picture:
    """Members and deaths a week, 2012 to 2032, under every policy of the file;
    the footer says where the figure comes from.
    """
    figure, (left, right) = panels(2)
    layout: Any = figure.get_layout_engine()
    layout.set(rect=(0.0, 0.05, 1.0, 0.95))
    figure.text(0.01, 0.012, footer, fontsize=7.5, color=GREY, va="bottom")
    for name, run in runs.items():
        years = _years(run, np.arange(run.scenario.weeks + 1))
        style = {"color": POLICY_COLOURS[name], "linewidth": 2.0}
        first = 0 if name == "status_quo" else published.run["policy_week"]
        left.plot(years[first:], run.total("members")[0][first:] / 1000, **style)
        right.plot(years[first + 1 :], run.total("conflict.killed")[0][first:], **style)
    weeks = np.arange(ensemble.scenario.weeks + 1)
    for ax, series, scale in ((left, "members", 1000.0), (right, "conflict.killed", 1.0)):
        x = _years(ensemble, weeks if series == "members" else weeks[1:])
        low, high = np.quantile(ensemble.total(series), [0.05, 0.95], axis=0) / scale
        ax.fill_between(
            x,
            low,
            high,
            color=SKY,
            alpha=0.55,
            linewidth=0,
            label=f"with chance: nine in\nten of {len(ensemble.status)} replicates",
        )
        ax.axvline(2022, color=GREY, linewidth=0.8, linestyle=":")
        ax.set(xlabel="year", xlim=(2012, 2032), ylim=(0, None), xticks=range(2012, 2033, 4))
    left.set(ylabel="members of all groups (thousand persons)", title="Members")
    right.set(ylabel="members killed in a week (persons)", title="Deaths")
    low, high = next(
        entry["range"] for entry in published.entries if entry["key"] == "headline.size"
    )
    left.plot(
        [2022, 2022],
        [low / 1000, high / 1000],
        color=ORANGE,
        linewidth=5,
        solid_capstyle="butt",
        zorder=5,
    )
    left.annotate(
        "published range\nfor 2022",
        (2022, high / 1000),
        (2014.0, high / 1000 + 25),
        fontsize=9,
        arrowprops={"arrowstyle": "-", "color": GREY},
    )
    _name_ends(
        left,
        {
            published.policies[n]["label"]: (r.total("members")[0][-1] / 1000, POLICY_COLOURS[n])
            for n, r in runs.items()
        },
    )
    _name_ends(
        right,
        {
            published.policies[n]["label"]: (r.total("conflict.killed")[0][-1], POLICY_COLOURS[n])
            for n, r in runs.items()
        },
    )
    last = {name: run.total("members")[0][-1] / 1000 for name, run in runs.items()}
    start, middle = (
        runs["status_quo"].at("members", week)[0] / 1000
        for week in (0, published.run["policy_week"])
    )
    right.legend(loc="upper left", fontsize=9)
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
    return Picture("policies", figure, "The published model and five policies", alt, caption)


def _name_ends(ax, ends: Mapping[str, tuple[float, str]]) -> None:
    """Labels at the ends of lines, pushed apart where they would meet."""
    gap = 0.055 * ax.get_ylim()[1]
    height = -np.inf
    for label, (value, colour) in sorted(ends.items(), key=lambda item: item[1][0]):
        height = max(value, height + gap)
        words = label.replace("arrests doubled and recruitment halved", "both")
        ax.annotate(
            words,
            (1.01, height),
            xycoords=("axes fraction", "data"),
            color=colour,
            va="center",
            fontsize=9,
            annotation_clip=False,
        )
