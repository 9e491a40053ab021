"""Charts and table of the vetting of police, ``vetting-2012``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from ...engine.trajectories import Trajectories
from ...model.calendar import GREGORIAN_YEAR_WEEKS, decimal_year
from ...reporting.charts.style import Picture, styled
from .charts import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    VERMILLION,
    draw_band,
    legend_below,
    panels,
)
from .published import Published

if TYPE_CHECKING:
    import pandas

LINES = {"as_found": (BLACK, "-"), "no_labour_limit": (BLUE, "--"), "no_limit": (GREEN, ":")}
SERVING = (("serving.2012", 2012.72), ("serving.2014", 2014.83), ("serving.2018", 2018.83))


def serving(run: Trajectories) -> np.ndarray:
    """Officers who failed and still serve: shape (replicate, time)."""
    return run.total("failed") + run.total("found_out")


def failed_share(run: Trajectories) -> np.ndarray:
    """Failed of all first and regular tests so far [%]: shape (replicate, time).
    Not a number before the first test.
    """
    tests = {
        n: np.cumsum(run.total(f"vetting.{n}"), axis=1)
        for n in ("cleared", "mistaken", "detected", "missed")
    }
    whole = sum(tests.values())
    return 100.0 * (tests["mistaken"] + tests["detected"]) / np.where(whole > 1.0, whole, np.nan)


@styled
def vetting_picture(
    published: Published,
    runs: Mapping[str, Trajectories],
    ensemble: Trajectories,
    possible: np.ndarray,
) -> Picture:
    """Line charts of who still serves after failing, and of the share of tests failed, with what
    was published.
    """
    figure, (left, right) = panels(2, height=5.2)
    start = ensemble.scenario.start
    years = decimal_year(start) + np.arange(ensemble.scenario.weeks + 1) / GREGORIAN_YEAR_WEEKS
    for axes, series, x in (
        (left, serving(ensemble) / 1000.0, years),
        (right, failed_share(ensemble), years[1:]),
    ):
        tested = ~np.isnan(series).any(axis=0)
        draw_band(axes, x[tested], series[possible][:, tested], SKY, 0.5)
        axes.set(xlabel="year", xlim=(2008, 2020), xticks=range(2008, 2021, 2))
    _serving(left, published, runs, years)
    _failed_share(right, published, runs["as_found"], years[1:])
    return Picture(
        "vetting",
        figure,
        "Officers who failed and still serve, and the share that fails",
        *_words(published, runs),
    )


def _serving(
    axes: Axes, published: Published, runs: Mapping[str, Trajectories], years: np.ndarray
) -> None:
    """Officers who failed and still serve under each policy, with published figures."""
    for name, run in runs.items():
        colour, dashes = LINES[name]
        axes.plot(
            years,
            serving(run)[0] / 1000.0,
            color=colour,
            linestyle=dashes,
            linewidth=2.0,
            label=published.policies[name]["label"],
        )
    axes.plot(
        [when for _, when in SERVING],
        [published.entry(key)["value"] / 1000.0 for key, _ in SERVING],
        "o",
        color=VERMILLION,
        label="article (2012), official (2014, 2018)",
    )
    axes.axvline(2013, color=GREY, linewidth=0.8, linestyle=":")
    axes.set(ylabel="officers (thousand)", title="Failed and still serving", ylim=(0, None))
    legend_below(axes)


def _failed_share(axes: Axes, published: Published, run: Trajectories, years: np.ndarray) -> None:
    """Failed of all tests so far, with published shares."""
    axes.plot(years, failed_share(run)[0], color=BLACK, linewidth=2.0, label="model, all corps")
    axes.plot(
        [2012.72, 2013.83],
        [published.entry(key)["value"] for key in ("share.2012", "share.2013")],
        "o",
        color=VERMILLION,
        label="article (2012, without federal corps), official (2013): of those tested",
    )
    axes.plot(
        [2018.25],
        [published.entry("local.share.2018")["value"]],
        "s",
        color=ORANGE,
        label="official (2018): of the force",
    )
    axes.set(ylabel="failed of all tests so far (%)", title="Share that fails", ylim=(0, 60))
    legend_below(axes)


def _words(published: Published, runs: Mapping[str, Trajectories]) -> tuple[str, str]:
    """Alternative text and caption."""
    last = {name: serving(run)[0, -1] / 1000.0 for name, run in runs.items()}
    alt = (
        (
            "Two line charts from 2008 to 2020. Left: officers who failed a test and "
            "still serve; at the end "
        )
        + ", ".join(
            f"{last[name]:.0f} thousand ({published.policies[name]['label']})" for name in runs
        )
        + (
            ". Published points: 67 thousand in 2012, 42 in 2014, 30 in 2018. Right: the failed "
            "share of all tests falls with time; published points 36 % in 2012, 22 "
            "% in 2013, 9 % in 2018."
        )
    )
    caption = (
        "Lines: expected numbers at the defaults, with capacity and compromised share chosen for "
        "2012. Band: nine in ten prior draws of sensitivity, specificity and targeting, each with "
        "the compromised share at which 65,000 fail by 2012. Limits are lifted in January 2013 "
        "(dotted line). The model was not fitted to points after 2012."
    )
    return alt, caption


def table(runs: Mapping[str, Trajectories]) -> pandas.DataFrame:
    """One row for each policy and week: failed and still serving, and all who work for groups."""
    import pandas

    frames = []
    for name, run in runs.items():
        weeks = np.arange(run.scenario.weeks + 1.0)
        compromised = sum(run.total(n)[0] for n in ("compromised", "undetected", "found_out"))
        rows = {
            "policy": name,
            "label": run.scenario.label,
            "week": weeks,
            "date": pandas.to_datetime(run.dates(weeks)),
        }
        frames.append(
            pandas.DataFrame(
                {**rows, "failed_and_serving": serving(run)[0], "compromised": compromised}
            )
        )
    return pandas.concat(frames, ignore_index=True)
