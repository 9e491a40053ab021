"""Inspection commands: what `tregua mechanisms` and `tregua doctor` show."""

from __future__ import annotations

import platform
import sys
import time
from typing import Any

from ..model.mechanism import Mechanism
from ..reporting.odd import describe_mechanism, prior_text
from ..scenarios.scenario import support_text
from .equations import without_tex
from .show import OUT, print_table


def print_mechanism(mechanism: Mechanism) -> None:
    """One mechanism for people: the text of its file with its equations in plain letters, then its
    parameters and what they rest on.
    """
    described = describe_mechanism(mechanism)
    OUT.print(without_tex(described["doc"]), markup=False)
    OUT.print()
    for flow in described["flows"]:
        OUT.print(
            f"flow {flow['name']}: {flow['source']} -> {flow['target']} ({flow['doc']})",
            markup=False,
        )
    for event in described["events"]:
        OUT.print(f"event {event['name']} ({event['doc']})", markup=False)
    rows = []
    for p in mechanism.parameters:
        shown = f"{p.value:g} {p.unit}".removesuffix(" 1")
        rows.append(
            [
                f"{mechanism.name}.{p.name}",
                shown,
                support_text(p).removesuffix(" 1"),
                prior_text(p.prior),
                "yes" if p.by_place else "no",
                p.doc,
            ]
        )
    print_table(
        "Parameters",
        ["name", "default", "values", "prior [1]", "by place [2]", "what it is"],
        rows,
        "[1] Ours and assumed; runs do not use it, fits will.\n"
        "[2] Whether a change may name `territories`, and data may give a value for each.",
        left=6,
    )
    rows = [
        [f"{mechanism.name}.{p.name}", p.everywhere or "no reason is given"]
        for p in mechanism.parameters
        if not p.by_place
    ]
    if rows:
        print_table("One value for all territories", ["parameter", "why"], rows, left=2)
    rows = [
        [p["name"], e["stance"], f"{e['summary']} ({e['source']})"]
        for p in described["parameters"]
        for e in p["evidence"]
    ]
    print_table("Evidence", ["parameter", "stance", "what it rests on"], rows, left=3)


def examine() -> dict[str, Any]:
    """Versions, devices, cache, and a small run whose persons must be conserved."""
    from ..engine.session import begin, cache_folder

    begin()
    import jax
    import numpy as np

    from .._version import __version__
    from ..engine.run import simulate
    from ..model.model import Model
    from ..scenarios.scenario import Scenario

    hits: list[str] = []
    jax.monitoring.register_event_listener(
        lambda event, **_: hits.append(event) if event.endswith("cache_hits") else None
    )
    began = time.perf_counter()
    scenario = Scenario(Model.size_2023(), weeks=104)
    run = simulate(scenario, replicates=8)
    seconds = time.perf_counter() - began
    everyone = sum(run.at(name, 104) for name in scenario.model.compartments)
    conserved = np.array_equal(
        everyone, run.at("members", 0) + run.between("recruitment.recruited", 0, 104)
    )
    return {
        "tregua": __version__,
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "devices": ", ".join(str(d) for d in jax.local_devices()),
        "compiled programs": str(cache_folder()),
        "found again": "yes"
        if hits
        else (
            "no (they will be next time; if this line stays, the cache does "
            "not work on this machine)"
        ),
        "short run": f"{seconds:.1f} s",
        "self-check": "passed"
        if conserved and sys.version_info >= (3, 11)
        else "failed: persons were not conserved",
    }
