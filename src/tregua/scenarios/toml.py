"""Scenario files: TOML in, a scenario out with the settings of its run, or a coded error that names
file, key, what was found and what was expected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from ..countries.dataset import Dataset
from ..countries.registry import load, meant
from ..errors import TreguaError, nearest_name
from ..model.calendar import week_of, weeks_between
from ..model.declarations import Parameter
from ..model.mechanism import Mechanism
from ..model.model import Model
from ..model.registry import load_plugins, registry, shipped
from ..model.units import in_unit
from .policy import Modifier, Operation, Policy, as_date, check_once, on_labels
from .posterior import StoredPosterior, load_posterior
from .reading import default_scenario, read_text
from .scenario import Draws, Scenario, support_text
from .schema import VERSION, ChangeTable, FileTable, PolicyTable, Quantity, ScenarioTable, parse

MIGRATED = ("TR1209", "TR1308")
"""Refusals of what meant something in an older version of scenario files."""


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
        notes: by name of a policy, what is said of its changes that are never in force: they are
            left out, and a policy without any other is not compared unless it is asked for.
    """

    scenario: Scenario
    policies: dict[str, Policy]
    solver: str
    replicates: int
    seed: int
    text: str
    posterior: StoredPosterior | None = None
    shown: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def comparable(self) -> dict[str, Policy]:
        """Policies that can be put on the scenario, by name: those of the file but the ones in
        force, those that share a change with one in force, which would act twice, and those that
        are never in force.
        """
        in_force = self.scenario.policies
        start, weeks = self.scenario.start, self.scenario.weeks
        names = {policy.name for policy in in_force}
        return {
            name: policy
            for name, policy in self.policies.items()
            if name not in names
            and not any(policy.shared_with(other) for other in in_force)
            and not (policy.modifiers and all(c.outside(start, weeks) for c in policy.modifiers))
        }

    @property
    def draws(self) -> Draws | None:
        """Draws of the parameters that the model has, if the file names a posterior."""
        return self.posterior.draws_for(self.scenario.model) if self.posterior else None


def load_scenario(
    source: str | Path = "",
    overrides: Mapping[str, Quantity] | None = None,
    until: int | None = None,
    data: str = "",
    without: Collection[str] = (),
) -> ScenarioFile:
    """Read a scenario.

    Args:
        source: path of a TOML file, of a run folder or of a country's folder, or the name of a
            shipped scenario; the default one if empty.
        overrides: parameter values with units, by full name; they win over the file.
        until: last year of the scenario, which then ends on 1 January of the next; that of the
            file if None.
        data: name of a data set or a folder, in the place of that of the file.
        without: names of mechanisms to leave out, with all that the file says of them.

    Raises:
        TreguaError: codes TR11xx to TR15xx, each naming file and key.
    """
    text = read_text(source or default_scenario()).changed(until, data, without)
    return read_scenario(text.text, text.shown, overrides, text.base)


def read_scenario(
    text: str,
    shown: str,
    overrides: Mapping[str, Quantity] | None = None,
    base: Path | None = None,
) -> ScenarioFile:
    """Read a scenario from the text of a file, which messages call ``shown``, and whose paths start
    from the folder ``base``; see :func:`load_scenario`.
    """
    parsed = parse(text, shown)
    try:
        return _build(parsed, text, shown, overrides or {}, base)
    except TreguaError as error:
        details = dict(error.details)
        if shown not in details["where"]:
            details["where"] = ", ".join(x for x in (shown, details["where"]) if x)
        if parsed.version < VERSION and error.code in MIGRATED:
            details["do"] += (
                f"; this file has version {parsed.version}: `tregua migrate {shown}` writes out "
                "what it meant"
            )
        raise TreguaError(error.code, error.what, **details) from error


def _build(
    parsed: FileTable,
    text: str,
    shown: str,
    overrides: Mapping[str, Quantity],
    base: Path | None,
) -> ScenarioFile:
    """The scenario that the tables of a file describe, compiled once to see that it can be."""
    part = parsed.scenario
    load_plugins(part.plugins, f"{shown}, key scenario.plugins")
    start = as_date(part.start, f"{shown}, key scenario.start")
    with _naming(f"{shown}, key scenario.data", "TR1501"):
        data = load(meant(part.data), start, base)
    model = _model(part.mechanisms, data, f"{shown}, key scenario.mechanisms")
    values = _quantities(parsed.values, model.parameters, f"{shown}, key values")
    given = _quantities(overrides, model.parameters, "command line, --set")
    with _naming(f"{shown}, key scenario.start", "TR1308"):
        scenario = Scenario(
            model,
            start,
            _weeks(part, start, shown),
            data,
            values,
            given,
            (),
            part.name,
            part.label,
            part.stocks,
        )
    policies = _policies(parsed.policy, model.parameters, scenario.data, shown)
    policies, notes = _in_time(policies, scenario)
    where = f"{shown}, key scenario.in_force"
    in_force = tuple(named_policy(name, policies, where) for name in part.in_force)
    with _naming(where):
        scenario = replace(scenario, policies=in_force)
    if part.name in policies:
        raise TreguaError(
            "TR1206",
            f"a policy has the name of the scenario, {part.name!r}",
            where=f"{shown}, key policy",
            do="rename one of them",
        )
    posterior = _posterior(part.posterior, data, shown)
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
        notes,
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


@contextmanager
def _naming(where: str, code: str = "") -> Iterator[None]:
    """Refusals, or those of one code, with the file and the key that they are about."""
    try:
        yield
    except TreguaError as error:
        if code and error.code != code:
            raise
        raise TreguaError(error.code, error.what, **{**error.details, "where": where}) from error


def _posterior(name: str | None, data: Dataset, shown: str) -> StoredPosterior | None:
    """The posterior that the file names (TR2925 for one of another country)."""
    with _naming(f"{shown}, key scenario.posterior"):
        stored = None if name is None else load_posterior(name, data.pack)
        if stored and stored.country and data.pack and stored.country != data.pack.name:
            raise TreguaError(
                "TR2925",
                "this posterior is of another country",
                found=f"{name}, of {stored.country}",
                expected=f"a posterior of {data.pack.name}",
                do="leave the key out, or fit the model to the record of this country",
            )
        return stored


def _model(names: list[str] | None, data: Dataset, where: str) -> Model:
    """The mechanisms named; without any, those that the data set is for."""
    if names is not None and not names:
        raise TreguaError(
            "TR1209",
            "the list of mechanisms is empty",
            where=where,
            do="name the mechanisms, or leave the key out if you mean those that the data are for",
        )
    if names is None:
        names = list(data.mechanisms or shipped())
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
                do="name the module of one of your own under `plugins`, or with --plugin",
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
    parts: list[PolicyTable], parameters: Mapping[str, Parameter], data: Dataset, shown: str
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
        with _naming(f"{where}.combines"):
            check_once(combined)
        changes = [change for policy in combined for change in policy.modifiers]
        changes += [
            _modifier(change, parameters, f"{where}.change.{j}")
            for j, change in enumerate(part.change)
        ]
        policy = Policy(part.name, tuple(changes), part.label, part.doc)
        with _naming(where):
            policies[part.name] = on_labels(policy, data)
    return policies


def _in_time(
    policies: Mapping[str, Policy], scenario: Scenario
) -> tuple[dict[str, Policy], dict[str, str]]:
    """Policies without the changes that are never in force in a scenario, and by name what is said
    of those. A policy without any other stays as it is, so that who asks for it is refused.
    """
    in_time, notes = dict(policies), {}
    span = f"never in force from {scenario.start} to {scenario.date(scenario.weeks)}"
    for name, policy in policies.items():
        late = [c for c in policy.modifiers if c.outside(scenario.start, scenario.weeks)]
        rest = tuple(c for c in policy.modifiers if c not in late)
        if late and rest:
            told = "; ".join(change.text() for change in late)
            in_time[name] = replace(policy, modifiers=rest)
            notes[name] = f"Left out of the policy {name!r}, as {span}: {told}"
        elif late:
            notes[name] = f"The policy {name!r} is left out, as it is {span}"
    return in_time, notes


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
    with _naming(where):
        return Modifier(
            part.target,
            operation,
            value,
            first,
            last,
            ramp,
            None if part.territories is None else tuple(part.territories),
            str(getattr(part, operation)),
        )
