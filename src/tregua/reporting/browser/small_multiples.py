"""Small multiples for a browser: a small chart over time for each territory, on the tile grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ...countries.territories import Tiles
from ...results.tables import bands
from ..encoding import BLUE, GREY, ON_SCREEN_TILE, Fan
from ..tile_map import Extent, extent_of, short
from ..wording import rounded
from .base import (
    INK,
    LINE,
    SMALL,
    Chart,
    Options,
    Say,
    ceiling,
    frame,
    plain,
    relative,
    span_of,
    value_axis,
)
from .lines import areas

CLEAR = "rgba(255,255,255,0.01)"
"""A colour that cannot be seen, on which a pointer is felt all the same."""

SCALED = 0.9
"""Share of the territories whose highest band fits the scale; it is cut off in the others."""


@dataclass(frozen=True, eq=False)
class _States:
    """What the small charts show.

    Attributes:
        years: calendar years.
        before: median and edges of the bands without the package, shape (year, territory).
        after: the same with it, or once more without it.
        moves: relative change in the last year, the median over pairs; None where there is no
            package yet.
        tiles: place of every territory.
        extent: of the tile grid.
        top: where all upright axes end.
    """

    years: np.ndarray
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]
    moves: np.ndarray | None
    tiles: Tiles
    extent: Extent
    top: float

    @property
    def stride(self) -> int:
        """Places that a territory takes on the axis of its row: its years and a gap."""
        return len(self.years) + 1


def small_multiples(
    years: Int[np.ndarray, "year"],
    baseline: Float[np.ndarray, "replicate year territory"],
    changed: Float[np.ndarray, "replicate year territory"] | None,
    moves: Float[np.ndarray, "territory"] | None,
    tiles: Tiles,
    say: Say,
    rates: bool,
) -> Chart:
    """Small multiples of persons killed in every territory and year: one small chart for each,
    all on one scale, on the tile grid.

    Args:
        years: calendar years.
        baseline: without the package: for 100,000 inhabitants where ``rates``, else in persons.
        changed: the same with it; None where there is no package yet.
        moves: relative change of persons killed in the last year, the median over pairs; None
            where there is no package yet.
        tiles: place of every territory.
        say: the catalogue.
        rates: whether the numbers are rates.
    """
    states = _states(years, baseline, changed, moves, tiles)
    before, after, top = states.before, states.after, states.top
    first, last = int(years[0]), int(years[-1])
    unit = say("unit.rate" if rates else "unit.persons")
    title = say("chart.states.title", first=first, last=last, unit=unit)
    rising = int(np.sum(after["median"][-1] > after["median"][0]))
    alt = say("chart.states.alt", title=title, rising=rising, count=len(tiles))
    heads = [
        say("table.state"),
        f"{say('chart.without')}, {first}",
        f"{say('chart.without')}, {last}",
    ]
    if changed is not None:
        heads += [f"{say('chart.with')}, {last}", say("table.ninety")]
    rows = []
    for i, name in enumerate(tiles):
        row = [name, *(rounded(float(before["median"][at, i])) for at in (0, -1))]
        if changed is not None:
            low, middle, high = (after[edge][-1, i] for edge in ("low_90", "median", "high_90"))
            row += [rounded(float(middle)), span_of(low, high, say)]
        rows.append(tuple(row))
    note = say("chart.states.note", first=first, last=last, top=rounded(top), unit=unit)
    return Chart(title, _options(states, alt, say), note, alt, tuple(heads), tuple(rows))


def _states(
    years: np.ndarray,
    baseline: np.ndarray,
    changed: np.ndarray | None,
    moves: np.ndarray | None,
    tiles: Tiles,
) -> _States:
    before, after = bands(baseline), bands(baseline if changed is None else changed)
    highest = (
        float(np.quantile(after["high_90"].max(axis=0), SCALED)),
        float(before["median"].max()),
        float(after["median"].max()),
    )
    return _States(years, before, after, moves, tiles, extent_of(tiles), ceiling(max(highest)))


def _options(states: _States, alt: str, say: Say) -> Options:
    """One grid for each row of tiles, below one another."""
    extent = states.extent
    height, across = 100.0 / extent.rows, range(extent.columns * states.stride)
    grids, x_axes, y_axes, series = [], [], [], []
    for row in range(extent.rows):
        place = {"top": f"{row * height + 5.0:.2f}%", "height": f"{height - 5.6:.2f}%"}
        grids.append({"left": 6, "right": 6, **place, "containLabel": False})
        hidden = {"gridIndex": row, "show": False}
        places = {"type": "category", "data": [str(i) for i in across], "boundaryGap": False}
        x_axes.append({**places, **hidden})
        y_axes.append({**value_axis(""), "min": 0, "max": states.top, **hidden})
        series += _row(states, row, say)
    return frame(alt, grid=grids, xAxis=x_axes, yAxis=y_axes, series=series)


def _row(states: _States, grid: int, say: Say) -> list[Options]:
    """The series of one row of tiles: lines of all its territories one behind the other,
    with gaps between them.
    """
    row, heads = states.extent.top + grid, []
    empty = np.full(states.extent.columns * states.stride, np.nan)
    after = {edge: empty.copy() for edge in states.after}
    before = empty.copy()
    for i, (_, at, column) in enumerate(states.tiles.values()):
        if at != row:
            continue
        begin = (column - states.extent.left) * states.stride
        part = slice(begin, begin + len(states.years))
        for edge, values in states.after.items():
            after[edge][part] = np.minimum(values[:, i], states.top)
        before[part] = states.before["median"][:, i]
        heads.append(_head(states, i, begin, say))
    moved = states.moves is not None
    place: Options = {"xAxisIndex": grid, "yAxisIndex": grid}
    line = {"type": "line", "symbol": "none", "silent": True, "tooltip": {"show": False}, **place}
    floor = plain(np.where(np.isnan(before), np.nan, 0.0))
    old = {"color": GREY, "width": 1.2, "type": "dashed" if moved else "solid"}
    new = {"color": BLUE, "width": 1.6}
    dots = {"type": "scatter", "symbol": "rect", "symbolSize": 12, "itemStyle": {"color": CLEAR}}
    return [
        {**line, "name": "floor", "data": floor, "lineStyle": {"color": LINE, "width": 1}},
        *areas(Fan(after, BLUE if moved else GREY, ON_SCREEN_TILE), after=f" {grid}", **place),
        {**line, "name": "before", "data": plain(before), "lineStyle": old},
        {
            **line,
            "name": "after",
            "data": plain(after["median"]) if moved else [],
            "lineStyle": new,
        },
        {**dots, "name": "heads", "data": heads, "clip": False, **place},
    ]


def _head(states: _States, state: int, begin: int, say: Say) -> Options:
    """Abbreviation and number above a small chart, where a pointer finds its numbers."""
    name, (abbreviation, *_) = list(states.tiles.items())[state]
    middle = float(states.after["median"][-1, state])
    words = say(
        "chart.states.tip",
        name=name,
        year=int(states.years[-1]),
        middle=rounded(middle),
        before=rounded(float(states.before["median"][-1, state])),
    )
    number = short(middle) if states.moves is None else relative(float(states.moves[state]))
    label = {
        "show": True,
        "position": "right",
        "offset": [-8, -16],
        "formatter": f"{abbreviation}\n{{v|{number}}}",
        "lineHeight": 13,
        "color": GREY,
        "fontSize": SMALL,
        "rich": {"v": {"fontWeight": "bold", "fontSize": SMALL, "color": INK}},
    }
    return {"value": [begin, states.top], "label": label, "tooltip": {"formatter": words}}
