r"""Tau-leaping and its mean field, a week at a time: who leaves is decided first, where they go
second.

For a stock X with competing hazards :math:`h_1 \dots h_n` held at their value at the start of the
step,

.. math::
    \text{exits} \sim \mathrm{Binomial}(X,\; 1 - e^{-\Delta \sum h_i}), \qquad
        \text{split in proportion to } h_i

so that persons are conserved exactly and no stock can go negative. Arrivals from outside are
Poisson. With :class:`~tregua.engine.random.Draws` this is the tau-leap; with
:class:`~tregua.engine.random.Means` the same lines are the mean field: the plug-in mean of the
weekly chain, which is differentiable and is *not* the true mean of the chain (the tests measure the
difference).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ...model.declarations import OUTSIDE
from ...model.model import Model, Values
from ..state import BAD_HAZARD, State, Tally
from .base import Solver, bad, crowded, fire_events, transfer, values_of


def leap(
    model: Model, state: State, inputs: Values, time: Float[Array, ""], dt: float, draw: Any
) -> tuple[State, Tally]:
    """One step: hazards from the state at its start, flows together, levels by one Euler step,
    then events.
    """
    values = values_of(state, inputs)
    hazards = model.hazards(values, time)
    moved = draw.poissons({name: hazards[name] * dt for name in model.outflows.get(OUTSIDE, ())})
    leaving = {
        source: {n: hazards[n] for n in names}
        for source, names in model.outflows.items()
        if source != OUTSIDE
    }
    moved |= split_exits({source: state.stocks[source] for source in leaving}, leaving, dt, draw)
    rates = model.drift_rates(values, time)
    levels = {n: x + dt * rates[n] for n, x in state.levels.items()}
    stocks = transfer(model, state.stocks, moved)
    status = state.status | jnp.where(bad(hazards), BAD_HAZARD, 0) | crowded(stocks, draw)
    state, fired = fire_events(model, State(stocks, levels, status), values, inputs, time, dt, draw)
    return state, Tally(moved, fired)


def split_exits(
    stocks: dict[str, Array], leaving: dict[str, dict[str, Array]], dt: float, draw: Any
) -> dict[str, Array]:
    """Who leaves which stock, by flow: the only place where persons leave a stock in a leap.

    First all exits of all stocks are drawn, then of each stock those of its first flow, then those
    of its second out of the rest, and so on. Flows of different stocks do not know of each other,
    so each round is one draw.

    Args:
        stocks: persons present, by compartment.
        leaving: for each compartment the per-head hazard [1/week] of each competing flow, on the
            axes of the stock, with more axes behind them where a flow fans out.
        dt: length of the step [weeks].
        draw: draws or means.
    """
    whole = {
        source: {
            n: jnp.sum(h, axis=tuple(range(stocks[source].ndim, h.ndim))) for n, h in flows.items()
        }
        for source, flows in leaving.items()
    }
    rest = {source: _rest(list(flows.values())) for source, flows in whole.items()}
    left = draw.binomials(
        {
            f"{source}.leave": (stock, -jnp.expm1(-rest[source][0] * dt))
            for source, stock in stocks.items()
        }
    )
    left = {source: left[f"{source}.leave"] for source in stocks}
    moved: dict[str, Array] = {}
    for turn in range(max((len(flows) for flows in whole.values()), default=0)):
        now = {source: list(flows)[turn] for source, flows in whole.items() if turn < len(flows)}
        # Lists and not sets: the order of a set differs from process to process, and a program in
        # another order is compiled anew.
        ends = [source for source in now if turn + 1 == len(whole[source])]
        taken = draw.binomials(
            {
                n: (left[source], _share(whole[source][n], rest[source][turn]))
                for source, n in now.items()
                if source not in ends
            }
        )
        moved |= taken | {now[source]: left[source] for source in ends}
        left |= {source: left[source] - taken[n] for source, n in now.items() if n in taken}
    return moved | _fan_out(
        {
            n: (moved[n], h)
            for flows in leaving.values()
            for n, h in flows.items()
            if h.ndim > moved[n].ndim
        },
        draw,
    )


def _rest(hazards: list[Array]) -> list[Array]:
    """Sums of the hazards from each on: shares from sums stay in [0, 1],
    shares from differences may not.
    """
    rest = [hazards[-1]]
    for hazard in reversed(hazards[:-1]):
        rest.insert(0, rest[0] + hazard)
    return rest


def _share(part: Array, whole: Array) -> Array:
    """A part of a sum of hazards, zero where there is none."""
    return jnp.where(whole > 0.0, part / jnp.where(whole > 0.0, whole, 1.0), 0.0)


def _fan_out(flows: dict[str, tuple[Array, Array]], draw: Any) -> dict[str, Array]:
    """Persons of flows that fan out, spread over the places they may end in by their hazards,
    one place after the other.
    """
    if not draw.whole:
        # Expected numbers need no order of places,
        # and their derivative is several times cheaper without one.
        return {n: _spread(x, h) for n, (x, h) in flows.items()}
    moved: dict[str, Array] = {}
    for count in dict.fromkeys(h.size // x.size for x, h in flows.values()):
        persons = {n: x for n, (x, h) in flows.items() if h.size // x.size == count}
        shares = {n: _shares_of_places(flows[n][1], persons[n].shape) for n in persons}

        def place(
            left: dict[str, Array], now: tuple[Array, dict[str, Array]]
        ) -> tuple[dict[str, Array], dict[str, Array]]:
            number, share = now
            here = draw.numbered("places", number).binomials(
                {n: (x, share[n]) for n, x in left.items()}
            )
            return {n: x - here[n] for n, x in left.items()}, here

        _, spread = lax.scan(place, persons, (jnp.arange(count, dtype=jnp.int32), shares))
        moved |= {n: jnp.moveaxis(x, 0, -1).reshape(flows[n][1].shape) for n, x in spread.items()}
    return moved


def _spread(persons: Array, hazards: Array) -> Array:
    """Expected persons in each place they may end in."""
    beside = persons.reshape(*persons.shape, *(1,) * (hazards.ndim - persons.ndim))
    whole = jnp.sum(hazards, axis=tuple(range(persons.ndim, hazards.ndim)), keepdims=True)
    return beside * _share(hazards, whole)


def _shares_of_places(hazards: Array, shape: tuple[int, ...]) -> Array:
    """Share of those not yet placed who end in each place, places first."""
    places = jnp.moveaxis(hazards.reshape(*shape, -1), -1, 0)
    rest = jnp.cumsum(places[::-1], axis=0)[::-1]
    # Sums of parts may differ from the whole in the last digit:
    # the last place that anybody can go to takes all who are left.
    return jnp.where(rest > places, jnp.minimum(_share(places, rest), 1.0), 1.0)


TAU_LEAP = Solver(
    "tau-leap",
    leap,
    True,
    True,
    True,
    False,
    "whole persons and chance, in weekly steps: the solver of every published band",
)
MEAN_FIELD = Solver(
    "mean-field",
    leap,
    False,
    False,
    True,
    True,
    "expected numbers in weekly steps, differentiable: the solver of fits",
)
