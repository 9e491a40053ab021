"""Cost of a fit of the national model: every part on the clock, and the peak memory,
in one fresh process.

Run by hand: ``python benchmarks/fitting.py [--json FILE] [-- options of tregua fit]``, such as ``--
--method chains --warmup 5 --draws 5``. What each row means is in ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from startup import Start
from timing import machine, save

from tregua.scenarios.posterior import RECORD

MAY_END_WITH = (0, 1)
"""Exit statuses of a fit that was written: chains of a benchmark are short, and the command says
that they may not be believed.
"""


def measure(folder: Path, arguments: list[str]) -> tuple[dict, float, float]:
    """The record of a fit, processor seconds and peak memory [MiB].

    Raises:
        SystemExit: where the fit fails.
    """
    command = [
        sys.executable,
        "-m",
        "tregua",
        "fit",
        "--quiet",
        "--out",
        str(folder / "fit"),
        *arguments,
    ]
    process = subprocess.Popen(
        command, env=os.environ | {"TREGUA_CACHE": str(folder / "cache")}, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in MAY_END_WITH:
        raise SystemExit(f"the fit failed with exit status {process.returncode}")
    record = json.loads((folder / "fit" / RECORD).read_text(encoding="utf-8"))
    return (
        record,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
    )


def main() -> None:
    """Fit once and print the seconds of every part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", type=Path, default=None, help="file to write the results to")
    parser.add_argument("options", nargs="*", help="options of tregua fit")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        record, cpu, memory = measure(Path(folder), given.options)
    seconds = record["seconds"]
    rows = [Start(part, wall, float("nan"), float("nan")) for part, wall in seconds.items()]
    rows.append(Start("all", sum(seconds.values()), cpu, memory))
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    for row in rows[:-1]:
        print(f"{row.what:28} {row.wall:10.1f} s")
    print(
        f"{'all':28} {rows[-1].wall:10.1f} s on the clock, {cpu:.1f} s of processors, "
        f"peak {memory:.0f} MiB"
    )
    for told in ("command", "best", "runs_with_gradient", "misfit", "idle_width"):
        if told in record:
            print(f"{told}: {record[told]}")
    save(facts, [asdict(row) for row in rows], given.json)


if __name__ == "__main__":
    main()
