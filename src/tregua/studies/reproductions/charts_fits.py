"""Charts of the refits: the fitted curves and the sizes they stand for,
and what policies do in equally good fits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from ...reporting.charts.style import Picture, styled
from .charts import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION, panels
from .published import Published
from .refit import Fit, cases, yearly_casualties

CURVES = (
    (VERMILLION, ":"),
    (ORANGE, "--"),
    (GREEN, "-."),
    (BLUE, "-"),
    (PURPLE, (0, (5, 1))),
    (BLACK, (0, (1, 1))),
)
"""Colour and dash of each fitted curve."""

WEAK = {
    "marker": "o",
    "color": BLUE,
    "linewidth": 1.2,
    "label": "minimum with weak saturation, as published",
}
STRONG = {
    "marker": "s",
    "color": VERMILLION,
    "linestyle": "",
    "markerfacecolor": "white",
    "label": "other minima, with stronger saturation",
}
"""Looks of both kinds of minima."""

PATCH = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
"""White ground behind words that would lie on a line."""

Fits = Mapping[tuple[float, float], Fit]


@styled
def fits_picture(
    published: Published,
    goal: np.ndarray,
    fits: Fits,
    whole: Mapping[tuple[float, float], Sequence[Fit]],
) -> Picture:
    """Left: fitted curves on the data. Right: the size each of them stands for,
    and the second minimum of the loss.
    """
    figure, (left, right) = panels(2, height=4.8)
    effort = published.run["fits"][0][0]
    shown = sorted(
        (fit for fit in fits.values() if fit.effort == effort), key=lambda fit: fit.members_at_start
    )
    _curves(left, published, goal, shown)
    _sizes(
        right,
        published,
        shown,
        [fit for minima in whole.values() for fit in minima if fit.effort == effort],
    )
    return Picture(
        "fits",
        figure,
        "Equally good fits, very different sizes",
        *_fits_words(published, fits, shown),
    )


def _curves(ax, published: Published, goal: np.ndarray, shown: Sequence[Fit]) -> None:
    run = published.run
    years = np.linspace(run["first_year"], run["last_year"], len(goal))
    casualties = run["casualty_share"] * yearly_casualties(published)
    ax.plot(
        years,
        goal,
        color=GREY,
        linewidth=6,
        alpha=0.35,
        label="what is fitted: spline through the data",
    )
    ax.plot(
        run["first_year"] + np.arange(len(casualties)),
        casualties,
        "o",
        color=BLACK,
        markersize=4,
        label="yearly data",
    )
    for fit, (colour, dash) in zip(shown, CURVES, strict=True):
        ax.plot(
            years,
            fit.deaths,
            color=colour,
            linestyle=dash,
            linewidth=1.8,
            label=f"{fit.members_at_start:,.0f} at the start: misfit {fit.misfit:.2f}",
        )
    ax.set(
        xlabel="year",
        ylabel="members killed in a week (persons)",
        ylim=(0, None),
        title="The fits look alike …",
    )
    ax.legend(fontsize=8, loc="lower right", frameon=False)


def _sizes(ax, published: Published, shown: Sequence[Fit], every: Sequence[Fit]) -> None:
    """Size against start, in thousands: a line through the minima with the weakest saturation,
    squares for all others.
    """
    weakest: dict[float, Fit] = {}
    for fit in sorted(every, key=lambda fit: -fit.free["saturation.crowding"]):
        weakest[fit.members_at_start] = fit
    line = sorted(weakest.values(), key=lambda fit: fit.members_at_start)
    rest = [fit for fit in every if fit not in line]
    low, high = (x / 1000 for x in published.run["published_range"])
    ax.axhspan(low, high, color=ORANGE, alpha=0.4, linewidth=0)
    place = {
        "xycoords": ("axes fraction", "data"),
        "textcoords": "offset points",
        "ha": "right",
        "va": "center",
    }
    ax.annotate("published range", (1.0, (low + high) / 2), (-4, 0), fontsize=9, **place)
    starts = {fit.members_at_start for fit in shown}
    _minima(ax, line, starts, (-22, 7), WEAK)
    _minima(ax, rest, starts, (7, -11), STRONG)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="members at the start, January 2012 (thousand persons)",
        ylabel="members in January 2022 (thousand persons)",
    )
    ax.set(
        xlim=(0.75 * line[0].members_at_start / 1000, None),
        title="… and stand for very different sizes",
    )
    ax.legend(
        fontsize=8,
        loc="upper left",
        frameon=False,
        title="numbers: misfit (deaths a week)",
        title_fontsize=8,
        alignment="left",
    )
    ticks = [x / 1000 for x in published.run["ticks"]]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(ticks, [f"{x:,.0f}" for x in ticks])
        axis.set_minor_locator(NullLocator())


def _minima(
    ax, fits: Sequence[Fit], named: Collection[float], offset: tuple[int, int], look: dict[str, Any]
) -> None:
    """Minima of one kind, with their misfit beside those whose start is named; offset in points."""
    ax.plot(
        [fit.members_at_start / 1000 for fit in fits],
        [fit.size / 1000 for fit in fits],
        markersize=6,
        **look,
    )
    for fit in fits:
        if fit.members_at_start in named:
            ax.annotate(
                f"{fit.misfit:.2f}",
                (fit.members_at_start / 1000, fit.size / 1000),
                offset,
                textcoords="offset points",
                fontsize=9,
                color=look["color"],
            )


def _fits_words(published: Published, fits: Fits, shown: Sequence[Fit]) -> tuple[str, str]:
    """Alternative text and caption."""
    compared = [fits[case] for case in cases(published.run["scale_fits"])]
    low, high, misfits = compared[0], compared[-1], [fit.misfit for fit in compared]
    alt = (
        f"Left: {len(shown)} fitted curves of weekly deaths from 2012 to 2022 lie almost on top "
        "of each other, but for the one with the smallest start, which bends more. Right: members "
        "in 2022 against members at the start, on logarithmic axes, rise almost in proportion, "
        f"from {low.size:,.0f} to {high.size:,.0f} between {low.members_at_start:,.0f} and "
        f"{high.members_at_start:,.0f} at the start, while the misfit stays between "
        f"{min(misfits):.2f} and {max(misfits):.2f} deaths a week. Hollow squares, minima with "
        "stronger saturation, form a second line at about half the size, with about the "
        "same or lower misfits."
    )
    caption = (
        "Fits with the published loss and data, for different numbers of members assumed at the "
        "start. Misfit is the root mean square difference in deaths a week. Deaths alone do not "
        "tell how many members there are. For each start the loss has a second minimum with about "
        "half as many members in 2022, in which groups become alike in size within a year."
    )
    return alt, caption


@styled
def effects_picture(
    published: Published, fits: Fits, effects: Mapping[Fit, Mapping[str, float]]
) -> Picture:
    """Dot chart of what two policies do after five years, in each of the equally good fits."""
    best = min(fit.misfit for fit in fits.values())
    good = [fit for fit in fits.values() if fit.misfit <= (1 + published.run["good_within"]) * best]
    good.sort(key=lambda fit: effects[fit]["arrests_doubled"])
    figure, (ax,) = panels(1, width=10.0, height=0.5 * len(good) + 1.9)
    for row, fit in enumerate(good):
        _effects_of_fit(ax, row, effects[fit])
    ax.plot([], [], "^", color=VERMILLION, markersize=10, label="arrests doubled, deaths rise")
    ax.plot([], [], "v", color=BLUE, markersize=10, label="arrests doubled, deaths fall")
    ax.axvline(0, color=BLACK, linewidth=1.2)
    ax.set_yticks(
        range(len(good)),
        [
            (
                f"{fit.effort:.0f} arrests a week, {fit.members_at_start:,.0f} members\nat the "
                f"start; misfit {fit.misfit:.2f}"
            )
            for fit in good
        ],
        fontsize=9,
    )
    ax.grid(False, axis="y")
    ax.set(
        xlabel=(
            "change of deaths a week, five years after the policy begins, against January 2022 (%)"
        ),
        ylim=(-0.5, len(good) - 0.3),
    )
    figure.legend(
        *ax.get_legend_handles_labels(),
        fontsize=9,
        loc="outside upper center",
        ncols=4,
        frameon=False,
    )
    return Picture(
        "effects",
        figure,
        "What policies do depends on the fit",
        *_effects_words(published, good, effects),
    )


def _effects_of_fit(ax, row: int, effects: Mapping[str, float]) -> None:
    """Marks of one fit in its row: no policy, recruitment halved, arrests doubled [%].
    The first row names them.
    """
    doubled = effects["arrests_doubled"]
    falls = doubled < 0
    colour = BLUE if falls else VERMILLION
    ax.plot(
        [effects["recruitment_halved"], effects["status_quo"]],
        [row, row],
        color="#C9C9C9",
        linewidth=1.5,
        zorder=1,
    )
    ax.plot(
        effects["status_quo"],
        row,
        "|",
        color=BLACK,
        markersize=14,
        markeredgewidth=2.5,
        label="nothing changes" if row == 0 else None,
    )
    ax.plot(
        effects["recruitment_halved"],
        row,
        "s",
        color=GREEN,
        markersize=9,
        zorder=2,
        label="recruitment halved" if row == 0 else None,
    )
    ax.plot(doubled, row, "v" if falls else "^", color=colour, markersize=11, zorder=3)
    ax.annotate(
        f"{doubled:+.0f} %".replace("-", "−"),
        (doubled, row),
        (0, 9),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=colour,
        bbox=PATCH,
    )


def _effects_words(
    published: Published, good: Sequence[Fit], effects: Mapping[Fit, Mapping[str, float]]
) -> tuple[str, str]:
    """Alternative text and caption."""
    doubled = [effects[fit]["arrests_doubled"] for fit in good]
    halved = [effects[fit]["recruitment_halved"] for fit in good]
    alt = (
        f"Dot plot of {len(good)} equally good fits. Five years after arrests are doubled, deaths "
        f"a week differ from January 2022 by between {min(doubled):+.0f} % and "
        f"{max(doubled):+.0f} %: they fall in {sum(x < 0 for x in doubled)} fits and rise in "
        f"{sum(x >= 0 for x in doubled)}. With recruitment halved the difference is between "
        f"{min(halved):+.0f} % and {max(halved):+.0f} %."
    )
    caption = (
        "The same policies in fits whose misfits are within "
        f"{100 * published.run['good_within']:.0f} % of each other. Whether deaths rise "
        "(triangles up) or fall (triangles down) after arrests are doubled depends on the fit. "
        "Misfit: root mean square difference in deaths a week."
    )
    return alt, caption
