"""Outcomes of a run: what a reader asks about it, named and in order: deaths, what is on record of
them, then all else that moves or stands.

A death is a flow with a victim, and each is in exactly one series, so that no sum of outcomes by
victim or by cause counts anybody twice.
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
    """

    name: str
    label: str
    series: tuple[str, ...]
    kind: Literal["flow", "stock"]

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
    ``killed_civilian`` and so on, which add up to ``killed``, and ``killed_background`` for
    homicides that are not tied to groups. Then ``recorded_homicides`` and other counts on record,
    every flow that is no death, and every stock that is no mere count of a flow.
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


def _deaths(model: Model) -> list[Outcome]:
    """All deaths tied to groups, those of each kind of victim where there are several, and
    homicides not tied to groups.
    """
    deaths = deaths_of(model)
    tied = {name: flow for name, flow in deaths.items() if flow.cause != BACKGROUND}
    victims = [victim for victim in VICTIMS if any(flow.victim == victim for flow in tied.values())]
    outcomes = []
    if tied:
        one = f"{VICTIMS[victims[0]]} killed" if len(tied) > 1 else next(iter(tied.values())).doc
        outcomes.append(
            Outcome(
                "killed",
                "persons killed in group violence" if len(victims) > 1 else one,
                tuple(tied),
                "flow",
            )
        )
    if len(victims) > 1:
        outcomes += [
            killed(tied, (victim,), f"killed_{victim}", f"{VICTIMS[victim]} killed")
            for victim in victims
        ]
    rest = tuple(name for name in deaths if name not in tied)
    return (
        [
            *outcomes,
            Outcome(f"killed_{BACKGROUND}", "persons killed without a tie to groups", rest, "flow"),
        ]
        if rest
        else outcomes
    )


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
    return [
        o for o in outcomes.values() if o.name in HEADLINES or o.name.startswith("recorded_")
    ] or list(outcomes.values())


def summary(model: Model) -> list[Outcome]:
    """The few outcomes of a table that is read at a glance;
    all headlines where only one kind of victim dies.

    Police and troops are one line there: all killed, civilians, members, police and troops,
    homicides on record, and members alive.
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
        outcomes.get(f"killed_{CIVILIAN}"),
        outcomes.get(f"killed_{MEMBER}"),
        forces if forces.series else None,
    ]
    short += [outcomes.get("recorded_homicides"), outcomes.get("members")]
    return [outcome for outcome in short if outcome]
