"""Counter-based random numbers, addressed by meaning: every draw has an address (replicate, step,
name), never an order.

Adding a mechanism, a policy or a replicate leaves the uniforms of all other draws where they were.
That is what makes a run with a policy comparable with the same run without it. :class:`Draws` draws
whole persons; :class:`Means` puts the expected number in their place, so that one definition of a
step serves the stochastic and the mean-field solver.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float, Int, Integer, UInt32

from ..model.addresses import tag
from .samplers import binomial_quantile, poisson_quantile

Key = Array


ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
"""Bits by which Threefry-2x32 turns its second word, in alternating groups of four rounds."""


def root_key(seed: int) -> Key:
    """The key of a whole run, from a seed between 0 and 2**32 - 1."""
    return jax.random.key(seed, impl="threefry2x32")


def replicate_key(root: Key, replicate: Int[Array, ""]) -> Key:
    """The key of one replicate."""
    return fold_in(root, replicate)


@jax.jit
def threefry(
    first: UInt32[Array, "*s"], second: UInt32[Array, "*s"], low: UInt32[Array, "*s"]
) -> tuple[UInt32[Array, "*s"], UInt32[Array, "*s"]]:
    """Threefry-2x32 with its 20 rounds, the generator of ``jax.random``, on counters below 2**32,
    each under a key of its own.

    JAX runs the rounds in a loop on CPUs, which takes less time to compile and twice the time to
    run. The numbers are the same.

    Args:
        first: first words of the keys.
        second: their second words.
        low: the counters.
    """
    keys = (first, second, first ^ second ^ jnp.uint32(0x1BD11BDA))
    x, y = first, low + second
    for group in range(5):
        for turn in ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << turn) | (y >> (32 - turn)))
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + jnp.uint32(group + 1)
    return x, y


def fold_in(key: Key, number: Integer[Array, ""]) -> Key:
    """The key at one number below another key, as ``jax.random.fold_in`` gives it."""
    first, second = jax.random.key_data(key)
    words = jnp.stack(threefry(first, second, jnp.asarray(number).astype(jnp.uint32)))
    below: Key = jax.random.wrap_key_data(words, impl="threefry2x32")
    return below


def uniforms(
    key: Key, shapes: Mapping[str, tuple[int, ...]], step: Int[Array, ""] | int = 0
) -> dict[str, Float[Array, "..."]]:
    """Uniforms at several addresses below a key, each strictly inside (0, 1), symmetric about one
    half, with 23 bits in float32 and 52 in float64.

    All are made in one piece, since a program with a generator for each draw takes minutes to
    compile. The numbers are those of each address alone.

    Args:
        key: the key.
        shapes: of the arrays wanted, by address.
        step: any number from 0 on; inside a step its own, for :func:`_settled`.
    """
    if not shapes:
        return {}
    tags = jnp.asarray(np.array([tag(name) for name in shapes], np.uint32))
    # The key of each address is settled first: the compiler would work it out again for
    # every number below it.
    words = _ADDRESSES(
        jnp.asarray(step),
        *(jnp.broadcast_to(word, tags.shape) for word in jax.random.key_data(key)),
        tags,
    )
    return _apart(
        _units(tuple(math.prod(shape) for shape in shapes.values()))(jnp.asarray(step), *words),
        shapes,
    )


@cache
def _units(sizes: tuple[int, ...]) -> Callable[..., Array]:
    """Uniforms, so many below each of several keys, in one row:
    one look-up for all, since the compiler would write the generator out for every key.
    """
    keys = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    low = np.concatenate([np.arange(size, dtype=np.uint32) for size in sizes])

    def row(first: Array, second: Array) -> Array:
        one, other = (word.at[..., keys].get(mode="promise_in_bounds") for word in (first, second))
        return _unit(
            one,
            other,
            jnp.broadcast_to(low, (*first.shape[:-1], len(low))),
        )

    return _settled(row)


def _unit(first: Array, second: Array, low: Array) -> Array:
    """One uniform for each key and counter."""
    words: tuple[Array, Array] = threefry(first, second, low)
    high, low = words
    dtype = jnp.result_type(float)
    if dtype == jnp.float64:
        bits = (high.astype(jnp.uint64) << 32 | low) >> 12
        return (bits.astype(dtype) + 0.5) * 2.0**-52
    return (((high ^ low) >> 9).astype(dtype) + 0.5) * 2.0**-23


def _apart(flat: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """One long row, cut into named arrays."""
    named, start = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        named[name] = flat[start : start + size].reshape(shape)
        start += size
    return named


class Draws:
    """Whole-number draws of one replicate in one step."""

    whole = True

    def __init__(self, key: Key, step: Int[Array, ""]):
        self._key = fold_in(key, step)
        self._step = step

    def numbered(self, name: str, number: Int[Array, ""]) -> Draws:
        """The draws of one happening out of many inside a step, each with addresses of its own."""
        return Draws(fold_in(self._key, jnp.uint32(tag(name))), number)

    def uniforms(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Float[Array, "..."]]:
        """The uniforms at several addresses."""
        return uniforms(self._key, shapes, self._step)

    def uniform(self, name: str, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """The uniforms at one address."""
        return self.uniforms({name: shape})[name]

    def binomials(self, wanted: Mapping[str, tuple[Array, Array]]) -> dict[str, Array]:
        """For each address, how many of ``n`` persons, each with probability ``p``:
        all addresses in one draw, which gives what each alone would.
        """
        return self._counts(_BINOMIAL, wanted)

    def poissons(self, wanted: Mapping[str, Array]) -> dict[str, Array]:
        """For each address, a count with the expected value given: all addresses in one draw."""
        return self._counts(_POISSON, {name: (mean,) for name, mean in wanted.items()})

    def _counts(
        self, sample: Callable[..., Array], wanted: Mapping[str, tuple[Array, ...]]
    ) -> dict[str, Array]:
        if not wanted:
            return {}
        shapes = {name: inputs[0].shape for name, inputs in wanted.items()}
        drawn = self.uniforms(shapes)
        rows = [
            jnp.concatenate([inputs[i].ravel() for inputs in wanted.values()])
            for i in range(len(next(iter(wanted.values()))))
        ]
        return _apart(
            sample(self._step, jnp.concatenate([drawn[name].ravel() for name in shapes]), *rows),
            shapes,
        )

    def happen(self, chances: Mapping[str, Array]) -> dict[str, Array]:
        """For each address, 1 where something with a chance happens and 0 elsewhere."""
        drawn = self.uniforms({name: chance.shape for name, chance in chances.items()})
        return {name: (drawn[name] < chance).astype(jnp.int32) for name, chance in chances.items()}

    def poisson(self, name: str, mean: Float[Array, "*s"]) -> Int[Array, "*s"]:
        """A count with expected value ``mean``."""
        return self.poissons({name: mean})[name]


def _settled(work: Callable[..., Any], in_a_row: bool = False) -> Callable[..., Any]:
    """A barrier to the compiler: arithmetic that runs once, its result put down in memory.

    The compiler copies arithmetic as cheap as a sampler's into every place that reads its result,
    which made a step two and a half times slower. It cannot look through a branch, and this one is
    always taken.

    Args:
        work: the arithmetic, on arrays that may have more axes in front.
        in_a_row: lay all numbers end to end where each is on its own, because a row of 150 groups
            leaves part of every vector unused.

    Returns:
        The same, with a number from 0 on before its arguments, such as the number of the step.
    """

    @jax.jit
    def worked(*inputs: Array) -> Any:
        # Its own program, so that it is traced once for each shape.
        return work(*[x.ravel() if in_a_row else x for x in inputs])

    @custom_vmap
    def settle(step: Int[Array, ""], *inputs: Array) -> Any:
        shapes = jax.eval_shape(worked, *inputs)
        result = lax.cond(
            step >= 0,
            worked,
            lambda *_: jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes),
            *inputs,
        )
        return result.reshape(inputs[0].shape) if in_a_row else result

    @settle.def_vmap
    def settle_all(
        size: int, batched: Sequence[bool], step: Array, *inputs: Array
    ) -> tuple[Any, Any]:
        result = settle(
            jnp.max(step),
            *[
                x if has else jnp.broadcast_to(x, (size, *x.shape))
                for x, has in zip(inputs, batched[1:], strict=True)
            ],
        )
        return result, jax.tree.map(lambda _: True, result)

    return settle


# In float32 a number above 2**24 may be rounded up: nobody who is not there can be drawn.
_BINOMIAL = _settled(
    lambda u, n, p: jnp.minimum(binomial_quantile(u, n.astype(p.dtype), p).astype(n.dtype), n),
    in_a_row=True,
)
_POISSON = _settled(lambda u, mean: poisson_quantile(u, mean).astype(jnp.int32), in_a_row=True)
_ADDRESSES = _settled(threefry)


class Means:
    """The expected number in place of each draw."""

    whole = False

    def numbered(self, name: str, number: Int[Array, ""]) -> Means:
        """The same for each happening."""
        return self

    def binomials(self, wanted: Mapping[str, tuple[Array, Array]]) -> dict[str, Array]:
        """For each address, the expected number of ``n`` persons, each with probability ``p``."""
        return {name: n * p for name, (n, p) in wanted.items()}

    def poissons(self, wanted: Mapping[str, Array]) -> dict[str, Array]:
        """The means themselves."""
        return dict(wanted)

    def happen(self, chances: Mapping[str, Array]) -> dict[str, Array]:
        """The chances themselves."""
        return dict(chances)

    def poisson(self, name: str, mean: Float[Array, "*s"]) -> Float[Array, "*s"]:
        """The mean itself."""
        return mean
