"""Ablation: what each mechanism changes; the model without it against the whole model,
replicate by replicate.

Both share their random numbers and, where there is a posterior, the draw of their parameters, so
that a difference is what the mechanism does and not what chance does. Parameters of the mechanism
itself go with it; those of the others stay at their draw, which was fitted with the mechanism in
place. Another model is another compiled program, which takes a minute or two to compile once;
compiled programs are kept for the next start (see :mod:`tregua.engine.session`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..engine.plan import make_plan
from ..engine.run import Progress, simulate
from ..engine.trajectories import Trajectories
from ..errors import TreguaError
from ..model.declarations import BACKGROUND, CIVILIAN, MEMBER, Victim
from ..results.outcomes import deaths_of
from ..scenarios.policy import Modifier, Policy
from ..scenarios.posterior import StoredPosterior
from ..scenarios.scenario import Draws, Scenario

if TYPE_CHECKING:
    import pandas

YEARS_10 = 520
"""Weeks of a run where the caller does not say: ten years,
in which what one mechanism changes shows.
"""

VICTIMS_COUNTED: dict[str, tuple[Victim, ...]] = {
    "civilians_in_group_violence": (CIVILIAN,),
    "members_killed": (MEMBER,),
    "killed": (),
}
"""Outcomes of the table and the victims that each counts; no victims stand for all.
Only deaths tied to groups count: those without a tie are of one mechanism and would only go with
it.
"""

EMPTY = "TR2207"
"""Code of the refusal of a model in which no group can have a member."""


def shortened(scenario: Scenario, weeks: int) -> tuple[Scenario, tuple[str, ...]]:
    """Scenario cut to its first weeks, and the changes of its policies that would begin later,
    in words.
    """
    weeks = min(weeks, scenario.weeks)
    end = scenario.date(weeks)
    return _with_changes(
        replace(scenario, weeks=weeks), lambda change: change.start is None or change.start < end
    )


def without(scenario: Scenario, name: str) -> tuple[Scenario, tuple[str, ...]]:
    """Scenario with one mechanism ablated: without its values and the changes that policies make to
    it; and those changes in words.

    Raises:
        TreguaError: TR2106 where the model has no such mechanism.
    """
    model, own = scenario.model - name, f"{name}."
    values, overrides = (
        {n: x for n, x in layer.items() if not n.startswith(own)}
        for layer in (scenario.values, scenario.overrides)
    )
    fewer = replace(
        scenario,
        model=model,
        values=values,
        overrides=overrides,
        name=f"{scenario.name}-without-{name}",
        label=f"without {name}",
    )
    return _with_changes(fewer, lambda change: not change.target.startswith(own))


def _with_changes(
    scenario: Scenario, wanted: Callable[[Modifier], bool]
) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario with only the wanted changes of its policies, and the others in words."""
    policies: list[Policy] = []
    dropped: list[Modifier] = []
    for policy in scenario.policies:
        remaining = tuple(change for change in policy.modifiers if wanted(change))
        dropped += [change for change in policy.modifiers if not wanted(change)]
        policies += [replace(policy, modifiers=remaining)] if remaining else []
    return replace(scenario, policies=tuple(policies)), tuple(change.text() for change in dropped)


def _chosen(scenario: Scenario, names: Sequence[str] | None) -> list[str]:
    """Mechanisms to turn off, each once; None stands for all without which anybody is left."""
    if names is None:
        return [m.name for m in scenario.model.mechanisms if _peopled(scenario, m.name)]
    if not names:
        raise TreguaError(
            "TR1209", "no mechanism is named to turn off", do="name one, or give None"
        )
    return list(dict.fromkeys(names))


def _peopled(scenario: Scenario, name: str) -> bool:
    """Whether groups have members without a mechanism; where nobody founds them,
    there may be nothing to run.
    """
    try:
        make_plan(without(scenario, name)[0], "mean-field")
    except TreguaError as error:
        if error.code == EMPTY:
            return False
        raise
    return True


def deaths(run: Trajectories, victims: tuple[Victim, ...]) -> np.ndarray:
    """Deaths tied to groups in the whole run, of some victims or of all: shape (replicate,)."""
    tied = [
        n
        for n, flow in deaths_of(run.scenario.model).items()
        if flow.cause != BACKGROUND and (not victims or flow.victim in victims)
    ]
    return (
        run.total(tuple(tied)).sum(axis=1).astype(float) if tied else np.zeros(run.plan.replicates)
    )


def ablate(
    scenario: Scenario,
    names: Sequence[str] | None = None,
    replicates: int = 32,
    seed: int = 1,
    progress: Progress | None = None,
    *,
    weeks: int = YEARS_10,
    solver: str = "tau-leap",
    posterior: StoredPosterior | None = None,
) -> pandas.DataFrame:
    """Ablation of each mechanism: what turning it off changes in civilians, members and all persons
    killed in group violence, paired with the whole model.

    Args:
        scenario: the whole model, with its policies.
        names: mechanisms to turn off, each by itself; None for all of the model without which
            anybody is left.
        replicates: pairs of runs for each.
        seed: of all randomness.
        progress: told after each block, over all runs.
        weeks: length of the runs, at most that of the scenario.
        solver: which solver runs them.
        posterior: whose draws are taken; each model takes those of its own parameters, and
            replicate i of each takes draw i modulo their number.

    Returns:
        One row for each mechanism and outcome: means of both runs [person in the whole run],
        ``difference`` of the means (without the mechanism less the whole) with ``standard_error``,
        ``difference_low_90`` and ``difference_high_90`` over pairs (chance, and what draws do not
        agree on), ``relative`` to the whole model, and ``dropped``: changes by policies that act on
        the mechanism and are left out with it.

    Raises:
        TreguaError: TR1209 for no name, TR2106 for one that the model has not, TR2207 where nobody
            is left without one.
    """
    import pandas

    def drawn(one: Scenario) -> Draws | None:
        return posterior.draws_for(one.model) if posterior else None

    base, _ = shortened(scenario, weeks)
    chosen = _chosen(base, names)
    fewer = [without(base, name) for name in chosen]
    for one in (base, *(ablated for ablated, _ in fewer)):
        # Before any work: the last of them may be one that is refused.
        make_plan(one, solver, replicates, seed, draws=drawn(one))

    def told(number: int, done: int, all_: int) -> None:
        if progress:
            progress(number * all_ + done, (1 + len(fewer)) * all_)

    def counts(number: int, one: Scenario) -> dict[str, np.ndarray]:
        # Only the counts are kept: seventeen whole runs would not fit into memory.
        run = simulate(
            one, solver, replicates, seed, draws=drawn(one), progress=partial(told, number)
        )
        return {outcome: deaths(run, victims) for outcome, victims in VICTIMS_COUNTED.items()}

    whole, rows = counts(0, base), []
    for number, (name, (one, dropped)) in enumerate(zip(chosen, fewer, strict=True), 1):
        for outcome, killed in counts(number, one).items():
            rows.append(
                {
                    "mechanism": name,
                    "outcome": outcome,
                    "unit": "person",
                    **_compared(whole[outcome], killed),
                    "dropped": "; ".join(dropped),
                }
            )
    return pandas.DataFrame(rows)


def _compared(before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """Means of both runs and their paired difference, as columns of the table."""
    difference, pairs = after - before, len(before)
    low, high = np.quantile(difference, [0.05, 0.95])
    return {
        "whole": float(before.mean()),
        "without": float(after.mean()),
        "difference": float(difference.mean()),
        "standard_error": float(np.std(difference, ddof=1) / np.sqrt(pairs))
        if pairs > 1
        else float("nan"),
        "difference_low_90": float(low),
        "difference_high_90": float(high),
        "relative": float(difference.mean() / before.mean()) if before.mean() else float("nan"),
        "pairs": float(pairs),
    }
