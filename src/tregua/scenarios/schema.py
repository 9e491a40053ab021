"""The schema of a scenario file: its tables and keys, and what is said of a file that does not keep
to it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..errors import TreguaError, nearest_name
from ..model.numerals import number_of
from .bounds import check_tables, check_text

FIRST_VERSION, VERSION = 1, 2
"""Versions of the form of scenario files: the first, which had no line that says so, and the
present one.
"""

UNPRINTED = ("Cc", "Cs", "Zl", "Zp")
"""Categories of Unicode for characters that are not printed: controls, halves, separators of lines
and paragraphs.
"""

Day = dt.date | str
"""A date, or text that :func:`tregua.scenarios.policy.as_date` reads."""

Quantity = int | float | str
"""A value with its unit in text, or a bare number where the unit is one."""


def _printed(text: str) -> str:
    """A text without characters that no page and no terminal prints."""
    odd = [letter for letter in text if unicodedata.category(letter) in UNPRINTED]
    if set(odd) - {"\n"}:
        raise ValueError("it holds characters that cannot be printed")
    return text


def _one_line(text: str) -> str:
    """A text on one line."""
    if "\n" in text:
        raise ValueError("it has more than one line")
    return text


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
"""A name, which becomes a part of file names."""

Label = Annotated[str, Field(max_length=200), AfterValidator(_printed), AfterValidator(_one_line)]
"""What a reader sees, on one line of a page or a figure."""

Doc = Annotated[str, Field(max_length=4_000), AfterValidator(_printed)]
"""A sentence or a few."""


class _Table(BaseModel):
    """A table of a scenario file, in which an unknown key is refused."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
    )


class ScenarioTable(_Table):
    """Model, data, time and the policies in force."""

    name: Name
    """Name of the scenario, a part of file names."""
    label: Label = ""
    """What a reader sees."""
    data: str | None = None
    """Name of a data set or a country, or a folder with one, such as "./my-country"."""
    posterior: str | None = None
    """A posterior that ships, or a folder written by `tregua fit`: each replicate has a draw."""
    mechanisms: list[str] | None = None
    """Names of the mechanisms; those of the data set if not given."""
    start: Day
    """First day: that of the data, or a later one with `stocks`."""
    end: Day | None = None
    """First day that is no longer in the scenario; instead of `length`."""
    length: Quantity | None = None
    """Length with its unit, such as "520 week"; instead of `end`."""
    stocks: str = ""
    """"as of" and the day of the data, where the start is another day and that is meant."""
    plugins: list[str] = []
    """Names of modules with mechanisms of your own, whose code is run."""
    in_force: list[str] = []
    """Names of policies of the file that hold in every run."""


class RunTable(_Table):
    """Solver, replicates and seed."""

    solver: str = "tau-leap"
    """How it is run: with chance, or with expected numbers only."""
    replicates: int = 200
    """Runs of the ensemble."""
    seed: int = 1
    """Seed of all randomness."""


class ChangeTable(_Table):
    """One change of one parameter: exactly one of `scale`, `set`, `add` and `cap`."""

    target: str
    """Full name of the parameter."""
    scale: Quantity | None = None
    """Factor, such as 2 or "50 %"."""
    set: Quantity | None = None
    """Value with its unit."""
    add: Quantity | None = None
    """What is added, with its unit; below zero to lower."""
    cap: Quantity | None = None
    """Highest value, with its unit."""
    from_: Day | None = Field(None, alias="from")
    """First day in force; the start of the scenario if not given."""
    to: Day | None = None
    """First day no longer in force; never if not given."""
    ramp: Quantity = "0 week"
    """Time over which the change grows to its full strength."""
    territories: list[str] | None = None
    """Names of states; everywhere if not given."""


class PolicyTable(_Table):
    """A named set of changes."""

    name: Name
    """Name of the policy, a part of file names."""
    label: Label = ""
    """What a reader sees."""
    doc: Doc = ""
    """What it is, in a sentence or a few."""
    combines: list[str] = []
    """Names of other policies of the file that it holds."""
    change: list[ChangeTable] = []
    """Its own changes."""


class FileTable(_Table):
    """A scenario of Tregua."""

    version: int = Field(FIRST_VERSION, ge=FIRST_VERSION)
    """Version of the form of this file."""
    scenario: ScenarioTable
    run: RunTable = RunTable()
    values: dict[str, Quantity] = {}
    """Values of parameters by full name, with units."""
    policy: list[PolicyTable] = []
    """Policies that can be put on the scenario."""


def parse(text: str, shown: str) -> FileTable:
    """The tables of a scenario file, from its text. Messages call the file ``shown``.

    Raises:
        TreguaError: TR1102 where the text is no TOML; TR1104 where it is too large or too deep;
            TR1105 where the file is of a version after the present one; TR1201, TR1202 and TR1204
            for a key that is unknown, missing or of the wrong kind.
    """
    check_text(text, shown)
    try:
        raw = tomllib.loads(text, parse_float=partial(_number, shown))
    except (ValueError, RecursionError) as error:
        # Not TOMLDecodeError alone: a number of thousands of digits, brackets within brackets.
        raise TreguaError(
            "TR1102",
            f"this is not valid TOML: {error}",
            where=shown,
            do="look at the line named; text needs quotes",
        ) from error
    check_tables(raw, shown)
    if isinstance(version := raw.get("version"), int) and version > VERSION:
        raise TreguaError(
            "TR1105",
            f"this file has version {version} of the form of scenario files",
            where=f"{shown}, key version",
            found=version,
            expected=f"at most {VERSION}",
            do="read it with a newer Tregua",
        )
    if isinstance(raw.get("values"), dict):
        raw["values"] = _flat(raw["values"])
    try:
        return FileTable.model_validate(raw)
    except ValidationError as error:
        raise _coded(error, shown) from error


def _number(shown: str, text: str) -> float:
    """A number of TOML, which may hold underscores, read as those in text are."""
    number = number_of(text.replace("_", ""))
    if number is None:
        raise TreguaError("TR1302", "a computer cannot hold this number", where=shown, found=text)
    return number


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by full name, whether written as ``"a.b" = ...`` or as ``a.b = ...``,
    which TOML reads as a table in a table.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= (
            _flat(value, f"{prefix}{name}.")
            if isinstance(value, dict) and value
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
    if first["type"] in ("string_too_long", "value_error"):
        long = first["type"] == "string_too_long"
        return TreguaError(
            "TR1204",
            f"{key!r} is too long" if long else f"{key!r}: {first['ctx']['error']}",
            where=where,
            found=ascii(first["input"])[:80],
            expected=f"at most {first['ctx']['max_length']} characters" if long else "plain text",
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
