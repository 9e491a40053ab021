"""Charts of relative changes for a browser: box plots and bars of paired differences, with a line
at no change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ...results.pairs import relative_change
from ...results.tables import QUANTILES, bands
from ..encoding import BLUE, VERMILION
from ..wording import rounded
from .base import (
    FINE,
    INK,
    NAMES,
    PER_CENT,
    ROOM,
    SMALL,
    Chart,
    Options,
    Say,
    bare,
    ceiling,
    clean,
    frame,
    height_of,
    relative,
    relative_spans,
    rows_axis,
    value_axis,
)


def victims(
    baseline: Float[np.ndarray, "replicate victim"],
    changed: Float[np.ndarray, "replicate victim"],
    names: Sequence[str],
    say: Say,
    years: tuple[int, int],
) -> Chart:
    """Box plot of the relative change of persons killed, by kind of victim, over all years, with
    the numbers of persons beside the names.

    Args:
        baseline: persons killed from first to last year without the package.
        changed: the same with it, in the same order of replicates.
        names: kinds of victim, as :data:`tregua.results.outcomes.VICTIMS` has them.
        say: the catalogue.
        years: first and last year.
    """
    edges = bands(relative_change(baseline, changed))
    before, after = (
        [rounded(float(x)) for x in np.median(killed, axis=0)] for killed in (baseline, changed)
    )
    called = [say(f"victim.{name}.many") for name in names]
    boxes, labels, rows = [], [], []
    for i, name in enumerate(called):
        middle, low, high = (
            relative(float(edges[key][i])) for key in ("median", "low_90", "high_90")
        )
        tip = say("chart.victims.tip", name=name, middle=middle, low=low, high=high)
        boxes.append({"value": box(edges, i, PER_CENT), "tooltip": {"formatter": tip}})
        level = say("chart.victims.level", before=before[i], after=after[i])
        labels.append(f"{name}\n{level}")
        rows.append((name, before[i], after[i], middle, *relative_spans(edges, i, say)))
    title = say("chart.victims.title", first=years[0], last=years[1])
    told = "; ".join(f"{name} {middle}" for name, _, _, middle, *_ in rows)
    alt = say("chart.victims.alt", title=title, told=told)
    look = {"color": "#cfe3f1", "borderColor": BLUE, "borderWidth": 1.6}
    drawn = {"type": "boxplot", "name": title, "data": boxes, "itemStyle": look}
    options = on_change_axis(alt, labels, edges, [{**drawn, "boxWidth": [6, 16]}], say)
    columns = (
        say("table.victim"),
        say("chart.without"),
        say("chart.with"),
        say("table.change"),
        say("table.half"),
        say("table.ninety"),
    )
    note = say("chart.box_note")
    return Chart(title, options, note, alt, columns, tuple(rows), height_of(len(rows)))


def tornado(
    names: Sequence[str],
    changes: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    say: Say,
) -> Chart:
    """Tornado chart of what each setting does by itself: relative change of all persons killed, the
    largest on top.

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
    bar = {"type": "bar", "name": title, "data": bars, "barWidth": 16}
    half = {"type": "boxplot", "name": say("table.half"), "data": halves, "itemStyle": outline}
    options = on_change_axis(
        alt,
        [f"{bare(name)}\n{relative(x)}" for name, x in zip(names, middle, strict=True)],
        ends,
        [bar, {**half, "boxWidth": [4, 7], "silent": True, "z": 5}],
        say,
        room=40,
    )
    columns = (say("table.handle"), say("table.change"), say("table.half"))
    spans = [say("span", low=relative(a), high=relative(b)) for a, b in zip(low, high, strict=True)]
    rows = tuple(
        (name, relative(x), text) for name, x, text in zip(names, middle, spans, strict=True)
    )
    note = say("chart.tornado.note")
    return Chart(title, options, note, alt, columns, rows, height_of(len(rows)))


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


def on_change_axis(
    alt: str,
    labels: Sequence[str],
    edges: dict[str, np.ndarray],
    series: Sequence[Options],
    say: Say,
    room: int = 24,
) -> Options:
    """Options of a chart of relative changes, one row for each label.

    Args:
        alt: the chart in words.
        labels: of the rows, the first on top.
        edges: of the bands that must fit.
        series: what is drawn; a line at no change is added to the first.
        say: the catalogue.
        room: on the right [px].
    """
    first, *others = series
    return frame(
        alt,
        grid={"left": NAMES, "right": room, "top": 8, "bottom": 44},
        xAxis=change_axis(say("chart.change_axis"), edges),
        yAxis=rows_axis(labels),
        series=[{**first, "markLine": zero_line()}, *others],
    )
