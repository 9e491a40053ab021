"""Tables of a report: rows of text made of the tables of a run folder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..engine.trajectories import Trajectories
from ..model.declarations import BACKGROUND
from ..results.by_victim import ALL, TIED
from ..results.comparison import Comparison
from ..results.drivers import SignDrivers
from ..results.outcomes import VICTIMS, WITHIN, headlines
from .charts.style import main_outcomes
from .windows import first_day, last_day
from .wording import percent, percent_span, persons, rounded, sentence, signed, signed_span, span

if TYPE_CHECKING:
    import pandas


def has_bands(trajectories: Trajectories) -> bool:
    """Whether there is more than one replicate, and so bands over them."""
    return trajectories.plan.replicates > 1


def deaths_rows(table: pandas.DataFrame) -> dict[str, Any]:
    """Persons killed by victim and cause for a table: one block for each victim, then the sum of
    all and, where there are others, of those tied to groups.
    """
    killed: dict[tuple[str, str], Any] = {
        (row["victim"], row["cause"]): row for row in table.to_dict("records")
    }
    if (ALL, ALL) not in killed:
        return {}
    everyone = killed[ALL, ALL]["mean"]

    def line(label: str, row: Mapping[str, Any]) -> dict[str, str]:
        share = _share(row["mean"] / everyone) if everyone else ""
        return {
            "label": label,
            "middle": persons(row["median"]),
            "range": span(row["low_90"], row["high_90"], persons),
            "share": share,
        }

    blocks = []
    for victim in VICTIMS:
        causes = [
            line(WITHIN[BACKGROUND] if cause == BACKGROUND else cause, row)
            for (who, cause), row in killed.items()
            if who == victim and cause not in (ALL, TIED)
        ]
        if causes:
            blocks.append(
                {"total": line(sentence(VICTIMS[victim]), killed[victim, ALL]), "causes": causes}
            )
    tied = killed.get((ALL, TIED))
    return {
        "blocks": blocks,
        "everyone": line("All of them", killed[ALL, ALL]),
        "tied": line("of them in group violence", tied)
        if tied is not None and (ALL, BACKGROUND) in killed
        else None,
    }


def _share(part: float) -> str:
    """A share in whole per cent; a small one is not said to be none, one of nothing is a dash."""
    if math.isnan(part):
        return "–"
    return "under 1 %" if 0.0 < part < 0.005 else f"{round(100.0 * part)} %"


def records_rows(trajectories: Trajectories, table: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of records: the first, the middle and the last year of each. Of all three
    columns the median and the band are those of the replicates; the share is each replicate's own.
    """
    years, banded = sorted(table["year"].unique()), has_bands(trajectories)
    shown = {years[0], years[len(years) // 2], years[-1]} if years else set()
    rows = []
    for row in table[table["year"].isin(shown)].to_dict("records"):
        edges = [
            (row[f"{k}_median"], row[f"{k}_low_90"], row[f"{k}_high_90"])
            for k in ("happened", "recorded")
        ]
        cells = [
            (persons(middle), span(low, high, persons) if banded else "")
            for middle, low, high in edges
        ]
        rows.append(
            {
                "label": row["doc"],
                "year": row["year"],
                "cells": cells,
                "out_of": row["out_of"],
                "share": _share(row["share_median"]),
                "share_range": percent_span(row["share_low_90"], row["share_high_90"], _share)
                if banded and not math.isnan(row["share_median"])
                else "",
            }
        )
    return rows


def years_rows(
    table: pandas.DataFrame, columns: Sequence[tuple[str, str]], banded: bool, first: int = 0
) -> list[dict[str, Any]]:
    """Rows of a yearly table from a year on: the year, then median and band for every column,
    a scenario and an outcome.
    """
    cells_of: dict[tuple[Any, ...], Any] = {
        (row["scenario"], row["outcome"], row["year"]): row for row in table.to_dict("records")
    }
    rows = []
    for year in sorted({year for *_, year in cells_of if year >= first}):
        cells = [cells_of[*column, year] for column in columns]
        rows.append(
            {
                "year": year,
                "cells": [
                    (
                        persons(c["median"]),
                        span(c["low_90"], c["high_90"], persons) if banded else "",
                    )
                    for c in cells
                ],
            }
        )
    return rows


def effects_rows(comparison: Comparison, differences: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of effects, by policy."""
    outcomes = {o.name: o for o in headlines(comparison.baseline.scenario.model)}
    policies = []
    for run in comparison.policies:
        part = differences[
            (differences["policy"] == run.scenario.name)
            & differences["outcome"].isin(list(outcomes))
        ]
        rows = []
        for row in part.itertuples():
            rows.append(
                {
                    "label": sentence(outcomes[row.outcome].label),
                    "when": "in the period"
                    if outcomes[row.outcome].kind == "flow"
                    else "at the end",
                    "baseline": persons(row.baseline),
                    "with_policy": persons(row.with_policy),
                    "difference": signed(row.difference, persons),
                    "range": signed_span(row.difference_low_90, row.difference_high_90, persons),
                    "relative": percent(row.relative_median),
                    "relative_range": percent_span(row.relative_low_90, row.relative_high_90),
                    "lower": f"{round(row.lower_in * row.pairs)} of {row.pairs}",
                }
            )
        policies.append(
            {
                "label": run.scenario.shown,
                "period": f"{first_day(comparison, run)} to {last_day(comparison)}",
                "rows": rows,
            }
        )
    return policies


def drivers_rows(drivers: SignDrivers) -> list[dict[str, Any]]:
    """Rows of the table of what carries the signs, by policy: an assumption, how closely the effect
    goes with it, and the effect as drawn and at the ends.
    """
    policies: dict[str, dict[str, Any]] = {}
    for row in drivers.table.to_dict("records"):
        policy = policies.setdefault(row["policy"], {"label": row["label"], "rows": {}})
        shown = policy["rows"].setdefault(
            row["parameter"],
            {
                "name": row["parameter"],
                "label": sentence(row["doc"]),
                "stances": row["stances"],
                "correlation": f"{row['rank_correlation']:+.2f}".replace("-", "−"),
                "clear": row["clear"],
                "width": percent(min(row["width_left"], 1.0)).lstrip("+"),
                "low": "",
                "high": "",
            },
        )
        effect = signed(row["difference"], persons)
        if row["at"] == "as drawn":
            shown["drawn"] = effect
        else:
            unit = "" if row["unit"] == "1" else f" {row['unit'].replace('*', ' ')}"
            where = (
                f"{row['at']}, {rounded(row['value'])}{unit}" if row["value"] else "switched off"
            )
            told = {"same": "", "gone": ": the effect is gone", "turned": ": the sign turns"}
            shown["high" if row["at"] == "high end" else "low"] = (
                f"{effect} of {signed(row['same_draws'], persons)} ({where}{told[row['sign']]})"
            )
    return [{**policy, "rows": list(policy["rows"].values())} for policy in policies.values()]


def head_to_head_rows(comparison: Comparison, beats: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table that sets every run against every other, by deaths;
    empty with a single policy.
    """
    runs, pairs = (comparison.baseline, *comparison.policies), comparison.baseline.plan.replicates
    if len(runs) < 3 or pairs < 2:
        return []
    outcome = main_outcomes(comparison.outcomes)[0].name
    shares = {
        (row["run"], row["against"]): row["lower_in"]
        for row in beats.to_dict("records")
        if row["outcome"] == outcome
    }
    names = [run.scenario.name for run in runs]
    labels = ["Baseline", *(run.scenario.shown for run in comparison.policies)]
    return [
        {"label": label, "cells": [round(shares[a, b] * pairs) if a != b else "" for b in names]}
        for label, a in zip(labels, names, strict=True)
    ]
