"""Maps of territories: levels, differences, and small charts over time, on the tile grid.
They are drawn only for countries whose territories have tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TypeVar

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...countries.territories import Tiles
from ...engine.trajectories import Trajectories
from ...results.by_territory import PERSONS, inhabitants_of, named_outcome, values_by_territory
from ...results.comparison import Comparison
from ...results.outcomes import Outcome
from ...results.pairs import sign_is_sure
from ...results.tables import QUANTILES, bands, whole_years
from ..encoding import BLUE, GREY, ON_PAPER_TILE, Fan, words_for_areas
from ..tile_map import CHANGES, LEVELS, short
from ..windows import counted_from, labels, last_day
from ..wording import (
    all_counted,
    listed,
    rounded,
    sentence,
    signed,
    span,
    territory_words,
)
from .style import Picture, sheet, styled
from .tile_grid import SIDE, Shade, grid_axes, keep_out_of_layout, tile_figure

M = TypeVar("M")

PAGE = 6
"""Maps in one figure, so that it can be printed on a page; further policies are in further ones."""

TAIL = QUANTILES["low_90"]
"""Probability left out at either end of the range that must be on one side of zero before the sign
of a difference is sure. The lab, whose pairs arrive one after the other, has another rule:
:func:`tregua.lab.work.headline.sure`.
"""

HEADING = 44
"""Letters in a line above a map."""

RATE = "per 100,000 inhabitants"

WIDER = "the range of nine in ten replicates is wider than the median"
"""What hatching marks in a map of one run."""

UNSURE = "the range of nine in ten pairs holds zero, so that the sign is unsure"
"""What hatching marks in a map of differences."""


def has_tiles(trajectories: Trajectories, outcome: Outcome) -> bool:
    """Whether a run can be put on the tile grid: its territories have tiles, its outcome is counted
    by territory, and it covers a whole year.
    """
    placed = all(trajectories.series[name].ndim == 3 for name in outcome.series)
    return (
        placed
        and trajectories.scenario.data.tiles is not None
        and len(whole_years(trajectories)) > 0
    )


def _tiles_of_run(trajectories: Trajectories) -> Tiles:
    return trajectories.scenario.data.tiles or {}


def _rates(trajectories: Trajectories, outcome: Outcome) -> tuple[np.ndarray, str]:
    """An outcome by (year, replicate, territory) for 100,000 inhabitants of the year, and the unit;
    in persons where the data have no population.
    """
    values = values_by_territory(trajectories, outcome)
    people = inhabitants_of(trajectories.scenario)
    if people is None:
        return values, "persons"
    return values / people.in_years(whole_years(trajectories))[:, None] * PERSONS, RATE


def _period(outcome: Outcome, year: int) -> str:
    return f"in {year}" if outcome.kind == "flow" else f"at the end of {year}"


@styled
def map_figure(
    trajectories: Trajectories, outcome_name: str = "killed", footer: str = ""
) -> Figure:
    """Choropleth of the median of an outcome in every territory in the last whole year of the run.

    Tiles are hatched where the band of nine in ten replicates is wider than the median, unless it
    is so in all of them.

    Args:
        trajectories: a run whose territories have tiles.
        outcome_name: such as ``"killed"``.
        footer: line at the bottom that says where the figure comes from.

    Raises:
        TreguaError: TR2303 where the run has no such outcome, or where it is not counted by
            territory.
    """
    outcome, year = named_outcome(trajectories, outcome_name), list(whole_years(trajectories))[-1]
    edges, unit = _last_year(trajectories, outcome)
    wide = _wide(edges)
    shade = Shade(
        edges["median"],
        wide,
        Normalize(0.0, max(edges["median"].max(), 1e-9)),
        LEVELS,
        [short(x) for x in edges["median"]],
    )
    note = ""
    if _banded(trajectories):
        note = f"Number and colour: median of all replicates. {_hatching(trajectories, wide)}"
    title = f"{sentence(outcome.label)}, {_period(outcome, year)}, {unit}"
    return tile_figure(_tiles_of_run(trajectories), [("", shade)], title, note, footer, unit)


def _last_year(trajectories: Trajectories, outcome: Outcome) -> tuple[dict[str, np.ndarray], str]:
    """Median and bands in each territory in the last whole year, and their unit."""
    rates, unit = _rates(trajectories, outcome)
    return bands(rates[-1]), unit


def _wide(edges: dict[str, np.ndarray]) -> np.ndarray:
    """Territories in which the band of nine in ten is wider than the median."""
    return edges["high_90"] - edges["low_90"] > edges["median"]


def hatching_words(marked: np.ndarray, what: str, one: str = "territory") -> str:
    """What hatching says in a map, or what it would say of all territories or of none; ``one`` is
    the word for a territory.
    """
    if marked.all():
        return f"In every {one} {what}; none is hatched for it."
    return f"Hatched: {what}." if marked.any() else f"There is no {one} in which {what}."


def _hatching(trajectories: Trajectories, wide: np.ndarray) -> str:
    return hatching_words(wide, WIDER, territory_words(trajectories.scenario.data)[0])


def _banded(trajectories: Trajectories) -> bool:
    return trajectories.plan.replicates > 1


@styled
def difference_map_figures(
    comparison: Comparison, outcome_name: str = "killed", footer: str = ""
) -> list[Figure]:
    """Choropleths of the paired difference from the baseline in every territory, one map for each
    policy and at most :data:`PAGE` in a figure, all with one scale of colours.

    A flow is counted from the first day of the policy to the end, for 100,000 inhabitants a
    year. Tiles are hatched where the band of nine in ten pairs holds zero; above a map in which it
    does so in every territory or in none stand words instead.
    """
    outcome = comparison.outcomes[outcome_name]
    by_policy = [_differences(comparison, run, outcome) for run in comparison.policies]
    most = max((float(np.abs(np.median(x, axis=0)).max()) for x in by_policy), default=0.0) or 1.0
    one, _ = territory_words(comparison.baseline.scenario.data)
    panels = [
        difference_panel(label, differences, most, _paired(comparison), one)
        for label, differences in zip(labels(comparison), by_policy, strict=True)
    ]
    hatched = any(shade.hatched.any() for _, shade in panels)
    note = "Number and colour: median of all pairs." if _paired(comparison) else ""
    note += f" Hatched: {UNSURE}." if note and hatched else ""
    unit = _difference_unit(comparison, outcome)
    title = f"{sentence(outcome.label)}: difference from the baseline, {unit}"
    tiles = _tiles_of_run(comparison.baseline)
    return [tile_figure(tiles, page, title, note, footer, unit) for page in _pages(panels)]


def _pages(maps: Sequence[M]) -> list[list[M]]:
    """Maps, or words about them, by the figure that they go into: parts of about one size."""
    parts = np.array_split(np.arange(len(maps)), -(-len(maps) // PAGE) or 1)
    return [[maps[i] for i in part] for part in parts]


def difference_panel(
    label: str, differences: np.ndarray, most: float, paired: bool, one: str = "territory"
) -> tuple[str, Shade]:
    """Heading and tiles of the map of one policy; colours end at ``most``, and ``one`` is the word
    for a territory.
    """
    median, unsure = bands(differences)["median"], ~sign_is_sure(differences, tail=TAIL)
    shade = Shade(
        median, unsure, TwoSlopeNorm(0.0, -most, most), CHANGES, [short(x, "+") for x in median]
    )
    heading = fill(label.replace("\n", ", "), HEADING)
    if not differences.any():
        heading += "\n(changes nothing)"
    elif paired and not shade.hatched.any():
        heading += f"\n(sign {'unsure' if unsure.any() else 'sure'} in every {one})"
    return heading, shade


def _differences(comparison: Comparison, run: Trajectories, outcome: Outcome) -> np.ndarray:
    rates = comparison.rate_differences(run, outcome)
    return comparison.differences_by_territory(run, outcome) if rates is None else rates


def _difference_unit(comparison: Comparison, outcome: Outcome) -> str:
    unit = RATE if inhabitants_of(comparison.baseline.scenario) is not None else "persons"
    return f"{unit} a year" if unit == RATE and outcome.kind == "flow" else unit


def _paired(comparison: Comparison) -> bool:
    return comparison.baseline.plan.replicates > 1


@styled
def states_figure(
    trajectories: Trajectories, outcome_name: str = "killed", footer: str = ""
) -> Figure:
    """Small multiples of an outcome in every territory and year: median and bands in one small
    chart for each, all on one scale, on the tile grid.

    Args:
        trajectories: a run whose territories have tiles.
        outcome_name: such as ``"killed"``.
        footer: line at the bottom that says where the figure comes from.

    Raises:
        TreguaError: TR2303 where the run has no such outcome, or where it is not counted by
            territory.
    """
    outcome, years = named_outcome(trajectories, outcome_name), list(whole_years(trajectories))
    rates, unit = _rates(trajectories, outcome)
    edges, tiles = bands(np.moveaxis(rates, 1, 0)), _tiles_of_run(trajectories)
    top = max(float(edges["high_90"].max()), 1e-9)
    note = (
        f"Every tile: {years[0]} to {years[-1]} from left to right, from 0 to {rounded(top)} "
        f"{unit} in the year from bottom to top."
    )
    ranges = f"\nLine: median. {words_for_areas('all replicates')}" if _banded(trajectories) else ""
    one, _ = territory_words(trajectories.scenario.data)
    title = f"{sentence(outcome.label)} in every {one}, {unit}"
    figure, axes = sheet(1, 1, (8.6, 6.6), title, note + ranges, footer)
    ax = axes[0, 0]
    grid_axes(ax, tiles)
    across = (
        np.linspace(0.03, SIDE - 0.03, len(years)) if len(years) > 1 else np.array([0.5 * SIDE])
    )
    heights = {name: 0.72 * SIDE * edge / top for name, edge in edges.items()}
    shown = Fan(heights, BLUE, ON_PAPER_TILE)
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
        for area in shown.areas:
            shapes = [
                _outline(across + c, r + SIDE - area.low[:, i], r + SIDE - area.high[:, i])
                for i, (r, c) in enumerate(corners)
            ]
            ax.add_collection(
                PolyCollection(shapes, facecolor=shown.colour, alpha=area.opacity, linewidth=0.0),
                autolim=False,
            )
    lines = [
        np.column_stack([across + c, r + SIDE - shown.median[:, i]])
        for i, (r, c) in enumerate(corners)
    ]
    ax.add_collection(LineCollection(lines, colors=shown.colour, linewidths=1.2), autolim=False)
    keep_out_of_layout(ax)
    return figure


def _outline(across: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Outline of the area between two lines: shape (2 * points, 2)."""
    return np.concatenate([np.column_stack([across, low]), np.column_stack([across, high])[::-1]])


def maps_of_run(trajectories: Trajectories, outcome: Outcome, footer: str = "") -> list[Picture]:
    """The map and the small charts of an outcome with their words;
    none where the territories of the run have no tiles.
    """
    if not has_tiles(trajectories, outcome):
        return []
    years, (one, many) = (
        list(whole_years(trajectories)),
        territory_words(trajectories.scenario.data),
    )
    labels = trajectories.scenario.data.space.labels("territory")
    rates, unit = _rates(trajectories, outcome)
    edges, first = bands(rates[-1]), np.median(rates[0], axis=0)
    order = np.argsort(-edges["median"], kind="stable")
    most = [
        _told(labels[i], {name: edge[i] for name, edge in edges.items()}, _banded(trajectories))
        for i in order[:5]
    ]
    least = listed([f"{labels[i]} {rounded(edges['median'][i])}" for i in order[-3:]])
    alt = (
        f"Map of the {len(labels)} {many} as tiles, {outcome.label} "
        f"{_period(outcome, years[-1])}, {unit}. Highest: {'; '.join(most)}. Lowest: {least}."
    )
    caption = f"Number and colour: {unit}, {_period(outcome, years[-1])}."
    if _banded(trajectories):
        wide = _wide(edges)
        caption += f" They are medians of all replicates. {_hatching(trajectories, wide)}"
        if 0 < wide.sum() < len(wide):
            caption = f"{caption[:-1]}: {wide.sum()} of {len(labels)} {many}."
    rising, count = int((edges["median"] > first).sum()), len(labels)
    told = f"small line charts of {outcome.label}, {unit}, by year from {years[0]} to {years[-1]}"
    words = (
        f"{count} {told}. The median ends higher than it began in {rising} of {count} {many}. In "
        f"{years[-1]}: {'; '.join(most)}."
    )
    how = (
        f"All {many} have the same scale, so that heights can be compared. The number is the "
        "median of the last year."
    )
    if _banded(trajectories):
        how += " Darker bands hold the middle half of all replicates, lighter ones nine in ten."
    title = f"{sentence(outcome.label)} by {one}"
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
    none where the territories of the runs have no tiles.
    """
    if not comparison.policies or not has_tiles(comparison.baseline, outcome):
        return []
    since, end = counted_from(comparison), last_day(comparison)
    data = comparison.baseline.scenario.data
    (one, many), count = territory_words(data), len(data.space.labels("territory"))
    unit = _difference_unit(comparison, outcome)
    caption = f"Difference from the baseline, {unit}, " + (
        f"from {since} to {end}." if outcome.kind == "flow" else f"on {end}."
    )
    caption += all_counted(outcome) + " Orange: more. Purple: fewer."
    if _paired(comparison):
        caption += (
            f" Medians of all pairs of replicates. {sentence(many)} are hatched where {UNSURE}; "
            f"where that is so in every {one} of a map or in none, words above it say so."
        )
    figures = difference_map_figures(comparison, outcome.name, footer)
    told = [_told_differences(comparison, run, outcome) for run in comparison.policies]
    title = f"{sentence(outcome.label)}: difference by {one}"
    pictures = []
    for number, (figure, part) in enumerate(zip(figures, _pages(told), strict=True), 1):
        name, of = f"map-difference-{outcome.name}", f" ({number} of {len(figures)})"
        pictures.append(
            Picture(
                name if number == 1 else f"{name}-{number}",
                figure,
                title + (of if len(figures) > 1 else ""),
                f"Maps of the {count} {many} as tiles, {unit}. {'. '.join(part)}.",
                caption,
            )
        )
    return pictures


def _told_differences(comparison: Comparison, run: Trajectories, outcome: Outcome) -> str:
    """The map of one policy in words."""
    data = comparison.baseline.scenario.data
    places, (_, many) = data.space.labels("territory"), territory_words(data)
    edges = bands(_differences(comparison, run, outcome))
    fewer, more = int((edges["high_90"] < 0.0).sum()), int((edges["low_90"] > 0.0).sum())
    order = np.argsort(-np.abs(edges["median"]), kind="stable")[:3]
    largest = ", ".join(f"{places[i]} {signed(edges['median'][i])}" for i in order)
    return (
        f"{run.scenario.shown}: fewer in {fewer} {many}, more in {more}, unsure or unchanged "
        f"in the others; largest differences {largest}"
    )
