"""What is shown of a national model: each death once, states on the map, records, assumptions, and
words that fit the model at hand.
"""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

import nation
from test_report import Page
from tregua import Policy, Study, TreguaError, simulate
from tregua.countries.dataset import Dataset
from tregua.model.declarations import BACKGROUND
from tregua.model.model import Model
from tregua.model.registry import registry
from tregua.reporting.caveats import alleged, assumptions, left_out, stance_counts
from tregua.reporting.charts.comparisons import pictures_of_comparison
from tregua.reporting.charts.maps import difference_map_figures, map_figure, states_figure
from tregua.reporting.charts.runs import pictures_of_run
from tregua.reporting.html import comparison_report, readme, run_report
from tregua.reporting.run_folder import comparison_tables, run_tables
from tregua.results.by_territory import (
    PERSONS,
    values_by_territory,
    yearly_by_territory,
)
from tregua.results.by_victim import (
    ALL,
    TIED,
    deaths_by_victim,
    deaths_in_run,
    recorded_against_happened,
)
from tregua.results.outcomes import VICTIMS, deaths_of, headlines, outcomes_of, summary
from tregua.results.provenance import make_manifest
from tregua.results.tables import bands, yearly_values

FEWER = Policy.scale("war.rate", 0.5, from_="2013", name="fewer").named("fewer", "Half the killing")
SLIGHT = Policy.scale("war.near", 1.05, from_="2013", name="slight").named(
    "slight", "A little more crossfire"
)


PEOPLE = np.asarray(nation.scenario().data.covariates["population"])


@pytest.fixture(scope="module")
def run():
    return simulate(nation.scenario(), replicates=16, seed=3)


@pytest.fixture(scope="module")
def comparison():
    return Study(nation.scenario(), [FEWER, SLIGHT], replicates=16).run(seed=3)


@pytest.fixture(scope="module")
def manifest(run):
    return make_manifest("run", [run], "tregua run nation.toml", 1.0)


@pytest.fixture(scope="module")
def page(run, manifest):
    return Page(run_report(run, manifest, pictures_of_run(run), run_tables(run, manifest)))


@pytest.fixture(scope="module")
def comparison_page(comparison):
    record = make_manifest(
        "comparison", [comparison.baseline, *comparison.policies], "tregua compare nation.toml", 1.0
    )
    return Page(
        comparison_report(
            comparison,
            record,
            pictures_of_comparison(comparison),
            comparison_tables(comparison, record),
        )
    )


def all_deaths(run, background: bool) -> np.ndarray:
    """Persons killed in each replicate, straight from the flows."""
    return sum(
        run.total(n).sum(axis=1)
        for n, f in deaths_of(run.scenario.model).items()
        if (f.cause == BACKGROUND) == background
    )


def test_outcomes_are_ordered_and_no_two_share_a_name():
    outcomes = list(outcomes_of(nation.nation()))
    parts = ["killed_civilian_crossfire", "killed_civilian_operation", "killed_background"]
    first, *others = (f"killed_{victim}" for victim in VICTIMS)
    assert outcomes[:10] == ["killed", first, *parts, *others]
    assert outcomes[10:13] == ["recorded_homicides", "recorded_arrests", "recorded_escapes"]
    assert outcomes[13:16] == ["war.arrested", "war.released", "jails.released"], (
        "two have the same short name, or that of a stock"
    )
    assert outcomes[16:] == ["members", "inmates", "vigilantes", "arrested"]


def test_the_summary_puts_police_and_troops_together_and_the_published_model_keeps_all():
    assert [o.name for o in summary(nation.nation())] == [
        "killed",
        "killed_civilian",
        "killed_civilian_crossfire",
        "killed_civilian_operation",
        "killed_background",
        "killed_member",
        "killed_police_and_troops",
        "recorded_homicides",
        "members",
    ]
    model = Model.size_2023()
    assert (
        [o.name for o in summary(model)]
        == [o.name for o in headlines(model)]
        == list(outcomes_of(model))
    )
    assert outcomes_of(model)["killed"].label == "members killed by rival groups"


def test_each_death_is_counted_once(run):
    outcomes = outcomes_of(run.scenario.model)
    victims, killed = (
        [f"killed_{victim}" for victim in VICTIMS],
        run.total(outcomes["killed"].series),
    )
    apart = run.total(outcomes["killed_background"].series)
    everybody = sum(run.total(outcomes[name].series) for name in victims)
    assert np.array_equal(everybody - apart, killed)
    civilians = outcomes["killed_civilian"]
    assert np.array_equal(
        sum(run.total(part.series) for part in civilians.parts), run.total(civilians.series)
    )
    assert (
        np.array_equal(killed.sum(axis=1), all_deaths(run, background=False)) and killed.sum() > 0
    )
    series = [name for victim in victims for name in outcomes[victim].series]
    assert sorted(series) == sorted(deaths_of(run.scenario.model)), "every death is in one part"
    arrived = run.total("dead")[:, -1] + run.total("dead_others")[:, -1]
    everyone = all_deaths(run, background=False) + all_deaths(run, background=True)
    assert np.array_equal(arrived, everyone), "as many as lie in the compartments of the dead"


def test_the_table_of_deaths_adds_up_to_the_flows(run):
    table = deaths_in_run(run).set_index(["victim", "cause"])
    cells = table[[who != ALL and cause not in (ALL, TIED) for who, cause in table.index]]
    tied = cells.drop(index=[key for key in cells.index if key[1] == BACKGROUND])
    assert tied["mean"].sum() == pytest.approx(all_deaths(run, background=False).mean())
    assert table.loc[(ALL, TIED), "mean"] == pytest.approx(tied["mean"].sum())
    assert table.loc[(ALL, ALL), "mean"] == pytest.approx(cells["mean"].sum())
    assert table.loc[("civilian", BACKGROUND), "mean"] == pytest.approx(
        all_deaths(run, background=True).mean()
    )
    for margin in ("member", "civilian"):
        assert table.loc[(margin, TIED), "mean"] == pytest.approx(tied.loc[margin, "mean"].sum())
        assert table.loc[(margin, ALL), "mean"] == pytest.approx(cells.loc[margin, "mean"].sum())
    assert table.loc[(ALL, "operation"), "mean"] == pytest.approx(
        sum(tied.loc[(who, "operation"), "mean"] for who in ("member", "civilian", "troops"))
    )
    turf = run.total("war.killed").sum(axis=1).astype(float)
    assert table.loc[("member", "turf war"), "median"] == np.median(turf)
    assert table.loc[("member", "turf war"), "low_90"] == np.quantile(turf, 0.05)


def test_deaths_by_year_are_those_of_the_flows(run):
    table = deaths_by_victim(run)
    assert len(table) == 9 * 3 and set(table["year"]) == {2012, 2013, 2014}
    killed = outcomes_of(run.scenario.model)["killed_inmate"]
    expected = bands(yearly_values(run, [killed])[0].T)
    rows = table[table["victim"] == "inmate"]
    assert np.allclose(rows["median"], expected["median"]) and np.allclose(
        rows["high_90"], expected["high_90"]
    )


def test_states_add_up_to_the_nation_and_rates_are_per_head(run):
    table = yearly_by_territory(run, "killed")
    assert len(table) == 3 * 32
    outcome = outcomes_of(run.scenario.model)["killed"]
    values = values_by_territory(run, outcome)
    assert np.allclose(values.sum(axis=2), yearly_values(run, [outcome])[0])
    last = table[(table["year"] == 2014) & (table["territory"] == "Michoacán")].iloc[0]
    place = run.scenario.data.space.labels("territory").index("Michoacán")
    assert last["high_50"] == pytest.approx(np.quantile(values[2, :, place], 0.75))
    assert last["rate_low_90"] == pytest.approx(
        np.quantile(values[2, :, place], 0.05) / PEOPLE[place] * PERSONS
    )
    members = yearly_by_territory(run, "members")
    assert members[members["year"] == 2014]["median"].sum() == pytest.approx(
        np.median(run.total("members")[:, 156]), rel=0.05
    )


def test_what_is_unknown_or_of_no_place_is_refused(run):
    with pytest.raises(TreguaError, match="TR2303"):
        yearly_by_territory(run, "kiled")
    run.series["nowhere"] = run.total("war.killed")
    try:
        with pytest.raises(TreguaError, match="TR2303"):
            run.by_territory("nowhere")
    finally:
        del run.series["nowhere"]


def test_what_is_on_record_is_a_share_of_what_happened(run):
    table = recorded_against_happened(run)
    assert set(table["record"]) == {"recorded_homicides", "recorded_arrests"}, (
        "nothing flees here, so that no escape can get on record"
    )
    homicides = table[table["record"] == "recorded_homicides"]
    assert np.all(homicides["recorded_median"] < homicides["happened_median"])
    assert set(homicides["out_of"]) == {"all killed"}
    assert set(table[table["record"] == "recorded_arrests"]["out_of"]) == {"all arrested"}
    assert homicides["share_median"].to_numpy() == pytest.approx(np.full(3, 0.9), abs=0.02)
    outside = sum(
        run.total(n).sum(axis=1)
        for n, f in deaths_of(run.scenario.model).items()
        if f.cause != "prison"
    )
    assert homicides["happened_median"].sum() == pytest.approx(np.median(outside), rel=0.02)


def test_tiles_are_those_of_the_32_states_and_no_others(run):
    tiles = run.scenario.data.tiles
    assert len(tiles) == 32 and len({(row, column) for _, row, column in tiles.values()}) == 32
    assert list(tiles) == list(run.scenario.data.space.labels("territory"))
    names = {abbreviation: (row, column) for abbreviation, row, column in tiles.values()}
    assert names["BC"][0] < names["YUC"][0] and names["BC"][1] < names["YUC"][1], (
        "north is up and west is left"
    )
    assert Study(nation.scenario(), []).baseline.data.tiles == tiles
    import toys

    places = Dataset("places", toys.space(territories=32), {}, pack=run.scenario.data.pack)
    assert places.tiles is None


def test_the_map_prints_medians_and_hatches_wide_bands(run):
    axes = map_figure(run, "killed").axes[0]
    edges = bands(values_by_territory(run, "killed")[-1])
    wide = edges["high_90"] - edges["low_90"] > edges["median"]
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    assert wide.any() and len(hatched) == wide.sum() and len(axes.patches) == 32 + wide.sum()
    rates = edges["median"] / PEOPLE * PERSONS
    words = [text.get_text() for text in axes.texts][1::2]
    assert len(words) == 32 and all(
        word == "≈0" if rate < 0.05 else word == f"{rate:.1f}"
        for word, rate in zip(words, rates, strict=True)
    )
    assert not [
        patch
        for patch in map_figure(simulate(nation.scenario(), "mean-field"), "killed").axes[0].patches
        if patch.get_hatch()
    ]


def test_the_small_charts_share_one_scale_that_is_stated(run):
    figure = states_figure(run, "killed")
    rates = values_by_territory(run, "killed") / PEOPLE * PERSONS
    top = bands(np.moveaxis(rates, 1, 0))["high_90"].max()
    note = " ".join(text.get_text() for text in figure.texts)
    assert (
        "2012 to 2014 from left to right" in note
        and f"from 0 to {top:.3g} per 100,000" in note.replace(",000 ", ",000 ")
    )
    ribbons = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection)]
    assert [len(c.get_paths()) for c in ribbons] == [32, 32]
    outer, inner = (
        np.array([path.get_extents().height for path in c.get_paths()]) for c in ribbons
    )
    assert np.all(outer >= inner - 1e-12) and outer.max() > inner.max()


def test_the_map_of_differences_is_centred_and_hatches_what_is_unsure(comparison):
    [figure] = difference_map_figures(comparison, "killed")
    fewer, slight = figure.axes[:2]
    table = comparison.territories("killed")
    unsure = (
        (table["difference_low_90"] <= 0)
        & (table["difference_high_90"] >= 0)
        & (table["difference_high_90"] > table["difference_low_90"])
    )
    for axes, policy in ((fewer, "fewer"), (slight, "slight")):
        assert (
            len([patch for patch in axes.patches if patch.get_hatch()])
            == unsure[table["policy"] == policy].sum()
        )
    assert unsure[table["policy"] == "slight"].sum() > unsure[table["policy"] == "fewer"].sum()
    scale = figure.axes[-1].get_ylim()
    assert scale[0] == -scale[1] < 0
    outcome = comparison.outcomes["killed"]
    by_state = comparison.values_by_territory(comparison.policies[0], outcome)
    assert np.array_equal(by_state.sum(axis=1), comparison.values(comparison.policies[0], outcome))


def test_pictures_have_words_that_explain_their_bands(run, comparison):
    pictures = {
        picture.name: picture
        for picture in [*pictures_of_run(run), *pictures_of_comparison(comparison)]
    }
    drawn = {
        "overview",
        "killed",
        "victims",
        "recorded",
        "map-killed",
        "states-killed",
        "map-difference-killed",
        "map-difference-killed_civilian",
    }
    assert drawn <= set(pictures)
    for name in drawn:
        picture = pictures[name]
        assert len(picture.alt) > 60 and picture.caption and picture.png.startswith(b"\x89PNG")
    assert all("nine in ten" in pictures[name].caption for name in drawn - {"recorded"})
    assert (
        "Highest: Aguascalientes" in pictures["map-killed"].alt
        and "(nine in ten: " in pictures["map-killed"].alt
    )
    assert (
        "Members of groups" in pictures["victims"].alt
        and "each death is counted once" in pictures["victims"].caption
    )
    assert "fewer in " in pictures["map-difference-killed"].alt


def test_no_map_is_drawn_of_other_places():
    import toys

    names = [p.name for p in pictures_of_run(simulate(toys.scenario(territories=3), replicates=4))]
    assert not [name for name in names if name.startswith(("map", "states", "victims", "recorded"))]


def test_the_list_of_assumptions_is_complete(run, manifest, page):
    model = run.scenario.model
    stances = {name: {e.stance for e in p.evidence} for name, p in model.parameters.items()}
    unbacked = {name for name, stated in stances.items() if stated <= {"assumed", "alleged"}}
    listed = {record["name"] for records in assumptions(manifest).values() for record in records}
    said = {record["name"] for record in alleged(manifest)}
    assert (
        listed | said == unbacked
        and not listed & said
        and said == {"jails.protection", "jails.tips"}
    )
    assert sum(stance_counts(manifest).values()) == len(model.parameters)
    before, after = page.text.split("Assumptions", 1)[1].split("All parameters", 1)
    assert all(name in before for name in unbacked) and after
    assert "0 1/week, alleged, off" in before and "0.5 1/week, alleged, acts in this run" in before
    assert set(left_out(manifest["mechanisms"])) == set(registry()) - {
        m.name for m in model.mechanisms
    }


def test_the_report_says_who_is_killed_and_that_each_is_counted_once(page):
    for words in (
        "2 groups, 32 states,",
        "persons killed in group violence",
        "Each death is counted once, by who died and by what they died of.",
        "Police officers",
        "of them in group violence",
        "without a tie to groups",
        "On record against what happened",
        "State by state",
        "homicides in official statistics",
        "Shipped with Tregua, and not in this model",
        "It has not been fitted to data yet.",
        "Some of it stands on allegations.",
        "A state is one place.",
    ):
        assert words in page.text, words
    for words in (
        "Deaths are those of members only.",
        "There are no places in it.",
        "Nobody leaves prison.",
        "Recruits do not run out.",
        "96,000 to 690,000",
    ):
        assert words not in page.text, words
    sections = [a["id"] for tag, a in page.tags if tag == "h2"]
    assert sections[:7] == [
        "answer",
        "figures",
        "victims",
        "recorded",
        "states",
        "years",
        "changed",
    ]


def test_the_headline_of_a_comparison_has_civilians_too(comparison_page):
    text = comparison_page.text
    assert (
        "Of 2 policies, “Half the killing” makes the largest difference" in text
        and "fewer persons killed in group violence, −" in text
        and "; the baseline’s level is" in text
    )
    assert "For civilians alone: “" in text and " more civilians killed, " in text
    assert " more in crossfire, " in text and " and no change without a tie to groups; " in text
    assert "Civilians killed: difference by state" in str(
        [a.get("alt") for tag, a in comparison_page.tags if tag == "img"]
    )


def test_without_chance_nothing_speaks_of_bands():
    run = simulate(nation.scenario(), "mean-field")
    record = make_manifest("run", [run], "tregua run nation.toml", 1.0)
    text = Page(run_report(run, record, pictures_of_run(run), run_tables(run, record))).text
    assert "nine in ten" not in text.lower() and "Who is killed" in text


def test_every_column_of_the_new_tables_is_explained(run, comparison, manifest):
    record = make_manifest(
        "comparison", [comparison.baseline, *comparison.policies], "tregua compare nation.toml", 1.0
    )
    for tables, about in (
        (run_tables(run, manifest), manifest),
        (comparison_tables(comparison, record), record),
    ):
        text = readme(about, tables)
        for name, table in tables.items():
            section = text.split(f"tables/{name}.csv")[1].split("\ntables/")[0]
            assert not [column for column in table if column not in section], name


def test_the_command_line_sums_up_for_a_newcomer(run, capsys):
    from tregua.cli.run_summary import show_run

    show_run(run)
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "persons killed in group violence",
        "civilians killed",
        "police officers and troops killed",
        "recorded homicides",
        "Each death is counted once",
    ):
        assert words in said, words
    assert "vigilantes killed" not in said
