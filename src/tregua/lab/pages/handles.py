"""Control panel of the lab: handles in five groups, and for each handle a slider, a number field,
its unit, the range of the evidence, its letter and a card.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nicegui import ui

from ...model.numerals import number_of
from ...scenarios.evidence_range import ROUNDING
from ..answers.answer import range_text, short_unit
from ..handles import GROUPS, Handle, outside_evidence
from ..package import Package, Setting
from .parts import block, link, number_field, text

if TYPE_CHECKING:
    from nicegui.events import GenericEventArguments, ValueChangeEventArguments

    from .frame import Screen

TYPED = 350
"""Milliseconds without a key after which a typed number counts."""


NAME_FOCUSED = """(vnode) => {
    const root = vnode.el, focused = root.querySelector("[tabindex]");
    for (const name of root.getAttributeNames()) {
        if (name !== "role" && !name.startsWith("aria-")) continue;
        focused.setAttribute(name, root.getAttribute(name));
        root.removeAttribute(name);
    }
    const words = `${focused.getAttribute("aria-valuenow")} ${root.dataset.unit}`;
    focused.setAttribute("aria-valuetext", words);
}"""
"""What the browser does whenever the library has drawn a slider. The library gives role, name and
value to the whole and the focus to a part of it, so that a screen reader says nothing where one
stands; here the part that takes the focus gets them.
"""


class _Slider(ui.slider):
    """A slider that the server does not move while a hand does, as an answer that comes late would
    pull it back, and whose part that takes the focus has role, name and value.
    """

    LOOPBACK = False

    def __init__(self, name: str, unit: str, **how: Any):
        super().__init__(**how)
        self.props["aria-label"] = name
        self.props["data-unit"] = unit
        for drawn in ("vnodeMounted", "vnodeUpdated"):
            self.on(drawn, js_handler=NAME_FOCUSED)


@dataclass(eq=False)
class _Row:
    """One handle on the page."""

    handle: Handle
    slider: _Slider
    number: ui.input
    note: Any
    root: ui.element


class HandlePanel:
    """The control panel of one open page.

    Args:
        here: the page.
        moved: told while a handle moves.
        released: told when it has come to rest.
    """

    def __init__(
        self, here: Screen, moved: Callable[[Package], None], released: Callable[[Package], None]
    ):
        self._here, self._moved, self._released = here, moved, released
        self._rows: dict[str, _Row] = {}
        self._dates: dict[str, Setting] = {}
        self._filling = False
        say = here.say
        with block("section", "handles", say("lab.levers")):
            text("h2", say("lab.levers"))
            text("p", say("lab.levers_how"), "note")
            first = True
            for group in GROUPS:
                handles = [handle for handle in here.shared.handles if handle.group == group]
                if handles:
                    self._group(group, handles, first)
                    first = False
            ui.button(say("lab.reset"), on_click=self._reset_all).props("outline no-caps").mark(
                "reset"
            )
        self.show(here.package)

    def _group(self, group: str, handles: list[Handle], opened: bool) -> None:
        say = self._here.say
        wide = any(
            setting.handle in {handle.key for handle in handles}
            for setting in self._here.package.settings
        )
        with ui.element("details").classes("handle-group") as place:
            place.props["data-testid"] = f"group-{group}"
            if opened or wide:
                place.props["open"] = True
            with ui.element("summary"):
                text("span", say(f"group.{group}"))
                text("span", say("lab.count", count=len(handles)), "count")
            for handle in handles:
                self._rows[handle.key] = self._row(handle)

    def _row(self, handle: Handle) -> _Row:
        say, key = self._here.say, handle.key
        name = say(f"handle.{key}.name")
        with block("div", "handle", name) as root:
            root.props["role"] = "group"
            root.props["data-testid"] = f"handle-{key}"
            with ui.element("div").classes("handle-top"):
                text("span", name, "handle-name")
                badge = (
                    ui.button(handle.letter, on_click=lambda: self._card(handle))
                    .props("flat dense no-caps")
                    .classes(f"letter letter-{handle.letter}")
                )
                badge.props["aria-label"] = say("lab.letter_of", name=name, letter=handle.letter)
            with ui.element("div").classes("handle-drag"):
                with ui.element("div").classes("track") as track:
                    track.style(
                        f"--from: {self._place(handle, handle.evidence_low):.1f}%; --to: "
                        f"{self._place(handle, handle.evidence_high):.1f}%"
                    )
                    text("span", "", "covered").props["aria-hidden"] = "true"
                    slider = _Slider(
                        say("lab.slider_of", name=name, unit=short_unit(handle, say)),
                        short_unit(handle, say),
                        min=handle.low,
                        max=handle.high,
                        step=handle.step,
                        value=handle.rest,
                        on_change=lambda event: self._drag(handle, event),
                    )
                    slider.props["data-testid"] = f"slider-{key}"
                    slider.on("change", lambda event: self._let_go(handle, event))
                number = number_field(
                    say, f"{handle.rest:g}", number_of, lambda value: self._typed(handle, value)
                )
                number.props(f"dense outlined debounce={TYPED} hide-bottom-space").classes(
                    "handle-number"
                )
                number.props["aria-label"] = say(
                    "lab.number_of", name=name, unit=short_unit(handle, say)
                )
                number.props["data-testid"] = f"number-{key}"
                text("span", short_unit(handle, say), "unit")
            with ui.element("div").classes("handle-foot"):
                note = text(
                    "span", say("lab.evidence_range", range=range_text(handle, say)), "note"
                )
                back = (
                    ui.button(say("lab.back"), on_click=lambda: self.put(handle, handle.rest))
                    .props("flat dense no-caps")
                    .classes("back")
                )
                back.props["aria-label"] = say("lab.back_of", name=name)
        return _Row(handle, slider, number, note, root)

    @staticmethod
    def _place(handle: Handle, value: float) -> float:
        """Where a position lies along the slider [%]."""
        return 100.0 * (value - handle.low) / (handle.high - handle.low)

    def show(self, package: Package) -> None:
        """Put all handles where a package has them."""
        positions = {setting.handle: setting.value for setting in package.settings}
        self._filling = True
        for key, row in self._rows.items():
            value = positions.get(key, row.handle.rest)
            row.slider.value = value
            row.number.value = f"{value:g}"
            self._mark(row, package)
        self._filling = False

    def put(self, handle: Handle, value: float) -> None:
        """Move one handle, as if a hand had done it."""
        self._filling = True
        self._rows[handle.key].slider.value = value
        self._rows[handle.key].number.value = f"{value:g}"
        self._filling = False
        self._take(handle, value)
        self._released(self._here.package)

    def _drag(self, handle: Handle, event: ValueChangeEventArguments) -> None:
        if not self._filling and event.value is not None:
            self._follow(handle, float(event.value))

    def _let_go(self, handle: Handle, event: GenericEventArguments) -> None:
        self._follow(
            handle, float(event.args if isinstance(event.args, int | float) else handle.rest)
        )
        self._released(self._here.package)

    def _follow(self, handle: Handle, value: float) -> None:
        """Take the slider's position, unless it is known: the browser holds some back and may send
        the last one after the handle was let go there.
        """
        if abs(self._value(handle) - value) <= ROUNDING:
            return
        self._filling = True
        self._rows[handle.key].number.value = f"{value:g}"
        self._filling = False
        self._take(handle, value)

    def _typed(self, handle: Handle, value: float) -> None:
        value = min(max(value, handle.low), handle.high)
        if not self._filling and abs(value - self._value(handle)) > ROUNDING:
            self.put(handle, value)

    def _value(self, handle: Handle) -> float:
        return next(
            (
                setting.value
                for setting in self._here.package.settings
                if setting.handle == handle.key
            ),
            handle.rest,
        )

    def _take(self, handle: Handle, value: float) -> None:
        """Put a position into the package; dates come back with a handle that was at
        rest for a moment.
        """
        self._dates |= {setting.handle: setting for setting in self._here.package.settings}
        package = with_position(
            self._here.package, handle, value, self._dates.get(handle.key), self._here.shared.first
        )
        self._here.take(package)
        self._mark(self._rows[handle.key], package)
        self._moved(package)

    def _mark(self, row: _Row, package: Package) -> None:
        """Say so where a position is beyond the evidence,
        and whether the handle was moved at all.
        """
        say, handle = self._here.say, row.handle
        beyond = handle.key in outside_evidence(package, (handle,))
        row.root.classes(add="beyond" if beyond else "", remove="" if beyond else "beyond")
        moved = any(
            setting.handle == handle.key and abs(setting.value - handle.rest) > ROUNDING
            for setting in package.settings
        )
        row.root.classes(add="moved" if moved else "", remove="" if moved else "moved")
        row.note.set_text(
            say("lab.beyond" if beyond else "lab.evidence_range", range=range_text(handle, say))
        )

    def _reset_all(self) -> None:
        self._here.take(Package(name=self._here.package.name))
        self.show(self._here.package)
        self._moved(self._here.package)
        self._released(self._here.package)

    def _card(self, handle: Handle) -> None:
        """The card of a handle: what it is, its range, its letter, and the way to its sources."""
        say = self._here.say
        with self._here.client, ui.dialog() as dialog, ui.card().classes("handle-card"):
            dialog.props["aria-label"] = say(f"handle.{handle.key}.name")
            text("h2", say(f"handle.{handle.key}.name"))
            text("p", say(f"handle.{handle.key}.what"))
            text("p", say("lab.evidence_range", range=range_text(handle, say)))
            text(
                "p",
                say(
                    "lab.letter_line", letter=handle.letter, meaning=say(f"letter.{handle.letter}")
                ),
            )
            text(
                "p", say("lab.claims_line", claims=", ".join(handle.claims) or say("lab.no_claims"))
            )
            with ui.element("p"):
                link(say("lab.to_why"), self._here.address("/why", h=handle.key))
            ui.button(say("page.close"), on_click=dialog.close).props("no-caps autofocus")
        dialog.on("hide", dialog.delete)
        dialog.open()


def with_position(
    package: Package, handle: Handle, value: float, before: Setting | None, first: dt.date
) -> Package:
    """A package in which one handle has another position; a handle at rest leaves the package.

    Args:
        package: the settings.
        handle: that moves.
        value: its new position.
        before: the last setting of this handle, whose dates stay; None where it had none.
        first: day on which the change starts where it had none.
    """
    others = tuple(setting for setting in package.settings if setting.handle != handle.key)
    if abs(value - handle.rest) <= ROUNDING:
        return Package(settings=others, name=package.name)
    new = (
        before.model_copy(update={"value": value})
        if before
        else Setting(handle=handle.key, value=value, start=first)
    )
    return Package(settings=(*others, new), name=package.name)
