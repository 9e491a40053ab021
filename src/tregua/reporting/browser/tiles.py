"""The 32 states as tiles, for a browser: one map of numbers, and small charts on the same grid.
See :mod:`~tregua.reporting.browser.base`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib import colormaps
from matplotlib.colors import to_hex

from ...countries.tiles import Tiles
from ...results.tables import bands
from ..charts.maps import CHANGES, LEAST, LEVELS, ink_on, short
from ..charts.style import GREY
from ..wording import rounded, signed
from .base import (
    BLUE,
    EDGES,
    INK,
    INNER,
    LINE,
    OUTER,
    PALE,
    SMALL,
    Chart,
    Options,
    Say,
    ceiling,
    frame,
    plain,
    relative,
    ribbon,
    value_axis,
)

STOPS = 9
"""Colours of a scale that the browser is given; it mixes those between."""

FADED = 0.35
"""How much of its colour a tile keeps whose sign is unsure; the rest is white."""

CLEAR = "rgba(255,255,255,0.01)"
"""A colour that cannot be seen, on which a pointer is felt all the same."""


def change_map(
    differences: Float[np.ndarray, "replicate territory"],
    sure: Bool[np.ndarray, "territory"],
    tiles: Tiles,
    say: Say,
    rates: bool,
    years: tuple[int, int],
) -> Chart:
    """Paired differences of persons killed in every state: the median as number and colour;
    tiles whose sign is unsure are faded and carry a question mark.

    Args:
        differences: with the package less without it, a year: for 100,000 inhabitants where
            ``rates``, else in persons.
        sure: whether the sign stands out from chance.
        tiles: place of every state.
        say: the catalogue.
        rates: whether the numbers are rates.
        years: first and last year.
    """
    edges, unit = bands(differences), say("unit.rate_year" if rates else "unit.persons_year")
    most = ceiling(max(float(np.abs(edges["median"]).max(initial=0.0)), LEAST))
    words = [
        short(float(x), "+") + ("" if known else " ?")
        for x, known in zip(edges["median"], sure, strict=True)
    ]
    title = say("chart.map.change", first=years[0], last=years[1], unit=unit)
    fewer = sum(bool(known) and x < 0.0 for known, x in zip(sure, edges["median"], strict=True))
    more = sum(bool(known) and x > 0.0 for known, x in zip(sure, edges["median"], strict=True))
    alt = say(
        "chart.map.alt_change",
        title=title,
        fewer=fewer,
        more=more,
        unsure=len(sure) - int(np.sum(sure)),
    )
    columns = (
        say("table.state"),
        say("table.median"),
        say("table.half"),
        say("table.ninety"),
        say("table.sign"),
    )
    rows = tuple(
        (
            name,
            signed(float(edges["median"][i])),
            *_spans(edges, i, say),
            say("table.sure") if sure[i] else say("table.unsure"),
        )
        for i, name in enumerate(tiles)
    )
    options = _map(
        edges["median"],
        words,
        tiles,
        (-most, most),
        CHANGES,
        alt,
        rows,
        columns,
        faded=~np.asarray(sure),
    )
    return Chart(title, options, say("chart.map.note_change"), alt, columns, rows)


def level_map(
    levels: Float[np.ndarray, "replicate territory"],
    tiles: Tiles,
    say: Say,
    rates: bool,
    years: tuple[int, int],
) -> Chart:
    """Persons killed in every state without any package: the median as number and colour."""
    edges, unit = bands(levels), say("unit.rate_year" if rates else "unit.persons_year")
    words = [short(float(x)) for x in edges["median"]]
    title = say("chart.map.level", first=years[0], last=years[1], unit=unit)
    order = np.argsort(-edges["median"], kind="stable")[:3]
    told = ", ".join(f"{list(tiles)[i]} {rounded(float(edges['median'][i]))}" for i in order)
    alt = say("chart.map.alt_level", title=title, told=told)
    columns = (say("table.state"), say("table.median"), say("table.half"), say("table.ninety"))
    rows = tuple(
        (name, rounded(float(edges["median"][i])), *_spans(edges, i, say))
        for i, name in enumerate(tiles)
    )
    most = ceiling(float(edges["median"].max(initial=LEAST)))
    options = _map(edges["median"], words, tiles, (0.0, most), LEVELS, alt, rows, columns)
    return Chart(title, options, say("chart.map.note_level"), alt, columns, rows)


def _spans(edges: dict[str, np.ndarray], at: int, say: Say) -> tuple[str, ...]:
    return tuple(
        say("span", low=signed(float(edges[low][at])), high=signed(float(edges[high][at])))
        for low, high in EDGES
    )


def _map(
    values: np.ndarray,
    words: Sequence[str],
    tiles: Tiles,
    ends: tuple[float, float],
    colours: str,
    alt: str,
    rows: Sequence[Sequence[str]],
    columns: Sequence[str],
    faded: np.ndarray | None = None,
) -> Options:
    """A heat map on the tile grid: abbreviation and number in every tile,
    and a scale of colours below.
    """
    across, down = _extent(tiles)
    stops = [to_hex(colormaps[colours](place)) for place in np.linspace(0.0, 1.0, STOPS)]
    plain_tiles: list[Any] = []
    pale_tiles: list[Any] = []
    for i, (abbreviation, row, column) in enumerate(tiles.values()):
        pale = faded is not None and bool(faded[i])
        ink = INK if pale else ink_on(_colour(float(values[i]), ends, colours), INK)
        tip = "<br>".join(f"{head}: {cell}" for head, cell in zip(columns, rows[i], strict=True))
        look = (
            {"borderColor": PALE, "borderType": "dashed", "borderWidth": 1}
            if pale
            else {"borderColor": "#ffffff", "borderWidth": 2}
        )
        label = {
            "formatter": f"{abbreviation}\n{{v|{words[i]}}}",
            "color": ink,
            "rich": {"v": {"fontWeight": "bold", "fontSize": 12, "color": ink}},
        }
        place = [column - across[0], row - down[0], float(f"{values[i]:.5g}")]
        tile = {
            "value": place,
            "name": list(tiles)[i],
            "label": label,
            "itemStyle": look,
            "tooltip": {"formatter": tip},
        }
        (pale_tiles if pale else plain_tiles).append(tile)
    scale = {
        "type": "continuous",
        "min": ends[0],
        "max": ends[1],
        "orient": "horizontal",
        "left": "center",
        "bottom": 0,
        "itemHeight": 150,
        "itemWidth": 11,
        "text": [short(end, "+" if ends[0] < 0.0 else "") for end in reversed(ends)],
        "textStyle": {"fontSize": SMALL, "color": INK},
        "inRange": {"color": stops},
        "calculable": False,
        "seriesIndex": 0,
    }
    faint = {
        **scale,
        "show": False,
        "seriesIndex": 1,
        "inRange": {"color": [paler(colour) for colour in stops]},
    }
    drawn = {
        "type": "heatmap",
        "label": {"show": True, "fontSize": SMALL, "lineHeight": 15},
        "emphasis": {"disabled": True},
    }
    bare = {
        "axisLabel": {"show": False},
        "axisTick": {"show": False},
        "axisLine": {"show": False},
        "splitLine": {"show": False},
        "splitArea": {"show": False},
    }
    return frame(
        alt,
        grid={"left": 4, "right": 4, "top": 4, "bottom": 40},
        xAxis={
            "type": "category",
            "data": [str(i) for i in range(across[1] - across[0] + 1)],
            **bare,
        },
        yAxis={
            "type": "category",
            "data": [str(i) for i in range(down[1] - down[0] + 1)],
            "inverse": True,
            **bare,
        },
        visualMap=[scale, faint],
        series=[{**drawn, "data": plain_tiles}, {**drawn, "data": pale_tiles}],
    )


def paler(colour: str) -> str:
    """A colour mixed with white as much as :data:`FADED` says."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(
        f"{round(FADED * channel + (1.0 - FADED) * 255.0):02x}" for channel in channels
    )


def _extent(tiles: Tiles) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last column, and first and last row."""
    rows, columns = (
        [row for _, row, _ in tiles.values()],
        [column for _, _, column in tiles.values()],
    )
    return (min(columns), max(columns)), (min(rows), max(rows))


def _colour(value: float, ends: tuple[float, float], colours: str) -> tuple[float, ...]:
    """The colour of a value on a scale, as red, green and blue from 0 to 1."""
    return colormaps[colours](float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)))[:3]


def small_multiples(
    years: Int[np.ndarray, "year"],
    baseline: Float[np.ndarray, "replicate year territory"],
    changed: Float[np.ndarray, "replicate year territory"] | None,
    tiles: Tiles,
    say: Say,
    rates: bool,
) -> Chart:
    """Persons killed in every state and year in one small chart for each state, all on one scale,
    on the tile grid.

    Args:
        years: calendar years.
        baseline: without the package: for 100,000 inhabitants where ``rates``, else in persons.
        changed: the same with it; None where there is no package yet.
        tiles: place of every state.
        say: the catalogue.
        rates: whether the numbers are rates.
    """
    before, after = bands(baseline), bands(baseline if changed is None else changed)
    moves = (
        None
        if changed is None
        else changed[:, -1].mean(axis=0) / np.maximum(baseline[:, -1].mean(axis=0), 1e-9) - 1.0
    )
    unit, across, down = say("unit.rate" if rates else "unit.persons"), *_extent(tiles)
    top = ceiling(
        max(
            float(np.quantile(after["high_90"].max(axis=0), 0.9)),
            float(before["median"].max()),
            float(after["median"].max()),
        )
    )
    title = say("chart.states.title", first=int(years[0]), last=int(years[-1]), unit=unit)
    rising = int(np.sum(after["median"][-1] > after["median"][0]))
    alt = say("chart.states.alt", title=title, rising=rising, count=len(tiles))
    rows_of_tiles, columns_of_tiles = down[1] - down[0] + 1, across[1] - across[0] + 1
    grids, x_axes, y_axes, series = [], [], [], []
    height = 100.0 / rows_of_tiles
    for row in range(rows_of_tiles):
        grids.append(
            {
                "left": 6,
                "right": 6,
                "top": f"{row * height + 5.0:.2f}%",
                "height": f"{height - 5.6:.2f}%",
                "containLabel": False,
            }
        )
        hidden = {"gridIndex": row, "show": False}
        x_axes.append(
            {
                "type": "category",
                "data": [str(i) for i in range(columns_of_tiles * (len(years) + 1))],
                "boundaryGap": False,
                **hidden,
            }
        )
        y_axes.append({**value_axis(""), "min": 0, "max": top, **hidden})
        series += _row(row, down[0] + row, years, before, after, moves, tiles, across, top, say)
    options = frame(alt, grid=grids, xAxis=x_axes, yAxis=y_axes, series=series)
    heads = [
        say("table.state"),
        f"{say('chart.without')}, {years[0]}",
        f"{say('chart.without')}, {years[-1]}",
    ]
    heads += (
        [f"{say('chart.with')}, {years[-1]}", say("table.ninety")] if changed is not None else []
    )
    table = []
    for i, name in enumerate(tiles):
        cells = [
            name,
            rounded(float(before["median"][0, i])),
            rounded(float(before["median"][-1, i])),
        ]
        ninety = say(
            "span",
            low=rounded(float(after["low_90"][-1, i])),
            high=rounded(float(after["high_90"][-1, i])),
        )
        table.append(
            (
                *cells,
                *([rounded(float(after["median"][-1, i])), ninety] if changed is not None else []),
            )
        )
    note = say(
        "chart.states.note", first=int(years[0]), last=int(years[-1]), top=rounded(top), unit=unit
    )
    return Chart(title, options, note, alt, tuple(heads), tuple(table))


def _row(
    grid: int,
    row: int,
    years: np.ndarray,
    before: dict[str, np.ndarray],
    after: dict[str, np.ndarray],
    moves: np.ndarray | None,
    tiles: Tiles,
    across: tuple[int, int],
    top: float,
    say: Say,
) -> list[Options]:
    """The series of one row of tiles: lines of all its states one behind the other,
    with gaps between them.
    """
    moved = moves is not None
    wide, stride = across[1] - across[0] + 1, len(years) + 1
    lines = {key: np.full(wide * stride, np.nan) for key in (*after, "before")}
    heads = []
    for i, (abbreviation, at, column) in enumerate(tiles.values()):
        if at != row:
            continue
        begin = (column - across[0]) * stride
        part = slice(begin, begin + len(years))
        for key, edge in after.items():
            lines[key][part] = np.minimum(edge[:, i], top)
        lines["before"][part] = before["median"][:, i]
        middle, last = float(after["median"][-1, i]), int(years[-1])
        words = say(
            "chart.states.tip",
            name=list(tiles)[i],
            year=last,
            middle=rounded(middle),
            before=rounded(float(before["median"][-1, i])),
        )
        number = short(middle) if moves is None else relative(float(moves[i]))
        label = {
            "show": True,
            "position": "right",
            "offset": [-8, -9],
            "formatter": f"{abbreviation}\n{{v|{number}}}",
            "lineHeight": 13,
        }
        label |= {
            "color": GREY,
            "fontSize": SMALL,
            "rich": {"v": {"fontWeight": "bold", "fontSize": SMALL, "color": INK}},
        }
        heads.append({"value": [begin, top], "label": label, "tooltip": {"formatter": words}})
    place = {"xAxisIndex": grid, "yAxisIndex": grid}
    line = {"type": "line", "symbol": "none", "silent": True, "tooltip": {"show": False}, **place}
    floor = np.where(np.isnan(lines["before"]), np.nan, 0.0)
    return [
        {**line, "name": "floor", "data": plain(floor), "lineStyle": {"color": LINE, "width": 1}},
        *ribbon(
            f"90 {grid}",
            lines["low_90"],
            lines["high_90"],
            BLUE if moved else GREY,
            OUTER + 0.06,
            **place,
        ),
        *ribbon(
            f"50 {grid}", lines["low_50"], lines["high_50"], BLUE if moved else GREY, INNER, **place
        ),
        {
            **line,
            "name": "before",
            "data": plain(lines["before"]),
            "lineStyle": {"color": GREY, "width": 1.2, "type": "dashed" if moved else "solid"},
        },
        {
            **line,
            "name": "after",
            "data": plain(lines["median"]) if moved else [],
            "lineStyle": {"color": BLUE, "width": 1.6},
        },
        {
            "type": "scatter",
            "name": "heads",
            "data": heads,
            "symbol": "rect",
            "symbolSize": 12,
            "itemStyle": {"color": CLEAR},
            "clip": False,
            **place,
        },
    ]
