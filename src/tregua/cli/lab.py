"""Web server of the lab, `tregua lab`: start it, show the link, and stop it cleanly."""

from __future__ import annotations

import html
import os
import shutil
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.session import begin
from ..optional import LAB, need
from .folders import tell_folder
from .plugins import load_named, tell_plugins
from .show import ERR, OUT, print_json, progress

if TYPE_CHECKING:
    from ..lab.web.access import Access
    from ..lab.work.shared import Readiness

STEPS = {"present": "Making the present", "emulator": "Training the emulator"}
"""What the lab says while it prepares."""

PATIENCE = 3.0
"""Seconds that the part of a run in progress may take to end when the lab is stopped;
then it is left.
"""

REDIRECT = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={link}"><a '
    'href="{link}">Tregua</a>\n'
)
"""A page that leads to the link. It is handed to the browser instead of the link, which other users
could read in the list of processes.
"""


def open_lab(
    scenario: str,
    host: str,
    port: int | None,
    password_file: Path | None,
    names: list[str],
    browser: bool,
    quiet: bool,
    json: bool,
    until: int | None = None,
    plugins: Sequence[str] | None = None,
    data: str = "",
) -> int:
    """Serve the lab until Ctrl-C."""
    need(LAB)
    from ..lab.pages import add_pages
    from ..lab.web.access import Access, read_password
    from ..lab.web.server import address_of, listen, make_app, serve
    from ..lab.work.shared import Shared
    from ..scenarios.toml import load_scenario

    begin()
    password = read_password(password_file) if password_file else None
    Access.check(host, password)
    load_named(plugins)
    read = load_scenario(scenario, until=until, data=data)
    tell_plugins(read.scenario.model)
    tell_folder(read.scenario.data)
    sock = listen(host, port)
    with sock, _told(quiet or json) as told:
        shared = Shared(read.scenario, read.posterior, read.seed, told=told, text=read.text)
        access = Access(shared.visits, host, sock.getsockname()[1], password, tuple(names))
        address = address_of(host, access.port)
        app = make_app(shared, access, add_pages)
        _greet(access, address, json)
        with _links(access, address, browser and not json):
            try:
                serve(app, sock)
            except KeyboardInterrupt:
                pass
            finally:
                ended = shared.stop(PATIENCE)
    if not json:
        ERR.print("Stopped.")
    if not ended:
        # A compiled program cannot be interrupted, and Python would wait for it.
        sys.stdout.flush()
        os._exit(0)
    return 0


def link_of(access: Access, address: str) -> str:
    """A link that works once."""
    from ..lab.web.access import ENTRY

    return f"{address}{ENTRY}?token={access.new_link()}"


def _greet(access: Access, address: str, json: bool) -> None:
    """Print the link, and what is to be known about it."""
    link = link_of(access, address)
    if json:
        print_json(
            {
                "link": link,
                "address": address,
                "loopback": access.loopback,
                "password": access.has_password,
            }
        )
        sys.stdout.flush()
        return
    OUT.print(f"The lab is open at:\n\n  {link}\n", markup=False, soft_wrap=True)
    if access.has_password:
        OUT.print(f"Who has the password comes in at {address}/enter", markup=False, soft_wrap=True)
    if not access.loopback:
        OUT.print(
            (
                "What is sent can be read on the way. Put a proxy with TLS in front of it, and "
                "say its name with --name."
            ),
            markup=False,
            soft_wrap=True,
        )
    again = " Press Enter for another." if sys.stdin.isatty() else ""
    OUT.print(
        f"The link works once, in one browser.{again} Ctrl-C stops the lab.",
        markup=False,
        soft_wrap=True,
    )
    sys.stdout.flush()


@contextmanager
def _links(access: Access, address: str, browser: bool) -> Iterator[None]:
    """While the lab is open: show it in a browser, and print a link for each Enter."""
    place = Path(tempfile.mkdtemp(prefix="tregua-lab-")) if browser and _has_screen() else None
    try:
        if place is not None:
            page = place / "open.html"
            page.write_text(
                REDIRECT.format(link=html.escape(link_of(access, address))), encoding="utf-8"
            )
            threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()
        if sys.stdin.isatty():
            threading.Thread(target=_answer_enter, args=(access, address), daemon=True).start()
        yield
    finally:
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)


def _answer_enter(access: Access, address: str) -> None:
    for _ in sys.stdin:
        OUT.print(f"  {link_of(access, address)}\n", markup=False, soft_wrap=True)


def _has_screen() -> bool:
    """Whether there is a screen for a browser, and not only a terminal,
    in which a text browser would take over.
    """
    return sys.platform in {"win32", "darwin"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


@contextmanager
def _told(quiet: bool) -> Iterator[Any]:
    """Yields what is told about the preparations: a bar on a terminal,
    else a line for each step.
    """
    with progress(quiet, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def told(now: Readiness) -> None:
            new = now.step not in tasks
            if new:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[now.step] = bar.add_task(
                    STEPS.get(now.step, now.step), total=None, visible=now.step in STEPS
                )
            bar.update(tasks[now.step], completed=now.done, total=now.everything or None)
            if new and not quiet:
                _say(now, bar.disable)

        yield told


def _say(now: Readiness, plain: bool) -> None:
    """One line about a step, where no bar shows it."""
    if now.refusal is not None:
        ERR.print(
            (
                f"{now.refusal.code}: {now.refusal.what}. The pages open, but no package can be "
                f"tried. {now.refusal.do}"
            ),
            markup=False,
        )
    elif now.ready:
        ERR.print("Ready.", markup=False)
    elif plain and now.step in STEPS:
        ERR.print(f"{STEPS[now.step]} (once; it is kept)", markup=False)
