r"""Surrogate model (emulator), the quick answer while the hand moves: true pairs of each handle
alone, put together, with the measured error of doing so.

Pairs were run for each handle alone at a few positions (:mod:`~tregua.lab.work.training`). For a
package the logarithms of what they did to the number killed are read off between those positions,
moved to the dates of the settings, and added up, with a term for two handles that work on one
another:

.. math::
    \log\frac{\text{changed}}{\text{baseline}} \approx \sum_h \ell_h + \sum_{g < h} b_{gh}\,
        \ell_g \ell_h, \qquad \ell_h = \ell_h(x_h, t - s_h)

Packages drawn at random were run both ways; :attr:`Emulator.error` says by how much the two differ.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.interpolate import PchipInterpolator

from ...countries.pack import Pack
from ...errors import TreguaError
from ...model.calendar import week_of
from ...model.declarations import BACKGROUND
from ...results.checkpoints import read_whole, write_whole
from ...scenarios.scenario import Scenario
from ..handles import Handle, handles_of, policy_of
from ..package import Package, Setting
from .futures import Futures, Present

BIN = 26
"""Weeks over which a response is one number: short enough to move it to another date, long enough
for rare deaths to be counted.
"""

RAMP_PARTS = 8
"""Equal steps in whose place a ramp is put."""

FARTHEST = 5.0
"""Largest logarithm of a ratio that is answered: 150 times as many, or as few."""

MOST_PAIRED = 1.5
"""Largest mean response that enters a term of two handles,
so that the products of extremes do not run away.
"""

FILE = "emulator.npz"
"""File of a trained emulator in the folder of its present."""

FACTS = "facts"
"""Name of the array that holds, as text, what is no array."""


@dataclass(frozen=True, eq=False)
class Emulator:
    """A surrogate model: answers for packages in milliseconds.

    Attributes:
        scenario: for which it was trained.
        years: calendar years of the answers.
        victims: kinds of victim.
        first: the lab's first day.
        origin: day from which responses count, in the week of the first day.
        year_edges: first and last day of each year, in weeks since the origin.
        runs: key of the handle of each run of a handle alone.
        positions: where the handle stood in it.
        response: log of the ratio of persons killed in all territories, changed to baseline, in
            bins of :data:`BIN` weeks since the change.
        local: what is added to it in each territory, the mean over replicates.
        baseline: persons killed in group violence without any change.
        scatter: log ratios by chance in each territory, centred, as one package of size
            ``scatter_size`` showed them.
        scatter_size: mean absolute response of that package.
        together: the factors :math:`b` for each kind of victim, symmetric, in the order of
            :attr:`keys`.
        keys: of all handles of the scenario.
        fading: exponent by which the replicates' deviations shrink with the number of settings,
            since their chances do not add up either.
        error: nine in ten of its answers for the relative change of the persons killed in group
            violence lie within this much of the model's: of all, and of civilians.
        checks: how it was measured, and the same for other outcomes.
        digest: hash of the inputs that it was trained on.
        draws: posterior draws among them; 0 without a fit.
        background: civilians killed without a tie to groups in the same replicates. They are
            added to what is read off and not learned, since no handle reaches them; None where the
            model has no such deaths.
    """

    scenario: Scenario
    years: Int[np.ndarray, "year"]
    victims: tuple[str, ...]
    first: dt.date
    origin: dt.date
    year_edges: Float[np.ndarray, "year 2"]
    runs: tuple[str, ...]
    positions: Float[np.ndarray, "run"]
    response: Float[np.ndarray, "run replicate bin victim"]
    local: Float[np.ndarray, "run bin territory victim"]
    baseline: Float[np.ndarray, "replicate year territory victim"]
    scatter: Float[np.ndarray, "replicate year territory victim"]
    scatter_size: float
    together: Float[np.ndarray, "victim handle handle"]
    keys: tuple[str, ...]
    fading: float
    error: float
    checks: Mapping[str, Any]
    digest: str
    draws: int = 0
    background: Float[np.ndarray, "replicate year territory"] | None = None

    @cached_property
    def handles(self) -> tuple[Handle, ...]:
        """Handles of the scenario."""
        return handles_of(self.scenario)

    @cached_property
    def _curves(self) -> dict[str, Curve]:
        """Responses of each handle by position."""
        runs = np.array(self.runs)
        return {
            h.key: Curve.through(
                h.rest,
                self.positions[runs == h.key],
                self.response[runs == h.key],
                self.local[runs == h.key],
            )
            for h in self.handles
        }

    def quick(self, package: Package) -> Futures:
        """Pairs of futures as the emulator expects them; ``quick`` is true and ``error`` is set.

        Raises:
            TreguaError: TR1410 where a setting is in force in some territories only, of which no
                run taught it anything; TR1403, TR1405 and TR3020 to TR3022, as
                :func:`~tregua.lab.handles.policy_of`.
        """
        if package.local:
            raise TreguaError(
                "TR1410",
                "there is no quick estimate of a change in some territories",
                found=", ".join(s.handle for s in package.settings if s.territories),
                expected="settings that hold everywhere",
                do="run the package in the model, which takes some seconds a pair",
            )
        policy_of(package, self.handles, self.scenario, self.first)
        moved = [
            setting
            for setting in package.settings
            if setting.value != self._curves[setting.handle].rest
        ]
        changed = self.baseline * np.exp(self._field(moved)) if moved else self.baseline
        territories = self.scenario.data.space.labels("territory")
        return Futures(
            self.years,
            self.baseline,
            changed,
            self.victims,
            territories,
            len(self.baseline),
            True,
            self.error,
            self.draws,
            self.background,
        )

    def parts(self, settings: Sequence[Setting]) -> Parts:
        """What is read off for each setting by itself."""
        read = [
            (self._in_force(setting), *self._curves[setting.handle].at(setting.value))
            for setting in settings
        ]
        # Years are averages of ratios: that of a year in which a change begins is not the
        # mean of its logarithm.
        means = np.stack([_log(1.0 + in_force @ mean) for in_force, mean, *_ in read])
        apart = sum(np.einsum("yb,rbv->ryv", in_force, aside) for in_force, _, aside, _ in read)
        local = sum(
            _log(1.0 + np.einsum("yb,btv->ytv", in_force, here)) for in_force, *_, here in read
        )
        return Parts(means, np.asarray(apart), np.asarray(local))

    def joint(
        self, settings: Sequence[Setting], means: Float[np.ndarray, "setting year victim"]
    ) -> Float[np.ndarray, "year victim"]:
        """Mean response to all settings together."""
        places = [self.keys.index(setting.handle) for setting in settings]
        held = np.clip(means, -MOST_PAIRED, MOST_PAIRED)
        factors = np.triu(self.together[:, places][:, :, places], 1)
        return means.sum(axis=0) + np.einsum("vgh,gyv,hyv->yv", factors, held, held)

    def _field(
        self, settings: Sequence[Setting]
    ) -> Float[np.ndarray, "replicate year territory victim"]:
        """Log of the ratio of changed to baseline."""
        parts = self.parts(settings)
        mean = self.joint(settings, parts.means)
        country = mean + len(settings) ** -self.fading * parts.apart
        strength = (
            min(1.0, float(np.sqrt(np.abs(mean).mean() / self.scatter_size)))
            if self.scatter_size
            else 0.0
        )
        uneven = np.clip(parts.local + strength * self.scatter, -FARTHEST, FARTHEST)
        # What territories differ by must leave the number in the country as it is.
        before = self.baseline.sum(axis=2)
        after = np.einsum("rytv,rytv->ryv", self.baseline, np.exp(uneven))
        level = np.where(
            before > 0.0, np.log(np.maximum(before, 1.0) / np.maximum(after, 1.0)), 0.0
        )
        return (np.clip(country, -FARTHEST, FARTHEST) + level)[:, :, None] + uneven

    def _in_force(self, setting: Setting) -> Float[np.ndarray, "year bin"]:
        """How much of each calendar year lies in each bin since the change;
        an end takes back what a start at that day would do, a ramp is some steps.
        """
        start, parts = self._weeks(setting.start), RAMP_PARTS if setting.ramp_weeks else 1
        starts = (
            start + (np.arange(parts) + 0.5) / parts * setting.ramp_weeks
            if setting.ramp_weeks
            else np.array([start])
        )
        weight: Any = sum(self._shifted(float(begin)) for begin in starts) / parts
        return weight - self._shifted(self._weeks(setting.end)) if setting.end else weight

    def _shifted(self, start: float) -> Float[np.ndarray, "year bin"]:
        edges = start + BIN * np.arange(self.response.shape[2] + 1)
        begin, end = self.year_edges[:, :1], self.year_edges[:, 1:]
        return np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0.0, None) / (
            end - begin
        )

    def _weeks(self, day: dt.date) -> float:
        """Weeks from the origin to the first that begins on or after a day."""
        return float(week_of(self.origin, day))


@dataclass(frozen=True, eq=False)
class Parts:
    """Terms of the surrogate model: what is read off for the settings of a package.

    Attributes:
        means: mean response to each setting by itself.
        apart: deviations of the replicates from it, summed over settings.
        local: what is added in each territory, likewise.
    """

    means: Float[np.ndarray, "setting year victim"]
    apart: Float[np.ndarray, "replicate year victim"]
    local: Float[np.ndarray, "year territory victim"]


@dataclass(frozen=True, eq=False)
class Curve:
    """Response curves of one handle by position: smooth in the mean over replicates, as ratios;
    what replicates differ by is straight from run to run.
    """

    rest: float
    nodes: Float[np.ndarray, "node"]
    mean: PchipInterpolator
    local: PchipInterpolator
    apart: Float[np.ndarray, "node replicate bin victim"]

    @classmethod
    def through(
        cls, rest: float, positions: np.ndarray, response: np.ndarray, local: np.ndarray
    ) -> Curve:
        """Curves through runs at some positions, and through no change at rest."""
        order, nodes = np.argsort(np.append(positions, rest)), np.sort(np.append(positions, rest))
        mean = response.mean(axis=1)

        def with_rest(values: np.ndarray) -> np.ndarray:
            return np.concatenate([values, np.zeros_like(values[:1])])[order]

        smooth, local_smooth = (
            PchipInterpolator(nodes, np.exp(with_rest(values)), axis=0) for values in (mean, local)
        )
        return cls(rest, nodes, smooth, local_smooth, with_rest(response - mean[:, None]))

    def at(self, position: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Relative change in the mean, deviations of replicates from it as logarithms, and by what
        share each territory differs.
        """
        upper = int(np.clip(np.searchsorted(self.nodes, position), 1, len(self.nodes) - 1))
        share = (position - self.nodes[upper - 1]) / (self.nodes[upper] - self.nodes[upper - 1])
        low, high = 1.0 - share, share
        # Chance sets replicates apart after the smallest change already:
        # next to rest deviations grow with its root, not in proportion.
        low, high = (
            np.sqrt(w) if self.rest in (self.nodes[upper - 1], self.nodes[upper]) else w
            for w in (low, high)
        )
        return (
            self.mean(position) - 1.0,
            low * self.apart[upper - 1] + high * self.apart[upper],
            self.local(position) - 1.0,
        )


def _log(ratio: np.ndarray) -> np.ndarray:
    """Logarithm of a ratio, held away from nothing."""
    return np.log(np.maximum(ratio, np.exp(-FARTHEST)))


ARRAYS = (
    "years",
    "year_edges",
    "positions",
    "response",
    "local",
    "baseline",
    "scatter",
    "together",
)
"""Attributes that are kept as arrays."""


def write_emulator(emulator: Emulator, file: Path) -> None:
    """Keep an emulator (TR3102 where the file cannot be written);
    responses in half precision, which is a thousandth of them.
    """
    facts = {
        name: getattr(emulator, name)
        for name in (
            "victims",
            "runs",
            "keys",
            "scatter_size",
            "fading",
            "error",
            "checks",
            "digest",
        )
    }
    facts |= {"first": emulator.first.isoformat(), "origin": emulator.origin.isoformat()}
    arrays = {name: np.asarray(getattr(emulator, name)) for name in ARRAYS}
    arrays |= {name: arrays[name].astype(np.float16) for name in ("response", "local", "scatter")}
    arrays["baseline"] = arrays["baseline"].astype(np.float32)
    if emulator.background is not None:
        arrays[BACKGROUND] = emulator.background.astype(np.float32)
    write_whole(file, {**arrays, FACTS: np.array(json.dumps(facts))}, packed=True)


def read_emulator(arrays: Mapping[str, np.ndarray], present: Present) -> Emulator:
    """The emulator that :func:`write_emulator` kept, of the same inputs as a present."""
    facts = json.loads(str(arrays[FACTS]))
    first, origin = (dt.date.fromisoformat(facts.pop(name)) for name in ("first", "origin"))
    named = {
        "victims": tuple(facts.pop("victims")),
        "runs": tuple(facts.pop("runs")),
        "keys": tuple(facts.pop("keys")),
        **facts,
    }
    whole: dict[str, Any] = {
        name: np.asarray(arrays[name], int if name == "years" else float) for name in ARRAYS
    }
    return Emulator(
        scenario=present.scenario,
        first=first,
        origin=origin,
        draws=present.draw_count,
        background=np.asarray(arrays[BACKGROUND], float) if BACKGROUND in arrays else None,
        **named,
        **whole,
    )


def kept_emulator(present: Present) -> Emulator | None:
    """The surrogate model of a present where it is at hand without training: in the cache, or in
    the country's pack. It must be of the same inputs, know the same handles, and have deaths
    without a tie to groups where the model has them.

    Raises:
        TreguaError: as :func:`shipped_arrays`.
    """
    keys = [handle.key for handle in handles_of(present.scenario)]
    for read in (
        lambda: read_whole(present.folder / FILE),
        lambda: shipped_arrays(present.scenario.data.pack),
    ):
        arrays = read()
        if arrays is None:
            continue
        facts = json.loads(str(arrays[FACTS]))
        same = facts.get("digest") == present.likeness and facts.get("keys") == keys
        if same and (BACKGROUND in arrays) == present.has_background:
            return read_emulator(arrays, present)
    return None


def shipped_arrays(pack: Pack | None) -> dict[str, np.ndarray] | None:
    """Arrays of the emulator in a country's pack; None where it has none.

    Raises:
        TreguaError: TR9003 where it came with Tregua and was changed, TR1513 where it cannot be
            read.
    """
    if pack is None or not pack.has(FILE):
        return None
    try:
        with np.load(io.BytesIO(pack.content(FILE)), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        json.loads(str(arrays[FACTS]))
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TreguaError(
            "TR1513",
            "an emulator of this country cannot be read",
            where=f"{pack.shown}/{FILE}",
            found=f"{type(error).__name__}: {error}"[:200],
            expected="a file that the lab wrote",
            do="take it away: the lab trains one for itself",
        ) from error
    return arrays
