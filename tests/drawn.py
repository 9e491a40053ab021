"""What a reader of a drawn figure would see: its letters, where they are, and whether they
collide.
"""

from __future__ import annotations

from itertools import combinations

from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOUCH = 1.5
"""Dots by which two boxes of letters may overlap: less than the white inside a box."""


def letters(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text of a figure as it is drawn, with its box in dots."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    return [
        # Without the arrow that an annotation may have.
        (text.get_text(), Text.get_window_extent(text, renderer))
        for text in _seen(figure)
        if text.get_text().strip()
    ]


def _seen(artist) -> list[Text]:
    """Texts below an artist that are drawn."""
    if not artist.get_visible():
        return []
    if isinstance(artist, Axis):
        low, high = sorted(artist.get_view_interval())
        ticks = [t for t in artist.get_major_ticks() if low <= t.get_loc() <= high]
        labels = [t.label1 for t in ticks if t.label1.get_visible()]
        return [artist.label, artist.get_offset_text(), *labels]
    own = [artist] if isinstance(artist, Text) else []
    if hasattr(artist, "axison") and not artist.axison:
        children = [child for child in artist.get_children() if not isinstance(child, Axis)]
    else:
        children = artist.get_children()
    return own + [text for child in children for text in _seen(child)]


def faults(figure: Figure) -> list[str]:
    """Texts that run into each other or over the edge of the figure."""
    found, page = letters(figure), figure.bbox
    cut = [
        f"cut: {text!r}"
        for text, box in found
        if box.x0 < page.x0 - 0.5
        or box.x1 > page.x1 + 0.5
        or box.y0 < page.y0 - 0.5
        or box.y1 > page.y1 + 0.5
    ]
    run = [
        f"{one!r} runs into {other!r}"
        for (one, a), (other, b) in combinations(found, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > TOUCH and min(a.y1, b.y1) - max(a.y0, b.y0) > TOUCH
    ]
    return cut + run
