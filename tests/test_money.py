"""Money: revenue is shared out once, cash is conserved, and capacity limits what can be spent."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import toys
import tregua
from tregua.countries.dataset import Dataset
from tregua.mechanisms.money import Money
from tregua.model.model import Model
from tregua.model.space import Axis, Space
from tregua.model.vocabulary import MEMBERS
from tregua.scenarios.policy import Policy
from tregua.scenarios.scenario import Scenario

EACH = 200.0


def scenario(weeks: int = 104, values: dict | None = None) -> Scenario:
    """32 territories with 16 groups of 200 members in each: 102,400 members in all, who stay."""
    space = Space(
        (
            Axis("territory", tuple(f"t{i}" for i in range(32))),
            Axis("group", tuple(f"g{i}" for i in range(16))),
        )
    )
    return Scenario(
        Model((toys.Populated((MEMBERS,), EACH), Money())),
        weeks=weeks,
        data=Dataset("even", space, {}),
        values=values,
    )


def final(run, name: str) -> np.ndarray:
    return run.snapshots[name][0, -1]


def test_cash_settles_where_what_is_laundered_equals_what_is_kept():
    # Closed form: R = 2 * 2.7 + 1.5e-4 * 60,000 = 14.4 MUSD/week for 30,000 members in each of 2
    # territories; 1 % is seized.
    values = {"money.cash_seized": 0.01, "money.capacity": 25e6, "money.backlog": 0.5}
    data = toys.world(Model((Money(),)), groups=1)
    # Rent and extortion as they start, which nothing here changes, and not those of the toy world.
    data = dataclasses.replace(
        data,
        covariates={n: x for n, x in data.covariates.items() if n not in Model((Money(),)).neutral},
    )
    run = tregua.simulate(
        Scenario(
            Model((toys.Populated((MEMBERS,), 30_000.0), Money())),
            weeks=520,
            data=data,
            values=values,
        ),
        "mean-field",
    )
    clean = 0.99 * 14.4
    wanted = clean * 25.0 / (25.0 - clean)
    assert np.allclose(final(run, "dirty"), (wanted - clean) / 0.5, rtol=1e-6)
    assert np.allclose(final(run, "pay"), (0.9 * clean * 1e6 / 900.0 + 10.0) / 60_010.0, rtol=1e-6)
    assert np.allclose(
        final(run, "bribes"), (0.1 * clean * 1e6 / 100.0 + 10.0) / 60_010.0, rtol=1e-6
    )


def test_the_defaults_keep_pay_and_bribes_of_the_nation_near_what_they_were():
    # 86 MUSD/week of rent and 15 of extortion for 102,400 members.
    # Groups start without cash, so that pay first falls short, by less than a tenth.
    run = tregua.simulate(scenario(), "mean-field", block_weeks=4)
    for name in ("pay", "bribes"):
        assert np.all(np.abs(run.snapshots[name] - 1.0) < 0.1) and np.all(
            np.abs(final(run, name) - 1.0) < 0.02
        ), name


def test_banks_that_launder_less_make_cash_pile_up_and_pay_fall():
    base = scenario(260)
    usual, strict = (
        tregua.simulate(s, "mean-field")
        for s in (base, base.with_policy(Policy.scale("money.capacity", 0.15, base.date(104))))
    )
    # 15 % of 270 MUSD a week is 40.5, of 101 earned: at least the rest piles up each week for three
    # years, and pay tends to less than 0.4.
    assert final(strict, "dirty").sum() - final(usual, "dirty").sum() > 156 * (101.0 - 40.5)
    assert np.all(final(strict, "pay") < 0.42) and np.all(final(strict, "bribes") < 0.42)
    assert np.allclose(strict.snapshots["pay"][0, 2], usual.snapshots["pay"][0, 2]), (
        "nothing before it begins"
    )


@pytest.mark.parametrize("each", [0.0, 0.01, 1.0])
def test_a_group_without_members_neither_earns_nor_loses_its_indices(each):
    model = Model((toys.Populated((MEMBERS,), each), Money()))
    run = tregua.simulate(Scenario(model, weeks=52, data=toys.world(model)), "mean-field")
    for name in ("dirty", "pay", "bribes"):
        assert np.all(np.isfinite(run.snapshots[name])) and np.all(run.snapshots[name] >= 0.0), name
    if each == 0.0:
        assert (
            np.allclose(final(run, "pay"), 1.0)
            and np.allclose(final(run, "bribes"), 1.0)
            and np.all(final(run, "dirty") == 0.0)
        )
    assert np.all(final(run, "pay") <= 4.0)
