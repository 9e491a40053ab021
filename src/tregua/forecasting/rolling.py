"""Rolling-origin evaluation of the statistical layer: its own row on the scoreboard beside the
baselines, from the same origins at the same leads.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from ..countries.record import MONTHS, Record, monthly_record
from .baselines import Baseline
from .layer import layered, yearly
from .past import LEAST_YEARS

NAME = "layer"

LABEL = "statistical layer, no mechanisms"


def first_origin(record: Record) -> int:
    """The first year at whose end the layer can be made: the record has
    :data:`~tregua.forecasting.past.LEAST_YEARS` years by then.
    """
    return record.first + LEAST_YEARS - 1


def layer_draw(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Samples of the layer for a record of months, or for one of years:
    it then sees the months of the same years, and its years are sums of months.
    """
    if record.season == MONTHS:
        return layered(record, leads, replicates, rng)
    months = monthly_record(record.pack).until(record.last).of(record.codes)
    return yearly(layered(months, MONTHS * leads, replicates, rng))


OTHERS = {NAME: Baseline(LABEL, layer_draw, months=True, years=LEAST_YEARS)}
"""What scores show beside the baselines, by name."""
