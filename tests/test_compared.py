"""What a comparison answers: which policies, over which window, by which statistic, for how many
inhabitants. Each test would have caught an answer that was wrong (docs/incidents.md).
"""

import pytest

import toys
import tregua
from lab_fakes import fake_lab
from lab_fakes import package as lab_package
from tregua.cli import run_command
from tregua.errors import TreguaError
from tregua.lab.handles import policy_of
from tregua.lab.web.uploads import read_upload
from tregua.scenarios.policy import Policy
from tregua.scenarios.toml import load_scenario

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
