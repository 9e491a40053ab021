"""The report of a run or a comparison: one HTML file that needs nothing else,
and the description of the files beside it.

What it says depends on what was run: a run without chance has no bands, a model with prisons does
release people.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..countries.tiles import tiles_of
from ..engine.trajectories import Trajectories
from ..model.declarations import BACKGROUND
from ..model.mechanism import registry
from ..results.by_victim import ALL
from ..results.comparison import Comparison
from ..results.outcomes import VICTIMS, Outcome, headlines, outcomes_of, summary
from ..results.tables import bands, yearly_bands
from .caveats import (
    STANCES,
    acts,
    alleged,
    assumptions,
    left_out,
    limits,
    published,
    stance_counts,
    stances_of,
)
from .charts.style import Picture, main_outcomes
from .wording import (
    change,
    change_span,
    day,
    exact,
    first_paragraph,
    listed,
    percent,
    persons,
    policy_text,
    rounded,
    sentence,
    signed,
    signed_span,
    span,
)

if TYPE_CHECKING:
    import jinja2
    import pandas

SECTIONS = {
    "victims": ("victims",),
    "recorded": ("recorded",),
    "states": ("map-", "states-"),
    "fit": ("fit-",),
}
"""Sections of the report of a run that have figures of their own,
by the beginning of the figures' names.
"""


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    place = jinja2.PackageLoader("tregua.reporting", "templates")
    # Everything is escaped: names of policies and files are the user's.
    return jinja2.Environment(
        loader=place,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def run_report(
    trajectories: Trajectories,
    manifest: Mapping[str, Any],
    pictures: Sequence[Picture],
    tables: Mapping[str, pandas.DataFrame],
) -> str:
    """The report of a run as one HTML page.

    Args:
        trajectories: the run.
        manifest: its record (:func:`tregua.reporting.run_folder.make_manifest`).
        pictures: its figures.
        tables: its tables; those of deaths and records are shown.
    """
    outcomes, own = summary(trajectories.scenario.model), _own_sections(pictures)
    return _page(
        "run.html.j2",
        trajectories,
        manifest,
        [picture for picture in pictures if not any(picture in found for found in own.values())],
        answer=_run_answer(trajectories),
        sections={name: _embedded(found) for name, found in own.items()},
        deaths=_deaths(tables["deaths_in_run"]) if "deaths_in_run" in tables else {},
        records=_records(trajectories, tables["recorded"]) if "recorded" in tables else [],
        outcomes=outcomes,
        years=_years(
            yearly_bands(trajectories, outcomes),
            [(trajectories.scenario.name, o.name) for o in outcomes],
            _has_bands(trajectories),
        ),
        changes=[
            {
                "label": p.shown,
                "doc": p.doc,
                "text": policy_text(p, trajectories.scenario.model.parameters),
            }
            for p in trajectories.scenario.policies
        ],
    )


def comparison_report(
    comparison: Comparison,
    manifest: Mapping[str, Any],
    pictures: Sequence[Picture],
    tables: Mapping[str, pandas.DataFrame],
) -> str:
    """The report of a comparison as one HTML page; see :func:`run_report`."""
    base = comparison.baseline
    kept = len(base.scenario.policies)
    changes = [
        {
            "label": run.scenario.shown,
            "doc": p.doc,
            "text": policy_text(p, base.scenario.model.parameters),
        }
        for run in comparison.policies
        for p in run.scenario.policies[kept:]
    ]
    standing = [
        {"label": p.shown, "doc": p.doc, "text": policy_text(p, base.scenario.model.parameters)}
        for p in base.scenario.policies
    ]
    columns = [
        (run.scenario.name, o.name)
        for run in (base, *comparison.policies)
        for o in main_outcomes(comparison.outcomes)[:1]
    ]
    headline, answers = _comparison_answer(comparison)
    return _page(
        "comparison.html.j2",
        base,
        manifest,
        pictures,
        headline=headline,
        acting=acting(comparison),
        answers=answers,
        end=day(base.scenario.date(base.scenario.weeks)),
        since=day(base.scenario.date(comparison.since)),
        effects=_effects(comparison, tables["differences"]),
        years=_years(
            tables["yearly_bands"],
            columns,
            _has_bands(base),
            base.scenario.date(comparison.since).year,
        ),
        labels=["Baseline", *(run.scenario.shown for run in comparison.policies)],
        head_to_head=_head_to_head(comparison, tables["beats"]),
        deaths=sentence(main_outcomes(comparison.outcomes)[0].label) if comparison.outcomes else "",
        changes=changes,
        standing=standing,
    )


def readme(manifest: Mapping[str, Any], tables: Mapping[str, pandas.DataFrame]) -> str:
    """Plain text that says what each file and column of a run folder is."""
    return (
        _templates()
        .get_template("README.txt.j2")
        .render(manifest=manifest, tables=tables, comparison=manifest["kind"] == "comparison")
    )


def _page(
    template: str,
    trajectories: Trajectories,
    manifest: Mapping[str, Any],
    pictures: Sequence[Picture],
    **own: Any,
) -> str:
    """Fill a template with what every report has, and with its own parts."""
    scenario, plan = trajectories.scenario, trajectories.plan
    shared = {
        "title": scenario.shown,
        "period": f"{day(scenario.start)} to {day(scenario.date(scenario.weeks))}",
        "groups": next(
            (len(axis.labels) for axis in scenario.data.space.axes if axis.name == "group"), 0
        ),
        "places": _places(trajectories),
        "banded": _has_bands(trajectories),
        "stochastic": plan.solver.stochastic,
        "chance_only": _has_bands(trajectories) and not manifest["posterior_draws"],
        "manifest": manifest,
        "created": day(dt.datetime.fromisoformat(manifest["created"]).date()),
        "pictures": _embedded(pictures),
        "parameters": [{**record, "shown": _value(record)} for record in manifest["parameters"]],
        "changed": [
            {**r, "shown": _value(r)}
            for r in manifest["parameters"]
            if r["layer"] != "mechanism default"
        ],
        "sources": _sources(manifest),
        "stances": {
            stance: text
            for stance, text in STANCES.items()
            if any(e["stance"] == stance for r in manifest["parameters"] for e in r["evidence"])
        },
        "stance_texts": STANCES,
        "effects_unsure": published(trajectories, manifest),
        **_rests_on(trajectories, manifest),
        "limits": limits(trajectories, manifest),
    }
    return _templates().get_template(template).render(**shared, **own)


def _embedded(pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """Pictures as they are put into a page."""
    return [{"picture": p, "data": base64.b64encode(p.svg).decode()} for p in pictures]


def _own_sections(pictures: Sequence[Picture]) -> dict[str, list[Picture]]:
    """Pictures that have a section of their own."""
    return {
        section: [p for p in pictures if p.name.startswith(names)]
        for section, names in SECTIONS.items()
    }


def _places(trajectories: Trajectories) -> str:
    """Names of the places, or their number where there are many."""
    labels = list(trajectories.scenario.data.space.labels("territory"))
    return (
        f"{len(labels)} {'states' if tiles_of(trajectories.scenario.data.space) else 'places'}"
        if len(labels) > 4
        else listed(labels)
    )


def _rests_on(trajectories: Trajectories, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the result rests on: parameters by stance, assumptions by mechanism, allegations, and
    mechanisms in and out of the model.
    """
    out = left_out(manifest["mechanisms"])
    return {
        "counts": stance_counts(manifest),
        "assumptions": {
            name: [_assumption(record) for record in records]
            for name, records in assumptions(manifest).items()
        },
        "alleged": [{**_assumption(record), "on": acts(record)} for record in alleged(manifest)],
        "mechanisms_in": {
            m.name: first_paragraph(type(m).__doc__) for m in trajectories.scenario.model.mechanisms
        },
        "mechanisms_out": {name: first_paragraph(registry()[name].__doc__) for name in out},
    }


def _assumption(record: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter without data behind it: name, what it is, value, who supplied it,
    and the reasons given.
    """
    reasons = record["reason"] or " ".join(
        dict.fromkeys(e["summary"] for e in record["evidence"] if e["summary"])
    )
    return {
        **{key: record[key] for key in ("name", "doc", "layer")},
        "shown": _value(record),
        "reason": reasons,
        "stances": listed(sorted(stances_of(record))),
    }


def _deaths(table: pandas.DataFrame) -> dict[str, Any]:
    """Persons killed by victim and cause for a table: one block for each victim, the sum of all,
    and those without a tie to groups.
    """
    found: dict[tuple[str, str], Any] = {
        (row["victim"], row["cause"]): row for row in table.to_dict("records")
    }
    if (ALL, ALL) not in found:
        return {}
    everyone = found[ALL, ALL]["mean"]

    def line(label: str, row: Mapping[str, Any], shared: bool = True) -> dict[str, str]:
        share = _share(row["mean"] / everyone) if everyone and shared else ""
        return {
            "label": label,
            "middle": persons(row["median"]),
            "range": span(row["low_90"], row["high_90"], persons),
            "share": share,
        }

    blocks = []
    for victim in VICTIMS:
        causes = [
            line(cause, row)
            for (who, cause), row in found.items()
            if who == victim and cause not in (ALL, BACKGROUND)
        ]
        if causes:
            blocks.append(
                {"total": line(sentence(VICTIMS[victim]), found[victim, ALL]), "causes": causes}
            )
    apart = [
        line(f"{sentence(VICTIMS[who])}, without a tie to groups", row, False)
        for (who, cause), row in found.items()
        if cause == BACKGROUND
    ]
    return {"blocks": blocks, "everyone": line("All of them", found[ALL, ALL]), "apart": apart}


def _share(part: float) -> str:
    """A share in whole per cent; a small one is not said to be none."""
    return "under 1 %" if 0.0 < part < 0.005 else percent(part).lstrip("+")


def _records(trajectories: Trajectories, table: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of records: the first, the middle and the last year of each."""
    years, banded = sorted(table["year"].unique()), _has_bands(trajectories)
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
                "share": _share(row["share_median"]),
            }
        )
    return rows


def _sources(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Every source once, with the number under which tables refer to it."""
    named = dict.fromkeys(
        evidence["source"] for record in manifest["parameters"] for evidence in record["evidence"]
    )
    return {source: f"[{number}]" for number, source in enumerate(named, 1)}


def _has_bands(trajectories: Trajectories) -> bool:
    return trajectories.plan.replicates > 1


def _value(record: Mapping[str, Any]) -> str:
    """The value of a parameter with its unit, as it was given;
    the middle and range of posterior draws.
    """
    unit = "" if record["unit"] == "1" else f" {record['unit'].replace('*', ' ')}"
    if record["lowest"] != record["highest"]:
        return (
            f"{rounded(record['value'])}{unit} in the middle, {rounded(record['lowest'])} to "
            f"{rounded(record['highest'])}"
        )
    return f"{exact(record['value'])}{unit}"


def _range(values: np.ndarray) -> str:
    """Where nine in ten of the replicates lie, in brackets; empty without bands."""
    if len(values) < 2:
        return ""
    edges = bands(values.astype(float))
    low, high = float(edges["low_90"]), float(edges["high_90"])
    return (
        f" (nine in ten replicates: {span(low, high, persons)})"
        if persons(low) != persons(high)
        else " (nine in ten replicates round to this number)"
    )


def _run_answer(trajectories: Trajectories) -> str:
    """What the run shows, in one sentence with its numbers."""
    scenario, counted, parts = trajectories.scenario, [], []
    for outcome in main_outcomes(outcomes_of(scenario.model)):
        if outcome.kind == "flow":
            total = trajectories.total(outcome.series).sum(axis=1)
            counted.append(f"{persons(float(np.median(total)))} {outcome.label}{_range(total)}")
        else:
            first, last = (
                trajectories.at(outcome.series, 0),
                trajectories.at(outcome.series, scenario.weeks),
            )
            middle = (
                f"goes from {persons(float(np.median(first)))} to {persons(float(np.median(last)))}"
            )
            parts.append(f"the number of {outcome.label} {middle}{_range(last)}")
    parts = [*([f"the model counts {listed(counted)}"] if counted else []), *parts]
    return (
        f"From {day(scenario.start)} to {day(scenario.date(scenario.weeks))}, "
        f"{', and '.join(parts)}."
    )


def acting(comparison: Comparison) -> int:
    """Number of policies that change anything; one that changes nothing is a check,
    and no policy.
    """
    kept = len(comparison.baseline.scenario.policies)
    return sum(
        any(policy.modifiers for policy in run.scenario.policies[kept:])
        for run in comparison.policies
    )


def _comparison_answer(comparison: Comparison) -> tuple[str, list[tuple[str, str]]]:
    """The policy with the largest effect on deaths in one sentence; then what each policy does,
    its label and its effects.
    """
    outcomes = main_outcomes(comparison.outcomes)
    if not outcomes or not comparison.policies:
        return "Nothing was compared.", []
    leads = [_largest(comparison, outcomes[0])] + [
        _largest(comparison, o, "For civilians alone: ")
        for o in outcomes
        if o.name == "killed_civilian"
    ]
    ends = {outcome.name: "" if outcome.kind == "flow" else "at the end" for outcome in outcomes}
    told = [
        (
            run.scenario.shown,
            ", and ".join(_effect(comparison, run, o, ends[o.name]) for o in outcomes),
        )
        for run in comparison.policies
    ]
    return " ".join(leads), told


def _largest(comparison: Comparison, outcome: Outcome, lead: str = "") -> str:
    """The policy with the largest effect on an outcome, in one sentence."""
    scenario = comparison.baseline.scenario
    since, end = (day(scenario.date(week)) for week in (comparison.since, scenario.weeks))
    sizes = [
        abs(float(np.median(_difference(comparison, run, outcome)))) for run in comparison.policies
    ]
    largest = comparison.policies[int(np.argmax(sizes))]
    period = f" from {since} to {end}" if outcome.kind == "flow" else f" on {end}"
    if max(sizes) == 0.0:
        return sentence(
            f"{lead}{'no' if lead else 'No'} policy changes the number of {outcome.label}{period}."
        )
    of = (
        f"than the {persons(float(np.median(comparison.values(comparison.baseline, outcome))))} "
        "of the baseline"
    )
    shown, effect = largest.scenario.shown, _effect(comparison, largest, outcome, of)
    if lead:
        return f"{lead}“{shown}”, {effect}."
    what = (
        f"Of {acting(comparison)} policies, “{shown}” makes the largest difference"
        if acting(comparison) > 1
        else f"“{shown}” makes a difference"
    )
    return f"{what}{period}: {effect}."


def _difference(comparison: Comparison, run: Trajectories, outcome: Outcome) -> np.ndarray:
    """Paired differences of an outcome: shape (replicate,)."""
    return comparison.values(run, outcome) - comparison.values(comparison.baseline, outcome)


def _effect(comparison: Comparison, run: Trajectories, outcome: Outcome, of: str) -> str:
    """What a policy does to one outcome: the median, the band, and in how many pairs it is so."""
    difference = _difference(comparison, run, outcome)
    if not difference.any():
        return (
            f"no change in {outcome.label} in any pair"
            if len(difference) > 1
            else f"no change in {outcome.label}"
        )
    text = f"{change(float(np.median(difference)))} {outcome.label}"
    if len(difference) < 2:
        return f"{text} {of}".rstrip()
    edges = bands(difference)
    lower, higher = int((difference < 0).sum()), int((difference > 0).sum())
    often = (
        f"fewer in {lower} of {len(difference)} pairs"
        if lower >= higher
        else f"more in {higher} of {len(difference)} pairs"
    )
    return f"{text} {of}".rstrip() + (
        " (nine in ten pairs: "
        f"{change_span(float(edges['low_90']), float(edges['high_90']))}; {often})"
    )


def _years(
    table: pandas.DataFrame, columns: Sequence[tuple[str, str]], banded: bool, first: int = 0
) -> list[dict[str, Any]]:
    """Rows of a yearly table from a year on: the year, then median and band for every column,
    a scenario and an outcome.
    """
    found: dict[tuple[Any, ...], Any] = {
        (row["scenario"], row["outcome"], row["year"]): row for row in table.to_dict("records")
    }
    rows = []
    for year in sorted({year for *_, year in found if year >= first}):
        cells = [found[*column, year] for column in columns]
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


def _effects(comparison: Comparison, differences: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of effects, by policy."""
    found, outcomes = (
        [],
        {outcome.name: outcome for outcome in headlines(comparison.baseline.scenario.model)},
    )
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
                    "relative": percent(row.relative),
                    "lower": f"{round(row.lower_in * row.pairs)} of {row.pairs}",
                }
            )
        found.append({"label": run.scenario.shown, "rows": rows})
    return found


def _head_to_head(comparison: Comparison, beats: pandas.DataFrame) -> list[dict[str, Any]]:
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
