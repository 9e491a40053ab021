"""The figure of a scoreboard: how far each forecast was off from each origin, and whether its
intervals held what came.
"""

from __future__ import annotations

import numpy as np

from ..reporting.charts.style import Picture, sheet, styled, thousands
from ..reporting.encoding import COLOURS, COVERED_LEVEL, GREY
from .baselines import BASELINES
from .scoreboard import Scoreboard

MARKERS = ("o", "s", "D")
"""One for each origin, so that colour is not needed to tell them apart."""

OFFSET = 0.18
"""Between origins, in rows."""


def label(board: Scoreboard, model: str) -> str:
    """A model as people read it; a forecast from a file by its own name."""
    return BASELINES[model].label if model in BASELINES else board.labels.get(model, model)


@styled
def score_picture(board: Scoreboard, footer: str = "") -> Picture:
    """Mean CRPS of every model from every origin, and the coverage of its 80 % interval."""
    table = board.means(["origin"])
    order = list(board.means().sort_values("crps")["model"])
    gaps = len(table) < len(order) * len(board.origins)
    period = "month" if board.season > 1 else "year"
    state, states = (board.pack.word("en", many=many) for many in (False, True))
    number = board.cells["state_code"].nunique()
    title = f"Forecasts of homicides by {state} and {period}"
    note = (
        f"Left: mean continuous ranked probability score over {number} {states} and all leads; "
        f"lower is better. Right: share of the record inside the {COVERED_LEVEL} % interval.\nRows "
        "in order of the mean over all origins that a model has"
    ) + (f"; {_lacking(board, order)}." if gaps else ".")
    figure, ((left, right),) = sheet(
        1, 2, (10.5, 1.6 + 0.42 * len(order)), title, note, footer, sharey=True
    )
    for i, origin in enumerate(board.origins):
        rows = table[table["origin"] == origin].set_index("model").reindex(order)
        place = np.arange(len(order)) + OFFSET * (i - (len(board.origins) - 1) / 2)
        style = {
            "color": COLOURS[i % len(COLOURS)],
            "marker": MARKERS[i % len(MARKERS)],
            "linestyle": "none",
            "label": f"from the end of {origin}",
        }
        left.plot(rows["crps"], place, **style)
        right.plot(100.0 * rows[f"covered_{COVERED_LEVEL}"], place, **style)
    right.axvline(COVERED_LEVEL, color=GREY, linewidth=1.0, linestyle="--")
    left.set(
        yticks=np.arange(len(order)),
        yticklabels=[label(board, model) for model in order],
        xlabel=f"mean CRPS [deaths in a {state} and {period}]",
    )
    left.invert_yaxis()
    left.set_xlim(left=0.0)
    thousands(left, "x")
    right.set(xlabel=f"inside the {COVERED_LEVEL} % interval [%]", xlim=(0.0, 100.0))
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(board.origins), fontsize=8)
    return Picture(
        f"scores-{period}s", figure, title, _alt(board, order, period), note.replace("\n", " ")
    )


def _lacking(board: Scoreboard, order: list[str]) -> str:
    """Which models have no forecast from which origins, in words."""
    made = set(board.cells[["model", "origin"]].itertuples(index=False, name=None))
    said = []
    for model in order:
        years = [str(year) for year in board.origins if (model, year) not in made]
        if years:
            said.append(f"{label(board, model)} has none from " + " and ".join(years))
    return ", ".join(said)


def _alt(board: Scoreboard, order: list[str], period: str) -> str:
    """What the figure shows, in words."""
    state = board.pack.word("en", many=False)
    table = board.means(["origin"])
    said = []
    for origin in board.origins:
        rows = table[table["origin"] == origin].sort_values("crps")
        best, worst = (
            f"{label(board, row['model'])} with {row['crps']:.3g}"
            for row in (rows.iloc[0], rows.iloc[-1])
        )
        said.append(
            f"From {origin} the best is {best} deaths and the worst {worst}; the {COVERED_LEVEL} % "
            f"intervals held between {100 * rows[f'covered_{COVERED_LEVEL}'].min():.0f} % and "
            f"{100 * rows[f'covered_{COVERED_LEVEL}'].max():.0f} % of what came."
        )
    return (
        f"Two dot plots of {len(order)} forecasts of homicides by {state} and {period}. "
        + " ".join(said)
    )
