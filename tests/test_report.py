"""Reports: one page that needs nothing else, that a reader without sight can use,
and that says what was run.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from tregua import Model, Policy, Scenario, Study, simulate
from tregua.reporting.caveats import fit_fails
from tregua.reporting.charts.comparisons import pictures_of_comparison
from tregua.reporting.charts.runs import pictures_of_run
from tregua.reporting.html import comparison_report, run_report
from tregua.reporting.run_folder import comparison_tables, run_tables
from tregua.results.provenance import make_manifest

SCENARIO = Scenario(Model.size_2023(), weeks=104, label="A small run")
HALF = Policy.scale("recruitment.rate", 0.5, from_="2012-07", name="half").named(
    "half", "Half <b>recruitment</b>"
)
VOID = {"meta", "link", "img", "br", "hr"}


class Page(HTMLParser):
    """Tags, resources, headings and text of a page;
    a tag that is closed out of order is an error.
    """

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert not self.open
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


def report_of_run(scenario=SCENARIO, draws=None, pictured=False, **how) -> Page:
    trajectories = simulate(scenario, draws=draws, **how)
    manifest = make_manifest("run", [trajectories], "tregua run small.toml", 1.0, draws)
    pictures = pictures_of_run(trajectories) if pictured else []
    return Page(run_report(trajectories, manifest, pictures, run_tables(trajectories, manifest)))


def report_of_comparison(policies, pictured=False, **how) -> Page:
    comparison = Study(SCENARIO, policies, **how).run(seed=3)
    manifest = make_manifest(
        "comparison", [comparison.baseline, *comparison.policies], "tregua compare small.toml", 1.0
    )
    pictures = pictures_of_comparison(comparison) if pictured else []
    return Page(
        comparison_report(comparison, manifest, pictures, comparison_tables(comparison, manifest))
    )


@pytest.fixture(scope="module")
def run_page():
    return report_of_run(pictured=True, replicates=8, seed=3)


@pytest.fixture(scope="module")
def comparison_page():
    return report_of_comparison(
        [HALF, Policy("none", label="No change")], pictured=True, replicates=8
    )


@pytest.fixture(params=["run_page", "comparison_page"])
def page(request):
    return request.getfixturevalue(request.param)


def test_nothing_is_loaded_from_elsewhere(page):
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "object", "embed")
        for name in ("src", "href", "srcset", "data", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)


def test_links_inside_the_page_lead_somewhere(page):
    places = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(places) == len(set(places))
    targets = [
        a[key].lstrip("#")
        for _, a in page.tags
        for key in ("href", "aria-labelledby")
        if a.get(key, "data:") and not a.get(key, "data:").startswith("data:")
    ]
    assert targets and set(targets) <= set(places)


def test_pictures_have_words_and_tables_have_headings(page):
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) >= 3 and all(len(image["alt"]) > 40 for image in images)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("figcaption") == tags.count("figure") == len(images)
    assert tags.count("caption") == tags.count("table") > 0
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")


def test_headings_are_in_order(page):
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_it_says_what_it_rests_on_and_what_it_cannot_say(page):
    for words in (
        "BACRIM 2020",
        "Prieto-Curiel",
        "It is no forecast.",
        "Bands show chance only.",
        "96,000 to 690,000",
        "size-2023-identifiability",
        "Nobody leaves prison.",
        "Deaths are those of members only.",
        "There are no places in it.",
        "not a finding that anyone is guilty",
        "mechanism default",
        "Inputs (SHA-256)",
    ):
        assert words in page.text, words


def test_the_answer_has_numbers_and_their_range(run_page):
    assert "From 1 January 2012 to 29 December 2013, the model counts" in run_page.text
    assert "nine in ten replicates:" in run_page.text


def test_the_answer_of_a_comparison(comparison_page):
    assert "“Half <b>recruitment</b>” makes a difference" in comparison_page.text, (
        "escaped, not obeyed"
    )
    assert "1 policy against the baseline, and a check" in comparison_page.text, (
        "a policy that changes nothing is no policy"
    )
    assert "fewer in 8 of 8 pairs" in comparison_page.text
    assert (
        "No change: no change in members killed by rival groups in any pair" in comparison_page.text
    )
    assert (
        "can decide whether a policy brings deaths down from where they are" in comparison_page.text
    )
    assert "multiplied by 0.5, from 1 July 2012 to the end" in comparison_page.text


def test_without_chance_there_is_no_band():
    text = report_of_run(solver="mean-field").text
    assert (
        "without chance, so there is no range around them" in text
        and "There is no chance in this run." in text
    )
    assert "nine in ten" not in text and "Bands show chance only" not in text
    text = report_of_comparison([HALF], solver="mean-field").text
    assert (
        "makes a difference" in text and "nine in ten" not in text.lower() and "pairs" not in text
    )


def test_with_draws_the_bands_are_not_called_chance_only():
    text = report_of_run(
        replicates=8, draws={"recruitment.rate": np.linspace(0.002, 0.003, 8)}
    ).text
    assert (
        "what the draws of the parameters leave open" in text
        and "chance only" not in text
        and "posterior draw" in text
    )


def test_a_fit_that_fails_its_own_test_says_so_before_the_first_number():
    trajectories = simulate(SCENARIO, replicates=2)
    manifest = make_manifest("run", [trajectories], "tregua run small.toml", 1.0)
    failing = {**manifest, "posterior": {"problems": ["far off"], "misfit": [4.7, 2.138]}}
    page = Page(run_report(trajectories, failing, [], run_tables(trajectories, manifest)))
    said = page.text.index("fails its own test: it misses the record by 2.1 squared deviations")
    assert page.text.index("In one sentence") < said < page.text.index("the model counts")
    assert "where at most 1.5 pass" in page.text
    passing = {"posterior": {"problems": [], "misfit": [4.7, 1.2]}}
    assert fit_fails(passing) == fit_fails({"posterior": None}) == ""
    assert "far off" in fit_fails({"posterior": {"problems": ["far off"]}})


def test_a_policy_that_does_nothing():
    assert (
        "No policy changes the number of members killed by rival groups"
        in report_of_comparison([Policy("none")], replicates=8).text
    )


def test_values_name_the_layer_that_gave_them():
    scenario = Scenario(
        Model.size_2023(),
        weeks=20,
        values={"recruitment.rate": 0.002},
        overrides={"arrests.effort": 123.0},
    )
    text = report_of_run(scenario, replicates=8).text
    for cells in (
        ("recruitment.rate", "0.002 1/week", "scenario"),
        ("arrests.effort", "123 person/week", "command line"),
    ):
        assert re.search(r"\s*".join(cells), text), cells
    assert "The run covers no whole calendar year." in text


def test_what_does_not_apply_is_not_said():
    text = report_of_run(
        Scenario(Model.size_2023() - "conflict" - "arrests", weeks=20), replicates=8
    ).text
    assert "Deaths are those" not in text and "Nobody leaves prison" not in text
