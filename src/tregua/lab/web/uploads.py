"""Untrusted scenario files, which visitors bring: read as data, within limits,
and turned into packages as far as the handles reach.
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from ...countries.registry import data_names, packs
from ...engine.plan import plan_of_file
from ...errors import TreguaError
from ...model.calendar import weeks_between
from ...model.units import in_unit
from ...scenarios.bounds import check_text, spelled_out
from ...scenarios.policy import Modifier, Policy, as_date
from ...scenarios.posterior import StoredPosterior, shipped_posteriors
from ...scenarios.toml import ScenarioFile, read_scenario
from ..handles import Handle, by_key
from ..package import MOST_NAME, MOST_RAMP, Package, PolicyRecord, ScenarioRecord, Setting
from ..work.shared import Shared

MOST_BYTES = 65_536
"""Bytes of a scenario file: the shipped ones have a tenth of it."""

SUFFIX = ".toml"
"""How the name of a scenario file ends."""

MOST_WEEKS = 1_566
"""Weeks of a scenario that is brought: thirty years, half as long again as the shipped ones.
Its arrays grow with its length.
"""

MOST_POLICIES = 40
"""Policies in a file, each of which is put together once to see whether it makes sense."""

MOST_CHANGES = 200
"""Changes in all its policies, those that they take over from others among them."""

ONE = threading.Lock()
"""One file is read at a time, by whomever it was brought."""

PATIENCE = 20.0
"""Seconds that a file waits for another."""

SHOWN = "scenario.toml"
"""What messages call the file: its own name is of no use to anyone here."""


def read_upload(name: str, data: bytes, shared: Shared) -> ScenarioRecord:
    """What a scenario file says, and each of its policies as a package.

    Args:
        name: of the file, for its kind only; nothing is written under it.
        data: its bytes.
        shared: the lab, for its handles.

    Raises:
        TreguaError: TR3009 for another kind or size, TR3013 for what a file of a stranger may not
            ask for, and those of :func:`tregua.scenarios.toml.read_scenario`; TR3008 where too many
            files are brought at once.
    """
    if PurePath(name).suffix.lower() != SUFFIX or len(data) > MOST_BYTES:
        brought = f"{PurePath(name).suffix or 'no ending'}, {len(data)} bytes"
        raise TreguaError(
            "TR3009",
            "this is no scenario file",
            found=brought,
            expected=f"a {SUFFIX} file of at most {MOST_BYTES} bytes",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TreguaError(
            "TR1103", "this file is not text in UTF-8", where=SHOWN, do="save it as UTF-8"
        ) from error
    if not ONE.acquire(timeout=PATIENCE):
        raise TreguaError("TR3008", "other files are being read", do="try again in a moment")
    try:
        _check_modest(text)
        read = read_scenario(text, SHOWN)
        if read.scenario.weeks > MOST_WEEKS:
            raise _beyond(f"{read.scenario.weeks} weeks", f"at most {MOST_WEEKS}")
        plan_of_file(read)
    finally:
        ONE.release()
    return _record(read, shared)


def _check_modest(text: str) -> None:
    """Refuse, before anything is built from it, what would load code, reach for files of this
    computer or take long.
    """
    check_text(text, SHOWN)
    try:
        raw = tomllib.loads(text)
    except ValueError:
        return  # read_scenario says what is wrong.
    scenario = raw.get("scenario")
    if isinstance(scenario, dict):
        if "plugins" in scenario:
            raise _beyond(f"plugins {scenario['plugins']!r}", "a file that loads no code")
        data = scenario.get("data")
        known = {*data_names(), *packs()}
        if data is not None and not (isinstance(data, str) and data in known):
            raise _beyond(f"data {data!r}", "a registered data set: " + ", ".join(data_names()))
        posterior = scenario.get("posterior")
        if posterior is not None and posterior not in shipped_posteriors():
            raise _beyond(
                f"posterior {posterior!r}",
                "one that ships, by name: " + (", ".join(shipped_posteriors()) or "none does"),
            )
        _check_length(scenario)
    if isinstance(raw.get("policy"), list):
        policies, changes = len(raw["policy"]), spelled_out(raw["policy"])
        if policies > MOST_POLICIES or changes > MOST_CHANGES:
            raise _beyond(
                f"{policies} policies with {changes} changes",
                f"at most {MOST_POLICIES} with {MOST_CHANGES} in all",
            )


def _check_length(scenario: Mapping[str, Any]) -> None:
    """Refuse a scenario whose arrays would be too long; what is no length is for
    :func:`read_scenario` to refuse.
    """
    try:
        if scenario.get("length") is not None:
            weeks = in_unit(scenario["length"], "week", SHOWN)
        else:
            start, end = (as_date(scenario.get(key), SHOWN) for key in ("start", "end"))
            weeks = weeks_between(start, end) if start and end else 0.0
    except TreguaError:
        return
    if not weeks <= MOST_WEEKS:
        raise _beyond(f"{weeks:.0f} weeks", f"at most {MOST_WEEKS}")


def _beyond(asked: str, expected: str) -> TreguaError:
    return TreguaError(
        "TR3013",
        "a file that is brought may not ask for this",
        where=SHOWN,
        found=asked,
        expected=expected,
        do="run it with `tregua run`",
    )


def _record(read: ScenarioFile, shared: Shared) -> ScenarioRecord:
    scenario, ours = read.scenario, shared.scenario
    same = (
        {m.name for m in scenario.model.mechanisms} == {m.name for m in ours.model.mechanisms}
        and (scenario.data.name, scenario.start, scenario.weeks, scenario.values)
        == (ours.data.name, ours.start, ours.weeks, ours.values)
        and _digest(read.posterior) == _digest(shared.posterior)
        and [p.modifiers for p in scenario.policies] == [p.modifiers for p in ours.policies]
    )
    told = read.comparable | {
        # What is never in force is told too: nothing of a file is left out without a word.
        name: replace(read.policies[name], modifiers=())
        for name in read.notes
        if name not in read.comparable and read.policies[name] not in scenario.policies
    }
    policies = tuple(
        _policy_record(policy, shared, read.notes.get(name, "")) for name, policy in told.items()
    )
    return ScenarioRecord(
        name=scenario.name,
        label=scenario.shown,
        start=scenario.start,
        weeks=scenario.weeks,
        same=same,
        policies=policies,
    )


def _digest(posterior: StoredPosterior | None) -> str:
    """What tells the draws of one fit from those of another."""
    return posterior.digest if posterior else ""


def _policy_record(policy: Policy, shared: Shared, note: str) -> PolicyRecord:
    """A policy with the settings that say the same, and the changes that no handle can make or
    that are never in force, which the note tells.
    """
    settings, left_out, known = {}, [note] if note else [], by_key(shared.handles)
    for change in policy.modifiers:
        setting = _setting(change, known, shared)
        if setting is not None and setting.handle not in settings:
            settings[setting.handle] = setting
        elif not _is_lid(change, shared):
            left_out.append(change.text())
    package = Package(settings=tuple(settings.values()), name=policy.shown[:MOST_NAME])
    return PolicyRecord(
        name=policy.name,
        label=policy.shown,
        doc=policy.doc,
        package=package,
        left_out=tuple(left_out),
    )


def _setting(change: Modifier, known: Mapping[str, Handle], shared: Shared) -> Setting | None:
    """A change as a setting, where a handle can make it."""
    handle = known.get(change.target)
    if handle is None or change.start is None:
        return None
    fits = change.operation == handle.kind
    if not fits or change.ramp_weeks != int(change.ramp_weeks) or change.ramp_weeks > MOST_RAMP:
        return None
    setting = Setting(
        handle=handle.key,
        value=float(change.value),
        start=change.start,
        ramp_weeks=int(change.ramp_weeks),
        end=change.end,
        territories=change.territories or (),
    )
    try:
        shared.checked(Package(settings=(setting,)))
    except TreguaError:
        return None
    return setting


def _is_lid(change: Modifier, shared: Shared) -> bool:
    """Whether a change only keeps a parameter within the values that make sense,
    as every package does anyway.
    """
    parameter = shared.scenario.model.parameters.get(change.target)
    return (
        parameter is not None and change.operation == "cap" and change.value == parameter.support[1]
    )
