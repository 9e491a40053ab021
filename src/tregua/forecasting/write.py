"""Frozen forecasts: files of samples that are written once, before anybody can know what came, with
all that is needed to make them again.

A folder holds ``state_year.parquet`` and ``state_month.parquet``, in the form that ``tregua score``
reads, ``manifest.json`` and ``README.md``; and, where the country is a folder, a copy of that.
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
from ..countries.pack import COUNTRY, Pack, copy_of
from ..countries.record import MONTHS, count_of, monthly_record, yearly_record
from ..errors import TreguaError
from ..reporting.run_folder import write_json
from ..results.code_digest import syntax_digest, text_digest
from . import past
from .baselines import samples_of
from .readme import asked, readme
from .rolling import LABEL, NAME, OTHERS, first_origin
from .samples import Frozen
from .scoreboard import LEADS, Progress, Scoreboard, board, usual_origins
from .submission import origins_of

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

CODE = (
    "countries/record.py",
    "forecasting/baselines/walk.py",
    "forecasting/past.py",
    "forecasting/layer.py",
)
"""Files that decide the numbers; of each the syntax is hashed,
so that moving or reformatting it changes nothing.
"""


def used(pack: Pack) -> tuple[str, ...]:
    """Tables that decide a forecast of a country."""
    return (count_of(pack).file, "population.csv", "adjacency.csv")


def frozen(
    origin: int | None = None,
    months: int = LONGEST,
    replicates: int = REPLICATES,
    seed: int = 1,
    pack: Pack | None = None,
) -> Frozen:
    """The layer's forecast from the end of a year; the same seed gives the same samples.

    Args:
        origin: the last year known; that of the record if not given.
        months: to forecast.
        replicates: how many samples.
        seed: of the samples.
        pack: the country; the first that ships if none is given.

    Raises:
        TreguaError: TR2801 for an origin or a number of months that cannot be forecast, TR2810
            where the record is too short for any, TR2204 for replicates or a seed out of range.
    """
    record = monthly_record(pack)
    first, last = first_origin(record), record.last
    if last < first:
        raise TreguaError(
            "TR2810",
            "the record of this country is too short for the layer",
            where=f"{record.pack.shown}, table {count_of(record.pack).file}",
            found=f"the years {record.first} to {last}",
            expected=f"at least {past.LEAST_YEARS} years",
        )
    origin = last if origin is None else origin
    if not first <= origin <= last:
        expected = f"a year from {first} to {last}"
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
    samples = samples_of(NAME, OTHERS[NAME], record, origin, months, replicates, seed)
    return Frozen(origin, seed, record.until(origin), samples)


def rolling_scores(
    origin: int, progress: Progress | None = None, pack: Pack | None = None
) -> Scoreboard | None:
    """Scores of the layer, and of two baselines, from those of the usual origins from which the
    layer can be made and whose four years were over at this one; none if there are none.
    """
    record = yearly_record(pack)
    if record.last - LEADS[1] not in origins_of(record):
        return None
    over = tuple(
        year
        for year in usual_origins(pack)
        if first_origin(record) <= year and year + past.YEARS <= origin
    )
    return board(record, over, models=BESIDE, progress=progress, others=OTHERS) if over else None


def tables(forecast: Frozen) -> dict[str, pandas.DataFrame]:
    """The tables by file name, one row for each territory, period and replicate;
    that of years only where a year is whole.
    """
    by_month = {"state_month": _table(forecast, forecast.samples[:, :, :MONTHS_KEPT], MONTHS)}
    return (
        {"state_year": _table(forecast, forecast.years, 1)} if forecast.years.shape[2] else {}
    ) | by_month


def _table(
    forecast: Frozen, samples: Int[np.ndarray, "replicate state lead"], season: int
) -> pandas.DataFrame:
    """Samples in the form that ``tregua score`` reads; replicates of a territory and period
    lie together, which packs best.
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
    taught, pack = past.learnt(forecast.record), forecast.record.pack
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
        "country": pack.name,
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
        "tables": [note for note in pack.notes if note["file"] in used(pack)],
        "command": command(forecast),
    }


def command(forecast: Frozen) -> str:
    """The command that makes the same forecast; from the folder that it is written into, where the
    country is a folder, of which there is then a copy.
    """
    replicates, _, months = forecast.samples.shape
    what = (
        f"--origin {forecast.origin} --months {months} --replicates {replicates} "
        f"--seed {forecast.seed}"
    )
    data = asked(forecast.record.pack)
    return f"tregua forecast {data}{what} --out forecasts/origin-{forecast.origin}"


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
    note, pack = manifest(forecast), forecast.record.pack
    page = readme(forecast, scores, note["command"], min(MONTHS_KEPT, forecast.samples.shape[2]))
    if not pack.module:
        copy_of(pack, folder / COUNTRY)
    (folder / "README.md").write_text(page, encoding="utf-8")
    write_json(folder / "manifest.json", note)
