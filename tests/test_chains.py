"""Chains through a posterior: a small one whose moments are known from a grid, taken up again after
a stop, and refused where they cannot be believed.
"""

from functools import cached_property
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tregua.inference.chains import Chains, Length, Sampler
from tregua.inference.draws import problems, unknown_table

pytest.importorskip("numpyro")


class Bent:
    r"""Two unknowns, one of which the record informs; the other bends it, so that neither is
    normal: :math:`x \sim N(0.1 y^2, 0.2^2), y \sim N(0, 1)`.
    """

    def loss(self, z):
        return 0.5 * ((z[0] - 0.1 * z[1] ** 2) / 0.2) ** 2 + 0.5 * z[1] ** 2

    @cached_property
    def loss_and_slope(self):
        return jax.jit(jax.value_and_grad(self.loss))


NEARBY = SimpleNamespace(point=np.zeros(2), covariance=np.diag([0.04, 1.0]))


def sampler(folder=None, **length):
    return Sampler(
        Bent(),
        NEARBY,
        Length(**{"chains": 2, "warmup": 50, "draws": 400, "seed": 3, **length}),
        folder,
    )


@pytest.mark.nightly
def test_moments_are_those_of_the_posterior():
    """E[x] = 0.1, var x = 0.04 + 0.02, E[y] = 0, var y = 1, E[x y^2] = 0.3.

    With 4 chains of 400 draws and at least a quarter of them effective the standard errors are
    0.012, 0.005, 0.05, 0.07 and 0.03. A second step that is always accepted gives E[x y^2] = 0.1
    and is caught.
    """
    chains = sampler(chains=4).run()
    x, y = chains.points.reshape(-1, 2).T
    assert x.mean() == pytest.approx(0.1, abs=0.06)
    assert x.var() == pytest.approx(0.06, abs=0.025)
    assert y.mean() == pytest.approx(0.0, abs=0.25)
    assert y.var() == pytest.approx(1.0, abs=0.35)
    assert (x * y**2).mean() == pytest.approx(0.3, abs=0.15)
    assert 0.1 < chains.accepted.mean() < 1.0
    assert not chains.diverging.any()
    # The energy that is kept is that of the point.
    np.testing.assert_allclose(
        chains.energy[0, -1], float(Bent().loss(jnp.asarray(chains.points[0, -1]))), rtol=1e-9
    )


@pytest.fixture(scope="module")
def whole():
    """Chains that nobody stopped."""
    return sampler(warmup=20, draws=30).run()


def test_chains_are_the_same_for_a_seed_and_differ_between_chains(whole):
    again = sampler(warmup=20, draws=30).run()
    np.testing.assert_array_equal(whole.points, again.points)
    assert not np.array_equal(whole.points[0], whole.points[1])


def test_the_step_is_tuned_on_the_approximation_and_kept(tmp_path):
    """In one informed direction the tuned step is as long as the approximation is wide:
    within a third for widths that differ by a factor of three.
    """

    def tuned(width, folder=None):
        return Sampler(
            Bent(),
            NEARBY,
            Length(seed=3),
            folder,
            lambda z: 0.5 * jnp.sum((z / jnp.array([0.2 * width, 1.0])) ** 2),
        )._step_size

    assert tuned(3.0) / tuned(1.0) == pytest.approx(3.0, rel=0.34)
    assert tuned(1.0, tmp_path) == tuned(1.0)
    # What was tuned before an interruption is taken, not tuned again.
    assert tuned(3.0, tmp_path) == tuned(1.0)


@pytest.mark.parametrize("stop", [4 * 4 + 1, 75])
def test_chains_that_were_stopped_go_on_as_if_they_were_not(whole, tmp_path, stop):
    """Stopped in the warm-up, when one of four chains must have been saved (every fifth iteration)
    however their iterations fell, and late.
    """

    def stopping(done, everything):
        if done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sampler(tmp_path, warmup=20, draws=30).run(stopping)
    assert list(tmp_path.glob("chain-*.npz"))
    told = []
    again = sampler(tmp_path, warmup=20, draws=30).run(lambda done, everything: told.append(done))
    assert len(told) < 100
    np.testing.assert_array_equal(again.points, whole.points)
    np.testing.assert_array_equal(again.steps, whole.steps)


def made(points, diverging=0.0):
    shape = points.shape[:2]
    rng = np.random.default_rng(1)
    return Chains(
        points,
        np.zeros(shape),
        rng.uniform(size=shape) < diverging,
        np.ones(shape),
        np.ones(shape, bool),
    )


def table(chains):
    return unknown_table(("informed", "other"), chains)


def test_good_chains_have_no_problems_and_say_what_was_moved():
    chains = made(np.random.default_rng(2).standard_normal((4, 500, 2)) * np.array([0.2, 1.0]))
    summary = table(chains)
    assert problems(summary, chains) == []
    assert list(summary["moved"]) == [True, False]
    assert summary["width_left"].to_numpy() == pytest.approx([0.2, 1.0], abs=0.05)


def test_chains_that_have_not_met_are_named():
    points = np.random.default_rng(2).standard_normal((4, 500, 2))
    points[0, :, 1] += 3.0
    chains = made(points)
    warnings = problems(table(chains), chains)
    assert any("R-hat" in text and "other" in text for text in warnings)


def test_chains_that_hardly_move_have_too_few_draws():
    points = np.cumsum(0.05 * np.random.default_rng(2).standard_normal((4, 200, 2)), axis=1)
    chains = made(points)
    assert any("effective draws" in text for text in problems(table(chains), chains))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("still", [(1,), (0, 1)])
def test_chains_that_stand_still_are_reported(still):
    """They have no R-hat and no effective draws at all, in one unknown or in every one;
    numbers that are none must not pass for good ones.
    """
    points = np.random.default_rng(2).standard_normal((4, 500, 2))
    points[:, :, still] = 0.0
    chains = made(points)
    summary = table(chains)
    assert summary["r_hat"].isna()[list(still)].all()
    text = " ".join(problems(summary, chains))
    assert (
        f"{len(still)} of 2 unknowns have an R-hat" in text
        and f"{len(still)} of 2 unknowns have fewer" in text
    )


def test_diverging_chains_are_reported():
    chains = made(np.random.default_rng(2).standard_normal((4, 500, 2)), diverging=0.1)
    assert any("diverged" in text for text in problems(table(chains), chains))
