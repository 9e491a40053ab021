r"""Markov chains through the posterior: the no-U-turn sampler in the directions that the record
informs, a simple exact step in all others.

With the curvature of :class:`tregua.inference.laplace.Nearby`,
:math:`H = V \operatorname{diag}(w) V^T`, every point is :math:`z = \hat z + V w^{-1/2} u`.
Directions with :math:`w > 1.1` are informed; in the others the posterior is nearly the prior. An
iteration is one step of the no-U-turn sampler for the informed part of u, and one of the other part
by

.. math:: u' = \sqrt{1 - \beta^2}\, u + \beta\, \xi, \qquad \xi \sim N(0, I),

accepted with the ratio of the densities of the whole posterior, so that both leave it as it is:
dividing the directions makes it quicker and not approximate.

Source: M. D. Hoffman, A. Gelman, J. Mach. Learn. Res. 15:1593 (2014), as NumPyro has it; S. L.
Cotter et al., Statist. Sci. 28:424 (2013), for the second step; T. Cui, K. J. H. Law, Y. M.
Marzouk, J. Comput. Phys. 304:109 (2016), for the division.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ..engine.executor import Executor, Stop, ThreadsOnDevices
from ..optional import FIT, extra
from ..results.checkpoints import read_whole, write_whole

INFORMED = 1.1
"""Curvature from which a direction counts as informed by the record; that of the prior is 1."""

BETA = 0.6
"""Length of the step in the other directions, as a share of an independent draw."""

DEEPEST = 5
"""Doublings of a trajectory at most: 31 steps of the mean field with gradient."""

ACCEPTANCE = 0.8
"""Mean acceptance that the step size is tuned to."""

FIRST_STEP = 0.3
"""Length of a step before tuning, in posterior deviations."""

TUNING = 150
"""Iterations of the sampler in which the step size is tuned, on an approximation of the posterior
whose step costs a thirtieth. On the posterior itself most of the time would go into the first
trials, of which some take a step ten times too long and others one ten times too short.
"""

SHORTER = 0.8
"""The step in the chains, as a share of the tuned one:
the posterior is more bent than its approximation.
"""

START = 2**31
"""Number under which a chain's start is drawn, out of reach of any iteration."""

SAVED_EVERY = 5
"""Iterations between two savings."""


@runtime_checkable
class Target(Protocol):
    """What chains go through, such as :class:`tregua.inference.density.Posterior`."""

    def loss(self, z: Float[Array, "unknown"]) -> Float[Array, ""]:
        """Minus log density at a point, up to a constant; it can be differentiated."""

    @property
    def loss_and_slope(self) -> Callable:
        """The same with its gradient, compiled."""


@runtime_checkable
class Shape(Protocol):
    """A point and the covariance around it, such as :class:`tregua.inference.laplace.Nearby`."""

    @property
    def point(self) -> Float[np.ndarray, "unknown"]:
        """Coordinates of the best point."""

    @property
    def covariance(self) -> Float[np.ndarray, "unknown unknown"]:
        """Covariance of the coordinates, in units in which that of the prior is about one."""


@dataclass(frozen=True)
class Length:
    """How long chains are.

    Attributes:
        chains: their number.
        warmup: iterations in which a chain finds its way from its start; they are not kept.
        draws: iterations that are kept, in each chain.
        seed: of all randomness.
    """

    chains: int = 4
    warmup: int = 15
    draws: int = 50
    seed: int = 1

    @property
    def iterations(self) -> int:
        """Of one chain."""
        return self.warmup + self.draws


@dataclass(frozen=True, eq=False)
class Chains:
    """What the chains found.

    Attributes:
        points: coordinates.
        energy: minus log density, up to a constant.
        diverging: whether a trajectory left the posterior by a numerical error.
        steps: runs of the mean field with gradient.
        accepted: whether the second step was accepted.
    """

    points: Float[np.ndarray, "chain draw unknown"]
    energy: Float[np.ndarray, "chain draw"]
    diverging: Bool[np.ndarray, "chain draw"]
    steps: Float[np.ndarray, "chain draw"]
    accepted: Bool[np.ndarray, "chain draw"]


@dataclass(eq=False)
class Sampler:
    """A sampler of one posterior.

    Args:
        posterior: what is sampled.
        nearby: its shape, taken at its best point.
        length: how long.
        folder: where unfinished chains are kept; none if None.
        rough: an approximation of the posterior's loss on which the step size is tuned, itself if
            None.
    """

    posterior: Target
    nearby: Shape
    length: Length
    folder: Path | None = None
    rough: Callable[[Array], Array] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _ready: set[Any] = field(default_factory=set, repr=False)

    @cached_property
    def _axes(self) -> tuple[Float[np.ndarray, "unknown unknown"], int]:
        """Directions scaled by their posterior deviation, informed first,
        and the number of those.
        """
        variance, vectors = np.linalg.eigh(self.nearby.covariance)
        informed = int((variance < 1.0 / INFORMED).sum())
        return vectors * np.sqrt(variance), informed

    def point(self, u: Float[Array, "unknown"]) -> Float[Array, "unknown"]:
        """Coordinates at a place in the scaled directions."""
        return jnp.asarray(self.nearby.point) + jnp.asarray(self._axes[0]) @ u

    @cached_property
    def _step_size(self) -> float:
        """Length of a step [posterior deviations], with the directions that are not informed
        held at their middle.
        """
        file = self.folder / "step.npz" if self.folder else None
        stored = read_whole(file) if file else None
        if stored is not None:
            return float(stored["step"])
        informed, rough = self._axes[1], self.rough or self.posterior.loss
        rest = jnp.zeros(len(self.nearby.point) - informed)
        start, move = extra("numpyro.infer.hmc", FIT).hmc(
            potential_fn=lambda u: rough(self.point(jnp.concatenate([u, rest]))), algo="NUTS"
        )
        state = start(
            jnp.zeros(informed),
            TUNING,
            step_size=FIRST_STEP,
            adapt_mass_matrix=False,
            target_accept_prob=ACCEPTANCE,
            max_tree_depth=DEEPEST,
            rng_key=jnp.asarray([self.length.seed, START], jnp.uint32),
        )
        tuned = jax.jit(lambda state: jax.lax.fori_loop(0, TUNING, lambda _, s: move(s), state))(
            state
        )
        step = SHORTER * float(tuned.adapt_state.step_size)
        if file:
            write_whole(file, {"step": np.asarray(step)})
        return step

    @cached_property
    def _kernel(self) -> tuple[Callable, Callable]:
        """First state and next state of the no-U-turn sampler,
        of the informed part with the other part given.
        """

        def energy_of(rest: Array | None) -> Callable[[Array], Array]:
            # Only for the form of a state: the sampler would compile the whole model for it.
            if rest is None:
                return lambda u: 0.5 * jnp.sum(u**2)
            return lambda u: self.posterior.loss(self.point(jnp.concatenate([u, rest])))

        return extra("numpyro.infer.hmc", FIT).hmc(potential_fn_gen=energy_of, algo="NUTS")

    @cached_property
    def _next(self) -> Callable:
        """One step of the no-U-turn sampler, compiled."""
        return jax.jit(lambda state, rest: self._kernel[1](state, (rest,), {}))

    def _step(self, state: Any, rest: Array) -> Any:
        """One step; the first of each device alone, because the sampler's own functions are shared
        and two threads must not trace them at once.
        """
        # JAX puts its settings on this object while it starts, where no type checker sees them.
        device = jax.config.jax_default_device  # type: ignore[attr-defined]
        if device in self._ready:
            return self._next(state, rest)
        with self._lock:
            state = self._next(state, rest)
            self._ready.add(device)
        return state

    def _energy(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus log density at a place, and its gradient along the informed directions;
        the search has compiled the same function.
        """
        energy, slope = jax.device_get(
            self.posterior.loss_and_slope(self.nearby.point + self._axes[0] @ u)
        )
        return float(energy), self._axes[0][:, : self._axes[1]].T @ slope

    def _other_step(
        self, state: Any, rest: Array, rng: np.random.Generator
    ) -> tuple[Any, Array, bool]:
        """The step in the other directions."""
        old = np.asarray(rest)
        new = np.sqrt(1.0 - BETA**2) * old + BETA * rng.standard_normal(old.shape)
        energy, slope = self._energy(np.concatenate([np.asarray(state.z), new]))
        # The proposal keeps a standard normal distribution,
        # so that its density is taken out of the ratio.
        gain = (float(state.potential_energy) - 0.5 * float(np.sum(old**2))) - (
            energy - 0.5 * float(np.sum(new**2))
        )
        if not np.log(rng.uniform()) < gain:
            return state, rest, False
        return (
            state._replace(potential_energy=jnp.asarray(energy), z_grad=jnp.asarray(slope)),
            jnp.asarray(new),
            True,
        )

    def run(
        self,
        progress: Callable[[int, int], None] | None = None,
        executor: Executor | None = None,
    ) -> Chains:
        """Run all chains; those that were begun earlier go on where they stood.

        Args:
            progress: told after each iteration of any chain.
            executor: runs the chains; one thread for each local device if None.
        """
        length, total = self.length, self.length.chains * self.length.iterations
        told, done = progress or (lambda done, all_: None), [0] * length.chains

        def work(chain: int, device: jax.Device, stop: Stop) -> dict[str, np.ndarray] | None:
            draws: dict[str, np.ndarray] = {}
            with jax.default_device(device):
                for count, so_far in self._chain(chain):
                    if stop.is_set():
                        return None
                    draws = so_far
                    with self._lock:
                        done[chain] = count
                        told(sum(done), total)
            return draws

        chains = (executor or ThreadsOnDevices()).run(work, range(length.chains))
        draws = {n: np.stack([chain[n][length.warmup :] for chain in chains]) for n in chains[0]}
        return Chains(
            draws["points"], draws["energy"], draws["diverging"], draws["steps"], draws["accepted"]
        )

    def _random(self, chain: int, number: int) -> np.random.Generator:
        """Random numbers of one iteration of a chain, the same whatever came before, so that a
        chain can be taken up anywhere.
        """
        return np.random.default_rng((self.length.seed, chain, number))

    def _first(self, chain: int) -> tuple[Any, Array]:
        """State of the sampler before the first iteration, and the other directions."""
        u, informed = (
            self._random(chain, START).standard_normal(len(self.nearby.point)),
            self._axes[1],
        )
        energy, slope = self._energy(u)
        with self._lock:
            state = self._kernel[0](
                jnp.asarray(u[:informed]),
                self.length.warmup,
                step_size=self._step_size,
                adapt_step_size=False,
                adapt_mass_matrix=False,
                max_tree_depth=DEEPEST,
                model_args=(None,),
                rng_key=jnp.asarray([self.length.seed, chain], jnp.uint32),
            )
        state = state._replace(potential_energy=jnp.asarray(energy), z_grad=jnp.asarray(slope))
        return state, jnp.asarray(u[informed:])

    def _chain(self, chain: int):
        """Iterations of one chain as they come: how many are done, and all that is kept of them."""
        state, rest = self._first(chain)
        iterations: dict[str, list] = {
            n: [] for n in ("points", "energy", "diverging", "steps", "accepted")
        }
        state, rest = self._take_up(chain, state, rest, iterations)
        for number in range(len(iterations["energy"]), self.length.iterations):
            state, rest, taken = self._other_step(
                self._step(state, rest), rest, self._random(chain, number)
            )
            u = np.concatenate([np.asarray(state.z), np.asarray(rest)])
            iterations["points"].append(self.nearby.point + self._axes[0] @ u)
            iterations["energy"].append(float(state.potential_energy))
            iterations["diverging"].append(bool(state.diverging))
            iterations["steps"].append(float(state.num_steps) + 1.0)
            iterations["accepted"].append(bool(taken))
            if (number + 1) % SAVED_EVERY == 0 or number + 1 == self.length.iterations:
                self._put_down(chain, state, rest, iterations)
            yield number + 1, {n: np.asarray(x) for n, x in iterations.items()}
        if len(iterations["energy"]) == self.length.iterations:
            yield self.length.iterations, {n: np.asarray(x) for n, x in iterations.items()}

    def _file(self, chain: int) -> Path | None:
        return self.folder / f"chain-{chain}.npz" if self.folder else None

    def _put_down(self, chain: int, state: Any, rest: Array, iterations: dict[str, list]) -> None:
        """Keep a chain as it stands, whole or not at all."""
        file = self._file(chain)
        if file is None:
            return
        leaves = {f"state/{i}": np.asarray(x) for i, x in enumerate(jax.tree.leaves(state))}
        write_whole(
            file,
            {
                "rest": np.asarray(rest),
                **leaves,
                **{f"kept/{n}": np.asarray(x) for n, x in iterations.items()},
            },
        )

    def _take_up(
        self, chain: int, state: Any, rest: Array, iterations: dict[str, list]
    ) -> tuple[Any, Array]:
        """Go on where a chain stood, if it was begun."""
        file = self._file(chain)
        stored = read_whole(file) if file else None
        if stored is None:
            return state, rest
        for name in iterations:
            iterations[name].extend(stored[f"kept/{name}"])
        leaves, tree = jax.tree.flatten(state)
        leaves = [jnp.asarray(stored[f"state/{i}"], x.dtype) for i, x in enumerate(leaves)]
        return jax.tree.unflatten(tree, leaves), jnp.asarray(stored["rest"])
