"""A stand-in for the model, for tests of the lab's pages: made-up futures on the 32 states that
answer to handles, at once and always the same.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from tregua.countries.mexico import pack
from tregua.engine.plan import make_plan
from tregua.lab.package import Package, Setting
from tregua.lab.work.emulator import Emulator
from tregua.lab.work.futures import WIDTH, Futures, Present
from tregua.lab.work.shared import Shared
from tregua.scenarios.toml import load_scenario

VICTIMS = ("civilian", "member", "police", "troops", "vigilante", "inmate")
SHARES = np.array([0.09, 0.84, 0.03, 0.01, 0.01, 0.02])
YEARS = np.arange(2021, 2027)
ERROR, SHARE_ERROR = 0.03, 0.11
DRAWS = 200
FIRST = dt.date(2021, 1, 1)
PACKAGE = Package(
    name="Fewer recruits {x} <b>",
    settings=(
        Setting(handle="recruitment.rate", value=0.6, start=FIRST),
        Setting(handle="arrests.effort", value=2.5, start=dt.date(2022, 6, 1), ramp_weeks=52),
        Setting(handle="vigilantes.disarm", value=0.02, start=FIRST, end=dt.date(2024, 1, 1)),
    ),
)


def effect_of(key: str, value: float) -> float:
    """Log change of killings that a position brings: stronger for some handles,
    and for a few the wrong way.
    """
    slope = 0.12 * np.cos(sum(map(ord, key)))
    return (
        slope * (np.log(max(value, 0.05)) if value else -2.0)
        if key not in {"vigilantes.disarm", "vigilantes.absorb"}
        else 2.0 * slope * value
    )


@cache
def _baseline(number: int) -> np.ndarray:
    """A chunk of baselines: shape (replicate, year, territory, victim)."""
    draw = np.random.default_rng(number)
    places = len(pack().table("territories.csv"))
    people = pack().table("population.csv").query("year == 2007")
    size = (
        np.exp(np.random.default_rng(99).normal(0.0, 0.9, places))
        * people["population"].to_numpy(float)
        * 2.0e-4
    )
    growth = np.cumsum(draw.normal(0.05, 0.08, (WIDTH, len(YEARS))), axis=1)
    level = np.exp(draw.normal(0.0, 0.2, (WIDTH, 1)) + growth)
    return draw.poisson(level[:, :, None, None] * size[:, None] * SHARES).astype(float)


@cache
def _background(number: int) -> np.ndarray:
    """Civilians killed without a tie to groups: shape (replicate, year, territory)."""
    shape = _baseline(number).shape[:3]
    return np.random.default_rng(500 + number).poisson(40.0, shape).astype(float)


def futures_of(
    settings: dict[str, float], number: int, wanted: int, quick: bool = False
) -> Futures:
    """A chunk of pairs."""
    baseline = _baseline(number)
    draw = np.random.default_rng(1000 + number)
    own = draw.normal(1.0, 0.5, (WIDTH, 1, 1, 1)) + 0.4 * np.random.default_rng(7).normal(
        size=(1, 1, baseline.shape[2], 1)
    )
    ramp = np.linspace(0.4, 1.0, len(YEARS))[None, :, None, None]
    change = sum(effect_of(key, value) for key, value in settings.items())
    changed = (
        baseline
        if change == 0.0
        else np.round(
            baseline * np.exp(change * own * ramp + draw.normal(0.0, 0.02, baseline.shape))
        )
    )
    labels = tuple(pack().table("territories.csv")["name"])
    return Futures(
        YEARS,
        baseline,
        changed,
        VICTIMS,
        labels,
        wanted,
        quick,
        ERROR if quick else None,
        background=_background(number),
    )


def futures_of_package() -> Futures:
    """Two chunks of pairs of the package of the tests."""
    settings = {setting.handle: setting.value for setting in PACKAGE.settings}
    return futures_of(settings, 0, 2 * WIDTH).then(futures_of(settings, 1, 2 * WIDTH))


class StandInPresent(Present):
    """Answers for policies; it takes its time where a test wants to watch."""

    def __init__(self, pace: float, scenario, draws, seed: int):
        self.pace, self.digest, self.years, self.victims = pace, "0123456789abcdef", YEARS, VICTIMS
        self.plan = make_plan(scenario, "tau-leap", WIDTH, seed, draws=draws)
        self.fitted = bool(draws)

    def prepare(self, numbers, progress=None, cancelled=None):
        if progress:
            progress(len(numbers), len(numbers))

    def pairs(self, policy, numbers, cancelled=None, arrived=None):
        end = time.monotonic() + self.pace
        while time.monotonic() < end:
            if cancelled is not None and cancelled.is_set():
                return None
            time.sleep(0.01)
        settings = {
            change.target: change.value for change in policy.modifiers if change.operation != "cap"
        }
        pairs = None
        for number in numbers:
            part = replace(
                futures_of(settings, number, WIDTH * len(numbers)),
                draws=DRAWS if self.fitted else 0,
            )
            pairs = part if pairs is None else pairs.then(part)
        return pairs


class StandInEmulator(Emulator):
    """The same as the stand-in for the model, at once."""

    def __init__(self):
        object.__setattr__(self, "error", ERROR)
        object.__setattr__(self, "checks", {"fewer": SHARE_ERROR})

    def quick(self, package: Package) -> Futures:
        return futures_of(
            {setting.handle: setting.value for setting in package.settings}, 0, WIDTH, quick=True
        )


@dataclass(eq=False)
class StandIn:
    """An engine that computes nothing."""

    pace: float = 0.0

    def present(self, scenario, draws, seed):
        return StandInPresent(self.pace, scenario, draws, seed)

    def at_hand(self, present):
        return None

    def emulator(self, present, progress, stopped=None):
        return StandInEmulator()


def shared(pace: float = 0.0, fitted: bool = True) -> Shared:
    """A lab on the national scenario, with the fit that ships or with none,
    whose answers are made up.
    """
    file = load_scenario("mexico")
    return Shared(
        file.scenario, file.posterior if fitted else None, engine=StandIn(pace), text=file.text
    )


def prepared() -> Shared:
    """The same with its present in place, as it is once it is ready."""
    lab = shared()
    lab.present = StandIn().present(lab.scenario, lab.draws, lab.seed)
    return lab


class Lab:
    """A lab with made-up answers in a process of its own."""

    def __init__(self, pace: float):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(pace)], cwd=Path(__file__).parent, **pipes
        )
        self.address = self.link().partition("/enter")[0]

    def link(self) -> str:
        """A link that works once."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        link = self.process.stdout.readline().strip()
        assert link, "the lab did not start"
        return link

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def main(pace: float) -> None:
    """Serve the made-up lab on a free port, and print a link for each line that comes in,
    until it is stopped.
    """
    from tregua.lab.pages import add_pages
    from tregua.lab.web.access import ENTRY, Access
    from tregua.lab.web.server import address_of, listen, make_app, serve

    lab = shared(pace)
    with listen("127.0.0.1", 0) as sock:
        access = Access(lab.visits, "127.0.0.1", sock.getsockname()[1])
        app = make_app(lab, access, add_pages)

        def answer() -> None:
            for _ in sys.stdin:
                print(
                    f"{address_of('127.0.0.1', access.port)}{ENTRY}?token={access.new_link()}",
                    flush=True,
                )

        threading.Thread(target=answer, daemon=True).start()
        serve(app, sock)


if __name__ == "__main__":
    main(float(sys.argv[1]))
