"""Provenance of a run: what went in, in which versions, and a hash by which the same inputs are
known again.

Nothing here knows about the machine it runs on beyond its kind: no path, user or host gets into a
manifest.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import platform
import re
import shlex
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..engine.plan import Plan
from ..engine.run import told_lost
from ..engine.trajectories import Trajectories
from ..errors import TreguaError
from ..model.mechanism import Mechanism
from ..model.model import Model
from ..scenarios.evidence_range import outside
from ..scenarios.policy import Policy
from ..scenarios.posterior import StoredPosterior
from ..scenarios.scenario import LAYERS, Draws, Scenario, resolve, without_places
from .code_digest import class_digest, module_digest, text_digest
from .drivers import draws_narrowed
from .staging import MANIFEST

SCHEMA = 1
"""Version of the layout of run folders."""

PACKAGE = __name__.partition(".")[0]
"""The name of this package: code in it ships."""

PACKAGES = (
    "numpy",
    "scipy",
    "jax",
    "jaxlib",
    "pandas",
    "pyarrow",
    "xarray",
    "h5netcdf",
    "matplotlib",
)

LISTED = 16
"""Arrays up to this size are spelled out in a description;
larger ones are given by their digest.
"""


def describe_inputs(
    run: Scenario | Trajectories, plan: Plan, draws: Draws | None = None
) -> dict[str, Any]:
    """All that decides the numbers of a run, as plain values: no name, label,
    path or number of workers.

    Args:
        run: a scenario, or the run of one.
        plan: how it is run.
        draws: posterior draws, if any.
    """
    scenario = run.scenario if isinstance(run, Trajectories) else run
    import jax.numpy as jnp

    return {
        "package": __version__,
        "mechanisms": {
            m.name: {"source": class_digest(type(m)), "settings": _settings(m)}
            for m in scenario.model.mechanisms
        },
        **_foreign(scenario.model),
        "parameters": {
            name: _plain(without_places(resolved.value, scenario.model.parameters[name].axes))
            for name, resolved in sorted(resolve(scenario, draws).items())
        },
        "covariates": {
            name: _plain(np.asarray(scenario.data.covariates[name], float))
            for name in sorted(scenario.model.covariates)
        },
        "axes": {
            axis.name: text_digest("\n".join(axis.labels)) for axis in scenario.data.space.axes
        },
        "tables": {table["file"]: table["sha256"] for table in scenario.data.tables},
        "policies": [
            [_modifier(change) for change in policy.modifiers] for policy in scenario.policies
        ],
        "start": scenario.start.isoformat(),
        "weeks": scenario.weeks,
        "solver": plan.solver.name,
        "dt": plan.dt,
        "block_weeks": plan.block_weeks,
        "replicates": plan.replicates,
        "seed": plan.seed,
        "precision": str(jnp.result_type(float)),
    }


def _foreign(model: Model) -> dict[str, Any]:
    """Digests of the code of plug-ins, of which a mechanism's own file may be a part only; nothing
    where all mechanisms ship.
    """
    plugins = {record["module"]: record["sha256"] for record in plugin_records(model)}
    return {"plugins": plugins} if plugins else {}


def plugin_records(model: Model) -> list[dict[str, Any]]:
    """The modules of a model's mechanisms that do not ship, each with its mechanisms and the digest
    of its code. What was typed into a session or a script is no module.
    """
    mechanisms: dict[str, list[str]] = {}
    for mechanism in model.mechanisms:
        module = type(mechanism).__module__
        if module.partition(".")[0] not in (PACKAGE, "__main__"):
            mechanisms.setdefault(module, []).append(mechanism.name)
    return [
        {"module": module, "mechanisms": names, "sha256": module_digest(module)}
        for module, names in sorted(mechanisms.items())
    ]


def inputs_hash(run: Scenario | Trajectories, plan: Plan, draws: Draws | None = None) -> str:
    """SHA-256 of :func:`describe_inputs` in hexadecimal: the same for the same inputs in any
    process, with any number of workers.
    """
    return text_digest(
        json.dumps(
            describe_inputs(run, plan, draws), sort_keys=True, ensure_ascii=False, allow_nan=False
        )
    )


def joint_digest(digests: Sequence[str]) -> str:
    """One digest for several sets of inputs, as the folder,
    the record and the figures of a comparison give it.
    """
    return text_digest("\n".join(digests))


def _settings(mechanism: Mechanism) -> dict[str, str]:
    """Fields that a mechanism was made with."""
    if not dataclasses.is_dataclass(mechanism):
        return {}
    return {
        field.name: repr(getattr(mechanism, field.name)) for field in dataclasses.fields(mechanism)
    }


def _plain(array: np.ndarray) -> Any:
    """An array as numbers, or as its digest where there are many."""
    array = np.ascontiguousarray(array, dtype="<f8")
    return (
        array.tolist()
        if array.size <= LISTED
        else {"shape": list(array.shape), "sha256": text_digest(array.tobytes())}
    )


def _modifier(change: Any) -> dict[str, Any]:
    """A change of a policy, spelled out."""
    return {
        "target": change.target,
        "operation": change.operation,
        "value": change.value,
        "start": change.start.isoformat() if change.start else None,
        "end": change.end.isoformat() if change.end else None,
        "ramp_weeks": change.ramp_weeks,
        "territories": list(change.territories or ()),
    }


def portable(command: str) -> str:
    """A command without the paths of one machine: of each path only the last name is kept."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return shlex.join(
        re.sub(r"(^|=)(?:~|\.{0,2}/|[A-Za-z]:[\\/]).*[\\/]([^\\/]+)[\\/]?$", r"\1\2", word)
        for word in words
    )


def parameter_records(scenario: Scenario, draws: Draws | None = None) -> list[dict[str, Any]]:
    """Every parameter with its value, the layer that gave it,
    what is believed of it and what it rests on.
    """
    records = []
    for name, resolved in resolve(scenario, draws).items():
        parameter = scenario.model.parameters[name]
        value = np.asarray(resolved.value, float)
        same = value.size > 0 and bool(np.all(value == value.flat[0]))
        records.append(
            {
                "name": name,
                "doc": parameter.doc,
                "value": float(value.flat[0]) if same else float(np.median(value)),
                "lowest": float(value.min()),
                "highest": float(value.max()),
                "unit": parameter.unit,
                "layer": resolved.layer,
                "reason": scenario.data.reasons.get(name, "")
                if resolved.layer == LAYERS[1]
                else "",
                "support": [x if np.isfinite(x) else None for x in parameter.support],
                "prior": str(parameter.prior),
                "evidence": [dataclasses.asdict(evidence) for evidence in parameter.evidence],
            }
        )
    return records


def policy_records(policies: Sequence[Policy]) -> list[dict[str, Any]]:
    """Every policy with every change spelled out."""
    return [
        {
            "name": p.name,
            "label": p.shown,
            "doc": p.doc,
            "modifiers": [_modifier(change) for change in p.modifiers],
        }
        for p in policies
    ]


def make_manifest(
    kind: str,
    runs: Sequence[Trajectories],
    command: str,
    seconds: float,
    draws: Draws | None = None,
    posterior: StoredPosterior | None = None,
) -> dict[str, Any]:
    """The manifest of a run or a comparison: what is needed to repeat it and to trust it.

    Args:
        kind: ``run`` or ``comparison``.
        runs: the run; for a comparison the baseline first.
        command: the command that made it; paths are cut to their last name.
        seconds: time that it took.
        draws: posterior draws, if any.
        posterior: where they come from, if they were stored.
    """
    import jax
    import jax.numpy as jnp

    scenario, plan = runs[0].scenario, runs[0].plan
    hashes = [inputs_hash(run, run.asked, draws) for run in runs]
    return {
        "schema": SCHEMA,
        "kind": kind,
        "title": scenario.shown,
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "command": portable(command),
        "seconds": round(seconds, 3),
        "versions": {
            "tregua": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "platform": f"{platform.system()} {platform.machine()}",
        "device": {"kind": jax.devices()[0].device_kind, "platform": jax.default_backend()},
        "precision": str(jnp.result_type(float)),
        "inputs_sha256": hashes[0] if kind == "run" else joint_digest(hashes),
        "scenarios": [
            {
                "name": run.scenario.name,
                "label": run.scenario.shown,
                "inputs_sha256": digest,
                "policies": policy_records(run.scenario.policies),
                "inputs": describe_inputs(run, run.asked, draws),
            }
            for run, digest in zip(runs, hashes, strict=True)
        ],
        "start": scenario.start.isoformat(),
        "end": scenario.date(scenario.weeks).isoformat(),
        "start_note": scenario.start_note,
        "weeks": scenario.weeks,
        "solver": plan.solver.name,
        "dt_weeks": plan.dt,
        "block_weeks": plan.block_weeks,
        "replicates": plan.replicates,
        "lost": told_lost(runs[0]),
        "seed": plan.seed,
        "posterior_draws": int(next(iter(np.shape(x)[0] for x in draws.values()))) if draws else 0,
        "posterior": {**posterior.identity, **posterior.record} if posterior else None,
        "mechanisms": [m.name for m in scenario.model.mechanisms],
        "plugins": plugin_records(scenario.model),
        "data": {
            "name": scenario.data.name,
            "tables": [dict(table) for table in scenario.data.tables],
        },
        "parameters": parameter_records(scenario, draws),
        "outside_evidence": outside_evidence(runs, draws),
        "draws_narrowed": draws_narrowed(scenario, draws),
    }


def outside_evidence(
    runs: Sequence[Trajectories], draws: Draws | None = None
) -> dict[str, list[str]]:
    """Changes that the evidence does not cover, in words, by label of the policy that makes them;
    what is in force in the baseline, which comes first, is no policy of a comparison.
    """
    standing = {policy.name for policy in runs[0].scenario.policies}
    beyond = {
        run.scenario.shown: list(
            outside(
                [policy for policy in run.scenario.policies if policy.name not in standing],
                runs[0].scenario,
                draws,
            )
        )
        for run in runs[1:]
    }
    return {label: changes for label, changes in beyond.items() if changes}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        TreguaError: TR3103 where the folder is not one that Tregua wrote.
    """
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _no_run(folder) from error
    if not isinstance(manifest, dict) or "kind" not in manifest:
        raise _no_run(folder)
    return manifest


def _no_run(folder: Path) -> TreguaError:
    return TreguaError(
        "TR3103",
        "this is not a run folder",
        where=str(folder),
        expected=f"a folder with a {MANIFEST} that Tregua wrote",
        do="check the name of the folder",
    )
