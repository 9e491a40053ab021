r"""Identifiability: what the record says about the unknowns and what it leaves open, and what one
independent count of members would say about the size of the groups.

The record counts the dead and never the living. Twice the members, each half as likely to kill, may
give the same record; then the width of the posterior of such an unknown is that of its prior, and
the fit says so here.

**The anchor.** Where the pack of a country has an independent count c of the members of some
groups, draws of a posterior that did not see it are weighted by

.. math:: w_i \propto \exp\Big(-\frac12 \Big(\frac{\log m_i - \log c}{s}\Big)^2\Big)

with :math:`m_i` the members of these groups at the end of the fitted years and s what the count is
unsure by. The number of draws that the weighted ones are worth is

.. math:: n_\text{eff} = \frac{(\sum w_i)^2}{\sum w_i^2}.

The count is used in this report only: in no fit, and in no forecast.

Source: for the weights, A. Gelman et al., Bayesian Data Analysis (2013), section 10.4; for their
number, L. Kish, Survey Sampling (1965), section 11.7.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from ..countries.observed import observations
from ..countries.pack import Pack
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
        count: how many [person].
        spread: standard deviation of its log: what the count means, and how it was made.
    """

    groups: tuple[str, ...]
    count: float
    spread: float

    @classmethod
    def of(cls, pack: Pack, groups: Collection[str]) -> Anchor | None:
        """The count that a pack has; None where it has none, or one of other groups than these."""
        said = observations(pack).anchor
        if said is None or not set(said.groups) <= set(groups):
            return None
        return cls(tuple(said.groups), said.count, said.spread)

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
        anchor: the count, where there is one.

    Returns:
        With an anchor two rows for each of: all groups, the anchored groups together, each anchored
        group; without, one for all groups and one for each.
        Columns: members (whose), anchor (whether it is used), low, median, high: a 90 % band
        [person]; effective_draws: of the row; below fifty the ends of a band are noise.
    """
    import pandas

    draws, groups = len(next(iter(members.values()))), anchor.groups if anchor else tuple(members)
    shown: dict[str, Any] = {"all groups": sum(members.values())}
    if anchor:
        shown[" and ".join(groups)] = sum(members[group] for group in groups)
    shown |= {group: members[group] for group in groups}
    weightings = {False: np.full(draws, 1.0 / draws)}
    if anchor:
        weightings[True] = anchor.weights(members)
    rows = []
    for name, x in shown.items():
        for used, given in weightings.items():
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


def told_apart(
    table: pandas.DataFrame, scatters: Collection[str] = tuple(SCATTER)
) -> pandas.DataFrame:
    """What the record moved and what is the prior only, one row for each unknown,
    those most moved first.

    Args:
        table: of a fit (:mod:`tregua.inference.draws`).
        scatters: names of the unknowns of the observations.

    Returns:
        Columns: unknown; belongs_to: the mechanism, the parameter whose effects of states it is one
        of, or ``observations``; mean [prior standard deviations from the middle]; width_left: after
        the fit over before; known: share of the prior's variance that the record took away, 1 -
        width_left squared, 0 where it took none; moved: whether the record says anything; trusted:
        whether draws of this unknown may be believed, without which the row says nothing.
    """
    owned = table.assign(
        belongs_to=[_owner(name, scatters) for name in table["unknown"]],
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


def _owner(label: str, scatters: Collection[str]) -> str:
    """What an unknown belongs to, by its label."""
    if label.startswith(HELD):
        return EFFECT + label.removeprefix(HELD)
    if label in scatters:
        return NEITHER
    for name in STATE_EFFECTS:
        if label.startswith(f"{EFFECT}{name} in "):
            return f"{EFFECT}{name}"
    return label.partition(".")[0]
