"""Alleged favours: off they are not there, on each one does what it says and nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import networks
import toys
import tregua
from tregua.mechanisms.arrests import Arrests
from tregua.mechanisms.patronage import Patronage
from tregua.mechanisms.trade import Trade
from tregua.model.model import Model
from tregua.model.vocabulary import MEMBERS, PROTECTION
from tregua.scenarios.scenario import Scenario

FAVOURED = np.array([1.0, 0.0, 0.0, 0.0])
RIVALRY = np.array(
    [[0.0, 3.0, 0.0, 0.0], [3.0, 0.0, 2.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
)
LEVELS = ("protection", "tipped", "exempt")


def world(model: Model):
    data = toys.world(model)
    return dataclasses.replace(
        data, covariates={**data.covariates, "favoured": FAVOURED, "rivalry": RIVALRY}
    )


def settled(**values) -> dict[str, np.ndarray]:
    """The three levels of four groups of equal size in two territories, after a year."""
    model = Model((toys.Populated((MEMBERS,), 500.0), Patronage()))
    scenario = Scenario(
        model, weeks=52, data=world(model), values={f"patronage.{n}": x for n, x in values.items()}
    )
    run = tregua.simulate(scenario, "mean-field")
    return {n: run.snapshots[n][0, -1] for n in LEVELS}


def test_every_parameter_is_labelled_alleged_is_off_and_rests_on_claims_alone():
    for parameter in Patronage().parameters:
        assert parameter.doc.startswith("alleged: ") and parameter.value == 0.0, parameter.name
        assert all(e.id.startswith("C") and e.stance == "alleged" for e in parameter.evidence), (
            parameter.name
        )


def test_switched_off_it_changes_no_person_and_its_levels_stay_exactly_zero():
    model = Model.size_2023() + Patronage()
    data = world(model)
    without, with_it = (
        tregua.simulate(toys.scenario(m, data=data), "tau-leap", replicates=16, seed=3)
        for m in (model - "patronage", model)
    )
    for name in without.snapshots:
        assert np.array_equal(without.snapshots[name], with_it.snapshots[name]), name
    assert all(np.all(with_it.snapshots[n] == 0.0) for n in LEVELS)


# Three of four members in the same territory are of other groups;
# every group has a quarter of the rent and of all members.
@pytest.mark.parametrize(
    ("name", "level", "expected"),
    [
        ("immunity", "protection", [0.4, 0.0, 0.0, 0.0]),
        ("impunity", "protection", [0.4 * 0.75, 0.0, 0.0, 0.0]),
        ("bought", "protection", [0.1, 0.1, 0.1, 0.1]),
        ("both_sides", "protection", [0.4, 0.4, 0.4, 0.4]),
        ("intelligence", "tipped", [0.0, 0.4 * 0.75 / 1.75, 0.0, 0.0]),
        ("joint_targeting", "tipped", [0.0, 0.4, 0.4, 0.4]),
        ("corridor", "exempt", [0.4, 0.0, 0.0, 0.0]),
        ("cross_purposes", "exempt", [0.4, 0.4, 0.4, 0.4]),
    ],
)
def test_each_hypothesis_does_what_it_says_and_nothing_else(name, level, expected):
    levels = settled(**{name: 0.4})
    assert np.allclose(levels[level], expected, rtol=1e-9)
    assert all(np.all(levels[other] == 0.0) for other in LEVELS if other != level)


def test_hypotheses_together_spare_never_more_than_all():
    levels = settled(
        immunity=1.0, impunity=1.0, bought=1.0, both_sides=0.5, corridor=1.0, cross_purposes=1.0
    )
    assert (
        np.all(levels["protection"] <= 1.0)
        and levels["protection"][0] == pytest.approx(1.0)
        and levels["exempt"] == pytest.approx(1.0)
    )
    assert levels["protection"][1:] == pytest.approx(1.0 - 0.75 * 0.5)


def test_goods_of_a_favoured_group_are_let_through_where_it_has_members():
    model = Model((Trade(), Patronage()))
    data = networks.country(0)
    groups = networks.GROUPS
    extra = {"favoured": np.eye(groups)[0], "rivalry": np.zeros((groups, groups))}
    data = dataclasses.replace(data, covariates={**data.covariates, **extra})
    plain, corridor, crossed = (
        networks.last_year(model, [data], [{f"patronage.{n}": x for n, x in v.items()}])
        for v in ({}, {"corridor": 0.9}, {"cross_purposes": 0.5})
    )
    assert (
        corridor["seized"].sum() < plain["seized"].sum()
        and corridor["delivered"].sum() > plain["delivered"].sum()
    )
    # Half of the searches are cancelled wherever anybody is,
    # and fewer losses leave a little more to find.
    held = networks.members(0).sum(axis=1) > 0
    ratio = crossed["seizures"][0].sum() / plain["seizures"][0].sum()
    assert held.all() and 0.45 < ratio < 0.55


def test_immunity_lowers_arrests_of_the_favoured_group():
    if PROTECTION not in Arrests.needs:
        pytest.skip("arrests do not read the level yet")
    model = Model.size_2023() + Patronage()
    data = world(model)
    plain, immune = (
        tregua.simulate(toys.scenario(model, data=data, values=v), "mean-field")
        for v in ({}, {"patronage.immunity": 0.5})
    )
    arrests = [run.sums["arrests.arrested"].sum(axis=(0, 1, 2)) for run in (plain, immune)]
    assert arrests[1][0] < 0.7 * arrests[0][0]
