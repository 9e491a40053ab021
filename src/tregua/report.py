"""The report of a run or a comparison: one HTML file that needs nothing else, and the description of the files beside it.

What it says depends on what was run: a run without chance has no bands, a model with prisons does release people.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .drawing import Picture, main_outcomes
from .observe import Outcome, bands, outcomes_of
from .sources import SIZE_2023
from .study import Comparison
from .trajectories import Trajectories
from .types import OUTSIDE
from .wording import change, change_span, day, exact, listed, percent, policy_text, rounded, sentence, signed, signed_span, span

if TYPE_CHECKING:
    import jinja2
    import pandas

STANCES = {
    "measured": "counted or measured in the world",
    "official": "published by a public body",
    "estimated": "the result of a fit in a publication",
    "reported": "stated by news media or in a study, without a fit",
    "alleged": "claimed, and not established",
    "opinion": "the view of an author",
    "record": "a note about the record itself",
    "assumed": "set by hand, without data behind it",
}
"""What each stance of a source means."""

LIMITS = {
    "forecast": ("It is no forecast.", "It shows what follows from the model and its values, with nothing else changing in the world."),
    "no chance": ("There is no chance in this run.", "It follows expected numbers, and so says nothing about how far luck alone could move them."),
    "chance only": (
        "Bands show chance only.",
        "Every parameter is held fixed at one value. What is not known about the parameters is far larger than these bands.",
    ),
    "other values": (
        "Other values fit as well.",
        "Values that fit the published data about equally well put the groups in 2022 anywhere from about 96,000 to 690,000 members. With doubled arrests some "
        "of them bring deaths below their level of 2022 and others let them rise above it. To see it: tregua reproduce size-2023-identifiability",
    ),
    "members only": (
        "Deaths are those of members only.",
        "They are members killed by rival groups: not all homicides, not bystanders, and not people who are missing.",
    ),
    "no places": ("There are no places in it.", "The country is one territory, in which every group can meet every other."),
    "no release": ("Nobody leaves prison.", "Members who are arrested never come back."),
    "endless recruits": ("Recruits do not run out.", "People join from an outside that is never exhausted, at rates that only a policy changes."),
    "no verdict": (
        "A listing is no verdict.",
        "That a group or a tie is listed means that a newspaper report named it. It is not a finding that anyone is guilty of anything.",
    ),
}
"""What runs cannot say: heading and text."""


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    place = jinja2.PackageLoader("tregua", "templates")
    # Everything is escaped: names of policies and files are the user's.
    return jinja2.Environment(loader=place, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)


def run_report(trajectories: Trajectories, manifest: Mapping[str, Any], pictures: Sequence[Picture], tables: Mapping[str, pandas.DataFrame]) -> str:
    """The report of a run as one HTML page.

    Args:
        trajectories: the run.
        manifest: its record (:func:`tregua.store.make_manifest`).
        pictures: its figures.
        tables: its tables; ``yearly_bands`` is shown.
    """
    outcomes = list(outcomes_of(trajectories.scenario.model).values())
    return _page(
        "run.html.j2",
        trajectories,
        manifest,
        pictures,
        answer=_run_answer(trajectories),
        outcomes=outcomes,
        years=_years(tables["yearly_bands"], [(trajectories.scenario.name, o.name) for o in outcomes], _has_bands(trajectories)),
        changes=[{"label": p.shown, "doc": p.doc, "text": policy_text(p, trajectories.scenario.model.parameters)} for p in trajectories.scenario.policies],
    )


def comparison_report(comparison: Comparison, manifest: Mapping[str, Any], pictures: Sequence[Picture], tables: Mapping[str, pandas.DataFrame]) -> str:
    """The report of a comparison as one HTML page; see :func:`run_report`."""
    base = comparison.baseline
    kept = len(base.scenario.policies)
    changes = [
        {"label": run.scenario.shown, "doc": p.doc, "text": policy_text(p, base.scenario.model.parameters)}
        for run in comparison.policies
        for p in run.scenario.policies[kept:]
    ]
    standing = [{"label": p.shown, "doc": p.doc, "text": policy_text(p, base.scenario.model.parameters)} for p in base.scenario.policies]
    columns = [(run.scenario.name, o.name) for run in (base, *comparison.policies) for o in main_outcomes(comparison.outcomes)[:1]]
    headline, answers = _comparison_answer(comparison)
    return _page(
        "comparison.html.j2",
        base,
        manifest,
        pictures,
        headline=headline,
        answers=answers,
        end=day(base.scenario.date(base.scenario.weeks)),
        since=day(base.scenario.date(comparison.since)),
        effects=_effects(comparison, tables["differences"]),
        years=_years(tables["yearly_bands"], columns, _has_bands(base), base.scenario.date(comparison.since).year),
        labels=["Baseline", *(run.scenario.shown for run in comparison.policies)],
        head_to_head=_head_to_head(comparison, tables["beats"]),
        deaths=sentence(main_outcomes(comparison.outcomes)[0].label) if comparison.outcomes else "",
        changes=changes,
        standing=standing,
    )


def readme(manifest: Mapping[str, Any], tables: Mapping[str, pandas.DataFrame]) -> str:
    """Plain text that says what each file and column of a run folder is."""
    return _templates().get_template("README.txt.j2").render(manifest=manifest, tables=tables, comparison=manifest["kind"] == "comparison")


def _page(template: str, trajectories: Trajectories, manifest: Mapping[str, Any], pictures: Sequence[Picture], **own: Any) -> str:
    """Fill a template with what every report has, and with its own parts."""
    scenario, plan = trajectories.scenario, trajectories.plan
    shared = {
        "title": scenario.shown,
        "period": f"{day(scenario.start)} to {day(scenario.date(scenario.weeks))}",
        "groups": next((len(axis.labels) for axis in scenario.data.space.axes if axis.name == "group"), 0),
        "places": listed(list(scenario.data.space.labels("territory"))[:4]),
        "banded": _has_bands(trajectories),
        "stochastic": plan.solver.stochastic,
        "chance_only": _has_bands(trajectories) and not manifest["posterior_draws"],
        "manifest": manifest,
        "created": day(dt.datetime.fromisoformat(manifest["created"]).date()),
        "pictures": [{"picture": p, "data": base64.b64encode(p.svg).decode()} for p in pictures],
        "parameters": [{**record, "shown": _value(record)} for record in manifest["parameters"]],
        "changed": [{**r, "shown": _value(r)} for r in manifest["parameters"] if r["layer"] != "mechanism default"],
        "sources": _sources(manifest),
        "stances": {stance: text for stance, text in STANCES.items() if any(e["stance"] == stance for r in manifest["parameters"] for e in r["evidence"])},
        "effects_unsure": _published(manifest),
        "limits": limits(trajectories, manifest),
    }
    return _templates().get_template(template).render(**shared, **own)


def _sources(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Every source once, with the number under which tables refer to it."""
    named = dict.fromkeys(evidence["source"] for record in manifest["parameters"] for evidence in record["evidence"])
    return {source: f"[{number}]" for number, source in enumerate(named, 1)}


def _has_bands(trajectories: Trajectories) -> bool:
    return trajectories.plan.replicates > 1


def _value(record: Mapping[str, Any]) -> str:
    """The value of a parameter with its unit, as it was given; the middle and range of posterior draws."""
    unit = "" if record["unit"] == "1" else f" {record['unit'].replace('*', ' ')}"
    if record["lowest"] != record["highest"]:
        return f"{rounded(record['value'])}{unit} in the middle, {rounded(record['lowest'])} to {rounded(record['highest'])}"
    return f"{exact(record['value'])}{unit}"


def _range(values: np.ndarray) -> str:
    """Where nine in ten of the replicates lie, in brackets; empty without bands."""
    if len(values) < 2:
        return ""
    edges = bands(values.astype(float))
    low, high = float(edges["low_90"]), float(edges["high_90"])
    return f" (nine in ten replicates: {span(low, high)})" if rounded(low) != rounded(high) else " (nine in ten replicates round to this number)"


def _run_answer(trajectories: Trajectories) -> str:
    """What the run shows, in one sentence with its numbers."""
    scenario, parts = trajectories.scenario, []
    for outcome in main_outcomes(outcomes_of(scenario.model)):
        if outcome.kind == "flow":
            total = trajectories.total(outcome.series).sum(axis=1)
            parts.append(f"the model counts {rounded(float(np.median(total)))} {outcome.label}{_range(total)}")
        else:
            first, last = trajectories.at(outcome.series, 0), trajectories.at(outcome.series, scenario.weeks)
            middle = f"goes from {rounded(float(np.median(first)))} to {rounded(float(np.median(last)))}"
            parts.append(f"the number of {outcome.label} {middle}{_range(last)}")
    return f"From {day(scenario.start)} to {day(scenario.date(scenario.weeks))}, {', and '.join(parts)}."


def _comparison_answer(comparison: Comparison) -> tuple[str, list[tuple[str, str]]]:
    """The policy with the largest effect on deaths in one sentence; then what each policy does, its label and its effects."""
    scenario, outcomes = comparison.baseline.scenario, main_outcomes(comparison.outcomes)
    if not outcomes or not comparison.policies:
        return "Nothing was compared.", []
    since, end = (day(scenario.date(week)) for week in (comparison.since, scenario.weeks))
    sizes = [abs(float(np.median(_difference(comparison, run, outcomes[0])))) for run in comparison.policies]
    largest = comparison.policies[int(np.argmax(sizes))]
    period = f"from {since} to {end}" if outcomes[0].kind == "flow" else f"on {end}"
    if max(sizes) == 0.0:
        headline = f"No policy changes the number of {outcomes[0].label} {period}."
    else:
        of = f"than the {rounded(float(np.median(comparison.values(comparison.baseline, outcomes[0]))))} of the baseline"
        effect = _effect(comparison, largest, outcomes[0], of)
        shown = largest.scenario.shown
        lead = f"Of {len(sizes)} policies, “{shown}” makes the largest difference" if len(sizes) > 1 else f"“{shown}” makes a difference"
        headline = f"{lead} {period}: {effect}."
    ends = {outcome.name: "" if outcome.kind == "flow" else "at the end" for outcome in outcomes}
    return headline, [(run.scenario.shown, ", and ".join(_effect(comparison, run, o, ends[o.name]) for o in outcomes)) for run in comparison.policies]


def _difference(comparison: Comparison, run: Trajectories, outcome: Outcome) -> np.ndarray:
    """Paired differences of an outcome: shape (replicate,)."""
    return comparison.values(run, outcome) - comparison.values(comparison.baseline, outcome)


def _effect(comparison: Comparison, run: Trajectories, outcome: Outcome, of: str) -> str:
    """What a policy does to one outcome: the median, the band, and in how many pairs it is so."""
    difference = _difference(comparison, run, outcome)
    if not difference.any():
        return f"no change in {outcome.label} in any pair" if len(difference) > 1 else f"no change in {outcome.label}"
    text = f"{change(float(np.median(difference)))} {outcome.label}"
    if len(difference) < 2:
        return f"{text} {of}".rstrip()
    edges = bands(difference)
    lower, higher = int((difference < 0).sum()), int((difference > 0).sum())
    often = f"fewer in {lower} of {len(difference)} pairs" if lower >= higher else f"more in {higher} of {len(difference)} pairs"
    return f"{text} {of}".rstrip() + f" (nine in ten pairs: {change_span(float(edges['low_90']), float(edges['high_90']))}; {often})"


def _years(table: pandas.DataFrame, columns: Sequence[tuple[str, str]], banded: bool, first: int = 0) -> list[dict[str, Any]]:
    """Rows of a yearly table from a year on: the year, then median and band for every column, a scenario and an outcome."""
    found: dict[tuple[Any, ...], Any] = {(row["scenario"], row["outcome"], row["year"]): row for row in table.to_dict("records")}
    rows = []
    for year in sorted({year for *_, year in found if year >= first}):
        cells = [found[*column, year] for column in columns]
        rows.append({"year": year, "cells": [(rounded(c["median"]), span(c["low_90"], c["high_90"]) if banded else "") for c in cells]})
    return rows


def _effects(comparison: Comparison, differences: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of effects, by policy."""
    found, outcomes = [], comparison.outcomes
    for number, run in enumerate(comparison.policies):
        part = differences.iloc[number * len(outcomes) : (number + 1) * len(outcomes)]
        rows = []
        for row in part.itertuples():
            rows.append(
                {
                    "label": sentence(outcomes[row.outcome].label),
                    "when": "in the period" if outcomes[row.outcome].kind == "flow" else "at the end",
                    "baseline": rounded(row.baseline),
                    "with_policy": rounded(row.with_policy),
                    "difference": signed(row.difference),
                    "range": signed_span(row.difference_low_90, row.difference_high_90),
                    "relative": percent(row.relative),
                    "lower": f"{round(row.lower_in * row.pairs)} of {row.pairs}",
                }
            )
        found.append({"label": run.scenario.shown, "rows": rows})
    return found


def _head_to_head(comparison: Comparison, beats: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table that sets every run against every other, by deaths; empty with a single policy."""
    runs, pairs = (comparison.baseline, *comparison.policies), comparison.baseline.plan.replicates
    if len(runs) < 3 or pairs < 2:
        return []
    outcome = main_outcomes(comparison.outcomes)[0].name
    shares = {(row["run"], row["against"]): row["lower_in"] for row in beats.to_dict("records") if row["outcome"] == outcome}
    names = [run.scenario.name for run in runs]
    labels = ["Baseline", *(run.scenario.shown for run in comparison.policies)]
    return [{"label": label, "cells": [round(shares[a, b] * pairs) if a != b else "" for b in names]} for label, a in zip(labels, names, strict=True)]


def _published(manifest: Mapping[str, Any]) -> bool:
    """Whether the run has the values of the published size model held fixed, of which others fit as well."""
    return not manifest["posterior_draws"] and any(e["source"] == SIZE_2023 for record in manifest["parameters"] for e in record["evidence"])


def limits(trajectories: Trajectories, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the run cannot say: heading and text, as far as each applies to its model, data and solver."""
    scenario, plan = trajectories.scenario, trajectories.plan
    model, outcomes = scenario.model, outcomes_of(scenario.model)
    fixed = not manifest["posterior_draws"]
    ends = {(flow.source, flow.target) for _, flow in model.flows.values()}
    applies = {
        "forecast": True,
        "no chance": not plan.solver.stochastic,
        "chance only": plan.solver.stochastic and fixed,
        "other values": _published(manifest),
        "members only": "killed" in outcomes,
        "no places": len(scenario.data.space.labels("territory")) == 1,
        "no release": any(target == "arrested" for _, target in ends) and not any(source == "arrested" for source, _ in ends),
        "endless recruits": any(source == OUTSIDE for source, _ in ends),
        "no verdict": scenario.data.name == "groups-2020",
    }
    return [LIMITS[name] for name, yes in applies.items() if yes]
