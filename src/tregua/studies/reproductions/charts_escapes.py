"""Charts of escapes from prison."""

from __future__ import annotations

import numpy as np

from ...engine.trajectories import Trajectories
from ...reporting.charts.style import Picture, styled
from .charts import BLUE, GREY, ORANGE, panels
from .escapes import STATE, escapes, opened, state_table
from .published import Published

SHOWN = 10
"""States in the figure."""

KNOWN = (53, 85, 151)
"""Persons in the mass escapes of 2000-2010 that the press reported [person]."""


@styled
def escapes_picture(published: Published, run: Trajectories) -> Picture:
    """Bar chart of where people escape, and histogram of how many at once."""
    figure, (left, right) = panels(2)
    table, total = state_table(run), escapes(run).sum(axis=(1, 2)).mean()
    top = table.head(SHOWN)
    share = 100.0 * top["persons"].to_numpy() / total
    published_share = published.entry("tamaulipas.share")["value"]
    left.barh(np.arange(len(top)), share, color=BLUE)
    left.set(
        yticks=np.arange(len(top)),
        yticklabels=top["state"],
        xlabel="share of all persons who escape (%)",
        title="Where",
    )
    left.invert_yaxis()
    if STATE in list(top["state"]):
        place = list(top["state"]).index(STATE)
        left.plot(
            [published_share], [place], marker="D", color=ORANGE, linestyle="none", label="official"
        )
        left.legend(loc="lower right")
    sizes = escapes(run)[opened(run)]
    right.hist(
        sizes,
        bins=np.arange(0.0, 401.0, 20.0),
        color=BLUE,
        weights=np.full(len(sizes), 1.0 / run.plan.replicates),
    )
    for known in KNOWN:
        right.axvline(known, color=ORANGE, linewidth=1.5, linestyle="--")
    right.axvline(published.run["large"], color=GREY, linewidth=0.8, linestyle=":")
    right.set(
        xlabel="persons who leave in a mass escape",
        ylabel="mass escapes in eleven years, mean",
        title="How many at once",
        xlim=(0, 400),
    )
    return Picture(
        "escapes",
        figure,
        title="Escapes from prison, 2000 to 2010",
        alt=(
            "Two charts. Left: bars of the share of ten states in all escapes; "
            f"{top['state'].iloc[0]} leads with {share[0]:.0f} %, officially "
            f"{published_share:.0f} %. Right: histogram of the persons who leave in a mass "
            f"escape, with a mean of {sizes.mean() if len(sizes) else 0.0:.0f}; the three known "
            "ones of 53, 85 and 151 lie inside it."
        ),
        caption=(
            "Bars: mean over replicates, with constant stand-ins for guards and members inside. "
            "Diamond and dashed lines: official and reported figures. Dotted line: 50 persons. "
            "Large sizes come from an exponential distribution of prisons, which is an assumption."
        ),
    )
