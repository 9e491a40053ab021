"""Figures: something is drawn, it says what it is, and the same run gives the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from drawn import faults
from tregua import Model, Policy, Scenario, Study, TreguaError, simulate
from tregua.reporting.charts.comparisons import (
    difference_figure,
    overlay_figure,
    pictures_of_comparison,
)
from tregua.reporting.charts.runs import fan_figure, pictures_of_run
from tregua.reporting.charts.style import End, label_ends, render, sheet, smoothed, styled
from tregua.reporting.wording import (
    BLUR,
    change,
    change_span,
    change_text,
    ends,
    exact,
    listed,
    percent,
    persons,
    rounded,
    signed,
    signed_span,
    span,
)
from tregua.results.outcomes import outcomes_of
from tregua.results.tables import bands

SCENARIO = Scenario(Model.size_2023(), weeks=104, label="A small run")
HALF = Policy.scale("recruitment.rate", 0.5, from_="2012-07", name="half")


@pytest.fixture(scope="module")
def trajectories():
    return simulate(SCENARIO, replicates=8, seed=3)


@pytest.fixture(scope="module")
def comparison():
    return Study(SCENARIO, [HALF, Policy("none", label="No change")], replicates=8).run(seed=3)


def test_every_picture_has_its_words(trajectories, comparison):
    pictures = [
        *pictures_of_run(trajectories, "where it is from"),
        *pictures_of_comparison(comparison, "where it is from"),
    ]
    assert [picture.name for picture in pictures][:3] == ["overview", "killed", "groups"]
    for picture in pictures:
        assert picture.title and len(picture.alt) > 40 and picture.caption
        assert picture.png.startswith(b"\x89PNG") and b"<svg" in picture.svg
        assert b"where it is from" in picture.svg, "text stays text, so that it can be searched"
        assert b"<dc:date>" not in picture.svg


def test_the_same_run_gives_the_same_bytes(trajectories):
    first, second = (fan_figure(trajectories, "killed") for _ in range(2))
    assert render(first, "svg") == render(second, "svg")
    other = fan_figure(trajectories, "killed")
    png = render(other, "png")
    assert png == render(first, "png") and render(other, "svg") == render(first, "svg"), (
        "whichever is made first"
    )


def test_a_fan_shows_the_quantiles_over_replicates(trajectories):
    axes = fan_figure(trajectories, "members").axes[0]
    assert np.array_equal(
        axes.lines[0].get_ydata(), np.median(trajectories.total("members"), axis=0)
    )
    assert len(axes.collections) == 2
    low = axes.collections[0].get_paths()[0].vertices[:, 1].min()
    assert low == bands(trajectories.total("members").astype(float))["low_90"].min()
    assert axes.get_ylabel() == "persons" and axes.get_ylim()[0] == 0.0


def test_flows_are_smoothed_over_a_quarter_and_say_so(trajectories):
    outcome = outcomes_of(trajectories.scenario.model)["killed"]
    days, values, weeks = smoothed(trajectories, outcome)
    killed = trajectories.total("conflict.killed")
    assert weeks == 13 and str(days[0]) == "2012-04-01"
    assert np.allclose(values[:, 0], killed[:, :13].mean(axis=1)) and np.allclose(
        values[:, -1], killed[:, -13:].mean(axis=1)
    )
    assert "13-week mean" in fan_figure(trajectories, "killed").axes[0].get_ylabel()


def test_smoothing_of_short_runs_and_short_steps():
    outcome = outcomes_of(SCENARIO.model)["killed"]
    short = simulate(Scenario(Model.size_2023(), weeks=20), "mean-field")
    assert smoothed(short, outcome)[2] == 1 and smoothed(short, outcome)[1].shape == (1, 20)
    whole, halves = (
        smoothed(simulate(SCENARIO, "mean-field", dt=dt), outcome) for dt in (1.0, 0.5)
    )
    assert halves[2] == 13 and np.allclose(whole[1][:, -1], halves[1][:, -1], rtol=0.01), (
        "a rate per week whatever the step"
    )


def test_one_replicate_has_no_band():
    alone = simulate(SCENARIO, "mean-field")
    assert not fan_figure(alone, "killed").axes[0].collections
    assert "no band" in pictures_of_run(alone)[0].caption


def test_the_difference_is_paired_and_added_up(comparison):
    figure = difference_figure(comparison, "killed")
    assert isinstance(figure, Figure) and isinstance(comparison.plot("members"), Figure)
    zero, half, none = figure.axes[0].lines
    assert list(zero.get_ydata()) == [0.0, 0.0] and not np.any(none.get_ydata())
    outcome = comparison.outcomes["killed"]
    total = comparison.differences(comparison.policies[0], outcome)
    assert half.get_ydata()[0] == 0.0 and half.get_ydata()[-1] == np.median(total)


def test_an_unknown_outcome_is_refused(trajectories):
    with pytest.raises(TreguaError, match="TR2303"):
        fan_figure(trajectories, "kiled")


def test_many_policies_leave_out_bands(comparison):
    figure = overlay_figure([comparison.baseline] * 7, "members")
    assert not figure.axes[0].collections


def test_a_policy_is_marked_where_it_begins():
    figure = fan_figure(simulate(SCENARIO.with_policy(HALF), "mean-field"), "killed")
    assert "half" in [text.get_text() for text in figure.axes[0].texts]


@styled
def test_names_at_line_ends_do_not_overlap():
    figure, axes = sheet(1, 1, (8.0, 4.0), "", "", "")
    axes[0, 0].set_ylim(0.0, 100.0)
    label_ends(axes[0, 0], [End(x, f"line {x}", "black") for x in (99.0, 99.5, 100.0, 50.0, 50.1)])
    assert not faults(figure)


def test_drawing_ignores_and_keeps_the_settings_of_the_reader(trajectories):
    import matplotlib

    plain = render(fan_figure(trajectories, "killed"), "svg")
    with matplotlib.rc_context({"font.size": 30.0, "svg.hashsalt": "other"}):
        assert render(fan_figure(trajectories, "killed"), "svg") == plain
        assert matplotlib.rcParams["font.size"] == 30.0


def test_numbers_in_words():
    assert [
        rounded(x) for x in (90612, 0.0, 67.34, 6.734, -12345.0, 0.002527, 1e-8, float("nan"))
    ] == [
        "90,600",
        "0",
        "67",
        "6.73",
        "−12,300",
        "0.00253",
        "1e-08",
        "–",
    ]
    assert span(90210, 91012) == "90,200 to 91,000" and signed_span(-120, 340) == "−120 to +340"
    assert (
        change_span(-12700, -11900) == "11,900 to 12,700 fewer"
        and change_span(3, 5) == "3 to 5 more"
    )
    assert change_span(-120, 340) == "between 120 fewer and 340 more" and change_span(
        0, 0
    ) == "no change" == change(0)
    # Persons come whole, at both ends of a band.
    assert [persons(x) for x in (0.0, 0.2, 0.95, 9.05, 99.6, 999.7, 12345.0)] == [
        "0",
        "under 1",
        "1",
        "9",
        "100",
        "1,000",
        "12,300",
    ]
    assert span(2, 9.05, persons) == "2 to 9" and span(2, 9.05) == "2 to 9.1"
    assert (
        signed_span(-2.4, 3.6, persons) == "−2 to +4"
        and signed(0.3, persons) == signed(-0.3, persons) == "under 1"
    )
    assert (
        change(-2.4) == "2 fewer" and change_span(-2.4, 1234.5) == "between 2 fewer and 1,300 more"
    )
    assert change(-12345.0) == "12,300 fewer" and change(0.4) == "under 1 more"
    assert [percent(x) for x in (-0.004, -0.0004, -0.57, 1.0, float("nan"))] == [
        "−0.4 %",
        "0 %",
        "−57 %",
        "+100 %",
        "–",
    ]
    assert (
        exact(0.123456) == "0.123456"
        and listed(["a", "b", "c"]) == "a, b and c"
        and listed([]) == ""
    )


def test_ends_of_bands_have_the_figures_that_the_band_earns():
    assert span(11273, 29391) == "11,000 to 30,000" and span(8960, 17500) == "8,900 to 18,000"
    assert span(90210, 91012) == "90,200 to 91,000", "two figures would blur a narrow band"
    assert change_span(-29391, -11273) == "11,000 to 30,000 fewer"
    rng = np.random.default_rng(3)
    middles, widths = rng.normal(0.0, 1e4, 400), 10.0 ** rng.uniform(-1.0, 5.0, 400)
    for low, high in zip(middles - widths, middles + widths, strict=True):
        told = ends(low, high)
        assert told[0] <= low and high <= told[1], "the band that is told holds the one found"
        assert told[1] - told[0] <= (1.0 + BLUR) * (high - low)
        assert told == (low, high) or all(end == float(f"{end:.1e}") for end in told)


def test_changes_in_words():
    parameters = SCENARIO.model.parameters
    text = change_text(HALF.modifiers[0], parameters["recruitment.rate"])
    assert text == (
        "recruits per member and week (recruitment.rate): multiplied by 0.5, from "
        "1 July 2012 to the end"
    )
    set_ = Policy.set("arrests.effort", 123.456, to="2013").modifiers[0]
    assert change_text(set_, parameters["arrests.effort"]).endswith(
        "set to 123.456 person/week, from the start until 1 January 2013"
    )
