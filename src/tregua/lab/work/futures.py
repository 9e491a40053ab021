"""Paired ensembles: futures with a package and without it, under common random numbers.

All packages start from one present, the ensemble at the lab's first day, so that a package costs
the years after it and not those before. Replicates come in chunks of 16. The number of a replicate
decides its random numbers, so that more pairs extend earlier ones.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from ...engine.block import Batch
from ...engine.executor import ThreadsOnDevices
from ...engine.plan import Plan, make_plan
from ...engine.run import Progress, check_status
from ...engine.session import cache_folder
from ...engine.state import State, status_of
from ...errors import TreguaError
from ...model.calendar import WEEK_DAYS, full_weeks, year_shares
from ...model.declarations import BACKGROUND, CIVILIAN
from ...results.checkpoints import Checkpoint
from ...results.outcomes import VICTIMS, deaths_of
from ...results.provenance import describe_inputs, inputs_hash
from ...scenarios.policy import Policy
from ...scenarios.scenario import Draws, Inputs, Scenario
from ..handles import first_day

WIDTH = 16
"""Pairs in a chunk: as many numbers of single precision as the widest vectors hold, and a second or
so of work on one core for each year.
"""

SOLVER = "tau-leap"
"""Solver of all pairs: chance decides in both futures of a pair alike."""

HELD = 128
"""Chunks of the present that are held in memory, a megabyte each,
so that few are read from disk twice.
"""

DIGITS = 16
"""Digits of a hash that name a folder."""


@dataclass(frozen=True, eq=False)
class Futures:
    """A paired ensemble: futures with one package and without it, by replicate.

    Attributes:
        years: whole calendar years from the lab's first day on.
        baseline: persons killed in group violence in the year, without the package.
        changed: the same with it, in the same order.
        victims: kinds of victim, in the order of :data:`tregua.results.outcomes.VICTIMS`.
        territories: labels of the territories.
        wanted: pairs that were asked for; there are fewer while chunks arrive or where a job was
            cancelled.
        quick: whether an emulator answered instead of the model.
        draws: posterior draws behind them, which replicates take in turn; 0 where all have the same
            parameters.
        error: of the emulator: nine in ten of its answers for the relative change of the persons
            killed in group violence, of all and of civilians, lie within this much of the model's;
            0.04 is four in a hundred of those killed without the package. None for the model
            itself.
        background: civilians killed in the year without a tie to groups, with and without the
            package: no handle reaches them. None where the model has no such deaths.
    """

    years: Int[np.ndarray, "year"]
    baseline: Float[np.ndarray, "replicate year territory victim"]
    changed: Float[np.ndarray, "replicate year territory victim"]
    victims: tuple[str, ...]
    territories: tuple[str, ...]
    wanted: int
    quick: bool = False
    error: float | None = None
    draws: int = 0
    background: Float[np.ndarray, "replicate year territory"] | None = None

    @property
    def pairs(self) -> int:
        """Pairs that are in."""
        return len(self.baseline)

    @property
    def distinct(self) -> int:
        """Pairs of which no two share a posterior draw; all of them where there are no draws."""
        return min(self.pairs, self.draws) if self.draws else self.pairs

    def then(self, other: Futures) -> Futures:
        """These pairs followed by more of the same package; as many are wanted as before,
        or as there are.
        """
        baseline, changed = (
            np.concatenate([self.baseline, other.baseline]),
            np.concatenate([self.changed, other.changed]),
        )
        background = (
            None
            if self.background is None or other.background is None
            else np.concatenate([self.background, other.background])
        )
        return replace(
            self,
            baseline=baseline,
            changed=changed,
            wanted=max(self.wanted, len(baseline)),
            background=background,
        )


class Present:
    """The initial ensemble, as it stands at the lab's first day, and the baseline from there on.

    Chunks are made when they are first needed and kept, in memory and in a folder named after the
    hash of all inputs.

    Args:
        scenario: what is run, to its end, with the policies in force.
        draws: posterior draws; replicate i uses draw i modulo their number.
        seed: of all randomness.
        first: the lab's first day; :func:`~tregua.lab.handles.first_day` if None.
        cache: folder for what is kept; that of the user if None.

    Raises:
        TreguaError: TR3023 where the scenario has no whole year after the first day or counts no
            deaths by territory, and those of :func:`tregua.engine.plan.make_plan`.
    """

    def __init__(
        self,
        scenario: Scenario,
        draws: Draws | None = None,
        seed: int = 1,
        first: dt.date | None = None,
        cache: Path | None = None,
    ):
        self.scenario, self.draws = scenario, draws
        self.draw_count = len(next(iter(draws.values()))) if draws else 0
        self.first = first or first_day(scenario)
        self.plan: Plan = make_plan(scenario, SOLVER, WIDTH, seed, draws=draws)
        self.first_week = full_weeks(scenario.start, self.first)
        self.shares, self.years = _years(scenario, self.first_week)
        self._deaths = _deaths(scenario)
        self.victims = tuple(self._deaths)
        self._background = _background(scenario)
        self.territories = scenario.data.space.labels("territory")
        facts = f"{inputs_hash(scenario, self.plan, draws)} {self.first_week} {WIDTH} {BACKGROUND}"
        self.digest = hashlib.sha256(facts.encode()).hexdigest()[:DIGITS]
        self.folder = (cache or cache_folder().parent / "lab") / self.digest
        self._kept = Checkpoint(self.folder)
        self._held: dict[int, Mapping[str, np.ndarray]] = {}
        self._holding = threading.Lock()
        self._locks: dict[int, threading.Lock] = {}

    @cached_property
    def likeness(self) -> str:
        """Hash of all inputs but the version of the package and the precision of numbers:
        what a trained emulator is known by.
        """
        inputs = {
            name: x
            for name, x in describe_inputs(self.scenario, self.plan, self.draws).items()
            if name not in ("package", "precision")
        }
        return hashlib.sha256(
            json.dumps([inputs, self.first_week, WIDTH], sort_keys=True).encode()
        ).hexdigest()[:DIGITS]

    @cached_property
    def _inputs(self) -> Inputs:
        """The scenario without any package, as arrays."""
        return self.scenario.compile(self.draws)

    def prepare(
        self,
        numbers: range,
        progress: Progress | None = None,
        cancelled: threading.Event | None = None,
    ) -> None:
        """Make the present and the baseline of some chunks, where they are not kept yet,
        on all devices.

        Args:
            numbers: of the chunks.
            progress: told after each block of weeks.
            cancelled: set from elsewhere to stop; chunks that are finished are kept.
        """
        count, total = (
            itertools.count(1),
            len(numbers)
            * (
                self._blocks(0, self.first_week)
                + self._blocks(self.first_week, self.scenario.weeks)
            ),
        )
        told = progress or (lambda done, all_: None)
        ThreadsOnDevices().run(
            lambda number, device, _: self._chunk(
                number, device, cancelled, lambda: told(next(count), total)
            ),
            numbers,
            cancelled,
        )

    def pairs(
        self, policy: Policy, numbers: range, cancelled: threading.Event | None = None
    ) -> Futures | None:
        """Run a package from the present, with the random numbers of the baseline.

        Args:
            policy: the package.
            numbers: of the chunks; chunk n holds replicates n w to n w + w - 1, with w
                :data:`WIDTH`. As many run at a time as there are devices.
            cancelled: set from elsewhere to stop; what is finished is given back.

        Returns:
            Pairs in the order of replicates; None where it was cancelled before the first chunk was
            in.

        Raises:
            TreguaError: those of :meth:`tregua.scenarios.scenario.Scenario.compile`; TR2301 where a
                replicate met numbers that make no sense.
        """
        inputs = self.scenario.with_policy(policy).compile(self.draws)
        futures: Futures | None = None
        for part in ThreadsOnDevices().run(
            lambda number, device, _: self._pair(policy, inputs, number, device, cancelled),
            numbers,
            cancelled,
        ):
            part = replace(part, wanted=len(numbers) * WIDTH)
            futures = futures.then(part) if futures else part
        return futures

    def baseline(self, numbers: range) -> Float[np.ndarray, "replicate year territory victim"]:
        """Persons killed in group violence without any package."""
        return self._kept_of("killed", numbers)

    @property
    def has_background(self) -> bool:
        """Whether civilians are killed without a tie to groups."""
        return bool(self._background)

    def background(self, numbers: range) -> Float[np.ndarray, "replicate year territory"] | None:
        """Civilians killed without a tie to groups, with any package as without; None where the
        model has no such deaths.
        """
        return self._kept_of(BACKGROUND, numbers) if self._background else None

    def _kept_of(self, name: str, numbers: range) -> np.ndarray:
        chunks = [
            self._chunk(number, jax.local_devices()[0], None, lambda: None) for number in numbers
        ]
        return np.concatenate([chunk[name] for chunk in chunks if chunk is not None])

    def _pair(
        self,
        policy: Policy,
        inputs: Inputs,
        number: int,
        device: Any,
        cancelled: threading.Event | None,
    ) -> Futures | None:
        chunk = self._chunk(number, device, cancelled, lambda: None)
        if chunk is None:
            return None
        baseline = chunk["killed"]
        changed: np.ndarray | None = baseline
        if policy.modifiers:
            # On its device, as the state was when the present was made:
            # elsewhere the program would be compiled again.
            weekly = self._weekly(
                inputs,
                number,
                device,
                cancelled,
                jax.device_put(_state_of(chunk), device),
                lambda: None,
            )
            changed = None if weekly is None else self._by_year(weekly[0])
        if changed is None:
            return None
        return Futures(
            self.years,
            baseline,
            changed,
            self.victims,
            self.territories,
            WIDTH,
            draws=self.draw_count,
            background=chunk.get(BACKGROUND),
        )

    def _at_hand(self, number: int) -> Mapping[str, np.ndarray] | None:
        """A chunk of the present that is kept; None where it is not."""
        chunk = self._held.get(number)
        if chunk is None:
            try:
                chunk = self._kept[number]
            except KeyError:
                return None
            self._hold(number, chunk)
        return chunk

    def _hold(self, number: int, chunk: Mapping[str, np.ndarray]) -> None:
        # Every device has a thread of its own, and each would drop the same oldest chunk.
        with self._holding:
            while len(self._held) >= HELD:
                self._held.pop(next(iter(self._held)))
            self._held[number] = chunk

    def _chunk(
        self, number: int, device: Any, cancelled: threading.Event | None, told: Callable[[], None]
    ) -> Mapping[str, np.ndarray] | None:
        """A chunk of the present and its baseline, made if need be;
        None where that was cancelled.
        """
        with self._locks.setdefault(number, threading.Lock()):
            chunk = self._at_hand(number)
            return chunk if chunk is not None else self._made(number, device, cancelled, told)

    def _made(
        self, number: int, device: Any, cancelled: threading.Event | None, told: Callable[[], None]
    ) -> Mapping[str, np.ndarray] | None:
        batch = self._batch(self._inputs, number, device)
        state, _ = batch.start()
        for first in range(0, self.first_week, self.plan.steps):
            if cancelled is not None and cancelled.is_set():
                return None
            state = jax.block_until_ready(batch.block(state, first, self.first_week)[0])
            told()
        weekly = self._weekly(self._inputs, number, device, cancelled, state, told)
        if weekly is None:
            return None
        chunk = {"killed": self._by_year(weekly[0]), **_arrays_of(state)}
        if weekly[1] is not None:
            chunk[BACKGROUND] = self._by_year(weekly[1])
        self._hold(number, chunk)
        # A folder that cannot be written costs minutes at the next start, and no more.
        with suppress(TreguaError):
            self._kept[number] = chunk
        return chunk

    def weekly(
        self, policy: Policy, number: int, device: Any = None
    ) -> Float[np.ndarray, "week replicate territory victim"]:
        """Persons killed in group violence in each week from the present on, in one chunk, under a
        policy: for training, which looks closer than pages do.
        """
        device = device or jax.local_devices()[0]
        chunk = self._chunk(number, device, None, lambda: None)
        inputs = self.scenario.with_policy(policy).compile(self.draws)
        deaths = self._weekly(
            inputs,
            number,
            device,
            None,
            jax.device_put(_state_of(chunk or {}), device),
            lambda: None,
        )
        assert deaths is not None, "nobody can cancel it"
        return deaths[0]

    def _by_year(self, weekly: Float[np.ndarray, "week replicate territory ..."]) -> np.ndarray:
        """Persons killed in each year from the present to the end, of those in each week."""
        return np.einsum("wy,wrt...->ryt...", self.shares, weekly)

    def _weekly(
        self,
        inputs: Inputs,
        number: int,
        device: Any,
        cancelled: threading.Event | None,
        state: State,
        told: Callable[[], None],
    ) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Persons killed in each week: in group violence (week, replicate, territory, victim), and
        civilians without a tie to groups (week, replicate, territory), None where the model has no
        such deaths. None where it was cancelled.
        """
        batch, tied, apart = self._batch(inputs, number, device), [], []

        def summed(rows: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
            return np.asarray(sum(np.asarray(rows[name], float) for name in names))

        for first in range(self.first_week, self.scenario.weeks, self.plan.steps):
            if cancelled is not None and cancelled.is_set():
                return None
            state, _, rows = batch.block(state, first, self.scenario.weeks)
            tied.append(np.stack([summed(rows, x) for x in self._deaths.values()], axis=-1))
            if self._background:
                apart.append(summed(rows, self._background))
            told()
        check_status(status_of(state))
        return np.concatenate(tied)[: len(self.shares)], (
            np.concatenate(apart)[: len(self.shares)] if apart else None
        )

    def _batch(self, inputs: Inputs, number: int, device: Any) -> Batch:
        return Batch.on(
            device,
            self.scenario,
            self.plan,
            inputs,
            np.arange(number * WIDTH, (number + 1) * WIDTH),
        )

    def _blocks(self, first: int, last: int) -> int:
        return -(-(last - first) // self.plan.steps)


def _deaths(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Flows that are deaths tied to groups, by kind of victim."""
    model = scenario.model
    flows: dict[str, tuple[str, ...]] = {}
    for victim in VICTIMS:
        names = tuple(
            n
            for n, flow in deaths_of(model).items()
            if flow.victim == victim and flow.cause != BACKGROUND and "territory" in model.axes[n]
        )
        flows |= {victim: names} if names else {}
    if not flows:
        raise TreguaError(
            "TR3023",
            "the lab cannot show this scenario: it counts no deaths by territory",
            where="mechanisms of the model",
            do="add the mechanism of conflict",
        )
    return flows


def _background(scenario: Scenario) -> tuple[str, ...]:
    """Flows that are deaths of civilians without a tie to groups."""
    model = scenario.model
    return tuple(
        n
        for n, flow in deaths_of(model).items()
        if (flow.victim, flow.cause) == (CIVILIAN, BACKGROUND) and "territory" in model.axes[n]
    )


def _years(
    scenario: Scenario, first_week: int
) -> tuple[Float[np.ndarray, "week year"], Int[np.ndarray, "year"]]:
    """How much of each week after the present counts for each whole calendar year,
    as yearly tables have it; and the years.
    """
    columns = year_shares(
        scenario.start, WEEK_DAYS * np.arange(first_week, scenario.weeks + 1, dtype=float)
    )
    if not columns:
        raise TreguaError(
            "TR3023",
            "the lab cannot show this scenario: no whole year lies after its first day",
            found=f"{scenario.date(first_week)} to {scenario.date(scenario.weeks)}",
            do="let the scenario end later",
        )
    return np.stack(list(columns.values()), axis=1), np.array(list(columns))


def _arrays_of(state: State) -> dict[str, np.ndarray]:
    """A state as arrays by name."""
    named = {
        **{f"stock.{n}": x for n, x in state.stocks.items()},
        **{f"level.{n}": x for n, x in state.levels.items()},
        "status": state.status,
    }
    return {name: np.asarray(x) for name, x in named.items()}


def _state_of(chunk: Mapping[str, np.ndarray]) -> State:
    """The state that :func:`_arrays_of` took apart."""
    stocks = {n.removeprefix("stock."): x for n, x in chunk.items() if n.startswith("stock.")}
    levels = {n.removeprefix("level."): x for n, x in chunk.items() if n.startswith("level.")}
    return State(stocks, levels, chunk["status"])
