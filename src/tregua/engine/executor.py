"""The executor: runs the numbered pieces of a job in parallel and gives their results in order.

Every part of the package that computes in parallel does so through :class:`Executor`. Another way
to run pieces, on other machines say, takes the place of :class:`ThreadsOnDevices` by having the
same one method.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import jax

from ..errors import TreguaError

T = TypeVar("T")


@runtime_checkable
class Stop(Protocol):
    """A signal to stop: what long work asks, again and again, to know whether to go on.
    A :class:`threading.Event` is one.
    """

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


Work = Callable[[int, jax.Device, Stop], T | None]
"""``work(number, device, stop)``: one piece of a job, computed on the device it is given. It gives
None where it ended early because ``stop`` was set.
"""


@runtime_checkable
class Executor(Protocol):
    """An executor: where the pieces of a job run, and how many at a time."""

    def run(self, work: Work[T], numbers: Sequence[int], cancelled: Stop | None = None) -> list[T]:
        """Run all pieces of a job.

        Args:
            work: computes one piece. Its result depends on the number alone, never on the device
                or on what else runs.
            numbers: of the pieces, begun in this order.
            cancelled: set from elsewhere to stop.

        Returns:
            Results in the order of the numbers, up to the first piece that gave none because the
            job was cancelled.

        Raises:
            BaseException: what the first piece in order that failed raised. Once a piece fails, or
                the caller is interrupted, no more are begun and the others are told to stop.
        """
        ...


@dataclass(frozen=True)
class ThreadsOnDevices:
    """The executor of one machine: one thread for each device.

    Attributes:
        devices: what to run on; all local devices if None
            (:func:`tregua.engine.session.begin` makes one of every core).
    """

    devices: Sequence[jax.Device] | None = None

    def run(self, work: Work[T], numbers: Sequence[int], cancelled: Stop | None = None) -> list[T]:
        """Run all pieces of a job; see :meth:`Executor.run`."""
        devices = jax.local_devices() if self.devices is None else self.devices
        if not devices:
            raise TreguaError("TR1209", "no device is named to run on", do="name one, or give None")
        free, failed = deque(devices), threading.Event()
        stop = _Either(failed, cancelled)

        def on_a_device(number: int) -> T | None:
            if stop.is_set():
                return None
            device = free.popleft()
            try:
                return work(number, device, stop)
            except BaseException:
                # At once, for the others: the main thread may be waiting for a device
                # that has hours to go.
                failed.set()
                raise
            finally:
                free.append(device)

        with ThreadPoolExecutor(len(devices)) as pool:
            try:
                pieces = [pool.submit(on_a_device, number) for number in numbers]
                results = [piece.result() for piece in pieces]
            except BaseException:
                failed.set()
                raise
        finished: list[T] = []
        for result in results:
            if result is None:
                break
            finished.append(result)
        return finished


@dataclass(frozen=True)
class _Either:
    """A signal that is set where one of two is."""

    one: Stop
    other: Stop | None

    def is_set(self) -> bool:
        return self.one.is_set() or (self.other is not None and self.other.is_set())
