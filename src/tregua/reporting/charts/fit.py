"""Charts of a fit: the record beside what the model expects of it, in the nation and in every
state, other counts, and what the record says of the unknowns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from ...countries.dataset import Dataset
from ...countries.observed import observations
from ...countries.pack import Pack
from ...countries.record import count_of
from ...countries.territories import Tiles
from ...results.tables import QUANTILES
from ...scenarios.posterior import EFFECT
from ..encoding import BLUE, GREY, VERMILION, Fan
from ..tile_map import extent_of
from ..wording import persons, span
from .style import Picture, draw_fan, draw_strokes, sheet, styled, thousands

if TYPE_CHECKING:
    import pandas

MECHANISMS, FITTED = BLUE, VERMILION
"""Colours of what the mechanisms expect, and of the same with the discrepancy."""

SHOWN = 36
"""Unknowns in the chart of widths: those that the record says most about."""

NORMAL_90 = 1.645
"""Deviations of a normal distribution from its middle to either end of nine in ten."""

TITLE_WIDTH = 40
"""Letters in a line of the title of a small chart."""

UNSEEN_MISSING = "recorded_missing"
"""Outcome of a run that is less than what a register of missing persons holds."""


@dataclass(frozen=True)
class Named:
    """What a country calls what the charts show, in English.

    Attributes:
        office: who counts the homicides.
        territories: what its territories are called.
        ratios: unknown multiples of counts of fights, by name, as readers see them.
    """

    office: str = ""
    territories: str = "territories"
    ratios: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pack: Pack | None) -> Named:
        """Words of a pack; general ones where there is none."""
        if pack is None:
            return cls()
        ratios = {
            name: f"{fights.short}'s count per death expected in fights, "
            f"{period.first}-{period.last}"
            for name, (fights, period) in observations(pack).shares.items()
        }
        return cls(count_of(pack).short, pack.word("en"), ratios)

    @property
    def how_to_read(self) -> str:
        """What stands under the charts of the record."""
        counted = f" ({self.office})" if self.office else ""
        return (
            f"Dots: homicides on record{counted}. Blue line and bands: what the mechanisms expect "
            "on record; median, the middle half of the draws, and nine in ten.\n"
            "Orange band: the same with the statistical discrepancy that stands for all that the "
            "mechanisms leave out; nine in ten. It is fitted to these dots."
        )


def pictures_of_fit(
    tables: Mapping[str, pandas.DataFrame], data: Dataset, footer: str = ""
) -> list[Picture]:
    """Charts of a fit from those of its tables that are there (:mod:`tregua.inference.folder`);
    the map-like one only where the territories have tiles.
    """
    named = Named.of(data.pack)
    draw: dict[str, Callable[[Any, str], Picture]] = {
        "nation_year": lambda table, footer: nation_picture(table, named, footer),
        "state_year": lambda table, footer: states_picture(table, data.tiles or {}, named, footer),
        "totals": totals_picture,
        "told_apart": lambda table, footer: widths_picture(table, named, footer),
    }
    shown = [
        name
        for name in draw
        if name in tables and len(tables[name]) and (name != "state_year" or data.tiles)
    ]
    return [draw[name](tables[name], footer) for name in shown]


def _expected(ax: Axes, table: Any, of: str = "") -> None:
    """A fan of what is expected over years, from the columns that begin with a word."""
    draw_fan(ax, table["year"].to_numpy(), Fan(_edges(table, of), MECHANISMS))


def _edges(table: Any, of: str) -> dict[str, Any]:
    """Median and edges of the bands from the columns that begin with a word."""
    return {edge: table[f"{of}{edge}"] for edge in QUANTILES}


def _draw(ax: Axes, table: Any) -> None:
    """The record, what the mechanisms expect and the same with the discrepancy, over years."""
    years = table["year"].to_numpy()
    ax.fill_between(
        years,
        table["fitted_low_90"],
        table["fitted_high_90"],
        color=FITTED,
        alpha=0.25,
        linewidth=0,
    )
    _expected(ax, table, "mechanisms_")
    ax.plot(years, table["recorded"], color="black", marker="o", linestyle="none", markersize=2.5)
    ax.set_xlim(years[0] - 0.4, years[-1] + 0.4)
    ax.set_ylim(
        0.0,
        1.06
        * max(
            float(table[column].max())
            for column in ("recorded", "mechanisms_high_90", "fitted_high_90")
        ),
    )


def _span(row: Any, of: str) -> str:
    """Nine in ten draws, in words."""
    return span(row[f"{of}_low_90"], row[f"{of}_high_90"], persons)


@styled
def nation_picture(table: pandas.DataFrame, named: Named, footer: str = "") -> Picture:
    """The record of the nation by year."""
    title = f"Homicides on record, all {named.territories}, and what the model expects"
    figure, axes = sheet(1, 1, (8.6, 4.6), title, named.how_to_read, footer)
    ax = axes[0, 0]
    _draw(ax, table)
    thousands(ax)
    ax.set_ylabel("homicides on record in the year")
    first, last = table.iloc[0], table.iloc[-1]
    said = [
        (
            f"in {row['year']:.0f} the record is {row['recorded']:,.0f} and the mechanisms expect "
            f"{_span(row, 'mechanisms')}"
        )
        for row in (first, last)
    ]
    alt = (
        "Homicides on record by year beside what the model expects: "
        f"{'; '.join(said)} (nine in ten draws)."
    )
    return Picture("fit-nation", figure, title, alt, named.how_to_read.replace("\n", " "))


@styled
def states_picture(
    table: pandas.DataFrame, tiles: Tiles, named: Named, footer: str = ""
) -> Picture:
    """The record of every state by year, on the tile grid; each state on its own scale, with the
    largest number of its axis written.
    """
    extent = extent_of(tiles)
    title = f"Homicides on record in all {named.territories}, and what the model expects"
    years = (int(table["year"].min()), int(table["year"].max()))
    note = (
        f"Every tile: {years[0]} to {years[1]}, from zero to the number above it [homicides "
        f"in the year]; scales differ.\n{named.how_to_read}"
    )
    figure, axes = sheet(
        extent.rows, extent.columns, (12.5, 1.3 + 1.25 * extent.rows), title, note, footer
    )
    for ax in axes.flat:
        ax.set_axis_off()
    outside = 0
    for state, (abbreviation, row, column) in tiles.items():
        ax = axes[row - extent.top, column - extent.left]
        own = table[table["state"] == state]
        ax.set_axis_on()
        _draw(ax, own)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.set_title(abbreviation, fontsize=8, pad=2)
        ax.set_title(f"{ax.get_ylim()[1]:,.0f}", loc="right", fontsize=6.5, pad=2, color=GREY)
        outside += int(
            (
                (own["recorded"] < own["mechanisms_low_90"])
                | (own["recorded"] > own["mechanisms_high_90"])
            ).sum()
        )
    alt = (
        f"Small charts of the {len(tiles)} {named.territories}, {years[0]} to {years[1]}: "
        f"homicides on record beside what the model expects. In {outside} of {len(table)} "
        f"{named.territories} and years the record lies outside what nine in ten draws of the "
        "mechanisms alone expect."
    )
    return Picture("fit-states", figure, title, alt, note.replace("\n", " "))


@styled
def totals_picture(table: pandas.DataFrame, footer: str = "") -> Picture:
    """Counts other than homicides beside what is expected of them."""
    title = "Other counts on record, and what the model expects"
    note = (
        "Dot: on record. Blue: expected; tick: median, thick: the middle half of the "
        "draws, thin: nine in ten."
    )
    figure, axes = sheet(1, 1, (8.6, 1.4 + 0.34 * len(table)), title, note, footer)
    ax, place = axes[0, 0], np.arange(len(table))
    draw_strokes(ax, place, _edges(table, "expected_"), MECHANISMS, (1.5, 4.5))
    ax.plot(
        table["expected_median"],
        place,
        marker="|",
        color=MECHANISMS,
        linestyle="none",
        markersize=11,
    )
    ax.plot(table["recorded"], place, marker="o", color="black", linestyle="none", markersize=5)
    names = list(table["total"])
    ax.set(
        yticks=place,
        yticklabels=names,
        xscale="log",
        xlabel="persons, logarithmic",
        ylim=(len(table) - 0.4, -0.6),
    )
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    said = [
        (f"{name}: {row['recorded']:,.0f} on record, {_span(row, 'expected')} expected")
        for name, (_, row) in zip(names, table.iterrows(), strict=True)
    ]
    return Picture("fit-totals", figure, title, "; ".join(said) + ".", note)


@styled
def widths_picture(table: pandas.DataFrame, named: Named, footer: str = "") -> Picture:
    """Where the unknowns lie after the fit, in deviations of their priors:
    those that the record says most about.
    """
    title = "What the record says of the unknowns"
    rows = table.head(SHOWN)
    names = [_shown(name, named) for name in rows["unknown"]]
    note = (
        "Grey: prior, nine in ten. Blue: after the fit, nine in ten, and its middle; as wide as "
        "the prior where the record says nothing.\n"
        f"Shown: the {len(rows)} of {len(table)} unknowns of which it says most; "
        f"{int(table['moved'].sum())} of all were moved."
    )
    figure, axes = sheet(1, 1, (9.4, 1.3 + 0.2 * len(rows)), title, note, footer)
    ax, place = axes[0, 0], np.arange(len(rows))
    ax.barh(place, 2 * NORMAL_90, left=-NORMAL_90, height=0.8, color="#e3e3e3", linewidth=0)
    ax.hlines(
        place,
        rows["mean"] - NORMAL_90 * rows["width_left"],
        rows["mean"] + NORMAL_90 * rows["width_left"],
        color=MECHANISMS,
        linewidth=2.5,
    )
    ax.plot(rows["mean"], place, marker="o", color=MECHANISMS, linestyle="none", markersize=4)
    ax.set(
        yticks=place, yticklabels=names, xlabel="standard deviations of the prior, from its middle"
    )
    ax.tick_params(axis="y", labelsize=7.5)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    first = rows.iloc[0]
    left = f"{100 * first['width_left']:.0f} % of its width is left"
    alt = (
        f"Interval chart of {len(rows)} unknowns before and after the fit. Most is said of "
        f"{_shown(first['unknown'], named)}: {left}."
    )
    return Picture("fit-unknowns", figure, title, alt, note.replace("\n", " "))


def _shown(unknown: str, named: Named) -> str:
    """An unknown as readers see it. What the fit calls a share is no part of a whole."""
    return named.ratios.get(unknown) or unknown.removeprefix(EFFECT)


@styled
def held_out_picture(table: pandas.DataFrame, footer: str = "") -> Picture:
    """Series that no fit sees beside what a run expects on record
    (:func:`tregua.results.held_out.held_out`).
    """
    title = "What no fit saw, and what the run expects on record"
    note = (
        "Dots: on record. Line and bands: this run; median, the middle half of the replicates, "
        "and nine in ten. Hollow dots lie outside nine in ten."
    )
    if UNSEEN_MISSING in set(table.get("outcome", ())):
        note += (
            "\nOf missing persons the run counts those who were killed; the register holds others "
            "too."
        )
    names = list(dict.fromkeys(table["series"]))
    figure, axes = sheet(1, len(names), (4.1 * len(names), 3.9), title, note, footer)
    said = []
    for ax, name in zip(axes[0], names, strict=True):
        own = table[table["series"] == name]
        years, inside = own["year"].to_numpy(), (own["record_is"] == "inside").to_numpy()
        _expected(ax, own)
        ax.scatter(
            years,
            own["recorded"],
            s=22,
            zorder=3,
            edgecolors="black",
            facecolors=np.where(inside, "black", "white"),
        )
        ax.set_xlim(years[0] - 0.4, years[-1] + 0.4)
        ax.set_ylim(0.0, 1.06 * max(float(own[column].max()) for column in ("recorded", "high_90")))
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        thousands(ax)
        ax.set_ylabel("persons in the year")
        ax.set_title("\n".join(wrap(name, TITLE_WIDTH)), fontsize=9)
        said.append(
            f"{name}: {int(inside.sum())} of {len(own)} years inside nine in ten replicates"
        )
    return Picture(
        "fit-held-out",
        figure,
        title,
        f"Line charts of what no fit saw. {'; '.join(said)}.",
        note.replace("\n", " "),
    )
