"""Ablation ladder: forecasts with the model built up mechanism by mechanism, each rung fitted to
the record up to an origin and scored on what came.

A rung is fitted by its best point only; its growth goes into the statistical layer with the layer's
usual weight, and with no other, so that a rung is better than the layer alone only if its growth
tells something that the layer does not know. The national data set begins in 2007: an origin before
2010 leaves nothing to fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from ..countries.record import MONTHS, monthly_record, yearly_record
from ..forecasting.layer import GROWTH_WEIGHT, layered, yearly
from ..inference.density import Posterior
from ..inference.growth import growth
from ..inference.job import national
from ..inference.mean_field import MeanField
from ..inference.observations import Total, streams_on_record
from ..inference.optimum import find_best
from ..inference.unknowns import HELD_FORMS, Unknowns
from ..model.model import Model
from ..results.scores import score_cells
from ..scenarios.scenario import Scenario

if TYPE_CHECKING:
    import pandas

LEADS = 4
"""Years ahead that are scored."""

REPLICATES = 2000
"""Samples of each forecast."""

SEED = 1

ORIGINS = (2012, 2016)
"""Ends of the record at which a rung is fitted:
the usual ones with enough years of the national model before them.
"""

LEAST_ORIGIN, MOST_ORIGIN = 2010, 2016
"""Four years of the national model come before an origin,
and the record has the four years after it.
"""

MOST_RUNGS = 100
"""Rungs of one origin at most: a rung is kept under its origin times this and its place."""

ALONE = "layer alone"
"""What the table calls the statistical layer without any mechanism."""

CORE = ("founding", "recruitment", "arrests", "conflict", "saturation", "civilians", "reporting")
"""Mechanisms of the first rung: the published size model in every state, civilians,
and what is recorded.
"""

PUBLISHED_FORM = {
    "conflict.own_exponent": 1.0,
    "conflict.rival_exponent": 1.0,
    "conflict.saturation_exponent": 0.0,
    "conflict.stake_exponent": 0.0,
}
"""Exponents of the published form, with which violence grows with the square of size."""

FIXED_TOTAL = {"arrests.half_size": 0.0}
"""The published form of arrests: a fixed total [person]."""


@dataclass(frozen=True)
class Rung:
    """A nested model of the ladder.

    Attributes:
        label: what it adds to the one below.
        mechanisms: their names.
        held: values that are not fitted.
    """

    label: str
    mechanisms: tuple[str, ...]
    held: dict[str, float]


def rungs() -> tuple[Rung, ...]:
    """All rungs from the lowest."""
    steps: tuple[tuple[str, tuple[str, ...], Mapping[str, Any]], ...] = (
        ("size model in every state", (), {**PUBLISHED_FORM, **FIXED_TOTAL}),
        ("+ saturating conflict", (), FIXED_TOTAL),
        ("+ form of arrests", (), {}),
        ("+ leaders and troops", ("leaders", "troops"), {}),
        ("+ corridors, money and movement", ("trade", "money", "movement"), {}),
        ("+ corruption and vetting", ("corruption", "vetting"), {}),
        ("+ prisons", ("prisons",), {}),
        ("+ vigilantes", ("vigilantes",), {}),
    )
    names: tuple[str, ...] = CORE
    nested = []
    for label, more, held in steps:
        names = (*names, *more)
        nested.append(Rung(label, names, dict(held)))
    return tuple(nested)


def scenario_of(rung: Rung, whole: Scenario) -> Scenario:
    """National scenario with the mechanisms of a rung, without policies on what it lacks."""
    model = Model([m for m in whole.model.mechanisms if m.name in rung.mechanisms])
    applicable = [
        replace(p, modifiers=tuple(c for c in p.modifiers if c.target in model.parameters))
        for p in whole.policies
    ]
    policies = tuple(p for p in applicable if p.modifiers)
    values = {n: x for n, x in whole.values.items() if n in model.parameters}
    return replace(whole, model=model, values={**values, **rung.held}, policies=policies)


def growth_of(
    rung: Rung, whole: Scenario, origin: int, progress: Callable[[int, int], None] | None = None
) -> Float[np.ndarray, "draw state month"]:
    """Growth of the log of homicides that a rung expects after the end of a year,
    at its best point for the record to that year.
    """
    scenario = scenario_of(rung, whole)
    flows = set(scenario.model.flows) | set(scenario.model.records)
    streams = [
        s
        for s in streams_on_record(scenario.start.year, origin)
        if not isinstance(s, Total) or set(s.flows) <= flows
    ]
    posterior = Posterior(
        Unknowns.of(scenario, (*rung.held, *HELD_FORMS)), MeanField(scenario), tuple(streams)
    )
    best = find_best(posterior, progress=progress)
    return growth(posterior, best.point[None], origin, MONTHS * LEADS)


def scored(
    origin: int, grown: Float[np.ndarray, "draw state month"] | None, weight: float = GROWTH_WEIGHT
) -> dict[str, float]:
    """Mean scores of the statistical layer with some growth, or without any, over states and four
    years.
    """
    record = monthly_record().until(origin)
    samples = yearly(
        layered(
            record, MONTHS * LEADS, REPLICATES, np.random.default_rng((SEED, origin)), grown, weight
        )
    )
    came = yearly_record().after(origin, LEADS)
    return {
        name: float(x.mean()) for name, x in score_cells(samples, came.counts, came.people).items()
    }


def ladder(
    origins: tuple[int, ...] = ORIGINS,
    progress: Callable[[int, int], None] | None = None,
    kept: MutableMapping[int, dict[str, np.ndarray]] | None = None,
) -> pandas.DataFrame:
    """Forecast scores of every rung from every origin.

    Args:
        origins: last years of the record that rungs are fitted to.
        progress: told after each rung.
        kept: finished growth by number; what is present is not fitted again, and new ones are added
            as they finish.

    Returns:
        One row for each rung and origin, the layer alone first: rung, origin, mean growth of the
        log over the fourth year, and the scores.
    """
    import pandas

    finished = {} if kept is None else kept
    steps, rows, done = rungs(), [], 0
    for origin in origins:
        rows.append(
            {"rung": ALONE, "origin": origin, "growth": float("nan"), **scored(origin, None)}
        )
        for number, rung in enumerate(steps, origin * MOST_RUNGS):
            if number not in finished:
                finished[number] = {"growth": growth_of(rung, national(origin), origin)}
            grown = finished[number]["growth"]
            rows.append(
                {
                    "rung": rung.label,
                    "origin": origin,
                    "growth": float(grown[..., -MONTHS:].mean()),
                    **scored(origin, grown),
                }
            )
            done += 1
            if progress:
                progress(done, len(steps) * len(origins))
    return pandas.DataFrame(rows)
