"""Calibration command, `tregua fit`: a posterior of the model of a country from its record."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..countries.pack import Pack
from ..engine.session import begin, usable_cores
from ..errors import TreguaError
from ..optional import FIT, need
from .folders import country_of, named_after, tell_pack
from .show import ERR, print_json, print_table, progress_bar
from .streams import stopped
from .target import target_folder

if TYPE_CHECKING:
    import pandas

    from ..inference.chains import Length
    from ..inference.ensemble import Size

LEAST_POINTS, MOST_POINTS, MOST_PASSES = 20, 100_000, 20
"""With fewer points there are no covariances to speak of; more passes change nothing any more."""

LEAST_DRAWS, MOST_STEPS = 4, 100_000
"""With fewer draws diagnostics of chains are not defined; more chains or iterations never end."""

LEAST_YEARS = 3
"""Years of the record that a fit needs: with fewer no walk can be told from noise."""

NOT_BELIEVED = 1
"""Exit status where the folder is written and the chains may not be believed."""


def fit_model(
    data: str | None,
    until: int | None,
    size: Length | Size,
    out: Path | None,
    may_replace: bool,
    fresh: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Fit by the method that the size belongs to, and write the folder;
    unfinished work is taken up again.
    """
    began = time.perf_counter()
    from ..inference.ensemble import Size

    by_ensemble, pack = isinstance(size, Size), country_of(data)
    if not by_ensemble:
        need(FIT)
    # A step with gradient keeps two cores busy by itself, and its program is large:
    # one device for two cores.
    begin(usable_cores() if by_ensemble else max(1, usable_cores() // 2), float64=not by_ensemble)
    from ..countries.record import yearly_record
    from ..inference.ensemble_job import EnsembleJob
    from ..inference.job import Job, national
    from ..results.staging import WRITTEN, staged

    until = yearly_record(pack).last if until is None else until
    _check(pack, until, size)
    folder, may_replace = target_folder(out, named_after(f"fit-{until}", pack), may_replace)
    kind: Any = EnsembleJob if by_ensemble else Job
    tell_pack(pack)
    job = kind(national(pack, until), until, size, folder.parent)
    if fresh:
        job.discard()
    silent, seconds = quiet or as_json, {}
    if not as_json:
        tell_left_out(job.chosen.left_out)
    try:
        for label, part in job.parts().items():
            start = time.perf_counter()
            with progress_bar(label, silent) as told:
                part(told)
            seconds[label] = time.perf_counter() - start
        with staged(folder, may_replace) as place:
            job.write(place, {"command": command(data, until, size), "seconds": seconds})
    except KeyboardInterrupt:
        ERR.print(
            stopped()
            if WRITTEN
            else "Stopped. What is finished is kept; the same command goes on from there, --fresh "
            "starts over. No folder was written.",
            markup=False,
        )
        return 130
    job.discard()
    _show(job, folder, time.perf_counter() - began, quiet, as_json)
    return NOT_BELIEVED if job.fit.problems else 0


def tell_left_out(names: Sequence[str]) -> None:
    """Say which counts of a country the model has nothing to set against."""
    if names:
        ERR.print(
            "Left out, as the model has no such flow: " + "; ".join(names) + ".", markup=False
        )


def _check(pack: Pack, until: int, size: Any) -> None:
    """Refuse years and sizes that give no fit."""
    from ..countries.record import yearly_record
    from ..inference.chains import Length
    from ..inference.job import first_year

    least, most = first_year(pack) + LEAST_YEARS - 1, yearly_record(pack).last
    if not least <= until <= most:
        expected = f"a year from {least} to {most}"
        raise TreguaError(
            "TR2904",
            "a fit cannot end with this year",
            where="until",
            found=until,
            expected=expected
            if least <= most
            else f"a record to {least} or later; that of {pack.name} ends in {most}",
        )
    if isinstance(size, Length):
        asked = size.chains, size.warmup, size.draws
        if min(asked) < 1 or size.draws < LEAST_DRAWS or max(asked) > MOST_STEPS:
            raise TreguaError(
                "TR2905",
                "chains cannot have this length",
                where="command line",
                found="{} chains, {} iterations of warm-up, {} draws".format(*asked),
                expected=f"1 chain, 1 of warm-up, {LEAST_DRAWS} draws or more, each up to "
                f"{MOST_STEPS:,}",
            )
    elif not LEAST_POINTS <= size.points <= MOST_POINTS or not 1 <= size.passes <= MOST_PASSES:
        raise TreguaError(
            "TR2905",
            "an ensemble cannot have this size",
            where="command line",
            found=f"{size.points} points, {size.passes} passes",
            expected=f"{LEAST_POINTS} to {MOST_POINTS} points, 1 to {MOST_PASSES} passes",
        )


def command(data: str | None, until: int, size: Any) -> str:
    """The command that makes the same fit."""
    from ..inference.chains import Length

    method = "chains" if isinstance(size, Length) else "ensemble"
    return " ".join(
        [
            "tregua fit",
            *([f"--data {data}"] if data else []),
            f"--until {until} --method {method}",
            *(f"--{name} {value}" for name, value in asdict(size).items()),
        ]
    )


def _show_explained(table: pandas.DataFrame) -> None:
    """What the mechanisms explain of changes, places in rows and years apart in columns."""
    wide, steady = (
        table.pivot(index="of", columns="years_apart", values=name)
        for name in ("explained", "steady")
    )
    tables = {"": wide, ", by a steady rise": steady.loc[["nation"]]}
    rows = [
        [f"{of}{by}", *(f"{100 * share:.0f} %" for share in shares)]
        for by, table_of in tables.items()
        for of, *shares in table_of.itertuples()
    ]
    caption = (
        "Share of the squared changes (log of recorded homicides) that what the mechanisms expect "
        "takes away. A level that stays takes away 0 %."
    )
    heads = ["from year to year" if years == 1 else f"over {years} years" for years in wide.columns]
    print_table("What the mechanisms explain of changes", ["of", *heads], rows, caption)


def _show(job: Any, folder: Path, seconds: float, quiet: bool, as_json: bool) -> None:
    """What the fit found, in a few lines."""
    fit = job.fit
    if as_json:
        table = fit.table.to_dict("records")
        print_json(
            {
                "folder": str(folder),
                "seconds": seconds,
                "problems": list(fit.problems),
                "explained": job.explained.to_dict("records"),
                "unknowns": table,
            }
        )
        return
    if not quiet:
        table = fit.table.sort_values("width_left").head(15)
        # Points of an ensemble have no R-hat: they are no chains.
        has = "r_hat" in table
        rows = [
            [
                r.unknown,
                f"{r.mean:+.2f}",
                f"{100 * r.width_left:.0f} %",
                *([f"{r.r_hat:.3f}"] if has else []),
                f"{r.effective_draws:.0f}",
            ]
            for r in table.itertuples()
        ]
        caption = (
            f"{int(fit.table['moved'].sum())} of {len(fit.table)} unknowns were moved by the "
            "record; the 15 that it tells most about. Mean: in standard deviations of the prior, "
            "from its middle. Width left: standard deviation after over before."
        )
        print_table(
            "What the record says",
            ["unknown", "mean", "width left", *(["R-hat"] if has else []), "effective draws"],
            rows,
            caption,
        )
        _show_explained(job.explained)
    for problem in fit.problems:
        ERR.print(f"Do not trust this posterior yet: {problem}.", markup=False)
    if fit.problems:
        ERR.print(
            "Larger ensembles (--points, --passes) or longer chains (--warmup, --draws) may help.",
            markup=False,
        )
    ERR.print(f"Posterior: {folder}, {seconds / 60:.1f} minutes", markup=False)
