"""Sign drivers: the assumptions that carry the sign and the size of a policy's effect.

An assumption that is drawn is a candidate where the effect goes with it over the pairs, by
Spearman's rank correlation. What it carries is seen when the same pairs are run again with the
assumption switched off or at an end of its prior (:mod:`tregua.studies.drivers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float, Int

from ..model.declarations import LogNormal, Parameter
from ..scenarios.evidence_range import EVIDENCE_EDGES
from ..scenarios.scenario import LAYERS, Draws, Scenario, resolve

if TYPE_CHECKING:
    import pandas

DATA_SET = LAYERS[1]

MOST_DRIVERS = 3
"""Assumptions that are named for each policy."""

FEWEST_PAIRS = 30
"""Pairs from which on a rank correlation is read: with fewer, one of 0.5 may be chance."""

CHANCE = 0.05
"""Probability of calling any assumption clear where none of them moves the effect."""

GONE = 0.1
"""Share of the effect as drawn below which an effect counts as gone."""

NARROWED = 0.8
"""Share of its prior's width below which the record counts as having narrowed an assumption."""

SWITCHED = ("1", "1/week")
"""Units of assumptions that zero switches off: shares, factors and rates. A sum of money, a number
of persons or a time at zero is no switch, and something may be divided by it.
"""

End = Literal["off", "low end", "high end"]
Verdict = Literal["same", "gone", "turned"]


@dataclass(frozen=True)
class Driver:
    """An assumption with which an effect goes.

    Attributes:
        parameter: full name.
        correlation: Spearman's rank correlation of effect and draw over the pairs.
        clear: whether chance alone gives one so large among all assumptions with a probability
            under :data:`CHANCE`.
    """

    parameter: str
    correlation: float
    clear: bool


@dataclass(frozen=True, eq=False)
class SignDrivers:
    """What carries the effects of a comparison.

    Attributes:
        table: one row for each policy, assumption and where it was set: as drawn, off, or at an end
            of its prior; empty where nothing can be told.
        note: how it was found, or why nothing can be told, in sentences.
    """

    table: pandas.DataFrame
    note: str


def drawn_values(
    scenario: Scenario, draws: Draws | None, numbers: Int[np.ndarray, "replicate"]
) -> dict[str, Float[np.ndarray, "replicate"]]:
    """Every assumption that differs from draw to draw, in each replicate: parameter name to its
    value, the mean over territories, groups or goods where it has one for each.

    Args:
        scenario: whose own values win over draws.
        draws: posterior draws; replicate i has draw i modulo their number.
        numbers: of the replicates.
    """
    values = {}
    for name, resolved in resolve(scenario, draws).items():
        if resolved.drawn:
            means = resolved.value.reshape(len(resolved.value), -1).mean(axis=1)
            if np.ptp(means) > 1e-9 * np.abs(means).max():
                values[name] = means[numbers % len(means)]
    return values


def find_drivers(
    differences: Float[np.ndarray, "pair"], drawn: Mapping[str, Float[np.ndarray, "pair"]]
) -> list[Driver]:
    """The assumptions with which an effect goes most, the closest first: at most
    :data:`MOST_DRIVERS`, none where the effect is the same in all pairs or where the pairs are
    fewer than :data:`FEWEST_PAIRS`.

    A correlation is clear where its two-sided p-value stays under :data:`CHANCE` by the number of
    assumptions (Bonferroni's bound).

    Args:
        differences: effect of a policy in each pair.
        drawn: assumptions in each pair, from :func:`drawn_values`.
    """
    from scipy import stats

    if len(differences) < FEWEST_PAIRS or not np.ptp(differences):
        return []
    found = {
        name: stats.spearmanr(differences, values)
        for name, values in drawn.items()
        if np.ptp(values)
    }
    ordered = sorted(found, key=lambda name: (-abs(found[name].statistic), name))
    return [
        Driver(name, float(found[name].statistic), bool(found[name].pvalue < CHANCE / len(found)))
        for name in ordered[:MOST_DRIVERS]
    ]


def prior_moved(scenario: Scenario) -> dict[str, Float[np.ndarray, "*axes"]]:
    """By what the prior of each parameter is multiplied: a value that the data set gives becomes
    the median of a log-normal prior of the same width, as in the fit
    (:mod:`tregua.inference.unknowns`); 1 for all others.
    """
    moved = {}
    for name, resolved in resolve(scenario).items():
        prior = scenario.model.parameters[name].prior
        factor = np.ones_like(resolved.value)
        if resolved.layer == DATA_SET and isinstance(prior, LogNormal):
            factor = resolved.value / prior.median
        # A place where the value is zero has no prior around it.
        moved[name] = np.where(factor > 0.0, factor, 1.0)
    return moved


def ends_of(
    parameter: Parameter, moved: Float[np.ndarray, "*axes"], off: bool = True
) -> dict[End, float]:
    """Where an assumption is set: off, for one of :data:`SWITCHED`, or else at the lower end of its
    prior; and at the upper end. The ends leave out one in twenty on either side. Where it has axes
    the numbers are means over them.

    Args:
        parameter: the assumption.
        moved: by what its prior is multiplied (:func:`prior_moved`).
        off: whether it may be switched off.
    """
    low, high = (
        float(np.mean(parameter.prior.distribution().ppf(edge) * moved)) for edge in EVIDENCE_EDGES
    )
    switched = off and parameter.unit in SWITCHED and parameter.support[0] == 0.0
    lower: dict[End, float] = {"off": 0.0} if switched else {"low end": low}
    return {**lower, "high end": high}


def at_end(
    values: Float[np.ndarray, "draw *axes"], middle: float, parameter: Parameter
) -> Float[np.ndarray, "draw *axes"]:
    """Draws of an assumption with their mean over the axes moved to a value, by one factor for each
    draw, so that differences between territories, groups or goods stay.

    Args:
        values: drawn values.
        middle: the mean that every draw gets.
        parameter: whose support holds.
    """
    means = values.reshape(len(values), -1).mean(axis=1).reshape(-1, *(1,) * (values.ndim - 1))
    moved = values * (middle / np.where(means == 0.0, 1.0, means))
    return np.clip(np.where(means == 0.0, middle, moved), *parameter.support)


def verdict(as_drawn: float, at_the_end: float) -> Verdict:
    """What becomes of the sign of an effect: it is gone where under :data:`GONE` of its size is
    left, else the same or turned.

    Args:
        as_drawn: median effect as drawn, in pairs with the same draws.
        at_the_end: median effect with the assumption at one end.
    """
    if as_drawn == at_the_end:
        return "same"
    if abs(at_the_end) < GONE * abs(as_drawn):
        return "gone"
    return "same" if at_the_end * as_drawn > 0.0 else "turned"


def width_left(
    parameter: Parameter,
    moved: Float[np.ndarray, "*axes"],
    values: Float[np.ndarray, "draw *axes"],
) -> float:
    """Share of the width of its prior that the draws of an assumption still have: the standard
    deviation of their normal scores under the prior, 1 where the record says nothing; the middle
    over territories, groups or goods.

    Args:
        parameter: whose prior it is.
        moved: by what its prior is multiplied (:func:`prior_moved`).
        values: its draws.
    """
    from scipy import stats

    edge = 0.5 / len(values)
    apart = (values / moved).reshape(len(values), -1)
    if np.all(apart == apart[:, :1]):
        # The same in all places: one column says it.
        apart = apart[:, :1]
    ranks = np.clip(parameter.prior.distribution().cdf(apart), edge, 1.0 - edge)
    return float(np.median(np.std(stats.norm.ppf(ranks), axis=0)))


def draws_narrowed(scenario: Scenario, draws: Draws | None) -> dict[str, int]:
    """How many assumptions are ``drawn``, and how many of them the record has ``narrowed`` to under
    :data:`NARROWED` of their prior's width. Zeros without draws.
    """
    parameters, resolved = scenario.model.parameters, resolve(scenario, draws)
    moved = prior_moved(scenario)
    everything = max((len(values) for values in (draws or {}).values()), default=0)
    widths = [
        width_left(parameters[name], moved[name], resolved[name].value)
        for name in drawn_values(scenario, draws, np.arange(everything))
    ]
    return {"drawn": len(widths), "narrowed": sum(width < NARROWED for width in widths)}
