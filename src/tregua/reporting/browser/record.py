"""Charts of several packages side by side, and of how the model stands to the record, for a
browser. See :mod:`~tregua.reporting.browser.base`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from ...results.tables import QUANTILES
from ..charts.style import COLOURS
from ..wording import rounded
from .base import (
    BLUE,
    INK,
    INNER,
    OUTER,
    ROOM,
    SMALL,
    TEXT,
    VERMILION,
    Chart,
    Options,
    Say,
    apart,
    bare,
    category_axis,
    ceiling,
    clean,
    frame,
    plain,
    ribbon,
    rows_axis,
    share_of,
    value_axis,
)

SHOWN_LEVEL = 80
"""The interval whose coverage is drawn [%]."""


def fit_by_state(
    state: str,
    years: Int[np.ndarray, "year"],
    record: Float[np.ndarray, "year"],
    other: Float[np.ndarray, "year"],
    fitted: Mapping[str, Float[np.ndarray, "year"]] | None,
    say: Say,
) -> Chart:
    """Homicides on record in one state, by both official series,
    and what the fitted model expects of the first.

    Args:
        state: name.
        years: calendar years.
        record: deaths by homicide, by death certificates (INEGI); nan where there is none.
        other: victims of intentional homicide in criminal investigations (SESNSP); nan where there
            is none.
        fitted: median and edges of bands of the fitted model; None where no fit ships.
        say: the catalogue.
    """
    series: list[Options] = []
    empty = np.full(len(years), np.nan)
    edges = fitted or dict.fromkeys(QUANTILES, empty)
    series += [
        *ribbon("90", edges["low_90"], edges["high_90"], BLUE, OUTER),
        *ribbon("50", edges["low_50"], edges["high_50"], BLUE, INNER),
    ]
    names = [say("chart.fit.model"), say("chart.fit.inegi"), say("chart.fit.sesnsp")]
    looks = (
        ("none", BLUE, "solid"),
        ("circle", INK, "solid"),
        ("emptyTriangle", VERMILION, "dashed"),
    )
    top = ceiling(ROOM * float(np.nanmax(np.concatenate([record, other, edges["high_90"]]))))
    ends = [_last(values) for values in (edges["median"], record, other)]
    shifts = apart([x for x in ends if x is not None], top)
    for name, values, (symbol, colour, style), last in zip(
        names, (edges["median"], record, other), looks, ends, strict=True
    ):
        points = [
            {
                "value": x,
                "tooltip": {"formatter": f"{name}, {year}: {rounded(x)}"} if x is not None else {},
            }
            for x, year in _pairs(values, years)
        ]
        line = {"color": colour, "width": 2 if style == "solid" else 1.6, "type": style}
        end = {
            "show": last is not None,
            "formatter": name,
            "color": colour,
            "fontSize": SMALL,
            "offset": [0, shifts.pop(0) if last is not None else 0.0],
        }
        look = {"symbol": symbol, "symbolSize": 6, "itemStyle": {"color": colour}}
        series.append(
            {
                "type": "line",
                "name": name,
                "data": points,
                "lineStyle": line,
                "endLabel": end,
                **look,
            }
        )
    title = say("chart.fit.title", state=state)
    alt = say(
        "chart.fit.alt" if fitted else "chart.fit.alt_none",
        title=title,
        first=int(years[0]),
        last=int(years[-1]),
    )
    options = frame(
        alt,
        grid={"left": 62, "right": 140, "top": 34, "bottom": 28},
        xAxis=category_axis([str(year) for year in years], boundaryGap=False),
        yAxis=value_axis(
            say("chart.fit.axis"),
            min=0,
            max=top,
            nameTextStyle={"align": "left", "padding": [0, 0, 0, -50]},
        ),
        series=series,
    )
    columns = [
        say("table.year"),
        names[1],
        names[2],
        *([names[0], say("table.ninety")] if fitted else []),
    ]
    rows = []
    for i, year in enumerate(years):
        cells = [str(year), rounded(float(record[i])), rounded(float(other[i]))]
        if fitted:
            cells += [
                rounded(float(edges["median"][i])),
                say(
                    "span",
                    low=rounded(float(edges["low_90"][i])),
                    high=rounded(float(edges["high_90"][i])),
                ),
            ]
        rows.append(tuple(cells))
    return Chart(
        title,
        options,
        say("chart.fit.note" if fitted else "chart.fit.note_none"),
        alt,
        tuple(columns),
        tuple(rows),
    )


def _last(values: np.ndarray) -> float | None:
    """The last value that there is."""
    found = values[np.isfinite(values)]
    return float(found[-1]) if len(found) else None


def _pairs(values: np.ndarray, years: np.ndarray) -> list[tuple[float | None, int]]:
    return list(zip(plain(values), (int(year) for year in years), strict=True))


def scores(
    labels: Sequence[str],
    origins: Sequence[int],
    crps: Float[np.ndarray, "model origin"],
    covered: Float[np.ndarray, "model origin"],
    say: Say,
) -> Chart:
    """How far forecasts of homicides were off from several years on, the best on top;
    lower is better.

    Args:
        labels: of the ways to forecast.
        origins: last years known.
        crps: mean continuous ranked probability score [deaths in a state and year]; nan where a
            forecast cannot be made.
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
                    "formatter": say(
                        "chart.scores.tip",
                        name=clean(labels[i]),
                        origin=int(origin),
                        crps=rounded(value),
                        covered=share_of(float(covered[i, j])),
                    )
                },
            }
            for i in order
            for value in plain(crps[i, j : j + 1])
            if value is not None
        ]
        look = {
            "symbol": ("circle", "rect", "diamond")[j % 3],
            "symbolSize": 11,
            "itemStyle": {"color": COLOURS[j % len(COLOURS)], "opacity": 0.85},
        }
        series.append(
            {
                "type": "scatter",
                "name": say("chart.scores.origin", origin=int(origin)),
                "data": points,
                **look,
            }
        )
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
    columns = (
        say("table.forecast"),
        *(say("chart.scores.origin", origin=int(origin)) for origin in origins),
    )
    rows = tuple(
        (
            labels[i],
            *(
                f"{rounded(float(crps[i, j]))} ({share_of(float(covered[i, j]))})"
                if np.isfinite(crps[i, j])
                else "–"
                for j in range(len(origins))
            ),
        )
        for i in order
    )
    return Chart(title, options, say("chart.scores.note", level=SHOWN_LEVEL), alt, columns, rows)
