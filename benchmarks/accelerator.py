"""Speed-up by a graphics card, and whether it pays: the same runs on all processor cores and on the
card, in the same process, and whether their results agree.

Run by hand where JAX finds a card: ``python benchmarks/accelerator.py [--rounds 3] [--replicates
500] [--json FILE]``. What each row means is in ``benchmarks/README.md``. Nothing in Tregua needs a
card.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import jax
import numpy as np
from settings import WEEKS
from timing import Row, race, show

import tregua
from tregua.engine.session import begin

MOST_APART = 0.5
"""Standard errors by which two means may differ: both draw the same random numbers, and only
rounding sets them apart.
"""

AT_ONCE = (1, 4)
"""Chunks of replicates that are on the card at the same time."""


def scenarios() -> dict[str, tregua.Scenario]:
    """The published size model of 150 groups, and the nation with all mechanisms."""
    return {
        "size model": tregua.Scenario(tregua.Model.size_2023(), weeks=WEEKS),
        "nation": tregua.Scenario(tregua.Model.standard(), weeks=WEEKS),
    }


def ends(run: tregua.Trajectories) -> np.ndarray:
    """Members of all groups in all places at the end, for each replicate."""
    members = run.snapshot("members", WEEKS)
    return members.reshape(len(members), -1).sum(axis=1)


def agreement(ours: np.ndarray, theirs: np.ndarray) -> str:
    """How far the means of two ensembles are apart, in their standard errors.

    Raises:
        SystemExit: by more than :data:`MOST_APART`.
    """
    errors = np.hypot(
        ours.std(ddof=1) / np.sqrt(len(ours)), theirs.std(ddof=1) / np.sqrt(len(theirs))
    )
    apart = float(abs(ours.mean() - theirs.mean()) / errors)
    if apart > MOST_APART:
        raise SystemExit(
            f"the means {ours.mean():.0f} and {theirs.mean():.0f} are "
            f"{apart:.1f} standard errors apart"
        )
    return f"mean of members {apart:.1f} standard errors from that of the cores"


def compared(name: str, scenario: tregua.Scenario, replicates: int, rounds: int) -> list[Row]:
    """One scenario on the cores and on the card."""
    cores, card = jax.devices("cpu"), jax.devices("gpu")[0]
    run = partial(tregua.simulate, scenario, "tau-leap", replicates, 1)
    places = {f"{len(cores)} cores": cores} | {
        f"card, {n} chunk{'s' * (n > 1)} at once": [card] * n for n in AT_ONCE
    }
    members = {place: ends(run(devices=devices)) for place, devices in places.items()}
    first, *others = members
    notes = {place: agreement(members[place], members[first]) for place in others}
    again = ends(run(devices=[card]))
    notes[others[0]] += (
        ", the same numbers again"
        if np.array_equal(again, members[others[0]])
        else ", other numbers when run again"
    )
    return race(
        f"{name}, {replicates} replicates x {WEEKS} weeks",
        {p: partial(run, devices=d) for p, d in places.items()},
        rounds,
        notes,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    begin()
    try:
        print(jax.devices("gpu")[0].device_kind, "with JAX", jax.__version__)
    except RuntimeError:
        raise SystemExit("JAX finds no graphics card here; nothing in Tregua needs one") from None
    rows = []
    for name, scenario in scenarios().items():
        for row in compared(name, scenario, options.replicates, options.rounds):
            print(
                f"{row.what}: {row.wall:.2f} s, {row.ratio:.2f} times the first, {row.note}",
                flush=True,
            )
            rows.append(row)
    show(rows, options.json)


if __name__ == "__main__":
    main()
