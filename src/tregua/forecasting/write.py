"""Frozen forecasts: files of samples that are written once, before anybody can know what came, with
all that is needed to make them again.

A folder holds ``state_year.parquet`` and ``state_month.parquet``, in the form that ``tregua score``
reads, ``manifest.json`` and ``README.md``.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from .._version import __version__
from ..countries.record import FOLDER, LAST_YEAR, MONTHS, monthly_record, yearly_record
from ..errors import TreguaError
from ..reporting.run_folder import write_json
from ..results.code_digest import syntax_digest, text_digest
from ..shipped import table_notes
from . import past
from .baselines import samples_of
from .readme import readme
from .rolling import FIRST_ORIGIN, LABEL, NAME, OTHERS
from .samples import Frozen
from .scoreboard import ORIGINS, Progress, Scoreboard, board

if TYPE_CHECKING:
    import pandas

LONGEST = MONTHS * past.YEARS
"""Months ahead for which the layer learns: four years."""

MONTHS_KEPT = 36
"""Months that are written one by one. In the fourth year a month says nothing that
its year does not.
"""

REPLICATES = 1000
"""Samples in a frozen file: the ends of a 95 % interval have 25 beyond them."""

BESIDE = ("carry-forward", "random-walk")
"""Baselines whose scores the README shows beside the layer's: the two that take no time.
``tregua score`` has them all.
"""

USED = ("homicides-month.csv", "population.csv", "adjacency.csv")

CODE = (
    "countries/record.py",
    "forecasting/baselines/walk.py",
    "forecasting/past.py",
    "forecasting/layer.py",
)
"""Files that decide the numbers; of each the syntax is hashed,
so that moving or reformatting it changes nothing.
"""

KNOWN = {
    2020: (
        "What everybody knew at the end of 2020 and the layer does not: the covid-19 pandemic had "
        "begun that year and was not\n"
        "over. The record of 2020 is in the forecast; nothing else about the pandemic is."
    )
}
"""By origin, what was common knowledge of the years to come. No figure."""


def frozen(
    origin: int = LAST_YEAR, months: int = LONGEST, replicates: int = REPLICATES, seed: int = 1
) -> Frozen:
    """The layer's forecast from the end of a year; the same seed gives the same samples.

    Raises:
        TreguaError: TR2801 for an origin or a number of months that cannot be forecast, TR2204 for
            replicates or a seed out of range.
    """
    if not FIRST_ORIGIN <= origin <= LAST_YEAR:
        expected = f"a year from {FIRST_ORIGIN} to {LAST_YEAR}"
        raise TreguaError(
            "TR2801",
            "no forecast can be made from this year",
            where="origin",
            found=origin,
            expected=expected,
        )
    if not 1 <= months <= LONGEST:
        raise TreguaError(
            "TR2801",
            "the layer does not forecast so many months",
            where="months",
            found=months,
            expected=f"1 to {LONGEST}",
        )
    samples = samples_of(NAME, OTHERS[NAME], monthly_record(), origin, months, replicates, seed)
    return Frozen(origin, seed, monthly_record().until(origin), samples)


def rolling_scores(origin: int, progress: Progress | None = None) -> Scoreboard | None:
    """Scores of the layer, and of two baselines, from those of the usual origins whose four years
    were over at this one; none if there are none.
    """
    over = tuple(year for year in ORIGINS if year + past.YEARS <= origin)
    return (
        board(yearly_record(), over, models=BESIDE, progress=progress, others=OTHERS)
        if over
        else None
    )


def tables(forecast: Frozen) -> dict[str, pandas.DataFrame]:
    """The tables by file name, one row for each state, period and replicate;
    that of years only where a year is whole.
    """
    by_month = {"state_month": _table(forecast, forecast.samples[:, :, :MONTHS_KEPT], MONTHS)}
    return (
        {"state_year": _table(forecast, forecast.years, 1)} if forecast.years.shape[2] else {}
    ) | by_month


def _table(
    forecast: Frozen, samples: Int[np.ndarray, "replicate state lead"], season: int
) -> pandas.DataFrame:
    """Samples in the form that ``tregua score`` reads; replicates of a state and period lie
    together, which packs best.
    """
    import pandas

    state, lead, replicate = np.indices(samples.shape[1:] + samples.shape[:1]).reshape(3, -1)
    year = (forecast.origin + 1 + lead // season).astype(np.int16)
    columns = {"state_code": np.array(forecast.record.codes, dtype=object)[state], "year": year}
    if season > 1:
        columns["month"] = (lead % season + 1).astype(np.int8)
    deaths = np.moveaxis(samples, 0, 2).ravel().astype(np.int32)
    return pandas.DataFrame(
        {
            **columns,
            "replicate": replicate.astype(np.int16 if len(samples) < 2**15 else np.int32),
            "homicides": deaths,
        }
    )


def manifest(forecast: Frozen) -> dict[str, Any]:
    """What went in and how to make it again; no path of this machine, no time."""
    taught = past.learnt(forecast.record)
    months = forecast.samples.shape[2]
    settings = {
        "signs": list(past.SIGNS),
        "half_year_months": past.HALF_YEAR,
        "prior_years": past.PRIOR_YEARS,
        "least_months": past.LEAST_MONTHS,
        "quarter_months": past.QUARTER,
        "growth_of_mechanisms": None,
    }
    learnt = {
        "slopes": taught.slopes.tolist(),
        "common": taught.common.tolist(),
        "own": taught.own.tolist(),
        "common_freedom": taught.common_freedom,
        "own_freedom": taught.own_freedom,
    }
    return {
        "kind": "forecast",
        "model": LABEL,
        "tregua": __version__,
        "numpy": version("numpy"),
        "scipy": version("scipy"),
        "code_sha256": text_digest(
            "\n".join(
                syntax_digest((files("tregua") / name).read_text(encoding="utf-8")) for name in CODE
            )
        ),
        "origin": forecast.origin,
        "months": months,
        "replicates": len(forecast.samples),
        "seed": forecast.seed,
        "settings": settings,
        "learnt": learnt,
        "data_sha256": _digest(
            forecast.record.counts.astype("<i8").tobytes(),
            forecast.record.people.astype("<f8").tobytes(),
        ),
        "tables": [note for note in table_notes(FOLDER) if note["file"] in USED],
        "command": command(forecast),
    }


def command(forecast: Frozen) -> str:
    """The command that makes the same forecast."""
    replicates, _, months = forecast.samples.shape
    what = (
        f"--origin {forecast.origin} --months {months} --replicates {replicates} "
        f"--seed {forecast.seed}"
    )
    return f"tregua forecast {what} --out forecasts/origin-{forecast.origin}"


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def write(folder: Path, forecast: Frozen, scores: Scoreboard | None) -> None:
    """Write all files of a forecast into a folder that is still staged
    (:func:`tregua.reporting.run_folder.staged`).
    """
    for name, table in tables(forecast).items():
        table.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
    note = manifest(forecast)
    page = readme(
        forecast,
        scores,
        note["command"],
        KNOWN.get(forecast.origin, ""),
        min(MONTHS_KEPT, forecast.samples.shape[2]),
    )
    (folder / "README.md").write_text(page, encoding="utf-8")
    write_json(folder / "manifest.json", note)
