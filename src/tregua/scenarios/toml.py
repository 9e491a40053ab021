"""Scenario files: TOML in, a scenario out with the settings of its run, or a coded error that names
file, key, what was found and what was expected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import get_args

from ..countries.registry import load
from ..errors import TreguaError, nearest_name
from ..model.calendar import week_of, weeks_between
from ..model.declarations import Parameter
from ..model.mechanism import Mechanism, registry
from ..model.model import Model
from ..model.units import in_unit
from ..shipped import country_folders
from .policy import Modifier, Operation, Policy, as_date, check_once
from .posterior import StoredPosterior, load_posterior
from .scenario import Draws, Scenario, support_text
from .schema import ChangeTable, FileTable, PolicyTable, Quantity, ScenarioTable, parse

DEFAULT = "mexico"
"""The scenario that runs where none is named."""


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file as read: the scenario, its policies and the settings of its run.

    Attributes:
        scenario: with the policies in force.
        policies: all policies of the file, by name.
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
    def comparable(self) -> dict[str, Policy]:
        """Policies that can be put on the scenario, by name: those of the file but the ones in
        force, and but those that share a change with one in force, which would act twice.
        """
        in_force = self.scenario.policies
        names = {policy.name for policy in in_force}
        return {
            name: policy
            for name, policy in self.policies.items()
            if name not in names and not any(policy.shared_with(other) for other in in_force)
        }

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
    """Read a scenario from the text of a file, which messages call ``shown``; see
    :func:`load_scenario`.
    """
    parsed = parse(text, shown)
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
    """Text of a scenario file, and what messages call the file."""
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


def _build(
    parsed: FileTable, text: str, shown: str, overrides: Mapping[str, Quantity]
) -> ScenarioFile:
    """The scenario that the tables of a file describe, compiled once to see that it can be."""
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
    where = f"{shown}, key scenario.in_force"
    in_force = tuple(named_policy(name, policies, where) for name in part.in_force)
    try:
        scenario = replace(scenario, policies=in_force)
    except TreguaError as error:
        raise TreguaError(error.code, error.what, **{**error.details, "where": where}) from error
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
    read = ScenarioFile(
        scenario,
        policies,
        parsed.run.solver,
        parsed.run.replicates,
        parsed.run.seed,
        text,
        posterior,
        shown,
    )
    comparable = read.comparable
    for i, policy in enumerate(policies.values()):
        try:
            # One that is in force has been compiled with the scenario.
            if policy.name in comparable:
                scenario.with_policy(policy).compile(draws)
        except TreguaError as error:
            raise TreguaError(
                error.code,
                error.what,
                **{**error.details, "where": f"{shown}, key policy.{i}, {error.details['where']}"},
            ) from error
    return read


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
    chosen = {}
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
        chosen[name] = in_unit(value, parameters[name].unit, f"{where}.{name}")
        low, high = parameters[name].support
        if not low <= chosen[name] <= high:
            raise TreguaError(
                "TR1306",
                f"{name!r} leaves the values that make sense",
                where=f"{where}.{name}",
                found=value,
                expected=support_text(parameters[name]),
            )
    return chosen


def _weeks(part: ScenarioTable, start: dt.date, shown: str) -> int:
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
        key = f"{shown}, key scenario.length"
        weeks = in_unit(part.length, "week", key)
        if not 0.5 < weeks < weeks_between(start, dt.date.max):
            raise TreguaError(
                "TR1305",
                "a scenario lasts at least a week and ends before the year 10000",
                where=key,
                found=part.length,
            )
        return round(weeks)
    end = as_date(part.end, f"{shown}, key scenario.end")
    if end is None or end <= start:
        raise TreguaError(
            "TR1305",
            "the scenario ends before it starts",
            where=f"{shown}, key scenario.end",
            found=end,
            expected=f"a day after {start}",
        )
    weeks = week_of(start, end)
    if weeks > weeks_between(start, dt.date.max):
        raise TreguaError(
            "TR1305",
            "the last week of a scenario ends before the year 10000",
            where=f"{shown}, key scenario.end",
            found=end,
        )
    return weeks


def _policies(
    parts: list[PolicyTable], parameters: Mapping[str, Parameter], shown: str
) -> dict[str, Policy]:
    """All policies of a file by name; one may combine those above it."""
    policies: dict[str, Policy] = {}
    for i, part in enumerate(parts):
        where = f"{shown}, key policy.{i} ({part.name})"
        if part.name in policies:
            raise TreguaError(
                "TR1206",
                f"two policies are named {part.name!r}",
                where=where,
                do="rename one of them",
            )
        combined = [named_policy(name, policies, f"{where}.combines") for name in part.combines]
        try:
            check_once(combined)
        except TreguaError as error:
            details = {**error.details, "where": f"{where}.combines"}
            raise TreguaError(error.code, error.what, **details) from error
        changes = [change for policy in combined for change in policy.modifiers]
        changes += [
            _modifier(change, parameters, f"{where}.change.{j}")
            for j, change in enumerate(part.change)
        ]
        policies[part.name] = Policy(part.name, tuple(changes), part.label, part.doc)
    return policies


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


def _modifier(part: ChangeTable, parameters: Mapping[str, Parameter], where: str) -> Modifier:
    """One change, with its value in the unit of its parameter."""
    given = [op for op in get_args(Operation) if getattr(part, op) is not None]
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
    operation: Operation = given[0]
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
