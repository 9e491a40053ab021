"""The answer of a report: what a run or a comparison shows, in sentences with its numbers."""

from __future__ import annotations

import numpy as np

from ..engine.trajectories import Trajectories
from ..results.comparison import Comparison
from ..results.outcomes import CIVILIANS_KILLED, Outcome, outcomes_of
from ..results.pairs import relative_change
from ..results.tables import bands
from .charts.style import main_outcomes
from .windows import counted_from, first_day, labels, last_day
from .wording import (
    change,
    change_span,
    day,
    listed,
    parts_text,
    percent,
    persons,
    sentence,
    span,
)


def run_answer(trajectories: Trajectories) -> str:
    """What the run shows, in one sentence with its numbers."""
    scenario, counted, parts = trajectories.scenario, [], []
    for outcome in main_outcomes(outcomes_of(scenario.model)):
        if outcome.kind == "flow":
            total = trajectories.total(outcome.series).sum(axis=1)
            parts_told = parts_text(outcome, lambda part: _killed(trajectories, part))
            counted.append(
                f"{_killed(trajectories, outcome)} {outcome.label}{_range(total, parts_told)}"
            )
        else:
            first, last = (
                trajectories.at(outcome.series, 0),
                trajectories.at(outcome.series, scenario.weeks),
            )
            middle = (
                f"goes from {persons(float(np.median(first)))} to {persons(float(np.median(last)))}"
            )
            parts.append(f"the number of {outcome.label} {middle}{_range(last)}")
    parts = [*([f"the model counts {listed(counted)}"] if counted else []), *parts]
    return (
        f"From {day(scenario.start)} to {day(scenario.date(scenario.weeks))}, "
        f"{', and '.join(parts)}."
    )


def _killed(trajectories: Trajectories, outcome: Outcome) -> str:
    """Persons of a flow in the whole run, the median."""
    return persons(float(np.median(trajectories.total(outcome.series).sum(axis=1))))


def _range(values: np.ndarray, parts: str = "") -> str:
    """Parts, and where nine in ten of the replicates lie, in brackets; empty without both."""
    told = [parts] if parts else []
    if len(values) > 1:
        edges = bands(values.astype(float))
        low, high = float(edges["low_90"]), float(edges["high_90"])
        told.append(
            f"nine in ten replicates: {span(low, high, persons)}"
            if persons(low) != persons(high)
            else "nine in ten replicates round to this number"
        )
    return f" ({'; '.join(told)})" if told else ""


def comparison_answer(comparison: Comparison) -> tuple[str, list[tuple[str, str]]]:
    """The policy with the largest effect on deaths in one sentence; then what each policy does,
    its label and its effects.
    """
    outcomes = main_outcomes(comparison.outcomes)
    if not outcomes or not comparison.policies:
        return "Nothing was compared.", []
    leads = [_largest(comparison, outcomes[0])] + [
        _largest(comparison, o, "For civilians alone: ")
        for o in outcomes
        if o.name == CIVILIANS_KILLED
    ]
    ends = {outcome.name: "" if outcome.kind == "flow" else "at the end" for outcome in outcomes}
    told = [
        (
            label.replace("\n", ", "),
            ", and ".join(_effect(comparison, run, o, ends[o.name]) for o in outcomes),
        )
        for label, run in zip(labels(comparison), comparison.policies, strict=True)
    ]
    return " ".join(leads), told


def acting(comparison: Comparison) -> int:
    """Number of policies that change anything; one that changes nothing is a check,
    and no policy.
    """
    return sum(comparison.acts(run) for run in comparison.policies)


def _largest(comparison: Comparison, outcome: Outcome, lead: str = "") -> str:
    """The policy with the largest effect on an outcome, in one sentence."""
    sizes = [
        abs(float(np.median(comparison.differences(run, outcome)))) for run in comparison.policies
    ]
    largest, end = comparison.policies[int(np.argmax(sizes))], last_day(comparison)
    since = first_day(comparison, largest) if max(sizes) else counted_from(comparison)
    period = f" from {since} to {end}" if outcome.kind == "flow" else f" on {end}"
    if max(sizes) == 0.0:
        return sentence(
            f"{lead}{'no' if lead else 'No'} policy changes the number of {outcome.label}{period}."
        )

    def level(outcome: Outcome) -> str:
        return persons(float(np.median(comparison.paired(largest, outcome)[0])))

    parts = parts_text(outcome, level)
    effect = (
        f"{_effect(comparison, largest, outcome)}; the baseline’s level is {level(outcome)}"
        f"{f' ({parts})' if parts else ''}"
    )
    shown = largest.scenario.shown
    if lead:
        return f"{lead}“{shown}”, {effect}."
    what = (
        f"Of {acting(comparison)} policies, “{shown}” makes the largest difference"
        if acting(comparison) > 1
        else f"“{shown}” makes a difference"
    )
    return f"{what}{period}: {effect}."


def _effect(comparison: Comparison, run: Trajectories, outcome: Outcome, when: str = "") -> str:
    """What a policy does to one outcome: the median difference and per cent of the pairs, the band,
    and in how many pairs it is so.
    """
    before, after = comparison.paired(run, outcome)
    difference = after - before
    if not difference.any():
        return (
            f"no change in {outcome.label} in any pair"
            if len(difference) > 1
            else f"no change in {outcome.label}"
        )
    text = f"{change(float(np.median(difference)))} {outcome.label} {when}".rstrip()
    text += f", {percent(float(np.median(relative_change(before, after))))}"
    parts = parts_text(outcome, lambda part: _median_change(comparison, run, part))
    if len(difference) < 2:
        return f"{text} ({parts})" if parts else text
    edges = bands(difference)
    lower, higher = int((difference < 0).sum()), int((difference > 0).sum())
    often = (
        f"fewer in {lower} of {len(difference)} pairs"
        if lower >= higher
        else f"more in {higher} of {len(difference)} pairs"
    )
    return (
        f"{text} ({f'{parts}; ' if parts else ''}nine in ten pairs: "
        f"{change_span(float(edges['low_90']), float(edges['high_90']))}; {often})"
    )


def _median_change(comparison: Comparison, run: Trajectories, outcome: Outcome) -> str:
    """The median difference of one outcome in words."""
    return change(float(np.median(comparison.differences(run, outcome))))
