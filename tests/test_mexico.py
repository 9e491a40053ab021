"""The shipped national data sets: links, routes and dates that can be worked out by hand."""

import dataclasses
from collections import defaultdict
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from tregua.countries.corridors import CORRIDOR_LINK, corridors
from tregua.countries.mexico import pack
from tregua.countries.mexico.build import _years_of_fighting, as_known
from tregua.countries.pack import Pack
from tregua.countries.registry import first_pack, load
from tregua.countries.standard import NEVER
from tregua.inference.job import national
from tregua.studies.reproductions import published

NAMES = ("mexico-2007", "mexico-2012")


def inhabitants(where):
    """Persons in the rows of the table of population that fit."""
    return pack().table("population.csv").query(where)["population"].sum()


@pytest.mark.parametrize("name", NAMES)
def test_every_covariate_is_finite_non_negative_and_on_its_axes(name):
    data = load(name)
    sizes = {axis.name: len(axis.labels) for axis in data.space.axes}
    assert sizes == {
        "territory": 32,
        "group": 16,
        "corps": 3,
        "commodity": 3,
        "route": len(corridors(pack()).labels),
        "capture": 44,
    }
    axes = {
        **dict.fromkeys(("rank", "founded", "spare", "favoured"), ("group",)),
        **dict.fromkeys(("rivalry", "alliance", "parent"), ("group", "group")),
        **dict.fromkeys(("adjacency", "links"), ("territory", "territory")),
        **dict.fromkeys(
            (
                "population",
                "young_men",
                "presence",
                "border",
                "operation_start",
                "prisoners",
                "prison_capacity",
            ),
            ("territory",),
        ),
        "programme_start": (),
        **dict.fromkeys(("passes", "origin", "crossing"), ("route", "territory")),
        "foothold": ("territory", "group"),
        "police": ("territory", "corps"),
        "length": ("route",),
        "carries": ("route", "commodity"),
        **dict.fromkeys(("captured_on", "captured_head"), ("capture",)),
        "captured_wing": ("capture", "territory", "group"),
    }
    assert set(axes) == set(data.covariates)
    for key, array in data.covariates.items():
        assert array.shape == data.space.shape(axes[key]), key
        assert array.dtype == float
        assert np.isfinite(array).all()
        assert (array >= 0).all()


def test_people_police_and_prisons_add_up_to_the_national_totals():
    outside = 1.0 - pack().constant("members_inside")
    for name, year, inmates, places in (
        ("mexico-2007", 2007, 212_000, 165_000),
        ("mexico-2012", 2012, 237_580, 188_167),
    ):
        data = load(name).covariates
        assert data["population"].sum() == inhabitants(f"year == {year}")
        assert data["police"][:, :2].sum() == pytest.approx(pack().constant("local_officers"))
        assert data["police"][:, 2].sum() == pytest.approx(pack().constant("federal_officers"))
        assert data["prisoners"].sum() == pytest.approx(outside * inmates)
        assert data["prison_capacity"].sum() == pytest.approx(places)
        rates = 1e3 * data["police"][:, :2].sum(axis=1) / data["population"]
        assert rates.argmax() == 8, "the capital has by far the most officers for its people"


def test_the_map_is_symmetric_and_connected():
    routes = corridors(pack())
    for matrix in (routes.adjacency, routes.links):
        assert (matrix == matrix.T).all()
        assert (np.diag(matrix) == 0).all()
    assert routes.adjacency.sum() == 2 * 67
    assert (np.linalg.matrix_power(routes.adjacency + np.eye(32), 31) > 0).all()
    assert set(np.unique(routes.links)) == {0.0, CORRIDOR_LINK, 1.0}
    assert ((routes.links == 1) == (routes.adjacency == 1)).all()


def test_routes_begin_at_an_origin_end_at_the_border_and_step_between_neighbours():
    data, routes = load("mexico-2007").covariates, corridors(pack())
    assert len(set(routes.labels)) == len(routes.paths)
    for i, path in enumerate(routes.paths):
        assert routes.origin[i].nonzero()[0].tolist() == [path[0]]
        assert routes.crossing[i].nonzero()[0].tolist() == [path[-1]]
        assert sorted(path) == routes.passes[i].nonzero()[0].tolist()
        assert data["border"][path[-1]] == 1
        assert all(routes.adjacency[a, b] == 1 for a, b in pairwise(path))
    assert (routes.crossing.sum(axis=0) > 0).sum() == 6
    assert 200 < routes.length.min() < routes.length.max() < 4_000


def test_lengths_are_those_of_an_algorithm_written_out_by_hand():
    """Floyd and Warshall on the kilometres between centres,
    and half the width of the last state.
    """
    states = pack().table("territories.csv")
    place = {code: i for i, code in enumerate(states["state_code"])}
    km = [[0.0 if i == j else float("inf") for j in range(32)] for i in range(32)]
    for pair in pack().table("adjacency.csv").itertuples():
        i, j = place[pair.state_a], place[pair.state_b]
        km[i][j] = km[j][i] = pair.centroid_km
    for middle in range(32):
        for i in range(32):
            for j in range(32):
                km[i][j] = min(km[i][j], km[i][middle] + km[middle][j])
    routes = corridors(pack())
    expected = [
        km[path[0]][path[-1]] + states["area_km2"][path[-1]] ** 0.5 / 2 for path in routes.paths
    ]
    assert routes.length == pytest.approx(expected)


def test_the_supply_of_each_commodity_is_shared_among_its_origins():
    routes, carries = corridors(pack()), load("mexico-2007").covariates["carries"]
    states = pack().table("territories.csv")["name"]
    share = np.array(
        [
            [carries[routes.origin[:, s] == 1, c].max(initial=0.0) for c in range(3)]
            for s in range(32)
        ]
    )
    assert share.sum(axis=0) == pytest.approx([1, 1, 1])
    assert states[share[:, 1].argmax()] == "Guerrero"
    assert all(
        np.ptp(carries[routes.origin[:, s] == 1], axis=0).max(initial=0.0) == 0
        for s in range(32)
        if routes.origin[:, s].any()
    )


def test_footholds_are_shares_that_follow_the_record_of_presence():
    data = load("mexico-2007")
    foothold, groups, states = (
        data.covariates["foothold"],
        data.space.labels("group"),
        data.space.labels("territory"),
    )
    assert foothold.sum(axis=1) == pytest.approx(np.ones(32))
    assert (foothold[:, groups.index("Local groups")] > 0).all()
    for absent in ("Knights Templar", "CJNG", "Breakaway 1", "Breakaway 6"):
        assert (foothold[:, groups.index(absent)] == 0).all()
    assert states[foothold[:, groups.index("La Familia")].argmax()] == "Michoacán"
    assert states[foothold[:, groups.index("Tijuana")].argmax()] == "Baja California Sur"
    assert (
        foothold[states.index("Tamaulipas"), groups.index("Golfo")]
        > foothold[states.index("Sinaloa"), groups.index("Golfo")]
    )
    assert data.covariates["presence"].sum() == pytest.approx(1.0)
    later = load("mexico-2012").covariates["foothold"]
    assert later[states.index("Jalisco"), groups.index("CJNG")] > 0.2
    assert later[states.index("Michoacán"), groups.index("Knights Templar")] > 0.05


def test_foothold_of_a_state_is_what_the_table_says_by_hand():
    """Aguascalientes: mean counts of 2006 to 2008 and the assumed weight of local groups
    for the inhabitants.
    """
    counts = defaultdict(float)
    for row in pack().table("presence.csv").itertuples():
        if (
            row.source == "Coscia and Ríos"
            and row.state_code == "01"
            and row.year in {2006, 2007, 2008}
        ):
            counts[row.group] += row.count / 3
    people = inhabitants("state_code == '01' and year == 2007")
    counts["Local groups"] += pack().constant("local_weight") * people / 1e6
    data = load("mexico-2007")
    expected = [counts[group] / sum(counts.values()) for group in data.space.labels("group")]
    assert data.covariates["foothold"][0] == pytest.approx(expected)


def test_the_feuds_of_the_record_are_rivalries():
    data = load("mexico-2007")
    groups = data.space.labels("group")
    rivalry, alliance = data.covariates["rivalry"], data.covariates["alliance"]
    for a, b in (
        ("Zetas", "Sinaloa"),
        ("Golfo", "Zetas"),
        ("Sinaloa", "Juárez"),
        ("Knights Templar", "CJNG"),
        ("Beltrán Leyva", "Sinaloa"),
        ("CJNG", "Zetas"),
    ):
        assert rivalry[groups.index(a), groups.index(b)] > 3
    for matrix in (rivalry, alliance):
        assert (matrix == matrix.T).all()
        assert (np.diag(matrix) == 0).all()
        assert (matrix[groups.index("Local groups")] == 0).all()
    spare = data.covariates["spare"] == 1
    assert (rivalry[spare][:, ~spare].sum(axis=1) == 3.0 * 9).all()
    assert (alliance[spare] == 0).all()
    assert rivalry.max() == rivalry[groups.index("Sinaloa"), groups.index("Juárez")]


def test_captures_are_those_of_the_table_that_cost_a_named_group_its_leader():
    data = load("mexico-2007")
    groups, states = data.space.labels("group"), data.space.labels("territory")
    events = pack().table("leaders-removed.csv").set_index("event")
    captures = data.space.labels("capture")
    left_out = events[~events.index.isin(captures) & (events["date"] >= "2007")]
    assert set(zip(left_out["outcome"], left_out["group"], strict=True)) == {
        ("escaped", "Sinaloa"),
        ("extradited", "Sinaloa"),
        ("captured and released", "Sinaloa"),
        ("captured", "Local groups"),
        ("reported killed", "La Familia"),
    }
    on, wing, head = (
        data.covariates[name] for name in ("captured_on", "captured_wing", "captured_head")
    )
    assert (wing.sum(axis=(1, 2)) == 1.0).all()
    for i, event in enumerate(captures):
        assert on[i] == date.fromisoformat(events.loc[event, "date"]).toordinal()
        assert head[i] == (events.loc[event, "rank"] == 1)
        assert groups[wing[i].any(axis=0).argmax()] == events.loc[event, "group"]
    # One by hand: a leader of the whole group Beltrán Leyva died in Morelos on 16 December 2009.
    one = captures.index("19")
    assert (states[wing[one].any(axis=1).argmax()], head[one]) == ("Morelos", 1.0)
    # The data set of 2012 has the same days; those before the start of a run do not happen in
    # it (test_leaders).
    np.testing.assert_array_equal(load("mexico-2012").covariates["captured_on"], on)


def test_ties_known_at_an_origin_hold_nothing_that_came_later(monkeypatch):
    """Without the rows after 2012 and without the newspapers of 2020, what is known at the end of
    2012 is the same; and at the end of the record it is all.
    """
    whole = load("mexico-2007")
    groups, then = whole.space.labels("group"), as_known(whole, 2012).covariates
    # UCDP lists fighting of the two in 2004 and in every year from 2006 on.
    assert then["rivalry"][groups.index("Sinaloa"), groups.index("Juárez")] == 8
    assert then["rivalry"][groups.index("Sinaloa"), groups.index("CJNG")] == 0
    assert not then["alliance"].any()
    for name in ("rivalry", "alliance", "captured_on"):
        np.testing.assert_array_equal(
            as_known(whole, 2020).covariates[name], whole.covariates[name]
        )
    assert all(
        then[name] is array
        for name, array in whole.covariates.items()
        if name not in ("rivalry", "alliance", "captured_on", "founded")
    )
    first_after = date(2013, 1, 1).toordinal()
    before = whole.covariates["captured_on"] < first_after
    assert 0 < before.sum() < len(before)
    np.testing.assert_array_equal(
        then["captured_on"][before], whole.covariates["captured_on"][before]
    )
    assert (then["captured_on"][~before] == NEVER).all()

    whole_table = Pack.table

    def past(country, file):
        table = whole_table(country, file)
        if file == "relations.csv":
            return table.iloc[:0]
        return table.query("year <= 2012") if "year" in table else table

    monkeypatch.setattr(Pack, "table", past)
    again = as_known(whole, 2012).covariates
    np.testing.assert_array_equal(again["rivalry"], then["rivalry"])
    np.testing.assert_array_equal(again["alliance"], then["alliance"])


@pytest.mark.parametrize("until", [2010, 2014])
def test_a_fit_to_the_end_of_a_year_is_given_what_was_known_and_no_more(until):
    scenario = national(first_pack(), until)
    after, groups = date(until + 1, 1, 1).toordinal(), scenario.data.space.labels("group")
    for name in ("captured_on", "founded"):
        days = scenario.data.covariates[name]
        assert (days < after).any() and (days[days != NEVER] < after).all()
    assert (
        scenario.data.covariates["rivalry"][groups.index("Sinaloa"), groups.index("CJNG")] == 0.0
    ), "they fight from 2015 on"
    # Once the list of captures has ended, all removals are at random.
    longer = dataclasses.replace(scenario, weeks=scenario.weeks + 104)
    slope = longer.compile().levers["leaders.removals"].slope[:, 0]
    assert slope[scenario.weeks - 2] < 0.5 and (slope[scenario.weeks + 1 :] == 1.0).all()


def test_removals_at_random_and_those_on_record_are_an_even_rate_together():
    """Per period of the scenario's history, listed captures a year and what is left of 0.12 a week
    come to 0.12 a week, to half a capture a year.
    """
    scenario = national(first_pack(), 2020)
    rate = 365.25 / 7.0 * scenario.model.parameters["leaders.removals"].value
    on = scenario.data.covariates["captured_on"]
    changes = [c for p in scenario.policies for c in p.modifiers if c.target == "leaders.removals"]
    assert [c.start.year for c in changes] == [2008, 2012, 2016]
    for change in changes:
        years = (change.end - change.start).days / 365.25
        listed = ((on >= change.start.toordinal()) & (on < change.end.toordinal())).sum() / years
        assert listed + change.value * rate == pytest.approx(rate, abs=0.5)
    # The table of emergent effects runs through 2007 to 2010 under one factor.
    listed = (on < date(2011, 1, 1).toordinal()).sum() / 4.0
    assert listed + published.load("emergent-effects").run[
        "leaders.removals"
    ] * rate == pytest.approx(rate, abs=0.1)


def test_years_of_fighting_are_those_of_the_table_of_relations():
    """Two ways to the same count: by pair in one table, by pair and year in the other."""
    groups, years = load("mexico-2007").space.labels("group"), _years_of_fighting(2020)
    pairs = pack().table("relations.csv")
    assert len(pairs) == 18
    for pair in pairs.itertuples():
        fought = years[groups.index(pair.group_a), groups.index(pair.group_b)]
        assert fought == pair.years_of_fighting, pair


def test_breakaways_and_operations_have_their_days():
    data = load("mexico-2007")
    groups, states = data.space.labels("group"), data.space.labels("territory")
    founded, parent, operations = (
        data.covariates[key] for key in ("founded", "parent", "operation_start")
    )
    assert founded[groups.index("Knights Templar")] == date(2011, 3, 1).toordinal()
    assert founded[groups.index("CJNG")] == date(2010, 7, 1).toordinal()
    assert (founded == NEVER).sum() == 14
    assert parent.sum() == 2
    assert parent[groups.index("Knights Templar"), groups.index("La Familia")] == 1
    assert parent[groups.index("CJNG"), groups.index("Sinaloa")] == 1
    assert operations[states.index("Michoacán")] == date(2006, 12, 11).toordinal()
    assert operations[states.index("Tamaulipas")] == date(2007, 2, 19).toordinal(), (
        "the deployment of 2005 was no joint operation"
    )
    assert (operations < NEVER).sum() == 10
    assert (load("mexico-2012").covariates["founded"] == NEVER).all()
    assert groups[int(data.covariates["favoured"].argmax())] == "Sinaloa"
