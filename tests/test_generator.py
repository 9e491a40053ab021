"""The generator behind all draws gives the numbers of JAX's own, so that its randomness is the
published one and not of our making.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tregua.engine.random import fold_in, root_key, uniforms
from tregua.model.addresses import tag


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
@pytest.mark.parametrize("number", [0, 1, 52, 2**31 - 1, 2**32 - 1])
def test_keys_are_those_of_jax(seed, number):
    ours, theirs = (
        fold_in(root_key(seed), jnp.uint32(number)),
        jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), jnp.uint32(number)),
    )
    assert np.array_equal(jax.random.key_data(ours), jax.random.key_data(theirs))


@pytest.mark.parametrize("shape", [(1,), (7, 3), (4096,)])
def test_uniforms_are_the_bits_of_jax(shape):
    # Each address is a key of its own below the key given, whatever else is drawn beside it.
    ours = uniforms(root_key(5), {"one": (3,), "x": shape})
    theirs = (
        np.asarray(jax.random.bits(fold_in(root_key(5), jnp.uint32(tag("x"))), shape, jnp.uint64))
        >> 12
    ).astype(float)
    assert np.array_equal(ours["x"], (theirs + 0.5) * 2.0**-52)


def test_uniforms_lie_strictly_inside_the_unit_interval_and_fill_it_evenly():
    # 2**20 uniforms in 64 boxes: chi-squared has mean 63 and standard deviation 11.2;
    # 130 is six of them, a box off by 4.6 % of its share on its own.
    u = np.asarray(uniforms(root_key(11), {"x": (2**20,)})["x"])
    assert u.min() > 0.0 and u.max() < 1.0
    counts = np.bincount((u * 64).astype(int), minlength=64)
    expected = 2**20 / 64
    assert ((counts - expected) ** 2 / expected).sum() < 130.0
