"""Download page: a link, a scenario file, the data, figures, a report,
and the command that does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nicegui import run, ui

from ...errors import TreguaError
from ..answers.answer import answer, held_text, refused_text, standing_text
from ..answers.bundle import (
    command_of,
    data_zip,
    figure,
    folder_of,
    report,
    result_of,
    scenario_file,
)
from ..answers.charts import ground_of
from ..work.headline import CIVILIANS
from .frame import SCREENS, TICK, Screen
from .hand import Hand
from .parts import block, notice, text

if TYPE_CHECKING:
    from ..package import Package
    from ..work.futures import Futures
    from ..work.jobs import Standing

FIGURES = ("fan", "map")
"""Charts that can be taken away as pictures."""


class TakeAwayScreen:
    """The download page of one visitor, for the package as it stands.

    Args:
        here: the page.
    """

    def __init__(self, here: Screen):
        self.here = here
        # A Result once it has arrived, for which the buttons wait.
        self._result: Any = None
        say = here.say
        text("h1", say("take.title"))
        text("p", say("take.lead"), "lead")
        self._hand = Hand(here, self._nothing, self._ignore, self._arrived, self._refuse)
        with block("section", "card", say("take.result")):
            text("h2", say("take.result"))
            self._headline = text("p", "", "headline")
            self._parts = text("p", "")
            text("p", held_text(here.shared, say), "note")
            self._id = text("p", "", "note")
            self._id.props["data-testid"] = "run-id"
            self._standing = text("p", "", "note")
            self._standing.props["role"] = "status"
        with block("section", "card", say("take.link")):
            text("h2", say("take.link"))
            text("p", say("take.link_what"))
            address = here.address(SCREENS["lab"])
            text("code", address, "address").props["data-testid"] = "address"
            ui.button(say("take.copy"), on_click=lambda: self._copy(address)).props(
                "no-caps outline"
            )
        with block("section", "card", say("take.files")):
            text("h2", say("take.files"))
            self._file(
                "scenario",
                lambda: (scenario_file(here.shared, here.package, say).encode(), "tregua-lab.toml"),
                needs_result=False,
                what="take.scenario_beside" if folder_of(here.shared) else "",
            )
            self._file(
                "data",
                lambda: (
                    data_zip(self._result, here.shared, say),
                    f"tregua-{self._result.run_id}.zip",
                ),
            )
            for name in (
                FIGURES if ground_of(here.shared.scenario).tiles is not None else FIGURES[:1]
            ):
                for kind in ("svg", "png"):
                    self._file(f"{name}_{kind}", self._figure(name, kind))
            self._file(
                "report",
                lambda: (
                    report(self._result, here.shared, say, here.language).encode(),
                    f"tregua-{self._result.run_id}.html",
                ),
            )
        with block("section", "card", say("take.command")):
            text("h2", say("take.command"))
            text("p", say("take.command_what"))
            text("pre", command_of("tregua-lab.toml"), "command").props["data-testid"] = "command"
        self._timer = ui.timer(TICK, self._begin)
        self._begin()

    def _file(
        self,
        key: str,
        make: Callable[[], tuple[bytes, str]],
        needs_result: bool = True,
        what: str = "",
    ) -> None:
        """A button that makes a file and hands it to the browser; ``what`` is the key of the words
        beside it, where they are others.
        """
        say = self.here.say

        async def hand_over() -> None:
            if needs_result and self._result is None:
                ui.notify(say("take.wait"))
                return
            made = await run.io_bound(make)
            if made is not None:
                ui.download(*made)

        with ui.element("div").classes("file"):
            button = ui.button(say(f"take.{key}"), on_click=hand_over).props("no-caps outline")
            button.props["data-testid"] = f"take-{key}"
            text("span", say(what or f"take.{key}_what"), "note")

    def _figure(self, name: str, kind: str) -> Callable[[], tuple[bytes, str]]:
        def make() -> tuple[bytes, str]:
            return figure(
                self._result, self.here.shared, self.here.say, name, kind
            ), f"tregua-{self._result.run_id}-{name}.{kind}"

        return make

    def _begin(self) -> None:
        """Get the pairs of the package, run or remembered."""
        if not self.here.package.settings:
            self._timer.deactivate()
            self._headline.set_text(self.here.say("take.nothing"))
            return
        if not self.here.shared.readiness.ready:
            return
        self._timer.deactivate()
        self._hand.rest(self.here.package)

    def _nothing(self, package: Package, futures: Futures) -> None:
        """No quick estimates here: what is taken away comes from the model."""

    def _ignore(self, package: Package, futures: Futures, made: None) -> None:
        """None are shown either."""

    async def _arrived(self, package: Package, standing: Standing) -> None:
        say = self.here.say
        self._standing.set_text(standing_text(standing, say))
        if standing.futures is None:
            return
        said, _, parts = answer(standing.futures, package, CIVILIANS, say)
        self._headline.set_text(said)
        self._parts.set_text(parts)
        self._result = result_of(self.here.shared, package, standing.futures)
        self._id.set_text(say("take.run_id", run=self._result.run_id, pairs=standing.futures.pairs))

    def _refuse(self, error: TreguaError) -> None:
        with self.here.client:
            notice(refused_text(error.code, error.what, self.here.say), "wrong")

    def _copy(self, address: str) -> None:
        ui.run_javascript(
            f"navigator.clipboard.writeText(new URL({address!r}, window.location.origin).href)"
        )
        ui.notify(self.here.say("take.copied"))
