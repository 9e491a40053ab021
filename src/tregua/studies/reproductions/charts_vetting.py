"""Figure and table of the reproduction ``vetting-2012``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.trajectories import Trajectories
from ...reporting.charts.style import Picture, styled
from .charts import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION, panels
from .published import Published

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
    """Who still serves after failing, and the share of tests failed, with what was published."""
    figure, (left, right) = panels(2)
    values: dict[str, Any] = {entry["key"]: entry.get("value") for entry in published.entries}
    start = ensemble.scenario.start
    years = (
        start.year
        + (start.timetuple().tm_yday - 1) / 365.25
        + np.arange(ensemble.scenario.weeks + 1) / 52.1775
    )
    for ax, series, x in (
        (left, serving(ensemble) / 1000.0, years),
        (right, failed_share(ensemble), years[1:]),
    ):
        seen = ~np.isnan(series).any(axis=0)
        low, high = np.quantile(series[possible][:, seen], [0.05, 0.95], axis=0)
        ax.fill_between(x[seen], low, high, color=SKY, alpha=0.5, linewidth=0)
        ax.set(xlabel="year", xlim=(2008, 2020), xticks=range(2008, 2021, 2))
    for name, run in runs.items():
        colour, dashes = LINES[name]
        left.plot(
            years,
            serving(run)[0] / 1000.0,
            color=colour,
            linestyle=dashes,
            linewidth=2.0,
            label=published.policies[name]["label"],
        )
    right.plot(
        years[1:],
        failed_share(runs["as_found"])[0],
        color=BLACK,
        linewidth=2.0,
        label="model, all corps",
    )
    left.plot(
        [when for _, when in SERVING],
        [values[key] / 1000.0 for key, _ in SERVING],
        "o",
        color=VERMILLION,
        label="article (2012), official (2014, 2018)",
    )
    right.plot(
        [2012.72, 2013.83],
        [values["share.2012"], values["share.2013"]],
        "o",
        color=VERMILLION,
        label="article (2012, without federal corps), official (2013): of those tested",
    )
    right.plot(
        [2018.25],
        [values["local.share.2018"]],
        "s",
        color=ORANGE,
        label="official (2018): of the force",
    )
    left.axvline(2013, color=GREY, linewidth=0.8, linestyle=":")
    left.set(ylabel="officers (thousand)", title="Failed and still serving", ylim=(0, None))
    right.set(ylabel="failed of all tests so far (%)", title="Share that fails", ylim=(0, 60))
    left.legend(fontsize=8, loc="upper left")
    right.legend(fontsize=8, loc="upper right")
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
    return Picture(
        "vetting",
        figure,
        "Officers who failed and still serve, and the share that fails",
        alt,
        caption,
    )


def table(runs: Mapping[str, Trajectories]):
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
