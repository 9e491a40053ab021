"""What is on record beside what it could have counted: no label says more than its number."""

from pathlib import Path

import pandas as pd
import pytest

from tregua.countries.registry import first_pack
from tregua.engine.trajectories import Trajectories
from tregua.reporting import report_tables
from tregua.reporting.charts.fit import Named, _shown, widths_picture
from tregua.scenarios.posterior import load_posterior

FITTING = Path(__file__).parent.parent / "docs" / "fitting.md"


def row(doc, out_of, happened, recorded, share, year=2007):
    edges = {"happened": happened, "recorded": recorded, "share": share}
    columns = {
        f"{kind}_{name}": x
        for kind, values in edges.items()
        for name, x in zip(("low_90", "median", "high_90"), values, strict=True)
    }
    return {"doc": doc, "year": year, "out_of": out_of, **columns}


def test_a_share_has_its_band_and_each_row_says_out_of_whom(monkeypatch):
    monkeypatch.setattr(report_tables, "has_bands", lambda _: True)
    # as a run of 100 replicates gave them; 119 of 128 would be 93 %
    table = pd.DataFrame(
        [
            row("escaped", "all escaped", (30, 128, 500), (28, 119, 480), (0.877, 0.971, 1.0)),
            row("missing", "all killed", (9e3, 14500, 2e4), (700, 2050, 4e3), (0.05, 0.147, 0.27)),
            row("none", "all escaped", (0, 0, 0), (0, 0, 0), (float("nan"),) * 3),
        ]
    )
    # the run is asked for its bands only
    run = object.__new__(Trajectories)
    escaped, missing, none = report_tables.records_rows(run, table)
    assert (escaped["share"], escaped["share_range"]) == ("97 %", "88 % to 100 %")
    assert missing["out_of"] == "all killed" and missing["share"] == "15 %"
    assert (none["share"], none["share_range"]) == ("–", "")


def test_what_the_fit_calls_a_share_of_ucdp_is_shown_as_the_ratio_that_it_is():
    posterior = load_posterior("mexico")
    ratio = posterior.scatter["ucdp share 2007-2012"]
    above = 100 * (ratio > 1.0).mean()
    assert above == pytest.approx(9.5)
    text = " ".join(FITTING.read_text(encoding="utf-8").split())
    assert "is no part of a whole" in text and f"is above one in {above:.1f} % of draws" in text
    named = Named.of(first_pack())
    assert _shown("ucdp share 2007-2012", named) == (
        "UCDP's count per death expected in fights, 2007-2012"
    )
    assert _shown("effect on troops.half in Colima", named) == "troops.half in Colima"
    table = pd.DataFrame(
        {
            "unknown": ["ucdp share 2007-2012"],
            "mean": [0.7],
            "width_left": [0.5],
            "moved": [True],
        }
    )
    assert "UCDP's count per death expected" in widths_picture(table, named).alt
