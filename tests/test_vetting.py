"""Tests of officers, dismissals and hiring: bookkeeping, closed forms, and the rule with and
without what holds it up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest

import tregua
from tregua.countries.dataset import Dataset
from tregua.mechanisms.vetting import Vetting
from tregua.model.mechanism import Mechanism
from tregua.model.model import Model
from tregua.model.space import Axis, Space
from tregua.model.vocabulary import COMPROMISED, FAILED, FOUND_OUT, HONEST, MEMBERS

CORPS = ("municipal", "state")
UNLIMITED = {"vetting.labour": 1e9, "vetting.applicants": 1e9}
TESTS = ("cleared", "mistaken", "detected", "missed")
SERVING = ("honest", "vetted", "failed", "compromised", "undetected", "found_out")


@dataclass(frozen=True)
class Force(Mechanism):
    """Officers in two territories and corps, and members of two groups,
    a given number in each place of each stock.
    """

    honest: float = 40_000.0
    compromised: float = 10_000.0
    failed: float = 0.0
    found_out: float = 0.0
    members: float = 1_000.0

    needs = (HONEST, COMPROMISED, FAILED, FOUND_OUT, MEMBERS)

    def initial(self, view, draw):
        axes = {need.name: (1,) * len(need.axes) for need in self.needs}
        return {name: jnp.full(shape, getattr(self, name)) for name, shape in axes.items()}


def run(
    weeks: int = 104,
    values=None,
    force: Force | None = None,
    police: float = 50_000.0,
    start: str = "2000-01-01",
    solver: str = "mean-field",
    shield: tuple[float, float] = (0.0, 0.0),
):
    """A run of the force with its tests, begun before the start unless a date is given."""
    space = Space((Axis("territory", ("n", "s")), Axis("corps", CORPS), Axis("group", ("a", "b"))))
    begin = np.asarray(float(dt.date.fromisoformat(start).toordinal()))
    data = Dataset(
        "force",
        space,
        {
            "police": np.full((2, 2), police),
            "programme_start": begin,
            "shield": np.tile(shield, (2, 1)),
        },
    )
    return tregua.simulate(
        tregua.Scenario(
            Model((force or Force(), Vetting())), "2008-01-01", weeks, data, values=values or {}
        ),
        solver,
        replicates=10,
        block_weeks=52,
    )


def total(result, *flows: str) -> float:
    return float(sum(result.total(f"vetting.{name}").sum() for name in flows))


def failed_share(result, first: int, last: int) -> float:
    """Share of the tests between two weeks that were failed."""
    counts = {n: result.between(f"vetting.{n}", first, last)[0] for n in TESTS}
    return (counts["mistaken"] + counts["detected"]) / sum(counts.values())


def test_every_test_is_on_somebodys_record():
    values = {"vetting.validity": 1e5, "vetting.rule": 0.0, "vetting.retest": 0.0}
    result = run(104, values)
    recorded = sum(result.at(n, 104)[0] for n in ("vetted", "failed", "found_out", "undetected"))
    expired = total(result, "expired", "expired_undetected")
    assert expired < 1e-3 * recorded
    assert recorded == pytest.approx(total(result, *TESTS) - expired, rel=1e-12)
    assert result.at("undetected", 104)[0] == pytest.approx(
        0.15 / 0.85 * result.at("found_out", 104)[0], rel=1e-3
    ), "those who pass stay compromised"
    whole = sum(result.total(n)[0] for n in SERVING)
    assert np.allclose(whole, whole[0], rtol=1e-12)


def test_no_more_are_tested_than_the_capacity_allows_and_nearly_as_many_while_many_wait():
    weekly = sum(run(52).total(f"vetting.{n}")[0] for n in TESTS)
    assert np.all(weekly <= 2 * 1100.0) and weekly[0] > 0.9 * 2 * 1100.0
    few = run(300, {"vetting.capacity": 1e6, "vetting.validity": 1e5})
    assert few.at("honest", 300)[0] + few.at("compromised", 300)[0] < 0.01 * 200_000


def test_nothing_happens_before_the_programme_begins():
    result = run(52, start="2008-07-01")
    first = (dt.date(2008, 7, 1) - dt.date(2008, 1, 1)).days / 7.0
    weekly = sum(result.total(f"vetting.{n}")[0] for n in TESTS)
    begun = int(np.ceil(first))
    assert np.all(weekly[:begun] == 0.0) and np.all(weekly[begun:] > 1000.0)


def test_the_first_tests_fail_as_the_formula_says():
    # 10,000 who work for groups, 40,000 honest: a fifth is compromised,
    # and their weight is five times as large.
    result = run(1, {"vetting.capacity": 10.0})
    weight = 5.0 * 0.2 / (5.0 * 0.2 + 0.8)
    assert failed_share(result, 0, 1) == pytest.approx(
        0.85 * weight + 0.05 * (1.0 - weight), rel=2e-3
    )


def test_the_share_that_fails_falls_with_coverage_only_if_somebody_is_tested_first():
    once = {"vetting.validity": 1e5, "vetting.retest": 0.0}
    aimed, blind = run(78, once), run(78, {**once, "vetting.targeting": 1.0})
    late = [failed_share(x, 52, 78) for x in (aimed, blind)]
    assert late[0] < 0.5 * failed_share(aimed, 0, 13)
    assert late[1] == pytest.approx(failed_share(blind, 0, 13), rel=1e-3)


def test_times_for_a_dismissal_add_up():
    force, limits = (
        Force(0.0, 0.0, 6_000.0, 4_000.0),
        {"vetting.labour": 50.0, "vetting.applicants": 100.0, "vetting.capacity": 0.0},
    )
    result = run(1, limits, force)
    stock = 2 * (6_000.0 + 4_000.0)
    hazard = 1.0 / (26.0 / stock + 1.0 / 50.0 + 1.0 / 45.0) / stock
    leaving = ("dismissed", "dismissed_found_out")
    assert total(result, *leaving) == pytest.approx(-2.0 * stock * np.expm1(-hazard), rel=1e-9)
    assert total(result, "joined") == pytest.approx(0.1 * 2.0 * stock * hazard, rel=1e-9)


def test_the_rule_works_without_limits_and_not_with_them():
    force, none = Force(0.0, 0.0, 6_000.0, 4_000.0), {"vetting.capacity": 0.0}
    serving = {}
    for name, limits in {
        "none": UNLIMITED,
        "limits": {},
        "no rule": {**UNLIMITED, "vetting.rule": 0.0},
    }.items():
        result = run(260, {**none, **limits}, force)
        serving[name] = (result.at("failed", 260)[0] + result.at("found_out", 260)[0]) / 40_000.0
    assert serving["none"] < 1e-4
    assert serving["limits"] == pytest.approx(1.0 - 2 * 5.0 * 260.0 / 40_000.0, abs=0.01)
    assert serving["no rule"] == 1.0


@pytest.mark.parametrize("missing", ["vetting.labour", "vetting.applicants", "vetting.rule"])
def test_nobody_is_dismissed_where_it_cannot_be_done(missing):
    result = run(
        26, {**UNLIMITED, "vetting.capacity": 0.0, missing: 0.0}, Force(0.0, 0.0, 6_000.0, 4_000.0)
    )
    assert total(result, "dismissed", "dismissed_found_out", "joined") == 0.0


@pytest.mark.slow
def test_groups_gain_exactly_those_who_join_them():
    force = Force(0.0, 0.0, 600.0, 400.0)
    result = run(
        52, {**UNLIMITED, "vetting.capacity": 0.0, "vetting.joining": 0.5}, force, solver="tau-leap"
    )
    gained = result.total("members")[:, -1] - result.total("members")[:, 0]
    joined = result.total("vetting.joined").sum(axis=1)
    assert np.array_equal(gained, joined) and np.all(joined > 0)
    shielded = run(
        52, {**UNLIMITED, "vetting.capacity": 0.0}, Force(0.0, 0.0, 0.0, 400.0), shield=(0.03, 0.01)
    )
    by_group = shielded.sums["vetting.joined"].sum(axis=(0, 1, 2))
    assert by_group[0] == pytest.approx(3.0 * by_group[1], rel=1e-6), (
        "who worked for a group joins it"
    )
    nobody = run(52, {**UNLIMITED, "vetting.capacity": 0.0}, Force(0.0, 0.0, 600.0, 0.0, 0.0))
    assert total(nobody, "joined") == 0.0 and total(nobody, "dismissed") > 0.0


def test_vacancies_are_filled_as_fast_as_applicants_allow_and_never_beyond():
    empty = Force(0.0, 0.0)
    slow = run(52, {"vetting.capacity": 0.0}, empty)
    assert total(slow, "hired") == pytest.approx(52 * 2 * 200.0 * 0.45, rel=0.06)
    fast = run(520, {"vetting.capacity": 0.0, "vetting.applicants": 1e6}, empty)
    serving = sum(fast.total(n)[0] for n in SERVING)
    assert serving[-1] == pytest.approx(200_000.0, rel=1e-3) and serving.max() <= 200_000.0
