"""Visual encoding: colours, bands and the words for them, the same whatever draws a chart.

Matplotlib (:mod:`tregua.reporting.charts`) draws for files and paper, the browser
(:mod:`tregua.reporting.browser`) for screens. Both take from here what is shown, and each draws it
in its own technique. What the tiles of a map show is in :mod:`tregua.reporting.tile_map`.

Colours are those of Okabe and Ito and two dark ones, which readers with colour-blindness can tell
apart; no two series of a chart look alike (:func:`look`). Where runs differ by chance a line is
the median of all replicates, the darker band holds the middle half of them and the lighter band
nine in ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#332288",
    "#661100",
)
"""Blue, vermilion, green, purple, orange, sky, indigo and brown, in the order in which series take
them. Black and grey are the baseline's.
"""

DASHES: tuple[tuple[float, ...], ...] = ((), (5.0, 2.0), (1.5, 1.5), (5.0, 1.5, 1.5, 1.5))
"""Lengths of strokes and gaps, in widths of the line; none for a whole line. Series take the next
one when all colours are used up.
"""

BLUE, VERMILION = COLOURS[0], COLOURS[1]

GREY = "#555555"
"""Of the baseline, and of what is said beside a chart."""

COVERED_LEVEL = 80
"""Prediction interval whose coverage charts of forecasts show [%]: wide enough to matter,
and with enough misses to see.
"""


def look(number: int) -> tuple[str, tuple[float, ...]]:
    """Colour and dash of the series with this number; no two of the first 32 have the same."""
    return COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]


@dataclass(frozen=True)
class Band:
    """A band: a central interval of the ensemble, between two quantiles over replicates.

    Attributes:
        percent: share of the replicates inside.
        low: name of its lower edge, as :func:`tregua.results.tables.bands` has it.
        high: name of its upper edge.
    """

    percent: int
    low: str
    high: str


BANDS = (Band(90, "low_90", "high_90"), Band(50, "low_50", "high_50"))
"""Bands of all charts, in the order in which they are drawn: the narrower on top of the wider."""

ON_PAPER, ON_SCREEN = (0.18, 0.38), (0.16, 0.30)
"""Opacity of the bands, in the order of :data:`BANDS`."""

ON_PAPER_TILE, ON_SCREEN_TILE = (0.22, 0.42), (0.22, 0.30)
"""The same in the small charts of a tile, where a band is only a few points high."""


@dataclass(frozen=True, eq=False)
class Area:
    """One band of a fan, ready to be drawn.

    Attributes:
        percent: share of the replicates inside.
        low: lower edge over time.
        high: upper edge over time.
        opacity: of its colour, from 0 to 1.
    """

    percent: int
    low: Any
    high: Any
    opacity: float


@dataclass(frozen=True, eq=False)
class Fan:
    """A fan chart: the median of an ensemble over time on top of its bands.

    Attributes:
        edges: median and edges of the bands over time, by the names of
            :data:`tregua.results.tables.QUANTILES`.
        colour: of line and bands.
        opacity: of the bands, in the order of :data:`BANDS`.
    """

    edges: Mapping[str, Any]
    colour: str
    opacity: tuple[float, float] = ON_PAPER

    @property
    def median(self) -> Any:
        """The line."""
        return self.edges["median"]

    @property
    def areas(self) -> list[Area]:
        """The bands, in the order in which they are drawn."""
        return [
            Area(band.percent, self.edges[band.low], self.edges[band.high], opacity)
            for band, opacity in zip(BANDS, self.opacity, strict=True)
        ]


def words_for_areas(of: str = "them") -> str:
    """How to read bands that are areas, in a note: those of a fan."""
    return f"Darker band: the middle half of {of}. Lighter band: nine in ten."


def words_for_strokes(of: str = "them") -> str:
    """How to read bands that are lines, in a note: those across a dot or a bar."""
    return f"Thick line: the middle half of {of}. Thin line: nine in ten."
