"""Forward selection of mechanisms, `tregua ladder`: what each one adds to forecasts."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._version import __version__
from ..countries.pack import Pack
from ..engine.session import begin, usable_cores
from ..errors import TreguaError
from ..optional import SCORE, need
from ..results.checkpoints import Checkpoint, unfinished_folder
from ..results.provenance import joint_digest
from ..results.staging import MANIFEST, staged
from .folders import country_of, named_after, tell_pack
from .show import ERR, print_json, print_table, progress_bar
from .target import target_folder

if TYPE_CHECKING:
    import pandas

CAPTION = (
    "Mean CRPS in deaths in a year in each of the {count} {territories} over four years, lower is "
    "better; in 80 %: share of the record inside that interval. Growth: of the log of recorded "
    "homicides from the origin to the fourth year that the mechanisms expect, mean of the "
    "{territories}. A rung is the layer with the growth of a model that has all mechanisms up to "
    "there, at its best point."
)


def climb(
    data: str | None,
    origin: int | None,
    out: Path | None,
    replace: bool,
    fresh: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Fit and score every rung, print the table and write the folder."""
    began = time.perf_counter()
    pack = country_of(data)
    need(SCORE)
    begin(max(1, usable_cores() // 2), float64=True)
    from ..studies.ladder import inputs_of, ladder, rungs_of

    origins = _origins(pack, origin)
    folder, may_replace = target_folder(out, named_after("ladder", pack), replace)
    tell_pack(pack)
    rungs = rungs_of(pack)
    digest = joint_digest([__version__, inputs_of(pack), *(str(rung) for rung in rungs)])
    checkpoint = Checkpoint(unfinished_folder(folder.parent, digest))
    if fresh:
        checkpoint.discard()
    try:
        with progress_bar("Fitting and scoring", quiet or as_json) as told:
            table = ladder(pack, origins, told, checkpoint)
    except KeyboardInterrupt:
        ERR.print(
            "Stopped. Finished rungs are kept; the same command goes on from there, --fresh "
            "starts over. No folder was written."
        )
        return 130
    _write(folder, may_replace, table, pack, origins)
    checkpoint.discard()
    if as_json:
        seconds = time.perf_counter() - began
        records = table.to_dict("records")
        print_json({"folder": str(folder), "seconds": seconds, "ladder": records})
        return 0
    if not quiet:
        _show(table, pack)
    ERR.print(f"Table: {folder}", markup=False)
    return 0


def _origins(pack: Pack, origin: int | None) -> tuple[int, ...]:
    """Origins of the ladder of a country; one from which it cannot start is refused (TR2904)."""
    from ..studies.ladder import LEADS, LEAST_YEARS, origins_of, span_of

    least, most = span_of(pack)
    if least > most or (origin is not None and not least <= origin <= most):
        raise TreguaError(
            "TR2904",
            "the ladder cannot start here",
            where="origin",
            found=origin if origin is not None else pack.name,
            expected=f"a year from {least} to {most}"
            if least <= most
            else f"{LEAST_YEARS} years of the model before an origin and {LEADS} years of the "
            f"record after it: a record to {least + LEADS} or later",
        )
    return origins_of(pack) if origin is None else (origin,)


def _write(
    folder: Path, may_replace: bool, table: pandas.DataFrame, pack: Pack, origins: Sequence[int]
) -> None:
    """The folder: the table, and a manifest with the rungs."""
    from ..reporting.run_folder import write_json, write_tables
    from ..studies.ladder import rungs_of

    manifest = {
        "kind": "ladder",
        "tregua": __version__,
        "country": pack.name,
        "origins": list(origins),
        "rungs": [vars(rung) for rung in rungs_of(pack)],
    }
    with staged(folder, may_replace) as place:
        write_tables(place, {"ladder": table})
        write_json(place / MANIFEST, manifest)


def _show(table: pandas.DataFrame, pack: Pack) -> None:
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
        CAPTION.format(count=len(pack.territories.codes), territories=pack.word("en")),
    )
