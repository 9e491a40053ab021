"""Application state, which all visitors share: the scenario, its handles, the present from which
every package starts, and the queue.

Pages are handed this once, by ``pages.add_pages(shared)``, and find the visitor of a request with
:func:`tregua.lab.web.access.visit_of`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Protocol, runtime_checkable

from ...engine.session import usable_cores
from ...errors import TreguaError
from ...results.drivers import draws_narrowed
from ...scenarios.posterior import StoredPosterior
from ...scenarios.scenario import Draws, Scenario
from ..handles import Handle, first_day, handles_of, policy_of
from ..package import PAIRS_FIRST, Package, Refusal
from .emulator import Emulator, kept_emulator
from .futures import WIDTH, Futures, Present
from .jobs import HAND, Job, Jobs, refusal_of
from .visits import Visit, Visits

CHUNKS_FIRST = -(-PAIRS_FIRST // WIDTH)
"""Chunks that a package is run in first. Those of the present that they need are made while nobody
asks for anything, or on the way.
"""

Step = Literal["start", "present", "emulator", "ready", "refused"]
"""What the lab does before it can answer: it starts, makes the present, trains the emulator where
none is at hand; then it is ready, or cannot be.
"""


@dataclass(frozen=True)
class Readiness:
    """Start-up status: how far the lab is.

    Attributes:
        step: what is being done.
        done: parts of the step that are done.
        everything: parts that it has; 0 where that is not known yet.
        refusal: why it cannot be ready.
    """

    step: Step = "start"
    done: int = 0
    everything: int = 0
    refusal: Refusal | None = None

    @property
    def ready(self) -> bool:
        """Whether packages are answered."""
        return self.step == "ready"


@runtime_checkable
class Engine(Protocol):
    """Makes the present of a scenario and its emulator; tests put a small one in its place."""

    def present(self, scenario: Scenario, draws: Draws | None, seed: int) -> Present:
        """The present, not yet prepared."""

    def at_hand(self, present: Present) -> Emulator | None:
        """The emulator where it is kept or ships; None where it must be trained."""

    def emulator(
        self, present: Present, progress: Callable[[int, int], None], cancelled: threading.Event
    ) -> Emulator | None:
        """The emulator, trained where none is kept; None where that was cancelled."""


class _Model:
    """The engine of the model itself."""

    def present(self, scenario: Scenario, draws: Draws | None, seed: int) -> Present:
        return Present(scenario, draws, seed)

    def at_hand(self, present: Present) -> Emulator | None:
        return kept_emulator(present)

    def emulator(
        self, present: Present, progress: Callable[[int, int], None], cancelled: threading.Event
    ) -> Emulator | None:
        from .training import emulator_of

        return emulator_of(present, progress, cancelled)


class Shared:
    """Application state of one lab: made once in a process, read by every page and every request.

    Args:
        scenario: that is explored.
        posterior: draws of its parameters with how they came about, where there is a fit.
        seed: of all randomness.
        engine: what computes; the model if None.
        told: told each time the readiness changes.
        text: the scenario file as it was read, for what is taken away; empty where there is none.
    """

    def __init__(
        self,
        scenario: Scenario,
        posterior: StoredPosterior | None = None,
        seed: int = 1,
        engine: Engine | None = None,
        told: Callable[[Readiness], None] = lambda readiness: None,
        text: str = "",
    ):
        self.scenario, self.posterior, self.seed, self.text = scenario, posterior, seed, text
        self.handles: tuple[Handle, ...] = handles_of(scenario, self.draws)
        self.first = first_day(scenario)
        self.readiness = Readiness()
        self.present: Present | None = None
        self.emulator: Emulator | None = None
        self._engine, self._told = engine or _Model(), told
        years = scenario.date(scenario.weeks).year - self.first.year
        self._turn, self._made = usable_cores(), 0
        self.jobs = Jobs(self._chunks, self._prepare, max(years, 1), self._turn, self._fill)
        self.visits = Visits(self.jobs.forget)

    @cached_property
    def narrowed(self) -> dict[str, int]:
        """How many assumptions are ``drawn``, and how many of them the record ``narrowed``."""
        return draws_narrowed(self.scenario, self.draws)

    @cached_property
    def draws(self) -> Draws | None:
        """Posterior draws of the parameters that the model has, where there is a fit."""
        return self.posterior.draws_for(self.scenario.model) if self.posterior else None

    def checked(self, package: Package) -> Package:
        """The package, where it makes sense here.

        Raises:
            TreguaError: TR1405 and TR3020 to TR3022 as :func:`~tregua.lab.handles.policy_of`
                says.
        """
        policy_of(package, self.handles, self.scenario, self.first)
        return package

    def quick(self, package: Package) -> Futures:
        """The emulator's answer. It takes some milliseconds of one core, so call it in a thread.

        Raises:
            TreguaError: TR3014 where the emulator is not there yet, which may be long before
                :attr:`readiness` says that all is, and as :meth:`checked`.
        """
        if self.emulator is None:
            raise TreguaError(
                "TR3014",
                "the lab is not ready yet",
                found=self.readiness.step,
                do="try again in a moment",
            )
        return self.emulator.quick(package)

    def run(
        self, visit: Visit, package: Package, pairs: int = PAIRS_FIRST, slot: str = HAND
    ) -> Job:
        """Run a package in the model, behind the jobs that wait;
        pairs that this visitor has already are not run again.

        Raises:
            TreguaError: as :meth:`checked` and :meth:`~tregua.lab.work.jobs.Jobs.submit`, and
                TR3014 where the lab cannot become ready.
        """
        if self.readiness.refusal is not None:
            raise TreguaError(
                "TR3014",
                "the lab cannot answer",
                found=self.readiness.refusal.what,
                do=self.readiness.refusal.do,
            )
        return self.jobs.submit(
            visit.key,
            self.checked(package),
            pairs,
            slot,
            visit.known(package),
            lambda futures: visit.keep(package, futures),
        )

    def start(self) -> None:
        """Begin to prepare, and to work on jobs after that."""
        self.jobs.start()

    def stop(self, seconds: float) -> bool:
        """End all work; whether it has ended in time."""
        return self.jobs.stop(seconds)

    def _chunks(
        self, package: Package, numbers: range, cancelled: threading.Event
    ) -> Futures | None:
        if self.present is None:
            raise TreguaError(
                "TR3014", "the lab is not ready", do="look at what it says in the terminal"
            )
        policy = policy_of(package, self.handles, self.scenario, self.first)
        return self.present.pairs(policy, numbers, cancelled)

    def _prepare(self, stopped: threading.Event) -> None:
        """Find the emulator where it is at hand, make the present, and train the emulator where it
        is not; what goes wrong is kept, for the pages to show.
        """
        try:
            self._move(step="present")
            present = self._engine.present(self.scenario, self.draws, self.seed)
            # Previews need the emulator alone, and this reads a file where the
            # present takes minutes.
            self.emulator = self._engine.at_hand(present)
            present.prepare(
                range(self._turn),
                lambda done, everything: self._move(done=done, everything=everything),
                stopped,
            )
            if stopped.is_set():
                return
            self.present, self._made = present, self._turn
            if self.emulator is None:
                self._move(step="emulator", done=0, everything=0)
                self.emulator = self._engine.emulator(
                    present,
                    lambda done, everything: self._move(done=done, everything=everything),
                    stopped,
                )
            if self.emulator is not None:
                self._move(step="ready", done=0, everything=0)
        except Exception as error:
            self._move(step="refused", refusal=refusal_of(error))

    def _fill(self, wanted: threading.Event) -> bool:
        """Make some more of the present; whether there is more to make."""
        if self.present is None:
            return False
        numbers = range(self._made, min(self._made + self._turn, CHUNKS_FIRST))
        self.present.prepare(numbers, None, wanted)
        self._made += 0 if wanted.is_set() else len(numbers)
        return self._made < CHUNKS_FIRST

    def _move(self, **changes: Any) -> None:
        self.readiness = replace(self.readiness, **changes)
        self._told(self.readiness)
