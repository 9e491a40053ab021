"""Charts of runs and comparisons. Every function is pure: a run in, a figure out.

The functions named ``..._figure`` draw; :func:`pictures_of_run` and :func:`pictures_of_comparison`
put words beside what they drew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...engine.trajectories import Trajectories
from ...model.model import Model
from ...results.by_territory import named_outcome
from ...results.comparison import Comparison
from ...results.outcomes import Outcome, outcomes_of
from ...results.tables import bands
from ..wording import change, day, persons, rounded, sentence, signed
from .deaths import death_pictures
from .maps import maps_of_comparison, maps_of_run
from .style import (
    COLOURS,
    CROWD,
    GREY,
    STRIPES,
    Picture,
    band_note,
    days_of,
    dress,
    fan,
    label_ends,
    main_outcomes,
    mark_policies,
    policy_days,
    sheet,
    smoothed,
    styled,
    thousands,
    unit_label,
)

PANELS = ("killed", "members", "recruited", "arrested")
"""Outcomes of the overview, as far as the model has them."""

NATIONAL_PANELS = ("killed", "killed_civilian", "recorded_homicides", "members")
"""The same where civilians are among the dead."""

LARGEST = 12
"""Groups in the chart of group sizes."""


def panels_of(model: Model) -> tuple[str, ...]:
    """Outcomes of the overview of a model."""
    return NATIONAL_PANELS if "killed_civilian" in outcomes_of(model) else PANELS


def _flows_note(trajectories: Trajectories, shown: Sequence[Outcome]) -> str:
    """How flows were smoothed, where any flow is shown."""
    weeks = max((smoothed(trajectories, outcome)[2] for outcome in shown), default=0)
    return (
        f" Counts of a week are shown as the mean of the {weeks} weeks up to each day."
        if weeks > 1
        else ""
    )


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
    """One outcome over time: median, the middle half of all replicates and nine in ten.

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
    _fan_panel(panel, trajectories, outcome, COLOURS[0])
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
    dress(ax, title, unit_label(outcome, smoothing), from_zero=True)
    _whole_time(ax, trajectories)


def _whole_time(ax: Axes, trajectories: Trajectories) -> None:
    """Show all of a scenario, although a smoothed line begins a quarter of a year late."""
    ax.set_xlim(*days_of(trajectories, np.array([0, trajectories.scenario.weeks])))


@styled
def groups_figure(trajectories: Trajectories, top: int = LARGEST, footer: str = "") -> Figure:
    """Members of the groups that are largest at the end, at the start and at the end.

    Args:
        trajectories: the run; its model must have ``members`` of groups.
        top: how many groups.
        footer: line at the bottom that says where the figure comes from.
    """
    order, first, last = _group_sizes(trajectories, top)
    start, end = bands(first), bands(last)
    rows = np.arange(len(order))
    note = "Ring: at the start. Upright line: at the end."
    if len(last) > 1:
        note = (
            f"Medians of {len(last)} replicates. {note} Thick line: the middle half of them. "
            "Thin line: nine in ten."
        )
    title = (
        f"Members of the {len(order)} largest groups"
        if len(order) > 1
        else "Members of the largest group"
    )
    figure, axes = sheet(1, 1, (8.0, 1.3 + 0.27 * len(order)), title, note, footer)
    ax = axes[0, 0]
    ax.hlines(rows, start["median"], end["median"], color="#bbbbbb", linewidth=1.0)
    _whiskers(ax, rows, end, COLOURS[0], len(last) > 1)
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
    """The groups largest at the end, and their members at start and end: shape (replicate,
    group).
    """
    members = trajectories.snapshots["members"]
    first, last = members[:, 0].sum(axis=1).astype(float), members[:, -1].sum(axis=1).astype(float)
    order = np.argsort(-np.median(last, axis=0), kind="stable")[:top]
    return order, first[:, order], last[:, order]


def _whiskers(
    ax: Axes, rows: np.ndarray, edges: dict[str, np.ndarray], colour: str, banded: bool = True
) -> None:
    if banded:
        ax.hlines(rows, edges["low_90"], edges["high_90"], color=colour, linewidth=1.2)
        ax.hlines(rows, edges["low_50"], edges["high_50"], color=colour, linewidth=4.0)
    # No dot: it would cover the lines of a narrow band.
    ax.plot(edges["median"], rows, "|", color="#000000", markersize=12, markeredgewidth=1.2)


@styled
def overlay_figure(
    runs: Sequence[Trajectories],
    outcome_name: str,
    names: Sequence[str] = (),
    since: int = 0,
    footer: str = "",
) -> Figure:
    """One outcome of several runs over time, each line named at its end.

    Args:
        runs: of scenarios that start on the same day; the first is drawn in black.
        outcome_name: such as ``"members"``.
        names: of the runs, if not those of their scenarios.
        since: week from which the others differ from the first; they are drawn from there on.
        footer: line at the bottom that says where the figure comes from.
    """
    outcome = named_outcome(runs[0], outcome_name)
    figure, axes = sheet(
        1, 1, (8.5, 4.4), sentence(outcome.label), band_note(runs[0], len(runs)), footer
    )
    ax, ends, smoothing = axes[0, 0], [], 0
    for i, run in enumerate(runs):
        days, values, smoothing = smoothed(run, outcome)
        colour, line = _ink(i - 1) if i else ("#000000", "-")
        apart = days >= days_of(run, np.array([since if i else 0]))
        # A run that is the first one over again is a dashed line on top of it.
        same = i > 0 and np.array_equal(run.total(outcome.series), runs[0].total(outcome.series))
        last = fan(
            ax,
            days[apart],
            values[:, apart],
            colour,
            "--" if same else line,
            banded=len(runs) <= CROWD and not same,
        )
        ends.append((last, names[i] if names else run.scenario.shown, colour))
    dress(ax, "", unit_label(outcome, smoothing), from_zero=True)
    _whole_time(ax, runs[0])
    label_ends(ax, ends)
    return figure


def _ink(number: int) -> tuple[str, str]:
    """Colour and line style of the policy with this number; black is the baseline's."""
    colours = COLOURS[:-1]
    return colours[number % len(colours)], STRIPES[number // len(colours) % len(STRIPES)]


@styled
def difference_figure(comparison: Comparison, outcome: str = "killed", footer: str = "") -> Figure:
    """Paired difference from the baseline over time, for every policy:
    a flow added up since the first policy began, a stock as it stands.

    Args:
        comparison: paired runs.
        outcome: such as ``"killed"``.
        footer: line at the bottom that says where the figure comes from.
    """
    what = named_outcome(comparison.baseline, outcome)
    since = day(comparison.baseline.scenario.date(comparison.since))
    label = f"persons, added up since {since}" if what.kind == "flow" else "persons"
    note = _pairs_note(comparison)
    figure, axes = sheet(
        1, 1, (8.5, 4.4), f"{sentence(what.label)}: difference from the baseline", note, footer
    )
    ax, ends = axes[0, 0], []
    ax.axhline(0.0, color=GREY, linewidth=1.0)
    for i, run in enumerate(comparison.policies):
        days, values = differences(comparison, run, what)
        colour, line = _ink(i)
        last = fan(ax, days, values, colour, line, banded=len(comparison.policies) <= CROWD)
        ends.append((last, run.scenario.shown, colour))
    dress(ax, "", label)
    label_ends(ax, [*ends, (0.0, "Baseline", GREY)] if all(end[0] != 0.0 for end in ends) else ends)
    return figure


def differences(
    comparison: Comparison, run: Trajectories, outcome: Outcome
) -> tuple[np.ndarray, np.ndarray]:
    """Days and paired differences (replicate, time) since the first policy began;
    those of a flow are added up.
    """
    weeks = run.weeks(outcome.series)
    before, after = (x.total(outcome.series).astype(float) for x in (comparison.baseline, run))
    inside = weeks > comparison.since if outcome.kind == "flow" else weeks >= comparison.since
    found = (after - before)[:, inside]
    if outcome.kind == "stock":
        return days_of(run, weeks[inside]), found
    # Nothing has happened yet on the first day.
    return days_of(run, np.concatenate([[comparison.since], weeks[inside]])), np.pad(
        np.cumsum(found, axis=1), ((0, 0), (1, 0))
    )


@styled
def outcomes_figure(comparison: Comparison, footer: str = "") -> Figure:
    """Total effect of every policy on deaths and members: median of the paired differences,
    with bands.
    """
    shown, count = main_outcomes(comparison.outcomes), len(comparison.policies)
    figure, axes = sheet(
        1,
        max(len(shown), 1),
        (9.0, 1.7 + 0.5 * count),
        "Effect of each policy",
        _pairs_note(comparison, lines=True),
        footer,
        sharey=True,
    )
    bare = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    rows, end = (
        np.arange(count),
        comparison.baseline.scenario.date(comparison.baseline.scenario.weeks),
    )
    for ax, outcome in zip(axes[0], shown, strict=False):
        before = comparison.values(comparison.baseline, outcome)
        found = np.array([comparison.values(run, outcome) - before for run in comparison.policies])
        edges = bands(found.T)
        ax.axvline(0.0, color=GREY, linewidth=1.0)
        for i in range(count):
            _whiskers(
                ax,
                rows[i : i + 1],
                {name: x[i : i + 1] for name, x in edges.items()},
                _ink(i)[0],
                len(before) > 1,
            )
            ax.annotate(
                signed(edges["median"][i], persons),
                (edges["median"][i], i),
                (0, 7),
                "data",
                "offset points",
                ha="center",
                fontsize=8,
                bbox=bare,
            )
        when = (
            f"{day(comparison.baseline.scenario.date(comparison.since))} to {day(end)}"
            if outcome.kind == "flow"
            else f"on {day(end)}"
        )
        ax.set_title(f"{sentence(outcome.label)},\n{when}", fontsize=9.0)
        ax.set_xlabel("persons, difference from the baseline")
        ax.margins(x=0.14)
        ax.grid(axis="y", visible=False)
        thousands(ax, "x")
    axes[0, 0].set_yticks(rows, [run.scenario.shown for run in comparison.policies])
    axes[0, 0].set_ylim(count - 0.4, -0.75)
    return figure


def _pairs_note(comparison: Comparison, lines: bool = False) -> str:
    """How to read bands of paired differences."""
    pairs = comparison.baseline.plan.replicates
    if pairs == 1:
        return band_note(comparison.baseline)
    if lines:
        return (
            f"Upright line: median of {pairs} pairs of replicates. Thick line: the middle half of "
            "them. Thin line: nine in ten."
        )
    if len(comparison.policies) > CROWD:
        return (
            f"Line: median of {pairs} pairs of replicates. Bands are left out "
            "here; the tables have them."
        )
    return (
        f"Line: median of {pairs} pairs of replicates. Darker band: the middle half of them. "
        "Lighter band: nine in ten."
    )


def pictures_of_run(trajectories: Trajectories, footer: str = "") -> list[Picture]:
    """The figures of a run folder with their words."""
    scenario, note = trajectories.scenario, band_note(trajectories)
    shown = main_outcomes(outcomes_of(scenario.model), panels_of(scenario.model))
    flows = _flows_note(trajectories, shown)
    told = "; ".join(_told(trajectories, outcome) for outcome in shown)
    note += flows + _marks_note(trajectories)
    pictures = [
        Picture(
            "overview",
            overview_figure(trajectories, footer),
            "The run at a glance",
            f"Line charts over time. {told}.",
            note,
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
    if scenario.model.axes.get("members") == ("territory", "group"):
        order, _, last = _group_sizes(trajectories, LARGEST)
        labels, middle = scenario.data.space.labels("group"), np.median(last, axis=0)
        named = ", ".join(
            f"{labels[group]} {persons(members)}"
            for group, members in zip(order[:5], middle[:5], strict=True)
        )
        alt = (
            f"Dot chart of members of the {len(order)} largest groups at the start and the end. "
            f"Largest at the end: {named}."
        )
        caption = (
            f"Rings: at the start, on {day(scenario.start)}. Upright lines: at the end, on "
            f"{day(scenario.date(scenario.weeks))}."
        )
        caption += (
            (
                " They are medians; lines across them hold the middle half of all replicates "
                "(thick) and nine in ten (thin)."
            )
            if len(last) > 1
            else ""
        )
        pictures.append(
            Picture(
                "groups",
                groups_figure(trajectories, footer=footer),
                "The largest groups",
                alt,
                caption,
            )
        )
    return pictures


def _told(trajectories: Trajectories, outcome: Outcome) -> str:
    """A line of a chart in words."""
    days, values, _ = smoothed(trajectories, outcome)
    middle = np.median(values, axis=0)
    unit = "a week" if outcome.kind == "flow" else "persons"
    return (
        f"{sentence(outcome.label)}: from {rounded(middle[0])} {unit} in "
        f"{days[0].astype(object).year} to {rounded(middle[-1])} at the end"
    )


def pictures_of_comparison(comparison: Comparison, footer: str = "") -> list[Picture]:
    """The figures of a comparison with their words."""
    shown, runs = main_outcomes(comparison.outcomes), (comparison.baseline, *comparison.policies)
    names = ["Baseline", *(run.scenario.shown for run in comparison.policies)]
    told = "; ".join(f"{outcome.label}: {_effects(comparison, outcome)}" for outcome in shown)
    caption = (
        _pairs_note(comparison, lines=True) + " Left of zero the policy gives the lower number."
    )
    alt = f"Dot chart of the total effect of each policy. {sentence(told)}."
    pictures = [
        Picture(
            "effects", outcomes_figure(comparison, footer), "Effect of each policy", alt, caption
        )
    ]
    for outcome in shown:
        alt = (
            "Line chart of the paired difference from the baseline over time. At the end: "
            f"{_effects(comparison, outcome)}."
        )
        figure = difference_figure(comparison, outcome.name, footer)
        caption = _pairs_note(comparison) + " Below zero the policy gives the lower number."
        pictures.append(
            Picture(
                f"difference-{outcome.name}",
                figure,
                f"{sentence(outcome.label)}: difference from the baseline",
                alt,
                caption,
            )
        )
    pictures += [
        picture
        for outcome in shown
        if outcome.kind == "flow"
        for picture in maps_of_comparison(comparison, outcome, footer)
    ]
    for outcome in shown:
        ends = "; ".join(
            f"{name} {rounded(float(np.median(smoothed(run, outcome)[1][:, -1])))}"
            for name, run in zip(names, runs, strict=True)
        )
        unit = unit_label(outcome, smoothed(comparison.baseline, outcome)[2])
        alt = (
            f"Line chart of {outcome.label} [{unit}] in the baseline and under each "
            f"policy. At the end: {ends}."
        )
        figure = overlay_figure(runs, outcome.name, names, comparison.since, footer)
        caption = band_note(comparison.baseline, len(runs)) + _flows_note(
            comparison.baseline, [outcome]
        )
        pictures.append(
            Picture(
                f"together-{outcome.name}",
                figure,
                f"{sentence(outcome.label)}: all runs",
                alt,
                caption,
            )
        )
    return pictures


def _effects(comparison: Comparison, outcome: Outcome) -> str:
    """Median effect of every policy in words."""
    before = comparison.values(comparison.baseline, outcome)
    middles = {
        run.scenario.shown: float(np.median(comparison.values(run, outcome) - before))
        for run in comparison.policies
    }
    return ", ".join(f"{name} {change(middle)}" for name, middle in middles.items())
