"""Prediction quiz: a question, a guess, and only then the answer of the model.
Who has guessed looks closer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nicegui import run, ui

from ...reporting.browser.base import Chart
from ..answers.answer import error_text, headline_text, held_text, refused_text, standing_text
from ..answers.charts import fan_of, median_change
from ..package import Package, Setting
from ..work.futures import Futures
from ..work.headline import CIVILIANS_TIED, headline
from .frame import SCREENS, Screen
from .hand import Hand
from .parts import ChartCard, block, link, notice, text

if TYPE_CHECKING:
    from ...errors import TreguaError
    from ..work.jobs import Standing

NEAR = 0.05
"""Relative changes smaller than this are about the same: what the guesses tell apart."""

GUESSES = ("many_fewer", "some_fewer", "same", "more")
"""What one may guess: fewer by more than a fifth, fewer, about the same, more."""

MANY = 0.2
"""Relative change from which fewer is many fewer."""

ASKED = CIVILIANS_TIED
"""Whose deaths one guesses: those that handles can reach. Of all civilians killed, most of whom die
without a tie to groups, the answer would be about the same to every question.
"""

HEIGHT = 280
"""Height of the chart [px]."""


@dataclass(frozen=True)
class Question:
    """A package about which one may guess.

    Attributes:
        key: in the catalogue.
        settings: positions by handle.
    """

    key: str
    settings: tuple[tuple[str, float], ...]


QUESTIONS = (
    Question("arrests", (("arrests.effort", 2.0),)),
    Question("recruitment", (("recruitment.rate", 0.5),)),
    Question("leaders", (("leaders.removals", 2.0),)),
    Question("troops", (("troops.surge", 0.0),)),
)
"""Questions that people argue about, in the order of the page;
those that a scenario has no handle for are left out.
"""


def class_of(change: float) -> str:
    """The guess that a relative change would have made right."""
    if abs(change) < NEAR:
        return "same"
    return "more" if change > 0.0 else "many_fewer" if change < -MANY else "some_fewer"


def guess(here: Screen) -> None:
    """The screen."""
    say, known = here.say, {handle.key for handle in here.shared.handles}
    text("h1", say("guess.title"))
    text("p", say("guess.lead"), "lead")
    questions = [
        question for question in QUESTIONS if all(key in known for key, _ in question.settings)
    ]
    if not questions:
        notice(say("guess.none"))
    for question in questions[:1]:
        _Guessing(here, question, questions)


class _Guessing:
    """One question at a time."""

    def __init__(self, here: Screen, question: Question, questions: list[Question]):
        self._here, self._question, self._guess = here, question, ""
        say = here.say
        self._hand = Hand(here, self._fan, self._quick, self._arrived, self._refused)
        with block("section", "card", say("guess.question")):
            choice = ui.select(
                {q.key: say(f"guess.{q.key}") for q in questions},
                value=question.key,
                label=say("guess.choose"),
                on_change=self._choose,
            )
            choice.props("outlined").classes("wide")
            self._by_key = {q.key: q for q in questions}
            self._asked = text("h2", say("guess.ask", what=say(f"guess.{question.key}")))
            with block("div", "guesses", say("guess.yours")):
                for name in GUESSES:
                    ui.button(
                        say(f"guess.{name}"), on_click=lambda name=name: self._made(name)
                    ).props("no-caps outline")
            self._told = text("p", "", "headline")
            self._told.props["aria-live"] = "polite"
            self._error = text("p", "", "note")
            text("p", held_text(here.shared, say), "note")
            self._standing = text("p", "", "note")
            self._card = ChartCard(say, "guess-fan", HEIGHT)
            self._card.root.set_visibility(False)
            self._go = link(say("guess.to_lab"), "", "button")
            self._go.set_visibility(False)

    def _package(self) -> Package:
        settings = tuple(
            Setting(handle=key, value=value, start=self._here.shared.first)
            for key, value in self._question.settings
        )
        return Package(settings=settings, name=self._here.say(f"guess.{self._question.key}"))

    def _choose(self, event: Any) -> None:
        self._question, self._guess = self._by_key[event.value], ""
        self._asked.set_text(
            self._here.say("guess.ask", what=self._here.say(f"guess.{self._question.key}"))
        )
        for words in (self._told, self._error, self._standing):
            words.set_text("")
        self._card.root.set_visibility(False)
        self._go.set_visibility(False)

    def _made(self, name: str) -> None:
        """A guess was made: now the model may answer."""
        self._guess = name
        if not self._here.shared.readiness.ready:
            self._standing.set_text(self._here.say("guess.wait"))
            return
        package = self._package()
        self._hand.move(package)
        self._hand.rest(package)

    def _fan(self, package: Package, futures: Futures) -> Chart:
        return fan_of(futures, package, ASKED, self._here.say)

    def _quick(self, package: Package, futures: Futures, chart: Chart) -> None:
        if self._hand.job is None or not self._hand.job.standing.done:
            self._show(package, futures, chart)

    async def _arrived(self, package: Package, standing: Standing) -> None:
        self._standing.set_text(standing_text(standing, self._here.say))
        if standing.futures is not None:
            chart = await run.io_bound(self._fan, package, standing.futures)
            if chart is not None:
                self._show(package, standing.futures, chart)

    def _show(self, package: Package, futures: Futures, chart: Chart) -> None:
        say = self._here.say
        if package.settings != self._package().settings or not self._guess:
            return
        said = headline(futures, ASKED)
        right = class_of(median_change(futures, said.victims))
        told = (
            say("guess.right")
            if right == self._guess
            else say("guess.other", guess=say(f"guess.{self._guess}"), answer=say(f"guess.{right}"))
        )
        self._told.set_text(f"{told} {headline_text(said, say)}")
        self._error.set_text(error_text(said, futures, say, self._here.shared.emulator))
        self._card.root.set_visibility(True)
        self._card.show(chart)
        self._go.props["href"] = f"{SCREENS['lab']}?p={package.code()}&lang={self._here.language}"
        self._go.set_visibility(True)
        self._go.update()

    def _refused(self, error: TreguaError) -> None:
        self._standing.set_text(refused_text(error.code, error.what, self._here.say))
