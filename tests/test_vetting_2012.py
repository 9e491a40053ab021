"""The vetting of 2012 comes out of the mechanism files, and says what it does not reach."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tregua.engine.run import simulate
from tregua.studies.reproductions import vetting_2012
from tregua.studies.reproductions.published import load
from tregua.studies.reproductions.rows import Reproduction

pytestmark = pytest.mark.slow

PUBLISHED = load(vetting_2012.NAME)


@cache
def runs():
    return {
        n: simulate(
            vetting_2012.scenario(PUBLISHED, n),
            "mean-field",
            block_weeks=PUBLISHED.run["block_weeks"],
        )
        for n in PUBLISHED.policies
    }


OUTSIDE = {
    "tested.2013",
    "local.failed.2013",
    "federal.failed.2013",
    "share.2013",
    "serving.2014",
    "local.share.2018",
    "local.valid.2018",
    "serving.2018",
}
"""Later official figures that the model misses."""


def own() -> dict[str, float]:
    figures = vetting_2012.figures(PUBLISHED, runs()["as_found"])
    keys = {entry["key"] for entry in PUBLISHED.entries}
    return {n: float(x[0]) for n, x in figures.items() if n in keys}


def test_figures_of_2012_come_out_and_later_ones_do_not():
    rows = {row.key: row for row in PUBLISHED.compare(own(), partly=True)}
    assert {key for key, row in rows.items() if row.verdict == "OUTSIDE"} == OUTSIDE
    assert sum(row.verdict == "ok" for row in rows.values()) == 11
    assert rows["failed.2013"].verdict == "ok", "by two errors that cancel, as its note says"
    # What the model cannot reach: with limits as in 2012 more officers serve after a failed test
    # than in any later release.
    assert rows["serving.2014"].ours > 2 * 42_214 and rows["serving.2018"].ours > 3 * 30_043


def test_another_capacity_is_noticed():
    figures = vetting_2012.figures(
        PUBLISHED,
        simulate(
            vetting_2012.scenario(PUBLISHED).with_values({"vetting.capacity": 1000.0}),
            "mean-field",
            block_weeks=4,
        ),
    )
    rows = PUBLISHED.compare(
        {n: float(figures[n][0]) for n in ("tested.2012", "failed.2012", "serving.2012")},
        partly=True,
    )
    assert not Reproduction("x", "x", "", rows, {}, {}).passed


def test_the_rule_needs_both_limits_lifted():
    told = vetting_2012.under_policies(PUBLISHED, runs())
    assert told["no_limit.serving.2018"] < 0.1 * own()["serving.2018"]
    assert (
        0.5 * own()["serving.2018"] < told["no_labour_limit.serving.2018"] < own()["serving.2018"]
    )


def test_the_force_starts_in_balance():
    run = runs()["as_found"]
    compromised = sum(run.total(n)[0] for n in ("compromised", "undetected", "found_out"))
    assert np.abs(compromised / compromised[0] - 1.0).max() < 0.02


def test_a_share_is_found_at_which_the_published_number_fails():
    small = type(PUBLISHED)(**{**vars(PUBLISHED), "run": {**PUBLISHED.run, "draws": 12}})
    draws, possible = vetting_2012.solve(small)
    assert possible.mean() > 0.8
    week = vetting_2012.week_at(small, "2012")
    run = simulate(
        vetting_2012.scenario(small, weeks=week), "mean-field", block_weeks=week, draws=draws
    )
    failed = vetting_2012.moved(run, ("mistaken", "detected"), week)[:, vetting_2012.LOCAL].sum(
        axis=1
    )
    assert failed[possible] == pytest.approx(65_000.0, rel=2e-3)
    share = draws["corruption.at_start"][possible, 0]
    assert share.max() > 1.5 * share.min(), (
        "the same failures fit very different shares of compromised officers"
    )
