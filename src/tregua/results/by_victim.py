"""Outcomes by victim and cause: who died and of what, and what is on record against what happened.

Every death is in one cell, since every flow with a victim has one victim and one cause: in each
replicate the cells of a table add up to all deaths. What is summed over causes holds deaths without
a tie to groups too, so that civilians killed are those of
:func:`~tregua.results.outcomes.civilians_killed`. Medians do not add up exactly, because the
middle replicate of a sum is not the one in the middle of each part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.trajectories import Trajectories
from ..model.declarations import BACKGROUND
from ..model.model import Model
from .outcomes import VICTIMS, Outcome, deaths_of, outcomes_of
from .tables import bands, whole_years, yearly_values

if TYPE_CHECKING:
    import pandas

ALL = "all"
"""Stands for every victim or every cause."""

TIED = "tied to groups"
"""Stands for every cause but the one without a tie to groups."""

WHOM = {"arrest": "all arrested", "escape": "all escaped", "displacement": "all displaced"}
"""Who could be counted in a record of flows of a kind, in words."""


def cells(trajectories: Trajectories) -> dict[tuple[str, str], Outcome]:
    """Flows of each victim and cause as one outcome; victims in the order of
    :data:`~tregua.results.outcomes.VICTIMS`, causes not tied to groups last.
    """
    deaths = deaths_of(trajectories.scenario.model)
    named: dict[tuple[str, str], list[str]] = {}
    for victim in VICTIMS:
        for name, flow in deaths.items():
            if flow.victim == victim:
                named.setdefault((victim, flow.cause), []).append(name)
    ordered = sorted(named, key=lambda cell: cell[1] == BACKGROUND)
    return {
        (v, c): Outcome(f"{v}, {c}", f"{VICTIMS[v]} killed: {c}", tuple(named[v, c]), "flow")
        for v, c in ordered
    }


def margins(deaths: dict[tuple[str, str], np.ndarray]) -> dict[tuple[str, str], np.ndarray]:
    """Cells with the sums over causes, over causes tied to groups, over victims, and over both."""
    summed: dict[tuple[str, str], np.ndarray] = {}
    for (victim, cause), values in deaths.items():
        causes = (ALL,) if cause == BACKGROUND else (ALL, TIED)
        for key in ((ALL, cause), *((who, what) for who in (victim, ALL) for what in causes)):
            summed[key] = summed[key] + values if key in summed else values
    return {**deaths, **summed}


def deaths_by_victim(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each victim, cause and calendar year: median and bands of persons killed in the
    year. Columns: scenario, victim, cause, year, bands.
    """
    import pandas

    outcomes, years = cells(trajectories), list(whole_years(trajectories))
    edges = bands(np.moveaxis(yearly_values(trajectories, outcomes.values()), 2, 0))
    columns: dict[str, Any] = {
        name: [key[i] for key in outcomes for _ in years]
        for i, name in enumerate(("victim", "cause"))
    }
    table = pandas.DataFrame(
        {
            **columns,
            "year": years * len(outcomes),
            **{name: edge.ravel() for name, edge in edges.items()},
        }
    )
    table.insert(0, "scenario", trajectories.scenario.name)
    return table


def deaths_in_run(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each victim and cause: persons killed from start to end, median and bands.

    Rows with ``all`` are sums over victims or causes in each replicate, rows with ``tied to
    groups`` over all causes but the one without a tie.
    """
    import pandas

    totals = {
        cell: trajectories.total(outcome.series).sum(axis=1, dtype=float)
        for cell, outcome in cells(trajectories).items()
    }
    rows: list[dict[str, Any]] = []
    for (victim, cause), values in margins(totals).items():
        edges = {name: float(edge) for name, edge in bands(values).items()}
        rows.append(
            {
                "scenario": trajectories.scenario.name,
                "victim": victim,
                "cause": cause,
                **edges,
                "mean": float(values.mean()),
            }
        )
    return pandas.DataFrame(rows)


def recorded_against_happened(trajectories: Trajectories) -> pandas.DataFrame:
    """One row for each record and calendar year: persons whom it could have counted, persons whom
    it counts, and the share of the two.

    Columns: scenario, record, doc, year, then ``happened_``, ``recorded_`` and ``share_`` with the
    median and the edges of both bands, and ``out_of``, who could have been counted. The share is
    taken in each replicate: its median is not the ratio of the two medians. A record of something
    that no flow of this model does is left out.
    """
    import pandas

    model, years, frames = trajectories.scenario.model, list(whole_years(trajectories)), []
    for name, counted in kept_records(trajectories).items():
        real = Outcome(name, name, model.recorded[name], "flow")
        happened, recorded = yearly_values(trajectories, (real, counted))
        share = np.divide(
            recorded, happened, out=np.full_like(happened, np.nan), where=happened > 0.0
        )
        columns: dict[str, Any] = {
            "scenario": trajectories.scenario.name,
            "record": counted.name,
            "doc": model.records[name][1].doc,
            "year": years,
        }
        for kind, values in (("happened", happened), ("recorded", recorded), ("share", share)):
            columns |= {f"{kind}_{edge}": x for edge, x in bands(values.T).items()}
        columns["out_of"] = whom(model, name)
        frames.append(pandas.DataFrame(columns))
    return (
        pandas.concat(frames, ignore_index=True)
        if frames
        else pandas.DataFrame(columns=["scenario", "record", "doc", "year"])
    )


def whom(model: Model, record: str) -> str:
    """Who could be counted in a record: all killed for homicides and for missing persons, neither
    of which could count them all.
    """
    flow = model.flows[model.recorded[record][0]][1]
    return "all killed" if flow.victim else WHOM.get(flow.kind, "all")


def kept_records(trajectories: Trajectories) -> dict[str, Outcome]:
    """Outcomes of the records that count anything in this model, by the record's full name."""
    model = trajectories.scenario.model
    outcomes = {outcome.series[0]: outcome for outcome in outcomes_of(model).values()}
    return {name: outcomes[name] for name in model.records if model.recorded[name]}
