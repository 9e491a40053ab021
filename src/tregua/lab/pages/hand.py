"""Asynchronous answers to the hand: a quick estimate while a handle moves, and the model itself
once it rests. The page never waits for either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nicegui import background_tasks, run

from ...errors import TreguaError
from ..package import Package
from ..work.futures import WIDTH, Futures
from ..work.jobs import Job, Standing
from ..work.shared import CHUNKS_FIRST

if TYPE_CHECKING:
    from .frame import Screen

FIRST, MORE = CHUNKS_FIRST * WIDTH, 1024
"""Pairs that are run when a handle comes to rest, and that the button asks for."""

REDRAW = 0.3
"""Least seconds between two drawings of a job that runs: with more, the browser would be busy with
them while the hand moves on.
"""

Made = TypeVar("Made")


class Hand(Generic[Made]):
    """Asynchronous answers for one open page.

    Args:
        here: the page.
        made: makes what is shown of a quick estimate; called in a thread.
        quick: shows a quick estimate; called with a package, its futures, and what was made of
            them.
        arrived: shows how a job stands.
        refused: shows why something cannot be done.
    """

    def __init__(
        self,
        here: Screen,
        made: Callable[[Package, Futures], Made],
        quick: Callable[[Package, Futures, Made], None],
        arrived: Callable[[Package, Standing], Awaitable[None]],
        refused: Callable[[TreguaError], None],
    ):
        self._here, self._made, self._quick, self._arrived, self._refused = (
            here,
            made,
            quick,
            arrived,
            refused,
        )
        self._wanted: Package | None = None
        self._busy = False
        self.job: Job | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        here.client.on_delete(self._stop)

    def move(self, package: Package) -> None:
        """A handle moves: of several positions that come while one is worked out,
        only the newest is answered. Of a change in some territories there is no quick answer.
        """
        if package.local:
            self._wanted = None
            return
        self._wanted = package
        if not self._busy and self._here.shared.emulator is not None:
            self._busy = True
            self._begin(self._follow_hand())

    def rest(self, package: Package, pairs: int = FIRST) -> None:
        """A handle has come to rest: run the model."""
        try:
            self.job = self._here.shared.run(self._here.visit, package, pairs)
        except TreguaError as error:
            self._refused(error)
            return
        self._begin(self._follow_job(self.job))

    def cancel(self) -> None:
        """Stop the job; the pairs that are in stay."""
        if self.job is not None:
            self._here.shared.jobs.cancel(self.job)

    async def _follow_hand(self) -> None:
        try:
            while (package := self._wanted) is not None:
                self._wanted = None
                answer = await run.io_bound(self._estimate, package)
                if answer is not None:
                    self._quick(package, *answer)
        except TreguaError as error:
            self._refused(error)
        finally:
            self._busy = False

    def _estimate(self, package: Package) -> tuple[Futures, Made]:
        """The emulator's answer and what is shown of it, in one go."""
        futures = self._here.shared.quick(package)
        return futures, self._made(package, futures)

    async def _follow_job(self, job: Job) -> None:
        async for standing in job.changes():
            if self.job is not job:
                return
            await self._arrived(job.package, standing)
            if not standing.ended:
                await asyncio.sleep(REDRAW)

    def _begin(self, work: Awaitable[None]) -> None:
        task = background_tasks.create(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop(self) -> None:
        """The page is gone: nobody listens any more. Its job goes on,
        for the visitor may only have gone to another screen.
        """
        for task in tuple(self._tasks):
            task.cancel()
