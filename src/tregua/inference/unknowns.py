r"""Unknowns and their priors: parameters, effects of states, and what observations scatter by; each
as a coordinate, about standard normal before the fit.

A prior that is log-normal or uniform becomes exactly standard normal,

.. math:: x = m\, e^{\sigma z}, \qquad x = a + (b - a)\, \Phi(z)

and a beta prior keeps its own density on the logit, :math:`p(\ell) \propto s(\ell)^a\, s(-\ell)^b`
with :math:`s` the logistic function, of which z is the distance from the middle in standard
deviations. A value that the data set gives becomes the median of a log-normal prior of the same
width; a share that it gives becomes the middle of a normal distribution of the logit, as wide as
that of the beta prior. Parameters on territories share one coordinate; one of them also has an
effect of each state, whose spread is unknown too (partial pooling):

.. math:: x_r = x\, w_r\, e^{\tau e_r}, \qquad e_r \sim N(0, 1)

Parameters that are zero in the scenario are switches, stay zero, and are named in the report of the
fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..model.declarations import Beta, LogNormal, Uniform
from ..scenarios.posterior import EFFECT
from ..scenarios.scenario import Scenario, resolve
from .observations import Stream

STATE_EFFECTS = ("civilians.background",)
"""Parameters that differ from state to state beyond what the data set says: how many are killed
without groups. Members at the start are not among them: with an effect of each state the mean field
can be put on a threshold between growth and extinction in every one. They came out known to within
0.03 prior standard deviations, draws of the normal approximation cost 75 nats more than they should
(25 without these effects), and chains could not move.
"""

HELD_FORMS = ("arrests.half_size", "conflict.own_exponent")
"""Parameters that a fit holds at the scenario's value: with others a small group that loses a fixed
number a week, or more of its members the fewer it has, dies out below a threshold and grows above
it. The mean field can be put on such a threshold in every state and then follows any record, with
slopes of thousands; what decides there in the world, and in the stochastic model, is chance.
"""

SCATTER: dict[str, LogNormal] = {
    "spread of civilians.background": LogNormal(0.5, 0.3),
    "step of a state": LogNormal(0.2, 0.3),
    "step of the nation": LogNormal(0.05, 0.4),
    "dispersion": LogNormal(100.0, 1.0),
}
"""Unknowns of the observations in every fit, with their priors; streams add their own
(:attr:`tregua.inference.observations.Fights.priors`). A step is the standard deviation of the
yearly change of the log of recorded homicides that the mechanisms do not explain; the whole yearly
change of the first country had 0.21 in calm and 0.34 in violent years. Dispersion is k of the
negative binomial. All assumed.
"""

SPREAD = "spread of "
"""Beginning of the names of spreads of effects of states."""

LARGEST = 8.0
"""Coordinates are held within this many standard deviations:
farther out nothing is computed that anybody believes.
"""


def scatter_at(
    z: Float[Array, "name"], priors: Mapping[str, LogNormal]
) -> dict[str, Float[Array, ""]]:
    """Unknowns of the observations by name, at coordinates in the order of their priors."""
    held = jnp.clip(z, -LARGEST, LARGEST)
    return {n: p.median * jnp.exp(p.sigma * held[i]) for i, (n, p) in enumerate(priors.items())}


@dataclass(frozen=True, eq=False)
class Entry:
    """One parameter and its place in the vector of coordinates.

    Attributes:
        name: full name.
        start: index of its first coordinate.
        size: number of its coordinates: one, or one for each corps or commodity.
        shape: of the parameter's array.
        kind: ``log``, ``logit`` or ``uniform``.
        middle: log median, middle of the logit, or lower end; on ``shape``.
        width: standard deviation of log or logit, or length of the interval.
        a, b: of the beta density on the logit; zero where the logit is normal.
    """

    name: str
    start: int
    size: int
    shape: tuple[int, ...]
    kind: str
    middle: Float[np.ndarray, "*axes"]
    width: Float[np.ndarray, "*axes"]
    a: float = 0.0
    b: float = 0.0

    def value(self, z: Float[Array, "size"]) -> Float[Array, "*axes"]:
        """The parameter at its coordinates."""
        z = jnp.broadcast_to(z if self.size > 1 else z[0], self.shape)
        if self.kind == "log":
            return jnp.exp(self.middle + self.width * z)
        if self.kind == "logit":
            return jax.nn.sigmoid(self.middle + self.width * z)
        return self.middle + self.width * jax.scipy.stats.norm.cdf(z)

    def log_prior(self, z: Float[Array, "size"]) -> Float[Array, ""]:
        """Log density of the prior in the coordinates, up to a constant."""
        if not self.a:
            return -0.5 * jnp.sum(z**2)
        middle, width = self._on_coordinates()
        logit = middle + width * z
        return jnp.sum(self.a * jax.nn.log_sigmoid(logit) + self.b * jax.nn.log_sigmoid(-logit))

    def _on_coordinates(self) -> tuple[np.ndarray, np.ndarray]:
        return self.middle.ravel()[: self.size], self.width.ravel()[: self.size]

    def draw(self, rng: np.random.Generator) -> Float[np.ndarray, "size"]:
        """Coordinates drawn from the prior."""
        if not self.a:
            return rng.standard_normal(self.size)
        middle, width = self._on_coordinates()
        share = np.clip(rng.beta(self.a, self.b, self.size), 1e-12, 1.0 - 1e-12)
        return (np.log(share) - np.log1p(-share) - middle) / width


@dataclass(frozen=True, eq=False)
class Unknowns:
    """All unknowns of a fit as one vector.

    Attributes:
        entries: the parameters.
        base: values of all parameters of the scenario, free or not, on their axes.
        switched_off: parameters that are zero in the scenario and stay so.
        territories: labels of the states.
        affected: parameters with an effect of each state.
        scatters: priors of the unknowns of the observations, by name.
        labels: a name for every coordinate.
    """

    entries: tuple[Entry, ...]
    base: Mapping[str, Float[np.ndarray, "*axes"]]
    switched_off: tuple[str, ...]
    territories: tuple[str, ...]
    affected: tuple[str, ...]
    scatters: Mapping[str, LogNormal]
    labels: tuple[str, ...]

    @classmethod
    def of(
        cls, scenario: Scenario, fixed: tuple[str, ...] = (), streams: Sequence[Stream] = ()
    ) -> Unknowns:
        """The unknowns of a scenario: every parameter that is not zero and not named in ``fixed``,
        and what the observations ``streams`` scatter by.
        """
        resolved, entries, off = resolve(scenario), [], []
        labels: list[str] = []
        for name, parameter in scenario.model.parameters.items():
            value = np.asarray(resolved[name].value, float)
            if not value.any():
                off.append(name)
                continue
            if name in fixed:
                continue
            # A layer above the default has said what is likely.
            entry = _entry(
                name,
                parameter.prior,
                parameter.axes,
                value,
                resolved[name].layer != "mechanism default",
                len(labels),
            )
            entries.append(entry)
            last = parameter.axes[-1] if parameter.axes else ""
            labels += (
                [name]
                if entry.size == 1
                else [f"{name}[{label}]" for label in scenario.data.space.labels(last)]
            )
        states = scenario.data.space.labels("territory")
        affected = tuple(name for name in STATE_EFFECTS if name in resolved)
        absent = {f"{SPREAD}{name}" for name in STATE_EFFECTS if name not in resolved}
        scatters = {name: prior for name, prior in SCATTER.items() if name not in absent}
        scatters |= {name: prior for stream in streams for name, prior in stream.priors.items()}
        labels += [f"{EFFECT}{name} in {state}" for name in affected for state in states]
        labels += list(scatters)
        base = {n: np.asarray(r.value, float) for n, r in resolved.items()}
        return cls(
            tuple(entries), base, tuple(off), tuple(states), affected, scatters, tuple(labels)
        )

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.labels)

    @cached_property
    def _effects(self) -> int:
        return sum(entry.size for entry in self.entries)

    def effects(self, z: Float[Array, "unknown"]) -> dict[str, Float[Array, "territory"]]:
        """Standard normal effect of each state, by parameter."""
        count = len(self.territories)
        return {n: z[self._effects + i * count :][:count] for i, n in enumerate(self.affected)}

    def scatter(self, z: Float[Array, "unknown"]) -> dict[str, Float[Array, ""]]:
        """Unknowns of the observations by name."""
        return scatter_at(z[self.size - len(self.scatters) :], self.scatters)

    def values(self, z: Float[Array, "unknown"]) -> dict[str, Float[Array, "*axes"]]:
        """Every parameter of the model at a point."""
        z = jnp.clip(z, -LARGEST, LARGEST)
        values = {n: jnp.asarray(x) for n, x in self.base.items()}
        values |= {e.name: e.value(z[e.start : e.start + e.size]) for e in self.entries}
        scatter = self.scatter(z)
        for name, effect in self.effects(z).items():
            values[name] = values[name] * jnp.exp(scatter[f"{SPREAD}{name}"] * effect)
        return values

    def log_prior(self, z: Float[Array, "unknown"]) -> Float[Array, ""]:
        """Log density of the prior at a point, up to a constant."""
        rest = z[self._effects :]
        return sum(
            (e.log_prior(z[e.start : e.start + e.size]) for e in self.entries),
            start=-0.5 * jnp.sum(rest**2),
        )

    def draw(self, rng: np.random.Generator) -> Float[np.ndarray, "unknown"]:
        """A point drawn from the prior."""
        parts = [entry.draw(rng) for entry in self.entries]
        return np.concatenate([*parts, rng.standard_normal(self.size - self._effects)])


def _entry(
    name: str, prior: object, axes: tuple[str, ...], value: np.ndarray, said: bool, start: int
) -> Entry:
    """The coordinates of one parameter; ``said`` where the data set gives its value."""
    # Territories share coordinates; corps and commodities have one each.
    size = math.prod(
        length for axis, length in zip(axes, value.shape, strict=True) if axis != "territory"
    )
    if isinstance(prior, LogNormal):
        with np.errstate(divide="ignore"):  # A place where the value is zero keeps it.
            middle = (
                np.asarray(np.log(value)) if said else np.full(value.shape, np.log(prior.median))
            )
        return Entry(
            name, start, size, value.shape, "log", middle, np.full(value.shape, prior.sigma)
        )
    if isinstance(prior, Beta):
        from scipy.special import digamma, polygamma

        width = np.full(value.shape, np.sqrt(polygamma(1, prior.a) + polygamma(1, prior.b)))
        if said:
            return Entry(
                name,
                start,
                size,
                value.shape,
                "logit",
                np.asarray(np.log(value) - np.log1p(-value)),
                width,
            )
        middle = np.full(value.shape, digamma(prior.a) - digamma(prior.b))
        return Entry(name, start, size, value.shape, "logit", middle, width, prior.a, prior.b)
    assert isinstance(prior, Uniform)
    return Entry(
        name,
        start,
        size,
        value.shape,
        "uniform",
        np.full(value.shape, prior.low),
        np.full(value.shape, prior.high - prior.low),
    )
