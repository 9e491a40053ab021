"""Work on all devices at once, one thread for each, with results in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax


def on_devices(
    numbers: Sequence[int], work: Callable[[int, Any], Any], cancelled: threading.Event | None
) -> Iterator[Any]:
    """Results of some work in order, one thread on each device, up to the first that is None."""
    devices = jax.local_devices()
    free, stop = deque(devices), threading.Event()

    def on_a_device(number: int) -> Any:
        if stop.is_set() or (cancelled is not None and cancelled.is_set()):
            return None
        device = free.popleft()
        try:
            return work(number, device)
        except BaseException:
            # Results are told in order: what would come after this one is not begun while
            # those before it go on.
            stop.set()
            raise
        finally:
            free.append(device)

    with ThreadPoolExecutor(len(devices)) as pool:
        waiting = [pool.submit(on_a_device, number) for number in numbers]
        try:
            for future in waiting:
                result = future.result()
                if result is None:
                    return
                yield result
        finally:
            stop.set()
