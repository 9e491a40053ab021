"""Style of all Matplotlib charts: fans, axes, notes, and names at the end of lines.
The same figure gives the same bytes.

What is shown, in which colours, is in :mod:`tregua.reporting.encoding`.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox

from ...engine.trajectories import Trajectories
from ...results.outcomes import CIVILIANS_KILLED, Outcome
from ...results.tables import bands
from ..encoding import BANDS, GREY, Fan, look, words_for_areas

P = ParamSpec("P")
R = TypeVar("R")

SMOOTHED_WEEKS = 13
"""Flows are shown as the mean of the last quarter of a year: single weeks are mostly noise."""

NAME = 26
"""Letters in a line of a name beside a chart."""

LINE, AROUND = 0.145, 1.25
"""Height of a line of such a name, and what a figure needs above and below its chart [inch]."""

STROKE = 18.0
"""Length of the stroke from the end of a line to its name [pt]."""

CROWD = 5
"""With more lines than this, bands would hide one another: only lines are drawn."""

POLICY_LETTERS = 8
"""Size of the names of policies at the days on which they begin [pt]."""

MOST_NAMES = 6
"""Lines that such names may take: more would hide what is drawn."""

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "figure.titlesize": 12.0,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    # The layout measures letters at the first, files have the second: letters come out wider or
    # narrower by the size of a dot.
    "figure.dpi": 150,
    "savefig.dpi": 150,
    "svg.fonttype": "none",
    # A label between two signs of the dollar is no formula.
    "text.parse_math": False,
    "svg.hashsalt": "tregua",
}


@contextmanager
def style() -> Iterator[None]:
    """Settings of Matplotlib: our look, whatever the settings of the reader's machine."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """A function that draws in our style."""

    @wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with style():
            return draw(*args, **kwargs)

    return inside


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure and the words that go with it.

    Attributes:
        name: file name without ending.
        figure: the chart.
        title: heading above it.
        alt: what it shows, for a reader who cannot see it.
        caption: how to read it.
    """

    name: str
    figure: Figure
    title: str
    alt: str
    caption: str

    @cached_property
    def png(self) -> bytes:
        """The chart as PNG, without a date."""
        return render(self.figure, "png")

    @cached_property
    def svg(self) -> bytes:
        """The chart as SVG, without a date and with text that can be searched."""
        return render(self.figure, "svg")


@styled
def render(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a ``png`` or ``svg`` file; the same figure gives the same bytes."""
    _settle_layout(figure)
    stream = io.BytesIO()
    figure.savefig(
        stream,
        format=kind,
        metadata={"Date": None, "Creator": "Tregua"} if kind == "svg" else {"Software": "Tregua"},
    )
    return stream.getvalue()


def _settle_layout(figure: Figure) -> None:
    """Layout of a figure, settled once and for all, so that both kinds of file have the same layout
    whichever is made first, in half the time.
    """
    engine = figure.get_layout_engine()
    if engine is None or isinstance(engine, PlaceHolderLayoutEngine):
        return
    engine.execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        # The solver behind the layout takes its constraints in any order, and so ends a last digit
        # apart from one time to the next.
        axes.set_position(Bbox.from_bounds(*np.round(axes.get_position(original=True).bounds, 5)))
        axes.set_in_layout(True)


def ink(number: int) -> tuple[str, Any]:
    """Colour and line style, as Matplotlib has it, of the series with this number."""
    colour, dash = look(number)
    return colour, (0, dash) if dash else "-"


def fan(
    axes: Axes,
    days: np.ndarray,
    values: np.ndarray,
    colour: str,
    line: Any = "-",
    banded: bool = True,
) -> float:
    """A fan chart of replicates over time: median and bands. The last median is returned.

    Args:
        axes: where to draw.
        days: shape (time,).
        values: shape (replicate, time).
        colour: of line and bands.
        line: style of the line, as Matplotlib has it.
        banded: draw the bands too; one replicate has none.
    """
    shown = Fan(bands(values.astype(float)), colour)
    marker = "o" if len(days) == 1 else ""
    draw_fan(axes, days, shown, banded and len(values) > 1, linestyle=line, marker=marker)
    return float(shown.median[-1])


def draw_fan(axes: Axes, times: Any, shown: Fan, banded: bool = True, **line: Any) -> None:
    """Draw a fan chart.

    Args:
        axes: where to draw.
        times: days or years, shape (time,).
        shown: its line and bands.
        banded: draw the bands too.
        line: how the line looks, as Matplotlib has it.
    """
    for area in shown.areas if banded else ():
        axes.fill_between(
            times, area.low, area.high, color=shown.colour, alpha=area.opacity, linewidth=0
        )
    axes.plot(times, shown.median, color=shown.colour, **line)


def draw_strokes(
    axes: Axes, rows: Any, edges: Mapping[str, Any], colour: str, widths: tuple[float, float]
) -> None:
    """Draw bands as lines along rows, of these widths in the order of
    :data:`~tregua.reporting.encoding.BANDS`.
    """
    for band, width in zip(BANDS, widths, strict=True):
        axes.hlines(rows, edges[band.low], edges[band.high], color=colour, linewidth=width)


def smoothed(trajectories: Trajectories, outcome: Outcome) -> tuple[np.ndarray, np.ndarray, int]:
    """Moving average of a flow, over the quarter that ends on each day; a stock as it is.

    Returns:
        Days, shape (time,); values, shape (replicate, time), those of a flow a week; and how many
        weeks each is the mean of, 0 for none.
    """
    weeks, values = (
        trajectories.weeks(outcome.series),
        trajectories.total(outcome.series).astype(float),
    )
    if outcome.kind == "stock":
        return days_of(trajectories, weeks), values, 0
    dt = trajectories.plan.dt
    steps = max(round(SMOOTHED_WEEKS / dt), 1)
    # A run of a few months is too short to be smoothed.
    steps = steps if values.shape[1] >= 2 * steps else 1
    added = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    return (
        days_of(trajectories, weeks[steps - 1 :]),
        (added[:, steps:] - added[:, :-steps]) / (steps * dt),
        round(steps * dt),
    )


def days_of(trajectories: Trajectories, weeks: np.ndarray) -> np.ndarray:
    """Calendar days of weeks, as an array."""
    return np.array(trajectories.dates(np.asarray(weeks, float)), dtype="datetime64[D]")


def unit_label(outcome: Outcome, smoothing: int) -> str:
    """Label of the vertical axis."""
    return (
        f"persons a week, {smoothing}-week mean"
        if outcome.kind == "flow" and smoothing > 1
        else "persons a week"
        if outcome.kind == "flow"
        else "persons"
    )


def band_note(trajectories: Trajectories, lines: int = 1) -> str:
    """Note on lines and bands: how to read them, in a chart with this many lines."""
    count = trajectories.plan.replicates
    if count > 1 and lines > CROWD:
        return f"Line: median of {count} replicates. Bands are left out here; the tables have them."
    if count > 1:
        return f"Line: median of {count} replicates. {words_for_areas()}"
    return (
        "One replicate, with chance."
        if trajectories.plan.solver.stochastic
        else "Expected numbers, without chance: there is no band."
    )


def main_outcomes(outcomes: dict[str, Outcome], wanted: Sequence[str] = ()) -> list[Outcome]:
    """The outcomes that readers ask for first, as far as a model has them, then others,
    as many as are wanted.

    Without a wish these are all killed, civilians killed where they are counted, and members.
    """
    wanted = wanted or [
        name
        for name in ("killed", CIVILIANS_KILLED, "members")
        if name != CIVILIANS_KILLED or name in outcomes
    ]
    names = [name for name in wanted if name in outcomes]
    names += [name for name in outcomes if name not in wanted]
    return [outcomes[name] for name in names[: len(wanted)]]


def sheet(
    rows: int,
    columns: int,
    size: tuple[float, float],
    title: str,
    note: str,
    footer: str,
    **shared: Any,
) -> tuple[Figure, np.ndarray]:
    """An empty figure with a title above, and below how to read it, in one line or more,
    and where it comes from.
    """
    figure = Figure(figsize=size, layout="constrained")
    texts = [*note.split("\n"), *([footer] if footer else [])]
    lines = 0.17 * len(texts) / size[1]
    layout: Any = figure.get_layout_engine()
    layout.set(rect=(0.0, lines + 0.01, 1.0, 0.99 - lines))
    if title:
        figure.suptitle(title, x=0.008, ha="left", fontweight="bold", wrap=True)
    for i, text in enumerate(reversed([text for text in texts if text])):
        figure.text(0.01, (0.05 + 0.17 * i) / size[1], text, fontsize=7.5, color=GREY, va="bottom")
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def dress(axes: Axes, title: str = "", label: str = "", from_zero: bool = False) -> None:
    """Dates along the bottom, whole thousands up the side."""
    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    thousands(axes)
    axes.margins(x=0)
    axes.set_ylabel(label)
    axes.set_title(title)
    if from_zero:
        axes.set_ylim(0.0, max(1.06 * axes.dataLim.y1, 1e-9))


def thousands(axes: Axes, which: str = "y") -> None:
    """Ticks at round numbers, written with thousands separated."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))


def flows_note(trajectories: Trajectories, shown: Sequence[Outcome]) -> str:
    """How flows were smoothed, where any flow is shown."""
    weeks = max((smoothed(trajectories, outcome)[2] for outcome in shown), default=0)
    return (
        f" Counts of a week are shown as the mean of the {weeks} weeks up to each day."
        if weeks > 1
        else ""
    )


def show_whole_time(ax: Axes, trajectories: Trajectories) -> None:
    """Show all of a scenario, although a smoothed line begins a quarter of a year late."""
    ax.set_xlim(*days_of(trajectories, np.array([0, trajectories.scenario.weeks])))


def draw_whiskers(
    ax: Axes, rows: np.ndarray, edges: dict[str, np.ndarray], colour: str, banded: bool = True
) -> None:
    """A dot chart: medians along rows, with bands as lines unless there are none."""
    if banded:
        draw_strokes(ax, rows, edges, colour, (1.2, 4.0))
    # No dot: it would cover the lines of a narrow band.
    ax.plot(edges["median"], rows, "|", color="#000000", markersize=12, markeredgewidth=1.2)


def policy_days(trajectories: Trajectories) -> dict[Any, list[str]]:
    """Policies by each day after the first on which a change of theirs comes into force."""
    scenario = trajectories.scenario
    starts: dict[Any, list[str]] = {}
    for policy in scenario.policies:
        for change in policy.modifiers:
            if (
                change.start
                and change.start > scenario.start
                and policy.shown not in starts.setdefault(change.start, [])
            ):
                starts[change.start].append(policy.shown)
    return starts


def mark_policies(axes: Axes, trajectories: Trajectories, named: bool = True) -> None:
    """A dotted line on every day on which a change of a policy comes into force, with the policy's
    name at the first of them: below, on the side with more room, each above the one before. Names
    that take more than :data:`MOST_NAMES` lines are left out.
    """
    names: dict[float, list[str]] = {}
    told: set[str] = set()
    for start, policies in sorted(policy_days(trajectories).items()):
        axes.axvline(date2num(start), color=GREY, linestyle=":", linewidth=1.0)
        names[date2num(start)] = [name for name in policies if name not in told]
        told |= set(policies)
    texts = {begin: broken(" and ".join(new)) for begin, new in names.items() if new}
    if named and sum(1 + text.count("\n") for text in texts.values()) <= MOST_NAMES:
        _name_days(axes, texts)


def _name_days(axes: Axes, texts: Mapping[float, str]) -> None:
    """Texts beside days, each above the one before."""
    under = {"facecolor": "white", "edgecolor": "none", "boxstyle": "square,pad=0.1"}
    middle, height = 0.5 * sum(axes.get_xlim()), 5.0
    for begin, text in texts.items():
        early = begin < middle
        axes.annotate(
            text,
            (begin, 0.0),
            (4 if early else -4, height),
            ("data", "axes fraction"),
            "offset points",
            ha="left" if early else "right",
            va="bottom",
            color=GREY,
            fontsize=POLICY_LETTERS,
            bbox=under,
        )
        height += 1.4 * POLICY_LETTERS * (1 + text.count("\n"))


def broken(name: str) -> str:
    """A name beside a chart in lines of at most :data:`NAME` letters."""
    return "\n".join(textwrap.fill(line, NAME) for line in name.split("\n"))


def height_for(names: Sequence[str], least: float) -> float:
    """Height of a figure of one chart with these names at the ends of its lines [inch]."""
    lines = sum(1 + broken(name).count("\n") for name in names)
    return max(least, AROUND + LINE * lines)


@dataclass(frozen=True)
class End:
    """The right end of a line that is named there.

    Attributes:
        value: where the line ends.
        name: of the line.
        colour: of both.
        line: style of the line, as Matplotlib has it.
    """

    value: float
    name: str
    colour: str
    line: Any = "-"


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Names at the right end of lines, pushed apart where they would overlap, each with a stroke
    like its line that leads to it.

    Args:
        axes: with all lines drawn.
        ends: of the lines.
    """
    low, high = axes.get_ylim()
    figure: Any = axes.get_figure()
    points = 72.0 * (figure.get_figheight() - AROUND) / (high - low)
    names = [broken(end.name) for end in ends]
    wanted = [points * (end.value - low) for end in ends]
    heights = [72.0 * LINE * (1 + name.count("\n")) for name in names]
    middles = spread(wanted, heights, points * (high - low))
    for end, name, want, middle in zip(ends, names, wanted, middles, strict=True):
        stroke = {
            "arrowstyle": "-",
            "color": end.colour,
            "linestyle": end.line,
            "linewidth": STYLE["lines.linewidth"],
            "shrinkA": 0.0,
            "shrinkB": 0.0,
        }
        for text, right, arrow in (("", STROKE, stroke), (name, STROKE + 4.0, None)):
            axes.annotate(
                text,
                (1.0, end.value),
                (right, middle - want),
                ("axes fraction", "data"),
                "offset points",
                va="center",
                color=end.colour,
                fontsize=8.5,
                annotation_clip=False,
                arrowprops=arrow,
            )


def spread(wanted: Sequence[float], heights: Sequence[float], top: float) -> list[float]:
    """Middles of boxes that do not overlap, as near to where they are wanted as goes from below
    upwards; all that is too much at the top is pushed down again.

    Args:
        wanted: middles.
        heights: of the boxes.
        top: where the highest box must end; the lowest one ends below zero where there is no room.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed, floor = [0.0] * len(wanted), -np.inf
    for i in order:
        placed[i] = max(wanted[i], floor + 0.5 * heights[i])
        floor = placed[i] + 0.5 * heights[i]
    ceiling = top
    for i in reversed(order):
        placed[i] = min(placed[i], ceiling - 0.5 * heights[i])
        ceiling = placed[i] - 0.5 * heights[i]
    return placed
