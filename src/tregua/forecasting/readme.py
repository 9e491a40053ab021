"""The page beside a frozen forecast: what it is, what it knows, how it did before,
and how to read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..countries.record import MONTHS
from .scoreboard import Scoreboard

if TYPE_CHECKING:
    from .samples import Frozen

TAILS = (0.025, 0.1, 0.5, 0.9, 0.975)
"""Ends of the central 95 and 80 % intervals, and the median."""

PAGE = """# Homicides by state in Mexico, forecast from the end of {origin}

{replicates:,} samples of the homicides that INEGI will have on record in each of the {states}
states, {months} months ahead. They come from a statistical layer that knows the record up to the
end of {origin} and nothing else: no mechanism, no news, and **no figure of a later year**.{known}

## Files

{files}- `manifest.json`: seed, versions, settings, what was learnt, and SHA-256 of the data.

A replicate is one possible future of all states: add up within it before taking quantiles. Years
are sums of months within a replicate. Use medians and quantiles, not means: the upper tail is
long, and a few samples lie beyond anything that a state has seen.

Months and years are those of registration. The states' figures of 2016 to 2020 carry an error of
about 4 % themselves (10 % in Durango, Tamaulipas and Zacatecas): records of known age were
completed by a state's usual share of them, and to interpolate that share its level after 2020 was
used too. No number of deaths after 2020 was. The manifest names the tables and their known
problems.
{national}
## How the same layer did before

{scores}

## To make it again

    {command}

The same version, data and seed give the same numbers. `tregua score FILE --origin {origin}` holds
the file against the record once the record goes so far. The design, every variant that was tried,
and the scores of all baselines are in `docs/forecasting.md` of the repository."""

NATIONAL = """
## The whole country

On record in {origin}: {recorded:,}. Forecast, all states together:

| year | median | 80 % interval | 95 % interval |
| --- | ---: | ---: | ---: |
{rows}
"""

SCORES = """Mean continuous ranked probability score (CRPS, deaths in a state and year; lower is
better) over {states} states and {leads} years, each forecast knowing only the record up to its
origin; in brackets the share of the record inside the 80 % interval.

{table}"""


def readme(
    forecast: Frozen, scores: Scoreboard | None, command: str, known: str, months_written: int
) -> str:
    """The page.

    Args:
        forecast: what is written.
        scores: the layer and some baselines from earlier origins, if any was long enough ago.
        command: that makes the forecast again.
        known: what was common knowledge of the years to come.
        months_written: months that are written one by one.
    """
    years = forecast.years.shape[2]
    listed = (
        [
            (
                "- `state_year.parquet`: columns `state_code`, `year` "
                f"({_span(forecast, years)}), `replicate`, `homicides`.\n"
            )
        ]
        if years
        else []
    )
    listed.append(
        f"- `state_month.parquet`: the same with `month`, for the first {months_written} months.\n"
    )
    return PAGE.format(
        origin=forecast.origin,
        replicates=len(forecast.samples),
        states=len(forecast.record.codes),
        months=forecast.samples.shape[2],
        known=f"\n\n{known}" if known else "",
        files="".join(listed),
        national=_national(forecast),
        scores=_scores(scores),
        command=command,
    )


def _span(forecast: Frozen, years: int) -> str:
    first = forecast.origin + 1
    return f"{first}" if years == 1 else f"{first} to {first + years - 1}"


def _national(forecast: Frozen) -> str:
    """Quantiles of the sum of all states, beside what was on record at the origin;
    nothing where no year is whole.
    """
    if not forecast.years.shape[2]:
        return ""
    rows = []
    for year, values in enumerate(
        np.quantile(forecast.years.sum(axis=1), TAILS, axis=0).T, forecast.origin + 1
    ):
        lowest, low, middle, high, highest = (f"{_rounded(value):,}" for value in values)
        rows.append(f"| {year} | {middle} | {low} to {high} | {lowest} to {highest} |")
    recorded = int(forecast.record.counts[:, -MONTHS:].sum())
    return NATIONAL.format(origin=forecast.origin, recorded=recorded, rows="\n".join(rows))


def _rounded(value: float) -> int:
    """To hundreds: more would be chance of the samples."""
    return round(value / 100.0) * 100


def _scores(scores: Scoreboard | None) -> str:
    """A table of CRPS by origin and model."""
    if scores is None:
        return "There is no earlier usual origin whose four years were over at this one."
    each, whole = (
        scores.means(["origin"]).set_index(["model", "origin"]),
        scores.means().set_index("model"),
    )
    names = [f"from {origin}" for origin in scores.origins]
    lines = [f"| | {' | '.join(names)} | mean |", "| --- |" + " ---: |" * (len(names) + 1)]
    for model in scores.models:
        cells = [each.loc[(model, origin)] for origin in scores.origins] + [whole.loc[model]]
        shown = " | ".join(
            f"{cell['crps']:.0f} ({100 * cell['covered_80']:.0f} %)" for cell in cells
        )
        lines.append(f"| {scores.labels.get(model, model)} | {shown} |")
    return SCORES.format(
        states=scores.cells["state_code"].nunique(),
        leads=scores.cells["lead"].max(),
        table="\n".join(lines),
    )
