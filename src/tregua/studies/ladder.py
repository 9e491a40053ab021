"""Ablation ladder: forecasts with the model built up mechanism by mechanism, each rung fitted to
the record up to an origin and scored on what came.

A rung is fitted by its best point only; its growth goes into the statistical layer with the layer's
usual weight, and with no other, so that a rung is better than the layer alone only if its growth
tells something that the layer does not know. The model of a country begins with its first data
set: an origin with fewer than four years of it leaves nothing to fit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from ..countries.observed import observations
from ..countries.pack import Pack
from ..countries.record import MONTHS, monthly_record, yearly_record
from ..engine.plan import make_plan
from ..forecasting.layer import GROWTH_WEIGHT, layered, yearly
from ..inference.density import Posterior
from ..inference.growth import growth
from ..inference.job import first_year, national
from ..inference.mean_field import MeanField
from ..inference.optimum import find_best
from ..inference.streams import streams_for
from ..inference.unknowns import HELD_FORMS, Unknowns
from ..model.model import Model
from ..results.provenance import inputs_hash, text_digest
from ..results.scores import score_cells
from ..scenarios.scenario import Scenario

if TYPE_CHECKING:
    import pandas

LEADS = 4
"""Years ahead that are scored."""

REPLICATES = 2000
"""Samples of each forecast."""

SEED = 1

LEAST_YEARS = 4
"""Years of the model that come before an origin: with fewer there is nothing to fit."""

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


def span_of(pack: Pack) -> tuple[int, int]:
    """First and last origin of a country: with enough years of its model before, and of its record
    after it.
    """
    return first_year(pack) + LEAST_YEARS - 1, yearly_record(pack).last - LEADS


def origins_of(pack: Pack) -> tuple[int, ...]:
    """Ends of the record at which a rung is fitted: those from which the country's forecasts are
    scored, as far as rungs can be fitted there, or else the last.
    """
    least, most = span_of(pack)
    usual = tuple(year for year in pack.settings.forecast.score_origins if least <= year <= most)
    return usual or (most,)


def inputs_of(pack: Pack) -> str:
    """Digest of what rungs of a country are fitted to."""
    scenario, record = national(pack, yearly_record(pack).last), yearly_record(pack)
    said = json.dumps(observations(pack).model_dump(), sort_keys=True)
    inputs = inputs_hash(scenario, make_plan(scenario, "mean-field"))
    return text_digest("\n".join([inputs, said, str(record.counts.tolist())]))


def rungs_of(pack: Pack) -> tuple[Rung, ...]:
    """Rungs of a country, of the mechanisms that its scenario has."""
    model = national(pack, yearly_record(pack).last).model
    return rungs([mechanism.name for mechanism in model.mechanisms])


def rungs(present: Collection[str] | None = None) -> tuple[Rung, ...]:
    """Rungs from the lowest: all, or those that add one of the mechanisms present, with those."""
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
    names = tuple(name for name in CORE if present is None or name in present)
    nested = []
    for label, more, held in steps:
        added = tuple(name for name in more if present is None or name in present)
        names = (*names, *added)
        if added or not more:
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
    values = {**whole.values, **rung.held}
    values = {n: x for n, x in values.items() if n in model.parameters}
    return replace(whole, model=model, values=values, policies=policies)


def growth_of(
    rung: Rung, whole: Scenario, origin: int, progress: Callable[[int, int], None] | None = None
) -> Float[np.ndarray, "draw state month"]:
    """Growth of the log of homicides that a rung expects after the end of a year,
    at its best point for the record to that year.
    """
    scenario = scenario_of(rung, whole)
    streams = streams_for(scenario, origin).streams
    posterior = Posterior(
        Unknowns.of(scenario, (*rung.held, *HELD_FORMS), streams), MeanField(scenario), streams
    )
    best = find_best(posterior, progress=progress)
    return growth(posterior, best.point[None], origin, MONTHS * LEADS)


def scored(
    pack: Pack,
    origin: int,
    grown: Float[np.ndarray, "draw state month"] | None,
    weight: float = GROWTH_WEIGHT,
) -> dict[str, float]:
    """Mean scores of the statistical layer with some growth, or without any, over states and four
    years.
    """
    record = monthly_record(pack).until(origin)
    samples = yearly(
        layered(
            record, MONTHS * LEADS, REPLICATES, np.random.default_rng((SEED, origin)), grown, weight
        )
    )
    came = yearly_record(pack).after(origin, LEADS)
    return {
        name: float(x.mean()) for name, x in score_cells(samples, came.counts, came.people).items()
    }


def ladder(
    pack: Pack,
    origins: tuple[int, ...],
    progress: Callable[[int, int], None] | None = None,
    kept: MutableMapping[int, dict[str, np.ndarray]] | None = None,
) -> pandas.DataFrame:
    """Forecast scores of every rung from every origin.

    Args:
        pack: the country.
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
    steps, rows, done = rungs_of(pack), [], 0
    for origin in origins:
        rows.append(
            {"rung": ALONE, "origin": origin, "growth": float("nan"), **scored(pack, origin, None)}
        )
        for number, rung in enumerate(steps, origin * MOST_RUNGS):
            if number not in finished:
                finished[number] = {"growth": growth_of(rung, national(pack, origin), origin)}
            grown = finished[number]["growth"]
            rows.append(
                {
                    "rung": rung.label,
                    "origin": origin,
                    "growth": float(grown[..., -MONTHS:].mean()),
                    **scored(pack, origin, grown),
                }
            )
            done += 1
            if progress:
                progress(done, len(steps) * len(origins))
    return pandas.DataFrame(rows)
