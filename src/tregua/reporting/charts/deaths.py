"""Charts of deaths by who died, and of what is on record against what happened."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.figure import Figure

from ...engine.trajectories import Trajectories
from ...model.declarations import BACKGROUND, CIVILIAN
from ...results.by_victim import cells, kept_records, whom
from ...results.outcomes import VICTIMS, WITHIN, Outcome, civilians_killed
from ...results.tables import bands
from ..encoding import COLOURS, GREY, VERMILION, words_for_strokes
from ..wording import day, listed, parts_text, percent, persons, sentence, span
from .style import (
    Picture,
    band_note,
    days_of,
    draw_strokes,
    dress,
    fan,
    sheet,
    smoothed,
    styled,
    thousands,
)

CAUSES = (*COLOURS, "#999999")
"""Colours of causes in the order of their size; those for which none is left share the last, as
other causes.
"""

APART = "#D0D0D0"
"""Colour of killings without a tie to groups."""

PANELS = 4
"""Records that are drawn."""

ROOM = 1.2
"""Height of a panel over that of its bands, so that a legend fits above them."""


def _by_victim(trajectories: Trajectories) -> dict[str, dict[str, np.ndarray]]:
    """Persons killed in the run by victim and cause, in each replicate."""
    killed: dict[str, dict[str, np.ndarray]] = {}
    for (victim, cause), outcome in cells(trajectories).items():
        killed.setdefault(victim, {})[cause] = trajectories.total(outcome.series).sum(
            axis=1, dtype=float
        )
    return killed


@styled
def victims_figure(trajectories: Trajectories, footer: str = "") -> Figure:
    """Bar chart of persons killed from start to end by victim: median with bands, the largest
    first, coloured by what they died of.

    The length of a bar is the median of all replicates. Its colours split that length by the mean
    share of each cause.
    """
    killed = _by_victim(trajectories)
    totals = {victim: np.sum(list(causes.values()), axis=0) for victim, causes in killed.items()}
    order = sorted(totals, key=lambda victim: -float(np.median(totals[victim])))
    sizes: dict[str, float] = {}
    for causes in killed.values():
        for cause, values in causes.items():
            sizes[cause] = sizes.get(cause, 0.0) + float(values.mean())
    ranked = sorted(sizes, key=lambda cause: (cause == BACKGROUND, -sizes[cause]))
    colour = {cause: CAUSES[min(i, len(CAUSES) - 1)] for i, cause in enumerate(ranked)}
    colour[BACKGROUND] = APART
    banded = trajectories.plan.replicates > 1
    note = (
        f"Bar: median of all replicates. {words_for_strokes()} Colours: mean share of each cause."
        if banded
        else ""
    )
    figure, axes = sheet(
        1,
        1,
        (8.6, 1.9 + 0.5 * max(len(order), 1)),
        "Persons killed, by victim",
        note,
        footer,
    )
    ax = axes[0, 0]
    for row, victim in enumerate(order):
        edges, left = bands(totals[victim]), 0.0
        mean = float(totals[victim].mean())
        for cause in [cause for cause in ranked if cause in killed[victim]]:
            width = (
                float(edges["median"]) * float(killed[victim][cause].mean()) / mean if mean else 0.0
            )
            ax.barh(row, width, 0.62, left=left, color=colour[cause])
            left += width
        if banded:
            draw_strokes(ax, row, edges, "black", (1.0, 3.0))
        end = max(float(edges["high_90"]), left)
        ax.annotate(
            persons(float(edges["median"])),
            (end, row),
            (5, 0),
            "data",
            "offset points",
            va="center",
            fontsize=8.5,
        )
    ax.set_yticks(np.arange(len(order)), [_called(trajectories, victim) for victim in order])
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.set_xlim(left=0.0)
    ax.margins(x=0.12)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("persons killed from start to end")
    thousands(ax, "x")
    _legend(ax, ranked, colour)
    return figure


def _called(trajectories: Trajectories, victim: str) -> str:
    """Name of a row; below the name of civilians the parts of their number."""
    civilians = civilians_killed(trajectories.scenario.model)
    if victim != CIVILIAN or civilians is None:
        return sentence(VICTIMS[victim])
    parts = parts_text(
        civilians,
        lambda part: persons(float(np.median(trajectories.total(part.series).sum(axis=1)))),
    )
    return textwrap.fill(sentence(VICTIMS[victim]) + (f": {parts}" if parts else ""), 34)


def _legend(ax, ranked: list[str], colour: dict[str, str]) -> None:
    """Causes by colour below the chart, those that share the last colour as one."""
    from matplotlib.patches import Patch

    tied = [cause for cause in ranked if cause != BACKGROUND]
    own = tied[: len(CAUSES) - 1] if len(tied) > len(CAUSES) else tied
    handles = [Patch(color=colour[cause], label=cause) for cause in own]
    if len(own) < len(tied):
        handles.append(Patch(color=CAUSES[-1], label="other causes"))
    if BACKGROUND in ranked:
        handles.append(Patch(color=APART, label=WITHIN[BACKGROUND]))
    ax.legend(
        handles=handles,
        loc="lower right",
        fontsize=8.0,
        frameon=True,
        facecolor="white",
        edgecolor="none",
        framealpha=0.85,
    )


@styled
def recorded_figure(trajectories: Trajectories, footer: str = "") -> Figure:
    """What happened against what is on record over time,
    one panel for each of the first records.
    """
    records = list(kept_records(trajectories).items())[:PANELS]
    model = trajectories.scenario.model
    rows, columns = -(-len(records) // 2) or 1, min(len(records), 2) or 1
    figure, axes = sheet(
        rows,
        columns,
        (9.0, 2.9 * rows + 0.6),
        "On record against what happened",
        band_note(trajectories),
        footer,
    )
    for ax, (name, counted) in zip(axes.flat, records, strict=False):
        # Homicides and missing persons are both drawn from all killed,
        # whom neither by itself could count in full.
        whole = whom(model, name)
        for outcome, ink, label in (
            (_happened(trajectories, name), "#000000", whole),
            (counted, VERMILION, "on record"),
        ):
            days, values, weeks = smoothed(trajectories, outcome)
            fan(ax, days, values, ink)
            ax.lines[-1].set_label(label)
        unit = f"persons a week, {weeks}-week mean" if weeks > 1 else "persons a week"
        dress(ax, sentence(counted.label), unit, from_zero=True)
        ax.set_xlim(*days_of(trajectories, np.array([0, trajectories.scenario.weeks])))
        # Above the bands, which it would hide: looking for the best place takes longer than
        # drawing the lines.
        ax.set_ylim(top=ax.get_ylim()[1] * ROOM)
        ax.legend(loc="upper left", fontsize=8.0, labelcolor=GREY, ncols=2)
    for ax in axes.flat[len(records) :]:
        ax.set_visible(False)
    return figure


def _happened(trajectories: Trajectories, record: str) -> Outcome:
    """All persons whom a record could count."""
    return Outcome(record, record, trajectories.scenario.model.recorded[record], "flow")


def death_pictures(trajectories: Trajectories, footer: str = "") -> list[Picture]:
    """Deaths by victim where several kinds of victim die, and records where there are any,
    with their words.
    """
    pictures, killed, scenario = [], _by_victim(trajectories), trajectories.scenario
    banded = trajectories.plan.replicates > 1
    if len(killed) > 1:
        told = []
        for victim, causes in killed.items():
            total = np.sum(list(causes.values()), axis=0)
            edges, most = bands(total), max(causes, key=lambda cause: float(causes[cause].mean()))
            share = float(causes[most].mean() / total.mean()) if total.mean() else 0.0
            ends = span(float(edges["low_90"]), float(edges["high_90"]), persons)
            reach = f", nine in ten replicates {ends}" if banded else ""
            told.append(
                f"{sentence(VICTIMS[victim])} {persons(float(edges['median']))}{reach}, most "
                f"{WITHIN.get(most, f'by {most}')} ({percent(share).lstrip('+')})"
            )
        period = f"{day(scenario.start)} to {day(scenario.date(scenario.weeks))}"
        caption = f"Persons killed, {period}; each death is counted once."
        if banded:
            caption += (
                " Bars are medians of all replicates, thick lines hold the middle half of them "
                "and thin lines nine in ten."
            )
        caption += " Colours split each bar by the mean share of each cause."
        alt = f"Bar chart of persons killed by victim, {period}. {'; '.join(told)}."
        pictures.append(
            Picture("victims", victims_figure(trajectories, footer), "Who is killed", alt, caption)
        )
    records = kept_records(trajectories)
    if records:
        told = []
        for name, counted in list(records.items())[:PANELS]:
            real, known = (
                trajectories.total(o.series).sum(axis=1, dtype=float)
                for o in (_happened(trajectories, name), counted)
            )
            told.append(
                f"{counted.label} {persons(float(np.median(known)))} of "
                f"{persons(float(np.median(real)))} ({whom(scenario.model, name)})"
            )
        alt = (
            "Line charts over time of what happened and what is on record. In "
            f"all, medians: {'; '.join(told)}."
        )
        left = [outcome.label for outcome in list(records.values())[PANELS:]]
        caption = (
            "Black: all in the model who could be counted (for missing persons too, all killed). "
            "Orange: those who get on record. " + band_note(trajectories)
        )
        caption += f" The tables also have {listed(left)}." if left else ""
        pictures.append(
            Picture(
                "recorded",
                recorded_figure(trajectories, footer),
                "On record against what happened",
                alt,
                caption,
            )
        )
    return pictures
