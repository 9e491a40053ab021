"""Figure and table of the episode in Michoacán."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...countries.record import FOLDER
from ...engine.trajectories import Trajectories
from ...model.calendar import GREGORIAN_YEAR_WEEKS, decimal_year
from ...reporting.charts.style import Picture, styled
from ...shipped import read_table
from .charts import BLACK, GREEN, GREY, SKY, VERMILLION, panels
from .michoacan_2013 import YEARS, counted, local, week_of
from .published import Published

if TYPE_CHECKING:
    import pandas

STATE = "16"
"""INEGI's code of Michoacán."""


def registered() -> dict[int, float]:
    """Registered homicides of Michoacán by year."""
    deaths = read_table(FOLDER, "homicides-year.csv").query("state_code == @STATE")
    return deaths.set_index("year")["homicides"].astype(float).to_dict()


def _years(run: Trajectories, points: int) -> np.ndarray:
    return run.scenario.start.year + np.arange(points) / GREGORIAN_YEAR_WEEKS


@styled
def episode_picture(published: Published, run: Trajectories) -> Picture:
    """Vigilantes and rural force, and homicides counted, with what was reported beside them."""
    figure, (left, right) = panels(2)
    settings, place = published.run, published.run["place"]
    entries = {entry["key"]: entry for entry in published.entries}
    each, lines = settings["fighters_per_municipality"], {}
    for name, label, colour in (
        ("vigilantes", "vigilantes", VERMILLION),
        ("rural_force", "rural force", GREEN),
    ):
        values = local(run, name, place) / each
        low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
        x = _years(run, values.shape[1])
        left.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
        (lines[label],) = left.plot(x, middle, color=colour)
    for key, day in (("municipalities.begin", "begin"), ("municipalities.order", "order")):
        left.errorbar(
            decimal_year(settings[day]),
            entries[key]["value"],
            0.3 * entries[key]["value"],
            color=BLACK,
            marker="o",
            capsize=3,
        )
    left.plot(
        decimal_year(settings["early"]),
        entries["municipalities.early"]["value"],
        "o",
        color=GREY,
        markerfacecolor="none",
    )
    left.errorbar(
        decimal_year(settings["first"]),
        entries["absorbed.first"]["value"] / each,
        0.3 * entries["absorbed.first"]["value"] / each,
        color=BLACK,
        marker="s",
    )
    left.set(
        xlabel="year",
        ylabel=f"municipalities' worth ({each} persons each)",
        title="Armed civilians in Michoacán",
        xlim=(2012, 2018),
        ylim=(0, None),
    )
    left.legend(lines.values(), lines.keys(), loc="upper right")
    homicides = counted(run, published)
    low, middle, high = np.quantile(homicides, [0.05, 0.5, 0.95], axis=0)
    right.fill_between(list(YEARS), low, high, color=SKY, alpha=0.55, linewidth=0)
    right.plot(list(YEARS), middle, color=BLACK, label="this model")
    points = registered()
    right.plot(
        list(YEARS), [points[year] for year in YEARS], "o", color=VERMILLION, label="registered"
    )
    right.set(
        xlabel="year",
        ylabel="homicides counted in a year (persons)",
        title="Homicides in Michoacán",
        ylim=(0, None),
    )
    right.legend(loc="upper left")
    worth = local(run, "vigilantes", place).mean(axis=0) / each
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
    return Picture(
        "episode", figure, "Michoacán 2013: rising, order and what came after", alt, caption
    )


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
