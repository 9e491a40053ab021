"""Timeline page: start, ramp and end of all settings on one time line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from nicegui import ui
from pydantic import ValidationError

from ...errors import TreguaError
from ...model.numerals import whole_of
from ...reporting.browser.base import height_of
from ...reporting.browser.schedule import Stretch
from ...reporting.browser.schedule import schedule as chart_of
from ..answers.answer import position_text, refused_text
from ..handles import by_key
from ..package import Package, Setting
from .frame import SCREENS, Screen
from .parts import SIGNS, ChartCard, block, link, notice, number_field, text

if TYPE_CHECKING:
    from ..handles import Handle

MOST_RAMP = 260
"""Weeks of the longest ramp here, five years; addresses and files allow longer ones."""

NONSENSE = "TR3022"
"""Code for dates that make no sense."""


class ScheduleScreen:
    """The timeline page of one visitor.

    Args:
        here: the page.
    """

    def __init__(self, here: Screen):
        self.here = here
        self._last = here.shared.scenario.date(here.shared.scenario.weeks)
        say = here.say
        text("h1", say("schedule.title"))
        text("p", say("schedule.lead"), "lead")
        self._refusal = notice("", "wrong")
        self._refusal.props["role"] = "alert"
        self._refusal.set_visibility(False)
        if not here.package.settings:
            notice(say("schedule.empty"))
            here.keep_link(
                SCREENS["lab"], link(say("schedule.to_lab"), here.address(SCREENS["lab"]), "button")
            )
            return
        self._card = ChartCard(say, "timeline", height_of(len(here.package.settings)), 2)
        with block("section", "card", say("schedule.dates")):
            text("h2", say("schedule.dates"))
            text("p", say("schedule.dates_how", first=here.shared.first, last=self._last), "note")
            for setting in here.package.settings:
                self._row(setting.handle, by_key(here.shared.handles)[setting.handle])
        here.keep_link(
            SCREENS["lab"], link(say("schedule.see"), here.address(SCREENS["lab"]), "button")
        )
        self._draw()

    def _row(self, key: str, handle: Handle) -> None:
        say, name = self.here.say, self.here.say(f"handle.{key}.name")
        setting = self._setting(key)
        with block("div", "dates", name) as row:
            row.props["role"] = "group"
            row.props["data-testid"] = f"dates-{key}"
            with ui.element("div"):
                text("strong", name)
                text("span", position_text(setting.value, handle, say), "note")
            self._day(key, "start", say("schedule.start"), setting.start, name)
            ramp = number_field(
                say,
                str(setting.ramp_weeks),
                ramp_of,
                lambda weeks: self._change(key, ramp_weeks=weeks),
            ).props(f"outlined dense debounce=400 suffix={say('schedule.weeks')}")
            ramp.props["label"] = say("schedule.ramp")
            ramp.props["aria-label"] = say("schedule.of", what=say("schedule.ramp"), name=name)
            self._day(key, "end", say("schedule.end"), setting.end, name)
            if handle.by_place:
                self._where(key, setting, name)

    def _where(self, key: str, setting: Setting, name: str) -> None:
        """A field for the places in which a change holds; empty for everywhere."""
        label = self.here.say("schedule.where")
        box = ui.select(
            list(self.here.shared.scenario.data.space.labels("territory")),
            multiple=True,
            label=label,
            value=list(setting.territories),
        ).props("outlined dense use-chips stack-label")
        box.props["aria-label"] = self.here.say("schedule.of", what=label, name=name)
        box.props["data-testid"] = f"where-{key}"
        box.on_value_change(lambda event: self._change(key, territories=tuple(event.value or ())))

    def _day(self, key: str, field: str, label: str, value: dt.date | None, name: str) -> None:
        """A field for a day, as the browser has it: typed or picked."""
        box = ui.input(label, value=str(value) if value else "").props(
            "outlined dense type=date stack-label debounce=400"
        )
        box.props["aria-label"] = self.here.say("schedule.of", what=label, name=name)
        box.props["min"], box.props["max"] = str(self.here.shared.first), str(self._last)
        box.on_value_change(lambda event: self._change(key, **{field: _day_of(event.value)}))

    def _setting(self, key: str) -> Setting:
        return next(setting for setting in self.here.package.settings if setting.handle == key)

    def _change(self, key: str, **what: object) -> None:
        """Take other dates where they make sense; what was there stays where they do not."""
        if what.get("start", True) is None:
            return
        old = self._setting(key)
        try:
            new = self._checked(old, what)
        except TreguaError as error:
            self._refuse(error.code, error.what)
            return
        except ValidationError as error:
            self._refuse(NONSENSE, str(error))
            return
        self._refusal.set_visibility(False)
        self.here.change(new, SCREENS["schedule"])
        self._draw()

    def _refuse(self, code: str, what: str) -> None:
        """Say why dates were not taken."""
        self._refusal.clear()
        with self._refusal:
            text("span", SIGNS["wrong"], "sign").props["aria-hidden"] = "true"
            text("span", refused_text(code, what, self.here.say))
        self._refusal.set_visibility(True)

    def _checked(self, old: Setting, what: dict[str, object]) -> Package:
        package = self.here.package
        changed = Setting(**{**old.model_dump(), **what})
        others = tuple(setting for setting in package.settings if setting.handle != old.handle)
        return self.here.shared.checked(Package(settings=(*others, changed), name=package.name))

    def _draw(self) -> None:
        known, say = by_key(self.here.shared.handles), self.here.say
        stretches = [
            stretch_of(s, known[s.handle], self._last, say) for s in self.here.package.settings
        ]
        self._card.show(chart_of(stretches, self.here.shared.first, self._last, say))


def stretch_of(setting: Setting, handle: Handle, last: dt.date, say: Callable[..., str]) -> Stretch:
    """A setting on the time line."""
    end = min(setting.end or last, last)
    full = min(setting.start + dt.timedelta(weeks=setting.ramp_weeks), end)
    return Stretch(
        say(f"handle.{setting.handle}.name"),
        position_text(setting.value, handle, say),
        setting.start,
        full,
        end,
    )


def ramp_of(typed: str) -> int | None:
    """A ramp that was typed, in whole weeks between none and the longest; no weeks where the field
    is empty, and None where it holds no whole number.
    """
    weeks = whole_of(typed or "0")
    return None if weeks is None else min(max(weeks, 0), MOST_RAMP)


def _day_of(value: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value or "")
    except ValueError:
        return None
