"""The page beside a frozen forecast: what it is, what it knows, how it did before,
and how to read it.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ..countries.pack import COUNTRY, Pack, in_language
from ..countries.record import MONTHS, count_of
from ..countries.registry import first_pack
from ..reporting.template import templates_of
from .scoreboard import Scoreboard

if TYPE_CHECKING:
    from .samples import Frozen

WIDTH = 100
"""Characters in a line."""

TAILS = (0.025, 0.1, 0.5, 0.9, 0.975)
"""Ends of the central 95 and 80 % intervals, and the median."""


def readme(forecast: Frozen, scores: Scoreboard | None, command: str, written: int) -> str:
    """The page, in Markdown.

    Args:
        forecast: what is written.
        scores: the layer and some baselines from earlier origins, if any was long enough ago.
        command: that makes the forecast again.
        written: months that are written one by one.
    """
    pack = forecast.record.pack
    said = pack.settings.forecast
    page = (
        templates_of("forecasting", html=False)
        .get_template("README.md.j2")
        .render(
            country=pack.settings.title.get("en", pack.name),
            counted=in_language(count_of(pack).label, "en"),
            state=pack.word("en", many=False),
            states=pack.word("en"),
            number=len(forecast.record.codes),
            caveat=said.caveat.strip() or _errors(pack),
            known=said.known.get(str(forecast.origin), "").strip(),
            data=asked(pack),
            folder="" if pack.module else COUNTRY,
            origin=forecast.origin,
            replicates=len(forecast.samples),
            months=forecast.samples.shape[2],
            years=_years(forecast),
            written=written,
            recorded=int(forecast.record.counts[:, -MONTHS:].sum()),
            national=_national(forecast),
            scores=_scores(scores),
            command=command,
        )
    )
    return "\n\n".join(map(_wrapped, re.sub(r"\n{3,}", "\n\n", page).split("\n\n"))) + "\n"


def _errors(pack: Pack) -> str:
    """What the settings say of the errors of the record, in words; nothing where it is exact."""
    count = count_of(pack)
    if not count.error:
        return ""
    since = f"Figures after {count.exact_until}" if count.exact_until else "All figures"
    unsure = ", ".join(pack.territories.name(code) for code in count.unsure)
    larger = f" ({100 * count.large_error:.0f} % in {unsure})" if unsure else ""
    return f"{since} carry an error of about {100 * count.error:.0f} % themselves{larger}."


def asked(pack: Pack) -> str:
    """The option that names the country, for a command that is given in the folder of what was made
    with it; nothing for the country that is meant where none is named.
    """
    if pack is first_pack():
        return ""
    return f"--data {pack.name} " if pack.module else f"--data ./{COUNTRY} "


def _wrapped(part: str) -> str:
    """A paragraph in lines that fit; lists, tables, headings and commands are left alone."""
    if part.startswith(("#", "-", "|", "    ")):
        return part.rstrip()
    return textwrap.fill(
        " ".join(part.split()), WIDTH, break_long_words=False, break_on_hyphens=False
    )


def _years(forecast: Frozen) -> str:
    """The whole years ahead; nothing where there is none."""
    first, count = forecast.origin + 1, forecast.years.shape[2]
    return f"{first} to {first + count - 1}" if count > 1 else str(first) * count


def _national(forecast: Frozen) -> list[tuple[int, list[str]]]:
    """Quantiles of the sum of all territories by whole year, rounded to hundreds, or to less where
    a country has few deaths: more would be chance of the samples.
    """
    quantiles = np.quantile(forecast.years.sum(axis=1), TAILS, axis=0).T
    step = 10 ** min(max(len(str(int(quantiles.max(initial=0)))) - 3, 0), 2)
    return [
        (year, [f"{round(value / step) * step:,}" for value in values])
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
        "leads": scores.cells["lead"].max(),
        "origins": scores.origins,
        "rows": rows,
    }
