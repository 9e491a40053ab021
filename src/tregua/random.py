"""Randomness by meaning: every draw has an address (replicate, step, name), never an order.

Adding a mechanism, a policy or a replicate leaves the uniforms of all other draws where they were. That is what makes a run with a policy comparable
with the same run without it. :class:`Draws` draws whole persons; :class:`Means` puts the expected number in their place, so that one
definition of a step serves the stochastic and the mean-field solver.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from .errors import TreguaError
from .samplers import binomial_quantile, poisson_quantile

Key = Array


def root_key(seed: int) -> Key:
    """The key of a whole run, from a seed between 0 and 2**32 - 1."""
    return jax.random.key(seed)


def replicate_key(root: Key, replicate: Int[Array, ""]) -> Key:
    """The key of one replicate."""
    return jax.random.fold_in(root, replicate)


def tag(name: str) -> int:
    """The number a draw's name is addressed by."""
    return zlib.crc32(name.encode())


def check_tags(names: Iterable[str]) -> None:
    """Refuse two draw names that share an address (TR2104): their draws would be the same."""
    seen: dict[int, str] = {}
    for name in names:
        other = seen.setdefault(tag(name), name)
        if other != name:
            raise TreguaError("TR2104", f"draws {other!r} and {name!r} share an address", do="rename one of the flows or events")


def uniform(key: Key, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Uniforms strictly inside (0, 1), symmetric about one half, with 23 bits in float32 and 52 in float64."""
    dtype = jnp.result_type(float)
    if dtype == jnp.float64:
        bits = jax.random.bits(key, shape, jnp.uint64) >> 12
        return (bits.astype(dtype) + 0.5) * 2.0**-52
    bits = jax.random.bits(key, shape, jnp.uint32) >> 9
    return (bits.astype(dtype) + 0.5) * 2.0**-23


class Draws:
    """Whole-number draws of one replicate in one step."""

    whole = True

    def __init__(self, key: Key, step: Int[Array, ""]):
        self._key = jax.random.fold_in(key, step)
        self._step = step

    def stream(self, name: str) -> Key:
        """The key at an address, for a draw that needs more uniforms than one array of known shape."""
        return jax.random.fold_in(self._key, tag(name))

    def uniform(self, name: str, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """The uniforms at an address."""
        return uniform(self.stream(name), shape)

    def binomial(self, name: str, n: Int[Array, "*s"], p: Float[Array, "*s"]) -> Int[Array, "*s"]:
        """How many of ``n`` persons, each with probability ``p``."""
        u = self.uniform(name, n.shape)
        return self._materialised(lambda u, n, p: binomial_quantile(u, n.astype(p.dtype), p).astype(n.dtype), u, n, p)

    def poisson(self, name: str, mean: Float[Array, "*s"]) -> Int[Array, "*s"]:
        """A count with expected value ``mean``."""
        u = self.uniform(name, mean.shape)
        return self._materialised(lambda u, mean: poisson_quantile(u, mean).astype(jnp.int32), u, mean)

    def _materialised(self, sample: Callable[..., Array], *inputs: Array) -> Array:
        """The draw, computed once.

        The compiler copies arithmetic as cheap as a sampler's into every place that reads its result, which made a step two and a half times slower. It cannot
        look through a branch, and this one is always taken.
        """
        shape = jax.eval_shape(sample, *inputs)
        return lax.cond(self._step >= 0, sample, lambda *_: jnp.zeros(shape.shape, shape.dtype), *inputs)


class Means:
    """The expected number in place of each draw."""

    whole = False

    def binomial(self, name: str, n: Float[Array, "*s"], p: Float[Array, "*s"]) -> Float[Array, "*s"]:
        """Expected number of ``n`` persons, each with probability ``p``."""
        return n * p

    def poisson(self, name: str, mean: Float[Array, "*s"]) -> Float[Array, "*s"]:
        """The mean itself."""
        return mean
