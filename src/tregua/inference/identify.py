r"""Identifiability: what the record says about the unknowns and what it leaves open, and what one
independent count of members would say about the size of the groups.

The record counts the dead and never the living. Twice the members, each half as likely to kill, may
give the same record; then the width of the posterior of such an unknown is that of its prior, and
the fit says so here.

**The anchor.** The Drug Enforcement Administration of the United States counted 26,000 members,
associates and facilitators of the Sinaloa group and 18,800 of CJNG, in Mexico and more than a
hundred other countries (published in 2023). Draws of a posterior that did not see it are weighted
by

.. math:: w_i \propto \exp\Big(-\frac12 \Big(\frac{\log m_i - \log 44{,}800}{0.3}\Big)^2\Big)

with :math:`m_i` the members of the two groups in the last of the fitted years. The number of draws
that the weighted ones are worth is

.. math:: n_\text{eff} = \frac{(\sum w_i)^2}{\sum w_i^2}.

The count holds more than members and other years than the fit, and is used in this report only: in
no fit that is shipped, and in no forecast.

Source: the administrator of the DEA before a subcommittee of the House of Representatives, 27 July
2023 (as the press reported it; the government of Mexico disputed the count the next day). For the
weights, A. Gelman et al., Bayesian Data Analysis (2013), section 10.4; for their number, L. Kish,
Survey Sampling (1965), section 11.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from ..scenarios.posterior import EFFECT
from .optimum import HELD
from .unknowns import SCATTER, STATE_EFFECTS

if TYPE_CHECKING:
    import pandas

BAND = (0.05, 0.5, 0.95)
"""Quantiles of a report: a 90 % band and the median."""

NEITHER = "observations"
"""What unknowns belong to that only observations have."""


@dataclass(frozen=True)
class Anchor:
    """An independent count that draws are weighted by.

    Attributes:
        groups: whose members are counted together.
        count: members, associates and facilitators [person].
        spread: standard deviation of its log: what the count means, and how it was made. Assumed.
    """

    groups: tuple[str, ...] = ("Sinaloa", "CJNG")
    count: float = 44_800.0
    spread: float = 0.3

    def weights(
        self, members: Mapping[str, Float[np.ndarray, "draw"]]
    ) -> Float[np.ndarray, "draw"]:
        """Weight of every draw, one in sum."""
        apart = (
            np.log(sum(members[group] for group in self.groups)) - np.log(self.count)
        ) / self.spread
        # The nearest draw has weight one before the sum, so that far ones cannot all be zero.
        raw = np.exp(-0.5 * (apart**2 - (apart**2).min()))
        return raw / raw.sum()


def effective_draws(weights: Float[np.ndarray, "draw"]) -> float:
    """Number of equal draws that weighted ones are worth."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_quantiles(
    x: Float[np.ndarray, "draw"], weights: Float[np.ndarray, "draw"], at: tuple[float, ...] = BAND
) -> Float[np.ndarray, "quantile"]:
    """Quantiles of weighted draws, straight between the middles of their weights."""
    order = np.argsort(x)
    middles = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(at, middles / weights.sum(), x[order])


def anchored(
    members: Mapping[str, Float[np.ndarray, "draw"]], anchor: Anchor | None = None
) -> pandas.DataFrame:
    """Members at the end with and without the anchor.

    Args:
        members: of each group at the end of the fitted years, by draw of the posterior [person].
        anchor: the count; that of :class:`Anchor` if None.

    Returns:
        Two rows for each of: all groups, the anchored groups together, each anchored group.
        Columns: members (whose), anchor (whether it is used), low, median, high: a 90 % band
        [person]; effective_draws: of the row; below fifty the ends of a band are noise.
    """
    import pandas

    anchor = anchor or Anchor()
    weights, draws = anchor.weights(members), len(next(iter(members.values())))
    shown: dict[str, Any] = {
        "all groups": sum(members.values()),
        " and ".join(anchor.groups): sum(members[group] for group in anchor.groups),
    }
    shown |= {group: members[group] for group in anchor.groups}
    rows = []
    for name, x in shown.items():
        for used, given in ((False, np.full(draws, 1.0 / draws)), (True, weights)):
            low, median, high = weighted_quantiles(x, given)
            rows.append(
                {
                    "members": name,
                    "anchor": used,
                    "low": low,
                    "median": median,
                    "high": high,
                    "effective_draws": effective_draws(given),
                }
            )
    return pandas.DataFrame(rows)


def told_apart(table: pandas.DataFrame) -> pandas.DataFrame:
    """What the record moved and what is the prior only, one row for each unknown,
    those most moved first.

    Args:
        table: of a fit (:mod:`tregua.inference.draws`).

    Returns:
        Columns: unknown; belongs_to: the mechanism, the parameter whose effects of states it is one
        of, or ``observations``; mean [prior standard deviations from the middle]; width_left: after
        the fit over before; known: share of the prior's variance that the record took away, 1 -
        width_left squared, 0 where it took none; moved: whether the record says anything; trusted:
        whether draws of this unknown may be believed, without which the row says nothing.
    """
    owned = table.assign(
        belongs_to=[_owner(name) for name in table["unknown"]],
        known=np.clip(1.0 - table["width_left"] ** 2, 0.0, 1.0),
    )
    columns = ["unknown", "belongs_to", "mean", "width_left", "known", "moved", "trusted"]
    return owned.sort_values(["moved", "known"], ascending=False, kind="stable")[
        columns
    ].reset_index(drop=True)


def by_owner(apart: pandas.DataFrame) -> pandas.DataFrame:
    """How much the record says about each mechanism: what :func:`told_apart` gives, counted.

    Columns: belongs_to, unknowns, moved (number), prior_only (number), known (sum of shares: how
    many unknowns' worth the record tells along their own axes).
    """
    groups = apart.groupby("belongs_to", sort=False)
    counted = groups.agg(
        unknowns=("unknown", "size"), moved=("moved", "sum"), known=("known", "sum")
    ).reset_index()
    counted.insert(3, "prior_only", counted["unknowns"] - counted["moved"])
    return counted.sort_values("known", ascending=False, kind="stable").reset_index(drop=True)


def _owner(label: str) -> str:
    """What an unknown belongs to, by its label."""
    if label.startswith(HELD):
        return EFFECT + label.removeprefix(HELD)
    if label in SCATTER:
        return NEITHER
    for name in STATE_EFFECTS:
        if label.startswith(f"{EFFECT}{name} in "):
            return f"{EFFECT}{name}"
    return label.partition(".")[0]
