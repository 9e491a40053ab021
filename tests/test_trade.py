"""Corridors: what follows from the equations exactly,
and what must come out of them in countries drawn by chance.
"""

from __future__ import annotations

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

import networks
from tregua.countries.dataset import Dataset
from tregua.countries.registry import load
from tregua.mechanisms.trade import Trade, mean_left, week
from tregua.model.model import Model
from tregua.model.space import Axis, Space, shape_of
from tregua.scenarios.scenario import Scenario

MODEL = Model((Trade(),))
EMPTY = {"trade.local": 0.0}


def two_routes(lengths=(1000.0, 1000.0)) -> Dataset:
    """From territory 0 over 1 or 2 to the border in 3, by two routes;
    the second commodity is not traded.
    """
    passes = np.array([[1.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 1.0]])
    ends = np.eye(4)
    labels = {"territory": 4, "group": 2, "commodity": 2, "route": 2}
    space = Space(
        tuple(Axis(n, tuple(f"{n}{i}" for i in range(size))) for n, size in labels.items())
    )
    table = {"passes": passes, "length": np.array(lengths), "carries": np.array([[1.0, 0.0]] * 2)}
    return Dataset("two routes", space, table | {"origin": ends[[0, 0]], "crossing": ends[[3, 3]]})


def one_week(
    data: Dataset, people=0.0, levels: dict | None = None, values: dict | None = None
) -> dict[str, np.ndarray]:
    """What the mechanism makes of given members and levels;
    levels that are not given are where they start.
    """
    inputs, sizes = Scenario(MODEL, weeks=1, data=data, values=values).compile(), data.space.sizes
    known = {n: jnp.asarray(x[0]) for n, x in inputs.base.items()} | {
        n: jnp.asarray(x) for n, x in inputs.covariates.items()
    }
    known |= MODEL.initial_levels(sizes) | {
        "members": jnp.broadcast_to(
            jnp.asarray(people, float), shape_of(("territory", "group"), sizes)
        )
    }
    known |= {
        n: jnp.broadcast_to(
            jnp.asarray(x, float), shape_of((MODEL.levels | MODEL.neutral)[n].axes, sizes)
        )
        for n, x in (levels or {}).items()
    }
    return {n: np.asarray(x) for n, x in week(MODEL.view(Trade(), known, jnp.zeros(()))).items()}


def sent(levels: dict[str, np.ndarray]) -> np.ndarray:
    """Goods on each of the two routes, which territories 1 and 2 tell apart."""
    return levels["traffic"][1:3]


def test_routes_of_equal_cost_carry_equal_shares_and_a_longer_one_less_by_the_logit():
    assert np.allclose(sent(one_week(two_routes())), 0.75)
    one, other = sent(
        one_week(
            two_routes((1000.0, 1700.0)), values={"trade.cost": 800.0, "trade.temperature": 400.0}
        )
    )
    assert np.isclose(one / other, np.exp(0.7 * 800.0 / 400.0), rtol=1e-12) and np.isclose(
        one + other, 1.5
    )


def test_a_route_that_is_expected_to_lose_more_carries_less_by_the_value_at_risk():
    one, other = sent(one_week(two_routes(), levels={"risk": np.array([0.1, 0.14])}))
    assert np.isclose(one / other, np.exp(0.04 * 20_000.0 / 1000.0), rtol=1e-12)


def test_goods_go_where_one_group_is_alone_rather_than_where_two_compete():
    people = np.array([[50.0, 0.0], [100.0, 0.0], [50.0, 50.0], [50.0, 0.0]])
    one, other = sent(one_week(two_routes(), people))
    # Half of the way's pairs of members are rivals in one of three territories of the second route.
    assert np.isclose(one / other, np.exp(1000.0 * (0.5 / 3.0) / 1000.0), rtol=1e-12)
    assert np.allclose(*sent(one_week(two_routes(), np.array([50.0, 0.0])))), "no rivals anywhere"


def test_what_is_sent_is_seized_or_arrives():
    levels = {
        "troops": np.array([0.0, 5000.0, 20_000.0, 1000.0]),
        "traffic": np.array([1.0, 0.2, 3.0, 1.0]),
    }
    after = one_week(two_routes(), levels=levels, values={"trade.catch": 0.05})
    assert np.isclose(after["delivered"].sum() + after["seized"].sum() / 1e3, 1.5, rtol=1e-12)
    assert np.all(after["seized"] > 0.0) and after["risk"][1] > after["risk"][0] > 0.0


def test_the_mean_share_left_is_smooth_where_almost_nothing_is_lost():
    lost = np.array([0.0, 1e-12, 0.99e-5, 1.01e-5, 0.3, 40.0])
    exact = np.array(
        [1.0, 1.0, 1 - 0.99e-5 / 2, 1 - 1.01e-5 / 2, (1 - np.exp(-0.3)) / 0.3, 1 / 40.0]
    )
    assert np.allclose(mean_left(jnp.asarray(lost)), exact, rtol=1e-9)


@pytest.mark.parametrize("elasticity", [0.3, 0.5, 0.8, 2.0])
def test_total_rent_follows_the_quantity_with_the_exponent_of_the_elasticity(elasticity):
    values = EMPTY | {"trade.elasticity": elasticity}
    small, large = (one_week(two_routes(), values=values | {"trade.supply": s}) for s in (1.0, 1.7))
    slope = np.log(large["rent"].sum() / small["rent"].sum()) / np.log(
        large["delivered"][0] / small["delivered"][0]
    )
    assert np.isclose(slope, 1.0 - 1.0 / elasticity, rtol=1e-9)


def test_the_rent_of_all_territories_is_the_value_added_to_what_arrives():
    values = {
        "trade.local": 3e5,
        "trade.origin_share": 0.4,
        "trade.premium": 0.25,
        "trade.market": 1.2,
    }
    after = one_week(two_routes((1000.0, 1300.0)), levels={"troops": 4000.0}, values=values)
    price = 20_000.0 * (after["delivered"][0] / 1.2) ** -2.0
    added = after["delivered"][0] * 1e3 * price * (1.0 - 0.4 + 0.25)
    assert np.isclose(after["rent"].sum() * 1e6, added + 4 * 3e5, rtol=1e-12)
    assert np.isclose(after["price"][0] * 20_000.0, price) and np.allclose(
        after["stake"], after["rent"] / 2.7
    )
    assert after["rent"].argmax() == 3, "the crossing"


def test_attention_moves_searches_and_adds_none():
    # Where traffic was shows in the searches that find something;
    # with enough traffic everywhere each finds some.
    attention = [
        one_week(two_routes(), levels={"traffic": x}, values={"trade.load": 0.0})["seizures"]
        for x in (1.0, np.array([0.0, 9.0, 1.0, 2.0]))
    ]
    assert (
        np.allclose(attention[0], 1.0)
        and np.isclose(attention[1].sum(), 4.0, rtol=1e-9)
        and attention[1].argmax() == 1
    )


def test_troops_stop_more_and_bought_police_exempted_groups_and_new_transport_let_more_through():
    people = np.array([80.0, 20.0])
    arrived = {
        name: one_week(two_routes(), people, **what)["delivered"][0]
        for name, what in {
            "as it is": {},
            "troops": {"levels": {"troops": 3000.0}},
            "half of the police": {"levels": {"shield": np.array([0.5, 0.5])}},
            "one group exempt": {"levels": {"exempt": np.array([1.0, 0.0])}},
            "little exposure": {"values": {"trade.exposure": 0.2}},
        }.items()
    }
    lost = {name: np.log(1.5 / x) for name, x in arrived.items()}
    # Three territories, one search each, of 1 % of what passes.
    assert np.isclose(lost["as it is"], 0.03, rtol=1e-9) and np.isclose(
        lost["troops"], 4 * 0.03, rtol=1e-9
    )
    assert np.isclose(lost["half of the police"], 0.015, rtol=1e-9) and np.isclose(
        lost["little exposure"], 0.006, rtol=1e-9
    )
    assert np.isclose(lost["one group exempt"], 0.2 * 0.03, rtol=1e-9), (
        "in proportion to its members"
    )


def drawn(seed: int) -> dict[str, float]:
    """One draw of every prior but the form of demand, which is what the signs rest on."""
    rng = np.random.default_rng(seed)
    values = {
        f"trade.{p.name}": float(p.prior.distribution().ppf(rng.uniform(0.01, 0.99)))
        for p in Trade().parameters
    }
    return values | {"trade.elasticity": min(values["trade.elasticity"], 0.9)}


@cache
def countries() -> list[tuple[Dataset, dict[str, float]]]:
    """100 countries, each with parameters of its own."""
    return [(networks.country(i), drawn(i)) for i in range(100)]


@cache
def outcome(
    factor: tuple[tuple[str, float], ...] = (), attention: float | None = None
) -> dict[str, np.ndarray]:
    """What the 100 countries have come to in their third year,
    with some parameters scaled from the start.
    """
    forced = {} if attention is None else {"trade.attention": attention}
    return networks.last_year(
        MODEL,
        [data for data, _ in countries()],
        [values | forced for _, values in countries()],
        dict(factor),
    )


def spread(levels: dict[str, np.ndarray]) -> np.ndarray:
    """How many territories the traffic fills: the inverse of the sum of squared shares."""
    share = levels["traffic"] / levels["traffic"].sum(axis=1, keepdims=True)
    return 1.0 / (share**2).sum(axis=1)


@pytest.mark.slow
def test_more_interdiction_seizes_more_in_all_less_at_a_time_and_leaves_no_fewer_places_active():
    # Target of NarcoLogic and its successor: each sign in at least 90 of 100 networks.
    before, after = outcome(), outcome((("trade.searches", 2.0),))
    seized = [x["seized"].sum(axis=1) for x in (before, after)]
    each = [s / x["seizures"].sum(axis=1) for s, x in zip(seized, (before, after), strict=True)]
    busy = 0.25 * before["traffic"].mean(axis=1, keepdims=True)
    active = [(x["traffic"] > busy).sum(axis=1) for x in (before, after)]
    signs = {
        "more seized": seized[1] > seized[0],
        "less each": each[1] < each[0],
        "no fewer places": active[1] >= active[0],
    }
    signs["wider spread"] = spread(after) > spread(before)
    assert {name: sign.mean() for name, sign in signs.items() if sign.mean() < 0.9} == {}


def test_traffic_spreads_because_searches_follow_it():
    # The same countries searched evenly everywhere: goods then gather on the shortest ways.
    # So the sign above is not built in.
    before, after = outcome((), 0.0), outcome((("trade.searches", 2.0),), 0.0)
    assert (spread(after) > spread(before)).mean() < 0.3


def test_a_supply_cut_raises_the_stake_and_most_at_the_border():
    before, after = outcome(), outcome((("trade.supply", 0.7),))
    rise = after["rent"] - before["rent"]
    assert np.all(rise.sum(axis=1) > 0.0) and np.all(
        after["stake"].mean(axis=1) > before["stake"].mean(axis=1)
    )
    border = np.stack([data.covariates["crossing"].max(axis=0) for data, _ in countries()])
    at_border, elsewhere = ((rise * w).sum(axis=1) / w.sum(axis=1) for w in (border, 1.0 - border))
    assert (at_border > elsewhere).mean() >= 0.9


def test_a_transport_shock_lets_more_through_and_lowers_the_price():
    before, after = outcome(), outcome((("trade.exposure", 0.3),))
    assert np.all(after["delivered"] > before["delivered"]) and np.all(
        after["price"] < before["price"]
    )
    assert np.all(after["seized"].sum(axis=1) < before["seized"].sum(axis=1))


def test_the_shipped_country_has_a_mean_stake_of_one_and_shows_the_same_signs():
    data = load("mexico-2007")
    share = data.covariates["foothold"] / data.covariates["rank"][None, :]
    people = [1e5 * share / share.sum()]
    usual, searched, cut = (
        networks.last_year(MODEL, [data], [{}], s, people=people)
        for s in ({}, {"trade.searches": 2.0}, {"trade.supply": 0.7})
    )
    # The default values are round numbers, and one for all commodities where the data give none.
    assert abs(usual["stake"].mean() - 1.0) < 0.25
    busy, each = (
        0.25 * usual["traffic"].mean(),
        [x["seized"].sum() / x["seizures"].sum() for x in (usual, searched)],
    )
    assert searched["seized"].sum() > usual["seized"].sum() and each[1] < each[0]
    assert (searched["traffic"] > busy).sum() >= (usual["traffic"] > busy).sum() and spread(
        searched
    ) > spread(usual)
    rise, border = (cut["rent"] - usual["rent"])[0], data.covariates["crossing"].max(axis=0) > 0.0
    assert rise.sum() > 0.0 and rise[border].mean() > rise[~border].mean()
