"""Chart options of a comparison in the browser: lines and boxes of several packages."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

import numpy as np
from jaxtyping import Float, Int

from ...results.tables import bands
from ..charts.style import COLOURS, GREY
from ..wording import rounded
from .base import (
    EDGES,
    INNER,
    NAMES,
    OUTER,
    PER_CENT,
    ROOM,
    TEXT,
    Chart,
    Options,
    Say,
    apart,
    bare,
    box,
    category_axis,
    ceiling,
    change,
    change_axis,
    clean,
    frame,
    plain,
    relative,
    ribbon,
    rows_axis,
    value_axis,
    zero_line,
)

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
    """Median of persons killed in every year for several packages,
    with the grey baseline and its bands; on one scale.

    Args:
        years: calendar years.
        baseline: persons killed in the year without a package.
        packages: the same with each, shape (replicate, year), by name.
        say: the catalogue.
    """
    before = bands(baseline)
    name = say("chart.without")
    series: list[Options] = [
        *ribbon("90", before["low_90"], before["high_90"], GREY, OUTER),
        *ribbon("50", before["low_50"], before["high_50"], GREY, INNER),
    ]
    # A list: a package may have the name of the baseline.
    middles = [
        (name, before["median"]),
        *((bare(key), np.median(values, axis=0)) for key, values in packages.items()),
    ]
    top = ceiling(ROOM * max(float(before["high_90"].max()), *(float(x.max()) for _, x in middles)))
    shifts = apart([float(x[-1]) for _, x in middles], top)
    for i, (called, middle) in enumerate(middles):
        colour = GREY if i == 0 else COLOURS[(i - 1) % len(COLOURS)]
        points = [
            {
                "value": x,
                "tooltip": {
                    "formatter": f"{clean(called)}, {year}: {rounded(nan if x is None else x)}"
                },
            }
            for x, year in zip(plain(middle), years, strict=True)
        ]
        line = {
            "color": colour,
            "width": 2.2,
            "type": "solid" if i == 0 else DASHES[(i - 1) % len(DASHES)],
        }
        end = {
            "show": True,
            "formatter": called,
            "color": colour,
            "fontSize": TEXT,
            "width": 150,
            "overflow": "truncate",
            "offset": [0, shifts[i]],
        }
        look = {
            "symbol": "emptyCircle" if i == 0 else SYMBOLS[(i - 1) % len(SYMBOLS)],
            "symbolSize": 8,
            "itemStyle": {"color": colour},
        }
        series.append(
            {
                "type": "line",
                "name": called,
                "data": points,
                "lineStyle": line,
                "endLabel": end,
                **look,
            }
        )
    title = say("chart.compare.title")
    alt = say(
        "chart.compare.alt",
        title=title,
        told="; ".join(f"{key} {rounded(float(x[-1]))}" for key, x in middles),
        last=int(years[-1]),
    )
    options = frame(
        alt,
        grid={"left": 62, "right": 164, "top": 34, "bottom": 28},
        xAxis=category_axis([str(year) for year in years], boundaryGap=False),
        yAxis=value_axis(
            say("chart.fan.axis"),
            min=0,
            max=top,
            nameTextStyle={"align": "left", "padding": [0, 0, 0, -50]},
        ),
        series=series,
    )
    rows = tuple(
        (str(year), *(rounded(float(x[i])) for _, x in middles)) for i, year in enumerate(years)
    )
    return Chart(
        title,
        options,
        say("chart.compare.note"),
        alt,
        (say("table.year"), *(called for called, _ in middles)),
        rows,
    )


def compare_boxes(
    baseline: Float[np.ndarray, "replicate"],
    packages: Mapping[str, np.ndarray],
    say: Say,
    victim: str,
) -> Chart:
    """Relative change of persons killed over all years, for several packages on one scale:
    paired differences with bands.

    Args:
        baseline: persons killed over all years without a package.
        packages: the same with each, in the same order of replicates, by name; a package of fewer
            pairs is set against the first ones of the baseline.
        say: the catalogue.
        victim: kind of victim.
    """
    found = {
        name: bands(change(baseline[: len(values)], values)) for name, values in packages.items()
    }
    widest = {"low_90": np.zeros(1), "high_90": np.zeros(1)}
    for edges in found.values():
        widest = {
            "low_90": np.minimum(widest["low_90"], edges["low_90"]),
            "high_90": np.maximum(widest["high_90"], edges["high_90"]),
        }
    boxes, rows = [], []
    for i, (name, edges) in enumerate(found.items()):
        flat = {key: np.atleast_1d(edge) for key, edge in edges.items()}
        spans = [
            say("span", low=relative(float(flat[low][0])), high=relative(float(flat[high][0])))
            for low, high in EDGES
        ]
        middle = relative(float(flat["median"][0]))
        colour = COLOURS[i % len(COLOURS)]
        tip = say(
            "chart.compare.tip", name=clean(name), middle=middle, half=spans[0], ninety=spans[1]
        )
        look = {"color": "rgba(0,0,0,0.05)", "borderColor": colour, "borderWidth": 1.8}
        boxes.append(
            {"value": box(flat, 0, PER_CENT), "itemStyle": look, "tooltip": {"formatter": tip}}
        )
        rows.append((name, middle, *spans, str(len(packages[name]))))
    title = say("chart.compare.boxes", victim=say(f"victim.{victim}.killed"))
    alt = say(
        "chart.victims.alt", title=title, told="; ".join(f"{row[0]} {row[1]}" for row in rows)
    )
    options = frame(
        alt,
        grid={"left": NAMES, "right": 24, "top": 8, "bottom": 44},
        xAxis=change_axis(say("chart.change_axis"), widest),
        yAxis=rows_axis([bare(name) for name in found]),
        series=[
            {
                "type": "boxplot",
                "name": title,
                "data": boxes,
                "boxWidth": [6, 18],
                "markLine": zero_line(),
            }
        ],
    )
    columns = (
        say("table.package"),
        say("table.change"),
        say("table.half"),
        say("table.ninety"),
        say("table.pairs"),
    )
    return Chart(title, options, say("chart.box_note"), alt, columns, tuple(rows))
