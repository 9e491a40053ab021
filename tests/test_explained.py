"""What mechanisms explain of changes: by hand, in the limits, and of the fit that ships,
as the documents tell it.
"""

import re
from pathlib import Path

import numpy as np
import pandas
import pytest

from tregua.inference.variance_explained import explained_table
from tregua.scenarios.posterior import load_posterior


def tables(recorded, expected):
    """Tables of a fit with states in rows and years in columns."""
    states, years = recorded.shape
    where = {
        "state_code": np.repeat([f"{i + 1:02d}" for i in range(states)], years),
        "year": np.tile(2007 + np.arange(years), states),
    }
    each = pandas.DataFrame(
        {**where, "recorded": recorded.ravel(), "mechanisms_median": expected.ravel()}
    )
    return each, each.groupby("year", as_index=False)[["recorded", "mechanisms_median"]].sum()


def shares(recorded, expected):
    return explained_table(*tables(recorded, expected)).set_index(["of", "years_apart"])[
        "explained"
    ]


RECORD = np.random.default_rng(1).lognormal(7.0, 0.5, (6, 9))


def test_the_record_itself_explains_all_and_a_level_that_stays_nothing():
    assert shares(RECORD, RECORD).to_numpy() == pytest.approx(np.ones(4))
    # Twice or half as high in every year and place: levels do not count.
    assert shares(RECORD, 0.5 * RECORD).to_numpy() == pytest.approx(np.ones(4), abs=1e-3)
    stays = np.repeat(RECORD[:, :1], 9, axis=1)
    parts = shares(RECORD, stays)
    assert parts["nation"].to_numpy() == pytest.approx(np.zeros(2), abs=1e-12)
    assert parts["states beside it"].to_numpy() == pytest.approx(np.zeros(2), abs=1e-12)


def test_the_contrary_of_every_change_is_worse_than_none():
    # The change left is twice the recorded one, and its square four times: 1 - 4.
    assert shares(RECORD[:1], 1e6 / RECORD[:1])["nation"].to_numpy() == pytest.approx(
        np.full(2, -3.0), abs=0.02
    )


def test_a_steady_rise_explains_a_steady_rise_and_nothing_of_what_goes_up_and_down():
    rise = 1e6 * np.exp(0.1 * np.arange(9.0))[None, :]
    table = explained_table(*tables(rise, np.full((1, 9), 1e6)))
    assert table["steady"].to_numpy() == pytest.approx(np.ones(2))
    assert table["explained"].to_numpy() == pytest.approx(np.zeros(2), abs=1e-9)
    saw = 1e6 * np.exp(np.tile([0.0, 0.5], 5)[:9])[None, :]
    assert explained_table(*tables(saw, saw))["steady"].to_numpy() == pytest.approx(
        np.zeros(1), abs=1e-9
    )


def test_by_hand():
    """Two states. The record doubles and halves; the mechanisms expect half of the first change, on
    the log, in one state and nothing in the other.
    """
    recorded, expected = (
        np.array([[1e6, 2e6, 1e6], [1e6, 1e6, 1e6]]),
        np.array([[1e6, np.sqrt(2.0) * 1e6, np.sqrt(2.0) * 1e6], [1e6, 1e6, 1e6]]),
    )
    table = explained_table(*tables(recorded, expected))
    assert table["years_apart"].tolist() == [1, 1], (
        "four years apart there is nothing in three years"
    )
    up, ours = np.log(1.5), np.log((1.0 + np.sqrt(2.0)) / 2.0)
    nation, states = table.iloc[0], table.iloc[1]
    assert nation["recorded"] == pytest.approx(up, rel=1e-4)
    assert nation["explained"] == pytest.approx(
        1.0 - ((up - ours) ** 2 + up**2) / (2.0 * up**2), rel=1e-4
    )
    apart = np.array([np.log(2.0) - up, -up])
    left = apart - np.array([0.5 * np.log(2.0) - ours, -ours])
    assert states["explained"] == pytest.approx(
        1.0 - ((left**2).sum() + (apart**2).sum()) / (2.0 * (apart**2).sum()), rel=1e-4
    )


def test_the_documents_tell_what_the_shipped_fit_explains():
    stored = load_posterior("mexico")
    table = explained_table(stored.tables["state_year"], stored.tables["nation_year"]).set_index(
        ["years_apart", "of"]
    )
    text = " ".join(
        (Path(__file__).parent.parent / "docs" / "fitting.md").read_text(encoding="utf-8").split()
    )
    said = re.search(
        (
            r"explain (\d+) % of the change from year to year in the nation and (\d+) % of that "
            r"of the states beside it; over four years (\d+) and (\d+) %. One steady rise would "
            r"explain (\d+) and (\d+) % of the nation's"
        ),
        text,
    )
    reached = [
        table.loc[(years, of), "explained"]
        for years in (1, 4)
        for of in ("nation", "states beside it")
    ]
    reached += [table.loc[(years, "nation"), "steady"] for years in (1, 4)]
    assert [float(x) for x in said.groups()] == [round(100.0 * x) for x in reached]
