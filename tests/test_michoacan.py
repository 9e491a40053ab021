"""The episode of Michoacán without chance; the whole of it runs with the other reproductions,
nightly.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tregua.engine.run import simulate
from tregua.studies.reproductions import michoacan_2013 as episode
from tregua.studies.reproductions.published import load

pytestmark = pytest.mark.slow

PUBLISHED = load(episode.NAME)


@cache
def run(*changed: tuple[str, float], without: str = ""):
    policy = episode.history(PUBLISHED, without) if without else None
    return simulate(episode.scenario(PUBLISHED, dict(changed), policy), "mean-field")


def verdicts(numbers) -> dict[str, str]:
    return {row.key: row.verdict for row in PUBLISHED.compare(numbers, partly=True)}


def test_data_are_seven_states_whose_groups_make_a_whole():
    data = episode.data_of(PUBLISHED)
    np.testing.assert_allclose(data.covariates["foothold"].sum(axis=1), 1.0)
    assert data.covariates["adjacency"][0].sum() == 6.0, "all the others border on Michoacán"
    assert data.covariates["population"][0] == pytest.approx(4.56e6, rel=0.01)
    assert 0.25 < data.values["founding.members_at_start"].sum() / 115_000 < 0.4


def test_the_policy_changes_parameters_of_the_model_and_what_is_calibrated_is_named():
    parameters = episode.model().parameters
    assert {change["target"] for change in PUBLISHED.policies["history"]["changes"]} <= set(
        parameters
    )
    assert set(PUBLISHED.run["calibrated"]) | set(PUBLISHED.run["assumed"]) | set(
        PUBLISHED.run["national"]
    ) <= set(parameters)
    calibrated = {
        entry["key"] for entry in PUBLISHED.entries if "alibrated" in entry.get("note", "")
    }
    assert calibrated >= {
        "municipalities.begin",
        "municipalities.order",
        "absorbed.first",
        "absorbed.later",
        "relapse.ratio",
    }


def test_what_is_calibrated_comes_out_without_chance_and_of_the_rest_only_a_range():
    numbers = episode.outcomes(PUBLISHED, run())
    rows = PUBLISHED.compare(numbers, partly=True)
    outside = {row.key for row in rows if row.verdict == "OUTSIDE"}
    assert outside == {"guerrero", "homicides.2014", "homicides.2015"}
    free = {row.key for row in rows if row.verdict == "ok" and "alibrated" not in row.note}
    assert free == {"killed_by_troops"}
    told = episode.summary(rows)
    assert told.startswith("14 of 17 ") and "To 13 of them" in told
    assert "Of the other 4, 1 comes out" in told
    assert 0.5 < numbers["killed_by_troops"] < 12.0, "the order meets resistance"


def test_changed_parameters_are_noticed():
    sooner = verdicts(episode.outcomes(PUBLISHED, run(("vigilantes.onset", 4e-7))))
    assert sooner["municipalities.begin"] == sooner["municipalities.order"] == "OUTSIDE"
    faithful = verdicts(episode.outcomes(PUBLISHED, run(("vigilantes.infiltration", 0.0))))
    assert faithful["relapse.years"] == faithful["relapse.ratio"] == "OUTSIDE"


def test_without_an_order_nobody_is_absorbed_and_with_leaders_in_place_fewer_are():
    place = PUBLISHED.run["place"]
    real, tolerated, led = (
        episode.local(r, "vigilantes.absorbed", place).sum()
        for r in (run(), run(without="vigilantes."), run(without="command."))
    )
    assert tolerated == 0.0 and 0.4 * real < led < 0.9 * real


def test_years_and_weeks_are_those_of_the_calendar():
    homicides = episode.counted(run(), PUBLISHED)
    assert homicides.shape == (1, len(episode.YEARS))
    weekly = episode.local(run(), "reporting.homicides", PUBLISHED.run["place"])[0]
    assert homicides.sum() == pytest.approx(weekly[52:].sum(), rel=0.01)
    assert episode.week_of(PUBLISHED, PUBLISHED.run["order"]) == 106
    assert episode.relapse(np.array([[9.0, 1.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0]])) == pytest.approx(
        2.0
    )
