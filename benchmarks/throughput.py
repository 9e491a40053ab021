"""Throughput of the engine on the published size model of 150 groups,
against NumPy and SciPy in the same process.

Run by hand: ``python benchmarks/throughput.py [--rounds 5] [--json FILE] [--quick]``. What each row
means is in ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

# Matrices of this size are multiplied fastest by one thread; with more,
# NumPy's library spends its time waiting.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import peers
from gradients import gradient
from settings import WEEKS, setting
from timing import Row, race, show

import tregua

REPLICATES = 1000
DRAWS = 1000
BATCH_STEP = 52
"""Step of the batch [weeks], at which the engine's error is between those of the peers
at their tolerance.
"""
PEERS = {name: {"method": name, "rtol": 1e-5, "atol": 1e-6} for name in ("RK45", "LSODA")}
TIGHT = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-9}


def stochastic(rounds: int, replicates: int) -> list[Row]:
    """Many replicates of the weekly chain. The means of both must agree within
    four standard errors.
    """
    scenario, groups, table = setting()
    ours = tregua.simulate(scenario, replicates=replicates, seed=1)
    theirs = peers.chain(groups, table, replicates, WEEKS, seed=1)
    last = {"members": ours.at("members", WEEKS)} | {
        name: ours.between(f"{mechanism}.{name}", 0, WEEKS)
        for mechanism, name in (
            ("recruitment", "recruited"),
            ("arrests", "arrested"),
            ("conflict", "killed"),
            ("saturation", "left"),
        )
    }
    for name, mine in last.items():
        other = theirs[name][-1] if name == "members" else theirs[name].sum(axis=0)
        allowed = 4.0 * np.hypot(mine.std(), other.std()) / np.sqrt(replicates)
        if abs(mine.mean() - other.mean()) > allowed:
            raise SystemExit(
                f"{name}: the means {mine.mean():.1f} and {other.mean():.1f} differ by "
                f"more than {allowed:.1f}"
            )
    note = "{:.1f} million group-weeks a second"
    rows = race(
        f"{replicates} replicates x {WEEKS} weeks",
        {
            "engine": lambda: tregua.simulate(scenario, replicates=replicates, seed=1),
            "NumPy, all replicates at once": lambda: peers.chain(
                groups, table, replicates, WEEKS, seed=1
            ),
        },
        rounds,
    )
    done = replicates * WEEKS * len(groups.rank) / 1e6
    return [
        Row(r.what, r.wall, r.cpu, r.ratio, r.cpu_ratio, note.format(done / r.wall)) for r in rows
    ]


def deterministic(rounds: int) -> list[Row]:
    """One run of ten years with a value for every week, as a user asks for it."""
    scenario, groups, table = setting()
    one = peers.rows(table, 0)
    reference = peers.adaptive(groups, one, WEEKS, **TIGHT)
    mine = tregua.simulate(scenario, "rk4").snapshot("members", WEEKS)[0, 0]
    other = peers.adaptive(groups, one, WEEKS, **PEERS["RK45"])
    plain = (
        peers.mean_field(groups, table, WEEKS)[0]
        / tregua.simulate(scenario, "mean-field").at("members", WEEKS)[0]
        - 1.0
    )
    return race(
        f"1 run x {WEEKS} weeks",
        {
            "engine, rk4 in weekly steps": lambda: tregua.simulate(scenario, "rk4"),
            "NumPy, weekly mean field": lambda: peers.mean_field(groups, table, WEEKS),
            "SciPy RK45": lambda: peers.adaptive(groups, one, WEEKS, **PEERS["RK45"], weekly=True),
        },
        rounds,
        {
            "engine, rk4 in weekly steps": f"error {_error(mine, reference):.0e}",
            "NumPy, weekly mean field": f"differs from the engine's mean field by {abs(plain):.0e}",
            "SciPy RK45": f"error {_error(other, reference):.0e}",
        },
    )


def batch(rounds: int, draws: int) -> list[Row]:
    """Many draws of the seven parameters, in continuous time, at matched accuracy."""
    scenario, groups, table = setting()
    rng = np.random.default_rng(1)
    drawn = {n: x * np.exp(0.2 * rng.standard_normal(draws)) for n, x in table.items()}

    def ours():
        return tregua.simulate(scenario, "rk4", draws=drawn, dt=BATCH_STEP, block_weeks=WEEKS)

    def theirs(peer: str, count: int = draws) -> np.ndarray:
        return np.stack(
            [
                peers.adaptive(groups, peers.rows(drawn, i), WEEKS, **PEERS[peer])
                for i in range(count)
            ]
        )

    checked = min(draws, 50)
    reference = np.stack(
        [peers.adaptive(groups, peers.rows(drawn, i), WEEKS, **TIGHT) for i in range(checked)]
    )
    engine = f"engine, rk4 in steps of {BATCH_STEP} weeks"
    contenders = {engine: ours} | {
        f"SciPy {peer}, one after the other": partial(theirs, peer) for peer in PEERS
    }
    errors = [
        _error(ours().snapshot("members", WEEKS)[:checked, 0], reference),
        *(_error(theirs(peer, checked), reference) for peer in PEERS),
    ]
    notes = {name: f"error {error:.0e}" for name, error in zip(contenders, errors, strict=True)}
    return race(f"{draws} draws of {len(table)} parameters", contenders, rounds, notes)


def _error(sizes: np.ndarray, reference: np.ndarray) -> float:
    """Largest error of any group's size at the end, relative to its size."""
    return float(np.max(np.abs(sizes / reference - 1.0)))


def main() -> None:
    """Run all parts and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts")
    parser.add_argument(
        "--cores", type=int, default=None, help="cores for the engine; all if not given"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the work, to see that everything runs"
    )
    parser.add_argument("--json", type=Path, default=None, help="file to write the results to")
    given = parser.parse_args()
    part = 10 if given.quick else 1
    tregua.begin(cores=given.cores, cache=False)
    rows = [
        *deterministic(given.rounds),
        *stochastic(given.rounds, REPLICATES // part),
        *batch(given.rounds, DRAWS // part),
        *gradient(given.rounds),
    ]
    show(rows, given.json)


if __name__ == "__main__":
    main()
