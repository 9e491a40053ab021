"""Training and validation of the surrogate model: pairs of each handle alone, then packages drawn
at random, by which its error is measured.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from ...engine.executor import ThreadsOnDevices
from ...engine.run import Progress
from ...model.calendar import weeks_between
from ...model.declarations import CIVILIAN
from ...results.checkpoints import read_whole, write_whole
from ...results.pairs import relative_change
from ..handles import Handle, handles_of, policy_of
from ..package import Package, Setting
from .emulator import BIN, FILE, MOST_PAIRED, Emulator, kept_emulator, write_emulator
from .futures import DIGITS, Futures, Present
from .headline import ALL, CIVILIANS_TIED, headline

ANSWERS = 2
"""Chunks of pairs behind an answer: the 32 futures of the preview."""

TRIALS = 28
"""Packages drawn at random."""

FITTED = 12
"""Of these, packages by which, beside pairs of handles, the sum is corrected;
the others measure the error and are used for nothing else.
"""

MOST_MOVED = 6
"""Handles that a random package moves at most."""

LATEST = 0.5
"""Part of the time after the first day within which random packages start."""

RAMPS = (0, 0, 26, 104)
"""Weeks over which they grow, each as likely."""

COVERED = 0.9
"""Part of the answers that lie within the error that is reported."""

SPOKEN = (ALL, CIVILIAN)
"""Kinds of victim in group violence of which headlines speak: the error is the larger one of
theirs. That of all civilians is smaller, since those without a tie to groups stay as they are.
"""

PERSONS = 0.5
"""Added to both numbers of a ratio, so that nobody killed has a logarithm."""

FADINGS = np.linspace(0.0, 1.0, 11)
"""Exponents that are tried for :attr:`~tregua.lab.work.emulator.Emulator.fading`."""

SEED = 2021
"""Of the packages that are drawn."""

STRONGEST = 6
"""Handles with the largest effects, each two of which are also run together."""

BELIEVED = 1.0
"""Spread of the factors of two handles that is believed before any run. Assumed:
with 1, two halvings make a fifth more or less than a quarter.
"""

NOISE = 0.03
"""Spread of a mean log ratio of an answer's pairs that no term explains:
chance, and what three handles do together. Assumed.
"""

TRAINING = "training"
"""Folder of finished runs beside the present, until the emulator is written."""

Single = tuple[Handle, float]
"""One handle at one position from the first day on."""


def emulator_of(
    present: Present, progress: Progress | None = None, cancelled: threading.Event | None = None
) -> Emulator | None:
    """The emulator of a present: a shipped one or one from the cache if they were made from the
    same inputs; else it is trained and kept.

    Args:
        present: where packages start.
        progress: told after each run of the training.
        cancelled: set from elsewhere to stop; runs that are finished are kept.

    Returns:
        None where it was cancelled.
    """
    emulator = kept_emulator(present)
    if emulator is None and (emulator := train(present, progress, cancelled)) is not None:
        write_emulator(emulator, present.folder / FILE)
        shutil.rmtree(present.folder / TRAINING, ignore_errors=True)
    return emulator


def train(
    present: Present, progress: Progress | None = None, cancelled: threading.Event | None = None
) -> Emulator | None:
    """Train an emulator: some minutes on the national model; None where it was cancelled."""
    handles = handles_of(present.scenario)
    alone = [(handle, position) for handle in handles for position in positions(handle)]
    singles = [_package(present.first, single) for single in alone]
    trials = random_packages(
        handles, present.first, present.scenario.date(present.scenario.weeks), TRIALS
    )
    strongest = min(STRONGEST, len(handles))
    course = Course(
        present,
        present.folder / TRAINING,
        len(singles) + len(trials) + strongest * (strongest - 1),
        progress,
        cancelled,
    )
    runs = course.run(singles)
    if runs is None:
        return None
    joint = [_package(present.first, *pair) for pair in _strongest_pairs(alone, runs, strongest)]
    paired, tried = course.run(joint), course.run(trials)
    if paired is None or tried is None:
        return None
    emulator = _with_runs(present, alone, runs)
    fitted = _fitted(
        emulator, [*joint, *trials[:FITTED]], [run["changed"] for run in (*paired, *tried[:FITTED])]
    )
    return replace(
        fitted, **measured(fitted, trials[FITTED:], [run["changed"] for run in tried[FITTED:]])
    )


@dataclass(eq=False)
class Course:
    """Training runs, each kept when it is finished.

    Attributes:
        present: where packages start.
        folder: where finished runs are kept, each under the hash of its package.
        total: number of all runs.
        progress: told after each.
        cancelled: set from elsewhere to stop.
    """

    present: Present
    folder: Path
    total: int
    progress: Progress | None
    cancelled: threading.Event | None
    done: int = 0

    def run(self, packages: Sequence[Package]) -> list[Mapping[str, np.ndarray]] | None:
        """What packages do, in their order: yearly numbers with them, and responses in bins since
        the first day; None where it was cancelled.
        """
        before = self._before
        runs = ThreadsOnDevices().run(
            lambda i, device, _: self._one(packages[i], device, before),
            range(len(packages)),
            self.cancelled,
        )
        return runs if len(runs) == len(packages) else None

    @cached_property
    def _before(self) -> Float[np.ndarray, "week replicate territory victim"]:
        """Persons killed in each week without any package."""
        return self._weekly(Package(), None)

    @cached_property
    def _handles(self) -> tuple[Handle, ...]:
        return handles_of(self.present.scenario)

    def _one(self, package: Package, device: Any, before: np.ndarray) -> Mapping[str, np.ndarray]:
        present, file = (
            self.present,
            self.folder / f"{hashlib.sha256(package.code().encode()).hexdigest()[:DIGITS]}.npz",
        )
        run = read_whole(file)
        if run is None:
            after = self._weekly(package, device)
            since = present.scenario.week_of(present.first) - present.first_week
            response, local = responses(before[since:], after[since:])
            run = {
                "changed": np.einsum("wy,wrtv->rytv", present.shares, after),
                "response": response,
                "local": local,
            }
            write_whole(file, run)
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total)
        return run

    def _weekly(
        self, package: Package, device: Any
    ) -> Float[np.ndarray, "week replicate territory victim"]:
        policy = policy_of(package, self._handles, self.present.scenario, self.present.first)
        return np.concatenate(
            [self.present.weekly(policy, number, device) for number in range(ANSWERS)], axis=1
        )


def _with_runs(
    present: Present, alone: Sequence[Single], runs: Sequence[Mapping[str, np.ndarray]]
) -> Emulator:
    """An emulator that adds up what handles did alone."""
    origin, baseline = present.scenario.date(present.first_week), present.baseline(range(ANSWERS))
    keys = tuple(handle.key for handle in handles_of(present.scenario))
    return Emulator(
        scenario=present.scenario,
        years=present.years,
        victims=present.victims,
        first=present.first,
        origin=origin,
        year_edges=np.array(
            [
                [weeks_between(origin, dt.date(int(y) + i, 1, 1)) for i in (0, 1)]
                for y in present.years
            ]
        ),
        runs=tuple(handle.key for handle, _ in alone),
        positions=np.array([position for _, position in alone]),
        response=np.stack([run["response"] for run in runs]),
        local=np.stack([run["local"] for run in runs]),
        baseline=baseline,
        scatter=np.zeros_like(baseline),
        scatter_size=0.0,
        together=np.zeros((len(present.victims), len(keys), len(keys))),
        keys=keys,
        fading=0.0,
        error=0.0,
        checks={},
        digest=present.likeness,
        draws=present.draw_count,
        background=present.background(range(ANSWERS)),
    )


def _strongest_pairs(
    alone: Sequence[Single], runs: Sequence[Mapping[str, np.ndarray]], count: int
) -> list[tuple[Single, Single]]:
    """Each two of the strongest handles, each at the position that does most;
    and the same with the second at its other end.
    """
    sizes = [float(np.abs(run["response"].mean(axis=0)).mean()) for run in runs]
    order = sorted(range(len(alone)), key=lambda i: -sizes[i])
    strongest = list(dict.fromkeys(alone[i][0].key for i in order))[:count]
    most = {key: next(alone[i] for i in order if alone[i][0].key == key) for key in strongest}
    pairs = []
    for one, other in itertools.combinations(strongest, 2):
        handle, position = most[other]
        end = handle.low if position > handle.rest else handle.high
        away = end if end != handle.rest else (handle.rest + position) / 2.0
        pairs += [(most[one], most[other]), (most[one], (handle, away))]
    return pairs


def positions(handle: Handle) -> tuple[float, ...]:
    """Positions at which a handle is run alone: both ends, and between each and rest;
    a side of one kind gets three.
    """
    low, rest, high = handle.low, handle.rest, handle.high
    if low == rest:
        return (rest + (high - rest) / 8.0, rest + (high - rest) / 3.0, high)
    return (low, (low + rest) / 2.0, float(np.sqrt(rest * high)), high)


def random_packages(
    handles: Sequence[Handle], first: dt.date, last: dt.date, count: int, seed: int = SEED
) -> list[Package]:
    """Packages as a visitor may make them: one handle or some, anywhere in their reach, starting
    and growing at any time in the first half.
    """
    rng = np.random.default_rng(seed)
    packages = []
    for _ in range(count):
        moved = rng.choice(
            len(handles),
            size=min(int(rng.integers(1, MOST_MOVED + 1)), len(handles)),
            replace=False,
        )
        settings = []
        for handle in (handles[i] for i in moved):
            start = first + dt.timedelta(
                days=int(rng.integers(0, int(LATEST * (last - first).days)))
            )
            side = (handle.low, handle.high)[int(rng.integers(0, 2))]
            value = (
                handle.rest + (side - handle.rest) * float(rng.uniform())
                if side != handle.rest
                else float(rng.uniform(handle.low, handle.high))
            )
            settings.append(
                Setting(
                    handle=handle.key, value=value, start=start, ramp_weeks=int(rng.choice(RAMPS))
                )
            )
        packages.append(Package(settings=tuple(settings)))
    return packages


def measured(
    emulator: Emulator, packages: Sequence[Package], changed: Sequence[np.ndarray]
) -> dict[str, Any]:
    """How far the emulator's answers lie from the model's: ``error``, and ``checks`` with the same
    for kinds of victim, territories and the headline.

    Args:
        packages: that were run.
        changed: persons killed in each (replicate, year, territory, victim).
    """
    rows: dict[str, list[float]] = {}
    for package, truth in zip(packages, changed, strict=True):
        quick = emulator.quick(package)
        real = replace(quick, changed=truth, quick=False)
        answers, right = _answers(quick), _answers(real)
        for name, answer in answers.items():
            rows.setdefault(name, []).append(abs(answer - right[name]))
        rows.setdefault("size", []).append(abs(right[ALL]))
        places = (quick.changed - truth).sum(axis=(0, 1, 3)) / np.maximum(
            quick.baseline.sum(axis=(0, 1, 3)), 1.0
        )
        rows.setdefault("territories", []).append(float(np.abs(places).mean()))
    checks = {name: round(float(np.quantile(values, COVERED)), 4) for name, values in rows.items()}
    middles = {
        f"{name}_median": round(float(np.median(values)), 4) for name, values in rows.items()
    }
    return {
        "error": max(checks[name] for name in SPOKEN if name in checks),
        "checks": {"packages": len(packages), "pairs": len(emulator.baseline), **checks, **middles},
    }


def _answers(futures: Futures) -> dict[str, float]:
    """What a visitor reads: the relative change of all killed in group violence and of each kind of
    victim there, in all pairs together, and the numbers of the headline.
    """
    before, after = futures.baseline.sum(axis=(0, 1, 2)), futures.changed.sum(axis=(0, 1, 2))
    changes = relative_change(np.append(before, before.sum()), np.append(after, after.sum()))
    answers = dict(zip((*futures.victims, ALL), changes.tolist(), strict=True))
    top = headline(futures, CIVILIANS_TIED)
    return answers | {"fewer": top.fewer, "middle_low": top.middle[0], "middle_high": top.middle[1]}


def _package(first: dt.date, *singles: Single) -> Package:
    """Handles at positions from the first day on."""
    return Package(
        settings=tuple(
            Setting(handle=handle.key, value=position, start=first) for handle, position in singles
        )
    )


def responses(
    before: np.ndarray, after: np.ndarray
) -> tuple[Float[np.ndarray, "replicate bin victim"], Float[np.ndarray, "bin territory victim"]]:
    """Log ratios of weekly numbers (week, replicate, territory, victim):
    in the country by replicate; and how territories differ from it, all replicates together.
    """
    starts = np.arange(0, len(before), BIN)
    b, a = (np.add.reduceat(x, starts, axis=0) for x in (before, after))
    country = _ratio(b.sum(axis=2), a.sum(axis=2))
    together = (
        _ratio(b.sum(axis=1), a.sum(axis=1))
        - _ratio(b.sum(axis=(1, 2)), a.sum(axis=(1, 2)))[:, None]
    )
    return np.swapaxes(country, 0, 1), together


def _ratio(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.log((after + PERSONS) / (before + PERSONS))


def _fitted(
    emulator: Emulator, packages: Sequence[Package], changed: Sequence[np.ndarray]
) -> Emulator:
    """The emulator with what handles do together, fading and scatter as some packages show them."""
    true = [_ratio(emulator.baseline.sum(axis=2), x.sum(axis=2)) for x in changed]
    fitted = replace(
        emulator, together=_together(emulator, packages, [x.mean(axis=0) for x in true])
    )
    parts = [emulator.parts(package.settings) for package in packages]
    spread, moved = (
        np.array([x.std(axis=0).mean() for x in true]),
        np.array([len(package.settings) for package in packages]),
    )
    sums = np.array([part.apart.std(axis=0).mean() for part in parts])
    fading = float(min(FADINGS, key=lambda f: float(np.sum((moved**-f * sums - spread) ** 2))))
    sizes = [
        float(np.abs(fitted.joint(package.settings, part.means)).mean())
        for package, part in zip(packages, parts, strict=True)
    ]
    chosen = int(np.argsort(sizes)[len(sizes) // 2])
    local = _ratio(emulator.baseline, changed[chosen]) - true[chosen][:, :, None]
    return replace(
        fitted, fading=fading, scatter=local - local.mean(axis=0), scatter_size=sizes[chosen]
    )


def _together(
    emulator: Emulator, packages: Sequence[Package], true: Sequence[np.ndarray]
) -> Float[np.ndarray, "victim handle handle"]:
    """Factors of two handles that explain best what sums of responses leave, by ridge regression on
    products of responses, for each kind of victim.
    """
    count = len(emulator.keys)
    places = {pair: i for i, pair in enumerate(itertools.combinations(range(count), 2))}
    rows, left = [], []
    for package, truth in zip(packages, true, strict=True):
        means = emulator.parts(package.settings).means
        held, keys = (
            np.clip(means, -MOST_PAIRED, MOST_PAIRED),
            [emulator.keys.index(setting.handle) for setting in package.settings],
        )
        row = np.zeros((*truth.shape, len(places)))
        for i, j in itertools.combinations(range(len(keys)), 2):
            row[..., places[min(keys[i], keys[j]), max(keys[i], keys[j])]] = held[i] * held[j]
        rows.append(row)
        left.append(truth - means.sum(axis=0))
    x, y = np.concatenate(rows), np.concatenate(left)
    counted = emulator.baseline.sum(axis=(0, 2)).mean(axis=0)
    matrix = np.zeros((len(counted), count, count))
    for victim, persons in enumerate(counted):
        noise = NOISE**2 + 1.0 / max(persons, 1.0)
        products = x[:, victim]
        factors = np.linalg.solve(
            products.T @ products + noise / BELIEVED**2 * np.eye(len(places)),
            products.T @ y[:, victim],
        )
        for (i, j), place in places.items():
            matrix[victim, i, j] = matrix[victim, j, i] = factors[place]
    return matrix
