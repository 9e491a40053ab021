"""A fit from start to end, in parts that can be interrupted: the best point, the shape around it, the chains, and what they imply."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..checkpoint import unfinished_folder
from ..manifest import inputs_hash
from ..run import make_plan
from ..scenario import Scenario
from .chains import Chains, Length, Sampler
from .density import Posterior
from .nearby import Nearby
from .outcome import Fit, gather
from .paths import MeanField
from .search import Best, find_best
from .streams import streams_on_record
from .unknowns import HELD_FORMS, SCATTER, STATE_EFFECTS, Unknowns
from .write import write_fit

Progress = Callable[[int, int], None]


@dataclass(eq=False)
class Job:
    """A fit of a scenario to the record.

    Args:
        scenario: from the first day of a year to the end of ``until``.
        until: the last year of the record that is used.
        length: of the chains.
        parent: folder beside whose run folders unfinished work is kept.
    """

    scenario: Scenario
    until: int
    length: Length
    parent: Path
    best: Best = field(init=False)
    nearby: Nearby = field(init=False)
    chains: Chains = field(init=False)
    fit: Fit = field(init=False)

    @cached_property
    def posterior(self) -> Posterior:
        """Unknowns, mean field and streams."""
        return Posterior(Unknowns.of(self.scenario, HELD_FORMS), MeanField(self.scenario), streams_on_record(self.scenario.start.year, self.until))

    @cached_property
    def inputs_sha256(self) -> str:
        """Hash of all that decides the result."""
        plan = make_plan(self.scenario, "mean-field")
        priors = {name: asdict(prior) for name, prior in SCATTER.items()}
        said = [inputs_hash(self.scenario, plan), self.until, asdict(self.length), priors, [*STATE_EFFECTS, *HELD_FORMS]]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def folder(self) -> Path:
        """Where unfinished work is kept."""
        return unfinished_folder(self.parent, self.inputs_sha256)

    def discard(self) -> None:
        """Forget unfinished work."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def parts(self) -> dict[str, Callable[[Progress], None]]:
        """The parts in their order, by what a reader sees while they run."""
        return {"Searching the best point": self._search, "Looking around it": self._look, "Running the chains": self._run, "Drawing": self._draw}

    def _search(self, told: Progress) -> None:
        file = self.folder / "best.npz"
        if file.exists():
            with np.load(file) as kept:
                self.best = Best(kept["point"], float(kept["log_density"]), int(kept["evaluations"]), bool(kept["converged"]))
            return
        self.best = find_best(self.posterior, progress=told)
        _keep(file, asdict(self.best))

    def _look(self, told: Progress) -> None:
        file = self.folder / "nearby.npz"
        if not file.exists():
            found = Nearby.at(self.posterior, self.best.point, told)
            arrays = {f"logs/{n}": x for n, x in found.logs.items()} | {f"jacobian/{n}": x for n, x in found.jacobian.items()}
            _keep(file, {**arrays, "covariance": found.covariance})
        with np.load(file) as kept:
            logs, jacobian = ({n.partition("/")[2]: kept[n] for n in kept.files if n.startswith(f"{kind}/")} for kind in ("logs", "jacobian"))
            self.nearby = Nearby(self.posterior, self.best.point, logs, jacobian)
            self.nearby.__dict__["covariance"] = kept["covariance"]

    def _run(self, told: Progress) -> None:
        self.chains = Sampler(self.posterior, self.nearby, self.length, self.folder).run(told)

    def _draw(self, told: Progress) -> None:
        self.fit = gather(self.posterior, self.chains, self.length.seed, told)

    def write(self, place: Path, record: dict[str, Any]) -> None:
        """Write the folder, which is still staged."""
        write_fit(place, self.posterior, self.best, self.chains, self.fit, self.length, {**record, "inputs_sha256": self.inputs_sha256, "jax": jax.__version__})


def _keep(file: Path, arrays: dict[str, Any]) -> None:
    """Write arrays whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part.npz")
    np.savez(unfinished, **{n: np.asarray(x) for n, x in arrays.items()})
    unfinished.replace(file)
