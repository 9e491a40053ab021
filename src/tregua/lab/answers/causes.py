"""Causal pathways: how a change in one mechanism reaches people, through stocks and levels that
mechanisms move and others read, to flows that are deaths.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ...model.declarations import OUTSIDE
from ...model.mechanism import Mechanism
from ...model.model import Model

UNTOLD = frozenset({"dead", "dead_others", "retired", OUTSIDE, "population", "young_men"})
"""Stocks that only count or that nothing changes: a way through them would explain nothing."""


@dataclass(frozen=True)
class Way:
    """A causal pathway from a mechanism to deaths.

    Attributes:
        mechanisms: names, from the one that is changed to the one in which people die.
        through: the stock or level between each two of them.
        victims: kinds of victim at its end.
    """

    mechanisms: tuple[str, ...]
    through: tuple[str, ...]
    victims: tuple[str, ...]


def moves(mechanism: Mechanism) -> tuple[str, ...]:
    """Stocks and levels that a mechanism changes, in the order in which it declares them."""
    ends = [end for flow in mechanism.flows() for end in (flow.source, flow.target)]
    levels = [
        *(drift.level for drift in mechanism.drifts()),
        *(track.level for track in mechanism.tracks()),
    ]
    return tuple(dict.fromkeys(name for name in (*ends, *levels) if name not in UNTOLD))


def readers(model: Model) -> dict[str, tuple[str, ...]]:
    """Mechanisms that read each stock or level."""
    names_by_need: dict[str, list[str]] = {}
    for mechanism in model.mechanisms:
        for need in mechanism.needs:
            names_by_need.setdefault(need.name, []).append(mechanism.name)
    return {name: tuple(names) for name, names in names_by_need.items()}


def ways(model: Model, start: str) -> tuple[Way, ...]:
    """The shortest way from a mechanism to each mechanism in which people die,
    the shortest ways first.

    Args:
        model: the mechanisms in force.
        start: name of the one that is changed.
    """
    named, read = {m.name: m for m in model.mechanisms}, readers(model)
    if start not in named:
        return ()
    reached: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {start: ((start,), ())}
    line = deque([start])
    while line:
        here = line.popleft()
        for stock in moves(named[here]):
            for other in read.get(stock, ()):
                if other not in reached:
                    reached[other] = ((*reached[here][0], other), (*reached[here][1], stock))
                    line.append(other)
    to_deaths = []
    for name, (mechanisms, through) in reached.items():
        deaths = [flow for flow in named[name].flows() if flow.victim]
        if deaths:
            to_deaths.append(
                Way(mechanisms, through, tuple(dict.fromkeys(flow.victim for flow in deaths)))
            )
    return tuple(sorted(to_deaths, key=lambda way: len(way.mechanisms)))
