"""Charts and table of the episode in Michoacán."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from ...countries.registry import first_pack
from ...engine.trajectories import Trajectories
from ...model.calendar import GREGORIAN_YEAR_WEEKS, decimal_year
from ...reporting.charts.style import Picture, styled
from .charts import BLACK, GREEN, GREY, SKY, VERMILLION, draw_band, panels
from .michoacan_2013 import YEARS, counted, local, week_of
from .published import Published

if TYPE_CHECKING:
    import pandas

STATE = "16"
"""INEGI's code of Michoacán."""


def registered() -> dict[int, float]:
    """Registered homicides of Michoacán by year."""
    deaths = first_pack().table("homicides-year.csv").query("state_code == @STATE")
    return deaths.set_index("year")["homicides"].astype(float).to_dict()


def _years(run: Trajectories, points: int) -> np.ndarray:
    return run.scenario.start.year + np.arange(points) / GREGORIAN_YEAR_WEEKS


@styled
def episode_picture(published: Published, run: Trajectories) -> Picture:
    """Line charts of vigilantes and rural force, and of homicides counted, with what was reported
    beside them.
    """
    figure, (left, right) = panels(2)
    _armed(left, published, run)
    middle = _homicides(right, published, run)
    return Picture(
        "episode",
        figure,
        "Michoacán 2013: rising, order and what came after",
        *_episode_words(published, run, middle),
    )


def _armed(axes: Axes, published: Published, run: Trajectories) -> None:
    """Vigilantes and rural force in municipalities' worth, with reported counts."""
    settings, each = published.run, published.run["fighters_per_municipality"]
    lines = {}
    for name, label, colour in (
        ("vigilantes", "vigilantes", VERMILLION),
        ("rural_force", "rural force", GREEN),
    ):
        values = local(run, name, settings["place"]) / each
        x = _years(run, values.shape[1])
        (lines[label],) = axes.plot(x, draw_band(axes, x, values, colour, 0.25), color=colour)
    for key, day, scale, look in (
        ("municipalities.begin", "begin", 1.0, {"marker": "o", "capsize": 3}),
        ("municipalities.order", "order", 1.0, {"marker": "o", "capsize": 3}),
        ("absorbed.first", "first", each, {"marker": "s"}),
    ):
        value = published.entry(key)["value"] / scale
        axes.errorbar(decimal_year(settings[day]), value, 0.3 * value, color=BLACK, **look)
    axes.plot(
        decimal_year(settings["early"]),
        published.entry("municipalities.early")["value"],
        "o",
        color=GREY,
        markerfacecolor="none",
    )
    axes.set(
        xlabel="year",
        ylabel=f"municipalities' worth ({each} persons each)",
        title="Armed civilians in Michoacán",
        xlim=(2012, 2018),
        ylim=(0, None),
    )
    axes.legend(lines.values(), lines.keys(), loc="upper right")


def _homicides(axes: Axes, published: Published, run: Trajectories) -> np.ndarray:
    """Homicides counted in the model, and registered ones; the medians of :data:`YEARS`."""
    years, points = np.array(YEARS), registered()
    middle = draw_band(axes, years, counted(run, published), SKY, 0.55)
    axes.plot(years, middle, color=BLACK, label="this model")
    axes.plot(
        years, [points[int(year)] for year in years], "o", color=VERMILLION, label="registered"
    )
    axes.set(
        xlabel="year",
        ylabel="homicides counted in a year (persons)",
        title="Homicides in Michoacán",
        ylim=(0, None),
    )
    axes.legend(loc="upper left")
    return middle


def _episode_words(published: Published, run: Trajectories, middle: np.ndarray) -> tuple[str, str]:
    """Alternative text and caption."""
    settings, points = published.run, registered()
    worth = local(run, "vigilantes", settings["place"]).mean(axis=0)
    worth = worth / settings["fighters_per_municipality"]
    order, end = (worth[week_of(published, settings[day])] for day in ("order", "dissolved"))
    alt = (
        f"Two charts. Left, 2012 to 2018: vigilantes in Michoacán rise to {order:.0f} "
        f"municipalities' worth in January 2014 and are at {end:.0f} in April 2016, when the "
        f"rural force ends that took others in. Right: homicides counted, {middle[1]:.0f} in 2014 "
        f"and {middle[-1]:.0f} in 2020 in the model, with registered homicides of "
        f"{points[2014]:.0f} and {points[2020]:.0f} as points."
    )
    caption = (
        f"Lines: medians of {run.plan.replicates} replicates; bands: nine in ten of them. Points "
        "with bars on the left: reported municipalities and the first members of the rural force, "
        "with 30 %; open point: another count of January 2014. Values marked calibrated in the "
        "table were set to the first two."
    )
    return alt, caption


def episode_table(published: Published, run: Trajectories) -> pandas.DataFrame:
    """One row for each week: medians and nine-in-ten bands of the series of the
    episode in its place.
    """
    import pandas

    frames = []
    for name in (
        "vigilantes",
        "rural_force",
        "vigilantes.joined",
        "vigilantes.absorbed",
        "vigilantes.infiltrated",
        "conflict.killed",
        "reporting.homicides",
    ):
        low, middle, high = np.quantile(
            local(run, name, published.run["place"]), [0.05, 0.5, 0.95], axis=0
        )
        weeks = run.weeks(name)
        columns = {
            "series": name,
            "week": weeks,
            "date": pandas.to_datetime(run.dates(weeks)),
            "low_90": low,
            "median": middle,
            "high_90": high,
        }
        frames.append(pandas.DataFrame(columns))
    return pandas.concat(frames, ignore_index=True)
