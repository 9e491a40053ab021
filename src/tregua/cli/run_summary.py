"""Summary statistics of a run and of a comparison, as the terminal shows them to a newcomer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.plan import Plan
from ..model.declarations import MEMBER
from ..reporting.report_tables import drivers_rows
from ..reporting.wording import (
    RULE,
    percent,
    percent_span,
    persons,
    sentence,
    signed,
    signed_span,
    span,
    territory_words,
)
from ..results.outcomes import CIVILIANS_KILLED, Outcome, deaths_of, summary
from ..results.tables import yearly_bands
from .show import OUT, print_table

CHANCE_ONLY = (
    "Bands show chance only, with every parameter held fixed. What is not known about the "
    "parameters matters more: see the report."
)
CHANCE_AND_DRAWS = "Bands hold chance and what the draws of the parameters leave open."
DRAWS_ONLY = "Bands hold what the draws of the parameters leave open, without chance."


HEADLINES = ("killed", CIVILIANS_KILLED, "members")
"""Outcomes for which a comparison is printed, as far as the model has them."""


def held_by_bands(plan: Plan) -> str:
    """What the bands of a run hold, and what they do not."""
    if not plan.draws:
        return CHANCE_ONLY
    return CHANCE_AND_DRAWS if plan.solver.stochastic else DRAWS_ONLY


def show_run(trajectories: Any) -> None:
    """The first, the middle and the last year, for a newcomer; the folder has them all."""
    outcomes = {outcome.name: outcome for outcome in summary(trajectories.scenario.model)}
    table = yearly_bands(trajectories, outcomes.values())
    years = sorted(table["year"].unique())
    shown = sorted({years[0], years[len(years) // 2], years[-1]}) if years else []
    banded = trajectories.plan.solver.stochastic or trajectories.plan.draws > 1

    def cell(row: Any) -> str:
        return persons(row["median"]) + (
            f"  ({span(row['low_90'], row['high_90'], persons)})" if banded else ""
        )

    rows = []
    for name, outcome in outcomes.items():
        by_year = table[table["outcome"] == name].set_index("year")
        rows.append(
            [
                _indented(outcome, " (in the year)" if outcome.kind == "flow" else " (at its end)"),
                *(cell(by_year.loc[year]) for year in shown),
            ]
        )
    caption = (
        "Persons: the middle of all replicates, in brackets the range of nine in ten. "
        + held_by_bands(trajectories.plan)
        if banded
        else "Persons: expected numbers, without chance."
    )
    if any(flow.victim != MEMBER for flow in deaths_of(trajectories.scenario.model).values()):
        one, _ = territory_words(trajectories.scenario.data)
        caption += (
            f" Each death is counted once; the report has them by victim, by cause and by {one}."
        )
    if not years:
        OUT.print(
            "The scenario covers no whole year; these are the weeks of the run in all.",
            markup=False,
        )
        for outcome in outcomes.values():
            end = trajectories.scenario.weeks
            values = (
                trajectories.between(outcome.series, 0, end)
                if outcome.kind == "flow"
                else trajectories.at(outcome.series, end)
            )
            low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
            OUT.print(
                f"{_indented(outcome)}: {persons(middle)}"
                + (f" ({span(low, high, persons)})" if banded else ""),
                markup=False,
            )
        return
    print_table(trajectories.scenario.shown, ["", *(str(year) for year in shown)], rows, caption)


def show_comparison(comparison: Any, prior: str = "") -> None:
    """The effect of every policy on deaths and members, and what carries its sign.

    Args:
        comparison: what was compared.
        prior: how far the draws are those of priors, in words; empty without draws.
    """
    plan = comparison.baseline.plan
    if not plan.solver.stochastic and plan.draws <= 1:
        _show_expected(comparison)
        return
    table = comparison.table()
    for name, outcome in comparison.outcomes.items():
        if name not in HEADLINES:
            continue
        part = _effects(table, outcome)
        flow = outcome.kind == "flow"
        rows = [
            [
                row["label"],
                *([row["from"]] if flow else []),
                f"{persons(row['baseline'])} → {persons(row['with_policy'])}",
                f"{signed(row['difference'], persons)}\n"
                f"({signed_span(row['difference_low_90'], row['difference_high_90'], persons)})",
                f"{percent(row['relative_median'])}\n"
                f"({percent_span(row['relative_low_90'], row['relative_high_90'])})",
                f"{round(row['lower_in'] * row['pairs'])} of {row['pairs']}",
            ]
            for row in part
        ]
        headings = [
            "policy",
            *(["from"] if flow else []),
            "levels, baseline → policy",
            "difference (nine in ten pairs)",
            "per cent (nine in ten)",
            "lower in",
        ]
        rule = f"{RULE} {prior}".rstrip()
        print_table(_title(outcome, part), headings, rows, rule, left=2 if flow else 1)
    _show_drivers(comparison)
    OUT.print(
        (
            "Each replicate of a policy is paired with the baseline replicate that has "
            "the same random numbers. "
        )
        + held_by_bands(plan),
        markup=False,
    )


def _show_expected(comparison: Any) -> None:
    """The effect of every policy where there is no chance and so no band."""
    table = comparison.table()
    for name, outcome in comparison.outcomes.items():
        if name not in HEADLINES:
            continue
        part = _effects(table, outcome)
        flow = outcome.kind == "flow"
        rows = [
            [
                row["label"],
                *([row["from"]] if flow else []),
                persons(row["baseline"]),
                persons(row["with_policy"]),
                signed(row["difference"], persons),
                percent(row["relative_median"]),
            ]
            for row in part
        ]
        headings = [
            "policy",
            *(["from"] if flow else []),
            "baseline",
            "with policy",
            "difference",
            "per cent",
        ]
        print_table(_title(outcome, part), headings, rows, left=2 if flow else 1)
    OUT.print(
        (
            "Expected numbers, without chance; what is not known about the parameters "
            "matters more: see the report."
        ),
        markup=False,
    )


def _show_drivers(comparison: Any) -> None:
    """Under the effects, the assumptions that carry their signs."""
    if not comparison.drivers:
        return
    rows = [
        [
            policy["label"] if number == 0 else "",
            row["name"],
            row["correlation"] + ("" if row["clear"] else " *"),
            row["width"],
            row["drawn"],
            row["low"],
            row["high"],
        ]
        for policy in drivers_rows(comparison.drivers)
        for number, row in enumerate(policy["rows"])
    ]
    if not rows:
        OUT.print(comparison.drivers.note, markup=False)
        return
    headings = [
        "policy",
        "assumption",
        "goes with effect",
        "prior width left",
        "as drawn",
        "off, or low end",
        "high end",
    ]
    title = "What carries the sign of the effect on persons killed [persons]"
    print_table(title, headings, rows, comparison.drivers.note, left=2)


def _indented(outcome: Outcome, when: str = "") -> str:
    """What a row counts, and when; a part is set in below the whole, which says when."""
    return f"  {outcome.within}" if outcome.within else f"{outcome.label}{when}"


def _effects(table: Any, outcome: Outcome) -> list[dict[str, Any]]:
    """Rows of a table of effects about one outcome, those on its parts below each policy."""
    rows = []
    for _, policy in table.groupby("policy", sort=False):
        by_outcome = {row["outcome"]: row for row in policy.to_dict("records")}
        rows.append(by_outcome[outcome.name])
        rows += [
            {**by_outcome[part.name], "label": _indented(part), "from": ""}
            for part in outcome.parts
        ]
    return rows


def _title(outcome: Outcome, part: Sequence[Mapping[str, Any]]) -> str:
    """What a table of effects counts, and to which day or on which."""
    last = f"{'to' if outcome.kind == 'flow' else 'on'} {part[0]['to']}"
    return sentence(f"{outcome.label}, {last} [persons]")
