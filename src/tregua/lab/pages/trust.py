"""Validation page: how the model stands to the record in every territory, how well anybody
forecasts, and what is known to be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from nicegui import ui

from ...countries.pack import Pack, in_language
from ...reporting.browser.base import height_of
from ...reporting.browser.record import MARKS, OnRecord, fit_by_territory, scores
from ...reporting.wording import ends, rounded
from ...results.on_record import counts_on_record
from ...results.tables import QUANTILES
from ...scenarios.posterior import StoredPosterior
from ..words import WEAKNESSES, named
from .frame import Screen
from .parts import ChartCard, block, notice, table, text

if TYPE_CHECKING:
    import pandas
    from nicegui.events import ValueChangeEventArguments

    from ...reporting.browser.base import Say

FIT_TABLE = "state_year"
"""Table of a fit: the record and what the mechanisms expect, by territory and year."""

SCORE_TABLE = "scores/scores.csv"
"""Table of scores that a country may have: mean CRPS and coverage of every forecast from every
origin, as `tregua score` gives them.
"""

YEARS_BEFORE = 7
"""Years before the first start that charts show, for the eye to compare with: a choice."""

APPROXIMATE = "ensemble"
"""Method of a fit that gives an approximation of the posterior."""

FACTS = ("years", "unknowns", "moved_by_the_record", "largest_r_hat")
"""Entries of the record of a fit that are shown, where they have a value."""

HEIGHT = 330
"""Height of the chart of one territory [px]."""


def first_year(pack: Pack) -> int:
    """First year of the charts of the record."""
    return min(day.year for day in pack.settings.starts) - YEARS_BEFORE


def on_record(pack: Pack, code: str, language: str) -> tuple[np.ndarray, list[OnRecord]]:
    """Years of the charts, and the counts of one territory in them.

    Args:
        pack: the country.
        code: of the territory.
        language: of the labels.

    Raises:
        TreguaError: TR1513 for a table of a count that cannot be read.
    """
    counts = counts_on_record(pack)
    known = [year for count in counts.values() for year in count.get(code, {})]
    first = max(first_year(pack), min(known, default=0))
    years = np.arange(first, max(known, default=0) + 1)
    told = [
        OnRecord(
            count.short,
            in_language(count.label, language),
            np.array([counts[name].get(code, {}).get(int(year), np.nan) for year in years]),
        )
        for name, count in pack.settings.count.items()
    ]
    return years, told


def fitted(stored: StoredPosterior | None) -> dict[tuple[str, int], dict[str, float]]:
    """What the mechanisms of a fit expect by code of the territory and year;
    empty without a fit, or where it has no such table.
    """
    if stored is None or FIT_TABLE not in stored.tables:
        return {}
    rows = stored.tables[FIT_TABLE].to_dict("records")
    return {
        (row["state_code"], int(row["year"])): {
            key: float(row[f"mechanisms_{key}"]) for key in QUANTILES
        }
        for row in rows
    }


def trust(here: Screen) -> None:
    """The screen."""
    say = here.say
    text("h1", say("trust.title"))
    text("p", say("trust.lead"), "lead")
    stored = here.shared.posterior
    if stored is None:
        notice(say("trust.no_fit"), "amber").props["data-testid"] = "no-fit"
    else:
        _cannot(here, stored.record)
    with block("section", "card", say("trust.weak")):
        text("h2", say("trust.weak"))
        with ui.element("ul"):
            for number in range(1, WEAKNESSES + 1):
                text("li", say(f"trust.weak_{number}"))
    pack, territories = here.shared.scenario.data.pack, here.shared.scenario.data.territories
    if pack and territories:
        _by_territory(here, pack, dict(zip(territories.codes, territories.names, strict=True)))
    if pack and pack.has(SCORE_TABLE):
        _scores(here, pack.table(SCORE_TABLE))
    if stored is not None:
        _fit(here, stored)


def _cannot(here: Screen, record: Mapping[str, Any]) -> None:
    """What the fit leaves out, how it was made, and what its checks complain of."""
    said = [reach_text(record, here.say)] if record.get("reach") else []
    said += [here.say("trust.approximation")] if record.get("method") == APPROXIMATE else []
    if said:
        notice(" ".join(said), "amber").props["data-testid"] = "fit-cannot"
    if record.get("problems"):
        with notice(here.say("trust.fit_problems"), "amber"):
            text("span", "; ".join(record["problems"])).props["lang"] = "en"


def reach_text(record: Mapping[str, Any], say: Say) -> str:
    """How far the mechanisms of a fit reach the record, in words."""
    reach = record["reach"]
    low, high = ends(reach["low"], reach["high"])
    return say(
        "trust.reach",
        first=reach["first"],
        last=reach["last"],
        recorded=f"{reach['recorded']:,.0f}",
        low=rounded(low),
        high=rounded(high),
    )


def _by_territory(here: Screen, pack: Pack, names: Mapping[str, str]) -> None:
    """The record of one territory at a time, by the counts of the country, and the fit."""
    say = here.say
    with block("section", "by-state", say("trust.by_state")):
        choice = (
            ui.select(
                dict(names), value=next(iter(names)), label=say("trust.state"), with_input=True
            )
            .props("outlined dense")
            .classes("wide")
        )
        choice.props["aria-label"] = say("trust.state")
        choice.props["data-testid"] = "state"
        card = ChartCard(say, "fit", HEIGHT, 2)

    def show(event: ValueChangeEventArguments | None = None) -> None:
        code = choice.value
        if code not in names:
            return
        years, counts = on_record(pack, code, here.language)
        if not len(years):
            return
        table_of = fitted(here.shared.posterior)
        edges = None
        if table_of:
            edges = {
                key: np.array(
                    [table_of.get((code, int(year)), {}).get(key, np.nan) for year in years]
                )
                for key in QUANTILES
            }
        card.show(fit_by_territory(names[code], years, counts[: len(MARKS)], edges, say))

    choice.on_value_change(show)
    show()


def _scores(here: Screen, told: pandas.DataFrame) -> None:
    """How well simple forecasts and ours did."""
    say = here.say
    with block("section", "scores", say("trust.scores")):
        labels = list(told["model"].unique())
        origins = sorted(told["origin"].unique().tolist())
        crps, covered = (
            told.pivot(index="model", columns="origin", values=score)
            .reindex(index=labels, columns=origins)
            .to_numpy(float)
            for score in ("crps", "covered_80")
        )
        ways = [named(say, "forecast", label) for label in labels]
        ChartCard(say, "scores", height_of(len(labels)), 2).show(
            scores(ways, origins, crps, covered, say)
        )
        notice(say("trust.scores_mean"), "amber")


def _fit(here: Screen, stored: StoredPosterior) -> None:
    """How the posterior came about."""
    say, record = here.say, stored.record
    rows = [
        (say(f"trust.fit_{key}"), _told(record[key]))
        for key in FACTS
        if record.get(key) is not None
    ]
    rows = [
        (say("trust.fit_draws"), str(stored.size)),
        *rows,
        (say("trust.fit_digest"), stored.digest),
    ]
    with block("section", "card", say("trust.fit")):
        text("h2", say("trust.fit"))
        text("p", say("trust.fit_what"))
        table((say("table.what"), say("table.value")), rows, say("trust.fit"))


def _told(value: object) -> str:
    return (
        "–".join(str(part) for part in value)
        if isinstance(value, list)
        else f"{value:.3g}"
        if isinstance(value, float)
        else str(value)
    )
