"""Tile maps for a browser: territories as tiles, with levels or with differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

from ...countries.territories import Tiles
from ...results.tables import bands
from ..tile_map import CHANGES, LEAST, LEVELS, extent_of, faded, ink_on, short, short_change
from ..wording import rounded, signed
from .base import INK, PALE, SMALL, Chart, Options, Say, ceiling, frame, spans

STOPS = 9
"""Colours of a scale that the browser is given; it mixes those between."""

HIDDEN = ("axisLabel", "axisTick", "axisLine", "splitLine", "splitArea")
"""Parts of an axis that a map does without."""


def change_map(
    differences: Float[np.ndarray, "replicate territory"],
    sure: Bool[np.ndarray, "territory"],
    tiles: Tiles,
    say: Say,
    rates: bool,
    years: tuple[int, int],
) -> Chart:
    """Choropleth of paired differences of persons killed in every territory: the median as number
    and colour; tiles whose sign is unsure are faded and carry a question mark.

    Args:
        differences: with the package less without it, a year: for 100,000 inhabitants where
            ``rates``, else in persons.
        sure: whether the sign stands out from chance.
        tiles: place of every territory.
        say: the catalogue.
        rates: whether the numbers are rates.
        years: first and last year.
    """
    edges, unit = bands(differences), say("unit.rate_year" if rates else "unit.persons_year")
    most = ceiling(max(float(np.abs(edges["median"]).max(initial=0.0)), LEAST))
    words = [
        short_change(float(x), bool(known)) for x, known in zip(edges["median"], sure, strict=True)
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
        territory_count=len(tiles),
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
            *spans(edges, i, say, signed),
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
        unsure=~np.asarray(sure),
    )
    return Chart(title, options, say("chart.map.note_change"), alt, columns, rows)


def level_map(
    levels: Float[np.ndarray, "replicate territory"],
    tiles: Tiles,
    say: Say,
    rates: bool,
    years: tuple[int, int],
) -> Chart:
    """Choropleth of persons killed in every territory without any package: medians."""
    edges, unit = bands(levels), say("unit.rate_year" if rates else "unit.persons_year")
    words = [short(float(x)) for x in edges["median"]]
    title = say("chart.map.level", first=years[0], last=years[1], unit=unit)
    order = np.argsort(-edges["median"], kind="stable")[:3]
    told = ", ".join(f"{list(tiles)[i]} {rounded(float(edges['median'][i]))}" for i in order)
    alt = say("chart.map.alt_level", title=title, told=told, territory_count=len(tiles))
    columns = (say("table.state"), say("table.median"), say("table.half"), say("table.ninety"))
    rows = tuple(
        (name, rounded(float(edges["median"][i])), *spans(edges, i, say))
        for i, name in enumerate(tiles)
    )
    most = ceiling(float(edges["median"].max(initial=LEAST)))
    options = _map(edges["median"], words, tiles, (0.0, most), LEVELS, alt, rows, columns)
    return Chart(title, options, say("chart.map.note_level"), alt, columns, rows)


def _map(
    values: np.ndarray,
    words: Sequence[str],
    tiles: Tiles,
    ends: tuple[float, float],
    colours: str,
    alt: str,
    rows: Sequence[Sequence[str]],
    columns: Sequence[str],
    unsure: np.ndarray | None = None,
) -> Options:
    """A heat map on the tile grid: abbreviation and number in every tile,
    and a scale of colours below.
    """
    extent = extent_of(tiles)
    stops = [to_hex(colormaps[colours](place)) for place in np.linspace(0.0, 1.0, STOPS)]
    plain_tiles: list[Options] = []
    pale_tiles: list[Options] = []
    for i, (name, (abbreviation, row, column)) in enumerate(tiles.items()):
        pale = unsure is not None and bool(unsure[i])
        ink = INK if pale else ink_on(_colour(float(values[i]), ends, colours), INK)
        tip = "<br>".join(f"{head}: {cell}" for head, cell in zip(columns, rows[i], strict=True))
        tile = {
            "value": [column - extent.left, row - extent.top, float(f"{values[i]:.5g}")],
            "name": name,
            **_look(f"{abbreviation}\n{{v|{words[i]}}}", ink, pale),
            "tooltip": {"formatter": tip},
        }
        (pale_tiles if pale else plain_tiles).append(tile)
    scale = _scale(ends, stops)
    pale_stops = {"color": [paler(colour) for colour in stops]}
    faint = {**scale, "show": False, "seriesIndex": 1, "inRange": pale_stops}
    drawn = {
        "type": "heatmap",
        "label": {"show": True, "fontSize": SMALL, "lineHeight": 15},
        "emphasis": {"disabled": True},
    }
    return frame(
        alt,
        grid={"left": 4, "right": 4, "top": 4, "bottom": 40},
        xAxis=_places(extent.columns),
        yAxis=_places(extent.rows, inverse=True),
        visualMap=[scale, faint],
        series=[{**drawn, "data": plain_tiles}, {**drawn, "data": pale_tiles}],
    )


def _look(text: str, ink: str, pale: bool) -> Options:
    """Label and border of a tile; the border is broken where the tile is pale."""
    border = (
        {"borderColor": PALE, "borderType": "dashed", "borderWidth": 1}
        if pale
        else {"borderColor": "#ffffff", "borderWidth": 2}
    )
    rich = {"v": {"fontWeight": "bold", "fontSize": 12, "color": ink}}
    return {"label": {"formatter": text, "color": ink, "rich": rich}, "itemStyle": border}


def _scale(ends: tuple[float, float], stops: list[str]) -> Options:
    """The scale of colours below a map."""
    return {
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


def _places(count: int, **own: bool) -> Options:
    """An axis of tiles, of which nothing is seen."""
    hidden = {part: {"show": False} for part in HIDDEN}
    return {"type": "category", "data": [str(i) for i in range(count)], **own, **hidden}


def paler(colour: str) -> str:
    """A colour mixed with white as much as :data:`~tregua.reporting.tile_map.FADED` says."""
    return to_hex(faded(to_rgb(colour)))


def _colour(value: float, ends: tuple[float, float], colours: str) -> tuple[float, float, float]:
    """The colour of a value on a scale, as red, green and blue from 0 to 1."""
    place = float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0))
    red, green, blue, _ = colormaps[colours](place)
    return red, green, blue
