"""The mean field that fits differentiate: blocks, policies at the start, the state at the end,
and flows that fan out.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nation import seven_mechanisms
from tregua.engine.run import simulate
from tregua.engine.solvers.leap import _fan_out, _spread
from tregua.inference import mean_field
from tregua.inference.mean_field import MeanField
from tregua.inference.observations import RECORDED
from tregua.scenarios.policy import Policy
from tregua.scenarios.scenario import resolve

SERIES = (RECORDED, "conflict.killed", "members")


@pytest.fixture(scope="module")
def scenario():
    """105 weeks: blocks of 26 do not go into them,
    so that the last one ends in steps past the end.
    """
    return seven_mechanisms(105)


def values_of(scenario):
    return {n: jnp.asarray(r.value, float) for n, r in resolve(scenario).items()}


def found(scenario, step=1.0):
    path = MeanField(scenario, step)
    series, end = jax.device_get(jax.jit(path.run_to_end)(values_of(scenario)))
    return end, series


def test_blocks_do_not_matter(scenario, monkeypatch):
    """Blocks are only where a derivative starts again; in blocks of 40 weeks there are 3 with 35
    steps each and none past the end.
    """
    end, series = found(scenario)
    monkeypatch.setattr(mean_field, "BLOCK", 40)
    other_end, other = found(scenario)
    for name in SERIES:
        np.testing.assert_allclose(other[name], series[name], rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(other_end.stocks["members"], end.stocks["members"], rtol=1e-12)


def test_the_end_is_that_of_a_run(scenario):
    """By territory and group, at the last week and no later: three steps past the end would change
    members by more than a thousandth.
    """
    end, series = found(scenario)
    run = simulate(scenario, "mean-field")
    np.testing.assert_allclose(end.stocks["members"], run.snapshots["members"][0, -1], rtol=1e-9)
    np.testing.assert_allclose(end.stocks["members"].sum(axis=1), series["members"][-1], rtol=1e-12)
    assert abs(series["members"][-4].sum() / series["members"][-1].sum() - 1.0) > 1e-3


def test_half_weeks_end_at_the_same_time(scenario):
    end, series = found(scenario, step=0.5)
    assert len(series[RECORDED]) == 210
    np.testing.assert_allclose(
        end.stocks["members"],
        simulate(scenario, "mean-field", dt=0.5).snapshots["members"][0, -1],
        rtol=1e-9,
    )


def test_a_policy_in_force_from_the_first_week_counts_at_the_start(scenario):
    """Twice the members at the start: a mean field that starts from values before policies has the
    members of the other scenario.
    """
    twice = scenario.with_policy(Policy.scale("founding.members_at_start", 2.0))
    _, series = found(twice)
    run = simulate(twice, "mean-field")
    for name in SERIES:
        np.testing.assert_allclose(
            series[name].sum(axis=1), run.total(name)[0][-105:], rtol=1e-9, err_msg=name
        )
    assert series["members"][0].sum() > 1.9 * found(scenario)[1]["members"][0].sum()


class WholeMeans:
    """Expected numbers, but place after place as whole persons are drawn."""

    whole = True

    def numbered(self, name, number):
        return self

    def binomials(self, asked):
        return {name: persons * share for name, (persons, share) in asked.items()}


def test_persons_are_spread_as_place_after_place():
    """Two flows that fan out over 4 and over 2 x 3 places, some of which nobody can go to:
    both ways give the same persons, and lose none.
    """
    rng = np.random.default_rng(1)
    closed = rng.uniform(size=(3, 2, 4)) < 0.3
    closed[..., 0] = False
    flows = {
        "one": (
            jnp.asarray(rng.uniform(1.0, 100.0, (3, 2))),
            jnp.asarray(np.where(closed, 0.0, rng.uniform(size=(3, 2, 4)))),
        ),
        "two": (jnp.asarray(rng.uniform(1.0, 100.0, 5)), jnp.asarray(rng.uniform(size=(5, 2, 3)))),
    }
    one_by_one = _fan_out(flows, WholeMeans())
    for name, (persons, hazards) in flows.items():
        at_once = _spread(persons, hazards)
        np.testing.assert_allclose(at_once, one_by_one[name], rtol=1e-10, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(
            at_once.sum(axis=tuple(range(persons.ndim, hazards.ndim))), persons, rtol=1e-12
        )
    assert not np.any(np.asarray(_spread(*flows["one"]))[closed])
