"""Forecast command, `tregua forecast`: a frozen forecast of homicides by territory, as files."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ..optional import SCORE, need
from ..reporting.wording import ends, persons
from .folders import country_of, named_after, tell_pack
from .show import ERR, print_json, print_table, progress_bar
from .target import target_folder

CAPTION = (
    "All {states} together, homicides on record. A sample is one future of all {states}; the "
    "file holds every {state}."
)


def write_forecast(
    origin: int | None,
    months: int | None,
    replicates: int | None,
    seed: int | None,
    data: str | None,
    out: Path | None,
    replace: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Make the forecast, score the same layer at earlier origins for the page beside it,
    and write the folder.
    """
    began = time.perf_counter()
    need(SCORE)
    from ..countries.imports import UNUSED
    from ..countries.kept_imports import imported
    from ..countries.record import monthly_record
    from ..forecasting.write import LONGEST, REPLICATES, frozen, rolling_scores, write
    from ..results.staging import staged

    pack = country_of(data)
    tell_pack(pack)
    origin = monthly_record(pack).last if origin is None else origin
    folder, may_replace = target_folder(out, f"{named_after('forecast', pack)}-{origin}", replace)
    if imported(pack, "homicides") and not quiet:
        ERR.print(f"The homicides that you have imported are {UNUSED}.", markup=False)
    forecast = frozen(
        origin,
        LONGEST if months is None else months,
        REPLICATES if replicates is None else replicates,
        1 if seed is None else seed,
        pack,
    )
    with progress_bar("Scoring earlier origins", quiet or as_json) as told:
        scores = rolling_scores(origin, told, pack)
    with staged(folder, may_replace) as place:
        write(place, forecast, scores)
    national = forecast.years.sum(axis=1)
    bands = np.quantile(national, (0.1, 0.5, 0.9), axis=0).T
    if as_json:
        years = [
            {"year": origin + 1 + i, "low_80": low, "median": middle, "high_80": high}
            for i, (low, middle, high) in enumerate(bands.tolist())
        ]
        print_json(
            {"folder": str(folder), "seconds": time.perf_counter() - began, "national": years}
        )
        return 0
    if not quiet:
        rows = []
        for year, (low, middle, high) in enumerate(bands.tolist(), origin + 1):
            low, high = ends(low, high)
            rows.append([str(year), *map(persons, (low, middle, high))])
        print_table(
            f"Forecast from the end of {origin}",
            ["year", "low (80 %)", "median", "high (80 %)"],
            rows,
            CAPTION.format(states=pack.word("en"), state=pack.word("en", many=False)),
        )
    ERR.print(f"Forecast: {folder}", markup=False)
    return 0
