"""A small engine in the place of the model: futures from a formula,
as fast or slow as a test wants them.
"""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
from starlette.testclient import TestClient

from nation import seven_mechanisms
from tregua.errors import TreguaError
from tregua.lab.package import Package, Setting
from tregua.lab.web.access import Access
from tregua.lab.work.futures import WIDTH, Futures
from tregua.lab.work.shared import Shared

YEARS = np.arange(2021, 2027)
VICTIMS = ("member", "civilian")
TERRITORIES = ("Sonora", "Sinaloa", "Durango")
PORT = 8321
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
DAY = dt.date(2022, 1, 1)
SCENARIO = seven_mechanisms(1044)


def futures(numbers: range, factor: float) -> Futures:
    rows = np.arange(numbers.start * WIDTH, numbers.stop * WIDTH)[:, None, None, None]
    baseline = 100.0 + rows % 7 + np.zeros((1, len(YEARS), len(TERRITORIES), len(VICTIMS)))
    return Futures(YEARS, baseline, baseline * factor, VICTIMS, TERRITORIES, len(rows))


class FakePresent:
    """A present whose chunks wait until the gate is open."""

    digest = "fake"

    def __init__(self, gate: threading.Event):
        self.gate, self.asked, self.made = gate, [], []

    def prepare(self, numbers, progress=None, cancelled=None):
        self.made.append(numbers)
        if progress:
            progress(1, 2)

    def pairs(self, policy, numbers, cancelled=None):
        while not self.gate.wait(0.01):
            if cancelled is not None and cancelled.is_set():
                return None
        self.asked.append((policy.name, numbers))
        if policy.name == "trouble":
            raise TreguaError(
                "TR2301", "a run met numbers that make no sense", do="look at the values"
            )
        if policy.name == "fault":
            raise ZeroDivisionError
        return futures(numbers, 1.0 - 0.1 * len(policy.modifiers))


class FakeEmulator:
    error = 0.05

    def quick(self, package):
        return futures(range(1), 0.9)


class FakeEngine:
    def __init__(self, gate: threading.Event | None = None, problem: Exception | None = None):
        self.gate, self.problem = gate or threading.Event(), problem

    def present(self, scenario, draws, seed):
        if self.problem:
            raise self.problem
        return FakePresent(self.gate)

    def at_hand(self, present):
        return None

    def emulator(self, present, progress, cancelled):
        progress(1, 1)
        return FakeEmulator()


def fake_lab(engine: FakeEngine | None = None, **access) -> tuple[Shared, Access]:
    shared = Shared(SCENARIO, engine=engine or FakeEngine())
    return shared, Access(shared.visits, access.pop("host", "127.0.0.1"), PORT, **access)


def package(value=2.0, name="", handle="arrests.effort"):
    return Package(settings=(Setting(handle=handle, value=value, start=DAY),), name=name)


def client_of(app, base=ORIGIN):
    return TestClient(app, base_url=base)


def let_in(app, access, base=ORIGIN):
    client = client_of(app, base)
    assert client.get("/enter", params={"token": access.new_link()}).status_code == 200
    return client


def socket_of(client, path, origin=ORIGIN):
    """A websocket of a client; the test client would ask a name of its own where
    only a path is given.
    """
    return client.websocket_connect(
        f"ws://{HOST}{path}", headers={"origin": origin} if origin else {}
    )


@contextmanager
def short_switches():
    """Let threads take turns as often as the interpreter can,
    so that what is not safe between two of them breaks.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def until(true, seconds=5.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.005)
