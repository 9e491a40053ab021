"""Forward selection of mechanisms, `tregua ladder`: what each one adds to forecasts."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._version import __version__
from ..engine.session import begin, usable_cores
from ..errors import TreguaError
from ..optional import SCORE, need
from ..results.checkpoints import Checkpoint, unfinished_folder
from ..results.provenance import joint_digest
from ..results.staging import MANIFEST, staged
from .show import ERR, print_json, print_table, progress_bar
from .target import target_folder

if TYPE_CHECKING:
    import pandas

CAPTION = (
    "Mean CRPS in deaths in a state and year over 32 states and four years, lower is better; in "
    "80 %: share of the record inside that interval. Growth: of the log of recorded homicides "
    "from the origin to the fourth year that the mechanisms expect, mean of the states. A rung is "
    "the layer with the growth of a model that has all mechanisms up to there, at its best point."
)


def climb(
    origin: int | None, out: Path | None, replace: bool, fresh: bool, quiet: bool, as_json: bool
) -> int:
    """Fit and score every rung, print the table and write the folder."""
    began = time.perf_counter()
    need(SCORE)
    begin(max(1, usable_cores() // 2), float64=True)
    from ..studies.ladder import ORIGINS, ladder, rungs

    _check(origin)
    origins = ORIGINS if origin is None else (origin,)
    folder, may_replace = target_folder(out, "ladder", replace)
    digest = joint_digest([__version__, *(str(rung) for rung in rungs())])
    checkpoint = Checkpoint(unfinished_folder(folder.parent, digest))
    if fresh:
        checkpoint.discard()
    try:
        with progress_bar("Fitting and scoring", quiet or as_json) as told:
            table = ladder(origins, told, checkpoint)
    except KeyboardInterrupt:
        ERR.print(
            "Stopped. Finished rungs are kept; the same command goes on from there, --fresh "
            "starts over. No folder was written."
        )
        return 130
    _write(folder, may_replace, table, origins)
    checkpoint.discard()
    if as_json:
        seconds = time.perf_counter() - began
        records = table.to_dict("records")
        print_json({"folder": str(folder), "seconds": seconds, "ladder": records})
        return 0
    if not quiet:
        _show(table)
    ERR.print(f"Table: {folder}", markup=False)
    return 0


def _check(origin: int | None) -> None:
    """Refuse an origin from which the ladder cannot start (TR2904)."""
    from ..studies.ladder import LEAST_ORIGIN, MOST_ORIGIN

    if origin is not None and not LEAST_ORIGIN <= origin <= MOST_ORIGIN:
        raise TreguaError(
            "TR2904",
            "the ladder cannot start here",
            where="origin",
            found=origin,
            expected=f"a year from {LEAST_ORIGIN} to {MOST_ORIGIN}",
        )


def _write(
    folder: Path, may_replace: bool, table: pandas.DataFrame, origins: Sequence[int]
) -> None:
    """The folder: the table, and a manifest with the rungs."""
    from ..reporting.run_folder import write_json, write_tables
    from ..studies.ladder import rungs

    manifest = {
        "kind": "ladder",
        "tregua": __version__,
        "origins": list(origins),
        "rungs": [vars(rung) for rung in rungs()],
    }
    with staged(folder, may_replace) as place:
        write_tables(place, {"ladder": table})
        write_json(place / MANIFEST, manifest)


def _show(table: pandas.DataFrame) -> None:
    """The table for people, one row for each rung and origin."""
    rows = [
        [
            r.rung,
            str(r.origin),
            "" if math.isnan(r.growth) else f"{r.growth:+.2f}",
            f"{r.crps:.1f}",
            f"{100 * r.covered_80:.0f} %",
        ]
        for r in table.itertuples()
    ]
    print_table(
        "What each mechanism adds to forecasts",
        ["rung", "origin", "growth", "CRPS", "in 80 %"],
        rows,
        CAPTION,
    )
