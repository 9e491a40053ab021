"""Line charts over years for a browser: fans, and lines that are named at their end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ...results.tables import bands
from ..encoding import BLUE, GREY, ON_SCREEN, Fan
from ..wording import ends, rounded
from .base import (
    ROOM,
    TEXT,
    Chart,
    Options,
    Say,
    category_axis,
    ceiling,
    frame,
    plain,
    spans,
    value_axis,
)

PLOT, NAME_HEIGHT = 240.0, 16.0
"""Usual height of the plot of a line chart, and of a name at the end of a line [px]."""


def fan(
    years: Int[np.ndarray, "year"],
    baseline: Float[np.ndarray, "replicate year"],
    changed: Float[np.ndarray, "replicate year"] | None,
    say: Say,
    victim: str = "all",
    quick: bool = False,
) -> Chart:
    """Fan chart: persons killed in every year, without the package in grey and with it in blue;
    median, the middle half of all futures, and nine in ten.

    Args:
        years: calendar years.
        baseline: persons killed in the year without the package.
        changed: the same with it; None where there is no package yet.
        say: the catalogue.
        victim: kind of victim, for the title.
        quick: whether the blue numbers are a quick estimate; the line is broken then.
    """
    before, after = bands(baseline), None if changed is None else bands(changed)
    shown = [before] if after is None else [before, after]
    names = (say("chart.without"), say("chart.with"))
    top = ceiling(ROOM * max(float(edges["high_90"].max()) for edges in shown))
    shifts = apart([float(edges["median"][-1]) for edges in shown], top)
    nothing = {key: np.full(len(years), np.nan) for key in before}
    looks = ((GREY, "emptyCircle", "solid"), (BLUE, "diamond", "dotted" if quick else "solid"))
    series: list[Options] = []
    for edges, name, (colour, symbol, dash), shift in zip(
        (before, after or nothing), names, looks, (*shifts, 0.0), strict=False
    ):
        series += areas(Fan(edges, colour, ON_SCREEN), f"{name} ")
        line = named_line(name, _points(name, years, edges, say), colour, symbol, dash, shift)
        there = any(point["value"] is not None for point in line["data"])
        line["endLabel"] |= {"show": there, "fontWeight": "bold"}
        series.append({**line, "z": 4})
    title = say("chart.fan.title", victim=say(f"victim.{victim}.killed"))
    alt = _fan_alt(title, years, before, after, say)
    options = over_years(alt, years, say("chart.fan.axis"), top, series)
    heads = [say("table.year")]
    for name in names[: len(shown)]:
        parts = ("table.median_of", "table.half_of", "table.ninety_of")
        heads += [say(part, name=name) for part in parts]
    rows = [
        (str(year), *(cell for edges in shown for cell in _cells(edges, i, say)))
        for i, year in enumerate(years)
    ]
    note = say("chart.fan.note") + (" " + say("chart.fan.quick") if quick else "")
    return Chart(title, options, note, alt, tuple(heads), tuple(rows))


def _cells(edges: dict[str, np.ndarray], at: int, say: Say) -> list[str]:
    return [rounded(float(edges["median"][at])), *spans(edges, at, say)]


def _points(
    name: str, years: np.ndarray, edges: dict[str, np.ndarray], say: Say
) -> list[dict[str, Any]]:
    """Medians, with numbers where they are pointed at."""
    points = []
    for i, value in enumerate(plain(edges["median"])):
        low, high = ends(float(edges["low_90"][i]), float(edges["high_90"][i]))
        words = say(
            "chart.fan.tip",
            name=name,
            year=int(years[i]),
            middle=rounded(value if value is not None else math.nan),
            low=rounded(low),
            high=rounded(high),
        )
        points.append({"value": value, "tooltip": {"formatter": words}})
    return points


def _fan_alt(
    title: str,
    years: np.ndarray,
    before: dict[str, np.ndarray],
    after: dict[str, np.ndarray] | None,
    say: Say,
) -> str:
    told = {"first": int(years[0]), "last": int(years[-1])}
    numbers = {
        "start": rounded(float(before["median"][0])),
        "end": rounded(float(before["median"][-1])),
    }
    text = say("chart.fan.alt", title=title, **told, **numbers)
    if after is None:
        return text
    end = rounded(float(after["median"][-1]))
    return f"{text} {say('chart.fan.alt_with', last=told['last'], end=end)}"


def ribbon(
    name: str, low: np.ndarray, high: np.ndarray, colour: str, opacity: float, **place: Any
) -> list[Options]:
    """The area between two lines, as two series of which the first cannot be seen."""
    bare = {
        "type": "line",
        "stack": name,
        "symbol": "none",
        "lineStyle": {"width": 0},
        "silent": True,
        "tooltip": {"show": False},
        **place,
    }
    area = {"areaStyle": {"color": colour, "opacity": opacity}}
    return [
        {**bare, "name": f"{name}-low", "data": plain(low), "areaStyle": {"opacity": 0}},
        {**bare, "name": name, "data": plain(high - low), **area},
    ]


def apart(ends: Sequence[float], top: float) -> list[float]:
    """How far names at the ends of lines are moved, to not cover one another [px, downwards].

    Args:
        ends: last values of the lines.
        top: where the axis ends that begins at zero.
    """
    wanted = [PLOT * (1.0 - end / top) for end in ends]
    placed, floor = [0.0] * len(ends), -math.inf
    for i in sorted(range(len(ends)), key=lambda i: wanted[i]):
        placed[i] = max(wanted[i], floor)
        floor = placed[i] + NAME_HEIGHT
    excess = max((place - PLOT for place in placed), default=0.0)
    moved = [place - want for place, want in zip(placed, wanted, strict=True)]
    # Half of the way up and half of it down, so that a name stays near its line.
    shift = max(max(moved, default=0.0) / 2.0, excess)
    return [round(x - shift, 1) if shift > 0.0 else 0.0 for x in moved]


def areas(shown: Fan, before: str = "", after: str = "", **place: Any) -> list[Options]:
    """The bands of a fan as series, named by their per cent between two texts."""
    return [
        part
        for area in shown.areas
        for part in ribbon(
            f"{before}{area.percent}{after}",
            area.low,
            area.high,
            shown.colour,
            area.opacity,
            **place,
        )
    ]


def named_line(
    name: str,
    points: Sequence[dict[str, Any]],
    colour: str,
    symbol: str,
    dash: str,
    shift: float,
    width: float = 2.4,
    size: int = 7,
) -> Options:
    """A line with symbols, named at its end.

    Args:
        name: as it is shown.
        points: one for each year.
        colour: of all of it.
        symbol: on each point, as ECharts has it.
        dash: kind of line, as ECharts has it.
        shift: how far the name is moved [px, downwards]; see :func:`apart`.
        width: of the line [px].
        size: of the symbols [px].
    """
    return {
        "type": "line",
        "name": name,
        "data": list(points),
        "symbol": symbol,
        "symbolSize": size,
        "lineStyle": {"color": colour, "width": width, "type": dash},
        "itemStyle": {"color": colour},
        "endLabel": {
            "show": True,
            "formatter": name,
            "color": colour,
            "fontSize": TEXT,
            "offset": [0, shift],
        },
    }


def over_years(
    alt: str,
    years: np.ndarray,
    unit: str,
    top: float,
    series: list[Options],
    room: int = 152,
) -> Options:
    """Options of a line chart from zero up.

    Args:
        alt: the chart in words.
        years: calendar years.
        unit: name of the upright axis.
        top: where that axis ends.
        series: what is drawn.
        room: for names at the ends of lines [px].
    """
    return frame(
        alt,
        grid={"left": 62, "right": room, "top": 34, "bottom": 28},
        xAxis=category_axis([str(year) for year in years], boundaryGap=False),
        yAxis=value_axis(
            unit, min=0, max=top, nameTextStyle={"align": "left", "padding": [0, 0, 0, -50]}
        ),
        series=series,
    )
