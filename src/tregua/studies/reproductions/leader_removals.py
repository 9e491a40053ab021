"""Removals of leaders: what the loss of one leader does to killings, there and elsewhere.

A leader is removed by a pulse: for one week one removal is expected in one state. Pairs in which
exactly one leader more fell there are compared; which they are depends on draws that nothing else
depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...engine.trajectories import Trajectories
from ...scenarios.policy import Modifier, Policy
from ...scenarios.scenario import Scenario
from .paired_runs import Numbers, Runner, counted, place_of, relative

FIGHTING = ("conflict.killed", "civilians.caught")
"""Flows of those killed by rivals and in crossfire."""

ENDS = {"low": 0.05, "high": 0.95}
"""Ends of an interval of nine in ten."""


@dataclass(frozen=True, eq=False)
class Removals:
    """Pairs of runs that differ by the removal of one leader in one state.

    The first entry of each pair of arrays is without it, the second with it.

    The studies compare municipalities, where one or two groups are. The ground of the hit group
    stands for them: its own members killed by rivals.

    Attributes:
        state: where.
        half_year: members of the hit group killed by rivals in the state in half a year from the
            removal on: shape (2, pair).
        year: the same in a year.
        elsewhere: members of the hit group killed by rivals in all other states in half a year.
        whole: killings by rivals and in crossfire of all groups in the state in the half year
            after.
    """

    state: str
    half_year: np.ndarray
    year: np.ndarray
    elsewhere: np.ndarray
    whole: np.ndarray


def pulse(runner: Runner, base: Trajectories, state: str) -> Policy:
    """Policy for one week in which one removal is expected in a state, at its mean members and
    troops before.
    """
    run, place = runner.published.run, place_of(base, state)
    week, day = run["week"], base.scenario.date(run["week"])
    members = base.series["members"][:, week].mean(axis=0)
    support = (
        1.0
        + _value(base.scenario, "leaders.troop_support")
        * base.series["troops"][:, week - 1, place].mean()
        / 1e3
    )
    rate = run["pulse"] * members.sum() / members[place] / support
    change = Modifier(
        "leaders.removals",
        "set",
        float(rate),
        day,
        base.scenario.date(week + 1),
        territories=(state,),
    )
    return Policy(f"one leader in {state}", (change,))


def _value(scenario: Scenario, name: str) -> float:
    return float(np.mean(scenario.compile().base[name]))


def removals(runner: Runner, base: Trajectories, state: str) -> Removals:
    """Pairs of a state in which one leader more was removed by the pulse; this runs it."""
    run, place = runner.published.run, place_of(base, state)
    week, block = run["week"], run["week"] // run["block_weeks"]
    hit = runner(week + run["year"], pulse(runner, base, state))
    more = (
        hit.series["leaders.removed"][:, week, place]
        - base.series["leaders.removed"][:, week, place]
    )
    groups = (hit.sums["leaders.removed"][:, block] - base.sums["leaders.removed"][:, block])[
        :, place
    ]
    # Later in the half year a leader may fall in one run and not in the other;
    # where that hides whom the pulse hit, the pair is left out.
    pairs = np.flatnonzero((more == 1) & (groups.sum(axis=1) == 1) & (groups.max(axis=1) == 1))
    who = groups[pairs].argmax(axis=1)
    # Axes: run, pair, half year from the removal on, state.
    own = np.array(
        [
            x.sums["conflict.killed"][pairs, block : block + 2][np.arange(len(pairs)), :, :, who]
            for x in (base, hit)
        ],
        float,
    )
    whole = np.array(
        [counted(x, FIGHTING, week + 1, run["half_year"])[pairs, place] for x in (base, hit)]
    )
    here = own[..., place]
    return Removals(
        state, here[:, :, 0], here.sum(axis=2), own[:, :, 0].sum(axis=2) - here[:, :, 0], whole
    )


def numbers_of_removals(states: Sequence[Removals]) -> Numbers:
    """Means, errors and intervals over all pairs of all states [%], by key of the rows."""
    numbers: Numbers = {}
    for name, field in (
        ("place", "half_year"),
        ("year", "year"),
        ("elsewhere", "elsewhere"),
        ("whole", "whole"),
    ):
        base, hit = np.concatenate([getattr(one, field) for one in states], axis=1)
        numbers |= dict(
            zip((f"{name}.mean", f"{name}.error"), relative(hit - base, base), strict=True)
        )
        # One pair counts by its killings: where hardly anybody is killed,
        # one more would be a large change.
        seen = base > 0.0
        for end, q in ENDS.items():
            change = 100.0 * (hit - base)[seen] / base[seen]
            numbers[f"{name}.{end}"] = float(
                np.quantile(change, q, weights=base[seen], method="inverted_cdf")
            )
    order = numbers["place.mean"] - numbers["elsewhere.mean"]
    return numbers | {
        "elsewhere.sign": numbers["elsewhere.mean"],
        "order": order,
        "removals": float(sum(one.year.shape[1] for one in states)),
    }
