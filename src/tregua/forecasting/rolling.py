"""Rolling-origin evaluation of the statistical layer: its own row on the scoreboard beside the
baselines, from the same origins at the same leads.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from ..countries.record import MONTHS, Record, monthly_record
from .baselines import Baseline
from .layer import layered, yearly

NAME = "layer"

FIRST_ORIGIN = 2000
"""The first year at whose end the layer can be made: the shipped record has
:data:`~tregua.forecasting.past.LEAST_YEARS` years by then.
"""

LABEL = "statistical layer, no mechanisms"


def layer_draw(
    record: Record, leads: int, replicates: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicate state lead"]:
    """Samples of the layer for a record of months, or for one of years:
    it then sees the months of the same years, and its years are sums of months.
    """
    if record.season == MONTHS:
        return layered(record, leads, replicates, rng)
    months = monthly_record().until(record.last).of(record.codes)
    return yearly(layered(months, MONTHS * leads, replicates, rng))


OTHERS = {NAME: Baseline(LABEL, layer_draw, months=True, first=FIRST_ORIGIN)}
"""What scores show beside the baselines, by name."""
