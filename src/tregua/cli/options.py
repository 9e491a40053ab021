"""Options that `tregua run` and `tregua compare` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON document instead of text.")]
Quiet = Annotated[bool, Parameter(name="--quiet", negative="", help="No progress and no table.")]
Out = Annotated[Path | None, Parameter(name=["--out", "-o"], help="Folder to write; by default one under `runs`, named after the inputs.")]
Replace = Annotated[bool, Parameter(name="--replace", negative="", help="Replace the run in that folder, if there is one.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user may say about a run on the command line."""

    out: Out = None
    policy: Annotated[list[str] | None, Parameter(name="--policy", negative="", help="Name of a policy of the scenario. May be repeated.")] = None
    set: Annotated[
        list[str] | None, Parameter(name="--set", negative="", help='A value with its unit, such as "arrests.effort=200 person/week". May be repeated.')
    ] = None
    replicates: Annotated[int | None, Parameter(help="Runs of the ensemble; the scenario's number if not given.")] = None
    seed: Annotated[int | None, Parameter(help="Seed of all randomness; the scenario's if not given.")] = None
    solver: Annotated[str | None, Parameter(help="tau-leap, mean-field, rk4 or exact; the scenario's if not given.")] = None
    replace: Replace = False
    fresh: Annotated[bool, Parameter(name="--fresh", negative="", help="Forget what an interrupted run of the same inputs has kept.")] = False
    quiet: Quiet = False
    json: Json = False

    @property
    def silent(self) -> bool:
        """Whether nothing is to be said but the result."""
        return self.quiet or self.json

    @property
    def may_replace(self) -> bool:
        """Whether a run in the target folder may be replaced; a folder of the default name holds the same inputs."""
        return self.replace or self.out is None
