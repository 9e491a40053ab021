"""Charts on the tile grid: one tile for each of the 32 states, about where the state is.
They are drawn only for runs on those states.

A tile's place is for reading only. Nothing in the model uses it: who borders on whom is data of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...countries.tiles import Tiles, tiles_of
from ...engine.trajectories import Trajectories
from ...results.by_territory import PERSONS, named_outcome, population_of, values_by_territory
from ...results.comparison import Comparison
from ...results.outcomes import Outcome
from ...results.tables import QUANTILES, bands, whole_years
from ..wording import day, listed, rounded, sentence, signed, span
from .style import COLOURS, GREY, Picture, sheet, styled

SIDE = 0.94
"""Side of a tile; tiles are one unit apart."""

LEAST = 0.05
"""Numbers closer to zero than this are written as about zero: a tile has no room for more."""

CHANGES, LEVELS = "PuOr_r", "YlOrBr"
"""Colours of differences, purple for fewer and orange for more, which readers with colour-blindness
can tell apart; and of levels, pale to dark.
"""

DARK = 0.5
"""Luminance of a tile below which its letters are white."""

BRIGHTNESS = (0.299, 0.587, 0.114)
"""What red, green and blue add to luminance."""

MAPS = 4
"""Policies that get a map of their own; the table has them all."""

RATE = "per 100,000 inhabitants"


@dataclass(frozen=True)
class _Shade:
    """What is written and shown in the tiles of a map: values, whether each is unsure,
    and how colours are chosen.
    """

    values: np.ndarray
    unsure: np.ndarray
    norm: Normalize
    colours: str
    words: Sequence[str]


def has_tiles(trajectories: Trajectories, outcome: Outcome) -> bool:
    """Whether a run can be put on the tile grid: it is about the 32 states, its outcome is counted
    by state, and it covers a whole year.
    """
    placed = all(trajectories.series[name].ndim == 3 for name in outcome.series)
    return (
        placed
        and tiles_of(trajectories.scenario.data.space) is not None
        and len(whole_years(trajectories)) > 0
    )


def _rates(trajectories: Trajectories, outcome: Outcome) -> tuple[np.ndarray, str]:
    """An outcome by (year, replicate, territory) for 100,000 inhabitants and the unit;
    in persons where the data have no population.
    """
    values, population = (
        values_by_territory(trajectories, outcome),
        population_of(trajectories.scenario),
    )
    return (values, "persons") if population is None else (values / population * PERSONS, RATE)


def _period(outcome: Outcome, year: int) -> str:
    return f"in {year}" if outcome.kind == "flow" else f"at the end of {year}"


@styled
def map_figure(
    trajectories: Trajectories, outcome_name: str = "killed", footer: str = ""
) -> Figure:
    """Median of an outcome in every state in the last whole year of the run.

    Tiles are hatched where the band of nine in ten replicates is wider than the median.

    Args:
        trajectories: a run on the 32 states.
        outcome_name: such as ``"killed"``.
        footer: line at the bottom that says where the figure comes from.

    Raises:
        TreguaError: TR2303 where the run has no such outcome, or where it is not counted by
            territory.
    """
    outcome, year = named_outcome(trajectories, outcome_name), list(whole_years(trajectories))[-1]
    edges, unit = _last_year(trajectories, outcome)
    wide = _wide(edges)
    shade = _Shade(
        edges["median"],
        wide,
        Normalize(0.0, max(edges["median"].max(), 1e-9)),
        LEVELS,
        [short(x) for x in edges["median"]],
    )
    note = "Number and colour: median of all replicates." if _banded(trajectories) else ""
    note += (
        " Hatched: the range of nine in ten is wider than the median."
        if note and wide.any()
        else ""
    )
    title = f"{sentence(outcome.label)}, {_period(outcome, year)}, {unit}"
    return _tile_figure(trajectories, [("", shade)], title, note, footer, unit)


def _last_year(trajectories: Trajectories, outcome: Outcome) -> tuple[dict[str, np.ndarray], str]:
    """Median and bands in each state in the last whole year, and their unit."""
    rates, unit = _rates(trajectories, outcome)
    return bands(rates[-1]), unit


def _wide(edges: dict[str, np.ndarray]) -> np.ndarray:
    """States in which the band of nine in ten is wider than the median."""
    return edges["high_90"] - edges["low_90"] > edges["median"]


def _banded(trajectories: Trajectories) -> bool:
    return trajectories.plan.replicates > 1


@styled
def difference_map_figure(
    comparison: Comparison, outcome_name: str = "killed", footer: str = ""
) -> Figure:
    """Paired difference from the baseline in every state, one map for each of the first policies.

    A flow is counted from the first day of the first policy to the end, for 100,000 inhabitants a
    year. Tiles are hatched where the band of nine in ten pairs holds zero.
    """
    outcome = comparison.outcomes[outcome_name]
    found = [
        (run.scenario.shown, _differences(comparison, run, outcome))
        for run in comparison.policies[:MAPS]
    ]
    most = (
        max((float(np.abs(np.median(values, axis=0)).max()) for _, values in found), default=0.0)
        or 1.0
    )
    panels = []
    for label, values in found:
        edges = bands(values)
        words = [short(x, "+") for x in edges["median"]]
        panels.append(
            (
                label,
                _Shade(
                    edges["median"],
                    _sign_unsure(edges),
                    TwoSlopeNorm(0.0, -most, most),
                    CHANGES,
                    words,
                ),
            )
        )
    note = (
        (
            "Number and colour: median of all pairs. Hatched: the range of nine "
            "in ten pairs holds zero."
        )
        if _paired(comparison)
        else ""
    )
    title = (
        f"{sentence(outcome.label)}: difference from the baseline, "
        f"{_difference_unit(comparison, outcome)}"
    )
    return _tile_figure(
        comparison.baseline, panels, title, note, footer, _difference_unit(comparison, outcome)
    )


def _differences(comparison: Comparison, run: Trajectories, outcome: Outcome) -> np.ndarray:
    rates = comparison.rate_differences(run, outcome)
    return (
        comparison.values_by_territory(run, outcome)
        - comparison.values_by_territory(comparison.baseline, outcome)
        if rates is None
        else rates
    )


def _difference_unit(comparison: Comparison, outcome: Outcome) -> str:
    unit = RATE if population_of(comparison.baseline.scenario) is not None else "persons"
    return f"{unit} a year" if unit == RATE and outcome.kind == "flow" else unit


def _paired(comparison: Comparison) -> bool:
    return comparison.baseline.plan.replicates > 1


def _sign_unsure(edges: dict[str, np.ndarray]) -> np.ndarray:
    """States in which the band of nine in ten pairs has both signs,
    or touches zero without being zero.

    The lab, whose pairs arrive one after the other, has another rule, which its maps say:
    :func:`tregua.lab.work.headline.sure`.
    """
    return (
        (edges["low_90"] <= 0.0) & (edges["high_90"] >= 0.0) & (edges["high_90"] > edges["low_90"])
    )


def _tile_figure(
    trajectories: Trajectories,
    panels: Sequence[tuple[str, _Shade]],
    title: str,
    note: str,
    footer: str,
    unit: str,
) -> Figure:
    """One map for each panel, two in a row, with one scale of colours for all."""
    tiles = tiles_of(trajectories.scenario.data.space) or {}
    rows, columns = -(-len(panels) // 2) or 1, min(len(panels), 2) or 1
    figure, axes = sheet(
        rows,
        columns,
        (4.6 * columns + 0.9 if columns > 1 else 7.6, 4.0 * rows + 0.9),
        title,
        note,
        footer,
    )
    for ax, (label, shade) in zip(axes.flat, panels, strict=False):
        _tiles(ax, tiles, shade, 8.5 if columns == 1 else 6.5)
        ax.set_title(label)
        _light(ax)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    if panels:
        shade = panels[0][1]
        bar = figure.colorbar(_scale(shade), ax=list(axes.flat), shrink=0.5, aspect=24, pad=0.01)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8)
        bar.set_label(unit, fontsize=8)
    return figure


def short(value: float, sign: str = "") -> str:
    """A number that fits into a tile: ``"23"``, ``"4.1"``,
    or ``"≈0"`` for less than :data:`LEAST`.
    """
    if abs(value) < LEAST:
        return "≈0" if value else "0"
    return f"{value:{sign},.{0 if abs(value) >= 9.95 else 1}f}".replace("-", "−")


def _scale(shade: _Shade) -> ScalarMappable:
    return ScalarMappable(shade.norm, colormaps[shade.colours])


def ink_on(colour: Sequence[float], ink: str = "#000000") -> str:
    """The colour of letters on a tile of this colour (red, green, blue from 0 to 1):
    white where it is dark.
    """
    return "#ffffff" if float(np.dot(BRIGHTNESS, colour[:3])) < DARK else ink


def grid_axes(ax: Axes, tiles: Tiles) -> None:
    """Axes without any scale, one unit for each tile, rows downwards."""
    rows, columns = (
        [row for _, row, _ in tiles.values()],
        [column for _, _, column in tiles.values()],
    )
    ax.set_xlim(min(columns) - 0.05, max(columns) + 1.0)
    ax.set_ylim(max(rows) + 1.0, min(rows) - 0.05)
    ax.set_aspect("equal")
    ax.set_axis_off()


def _tiles(ax: Axes, tiles: Tiles, shade: _Shade, size: float) -> None:
    """Coloured tiles with the abbreviation and the number of each state."""
    grid_axes(ax, tiles)
    for (abbreviation, row, column), value, unsure, word in zip(
        tiles.values(), shade.values, shade.unsure, shade.words, strict=True
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
        if unsure:
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


@styled
def states_figure(
    trajectories: Trajectories, outcome_name: str = "killed", footer: str = ""
) -> Figure:
    """An outcome in every state and year: median and bands in one small chart for each state, all
    on one scale, on the tile grid.

    Args:
        trajectories: a run on the 32 states.
        outcome_name: such as ``"killed"``.
        footer: line at the bottom that says where the figure comes from.

    Raises:
        TreguaError: TR2303 where the run has no such outcome, or where it is not counted by
            territory.
    """
    outcome, years = named_outcome(trajectories, outcome_name), list(whole_years(trajectories))
    rates, unit = _rates(trajectories, outcome)
    edges, tiles = bands(np.moveaxis(rates, 1, 0)), tiles_of(trajectories.scenario.data.space) or {}
    top = max(float(edges["high_90"].max()), 1e-9)
    note = (
        f"Every tile: {years[0]} to {years[-1]} from left to right, from 0 to {rounded(top)} "
        f"{unit} in the year from bottom to top."
    )
    ranges = (
        "\nLine: median. Darker band: the middle half of all replicates. Lighter band: nine in ten."
        if _banded(trajectories)
        else ""
    )
    figure, axes = sheet(
        1, 1, (8.6, 6.6), f"{sentence(outcome.label)} in every state, {unit}", note + ranges, footer
    )
    ax = axes[0, 0]
    grid_axes(ax, tiles)
    across = (
        np.linspace(0.03, SIDE - 0.03, len(years)) if len(years) > 1 else np.array([0.5 * SIDE])
    )
    heights = {name: 0.72 * SIDE * edge / top for name, edge in edges.items()}
    for i, (abbreviation, row, column) in enumerate(tiles.values()):
        ax.add_patch(Rectangle((column, row), SIDE, SIDE, facecolor="#f5f5f5", edgecolor="none"))
        ax.text(
            column + 0.04, row + 0.04, abbreviation, ha="left", va="top", fontsize=7.5, color=GREY
        )
        ax.text(
            column + SIDE - 0.04,
            row + 0.04,
            short(edges["median"][-1, i]),
            ha="right",
            va="top",
            fontsize=7.5,
            fontweight="bold",
        )
    corners = [(row, column) for _, row, column in tiles.values()]
    if _banded(trajectories):
        for low, high, alpha in (("low_90", "high_90", 0.22), ("low_50", "high_50", 0.42)):
            shapes = [
                _ribbon(across + c, r + SIDE - heights[low][:, i], r + SIDE - heights[high][:, i])
                for i, (r, c) in enumerate(corners)
            ]
            ax.add_collection(
                PolyCollection(shapes, facecolor=COLOURS[0], alpha=alpha, linewidth=0.0),
                autolim=False,
            )
    lines = [
        np.column_stack([across + c, r + SIDE - heights["median"][:, i]])
        for i, (r, c) in enumerate(corners)
    ]
    ax.add_collection(LineCollection(lines, colors=COLOURS[0], linewidths=1.2), autolim=False)
    _light(ax)
    return figure


def _light(ax: Axes) -> None:
    """Keep what is inside the tiles out of the layout: it takes no room outside them, and measuring
    it takes most of the time.
    """
    for artist in (*ax.texts, *ax.patches, *ax.collections):
        artist.set_in_layout(False)


def _ribbon(across: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Outline of the area between two lines: shape (2 * points, 2)."""
    return np.concatenate([np.column_stack([across, low]), np.column_stack([across, high])[::-1]])


def maps_of_run(trajectories: Trajectories, outcome: Outcome, footer: str = "") -> list[Picture]:
    """The map and the small charts of an outcome with their words;
    none where the run is not on the 32 states.
    """
    if not has_tiles(trajectories, outcome):
        return []
    years, labels = (
        list(whole_years(trajectories)),
        trajectories.scenario.data.space.labels("territory"),
    )
    rates, unit = _rates(trajectories, outcome)
    edges, first = bands(rates[-1]), np.median(rates[0], axis=0)
    order = np.argsort(-edges["median"], kind="stable")
    most = [
        _told(labels[i], {name: edge[i] for name, edge in edges.items()}, _banded(trajectories))
        for i in order[:5]
    ]
    least = listed([f"{labels[i]} {rounded(edges['median'][i])}" for i in order[-3:]])
    alt = (
        f"Map of the 32 states as tiles, {outcome.label} {_period(outcome, years[-1])}, {unit}. "
        f"Highest: {'; '.join(most)}. Lowest: {least}."
    )
    wide = int(_wide(edges).sum())
    caption = f"Number and colour: {unit}, {_period(outcome, years[-1])}."
    if _banded(trajectories):
        caption += (
            " They are medians of all replicates; the hatched states are those in which the range "
            "of nine in ten replicates is wider than the median: "
        )
        caption += f"{wide} of {len(labels)}." if wide else "none here."
    rising, count = int((edges["median"] > first).sum()), len(labels)
    told = f"small line charts of {outcome.label}, {unit}, by year from {years[0]} to {years[-1]}"
    words = (
        f"32 {told}. The median ends higher than it began in {rising} of {count} states. In "
        f"{years[-1]}: {'; '.join(most)}."
    )
    how = (
        "All states have the same scale, so that heights can be compared. The number is the "
        "median of the last year."
    )
    how += (
        " Darker bands hold the middle half of all replicates, lighter ones nine in ten."
        if _banded(trajectories)
        else ""
    )
    title = f"{sentence(outcome.label)} by state"
    return [
        Picture(
            f"map-{outcome.name}",
            map_figure(trajectories, outcome.name, footer),
            f"{title}, {_period(outcome, years[-1])}",
            alt,
            caption,
        ),
        Picture(
            f"states-{outcome.name}",
            states_figure(trajectories, outcome.name, footer),
            f"{title} over time",
            words,
            how,
        ),
    ]


def _told(label: str, edges: dict[str, float], banded: bool) -> str:
    assert edges.keys() == QUANTILES.keys()
    return f"{label} {rounded(edges['median'])}" + (
        f" (nine in ten: {span(edges['low_90'], edges['high_90'])})" if banded else ""
    )


def maps_of_comparison(comparison: Comparison, outcome: Outcome, footer: str = "") -> list[Picture]:
    """The map of differences of an outcome with its words;
    none where the runs are not on the 32 states.
    """
    if not comparison.policies or not has_tiles(comparison.baseline, outcome):
        return []
    labels, told = comparison.baseline.scenario.data.space.labels("territory"), []
    for run in comparison.policies[:MAPS]:
        edges = bands(_differences(comparison, run, outcome))
        fewer, more = int((edges["high_90"] < 0.0).sum()), int((edges["low_90"] > 0.0).sum())
        order = np.argsort(-np.abs(edges["median"]), kind="stable")[:3]
        largest = ", ".join(f"{labels[i]} {signed(edges['median'][i])}" for i in order)
        told.append(
            f"{run.scenario.shown}: fewer in {fewer} states, more in {more}, unsure or unchanged "
            f"in the others; largest differences {largest}"
        )
    since, end = (
        day(comparison.baseline.scenario.date(week))
        for week in (comparison.since, comparison.baseline.scenario.weeks)
    )
    unit = _difference_unit(comparison, outcome)
    caption = f"Difference from the baseline, {unit}, " + (
        f"from {since} to {end}." if outcome.kind == "flow" else f"on {end}."
    )
    caption += (
        " Orange: more. Purple: fewer. Medians of all pairs of replicates."
        if _paired(comparison)
        else " Orange: more. Purple: fewer."
    )
    caption += (
        (
            " States are hatched where the range of nine in ten pairs holds zero, so "
            "that the sign is unsure."
        )
        if _paired(comparison)
        else ""
    )
    left = len(comparison.policies) - MAPS
    caption += (
        (
            f" {left} more {'policy is' if left == 1 else 'policies are'} in the table of "
            "differences by territory."
        )
        if left > 0
        else ""
    )
    figure = difference_map_figure(comparison, outcome.name, footer)
    alt = f"Maps of the 32 states as tiles, {unit}. {'. '.join(told)}."
    return [
        Picture(
            f"map-difference-{outcome.name}",
            figure,
            f"{sentence(outcome.label)}: difference by state",
            alt,
            caption,
        )
    ]
