"""Evidence range: how far a parameter may be changed before nothing on record speaks for the
answer.

A change by a factor is covered where nine in ten of the parameter's prior lie, around the
scenario's value and against what the factor multiplies: the median posterior draw where there is a
fit, else that value. A change to a value is covered where nine in ten of the prior lie. No change
is always covered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..model.declarations import Parameter
from .policy import Modifier, Policy
from .scenario import Draws, Resolved, Scenario, resolve

EVIDENCE_EDGES = (0.05, 0.95)
"""Quantiles of a prior between which a value counts as covered by the evidence: nine in ten."""

ROUNDING = 1e-9
"""How far a position may lie beyond what the evidence covers and still count as covered:
sliders add up steps.
"""


def moved_by_fit(scenario: Scenario, draws: Draws | None) -> dict[str, float]:
    """Scenario's value over the median draw by parameter, in the middle of its territories or
    goods; 1 without draws, and where either is zero.
    """
    undrawn, drawn = resolve(scenario), resolve(scenario, draws)
    moved = {}
    for name, plain in undrawn.items():
        value, now = np.asarray(plain.value, float), _middle(drawn[name])
        counts = (value > 0.0) & (now > 0.0)
        moved[name] = float(np.median(value[counts] / now[counts])) if counts.any() else 1.0
    return moved


def _middle(resolved: Resolved) -> np.ndarray:
    """Value of a parameter, in the middle of its draws where it has any."""
    values = np.asarray(resolved.value, float)
    return np.asarray(np.median(values, axis=0)) if resolved.drawn else values


def covered(parameter: Parameter, moved: float | None) -> tuple[float, float]:
    """Lowest and highest factor, or value, that the evidence covers.

    Args:
        parameter: that is changed.
        moved: the scenario's value over what a factor multiplies; None for a change to a value.
    """
    prior = parameter.prior.distribution()
    against = 1.0 if moved is None else float(prior.median()) / moved
    low, high = (float(prior.ppf(edge)) / against for edge in EVIDENCE_EDGES)
    return low, high


def outside(policies: Sequence[Policy], scenario: Scenario, draws: Draws | None) -> tuple[str, ...]:
    """Changes of policies that the evidence does not cover, in words and in the order of the
    policies.

    Args:
        policies: what is done.
        scenario: to what it is done.
        draws: posterior draws, if any.
    """
    moved, now = moved_by_fit(scenario, draws), resolve(scenario, draws)
    return tuple(
        dict.fromkeys(
            change.text()
            for policy in policies
            for change in policy.modifiers
            if change.target in now
            and _beyond(
                change,
                scenario.model.parameters[change.target],
                moved[change.target],
                _middle(now[change.target]),
            )
        )
    )


def _beyond(change: Modifier, parameter: Parameter, moved: float, now: np.ndarray) -> bool:
    """Whether a change lies beyond what the evidence covers; a cap can only be too low."""
    if change.operation == "scale":
        low, high = covered(parameter, moved)
        lowest, highest, positions = min(low, 1.0), max(high, 1.0), np.array([change.value])
    else:
        low, high = covered(parameter, None)
        lowest, highest = min(low, float(now.min())), max(high, float(now.max()))
        positions = now + change.value if change.operation == "add" else np.array([change.value])
    below = bool((positions < lowest - ROUNDING).any())
    above = change.operation != "cap" and bool((positions > highest + ROUNDING).any())
    return below or above
