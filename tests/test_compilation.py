"""What a user may change without waiting for a compiler: every number, every date, every policy,
every length.
"""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest

import toys
import tregua
from tregua.engine import block, run
from tregua.model.model import Model
from tregua.scenarios.policy import Policy

SOLVERS = pytest.mark.parametrize("solver", ["tau-leap", "mean-field", "rk4", "exact"])
SMALL = {"founding.members_at_start": 100.0, "arrests.effort": 0.5}


def traced(function) -> dict[str, int]:
    """How often each compiled function was traced anew."""
    before = block.TRACES.copy()
    function()
    return {
        name: block.TRACES[name] - before[name]
        for name in block.TRACES
        if block.TRACES[name] != before[name]
    }


def base():
    return toys.scenario(weeks=104, values=SMALL)


def warm(scenario, solver: str = "tau-leap"):
    """Run once on every device: each has its own copy of a program."""
    tregua.simulate(scenario, solver, replicates=run.CHUNK * len(jax.local_devices()))


@pytest.mark.slow
@SOLVERS
def test_another_model_is_traced_so_that_the_count_can_be_trusted(solver):
    # A small one that no other test has.
    other = Model((toys.Populated(each=301.0), toys.Deaths(), toys.Births()))
    fresh = toys.scenario(other, weeks=52, groups=3, territories=1)
    # The start is shared by the solvers with chance, and by those without.
    assert traced(lambda: tregua.simulate(fresh, solver, replicates=2)).get("block") == 1
    assert traced(lambda: tregua.simulate(fresh, solver, replicates=2)) == {}


CHANGES = {
    "three parameter values": lambda s: [
        s.with_values({"recruitment.rate": x, "arrests.effort": 2 * x})
        for x in (0.001, 0.002, 0.003)
    ],
    "another start": lambda s: [dataclasses.replace(s, start=s.date(52))],
    "other lengths": lambda s: [dataclasses.replace(s, weeks=weeks) for weeks in (1, 52, 75, 520)],
    "policies of every kind": lambda s: [
        s.with_policy(Policy.scale("recruitment.rate", 0.5, s.date(30))),
        s.with_policy(
            toys.policy(
                toys.change(
                    "arrests.effort",
                    "set",
                    1.0,
                    s.date(9),
                    s.date(50),
                    ramp_weeks=12.0,
                    territories=("t1",),
                )
            )
        ),
        s.with_policy(
            toys.policy(
                toys.change("conflict.lethality", "cap", 1e-9),
                toys.change("saturation.crowding", "add", 1e-6),
            )
        ),
    ],
    "other covariates": lambda s: [dataclasses.replace(s, data=toys.world(s.model, seed=9))],
    "another name": lambda s: [dataclasses.replace(s, name="other", label="Other")],
    "an equal model built again": lambda s: [dataclasses.replace(s, model=Model.size_2023())],
}


@SOLVERS
@pytest.mark.parametrize("kind", CHANGES)
def test_what_a_user_changes_in_a_scenario_compiles_nothing(solver, kind):
    scenario = base()
    tregua.simulate(scenario, solver, replicates=2)
    for other in CHANGES[kind](scenario):
        assert traced(lambda other=other: tregua.simulate(other, solver, replicates=2)) == {}


@pytest.mark.parametrize("solver", ["tau-leap", "exact"])
def test_another_seed_and_other_numbers_of_replicates_compile_nothing(solver):
    scenario = base()
    warm(scenario, solver)
    assert traced(lambda: tregua.simulate(scenario, solver, replicates=2, seed=2**32 - 1)) == {}
    for replicates in (1, run.CHUNK, run.CHUNK + 1, 130):
        assert (
            traced(
                lambda replicates=replicates: tregua.simulate(
                    scenario, solver, replicates=replicates
                )
            )
            == {}
        )


def test_posterior_draws_compile_nothing_where_the_run_has_chance():
    scenario = base()
    tregua.simulate(scenario, replicates=2)
    for count in (1, 3, 100):
        draws = {
            "recruitment.rate": np.linspace(1e-3, 3e-3, count),
            "arrests.effort": np.linspace(0.1, 1.0, count),
        }
        assert (
            traced(lambda draws=draws: tregua.simulate(scenario, replicates=2, draws=draws)) == {}
        )


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["mean-field", "rk4"])
def test_any_number_of_posterior_draws_is_one_of_two_programs_without_chance(solver):
    scenario = base()

    def runs(count: int):
        tregua.simulate(
            scenario, solver, draws={"recruitment.rate": np.linspace(1e-3, 3e-3, count)}
        )

    runs(2)
    runs(run.CHUNK + 1)
    for count in (3, run.CHUNK, 100, run.MEANS_CHUNK):
        assert traced(lambda count=count: runs(count)) == {}


def test_a_study_of_many_policies_compiles_as_much_as_one_run():
    scenario = base()
    tregua.simulate(scenario, replicates=4)
    policies = [
        Policy.scale("recruitment.rate", factor, scenario.date(30)) for factor in (0.5, 0.75, 1.5)
    ]
    assert traced(lambda: tregua.Study(scenario, policies, replicates=4).run()) == {}
