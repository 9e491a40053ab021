"""Every draw has an address made of replicate, step and name, and nothing else moves it."""

from __future__ import annotations

import ast
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import toys
import tregua
from tregua.engine import run
from tregua.engine.block import INITIAL_STEP
from tregua.engine.random import Draws, Means, replicate_key, root_key, uniforms
from tregua.engine.solvers import SOLVERS
from tregua.engine.state import State
from tregua.errors import TreguaError
from tregua.model.addresses import check_tags, tag
from tregua.model.model import Model
from tregua.scenarios.scenario import Scenario

SOURCE = Path(tregua.__file__).parent


def draws(seed: int = 1, replicate: int = 0, step: int = 0) -> Draws:
    return Draws(replicate_key(root_key(seed), jnp.asarray(replicate)), jnp.asarray(step))


def numbers(**address) -> np.ndarray:
    name = address.pop("name", "a.flow")
    return np.asarray(draws(**address).uniform(name, (5,)))


def test_the_same_address_gives_the_same_uniforms_and_any_other_address_gives_others():
    here = numbers()
    assert np.array_equal(here, numbers())
    for other in ({"seed": 2}, {"replicate": 1}, {"step": 1}, {"name": "b.flow"}):
        assert not np.any(here == numbers(**other)), other


def test_replicate_and_step_are_not_interchangeable():
    assert not np.any(numbers(replicate=3, step=5) == numbers(replicate=5, step=3))


def test_numbered_draws_inside_a_step_have_addresses_of_their_own():
    first, second = (
        np.asarray(draws().numbered("exact", jnp.asarray(i)).uniform("x", (5,))) for i in (0, 1)
    )
    assert not np.any(first == second) and not np.any(
        first == np.asarray(draws().uniform("x", (5,)))
    )


@pytest.mark.parametrize("double", [True, False], ids=["float64", "float32"])
def test_uniforms_lie_strictly_inside_zero_and_one_and_are_uniform(double, request):
    # 2**16 draws: mean 0.5, standard error 0.0011; variance 1/12, standard error 2.9e-4.
    # At 5 standard errors a mean off by 0.006 would be caught.
    if not double:
        request.getfixturevalue("single_precision")
    u = np.asarray(uniforms(root_key(3), {"x": (2**16,)})["x"], float)
    assert u.min() > 0.0 and u.max() < 1.0
    assert abs(u.mean() - 0.5) < 5 * 0.0011 and abs(u.var() - 1 / 12) < 5 * 2.9e-4
    bits = 53 if double else 24
    assert np.all(u * 2.0**bits % 2 == 1), (
        "the middles of 2**52 or 2**23 equal cells, so that u and 1 - u are equally likely"
    )


def test_draw_names_that_share_an_address_are_refused():
    # A known collision of CRC-32.
    assert tag("plumless") == tag("buckeroo")
    with pytest.raises(TreguaError, match="TR2104"):
        check_tags(["plumless", "other", "buckeroo"])
    check_tags(["plumless", "plumless"])


def test_persons_drawn_in_single_precision_are_never_more_than_there_are(single_precision):
    # 2**24 + 3 is rounded up to 2**24 + 4 in float32.
    many = jnp.full(3, 2**24 + 3, jnp.int32)
    assert np.all(np.asarray(draws().binomials({"x": (many, jnp.ones(3))})["x"]) <= 2**24 + 3)


def test_means_are_the_expected_numbers():
    n, p = jnp.asarray([10.0, 0.0]), jnp.asarray([0.3, 1.0])
    assert np.allclose(Means().binomials({"x": (n, p)})["x"], [3.0, 0.0])
    assert np.allclose(Means().poisson("x", n), n)


class Recorder(Draws):
    """Draws that remember every uniform by its name."""

    def __init__(self, key, step, book):
        super().__init__(key, step)
        self.book = book

    def uniforms(self, shapes):
        drawn = super().uniforms(shapes)
        assert not set(shapes) & set(self.book), "an address is drawn twice in one step"
        self.book |= {name: np.asarray(u) for name, u in drawn.items()}
        return drawn


def started(scenario: Scenario, draw) -> tuple[State, dict]:
    """The state at the start of a scenario, and what its first week reads."""
    inputs, model, sizes = scenario.compile(), scenario.model, scenario.data.space.sizes
    values = {
        **{n: jnp.asarray(x[0]) for n, x in inputs.base.items()},
        **{n: jnp.asarray(x) for n, x in inputs.covariates.items()},
    }
    stocks = model.initial_stocks(values, sizes, draw)
    return State(stocks, model.initial_levels(sizes), jnp.asarray(0, jnp.int32)), values


def uniforms_of_a_step(model: Model, solver: str = "tau-leap") -> dict[str, np.ndarray]:
    """Uniforms of one step, by the names of their draws, run eagerly."""
    key, book = replicate_key(root_key(1), jnp.asarray(7)), {}
    state, values = started(
        toys.scenario(model, weeks=52), Recorder(key, jnp.asarray(INITIAL_STEP), book)
    )
    SOLVERS[solver].step(
        model, state, values, jnp.asarray(3.0), 1.0, Recorder(key, jnp.asarray(3), book)
    )
    return book


@pytest.mark.slow
def test_one_more_mechanism_leaves_the_uniforms_of_all_others_where_they_were():
    before = uniforms_of_a_step(Model.size_2023())
    for extra in (toys.Memory(), toys.Splits(), toys.Merges()):
        after = uniforms_of_a_step(Model.size_2023() + extra)
        assert set(before) <= set(after)
        for name, u in before.items():
            assert np.array_equal(u, after[name]), name


def test_the_order_of_mechanisms_does_not_move_a_uniform():
    model = Model.size_2023()
    forward, backward = uniforms_of_a_step(model), uniforms_of_a_step(Model(model.mechanisms[::-1]))
    shared = set(forward) & set(backward)
    # The last of the flows that compete for a stock takes the remainder, so which of them is not
    # drawn depends on the order.
    assert len(shared) >= len(forward) - 1
    assert all(np.array_equal(forward[name], backward[name]) for name in shared)


def equal(one, two, replicate: int) -> bool:
    return all(
        np.array_equal(one.series[name][replicate], two.series[name][replicate])
        for name in one.series
    ) and all(
        np.array_equal(one.snapshots[name][replicate], two.snapshots[name][replicate])
        for name in one.snapshots
    )


@pytest.mark.slow
@pytest.mark.parametrize("double", [True, False], ids=["float64", "float32"])
@pytest.mark.nightly
def test_replicate_seven_is_the_same_in_ensembles_of_any_size_and_on_any_number_of_devices(
    double, request
):
    if not double:
        request.getfixturevalue("single_precision")
    scenario = toys.scenario(Model.size_2023() + toys.Splits(), weeks=104)
    alone = tregua.simulate(scenario, replicates=10, devices=jax.local_devices()[:1])
    for replicates in (64, 200):
        assert equal(
            alone,
            tregua.simulate(scenario, replicates=replicates, devices=jax.local_devices()[:1]),
            7,
        ), replicates
    two = tregua.simulate(scenario, replicates=200, devices=jax.local_devices()[:2])
    one = tregua.simulate(scenario, replicates=200, devices=jax.local_devices()[:1])
    assert len(jax.local_devices()) >= 2
    assert all(equal(one, two, i) for i in (7, 64, 127, 128, 199))
    assert not equal(one, tregua.simulate(scenario, replicates=10, seed=2), 7)


@pytest.mark.nightly
def test_the_width_of_a_chunk_does_not_move_a_number(monkeypatch):
    # Tested but not promised: another width is another compiled program.
    scenario = toys.scenario(weeks=104)
    wide = tregua.simulate(scenario, replicates=20)
    monkeypatch.setattr(run, "CHUNK", 16)
    narrow = tregua.simulate(scenario, replicates=20)
    assert all(equal(wide, narrow, i) for i in range(20))


def test_different_replicates_and_weeks_are_not_correlated():
    # Yearly deaths of 200 replicates: lag-one correlation between neighbours is 0, standard error
    # 0.07; a shared stream would give 1.
    killed = (
        tregua.simulate(toys.scenario(weeks=52), replicates=200)
        .total("conflict.killed")
        .astype(float)
    )
    yearly = killed.sum(axis=1)
    assert abs(np.corrcoef(yearly[:-1], yearly[1:])[0, 1]) < 0.35
    assert abs(np.corrcoef(killed[:, 20], killed[:, 21])[0, 1]) < 0.35


def calls(tree: ast.AST) -> set[str]:
    """Dotted names that are read in a module."""
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_only_the_random_module_touches_jax_random_and_nobody_uses_its_counting_samplers():
    forbidden = {
        f"jax.random.{name}"
        for name in (
            "binomial",
            "poisson",
            "multinomial",
            "gamma",
            "split",
            "beta",
            "dirichlet",
            "categorical",
        )
    }
    for file in sorted(SOURCE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
        named = calls(tree)
        assert not named & forbidden, file
        imports = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jax")
        ]
        assert not any(
            node.module == "jax.random" or "random" in [a.name for a in node.names]
            for node in imports
        ), file
        if file.name != "random.py":
            assert not any(name.startswith("jax.random") for name in named), file
            assert not any(
                name.startswith(("numpy.random", "np.random.seed", "random.random"))
                for name in named
            ), file
