r"""Trade: drugs move along corridors, the state takes some,
and what is left sells at a price that scarcity raises.

No persons move. Every week the goods of a commodity, :math:`S_c` [t/week], enter or are made at the
origins of routes in given shares. Among the routes i of one origin they are split by cost, with the
risk :math:`\hat L_i` that traffickers expect and the contest that they meet on the way:

.. math::
    x_{ic} \propto \exp\!\Big(-\frac{\ell_i\,(k + w\,\bar u_i) + \hat L_i\,p^0_c}{T}\Big), \qquad
    \bar u_i = \text{mean}_{r \in i} \sum_g s_{rg}(1 - s_{rg}), \quad
    s_{rg} = \frac{C_{rg}}{\sum_h C_{rh}}

The state searches :math:`v_r` times a week in a territory, and every search takes a share :math:`q`
of the goods then passing, so that of the goods on a route the share :math:`e^{-H_i}` arrives:

.. math::
    v_r = v\,(G + F_r)\,a_r\,z\,\Big(1 - \sum_g s_{rg} E_g\Big)\Big(1 - \sum_g s_{rg} B_{rg}\Big),
        \quad
    a_r = 1 - f + f\,\frac{X_r}{\bar X}, \quad H_i = \sum_{r \in i} q\,v_r

with troops :math:`F_r` [thousand], a garrison G beside them, recent traffic :math:`X_r`, exposure
z, exemption :math:`E_g` (alleged) and police who work for the group, :math:`B_{rg}`. The total of
:math:`a_r` is fixed: attention to one place is taken from others. What arrives, :math:`Q_c`, sells
at the border at

.. math:: p_c = p^0_c \, (Q_c / Q^0_c)^{-1/\epsilon}

so that with inelastic demand, :math:`\epsilon < 1`, less goods are worth more in total. The value
added between origin and border is the rent of the territories on the way, equal for each; the
border territory has the premium of the crossing besides. Sales inside the country add a constant.

Source: route choice at least cost and its reaction to enforcement from Dell (AER 105:1738, 2015);
goods and interdiction that adapt to each other from NarcoLogic (Magliocca et al., PNAS 116:7784,
2019); scarcity that raises the prize from Castillo, Mejía and Restrepo (REStat 102:2, 2020).

Simplifications: seizures do not know the order of territories on a route; suppliers do not react to
the price; a route is used by the groups in its territories in proportion to their members, so that
groups specialise in commodities only by where they are (C12, C28); cannabis is left out; the share
of the price already paid at the origin is fixed, so that scarcity raises prices all along a route.
Every number of the trade is uncertain by a factor of about four and meant as a relative driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import NONNEGATIVE, UNIT_INTERVAL, Beta, Drift, LogNormal, Parameter
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    CARRIES,
    COMMODITY,
    CROSSING,
    DELIVERED,
    EXEMPT,
    LENGTH,
    MEMBERS,
    ORIGIN,
    PASSES,
    PLACE,
    PRICE,
    RENT,
    RISK,
    SEIZED,
    SEIZURES,
    SHIELD,
    STAKE,
    TRAFFIC,
    TROOPS,
)

GOODS = (
    Parameter(
        "supply",
        1.5,
        "tonne/week",
        LogNormal(1.5, 0.7),
        NONNEGATIVE,
        (
            "goods of a commodity that enter or are made in the country; a policy that "
            "scales it is a supply shock"
        ),
        (
            assumed(
                "Three commodities together carry about 230 t a year; estimates of cocaine alone "
                "lie near 200 t in the late 2000s."
            ),
            claim(
                "C19", "World opium supply grew 40-fold at one source: supply shocks are a lever."
            ),
        ),
        COMMODITY,
        everywhere="goods and their prices are those of the whole country",
    ),
    Parameter(
        "market",
        1.4,
        "tonne/week",
        LogNormal(1.4, 0.7),
        (1e-6, float("inf")),
        "goods delivered a week at which the price is the reference price",
        (assumed("What is left of the default supply after the default interdiction."),),
        COMMODITY,
        everywhere="goods and their prices are those of the whole country",
    ),
    Parameter(
        "reference_price",
        20_000.0,
        "usd/kg",
        LogNormal(20_000.0, 0.7),
        NONNEGATIVE,
        "wholesale price at the border when the reference quantity arrives",
        (assumed("Cocaine is put at 15,000 to 20,000, methamphetamine near it, heroin above it."),),
        COMMODITY,
        everywhere="goods and their prices are those of the whole country",
    ),
    Parameter(
        "elasticity",
        0.5,
        "1",
        LogNormal(0.5, 0.25),
        (0.05, 5.0),
        "by how many per cent demand at the border falls when the price rises by one per cent",
        (
            cite(
                "castillo-2020",
                "assumed",
                (
                    "Violence after shortages is read there as a sign of demand with an "
                    "elasticity below one; no value is taken."
                ),
            ),
            claim("C59", "The trade lasts while the money flows: demand is inelastic."),
        ),
        COMMODITY,
        everywhere="goods and their prices are those of the whole country",
    ),
    Parameter(
        "origin_share",
        0.35,
        "1",
        Beta(3.5, 6.5),
        UNIT_INTERVAL,
        "share of the price at the border that is already paid where a route begins",
        (
            assumed(
                "About half for cocaine, which is bought abroad; little for what "
                "is made in the country."
            ),
        ),
        COMMODITY,
        everywhere="goods and their prices are those of the whole country",
    ),
)
"""What is traded and at what price, by commodity."""

CHOICE = (
    Parameter(
        "cost",
        1_000.0,
        "usd/kg",
        LogNormal(1_000.0, 0.7),
        NONNEGATIVE,
        "cost of carrying goods over 1,000 km",
        (
            assumed(
                "A few per cent of the value over the length of the country; NarcoLogic uses "
                "3,500 on the ground of another region."
            ),
        ),
        everywhere="it is of a route, which leads through many places",
    ),
    Parameter(
        "contest",
        1_000.0,
        "usd/kg",
        LogNormal(1_000.0, 0.7),
        NONNEGATIVE,
        (
            "extra cost of 1,000 km of way through territories held by many groups of equal size; "
            "none where one group is alone"
        ),
        (
            assumed("It doubles the cost of the way."),
            claim(
                "C06",
                (
                    "Where one group dominates, a trade that is managed runs more smoothly; read "
                    "here as a cost, without any tolerance by governments."
                ),
            ),
        ),
        everywhere="it is of a route, which leads through many places",
    ),
    Parameter(
        "temperature",
        1_000.0,
        "usd/kg",
        LogNormal(1_000.0, 0.5),
        (1.0, float("inf")),
        "difference in cost at which one of two routes carries e times as much as the other",
        (
            assumed(
                "Six per cent of the price of cocaine: traders know costs and risks "
                "about as well as that."
            ),
        ),
        everywhere="it is of a route, which leads through many places",
    ),
    Parameter(
        "learning",
        0.1,
        "1/week",
        LogNormal(0.1, 0.5),
        NONNEGATIVE,
        "how fast the expected loss on a route follows the actual loss",
        (
            cite(
                "narcologic-2019",
                "assumed",
                (
                    "Traffickers there remember twelve months with weights falling by 0.91 a "
                    "month, or equal; this is quicker."
                ),
            ),
        ),
        everywhere="it is of a route, which leads through many places",
    ),
)
"""How goods find their way."""

SEARCH = (
    Parameter(
        "searches",
        1.0,
        "1/week",
        LogNormal(1.0, 0.7),
        NONNEGATIVE,
        (
            "searches a week for each thousand of troops, or of what the garrison "
            "is worth, in a territory"
        ),
        (
            assumed(
                "About 2,000 searches a year that could find something; seizures of 12 and 21 t "
                "of cocaine in 2019 and 2020 are of this order."
            ),
        ),
        PLACE,
    ),
    Parameter(
        "garrison",
        1.0,
        "1",
        LogNormal(1.0, 0.5),
        NONNEGATIVE,
        "interdiction by police and customs where no troops are deployed, in thousands of troops",
        (assumed("As strong as the mean deployment of 2007 to 2011 by state."),),
        PLACE,
    ),
    Parameter(
        "catch",
        0.01,
        "1",
        LogNormal(0.01, 0.5),
        NONNEGATIVE,
        "share of a week's goods on the routes through a territory that one search takes",
        (
            cite(
                "unodc-prices",
                "assumed",
                (
                    "Chosen so that about 8 % of goods are seized: 12 and 21 t of cocaine in 2019 "
                    "and 2020 of some 200 t."
                ),
            ),
        ),
        PLACE,
    ),
    Parameter(
        "load",
        0.02,
        "tonne/week",
        LogNormal(0.02, 0.7),
        NONNEGATIVE,
        "traffic through a territory at which half of the searches find something",
        (assumed("One load of 20 kg a week."),),
        PLACE,
    ),
    Parameter(
        "attention",
        0.6,
        "1",
        Beta(6.0, 4.0),
        UNIT_INTERVAL,
        (
            "share of all searches that goes where traffic has lately been large; "
            "the rest is spread evenly"
        ),
        (
            cite(
                "narcologic-2019",
                "assumed",
                (
                    "Forces there return to the places of the largest seizures first and draw "
                    "other places with what capacity is left."
                ),
            ),
        ),
        everywhere="it shares out the searches of the whole country",
    ),
    Parameter(
        "exposure",
        1.0,
        "1",
        LogNormal(1.0, 0.1),
        NONNEGATIVE,
        (
            "how open goods lie to a search, against ordinary transport by road; a policy that "
            "lowers it is a transport shock"
        ),
        (
            assumed("1 by definition."),
            claim(
                "C39",
                (
                    "Drones could replace crewed aircraft and need no crew that could talk: a "
                    "transport shock lowers interdiction."
                ),
            ),
            claim(
                "C35", "An airline is said to have carried drugs: by air goods are exposed less."
            ),
        ),
        PLACE,
    ),
)
"""How the state looks for goods."""

RENTS = (
    Parameter(
        "premium",
        0.3,
        "1",
        LogNormal(0.3, 0.5),
        NONNEGATIVE,
        (
            "what those who hold a crossing earn for bringing goods over it, in shares "
            "of the price before it"
        ),
        (
            assumed(
                "About as much as the way through half of the country: wholesale "
                "prices jump at the border."
            ),
            claim("C23", "Corridors into the United States are fought over."),
        ),
        PLACE,
    ),
    Parameter(
        "local",
        500_000.0,
        "usd/week",
        LogNormal(500_000.0, 0.7),
        NONNEGATIVE,
        "rent of sales inside the country, in each territory",
        (
            assumed(
                "About 0.8 billion USD a year in all: an eighth of what export is said to bring."
            ),
        ),
        PLACE,
    ),
    Parameter(
        "reference_rent",
        2_700_000.0,
        "usd/week",
        LogNormal(2_700_000.0, 0.7),
        NONNEGATIVE,
        "rent of a territory at which its stake is 1: the national mean at the start",
        (
            cite(
                "rand-2010",
                "assumed",
                (
                    "What the trade comes to in 32 territories at its default values: 4.5 billion "
                    "USD a year; there, 6 to 7 gross, with cannabis."
                ),
            ),
            claim("C23", "Corridors are worth billions of dollars a year."),
        ),
        everywhere="a unit, by which the rents of all places are measured",
    ),
    Parameter(
        "adjustment",
        0.15,
        "1/week",
        LogNormal(0.15, 0.3),
        NONNEGATIVE,
        "how fast rents, stakes, and all that is remembered of the trade follow the week's values",
        (assumed("Stocks and habits last about seven weeks."),),
        everywhere="prices and deliveries, which have no place, follow at this speed too",
    ),
)
"""What a corridor is worth to those who hold it."""


@dataclass(frozen=True)
class Trade(Mechanism):
    """Drugs move through the country and leave rents in the territories on their way."""

    needs = (
        *(MEMBERS, TROOPS, SHIELD, EXEMPT),
        *(PASSES, LENGTH, CARRIES, ORIGIN, CROSSING),
        *(RISK, TRAFFIC, SEIZED, SEIZURES, DELIVERED, PRICE, RENT, STAKE),
    )
    parameters = (*GOODS, *CHOICE, *SEARCH, *RENTS)
    claims: ClassVar[tuple[str, ...]] = (
        "C06",
        "C12",
        "C19",
        "C23",
        "C28",
        "C31",
        "C32",
        "C35",
        "C39",
        "C45",
        "C58",
        "C59",
    )

    def drifts(self):
        """All levels of the trade follow what the week's goods, prices and searches are."""

        def follow(v, level, speed):
            return getattr(v, speed) * (week(v)[level] - getattr(v, level))

        def drift(level, doc, speed="adjustment"):
            return Drift(level, partial(follow, level=level, speed=speed), doc)

        return (
            drift("risk", "traffickers learn what is lost on a route", "learning"),
            drift("traffic", "traffic is remembered"),
            drift("seized", "seized goods are remembered"),
            drift("seizures", "seizures are remembered"),
            drift("delivered", "deliveries are remembered"),
            drift("price", "the price follows what is delivered"),
            drift("rent", "rents follow goods and prices"),
            drift("stake", "what can be won follows the rent"),
        )


def week(v) -> dict:
    """What the trade of one week comes to, by the name of the level that follows it.

    Masses are in t (``seized`` in kg), rents in MUSD, all a week; ``risk`` is the share lost on a
    route. Shapes are those of the levels.
    """
    # Below one person there is nobody to hold a territory, and nobody to contest it.
    here = v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)
    searches = searched(v, here)
    weight = v.catch * searches
    lost = v.passes @ weight
    sent = v.supply[None, :] * v.carries * chosen(v, here)
    delivered = sent * jnp.exp(-lost)[:, None]
    arrived = jnp.sum(delivered, axis=0)
    # A market that gets less than a hundredth of its goods pays no more for it.
    price = jnp.maximum(arrived / v.market, 0.01) ** (-1.0 / v.elasticity)
    # 1,000 USD are the difference between a kilogram and a tonne, and a thousandth of a million.
    worth = v.reference_price * price / 1e3
    each = (delivered @ (worth * (1.0 - v.origin_share))) / jnp.maximum(
        jnp.sum(v.passes, axis=1), 1e-6
    )
    rent = v.local / 1e6 + v.passes.T @ each + v.premium * (v.crossing.T @ (delivered @ worth))
    goods = jnp.sum(sent, axis=1)
    traffic = v.passes.T @ goods
    return {
        "risk": -jnp.expm1(-lost),
        "traffic": traffic,
        "seized": 1e3 * weight * (v.passes.T @ (goods * mean_left(lost))),
        "seizures": searches * traffic / jnp.maximum(traffic + v.load, 1e-9),
        "delivered": arrived,
        "price": price,
        "rent": rent,
        "stake": rent * 1e6 / jnp.maximum(v.reference_rent, 1.0),
    }


def searched(v, here):
    """Searches a week in each territory that could find the goods of those who hold it;
    ``here`` are shares of members [territory, group].
    """
    # So little traffic that it shows only before there has been any.
    little = 1e-3
    attention = (
        1.0 - v.attention + v.attention * (v.traffic + little) / (jnp.mean(v.traffic) + little)
    )
    spared = jnp.maximum(1.0 - jnp.sum(here * v.exempt[None, :], axis=1), 0.0) * jnp.maximum(
        1.0 - jnp.sum(here * v.shield, axis=1), 0.0
    )
    return v.searches * (v.garrison + v.troops / 1e3) * attention * v.exposure * spared


def chosen(v, here):
    """Share of the goods of its origin that each route carries, by commodity [route, commodity]."""
    contested = jnp.sum(here * (1.0 - here), axis=1)
    met = (v.passes @ contested) / jnp.maximum(jnp.sum(v.passes, axis=1), 1e-6)
    cost = (v.length / 1e3 * (v.cost + v.contest * met))[:, None] + v.risk[
        :, None
    ] * v.reference_price[None, :]
    ease = -cost / v.temperature
    # Routes so much worse than the best of all that single precision could not tell them
    # apart count as equal.
    pull = jnp.exp(jnp.maximum(ease - jnp.max(ease, axis=0, keepdims=True), -60.0))
    rivals = v.origin @ (v.origin.T @ pull)
    return pull / jnp.maximum(rivals, 1e-30)


def mean_left(lost):
    """Mean share of goods still on their way while a share ``1 - exp(-lost)`` of them is being
    taken: 1 where nothing is lost.
    """
    some = jnp.where(lost > 1e-5, lost, 1.0)
    return jnp.where(lost > 1e-5, -jnp.expm1(-some) / some, 1.0 - lost / 2.0)
