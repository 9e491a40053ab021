"""Charts and table of the emergent effects, beside published ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...reporting.charts.style import Picture, styled
from .charts import BLACK, BLUE, GREY, ORANGE, panels
from .deployments import Deployment
from .leader_removals import Removals
from .paired_runs import Numbers
from .published import Published

if TYPE_CHECKING:
    import pandas

REMOVAL = {
    "place": "place, half a year",
    "year": "place, a year",
    "elsewhere": "elsewhere, half a year",
}
"""What is compared, and what it is called."""


@styled
def effects_picture(published: Published, effects: Numbers, sent: Sequence[Deployment]) -> Picture:
    """Dot chart of our effects with their intervals beside the published numbers."""
    figure, (left, right) = panels(2)
    values = {key: published.entry(f"{key}.mean")["value"] for key in (*REMOVAL, "sent")}
    for i, key in enumerate(REMOVAL):
        left.plot(
            [effects[f"{key}.low"], effects[f"{key}.high"]],
            [i, i],
            color=BLUE,
            linewidth=2.0,
            label="nine in ten pairs" if not i else None,
        )
        left.plot([effects[f"{key}.mean"]], [i], "o", color=BLACK, label="mean" if not i else None)
        left.plot([values[key]], [i], "D", color=ORANGE, label="published" if not i else None)
    left.set(
        yticks=range(len(REMOVAL)),
        yticklabels=list(REMOVAL.values()),
        ylim=(len(REMOVAL) - 0.5, -0.5),
    )
    left.set(xlabel="change of killings (%)", title="One leader is removed")
    order = sorted(sent, key=lambda one: one.rate.mean())
    for i, one in enumerate(order):
        low, high = np.quantile(one.rate, [0.05, 0.95])
        right.plot([low, high], [i, i], color=BLUE, linewidth=2.0)
        right.plot([one.rate.mean()], [i], "o", color=BLACK)
    published_rate, top = values["sent"], len(order)
    right.plot([effects["history.mean"]], [top], "o", color=BLACK)
    right.axvspan(published_rate - 6.0, published_rate + 6.0, color=ORANGE, alpha=0.2, linewidth=0)
    right.axvline(published_rate, color=ORANGE)
    right.set(
        yticks=range(top + 1), yticklabels=[*(one.state for one in order), "operations 2007-2008"]
    )
    right.set(
        xlabel="change of persons killed per 100,000 in the first year",
        title="4,500 troops are sent",
    )
    for axes in (left, right):
        axes.axvline(0.0, color=GREY, linewidth=0.8, linestyle=":")
    left.legend(loc="lower right")
    ours = ", ".join(
        f"{label} {effects[f'{key}.mean']:+.0f} % (published {values[key]:+g} %)"
        for key, label in REMOVAL.items()
    )
    alt = (
        "Two charts of dots with intervals. Left, change of killings after one leader is removed: "
        f"{ours}. Right, change of persons killed per 100,000 inhabitants in the first year after "
        f"4,500 troops are sent to each of {top} states: {effects['sent.least']:+.1f} to "
        f"{effects['sent.most']:+.1f}, mean {effects['sent.mean']:+.1f}; published "
        f"about {published_rate:+g}."
    )
    caption = (
        "Black dots: mean of the model at the medians of its fit. Lines: nine in ten pairs of runs "
        "with the same random numbers. Orange: published effects, on the right with the range that "
        "counts as reproduced. States here, municipalities and regions in the studies."
    )
    return Picture("effects", figure, "Effects beside published ones", alt, caption)


def states_table(hits: Sequence[Removals], sent: Sequence[Deployment]) -> pandas.DataFrame:
    """One row for each state and intervention: pairs, mean change and what it is against."""
    import pandas

    rows = [
        {
            "intervention": "one leader removed",
            "state": one.state,
            "pairs": one.half_year.shape[1],
            "killed_without": one.half_year[0].mean() if one.half_year.size else np.nan,
            "change": (one.half_year[1] - one.half_year[0]).mean()
            if one.half_year.size
            else np.nan,
            "unit": "member of the hit group in half a year",
        }
        for one in hits
    ]
    rows += [
        {
            "intervention": "troops sent",
            "state": one.state,
            "pairs": len(one.rate),
            "change": one.rate.mean(),
            "unit": "1 per 100,000 in the first year",
        }
        for one in sent
    ]
    return pandas.DataFrame(rows)
