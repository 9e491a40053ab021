"""The report of a run or a comparison: one HTML file that needs nothing else,
and the description of the files beside it.

What it says depends on what was run: a run without chance has no bands, a model with prisons does
release people.
"""

from __future__ import annotations

import base64
import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from ..engine.trajectories import Trajectories
from ..model.declarations import Parameter
from ..model.registry import shipped
from ..results.comparison import Comparison
from ..results.outcomes import summary
from ..results.tables import yearly_bands
from ..scenarios.policy import Policy
from .answers import acting, comparison_answer, run_answer
from .caveats import (
    STANCES,
    acts,
    alleged,
    assumptions,
    beyond_evidence,
    fit_fails,
    left_out,
    limits,
    mostly_prior,
    published,
    stance_counts,
    stances_of,
)
from .charts.style import Picture, main_outcomes
from .report_tables import (
    deaths_rows,
    drivers_rows,
    effects_rows,
    has_bands,
    head_to_head_rows,
    records_rows,
    years_rows,
)
from .template import templates_of
from .windows import counted_from, last_day
from .wording import (
    RULE,
    day,
    exact,
    first_paragraph,
    listed,
    policy_text,
    rounded,
    sentence,
    span,
    territory_words,
)

if TYPE_CHECKING:
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


def run_report(
    trajectories: Trajectories,
    manifest: Mapping[str, Any],
    pictures: Sequence[Picture],
    tables: Mapping[str, pandas.DataFrame],
) -> str:
    """The report of a run as one HTML page.

    Args:
        trajectories: the run.
        manifest: its provenance (:func:`tregua.results.provenance.make_manifest`).
        pictures: its figures.
        tables: its tables; those of deaths and records are shown.

    Returns:
        The page, with all figures inside.
    """
    outcomes, own = summary(trajectories.scenario.model), _own_sections(pictures)
    return _page(
        "run.html.j2",
        trajectories,
        manifest,
        [picture for picture in pictures if not any(picture in part for part in own.values())],
        answer=run_answer(trajectories),
        sections={name: _embedded(part) for name, part in own.items()},
        deaths=deaths_rows(tables["deaths_in_run"]) if "deaths_in_run" in tables else {},
        records=records_rows(trajectories, tables["recorded"]) if "recorded" in tables else [],
        outcomes=outcomes,
        years=years_rows(
            yearly_bands(trajectories, outcomes),
            [(trajectories.scenario.name, o.name) for o in outcomes],
            has_bands(trajectories),
        ),
        changes=[
            _told(policy, trajectories.scenario.model.parameters)
            for policy in trajectories.scenario.policies
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
    parameters = base.scenario.model.parameters
    changes = [
        {**_told(policy, parameters), "label": run.scenario.shown}
        for run in comparison.policies
        for policy in comparison.added(run)
    ]
    standing = [_told(policy, parameters) for policy in base.scenario.policies]
    columns = [
        (run.scenario.name, o.name)
        for run in (base, *comparison.policies)
        for o in main_outcomes(comparison.outcomes)[:1]
    ]
    headline, answers = comparison_answer(comparison)
    return _page(
        "comparison.html.j2",
        base,
        manifest,
        pictures,
        headline=headline,
        acting=acting(comparison),
        answers=answers,
        end=last_day(comparison),
        since=counted_from(comparison),
        rule=RULE,
        effects=effects_rows(comparison, tables["differences"]),
        drivers=drivers_rows(comparison.drivers) if comparison.drivers else [],
        drivers_note=comparison.drivers.note if comparison.drivers else "",
        years=years_rows(
            tables["yearly_bands"],
            columns,
            has_bands(base),
            base.scenario.date(comparison.since(*comparison.policies)).year,
        ),
        labels=["Baseline", *(run.scenario.shown for run in comparison.policies)],
        head_to_head=head_to_head_rows(comparison, tables["beats"]),
        deaths=sentence(main_outcomes(comparison.outcomes)[0].label) if comparison.outcomes else "",
        changes=changes,
        standing=standing,
    )


def _told(policy: Policy, parameters: dict[str, Parameter]) -> dict[str, str]:
    """A policy in words."""
    return {"label": policy.shown, "doc": policy.doc, "text": policy_text(policy, parameters)}


def readme(manifest: Mapping[str, Any], tables: Mapping[str, pandas.DataFrame]) -> str:
    """Plain text that says what each file and column of a run folder is."""
    return (
        templates_of("reporting")
        .get_template("README.txt.j2")
        .render(
            manifest=manifest,
            tables=tables,
            meanings=_meanings(),
            comparison=manifest["kind"] == "comparison",
            rule=RULE,
        )
    )


def _meanings() -> dict[str, Any]:
    """By table what a row of it is, and what its columns hold."""
    text = (resources.files(__package__) / "table_columns.toml").read_text(encoding="utf-8")
    file = tomllib.loads(text)
    for table in file["tables"].values():
        table["columns"] = [
            column
            for entry in table["columns"]
            for column in (file["shared"][entry["shared"]] if "shared" in entry else [entry])
        ]
    return file["tables"]


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
        "territory": territory_words(scenario.data)[0],
        "territories": territory_words(scenario.data)[1],
        "banded": has_bands(trajectories),
        "stochastic": plan.solver.stochastic,
        "chance_only": has_bands(trajectories) and not manifest["posterior_draws"],
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
        "fit_fails": fit_fails(manifest),
        "beyond": beyond_evidence(manifest),
        "mostly_prior": mostly_prior(manifest),
    }
    return templates_of("reporting").get_template(template).render(**shared, **own)


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
        f"{len(labels)} {territory_words(trajectories.scenario.data)[1]}"
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
        "mechanisms_out": {name: first_paragraph(shipped()[name].__doc__) for name in out},
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


def _sources(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Every source once, with the number under which tables refer to it."""
    named = dict.fromkeys(
        evidence["source"] for record in manifest["parameters"] for evidence in record["evidence"]
    )
    return {source: f"[{number}]" for number, source in enumerate(named, 1)}


def _value(record: Mapping[str, Any]) -> str:
    """The value of a parameter with its unit, as it was given;
    the middle and range of posterior draws.
    """
    unit = "" if record["unit"] == "1" else f" {record['unit'].replace('*', ' ')}"
    if record["lowest"] != record["highest"]:
        return (
            f"{rounded(record['value'])}{unit} in the middle, "
            f"{span(record['lowest'], record['highest'])}"
        )
    return f"{exact(record['value'])}{unit}"
