"""Series that no fit sees, beside a run."""

import numpy as np
import pandas as pd
import pytest

from tregua.countries.observed import held_out_of, unseen_counts
from tregua.countries.registry import first_pack
from tregua.engine.run import simulate
from tregua.inference.streams import streams_on_record
from tregua.model.model import Model
from tregua.reporting.charts.fit import held_out_picture
from tregua.results.held_out import held_out
from tregua.results.on_record import counts_on_record
from tregua.results.outcomes import outcomes_of
from tregua.results.tables import yearly_values
from tregua.scenarios.scenario import Scenario
from tregua.shipped import read_table

SERIES = held_out_of(first_pack()).series


@pytest.fixture(scope="module")
def run():
    names = (
        "founding",
        "recruitment",
        "arrests",
        "conflict",
        "saturation",
        "civilians",
        "reporting",
    )
    model = Model([m for m in Model.standard().mechanisms if m.name in names])
    return simulate(
        Scenario(model, start="2009-01", weeks=470, data="mexico-2007", stocks="as of 2007-01-01"),
        "tau-leap",
        replicates=8,
    )


def test_counts_are_those_of_the_files():
    counts = {s.outcome: unseen_counts(first_pack(), n) for n, s in SERIES.items()}
    missing = read_table("countries/mexico/tables", "missing.csv").query("year == 2020")
    assert counts["recorded_missing"][2020] == missing["disappeared_or_not_located"].sum()
    assert counts["recorded_displaced"] == {
        2016: 23169.0,
        2017: 20390.0,
        2018: 11491.0,
        2020: 9741.0,
    }
    assert counts["recorded_homicides"][2018] == 33_742
    states = counts_on_record(first_pack())["victims"]
    assert len(states) == 32 and sum(years[2018] for years in states.values()) == 33_742


def test_no_stream_of_a_fit_uses_them():
    fitted = {
        flow
        for stream in streams_on_record(first_pack(), 2007, 2020)
        for flow in getattr(stream, "flows", ())
    }
    assert fitted
    assert not {flow for flow in fitted if "missing" in flow or "displaced" in flow}


def test_the_table_holds_years_that_both_have_and_says_where_the_record_lies(run):
    table = held_out(run)
    assert list(dict.fromkeys(table["outcome"])) == [series.outcome for series in SERIES.values()]
    assert set(table.loc[table["outcome"] == "recorded_missing", "year"]) == set(range(2010, 2018))
    assert set(table.loc[table["outcome"] == "recorded_homicides", "year"]) == {2015, 2016, 2017}
    expected = np.median(
        yearly_values(run, [outcomes_of(run.scenario.model)["recorded_missing"]])[0], axis=1
    )[1]
    assert (
        table.loc[
            (table["outcome"] == "recorded_missing") & (table["year"] == 2010), "median"
        ].item()
        == expected
    )
    position = np.select(
        [table["recorded"] < table["low_90"], table["recorded"] > table["high_90"]],
        ["below", "above"],
        "inside",
    )
    assert list(table["record_is"]) == list(position)


def test_a_run_of_other_places_or_without_records_has_none():
    assert held_out(simulate(Scenario(Model.size_2023(), weeks=60), "rk4")).empty


def test_the_picture_says_how_many_years_lie_inside():
    bands = {
        "low_90": [1.0, 1.0],
        "low_50": [2.0, 2.0],
        "median": [3.0, 3.0],
        "high_50": [4.0, 4.0],
        "high_90": [5.0, 5.0],
    }
    table = pd.DataFrame(
        {
            "series": "missing persons",
            "year": [2010, 2011],
            "recorded": [3.0, 9.0],
            **bands,
            "record_is": ["inside", "above"],
        }
    )
    assert "missing persons: 1 of 2 years inside" in held_out_picture(table).alt
