"""Start-up time, until a first answer: imports, and ``tregua run`` in fresh processes with an empty
and a filled cache of compiled programs; and peak memory.

Run by hand: ``python benchmarks/startup.py [--rounds 3] [--json FILE]``. What each row means is in
``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from timing import machine, save

IMPORTS = {
    "Python alone": "pass",
    "import numpy": "import numpy",
    "import jax": "import jax",
    "import tregua": "import tregua",
    "import tregua, with all that a run needs": "import tregua.engine.run, tregua.studies.study",
}


@dataclass(frozen=True)
class Start:
    """One fresh process.

    Attributes:
        what: its task.
        wall: seconds on the clock.
        cpu: processor seconds, over all threads.
        memory: peak resident memory [MiB].
    """

    what: str
    wall: float
    cpu: float
    memory: float


def start(what: str, arguments: list[str], cache: Path, bytecode: Path) -> Start:
    """Run one Python process and take its own use of time and memory.

    Modules come as bytecode, as they do once a package is installed, even where this process was
    told not to write any.

    Raises:
        SystemExit: where the process fails.
    """
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    environment |= {"TREGUA_CACHE": str(cache), "PYTHONPYCACHEPREFIX": str(bytecode)}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{what} failed with exit status {process.returncode}")
    # Linux counts kibibytes, macOS bytes.
    return Start(
        what,
        wall,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
    )


def measure(folder: Path, bytecode: Path) -> list[Start]:
    """All starts once, in an empty folder."""

    def tregua(what: str, *arguments: str) -> Start:
        return start(what, ["-m", "tregua", *arguments], folder / "cache", bytecode)

    def tregua_run(what: str, out: str, *arguments: str) -> Start:
        return tregua(
            f"tregua run: {what}", "run", *arguments, "--quiet", "--out", str(folder / out)
        )

    imports = [
        start(what, ["-c", code], folder / "cache", bytecode) for what, code in IMPORTS.items()
    ]
    runs = [
        tregua_run("size-2023, empty cache", "first", "size-2023"),
        tregua_run("size-2023, filled cache", "second", "size-2023"),
        tregua_run("size-2023, 1,000 replicates", "many", "size-2023", "--replicates", "1000"),
        tregua_run("the nation, empty cache", "nation-first"),
        tregua_run("the nation, filled cache", "nation-second"),
    ]
    return [*imports, tregua("tregua --help", "--help"), *runs]


def main() -> None:
    """Measure several times and print medians; memory is the largest seen."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the median counts")
    parser.add_argument("--json", type=Path, default=None, help="file to write the results to")
    given = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory() as bytecode:
        for _ in range(given.rounds + 1):
            with tempfile.TemporaryDirectory() as folder:
                rounds.append(measure(Path(folder), Path(bytecode)))
    rounds = rounds[1:]  # The first round writes the bytecode.
    rows = [
        Start(
            same[0].what,
            median(s.wall for s in same),
            median(s.cpu for s in same),
            max(s.memory for s in same),
        )
        for same in zip(*rounds, strict=True)
    ]
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    wide = max(len(row.what) for row in rows)
    print(f"{'':{wide}}  {'wall [s]':>10} {'CPU [s]':>10} {'peak [MiB]':>10}")
    for row in rows:
        print(f"{row.what:{wide}}  {row.wall:10.2f} {row.cpu:10.2f} {row.memory:10.0f}")
    save(facts, [asdict(row) for row in rows], given.json)


if __name__ == "__main__":
    main()
