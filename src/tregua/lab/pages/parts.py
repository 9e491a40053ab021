"""Page components, of which all screens are made: headings, notices, tables, and charts with their
tables.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ...reporting.browser.base import Chart, Say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nicegui.events import ValueChangeEventArguments

Tone = Literal["plain", "amber", "wrong", "good"]
"""How a notice looks; what it says never hangs on it alone."""

SIGNS: dict[Tone, str] = {"plain": "ℹ", "amber": "⚠", "wrong": "✕", "good": "✓"}
"""A sign before a notice, so that colour is not needed."""


def text(tag: str, words: str, classes: str = "") -> TextElement:
    """A heading, a paragraph or another piece of text."""
    return TextElement(tag=tag, text=words).classes(classes)


@contextmanager
def block(tag: str, classes: str = "", label: str = "") -> Iterator[ui.element]:
    """An element that holds others, named for screen readers where there is a label."""
    with ui.element(tag).classes(classes) as element:
        if label:
            element.props["aria-label"] = label
        yield element


def notice(words: str, tone: Tone = "plain") -> ui.element:
    """A sentence that stands out, with a sign in front."""
    with ui.element("div").classes(f"notice {tone}") as element:
        text("span", SIGNS[tone], "sign").props["aria-hidden"] = "true"
        text("span", words)
    return element


def link(words: str, target: str, classes: str = "") -> TextElement:
    """A link inside the lab."""
    element = text("a", words, classes)
    element.props["href"] = target
    return element


def number_field(
    say: Say, shown: str, reads: Callable[[str], float | None], typed: Callable[[float], None]
) -> ui.input:
    """A field for a number. The browser's own one drops a decimal comma, so that 0,5 is taken for
    5; here it is read as in files, and what is no number is marked and not taken.

    Args:
        say: the catalogue.
        shown: the number as text.
        reads: the number that a text says; None where it says none.
        typed: told the number, whenever there is one.
    """

    def take(event: ValueChangeEventArguments) -> None:
        number = reads(event.value or "")
        if number is not None:
            typed(number)

    field = ui.input(
        value=shown,
        on_change=take,
        validation={say("lab.no_number"): lambda text: reads(text or "") is not None},
    )
    field.props["inputmode"] = "decimal"
    return field


def table_html(columns: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A table as HTML; all text is escaped."""
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{html.escape(str(row[0]))}</th>'
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="data"><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table>"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> ui.html:
    """A table on the page."""
    # All of it is escaped above.
    return ui.html(table_html(columns, rows, caption), sanitize=False).classes("scroll")


class ChartCard:
    """A chart with its title, how to read it, and the same numbers as a table behind a button.

    Args:
        say: the catalogue.
        name: for tests and style sheets.
        height: of the chart, where it needs none of its own [px].
        level: of the heading.
    """

    def __init__(self, say: Say, name: str, height: int, level: int = 3):
        with ui.element("section").classes("card chart-card").mark(name) as self.root:
            self.root.props["data-testid"] = name
            self._title = text(f"h{level}", "")
            self._chart = (
                ui.echart({}, renderer="svg").classes("chart").style(f"height: {height}px")
            )
            self._chart.props["role"] = "img"
            self._note = text("p", "", "note")
            with ui.element("details").classes("as-table"):
                text("summary", say("page.as_table"))
                self._table = ui.html("", sanitize=False).classes("scroll")

    def show(self, chart: Chart, lively: bool = False) -> None:
        """Draw a chart; its table waits while a handle moves.

        Args:
            chart: what to draw.
            lively: whether a handle moves.
        """
        self._title.set_text(chart.title)
        self._note.set_text(chart.note)
        if chart.height is not None:
            self._chart.style(f"height: {chart.height}px")
        self._chart.props["aria-label"] = chart.alt
        self._chart.options.clear()
        self._chart.options.update(chart.options)
        self._chart.update()
        if not lively:
            self._table.set_content(table_html(chart.columns, chart.rows, chart.title))

    def stale(self, on: bool) -> None:
        """Dim the chart while it shows another package than the handles."""
        self.root.classes(add="stale" if on else "", remove="" if on else "stale")
