"""Paired futures: what happens with a package and without it, under the same random numbers."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from ..policy import Policy
from ..run import Progress
from ..scenario import Draws, Scenario

WIDTH = 16
"""Pairs in a chunk."""


@dataclass(frozen=True, eq=False)
class Futures:
    """Pairs of futures of one package, by replicate.

    Attributes:
        years: whole calendar years from the lab's first day on.
        baseline: persons killed in the year, without the package.
        changed: the same with it, in the same order.
        victims: kinds of victim, in the order of :data:`tregua.outcomes.VICTIMS`.
        territories: labels of the territories.
        wanted: pairs that were asked for; there are fewer while chunks arrive or where a job was cancelled.
        quick: whether an emulator answered instead of the model.
        error: of the emulator: nine in ten of its answers for the relative change of all persons killed lie within this much of the model's; None for the model.
    """

    years: Int[np.ndarray, "year"]
    baseline: Float[np.ndarray, "replicate year territory victim"]
    changed: Float[np.ndarray, "replicate year territory victim"]
    victims: tuple[str, ...]
    territories: tuple[str, ...]
    wanted: int
    quick: bool = False
    error: float | None = None

    @property
    def pairs(self) -> int:
        """Pairs that are in."""
        return len(self.baseline)

    def then(self, other: Futures) -> Futures:
        """These pairs followed by more of the same package."""
        raise NotImplementedError


class Present:
    """The ensemble at the lab's first day, from which every package starts.

    Args:
        scenario: what is run, to its end.
        draws: posterior draws; replicate i uses draw i modulo their number.
        seed: of all randomness.
        first: the lab's first day.
        cache: folder in which finished chunks are kept.
    """

    def __init__(self, scenario: Scenario, draws: Draws | None = None, seed: int = 1, first: dt.date | None = None, cache: Path | None = None):
        raise NotImplementedError

    scenario: Scenario
    first: dt.date
    years: Int[np.ndarray, "year"]
    victims: tuple[str, ...]
    territories: tuple[str, ...]
    digest: str

    def prepare(self, numbers: range, progress: Progress | None = None, cancelled: threading.Event | None = None) -> None:
        """Make the present and the baseline future of some chunks, where they are not kept yet."""
        raise NotImplementedError

    def pairs(
        self, policy: Policy, numbers: range, cancelled: threading.Event | None = None, arrived: Callable[[Futures], None] | None = None
    ) -> Futures | None:
        """Pairs of some chunks (chunk n holds replicates 16 n to 16 n + 15); None where it was cancelled before the first was done."""
        raise NotImplementedError


Kept = Mapping[str, np.ndarray]
