"""Editing of scenario files with their comments kept: another end, and the migration of an older
version to the present one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path
from typing import Any

import tomlkit

from ..countries.pack import COUNTRY
from ..countries.registry import find_pack, is_folder, load, meant
from ..errors import TreguaError, nearest_name
from ..model.registry import shipped
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


def with_start(text: str, shown: str, start: dt.date) -> str:
    """The text of a scenario file whose scenario begins on a day; as it is, where it does.

    Raises:
        TreguaError: those of :func:`~tregua.scenarios.schema.parse`.
    """
    if as_date(parse(text, shown).scenario.start, f"{shown}, key scenario.start") == start:
        return text
    document: Any = tomlkit.parse(text)
    document["scenario"]["start"] = start
    return tomlkit.dumps(document)


def with_data(text: str, shown: str, data: str, base: Path | None) -> str:
    """The text of a scenario file on other data, by name, or by their path in full. A posterior of
    one country says nothing of another: it is left out.

    Args:
        text: of the file.
        shown: what messages call the file.
        data: name, or path as seen from the current folder.
        base: folder from which the path of the file's own data starts.

    Raises:
        TreguaError: those of :func:`~tregua.countries.registry.find_pack` and of
            :func:`~tregua.scenarios.schema.parse`.
    """
    part = parse(text, shown).scenario
    pack = find_pack(data)
    document: Any = tomlkit.parse(text)
    document["scenario"]["data"] = str(Path(data).resolve()) if is_folder(data) else data
    if part.posterior and pack.name != find_pack(meant(part.data), base).name:
        del document["scenario"]["posterior"]
    return tomlkit.dumps(document)


def with_country_beside(text: str) -> str:
    """The text of a scenario file that was read, on the copy of the country's folder beside it."""
    document: Any = tomlkit.parse(text)
    document["scenario"]["data"] = f"./{COUNTRY}"
    return tomlkit.dumps(document)


def without_mechanisms(text: str, shown: str, without: Collection[str], base: Path | None) -> str:
    """The text of a scenario file without some mechanisms, and without all that it says of their
    parameters: values, changes of policies, and policies of which nothing is left.

    Args:
        text: of the file.
        shown: what messages call the file.
        without: names of mechanisms.
        base: folder from which the path of the data starts.

    Raises:
        TreguaError: TR1205 for a mechanism that the scenario does not have, and those of
            :func:`~tregua.scenarios.schema.parse`.
    """
    part = parse(text, shown).scenario
    data = load(meant(part.data), as_date(part.start, shown), base)
    names = part.mechanisms or list(data.mechanisms or shipped())
    for name in without:
        if name not in names:
            raise TreguaError(
                "TR1205",
                f"the scenario has no mechanism named {name!r}",
                where="command line, --without",
                found=name,
                expected="one of " + ", ".join(names),
                nearest=nearest_name(name, names),
            )
    document: Any = tomlkit.parse(text)
    document["scenario"]["mechanisms"] = [name for name in names if name not in without]

    def gone(parameter: str) -> bool:
        return parameter.partition(".")[0] in without

    for key in [key for key in document.get("values", {}) if gone(key)]:
        del document["values"][key]
    dropped: set[str] = set()
    for policy in list(document.get("policy", [])):
        changes, combined = policy.get("change", []), policy.get("combines", [])
        for place in reversed([i for i, x in enumerate(changes) if gone(x.get("target", ""))]):
            del changes[place]
        for name in [name for name in combined if name in dropped]:
            combined.remove(name)
        if not changes and not combined and ("change" in policy or "combines" in policy):
            dropped.add(policy["name"])
            document["policy"].remove(policy)
    kept = [name for name in document["scenario"].get("in_force", []) if name not in dropped]
    if "in_force" in document["scenario"]:
        document["scenario"]["in_force"] = kept
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
    data = load(meant(part.data))
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
