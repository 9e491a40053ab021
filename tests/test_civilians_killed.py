"""Civilians killed are one number with its parts, wherever it is told: tables, terminal, report and
lab, in both languages.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest

import nation
from test_report import Page
from tregua import Policy, simulate
from tregua.cli.run_summary import show_run
from tregua.lab.answers.answer import answer, parts_text
from tregua.lab.handles import DECLARED
from tregua.lab.package import Package, Setting
from tregua.lab.words import sayer
from tregua.lab.work.futures import WIDTH, Present
from tregua.lab.work.headline import killed_of, kinds
from tregua.model.declarations import BACKGROUND, CIVILIAN
from tregua.model.model import Model
from tregua.reporting.html import run_report
from tregua.reporting.run_folder import run_tables
from tregua.reporting.wording import persons
from tregua.results.by_victim import ALL
from tregua.results.outcomes import civilians_killed, outcomes_of, summary
from tregua.results.provenance import make_manifest

YEAR = nation.scenario(weeks=53)
PARTS = civilians_killed(YEAR.model).parts
SEED = 3
PACKAGE = Package(
    settings=(Setting(handle="arrests.effort", value=2.0, start=dt.date(2012, 1, 1)),)
)


@pytest.fixture(scope="module")
def run():
    return simulate(YEAR, replicates=WIDTH, seed=SEED)


@pytest.fixture(scope="module")
def told(run):
    """All civilians and each part, killed in the year: persons as text, straight from the flows."""
    flows = {
        cause: [
            name
            for name, (_, flow) in YEAR.model.flows.items()
            if flow.victim == CIVILIAN and cause in (ALL, flow.cause)
        ]
        for cause in (ALL, "crossfire", "operation", BACKGROUND)
    }
    shares = np.clip(366.0 / 7.0 - np.arange(53), 0.0, 1.0)
    killed = {cause: run.total(tuple(names)) @ shares for cause, names in flows.items()}
    whole, *parts = killed.values()
    assert np.allclose(sum(parts), whole) and min(part.sum() for part in parts) > 0.0
    return {cause: persons(float(np.median(values))) for cause, values in killed.items()}


def test_the_model_says_once_what_they_are():
    civilians = civilians_killed(YEAR.model)
    assert outcomes_of(YEAR.model)["killed_civilian"] == civilians
    assert [part.within for part in civilians.parts] == [
        "in crossfire",
        "in operations",
        "without a tie to groups",
    ]
    assert sorted(name for part in civilians.parts for name in part.series) == sorted(
        civilians.series
    )
    assert civilians_killed(Model.size_2023()) is None
    standard = civilians_killed(Model.standard())
    assert {name.partition(".")[0] for name in standard.series} == {"civilians", "troops"}
    assert "civilians.murdered" in standard.series


def test_tables_terminal_and_report_tell_the_same(run, told, capsys):
    manifest = make_manifest("run", [run], "tregua run nation.toml", 1.0)
    tables = run_tables(run, manifest)
    yearly = tables["yearly_bands"].set_index("outcome")["median"]
    names = ("civilian", "civilian_crossfire", "civilian_operation", "background")
    assert [persons(yearly[f"killed_{name}"]) for name in names] == list(told.values())
    in_run = tables["deaths_in_run"].set_index(["victim", "cause"])["mean"]
    assert in_run[CIVILIAN, ALL] == pytest.approx(sum(in_run[CIVILIAN, x] for x in list(told)[1:]))

    show_run(run)
    said = capsys.readouterr().out
    rows = ("civilians killed (in the year)", *(part.within for part in PARTS))
    assert [
        re.search(rf"^ *{re.escape(row)} +([\d,]+)", said, re.MULTILINE).group(1) for row in rows
    ] == list(told.values())

    page = Page(run_report(run, manifest, [], tables)).text
    by_year = page.split("Year by year")[1]
    columns = [outcome.name for outcome in summary(YEAR.model)]
    at = columns.index("killed_civilian")
    assert columns[at + 1 : at + 4] == [f"killed_{name}" for name in names[1:]]
    assert all(number in by_year for number in told.values())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("fewer civilians are killed than", "Civilians killed without the package")),
        ("es", ("mueren menos civiles que", "Civiles asesinados sin el paquete")),
    ],
)
def test_the_lab_tells_the_same_in_both_languages(futures, told, language, words):
    say = sayer(language)
    parts = parts_text(futures, say)
    said, _, beside = answer(futures, PACKAGE, CIVILIAN, say)
    numbers = {"first": 2012, "last": 2012, "civilians": told[ALL], "apart": told[BACKGROUND]}
    tied = killed_of(futures, "civilian_tied")[0].sum(axis=(1, 2))
    assert parts == say("lab.parts", tied=persons(float(np.median(tied))), **numbers)
    assert beside.startswith(parts) and words[0] in said and words[1] in parts
    assert answer(futures, PACKAGE, "member", say)[2] == ""


@pytest.fixture(scope="module")
def futures(tmp_path_factory):
    present = Present(YEAR, seed=SEED, first=YEAR.start, cache=tmp_path_factory.mktemp("lab"))
    return present.pairs(Policy("nothing"), range(1))


def test_no_handle_reaches_those_without_a_tie(futures):
    assert kinds(futures)[:3] == ("civilian", "civilian_tied", "civilian_background")
    assert "civilians.background" not in {handle.key for handle in DECLARED}
