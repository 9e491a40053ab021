r"""Variance explained: how much of the change in the record the mechanisms explain, and whether
they know more than that things stay as they are.

With :math:`y_t` the log of the homicides on record and :math:`m_t` the log of what the mechanisms
expect (middle of the draws), over h years

.. math::
    \text{explained} = 1 -
        \frac{\sum_t \big((y_{t+h} - y_t) - (m_{t+h} - m_t)\big)^2}{\sum_t (y_{t+h} - y_t)^2}

is 1 where they expect every change, 0 where they expect no more than a level that stays, and below
0 where they are worse than that. Levels do not count, so that a fit cannot buy a good number with
them. Any steady rise explains something of a record that rose; what the best one explains, that of
the mean change on record, stands beside. Both have seen the record. It is told of the nation, and
of the states beside it: of the log of a state less that of the nation.

Source: the coefficient of determination against a forecast of no change; R. J. Hyndman, A. B.
Koehler, Int. J. Forecast. 22:679 (2006), on why the naive forecast is the yardstick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Num

from ..countries.record import HALF

if TYPE_CHECKING:
    import pandas

YEARS_APART = (1, 4)
"""Lengths of the changes: one year, and the four years of a forecast."""


def explained_table(states: pandas.DataFrame, nation: pandas.DataFrame) -> pandas.DataFrame:
    """What the mechanisms explain of changes, for the nation and for states beside it.

    Args:
        states: ``state_year`` of a fit (:func:`tregua.inference.folder.state_year_table`).
        nation: ``nation_year`` of the same.

    Returns:
        Columns: of (``nation``, ``states beside it``); years_apart; recorded and left: root of the
        mean squared change of the log, on record and less what the mechanisms expect; explained
        [1]; steady: what the mean change would explain [1].
    """
    import pandas

    whole = [_logs(nation[name].to_numpy()[None, :]) for name in ("recorded", "mechanisms_median")]
    each = [
        _logs(states.pivot(index="state_code", columns="year", values=name).to_numpy())
        for name in ("recorded", "mechanisms_median")
    ]
    parts = {"nation": whole, "states beside it": [x - y for x, y in zip(each, whole, strict=True)]}
    rows = []
    for years in YEARS_APART:
        for part, (recorded, expected) in parts.items():
            change, left = (x[:, years:] - x[:, :-years] for x in (recorded, recorded - expected))
            if not change.any():  # Too few years, or one place: nothing changes beside the nation.
                continue
            before, after = (float(np.sqrt(np.mean(x**2))) for x in (change, left))
            shares = {
                "explained": 1.0 - (after / before) ** 2,
                "steady": (float(change.mean()) / before) ** 2,
            }
            rows.append(
                {"of": part, "years_apart": years, "recorded": before, "left": after, **shares}
            )
    return pandas.DataFrame(rows)


def _logs(counts: Num[np.ndarray, "place year"]) -> Float[np.ndarray, "place year"]:
    return np.log(counts.astype(float) + HALF)
