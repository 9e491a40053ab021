"""What a comparison answers: which policies, over which window, by which statistic, for how many
inhabitants. Each test would have caught an answer that was wrong (docs/incidents.md).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nation
import toys
import tregua
from lab_fakes import fake_lab
from lab_fakes import package as lab_package
from tregua.cli import run_command
from tregua.cli.run_summary import show_comparison
from tregua.countries.dataset import Inhabitants
from tregua.errors import TreguaError
from tregua.lab.answers.charts import Ground, all_charts
from tregua.lab.handles import policy_of
from tregua.lab.web.uploads import read_upload
from tregua.lab.words import sayer
from tregua.lab.work.futures import Futures
from tregua.reporting.answers import comparison_answer
from tregua.reporting.charts.comparisons import differences as drawn_differences
from tregua.reporting.charts.maps import map_figure
from tregua.reporting.html import comparison_report, readme
from tregua.reporting.report_tables import effects_rows
from tregua.reporting.run_folder import comparison_tables
from tregua.reporting.windows import counted_from
from tregua.reporting.wording import RULE, percent, persons, signed
from tregua.results.by_territory import inhabitants_of, yearly_by_territory
from tregua.results.provenance import make_manifest
from tregua.scenarios.policy import Policy
from tregua.scenarios.toml import load_scenario

TABLE = Path(tregua.__file__).parent / "countries" / "mexico" / "tables" / "population.csv"
FILE = load_scenario("size-2023").text
IN_FORCE = FILE.replace("in_force = []", 'in_force = ["double-arrests"]')


def refused(make, code="TR1405"):
    with pytest.raises(TreguaError) as caught:
        make()
    assert caught.value.code == code
    return caught.value


# What is in force acts once (incident 1).


def test_history_is_in_force_in_the_shipped_scenario_and_is_not_compared():
    read = load_scenario("mexico")
    assert [policy.name for policy in read.scenario.policies] == ["history"]
    assert set(read.policies) - set(read.comparable) == {"history"}
    refused(lambda: read.scenario.with_policy(read.policies["history"]))
    renamed = read.policies["history"].named("by-another-name")
    refused(lambda: read.scenario.with_policy(renamed))


def test_a_policy_that_holds_one_in_force_is_not_compared_either(tmp_path):
    file = tmp_path / "in-force.toml"
    file.write_text(IN_FORCE, encoding="utf-8")
    read = load_scenario(file)
    assert set(read.comparable) == {"halve-recruitment", "none"}
    assert "arrests.effort" in str(
        refused(lambda: read.scenario.with_policy(read.policies["both"]))
    )


@pytest.mark.parametrize(
    "put_twice",
    [
        FILE.replace("in_force = []", 'in_force = ["double-arrests", "double-arrests"]'),
        FILE.replace("in_force = []", 'in_force = ["double-arrests", "both"]'),
        FILE.replace(
            'combines = ["double-arrests", "halve-recruitment"]',
            'combines = ["double-arrests", "double-arrests"]',
        ),
    ],
    ids=["twice in force", "in force and combined", "combined twice"],
)
def test_a_file_that_puts_a_policy_twice_is_refused_by_name(put_twice, tmp_path):
    file = tmp_path / "twice.toml"
    file.write_text(put_twice, encoding="utf-8")
    error = refused(lambda: load_scenario(file))
    assert str(file) in error.details["where"] and "double-arrests" in str(error)


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "--policy", "double-arrests"],
        ["compare", "--policy", "both"],
        ["run", "--policy", "double-arrests"],
        ["run", "--policy", "halve-recruitment", "--policy", "both"],
    ],
)
def test_the_command_line_refuses_what_would_act_twice(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(IN_FORCE, encoding="utf-8")
    command, *rest = arguments
    assert run_command([command, "mine.toml", *rest]) != 0
    assert "TR1405" in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_compare_without_names_leaves_out_what_is_in_force_and_says_so(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)
    compared = []

    def carry_out(job, source, options, read, began):
        compared.append(job.says)
        return 0

    monkeypatch.setattr("tregua.cli.run._carry_out", carry_out)
    (tmp_path / "mine.toml").write_text(IN_FORCE, encoding="utf-8")
    assert run_command(["compare", str(tmp_path / "mine.toml")]) == 0
    assert "1 policy, with no change as a check" in compared[0]
    assert "in force already: Double arrests, Both" in capsys.readouterr().err


def test_python_refuses_it_in_a_study_in_a_sum_and_in_a_scenario():
    scenario = toys.scenario(weeks=104)
    half = Policy.scale("recruitment.rate", 0.5, scenario.date(52), name="half")
    inside = scenario.with_policy(half)
    other = Policy.scale("arrests.effort", 2.0, name="other")
    refused(lambda: inside.with_policy(half))
    refused(lambda: inside.with_policy(half.named("under another name")))
    refused(lambda: inside.with_policy(half + other))
    refused(lambda: (half + other) + half)
    refused(lambda: tregua.Study(inside, [half], replicates=2).run())
    refused(lambda: tregua.Scenario(scenario.model, policies=(half, half)))
    assert inside.with_policy(other).policies == (half, other)
    later = Policy.scale("recruitment.rate", 0.5, scenario.date(60), name="later")
    assert len(inside.with_policy(later).policies) == 2, "another day is another change"


def test_the_lab_refuses_a_handle_that_stands_where_the_scenario_has_put_it():
    shared, _ = fake_lab()
    package = lab_package(name="mine")
    policy = policy_of(package, shared.handles, shared.scenario, shared.first)
    inside = shared.scenario.with_policy(policy)
    refused(lambda: policy_of(package, shared.handles, inside, shared.first))
    moved = policy_of(lab_package(3.0, name="mine"), shared.handles, inside, shared.first)
    assert inside.with_policy(moved).policies[-1].shown == "mine", "a visitor's name is no clash"


def test_the_lab_offers_no_policy_of_a_file_that_is_in_force_in_it():
    shared, _ = fake_lab()
    names = {p.name for p in read_upload("mine.toml", IN_FORCE.encode(), shared).policies}
    assert names == {"halve-recruitment", "none"}


# Every effect is counted from the first day of its own policy (incident 2).

HALF = Policy.scale("recruitment.rate", 0.5, "2013-01-01", name="half")
EARLY = Policy.scale("arrests.effort", 1.5, "2012-02-01", name="early")
CHECK = Policy("none", label="No change")


@pytest.fixture(scope="module")
def compared():
    """The same policy alone, and beside one that begins earlier and one that changes nothing."""
    scenario = toys.scenario(
        weeks=104, values={"founding.members_at_start": 5000.0, "conflict.lethality": 2e-7}
    )
    together = [[HALF], [EARLY, HALF, CHECK]]
    return [tregua.Study(scenario, policies, replicates=24).run(seed=4) for policies in together]


def rows_of(table, policy="half"):
    return table[table["policy"] == policy].reset_index(drop=True)


def test_a_row_does_not_depend_on_the_other_policies(compared):
    alone, beside = compared
    for name in ("table", "pairs", "territories"):
        one, other = (rows_of(getattr(comparison, name)()) for comparison in (alone, beside))
        assert len(one) and one.equals(other), name
    assert alone.beats().loc["half", "baseline"] == beside.beats().loc["half", "baseline"]
    outcome = alone.outcomes["killed"]
    drawn = [drawn_differences(c, c.policies[i], outcome) for c, i in ((alone, 0), (beside, 1))]
    assert all(np.array_equal(*lines) for lines in zip(*drawn, strict=True))


def test_a_row_names_its_window(compared):
    rows = compared[1].table().set_index(["outcome", "policy"])
    first = {policy: rows.loc[("killed", policy), "from"] for policy in ("early", "half", "none")}
    assert first == {"early": "2012-02-05", "half": "2013-01-06", "none": "2012-01-01"}
    assert set(rows["to"]) == {rows.loc[("members", "half"), "from"]}, "a stock has its day"
    assert {"from", "to"} <= set(compared[1].territories()) & set(compared[1].pairs())


def test_windows_are_named_where_they_are_read(compared, capsys):
    alone, beside = compared
    show_comparison(beside)
    assert {"2012-02-05", "2013-01-06"} <= set(capsys.readouterr().out.split())
    assert [label for label, _ in comparison_answer(beside)[1]] == [
        "early, from 5 February 2012",
        "half, from 6 January 2013",
        "No change",
    ]
    assert [label for label, _ in comparison_answer(alone)[1]] == ["half"]
    checked = replace(beside, policies=beside.policies[2:])
    assert counted_from(checked) == "1 January 2012", "a check alone is counted over the whole run"
    periods = [block["period"] for block in effects_rows(beside, beside.table())]
    assert periods[1] == effects_rows(alone, alone.table())[0]["period"]
    assert periods[1].startswith("6 January 2013 to ")


def test_halved_recruitment_of_the_published_model_loses_nothing_beside_a_policy_of_2013(capsys):
    scenario = load_scenario("size-2023").scenario
    half = load_scenario("size-2023").policies["halve-recruitment"]
    early = Policy.scale("arrests.effort", 1.1, "2013", name="early")
    alone, beside = (
        tregua.Study(scenario, policies, solver="mean-field").run()
        for policies in ([half], [early, half])
    )
    one, other = (rows_of(c.table(), "halve-recruitment") for c in (alone, beside))
    assert one.equals(other)
    killed = one.set_index("outcome").loc["killed"]
    assert killed["from"] == "2022-01-02" and -0.28 < killed["relative"] < -0.25, killed
    show_comparison(beside)
    assert {"2022-01-02", "−27"} <= set(capsys.readouterr().out.split()), "also without chance"


# One row, one statistic: of the pairs (incident 3).


@pytest.fixture(scope="module")
def uneven():
    """Pairs whose draws differ so much that differences of medians, medians of differences and
    ratios of means are three numbers.
    """
    # A fixed number of arrests takes far more from small groups than from large ones.
    scenario = toys.scenario(weeks=104, values={"conflict.lethality": 2e-7, "arrests.effort": 20.0})
    arrests = Policy.scale("arrests.effort", 3.0, "2013-01-01", name="arrests")
    draws = {"founding.members_at_start": np.geomspace(500.0, 50_000.0, 16)}
    return tregua.Study(scenario, [arrests], draws=draws, replicates=16).run(seed=2)


def test_difference_and_per_cent_are_medians_over_the_same_pairs(uneven):
    rows = uneven.table().set_index("outcome")
    for outcome, pairs in uneven.pairs().groupby("outcome"):
        before, after = pairs["baseline"].to_numpy(), pairs["with_policy"].to_numpy()
        change = (after - before) / np.maximum(before, 1.0)
        row = rows.loc[outcome]
        assert row["difference"] == np.median(after - before)
        assert row["relative_median"] == np.median(change)
        for edge, share in (("low_90", 0.05), ("high_50", 0.75)):
            assert row[f"relative_{edge}"] == np.quantile(change, share)
        assert row["baseline"] == np.median(before) and row["with_policy"] == np.median(after)
    row = rows.loc["members"]
    assert abs(row["relative_median"] - row["relative"]) > 0.02, "else this test tells nothing"
    assert abs(row["with_policy"] - row["baseline"] - row["difference"]) > 1.0


def test_every_place_prints_the_numbers_of_the_pairs_and_the_rule(uneven, capsys):
    row = uneven.table().set_index("outcome").loc["members"]
    difference, per_cent = signed(row["difference"], persons), percent(row["relative_median"])
    assert per_cent != percent(row["relative"]), "else this test tells nothing"
    show_comparison(uneven)
    printed = " ".join(capsys.readouterr().out.split())
    assert difference in printed and per_cent in printed
    shown = next(
        line
        for line in effects_rows(uneven, uneven.table())[0]["rows"]
        if line["when"] == "at the end"
    )
    assert (shown["difference"], shown["relative"]) == (difference, per_cent)
    headline, told = comparison_answer(uneven)
    assert per_cent in told[0][1] and "level" in headline


def test_the_rule_stands_in_report_and_readme(uneven):
    manifest = make_manifest("comparison", [uneven.baseline, *uneven.policies], "compare", 1.0)
    tables = comparison_tables(uneven, manifest)
    page = comparison_report(uneven, manifest, [], tables)
    assert RULE in page and "Level, baseline" in page
    text = " ".join(readme(manifest, tables).split())
    assert RULE in text and "relative_median" in text


def test_the_small_charts_of_the_lab_tell_the_median_of_the_pairs():
    names = tuple(f"s{i}" for i in range(2))
    before = np.array([[1.0, 10.0], [1000.0, 10.0], [10.0, 10.0]])[:, None, :, None]
    after = np.array([[2.0, 5.0], [1000.0, 5.0], [20.0, 5.0]])[:, None, :, None]
    futures = Futures(np.array([2021]), before, after, ("civilian",), names, 3)
    tiles = {name: (name.upper(), 0, i) for i, name in enumerate(names)}
    charts = all_charts(futures, lab_package(), "civilian", Ground(tiles, None), sayer("en"))
    assert "+100" in str(charts["states"].options), "the ratio of means would be one per cent"


# A rate is for the inhabitants of its year (incident 4).


def test_the_national_data_have_the_inhabitants_of_every_year():
    scenario = load_scenario("mexico").scenario
    people, place = inhabitants_of(scenario), scenario.data.space.labels("territory").index
    # The table as it ships, state 23.
    rows = [line.split(",") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    quintana_roo = {int(row[1]): float(row[2]) for row in rows if row[0] == "23"}
    years = [1990, 2007, 2026, 2030]
    found = people.in_years(years)[:, place("Quintana Roo")]
    assert found.tolist() == [quintana_roo[year] for year in years]
    assert found[2] / found[1] == pytest.approx(1.77, abs=0.005), "what rates were off by"
    assert np.array_equal(people.in_years([1900, 2100]), people.in_years([1990, 2030]))
    start = scenario.data.covariates["population"]
    assert np.array_equal(people.in_years([2007])[0], start), "the covariate is that of the start"


@pytest.fixture(scope="module")
def growing():
    """A comparison in 32 states whose people double each year."""
    scenario = nation.scenario()
    first = np.asarray(scenario.data.covariates["population"], float)
    people = Inhabitants(2012, first * 2.0 ** np.arange(3)[:, None])
    scenario = replace(scenario, data=replace(scenario.data, inhabitants=people))
    fewer = Policy.scale("war.rate", 0.5, "2013-07-01", name="fewer")
    return tregua.Study(scenario, [fewer], replicates=8).run(seed=3), first


def test_yearly_rates_are_for_the_inhabitants_of_the_year(growing):
    comparison, first = growing
    table = yearly_by_territory(comparison.baseline, "killed")
    for year, factor in ((2012, 1.0), (2013, 2.0), (2014, 4.0)):
        rows = table[table["year"] == year]
        expected = rows["median"].to_numpy() / (first * factor) * 1e5
        assert np.allclose(rows["rate"], expected)
    words = [text.get_text() for text in map_figure(comparison.baseline).axes[0].texts][1::2]
    last = table[table["year"] == 2014]["rate"]
    shown = ["≈0" if rate < 0.05 else f"{rate:.1f}" for rate in last]
    assert words == shown


def test_rates_of_an_effect_are_for_the_mean_inhabitants_of_its_window(growing):
    comparison, first = growing
    run, outcome = comparison.policies[0], comparison.outcomes["killed"]
    weeks = [comparison.baseline.scenario.date(w).year for w in range(comparison.since(run), 157)]
    mean = first * np.mean([2.0 ** (year - 2012) for year in weeks])
    expected = comparison.differences_by_territory(run, outcome) / mean * 1e5
    rates = comparison.rate_differences(run, outcome)
    assert np.allclose(rates, expected / (len(weeks) * 7 / 365.25))
    members = comparison.outcomes["members"]
    expected = comparison.differences_by_territory(run, members) / (first * 4.0) * 1e5
    assert np.allclose(comparison.rate_differences(run, members), expected)


def test_where_only_one_year_is_known_it_stands_for_all():
    scenario = nation.scenario()
    people = inhabitants_of(scenario)
    assert np.array_equal(people.in_years([2012])[0], scenario.data.covariates["population"])
    assert np.array_equal(people.in_years([2030]), people.in_years([2012]))
    assert inhabitants_of(toys.scenario()) is None
