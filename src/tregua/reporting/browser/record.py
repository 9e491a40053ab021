"""Charts of model against record, for a browser: the fit in one territory, and scores of
forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ...results.tables import QUANTILES
from ..encoding import BLUE, COLOURS, COVERED_LEVEL, ON_SCREEN, Fan
from ..wording import rounded
from .base import (
    INK,
    ROOM,
    SMALL,
    TEXT,
    Chart,
    Options,
    Say,
    bare,
    ceiling,
    clean,
    frame,
    height_of,
    plain,
    rows_axis,
    share_of,
    span_of,
    value_axis,
)
from .lines import apart, areas, named_line, over_years

Fitted = Mapping[str, Float[np.ndarray, "year"]]
"""Median and edges of the bands of a fitted model over years."""


MARKS = (
    (INK, "circle", "solid"),
    (COLOURS[1], "emptyTriangle", "dashed"),
    (COLOURS[2], "emptyRect", "dotted"),
)
"""Colour, symbol and stroke of each count, in their order; there are words for as many."""


@dataclass(frozen=True, eq=False)
class OnRecord:
    """A count beside which a fit is shown.

    Attributes:
        short: as the line is called.
        label: what is counted, and by whom.
        persons: in each year; nan where there is none.
    """

    short: str
    label: str
    persons: Float[np.ndarray, "year"]


def fit_by_territory(
    territory: str,
    years: Int[np.ndarray, "year"],
    counts: Sequence[OnRecord],
    fitted: Fitted | None,
    say: Say,
) -> Chart:
    """Predictive check of a fit: homicides on record in one territory, and what the fitted model
    expects of the first count.

    Args:
        territory: name.
        years: calendar years.
        counts: on record, the one that fits use first; as many as :data:`MARKS` at most.
        fitted: median and edges of bands of the fitted model; None where no fit ships.
        say: the catalogue.
    """
    edges = fitted or dict.fromkeys(QUANTILES, np.full(len(years), np.nan))
    names = [say("chart.fit.model"), *(clean(count.short) for count in counts)]
    drawn = (edges["median"], *(count.persons for count in counts))
    looks = ((BLUE, "none", "solid"), *MARKS[: len(counts)])
    top = ceiling(ROOM * float(np.nanmax(np.concatenate([[1.0], *drawn[1:], edges["high_90"]]))))
    ends = [_last(values) for values in drawn]
    shifts = apart([end for end in ends if end is not None], top)
    series = areas(Fan(edges, BLUE, ON_SCREEN))
    for name, values, look, end in zip(names, drawn, looks, ends, strict=True):
        shift = shifts.pop(0) if end is not None else 0.0
        width = 2.0 if look[-1] == "solid" else 1.6
        line = named_line(name, _points(name, values, years), *look, shift, width=width, size=6)
        line["endLabel"] |= {"show": end is not None, "fontSize": SMALL}
        series.append(line)
    title = say("chart.fit.title", state=territory)
    alt = say(
        "chart.fit.alt" if fitted else "chart.fit.alt_none",
        title=title,
        first=int(years[0]),
        last=int(years[-1]),
        counts=", ".join(count.short for count in counts),
    )
    options = over_years(alt, years, say("chart.fit.axis"), top, series, 140)
    columns: tuple[str, ...] = (say("table.year"), *(count.label for count in counts))
    columns += (names[0], say("table.ninety")) if fitted else ()
    marks = [say(f"chart.fit.mark_{i}", label=count.label) for i, count in enumerate(counts, 1)]
    marks += [say("chart.fit.several")] if len(counts) > 1 else []
    note = say("chart.fit.note" if fitted else "chart.fit.note_none", marks=" ".join(marks))
    return Chart(title, options, note, alt, columns, _rows(years, counts, fitted, say))


def _points(name: str, values: np.ndarray, years: np.ndarray) -> list[Options]:
    """Numbers of a series; nothing is told where there is none."""
    return [
        {
            "value": x,
            "tooltip": {"formatter": f"{name}, {int(year)}: {rounded(x)}"} if x is not None else {},
        }
        for x, year in zip(plain(values), years, strict=True)
    ]


def _last(values: np.ndarray) -> float | None:
    """The last value that there is."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else None


def _rows(
    years: np.ndarray, counts: Sequence[OnRecord], fitted: Fitted | None, say: Say
) -> tuple[tuple[str, ...], ...]:
    """The chart of a fit as a table."""
    rows = []
    for i, year in enumerate(years):
        row = (str(year), *(rounded(float(count.persons[i])) for count in counts))
        if fitted:
            low, middle, high = (fitted[edge][i] for edge in ("low_90", "median", "high_90"))
            row += (rounded(float(middle)), span_of(low, high, say))
        rows.append(row)
    return tuple(rows)


def scores(
    labels: Sequence[str],
    origins: Sequence[int],
    crps: Float[np.ndarray, "model origin"],
    covered: Float[np.ndarray, "model origin"],
    say: Say,
) -> Chart:
    """Dot chart of forecast scores: how far forecasts of homicides were off from several
    years on, the best on top; lower is better.

    Args:
        labels: of the ways to forecast.
        origins: last years known.
        crps: mean continuous ranked probability score [deaths in a territory and year]; nan where a
            forecast cannot be made.
        covered: share of what came inside the interval of 80 %.
        say: the catalogue.
    """
    order = np.argsort(np.nanmean(crps, axis=1), kind="stable")
    series = []
    for j, origin in enumerate(origins):
        points = [
            _score(labels[i], int(origin), value, float(covered[i, j]), say)
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
        legend={
            "top": 0,
            "left": 0,
            "itemWidth": 14,
            "itemGap": 24,
            "textStyle": {"fontSize": TEXT, "color": INK},
        },
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
    note = say("chart.scores.note", level=COVERED_LEVEL)
    return Chart(title, options, note, alt, columns, rows, height_of(len(rows)))


def _score(label: str, origin: int, crps: float, covered: float, say: Say) -> Options:
    """The dot of one way to forecast from one year."""
    tip = say(
        "chart.scores.tip",
        name=clean(label),
        origin=origin,
        crps=rounded(crps),
        covered=share_of(covered),
    )
    return {"value": [crps, bare(label)], "tooltip": {"formatter": tip}}
