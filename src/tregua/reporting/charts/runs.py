"""Charts of one run. Every function is pure: a run in, a figure out.

The functions named ``..._figure`` draw; :func:`pictures_of_run` puts words beside what they drew.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...engine.trajectories import Trajectories
from ...model.model import Model
from ...results.by_territory import named_outcome
from ...results.outcomes import CIVILIANS_KILLED, Outcome, outcomes_of
from ...results.tables import bands, last_named
from ..encoding import BLUE, COLOURS, DASHES, GREY, words_for_strokes
from ..wording import day, parts_text, persons, rounded, sentence
from .deaths import ROOM, death_pictures
from .maps import maps_of_run
from .style import (
    Picture,
    band_note,
    draw_whiskers,
    dress,
    fan,
    flows_note,
    main_outcomes,
    mark_policies,
    policy_days,
    sheet,
    show_whole_time,
    smoothed,
    styled,
    thousands,
    unit_label,
)

PANELS = ("killed", "members", "recruited", "arrested")
"""Outcomes of the overview, as far as the model has them."""

NATIONAL_PANELS = ("killed", CIVILIANS_KILLED, "recorded_homicides", "members")
"""The same where civilians are among the dead."""

LARGEST = 12
"""Groups in the chart of group sizes."""


def panels_of(model: Model) -> tuple[str, ...]:
    """Outcomes of the overview of a model."""
    return NATIONAL_PANELS if CIVILIANS_KILLED in outcomes_of(model) else PANELS


def _marks_note(trajectories: Trajectories) -> str:
    """What the dotted lines of :func:`~tregua.reporting.charts.style.mark_policies` are,
    where there are any.
    """
    return (
        " Dotted lines: days on which a change begins, as listed below."
        if policy_days(trajectories)
        else ""
    )


@styled
def fan_figure(
    trajectories: Trajectories, outcome_name: str, ax: Axes | None = None, footer: str = ""
) -> Figure:
    """Fan chart of one outcome over time: median, the middle half of all replicates and nine in
    ten.

    Args:
        trajectories: the run.
        outcome_name: such as ``"killed"``; flows are shown as 13-week means.
        ax: draw here, without title and notes; a new figure if None.
        footer: line at the bottom that says where the figure comes from.

    Raises:
        TreguaError: TR2303 where the run has no such outcome.
    """
    outcome = named_outcome(trajectories, outcome_name)
    panel: Axes = (
        ax
        if ax is not None
        else sheet(1, 1, (8.0, 4.2), sentence(outcome.label), band_note(trajectories), footer)[1][
            0, 0
        ]
    )
    _fan_panel(panel, trajectories, outcome, BLUE)
    mark_policies(panel, trajectories)
    return panel.get_figure()  # type: ignore[return-value]


@styled
def overview_figure(trajectories: Trajectories, footer: str = "") -> Figure:
    """Up to four outcomes over time, one panel each."""
    shown = main_outcomes(
        outcomes_of(trajectories.scenario.model), panels_of(trajectories.scenario.model)
    )
    rows, columns = (-(-len(shown) // 2), min(len(shown), 2)) if shown else (1, 1)
    figure, axes = sheet(
        rows,
        columns,
        (9.0, 2.9 * rows + 0.6),
        trajectories.scenario.shown,
        band_note(trajectories),
        footer,
    )
    for i, (ax, outcome) in enumerate(zip(axes.flat, shown, strict=False)):
        _fan_panel(ax, trajectories, outcome, COLOURS[i], sentence(outcome.label))
        mark_policies(ax, trajectories, named=i == 0)
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    return figure


def _fan_panel(
    ax: Axes, trajectories: Trajectories, outcome: Outcome, colour: str, title: str = ""
) -> None:
    days, values, smoothing = smoothed(trajectories, outcome)
    fan(ax, days, values, colour)
    for part, line in zip(outcome.parts, cycle(DASHES[1:]), strict=False):
        days, values, _ = smoothed(trajectories, part)
        fan(ax, days, values, colour, (0, line), banded=False)
        ax.lines[-1].set(linewidth=1.0, label=part.within)
    dress(ax, title, unit_label(outcome, smoothing), from_zero=True)
    if outcome.parts:
        ax.set_ylim(top=ax.get_ylim()[1] * ROOM)
        look = {"frameon": True, "facecolor": "white", "edgecolor": "none", "columnspacing": 1.0}
        ax.legend(loc="upper left", fontsize=7.0, ncols=len(outcome.parts), **look)
    show_whole_time(ax, trajectories)


@styled
def groups_figure(trajectories: Trajectories, top: int = LARGEST, footer: str = "") -> Figure:
    """Dot chart of members of the groups that are largest at the end, at both ends of the run.
    Where the run goes on after the data that name the groups, its last day in their years is
    the end.

    Args:
        trajectories: the run; it must name groups (:func:`~tregua.results.tables.last_named`).
        top: how many groups.
        footer: line at the bottom that says where the figure comes from.
    """
    order, first, last = _group_sizes(trajectories, top)
    start, ending = bands(first), bands(last)
    rows = np.arange(len(order))
    begin, end = _days_of_groups(trajectories)
    note = f"Ring: {begin}. Upright line: {end}."
    if len(last) > 1:
        note = f"Medians of {len(last)} replicates. {note} {words_for_strokes()}"
    cut = _names_end(trajectories)
    note += f"\n{cut}" if cut else ""
    groups = f"the {len(order)} largest groups" if len(order) > 1 else "the largest group"
    title = f"Members of {groups}, {end}"
    figure, axes = sheet(1, 1, (8.0, 1.3 + 0.27 * len(order)), title, note, footer)
    ax = axes[0, 0]
    ax.hlines(rows, start["median"], ending["median"], color="#bbbbbb", linewidth=1.0)
    draw_whiskers(ax, rows, ending, BLUE, len(last) > 1)
    ax.plot(start["median"], rows, "o", markerfacecolor="white", markeredgecolor=GREY, markersize=5)
    labels = trajectories.scenario.data.space.labels("group")
    ax.set_yticks(rows, [labels[i] for i in order])
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.set_xlim(left=0)
    ax.set_xlabel("persons")
    thousands(ax, "x")
    return figure


def _group_sizes(trajectories: Trajectories, top: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The groups largest at the end of the years of which the data name them, and their members at
    the start and then: shape (replicate, group).
    """
    members, ends = trajectories.snapshots["members"], [0, _end_of_names(trajectories)]
    first, last = (members[:, at].sum(axis=1).astype(float) for at in ends)
    order = np.argsort(-np.median(last, axis=0), kind="stable")[:top]
    return order, first[:, order], last[:, order]


def _end_of_names(trajectories: Trajectories) -> int:
    """Number of the snapshot with which the chart of groups ends."""
    last = last_named(trajectories)
    assert last is not None, "the run names no groups"
    return last


def _days_of_groups(trajectories: Trajectories) -> tuple[str, str]:
    """First and last day of the chart of groups, in words."""
    weeks = trajectories.snapshot_weeks[[0, _end_of_names(trajectories)]]
    begin, end = (f"on {day(date)}" for date in trajectories.dates(weeks))
    return begin, end


def _names_end(trajectories: Trajectories) -> str:
    """That names of groups end before the run does; empty where they do not."""
    if _end_of_names(trajectories) == len(trajectories.snapshot_weeks) - 1:
        return ""
    until = trajectories.scenario.data.named_until
    return (
        f"Names of groups end with the data ({until}): the run goes on, but says nothing of who is "
        "largest later."
    )


def groups_picture(trajectories: Trajectories, footer: str = "") -> Picture:
    """The chart of groups with its words."""
    order, _, last = _group_sizes(trajectories, LARGEST)
    labels, middle = trajectories.scenario.data.space.labels("group"), np.median(last, axis=0)
    named = ", ".join(
        f"{labels[group]} {persons(members)}"
        for group, members in zip(order[:5], middle[:5], strict=True)
    )
    begin, end = _days_of_groups(trajectories)
    alt = (
        f"Dot chart of members of the {len(order)} largest groups {begin} and {end}. "
        f"Largest {end}: {named}."
    )
    caption = f"Rings: {begin}. Upright lines: {end}."
    if len(last) > 1:
        caption += (
            " They are medians; lines across them hold the middle half of all replicates "
            "(thick) and nine in ten (thin)."
        )
    caption = f"{caption} {_names_end(trajectories)}".rstrip()
    figure = groups_figure(trajectories, footer=footer)
    return Picture("groups", figure, "The largest groups", alt, caption)


def pictures_of_run(trajectories: Trajectories, footer: str = "") -> list[Picture]:
    """The figures of a run folder with their words."""
    scenario, note = trajectories.scenario, band_note(trajectories)
    shown = main_outcomes(outcomes_of(scenario.model), panels_of(scenario.model))
    flows = flows_note(trajectories, shown)
    told = "; ".join(_told(trajectories, outcome) for outcome in shown)
    note += flows + _marks_note(trajectories)
    thin = " Thin lines: medians of the parts." if any(o.parts for o in shown) else ""
    pictures = [
        Picture(
            "overview",
            overview_figure(trajectories, footer),
            "The run at a glance",
            f"Line charts over time. {told}.",
            note + thin,
        )
    ]
    for outcome in main_outcomes(outcomes_of(scenario.model), ("killed",)):
        alt = f"Line chart over time. {_told(trajectories, outcome)}."
        pictures.append(
            Picture(
                outcome.name,
                fan_figure(trajectories, outcome.name, footer=footer),
                sentence(outcome.label),
                alt,
                note,
            )
        )
        pictures += [
            *death_pictures(trajectories, footer),
            *maps_of_run(trajectories, outcome, footer),
        ]
    if last_named(trajectories) is not None:
        pictures.append(groups_picture(trajectories, footer))
    return pictures


def _told(trajectories: Trajectories, outcome: Outcome) -> str:
    """A line of a chart in words."""
    days, values, _ = smoothed(trajectories, outcome)
    middle = np.median(values, axis=0)
    unit = "a week" if outcome.kind == "flow" else "persons"
    parts = parts_text(
        outcome,
        lambda part: rounded(float(np.median(smoothed(trajectories, part)[1][:, -1]))),
    )
    return (
        f"{sentence(outcome.label)}: from {rounded(middle[0])} {unit} in "
        f"{days[0].astype(object).year} to {rounded(middle[-1])} at the end"
        f"{f' ({parts})' if parts else ''}"
    )
