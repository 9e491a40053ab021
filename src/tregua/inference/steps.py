r"""Discretisation error: what the length of a step does to a fit, by yearly series of the mean
field with ever shorter steps, at one point.

The leap holds hazards fixed for a step, so that its error falls with the step itself. For steps h,
h/2 and h/4 the observed order of convergence is

.. math:: p = \log_2 \frac{\sum_s |y_s(h) - y_s(h/2)|}{\sum_s |y_s(h/2) - y_s(h/4)|},

about 1 for the leap; the sum over states keeps errors of opposite sign from hiding each other.
Where the order holds, the limit of ever shorter steps is about :math:`2 y(h/4) - y(h/2)`, and what
a step of a week is off by can be told from it.

A fit compares weekly steps with the record. An error that is the same share in every year is taken
up by parameters; what matters is how it differs.

Source: L. F. Richardson, Phil. Trans. R. Soc. A 210:307 (1911); P. J. Roache, J. Fluids Eng.
116:405 (1994), for the observed order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .mean_field import MeanField

if TYPE_CHECKING:
    import pandas

STEPS = (1.0, 0.5, 0.25)
"""Steps of the ladder [weeks]: that of every fit, then half of it, twice."""


def yearly(
    path: MeanField, values: Mapping[str, Float[np.ndarray | Array, "*axes"]], names: Sequence[str]
) -> dict[str, Float[np.ndarray, "year *place"]]:
    """Flows and records summed over calendar years, by name, at given parameters [person]."""
    weights = jnp.asarray(path.weights())

    @jax.jit
    def run(values: Mapping[str, Array]) -> dict[str, Array]:
        weekly = path.run(values)
        return {name: jnp.tensordot(weights.T, weekly[name], 1) for name in names}

    return jax.device_get(run({n: jnp.asarray(x) for n, x in values.items()}))


def step_ladder(
    path: MeanField,
    values: Mapping[str, Float[np.ndarray | Array, "*axes"]],
    names: Sequence[str],
    first: float = STEPS[0],
) -> pandas.DataFrame:
    """Yearly series of the mean field with steps of ``first``, half and a quarter of it.

    Args:
        path: the mean field; its own step is not used.
        values: every parameter of the model, as :meth:`tregua.inference.unknowns.Unknowns.values`
            gives them.
        names: flows or records, on territories.
        first: the longest step [weeks].

    Returns:
        One row for each series and calendar year. Columns: series, year; whole, half, quarter: the
        sum over territories by step [person]; limit: what it tends to if the order is 1; whole_off,
        half_off, quarter_off: differences from the limit as shares of it; worst_off: the largest of
        such shares of whole steps among territories with a hundredth of the sum or more; order:
        observed, NaN where no step makes a difference.
    """
    import pandas

    ladder = [yearly(replace(path, step=first * step / STEPS[0]), values, names) for step in STEPS]
    rows = []
    for name in names:
        for year, whole, half, quarter in zip(
            path.years, *(step[name] for step in ladder), strict=True
        ):
            limit = 2.0 * quarter - half
            large = limit >= limit.sum() / 100.0
            off = [float(x.sum() / limit.sum() - 1.0) for x in (whole, half, quarter)]
            coarse, fine = np.abs(whole - half).sum(), np.abs(half - quarter).sum()
            rows.append(
                {
                    "series": name,
                    "year": year,
                    **dict(
                        zip(
                            ("whole", "half", "quarter"),
                            (float(x.sum()) for x in (whole, half, quarter)),
                            strict=True,
                        )
                    ),
                    "limit": float(limit.sum()),
                    **dict(zip(("whole_off", "half_off", "quarter_off"), off, strict=True)),
                    "worst_off": float(np.abs(whole[large] / limit[large] - 1.0).max()),
                    "order": float(np.log2(coarse / fine))
                    if coarse > 0.0 and fine > 0.0
                    else np.nan,
                }
            )
    return pandas.DataFrame(rows)
