"""A visitor of the lab in a real browser, for the tests of its pages."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from stand_in import Lab

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
DESKTOP, TABLET = {"width": 1440, "height": 900}, {"width": 820, "height": 1180}
OWN = re.compile(r"^(http|ws)://127\.0\.0\.1:\d+/|^(data|blob):")
PATIENCE = 60_000.0
"""Milliseconds that a page may take: where tests share two cores,
a busy minute is no fault of the page.
"""


class Visitor:
    """A browser that has opened the lab, and what it asked for and complained about."""

    def __init__(self, browser, lab: Lab):
        self.lab, self.outside, self.complaints = lab, [], []
        self.context = browser.new_context(viewport=DESKTOP, accept_downloads=True)
        self.context.set_default_timeout(PATIENCE)
        self.context.route("**/*", self._guard)
        self.page = self.new_page()
        self.page.goto(lab.link())
        self.page.wait_for_url(f"{lab.address}/*")

    def _guard(self, route) -> None:
        if OWN.match(route.request.url):
            route.continue_()
            return
        self.outside.append(route.request.url)
        route.abort()

    def new_page(self):
        page = self.context.new_page()
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "websocket",
            lambda socket: None if OWN.match(socket.url) else self.outside.append(socket.url),
        )
        return page

    def open(self, path: str, page=None):
        page = page or self.page
        page.goto(self.lab.address + path)
        page.get_by_role("heading", level=1).wait_for(state="attached")
        return page

    def close(self) -> None:
        self.context.close()
        assert self.outside == [], "a request left this computer"
        assert self.complaints == [], "the browser complained"


def done(page, pairs: int = 256) -> None:
    """Wait until the model has answered."""
    page.locator("[data-testid=standing][data-state=done]", has_text=str(pairs)).wait_for()


def fan_of(page) -> str:
    """What the fan chart draws."""
    return page.locator("[data-testid=fan] svg").inner_html()


def said(page) -> str:
    return page.get_by_test_id("headline").inner_text()


NAMELESS = """() => [...document.querySelectorAll('button, a[href], input:not([type=file]), '
             + 'select, textarea, [role=button], [role=slider], [role=img]')]
  .filter(e => e.offsetParent !== null && !e.closest('[aria-hidden=true]'))
  .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.innerText
             || e.title || (e.labels && e.labels.length) || e.closest('label')))
  .map(e => e.outerHTML.slice(0, 200))"""
"""Everything that one can use or look at and that a screen reader has no name for. That a section
around it has a name is no name for it.
"""

ROLELESS = """() => [...document.querySelectorAll('[tabindex]')]
  .filter(e => e.tabIndex >= 0 && e.offsetParent !== null && !e.getAttribute('role')
            && ['DIV', 'SPAN'].includes(e.tagName))
  .map(e => e.outerHTML.slice(0, 200))"""
"""Everything that takes the focus and of which a screen reader cannot say what it is."""


COLLIDING = """() => [...document.querySelectorAll('[role=img] svg')].flatMap(svg => {
  const page = svg.getBoundingClientRect()
  const texts = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim())
    .map(t => [t.textContent, t.getBoundingClientRect()])
  const cut = texts.filter(([_, b]) => b.left < page.left - 1 || b.right > page.right + 1
    || b.top < page.top - 1 || b.bottom > page.bottom + 1).map(([t]) => 'cut: ' + t)
  const run = texts.flatMap(([t, a], i) => texts.slice(i + 1)
    .filter(([_, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
    .map(([u]) => t + ' runs into ' + u))
  return [...cut, ...run]})"""
"""Letters in charts that run into others or over the edge. A box of letters is some four dots
higher than they are.
"""


def violations(page) -> list[str]:
    """What axe-core finds wrong with a page, each with the first place where it is."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{one['id']}: {one['help']}, {one['nodes'][0]['html'][:200]}"
        for one in Axe().run(page).response["violations"]
    ]


def artifact_folder(factory) -> Path:
    """Where screenshots are kept: the folder that the variable ``TREGUA_ARTIFACTS`` names,
    or a temporary one.
    """
    folder = (
        Path(os.environ["TREGUA_ARTIFACTS"])
        if "TREGUA_ARTIFACTS" in os.environ
        else factory.mktemp("screens")
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder
