"""What the next step needs (state), what a person needs (tally), and what went wrong (status)."""

from __future__ import annotations

from dataclasses import dataclass

import jax
from jaxtyping import Array, Int

BAD_HAZARD = 1
"""A hazard was negative or not finite."""

BROKEN_EVENT = 2
"""An event changed the number of persons, or left fewer than none somewhere."""

STATUS_TEXT = {
    BAD_HAZARD: "a hazard was negative or not finite",
    BROKEN_EVENT: "an event changed the number of persons",
}


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """Where one replicate stands.

    Attributes:
        stocks: persons in each compartment, by name.
        levels: other quantities, by name.
        status: sum of the flags above; 0 where all is well.
    """

    stocks: dict[str, Array]
    levels: dict[str, Array]
    status: Int[Array, ""]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Tally:
    """What happened in one step.

    Attributes:
        moved: persons moved by each flow, by full name.
        fired: events that fired, by full name: 0 or 1 in each slot, or the chance of it in a mean.
    """

    moved: dict[str, Array]
    fired: dict[str, Array]
