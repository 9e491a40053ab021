"""The page beside a frozen forecast: what it is, what it knows, how it did before,
and how to read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..countries.record import MONTHS
from ..reporting.template import templates_of
from .scoreboard import Scoreboard

if TYPE_CHECKING:
    from .samples import Frozen

TAILS = (0.025, 0.1, 0.5, 0.9, 0.975)
"""Ends of the central 95 and 80 % intervals, and the median."""


def readme(
    forecast: Frozen, scores: Scoreboard | None, command: str, known: str, written: int
) -> str:
    """The page, in Markdown.

    Args:
        forecast: what is written.
        scores: the layer and some baselines from earlier origins, if any was long enough ago.
        command: that makes the forecast again.
        known: what was common knowledge of the years to come.
        written: months that are written one by one.
    """
    return (
        templates_of("forecasting", html=False)
        .get_template("README.md.j2")
        .render(
            origin=forecast.origin,
            replicates=len(forecast.samples),
            states=len(forecast.record.codes),
            months=forecast.samples.shape[2],
            known=known,
            years=_years(forecast),
            written=written,
            recorded=int(forecast.record.counts[:, -MONTHS:].sum()),
            national=_national(forecast),
            scores=_scores(scores),
            command=command,
        )
    )


def _years(forecast: Frozen) -> str:
    """The whole years ahead; nothing where there is none."""
    first, count = forecast.origin + 1, forecast.years.shape[2]
    return f"{first} to {first + count - 1}" if count > 1 else str(first) * count


def _national(forecast: Frozen) -> list[tuple[int, list[str]]]:
    """Quantiles of the sum of all states by whole year, rounded to hundreds: more would be chance
    of the samples.
    """
    quantiles = np.quantile(forecast.years.sum(axis=1), TAILS, axis=0).T
    return [
        (year, [f"{round(value / 100.0) * 100:,}" for value in values])
        for year, values in enumerate(quantiles, forecast.origin + 1)
    ]


def _scores(scores: Scoreboard | None) -> dict[str, Any]:
    """CRPS and coverage [%] by model: from every origin, and over all."""
    if scores is None:
        return {}
    each = scores.means(["origin"]).set_index(["model", "origin"])
    whole = scores.means().set_index("model")
    rows = []
    for model in scores.models:
        cells = [each.loc[(model, origin)] for origin in scores.origins] + [whole.loc[model]]
        shown = [(cell["crps"], 100 * cell["covered_80"]) for cell in cells]
        rows.append((scores.labels.get(model, model), shown))
    return {
        "states": scores.cells["state_code"].nunique(),
        "leads": scores.cells["lead"].max(),
        "origins": scores.origins,
        "rows": rows,
    }
