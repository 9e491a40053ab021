"""Latency of the lab's answers: the emulator while a hand moves, with nothing else running and
beside a job; and the model after it has let go.

Run by hand: ``python benchmarks/lab_latency.py [--scenario FILE] [--answers 200] [--pairs 64]
[--json FILE]``. The first run on a scenario makes its present and may train its emulator, which
takes minutes. What each row means is in ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from timing import machine, save

from tregua.engine import session
from tregua.lab.handles import handles_of, policy_of
from tregua.lab.package import Package
from tregua.lab.work.emulator import Emulator
from tregua.lab.work.futures import WIDTH, Present
from tregua.lab.work.headline import headline, sure
from tregua.lab.work.training import emulator_of, random_packages
from tregua.scenarios.toml import DEFAULT, load_scenario

PAUSE = 0.05
"""Seconds between answers beside a job: as often as the page asks while a hand moves."""

SEED = 7
"""Of the packages that are timed: others than the emulator was trained and measured on."""


@dataclass(frozen=True)
class Latency:
    """Times of one kind of answer.

    Attributes:
        what: the answer.
        median: milliseconds on the clock.
        slow: milliseconds that one answer in twenty exceeds.
        count: answers timed.
    """

    what: str
    median: float
    slow: float
    count: int


def timed(
    what: str, answer: Callable[[Package], object], packages: Sequence[Package], pause: float = 0.0
) -> Latency:
    """Time an answer to each package, with a pause [s] before each."""
    taken = []
    for package in packages:
        time.sleep(pause)
        begun = time.perf_counter()
        answer(package)
        taken.append(1e3 * (time.perf_counter() - begun))
    return Latency(what, float(np.median(taken)), float(np.quantile(taken, 0.95)), len(taken))


def beside_a_job(
    present: Present, packages: Sequence[Package], answer: Callable[[Package], object], chunks: int
) -> Latency:
    """The emulator's answers while all cores run a job."""
    handles, stop = handles_of(present.scenario), threading.Event()
    policy = policy_of(packages[0], handles, present.scenario, present.first)

    def work() -> None:
        while not stop.is_set():
            present.pairs(policy, range(chunks), stop)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        return timed("preview and headline, beside a job", answer, packages, PAUSE)
    finally:
        stop.set()
        worker.join()


def measure(present: Present, emulator: Emulator, answers: int, chunks: int) -> list[Latency]:
    """All rows."""
    handles = handles_of(present.scenario)
    packages = random_packages(
        handles, present.first, present.scenario.date(present.scenario.weeks), answers, SEED
    )

    def answer(package: Package) -> None:
        quick = emulator.quick(package)
        headline(quick), sure(quick)

    def run(package: Package) -> None:
        headline(
            present.pairs(
                policy_of(package, handles, present.scenario, present.first), range(chunks)
            )
        )

    present.prepare(range(chunks))
    run(packages[0])  # The first run compiles.
    shown = timed("preview and headline", answer, packages)
    busy = beside_a_job(present, packages, answer, chunks)
    return [shown, busy, timed(f"{chunks * WIDTH} pairs of the model", run, packages[1:4])]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--scenario", default=DEFAULT, help="scenario file, or the name of a shipped one"
    )
    parser.add_argument(
        "--answers", type=int, default=200, help="packages that the emulator answers"
    )
    parser.add_argument(
        "--pairs", type=int, default=64, help="pairs of the model, rounded up to whole chunks"
    )
    parser.add_argument("--json", type=Path, default=None, help="file to write the results to")
    given = parser.parse_args()
    session.begin()
    file = load_scenario(given.scenario)
    present = Present(file.scenario, file.draws, file.seed)
    emulator = emulator_of(
        present,
        lambda done, everything: print(
            f"\rtraining {done}/{everything}", end="", file=sys.stderr, flush=True
        ),
    )
    assert emulator is not None
    rows = measure(present, emulator, given.answers, -(-given.pairs // WIDTH))
    facts = {**machine(), "error": emulator.error, **emulator.checks}
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    wide = max(len(row.what) for row in rows)
    print(f"{'':{wide}}  {'median [ms]':>12} {'95 % [ms]':>12} {'answers':>8}")
    for row in rows:
        print(f"{row.what:{wide}}  {row.median:12.1f} {row.slow:12.1f} {row.count:8d}")
    save(facts, [asdict(row) for row in rows], given.json)


if __name__ == "__main__":
    main()
