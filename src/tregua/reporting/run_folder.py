"""Run folders: tables, arrays, figures and report of a run, with its provenance."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.trajectories import Trajectories
from ..results import by_territory, by_victim
from ..results.comparison import Comparison
from ..results.outcomes import deaths_of
from ..results.provenance import make_manifest
from ..results.staging import MANIFEST
from ..results.tables import last_named, named_groups, weekly_bands, yearly, yearly_bands
from ..scenarios.posterior import StoredPosterior
from ..scenarios.scenario import Draws

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from .charts.style import Picture


def write_run(
    folder: Path,
    trajectories: Trajectories,
    command: str,
    seconds: float,
    posterior: StoredPosterior | None = None,
) -> None:
    """Write all files of a run into a folder that is still :func:`~tregua.results.staging.staged`.

    Args:
        folder: an empty folder.
        trajectories: the run.
        command: the command that made it.
        seconds: time that it took.
        posterior: whose draws it used, if any.

    Raises:
        OSError: where nothing can be written; :func:`~tregua.results.staging.staged` turns it into
            TR3102.
    """
    draws = posterior.draws_for(trajectories.scenario.model) if posterior else None
    manifest = make_manifest("run", [trajectories], command, seconds, draws, posterior)
    with ThreadPoolExecutor(1) as beside:
        # Compressing the arrays takes as long as all else, and leaves Python to it.
        arrays = beside.submit(
            _write_arrays, folder / "arrays.nc", trajectories, draws, manifest["inputs_sha256"]
        )
        from .html import readme, run_report

        tables, pictures = run_parts(trajectories, manifest, posterior)
        write_tables(folder, tables)
        write_pictures(folder, pictures)
        (folder / "report.html").write_text(
            run_report(trajectories, manifest, pictures, tables), encoding="utf-8"
        )
        arrays.result()
    (folder / "README.txt").write_text(readme(manifest, tables), encoding="utf-8")
    write_json(folder / MANIFEST, manifest)


def write_comparison(
    folder: Path,
    comparison: Comparison,
    command: str,
    seconds: float,
    posterior: StoredPosterior | None = None,
) -> None:
    """Write all files of a comparison into a folder that is still
    :func:`~tregua.results.staging.staged`; see :func:`write_run`.
    """
    from .html import comparison_report, readme

    runs = (comparison.baseline, *comparison.policies)
    draws = posterior.draws_for(comparison.baseline.scenario.model) if posterior else None
    manifest = make_manifest("comparison", runs, command, seconds, draws, posterior)
    if comparison.drivers:
        manifest["drivers_note"] = comparison.drivers.note
    tables, pictures = comparison_parts(comparison, manifest)
    write_tables(folder, tables)
    for name, run, scenario in zip(
        slugs([run.scenario.name for run in runs]), runs, manifest["scenarios"], strict=True
    ):
        _write_arrays(folder / f"arrays-{name}.nc", run, draws, scenario["inputs_sha256"])
    write_pictures(folder, pictures)
    (folder / "report.html").write_text(
        comparison_report(comparison, manifest, pictures, tables), encoding="utf-8"
    )
    (folder / "README.txt").write_text(readme(manifest, tables), encoding="utf-8")
    write_json(folder / MANIFEST, manifest)


def run_parts(
    trajectories: Trajectories,
    manifest: Mapping[str, Any],
    posterior: StoredPosterior | None = None,
) -> tuple[dict[str, pandas.DataFrame], list[Picture]]:
    """Tables by file name, and pictures, of a run.

    Args:
        trajectories: the run.
        manifest: its provenance.
        posterior: whose draws it used, if any.
    """
    from ..results.held_out import held_out
    from .charts.fit import held_out_picture, pictures_of_fit
    from .charts.runs import pictures_of_run

    tables = run_tables(trajectories, manifest)
    pictures = pictures_of_run(trajectories, footer(manifest))
    if posterior:
        pictures += pictures_of_fit(
            posterior.tables,
            trajectories.scenario.data,
            f"Posterior {posterior.name}, {posterior.digest}",
        )
        unseen = held_out(trajectories)
        if len(unseen):
            tables["held_out"] = unseen
            pictures.append(held_out_picture(unseen, footer(manifest)))
    return tables, pictures


def comparison_parts(
    comparison: Comparison, manifest: Mapping[str, Any]
) -> tuple[dict[str, pandas.DataFrame], list[Picture]]:
    """Tables by file name, and pictures, of a comparison; see :func:`run_parts`."""
    from .charts.comparisons import pictures_of_comparison

    return comparison_tables(comparison, manifest), pictures_of_comparison(
        comparison, footer(manifest)
    )


def run_tables(
    trajectories: Trajectories, manifest: Mapping[str, Any]
) -> dict[str, pandas.DataFrame]:
    """The tables of a run by file name."""
    tables = {
        "yearly_bands": yearly_bands(trajectories),
        "weekly_bands": weekly_bands(trajectories),
        "yearly": yearly(trajectories),
        **_records_tables(manifest),
    }
    model, placed = trajectories.scenario.model, _places(trajectories)
    if deaths_of(model):
        tables |= {
            "deaths_by_victim": by_victim.deaths_by_victim(trajectories),
            "deaths_in_run": by_victim.deaths_in_run(trajectories),
        }
    if model.records:
        tables["recorded"] = by_victim.recorded_against_happened(trajectories)
    if placed > 1:
        tables["by_territory"] = by_territory.headlines_by_territory(trajectories)
    if last_named(trajectories) is not None:
        tables["named_groups"] = named_groups(trajectories)
    return tables


def comparison_tables(
    comparison: Comparison, manifest: Mapping[str, Any]
) -> dict[str, pandas.DataFrame]:
    """The tables of a comparison by file name."""
    import pandas

    runs = (comparison.baseline, *comparison.policies)
    return {
        "differences": comparison.table(),
        "pairs": comparison.pairs(),
        "beats": _beats(comparison),
        **(
            {"drivers": comparison.drivers.table}
            if comparison.drivers and len(comparison.drivers.table)
            else {}
        ),
        "yearly_bands": pandas.concat([yearly_bands(run) for run in runs], ignore_index=True),
        "weekly_bands": pandas.concat([weekly_bands(run) for run in runs], ignore_index=True),
        **(
            {"differences_by_territory": _by_territory(comparison)}
            if _places(comparison.baseline) > 1
            else {}
        ),
        **_records_tables(manifest),
    }


def _places(trajectories: Trajectories) -> int:
    return len(trajectories.scenario.data.space.labels("territory"))


def _by_territory(comparison: Comparison) -> pandas.DataFrame:
    """Differences in every territory of all headline outcomes that are counted there."""
    import pandas

    return pandas.concat(
        [
            comparison.territories(outcome.name)
            for outcome in by_territory.placed_headlines(comparison.baseline)
        ],
        ignore_index=True,
    )


def footer(manifest: Mapping[str, Any]) -> str:
    """Provenance at the bottom of a figure: what its bands leave out, and where it comes from."""
    chance = (
        "Bands show chance only, with every parameter held fixed. "
        if manifest["replicates"] > 1 and not manifest["posterior_draws"]
        else ""
    )
    return (
        f"{chance}Tregua {manifest['versions']['tregua']} · inputs "
        f"{manifest['inputs_sha256'][:8]} · seed {manifest['seed']}"
    )


def slugs(names: Sequence[str]) -> list[str]:
    """Names as parts of file names, each different from the others."""
    chosen: list[str] = []
    for name in names:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "scenario"
        number = 2
        unique = slug
        while unique in chosen:
            unique, number = f"{slug}-{number}", number + 1
        chosen.append(unique)
    return chosen


def _records_tables(manifest: Mapping[str, Any]) -> dict[str, pandas.DataFrame]:
    """Parameters with their evidence, and policies with their changes, one row each."""
    import pandas

    rows = []
    for record in manifest["parameters"]:
        low, high = record["support"]
        known = {
            key: record[key]
            for key in ("name", "doc", "value", "lowest", "highest", "unit", "layer", "reason")
        }
        rows += [
            {
                **known,
                "support_low": low,
                "support_high": high,
                "prior": record["prior"],
                **evidence,
            }
            for evidence in record["evidence"]
        ]
    tables = {
        "parameters": pandas.DataFrame(rows).astype({"support_low": float, "support_high": float})
    }
    units = {record["name"]: record["unit"] for record in manifest["parameters"]}
    changes = []
    for scenario in manifest["scenarios"]:
        for policy in scenario["policies"]:
            for change in policy["modifiers"]:
                unit = "1" if change["operation"] == "scale" else units[change["target"]]
                spelled = {
                    **change,
                    "unit": unit,
                    "territories": "; ".join(change["territories"]),
                    "start": change["start"] or "",
                    "end": change["end"] or "",
                }
                changes.append({"scenario": scenario["name"], "policy": policy["name"], **spelled})
    if changes:
        tables["policies"] = pandas.DataFrame(changes)
    return tables


def _beats(comparison: Comparison) -> pandas.DataFrame:
    """Share of pairs in which one run has the lower number,
    one row for each outcome and two runs.
    """
    import pandas

    rows = []
    for outcome in comparison.outcomes:
        shares = comparison.beats(outcome)
        rows += [
            {"outcome": outcome, "run": a, "against": b, "lower_in": shares.loc[a, b]}
            for a in shares.index
            for b in shares.columns
            if a != b
        ]
    return pandas.DataFrame(rows)


def write_tables(folder: Path, tables: Mapping[str, pandas.DataFrame]) -> None:
    """Write every table as parquet and csv into the folder ``tables``."""
    place = folder / "tables"
    place.mkdir()
    for name, table in tables.items():
        table.to_parquet(place / f"{name}.parquet", index=False)
        table.to_csv(place / f"{name}.csv", index=False, lineterminator="\n")


def _write_arrays(path: Path, trajectories: Trajectories, draws: Draws | None, digest: str) -> None:
    from ..engine.trajectories import to_xarray, write_arrays

    write_arrays(path, to_xarray(trajectories, draws).assign_attrs(inputs_sha256=digest))


def write_pictures(folder: Path, pictures: Sequence[Picture]) -> None:
    """Write every chart as PNG and SVG into the folder ``figures``."""
    place = folder / "figures"
    place.mkdir()
    for picture in pictures:
        save_picture(place, picture.name, picture)


def save_picture(folder: Path, name: str, picture: Picture | Figure) -> None:
    """Write a chart as ``name.png`` and ``name.svg``, without dates,
    so that the same chart gives the same files.
    """
    from .charts.style import Picture, render

    for kind in ("png", "svg"):
        image = getattr(picture, kind) if isinstance(picture, Picture) else render(picture, kind)
        (folder / f"{name}.{kind}").write_bytes(image)


def write_json(path: Path, value: Any) -> None:
    """Write a record as JSON that any reader takes: no NaN."""
    path.write_text(
        json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
