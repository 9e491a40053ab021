"""What carries the sign of a policy: found among assumptions by the pairs, and shown by running
pairs again (docs/incidents.md).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import toys
import tregua
from tregua.cli import run as run_command_module
from tregua.cli import run_command
from tregua.cli.run_summary import show_comparison
from tregua.model.declarations import Beta, LogNormal, Parameter
from tregua.reporting.caveats import mostly_prior
from tregua.reporting.html import comparison_report
from tregua.reporting.run_folder import comparison_tables
from tregua.results.drivers import (
    at_end,
    drawn_values,
    draws_narrowed,
    ends_of,
    find_drivers,
    prior_moved,
    verdict,
    width_left,
)
from tregua.results.provenance import make_manifest
from tregua.scenarios.policy import Policy
from tregua.scenarios.scenario import resolve
from tregua.scenarios.toml import load_scenario
from tregua.studies.drivers import sign_drivers

PAIRS = Path(__file__).parent / "golden" / "dismiss_all_pairs.npz"


EVEN = Beta(2.0, 2.0)
ONE = np.ones(())


def share(unit="1", support=(0.0, 1.0), prior=EVEN):
    return Parameter("share", 0.5, unit, prior, support, "a share", ())


def test_the_share_of_the_dismissed_who_join_is_found_by_itself():
    """A hundred kept pairs of 'dismiss all who fail' and the 146 assumptions drawn for them."""
    kept = np.load(PAIRS)
    drawn = dict(zip(kept["names"].tolist(), kept["drawn"].astype(float), strict=True))
    first, second, third = find_drivers(kept["effect"].astype(float), drawn)
    assert first.parameter == "vetting.joining" and first.clear and first.correlation > 0.7
    assert not second.clear and not third.clear, "chance gives some of 146 as much"
    del drawn["vetting.joining"]
    assert not any(driver.clear for driver in find_drivers(kept["effect"].astype(float), drawn))


def test_chance_alone_is_called_clear_in_under_one_case_in_twenty():
    draw = np.random.default_rng(3)
    called = 0
    for _ in range(60):
        drawn = {str(n): draw.normal(size=100) for n in range(30)}
        called += any(driver.clear for driver in find_drivers(draw.normal(size=100), drawn))
    # Of 60 at 5 %, more than 8 come up in under 1 % of cases.
    assert called <= 8


def test_few_pairs_and_effects_without_spread_tell_nothing():
    drawn = {"a": np.arange(100.0)}
    assert find_drivers(np.zeros(100), drawn) == []
    assert find_drivers(np.arange(29.0), {"a": np.arange(29.0)}) == []
    assert find_drivers(np.arange(30.0), {"a": np.arange(30.0)})[0].correlation == 1.0


def test_an_assumption_at_an_end_keeps_its_differences_between_places():
    values = np.array([[0.1, 0.3], [0.2, 0.2], [0.0, 0.0]])
    moved = at_end(values, 0.4, share())
    assert np.allclose(moved, [[0.2, 0.6], [0.4, 0.4], [0.4, 0.4]])
    assert np.all(at_end(values, 0.0, share()) == 0.0)
    assert at_end(np.array([[0.1, 0.9]]), 0.9, share()).max() == 1.0, "the support holds"


def test_only_what_zero_switches_off_is_switched_off():
    assert ends_of(share(), ONE) == pytest.approx({"off": 0.0, "high end": 0.8647}, abs=1e-3)
    wage = share("usd/week", (0.0, np.inf), LogNormal(900.0, 0.7))
    assert (
        set(ends_of(wage, ONE)) == {"low end", "high end"} == set(ends_of(share(), ONE, off=False))
    )


def test_a_sign_is_gone_where_under_a_tenth_of_the_effect_is_left():
    told = [verdict(13_400.0, left) for left in (-5.0, 1_300.0, 1_400.0, -1_400.0)]
    assert told == ["gone", "gone", "same", "turned"]
    assert verdict(0.0, 0.0) == "same"


def test_a_prior_lies_around_the_value_that_the_data_give():
    scenario = load_scenario("mexico").scenario
    parameter, moved = (
        scenario.model.parameters["founding.members_at_start"],
        prior_moved(scenario)["founding.members_at_start"],
    )
    members = resolve(scenario)["founding.members_at_start"].value
    ends = ends_of(parameter, moved)
    assert ends["low end"] < members.mean() < ends["high end"] < 10 * members.mean()
    factor = parameter.prior.distribution().ppf([0.2, 0.5, 0.8]) / parameter.prior.median
    drawn = members * factor[:, None]
    assert 0.5 < width_left(parameter, moved, drawn) < 0.9, "not far from its prior"


def test_draws_of_a_prior_have_its_width_and_narrower_ones_less():
    quantiles = (np.arange(200) + 0.5) / 200
    prior = LogNormal(5.0, 1.0)
    parameter = share("1", (0.0, np.inf), prior)
    assert width_left(parameter, ONE, prior.distribution().ppf(quantiles)) == pytest.approx(
        1, abs=0.03
    )
    narrow = LogNormal(9.0, 0.4).distribution().ppf(quantiles)
    assert width_left(parameter, np.ones(3), np.stack([narrow] * 3, 1)) == pytest.approx(
        0.4, abs=0.02
    )


@pytest.fixture(scope="module")
def compared():
    """A small world, 100 pairs, with two assumptions drawn: one carries the policy whole."""
    given = {"founding.members_at_start": 5000.0, "conflict.lethality": 2e-7}
    scenario, draw = toys.scenario(weeks=104, values=given), np.random.default_rng(2)
    draws = {
        name: scenario.model.parameters[name].value * draw.lognormal(0.0, 0.4, 100)
        for name in ("recruitment.rate", "arrests.effort")
    }
    half = Policy.scale("recruitment.rate", 0.5, "2012-02-01", name="half")
    study = tregua.Study(scenario, [half, Policy("none")], draws=draws, replicates=100)
    comparison = study.run()
    told = []
    drivers = sign_drivers(comparison, draws, lambda *done: told.append(done))
    return (
        tregua.results.comparison.Comparison(comparison.baseline, comparison.policies, drivers),
        draws,
        told,
    )


def test_a_policy_that_acts_through_one_assumption_does_nothing_with_it_off(compared):
    comparison, _, _ = compared
    table = comparison.drivers.table
    assert set(table["policy"]) == {"half"}, "a check has no sign"
    rate = table[table["parameter"] == "recruitment.rate"].set_index("at")
    assert table["parameter"].iloc[0] == "recruitment.rate"
    assert rate.loc["off", "difference"] == 0.0 and rate.loc["off", "sign"] == "gone"
    assert rate.loc["high end", "sign"] == "same"
    assert rate.loc["high end", "difference"] < rate.loc["as drawn", "difference"] < 0.0
    assert rate.loc["off", "pairs"] == 12, "four ends of two assumptions share fifty pairs"
    first = comparison.differences(comparison.policies[0], comparison.outcomes["killed"])[:12]
    assert rate.loc["off", "same_draws"] == rate.loc["high end", "same_draws"] == np.median(first)
    effort = table[table["parameter"] == "arrests.effort"]
    assert "off" not in set(effort["at"]) and set(effort["sign"]) == {"same"}


def test_it_takes_at_most_half_of_the_comparison(compared):
    comparison, draws, told = compared
    runs, pairs = 2, comparison.baseline.plan.replicates
    done, everything = told[-1]
    weeks = comparison.baseline.plan.block_weeks
    blocks = -(-comparison.baseline.scenario.weeks // weeks)
    assert done == everything == len(told) == runs * blocks * (pairs // 2 // 50)
    again = sign_drivers(comparison, draws)
    assert again.table.equals(comparison.drivers.table), "the same seed, the same answer"


def test_terminal_report_and_tables_name_what_carries_the_sign(compared, capsys):
    comparison, draws, _ = compared
    runs = [comparison.baseline, *comparison.policies]
    manifest = make_manifest("comparison", runs, "", 1.0, draws)
    tables = comparison_tables(comparison, manifest)
    page = comparison_report(comparison, manifest, [], tables)
    show_comparison(comparison, mostly_prior(manifest))
    printed = " ".join(capsys.readouterr().out.split())
    assert "recruitment.rate" in page and " (switched off: the effect is gone)" in page
    assert "What carries the sign" in printed and "switched off" in printed
    assert mostly_prior(manifest) and mostly_prior(manifest) in page
    assert mostly_prior(manifest).split()[0] in printed
    assert len(tables["drivers"]) == len(comparison.drivers.table) > 0


def test_the_record_narrows_few_assumptions_of_the_shipped_posterior():
    read = load_scenario("mexico")
    told = draws_narrowed(read.scenario, read.draws)
    assert told["drawn"] == len(drawn_values(read.scenario, read.draws, np.arange(200))) > 100
    assert 0 < told["narrowed"] < told["drawn"] / 2
    assert f"narrows {told['narrowed']} of {told['drawn']}" in mostly_prior(
        {"draws_narrowed": told}
    )
    assert mostly_prior({}) == "" == mostly_prior({"draws_narrowed": {"drawn": 0, "narrowed": 0}})


def test_it_says_why_it_tells_nothing(compared):
    comparison, draws, _ = compared
    fixed = sign_drivers(comparison, None)
    assert fixed.table.empty and "held at one value" in fixed.note
    check = replace(comparison, policies=comparison.policies[1:])
    assert "No policy changes anything" in sign_drivers(check, draws).note
    few = tregua.Study(
        comparison.baseline.scenario,
        [Policy.scale("recruitment.rate", 0.5, "2012-02-01", name="half")],
        draws=draws,
        replicates=4,
    ).run()
    assert "4 pairs are too few" in sign_drivers(few, draws).note


def test_the_command_can_leave_it_out(monkeypatch):
    asked = []
    monkeypatch.setattr(
        run_command_module, "compare_policies", lambda *words: asked.append(words[2]) or 0
    )
    assert run_command(["compare", "size-2023"]) == 0
    assert run_command(["compare", "size-2023", "--no-drivers"]) == 0
    assert asked == [True, False]
