"""Parts of charts for a browser: the chart with its table and words, axes, and numbers as text.

All charts here are pure functions from arrays to options of Apache ECharts, each with the same as a
table and in words. Nothing knows a page or a server: a notebook or a report can use the same
functions. Texts come from a function ``say`` that puts a key of the catalogue
(:mod:`tregua.lab.words`) into a language. No option holds program text, so that a page may forbid
it. Colours and bands are those of :mod:`~tregua.reporting.encoding`; what a colour says, a label, a
symbol or a place says too.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..encoding import BANDS, GREY
from ..wording import ends, rounded

Say = Callable[..., str]
"""Puts a key of the catalogue, and the values of its places, into a language."""

Options = dict[str, Any]
"""Options of one chart, as ECharts takes them; plain data only."""

INK, LINE, PALE = "#1b1b1b", "#d9d9d9", "#8a8a8a"

FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

SMALL, TEXT = 11, 12
"""Sizes of letters [px]: labels inside charts, and axes."""

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

ROW, AROUND = 48, 56
"""Height of a row, in which a name of three lines fits, and of what stands above and below all of
them [px].
"""


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
        height: that the names of its rows need [px]; None where it has no such rows.
    """

    title: str
    options: Options
    note: str
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    height: int | None = None


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


def span_of(low: float, high: float, say: Say, put: Callable[[float], str] = rounded) -> str:
    """A band as text: its ends to the figures that it earns, each put into words by ``put``."""
    low, high = ends(float(low), float(high))
    return say("span", low=put(low), high=put(high))


def spans(
    edges: dict[str, np.ndarray], at: int, say: Say, put: Callable[[float], str] = rounded
) -> list[str]:
    """Both bands as text, the narrower first; see :func:`span_of`."""
    return [span_of(edges[b.low][at], edges[b.high][at], say, put) for b in reversed(BANDS)]


def relative_spans(edges: dict[str, np.ndarray], at: int, say: Say) -> list[str]:
    """Both bands of a relative change as text, the narrower first."""
    return [
        say("span", low=relative(float(edges[b.low][at])), high=relative(float(edges[b.high][at])))
        for b in reversed(BANDS)
    ]


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


def rows_axis(labels: Sequence[str], width: int = NAMES) -> Options:
    """Names of rows, the first on top, broken where they are long, none left out."""
    label = {
        "interval": 0,
        "color": INK,
        "fontSize": TEXT,
        "width": width - 10,
        "overflow": "break",
        "lineHeight": 15,
    }
    return category_axis(labels, inverse=True, axisLabel=label)


def height_of(rows: int) -> int:
    """Height of a chart with so many named rows [px]."""
    return AROUND + ROW * rows


def ceiling(value: float) -> float:
    """A round end of an axis that begins at zero and must hold the value."""
    if value <= 0.0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in STEPS if step * power >= value * (1.0 - 1e-9))


def plain(values: np.ndarray) -> list[float | None]:
    """Numbers for JSON to four figures, gaps where there is none."""
    return [
        float(f"{x:.5g}") if math.isfinite(x) else None for x in np.asarray(values, float).ravel()
    ]
