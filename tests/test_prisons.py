"""Stays, escapes and killings in prison against closed forms and reported numbers."""

from __future__ import annotations

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

import toys
import tregua
from tregua.countries.dataset import Dataset
from tregua.engine.random import Draws, Means, replicate_key, root_key
from tregua.mechanisms.prisons import Prisons
from tregua.model.model import Model
from tregua.scenarios.scenario import Scenario
from tregua.studies.reproductions import escapes
from tregua.studies.reproductions.charts_escapes import escapes_picture
from tregua.studies.reproductions.published import load

P = {p.name: float(p.value) for p in Prisons.parameters}
BY_PLACE = {p.name: p.by_place for p in Prisons.parameters}
PRISONERS = 7_000.0


def country(guards: float, groups: int = 2, places: int = 1) -> Dataset:
    """Places with prisoners, in which a share of the guards works for the first group."""
    space, bought = toys.space(groups, places), np.zeros((places, groups))
    bought[:, 0] = guards
    plain = {
        "foothold": np.ones((places, groups)),
        "rank": np.ones(groups),
        "prisoners": np.full(places, PRISONERS),
        "presence": np.ones(places),
    }
    return Dataset("prisons", space, {**plain, "guards": bought})


@cache
def run(
    guards: float,
    weeks: int = 520,
    solver: str = "mean-field",
    replicates: int = 1,
    **values: float,
):
    given = {f"prisons.{name}": value for name, value in values.items()}
    scenario = Scenario(Model((Prisons(),)), "2007-01-01", weeks, country(guards), given)
    return tregua.simulate(scenario, solver, replicates=replicates, block_weeks=52)


def view(guards, arrested, inmates, members=None, losses=None, breakout=None, **values):
    """What the mechanism reads, with everything else at its default."""
    model = Model((Prisons(),))
    arrested = jnp.asarray(arrested, float)
    places, groups = arrested.shape
    stocks = {
        "members": jnp.full(arrested.shape, 1000.0)
        if members is None
        else jnp.asarray(members, float),
        "arrested": arrested,
        "sentenced": jnp.zeros(arrested.shape),
        "inmates": jnp.asarray(inmates, float),
        "guards": jnp.asarray(guards, float),
        "losses": jnp.zeros(groups) if losses is None else jnp.asarray(losses, float),
        "breakout": jnp.zeros(arrested.shape) if breakout is None else jnp.asarray(breakout, float),
    }
    numbers = {
        f"prisons.{n}": jnp.full(places if BY_PLACE[n] else (), x)
        for n, x in {**P, **values}.items()
    }
    return model.view(Prisons(), {**stocks, **numbers}, jnp.zeros(()))


EVENT = Prisons().events()[0]


def test_a_steady_flow_of_arrests_leaves_the_official_share_without_a_sentence():
    # Little's law: stays in proportion. 37.9 % of all prisoners had no sentence at the end of 2020.
    share = P["pretrial"] / (P["pretrial"] + P["convicted"] * P["sentence"])
    assert 0.36 <= share <= 0.38
    start = run(0.0)
    inside = [start.at(name, 0)[0] for name in ("arrested", "sentenced")]
    assert inside[0] / sum(inside) == pytest.approx(share)
    assert sum(inside) == pytest.approx(P["inside"] * PRISONERS)


def test_members_leave_custody_as_the_chain_says():
    # Without arrests and escapes the untried decay by 1 - exp(-1/pretrial) a week, and the
    # convicted share of them is sentenced.
    base = run(0.0, single=0.0)
    inside = np.exp(-np.arange(521) / P["pretrial"])
    np.testing.assert_allclose(
        base.total("arrested")[0], base.at("arrested", 0)[0] * inside, rtol=1e-9
    )
    left = {
        name: base.total(f"prisons.{name}")[0].sum()
        for name in ("sentenced", "freed_back", "freed")
    }
    assert left["sentenced"] / sum(left.values()) == pytest.approx(P["convicted"])
    assert left["freed_back"] / (left["freed_back"] + left["freed"]) == pytest.approx(P["back"])


def test_prisoners_of_no_group_stay_as_many_as_they_were():
    # What comes in is turnover * P; what goes out in a weekly step 1 - exp(-turnover),
    # half a per cent less.
    assert run(0.0).at("inmates", 520)[0] == pytest.approx(PRISONERS, rel=0.006)
    grown = run(0.0, intake=1.2).at("inmates", 520)[0]
    assert grown == pytest.approx(PRISONERS * 1.2, rel=0.006)


@pytest.mark.slow
@pytest.mark.nightly
def test_with_honest_guards_nobody_escapes_but_alone():
    # Exactly: 64 replicates of ten years with a hazard a thousand times the default.
    base = run(0.0, solver="tau-leap", replicates=64, mass=1000.0 * P["mass"])
    assert base.series["prisons.mass_escape"].sum() == 0 and base.total("prisons.joined").sum() == 0
    assert not base.series["breakout"].any()
    # Expected: single * prisoners * weeks. Standard error of the mean over replicates
    # sqrt(25 / 64) = 0.6; three of them catch an error of 8 %.
    expected = P["single"] * PRISONERS * 520
    assert base.total("prisons.escaped_others").sum(axis=1).mean() == pytest.approx(
        expected, abs=3.0 * np.sqrt(expected / 64)
    )


def test_the_hazard_of_a_mass_escape_by_hand():
    # Two groups in one place; the first has half of the guards, 100 members inside, and lost 20 a
    # week of 1,000: 520 of 1,520 over 26 weeks.
    hazard = EVENT.hazard(view([[0.5, 0.0]], [[100.0, 400.0]], [5_000.0], losses=[20.0, 20.0]))
    assert hazard[0, 0] == pytest.approx(
        P["mass"] * 0.5 * 100.0 / 520.0 * (1.0 + P["need"] * 520.0 / 1520.0)
    )
    assert hazard[0, 1] == 0.0


def test_losses_of_the_group_and_of_no_other_raise_its_escapes():
    quiet, own, other = (
        EVENT.hazard(view([[0.5, 0.5]], [[100.0, 100.0]], [5_000.0], losses=x))
        for x in ([0.0, 0.0], [9.0, 0.0], [0.0, 9.0])
    )
    assert own[0, 0] > quiet[0, 0] == other[0, 0]


def test_a_mass_escape_takes_its_share_of_one_prison():
    # Expected persons in the following week, by hand from the level:
    # the mean prison of 520 loses 13 %.
    before = view([[0.5, 0.0]], [[100.0, 400.0]], [5_000.0])
    after = EVENT.apply(before, jnp.asarray([[1.0, 0.0]]), Means())["breakout"]
    leaving = float(after[0, 0]) * (P["pull"] * 100.0 + 5_000.0)
    assert leaving == pytest.approx(0.13 * 520.0, rel=0.01)
    assert after[0, 1] == 0.0


def test_shares_and_prisons_are_drawn_around_their_means():
    # 4,000 draws: the size is exponential, so the standard error of the mean is 1/sqrt(4000) = 1.6
    # %; four of them are 6.4 %.
    before, draws = (
        view(np.ones((4000, 1)), np.zeros((4000, 1)), np.full(4000, 1e9)),
        Draws(replicate_key(root_key(3), jnp.asarray(0)), jnp.asarray(0)),
    )
    part = np.asarray(EVENT.apply(before, jnp.ones((4000, 1)), draws)["breakout"])[:, 0] * 1e9
    assert part.mean() == pytest.approx(0.13 * 520.0, rel=0.064)
    # At least 50 leave where the prison is large enough; exp(-50/67.6) for a fixed share;
    # four standard errors of 0.8 % are 3.2 %.
    assert (part >= 50.0).mean() == pytest.approx(np.exp(-50.0 / 67.6), abs=0.032)


def test_a_territory_with_one_small_prison_loses_no_more_than_the_share():
    one = view([[1.0]], [[0.0]], [40.0])
    draws = Draws(replicate_key(root_key(1), jnp.asarray(0)), jnp.asarray(0))
    shares = 1.0 - np.exp(-np.asarray(EVENT.apply(one, jnp.ones((1, 1)), draws)["breakout"]))
    assert 0.0 < shares[0, 0] <= 0.16 + 1e-9


def test_an_opened_prison_is_closed_after_a_week():
    base = run(0.9, solver="tau-leap", replicates=32, mass=0.05, single=0.0)
    fired, joined = (
        base.series[name][:, :, 0] for name in ("prisons.mass_escape", "prisons.joined")
    )
    open_ = np.concatenate([np.zeros((32, 1)), fired[:, :-1]], axis=1) > 0
    assert fired.sum() > 20 and joined[open_].sum() > 0
    assert joined[~open_].sum() == 0


def test_members_gain_by_escapes_and_rivals_are_killed():
    base, honest = run(0.9, mass=0.05), run(0.0, mass=0.05)
    gain = base.snapshots["members"] - honest.snapshots["members"]
    assert gain[0, -1, 0, 0] > 0.0
    killed = base.snapshots["dead"][0, -1, 0]
    assert killed[0] == 0.0 and killed[1] > 0.0 and not honest.snapshots["dead"].any()


def test_the_order_of_the_rivals_killed_in_one_escape():
    # Apodaca 2012: 44 killed, 30 escaped; Nuevo Laredo 2011: 7 and 59;
    # three large escapes without killings. Ten a mass escape, a factor of five either way.
    before = view([[0.5, 0.0]], [[500.0, 500.0]], [6_000.0])
    open_ = EVENT.apply(before, jnp.asarray([[1.0, 0.0]]), Means())["breakout"]
    killed = 500.0 * P["massacre"] * float(open_[0, 0])
    assert 2.0 < killed < 50.0


def test_deaths_inside_are_losses_of_the_group_that_suffers_them():
    base = run(0.9)
    assert base.snapshots["losses"][0, -1, 0] == 0.0 < base.snapshots["losses"][0, -1, 1]
    told = {(f.victim, f.cause) for f in Prisons().flows() if f.target == "dead"}
    assert told == {("inmate", "prison")}


@pytest.mark.nightly
@pytest.mark.slow
def test_the_reproduction_runs_small_and_says_what_it_must():
    report = escapes.reproduce(escapes_picture, replicates=8)
    own = {row.key: row for row in report.rows}
    assert own["honest.mass"].ours == 0.0
    # 8 replicates of a count with a spread of about 250 persons: a standard error of 90;
    # four of them are 360.
    assert own["total"].ours == pytest.approx(1353.0, abs=360.0)
    # Shares of about 60 mass escapes of exponential size: a standard error of a seventh.
    assert own["share"].ours == pytest.approx(13.0, abs=6.0)
    assert own["tamaulipas.rank"].ours == 1.0
    assert own["laredo.last"].ours == pytest.approx(153 / 0.13)
    assert all(picture.alt and picture.caption for picture in report.pictures.values())


@pytest.mark.nightly
def test_the_reproduction_notices_a_hazard_that_is_off():
    published = load("escapes")
    twice = escapes.scenario(published, escapes.data(published), {"prisons.mass": 4.0 * P["mass"]})
    total = (
        escapes.escapes(tregua.simulate(twice, "tau-leap", replicates=8, block_weeks=82))
        .sum(axis=(1, 2))
        .mean()
    )
    assert total > 1353.0 * 1.05 + 360.0


def test_the_states_of_the_file_are_all_there():
    run_ = load("escapes").run
    assert len({row["state"] for row in run_["states"]}) == 32
    assert all(
        len(row["presence"]) == len(run_["groups"])
        and 0.0 <= min(row["presence"]) <= max(row["presence"]) <= 1.0
        for row in run_["states"]
    )
    assert 102e6 < sum(row["population"] for row in run_["states"]) < 105e6
