"""A small engine in the place of the model: futures from a formula, as fast or slow as a test wants them."""

from __future__ import annotations

import threading

import numpy as np

from nation import seven_mechanisms
from tregua.errors import TreguaError
from tregua.lab.access import Access
from tregua.lab.futures import WIDTH, Futures
from tregua.lab.shared import Shared

YEARS = np.arange(2021, 2027)
VICTIMS = ("member", "civilian")
TERRITORIES = ("Sonora", "Sinaloa", "Durango")
PORT = 8321
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
SCENARIO = seven_mechanisms(1044)


def futures(numbers: range, factor: float) -> Futures:
    rows = np.arange(numbers.start * WIDTH, numbers.stop * WIDTH)[:, None, None, None]
    baseline = 100.0 + rows % 7 + np.zeros((1, len(YEARS), len(TERRITORIES), len(VICTIMS)))
    return Futures(YEARS, baseline, baseline * factor, VICTIMS, TERRITORIES, len(rows))


class FakePresent:
    """A present whose chunks wait until the gate is open."""

    digest = "fake"

    def __init__(self, gate: threading.Event):
        self.gate, self.asked = gate, []

    def prepare(self, numbers, progress=None, cancelled=None):
        progress(1, 2)

    def pairs(self, policy, numbers, cancelled=None, arrived=None):
        while not self.gate.wait(0.01):
            if cancelled is not None and cancelled.is_set():
                return None
        self.asked.append((policy.name, numbers))
        if policy.name == "trouble":
            raise TreguaError("TR2301", "a run met numbers that make no sense", do="look at the values")
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

    def emulator(self, present, progress, cancelled):
        progress(1, 1)
        return FakeEmulator()


def fake_lab(engine: FakeEngine | None = None, **access) -> tuple[Shared, Access]:
    shared = Shared(SCENARIO, engine=engine or FakeEngine())
    return shared, Access(shared.visits, access.pop("host", "127.0.0.1"), PORT, **access)
