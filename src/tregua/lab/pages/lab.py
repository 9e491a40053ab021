"""Main page: the lab itself, handles on the left, and on the right what happens to people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING

from nicegui import run, ui

from ...errors import TreguaError
from ...reporting.browser.base import Chart, bare, height_of
from ...results.outcomes import VICTIMS
from ..answers.answer import answer, fails_text, held_text, refused_text, standing_text
from ..answers.charts import all_charts, fan_of, ground_of, tornado_of
from ..handles import outside_evidence
from ..package import MOST_NAME, Package
from ..work.futures import Futures
from ..work.headline import ALL, CIVILIANS
from .frame import SCREENS, TICK, Screen
from .hand import MORE, Hand
from .handles import HandlePanel
from .parts import ChartCard, block, link, notice, text

if TYPE_CHECKING:
    from nicegui.events import ValueChangeEventArguments

    from ..work.jobs import Standing

HEIGHTS = {
    "fan": 330,
    "map": 330,
    "victims": height_of(len(VICTIMS) + 2),
    "tornado": height_of(4),
    "states": 620,
}
"""Heights of the charts [px]."""

NUMBER_ROOM = 4
"""Characters that a number behind a name may need."""


class LabScreen:
    """The main page of one visitor.

    Args:
        here: the page.
    """

    def __init__(self, here: Screen):
        self.here = here
        self._ground = ground_of(here.shared.scenario)
        self._victim = CIVILIANS
        self._futures: Futures | None = None
        self._of = here.package
        text("h1", here.say("nav.lab"), "visually-hidden")
        self._cards: dict[str, ChartCard] = {}
        with ui.element("div").classes("lab-grid"):
            self._hand = Hand(here, self._fan, self._show_quick, self._show_standing, self._refuse)
            HandlePanel(here, self._moved, self._released)
            with block("div", "results"):
                self._answer()
                self._charts()
        self._waiting = ui.timer(TICK, self._begin_when_ready)
        self._begin_when_ready()

    def _answer(self) -> None:
        """The headline, how far chance may move it, and how the work stands."""
        say = self.here.say
        with block("section", "answer card", say("lab.answer")) as self._box:
            self._box.props["data-testid"] = "answer"
            with ui.element("div").classes("controls"):
                options = {name: say(f"victim.{name}.killed") for name in (CIVILIANS, ALL)}
                choice = ui.toggle(
                    options, value=self._victim, on_change=self._choose_victim
                ).classes("choice")
                choice.props(
                    "no-caps dense unelevated toggle-color=primary color=white text-color=primary"
                )
                choice.props["aria-label"] = say("lab.whose")
            if fails := fails_text(self.here.shared.posterior, say):
                text("p", fails, "note").props["data-testid"] = "fit-fails"
            self._headline = text("p", "", "headline")
            self._headline.props["data-testid"] = "headline"
            self._headline.props["aria-live"] = "polite"
            self._parts = text("p", "")
            self._parts.props["data-testid"] = "parts"
            self._error = text("p", "", "note")
            self._error.props["data-testid"] = "error"
            stored = self.here.shared.posterior
            held = text("p", held_text(self.here.shared, say), "note" if stored else "note held")
            held.props["data-testid"] = "held"
            self._beyond = notice(say("lab.outside"), "amber")
            self._beyond.props["data-testid"] = "outside"
            self._refusal = notice("", "wrong")
            self._refusal.props["role"] = "alert"
            self._refusal.set_visibility(False)
            with ui.element("div").classes("standing"):
                self._standing = text("span", "")
                self._standing.props["role"] = "status"
                self._standing.props["data-testid"] = "standing"
                self._progress = ui.linear_progress(value=0.0, show_value=False).classes("progress")
                self._progress.props["aria-label"] = say("state.progress")
                self._cancel = (
                    ui.button(say("state.cancel"), on_click=self._hand.cancel)
                    .props("outline dense no-caps")
                    .mark("cancel")
                )
                self._more = (
                    ui.button(say("state.more", count=MORE), on_click=self._run_more)
                    .props("outline dense no-caps")
                    .mark("more")
                )
            self._pinning()

    def _pinning(self) -> None:
        say = self.here.say
        with ui.element("div").classes("pinning"):
            self._name = (
                ui.input(value=self.here.package.name, on_change=self._rename)
                .props(f"dense outlined maxlength={MOST_NAME}")
                .classes("name")
            )
            self._name.props["aria-label"] = say("lab.name")
            self._name.props["placeholder"] = say("lab.name")
            ui.button(say("lab.pin"), on_click=self._pin).props("no-caps dense").mark("pin")
            self._pinned = text("span", "", "note")
            self._pinned.props["role"] = "status"
            go = link(say("lab.to_compare"), self.here.address(SCREENS["compare"]))
            self.here.keep_link(SCREENS["compare"], go)

    def _charts(self) -> None:
        say = self.here.say
        with ui.element("div").classes("charts"):
            for name in ("fan", "map", "victims", "tornado", "states"):
                if self._ground.tiles is None and name in ("map", "states"):
                    notice(say("lab.no_tiles"))
                    continue
                with ui.element("div").classes(f"place {name}"):
                    self._cards[name] = ChartCard(say, name, HEIGHTS[name], 2)

    def _begin_when_ready(self) -> None:
        """Show what the visitor has already, or run the package of the address,
        as soon as the lab can.
        """
        self._words()
        if not self.here.shared.readiness.ready:
            return
        self._waiting.deactivate()
        if self.here.visit.known(self.here.package) is None:
            self._hand.move(self.here.package)
        self._hand.rest(self.here.package)

    def _moved(self, package: Package) -> None:
        """A handle moves."""
        self._refusal.set_visibility(False)
        for name, card in self._cards.items():
            # Where places are chosen no quick estimate takes the place of the fan.
            if name != "fan" or package.local:
                card.stale(True)
        self._standing.set_text(self.here.say("state.stale"))
        self._hand.move(package)
        if package.local:
            self._words()
        self._outside()

    def _released(self, package: Package) -> None:
        """A handle has come to rest."""
        self.here.change(package, SCREENS["lab"])
        self._hand.rest(package)

    def _fan(self, package: Package, futures: Futures) -> Chart:
        return fan_of(futures, package, self._victim, self.here.say)

    def _show_quick(self, package: Package, futures: Futures, chart: Chart) -> None:
        """A quick estimate: the fan and the headline only."""
        if package.settings != self.here.package.settings or self._better(package, futures):
            return
        self._futures, self._of = futures, package
        self._cards["fan"].show(chart, lively=True)
        self._cards["fan"].stale(False)
        self._words()

    def _better(self, package: Package, futures: Futures) -> bool:
        """Whether the model has answered for this package already."""
        shown = self._futures
        return (
            futures.quick
            and shown is not None
            and not shown.quick
            and self._of.settings == package.settings
        )

    async def _show_standing(self, package: Package, standing: Standing) -> None:
        """How the job stands, and all charts from the pairs that are in."""
        self._standing.set_text(standing_text(standing, self.here.say))
        self._standing.props["data-state"] = standing.state
        self._standing.update()
        going = not standing.ended
        self._progress.set_visibility(going)
        self._progress.set_value(standing.done / max(standing.wanted, 1))
        self._cancel.set_visibility(going)
        self._more.set_visibility(not going and standing.done < MORE and bool(package.settings))
        if standing.futures is None or package.settings != self.here.package.settings:
            return
        charts = await run.io_bound(
            all_charts, standing.futures, package, self._victim, self._ground, self.here.say
        )
        if charts is None or package.settings != self.here.package.settings:
            return
        new = self._futures is None or self._futures.quick or self._of.settings != package.settings
        self._futures, self._of = standing.futures, package
        for name, chart in charts.items():
            self._cards[name].show(chart)
            self._cards[name].stale(False)
        self._words()
        if new or standing.ended:
            await self._show_tornado(package)

    async def _show_tornado(self, package: Package) -> None:
        emulator = self.here.shared.emulator
        if emulator is None or package.local:
            return
        chart = await run.io_bound(tornado_of, emulator, package, self._victim, self.here.say)
        if chart is not None and package.settings == self.here.package.settings:
            self._cards["tornado"].show(chart)
            self._cards["tornado"].stale(False)

    def _words(self) -> None:
        """Headline and error of what is shown."""
        package = self.here.package
        fits = self._futures is not None and self._of.settings == package.settings
        said, error, parts = answer(
            self._futures if fits else None,
            package,
            self._victim,
            self.here.say,
            self.here.shared.emulator,
        )
        self._headline.set_text(said)
        self._parts.set_text(parts)
        self._error.set_text(error)
        self._box.classes(
            add="quick"
            if fits and self._futures and self._futures.quick and package.settings
            else "",
            remove="quick",
        )
        self._outside()

    def _outside(self) -> None:
        """Amber where a position is beyond what the evidence covers."""
        self._beyond.set_visibility(
            bool(outside_evidence(self.here.package, self.here.shared.handles))
        )

    def _refuse(self, error: TreguaError) -> None:
        """Something was refused: say what, with its code."""
        with self._refusal:
            self._refusal.clear()
            text("span", "✕", "sign")
            text("span", refused_text(error.code, error.what, self.here.say))
        self._refusal.set_visibility(True)

    async def _choose_victim(self, event: ValueChangeEventArguments) -> None:
        self._victim = event.value
        if self._futures is None:
            return
        if self._futures.quick:
            self._hand.move(self.here.package)
        elif self._hand.job is not None:
            await self._show_standing(self._of, self._hand.job.standing)

    def _run_more(self) -> None:
        self._hand.rest(self.here.package, MORE)

    def _rename(self, event: ValueChangeEventArguments) -> None:
        self.here.change(
            self.here.package.model_copy(update={"name": (event.value or "")[:MOST_NAME]}),
            SCREENS["lab"],
        )

    def _pin(self) -> None:
        """Keep the package for comparison."""
        say, package = self.here.say, self.here.package
        if not package.settings:
            self._pinned.set_text(say("lab.nothing_to_pin"))
            return
        named = named_apart(
            package, self.here.visit.pins, lambda number: say("lab.numbered", number=number)
        )
        try:
            self.here.visit.pin(named)
        except TreguaError as error:
            self._refuse(error)
            return
        if package.name:
            self._name.value = named.name
        self._pinned.set_text(say("lab.pinned", count=len(self.here.visit.pins)))


def named_apart(
    package: Package, pins: Sequence[Package], numbered: Callable[[int], str]
) -> Package:
    """A package under a name that no other pinned one has: its own, with a number behind it where
    that is taken, or a numbered one where it has none.

    Args:
        package: that is to be pinned.
        pins: those that are.
        numbered: a name with a number, for a package without a name.
    """
    others = [bare(pin.name) for pin in pins if pin.settings != package.settings]
    if package.name:
        names: Iterator[str] = chain(
            [package.name],
            (f"{package.name[: MOST_NAME - NUMBER_ROOM]} {number}" for number in count(2)),
        )
    elif (
        same := next((pin for pin in pins if pin.settings == package.settings), None)
    ) is not None:
        return same
    else:
        names = (numbered(number) for number in count(len(others) + 1))
    return package.model_copy(
        update={"name": next(name for name in names if bare(name) not in others)}
    )
