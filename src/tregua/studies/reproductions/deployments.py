"""Deployments of troops: what they do to killings in a state, in the states linked to it, and to
traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...engine.trajectories import Trajectories
from ...model.calendar import WEEK_DAYS
from ...results.by_territory import PERSONS, mean_inhabitants
from ...scenarios.policy import Modifier, Policy
from .paired_runs import Numbers, Runner, counted, killed_names, mean, place_of, relative


@dataclass(frozen=True, eq=False)
class Deployment:
    """Effect of troops sent to one state in the first year.

    Attributes:
        state: where.
        rate: change of persons killed per 100,000 inhabitants: shape (replicate,).
        linked: change of persons killed in the states linked to it, by link: shape (replicate,).
        linked_base: the same without the troops.
        traffic: relative change of traffic there and in the linked states.
    """

    state: str
    rate: np.ndarray
    linked: np.ndarray
    linked_base: np.ndarray
    traffic: tuple[float, float]


def deployment(runner: Runner, base: Trajectories, state: str) -> Deployment:
    """Difference that troops sent to a state make in the first year; this runs it."""
    run, place, data = runner.published.run, place_of(base, state), base.scenario.data
    change = Modifier(
        "troops.deployed",
        "set",
        run["troops"],
        base.scenario.date(run["week"]),
        territories=(state,),
    )
    sent = runner(run["week"] + 1 + run["year"], Policy(f"troops to {state}", (change,)))
    links = np.asarray(data.covariates["links"], float)[place]
    links = np.where(np.arange(len(links)) == place, 0.0, links)
    before, after = (counted(x, killed_names(base), run["week"], run["year"]) for x in (base, sent))
    traffic = [
        counted(x, ("traffic",), run["week"], run["year"]).mean(axis=0) for x in (base, sent)
    ]
    there, linked = (
        100.0 * float((w @ traffic[1]) / max(w @ traffic[0], 1e-9) - 1.0)
        for w in (np.eye(len(links))[place], links)
    )
    people = _people(base, run["week"], run["year"])[place]
    return Deployment(
        state,
        (after - before)[:, place] / people * PERSONS,
        (after - before) @ links,
        before @ links,
        (there, linked),
    )


def history(runner: Runner, base: Trajectories) -> np.ndarray:
    """Effect of the joint operations so far against none: change of persons killed per 100,000
    inhabitants in the first year of each, mean over states, shape (replicate,).
    """
    run, data = runner.published.run, base.scenario.data
    none = runner(run["weeks"], Policy.set("troops.surge", 0.0, name="no operations"))
    days = np.asarray(data.covariates["operation_start"]) - base.scenario.start.toordinal()
    first = days / WEEK_DAYS
    begun, rates = np.flatnonzero(first < run["week"]), []
    for place in begun:
        start = max(0, int(np.ceil(first[place])))
        with_, without = (
            counted(x, killed_names(base), start, run["year"])[:, place] for x in (base, none)
        )
        people = _people(base, start, run["year"])[place]
        rates.append((with_ - without) / people * PERSONS)
    return np.mean(rates, axis=0)


def _people(base: Trajectories, since: int, weeks: int) -> np.ndarray:
    """Mean inhabitants of every state over some weeks: shape (territory,)."""
    return np.asarray(mean_inhabitants(base.scenario, since, since + weeks))


def numbers_of_troops(states: Sequence[Deployment], before: np.ndarray) -> Numbers:
    """Changes per 100,000, spill-over, and where the trade goes, by key of the rows."""
    sent, error = mean(np.mean([one.rate for one in states], axis=0))
    each = [one.rate.mean() for one in states]
    spill = relative(
        np.sum([one.linked for one in states], axis=0),
        np.sum([one.linked_base for one in states], axis=0),
    )
    past = mean(before)
    return {
        **{
            "sent.mean": sent,
            "sent.error": error,
            "sent.sign": sent,
            "sent.least": min(each),
            "sent.most": max(each),
        },
        **{
            "history.mean": past[0],
            "history.error": past[1],
            "spill.mean": spill[0],
            "spill.error": spill[1],
        },
        **{
            f"traffic.{name}": float(np.mean([one.traffic[i] for one in states]))
            for i, name in enumerate(("here", "linked"))
        },
    }
