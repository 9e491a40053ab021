"""Outcomes by territory: numbers, rates for 100,000 inhabitants,
and where a state stands on the tile grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from ..countries.dataset import Inhabitants
from ..engine.trajectories import Trajectories
from ..errors import TreguaError, nearest_name
from ..scenarios.scenario import Scenario
from .outcomes import Outcome, headlines, outcomes_of
from .tables import bands, by_year, whole_years

if TYPE_CHECKING:
    import pandas

PERSONS = 100_000.0
"""Rates are for this many inhabitants."""


def inhabitants_of(scenario: Scenario) -> Inhabitants | None:
    """Inhabitants of each territory by year, where the data have them; where they have only the
    covariate ``population``, it stands for every year. None without either.
    """
    if scenario.data.inhabitants is not None:
        return scenario.data.inhabitants
    population = scenario.data.covariates.get("population")
    places = len(scenario.data.space.labels("territory"))
    return (
        Inhabitants(scenario.start.year, np.asarray(population, float)[None])
        if population is not None and np.shape(population) == (places,)
        else None
    )


def mean_inhabitants(
    scenario: Scenario, since: int, until: int
) -> Float[np.ndarray, "territory"] | None:
    """Mean inhabitants of each territory over the weeks from ``since`` to before ``until``, each
    week with those of the year in which it begins; None where the data have none.
    """
    people = inhabitants_of(scenario)
    if people is None:
        return None
    years = [scenario.date(week).year for week in range(since, until)]
    return people.in_years(years).mean(axis=0)


def values_by_territory(
    trajectories: Trajectories, outcome: Outcome | str
) -> Float[np.ndarray, "year replicate territory"]:
    """An outcome in every whole calendar year and territory [persons].

    Raises:
        TreguaError: TR2303 where the run has no such outcome, or where it is not counted by
            territory.
    """
    chosen = named_outcome(trajectories, outcome) if isinstance(outcome, str) else outcome
    return by_year(trajectories, chosen, trajectories.by_territory(chosen.series))


def yearly_by_territory(trajectories: Trajectories, outcome: Outcome | str) -> pandas.DataFrame:
    """One row for each calendar year and territory: median and bands over replicates.

    Where the data have a population, also ``rate``, its median for 100,000 inhabitants of that
    year, with ``rate_low_90`` and so on.

    Args:
        trajectories: the run.
        outcome: one of :func:`~tregua.results.outcomes.outcomes_of`, or its name.

    Raises:
        TreguaError: TR2303 where the run has no such outcome, or where it is not counted by
            territory.
    """
    import pandas

    chosen = named_outcome(trajectories, outcome) if isinstance(outcome, str) else outcome
    years, labels = (
        list(whole_years(trajectories)),
        trajectories.scenario.data.space.labels("territory"),
    )
    edges = bands(np.moveaxis(values_by_territory(trajectories, chosen), 1, 0))
    columns: dict[str, Any] = {
        "scenario": trajectories.scenario.name,
        "outcome": chosen.name,
        "unit": chosen.unit,
        "year": np.repeat(np.array(years, int), len(labels)),
        "territory": np.tile(np.array(labels, object), len(years)),
        **{name: edge.ravel() for name, edge in edges.items()},
    }
    people = inhabitants_of(trajectories.scenario)
    if people is not None:
        rates = {
            "rate" if name == "median" else f"rate_{name}": edge / people.in_years(years) * PERSONS
            for name, edge in edges.items()
        }
        columns |= {name: rate.ravel() for name, rate in rates.items()}
    return pandas.DataFrame(columns)


def placed_headlines(trajectories: Trajectories) -> list[Outcome]:
    """Headline outcomes that are counted by territory."""
    return [
        o
        for o in headlines(trajectories.scenario.model)
        if all(trajectories.series[name].ndim == 3 for name in o.series)
    ]


def headlines_by_territory(trajectories: Trajectories) -> pandas.DataFrame:
    """:func:`yearly_by_territory` of every headline outcome that is counted by territory."""
    import pandas

    return pandas.concat(
        [yearly_by_territory(trajectories, outcome) for outcome in placed_headlines(trajectories)],
        ignore_index=True,
    )


def named_outcome(trajectories: Trajectories, name: str) -> Outcome:
    """An outcome of a run by its short name; the run refuses an unknown one (TR2303)."""
    outcomes = outcomes_of(trajectories.scenario.model)
    if name not in outcomes:
        raise TreguaError(
            "TR2303",
            f"the run has no outcome {name!r}",
            found=name,
            expected=", ".join(outcomes),
            nearest=nearest_name(name, outcomes),
        )
    return outcomes[name]
