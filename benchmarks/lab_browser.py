"""Latency of the lab's page: from a key press on a slider to the first frame in which
fan and headline have changed, in a real browser.

Run by hand: ``python benchmarks/lab_browser.py [--scenario FILE] [--presses 60] [--json FILE]``. It
starts the lab on the scenario, waits until it is ready (the first time this takes minutes), and
opens Chromium. With ``--stand-in`` the answers are made up, so that what is left is the page's own
share. What each row means is in ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from timing import machine, save

HANDLE = "recruitment.rate"
"""The handle that is moved; both the national model and the small ones have it."""

APART, HELD_APART = 0.6, 0.25
"""Seconds between key presses, and between repeats of a key that is held:
slower than an answer, so that each is told from the next.
"""

PATIENCE = 3_600_000.0
"""Milliseconds that the lab may take to become ready."""

WATCH = """(place) => {
  const fan = document.querySelector('[data-testid=fan] .chart');
  const headline = document.querySelector('[data-testid=headline]');
  window.taken = []; let pressed = null, waiting = null;
  document.addEventListener(
    'keydown', () => { pressed = performance.now(); waiting = new Set([fan, headline]); }, true,
  );
  const seen = (what) => {
    if (pressed === null || !waiting.delete(what) || waiting.size) return;
    const begun = pressed; pressed = null;
    requestAnimationFrame(() => window.taken.push(performance.now() - begun));
  };
  const all = {subtree: true, childList: true, attributes: true, characterData: true};
  for (const what of [fan, headline]) new MutationObserver(() => seen(what)).observe(what, all);
}"""
"""Notes the time from each key press to the first frame after both have changed."""


@dataclass(frozen=True)
class Latency:
    """Times of one kind of key press.

    Attributes:
        what: how the key was pressed.
        median: milliseconds to the frame.
        slow: milliseconds that one press in twenty exceeds.
        count: presses that were answered.
        pressed: presses in all.
    """

    what: str
    median: float
    slow: float
    count: int
    pressed: int


def link_of(process: subprocess.Popen[str], stand_in: bool) -> str:
    """The link that a lab prints."""
    assert process.stdout is not None and process.stdin is not None
    if stand_in:
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline().strip()
    text = ""
    for line in process.stdout:
        text += line
        try:
            return json.loads(text)["link"]
        except json.JSONDecodeError:
            continue
    raise SystemExit("the lab did not start")


def measure(page: Page, presses: int) -> list[Latency]:
    """Both rows: a key that is held, so that only previews run;
    and single presses, after each of which the model runs too.
    """
    slider = page.locator(f"[data-testid='slider-{HANDLE}'] [tabindex='0']")
    slider.focus()
    page.evaluate(WATCH)
    rows = []
    for what, apart, held in (
        ("key held: previews alone", HELD_APART, True),
        ("key pressed: previews beside a job", APART, False),
    ):
        page.evaluate("window.taken = []")
        for i in range(presses):
            key = "ArrowLeft" if i // 10 % 2 == 0 else "ArrowRight"
            page.keyboard.down(key)
            if not held:
                page.keyboard.up(key)
            time.sleep(apart)
        page.keyboard.up("ArrowLeft")
        page.keyboard.up("ArrowRight")
        taken = page.evaluate("window.taken")
        rows.append(
            Latency(
                what, float(np.median(taken)), float(np.quantile(taken, 0.95)), len(taken), presses
            )
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--scenario", default="mexico", help="scenario file, or the name of a shipped one"
    )
    parser.add_argument("--presses", type=int, default=60, help="key presses of each kind")
    parser.add_argument(
        "--stand-in", action="store_true", help="made-up answers: the page's own share"
    )
    parser.add_argument("--json", type=Path, default=None, help="file to write the results to")
    given = parser.parse_args()
    script = Path(__file__).parents[1] / "tests" / "stand_in.py"
    lab = (
        [sys.executable, str(script), "0.05"]
        if given.stand_in
        else [sys.executable, "-m", "tregua", "lab", given.scenario, "--json", "--no-browser"]
    )
    process = subprocess.Popen(lab, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        link = link_of(process, given.stand_in)
        with sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(link)
            page.wait_for_url(f"{link.partition('/enter')[0]}/*")
            page.goto(link.partition("/enter")[0] + "/lab?lang=en")
            page.locator("[data-testid=standing][data-state=done]").wait_for(timeout=PATIENCE)
            rows = measure(page, given.presses)
            browser.close()
    finally:
        process.terminate()
        process.wait()
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    for row in rows:
        print(
            f"{row.what:36}  median {row.median:6.0f} ms   95 % {row.slow:6.0f} ms   {row.count} "
            f"of {row.pressed} answered"
        )
    save(facts, [asdict(row) for row in rows], given.json)


if __name__ == "__main__":
    main()
