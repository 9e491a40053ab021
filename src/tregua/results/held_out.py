"""What is on record and no fit sees, beside what a run expects on record:
missing persons, mass displacement, and the other count of homicides.

A model may reach what it was fitted to for wrong reasons. These series were kept out of the fit, so
that they can say so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ..countries.mexico.places import UNKNOWN
from ..countries.record import FOLDER
from ..countries.tiles import tiles_of
from ..engine.trajectories import Trajectories
from ..shipped import read_table
from .outcomes import outcomes_of
from .tables import bands, whole_years, yearly_values

if TYPE_CHECKING:
    import pandas


YEAR_MONTHS = 12
"""Months of a whole year."""


@dataclass(frozen=True)
class Series:
    """Yearly counts of the nation.

    Attributes:
        label: what is counted, and by whom.
        outcome: of a run, which stands for the same.
        counts: persons by year, as far as they are known.
    """

    label: str
    outcome: str
    counts: Callable[[], dict[int, float]]


def _missing() -> dict[int, float]:
    found: defaultdict[int, float] = defaultdict(float)
    for row in read_table(FOLDER, "missing.csv"):
        found[int(row["year"])] += float(row["disappeared_or_not_located"])
    return dict(found)


def _displaced() -> dict[int, float]:
    return {
        int(row["year"]): float(row["persons"])
        for row in read_table(FOLDER, "displacement.csv")
        if row["state_code"] == UNKNOWN
    }


@cache
def homicide_victims() -> dict[str, dict[int, float]]:
    """Victims of intentional homicide in criminal investigations (SESNSP) by code of the state and
    year, for years with all twelve months.
    """
    months: dict[tuple[str, int], list[float]] = {}
    for row in read_table(FOLDER, "victims-month.csv"):
        months.setdefault((row["state_code"], int(row["year"])), []).append(
            float(row["intentional_homicide"])
        )
    found: dict[str, dict[int, float]] = {}
    for (code, year), values in months.items():
        if len(values) == YEAR_MONTHS:
            found.setdefault(code, {})[year] = sum(values)
    return found


def _victims() -> dict[int, float]:
    found: Counter[int] = Counter()
    for years in homicide_victims().values():
        found.update(years)
    return dict(found)


SERIES = (
    Series("missing persons, by year of the facts (RNPDNO)", "recorded_missing", _missing),
    Series("displaced in mass episodes (CMDPDH)", "recorded_displaced", _displaced),
    Series(
        "victims of intentional homicide in investigations (SESNSP)", "recorded_homicides", _victims
    ),
)
"""What no fit sees."""


def held_out(trajectories: Trajectories) -> pandas.DataFrame:
    """Years of these series beside the run.

    Args:
        trajectories: a run of the 32 states; of anything else the table is empty.

    Returns:
        One row for each series and year that both have: series, outcome, year, recorded, bands over
        replicates, and whether the record lies inside nine in ten of them, below or above.
    """
    import pandas

    found, frames = outcomes_of(trajectories.scenario.model), []
    years = list(whole_years(trajectories))
    for series in SERIES:
        if series.outcome not in found or tiles_of(trajectories.scenario.data.space) is None:
            continue
        counts = series.counts()
        places = [i for i, year in enumerate(years) if year in counts]
        recorded = np.array([counts[years[i]] for i in places])
        edges = bands(yearly_values(trajectories, [found[series.outcome]])[0, places].T)
        where = np.select(
            [recorded < edges["low_90"], recorded > edges["high_90"]], ["below", "above"], "inside"
        )
        columns = {
            "series": series.label,
            "outcome": series.outcome,
            "year": [years[i] for i in places],
            "recorded": recorded,
        }
        frames.append(pandas.DataFrame({**columns, **edges, "record_is": where}))
    return pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame()
