"""The schema of a scenario file: its tables and keys, and what is said of a file that does not keep
to it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import TreguaError, nearest_name

Day = dt.date | str
"""A date, or text that :func:`tregua.scenarios.policy.as_date` reads."""

Quantity = int | float | str
"""A value with its unit in text, or a bare number where the unit is one."""


class _Table(BaseModel):
    """A table of a scenario file, in which an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


class ScenarioTable(_Table):
    """``[scenario]``: model, data, time and the policies in force."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    label: str = ""
    data: str = "groups-2020"
    posterior: str | None = None
    mechanisms: list[str] | None = None
    start: Day
    end: Day | None = None
    length: Quantity | None = None
    in_force: list[str] = []


class RunTable(_Table):
    """``[run]``: solver, replicates and seed."""

    solver: str = "tau-leap"
    replicates: int = 200
    seed: int = 1


class ChangeTable(_Table):
    """``[[policy.change]]``: one change of one parameter."""

    target: str
    scale: Quantity | None = None
    set: Quantity | None = None
    add: Quantity | None = None
    cap: Quantity | None = None
    from_: Day | None = Field(None, alias="from")
    to: Day | None = None
    ramp: Quantity = "0 week"
    territories: list[str] = []


class PolicyTable(_Table):
    """``[[policy]]``: a named set of changes."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    label: str = ""
    doc: str = ""
    combines: list[str] = []
    change: list[ChangeTable] = []


class FileTable(_Table):
    """A whole file. ``values`` holds parameter values by full name."""

    scenario: ScenarioTable
    run: RunTable = RunTable()
    values: dict[str, Quantity] = {}
    policy: list[PolicyTable] = []


def parse(text: str, shown: str) -> FileTable:
    """The tables of a scenario file, from its text. Messages call the file ``shown``.

    Raises:
        TreguaError: TR1102 where the text is no TOML; TR1201, TR1202 and TR1204 for a key that is
            unknown, missing or of the wrong kind.
    """
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Not TOMLDecodeError alone: a number of thousands of digits, brackets within brackets.
        raise TreguaError(
            "TR1102",
            f"this is not valid TOML: {error}",
            where=shown,
            do="look at the line named; text needs quotes",
        ) from error
    if isinstance(raw.get("values"), dict):
        raw["values"] = _flat(raw["values"])
    try:
        return FileTable.model_validate(raw)
    except ValidationError as error:
        raise _coded(error, shown) from error


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by full name, whether written as ``"a.b" = ...`` or as ``a.b = ...``,
    which TOML reads as a table in a table.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= (
            _flat(value, f"{prefix}{name}.")
            if isinstance(value, dict)
            else {f"{prefix}{name}": value}
        )
    return flat


def _coded(error: ValidationError, shown: str) -> TreguaError:
    """The first problem that pydantic found, in our words."""
    first = error.errors()[0]
    path = _key_path(first["loc"])
    key = ".".join(str(part) for part in path)
    where = f"{shown}, key {key}"
    if first["type"] == "extra_forbidden":
        names = _names_at(path)
        return TreguaError(
            "TR1201",
            f"{path[-1]!r} is no key here",
            where=where,
            found=path[-1],
            expected="one of " + ", ".join(names),
            nearest=nearest_name(str(path[-1]), names),
        )
    if first["type"] == "missing":
        return TreguaError(
            "TR1202",
            f"{key!r} is missing",
            where=where,
            expected=f"a value for {path[-1]!r}",
            do="add it",
        )
    if first["type"] == "string_pattern_mismatch":
        return TreguaError(
            "TR1204",
            f"{key!r} cannot be a file name",
            where=where,
            found=first["input"],
            expected="letters, digits, '-', '_' and '.'",
        )
    kinds = [
        _kind(problem["type"], path)
        for problem in error.errors()
        if _key_path(problem["loc"]) == path
    ]
    return TreguaError(
        "TR1204",
        f"{key!r} has a value of the wrong kind",
        where=where,
        found=_in_words(first["input"]),
        expected=" or ".join(dict.fromkeys(kinds)),
    )


_TABLES: dict[tuple[str, ...], type[_Table]] = {
    (): FileTable,
    ("scenario",): ScenarioTable,
    ("run",): RunTable,
    ("policy",): PolicyTable,
    ("policy", "change"): ChangeTable,
}
"""Tables of a file by the names that lead to them."""

_KINDS = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "date_type": "a date",
    "dict_type": "a table of names and values",
    "list_type": "a list in square brackets",
}
"""What pydantic expected, in plain words."""


def _names(path: Sequence[Any]) -> tuple[str, ...]:
    """A path without numbers of list entries."""
    return tuple(part for part in path if isinstance(part, str))


def _key_path(place: Sequence[int | str]) -> list[int | str]:
    """Keys as the user wrote them: below a value pydantic adds the type that it tried,
    which is no key.
    """
    path: list[int | str] = []
    for part in place:
        is_key = isinstance(part, int) or _names(path) in _TABLES or _names(path) == ("values",)
        path += [part] if is_key else []
    return path


def _kind(problem: str, path: Sequence[int | str]) -> str:
    """What was expected at a place, in plain words."""
    names = _names(path)
    if names in _TABLES:
        heading = f"[[{'.'.join(names)}]]" if names[0] == "policy" else f"[{'.'.join(names)}]"
        return f"a table, under the heading {heading}"
    return _KINDS.get(problem, problem.replace("_", " "))


def _in_words(value: object) -> str:
    """A value as a user would name it."""
    if isinstance(value, Mapping):
        return "a table with " + (", ".join(str(key) for key in value) or "nothing in it")
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f'"{value}"'
        if isinstance(value, str)
        else str(value)
    )


def _names_at(path: list[Any]) -> list[str]:
    """Keys that are allowed beside the last one of a path."""
    return [field.alias or name for name, field in _TABLES[_names(path[:-1])].model_fields.items()]
