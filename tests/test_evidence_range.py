"""What a comparison says of a change that the evidence does not cover, as the lab says it."""

from __future__ import annotations

import pytest

from tregua.reporting.caveats import beyond_evidence
from tregua.scenarios.evidence_range import covered, moved_by_fit, outside
from tregua.scenarios.policy import Policy
from tregua.scenarios.toml import load_scenario


@pytest.fixture(scope="module")
def nation():
    return load_scenario()


def test_halved_recruitment_is_beyond_the_evidence_and_doubled_arrests_are_not(nation):
    told = {
        name: outside([policy], nation.scenario, nation.draws)
        for name, policy in nation.policies.items()
    }
    assert told["halve-recruitment"] == ("scale recruitment.rate by 50 % from 2021-01-01",)
    assert told["double-arrests"] == ()


@pytest.mark.parametrize(
    ("policy", "beyond"),
    [
        (Policy.scale("recruitment.rate", 1.0), False),
        (Policy.scale("recruitment.rate", 0.0), True),
        (Policy.set("vetting.specificity", 0.95), False),
        (Policy.set("vetting.specificity", 0.1), True),
    ],
)
def test_a_factor_and_a_value_are_held_against_the_prior(nation, policy, beyond):
    assert bool(outside([policy], nation.scenario, nation.draws)) == beyond


def test_the_lab_and_a_comparison_have_one_range(nation):
    handles = pytest.importorskip("tregua.lab.handles").handles_of(nation.scenario, nation.draws)
    handle = next(handle for handle in handles if handle.key == "recruitment.rate")
    parameter = nation.scenario.model.parameters[handle.key]
    low, _ = covered(parameter, moved_by_fit(nation.scenario, nation.draws)[handle.key])
    assert handle.evidence_low == pytest.approx(low) and 0.5 < low < 1.0


def test_it_is_said_with_the_change_and_nothing_is_said_where_all_is_covered():
    told = beyond_evidence({"outside_evidence": {"Halve it": ["scale recruitment.rate by 50 %"]}})
    assert "“Halve it” (scale recruitment.rate by 50 %)" in told
    assert "nothing in the record speaks for it" in told
    assert beyond_evidence({"outside_evidence": {}}) == beyond_evidence({}) == ""
