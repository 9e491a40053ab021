"""Held-out series: what is on record and no fit sees, beside what a run expects on record, such as
missing persons, displacement, or another count of homicides. The pack of the country lists them.

A model may reach what it was fitted to for wrong reasons. These series were kept out of the fit, so
that they can say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..countries.observed import held_out_of, unseen_counts
from ..engine.trajectories import Trajectories
from .outcomes import outcomes_of
from .tables import bands, whole_years, yearly_values

if TYPE_CHECKING:
    import pandas


def held_out(trajectories: Trajectories) -> pandas.DataFrame:
    """Years of these series beside the run.

    Args:
        trajectories: a run of the territories of a country; of anything else the table is empty.

    Returns:
        One row for each series and year that both have: series, outcome, year, recorded, bands over
        replicates, and whether the record lies inside nine in ten of them, below or above.
    """
    import pandas

    outcomes, frames = outcomes_of(trajectories.scenario.model), []
    data, years = trajectories.scenario.data, list(whole_years(trajectories))
    if data.pack is None or data.territories is None:
        return pandas.DataFrame()
    for key, series in held_out_of(data.pack).series.items():
        if series.outcome not in outcomes:
            continue
        counts = unseen_counts(data.pack, key)
        places = [i for i, year in enumerate(years) if year in counts]
        recorded = np.array([counts[years[i]] for i in places])
        edges = bands(yearly_values(trajectories, [outcomes[series.outcome]])[0, places].T)
        where = np.select(
            [recorded < edges["low_90"], recorded > edges["high_90"]], ["below", "above"], "inside"
        )
        columns = {
            "series": series.said,
            "outcome": series.outcome,
            "year": [years[i] for i in places],
            "recorded": recorded,
        }
        frames.append(pandas.DataFrame({**columns, **edges, "record_is": where}))
    return pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame()
