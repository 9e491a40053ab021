r"""Weekly leaps: who leaves is decided first, where they go second.

For a stock X with competing hazards :math:`h_1 \dots h_n` held at their value at the start of the step,

.. math:: \text{exits} \sim \mathrm{Binomial}(X,\; 1 - e^{-\Delta \sum h_i}), \qquad \text{split in proportion to } h_i

so that persons are conserved exactly and no stock can go negative. Arrivals from outside are Poisson. With :class:`~tregua.random.Draws` this is the
tau-leap; with :class:`~tregua.random.Means` the same lines are the mean field: the plug-in mean of the weekly chain, which is differentiable and
is *not* the true mean of the chain (the tests measure the difference).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ..model import Model, Values
from ..state import BAD_HAZARD, State, Tally
from ..types import OUTSIDE
from .base import Solver, bad, crowded, fire_events, transfer, values_of


def leap(model: Model, state: State, inputs: Values, time: Float[Array, ""], dt: float, draw: Any) -> tuple[State, Tally]:
    """One step: hazards from the state at its start, flows together, levels by one Euler step, then events."""
    values = values_of(state, inputs)
    hazards = model.hazards(values, time)
    moved: dict[str, Array] = {}
    for source, names in model.outflows.items():
        if source == OUTSIDE:
            moved |= {name: draw.poisson(name, hazards[name] * dt) for name in names}
        else:
            moved |= split_exit(source, state.stocks[source], {n: hazards[n] for n in names}, dt, draw)
    rates = model.drift_rates(values, time)
    levels = {n: x + dt * rates[n] for n, x in state.levels.items()}
    stocks = transfer(model, state.stocks, moved)
    status = state.status | jnp.where(bad(hazards), BAD_HAZARD, 0) | crowded(stocks, draw)
    state, fired = fire_events(model, State(stocks, levels, status), values, inputs, time, dt, draw)
    return state, Tally(moved, fired)


def split_exit(source: str, stock: Array, hazards: dict[str, Array], dt: float, draw: Any) -> dict[str, Array]:
    """Who leaves one stock, by flow: the only place where persons leave a stock in a leap.

    Args:
        source: name of the compartment, the address of the draw of all exits.
        stock: persons present.
        hazards: per-head hazard [1/week] of each competing flow, on the axes of the stock, with more axes behind them where a flow fans out.
        dt: length of the step [weeks].
        draw: draws or means.
    """
    names = list(hazards)
    whole = {n: jnp.sum(h, axis=tuple(range(stock.ndim, h.ndim))) for n, h in hazards.items()}
    # rest[i] is the sum of the hazards from i on: shares from sums stay in [0, 1], shares from differences may not.
    rest = [whole[names[-1]]]
    for name in reversed(names[:-1]):
        rest.insert(0, rest[0] + whole[name])
    left = draw.binomial(f"{source}.leave", stock, -jnp.expm1(-rest[0] * dt))
    moved: dict[str, Array] = {}
    for name, remaining in zip(names[:-1], rest[:-1], strict=True):
        moved[name] = draw.binomial(name, left, _share(whole[name], remaining))
        left = left - moved[name]
    moved[names[-1]] = left
    return {n: _fan_out(n, x, hazards[n], draw) if hazards[n].ndim > stock.ndim else x for n, x in moved.items()}


def _share(part: Array, whole: Array) -> Array:
    """A part of a sum of hazards, zero where there is none."""
    return jnp.where(whole > 0.0, part / jnp.where(whole > 0.0, whole, 1.0), 0.0)


def _fan_out(name: str, persons: Array, hazards: Array, draw: Any) -> Array:
    """Persons of one flow, spread over the places they may end in by their hazards, one place after the other."""
    places = jnp.moveaxis(hazards.reshape(*persons.shape, -1), -1, 0)
    rest = jnp.cumsum(places[::-1], axis=0)[::-1]

    def place(left: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
        number, share = now
        # The last place has a share of one, or of nobody.
        here = draw.numbered(f"{name}.to", number).binomial("place", left, share)
        return left - here, here

    # Sums of parts may differ from the whole in the last digit: the last place that anybody can go to takes all who are left.
    share = jnp.where(rest > places, jnp.minimum(_share(places, rest), 1.0), 1.0)
    _, spread = lax.scan(place, persons, (jnp.arange(len(places), dtype=jnp.int32), share))
    return jnp.moveaxis(spread, 0, -1).reshape(hazards.shape)


TAU_LEAP = Solver("tau-leap", leap, True, True, True, False, "whole persons and chance, in weekly steps: the solver of every published band")
MEAN_FIELD = Solver("mean-field", leap, False, False, True, True, "expected numbers in weekly steps, differentiable: the solver of fits")
