r"""Effects that no parameter holds: what the national model does to violence after removals of
leaders, deployments, scarcity and searches.

Each is the difference of two runs with the same random numbers, one with and one without the
intervention. With :math:`Y_{ir}` what is counted in replicate i and state r, and weights w of
states,

.. math::
    \text{relative change} = \frac{\sum_{ir} w_{ir}\,(Y'_{ir} - Y_{ir})}{\sum_{ir} w_{ir}\, Y_{ir}}.

A leader is removed by a pulse: for one week one removal is expected in one state. Pairs in which
exactly one leader more fell there are compared; which they are depends on draws that nothing else
depends on. What is counted is the members of the hit group whom rivals kill, because the studies
look at municipalities, in which one or two groups are; a state has five or so that count, and its
whole toll is shown beside.

Source: the studies in ``tregua/studies/reproductions/data/published/emergent-effects.toml``. All
mechanisms are in force at the values of the data set ``mexico-2007``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...engine.plan import blocks_of, make_plan
from ...engine.run import CHUNK, simulate
from ...engine.trajectories import Trajectories
from ...model.declarations import Number
from ...model.model import Model
from ...reporting.charts.style import Picture
from ...results.by_territory import PERSONS, population_of
from ...results.outcomes import outcomes_of
from ...scenarios.policy import Modifier, Policy
from ...scenarios.scenario import Scenario
from .published import Published, load
from .rows import Progress, Reproduction
from .size_2023 import Steps

if TYPE_CHECKING:
    import pandas

NAME = "emergent-effects"
FIGHTING = ("conflict.killed", "civilians.caught")
Values = Mapping[str, Number]
Numbers = dict[str, float]


HISTORY = ("vetting.capacity", "leaders.removals")
"""Parameters that the national scenario scales by what is known of the years."""


@dataclass(frozen=True, eq=False)
class Runner:
    """Runs the nation under policies with the same random numbers.

    Attributes:
        published: the file of numbers.
        model: mechanisms in force.
        values: parameters to change by full name.
        replicates: how many.
        steps: told about every block of every chunk.
    """

    published: Published
    model: Model
    values: Values
    replicates: int
    steps: Steps

    def scenario(self, weeks: int, policy: Policy | None = None) -> Scenario:
        """The nation for some weeks, under a policy or none."""
        run = self.published.run
        known = tuple(
            Policy.scale(name, run[name], name=f"history of {name}")
            for name in HISTORY
            if name in self.model.parameters
        )
        return Scenario(
            self.model,
            run["start"],
            weeks,
            run["data"],
            self.values,
            policies=(*known, *((policy,) if policy else ())),
            name=NAME,
        )

    def __call__(self, weeks: int, policy: Policy | None = None) -> Trajectories:
        """Run it."""
        run = self.published.run
        settings = {
            "replicates": self.replicates,
            "seed": run["seed"],
            "block_weeks": run["block_weeks"],
        }
        return simulate(
            self.scenario(weeks, policy),
            "tau-leap",
            progress=lambda done, total: self.steps.finished(),
            **settings,
        )


def place_of(run: Trajectories, state: str) -> int:
    """Number of a state."""
    return run.scenario.data.space.labels("territory").index(state)


def counted(run: Trajectories, names: tuple[str, ...], first: int, weeks: int) -> np.ndarray:
    """Sums of flows or levels in every state over some weeks: shape (replicate, state)."""
    return run.by_territory(names)[:, first : first + weeks].sum(axis=1).astype(float)


def killed_names(run: Trajectories) -> tuple[str, ...]:
    """All deaths that are tied to groups."""
    return outcomes_of(run.scenario.model)["killed"].series


def relative(change: np.ndarray, base: np.ndarray) -> tuple[float, float]:
    """Change of a sum against the sum of the base,
    and its Monte-Carlo error over the entries [%].
    """
    share = change.sum() / base.sum()
    error = (
        np.std(change - share * base, ddof=1) / np.sqrt(len(base)) / base.mean()
        if len(base) > 1
        else np.nan
    )
    return 100.0 * share, 100.0 * error


def mean(values: np.ndarray) -> tuple[float, float]:
    """Mean over replicates and its Monte-Carlo error."""
    return float(values.mean()), float(np.std(values, ddof=1) / np.sqrt(len(values)))


# Removal of a leader


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
    """A week in which one removal is expected in a state, at its mean members and troops before."""
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
    """Run the pulse in a state and keep the pairs in which one leader more was removed."""
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


def numbers_of_removals(found: list[Removals]) -> Numbers:
    """Means, errors and intervals over all pairs."""
    numbers: Numbers = {}
    for name, field in (
        ("place", "half_year"),
        ("year", "year"),
        ("elsewhere", "elsewhere"),
        ("whole", "whole"),
    ):
        base, hit = np.concatenate([getattr(one, field) for one in found], axis=1)
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
        "removals": float(sum(one.year.shape[1] for one in found)),
    }


ENDS = {"low": 0.05, "high": 0.95}
"""Ends of an interval of nine in ten."""


# Troops


@dataclass(frozen=True, eq=False)
class Deployment:
    """What troops in one state do in the first year.

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
    """Send troops to a state."""
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
    moved_there, moved_linked = (
        100.0 * float((w @ traffic[1]) / max(w @ traffic[0], 1e-9) - 1.0)
        for w in (np.eye(len(links))[place], links)
    )
    people = np.asarray(population_of(base.scenario))[place]
    return Deployment(
        state,
        (after - before)[:, place] / people * PERSONS,
        (after - before) @ links,
        before @ links,
        (moved_there, moved_linked),
    )


def history(runner: Runner, base: Trajectories) -> np.ndarray:
    """The joint operations so far against none: change per 100,000 in the first year of each, mean
    over states, shape (replicate,).
    """
    run, data = runner.published.run, base.scenario.data
    none = runner(run["weeks"], Policy.set("troops.surge", 0.0, name="no operations"))
    first = (np.asarray(data.covariates["operation_start"]) - base.scenario.start.toordinal()) / 7.0
    begun, rates = np.flatnonzero(first < run["week"]), []
    for place in begun:
        start = max(0, int(np.ceil(first[place])))
        with_, without = (
            counted(x, killed_names(base), start, run["year"])[:, place] for x in (base, none)
        )
        rates.append((with_ - without) / np.asarray(population_of(base.scenario))[place] * PERSONS)
    return np.mean(rates, axis=0)


def numbers_of_troops(found: list[Deployment], before: np.ndarray) -> Numbers:
    """Changes per 100,000, spill-over, and where the trade goes."""
    sent, error = mean(np.mean([one.rate for one in found], axis=0))
    each = [one.rate.mean() for one in found]
    spill = relative(
        np.sum([one.linked for one in found], axis=0),
        np.sum([one.linked_base for one in found], axis=0),
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
            f"traffic.{name}": float(np.mean([one.traffic[i] for one in found]))
            for i, name in enumerate(("here", "linked"))
        },
    }


# Goods


def scarcity(runner: Runner, base: Trajectories) -> Numbers:
    """Less cocaine from the week of the interventions on: who is killed more, and where."""
    run, data = runner.published.run, base.scenario.data
    supply = float(
        base.scenario.compile().base["trade.supply"][
            0, data.space.labels("commodity").index("cocaine")
        ]
    )
    # A cap touches cocaine alone: there is far less of the other two.
    cut = Policy(
        "scarcity",
        (
            Modifier(
                "trade.supply", "cap", run["cocaine"] * supply, base.scenario.date(run["week"])
            ),
        ),
    )
    length = run["weeks"] - run["week"]
    before, after = (
        counted(x, killed_names(base), run["week"], length)
        for x in (base, runner(run["weeks"], cut))
    )
    people = np.asarray(population_of(base.scenario))
    border = np.asarray(data.covariates["border"]) > 0.0
    members = base.snapshot("members", run["week"]).mean(axis=0)
    present = (members >= run["present"]).sum(axis=1)
    even = 1.0 / ((members / members.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
    rise, years = after - before, length / run["year"]
    found = dict(
        zip(
            ("scarcity.mean", "scarcity.error"),
            relative(rise.sum(axis=1), before.sum(axis=1)),
            strict=True,
        )
    )
    for name, inside in (
        ("border", border),
        ("groups", present > np.median(present)),
        ("even", even > np.median(even)),
    ):
        apart = (
            rise[:, inside].sum(axis=1) / people[inside].sum()
            - rise[:, ~inside].sum(axis=1) / people[~inside].sum()
        )
        found |= dict(
            zip(
                (f"scarcity.{name}", f"scarcity.{name}.error"),
                mean(apart * PERSONS / years),
                strict=True,
            )
        )
    for name, inside in (("border", border), ("rest", ~border)):
        found[f"scarcity.{name}.relative"] = relative(
            rise[:, inside].sum(axis=1), before[:, inside].sum(axis=1)
        )[0]
    return found


def searches(runner: Runner, base: Trajectories) -> Numbers:
    """Twice the searches: what is seized, in how many seizures, and how many states drugs still
    pass, in the second year.
    """
    run = runner.published.run
    start = run["weeks"] - run["year"]
    more = runner(
        run["weeks"],
        Policy.scale(
            "trade.searches", run["searches"], base.scenario.date(run["week"]), name="searches"
        ),
    )

    def of(x: Trajectories) -> dict[str, np.ndarray]:
        total, number = (
            counted(x, (name,), start, run["year"]).sum(axis=1) for name in ("seized", "seizures")
        )
        active = (counted(x, ("traffic",), start, run["year"]) / run["year"] > run["active"]).sum(
            axis=1
        )
        return {"seized": total, "each": total / number, "active": active}

    before, after = of(base), of(more)
    better = {
        "seized": after["seized"] > before["seized"],
        "each": after["each"] < before["each"],
        "active": after["active"] >= before["active"],
    }
    found = {
        f"{name}.mean": relative(after[name] - before[name], before[name])[0]
        for name in ("seized", "each")
    }
    found["active.mean"] = float((after["active"] - before["active"]).mean())
    return found | {f"{name}.share": 100.0 * float(x.mean()) for name, x in better.items()}


def reproduce(
    draw: Callable[[Published, Numbers, list[Deployment]], Picture],
    tabulate: Callable[[list[Removals], list[Deployment]], pandas.DataFrame],
    progress: Progress | None = None,
    values: Values | None = None,
    replicates: int | None = None,
) -> Reproduction:
    """Run the nation with and without each intervention and put published effects next to ours.

    Args:
        draw: makes the picture; what is computed here knows no chart.
        tabulate: makes the table of states.
        progress: told after each block of weeks.
        values: parameters to change by full name, to see what the rows say then.
        replicates: how many, if not those of the file.
    """
    published = load(NAME)
    run = published.run
    runner = Runner(
        published, Model.standard(), values or {}, replicates or run["replicates"], Steps(None, 0)
    )
    runner = Runner(
        published, runner.model, runner.values, runner.replicates, Steps(progress, work(runner))
    )
    base = runner(run["weeks"])
    hits = [removals(runner, base, state) for state in run["removed_in"]]
    sent = [deployment(runner, base, state) for state in run["sent_to"]]
    found = (
        numbers_of_removals(hits)
        | numbers_of_troops(sent, history(runner, base))
        | scarcity(runner, base)
        | searches(runner, base)
    )
    rows = published.compare(found)
    outside = sum(row.verdict == "OUTSIDE" for row in rows)
    judged = sum(row.verdict != "shown" for row in rows)
    return Reproduction(
        NAME,
        "Effects that no parameter holds",
        (
            f"{judged - outside} of {judged} published effects and signs come out within the "
            "tolerances set beforehand. The national model, pairs of runs with the same random "
            "numbers; its values were set by hand to the size of the record, and how hard rivals "
            "press a badly led group with the first row and the joint operations in view."
        ),
        rows,
        {"effects": draw(published, found, sent)},
        {"states": tabulate(hits, sent)},
        NOTES,
        published.cited,
    )


def work(runner: Runner) -> int:
    """Blocks of all runs, as told to the progress bar."""
    run, chunks = runner.published.run, -(-runner.replicates // CHUNK)
    lengths = [run["weeks"]] * 4 + [run["week"] + 1 + run["year"]] * (
        len(run["removed_in"]) + len(run["sent_to"])
    )
    plan = make_plan(
        runner.scenario(1), "tau-leap", runner.replicates, run["seed"], 1.0, run["block_weeks"]
    )
    return chunks * sum(blocks_of(runner.scenario(weeks), plan) for weeks in lengths)


NOTES = (
    (
        "Removals and troops are studied one state at a time, in the ten states where groups are "
        "most. The published studies look at municipalities: for removals the ground of the hit "
        "group stands for them, its own members killed by rivals, and the whole toll of the "
        "state is shown beside."
    ),
    (
        "Intervals of removals are nine in ten of all pairs of all states, each pair counted by "
        "its killings: they hold chance in half a year, not only doubt about the mean. A wide "
        "interval contains much, so the mean has a tolerance of its own."
    ),
    (
        "That rivals fight harder where one of them is without command is a parameter of the "
        "model, and so are the command lost with a leader and under troops; by how much a removal "
        "or a deployment raises killings is not."
    ),
    (
        "Scarcity and searches are compared by sign only; the model's prices, routes and shares "
        "at risk are assumed within wide priors."
    ),
)
