"""Outcomes of a run: what a reader asks about it, named and in order: deaths, what is on record of
them, then all else that moves or stands.

A death is a flow with a victim, and each is in exactly one series, so that no sum of outcomes by
victim or by cause counts anybody twice.

Civilians killed are all of them, those without a tie to groups included: :func:`civilians_killed`
says so once, with the parts that add up to them, and everything else asks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..errors import TreguaError
from ..model.declarations import BACKGROUND, CIVILIAN, MEMBER, OFFICER, SOLDIER, Flow
from ..model.model import Model

VICTIMS: dict[str, str] = {
    CIVILIAN: "civilians",
    MEMBER: "members of groups",
    OFFICER: "police officers",
    SOLDIER: "troops",
    "vigilante": "vigilantes",
    "inmate": "inmates",
}
"""Who dies, in the order of tables, and what many of them are called."""

CIVILIANS_KILLED = f"killed_{CIVILIAN}"
"""Name of the outcome that counts all civilians killed."""

WITHIN = {
    "crossfire": "in crossfire",
    "operation": "in operations",
    BACKGROUND: "without a tie to groups",
}
"""What parts of the civilians killed are called; others by their cause."""

HEADLINES = (
    "killed",
    *(f"killed_{victim}" for victim in VICTIMS),
    f"killed_{BACKGROUND}",
    "recruited",
    "arrested",
    "left",
    "members",
)
"""Outcomes that get weekly tables and a place in reports, as far as a model has them;
counts on record join them.
"""


@dataclass(frozen=True)
class Outcome:
    """Something that a reader asks about.

    Attributes:
        name: short name: the last part of the series' name, or the full one where two would share
            it.
        label: what it is in the world.
        series: names of the flows or stocks in :class:`~tregua.engine.trajectories.Trajectories`
            that are added up.
        kind: a flow is counted over time, a stock at one moment.
        parts: outcomes that add up to this one in each replicate and belong beside it.
        within: what a part is called beside the whole, such as ``"in crossfire"``.
    """

    name: str
    label: str
    series: tuple[str, ...]
    kind: Literal["flow", "stock"]
    parts: tuple[Outcome, ...] = ()
    within: str = ""

    @property
    def unit(self) -> str:
        """Unit of the numbers in yearly tables."""
        return "persons in the year" if self.kind == "flow" else "persons at the end of the year"


def deaths_of(model: Model) -> dict[str, Flow]:
    """Flows that are deaths, by full name, those not tied to groups included."""
    return {name: flow for name, (_, flow) in model.flows.items() if flow.victim}


def outcomes_of(model: Model) -> dict[str, Outcome]:
    """All outcomes of a model by name.

    First ``killed``, all deaths tied to groups; where several kinds of victim die also
    ``killed_civilian`` with its parts, ``killed_member`` and so on. One part,
    ``killed_background``, has no tie to groups: the kinds of victim less this part add up to
    ``killed``. Then ``recorded_homicides`` and other counts on record, every flow that is no death,
    and every stock that is no mere count of a flow.
    """
    first = [*_deaths(model), *_recorded(model)]
    living = {flow.source for _, flow in model.flows.values()} & set(model.compartments)
    stocks = [
        Outcome(n, model.compartments[n].doc, (n,), "stock")
        for n in model.compartments
        if n in living
    ]
    others = {name: flow for name, (_, flow) in model.flows.items() if not flow.victim}
    taken = Counter(
        [flow.name for flow in others.values()] + [outcome.name for outcome in (*first, *stocks)]
    )
    flows = [
        Outcome(flow.name if taken[flow.name] == 1 else name, flow.doc, (name,), "flow")
        for name, flow in others.items()
    ]
    flows.sort(key=lambda outcome: outcome.name != "killed")
    return {outcome.name: outcome for outcome in (*first, *flows, *stocks)}


def check_counted(model: Model, where: str) -> None:
    """Refuse a model of which no table could say anything (TR2208): nobody moves or dies in it.

    Args:
        model: that is to be run and reported.
        where: file and key, for the message.
    """
    if not model.compartments or not outcomes_of(model):
        raise TreguaError(
            "TR2208",
            "nobody moves or dies in this model, so there is nothing to report",
            where=where,
            found=", ".join(m.name for m in model.mechanisms),
            do='add a mechanism in which persons move, such as "recruitment"',
        )


def civilians_killed(model: Model) -> Outcome | None:
    """All civilians killed, with or without a tie to groups; None where none are.

    Its parts are named by what they died of, those without a tie to groups last. There are none
    where all die of one thing.
    """
    named: dict[str, list[str]] = {}
    for name, flow in deaths_of(model).items():
        if flow.victim == CIVILIAN:
            named.setdefault(flow.cause, []).append(name)
    if not named:
        return None
    label = f"{VICTIMS[CIVILIAN]} killed"
    parts = []
    for cause in sorted(named, key=lambda cause: cause == BACKGROUND):
        within = WITHIN.get(cause, f"by {cause}")
        called = f"killed_{cause}" if cause == BACKGROUND else f"{CIVILIANS_KILLED}_{cause}"
        parts.append(
            Outcome(
                called.replace(" ", "_"),
                f"{label} {within}",
                tuple(named[cause]),
                "flow",
                within=within,
            )
        )
    series = tuple(name for part in parts for name in part.series)
    return Outcome(CIVILIANS_KILLED, label, series, "flow", tuple(parts) if len(parts) > 1 else ())


def _deaths(model: Model) -> list[Outcome]:
    """All deaths tied to groups, then those of each kind of victim where there is more to tell."""
    deaths, civilians = deaths_of(model), civilians_killed(model)
    tied = {name: flow for name, flow in deaths.items() if flow.cause != BACKGROUND}
    victims = [v for v in VICTIMS if any(flow.victim == v for flow in deaths.values())]
    several = len(victims) > 1 or len(tied) < len(deaths)
    outcomes = []
    if tied:
        one = f"{VICTIMS[victims[0]]} killed" if len(tied) > 1 else next(iter(tied.values())).doc
        label = "persons killed in group violence" if several else one
        outcomes.append(Outcome("killed", label, tuple(tied), "flow"))
    for victim in victims if several else ():
        label = f"{VICTIMS[victim]} killed"
        outcomes += (
            with_parts(civilians)
            if victim == CIVILIAN
            else [killed(deaths, (victim,), f"killed_{victim}", label)]
        )
    return outcomes


def with_parts(outcome: Outcome | None) -> list[Outcome]:
    """An outcome and the parts that belong beside it; nothing where there is none."""
    return [outcome, *outcome.parts] if outcome else []


def killed(deaths: Mapping[str, Flow], victims: Iterable[str], name: str, label: str) -> Outcome:
    """Deaths of some kinds of victim as one outcome."""
    wanted = set(victims)
    return Outcome(
        name, label, tuple(n for n, flow in deaths.items() if flow.victim in wanted), "flow"
    )


def _recorded(model: Model) -> list[Outcome]:
    return [
        Outcome(f"recorded_{r.name}", f"recorded {r.name.replace('_', ' ')}", (name,), "flow")
        for name, (_, r) in model.records.items()
    ]


def headlines(model: Model) -> list[Outcome]:
    """The outcomes that most readers want: deaths, counts on record, and what becomes of members;
    all outcomes of a model that has none of these.
    """
    outcomes = outcomes_of(model)
    parts = (f"{CIVILIANS_KILLED}_", "recorded_")
    return [
        o for o in outcomes.values() if o.name in HEADLINES or o.name.startswith(parts)
    ] or list(outcomes.values())


def summary(model: Model) -> list[Outcome]:
    """The few outcomes of a table that is read at a glance;
    all headlines where only one kind of victim dies.

    Police and troops are one line there: all killed, civilians with their parts, members, police
    and troops, homicides on record, and members alive.
    """
    outcomes, tied = (
        outcomes_of(model),
        {name: flow for name, flow in deaths_of(model).items() if flow.cause != BACKGROUND},
    )
    if len({flow.victim for flow in tied.values()}) < 2:
        return headlines(model)
    forces = killed(
        tied, (OFFICER, SOLDIER), "killed_police_and_troops", "police officers and troops killed"
    )
    short = [
        outcomes.get("killed"),
        *with_parts(outcomes.get(CIVILIANS_KILLED)),
        outcomes.get(f"killed_{MEMBER}"),
        forces if forces.series else None,
    ]
    short += [outcomes.get("recorded_homicides"), outcomes.get("members")]
    return [outcome for outcome in short if outcome]
