"""The lab as it is started by `tregua lab`, with the model, the shipped fit and the shipped
emulator, in a real browser.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nicegui")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install playwright"
)

from lab_visitor import CHROMIUM, TABLET, Visitor, artifact_folder, done, fan_of, said  # noqa: E402
from tregua.lab.pages.frame import GUESS, SCREENS  # noqa: E402
from tregua.lab.words import LANGUAGES, sayer  # noqa: E402

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium"
    ),
]

PRESENT = 600_000.0
"""Milliseconds that the first present may take."""


class RealLab:
    """`tregua lab` in a process of its own."""

    def __init__(self, folder: Path):
        command = [sys.executable, "-m", "tregua", "lab", "--json", "--port", "0"]
        settings = {"TREGUA_CACHE": str(folder / "cache")} | dict(os.environ)
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=folder, env=settings
        )
        lines = [self.process.stdout.readline()]
        while lines[-1] not in ("}\n", ""):
            lines.append(self.process.stdout.readline())
        told = json.loads("".join(lines))
        self.address, self._link = told["address"], told["link"]

    def link(self) -> str:
        """The link that works once."""
        return self._link

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    lab = RealLab(tmp_path_factory.mktemp("lab"))
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visitor = Visitor(browser, lab)
        visitor.context.set_default_timeout(PRESENT)
        yield visitor
        visitor.close()
        browser.close()
    lab.stop()


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory):
    return artifact_folder(tmp_path_factory)


def test_a_drag_changes_chart_and_headline_and_the_link_gives_the_same_numbers(visitor):
    page = visitor.open("/lab?lang=en")
    done(page)
    before, silent = fan_of(page), said(page)
    page.get_by_test_id("slider-recruitment.rate").locator("[tabindex='0']").focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    page.wait_for_url("**recruitment.rate~0.6~**")
    page.get_by_text("From 256 pairs of the model").wait_for()
    assert fan_of(page) != before
    assert said(page) != silent
    fewer = int(re.search(r"In (\d+) of 100 paired futures fewer", said(page))[1])
    assert fewer > 75, "with four in ten fewer recruits nearly all futures have fewer killed"
    again = visitor.open(page.url.removeprefix(visitor.lab.address), visitor.new_page())
    done(again)
    assert said(again) == said(page)
    assert (
        again.locator("[data-testid=fan] table.data").text_content()
        == page.locator("[data-testid=fan] table.data").text_content()
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [*SCREENS, "guess"])
def test_every_screen_is_drawn_from_the_shipped_fit(visitor, artifacts, key, language):
    page = visitor.open(f"{SCREENS.get(key, GUESS)}?lang={language}")
    if key == "lab":
        done(page)
    if key == "take_away":
        page.get_by_text(sayer(language)("state.done", done=256)).wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=artifacts / f"real-{key}-{language}.png", full_page=True)
    assert "nan" not in re.findall(r"\w+", page.locator("main").inner_text().lower())
    page.set_viewport_size(TABLET)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        f"{key} is wider than a tablet"
    )
    page.set_viewport_size({"width": 1440, "height": 900})
