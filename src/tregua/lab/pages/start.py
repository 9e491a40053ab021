"""Start page: what this is and is not, and three ways in: explore, guess first, open a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import run, ui

from ...errors import TreguaError
from ..answers.answer import fails_text, refused_text
from ..package import PolicyRecord, ScenarioRecord
from ..web.uploads import MOST_BYTES, SUFFIX, read_upload
from .frame import GUESS, SCREENS, Screen
from .parts import block, link, notice, text

if TYPE_CHECKING:
    from nicegui.events import UploadEventArguments

IS, IS_NOT = 4, 5
"""Sentences on what the lab is, and on what it is not."""


def start(here: Screen) -> None:
    """The start."""
    say = here.say
    text("h1", say("start.title"))
    text("p", say("start.lead"), "lead")
    if fails := fails_text(here.shared.posterior, say):
        notice(fails, "amber").props["data-testid"] = "fit-fails"
    with block("div", "ways-in"):
        with block("section", "card way", say("start.explore")):
            text("h2", say("start.explore"))
            text("p", say("start.explore_what"))
            here.keep_link(
                SCREENS["lab"],
                link(say("start.explore_go"), here.address(SCREENS["lab"]), "button"),
            )
        with block("section", "card way", say("start.guess")):
            text("h2", say("start.guess"))
            text("p", say("start.guess_what"))
            here.keep_link(GUESS, link(say("start.guess_go"), here.address(GUESS), "button"))
        with block("section", "card way", say("start.open")):
            _opening(here)
    with block("section", "card", say("start.what")):
        text("h2", say("start.what"))
        with ui.element("div").classes("two"):
            for head, key, count in (
                (say("start.it_is"), "is", IS),
                (say("start.it_is_not"), "is_not", IS_NOT),
            ):
                with ui.element("div"):
                    text("h3", head)
                    with ui.element("ul"):
                        for number in range(1, count + 1):
                            text("li", say(f"start.{key}_{number}"))
    with block("section", "card", say("start.words")):
        text("h2", say("start.words"))
        with ui.element("dl"):
            for key in ("handle", "package", "pair", "baseline", "band", "letter"):
                text("dt", say(f"word.{key}.name"))
                text("dd", say(f"word.{key}.what"))


def _opening(here: Screen) -> None:
    """A scenario file brought by the visitor: its policies as packages."""
    say = here.say
    text("h2", say("start.open"))
    text("p", say("start.open_what", kilobytes=MOST_BYTES // 1024))

    async def opened(event: UploadEventArguments) -> None:
        data = await event.file.read()
        try:
            record = await run.io_bound(read_upload, event.file.name, data, here.shared)
        except TreguaError as error:
            _refused(error.code, error.what)
            return
        if record is not None:
            _show_file(here, place, record)

    def _refused(code: str, what: str) -> None:
        place.clear()
        with place:
            notice(refused_text(code, what, say), "wrong").props["role"] = "alert"

    upload = ui.upload(
        label=say("start.open_go"),
        max_file_size=MOST_BYTES,
        max_files=1,
        auto_upload=True,
        on_upload=opened,
    )
    upload.on_rejected(lambda: _refused("TR3009", ""))
    # The library's own field for files has a button without a name, which nobody should meet;
    # ours asks it to open the browser's dialogue.
    upload.props(f"accept={SUFFIX}").classes("hidden")
    button = ui.button(say("start.open_go")).props("no-caps").mark("choose-file")
    button.on("click", js_handler=f"() => getElement({upload.id}).$refs.qRef.pickFiles()")
    place = ui.element("div").classes("opened")
    place.props["data-testid"] = "opened"


def _show_file(here: Screen, place: ui.element, record: ScenarioRecord) -> None:
    """What a file holds, each policy with the way to the lab."""
    say = here.say
    place.clear()
    with place:
        text("p", say("start.opened", label=record.label))
        if not record.same:
            notice(say("start.opened_other"), "amber")
        if not record.policies:
            text("p", say("start.opened_none"))
        for policy in record.policies:
            _policy(here, policy)


def _policy(here: Screen, policy: PolicyRecord) -> None:
    say = here.say
    with ui.element("div").classes("policy"):
        text("strong", policy.label)
        text("p", policy.doc, "note")
        if policy.left_out:
            notice(say("start.left_out", changes="; ".join(policy.left_out)), "amber")
        if policy.package.settings:
            target = f"{SCREENS['lab']}?p={policy.package.code()}&lang={here.language}"
            link(say("start.to_lab", name=policy.label), target, "button")
