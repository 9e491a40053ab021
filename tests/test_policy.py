"""Policies as people write them against the three numbers a week that the engine applies."""

from __future__ import annotations

import ast
import datetime as dt
import math
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toys
import tregua
from tregua.errors import TreguaError
from tregua.model.declarations import Parameter
from tregua.scenarios.policy import Modifier, Policy, act, as_date, build_levers

START = dt.date(2012, 1, 1)
WEEKS = 30
PARAMETERS: dict[str, Parameter] = {
    "a.rate": toys.parameter("rate", 2.0),
    "a.local": toys.parameter("local", 3.0, axes=("territory",)),
}
SPACE = toys.space(groups=3, territories=2)


def levers(*changes: Modifier):
    return build_levers([Policy("p", changes)], PARAMETERS, SPACE, START, WEEKS)


def forced(name: str, x: float, *changes: Modifier) -> np.ndarray:
    """A parameter's value in every week, through the engine's one place."""
    built = levers(*changes)
    base = {n: jnp.full(SPACE.shape(p.axes), x) for n, p in PARAMETERS.items()}
    return np.stack(
        [
            np.asarray(
                act(base, {n: lever.at(np.asarray(week)) for n, lever in built.items()})[name]
            )
            for week in range(WEEKS)
        ]
    )


def week(number: float) -> dt.date:
    return START + dt.timedelta(days=round(7 * number))


def plainly(x: float, changes: list[Modifier], number: int, place: str | None) -> float:
    """One change after another, in plain Python,
    as the documentation of :class:`Modifier` has it.
    """
    for change in changes:
        days = 7 * number
        begins = 0 if change.start is None else (change.start - START).days
        ends = math.inf if change.end is None else (change.end - START).days
        if not begins <= days < ends or (change.territories and place not in change.territories):
            continue
        share = 1.0
        if change.ramp_weeks:
            first = math.ceil(begins / 7)
            share = min((number - first + 1) / change.ramp_weeks, 1.0)
        if change.operation == "scale":
            x = x * (1.0 + (change.value - 1.0) * share)
        elif change.operation == "set":
            x = (1.0 - share) * x + share * change.value
        elif change.operation == "add":
            x = x + share * change.value
        else:
            x = min(x, change.value)
    return x


@st.composite
def changes(draw):
    operation = draw(st.sampled_from(["scale", "set", "add", "cap"]))
    value = draw(st.floats(0.0, 5.0)) if operation != "add" else draw(st.floats(-5.0, 5.0))
    begins = draw(st.none() | st.integers(-70, 7 * WEEKS - 7))
    first = -70 if begins is None else begins
    ends = draw(st.none() | st.integers(max(first + 1, 1), 7 * WEEKS + 70))
    ramp = 0.0 if operation == "cap" else draw(st.sampled_from([0.0, 1.0, 4.0, 12.5]))
    target = draw(st.sampled_from(sorted(PARAMETERS)))
    places = (
        draw(st.sampled_from([None, ("t0",), ("t1",), ("t0", "t1")]))
        if target == "a.local"
        else None
    )
    days = [None if day is None else START + dt.timedelta(days=day) for day in (begins, ends)]
    return target, operation, value, *days, ramp, places


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(changes(), min_size=1, max_size=6), st.floats(0.0, 10.0))
def test_a_week_s_three_numbers_equal_applying_the_changes_one_after_another(drawn, x):
    modifiers = [Modifier(*change) for change in drawn]
    try:
        built = levers(*modifiers)
    except TreguaError as error:
        assert error.code == "TR1404"
        return
    for name, parameter in PARAMETERS.items():
        mine = [change for change in modifiers if change.target == name]
        lever = built[name]
        value = np.minimum(lever.slope * x + lever.shift, lever.cap)
        for number in range(WEEKS):
            places = SPACE.labels("territory") if parameter.axes else [None]
            expected = np.array([plainly(x, mine, number, place) for place in places])
            assert np.allclose(value[number].reshape(-1), expected, rtol=1e-12, atol=1e-12), (
                name,
                number,
            )


def test_levers_never_decrease_in_the_value_so_that_support_checks_may_look_at_extremes():
    built = levers(
        Modifier("a.rate", "scale", 0.5, ramp_weeks=9.0),
        Modifier("a.rate", "set", 3.0, week(5), ramp_weeks=4.0),
    )
    assert built["a.rate"].slope.min() >= 0.0


def test_without_a_policy_the_value_is_untouched_to_the_last_bit():
    x = 0.1 + 0.2
    assert np.all(forced("a.rate", x) == x)


def test_act_applies_slope_then_shift_then_cap():
    assert (
        forced(
            "a.rate",
            2.0,
            Modifier("a.rate", "scale", 3.0),
            Modifier("a.rate", "add", 1.0),
            Modifier("a.rate", "cap", 6.5),
        )[0]
        == 6.5
    )
    assert (
        forced("a.rate", 2.0, Modifier("a.rate", "cap", 1.0), Modifier("a.rate", "scale", 3.0))[0]
        == 3.0
    )
    assert (
        forced("a.rate", 2.0, Modifier("a.rate", "cap", 1.0), Modifier("a.rate", "set", 7.0))[0]
        == 7.0
    ), "a value set later forgets the cap"


@pytest.mark.parametrize(("day", "first"), [(0, 0), (1, 1), (6, 1), (7, 1), (8, 2), (14, 2)])
def test_a_change_is_in_force_from_the_first_week_that_begins_on_or_after_its_date(day, first):
    values = forced("a.rate", 2.0, Modifier("a.rate", "set", 5.0, START + dt.timedelta(days=day)))
    assert np.all(values[:first] == 2.0) and np.all(values[first:] == 5.0)


def test_a_change_ends_with_the_last_week_that_begins_before_its_end():
    values = forced("a.rate", 2.0, Modifier("a.rate", "set", 5.0, week(3), week(7)))
    assert np.flatnonzero(values == 5.0).tolist() == [3, 4, 5, 6]
    assert (
        np.flatnonzero(
            forced(
                "a.rate",
                2.0,
                Modifier("a.rate", "set", 5.0, week(3), week(6) + dt.timedelta(days=1)),
            )
            == 5.0
        )[-1]
        == 6
    )


def test_a_ramp_grows_in_equal_steps_to_full_strength_and_stays_there():
    values = forced("a.rate", 2.0, Modifier("a.rate", "add", 4.0, week(10), ramp_weeks=4.0))
    assert np.allclose(values[9:16], [2, 3, 4, 5, 6, 6, 6])


def test_a_ramp_that_began_before_the_scenario_is_already_on_its_way():
    assert np.allclose(
        forced("a.rate", 2.0, Modifier("a.rate", "add", 4.0, week(-2), ramp_weeks=4.0))[:3],
        [5, 6, 6],
    )


def test_a_change_in_one_territory_leaves_the_others_alone():
    values = forced("a.local", 3.0, Modifier("a.local", "scale", 2.0, territories=("t1",)))
    assert np.all(values[:, 0] == 3.0) and np.all(values[:, 1] == 6.0)


def refused(code: str, *arguments, **named) -> TreguaError:
    with pytest.raises(TreguaError) as caught:
        levers(Modifier(*arguments, **named))
    assert caught.value.code == code
    return caught.value


def test_an_unknown_parameter_is_refused_with_the_nearest_name():
    assert refused("TR1401", "a.rates", "scale", 2.0).details["nearest"] == "a.rate"


@pytest.mark.parametrize(
    ("operation", "value", "more"),
    [
        ("scale", -1.0, {}),
        ("set", math.nan, {}),
        ("add", math.inf, {}),
        ("cap", 1.0, {"ramp_weeks": 3.0}),
        ("add", 1.0, {"ramp_weeks": -1.0}),
        ("add", 1.0, {"start": week(5), "end": week(5)}),
        ("add", 1.0, {"start": week(5), "end": week(4)}),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(operation, value, more):
    refused("TR1402", "a.rate", operation, value, **more)


def test_an_unknown_territory_or_one_for_a_value_without_territories_is_refused():
    refused("TR1403", "a.local", "scale", 2.0, territories=("t9",))
    refused("TR1403", "a.rate", "scale", 2.0, territories=("t0",))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (week(WEEKS), None),
        (None, START),
        (week(-9), week(-1)),
        (week(WEEKS - 1) + dt.timedelta(days=1), None),
    ],
)
def test_a_change_that_is_never_in_force_is_refused(start, end):
    refused("TR1404", "a.rate", "scale", 2.0, start, end)


def test_dates_may_leave_out_month_and_day_and_nothing_else():
    assert (
        as_date("2022") == dt.date(2022, 1, 1)
        and as_date("2022-03") == dt.date(2022, 3, 1)
        and as_date("2022-03-09") == dt.date(2022, 3, 9)
    )
    assert as_date(None) is None and as_date(START) is START
    for wrong in (
        "2022-13",
        "March 2022",
        "2022-02-30",
        "2022-1-1-1",
        "",
        "12",
        "22-01",
        "20220101",
    ):
        with pytest.raises(TreguaError, match="TR1304"):
            as_date(wrong)


def test_policies_are_put_together_in_order_and_named_after_both():
    both = Policy.scale("a.rate", 0.5, "2012-02") + Policy.set("a.rate", 7.0, name="high").named(
        "high", "A high rate"
    )
    assert both.name == "a.rate x 0.5 + high" and both.shown == "a.rate x 0.5 and A high rate"
    assert [change.operation for change in both.modifiers] == ["scale", "set"]


def test_interventions_act_in_one_place_only():
    """Levers are taken apart in policy.py alone; the support check of a scenario may look at them,
    and nobody else.
    """
    source, readers, callers = Path(tregua.__file__).parent, set(), set()
    for file in source.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"slope", "cap"}:
                readers.add(file.name)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "act":
                callers.add(file.name)
    assert readers == {"policy.py", "scenario.py"}
    assert {"block.py"} <= callers <= {"block.py", "rates.py"}, (
        "only a run puts policies in force; the reproduction recomputes published "
        "rates from the same values"
    )
