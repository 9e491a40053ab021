"""Timing of contenders, and tables of the times: rounds in turn, so that a busy machine slows all
alike; medians; wall and CPU time.
"""

from __future__ import annotations

import json
import platform
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: the task and who did it.
        wall: median seconds on the clock.
        cpu: median processor seconds, over all threads.
        ratio: how many times the seconds of the first contender of its task, on the clock, as the
            median over rounds.
        cpu_ratio: the same in processor seconds.
        note: the error, or what else a reader must know.
    """

    what: str
    wall: float
    cpu: float
    ratio: float
    cpu_ratio: float
    note: str = ""


def race(
    task: str,
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    notes: Mapping[str, str] | None = None,
) -> list[Row]:
    """Time contenders in turn. The first is the engine;
    ratios say how many times as long the others take.
    """
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()  # The first call compiles or fills caches.
    for _ in range(rounds):
        for name, run in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    first = next(iter(taken.values()))
    return [
        Row(
            f"{task}: {name}",
            median(wall for wall, _ in times),
            median(cpu for _, cpu in times),
            *(
                median(
                    mine[i] / max(base[i], 1e-9) for mine, base in zip(times, first, strict=True)
                )
                for i in (0, 1)
            ),
            (notes or {}).get(name, ""),
        )
        for name, times in taken.items()
    ]


def machine() -> dict[str, str | int]:
    """Processor family, usable cores and versions; nothing that names a computer."""
    from tregua.engine.session import usable_cores

    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.*)", info.read_text()) if info.exists() else []
    processor = names[0] if names else platform.processor() or platform.machine()
    packages = {name: version(name) for name in ("jax", "numpy", "scipy", "tregua")}
    return {
        "processor": processor,
        "cores": usable_cores(),
        "python": platform.python_version(),
    } | packages


def show(rows: list[Row], as_json: Path | None) -> None:
    """Print the table, and write it where asked."""
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    wide = max(len(row.what) for row in rows)
    print(f"{'':{wide}}  {'wall [s]':>10} {'CPU [s]':>10} {'ratio':>8} {'of CPU':>8}")
    for row in rows:
        print(
            f"{row.what:{wide}}  {row.wall:10.4f} {row.cpu:10.4f} {row.ratio:8.2f} "
            f"{row.cpu_ratio:8.2f}  {row.note}"
        )
    save(facts, [asdict(row) for row in rows], as_json)


def save(facts: dict, rows: list[dict], file: Path | None) -> None:
    """Write results to a file, where one is given."""
    if file:
        file.write_text(
            json.dumps({"machine": facts, "rows": rows}, indent=2) + "\n", encoding="utf-8"
        )
