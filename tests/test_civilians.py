"""Crossfire, homicides without groups, flight, extortion and trust."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import toys
import tregua
from tregua.countries.dataset import Dataset
from tregua.mechanisms.civilians import Civilians
from tregua.model.model import Model
from tregua.scenarios.scenario import Scenario
from tregua.studies.reproductions.michoacan_2013 import model as episode

MODEL = Model((Civilians(),))
COUNTRY = {"population": 125e6, "young_men": 20e6}
"""Mexico in 2018, to a few per cent."""


def values(**changed) -> dict:
    """One territory of the size of the country and one group, all levels at their start."""
    data = {name: np.zeros((1,) * len(c.axes)) for name, c in MODEL.compartments.items()}
    data |= {
        name: np.full((1,) * len(x.axes), x.initial)
        for name, x in (MODEL.levels | MODEL.neutral).items()
    }
    data |= {
        name: np.full((1,) * len(p.axes), float(p.value)) for name, p in MODEL.parameters.items()
    }
    data |= {name: np.array([x]) for name, x in COUNTRY.items()}
    for name, x in changed.items():
        full = name if name in data else f"civilians.{name}"
        data[full] = np.broadcast_to(np.asarray(x, float), data[full].shape)
    return {name: jnp.asarray(x) for name, x in data.items()}


def rates(**changed) -> dict[str, float]:
    now = jnp.asarray(0.0)
    hazard = MODEL.hazards(values(**changed), now) | MODEL.drift_rates(values(**changed), now)
    return {
        n.removeprefix("civilians."): float(np.asarray(x).reshape(-1)[0]) for n, x in hazard.items()
    }


def test_crossfire_follows_fighting_and_nothing_else():
    assert rates(memory=100.0, violence=0.0)["caught"] == 0.0
    assert rates(violence=50.0)["caught"] == pytest.approx(0.08 * 50)


def test_homicides_without_groups_are_seven_in_100_000_a_year():
    assert rates()["murdered"] * 365.25 / 7 / COUNTRY["population"] * 1e5 == pytest.approx(
        7.0, rel=0.01
    )


def test_moves_and_displaced_are_those_of_the_survey_and_the_monitors():
    weekly = rates(memory=480.0)
    assert 2 * weekly["displaced"] * 365.25 / 7 == pytest.approx(1_133_041, rel=0.05)
    assert weekly["displaced"] / weekly["returned"] == pytest.approx(345_000, rel=0.1)
    half = rates(memory=480.0, displaced=125e6)
    assert half["displaced"] == pytest.approx(weekly["displaced"] / 2), (
        "who has left cannot leave again"
    )


def test_extortion_is_usual_at_the_usual_density_and_rises_where_the_trade_pays_less():
    assert rates(members=0.006 * 20e6)["extortion"] == pytest.approx(0.0, abs=1e-12)
    assert rates(members=0.006 * 20e6, stake=0.25)["extortion"] == pytest.approx((2.0 - 1.0) / 13.0)
    assert rates(members=0.0)["extortion"] == pytest.approx(-1.0 / 13.0)


def test_trust_rests_at_a_half_falls_with_harm_by_the_state_and_comes_back():
    assert rates()["trust"] == 0.0
    # 12 in 125 million: 0.0096 per 100,000 a week, so trust of a half falls by 0.0048 a week.
    assert rates(harm_by_state=12.0)["trust"] == pytest.approx(-0.5 * 12 / 1250)
    assert rates(trust=0.2)["trust"] == pytest.approx(0.3 / 52)


def test_what_is_remembered_is_what_groups_and_the_state_do():
    everything = episode() + toys.Happenings()
    tracked = {level: set(flows) for level, flows in everything.tracked.items()}
    assert tracked["violence"] == {"conflict.killed", "happenings.war"}
    assert tracked["harm_by_state"] == {"vigilantes.dead_disarming", "happenings.clash"}
    assert "civilians.murdered" not in tracked["memory"]
    assert tracked["memory"] >= {
        "conflict.killed",
        "civilians.caught",
        "vigilantes.dead",
        "vigilantes.members_dead",
        "happenings.clash",
    }
    assert not tracked["memory"] & {
        "arrests.arrested",
        "civilians.displaced",
        "vigilantes.driven_out",
    }


def test_memory_takes_in_and_fades_with_its_window():
    # Three civilians a week are killed by troops in each territory, and nobody else:
    # memory tends to 3 with a window of 26 weeks.
    covariates = {"population": np.full(2, 1e6), "young_men": np.full(2, 1e5)}
    data = Dataset("toy", toys.space(), covariates)
    values = {"civilians.background": 0.0}
    run = tregua.simulate(
        Scenario(
            Model((toys.Populated(), toys.Harm(), Civilians())), weeks=52, data=data, values=values
        ),
        "mean-field",
    )
    np.testing.assert_allclose(run.snapshots["memory"][0, -1], 3.0 * -np.expm1(-52 / 26), rtol=1e-6)
    np.testing.assert_allclose(
        run.snapshots["harm_by_state"][0, -1], 3.0 * -np.expm1(-52 / 8), rtol=1e-6
    )
    assert np.all(run.snapshots["violence"] == 0.0) and np.all(run.snapshots["trust"][0, -1] < 0.5)
