"""Editing of scenario files with their comments kept: another end, and the migration of an older
version to the present one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import tomlkit

from ..countries.registry import load
from ..errors import TreguaError
from .policy import as_date
from .schema import VERSION, parse


def with_end(text: str, shown: str, until: int) -> str:
    """The text of a scenario file whose scenario ends with a year.

    Args:
        text: of the file.
        shown: what messages call the file.
        until: last year of the scenario, which ends on 1 January of the next.

    Raises:
        TreguaError: TR1305 for what is no year, and those of
            :func:`~tregua.scenarios.schema.parse`.
    """
    parse(text, shown)
    if not dt.MINYEAR <= until < dt.MAXYEAR:
        raise TreguaError(
            "TR1305",
            "a scenario cannot end there",
            where=f"{shown}, --until {until}",
            expected="a year such as 2030",
        )
    document: Any = tomlkit.parse(text)
    document["scenario"].pop("length", None)
    document["scenario"]["end"] = dt.date(until + 1, 1, 1)
    return tomlkit.dumps(document)


def migrated(text: str, shown: str) -> tuple[str, tuple[str, ...]]:
    """A scenario file of an older version as one of the present version, and what was changed.

    Version 1 had no ``version``; a start on another day than that of the data meant that the
    stocks are those of the data, and an empty list of territories meant everywhere. What version 1
    read as something else, such as a decimal comma, is not guessed: it stays and is refused.

    Args:
        text: of the file.
        shown: what messages call the file.

    Returns:
        The new text, and one sentence for each change; none where the file is of the present
        version.

    Raises:
        TreguaError: those of :func:`~tregua.scenarios.schema.parse`.
    """
    parsed = parse(text, shown)
    if parsed.version == VERSION:
        return text, ()
    document: Any = tomlkit.parse(text)
    changes = [f"version = {VERSION} is written at the top."]
    table, part = document["scenario"], parsed.scenario
    data = load(part.data)
    start = as_date(part.start, f"{shown}, key scenario.start")
    if data.start and start != as_date(data.start) and not part.stocks:
        table["stocks"] = f"as of {data.start}"
        changes.append(
            f"The start is {start}, and the stocks are those of {data.start}: that is written out."
        )
    for number, policy in enumerate(parsed.policy):
        for place, change in enumerate(policy.change):
            if change.territories == []:
                del document["policy"][number]["change"][place]["territories"]
                changes.append(f"An empty list of territories of policy {policy.name!r} is gone.")
    document.pop("version", None)
    return f"version = {VERSION}\n\n{tomlkit.dumps(document)}", tuple(changes)
