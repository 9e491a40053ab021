"""Provenance page: from any handle to what its number rests on, who said so and from whom they have
it, who disagrees, and how the change reaches people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nicegui import ui

from ...evidence.ledger import Conflict, Count, Entry, independent_origins, load
from ...reporting.browser.base import Say
from ...reporting.wording import ends
from ...results.provenance import parameter_records
from ...scenarios.scenario import LAYERS
from ..answers.answer import range_text
from ..answers.causes import Way, ways
from ..handles import GROUPS, Handle, by_key
from ..words import claims, named
from .frame import SCREENS, Screen
from .parts import block, link, notice, table, text

if TYPE_CHECKING:
    from ...model.declarations import Evidence

REASONED = LAYERS[1:3]
"""Layers of values for which the data set may have a reason: its own,
and the fit that begins with it.
"""

MOST_WAYS = 6
"""Ways from a mechanism to deaths that are shown, the shortest first."""


def why(here: Screen, key: str) -> None:
    """The screen.

    Args:
        here: the page.
        key: of the handle that is asked about; the first one where there is no such handle.
    """
    say, handles = here.say, by_key(here.shared.handles)
    text("h1", say("why.title"))
    text("p", say("why.lead"), "lead")
    if not handles:
        notice(say("why.none"))
        return
    moved = [setting.handle for setting in here.package.settings if setting.handle in handles]
    handle = handles.get(key) or handles[(moved or list(handles))[0]]
    with ui.element("div").classes("why-grid"):
        _list(here, handle)
        with block("div", "why-main"):
            _card(here, handle)
            _evidence(here, handle.key)
            _ways(here, handle)
            _claims(here, handle)


def _list(here: Screen, current: Handle) -> None:
    """All handles, each a link to its own card; on a small screen a list that opens."""
    say = here.say
    with block("nav", "why-list card", say("why.handles")):
        for group in GROUPS:
            handles = [handle for handle in here.shared.handles if handle.group == group]
            if not handles:
                continue
            text("h2", say(f"group.{group}"))
            with ui.element("ul"):
                for handle in handles:
                    with ui.element("li"):
                        element = link(
                            say(f"handle.{handle.key}.name"),
                            here.address(SCREENS["why"], h=handle.key),
                            "current" if handle is current else "",
                        )
                        if handle is current:
                            element.props["aria-current"] = "true"


def _card(here: Screen, handle: Handle) -> None:
    say = here.say
    with block("section", "card"):
        text("h2", say(f"handle.{handle.key}.name"))
        text("p", say(f"handle.{handle.key}.what"))
        with ui.element("dl").classes("facts"):
            for name, words in (
                (say("why.parameter"), handle.key),
                (say("why.mechanism"), say(f"mechanism.{handle.mechanism}")),
                (say("why.range"), range_text(handle, say)),
                (
                    say("why.letter"),
                    say(
                        "lab.letter_line",
                        letter=handle.letter,
                        meaning=say(f"letter.{handle.letter}"),
                    ),
                ),
            ):
                text("dt", name)
                text("dd", words)
        text("p", say("why.how_not"), "note")


def _evidence(here: Screen, target: str) -> None:
    """Today's number, where it is from, and what is said of it."""
    say, parameter = here.say, here.shared.scenario.model.parameters[target]
    record = next(
        record
        for record in parameter_records(here.shared.scenario, here.shared.draws)
        if record["name"] == target
    )
    with block("section", "card", say("why.evidence")):
        text("h2", say("why.evidence"))
        text("p", today_text(record, say)).props["data-testid"] = "today"
        _english(here)
        reason = here.shared.scenario.data.reasons.get(target)
        if reason and record["layer"] in REASONED:
            text("p", say(f"why.reason_{record['layer'].replace(' ', '_')}"), "note")
            text("p", reason).props["lang"] = "en"
        for evidence in parameter.evidence:
            _piece(here, evidence)


def today_text(record: Mapping[str, Any], say: Say) -> str:
    """The value that a parameter has in the scenario, with its unit and the layer that gave it;
    where there are several, their median and ends.

    Args:
        record: as :func:`~tregua.results.provenance.parameter_records` has it.
        say: the catalogue.
    """
    value = f"{record['value']:.4g}"
    low, high = (f"{end:.4g}" for end in ends(record["lowest"], record["highest"]))
    unit = say("unit.none") if record["unit"] == "1" else record["unit"]
    layer = say(f"why.layer_{record['layer'].replace(' ', '_')}")
    if low == high:
        return say("why.today", value=value, unit=unit, layer=layer)
    return say("why.today_several", value=value, unit=unit, layer=layer, low=low, high=high)


def _piece(here: Screen, evidence: Evidence) -> None:
    say = here.say
    with ui.element("div").classes(f"piece {evidence.stance}"):
        text("strong", say(f"stance.{evidence.stance}"))
        words = text("p", evidence.summary)
        words.props["lang"] = "en"
        text("p", say("why.source", source=evidence.source), "note")


def _english(here: Screen) -> None:
    """Texts of the ledger are in English; say so where the page is not."""
    if here.language != "en":
        text("p", here.say("why.in_english"), "note")


def _ways(here: Screen, handle: Handle) -> None:
    """How the change reaches people, read from what the mechanisms declare."""
    say = here.say
    with block("section", "card", say("why.ways")):
        text("h2", say("why.ways"))
        text("p", say(f"handle.{handle.key}.path"))
        text("p", say("why.ways_how"), "note")
        with ui.element("ol").classes("causal"):
            for way in ways(here.shared.scenario.model, handle.mechanism)[:MOST_WAYS]:
                with ui.element("li"):
                    _way(way, say)


def _way(way: Way, say: Say) -> None:
    for i, name in enumerate(way.mechanisms):
        text("span", named(say, "mechanism", name), "step")
        if i < len(way.through):
            text("span", say("why.through", what=stock_name(way.through[i], say)), "through")
    text(
        "span",
        say("why.ends", victims=", ".join(say(f"victim.{victim}.many") for victim in way.victims)),
        "ends",
    )


def stock_name(name: str, say: Say) -> str:
    """A stock or level as people call it."""
    return named(say, "stock", name)


def _claims(here: Screen, handle: Handle) -> None:
    """The claims behind number and form, each with its chain, and figures that disagree."""
    say = here.say
    entries = {entry.id: entry for entry in load()}
    with block("section", "card", say("why.claims")):
        text("h2", say("why.claims"))
        text("p", say("why.claims_how"), "note")
        if here.language != "en":
            text("p", say("why.translated"), "note")
        if not handle.claims:
            text("p", say("lab.no_claims"))
        translated = claims(here.language)
        for name in handle.claims:
            _claim(entries[name], translated.get(name, ""), say)


def _claim(entry: Entry, translated: str, say: Say) -> None:
    with ui.element("details").classes(f"claim {entry.stance}"):
        with ui.element("summary"):
            text("strong", entry.id)
            text("span", say(f"stance.{entry.stance}"), "stance")
            words = text("span", translated or entry.text)
            if not translated:
                words.props["lang"] = "en"
        text("p", say("why.said_in", source=entry.source, date=entry.date))
        for chain in entry.chains:
            text("p", say("why.chain", chain=" ← ".join(chain)), "chain").props["lang"] = "en"
        text("p", say("why.origins", count=independent_origins(entry)), "note")
        if entry.figures:
            text("p", say("why.figures", figures=entry.figures))
        if entry.excluded:
            notice(say("why.excluded", reason=entry.excluded), "amber")
        for conflict in entry.conflicts:
            _dissent(conflict, say)


def _dissent(conflict: Conflict, say: Say) -> None:
    """Figures for one quantity that disagree or were corrected, side by side."""
    rows = [
        (count.by, _figure(count), say(f"why.how_{count.how}"), count.date, count.note)
        for count in conflict.counts
    ]
    columns = tuple(say(f"why.column_{key}") for key in ("by", "figure", "how", "date", "note"))
    table(
        columns,
        rows,
        say("why.dissent", quantity=conflict.quantity, unit=conflict.unit or say("unit.none")),
    )
    if conflict.note:
        text("p", conflict.note, "note").props["lang"] = "en"


def _figure(count: Count) -> str:
    if count.value is not None:
        return f"{count.value:,}"
    return (
        f"{count.low:,}–{count.high:,}" if count.low is not None and count.high is not None else "–"
    )
