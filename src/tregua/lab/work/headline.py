"""Summary of a paired ensemble in a few numbers, with their Monte-Carlo error: the headline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ...model.declarations import BACKGROUND, CIVILIAN
from ...results.pairs import relative_change, share_of_fewer, sign_is_sure
from ..package import Package
from .emulator import Emulator
from .futures import Futures

ALL = "all"
"""Stands for every kind of victim in group violence."""

CIVILIANS = CIVILIAN
"""All civilians, in group violence and without a tie to groups: of them a headline speaks unless it
is asked for another kind of victim.
"""

CIVILIANS_TIED = f"{CIVILIAN}_tied"
CIVILIANS_APART = f"{CIVILIAN}_{BACKGROUND}"
"""The two parts of all civilians killed: in group violence, and without a tie to groups."""

PSEUDO = 2
"""Pairs, one of each outcome, that are added before a share's error is worked out (Laplace), so
that 16 of 16 pairs are not taken for certainty.
"""

WORST = 0.9
"""Quantile of the relative change that only the worst tenth of pairs exceeds."""

AGREE = 2.0 / 3.0
"""Share of pairs that must agree on the sign before a territory counts as sure:
what climate reports call likely.
"""

ERRORS = 2.0
"""Standard errors by which that share must also differ from one half."""


@dataclass(frozen=True)
class Headline:
    """Summary of a paired ensemble: the answer in one line.

    Attributes:
        pairs: pairs that it rests on.
        fewer: share of them in which fewer are killed with the package; ties count as half.
        middle: relative change between which the middle half of all pairs lies, lower edge first;
            -0.04 is 4 % fewer.
        worst_tenth: relative change that one pair in ten exceeds.
        error: Monte-Carlo standard error of ``fewer``, from the number of pairs with a draw of
            their own: those that share one tell no more of the parameters.
        victims: kind of victim, or :data:`ALL`.
    """

    pairs: int
    fewer: float
    middle: tuple[float, float]
    worst_tenth: float
    error: float
    victims: str


@dataclass(frozen=True)
class Bar:
    """Effect of one setting by itself: a bar of the tornado chart.

    Attributes:
        handle: key of the handle.
        change: relative change of the number killed over all years, the median over pairs.
        low: lower edge of the middle half.
        high: upper edge.
    """

    handle: str
    change: float
    low: float
    high: float


def headline(futures: Futures, victim: str = CIVILIANS) -> Headline:
    """The answer in one line.

    Args:
        futures: at least one pair.
        victim: one of :func:`kinds`, or :data:`ALL`; where the model has no such victim,
            :data:`ALL` is taken and named in the answer.
    """
    before, after = (killed.sum(axis=(1, 2)) for killed in killed_of(futures, victim))
    fewer = float(share_of_fewer(after - before))
    low, high, worst = np.quantile(relative_change(before, after), [0.25, 0.75, WORST])
    error = _error(fewer, futures.distinct)
    return Headline(
        futures.pairs,
        fewer,
        (float(low), float(high)),
        float(worst),
        error,
        shown_victim(futures, victim),
    )


def kinds(futures: Futures) -> tuple[str, ...]:
    """Kinds of victim of a table, civilians with their two parts where there are both."""
    named = []
    for victim in futures.victims:
        named.append(victim)
        if victim == CIVILIANS and futures.background is not None:
            named += [CIVILIANS_TIED, CIVILIANS_APART]
    return tuple(named)


def shown_victim(futures: Futures, victim: str) -> str:
    """The kind of victim that is shown where one is asked for: :data:`ALL` where the model has no
    such victim, and all civilians where it has them in group violence only.
    """
    if victim == CIVILIANS_TIED and CIVILIANS_TIED not in kinds(futures):
        victim = CIVILIANS
    return victim if victim in kinds(futures) else ALL


def killed_of(
    futures: Futures, victim: str
) -> tuple[
    Float[np.ndarray, "replicate year territory"], Float[np.ndarray, "replicate year territory"]
]:
    """Persons of one kind killed without and with the package, or of all kinds where that is asked
    for or the model has no such victim.

    Args:
        futures: the pairs.
        victim: one of :func:`kinds`, or :data:`ALL`.
    """
    shown, apart = shown_victim(futures, victim), futures.background
    if shown == CIVILIANS_APART and apart is not None:
        return apart, apart
    if shown == ALL:
        return futures.baseline.sum(axis=3), futures.changed.sum(axis=3)
    place = futures.victims.index(CIVILIANS if shown == CIVILIANS_TIED else shown)
    before, after = futures.baseline[..., place], futures.changed[..., place]
    if shown == CIVILIANS and apart is not None:
        return before + apart, after + apart
    return before, after


def killed_by_kind(
    futures: Futures,
) -> tuple[Float[np.ndarray, "replicate kind"], Float[np.ndarray, "replicate kind"]]:
    """Persons of each of :func:`kinds` killed over all years in all territories, without and with
    the package.
    """
    sums = [[x.sum(axis=(1, 2)) for x in killed_of(futures, kind)] for kind in kinds(futures)]
    before, after = (np.stack(side, axis=1) for side in zip(*sums, strict=True))
    return before, after


def sure(futures: Futures, victim: str = ALL) -> Bool[np.ndarray, "territory"]:
    """Territories in which the sign of the difference is sure:
    two in three pairs agree on it, and that many would not by chance
    (:func:`tregua.results.pairs.sign_is_sure`).
    """
    before, after = (killed.sum(axis=1) for killed in killed_of(futures, victim))
    return sign_is_sure(after - before, agreement=AGREE, errors=ERRORS, draws=futures.distinct)


def tornado(emulator: Emulator, package: Package, victim: str = ALL) -> tuple[Bar, ...]:
    """What each setting of a package does by itself as the emulator has it,
    the largest change first.

    The bars do not add up to the change by the whole package: settings work on one another.
    """
    bars = []
    for setting in package.settings:
        alone = emulator.quick(Package(settings=(setting,)))
        effects = relative_change(*(killed.sum(axis=(1, 2)) for killed in killed_of(alone, victim)))
        low, middle, high = np.quantile(effects, [0.25, 0.5, 0.75])
        bars.append(Bar(setting.handle, float(middle), float(low), float(high)))
    return tuple(sorted(bars, key=lambda bar: -abs(bar.change)))


def _error(share: float, pairs: int) -> float:
    """Standard error of a share of pairs whose draws all differ."""
    drawn = (share * pairs + PSEUDO / 2.0) / (pairs + PSEUDO)
    return float(np.sqrt(drawn * (1.0 - drawn) / (pairs + PSEUDO)))
