"""Places for parameters: a change of a parameter that has a value for each territory acts there and
nowhere else, the others say why they have one value, and where all places are alike nothing differs
from one number.
"""

from __future__ import annotations

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import toys
import tregua
from tregua.cli import run_command
from tregua.engine.random import Means
from tregua.errors import TreguaError
from tregua.inference.unknowns import Unknowns
from tregua.model.registry import registry
from tregua.model.space import Axis, Space
from tregua.model.vocabulary import largest_and_parts
from tregua.scenarios.policy import Modifier, Policy, as_date, build_levers
from tregua.scenarios.scenario import resolve, without_places
from tregua.scenarios.toml import load_scenario
from tregua.testing import worlds

NAMES = sorted(registry())
RATE, RECRUITS = "recruitment.rate", "recruitment.recruited"

FELT_ELSEWHERE = {
    "movement.party_share": "parties arrive in other places",
    "movement.entry": "parties weigh all places",
    "vetting.targeting": "officers of all places wait in one queue",
    "vetting.retest": "officers of all places wait in one queue",
    "vetting.rule": "dismissals of all places go through the same courts",
    "trade.searches": "goods lost in one place do not reach the others",
    "trade.garrison": "goods lost in one place do not reach the others",
    "trade.catch": "goods lost in one place do not reach the others",
    "trade.exposure": "goods lost in one place do not reach the others",
}
"""Parameters whose change in one place is felt in others within the same week, with the reason."""

CASE = """
[scenario]
name = "gto"
data = "mexico-2007"
posterior = "mexico"
start = 2007-01-01
end = 2027-01-01

[[policy]]
name = "gto-half"
[[policy.change]]
target = "recruitment.rate"
scale = "50 %"
from = 2021-01-01
territories = ["Guanajuato"]
"""


def in_places(factor: float, *places: str, target: str = RATE) -> Policy:
    return Policy("here", (Modifier(target, "scale", factor, territories=places or None),))


def run(*policies: Policy, weeks: int = 26, territories: int = 3):
    scenario = toys.scenario(weeks=weeks, territories=territories, policies=policies)
    return tregua.simulate(scenario, "tau-leap", replicates=8, block_weeks=26)


def same_bits(one, other) -> bool:
    return all(np.array_equal(x, other.series[name]) for name, x in one.series.items())


def test_in_the_first_week_only_the_place_of_the_change_recruits_less():
    before, after = run(weeks=26), run(in_places(0.5, "t1"), weeks=26)
    first = [r.series[RECRUITS][:, 0] for r in (before, after)]
    assert np.array_equal(first[0][:, [0, 2]], first[1][:, [0, 2]])
    assert first[1][:, 1].sum() < first[0][:, 1].sum()


def test_a_change_in_all_places_by_list_is_that_without_a_list_bit_for_bit():
    assert same_bits(run(in_places(0.5, "t0", "t1", "t2")), run(in_places(0.5)))


def test_a_change_split_over_places_is_that_in_all_of_them_bit_for_bit():
    parts = Policy(
        "parts", (*in_places(0.5, "t0").modifiers, *in_places(0.5, "t1", "t2").modifiers)
    )
    assert same_bits(run(parts), run(in_places(0.5)))


def test_half_in_one_place_is_half_of_that_place_s_value_and_the_others_keep_theirs():
    half = Modifier(RATE, "scale", 0.5, as_date("2012-06-01"), territories=("t0",))
    policy = Policy("half", (half,))
    lever = toys.scenario(policies=(policy,)).compile().levers[RATE]
    assert lever.slope.shape == (104, 2)
    assert np.all(lever.slope[:21] == 1.0) and np.all(lever.slope[:, 1] == 1.0)
    assert np.all(lever.slope[22:, 0] == 0.5)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_places_or_says_why_not(name):
    for parameter in registry()[name].parameters:
        assert parameter.by_place != bool(parameter.everywhere), parameter.name
        assert parameter.axes[:1] == ("territory",) or not parameter.by_place


@pytest.mark.parametrize("name", NAMES)
def test_a_change_in_some_places_is_taken_or_refused_with_the_reason(name):
    space = worlds.space()
    for parameter in registry()[name].parameters:
        target = f"{name}.{parameter.name}"
        policy = in_places(0.5, "t1", target=target)

        def levers(parameter=parameter, target=target, policy=policy):
            return build_levers([policy], {target: parameter}, space, as_date("2012"), 4)

        if parameter.by_place:
            slope = levers()[target].slope
            assert np.all(slope[:, 0] == 1.0) and np.all(slope[:, 1] == 0.5)
        else:
            with pytest.raises(TreguaError) as refused:
                levers()
            assert refused.value.code == "TR1403"
            assert parameter.everywhere in refused.value.details["expected"]


def everything(name: str, territories: int = 3):
    """All that a mechanism computes, by name, as a function of its parameters; and the middle of
    their priors.
    """
    mechanism, model = registry()[name](), worlds.alone(registry()[name]())
    data, now = worlds.world(model, 4, territories), jnp.asarray(7.0)
    rng = np.random.default_rng(3)
    fixed = {n: jnp.asarray(x, float) for n, x in data.covariates.items()}
    if "links" in fixed:
        fixed["links"] = jnp.ones_like(fixed["links"])
    # Nothing is empty or at its neutral value, so that whatever is read shows.
    for n, stock in (model.compartments | model.levels | model.neutral).items():
        size = 300.0 if n in model.compartments or stock.unit == "person" else 1.0
        drawn = size * rng.uniform(0.3, 0.9, data.space.shape(stock.axes))
        fixed[n] = jnp.asarray(drawn, float)

    def at(values):
        there = {**fixed, **values}
        view = model.view(mechanism, there, now)
        computed = {
            **model.hazards(there, now),
            **{n: model.event_hazard(n, there, now) for n in model.events},
            **model.drift_rates(there, now),
            **model.shares_recorded(there, now),
            **{f"window of {n}": x for n, x in model.windows(there, now).items()},
            **{f"start of {n}": x for n, x in mechanism.initial(view, Means()).items()},
        }
        for event in mechanism.events():
            after = event.apply(view, jnp.full(data.space.shape(event.axes), 0.5), Means())
            computed |= {f"{event.name}, {n}": x for n, x in after.items()}
        return computed

    def axes(key: str) -> tuple[str, ...]:
        """Axes of what is computed: of a flow, or of the stock or level that the key ends in."""
        return model.axes[key] if key in model.axes else model.axes[key.split()[-1]]

    base = {
        f"{name}.{p.name}": jnp.full(
            data.space.shape(p.axes), max(float(p.prior.distribution().median()), 1e-3)
        )
        for p in mechanism.parameters
    }
    return at, axes, base, data.space


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_in_one_place_acts_there_and_not_in_others(name):
    at, axes, base, _ = everything(name)
    computed = jax.jit(at)
    before = computed(base)
    for parameter in registry()[name].parameters:
        full = f"{name}.{parameter.name}"
        if not parameter.by_place:
            continue
        # Of several corps one is changed: some numbers only matter against those of the others.
        first = (0,) * len(parameter.axes)
        after = computed({**base, full: base[full].at[first].multiply(0.5)})
        moved = [key for key, old in before.items() if not np.array_equal(old, after[key])]
        assert moved, f"{full} does nothing in its place"
        for key in moved:
            if axes(key)[:1] == ("territory",) and full not in FELT_ELSEWHERE:
                elsewhere = [np.asarray(x[key])[1:] for x in (before, after)]
                assert np.array_equal(*elsewhere), f"{full} acts on {key} elsewhere"


@pytest.mark.parametrize("name", NAMES)
def test_a_country_may_have_one_corps_and_one_commodity(name, monkeypatch):
    usual = worlds.space

    def lonely(groups: int = 4, territories: int = 2) -> Space:
        return Space(
            tuple(
                Axis(a.name, a.labels[:1] if a.name in ("corps", "commodity") else a.labels)
                for a in usual(groups, territories).axes
            )
        )

    monkeypatch.setattr(worlds, "space", lonely)
    at, axes, base, space = everything(name)
    for key, shape in jax.eval_shape(at, base).items():
        assert np.broadcast_shapes(shape.shape, space.shape(axes(key))) == space.shape(axes(key))


def test_the_largest_and_parts_are_exact_where_all_places_are_alike():
    values = jnp.full(32, 0.1) * 3.0
    most, parts = jax.jit(largest_and_parts)(values)
    assert np.all(parts == 1.0) and most == values[0]
    most, parts = largest_and_parts(jnp.asarray([0.0, 0.0]))
    assert most == 0.0 and np.all(parts == 1.0)
    most, parts = largest_and_parts(jnp.asarray([2.0, 1.0]))
    assert np.allclose(most * parts, [2.0, 1.0])


def test_a_slope_in_all_places_together_is_that_of_one_number():
    harm = jnp.asarray([1.0, 5.0, 2.0])

    def sum_of(x):
        most, parts = largest_and_parts(jnp.broadcast_to(x, (3,)))
        return most * jnp.sum(parts * harm)

    assert np.isclose(jax.grad(sum_of)(0.3), harm.sum())


def test_a_fit_knows_one_number_of_a_parameter_with_places():
    scenario = load_scenario().scenario
    unknowns = Unknowns.of(scenario)
    for name, parameter in scenario.model.parameters.items():
        mine = [x for x in unknowns.labels if x == name or x.startswith(f"{name}[")]
        others = [axis for axis in parameter.axes if axis != "territory"]
        wanted = len(scenario.data.space.labels(others[0])) if others else 1
        assert len(mine) in (0, wanted), name
    z = np.random.default_rng(1).normal(size=unknowns.size)
    values = unknowns.values(jnp.asarray(z))
    rate, cost = np.asarray(values[RATE]), np.asarray(values["corruption.cost"])
    assert rate.shape == (32,) and np.ptp(rate) == 0.0
    assert cost.shape == (32, 3) and np.all(np.ptp(cost, axis=0) == 0.0)
    assert np.all(np.ptp(cost, axis=1) > 0.0)


def test_draws_of_one_number_or_one_for_each_corps_are_those_of_every_place():
    scenario, draws = load_scenario().scenario, load_scenario().draws
    assert np.ndim(draws[RATE]) == 1 and np.shape(draws["corruption.cost"])[1:] == (3,)
    resolved = resolve(scenario, draws)
    for name in (RATE, "corruption.cost"):
        value = resolved[name].value
        assert value.shape[:2] == (len(draws[name]), 32)
        axes = scenario.model.parameters[name].axes
        assert np.array_equal(without_places(value, axes), draws[name])


def test_what_differs_between_places_keeps_them():
    values = np.array([[1.0, 1.0], [1.0, 2.0]])
    assert without_places(values, ("territory",)) is values
    assert np.array_equal(without_places(values[:1], ("territory",)), [1.0])
    assert without_places(values, ("corps",)) is values


def test_a_file_may_halve_recruitment_in_one_state(tmp_path, capsys):
    file = tmp_path / "gto.toml"
    file.write_text(CASE, encoding="utf-8")
    assert run_command(["check", str(file)]) == 0
    assert "from 2021-01-01 in Guanajuato" in capsys.readouterr().out
    read = load_scenario(file)
    levers = read.scenario.with_policy(read.policies["gto-half"]).compile(read.draws).levers
    place = read.scenario.data.space.labels("territory").index("Guanajuato")
    last = levers[RATE].slope[-1]
    assert last[place] == 0.5 and np.sum(last != 1.0) == 1


def test_the_list_of_mechanisms_tells_which_have_places_and_why_others_have_not(capsys):
    assert run_command(["mechanisms", "recruitment", "--json"]) == 0
    told = {p["name"]: p for p in json.loads(capsys.readouterr().out)[0]["parameters"]}
    assert told[RATE]["by_place"] and not told[RATE]["everywhere"]
    assert not told["recruitment.pay_elasticity"]["by_place"]
    assert run_command(["mechanisms", "recruitment"]) == 0
    text = capsys.readouterr().out
    assert "by place" in text and told["recruitment.pay_elasticity"]["everywhere"] in text
    assert run_command(["mechanisms"]) == 0
    assert "with one value everywhere" in capsys.readouterr().out
