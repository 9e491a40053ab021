"""Page layout, which every screen has: name, links to the other screens with the package in the
address, languages, and how far the lab is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from nicegui import Client, ui

from ...errors import TreguaError
from ...reporting.browser.base import Say
from ..package import Package
from ..words import LANGUAGES, sayer
from .parts import block, link, notice, text

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..work.shared import Shared
    from ..work.visits import Language, Visit

SCREENS = {
    "start": "/",
    "lab": "/lab",
    "schedule": "/schedule",
    "compare": "/compare",
    "why": "/why",
    "trust": "/trust",
    "take_away": "/take-away",
}
"""Addresses of the screens, in the order of the way through them."""

GUESS = "/guess"
"""Address of the screen on which one guesses first; it is reached from the start."""

TICK = 0.5
"""Seconds between looks at how far the lab is, while it is not ready."""

LOCALES: dict[str, Any] = {"en": "en-US", "es": "es"}
"""What the parts of the library that speak are told."""


@dataclass(eq=False)
class Screen:
    """One open page of one visitor.

    Attributes:
        shared: the lab.
        visit: the visitor.
        say: the catalogue in the visitor's language.
        language: that language.
        client: the page's connection.
        package: the settings as they stand on this page; other pages of the visitor may have
            others.
        problem: why the package in the address could not be taken, if it could not.
    """

    shared: Shared
    visit: Visit
    say: Say
    language: str
    client: Client
    package: Package
    problem: TreguaError | None = None
    _links: list[tuple[str, str, ui.element]] = field(default_factory=list)

    def address(self, path: str, language: str = "", **more: str) -> str:
        """Address of a screen that keeps package and language."""
        asked = {
            "p": self.package.code() if self.package.settings or self.package.name else "",
            "lang": language or self.language,
            **more,
        }
        return (
            path
            + "?"
            + "&".join(f"{key}={quote(value, safe='~')}" for key, value in asked.items() if value)
        )

    def take(self, package: Package) -> None:
        """Take other settings, here and as those with which the visitor's next page opens."""
        self.package = self.visit.package = package

    def change(self, package: Package, path: str) -> None:
        """Take other settings, and put them into the address and into the links to
        the other screens.
        """
        self.take(package)
        for target, language, element in self._links:
            element.props["href"] = self.address(target, language)
            element.update()
        with self.client:
            ui.navigate.history.replace(self.address(path))

    def keep_link(self, target: str, element: ui.element, language: str = "") -> None:
        """A link that follows the package, in the language of the page if no other is given."""
        self._links.append((target, language, element))

    def put_into_bar(self, path: str, asked: Mapping[str, str]) -> None:
        """Put the package of a page that opens into the address in the bar, where it is not there
        already: a page that was opened without one has the visitor's last.

        Args:
            path: of the page.
            asked: what its address asked for.
        """
        code = self.package.code() if self.package.settings or self.package.name else ""
        if asked.get("p", "") != code:
            more = {key: asked[key] for key in asked if key not in ("p", "lang")}
            ui.navigate.history.replace(self.address(path, **more))


@cache
def _style() -> str:
    return (resources.files(__package__) / "lab.css").read_text(encoding="utf-8")


@contextmanager
def screen(shared: Shared, visit: Visit, request: Request, key: str) -> Iterator[Screen]:
    """A page with everything around what is its own, which goes into the block.

    Args:
        shared: the lab.
        visit: the visitor.
        request: with the package and the language in its address.
        key: of the screen, one of :data:`SCREENS` or ``guess``.
    """
    asked = request.query_params
    if asked.get("lang") in LANGUAGES:
        visit.language = cast("Language", asked["lang"])
    package, problem = _asked(shared, visit, asked.get("p", ""))
    say, client = sayer(visit.language, shared.scenario.data.pack), ui.context.client
    client.page = copy.copy(client.page)
    client.page.language = LOCALES[visit.language]
    client.title = say("page.title", screen=say(f"nav.{key}"))
    ui.add_css(_style())
    ui.colors(primary="#0a5a8a")
    here = Screen(shared, visit, say, visit.language, client, package, problem)
    here.take(package)
    path = SCREENS.get(key, GUESS)
    here.put_into_bar(path, asked)
    with ui.header(fixed=False, wrap=False).classes("top"):
        with block("div", "brand"):
            text("strong", "Tregua")
            text("span", say("page.lab"))
        _navigation(here, key)
        _languages(here, path)
    # The library puts this into an element `main` of its own.
    with ui.element("div").classes(f"screen {key}") as main:
        if here.problem is not None:
            notice(say("page.bad_link", code=here.problem.code), "wrong")
        _readiness(here)
        yield here
    with ui.footer(fixed=False).classes("bottom"):
        text("p", say("page.footer"))
    # Style alone shows it while the connection is lost, for then nothing that we send arrives.
    text("p", say("page.lost"), "notice wrong lost").props["role"] = "status"
    ui.skip_link(say("page.skip"), target=main)


def _asked(shared: Shared, visit: Visit, code: str) -> tuple[Package, TreguaError | None]:
    """The package of an address where it makes sense,
    else the visitor's last one and what is wrong.
    """
    if not code:
        return visit.package, None
    try:
        return shared.checked(Package.from_code(code)), None
    except TreguaError as error:
        return visit.package, error


def _navigation(here: Screen, key: str) -> None:
    with block("nav", "ways", here.say("page.ways")):
        for name, path in SCREENS.items():
            element = link(
                here.say(f"nav.{name}"), here.address(path), "current" if name == key else ""
            )
            if name == key:
                element.props["aria-current"] = "page"
            here.keep_link(path, element)


def _languages(here: Screen, path: str) -> None:
    with block("div", "languages", here.say("page.languages")):
        for code in LANGUAGES:
            element = link(
                here.say(f"page.language_{code}"),
                here.address(path, code),
                "current" if code == here.language else "",
            )
            element.props["lang"] = code
            element.props["hreflang"] = code
            here.keep_link(path, element, code)
            if code == here.language:
                element.props["aria-current"] = "true"


def _readiness(here: Screen) -> None:
    """How far the lab is, until it is ready."""
    if here.shared.readiness.ready:
        return
    with ui.element("div").classes("notice plain readiness") as place:
        place.props["role"] = "status"
        text("span", "ℹ", "sign").props["aria-hidden"] = "true"
        words = text("span", "")

    def look() -> None:
        state = here.shared.readiness
        if state.ready:
            timer.cancel()
            place.delete()
            return
        if state.refusal is not None:
            timer.cancel()
            place.classes(add="wrong", remove="plain")
            words.set_text(
                here.say("page.not_ready_ever", what=state.refusal.what, code=state.refusal.code)
            )
            return
        words.set_text(
            here.say(
                f"page.not_ready_{state.step}", done=state.done, everything=state.everything or "?"
            )
        )

    timer = ui.timer(TICK, look)
    look()
