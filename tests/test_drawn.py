"""Figures that one can print: no two series alike, no letters over others or cut, hatching and
names of groups only where they say something.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import nation
from drawn import faults
from tregua import Policy, Study, simulate
from tregua.countries.registry import load
from tregua.reporting.charts.comparisons import OVER, pictures_of_comparison
from tregua.reporting.charts.fit import pictures_of_fit
from tregua.reporting.charts.maps import PAGE, UNSURE, difference_panel, hatching_words
from tregua.reporting.charts.runs import groups_picture, pictures_of_run
from tregua.reporting.charts.style import STYLE, ink, style
from tregua.reporting.encoding import COLOURS, GREY, look
from tregua.results.tables import last_named, named_groups
from tregua.scenarios.toml import load_scenario
from tregua.shipped import read_table

LONG = "A policy whose name is much longer than anybody would like, number {}"

NAMES = [LONG.format(i) for i in range(PAGE + 3)]

POLICIES = [
    Policy.scale("war.rate", 0.5, from_="2012-05", name="fewer"),
    Policy.scale("war.near", 1.5, from_="2013-02", name="more"),
]

DEFICIENT = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
)
"""What eyes without and with the three colour-blindnesses make of red, green and blue
(Machado and others, 2009).
"""


@pytest.fixture(scope="module")
def comparison():
    """More policies than colours; two are run, and stand for all under other names."""
    ran = Study(nation.scenario(), POLICIES, replicates=4).run(seed=3)
    policies = [
        replace(run, scenario=replace(run.scenario, name=name, label=name))
        for name, run in zip(NAMES, ran.policies * len(NAMES), strict=False)
    ]
    return replace(ran, policies=tuple(policies))


@pytest.fixture(scope="module")
def compared(comparison):
    return {picture.name: picture for picture in pictures_of_comparison(comparison, "from here")}


@pytest.fixture(scope="module")
def run():
    """Two policies in force; groups are named to the end of 2012, and the run goes on to 2014."""
    scenario = nation.scenario(data=replace(nation.states(), named_until=2012))
    in_force = reduce(lambda made, policy: made.with_policy(policy), POLICIES, scenario)
    return simulate(in_force, replicates=4, seed=3)


@pytest.fixture(scope="module")
def shown(run):
    return {picture.name: picture for picture in pictures_of_run(run, "from here")}


def seen(colour: str, matrix) -> np.ndarray:
    """Lightness and hues (CIE L*a*b*) that eyes see."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]
    )
    x, y, z = np.cbrt(
        to_xyz @ np.clip(np.array(matrix) @ linear, 1e-3, 1.0) / [0.9505, 1.0, 1.0888]
    )
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


def test_no_two_series_look_alike():
    assert len({look(i) for i in range(32)}) == 32
    assert len({str(ink(i)) for i in range(32)}) == 32 and str(OVER) not in {
        str(ink(i)[1]) for i in range(32)
    }
    apart = [
        np.linalg.norm(seen(one, eyes) - seen(other, eyes))
        for one, other in combinations((*COLOURS, GREY, "#000000"), 2)
        for eyes in DEFICIENT
    ]
    assert min(apart) > 14.0, "2.3 is what eyes can just tell apart side by side"


def test_no_letters_are_cut_or_run_into_others(compared, shown):
    drawn = ("effects", "difference-killed", "together-members", "map-difference-killed-2")
    pictures = {name: compared[name] for name in drawn} | shown
    found = {name: faults(picture.figure) for name, picture in pictures.items()}
    assert not {name: faulty for name, faulty in found.items() if faulty}


def test_names_of_a_fit_are_neither_cut_nor_run_into_others():
    read = load_scenario("mexico")
    tables = {name: read.posterior.tables[name] for name in ("totals", "told_apart")}
    pictures = pictures_of_fit(tables, read.scenario.data, "from here")
    assert [faults(picture.figure) for picture in pictures] == [[], []]
    assert STYLE["figure.dpi"] == STYLE["savefig.dpi"], "letters are measured as they are printed"


def test_letters_that_collide_or_are_cut_are_found():
    with style():
        figure = Figure((4.0, 3.0))
        for place in (0.5, 0.52, 0.98):
            figure.text(place, 0.5, f"at {place}")
    assert faults(figure) == ["cut: 'at 0.98'", "'at 0.5' runs into 'at 0.52'"]


def test_every_policy_has_a_map(compared):
    pages = [p for name, p in compared.items() if name.startswith("map-difference-killed")]
    pages = [page for page in pages if "civilian" not in page.name]
    heads = [[" ".join(ax.get_title("left").split()) for ax in p.figure.axes] for p in pages]
    assert len(pages) == 2 and len({page.name for page in pages}) == 2
    for name in NAMES:
        assert sum(head.startswith(name) for page in heads for head in page) == 1
        assert sum(f"{name}: " in page.alt for page in pages) == 1


def test_hatching_tells_states_apart_or_words_stand_for_it():
    up, down = np.ones((4, 3)), np.array([[1.0], [-1.0], [1.0], [-1.0]]) * np.ones((4, 3))
    some = np.concatenate([up[:, :1], down[:, :2]], axis=1)
    for differences, hatched, words in (
        (up, [False] * 3, "one\n(sign sure in every state)"),
        (down, [False] * 3, "one\n(sign unsure in every state)"),
        (some, [False, True, True], "one"),
        (0.0 * up, [False] * 3, "one\n(changes nothing)"),
    ):
        heading, shade = difference_panel("one", differences, 1.0, True, "state")
        assert heading == words and shade.hatched.tolist() == hatched
    marks = np.array([True, False])
    assert hatching_words(marks, UNSURE) == f"Hatched: {UNSURE}."
    assert (
        hatching_words(marks[:1], UNSURE, "state")
        == f"In every state {UNSURE}; none is hatched for it."
    )
    assert hatching_words(marks[1:], UNSURE, "state") == f"There is no state in which {UNSURE}."


def test_names_of_groups_end_with_the_data(run, shown):
    picture, table, last = shown["groups"], named_groups(run), last_named(run)
    day = run.dates(run.snapshot_weeks)[last]
    assert day.year == 2012 and run.scenario.date(run.scenario.weeks).year == 2015
    assert {stamp.date() for stamp in table["date"]} == {day}
    members = run.snapshots["members"][:, last].sum(axis=1)
    assert sorted(table["median"]) == sorted(np.median(members, axis=0))
    said = "Names of groups end with the data (2012)"
    drawn = " ".join(text.get_text() for text in picture.figure.texts)
    assert said in picture.caption and said in drawn and "2015" not in picture.alt + drawn


def test_a_run_after_the_data_names_no_group_and_one_that_ends_before_says_nothing(run):
    def until(year):
        data = replace(run.scenario.data, named_until=year)
        return replace(run, scenario=replace(run.scenario, data=data))

    assert last_named(until(2011)) is None
    assert "groups" not in {picture.name for picture in pictures_of_run(until(2011))}
    for year in (None, 2020):
        assert last_named(until(year)) == len(run.snapshot_weeks) - 1
        assert "Names of groups" not in groups_picture(until(year)).caption


def test_the_shipped_data_say_how_long_they_name_groups():
    last = read_table("countries/mexico/tables", "presence.csv")["year"].max()
    assert load("mexico-2007").named_until == load("mexico-2012").named_until == last
    assert load("groups-2020").named_until == 2020
