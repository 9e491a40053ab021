"""Deployment follows its closed form, and who dies in clashes keeps the counted proportions."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import toys
import tregua
from tregua.countries.dataset import Dataset
from tregua.mechanisms.troops import Troops
from tregua.model.model import Model
from tregua.model.vocabulary import MEMBERS
from tregua.scenarios.scenario import Scenario

START = "2007-01-01"
MODEL = Model((toys.Populated((MEMBERS,), 1_500.0), Troops()))
MANY = 32
OPERATIONS = 10
DEAD = {
    "members": "troops.members_dead",
    "troops": "troops.troops_dead",
    "civilians": "troops.civilians_dead",
}


def country(begin: str = START) -> Dataset:
    """As many territories as Mexico has states: ten have a joint operation, the others one in 2100,
    which is never here.
    """
    place = toys.space(2, MANY)
    first = np.full(MANY, tregua.scenarios.policy.as_date("2100-01-01").toordinal(), float)
    first[:OPERATIONS] = tregua.scenarios.policy.as_date(begin).toordinal()
    return Dataset("country", place, {"operation_start": first})


@cache
def run(begin: str = START, weeks: int = 104, solver: str = "mean-field", **values: float):
    given = {f"troops.{name}": value for name, value in values.items()}
    return tregua.simulate(
        Scenario(MODEL, START, weeks, country(begin), given), solver, block_weeks=52
    )


def test_deployment_follows_its_closed_form():
    # dF = (u - F) / 8 in weekly steps, with the first week of the operation at its
    # start counted as none.
    troops = run().series["troops"][0]
    weeks = np.arange(1, 105)
    np.testing.assert_allclose(
        troops[:, 0], 4_500.0 * (1.0 - (1.0 - 1.0 / 8.0) ** (weeks - 1.0)), rtol=1e-9, atol=1e-9
    )
    assert np.all(troops[:, OPERATIONS:] == 0.0)


def test_the_country_has_the_troops_that_the_army_reported():
    # 45,000 on average in 2007, 49,650 in 2010: within a tenth once deployment is complete.
    assert run().total("troops")[0, -1] == pytest.approx(45_000.0, rel=0.1)


def test_nobody_dies_before_an_operation_begins():
    before = run(begin="2008-01-01")
    weeks = 52
    assert all(
        before.total(name)[0, :weeks].sum() == 0.0
        and before.total(name)[0, weeks + 2 :].min() > 0.0
        for name in DEAD.values()
    )


def test_the_dead_of_clashes_keep_the_counted_proportions():
    killed = {who: run().total(flow)[0].sum() for who, flow in DEAD.items()}
    # The army's own count: 5,042 opponents, 290 soldiers.
    assert killed["troops"] / killed["members"] == pytest.approx(290 / 5042, rel=0.02)
    # Civilians lie between the army's count and the official records of confrontations.
    assert 42 / 5042 < killed["civilians"] / killed["members"] < 516 / 3835


def test_the_prior_of_harm_reaches_both_counts():
    prior = next(p for p in Troops.parameters if p.name == "harm").prior.distribution()
    low, high = prior.ppf([0.05, 0.95])
    assert low < 42 / 4997 and high > 516 / 3835
    assert prior.sf(12.0) < 1e-6, "the dead of the worst clash are no mean"


def test_the_order_of_magnitude_of_the_members_killed():
    # 96,000 members, a third of them where the operations are:
    # 11 a week by the army alone, 18 with marines and police; a factor of two either way.
    assert 11.0 / 2.0 < run().total(DEAD["members"])[0, -52:].mean() < 18.0 * 2.0


def test_aid_multiplies_strength_and_harm_changes_only_civilians():
    plain, aided, kinder = run(), run(aid=1.5), run(harm=0.0)
    np.testing.assert_allclose(aided.series["troops"], 1.5 * plain.series["troops"], rtol=1e-12)
    assert kinder.total(DEAD["civilians"]).sum() == 0.0
    assert np.array_equal(kinder.snapshots["members"], plain.snapshots["members"])


def test_every_death_says_who_and_of_what():
    told = {flow.name: (flow.victim, flow.cause) for flow in Troops().flows()}
    assert told == {
        "members_dead": ("member", "operation"),
        "troops_dead": ("troops", "attack on forces"),
        "civilians_dead": ("civilian", "operation"),
    }
