"""Samples of a forecast as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from ..countries.record import Record
from .layer import yearly

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, eq=False)
class Frozen:
    """A forecast to be written.

    Attributes:
        origin: the last year that it knows.
        seed: of its samples.
        record: of months, up to the origin.
        samples: deaths by homicide on record in every territory and month after the origin
            [person].
    """

    origin: int
    seed: int
    record: Record
    samples: Int[np.ndarray, "replicate state month"]

    @property
    def years(self) -> Int[np.ndarray, "replicate state year"]:
        """The same by whole years: sums of months within a replicate."""
        return yearly(self.samples)
