"""The folder of a fit: draws, tables and the record of how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._version import __version__
from ..countries.observed import observations
from ..countries.pack import Pack
from ..countries.record import count_of
from ..model.model import Model
from ..reporting.charts.fit import pictures_of_fit
from ..reporting.run_folder import write_json, write_pictures, write_tables
from ..results.tables import bands
from ..scenarios.posterior import ARRAYS, DISCREPANCY, PARAMETER, RECORD, SCATTER
from ..scenarios.scenario import without_places
from .chains import Chains, Length
from .density import Posterior
from .draws import Fit
from .identify import Anchor, anchored, by_owner, told_apart
from .observations import Homicides
from .optimum import Best

if TYPE_CHECKING:
    import pandas

KEPT = 200
"""Draws that are stored: a band's ends rest on ten draws each, and the file stays small."""


def tables_used(pack: Pack) -> tuple[str, ...]:
    """Tables of a country that the streams read, or whose sums they hold."""
    count = count_of(pack)
    return (count.yearly or count.file, *observations(pack).files)


def write_fit(
    folder: Path,
    posterior: Posterior,
    fit: Fit,
    checks: Mapping[str, pandas.DataFrame],
    record: dict[str, Any],
) -> None:
    """Write all files into a folder that is still staged
    (:func:`tregua.reporting.run_folder.staged`).

    Args:
        checks: tables of further checks, by name.
        record: what the caller adds to the record: the method, the command, seconds of each part,
            hash of the inputs.
    """
    write_draws(folder / ARRAYS, fit, posterior.path.scenario.model)
    apart, data = (
        told_apart(fit.table, posterior.unknowns.scatters),
        posterior.path.scenario.data,
    )
    anchor = Anchor.of(data.pack, fit.members) if data.pack else None
    told = {
        "unknowns": fit.table,
        "told_apart": apart,
        "mechanisms": by_owner(apart),
        "group_sizes": anchored(fit.members, anchor),
    }
    told |= {
        "state_year": state_year_table(posterior, fit),
        "nation_year": nation_year_table(posterior, fit),
        "totals": totals_table(posterior, fit),
    }
    write_tables(folder, {**told, **checks})
    write_pictures(folder, pictures_of_fit(told, data))
    write_json(folder / RECORD, {**describe(posterior, fit), **record})


def write_draws(file: Path, fit: Fit, model: Model, most: int = KEPT) -> None:
    """The draws as arrays in single precision; draws are in random order,
    so that the first ones are as good as any.
    """
    arrays = {
        f"{PARAMETER}{n}": without_places(x[:most], model.parameters[n].axes)
        for n, x in fit.values.items()
    }
    arrays |= {f"{SCATTER}{n}": x[:most] for n, x in fit.scatter.items()}
    arrays[DISCREPANCY] = fit.discrepancy[:most, :, -1]
    stored: dict[str, Any] = {n: np.asarray(x, np.float32) for n, x in arrays.items()}
    np.savez_compressed(file, **stored)


def state_year_table(posterior: Posterior, fit: Fit) -> pandas.DataFrame:
    """One row for each state and year: the record, what the mechanisms expect, and the same with
    the discrepancy; bands over draws [person].

    Columns: state_code, state, year, recorded, then ``mechanisms_`` and ``fitted_`` with the edges
    of bands.
    """
    import pandas

    stream, territories = posterior.homicides, posterior.path.scenario.data.territories
    states, years = stream.counts.shape
    codes = territories.codes if territories else posterior.unknowns.territories
    columns: dict[str, Any] = {
        "state_code": np.repeat(codes, years),
        "state": np.repeat(posterior.unknowns.territories, years),
        "year": np.tile(stream.years, states),
        "recorded": stream.counts.astype(int).ravel(),
    }
    for name, values in (
        ("mechanisms", fit.recorded),
        ("fitted", fit.recorded * np.exp(fit.discrepancy)),
    ):
        columns |= {f"{name}_{edge}": x.ravel() for edge, x in bands(values).items()}
    return pandas.DataFrame(columns)


def nation_year_table(posterior: Posterior, fit: Fit) -> pandas.DataFrame:
    """One row for each year, all states together: the record, what the mechanisms expect, and the
    same with the discrepancy; bands over draws [person].

    Columns: year, recorded, then ``mechanisms_`` and ``fitted_`` with the edges of bands.
    """
    import pandas

    stream = posterior.homicides
    columns: dict[str, Any] = {
        "year": np.array(stream.years),
        "recorded": stream.counts.sum(axis=0).astype(int),
    }
    for name, values in (
        ("mechanisms", fit.recorded),
        ("fitted", fit.recorded * np.exp(fit.discrepancy)),
    ):
        columns |= {f"{name}_{edge}": x for edge, x in bands(values.sum(axis=1)).items()}
    return pandas.DataFrame(columns)


def totals_table(posterior: Posterior, fit: Fit) -> pandas.DataFrame:
    """Other counts of the whole country beside what is expected of them.

    Columns: total (what was counted), first, last (years), recorded [person], then ``expected_``
    with the edges of bands over draws [person].
    """
    import pandas

    edges = list(bands(np.zeros(1)))
    counted = {
        label: x
        for s in posterior.streams
        if not isinstance(s, Homicides)
        for label, x in s.counted().items()
    }
    rows = [
        {
            "total": label,
            "first": first,
            "last": last,
            "recorded": count,
            **{f"expected_{edge}": float(x) for edge, x in bands(fit.totals[label]).items()},
        }
        for label, (first, last, count) in sorted(counted.items())
    ]
    return pandas.DataFrame(
        rows,
        columns=["total", "first", "last", "recorded", *(f"expected_{edge}" for edge in edges)],
    )


def describe_chains(best: Best, chains: Chains, fit: Fit, length: Length) -> dict[str, Any]:
    """The search and the chains, for the record."""
    return {
        "best": {
            "log_density": best.log_density,
            "evaluations": best.evaluations,
            "converged": best.converged,
        },
        "chains": {
            "chains": length.chains,
            "warmup": length.warmup,
            "draws": length.draws,
            "seed": length.seed,
        },
        "runs_with_gradient": float(chains.steps.sum()),
        "diverging": int(chains.diverging.sum()),
        "second_step_accepted": float(chains.accepted.mean()),
        "largest_r_hat": _finite(fit.table["r_hat"].max()),
        "least_effective_draws": _finite(fit.table["effective_draws"].min()),
    }


def describe(posterior: Posterior, fit: Fit) -> dict[str, Any]:
    """What was fitted to what, and how far it came."""
    stream, pack = posterior.homicides, posterior.path.scenario.data.pack
    return {
        "kind": "fit",
        "tregua": __version__,
        "scenario": posterior.path.scenario.name,
        "mechanisms": [m.name for m in posterior.path.scenario.model.mechanisms],
        "years": [stream.years[0], stream.years[-1]],
        "unknowns": posterior.unknowns.size,
        "moved_by_the_record": int(fit.table["moved"].sum()),
        "held_at_zero": list(posterior.unknowns.switched_off),
        "problems": list(fit.problems),
        "reach": _reach(stream, fit),
        "stored_draws": min(KEPT, len(fit.points)),
        "country": pack.name if pack else "",
        "tables": [n for n in pack.notes if n["file"] in tables_used(pack)] if pack else [],
    }


def _reach(stream: Homicides, fit: Fit) -> dict[str, Any]:
    """The record of the nation in the last year,
    and what nine in ten draws of the mechanisms expect of it [person].
    """
    edges = bands(fit.recorded[:, :, -1].sum(axis=1))
    low, high = (round(float(edges[edge])) for edge in ("low_90", "high_90"))
    return {
        "first": stream.years[0],
        "last": stream.years[-1],
        "recorded": int(stream.counts[:, -1].sum()),
        "low": low,
        "high": high,
    }


def _finite(value: float) -> float | None:
    """A number, or nothing where it has no finite value, as for chains that did not move."""
    return float(value) if np.isfinite(value) else None
