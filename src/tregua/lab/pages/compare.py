"""Comparison page: up to six pinned packages on one scale, what differs between them,
and their differences with bands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nicegui import background_tasks, run, ui

from ...errors import TreguaError
from ...reporting.browser.base import Chart, Say, height_of
from ...reporting.browser.compare import compare_boxes, compare_lines
from ..answers.answer import answer, held_text, position_text, refused_text, standing_text
from ..answers.charts import killed_by_year, with_parts
from ..handles import by_key
from ..package import Package, Setting
from ..work.futures import Futures
from ..work.headline import ALL, CIVILIANS, shown_victim
from ..work.jobs import Job
from ..work.visits import MOST_PINS
from .frame import SCREENS, TICK, Screen
from .parts import ChartCard, block, link, notice, table, text

if TYPE_CHECKING:
    from ..handles import Handle

SLOT = "compare-"
"""Beginning of the slots of the jobs of this screen, one for each package."""

LINES = 340
"""Height of the chart of lines [px]."""


class CompareScreen:
    """The comparison page of one visitor.

    Args:
        here: the page.
    """

    def __init__(self, here: Screen):
        self.here = here
        self._futures: dict[tuple[Setting, ...], Futures] = {}
        self._standings: dict[str, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._drawing = self._outdated = False
        say = here.say
        text("h1", say("compare.title"))
        text("p", say("compare.lead", most=MOST_PINS), "lead")
        self._refusal = ui.element("div")
        pins = here.visit.pins
        if not pins:
            notice(say("compare.empty")).props["data-testid"] = "empty"
            link(say("compare.to_lab"), here.address(SCREENS["lab"]), "button")
            return
        with block("section", "card", say("compare.packages")):
            text("h2", say("compare.packages"))
            text("p", held_text(here.shared, say), "note")
            for package in pins:
                self._pin(package)
        self._cards = {
            name: ChartCard(say, name, height_of(len(pins)), 2)
            for name in ("civilians", "everyone")
        }
        self._cards["lines"] = ChartCard(say, "lines", LINES, 2)
        with block("section", "card", say("compare.differ")):
            text("h2", say("compare.differ"))
            text("p", say("compare.differ_how"), "note")
            table(*differing(pins, by_key(here.shared.handles), say), say("compare.differ")).props[
                "data-testid"
            ] = "differ"
        here.client.on_delete(lambda: [task.cancel() for task in self._tasks])
        self._timer = ui.timer(TICK, self._begin)
        self._begin()

    def _pin(self, package: Package) -> None:
        say = self.here.say
        with ui.element("div").classes("pin"):
            text("strong", package.name)
            self._standings[package.code()] = text("span", "", "note")
            self._standings[package.code()].props["role"] = "status"
            link(
                say("compare.open"),
                f"{SCREENS['lab']}?p={package.code()}&lang={self.here.language}",
            ).props["aria-label"] = say("compare.open_of", name=package.name)
            button = ui.button(
                say("compare.take_off"), on_click=lambda: self._take_off(package)
            ).props("flat dense no-caps")
            button.props["aria-label"] = say("compare.take_off_of", name=package.name)

    def _take_off(self, package: Package) -> None:
        self.here.visit.unpin(package)
        ui.navigate.to(self.here.address(SCREENS["compare"]))

    def _begin(self) -> None:
        """Run what is not known yet, as soon as the lab can."""
        if not self.here.shared.readiness.ready:
            return
        self._timer.deactivate()
        for package in self.here.visit.pins:
            try:
                job = self.here.shared.run(self.here.visit, package, slot=SLOT + package.code())
            except TreguaError as error:
                with self._refusal:
                    notice(refused_text(error.code, error.what, self.here.say), "wrong")
                continue
            self._tasks.append(background_tasks.create(self._follow(job)))

    async def _follow(self, job: Job) -> None:
        async for standing in job.changes():
            words = self._standings[job.package.code()]
            said = ""
            if standing.futures is not None:
                self._futures[job.package.settings] = standing.futures
                told, _, parts = answer(standing.futures, job.package, CIVILIANS, self.here.say)
                said = f"{told} {parts} " if parts else f"{told} "
                await self._draw()
            words.set_text(said + standing_text(standing, self.here.say))

    async def _draw(self) -> None:
        """Draw what is there; what arrives meanwhile is drawn afterwards, so that an older picture
        never covers a newer one.
        """
        self._outdated = True
        if self._drawing:
            return
        self._drawing = True
        while self._outdated:
            self._outdated = False
            named = {
                package.name: self._futures[package.settings]
                for package in self.here.visit.pins
                if package.settings in self._futures
            }
            charts = await run.io_bound(charts_of, named, self.here.say)
            for name, chart in (charts or {}).items():
                self._cards[name].show(chart)
        self._drawing = False


def charts_of(packages: Mapping[str, Futures], say: Say) -> dict[str, Chart]:
    """The three charts of a comparison, all packages against one baseline.

    Args:
        packages: their futures by name.
        say: the catalogue.
    """
    most = max(packages.values(), key=lambda futures: futures.pairs)
    charts = {}
    for name, victim in (("civilians", CIVILIANS), ("everyone", ALL)):
        sums = {key: killed_by_year(x, victim)[1].sum(axis=1) for key, x in packages.items()}
        base = killed_by_year(most, victim)[0].sum(axis=1)
        chart = compare_boxes(base, sums, say, shown_victim(most, victim))
        charts[name] = with_parts(chart, most, victim, say)
    lines = {key: killed_by_year(x, ALL)[1] for key, x in packages.items()}
    charts["lines"] = compare_lines(most.years, killed_by_year(most, ALL)[0], lines, say)
    return charts


def differing(
    pins: tuple[Package, ...], handles: Mapping[str, Handle], say: Say
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the table of what differs:
    a row for each handle on which not all packages agree.
    """
    rows = []
    for key, handle in handles.items():
        settings = [
            next((s for s in package.settings if s.handle == key), None) for package in pins
        ]
        if all(setting == settings[0] for setting in settings) and len(pins) > 1:
            continue
        if any(setting is not None for setting in settings):
            rows.append(
                (say(f"handle.{key}.name"), *(_cell(setting, handle, say) for setting in settings))
            )
    return (say("table.handle"), *(package.name for package in pins)), rows


def _cell(setting: Setting | None, handle: Handle, say: Say) -> str:
    if setting is None:
        return say("compare.unchanged")
    text_of = position_text(setting.value, handle, say)
    parts = [text_of, say("compare.since", start=setting.start)]
    parts += [say("compare.ramp", weeks=setting.ramp_weeks)] if setting.ramp_weeks else []
    parts += [say("compare.until", end=setting.end)] if setting.end else []
    places = ", ".join(setting.territories)
    parts += [say("compare.in_places", places=places)] if places else []
    return ", ".join(parts)
