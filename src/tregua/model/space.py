"""Axes and layout: which axis of an array is which, and how persons are summed along it.

The only file that knows how quantities are stored. Today every quantity is dense on its axes; a
layout with one slot for each occupied pair of territory and group can replace it here without a
mechanism being touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array

from ..errors import TreguaError, nearest_name


@dataclass(frozen=True)
class Axis:
    """A named axis with one label for each place along it."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Space:
    """The axes of a scenario."""

    axes: tuple[Axis, ...]

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """Name and length of each axis: the part of the space that a compiled
        program depends on.
        """
        return tuple((axis.name, len(axis.labels)) for axis in self.axes)

    def labels(self, name: str) -> tuple[str, ...]:
        """Labels along an axis."""
        for axis in self.axes:
            if axis.name == name:
                return axis.labels
        raise TreguaError(
            "TR2105",
            f"no axis is named {name!r}",
            found=name,
            nearest=nearest_name(name, [a.name for a in self.axes]),
            expected="one of " + ", ".join(a.name for a in self.axes),
        )

    def shape(self, axes: tuple[str, ...]) -> tuple[int, ...]:
        """Shape of an array on the named axes."""
        return tuple(len(self.labels(name)) for name in axes)


def shape_of(axes: tuple[str, ...], sizes: tuple[tuple[str, int], ...]) -> tuple[int, ...]:
    """Shape of an array on the named axes, from the sizes alone."""
    known = dict(sizes)
    return tuple(known[name] for name in axes)


def fold(array: Array, axes: tuple[str, ...], keep: tuple[str, ...]) -> Array:
    """Marginal sum: an array on ``axes`` summed over those that are not in ``keep``."""
    gone = tuple(i for i, name in enumerate(axes) if name not in keep)
    return jnp.sum(array, axis=gone, dtype=array.dtype) if gone else array
