"""Charts of a comparison: paired differences from the baseline, and all runs together.
Every function is pure: runs in, a figure out.

The functions named ``..._figure`` draw; :func:`pictures_of_comparison` puts words beside what they
drew.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from ...engine.trajectories import Trajectories
from ...results.by_territory import named_outcome
from ...results.comparison import Comparison
from ...results.outcomes import Outcome, with_parts
from ...results.tables import bands
from ..encoding import GREY, words_for_areas, words_for_strokes
from ..windows import EACH, counted_from, labels, last_day
from ..wording import all_counted, change, parts_text, persons, rounded, sentence, signed
from .maps import maps_of_comparison
from .style import (
    CROWD,
    LINE,
    End,
    Picture,
    band_note,
    broken,
    days_of,
    draw_whiskers,
    dress,
    fan,
    flows_note,
    height_for,
    ink,
    label_ends,
    main_outcomes,
    sheet,
    show_whole_time,
    smoothed,
    styled,
    thousands,
    unit_label,
)

OVER = (0, (3.0, 5.0))
"""Style of a line on top of another: strokes and gaps that no series of its own has."""

TITLE = 28
"""Letters in a line of the title of one of three panels."""


@styled
def overlay_figure(
    runs: Sequence[Trajectories],
    outcome_name: str,
    names: Sequence[str] = (),
    since: Sequence[int] = (),
    footer: str = "",
) -> Figure:
    """One outcome of several runs over time, each line named at its end.

    Args:
        runs: of scenarios that start on the same day; the first is drawn in black.
        outcome_name: such as ``"members"``.
        names: of the runs, if not those of their scenarios.
        since: for each of the others the week from which it differs from the first; it is drawn
            from there on.
        footer: line at the bottom that says where the figure comes from.
    """
    outcome = named_outcome(runs[0], outcome_name)
    called = list(names) or [run.scenario.shown for run in runs]
    size = (8.5, height_for(called, 4.4))
    figure, axes = sheet(1, 1, size, sentence(outcome.label), band_note(runs[0], len(runs)), footer)
    ax, ends, smoothing = axes[0, 0], [], 0
    for i, run in enumerate(runs):
        days, values, smoothing = smoothed(run, outcome)
        colour, line = ink(i - 1) if i else ("#000000", "-")
        # A run that is the first one over again is a broken line on top of it.
        same = i > 0 and np.array_equal(run.total(outcome.series), runs[0].total(outcome.series))
        line = OVER if same else line
        apart = days >= days_of(run, np.array([since[i - 1] if i and since else 0]))
        last = fan(
            ax,
            days[apart],
            values[:, apart],
            colour,
            line,
            banded=len(runs) <= CROWD and not same,
        )
        ends.append(End(last, called[i], colour, line))
    dress(ax, "", unit_label(outcome, smoothing), from_zero=True)
    show_whole_time(ax, runs[0])
    label_ends(ax, ends)
    return figure


@styled
def difference_figure(comparison: Comparison, outcome: str = "killed", footer: str = "") -> Figure:
    """Paired difference from the baseline over time, for every policy:
    a flow added up since the policy began, a stock as it stands.

    Args:
        comparison: paired runs.
        outcome: such as ``"killed"``.
        footer: line at the bottom that says where the figure comes from.
    """
    what = named_outcome(comparison.baseline, outcome)
    label = (
        f"persons, added up since {counted_from(comparison)}" if what.kind == "flow" else "persons"
    )
    note = _pairs_note(comparison)
    title = f"{sentence(what.label)}: difference from the baseline"
    names = [run.scenario.shown for run in comparison.policies]
    figure, axes = sheet(1, 1, (8.5, height_for(["", *names], 4.4)), title, note, footer)
    ax, ends = axes[0, 0], []
    ax.axhline(0.0, color=GREY, linewidth=1.0)
    for i, run in enumerate(comparison.policies):
        days, values = differences(comparison, run, what)
        colour, line = ink(i)
        last = fan(ax, days, values, colour, line, banded=len(comparison.policies) <= CROWD)
        ends.append(End(last, names[i], colour, line))
    dress(ax, "", label)
    if all(end.value != 0.0 for end in ends):
        ends.append(End(0.0, "Baseline", GREY))
    label_ends(ax, ends)
    return figure


def differences(
    comparison: Comparison, run: Trajectories, outcome: Outcome
) -> tuple[np.ndarray, np.ndarray]:
    """Days and paired differences (replicate, time) since the policy began, or any other where it
    changes nothing; those of a flow are added up.
    """
    since = _drawn_from(comparison, run)
    weeks = run.weeks(outcome.series)
    before, after = (x.total(outcome.series).astype(float) for x in (comparison.baseline, run))
    inside = weeks > since if outcome.kind == "flow" else weeks >= since
    apart = (after - before)[:, inside]
    if outcome.kind == "stock":
        return days_of(run, weeks[inside]), apart
    # Nothing has happened yet on the first day.
    return days_of(run, np.concatenate([[since], weeks[inside]])), np.pad(
        np.cumsum(apart, axis=1), ((0, 0), (1, 0))
    )


def _drawn_from(comparison: Comparison, run: Trajectories) -> int:
    """Week from which a run is drawn: a check, which differs nowhere, from the first policy on."""
    return comparison.since(*([run] if comparison.acts(run) else comparison.policies))


@styled
def outcomes_figure(comparison: Comparison, footer: str = "") -> Figure:
    """Dot chart of the total effect of every policy on deaths and members: median of the paired
    differences, with bands.
    """
    shown, count = main_outcomes(comparison.outcomes), len(comparison.policies)
    names = [broken(label) for label in labels(comparison)]
    lines = max((1 + name.count("\n") for name in names), default=1)
    figure, axes = sheet(
        1,
        max(len(shown), 1),
        (9.0, 1.9 + max(0.5, 0.1 + LINE * lines) * count),
        "Effect of each policy: difference from the baseline, persons",
        _pairs_note(comparison, lines=True),
        footer,
        sharey=True,
    )
    bare = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    rows, end = np.arange(count), last_day(comparison)
    for ax, outcome in zip(axes[0], shown, strict=False):
        effects = [comparison.differences(run, outcome) for run in comparison.policies]
        edges = bands(np.array(effects).T)
        ax.axvline(0.0, color=GREY, linewidth=1.0)
        for i in range(count):
            draw_whiskers(
                ax,
                rows[i : i + 1],
                {name: x[i : i + 1] for name, x in edges.items()},
                ink(i)[0],
                comparison.baseline.plan.replicates > 1,
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
        # Where policies begin on different days, their first days stand beside their names.
        begin = "" if counted_from(comparison) == EACH else f"{counted_from(comparison)} "
        when = f"{begin}to {end}" if outcome.kind == "flow" else f"on {end}"
        ax.set_title(fill(f"{sentence(outcome.label)}, {when}", TITLE), fontsize=9.0)
        ax.margins(x=0.14)
        ax.grid(axis="y", visible=False)
        thousands(ax, "x")
    axes[0, 0].set_yticks(rows, names)
    axes[0, 0].set_ylim(count - 0.4, -0.75)
    return figure


def _pairs_note(comparison: Comparison, lines: bool = False) -> str:
    """How to read bands of paired differences."""
    pairs = comparison.baseline.plan.replicates
    if pairs == 1:
        return band_note(comparison.baseline)
    if lines:
        return f"Upright line: median of {pairs} pairs of replicates. {words_for_strokes()}"
    if len(comparison.policies) > CROWD:
        return (
            f"Line: median of {pairs} pairs of replicates. Bands are left out "
            "here; the tables have them."
        )
    return f"Line: median of {pairs} pairs of replicates. {words_for_areas()}"


def pictures_of_comparison(comparison: Comparison, footer: str = "") -> list[Picture]:
    """The figures of a comparison with their words."""
    shown, runs = main_outcomes(comparison.outcomes), (comparison.baseline, *comparison.policies)
    names = ["Baseline", *(run.scenario.shown for run in comparison.policies)]
    told = "; ".join(f"{outcome.label}: {_effects(comparison, outcome)}" for outcome in shown)
    caption = (
        _pairs_note(comparison, lines=True) + " Left of zero the policy gives the lower number."
    )
    for outcome in shown:
        if outcome.parts:
            caption += f"{all_counted(outcome)} {sentence(_effects(comparison, outcome))}."
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
        caption += all_counted(outcome)
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
            f"{name} {_last(run, outcome)}" for name, run in zip(names, runs, strict=True)
        )
        unit = unit_label(outcome, smoothed(comparison.baseline, outcome)[2])
        alt = (
            f"Line chart of {outcome.label} [{unit}] in the baseline and under each "
            f"policy. At the end: {ends}."
        )
        since = [_drawn_from(comparison, run) for run in comparison.policies]
        figure = overlay_figure(runs, outcome.name, names, since, footer)
        caption = band_note(comparison.baseline, len(runs)) + flows_note(
            comparison.baseline, [outcome]
        )
        if outcome.parts:
            parts = parts_text(outcome, lambda part: _last(comparison.baseline, part))
            caption += f" Parts in the baseline, at the end: {parts}."
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


def _last(run: Trajectories, outcome: Outcome) -> str:
    """The last median of a line."""
    return rounded(float(np.median(smoothed(run, outcome)[1][:, -1])))


def _effects(comparison: Comparison, outcome: Outcome) -> str:
    """Median effect of every policy in words, with that on the parts."""
    effects = []
    for run in comparison.policies:
        middles = {
            o: change(float(np.median(comparison.differences(run, o)))) for o in with_parts(outcome)
        }
        parts = parts_text(outcome, middles.__getitem__) if len(set(middles.values())) > 1 else ""
        effects.append(f"{run.scenario.shown} {middles[outcome]}{f' ({parts})' if parts else ''}")
    return ", ".join(effects)
