"""Charts for a browser: pure functions from arrays to options of Apache ECharts,
each with the same as a table and in words.

Nothing here knows a page or a server: a notebook or a report can use the same functions. Texts come
from a function ``say`` that puts a key of the catalogue (:mod:`tregua.lab.words`) into a language.
No option holds program text, so that a page may forbid it. Colours are those of
:mod:`~tregua.reporting.charts.style`; what a colour says, a label, a symbol or a place says too.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ...results.tables import QUANTILES, bands
from ..charts.style import COLOURS, GREY
from ..wording import rounded

Say = Callable[..., str]
"""Puts a key of the catalogue, and the values of its places, into a language."""

Options = dict[str, Any]
"""Options of one chart, as ECharts takes them; plain data only."""

BLUE, VERMILION = COLOURS[0], COLOURS[1]
INK, LINE, PALE = "#1b1b1b", "#d9d9d9", "#8a8a8a"
FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

SMALL, TEXT = 11, 12
"""Sizes of letters [px]: labels inside charts, and axes."""

OUTER, INNER = 0.16, 0.30
"""Opacity of the band of nine in ten, and of the middle half on top of it."""

ROOM = 1.08
"""How far an axis goes beyond the highest band."""

STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""First figures at which an axis may end, so that it stays where it is while a
handle moves a little.
"""

FINE = 0.02
"""Relative changes below this are written with one decimal:
whole per cents would say that nothing happens.
"""

PER_CENT = 100.0

GAP = "\N{NO-BREAK SPACE}"
"""Between a number and its per cent sign."""

NAMES = 196
"""Room for the names of rows [px]."""

PLOT, NAME_HEIGHT = 240.0, 16.0
"""Usual height of the plot of a line chart, and of a name at the end of a line [px]."""


@dataclass(frozen=True)
class Chart:
    """A chart, and the same for readers who cannot see it.

    Attributes:
        title: what is shown, with its unit.
        options: for ECharts.
        note: how to read it: lines, bands, colours and signs.
        alt: what it shows, in words with its main numbers.
        columns: heads of the table.
        rows: of the table, as text.
    """

    title: str
    options: Options
    note: str
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def relative(share: float) -> str:
    """A relative change with its sign: ``"−4 %"``, below two per cent with a decimal, ``"0 %"`` for
    none. The number never stands apart from its sign.
    """
    if not math.isfinite(share):
        return "–"
    digits = 1 if abs(share) < FINE else 0
    value = round(PER_CENT * share, digits)
    return f"{value:+.{digits}f}{GAP}%".replace("-", "−") if value else f"0{GAP}%"


def share_of(share: float) -> str:
    """A share in whole per cent."""
    return f"{round(PER_CENT * share)}{GAP}%" if math.isfinite(share) else "–"


def bare(text: str) -> str:
    """A text that a visitor may have written, for a label: no places of a template, no rich text.
    Labels are drawn as text, not as HTML.
    """
    return text.replace("{", "(").replace("}", ")").replace("|", "/")


def clean(text: str) -> str:
    """The same for what appears where one points at, which the browser takes for HTML."""
    return html.escape(bare(text))


def frame(alt: str, **parts: Any) -> Options:
    """What all charts share: letters, no animation, and a description for screen readers."""
    tip = {"trigger": "item", "confine": True, "textStyle": {"fontSize": TEXT, "color": INK}}
    shared = {
        "animation": False,
        "textStyle": {"fontFamily": FONT, "fontSize": TEXT, "color": INK},
        "tooltip": tip,
    }
    return {
        **shared,
        "aria": {"enabled": True, "label": {"enabled": True, "description": alt}},
        **parts,
    }


def value_axis(name: str, **own: Any) -> Options:
    """An axis of numbers with its unit."""
    look = {
        "axisLabel": {"color": INK, "fontSize": SMALL, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": "#ececec"}},
    }
    return {
        "type": "value",
        "name": name,
        "nameTextStyle": {"color": GREY, "fontSize": SMALL},
        **look,
        **own,
    }


def category_axis(labels: Sequence[str], **own: Any) -> Options:
    """An axis of names or years."""
    look = {
        "axisLabel": {"color": INK, "fontSize": SMALL},
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": LINE}},
    }
    return {"type": "category", "data": list(labels), **look, **own}


def ceiling(value: float) -> float:
    """A round end of an axis that begins at zero and must hold the value."""
    if value <= 0.0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in STEPS if step * power >= value * (1.0 - 1e-9))


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


def plain(values: np.ndarray) -> list[float | None]:
    """Numbers for JSON to four figures, gaps where there is none."""
    return [
        float(f"{x:.5g}") if math.isfinite(x) else None for x in np.asarray(values, float).ravel()
    ]


def fan(
    years: Int[np.ndarray, "year"],
    baseline: Float[np.ndarray, "replicate year"],
    changed: Float[np.ndarray, "replicate year"] | None,
    say: Say,
    victim: str = "all",
    quick: bool = False,
) -> Chart:
    """Persons killed in every year, without the package in grey and with it in blue:
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
    names = (say("chart.without"), say("chart.with"))
    top = ceiling(
        ROOM * max(float(edges["high_90"].max()) for edges in (before, after) if edges is not None)
    )
    shifts = apart(
        [float(edges["median"][-1]) for edges in (before, after) if edges is not None], top
    )
    series: list[Options] = []
    nothing = {key: np.full(len(years), np.nan) for key in before}
    looks = ((GREY, "emptyCircle", "solid"), (BLUE, "diamond", "dotted" if quick else "solid"))
    for edges, name, (colour, symbol, line), shift in zip(
        (before, after or nothing), names, looks, (*shifts, 0.0), strict=False
    ):
        series += ribbon(f"{name} 90", edges["low_90"], edges["high_90"], colour, OUTER)
        series += ribbon(f"{name} 50", edges["low_50"], edges["high_50"], colour, INNER)
        series.append(_middle(name, years, edges, (colour, symbol, line, shift), say))
    title = say("chart.fan.title", victim=say(f"victim.{victim}.killed"))
    alt = _fan_alt(title, years, before, after, say)
    options = frame(
        alt,
        grid={"left": 62, "right": 152, "top": 34, "bottom": 28},
        xAxis=category_axis([str(year) for year in years], boundaryGap=False),
        yAxis=value_axis(
            say("chart.fan.axis"),
            min=0,
            max=top,
            nameLocation="end",
            nameTextStyle={"align": "left", "padding": [0, 0, 0, -50]},
        ),
        series=series,
    )
    heads = [say("table.year")]
    for name in names[: 1 if after is None else 2]:
        heads += [
            say("table.median_of", name=name),
            say("table.half_of", name=name),
            say("table.ninety_of", name=name),
        ]
    rows = [
        (str(year), *(cell for edges in (before, after) if edges for cell in _cells(edges, i, say)))
        for i, year in enumerate(years)
    ]
    note = say("chart.fan.note") + (" " + say("chart.fan.quick") if quick else "")
    return Chart(title, options, note, alt, tuple(heads), tuple(rows))


def apart(ends: Sequence[float], top: float) -> list[float]:
    """How far the names at the ends of lines must move [px,
    downwards] so that they do not cover one another.

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


def _middle(
    name: str,
    years: np.ndarray,
    edges: dict[str, np.ndarray],
    look: tuple[str, str, str, float],
    say: Say,
) -> Options:
    """The line of medians, named at its end, with numbers where it is pointed at;
    its look is colour, symbol, kind of line, and shift of the name.
    """
    colour, symbol, line, shift = look
    points = []
    for i, value in enumerate(plain(edges["median"])):
        low, high = (rounded(float(edges[key][i])) for key in ("low_90", "high_90"))
        words = say(
            "chart.fan.tip",
            name=name,
            year=int(years[i]),
            middle=rounded(value if value is not None else math.nan),
            low=low,
            high=high,
        )
        points.append({"value": value, "tooltip": {"formatter": words}})
    drawn = {
        "symbol": symbol,
        "symbolSize": 7,
        "lineStyle": {"color": colour, "width": 2.4, "type": line},
        "itemStyle": {"color": colour},
    }
    shown = any(point["value"] is not None for point in points)
    end = {
        "show": shown,
        "formatter": name,
        "color": colour,
        "fontSize": TEXT,
        "fontWeight": "bold",
        "offset": [0, shift],
    }
    return {"type": "line", "name": name, "data": points, **drawn, "endLabel": end, "z": 4}


def _cells(edges: dict[str, np.ndarray], at: int, say: Say) -> tuple[str, str, str]:
    low, inner, middle, upper, high = (rounded(float(edges[key][at])) for key in QUANTILES)
    return middle, say("span", low=inner, high=upper), say("span", low=low, high=high)


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


def box(edges: dict[str, np.ndarray], at: int, scale: float = 1.0) -> list[float]:
    """Five numbers of a box: nine in ten between the outer ones, half between the inner ones."""
    return [float(f"{scale * float(edges[key][at]):.5g}") for key in QUANTILES]


def zero_line() -> Options:
    """A thick line at no change."""
    line = {"color": INK, "type": "solid", "width": 1.5}
    return {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": line,
        "data": [{"xAxis": 0}],
    }


def rows_axis(labels: Sequence[str], width: int = NAMES) -> Options:
    """Names of rows, the first on top, broken where they are long."""
    label = {
        "color": INK,
        "fontSize": TEXT,
        "width": width - 10,
        "overflow": "break",
        "lineHeight": 15,
    }
    return category_axis(labels, inverse=True, axisLabel=label)


def victims(
    baseline: Float[np.ndarray, "replicate victim"],
    changed: Float[np.ndarray, "replicate victim"],
    names: Sequence[str],
    say: Say,
    years: tuple[int, int],
) -> Chart:
    """Relative change of persons killed, by kind of victim, over all years, with the numbers of
    persons beside the names.

    Args:
        baseline: persons killed from first to last year without the package.
        changed: the same with it, in the same order of replicates.
        names: kinds of victim, as :data:`tregua.results.outcomes.VICTIMS` has them.
        say: the catalogue.
        years: first and last year.
    """
    edges = bands(change(baseline, changed))
    before, after = np.median(baseline, axis=0), np.median(changed, axis=0)
    called = [say(f"victim.{name}.many") for name in names]
    levels = [
        say("chart.victims.level", before=rounded(b), after=rounded(a))
        for b, a in zip(before, after, strict=True)
    ]
    boxes = []
    for i, name in enumerate(called):
        middle, low, high = (
            relative(float(edges[key][i])) for key in ("median", "low_90", "high_90")
        )
        boxes.append(
            {
                "value": box(edges, i, PER_CENT),
                "tooltip": {
                    "formatter": say(
                        "chart.victims.tip", name=name, middle=middle, low=low, high=high
                    )
                },
            }
        )
    title = say("chart.victims.title", first=years[0], last=years[1])
    told = "; ".join(
        f"{name} {relative(float(edges['median'][i]))}" for i, name in enumerate(called)
    )
    alt = say("chart.victims.alt", title=title, told=told)
    labels = [f"{name}\n{level}" for name, level in zip(called, levels, strict=True)]
    look = {"color": "#cfe3f1", "borderColor": BLUE, "borderWidth": 1.6}
    options = frame(
        alt,
        grid={"left": NAMES, "right": 24, "top": 8, "bottom": 44},
        xAxis=change_axis(say("chart.change_axis"), edges),
        yAxis=rows_axis(labels),
        series=[
            {
                "type": "boxplot",
                "name": title,
                "data": boxes,
                "itemStyle": look,
                "boxWidth": [6, 16],
                "markLine": zero_line(),
            }
        ],
    )
    columns = (
        say("table.victim"),
        say("chart.without"),
        say("chart.with"),
        say("table.change"),
        say("table.half"),
        say("table.ninety"),
    )
    rows = tuple(
        (
            name,
            rounded(float(before[i])),
            rounded(float(after[i])),
            relative(float(edges["median"][i])),
            *(
                say(
                    "span", low=relative(float(edges[low][i])), high=relative(float(edges[high][i]))
                )
                for low, high in EDGES
            ),
        )
        for i, name in enumerate(called)
    )
    return Chart(title, options, say("chart.box_note"), alt, columns, rows)


EDGES = (("low_50", "high_50"), ("low_90", "high_90"))
"""Edges of the two bands, the narrower first."""


def change(baseline: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Relative change of each pair; where nobody is killed without the package,
    one person stands in for none.
    """
    return (changed - baseline) / np.maximum(baseline, 1.0)


def change_axis(name: str, edges: dict[str, np.ndarray]) -> Options:
    """An axis of relative changes [%], even on both sides of none, so that fewer is always on the
    left and as long as more.
    """
    furthest = max(
        abs(float(edges["low_90"].min())), abs(float(edges["high_90"].max())), FINE / 2.0
    )
    end = ceiling(PER_CENT * furthest * ROOM)
    label = {"color": INK, "fontSize": SMALL, "formatter": "{value} %", "hideOverlap": True}
    return value_axis(
        name, min=-end, max=end, nameLocation="middle", nameGap=26, splitNumber=4, axisLabel=label
    )


def tornado(
    names: Sequence[str],
    changes: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    say: Say,
) -> Chart:
    """What each setting does by itself: relative change of all persons killed, the largest on top.

    Args:
        names: of the handles.
        changes: medians; -0.04 is 4 % fewer.
        lows: lower edges of the middle half.
        highs: upper edges of it.
        say: the catalogue.
    """
    middle, low, high = (np.asarray(list(values), float) for values in (changes, lows, highs))
    ends = {
        "low_90": np.minimum(low, middle) if len(names) else np.zeros(1),
        "high_90": np.maximum(high, middle) if len(names) else np.zeros(1),
    }
    bars, halves = [], []
    for i, name in enumerate(names):
        words = say(
            "chart.tornado.tip",
            name=clean(name),
            middle=relative(middle[i]),
            low=relative(low[i]),
            high=relative(high[i]),
        )
        look = {"color": BLUE if middle[i] <= 0.0 else VERMILION, "opacity": 0.75}
        bars.append(
            {
                "value": float(f"{PER_CENT * middle[i]:.4g}"),
                "itemStyle": look,
                "tooltip": {"formatter": words},
            }
        )
        halves.append(
            [float(f"{PER_CENT * x:.4g}") for x in (low[i], low[i], middle[i], high[i], high[i])]
        )
    title = say("chart.tornado.title")
    told = "; ".join(f"{name} {relative(x)}" for name, x in zip(names, middle, strict=True)) or say(
        "chart.tornado.none"
    )
    alt = say("chart.tornado.alt", title=title, told=told)
    outline = {"color": "rgba(255,255,255,0)", "borderColor": INK, "borderWidth": 1.2}
    options = frame(
        alt,
        grid={"left": NAMES, "right": 40, "top": 8, "bottom": 44},
        xAxis=change_axis(say("chart.change_axis"), ends),
        yAxis=rows_axis(
            [f"{bare(name)}\n{relative(x)}" for name, x in zip(names, middle, strict=True)]
        ),
        series=[
            {"type": "bar", "name": title, "data": bars, "barWidth": 16, "markLine": zero_line()},
            {
                "type": "boxplot",
                "name": say("table.half"),
                "data": halves,
                "itemStyle": outline,
                "boxWidth": [4, 7],
                "silent": True,
                "z": 5,
            },
        ],
    )
    columns = (say("table.handle"), say("table.change"), say("table.half"))
    spans = [say("span", low=relative(a), high=relative(b)) for a, b in zip(low, high, strict=True)]
    rows = tuple(
        (name, relative(x), text) for name, x, text in zip(names, middle, spans, strict=True)
    )
    return Chart(title, options, say("chart.tornado.note"), alt, columns, rows)
