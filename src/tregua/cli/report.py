"""`tregua report`: the report of a kept run folder, made again from its arrays and its manifest."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..engine.plan import Plan, plan_of_file
from ..engine.stored import read_trajectories
from ..errors import TreguaError
from ..model.registry import load_plugins
from ..results.comparison import Comparison
from ..results.drivers import SignDrivers
from ..results.provenance import read_manifest
from ..results.staging import MANIFEST, rewritten
from ..scenarios.scenario import Scenario
from ..scenarios.toml import ScenarioFile, load_scenario, named_policy
from .plugins import tell_plugins
from .run import set_values, with_policies
from .show import OUT, print_json, progress_bar

REPORT = "report.html"

NEEDED = (
    *("command", "created", "data", "inputs_sha256", "mechanisms", "parameters", "replicates"),
    *("posterior_draws", "scenarios", "seed", "solver", "versions"),
)
"""Keys of a manifest without which no report can be made."""


def remake_report(folder: Path, replace: bool, json: bool) -> int:
    """Make the report of a run folder again.

    Args:
        folder: a run or a comparison.
        replace: also where somebody has changed the report.
        json: print a document instead of text.

    Raises:
        TreguaError: TR3103 where the folder is none, TR3105 where its report was changed, TR3106
            where this version cannot read its arrays, and those of a scenario file.
    """
    manifest = read_manifest(folder)
    if lacking := [key for key in NEEDED if key not in manifest]:
        raise TreguaError(
            "TR3103",
            "the manifest of this folder is not whole",
            where=str(folder),
            found="no " + ", ".join(lacking),
            do="run the scenario again",
        )
    options = _options(str(manifest.get("command", "")))
    load_plugins(options.get("--plugin", []), f"{folder}, {MANIFEST}")
    read = load_scenario(folder, set_values(options.get("--set", [])))
    tell_plugins(read.scenario.model)
    plan = plan_of_file(
        read, str(manifest["solver"]), int(manifest["replicates"]), int(manifest["seed"])
    )
    with progress_bar("Reading", json) as told:
        page = (
            _comparison(folder, manifest, read, plan, told)
            if manifest["kind"] == "comparison"
            else _run(folder, manifest, read, plan, options.get("--policy"))
        )
    rewritten(folder, REPORT, page, replace)
    if json:
        print_json({"report": str(folder / REPORT)})
    else:
        OUT.print(f"Written: {folder / REPORT}", markup=False, soft_wrap=True)
    return 0


def _run(
    folder: Path,
    manifest: Mapping[str, Any],
    read: ScenarioFile,
    plan: Plan,
    policies: Sequence[str] | None,
) -> str:
    """The page of a run."""
    from ..reporting.html import run_report
    from ..reporting.run_folder import run_parts

    scenario = with_policies(read, policies)
    run = read_trajectories(folder / "arrays.nc", scenario, plan)
    # Pictures of a fit belong to the posterior that the run used.
    digest = (manifest.get("posterior") or {}).get("sha256")
    same = read.posterior if read.posterior and read.posterior.digest == digest else None
    tables, pictures = run_parts(run, manifest, same)
    return run_report(run, manifest, pictures, tables)


def _comparison(
    folder: Path,
    manifest: Mapping[str, Any],
    read: ScenarioFile,
    plan: Plan,
    told: Callable[[int, int], None],
) -> str:
    """The page of a comparison; told after each run that is read."""
    from ..reporting.html import comparison_report
    from ..reporting.run_folder import comparison_parts, slugs

    names = [str(scenario["name"]) for scenario in manifest["scenarios"]]
    scenarios: list[Scenario] = [read.scenario] + [
        read.scenario.with_policy(named_policy(name, read.policies, str(folder)))
        for name in names[1:]
    ]
    runs = []
    for slug, scenario in zip(slugs(names), scenarios, strict=True):
        runs.append(read_trajectories(folder / f"arrays-{slug}.nc", scenario, plan))
        told(len(runs), len(names) + 1)
    base, *others = runs
    comparison = Comparison(base, tuple(others), _drivers(folder, manifest))
    tables, pictures = comparison_parts(comparison, manifest)
    return comparison_report(comparison, manifest, pictures, tables)


def _drivers(folder: Path, manifest: Mapping[str, Any]) -> SignDrivers | None:
    """What carries the signs, as the folder has it."""
    import pandas

    if "drivers_note" not in manifest:
        return None
    kept = folder / "tables" / "drivers.parquet"
    table = pandas.read_parquet(kept) if kept.is_file() else pandas.DataFrame()
    return SignDrivers(table, str(manifest["drivers_note"]))


def _options(command: str) -> dict[str, list[str]]:
    """Values by option of a command as a manifest has it."""
    words = shlex.split(command)
    options: dict[str, list[str]] = {}
    for option, value in pairwise(words):
        if option.startswith("--"):
            options.setdefault(option, []).append(value)
    return options
