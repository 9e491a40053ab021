"""Job queue: one thread works through what visitors ask for, some chunks of pairs at a time,
and tells whoever listens.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import TreguaError
from ..package import Package, Refusal, State
from .futures import WIDTH, Futures

MOST_WAITING = 32
"""Jobs in the queue: with more, the last would wait for hours."""

MOST_WAITING_EACH = 8
"""Jobs of one visitor in the queue: a comparison of six pinned packages and two more."""

MOST_KEPT_EACH = 16
"""Ended jobs of one visitor that can be looked at again: each holds some megabytes."""

MOST_PAIRS_EACH = 8_192
"""Pairs in them altogether."""

MOST_PAIR_YEARS = 24_576
"""Pairs times years of one job: 4,096 pairs of six years,
whose Monte-Carlo error is below a percentage point.
"""

NICE = 10
"""How far the thread that computes steps back, in the system's own measure from 0 to 19."""

ID_BYTES = 9
"""Random bytes in the name of a job: nobody meets it by trying."""

HAND = "hand"
"""The slot of a package that is being dragged: a newer one cancels the one before."""

ENDED = frozenset({"cancelled", "done", "refused"})
"""States after which nothing more happens."""

Chunks = Callable[[Package, range, threading.Event], "Futures | None"]
"""Runs some chunks of a package by their numbers;
None where it was cancelled before the first was done.
"""


@dataclass(frozen=True, eq=False)
class Standing:
    """Status of a job at one moment.

    Attributes:
        position: place in the queue from 1; None once it runs.
        done: pairs that are in.
        seconds_left: of its own work, from the chunks that are done; None before the first.
        futures: the pairs that are in; None before the first chunk.
        refusal: why it was refused.
    """

    state: State
    wanted: int
    position: int | None = None
    done: int = 0
    seconds_left: float | None = None
    futures: Futures | None = None
    refusal: Refusal | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self.state in ENDED


@dataclass(eq=False)
class Job:
    """A job: a package that is run in pairs.

    Attributes:
        id: name that nobody can guess.
        owner: key of the visitor, to whom alone it is shown.
        slot: which of the visitor's jobs it stands in for.
        package: what is run.
        standing: how it stands; it is replaced, never changed, so every thread may read it.
        told: told of the pairs that are in, by the thread that works, after each chunk.
    """

    owner: str
    slot: str
    package: Package
    standing: Standing
    told: Callable[[Futures], None] = field(default=lambda futures: None, repr=False)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))
    cancelled: threading.Event = field(default_factory=threading.Event, repr=False)
    _begun: int = field(default=0, repr=False)
    _spent: float = field(default=0.0, repr=False)
    _listeners: set[Callable[[], None]] = field(default_factory=set, repr=False)

    def __post_init__(self):
        self._begun = self.standing.done

    async def changes(self) -> AsyncIterator[Standing]:
        """How the job stands now, after each change, and at its end;
        of several changes between two looks only the last is seen.
        """
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # The loop of a listener may be closed.
                loop.call_soon_threadsafe(woken.set)

        self._listeners.add(wake)
        try:
            while True:
                woken.clear()
                standing = self.standing
                yield standing
                if standing.ended:
                    return
                await woken.wait()
        finally:
            self._listeners.discard(wake)

    def _move(self, **changes: Any) -> None:
        """Put another standing in place and tell the listeners."""
        if self.standing.ended:
            return
        self.standing = replace(self.standing, **changes)
        for wake in tuple(self._listeners):
            wake()

    def _grown(self, part: Futures) -> Futures:
        """The pairs that are in with those of more chunks behind them."""
        before = self.standing.futures
        return replace(before.then(part) if before else part, wanted=self.standing.wanted)

    def _take(self, futures: Futures, seconds: float) -> None:
        """Stand with these pairs."""
        self._spent += seconds
        left = max(futures.wanted - futures.pairs, 0)
        each = self._spent / max(futures.pairs - self._begun, 1)
        state = "running" if left else "done"
        self._move(
            state=state,
            futures=futures,
            done=futures.pairs,
            seconds_left=each * left,
            position=None,
        )
        self.told(futures)


class Jobs:
    """The job queue and its one worker thread. Visitors take turns, so that a long job holds up
    nobody.

    Args:
        chunks: runs some chunks of a package.
        before: what is done once before the first job; while it lasts, jobs wait.
        years: years of a pair, for the limit.
        turn: chunks of one job before the next has its turn: as many as run at the same time.
        idle: some work for when no job waits; told when one comes, and gives back whether there is
            more of it.
    """

    def __init__(
        self,
        chunks: Chunks,
        before: Callable[[threading.Event], None] | None = None,
        years: int = 1,
        turn: int = 1,
        idle: Callable[[threading.Event], bool] | None = None,
    ):
        self._chunks, self._before, self._years, self._turn_chunks, self._idle = (
            chunks,
            before,
            years,
            turn,
            idle,
        )
        self._wanted = threading.Event()
        self._line: list[Job] = []
        self._kept: list[Job] = []
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._working: Job | None = None
        self._thread = threading.Thread(target=self._work, name="tregua-lab", daemon=True)

    def start(self) -> Jobs:
        """Begin to work."""
        self._thread.start()
        return self

    def stop(self, seconds: float) -> bool:
        """Cancel all jobs and wait for the chunk that runs;
        whether the thread has ended in time.
        """
        self._stopped.set()
        self._wanted.set()
        with self._changed:
            for job in tuple(self._line):
                self._end(job)
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def submit(
        self,
        owner: str,
        package: Package,
        pairs: int,
        slot: str = HAND,
        known: Futures | None = None,
        told: Callable[[Futures], None] = lambda futures: None,
    ) -> Job:
        """Put a package in the queue.

        Args:
            owner: key of the visitor.
            package: what is to be run; that it makes sense is checked before.
            pairs: how many, rounded up to whole chunks.
            slot: an unfinished job of the same visitor in the same slot is cancelled.
            known: pairs of the same package that are in already; only what lacks is run.
            told: told of the pairs that are in after each chunk, by the thread that works.

        Raises:
            TreguaError: TR3010 where too many wait, TR3011 for too many pairs.
        """
        wanted = -(-pairs // WIDTH) * WIDTH
        if pairs < 1 or wanted * self._years > MOST_PAIR_YEARS:
            most = MOST_PAIR_YEARS // self._years // WIDTH * WIDTH
            raise TreguaError(
                "TR3011",
                "a job cannot have so many pairs",
                where="pairs",
                found=pairs,
                expected=f"1 to {most}",
                do="ask for fewer",
            )
        wanted = max(wanted, known.pairs) if known else wanted
        known = replace(known, wanted=wanted) if known else None
        standing = Standing("queued", wanted, done=known.pairs if known else 0, futures=known)
        standing = (
            standing
            if standing.done < wanted
            else replace(standing, state="done", seconds_left=0.0)
        )
        job = Job(owner, slot, package, standing, told)
        with self._changed:
            for other in [
                other for other in self._line if (other.owner, other.slot) == (owner, slot)
            ]:
                self._end(other)
            own = sum(other.owner == owner for other in self._line)
            if own >= MOST_WAITING_EACH or len(self._line) >= MOST_WAITING:
                raise TreguaError(
                    "TR3010",
                    "too many jobs wait already",
                    found=f"{own} of yours, {len(self._line)} in all",
                    do="wait, or cancel one",
                )
            self._keep(job)
            if not job.standing.ended:
                self._line.append(job)
                self._number()
                self._wanted.set()
                self._changed.notify_all()
        return job

    def find(self, name: str, owner: str) -> Job:
        """A job by its id (TR3012 where there is none of this visitor)."""
        with self._changed:
            job = next(
                (
                    job
                    for job in self._kept
                    if secrets.compare_digest(job.id.encode(), name.encode()) and job.owner == owner
                ),
                None,
            )
        if job is None:
            raise TreguaError(
                "TR3012", "there is no such job", where="job", found=name, do="start it again"
            )
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job; the pairs that are in stay."""
        with self._changed:
            self._end(job)

    def forget(self, owner: str) -> None:
        """Stop and drop all jobs of a visitor who has left."""
        with self._changed:
            for job in [job for job in self._kept if job.owner == owner]:
                self._end(job)
                self._kept.remove(job)

    def _keep(self, job: Job) -> None:
        """Remember a job, and forget the oldest ended one of the same visitor beyond the limit."""
        self._kept.append(job)
        ended = [
            other
            for other in self._kept
            if other.owner == job.owner and other.standing.ended and other is not job
        ]
        while (
            len(ended) > MOST_KEPT_EACH
            or sum(other.standing.done for other in ended) > MOST_PAIRS_EACH
        ):
            self._kept.remove(ended.pop(0))

    def _end(self, job: Job, **how: object) -> None:
        """Take a job out of the queue; cancelled unless it is said how it ended."""
        job.cancelled.set()
        if job in self._line:
            self._line.remove(job)
        job._move(**{"state": "cancelled", "position": None, "seconds_left": None, **how})
        self._number()

    def _number(self) -> None:
        """Tell every job that has not begun which place it has."""
        for place, job in enumerate(self._line, 1):
            if (
                job.standing.state == "queued"
                and job is not self._working
                and job.standing.position != place
            ):
                job._move(position=place)

    def _next(self) -> Job | None:
        """The first job in the queue, once there is one; None at the end."""
        self._working = None
        self._use_idleness()
        with self._changed:
            self._changed.wait_for(lambda: self._line or self._stopped.is_set())
            if self._stopped.is_set():
                return None
            self._working = self._line[0]
            self._working._move(state="running", position=None)
            self._number()
            return self._working

    def _use_idleness(self) -> None:
        """Do some of the other work, until a job comes or there is no more."""
        while self._idle is not None and not self._stopped.is_set():
            with self._changed:
                if self._line:
                    return
                self._wanted.clear()
            try:
                more = self._idle(self._wanted)
            except Exception:
                # A job that needs the same says what is wrong.
                more = False
            if not more:
                self._idle = None

    def _work(self) -> None:
        _step_back()
        if self._before is not None:
            self._before(self._stopped)
        while (job := self._next()) is not None:
            try:
                self._advance(job)
            except Exception as error:
                # There is no other thread: whatever goes wrong with one job, the next one runs.
                self._refuse(job, refusal_of(error))

    def _advance(self, job: Job) -> None:
        """Run some chunks of a job and take in what they say."""
        began = time.perf_counter()
        first, last = job.standing.done // WIDTH, job.standing.wanted // WIDTH
        part = self._chunks(
            job.package, range(first, min(first + self._turn_chunks, last)), job.cancelled
        )
        grown = None if part is None else job._grown(part)
        with self._changed:
            if grown is not None and not job.standing.ended:
                job._take(grown, time.perf_counter() - began)
            self._turn(job, stopped=grown is None)

    def _refuse(self, job: Job, why: Refusal) -> None:
        with self._changed:
            self._end(job, state="refused", refusal=why)

    def _turn(self, job: Job, stopped: bool) -> None:
        """After a chunk: out of the queue where it has ended,
        else behind the jobs of other visitors.
        """
        if stopped or job.standing.ended:
            self._end(job)
        elif any(other.owner != job.owner for other in self._line):
            self._line.remove(job)
            self._line.append(job)
        self._number()


def refusal_of(error: Exception) -> Refusal:
    """What a visitor is told of an error. One that is none of ours is a fault of the program: it is
    printed in full where the lab runs.
    """
    if isinstance(error, TreguaError):
        return Refusal(code=error.code, what=error.what, do=error.details["do"])
    traceback.print_exception(error, file=sys.stderr)
    return Refusal(
        code="TR9002",
        what="something went wrong inside Tregua",
        do=f"please report it: {type(error).__name__}",
    )


def _step_back() -> None:
    """Let this thread, and those that it starts, take what others leave,
    so that pages answer while both cores are busy.
    """
    # Elsewhere the number of a thread is not known to the system, or is that of some process.
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
