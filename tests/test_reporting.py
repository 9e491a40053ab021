"""What is counted of what happens."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import toys
import tregua
from tregua.countries.dataset import Dataset
from tregua.mechanisms.reporting import Reporting
from tregua.model.model import Model
from tregua.scenarios.scenario import Scenario
from tregua.studies.reproductions.michoacan_2013 import model as episode

MODEL = Model((toys.Happenings(), Reporting()))


def shares(memory: float = 0.0, **changed) -> dict[str, float]:
    values = {n: np.full((1,) * len(p.axes), p.value) for n, p in MODEL.parameters.items()} | {
        "memory": np.array([memory]),
        "population": np.array([1e6]),
    }
    values |= {f"reporting.{name}": np.array([x]) for name, x in changed.items()}
    return {
        n.removeprefix("reporting."): float(np.asarray(x).reshape(-1)[0])
        for n, x in MODEL.shares_recorded(
            {n: jnp.asarray(x) for n, x in values.items()}, jnp.asarray(0.0)
        ).items()
    }


def test_every_count_takes_its_own_flows():
    counted = {
        n.removeprefix("reporting."): set(flows)
        for n, flows in (episode() + toys.Happenings()).recorded.items()
    }
    assert (
        counted["homicides"]
        == counted["missing"]
        >= {
            "conflict.killed",
            "civilians.murdered",
            "vigilantes.dead",
            "happenings.clash",
            "happenings.war",
        }
    )
    assert counted["arrests"] == {"arrests.arrested", "happenings.arrested"}
    assert counted["escapes"] == {"happenings.escaped"}
    assert counted["displaced"] == {"civilians.displaced", "happenings.displaced"}
    assert not counted["homicides"] & {
        "arrests.arrested",
        "vigilantes.driven_out",
        "vigilantes.absorbed",
    }


def test_a_killed_person_is_a_homicide_or_missing_or_nothing():
    share = shares()
    assert share["homicides"] == pytest.approx(0.97 * 0.85) and share["missing"] == pytest.approx(
        0.15 * 0.7
    )
    assert share["homicides"] + share["missing"] < 1.0
    assert shares(disappeared_share=1.0)["homicides"] == 0.0


def test_fear_silences_relatives_and_overload_loses_bodies():
    # Ten a week in a million: one per 100,000, at which a fear of 0.2 leaves exp(-0.2) and an
    # overload of 0.01 exp(-0.01).
    calm, violent, spared = (
        shares(),
        shares(memory=10.0),
        shares(memory=10.0, fear=0.0, overload=0.0),
    )
    for name, loss in {"missing": 0.2, "homicides": 0.01}.items():
        assert (
            violent[name] == pytest.approx(calm[name] * np.exp(-loss))
            and spared[name] == calm[name]
        )
    assert all(violent[name] == calm[name] for name in ("arrests", "escapes", "displaced"))


def test_the_worst_state_year_on_record_can_be_recorded():
    """Chihuahua in 2010: 185 registered homicides per 100,000.
    More are registered where more are killed up to far beyond that.
    """
    killed = np.array([50.0, 100.0, 200.0, 300.0, 1000.0])
    registered = [x * shares(memory=x / 52.0 * 10.0)["homicides"] for x in killed]
    assert np.all(np.diff(registered) > 0.0) and registered[3] > 185.0


@pytest.mark.slow
def test_counts_are_thinned_events():
    # About 2 x (3 x 52) + 160,000 x 0.0507 = 8,400 deaths a year, of which 0.8245 are counted: sd
    # 38 over what happened, standard error 5 over 64 replicates; four of them catch an error of 0.3
    # %. One in fifty of 5,200 displaced: sd 10, standard error 1.3.
    data = Dataset("toy", toys.space(), {"population": np.full(2, 1e6)})
    run = tregua.simulate(Scenario(MODEL, weeks=52, data=data), replicates=64)
    killed = (run.total("happenings.war") + run.total("happenings.clash")).sum(axis=1)
    counted = run.total("reporting.homicides").sum(axis=1)
    assert abs(counted - 0.97 * 0.85 * killed).mean(axis=0) > 0.0
    assert abs((counted - 0.97 * 0.85 * killed).mean()) < 4 * 5.0
    moved = run.total("happenings.displaced").sum(axis=1)
    assert abs((run.total("reporting.displaced").sum(axis=1) - 0.02 * moved).mean()) < 4 * 1.3
