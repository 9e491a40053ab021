"""State, tally and status: what the next step needs, what a person wants to know, and what went
wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Int

Leaf = Any
"""An array; JAX also puts shapes and stacks of replicates in its place while it
looks at a program.
"""

BAD_HAZARD = 1
"""A hazard was negative or not finite."""

BROKEN_EVENT = 2
"""An event changed the number of persons, or left fewer than none somewhere."""

TOO_MANY = 4
"""A place held a billion persons or more, near the largest whole number there is,
beyond which counts turn negative.
"""

TOO_FAST = 8
"""A stock emptied faster than the step of an explicit method can follow,
so that errors grow instead of fading.
"""

BAD_LEVEL = 16
"""A level, or an expected number of persons, was not a number or not finite."""

MOST_PERSONS = 2**30

STATUS_TEXT = {
    BAD_HAZARD: "a hazard was negative or not finite",
    BROKEN_EVENT: "an event changed the number of persons",
    TOO_MANY: "a stock reached a billion persons",
    TOO_FAST: (
        "a stock empties faster than the step can follow; take a shorter step, or the solver "
        "tau-leap or mean-field"
    ),
    BAD_LEVEL: "a level was not a number or not finite",
}


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """The state of one replicate: all that its next step depends on.

    Attributes:
        stocks: persons in each compartment, by name.
        levels: other quantities, by name.
        status: sum of the flags above; 0 where all is well.
    """

    stocks: dict[str, Leaf]
    levels: dict[str, Leaf]
    status: Leaf


def status_of(state: State) -> Int[np.ndarray, "replicate"]:
    """Flags of many replicates, with :data:`BAD_LEVEL` where a number of the state is none."""
    status: np.ndarray = np.array(state.status)
    for values in (*state.stocks.values(), *state.levels.values()):
        rows = np.asarray(values).reshape(len(status), -1)
        status |= np.where(np.isfinite(rows).all(axis=1), 0, BAD_LEVEL).astype(status.dtype)
    return status


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Tally:
    """The tally of a step: what happened in it.

    Attributes:
        moved: persons moved by each flow, by full name.
        fired: events that fired, by full name: 0 or 1 in each slot, or the chance of it in a mean.
        recorded: persons that each record counts, by full name.
    """

    moved: dict[str, Leaf]
    fired: dict[str, Leaf]
    recorded: dict[str, Leaf] = field(default_factory=dict)
