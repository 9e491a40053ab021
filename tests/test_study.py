"""Paired comparisons: what sharing random numbers is worth, and what the table says."""

from __future__ import annotations

import numpy as np
import pytest

import toys
import tregua
from tregua.model.model import Model
from tregua.scenarios.policy import Policy

VALUES = {"founding.members_at_start": 5000.0, "conflict.lethality": 2e-7, "arrests.effort": 5.0}
COLUMNS = [
    "policy",
    "label",
    "outcome",
    "baseline",
    "with_policy",
    "difference",
    "difference_low_90",
    "difference_low_50",
    "difference_high_50",
    "difference_high_90",
    "mean_difference",
    "standard_error",
    "relative",
    "relative_median",
    "relative_low_90",
    "relative_low_50",
    "relative_high_50",
    "relative_high_90",
    "lower_in",
    "from",
    "to",
    "unit",
    "pairs",
    "pairing_gain",
]


def base(weeks: int = 156):
    return toys.scenario(weeks=weeks, values=VALUES)


def policies(scenario):
    day = scenario.date(52)
    return [
        Policy.scale("recruitment.rate", 0.8, day, name="fewer recruits"),
        Policy.scale("arrests.effort", 1.2, day, name="more arrests"),
    ]


@pytest.fixture(scope="module")
def comparison():
    scenario = base()
    return tregua.Study(scenario, policies(scenario), replicates=192).run(seed=2)


def test_the_table_has_a_row_for_each_policy_and_outcome_with_the_columns_it_promises(comparison):
    table = comparison.table()
    assert set(table.columns) == set(COLUMNS)
    assert table["policy"].unique().tolist() == ["fewer recruits", "more arrests"]
    assert table["outcome"].tolist()[:1] == ["killed"] and set(table["outcome"]) == {
        "killed",
        "recruited",
        "arrested",
        "left",
        "members",
    }
    assert (table["pairs"] == 192).all()
    edges = table[
        [
            "difference_low_90",
            "difference_low_50",
            "difference",
            "difference_high_50",
            "difference_high_90",
        ]
    ].to_numpy()
    assert np.all(np.diff(edges, axis=1) >= 0.0)


def test_numbers_of_the_table_are_those_of_the_pairs(comparison):
    table, pairs = comparison.table().set_index(["policy", "outcome"]), comparison.pairs()
    for key, rows in pairs.groupby(["policy", "outcome"]):
        difference = (rows["with_policy"] - rows["baseline"]).to_numpy()
        row = table.loc[key]
        assert row["mean_difference"] == pytest.approx(difference.mean())
        assert row["standard_error"] == pytest.approx(difference.std(ddof=1) / np.sqrt(192))
        assert row["lower_in"] == np.mean(difference < 0) and row["difference"] == np.median(
            difference
        )
        assert row["relative"] == pytest.approx(difference.mean() / rows["baseline"].mean())


def test_sharing_random_numbers_makes_differences_far_less_noisy(comparison):
    # Variance of a paired against an unpaired difference. Deaths are drawn week by week from shared
    # uniforms, so that only a small part of them moves; measured gains are 44, 18 and 245, and a
    # broken pairing gives 1, each with a standard error of about 14 % at 192 pairs.
    table = comparison.table().set_index(["policy", "outcome"])["pairing_gain"]
    assert table["fewer recruits", "killed"] > 8.0 and table["more arrests", "killed"] > 8.0, table
    assert table["more arrests", "members"] > 50.0, table


def test_unpaired_runs_of_the_same_study_show_no_gain(comparison):
    # The check of the check: another seed for the policy breaks the pairs. Gain 1,
    # standard error about 0.1.
    scenario = base()
    before = comparison.baseline.between("conflict.killed", 52, 156)
    after = tregua.simulate(
        scenario.with_policy(policies(scenario)[0]), replicates=192, seed=77
    ).between("conflict.killed", 52, 156)
    gain = (np.var(before) + np.var(after)) / np.var(after - before)
    assert 0.6 < gain < 1.5


def test_flows_are_counted_from_the_first_week_of_a_policy_and_stocks_at_the_end(comparison):
    run, outcomes = comparison.policies[0], comparison.outcomes
    assert comparison.since(run) == 52
    killed, _ = comparison.paired(run, outcomes["killed"])
    assert np.array_equal(killed, comparison.baseline.total("conflict.killed")[:, 52:].sum(axis=1))
    assert np.array_equal(
        comparison.paired(run, outcomes["members"])[0],
        comparison.baseline.total("members")[:, -1],
    )


def test_a_policy_that_changes_nothing_has_no_difference_no_error_and_infinite_gain():
    scenario = base(52)
    table = (
        tregua.Study(scenario, [Policy.scale("recruitment.rate", 1.0)], replicates=8).run().table()
    )
    assert (
        (table["mean_difference"] == 0.0).all()
        and (table["standard_error"] == 0.0).all()
        and np.isinf(table["pairing_gain"]).all()
    )


@pytest.mark.parametrize("solver", ["mean-field", "rk4"])
def test_without_chance_one_pair_is_enough_and_has_no_standard_error(solver):
    scenario = base(104)
    table = (
        tregua.Study(scenario, policies(scenario), solver=solver)
        .run()
        .table()
        .set_index(["policy", "outcome"])
    )
    assert (table["pairs"] == 1).all() and table["standard_error"].isna().all()
    assert (
        table.loc[("fewer recruits", "recruited"), "difference"]
        < 0.0
        < table.loc[("more arrests", "arrested"), "difference"]
    )


def test_posterior_draws_are_paired_too():
    scenario = base(104)
    draws = {"founding.members_at_start": np.linspace(1000.0, 9000.0, 16)}
    result = tregua.Study(scenario, policies(scenario), draws=draws, replicates=16).run()
    assert np.array_equal(
        result.baseline.at("members", 52), result.policies[0].at("members", 52)
    ), "nothing differs before the policy"
    assert (
        result.table()
        .set_index(["policy", "outcome"])
        .loc[("fewer recruits", "killed"), "pairing_gain"]
        > 5.0
    )


def test_who_beats_whom_is_counted_replicate_by_replicate(comparison):
    beats = comparison.beats("recruited")
    assert (
        beats.loc["fewer recruits", "baseline"] == 1.0
        and beats.loc["baseline", "fewer recruits"] == 0.0
    )
    assert np.all(np.diag(beats.to_numpy()) == 0.0)


def test_progress_of_a_study_counts_over_all_scenarios():
    told, scenario = [], base(104)
    tregua.Study(scenario, policies(scenario), replicates=4).run(
        progress=lambda done, total: told.append((done, total))
    )
    assert told == [(i, 6) for i in range(1, 7)]


def test_a_study_keeps_and_reuses_chunks_of_each_scenario_by_itself():
    store, scenario = {}, base(104)
    study = tregua.Study(scenario, policies(scenario), replicates=70)
    first = study.run(kept=lambda s: store.setdefault(s.name, {}))
    assert {name: sorted(chunks) for name, chunks in store.items()} == {
        key: [0, 1] for key in ["baseline", "fewer recruits", "more arrests"]
    }
    told = []
    again = study.run(kept=lambda s: store[s.name], progress=lambda *_: told.append(1))
    assert told == [] and first.table().equals(again.table())


def test_yearly_tables_add_up_to_the_run_where_the_years_are_whole():
    # 2012 to 2016 has 1,827 days, 261 weeks, so that all years are covered and no
    # death is counted twice.
    result = tregua.simulate(toys.scenario(weeks=261, values=VALUES), replicates=3)
    from tregua.results.tables import yearly, yearly_bands

    table = yearly(result)
    killed = table[table["outcome"] == "killed"].groupby("replicate")["value"].sum().to_numpy()
    assert sorted(table["year"].unique()) == [2012, 2013, 2014, 2015, 2016]
    assert np.allclose(killed, result.total("conflict.killed").sum(axis=1), rtol=0.01)
    assert set(yearly_bands(result)["outcome"]) == set(table["outcome"])


def test_outcomes_are_all_flows_and_the_stocks_that_anything_leaves_and_deaths_come_first():
    from tregua.results.outcomes import outcomes_of

    outcomes = outcomes_of(Model.size_2023())
    assert next(iter(outcomes)) == "killed" and set(outcomes) == {
        "killed",
        "recruited",
        "arrested",
        "left",
        "members",
    }
