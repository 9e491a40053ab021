"""Fits as jobs, in parts that can be interrupted, and the one by Markov chains: the mode of the
posterior, the shape around it, the chains, and what they imply.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from ..countries.observed import observations
from ..countries.pack import Pack
from ..countries.record import count_of
from ..countries.registry import as_known
from ..engine.plan import make_plan
from ..results.checkpoints import read_whole, unfinished_folder, write_whole
from ..results.provenance import inputs_hash
from ..scenarios.editing import with_start
from ..scenarios.policy import Modifier
from ..scenarios.reading import scenario_of
from ..scenarios.scenario import Scenario
from ..scenarios.toml import read_scenario
from .chains import Chains, Length, Sampler
from .chance import chance_table
from .density import Posterior
from .draws import Fit, gather
from .ensemble import Size
from .folder import describe_chains, nation_year_table, state_year_table, write_fit
from .laplace import Nearby
from .mean_field import MeanField
from .observations import RECORDED
from .optimum import Best, find_best
from .steps import step_ladder
from .streams import Chosen, streams_for
from .unknowns import HELD_FORMS, STATE_EFFECTS, Unknowns
from .variance_explained import explained_table

if TYPE_CHECKING:
    import pandas

Progress = Callable[[int, int], None]
S = TypeVar("S", Length, Size)
"""How much a fit computes, by its method."""

CHANCE_RUNS = 100
"""Runs with chance beside the mean field: a bias of 1 % of a state's yearly count shows in
all but the smallest.
"""


LISTED = "leaders.removals"
"""Parameter of removals that no list has."""


def first_year(pack: Pack) -> int:
    """The first year that a fit of a country compares with the record."""
    return pack.settings.fit_from or min(pack.settings.starts).year


def national(pack: Pack, until: int) -> Scenario:
    """The scenario of a country from the first year of its fits to the end of a year, in whole
    weeks, with the policies that were in force and what the data told by then.

    Where the list of captures ends with the year, so does the policy that takes those on the list
    out of the removals at random.

    Raises:
        TreguaError: those of reading a scenario, as that its data are not of that first year.
    """
    said, start, end = scenario_of(pack), date(first_year(pack), 1, 1), date(until + 1, 1, 1)
    text = with_start(said.text, said.shown, start)
    scenario = read_scenario(text, said.shown, base=said.base).scenario
    # A change that is never in force is refused.
    policies = tuple(
        replace(p, modifiers=tuple(c for c in p.modifiers if not c.start or c.start < end))
        for p in scenario.policies
    )
    policies = tuple(
        replace(p, modifiers=tuple(_listed_to(c, end) for c in p.modifiers)) for p in policies
    )
    return replace(
        scenario,
        data=as_known(scenario.data, until),
        weeks=scenario.week_of(end),
        policies=tuple(p for p in policies if p.modifiers),
    )


def _digest(numbers: Any) -> str:
    """SHA-256 of an array."""
    return hashlib.sha256(np.ascontiguousarray(numbers, float).tobytes()).hexdigest()


def _listed_to(change: Modifier, end: date) -> Modifier:
    """A change, which ends with the list of captures if it is one of removals at random."""
    return (
        replace(change, end=min(change.end, end))
        if change.target == LISTED and change.end
        else change
    )


@dataclass(eq=False)
class Work(Generic[S]):
    """A fit of a scenario to the record, by whatever method.

    Args:
        scenario: from the first day of a year to the end of ``until``.
        until: the last year of the record that is used.
        size: how much is computed.
        parent: folder beside whose run folders unfinished work is kept.
    """

    method: ClassVar[str]
    """How the fit is made, as records and hashes say it."""

    scenario: Scenario
    until: int
    size: S
    parent: Path
    fit: Fit = field(init=False)
    checks: dict[str, pandas.DataFrame] = field(init=False, default_factory=dict)

    @cached_property
    def posterior(self) -> Posterior:
        """Unknowns, mean field and streams."""
        return Posterior(
            Unknowns.of(self.scenario, HELD_FORMS, self.chosen.streams),
            MeanField(self.scenario),
            self.chosen.streams,
        )

    @cached_property
    def chosen(self) -> Chosen:
        """Streams of the country that the model can be compared with, and what is left out."""
        return streams_for(self.scenario, self.until)

    @cached_property
    def inputs_sha256(self) -> str:
        """Hash of all that decides the result; no path, and no name of a module or class."""
        plan = make_plan(self.scenario, "mean-field")
        unknowns, pack = self.posterior.unknowns, self.scenario.data.pack
        priors = {name: asdict(prior) for name, prior in unknowns.scatters.items()}
        counts = [_digest(stream.observed()) for stream in self.chosen.streams]
        said = [
            inputs_hash(self.scenario, plan),
            self.method,
            self.until,
            asdict(self.size),
            priors,
            [*STATE_EFFECTS, *HELD_FORMS],
            counts,
            observations(pack).model_dump() if pack else {},
            count_of(pack).model_dump() if pack else {},
        ]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def folder(self) -> Path:
        """Where unfinished work is kept."""
        return unfinished_folder(self.parent, self.inputs_sha256)

    def discard(self) -> None:
        """Forget unfinished work."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, place: Path, record: dict[str, Any]) -> None:
        """Write the folder, which is still staged."""
        checks = {"explained": self.explained, **self.checks}
        write_fit(
            place,
            self.posterior,
            self.fit,
            checks,
            {
                "left_out": list(self.chosen.left_out),
                **self.how(),
                **record,
                "inputs_sha256": self.inputs_sha256,
                "jax": jax.__version__,
            },
        )

    @cached_property
    def explained(self) -> pandas.DataFrame:
        """What the mechanisms explain of changes in the record
        (:mod:`tregua.inference.variance_explained`).
        """
        return explained_table(
            state_year_table(self.posterior, self.fit), nation_year_table(self.posterior, self.fit)
        )

    def parts(self) -> dict[str, Callable[[Progress], None]]:
        """The parts in their order, by what a reader sees while they run."""
        raise NotImplementedError

    def how(self) -> dict[str, Any]:
        """The method, for the record."""
        raise NotImplementedError


@dataclass(eq=False)
class Job(Work[Length]):
    """A fit by the best point and chains on the mean field."""

    method = "chains"

    best: Best = field(init=False)
    nearby: Nearby = field(init=False)
    chains: Chains = field(init=False)

    def how(self) -> dict[str, Any]:
        """The search and the chains."""
        return {"method": self.method} | describe_chains(
            self.best, self.chains, self.fit, self.size
        )

    def parts(self) -> dict[str, Callable[[Progress], None]]:
        """The parts in their order, by what a reader sees while they run."""
        return {
            "Searching the best point": self._search,
            "Looking around it": self._look,
            "Running the chains": self._run,
            "Drawing": self._draw,
            "Checking": self._check,
        }

    def _search(self, told: Progress) -> None:
        file = self.folder / "best.npz"
        stored = read_whole(file)
        if stored is not None:
            self.best = Best(
                stored["point"],
                float(stored["log_density"]),
                int(stored["evaluations"]),
                bool(stored["converged"]),
            )
            return
        self.best = find_best(self.posterior, progress=told)
        write_whole(file, {n: np.asarray(x) for n, x in asdict(self.best).items()})

    def _look(self, told: Progress) -> None:
        file = self.folder / "nearby.npz"
        stored = read_whole(file)
        if stored is None:
            self.nearby = Nearby.at(self.posterior, self.best.point, told)
            arrays = {f"logs/{n}": x for n, x in self.nearby.logs.items()} | {
                f"jacobian/{n}": x for n, x in self.nearby.jacobian.items()
            }
            write_whole(file, arrays)
            return
        logs, jacobian = (
            {n.partition("/")[2]: x for n, x in stored.items() if n.startswith(f"{kind}/")}
            for kind in ("logs", "jacobian")
        )
        self.nearby = Nearby(self.posterior, self.best.point, logs, jacobian)

    def _run(self, told: Progress) -> None:
        self.chains = Sampler(
            self.posterior,
            self.nearby,
            self.size,
            self.folder,
            lambda z: -self.nearby.log_density(z),
        ).run(told)

    def _draw(self, told: Progress) -> None:
        self.fit = gather(self.posterior, self.chains, self.size.seed, told)

    def _check(self, told: Progress) -> None:
        """Shorter steps, and the model with chance, both at the best point."""
        values = jax.device_get(self.posterior.unknowns.values(jnp.asarray(self.best.point)))
        scatter = {
            n: float(x)
            for n, x in self.posterior.unknowns.scatter(jnp.asarray(self.best.point)).items()
        }
        self.checks = {
            "steps": step_ladder(self.posterior.path, values, (RECORDED,)),
            "chance": chance_table(
                self.posterior.path,
                values,
                self.posterior.homicides,
                scatter,
                CHANCE_RUNS,
                self.size.seed,
                told,
            ),
        }
