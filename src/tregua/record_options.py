"""Charts of several packages side by side, and of how the model stands to the record, for a browser. See :mod:`~tregua.chart_options`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from .chart_options import (
    BLUE,
    EDGES,
    INK,
    INNER,
    NAMES,
    OUTER,
    PER_CENT,
    ROOM,
    SMALL,
    TEXT,
    VERMILION,
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
    share_of,
    value_axis,
    zero_line,
)
from .drawing import COLOURS, GREY
from .observe import QUANTILES, bands
from .wording import rounded

DASHES = ("solid", "dashed", "dotted", "solid", "dashed", "dotted")
"""Styles of lines, so that colour is not needed to tell them apart."""

SYMBOLS = ("diamond", "triangle", "rect", "roundRect", "arrow", "pin")
"""Symbols on lines, likewise."""

SHOWN_LEVEL = 80
"""The interval whose coverage is drawn [%]."""


def compare_lines(years: Int[np.ndarray, "year"], baseline: Float[np.ndarray, "replicate year"], packages: Mapping[str, np.ndarray], say: Say) -> Chart:
    """Median of persons killed in every year for several packages, with the grey baseline and its bands; on one scale.

    Args:
        years: calendar years.
        baseline: persons killed in the year without a package.
        packages: the same with each, shape (replicate, year), by name.
        say: the catalogue.
    """
    before = bands(baseline)
    name = say("chart.without")
    series: list[Options] = [*ribbon("90", before["low_90"], before["high_90"], GREY, OUTER), *ribbon("50", before["low_50"], before["high_50"], GREY, INNER)]
    # A list: a package may have the name of the baseline.
    middles = [(name, before["median"]), *((bare(key), np.median(values, axis=0)) for key, values in packages.items())]
    top = ceiling(ROOM * max(float(before["high_90"].max()), *(float(x.max()) for _, x in middles)))
    shifts = apart([float(x[-1]) for _, x in middles], top)
    for i, (called, middle) in enumerate(middles):
        colour = GREY if i == 0 else COLOURS[(i - 1) % len(COLOURS)]
        points = [{"value": x, "tooltip": {"formatter": f"{clean(called)}, {year}: {rounded(x)}"}} for x, year in zip(plain(middle), years, strict=True)]
        line = {"color": colour, "width": 2.2, "type": "solid" if i == 0 else DASHES[(i - 1) % len(DASHES)]}
        end = {"show": True, "formatter": called, "color": colour, "fontSize": TEXT, "width": 150, "overflow": "truncate", "offset": [0, shifts[i]]}
        look = {"symbol": "emptyCircle" if i == 0 else SYMBOLS[(i - 1) % len(SYMBOLS)], "symbolSize": 8, "itemStyle": {"color": colour}}
        series.append({"type": "line", "name": called, "data": points, "lineStyle": line, "endLabel": end, **look})
    title = say("chart.compare.title")
    alt = say("chart.compare.alt", title=title, told="; ".join(f"{key} {rounded(float(x[-1]))}" for key, x in middles), last=int(years[-1]))
    options = frame(
        alt,
        grid={"left": 62, "right": 164, "top": 34, "bottom": 28},
        xAxis=category_axis([str(year) for year in years], boundaryGap=False),
        yAxis=value_axis(say("chart.fan.axis"), min=0, max=top, nameTextStyle={"align": "left", "padding": [0, 0, 0, -50]}),
        series=series,
    )
    rows = tuple((str(year), *(rounded(float(x[i])) for _, x in middles)) for i, year in enumerate(years))
    return Chart(title, options, say("chart.compare.note"), alt, (say("table.year"), *(called for called, _ in middles)), rows)


def compare_boxes(baseline: Float[np.ndarray, "replicate"], packages: Mapping[str, np.ndarray], say: Say, victim: str) -> Chart:
    """Relative change of persons killed over all years, for several packages on one scale: paired differences with bands.

    Args:
        baseline: persons killed over all years without a package.
        packages: the same with each, in the same order of replicates, by name; a package of fewer pairs is set against the first ones of the baseline.
        say: the catalogue.
        victim: kind of victim.
    """
    found = {name: bands(change(baseline[: len(values)], values)) for name, values in packages.items()}
    widest = {"low_90": np.zeros(1), "high_90": np.zeros(1)}
    for edges in found.values():
        widest = {"low_90": np.minimum(widest["low_90"], edges["low_90"]), "high_90": np.maximum(widest["high_90"], edges["high_90"])}
    boxes, rows = [], []
    for i, (name, edges) in enumerate(found.items()):
        flat = {key: np.atleast_1d(edge) for key, edge in edges.items()}
        spans = [say("span", low=relative(float(flat[low][0])), high=relative(float(flat[high][0]))) for low, high in EDGES]
        middle = relative(float(flat["median"][0]))
        colour = COLOURS[i % len(COLOURS)]
        tip = say("chart.compare.tip", name=clean(name), middle=middle, half=spans[0], ninety=spans[1])
        look = {"color": "rgba(0,0,0,0.05)", "borderColor": colour, "borderWidth": 1.8}
        boxes.append({"value": box(flat, 0, PER_CENT), "itemStyle": look, "tooltip": {"formatter": tip}})
        rows.append((name, middle, *spans, str(len(packages[name]))))
    title = say("chart.compare.boxes", victim=say(f"victim.{victim}.killed"))
    alt = say("chart.victims.alt", title=title, told="; ".join(f"{row[0]} {row[1]}" for row in rows))
    options = frame(
        alt,
        grid={"left": NAMES, "right": 24, "top": 8, "bottom": 44},
        xAxis=change_axis(say("chart.change_axis"), widest),
        yAxis=rows_axis([bare(name) for name in found]),
        series=[{"type": "boxplot", "name": title, "data": boxes, "boxWidth": [6, 18], "markLine": zero_line()}],
    )
    columns = (say("table.package"), say("table.change"), say("table.half"), say("table.ninety"), say("table.pairs"))
    return Chart(title, options, say("chart.box_note"), alt, columns, tuple(rows))


def fit_by_state(
    state: str,
    years: Int[np.ndarray, "year"],
    record: Float[np.ndarray, "year"],
    other: Float[np.ndarray, "year"],
    fitted: Mapping[str, Float[np.ndarray, "year"]] | None,
    say: Say,
) -> Chart:
    """Homicides on record in one state, by both official series, and what the fitted model expects of the first.

    Args:
        state: name.
        years: calendar years.
        record: deaths by homicide, by death certificates (INEGI); nan where there is none.
        other: victims of intentional homicide in criminal investigations (SESNSP); nan where there is none.
        fitted: median and edges of bands of the fitted model; None where no fit ships.
        say: the catalogue.
    """
    series: list[Options] = []
    empty = np.full(len(years), np.nan)
    edges = fitted or dict.fromkeys(QUANTILES, empty)
    series += [*ribbon("90", edges["low_90"], edges["high_90"], BLUE, OUTER), *ribbon("50", edges["low_50"], edges["high_50"], BLUE, INNER)]
    names = [say("chart.fit.model"), say("chart.fit.inegi"), say("chart.fit.sesnsp")]
    looks = (("none", BLUE, "solid"), ("circle", INK, "solid"), ("emptyTriangle", VERMILION, "dashed"))
    top = ceiling(ROOM * float(np.nanmax(np.concatenate([record, other, edges["high_90"]]))))
    ends = [_last(values) for values in (edges["median"], record, other)]
    shifts = apart([x for x in ends if x is not None], top)
    for name, values, (symbol, colour, style), last in zip(names, (edges["median"], record, other), looks, ends, strict=True):
        points = [{"value": x, "tooltip": {"formatter": f"{name}, {year}: {rounded(x)}"} if x is not None else {}} for x, year in _pairs(values, years)]
        line = {"color": colour, "width": 2 if style == "solid" else 1.6, "type": style}
        end = {"show": last is not None, "formatter": name, "color": colour, "fontSize": SMALL, "offset": [0, shifts.pop(0) if last is not None else 0.0]}
        look = {"symbol": symbol, "symbolSize": 6, "itemStyle": {"color": colour}}
        series.append({"type": "line", "name": name, "data": points, "lineStyle": line, "endLabel": end, **look})
    title = say("chart.fit.title", state=state)
    alt = say("chart.fit.alt" if fitted else "chart.fit.alt_none", title=title, first=int(years[0]), last=int(years[-1]))
    options = frame(
        alt,
        grid={"left": 62, "right": 140, "top": 34, "bottom": 28},
        xAxis=category_axis([str(year) for year in years], boundaryGap=False),
        yAxis=value_axis(say("chart.fit.axis"), min=0, max=top, nameTextStyle={"align": "left", "padding": [0, 0, 0, -50]}),
        series=series,
    )
    columns = [say("table.year"), names[1], names[2], *([names[0], say("table.ninety")] if fitted else [])]
    rows = []
    for i, year in enumerate(years):
        cells = [str(year), rounded(float(record[i])), rounded(float(other[i]))]
        if fitted:
            cells += [rounded(float(edges["median"][i])), say("span", low=rounded(float(edges["low_90"][i])), high=rounded(float(edges["high_90"][i])))]
        rows.append(tuple(cells))
    return Chart(title, options, say("chart.fit.note" if fitted else "chart.fit.note_none"), alt, tuple(columns), tuple(rows))


def _last(values: np.ndarray) -> float | None:
    """The last value that there is."""
    found = values[np.isfinite(values)]
    return float(found[-1]) if len(found) else None


def _pairs(values: np.ndarray, years: np.ndarray) -> list[tuple[float | None, int]]:
    return list(zip(plain(values), (int(year) for year in years), strict=True))


def scores(
    labels: Sequence[str], origins: Sequence[int], crps: Float[np.ndarray, "model origin"], covered: Float[np.ndarray, "model origin"], say: Say
) -> Chart:
    """How far forecasts of homicides were off from several years on, the best on top; lower is better.

    Args:
        labels: of the ways to forecast.
        origins: last years known.
        crps: mean continuous ranked probability score [deaths in a state and year]; nan where a forecast cannot be made.
        covered: share of what came inside the interval of 80 %.
        say: the catalogue.
    """
    order = np.argsort(np.nanmean(crps, axis=1), kind="stable")
    series = []
    for j, origin in enumerate(origins):
        points = [
            {
                "value": [value, bare(labels[i])],
                "tooltip": {
                    "formatter": say("chart.scores.tip", name=clean(labels[i]), origin=int(origin), crps=rounded(value), covered=share_of(float(covered[i, j])))
                },
            }
            for i in order
            for value in plain(crps[i, j : j + 1])
            if value is not None
        ]
        look = {"symbol": ("circle", "rect", "diamond")[j % 3], "symbolSize": 11, "itemStyle": {"color": COLOURS[j % len(COLOURS)], "opacity": 0.85}}
        series.append({"type": "scatter", "name": say("chart.scores.origin", origin=int(origin)), "data": points, **look})
    title = say("chart.scores.title")
    best = ", ".join(labels[i] for i in order[:2])
    alt = say("chart.scores.alt", title=title, best=best)
    options = frame(
        alt,
        legend={"top": 0, "left": 0, "textStyle": {"fontSize": TEXT, "color": INK}},
        grid={"left": 220, "right": 24, "top": 34, "bottom": 44},
        xAxis=value_axis(say("chart.scores.axis"), min=0, nameLocation="middle", nameGap=26),
        yAxis=rows_axis([bare(labels[i]) for i in order], 218),
        series=series,
    )
    columns = (say("table.forecast"), *(say("chart.scores.origin", origin=int(origin)) for origin in origins))
    rows = tuple(
        (labels[i], *(f"{rounded(float(crps[i, j]))} ({share_of(float(covered[i, j]))})" if np.isfinite(crps[i, j]) else "–" for j in range(len(origins))))
        for i in order
    )
    return Chart(title, options, say("chart.scores.note", level=SHOWN_LEVEL), alt, columns, rows)
