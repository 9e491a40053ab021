"""What carries the sign of each policy of a comparison: pairs run again with the assumptions that
its effect goes with switched off, or at the ends of their priors.

All assumptions and ends share one run of the baseline and one of each policy: a pair has one
assumption at one end, and the draws of the comparison for everything else. So the cost is bounded
by half of the comparison's own replicates, whatever the number of assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Float

from ..engine.executor import Stop, ThreadsOnDevices
from ..engine.plan import blocks_of
from ..engine.run import CHUNK, Progress, run_plan
from ..engine.trajectories import Trajectories
from ..errors import TreguaError
from ..results.comparison import Comparison, counted
from ..results.drivers import (
    FEWEST_PAIRS,
    Driver,
    End,
    SignDrivers,
    at_end,
    drawn_values,
    ends_of,
    find_drivers,
    prior_moved,
    verdict,
    width_left,
)
from ..results.outcomes import headlines
from ..scenarios.scenario import Draws, Scenario, resolve

if TYPE_CHECKING:
    import pandas

FEWEST_RERUN = 4
"""Pairs for an assumption at one end, at the least; assumptions beyond that room are not rerun."""

ENDS = 2
"""Ends of an assumption."""

UNDEFINED = "TR2301"
"""Refusal of a run that meets numbers which make no sense, as where something is divided by an
assumption that is switched off.
"""


@dataclass(frozen=True)
class Rerun:
    """An assumption at one end, and the pairs that have it there.

    Attributes:
        parameter: full name of the assumption.
        end: which.
        value: its mean there, in its unit.
        pairs: their numbers.
    """

    parameter: str
    end: End
    value: float
    pairs: slice


def sign_drivers(
    comparison: Comparison, draws: Draws | None, progress: Progress | None = None
) -> SignDrivers:
    """What carries the effect of each policy on the first headline outcome, persons killed.

    Args:
        comparison: pairs of runs.
        draws: posterior draws that they used.
        progress: told after each block of the pairs that are run again.

    Returns:
        The three assumptions with which each effect goes most, and the effect with each at its
        ends. With fewer than 30 pairs, or without draws, nothing; with fewer than two chunks of
        pairs (100), rank correlations only.

    Raises:
        TreguaError: those of :func:`~tregua.engine.run.run_plan`, except for numbers that make no
            sense with an assumption switched off: the lower end of its prior is taken instead.
    """
    base, pairs = comparison.baseline.scenario, comparison.baseline.plan.replicates
    drawn = drawn_values(base, draws, comparison.baseline.numbers)
    acting = [run for run in comparison.policies if comparison.acts(run)]
    if not acting or not drawn or pairs < FEWEST_PAIRS:
        return SignDrivers(_table([]), _why_nothing(drawn, pairs))
    outcome = headlines(base.model)[0]
    effects = {run.scenario.name: comparison.differences(run, outcome) for run in acting}
    labels = {run.scenario.name: run.scenario.shown for run in acting}
    drivers = {name: find_drivers(effect, drawn) for name, effect in effects.items()}
    room = pairs // (ENDS * CHUNK) * CHUNK
    reruns = _planned(base, _strongest(drivers, room), room)
    changed: dict[str, np.ndarray] = {}
    if reruns:
        reruns, changed = _run_again(comparison, acting, draws or {}, reruns, room, progress)
    # The draws of the pairs that are run again are those of the first pairs.
    first = comparison.baseline.numbers < (reruns[0].pairs.stop if reruns else 0)
    moved, resolved = prior_moved(base), resolve(base, draws)
    widths = {
        name: width_left(base.model.parameters[name], moved[name], resolved[name].value)
        for name in {driver.parameter for named in drivers.values() for driver in named}
    }
    rows = [
        {
            "policy": name,
            "label": labels[name],
            "outcome": outcome.name,
            **_described(base, driver, widths[driver.parameter]),
            **row,
        }
        for name, effect in effects.items()
        for driver in drivers[name]
        for row in _at_ends(driver, reruns, effect, effect[first], changed.get(name))
    ]
    return SignDrivers(_table(rows), _note(pairs, drawn, reruns))


def _strongest(drivers: Mapping[str, Sequence[Driver]], room: int) -> list[str]:
    """The assumptions that are run again, as many as there is room for: first of each policy the
    closest, then the second; within a rank those with the larger correlation.
    """
    ranked = sorted(
        (rank, -abs(driver.correlation), driver.parameter)
        for named in drivers.values()
        for rank, driver in enumerate(named)
    )
    return list(dict.fromkeys(name for *_, name in ranked))[: room // (ENDS * FEWEST_RERUN)]


def _planned(
    scenario: Scenario, assumptions: Sequence[str], room: int, off: bool = True
) -> list[Rerun]:
    """Which pairs have which assumption at which end: as many each as there is room for."""
    moved = prior_moved(scenario)
    ends = [
        (name, end, value)
        for name in assumptions
        for end, value in ends_of(scenario.model.parameters[name], moved[name], off).items()
    ]
    each = room // max(len(ends), 1)
    return [
        Rerun(name, end, value, slice(k * each, (k + 1) * each))
        for k, (name, end, value) in enumerate(ends)
    ]


def _run_again(
    comparison: Comparison,
    acting: Sequence[Trajectories],
    draws: Draws,
    reruns: list[Rerun],
    room: int,
    progress: Progress | None,
) -> tuple[list[Rerun], dict[str, Float[np.ndarray, "rerun"]]]:
    """The pairs that were run again, and the effect of each policy in them; with lower ends where
    the model is not defined with an assumption off.
    """
    try:
        chosen = _set(comparison, draws, reruns, room)
        return reruns, _paired(comparison, acting, chosen, room, progress)
    except TreguaError as error:
        if error.code != UNDEFINED:
            raise
    assumptions = list(dict.fromkeys(rerun.parameter for rerun in reruns))
    reruns = _planned(comparison.baseline.scenario, assumptions, room, off=False)
    chosen = _set(comparison, draws, reruns, room)
    return reruns, _paired(comparison, acting, chosen, room, progress)


def _set(
    comparison: Comparison, draws: Draws, reruns: Sequence[Rerun], room: int
) -> dict[str, np.ndarray]:
    """Draws of the pairs that are run again: those of the first pairs of the comparison, with one
    assumption of each pair moved to an end.
    """
    each = reruns[0].pairs.stop
    resolved = resolve(comparison.baseline.scenario, draws)
    chosen = {
        name: np.array(resolved[name].value[np.arange(room) % each % len(values)])
        for name, values in draws.items()
        if resolved[name].drawn
    }
    parameters = comparison.baseline.scenario.model.parameters
    for rerun in reruns:
        values = chosen[rerun.parameter]
        values[rerun.pairs] = at_end(values[rerun.pairs], rerun.value, parameters[rerun.parameter])
    return chosen


def _paired(
    comparison: Comparison,
    acting: Sequence[Trajectories],
    draws: Draws,
    room: int,
    progress: Progress | None,
) -> dict[str, Float[np.ndarray, "rerun"]]:
    """Effect of each policy in pairs with other draws. Scenarios run side by side, one a device."""
    outcome = headlines(comparison.baseline.scenario.model)[0]
    scenarios = [comparison.baseline.scenario, *(run.scenario for run in acting)]
    plan = replace(comparison.baseline.plan, replicates=room, draws=room)
    everything = len(scenarios) * (room // CHUNK) * blocks_of(scenarios[0], plan)
    lock, blocks = Lock(), [0]

    def told(done: int, _: int) -> None:
        with lock:
            blocks[0] += 1
            if progress:
                progress(min(blocks[0], everything), everything)

    def work(number: int, device: jax.Device, stop: Stop) -> list[np.ndarray]:
        run = run_plan(scenarios[number], plan, draws, told, executor=ThreadsOnDevices([device]))
        windows = acting if number == 0 else [acting[number - 1]]
        # What is counted is small; the run itself is not kept.
        return [counted(run, outcome, comparison.since(window)) for window in windows]

    before, *after = ThreadsOnDevices().run(work, range(len(scenarios)))
    return {
        run.scenario.name: changed - unchanged
        for run, unchanged, (changed,) in zip(acting, before, after, strict=True)
    }


def _described(scenario: Scenario, driver: Driver, width: float) -> dict[str, Any]:
    """An assumption as a row tells it, without its ends."""
    parameter = scenario.model.parameters[driver.parameter]
    return {
        "parameter": driver.parameter,
        "doc": parameter.doc,
        "stances": "; ".join(dict.fromkeys(e.stance for e in parameter.evidence)),
        "rank_correlation": driver.correlation,
        "clear": driver.clear,
        "width_left": width,
        "unit": parameter.unit,
    }


def _at_ends(
    driver: Driver,
    reruns: Sequence[Rerun],
    effect: Float[np.ndarray, "pair"],
    first: Float[np.ndarray, "first"],
    changed: Float[np.ndarray, "rerun"] | None,
) -> list[dict[str, Any]]:
    """Effect with an assumption as drawn, and at each end at which it was run again, beside that of
    the first pairs, which have the same draws.
    """
    rows: list[dict[str, Any]] = [
        {
            "at": "as drawn",
            "value": float("nan"),
            **_told(effect),
            "same_draws": float(np.median(effect)),
            "sign": "same",
        }
    ]
    for rerun in reruns:
        if changed is not None and rerun.parameter == driver.parameter:
            there, as_drawn = changed[rerun.pairs], float(np.median(first))
            rows.append(
                {
                    "at": rerun.end,
                    "value": rerun.value,
                    **_told(there),
                    "same_draws": as_drawn,
                    "sign": verdict(as_drawn, float(np.median(there))),
                }
            )
    return rows


def _told(effect: Float[np.ndarray, "pair"]) -> dict[str, Any]:
    return {
        "difference": float(np.median(effect)),
        "lower_in": float(np.mean(effect < 0.0)),
        "pairs": len(effect),
    }


COLUMNS = (
    *("policy", "label", "outcome", "parameter", "doc", "stances", "rank_correlation", "clear"),
    *("width_left", "unit", "at", "value", "difference", "lower_in", "pairs", "same_draws"),
    "sign",
)
"""Columns of the table, also of an empty one."""


def _table(rows: Sequence[Mapping[str, Any]]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(rows, columns=list(COLUMNS))


def _why_nothing(drawn: Mapping[str, Any], pairs: int) -> str:
    """Why nothing is said of what carries the sign."""
    if not drawn:
        return (
            "What carries the sign is not told: every assumption is held at one value. A scenario "
            "with a posterior draws them."
        )
    if pairs < FEWEST_PAIRS:
        return (
            f"What carries the sign is not told: {pairs} pairs are too few, at least "
            f"{FEWEST_PAIRS} are needed."
        )
    return "No policy changes anything, so nothing carries a sign."


def _note(pairs: int, drawn: Mapping[str, Any], reruns: Sequence[Rerun]) -> str:
    """How drivers were found, and what was run again."""
    ranked = (
        f"The three of {len(drawn)} drawn assumptions with which the effect goes most, by rank "
        f"correlation over {pairs} pairs; a star marks one that chance alone may give."
    )
    if not reruns:
        return (
            f"{ranked} They were not run again with the assumption off: that takes at least "
            f"{ENDS * CHUNK} pairs."
        )
    each, names = reruns[0].pairs.stop, {rerun.parameter for rerun in reruns}
    return (
        f"{ranked} {len(names)} of them were run again, switched off or at the ends of their "
        f"priors (nine in ten lie between), in {each} pairs each; behind “of” stands the effect as "
        "drawn with the same draws. That is few: read the sign, and large changes only."
    )
