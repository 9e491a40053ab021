"""Windows of a comparison in words: from which day each effect is counted."""

from __future__ import annotations

from ..engine.trajectories import Trajectories
from ..results.comparison import Comparison
from .wording import day

EACH = "each policy’s first day"
"""What effects are counted from where policies begin on different days."""


def first_day(comparison: Comparison, run: Trajectories) -> str:
    """The day from which the flows of a policy are counted."""
    return day(comparison.baseline.scenario.date(comparison.since(run)))


def last_day(comparison: Comparison) -> str:
    """The day to which all flows are counted, and of which stocks are."""
    scenario = comparison.baseline.scenario
    return day(scenario.date(scenario.weeks))


def counted_from(comparison: Comparison) -> str:
    """The day from which flows are counted where it is one for all policies that change anything,
    or for all where none does; otherwise :data:`EACH`.
    """
    runs = [run for run in comparison.policies if comparison.acts(run)] or comparison.policies
    days = {first_day(comparison, run) for run in runs}
    return days.pop() if len(days) == 1 else EACH


def labels(comparison: Comparison) -> list[str]:
    """What figures call every policy: with its first day where policies differ in it."""
    differ = counted_from(comparison) == EACH
    return [
        f"{run.scenario.shown}\nfrom {first_day(comparison, run)}"
        if differ and comparison.acts(run)
        else run.scenario.shown
        for run in comparison.policies
    ]
