"""Exact simulation, one person at a time (Gillespie's direct method): the referee for the leaps,
for small cases only.

Each channel is one slot of one flow or event. Time to the next happening is exponential in the sum
of all rates; which one it is follows their shares. Levels that drift between happenings would make
rates change in time, so such models are refused (TR2201).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from ...model.model import Model, Values
from ..state import BAD_HAZARD, State, Tally
from .base import Solver, apply_event, bad, crowded, transfer, values_of
from .rk4 import flow_rates

Carry = tuple[Array, Array, State, dict[str, Array], Array]
"""Clock [weeks], number of the happening, state, what has happened so far, whether it is over."""


def exact(
    model: Model, state: State, inputs: Values, time: Float[Array, ""], dt: float, draw: Any
) -> tuple[State, Tally]:
    """Everything that happens between ``time`` and ``time + dt``."""
    rates = _rates(model, state, inputs, time)
    nothing = {n: jnp.zeros(x.shape, jnp.int32) for n, x in rates.items()}

    def happen(carry: Carry) -> Carry:
        clock, count, state, tally, _ = carry
        rates = _rates(model, state, inputs, time)
        flat = jnp.concatenate([x.ravel() for x in rates.values()])
        sums = jnp.cumsum(flat)
        mine = draw.numbered("exact", count)
        u = mine.uniform("when and which", (2,))
        clock = clock - jnp.log(u[0]) / jnp.maximum(sums[-1], jnp.finfo(sums.dtype).tiny)
        # A later rate of zero leaves the sum unchanged,
        # so `right` never picks a channel that cannot happen.
        chosen = jnp.minimum(
            jnp.searchsorted(sums, u[1] * sums[-1], side="right"), jnp.argmax(sums >= sums[-1])
        )
        late = (clock >= dt) | ~(sums[-1] > 0.0)
        one = _one_hot(rates, jnp.where(late, -1, chosen))
        after = _put(model, state, inputs, time, one, mine)
        return clock, count + 1, after, {n: tally[n] + one[n] for n in tally}, late | bad(rates)

    begin = (
        jnp.zeros((), jnp.result_type(float)),
        jnp.asarray(0, jnp.int32),
        state,
        nothing,
        bad(rates),
    )
    _, _, state, tally, _ = lax.while_loop(lambda carry: ~carry[4], happen, begin)
    status = (
        state.status
        | jnp.where(bad(_rates(model, state, inputs, time)), BAD_HAZARD, 0)
        | crowded(state.stocks, draw)
    )
    state = State(state.stocks, state.levels, status)
    return state, Tally({n: tally[n] for n in model.flows}, {n: tally[n] for n in model.events})


def _rates(model: Model, state: State, inputs: Values, time: Float[Array, ""]) -> dict[str, Array]:
    """Rate of every channel per week, flows first, then events."""
    values = values_of(state, inputs)
    rates = flow_rates(model, {n: values[n] for n in state.stocks}, values, time)
    return rates | {n: model.event_hazard(n, values, time) for n in model.events}


def _one_hot(rates: dict[str, Array], chosen: Array) -> dict[str, Array]:
    """1 in the chosen channel and 0 elsewhere, in the shapes of the rates;
    all 0 where ``chosen`` is negative.
    """
    one, offset = {}, 0
    for name, rate in rates.items():
        one[name] = (jnp.arange(rate.size) + offset == chosen).astype(jnp.int32).reshape(rate.shape)
        offset += rate.size
    return one


def _put(
    model: Model,
    state: State,
    inputs: Values,
    time: Float[Array, ""],
    one: dict[str, Array],
    draw: Any,
) -> State:
    """The state after one person moved or one event fired."""
    state = State(transfer(model, state.stocks, one), state.levels, state.status)
    for name in model.events:
        state = apply_event(model, name, state, inputs, time, one[name], draw)
    return state


EXACT = Solver(
    "exact",
    exact,
    True,
    True,
    False,
    False,
    "one person at a time, exactly: a referee for small cases",
)
