r"""Emergent effects, which follow from other parameters: what the national model does to violence
after removals of leaders, deployments, scarcity and searches. How hard rivals press a badly led
group was set with the published rises in view, and what is compared was changed after results were
seen, so that agreement is no test of the model.

Each is the difference of two runs with the same random numbers, one with and one without the
intervention. With :math:`Y_{ir}` what is counted in replicate i and state r, and weights w of
states,

.. math::
    \text{relative change} = \frac{\sum_{ir} w_{ir}\,(Y'_{ir} - Y_{ir})}{\sum_{ir} w_{ir}\, Y_{ir}}.

After a removal what is counted is the members of the hit group whom rivals kill, because the
studies look at municipalities, in which one or two groups are; a state has five or so that count,
and its whole toll is shown beside.

Source: the studies in ``tregua/studies/reproductions/data/published/emergent-effects.toml``. All
mechanisms are in force, at the medians of the shipped fit and at the values of the data set
``mexico-2007``, which were set by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...engine.plan import blocks_of, make_plan
from ...engine.run import CHUNK
from ...model.model import Model
from ...scenarios.posterior import load_posterior
from .contraband import scarcity, searches
from .deployments import Deployment, deployment, history, numbers_of_troops
from .leader_removals import Removals, numbers_of_removals, removals
from .paired_runs import NAME, Numbers, Runner, Values
from .published import Published, load
from .rows import Progress, Reproduction, Row, Steps, tally

if TYPE_CHECKING:
    import pandas

    from ...reporting.charts.style import Picture


BY_HAND = "hand."
"""Beginning of the keys of rows at the values set by hand."""


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects of all interventions at one set of values.

    Attributes:
        numbers: by key of the rows.
        hits: removals by state.
        sent: deployments by state.
    """

    numbers: Numbers
    hits: Sequence[Removals]
    sent: Sequence[Deployment]


def effects(runner: Runner) -> Effects:
    """Run the nation with and without each intervention."""
    run = runner.published.run
    base = runner(run["weeks"])
    hits = [removals(runner, base, state) for state in run["removed_in"]]
    sent = [deployment(runner, base, state) for state in run["sent_to"]]
    numbers = (
        numbers_of_removals(hits)
        | numbers_of_troops(sent, history(runner, base))
        | scarcity(runner, base)
        | searches(runner, base)
    )
    return Effects(numbers, hits, sent)


def middle(posterior: str, model: Model) -> dict[str, np.ndarray]:
    """Medians of a posterior's draws by full name, each parameter for itself."""
    draws = load_posterior(posterior).draws_for(model)
    return {name: np.asarray(np.median(values, axis=0)) for name, values in draws.items()}


def reproduce(
    draw: Callable[[Published, Numbers, Sequence[Deployment]], Picture],
    tabulate: Callable[[Sequence[Removals], Sequence[Deployment]], pandas.DataFrame],
    progress: Progress | None = None,
    values: Values | None = None,
    replicates: int | None = None,
) -> Reproduction:
    """Run the nation at the medians of the fit and at the values set by hand, and put published
    effects next to both.

    Args:
        draw: makes the picture, of the effects at the fit; what is computed here knows no chart.
        tabulate: makes the table of states, at the fit too.
        progress: told after each block of weeks.
        values: parameters to change by full name, to see what the rows say then.
        replicates: how many, if not those of the file.
    """
    published, model = load(NAME), Model.standard()
    many = replicates or published.run["replicates"]
    runner = Runner(published, model, values or {}, many, Steps(None, 0))
    runner = replace(runner, steps=Steps(progress, 2 * work(runner)))
    fit = effects(replace(runner, fitted=middle(published.run["posterior"], model)))
    hand = effects(runner)
    rows = published.compare(fit.numbers)
    beside = tuple(
        replace(row, quantity=f"at the values set by hand: {row.quantity}", key=BY_HAND + row.key)
        for row in published.compare(hand.numbers)
    )
    return Reproduction(
        NAME,
        "Effects of removals, troops, scarcity and searches, beside published ones",
        summary(rows, beside),
        rows + beside,
        {"effects": draw(published, fit.numbers, fit.sent)},
        {"states": tabulate(fit.hits, fit.sent)},
        NOTES,
        published.cited,
    )


def summary(fit: Sequence[Row], hand: Sequence[Row]) -> str:
    """How many effects come out at both sets of values, and the two that are looked at first."""
    (inside, judged), (by_hand, _) = tally(fit), tally(hand)
    numbers = {row.key: row.ours for row in fit}
    return (
        f"At the medians of the shipped fit {inside} of {judged} published effects and signs come "
        f"out within their tolerances, and at values set by hand {by_hand} of {judged}. At the fit "
        f"a removal changes killings by {numbers['place.mean']:+.0f} % in half a year, where +36.5 "
        f"is published, and by {numbers['year.mean']:+.0f} % in a year, where +80 is. Values were "
        "set by hand to the size of the record, and how hard rivals press a badly led group with "
        "the first row and the joint operations in view; what is compared was changed after "
        "results were seen. Pairs of runs of the national model with the same random numbers."
    )


def work(runner: Runner) -> int:
    """Blocks of weeks of all runs, as told to the progress bar."""
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
        "model, and so are the command lost with a leader and under troops. The first was set with "
        "the published rises in view: the size of these effects was not put in directly, but it "
        "was looked at."
    ),
    (
        "Scarcity and searches are compared by sign only; the model's prices, routes and shares "
        "at risk are assumed within wide priors."
    ),
)
