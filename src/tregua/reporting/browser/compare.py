"""Charts of several packages side by side, for a browser: lines over years, and box plots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ...results.pairs import relative_change
from ...results.tables import bands
from ..encoding import COLOURS, GREY, ON_SCREEN, Fan
from ..wording import rounded
from .base import (
    PER_CENT,
    ROOM,
    Chart,
    Options,
    Say,
    bare,
    ceiling,
    clean,
    height_of,
    plain,
    relative,
    relative_spans,
)
from .changes import box, on_change_axis
from .lines import apart, areas, named_line, over_years

DASHES = ("solid", "dashed", "dotted", "solid", "dashed", "dotted")
"""Styles of lines, so that colour is not needed to tell them apart."""

SYMBOLS = ("diamond", "triangle", "rect", "roundRect", "arrow", "pin")
"""Symbols on lines, likewise."""


def compare_lines(
    years: Int[np.ndarray, "year"],
    baseline: Float[np.ndarray, "replicate year"],
    packages: Mapping[str, np.ndarray],
    say: Say,
) -> Chart:
    """Line chart of persons killed in every year: medians for several packages, with the grey
    baseline and its bands; on one scale.

    Args:
        years: calendar years.
        baseline: persons killed in the year without a package.
        packages: the same with each, shape (replicate, year), by name.
        say: the catalogue.
    """
    before = bands(baseline)
    series = areas(Fan(before, GREY, ON_SCREEN))
    # A list: a package may have the name of the baseline.
    middles = [
        (say("chart.without"), before["median"]),
        *((bare(key), np.median(values, axis=0)) for key, values in packages.items()),
    ]
    top = ceiling(ROOM * max(float(before["high_90"].max()), *(float(x.max()) for _, x in middles)))
    shifts = apart([float(x[-1]) for _, x in middles], top)
    for i, ((name, middle), shift) in enumerate(zip(middles, shifts, strict=True)):
        series.append(_package_line(i, name, years, middle, shift))
    title = say("chart.compare.title")
    alt = say(
        "chart.compare.alt",
        title=title,
        told="; ".join(f"{key} {rounded(float(x[-1]))}" for key, x in middles),
        last=int(years[-1]),
    )
    options = over_years(alt, years, say("chart.fan.axis"), top, series, 164)
    rows = tuple(
        (str(year), *(rounded(float(x[i])) for _, x in middles)) for i, year in enumerate(years)
    )
    columns = (say("table.year"), *(name for name, _ in middles))
    return Chart(title, options, say("chart.compare.note"), alt, columns, rows)


def _package_line(
    number: int, name: str, years: np.ndarray, middle: np.ndarray, shift: float
) -> Options:
    """The line of a package, or of the baseline, which is number zero."""

    def point(x: float | None, year: Any) -> Options:
        deaths = rounded(math.nan if x is None else x)
        return {"value": x, "tooltip": {"formatter": f"{clean(name)}, {year}: {deaths}"}}

    points = [point(x, year) for x, year in zip(plain(middle), years, strict=True)]
    look = (GREY, "emptyCircle", "solid")
    if number:
        colour, symbol, dash = (
            kinds[(number - 1) % len(kinds)] for kinds in (COLOURS, SYMBOLS, DASHES)
        )
        look = (colour, symbol, dash)
    line = named_line(name, points, *look, shift, width=2.2, size=8)
    line["endLabel"] |= {"width": 150, "overflow": "truncate"}
    return line


def compare_boxes(
    baseline: Float[np.ndarray, "replicate"],
    packages: Mapping[str, np.ndarray],
    say: Say,
    victim: str,
) -> Chart:
    """Box plots of the relative change of persons killed over all years, for several packages on
    one scale: paired differences with bands.

    Args:
        baseline: persons killed over all years without a package.
        packages: the same with each, in the same order of replicates, by name; a package of fewer
            pairs is set against the first ones of the baseline.
        say: the catalogue.
        victim: kind of victim.
    """
    changes = {
        name: bands(relative_change(baseline[: len(values)], values)[:, None])
        for name, values in packages.items()
    }
    widest = {"low_90": np.zeros(1), "high_90": np.zeros(1)}
    for edges in changes.values():
        widest = {
            "low_90": np.minimum(widest["low_90"], edges["low_90"]),
            "high_90": np.maximum(widest["high_90"], edges["high_90"]),
        }
    boxes, rows = [], []
    for i, (name, edges) in enumerate(changes.items()):
        half, ninety = relative_spans(edges, 0, say)
        middle = relative(float(edges["median"][0]))
        colour = COLOURS[i % len(COLOURS)]
        tip = say("chart.compare.tip", name=clean(name), middle=middle, half=half, ninety=ninety)
        look = {"color": "rgba(0,0,0,0.05)", "borderColor": colour, "borderWidth": 1.8}
        boxes.append(
            {"value": box(edges, 0, PER_CENT), "itemStyle": look, "tooltip": {"formatter": tip}}
        )
        rows.append((name, middle, half, ninety, str(len(packages[name]))))
    title = say("chart.compare.boxes", victim=say(f"victim.{victim}.killed"))
    alt = say(
        "chart.victims.alt", title=title, told="; ".join(f"{row[0]} {row[1]}" for row in rows)
    )
    drawn = {"type": "boxplot", "name": title, "data": boxes, "boxWidth": [6, 18]}
    options = on_change_axis(alt, [bare(name) for name in changes], widest, [drawn], say)
    columns = (
        say("table.package"),
        say("table.change"),
        say("table.half"),
        say("table.ninety"),
        say("table.pairs"),
    )
    note = say("chart.box_note")
    return Chart(title, options, note, alt, columns, tuple(rows), height_of(len(rows)))
