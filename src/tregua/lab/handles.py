"""Policy instruments, which a visitor drags as handles: which parameters a policy may change in the
lab, how far, and what that rests on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..countries.territories import territories_named
from ..errors import TreguaError, nearest_name
from ..evidence.ledger import CLAIM_ID, claims_of
from ..model.declarations import Parameter, Stance
from ..reporting.caveats import stances_of
from ..results.provenance import parameter_records
from ..scenarios.evidence_range import ROUNDING, covered, moved_by_fit
from ..scenarios.policy import Modifier, Policy, check_once, refuse_places
from ..scenarios.scenario import Draws, Scenario
from .package import Package, Setting

LEAST_WEEKS = 52
"""Weeks that must be left after the first day, so that there is a year to look at."""

GROUPS = ("prevention", "police", "prisons", "vigilantes", "outside")
"""Keys of the five groups of handles, in the order of the page.
The last holds what comes from outside the country or the police: troops, banks, trade.
"""

TIMES = "×"
"""Unit of a handle that multiplies."""

LETTERS: dict[Stance, str] = {
    "official": "A",
    "measured": "A",
    "estimated": "B",
    "reported": "C",
    "alleged": "D",
    "opinion": "D",
    "record": "D",
    "assumed": "E",
}
"""Letter for how a number is known: A counted or measured, B fitted in a publication, C reported, D
alleged or an opinion, E assumed by us.
"""

Kind = Literal["scale", "set"]
"""How a handle acts on its parameter: it multiplies the value, or replaces it."""


@dataclass(frozen=True)
class DeclaredHandle:
    """A policy instrument as the lab declares it, for any scenario. The attributes are those of
    :class:`Handle`.
    """

    key: str
    group: str
    low: float
    high: float
    step: float
    kind: Kind
    rest: float


DECLARED = (
    DeclaredHandle("recruitment.rate", "prevention", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("recruitment.exhaustion", "prevention", 0.5, 4.0, 0.1, "scale", 1.0),
    DeclaredHandle("money.extorted", "prevention", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("civilians.crossfire", "prevention", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("arrests.effort", "police", 0.0, 3.0, 0.05, "scale", 1.0),
    DeclaredHandle("leaders.removals", "police", 0.0, 3.0, 0.05, "scale", 1.0),
    DeclaredHandle("vetting.capacity", "police", 0.0, 5.0, 0.1, "scale", 1.0),
    DeclaredHandle("vetting.labour", "police", 0.0, 20.0, 0.5, "scale", 1.0),
    DeclaredHandle("vetting.applicants", "police", 0.0, 10.0, 0.25, "scale", 1.0),
    DeclaredHandle("corruption.approach", "police", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("prisons.convicted", "prisons", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("prisons.sentence", "prisons", 0.25, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("prisons.back", "prisons", 0.0, 1.5, 0.05, "scale", 1.0),
    DeclaredHandle("prisons.mass", "prisons", 0.0, 3.0, 0.05, "scale", 1.0),
    DeclaredHandle("vigilantes.growth", "vigilantes", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("vigilantes.disarm", "vigilantes", 0.0, 0.06, 0.001, "set", 0.0),
    DeclaredHandle("vigilantes.absorb", "vigilantes", 0.0, 0.06, 0.001, "set", 0.0),
    DeclaredHandle("troops.surge", "outside", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("troops.harm", "outside", 0.0, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("money.capacity", "outside", 0.1, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("trade.supply", "outside", 0.1, 2.0, 0.05, "scale", 1.0),
    DeclaredHandle("trade.searches", "outside", 0.0, 3.0, 0.05, "scale", 1.0),
)
"""All handles in the order of the page: what governments, banks or markets could change, and no
trait of persons or groups. The reach is ours: from nothing at all to a few times as much as today;
whether the evidence covers a position is for :func:`outside_evidence` to say.
"""

KEYS = tuple(declared.key for declared in DECLARED)
"""Keys of all handles: full names of their parameters. A model that lacks a mechanism has fewer."""


@dataclass(frozen=True)
class Handle(DeclaredHandle):
    """A policy instrument, which a visitor may drag: as it is declared, with what the evidence says
    of it in one scenario.

    Attributes:
        key: full name of the parameter that it changes, by which settings name it.
        group: one of :data:`GROUPS`.
        low: lowest position.
        high: highest position.
        step: distance between positions of the slider.
        kind: ``scale`` multiplies today's value, ``set`` replaces it everywhere.
        rest: position that changes nothing.
        unit: of positions: :data:`TIMES` where the handle multiplies, else the parameter's unit.
        evidence_low: lowest position that the evidence covers: the 5 % quantile of the parameter's
            prior, whose median is the scenario's value where a handle multiplies, against what it
            multiplies: the median posterior draw, or that value; the position at rest always counts
            as covered.
        evidence_high: highest such position, at the 95 % quantile.
        letter: how the parameter's value is known, as :data:`LETTERS` says.
        mechanism: name of the mechanism.
        claims: ids of the claims that the parameter or the form of its mechanism rests on.
        by_place: whether a setting may be in force in some territories only.
    """

    unit: str
    evidence_low: float
    evidence_high: float
    letter: str
    mechanism: str
    claims: tuple[str, ...]
    by_place: bool = False


def handles_of(scenario: Scenario, draws: Draws | None = None) -> tuple[Handle, ...]:
    """Handles of a scenario: those whose parameter its model has, in the order of the page.

    Args:
        scenario: what is explored.
        draws: posterior draws, which handles multiply instead of the scenario's values, and which
            the letters then speak of.
    """
    records = {record["name"]: record for record in parameter_records(scenario, draws)}
    moved = moved_by_fit(scenario, draws)
    return tuple(
        _handle(declared, scenario, records[declared.key], moved[declared.key])
        for declared in DECLARED
        if declared.key in records
    )


def _handle(
    declared: DeclaredHandle, scenario: Scenario, record: Mapping[str, Any], moved: float
) -> Handle:
    parameter = scenario.model.parameters[declared.key]
    name = declared.key.partition(".")[0]
    mechanism = next(m for m in scenario.model.mechanisms if m.name == name)
    low, high = _covered(declared, parameter, moved)
    own = [e.id for e in parameter.evidence if CLAIM_ID.fullmatch(e.id)]
    return Handle(
        **vars(declared),
        unit=TIMES if declared.kind == "scale" else parameter.unit,
        evidence_low=low,
        evidence_high=high,
        letter=letter_of(stances_of(record)),
        mechanism=name,
        claims=tuple(dict.fromkeys([*own, *claims_of(type(mechanism))])),
        by_place=parameter.by_place,
    )


def _covered(declared: DeclaredHandle, parameter: Parameter, moved: float) -> tuple[float, float]:
    """Lowest and highest position that the evidence covers, as far as the handle can be dragged;
    ``moved`` is the scenario's value over what the handle multiplies.
    """
    edges = [*covered(parameter, moved if declared.kind == "scale" else None), declared.rest]
    return float(np.clip(min(edges), declared.low, declared.high)), float(
        np.clip(max(edges), declared.low, declared.high)
    )


def letter_of(stances: Iterable[Stance]) -> str:
    """How a number is known. Where any of its evidence is an assumption, the number is ours, and
    what else is cited only gives the direction.
    """
    letters = [LETTERS[stance] for stance in stances]
    return LETTERS["assumed"] if LETTERS["assumed"] in letters else min(letters)


def by_key(handles: Iterable[Handle]) -> dict[str, Handle]:
    """Handles by key."""
    return {handle.key: handle for handle in handles}


def first_day(scenario: Scenario) -> dt.date:
    """The day from which a visitor may change anything: the one that the country's pack names, or
    the start of a scenario whose country names none, or that is too far from it on either side.
    """
    pack = scenario.data.pack
    day = pack.settings.lab_first_day if pack else None
    fits = day and scenario.start <= day <= scenario.date(scenario.weeks - LEAST_WEEKS)
    return day if day and fits else scenario.start


def policy_of(
    package: Package, handles: Iterable[Handle], scenario: Scenario, first: dt.date | None = None
) -> Policy:
    """A package as one policy; settings at rest change nothing and are left out.

    Args:
        package: the settings.
        handles: of the scenario.
        scenario: on which the policy is to be put.
        first: first day from which anything may change; :func:`first_day` if None.

    Raises:
        TreguaError: TR3020 for a handle that the scenario has not, TR3021 for a position beyond the
            reach, TR3022 for dates that make no sense, TR1403 for places of a handle that has none
            or that the scenario has not, TR1405 for a change that a policy in force makes already.
    """
    known = by_key(handles)
    changes: list[Modifier] = []
    for setting in package.settings:
        handle = _checked(setting, known, scenario, first or first_day(scenario))
        if setting.value != handle.rest:
            changes += _changes(setting, handle, scenario.model.parameters[handle.key])
    name, taken = package.name or "package", {policy.name for policy in scenario.policies}
    while name in taken:
        # What a visitor calls a package decides nothing.
        name += " of a visitor"
    policy = Policy(name, tuple(changes), package.name)
    check_once((*scenario.policies, policy))
    return policy


def _checked(
    setting: Setting, known: Mapping[str, Handle], scenario: Scenario, first: dt.date
) -> Handle:
    """The handle of a setting that makes sense."""
    where = f"setting of {setting.handle}"
    if setting.handle not in known:
        raise TreguaError(
            "TR3020",
            f"no handle is named {setting.handle!r} in this scenario",
            where=where,
            found=setting.handle,
            expected="one of "
            + (", ".join(known) or "none: the model has no mechanism that the lab can change"),
            nearest=nearest_name(setting.handle, known),
        )
    handle = known[setting.handle]
    if not handle.low <= setting.value <= handle.high:
        raise TreguaError(
            "TR3021",
            f"the position of {handle.key!r} is beyond its reach",
            where=where,
            found=f"{setting.value:g} {handle.unit}",
            expected=f"{handle.low:g} to {handle.high:g} {handle.unit}",
        )
    last = scenario.date(scenario.weeks)
    late = scenario.week_of(setting.start) >= scenario.weeks
    if (
        setting.start < first
        or late
        or (
            setting.end is not None
            and scenario.week_of(setting.end) <= scenario.week_of(setting.start)
        )
    ):
        raise TreguaError(
            "TR3022",
            f"the dates of {handle.key!r} make no sense",
            where=where,
            found=f"{setting.start} to {setting.end or 'the end'}",
            expected=(
                f"a start from {first} on and before {last}, and an end at least "
                "a week after it, if any"
            ),
        )
    if setting.territories:
        parameter = scenario.model.parameters[handle.key]
        refuse_places(handle.key, parameter, setting.territories, where)
        territories_named(setting.territories, scenario.data.space.labels("territory"), where)
    return handle


def _changes(setting: Setting, handle: Handle, parameter: Parameter) -> list[Modifier]:
    """A setting as changes of its parameter, which is kept from leaving the values that make sense:
    a share stays a share.
    """
    places = setting.territories or None
    dates = (setting.start, setting.end)
    changes = [
        Modifier(
            handle.key, handle.kind, setting.value, *dates, setting.ramp_weeks, territories=places
        )
    ]
    highest = parameter.support[1]
    if handle.kind == "scale" and setting.value > handle.rest and np.isfinite(highest):
        changes.append(Modifier(handle.key, "cap", highest, *dates, territories=places))
    return changes


def outside_evidence(package: Package, handles: Iterable[Handle]) -> tuple[str, ...]:
    """Keys of the handles whose position the evidence does not cover, in the order of the package;
    how far it covers a change, :mod:`tregua.scenarios.evidence_range` decides.
    """
    known = by_key(handles)
    placed = [
        (known[setting.handle], setting.value)
        for setting in package.settings
        if setting.handle in known
    ]
    return tuple(
        handle.key
        for handle, value in placed
        if not handle.evidence_low - ROUNDING <= value <= handle.evidence_high + ROUNDING
    )
