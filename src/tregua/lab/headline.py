"""What paired futures say, in a few numbers with their Monte-Carlo error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from .emulator import Emulator
from .futures import Futures
from .wire import Package

ALL = "all"
"""Stands for every kind of victim."""


@dataclass(frozen=True)
class Headline:
    """The answer in one line.

    Attributes:
        pairs: pairs that it rests on.
        fewer: share of them in which fewer are killed with the package; ties count as half.
        middle: relative change between which the middle half of all pairs lies; -0.04 is 4 % fewer.
        worst_tenth: relative change that one pair in ten exceeds.
        error: Monte-Carlo standard error of ``fewer``.
        victims: kind of victim, or ``all``.
    """

    pairs: int
    fewer: float
    middle: tuple[float, float]
    worst_tenth: float
    error: float
    victims: str


@dataclass(frozen=True)
class Bar:
    """What one setting does by itself: relative change of the number killed over all years, median and middle half."""

    handle: str
    change: float
    low: float
    high: float


def headline(futures: Futures, victim: str = "civilian") -> Headline:
    """The answer in one line for one kind of victim, or for :data:`ALL`."""
    raise NotImplementedError


def sure(futures: Futures, victim: str = ALL) -> Bool[np.ndarray, "territory"]:
    """Territories in which the sign of the difference stands out from chance."""
    raise NotImplementedError


def tornado(emulator: Emulator, package: Package, victim: str = ALL) -> tuple[Bar, ...]:
    """What each setting of a package does by itself, largest first."""
    raise NotImplementedError
