"""Did any number move?

Small summaries of reference runs in double precision, kept in ``tests/golden``. When they move on
purpose: ``pytest tests/test_golden.py --update-golden``, and a line with **numbers moved** in the
change log.

Tolerances. The solvers without chance do the same arithmetic everywhere, so that 1e-9 is rounding
with room. The tau-leap counts whole persons: on another processor or version of JAX a last bit may
move one person across a week, but shared uniforms keep runs together, so means of 64 replicates
agree to far better than the 1e-3 asked for (with other uniforms deaths differ by 1.4e-3 to 5e-3, as
``test_the_means_of_another_seed_do_not_pass`` checks). Every count of every replicate is also
digested; another digest alone is a warning, since only the same program on the same machine
promises it.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import toys
import tregua
from tregua.engine.trajectories import Trajectories
from tregua.model.model import Model
from tregua.scenarios.policy import Policy

FOLDER = Path(__file__).parent / "golden"
RELATIVE = {"rk4": 1e-9, "mean-field": 1e-9, "tau-leap": 1e-3, "exact": 1e-2}


def size_model():
    return tregua.Scenario(Model.size_2023(), weeks=104)


def with_policies():
    base = size_model()
    return base.with_policy(
        Policy.scale("recruitment.rate", 0.5, base.date(26))
        + Policy.set("arrests.effort", 220.0, base.date(60))
    )


def with_toys():
    return toys.scenario(Model.size_2023() + toys.Memory() + toys.Splits(), weeks=75)


def small():
    values = {
        "founding.members_at_start": 300.0,
        "arrests.effort": 0.5,
        "conflict.lethality": 1e-5,
        "saturation.crowding": 1e-5,
    }
    return toys.scenario(weeks=52, values=values)


CASES = {
    "size-model": (size_model, "rk4", 1),
    "size-model-mean": (size_model, "mean-field", 1),
    "size-model-leap": (size_model, "tau-leap", 64),
    "policies": (with_policies, "rk4", 1),
    "policies-leap": (with_policies, "tau-leap", 64),
    "levels-and-events": (with_toys, "rk4", 1),
    "levels-and-events-leap": (with_toys, "tau-leap", 64),
    "small-exact": (small, "exact", 64),
}


def summary(result: Trajectories) -> dict[str, list[float]]:
    """Mean over replicates of every quantity: flows over each block, stocks and levels at each
    snapshot, the largest cell apart.
    """
    values = {}
    for name, x in [*result.sums.items(), *result.snapshots.items()]:
        flat = x.reshape(*x.shape[:2], -1).astype(float)
        values[name] = [
            *flat.sum(axis=2).mean(axis=0).tolist(),
            *flat[:, -1, :2].mean(axis=0).tolist(),
        ]
    return values


def digest(result: Trajectories) -> str:
    """Of every whole number in the series."""
    hashed = hashlib.sha256()
    for name in sorted(result.series):
        if result.series[name].dtype.kind == "i":
            hashed.update(np.ascontiguousarray(result.series[name].astype("<i4")))
    return hashed.hexdigest()


def moved(now: dict, before: dict, relative: float) -> dict[str, float]:
    """Largest relative change of each quantity that changed by more than allowed,
    on the scale of the quantity.
    """
    changes = {}
    for name in now.keys() | before.keys():
        one, two = np.asarray(now.get(name, [])), np.asarray(before.get(name, []))
        if one.shape != two.shape:
            changes[name] = np.inf
        elif (change := np.abs(one - two).max() / max(np.abs(two).max(), 1e-300)) > relative:
            changes[name] = float(change)
    return changes


def run_case(name: str, seed: int = 20) -> Trajectories:
    build, solver, replicates = CASES[name]
    return tregua.simulate(build(), solver, replicates=replicates, seed=seed)


@pytest.mark.parametrize("name", CASES)
def test_no_number_of_a_reference_run_moved(name, update_golden):
    solver, file, result = CASES[name][1], FOLDER / f"{name}.json", run_case(name)
    now = {
        "solver": solver,
        "replicates": CASES[name][2],
        "values": summary(result),
        "digest": digest(result) if solver in {"tau-leap", "exact"} else "",
    }
    if update_golden:
        file.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    before = json.loads(file.read_text(encoding="utf-8"))
    changes = moved(now["values"], before["values"], RELATIVE[solver])
    assert not changes, (
        f"numbers of {name!r} moved, by relative change: {changes}. If that is meant: pytest "
        "tests/test_golden.py --update-golden, then say 'numbers moved' in CHANGELOG.md and why"
    )
    if now["digest"] != before["digest"]:
        warnings.warn(
            (
                f"{name}: single persons moved although the means did not: another processor or "
                "version of JAX, or a change of rounding"
            ),
            stacklevel=1,
        )


def test_every_golden_file_belongs_to_a_case():
    assert {file.stem for file in FOLDER.glob("*.json")} == set(CASES)


def test_the_means_of_another_seed_do_not_pass():
    before = json.loads((FOLDER / "size-model-leap.json").read_text(encoding="utf-8"))
    assert "conflict.killed" in moved(
        summary(run_case("size-model-leap", seed=21)), before["values"], RELATIVE["tau-leap"]
    )


def test_a_rate_that_is_one_in_a_million_off_does_not_pass():
    before = json.loads((FOLDER / "size-model.json").read_text(encoding="utf-8"))
    result = tregua.simulate(
        size_model().with_values({"recruitment.rate": 2.527474e-3 * (1 + 1e-6)}), "rk4"
    )
    assert moved(summary(result), before["values"], RELATIVE["rk4"])
