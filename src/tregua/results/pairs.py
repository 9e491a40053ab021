"""Paired differences: what pairs of runs with the same random numbers say about a change.

One run of a pair is the baseline, the other has a policy or a package. Lower is better, so "fewer"
means that the second run has the lower number.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

TIE = 0.5
"""What a pair with the same number in both runs counts for."""


def relative_change(
    baseline: Float[np.ndarray, "*pairs"], changed: Float[np.ndarray, "*pairs"]
) -> Float[np.ndarray, "*pairs"]:
    """Relative change in each pair: (changed − baseline) / max(baseline, 1).

    Where nobody is killed in the baseline, one person stands in for none.

    Args:
        baseline: numbers of persons without the change.
        changed: the same with it, in the same order.
    """
    return (changed - baseline) / np.maximum(baseline, 1.0)


def share_of_fewer(
    differences: Float[np.ndarray, "pair *rest"],
) -> Float[np.ndarray, "*rest"]:
    """Share of pairs with a lower number, in which ties count as half:
    mean of 1[d < 0] + ½ 1[d = 0] over pairs.

    Args:
        differences: changed less baseline.
    """
    ties = TIE * (differences == 0.0)
    return np.asarray(np.mean((differences < 0.0) + ties, axis=0))


def sign_is_sure(
    differences: Float[np.ndarray, "pair *rest"],
    tail: float | None = None,
    agreement: float | None = None,
    errors: float = 0.0,
    draws: int | None = None,
) -> Bool[np.ndarray, "*rest"]:
    """Whether the sign of paired differences stands out from chance, by one test or by both.

    The interval test, where ``tail`` t is given: the central interval of the pairs, from quantile
    t to quantile 1 − t, lies on one side of zero and does not touch it. An interval without width
    passes: where no pair differs, nothing is unsure.

    The agreement test, where ``agreement`` a is given, with p the :func:`share_of_fewer` and n the
    draws: |p − ½| ≥ a − ½, and |p − ½| > e · ½ / √n with e the ``errors``. Here a difference that
    is zero in all pairs is not sure.

    Args:
        differences: changed less baseline; pairs on the first axis.
        tail: probability left out at either end of the interval; 0.05 keeps nine in ten.
        agreement: share of pairs that must agree on the sign.
        errors: standard errors of a share of one half by which the share must also differ from it.
        draws: draws of the parameters behind the pairs, where fewer than pairs; pairs that share
            a draw tell no more of the parameters.
    """
    differences = np.asarray(differences)
    sure = np.ones(differences.shape[1:], bool)
    if tail is not None:
        low, high = np.quantile(differences, [tail, 1.0 - tail], axis=0)
        sure = sure & ((low > 0.0) | (high < 0.0) | (high <= low))
    if agreement is not None:
        away = np.abs(share_of_fewer(differences) - TIE)
        count = len(differences) if draws is None else draws
        sure = sure & (away >= agreement - TIE) & (away > errors * TIE / np.sqrt(count))
    return sure
