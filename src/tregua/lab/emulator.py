"""The quick answer while the hand moves: mean responses to each handle, put together, with their measured error."""

from __future__ import annotations

from ..run import Progress
from .futures import Futures, Present
from .wire import Package


class Emulator:
    """Answers for packages in milliseconds."""

    error: float

    def quick(self, package: Package) -> Futures:
        """Pairs of futures as the emulator expects them (``quick`` is true and ``error`` is set). Same refusals as :func:`~tregua.lab.handles.policy_of`."""
        raise NotImplementedError


def emulator_of(present: Present, progress: Progress | None = None) -> Emulator:
    """The emulator of a scenario: the shipped one where it was made from the same inputs, else one from the cache, else it is trained."""
    raise NotImplementedError


def kept_emulator(present: Present) -> Emulator | None:
    """The emulator of a scenario where it is at hand without training."""
    raise NotImplementedError
