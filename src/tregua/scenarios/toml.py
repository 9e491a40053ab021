"""Scenario files: TOML in, a scenario and a plan out, or a coded error that names file, key, what
was found and what was expected.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..countries.registry import load
from ..errors import TreguaError, nearest_name
from ..model.calendar import week_of, weeks_between
from ..model.declarations import Parameter
from ..model.mechanism import Mechanism, registry
from ..model.model import Model
from ..model.units import in_unit
from ..shipped import country_folders
from .policy import Modifier, Policy, as_date
from .posterior import StoredPosterior, load_posterior
from .scenario import Draws, Scenario, support_text

DEFAULT = "mexico"
"""The scenario that runs where none is named."""

Day = dt.date | str
Quantity = int | float | str


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


class _ScenarioPart(_Part):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    label: str = ""
    data: str = "groups-2020"
    posterior: str | None = None
    mechanisms: list[str] | None = None
    start: Day
    end: Day | None = None
    length: Quantity | None = None
    in_force: list[str] = []


class _RunPart(_Part):
    solver: str = "tau-leap"
    replicates: int = 200
    seed: int = 1


class _ChangePart(_Part):
    target: str
    scale: Quantity | None = None
    set: Quantity | None = None
    add: Quantity | None = None
    cap: Quantity | None = None
    from_: Day | None = Field(None, alias="from")
    to: Day | None = None
    ramp: Quantity = "0 week"
    territories: list[str] = []


class _PolicyPart(_Part):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    label: str = ""
    doc: str = ""
    combines: list[str] = []
    change: list[_ChangePart] = []


class _File(_Part):
    scenario: _ScenarioPart
    run: _RunPart = _RunPart()
    values: dict[str, Quantity] = {}
    policy: list[_PolicyPart] = []


@dataclass(frozen=True)
class ScenarioFile:
    """What a scenario file says.

    Attributes:
        scenario: with the policies in force.
        policies: all policies of the file, by name, for comparisons.
        solver: name of the solver.
        replicates: runs of the ensemble.
        seed: of all randomness.
        text: the file as read, for the run folder.
        posterior: draws of parameters, where the file names a posterior.
        shown: what messages call the file.
    """

    scenario: Scenario
    policies: dict[str, Policy]
    solver: str
    replicates: int
    seed: int
    text: str
    posterior: StoredPosterior | None = None
    shown: str = ""

    @property
    def draws(self) -> Draws | None:
        """Draws of the parameters that the model has, if the file names a posterior."""
        return self.posterior.draws_for(self.scenario.model) if self.posterior else None


def load_scenario(
    source: str | Path = DEFAULT, overrides: Mapping[str, Quantity] | None = None
) -> ScenarioFile:
    """Read a scenario.

    Args:
        source: path of a TOML file, or the name of a shipped scenario.
        overrides: parameter values with units, by full name; they win over the file.

    Raises:
        TreguaError: codes TR11xx to TR15xx, each naming file and key.
    """
    return read_scenario(*_read(source), overrides)


def read_scenario(
    text: str, shown: str, overrides: Mapping[str, Quantity] | None = None
) -> ScenarioFile:
    """The same from the text of a file, which messages call ``shown``."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TreguaError(
            "TR1102",
            f"this is not valid TOML: {error}",
            where=shown,
            do="look at the line named; text needs quotes",
        ) from error
    if isinstance(raw.get("values"), dict):
        raw["values"] = _flat(raw["values"])
    try:
        parsed = _File.model_validate(raw)
    except ValidationError as error:
        raise _coded(error, raw, shown) from error
    try:
        return _build(parsed, text, shown, overrides or {})
    except TreguaError as error:
        if shown not in error.details["where"]:
            details = {
                **error.details,
                "where": ", ".join(x for x in (shown, error.details["where"]) if x),
            }
            raise TreguaError(error.code, error.what, **details) from error
        raise


def shipped_scenarios() -> list[str]:
    """Names of the scenarios that ship."""
    return sorted(_shipped())


def _shipped() -> dict[str, Traversable]:
    """Files of the scenarios that ship, by name."""
    folders = (country / "scenarios" for country in country_folders())
    return {
        file.name.removesuffix(".toml"): file
        for folder in folders
        if folder.is_dir()
        for file in folder.iterdir()
    }


def _read(source: str | Path) -> tuple[str, str]:
    if str(source) in shipped_scenarios():
        return _shipped()[str(source)].read_text(encoding="utf-8"), f"{source}.toml (shipped)"
    path = Path(source)
    try:
        return path.read_text(encoding="utf-8"), str(source)
    except UnicodeDecodeError as error:
        raise TreguaError(
            "TR1103", "this file is not text in UTF-8", where=str(source), do="save it as UTF-8"
        ) from error
    except OSError as error:
        names = shipped_scenarios() + (
            [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        )
        raise TreguaError(
            "TR1101",
            "this scenario cannot be read",
            where=str(source),
            found=error.strerror,
            expected="a TOML file, or a shipped scenario: " + ", ".join(shipped_scenarios()),
            nearest=nearest_name(path.name, names),
        ) from error


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by full name, whether written as ``"a.b" = ...`` or as ``a.b = ...``,
    which TOML reads as a table in a table.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= (
            _flat(value, f"{prefix}{name}.")
            if isinstance(value, dict)
            else {f"{prefix}{name}": value}
        )
    return found


def _coded(error: ValidationError, raw: Mapping[str, Any], shown: str) -> TreguaError:
    """The first problem that pydantic found, in our words."""
    first = error.errors()[0]
    path = _key_path(first["loc"])
    key, where = (
        ".".join(str(part) for part in path),
        f"{shown}, key {'.'.join(str(p) for p in path)}",
    )
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
    expected, found = " or ".join(dict.fromkeys(kinds)), _in_words(first["input"])
    return TreguaError(
        "TR1204",
        f"{key!r} has a value of the wrong kind",
        where=where,
        found=found,
        expected=expected,
    )


_PARTS: dict[tuple[str, ...], type[_Part]] = {
    (): _File,
    ("scenario",): _ScenarioPart,
    ("run",): _RunPart,
    ("policy",): _PolicyPart,
    ("policy", "change"): _ChangePart,
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
        is_key = isinstance(part, int) or _names(path) in _PARTS or _names(path) == ("values",)
        path += [part] if is_key else []
    return path


def _kind(problem: str, path: Sequence[int | str]) -> str:
    """What was expected at a place, in plain words."""
    names = _names(path)
    if names in _PARTS:
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
    return [field.alias or name for name, field in _PARTS[_names(path[:-1])].model_fields.items()]


def _build(parsed: _File, text: str, shown: str, overrides: Mapping[str, Quantity]) -> ScenarioFile:
    part = parsed.scenario
    model = _model(part.mechanisms, part.data, f"{shown}, key scenario.mechanisms")
    values = _quantities(parsed.values, model.parameters, f"{shown}, key values")
    given = _quantities(overrides, model.parameters, "command line, --set")
    start = as_date(part.start, f"{shown}, key scenario.start")
    scenario = Scenario(
        model,
        start,
        _weeks(part, start, shown),
        part.data,
        values,
        given,
        (),
        part.name,
        part.label,
    )
    policies = _policies(parsed.policy, model.parameters, shown)
    for name in part.in_force:
        scenario = Scenario(
            model,
            start,
            scenario.weeks,
            part.data,
            values,
            given,
            (*scenario.policies, named_policy(name, policies, f"{shown}, key scenario.in_force")),
            part.name,
            part.label,
        )
    if part.name in policies:
        raise TreguaError(
            "TR1206",
            f"a policy has the name of the scenario, {part.name!r}",
            where=f"{shown}, key policy",
            do="rename one of them",
        )
    posterior = _posterior(part.posterior, shown)
    draws = posterior.draws_for(model) if posterior else None
    scenario.compile(draws)
    for i, policy in enumerate(policies.values()):
        try:
            scenario.with_policy(policy).compile(draws)
        except TreguaError as error:
            raise TreguaError(
                error.code,
                error.what,
                **{**error.details, "where": f"{shown}, key policy.{i}, {error.details['where']}"},
            ) from error
    return ScenarioFile(
        scenario,
        policies,
        parsed.run.solver,
        parsed.run.replicates,
        parsed.run.seed,
        text,
        posterior,
        shown,
    )


def _posterior(name: str | None, shown: str) -> StoredPosterior | None:
    """The posterior that the file names."""
    try:
        return None if name is None else load_posterior(name)
    except TreguaError as error:
        raise TreguaError(
            error.code, error.what, **{**error.details, "where": f"{shown}, key scenario.posterior"}
        ) from error


def _model(names: list[str] | None, data: str, where: str) -> Model:
    """The mechanisms named; without any, those that the data set is for."""
    if names is None:
        names = list(load(data).mechanisms or registry())
    chosen: list[Mechanism] = []
    for name in names:
        if name not in registry():
            raise TreguaError(
                "TR1205",
                f"no mechanism is named {name!r}",
                where=where,
                found=name,
                expected="one of " + ", ".join(registry()),
                nearest=nearest_name(name, registry()),
            )
        chosen.append(registry()[name]())
    return Model(chosen)


def _quantities(
    values: Mapping[str, Quantity], parameters: Mapping[str, Parameter], where: str
) -> dict[str, float]:
    """Parameter values in their own units."""
    found = {}
    for name, value in values.items():
        if name not in parameters:
            raise TreguaError(
                "TR1203",
                f"no parameter is named {name!r}",
                where=f"{where}.{name}",
                found=name,
                expected="a parameter of the model, as `tregua mechanisms` lists them",
                nearest=nearest_name(name, parameters),
            )
        found[name] = in_unit(value, parameters[name].unit, f"{where}.{name}")
        low, high = parameters[name].support
        if not low <= found[name] <= high:
            what, expected = (
                f"{name!r} leaves the values that make sense",
                support_text(parameters[name]),
            )
            raise TreguaError(
                "TR1306", what, where=f"{where}.{name}", found=value, expected=expected
            )
    return found


def _weeks(part: _ScenarioPart, start: dt.date, shown: str) -> int:
    """Length of the scenario in whole weeks, the last of which may reach past
    the end by some days.
    """
    if (part.end is None) == (part.length is None):
        raise TreguaError(
            "TR1305",
            "a scenario needs either `end` or `length`",
            where=f"{shown}, key scenario",
            found=f"end {part.end}, length {part.length}",
        )
    if part.length is not None:
        weeks, key = (
            in_unit(part.length, "week", f"{shown}, key scenario.length"),
            f"{shown}, key scenario.length",
        )
        if not 0.5 < weeks < weeks_between(start, dt.date.max):
            raise TreguaError(
                "TR1305",
                "a scenario lasts at least a week and ends before the year 10000",
                where=key,
                found=part.length,
            )
        return round(weeks)
    end = as_date(part.end, f"{shown}, key scenario.end")
    if end <= start:
        raise TreguaError(
            "TR1305",
            "the scenario ends before it starts",
            where=f"{shown}, key scenario.end",
            found=end,
            expected=f"a day after {start}",
        )
    return week_of(start, end)


def _policies(
    parts: list[_PolicyPart], parameters: Mapping[str, Parameter], shown: str
) -> dict[str, Policy]:
    found: dict[str, Policy] = {}
    for i, part in enumerate(parts):
        where = f"{shown}, key policy.{i} ({part.name})"
        if part.name in found:
            raise TreguaError(
                "TR1206",
                f"two policies are named {part.name!r}",
                where=where,
                do="rename one of them",
            )
        changes = [
            change
            for name in part.combines
            for change in named_policy(name, found, f"{where}.combines").modifiers
        ]
        changes += [
            _modifier(change, parameters, f"{where}.change.{j}")
            for j, change in enumerate(part.change)
        ]
        found[part.name] = Policy(part.name, tuple(changes), part.label, part.doc)
    return found


def named_policy(name: str, policies: Mapping[str, Policy], where: str) -> Policy:
    """A policy by name (TR1207 if there is none)."""
    if name not in policies:
        raise TreguaError(
            "TR1207",
            f"no policy is named {name!r}",
            where=where,
            found=name,
            expected="one of " + (", ".join(policies) or "none so far"),
            nearest=nearest_name(name, policies),
        )
    return policies[name]


def _modifier(part: _ChangePart, parameters: Mapping[str, Parameter], where: str) -> Modifier:
    given = [op for op in ("scale", "set", "add", "cap") if getattr(part, op) is not None]
    if len(given) != 1:
        raise TreguaError(
            "TR1208",
            "a change needs exactly one of scale, set, add, cap",
            where=where,
            found=", ".join(given) or "none of them",
        )
    if part.target not in parameters:
        raise TreguaError(
            "TR1401",
            f"no parameter is named {part.target!r}",
            where=f"{where}.target",
            found=part.target,
            expected="a parameter of the model, as `tregua mechanisms` lists them",
            nearest=nearest_name(part.target, parameters),
        )
    operation = given[0]
    unit = "1" if operation == "scale" else parameters[part.target].unit
    value = in_unit(getattr(part, operation), unit, f"{where}.{operation}")
    first, last = as_date(part.from_, f"{where}.from"), as_date(part.to, f"{where}.to")
    ramp = in_unit(part.ramp, "week", f"{where}.ramp")
    try:
        return Modifier(
            part.target,
            operation,
            value,
            first,
            last,
            ramp,
            tuple(part.territories),
            str(getattr(part, operation)),
        )
    except TreguaError as error:
        raise TreguaError(error.code, error.what, **{**error.details, "where": where}) from error
