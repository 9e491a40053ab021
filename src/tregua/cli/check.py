"""Check of a scenario file: the values, posterior and policies with which it would run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engine.plan import Plan, plan_of_file
from ..model.units import shown_in
from ..results.outcomes import check_counted
from ..scenarios.policy import Modifier
from ..scenarios.scenario import Resolved, resolve, without_places
from ..scenarios.toml import ScenarioFile, load_scenario
from .folders import tell_folder
from .plugins import load_named, plugin_records, tell_plugins
from .show import OUT, print_json, print_table

BAND = (0.05, 0.95)
"""Quantiles between which nine in ten draws lie."""

MANY = 4
"""Different values of one parameter, above which the table has the lowest and the highest only."""


@dataclass(frozen=True)
class Summary:
    """What a run uses for one parameter: single values, or median and band of posterior draws.

    Attributes:
        median: of the draws, or the value itself; one number for every cell of the axes.
        low: the 0.05 quantile of the draws, likewise; ``None`` where nothing is drawn.
        high: the 0.95 quantile of the draws, likewise.
    """

    median: list[float]
    low: list[float] | None
    high: list[float] | None


def summarize(resolved: Resolved) -> Summary:
    """Median and nine-in-ten band of a parameter, over draws where it is drawn."""
    if not resolved.drawn:
        return Summary(resolved.value.ravel().tolist(), None, None)
    cells = resolved.value.reshape(len(resolved.value), -1)
    low, median, high = np.quantile(cells, (BAND[0], 0.5, BAND[1]), axis=0).tolist()
    return Summary(median, low, high)


def check_scenario(
    source: str,
    as_json: bool,
    plugins: Sequence[str] | None = None,
    data: str = "",
    without: Sequence[str] = (),
) -> int:
    """Read a scenario file and show what would be run: its size, values and policies, whose code is
    loaded, and which folder is read.
    """
    load_named(plugins)
    read = load_scenario(source, data=data, without=without)
    tell_plugins(read.scenario.model)
    tell_folder(read.scenario.data)
    check_counted(read.scenario.model, f"{read.shown}, key scenario.mechanisms")
    plan = plan_of_file(read)
    parameters = read.scenario.model.parameters
    # What is the same in all places is one number to a reader.
    resolved = {
        n: replace(r, value=without_places(r.value, parameters[n].axes))
        for n, r in resolve(read.scenario, read.draws).items()
    }
    summaries = {name: summarize(r) for name, r in resolved.items()}
    if as_json:
        print_json(_as_data(read, resolved, summaries))
        return 0
    last = read.scenario.date(read.scenario.weeks)
    size = (
        f"{read.replicates} replicates of {read.scenario.weeks} weeks, "
        f"{read.scenario.start} to {last}"
    )
    OUT.print(
        f"{read.scenario.shown}: {size}, solver {read.solver}, seed {read.seed}", markup=False
    )
    if read.scenario.start_note:
        OUT.print(read.scenario.start_note, markup=False)
    for note in read.notes.values():
        OUT.print(note, markup=False)
    if read.posterior:
        OUT.print(_posterior_text(read, plan), markup=False)
    rows: list[list[str]] = [
        [n, *_texts(summaries[n]), parameters[n].unit, r.layer] for n, r in resolved.items()
    ]
    headings = ["parameter", "value", "nine in ten draws", "unit", "from"]
    if not read.posterior:
        headings.remove("nine in ten draws")
        rows = [row[:2] + row[3:] for row in rows]
    print_table("Values", headings, rows, _caption(summaries), left=len(headings))
    rows = [
        [
            p.name,
            p.shown,
            "; ".join(_understood(change, read).text() for change in p.modifiers)
            or "nothing is changed",
        ]
        for p in read.policies.values()
    ]
    print_table("Policies", ["name", "label", "changes"], rows, left=3)
    return 0


def _unit(change: Modifier, read: ScenarioFile) -> str:
    """Unit of the value of a change."""
    return (
        "1" if change.operation == "scale" else read.scenario.model.parameters[change.target].unit
    )


def _understood(change: Modifier, read: ScenarioFile) -> Modifier:
    """A change whose value is shown as the number that was read, whatever its author wrote."""
    return replace(change, written=shown_in(change.value, _unit(change, read)))


def _change_as_data(change: Modifier, read: ScenarioFile) -> dict[str, Any]:
    """A change as data: the numbers that were read, and what its author wrote."""
    return {
        "target": change.target,
        "operation": change.operation,
        "value": change.value,
        "unit": _unit(change, read),
        "from": change.start,
        "to": change.end,
        "ramp_weeks": change.ramp_weeks,
        "territories": list(change.territories or ()),
        "written": change.written,
    }


def _as_data(
    read: ScenarioFile, resolved: dict[str, Resolved], summaries: dict[str, Summary]
) -> dict[str, Any]:
    """The check as data; ``value`` is the median where a parameter is drawn."""
    return {
        "scenario": read.scenario.name,
        "weeks": read.scenario.weeks,
        "stocks": str(read.scenario.stocks_day),
        "replicates": read.replicates,
        "notes": list(read.notes.values()),
        "plugins": plugin_records(read.scenario.model),
        "posterior": read.posterior.identity if read.posterior else None,
        "values": {
            n: {
                "value": summaries[n].median,
                "low_90": summaries[n].low,
                "high_90": summaries[n].high,
                "unit": read.scenario.model.parameters[n].unit,
                "layer": r.layer,
            }
            for n, r in resolved.items()
        },
        "policies": {
            name: [_change_as_data(change, read) for change in policy.modifiers]
            for name, policy in read.policies.items()
        },
    }


def _posterior_text(read: ScenarioFile, plan: Plan) -> str:
    """Which posterior a run draws from, and how."""
    posterior = read.posterior
    assert posterior is not None
    taken = (
        f"; the run takes the first {plan.replicates:,} of them, one each"
        if plan.replicates < posterior.size
        else ""
    )
    return (
        f"Posterior: {posterior.name}, {posterior.size:,} draws (sha256 {posterior.digest}){taken}"
    )


def _caption(summaries: dict[str, Summary]) -> str:
    """What a reader of the table of values must know."""
    told = []
    if any(summary.low is not None for summary in summaries.values()):
        told.append("Values from posterior draws are medians.")
    if any(len(set(summary.median)) > MANY for summary in summaries.values()):
        told.append(
            f"Of more than {MANY} values (of territories, say) the lowest and the highest are "
            "shown, of bands the outer ends; --json lists all."
        )
    return " ".join(told)


def _texts(summary: Summary) -> tuple[str, str]:
    """Value and band as text."""
    value = _joined([f"{x:.4g}" for x in summary.median])
    if summary.low is None or summary.high is None:
        return value, "-"
    if summary.low == summary.high:
        return value, "the same in all"
    if len(set(summary.median)) > MANY:
        return value, f"{min(summary.low):.3g} to {max(summary.high):.3g}"
    pairs = zip(summary.low, summary.high, strict=True)
    return value, _joined([f"{low:.3g} to {high:.3g}" for low, high in pairs])


def _joined(cells: list[str]) -> str:
    """Cells as one text: equal ones once with their number, many as lowest and highest."""
    different = len(set(cells))
    if len(cells) > 1 and different == 1:
        return f"{cells[0]} (all {len(cells)})"
    if different > MANY:
        return f"{min(cells, key=float)} to {max(cells, key=float)} ({len(cells)} values)"
    return ", ".join(cells)
