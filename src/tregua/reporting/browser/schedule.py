"""The time line of a package, for a browser. See :mod:`~tregua.reporting.browser.base`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..encoding import BLUE
from .base import INK, NAMES, PALE, SMALL, Chart, Say, bare, clean, frame, height_of, rows_axis


@dataclass(frozen=True)
class Stretch:
    """One setting on a time line.

    Attributes:
        name: of the handle.
        value: position with its unit.
        start: first day in force.
        full: day on which it has grown to full strength.
        end: first day no longer in force, or the last of the time line.
    """

    name: str
    value: str
    start: dt.date
    full: dt.date
    end: dt.date


def schedule(stretches: Sequence[Stretch], first: dt.date, last: dt.date, say: Say) -> Chart:
    """Gantt chart of all settings on one time line: a broken thin line while a change grows,
    a thick one at full strength.

    Args:
        stretches: the settings.
        first: first day of the time line.
        last: last day of it.
        say: the catalogue.
    """
    growing, full = _points(stretches, say)
    marks = [{"xAxis": str(s.start)} for s in stretches]
    title = say("chart.schedule.title", first=first, last=last)
    told = "; ".join(
        say("chart.schedule.told", name=s.name, value=s.value, start=s.start, end=s.end)
        for s in stretches
    ) or say("chart.schedule.none")
    alt = say("chart.schedule.alt", title=title, told=told)
    shared = {
        "type": "line",
        "symbol": "rect",
        "symbolSize": [3, 18],
        "itemStyle": {"color": BLUE},
        "connectNulls": False,
    }
    dotted = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"type": "dotted", "color": PALE},
        "data": marks,
    }
    options = frame(
        alt,
        grid={"left": NAMES, "right": 24, "top": 8, "bottom": 28},
        xAxis={
            "type": "time",
            "min": str(first),
            "max": str(last),
            "axisLabel": {"color": INK, "fontSize": SMALL, "hideOverlap": True},
        },
        yAxis=rows_axis([bare(s.name) for s in stretches]),
        series=[
            {
                **shared,
                "name": say("chart.schedule.growing"),
                "data": growing,
                "lineStyle": {"width": 4, "type": "dashed", "color": BLUE},
                "markLine": dotted,
            },
            {
                **shared,
                "name": say("chart.schedule.full"),
                "data": full,
                "lineStyle": {"width": 11, "color": BLUE, "opacity": 0.8},
            },
        ],
    )
    columns = (
        say("table.handle"),
        say("table.value"),
        say("table.start"),
        say("table.full"),
        say("table.end"),
    )
    rows = tuple((s.name, s.value, str(s.start), str(s.full), str(s.end)) for s in stretches)
    note = say("chart.schedule.note")
    return Chart(title, options, note, alt, columns, rows, height_of(len(rows)))


def _points(stretches: Sequence[Stretch], say: Say) -> tuple[list[Any], list[Any]]:
    """Ends of the lines while changes grow, and while they are at full strength;
    after each line comes a gap.
    """
    growing: list[Any] = []
    full: list[Any] = []
    for s in stretches:
        words = say(
            "chart.schedule.tip",
            name=clean(s.name),
            value=s.value,
            start=s.start,
            full=s.full,
            end=s.end,
        )
        tip = {"formatter": words}
        for line, begin, end in ((growing, s.start, s.full), (full, s.full, s.end)):
            if begin < end:
                line += [
                    {"value": [str(begin), bare(s.name)], "tooltip": tip},
                    {"value": [str(end), bare(s.name)], "tooltip": tip},
                    [str(end), None],
                ]
    return growing, full
