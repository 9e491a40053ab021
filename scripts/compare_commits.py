"""Compare the tables that two commits make, bit by bit, on this machine.

Use it where code moves and numbers must not: ``python scripts/compare_commits.py BEFORE AFTER``.
Each commit is checked out into a temporary folder and runs the default scenario, the comparison and
the reproduction of the size model, and the forecast from the end of 2020, with this Python and its
packages. Every table and array is then compared by its SHA-256. Exit status 1 if one differs or is
missing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS = {
    "run": ("run",),
    "compare": ("compare", "size-2023"),
    "reproduce": ("reproduce", "size-2023"),
    "forecast": ("forecast",),
}
"""Commands that are run, by the name of the folder that each fills."""

KINDS = (".csv", ".parquet")
"""Endings of tables. Reports and manifests hold times and versions, and are not compared."""


def tables_of(commit: str, folder: Path) -> dict[str, str]:
    """Run all jobs at a commit; SHA-256 of every table by its name below the folder."""
    tree, out = folder / "tree", folder / "out"
    subprocess.run(
        ["git", "worktree", "add", "--detach", str(tree), commit], check=True, capture_output=True
    )
    try:
        environment = {
            **os.environ,
            "PYTHONPATH": str(tree / "src"),
            "TREGUA_CACHE": str(folder / "cache"),
        }
        for name, words in JOBS.items():
            began = time.perf_counter()
            command = [sys.executable, "-m", "tregua", *words, "--out", str(out / name)]
            done = subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(f"{commit}: tregua {' '.join(words)} failed\n{done.stderr}")
            print(
                f"{commit}: tregua {' '.join(words)}, {time.perf_counter() - began:.0f} s",
                file=sys.stderr,
            )
    finally:
        subprocess.run(
            ["git", "worktree", "remove", "--force", str(tree)], check=True, capture_output=True
        )
    files = sorted(path for path in out.rglob("*") if path.suffix in KINDS)
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def main() -> int:
    """Compare two commits and print every table that differs."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("before")
    reader.add_argument("after")
    asked = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        places = {
            commit: Path(folder) / side
            for side, commit in (("before", asked.before), ("after", asked.after))
        }
        if len(places) < 2:
            sys.exit("these are the same commit")
        for place in places.values():
            place.mkdir()
        before, after = (tables_of(commit, place) for commit, place in places.items())
    differing = sorted(name for name in before | after if before.get(name) != after.get(name))
    for name in differing:
        print(f"{'differs' if name in before and name in after else 'only in one'}: {name}")
    print(
        f"{len(before)} tables at {asked.before}, {len(after)} at {asked.after}: "
        f"{len(differing)} differ"
    )
    return 1 if differing or not before else 0


if __name__ == "__main__":
    sys.exit(main())
