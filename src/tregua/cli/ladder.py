"""`tregua ladder`: what each mechanism adds to forecasts."""

from __future__ import annotations

import math
import time
from pathlib import Path

from .._version import __version__
from ..engine.session import begin, usable_cores
from ..errors import TreguaError
from .run import check_target
from .show import ERR, print_json, print_table, progress_bar

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
    begin(max(1, usable_cores() // 2), float64=True)
    from ..reporting.run_folder import write_json, write_tables
    from ..results.checkpoints import Checkpoint, unfinished_folder
    from ..results.provenance import joint_digest
    from ..results.staging import MANIFEST, staged
    from ..studies.ladder import LEAST_ORIGIN, MOST_ORIGIN, ORIGINS, ladder, rungs

    if origin is not None and not LEAST_ORIGIN <= origin <= MOST_ORIGIN:
        raise TreguaError(
            "TR2904",
            "the ladder cannot start here",
            where="origin",
            found=origin,
            expected=f"a year from {LEAST_ORIGIN} to {MOST_ORIGIN}",
        )
    origins = ORIGINS if origin is None else (origin,)
    folder, may_replace = out or Path("runs") / "ladder", replace or out is None
    check_target(folder, may_replace)
    kept = Checkpoint(
        unfinished_folder(
            folder.parent, joint_digest([__version__, *(str(rung) for rung in rungs())])
        )
    )
    if fresh:
        kept.discard()
    try:
        with progress_bar("Fitting and scoring", quiet or as_json) as told:
            table = ladder(origins, told, kept)
    except KeyboardInterrupt:
        ERR.print(
            "Stopped. Finished rungs are kept; the same command goes on from there, --fresh "
            "starts over. No folder was written."
        )
        return 130
    with staged(folder, may_replace) as place:
        write_tables(place, {"ladder": table})
        write_json(
            place / MANIFEST,
            {
                "kind": "ladder",
                "tregua": __version__,
                "origins": list(origins),
                "rungs": [vars(rung) for rung in rungs()],
            },
        )
    kept.discard()
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "seconds": time.perf_counter() - began,
                "ladder": table.to_dict("records"),
            }
        )
        return 0
    if not quiet:
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
    ERR.print(f"Table: {folder}", markup=False)
    return 0
