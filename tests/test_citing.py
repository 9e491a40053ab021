"""How claims, articles and sources are cited, and how the ledger is searched for numbers."""

import json
import re
import tomllib
from importlib import resources

import pytest

from tregua.cli import run_command
from tregua.evidence.claims import CLAIMS
from tregua.evidence.ledger import load
from tregua.evidence.reference import as_bibtex, as_csl, reference_of
from tregua.evidence.searching import holds
from tregua.evidence.sources import CITED

PARTS = tomllib.loads(
    (resources.files("tregua.evidence") / "data" / "references.toml").read_text(encoding="utf-8")
)
ARTICLE_A = "CIA Drug Operations in Mexico with Civilians Caught in the Endless Crossfire"
ARTICLE_B = "Endemic Corruption Leads to Mexican Jailbreak"


def told(capsys, *arguments):
    assert run_command(["evidence", *arguments]) == 0
    return capsys.readouterr().out


def found_by(wanted):
    return {entry.id for entry in load() if holds(entry, wanted)}


def test_a_claim_is_cited_in_three_forms_one_after_the_other(capsys):
    text = told(capsys, "C53", "--cite")
    plain, bibtex, csl = text.split("\n\n")
    assert plain == (
        f"“{ARTICLE_B}”, 19 September 2012, as kept on the site JAR2, paragraph 62 (claim C53)."
    )
    assert bibtex.startswith("@misc{article-B,") and f"{{{{{ARTICLE_B}}}}}" in bibtex
    assert json.loads(csl) == [
        {
            "id": "article-B",
            "type": "webpage",
            "title": ARTICLE_B,
            "container-title": "JAR2",
            "issued": {"date-parts": [[2012, 9, 19]]},
            "note": "paragraph 62 (claim C53)",
        }
    ]


@pytest.mark.parametrize(("form", "place"), [("plain", 0), ("bibtex", 1), ("csl", 2)])
def test_a_format_picks_one(form, place, capsys):
    every = told(capsys, "C02", "--cite").rstrip("\n").split("\n\n")
    assert told(capsys, "C02", "--cite", "--format", form).rstrip("\n") == every[place]
    assert ARTICLE_A in every[place] and "updated 4 February 2014" in every[place]


def test_nothing_that_is_not_known_of_the_articles_is_given():
    for letter, title in (("A", ARTICLE_A), ("B", ARTICLE_B)):
        item = as_csl(reference_of(f"article-{letter}"))
        assert item["title"] == title
        assert set(item) <= {"id", "type", "title", "container-title", "issued", "note"}
        assert not re.search("author|url|doi|publisher", as_bibtex(reference_of(item["id"])))


def test_every_part_of_a_source_stands_in_its_text():
    assert set(PARTS) - set(CITED) == {"article-A", "article-B"}
    for name in set(PARTS) & set(CITED):
        text = CITED[name].text
        for key, part in PARTS[name].items():
            for words in part if isinstance(part, list) else [part]:
                assert words in text, (name, key)


@pytest.mark.parametrize("name", [*CITED, "article-A", "article-B", *CLAIMS])
def test_everything_can_be_cited(name):
    reference = reference_of(name)
    bibtex, item = as_bibtex(reference), as_csl(reference)
    assert bibtex.count("{") == bibtex.count("}") and reference.shown.strip("[]")
    assert re.match(r"@[a-z]+\{[A-Za-z0-9-]+,\n", bibtex)
    assert item["id"] and item["type"] and item["title"]
    if name in CITED:
        source = CITED[name]
        assert reference.text.startswith(source.text)
        assert ("issued" in item) == (source.kind == "paper")
        if source.link.startswith("doi:"):
            assert item["DOI"] == source.link.removeprefix("doi:")


def test_authors_have_family_names_and_institutions_stay_whole():
    assert as_csl(reference_of("dal-bo-2006"))["author"][1:] == [
        {"family": "Dal Bó", "given": "P."},
        {"family": "Di Tella", "given": "R."},
    ]
    assert "author = {Magliocca, N. R. and others}" in as_bibtex(reference_of("narcologic-2019"))
    assert "author = {{US Department of State}}" in as_bibtex(reference_of("incsr-2010"))


def test_a_list_is_cited_with_each_article_once(capsys):
    items = json.loads(told(capsys, "--system", "vetting", "--format", "csl"))
    assert [item["id"] for item in items] == ["article-B"]
    everything = json.loads(told(capsys, "--format", "csl"))
    assert [item["id"] for item in everything] == ["article-A", "article-B", *CITED]


def test_an_article_is_shown_with_its_claims_and_a_claim_with_its_reference(capsys):
    text = " ".join(told(capsys, "article B").split())
    assert ARTICLE_B in text and "Claims: C42 to C59" in text and "not known here" in text
    assert ARTICLE_B in " ".join(told(capsys, "C53").split())
    assert ARTICLE_A in json.loads(told(capsys, "c01", "--json"))["reference"]


@pytest.mark.parametrize("wanted", ["65000", "65,000", "65 000", "65\u202f000"])
def test_a_number_is_found_however_it_is_written(wanted):
    assert "C53" in found_by(wanted)
    assert found_by(wanted) == found_by("65000")


def test_a_number_finds_what_holds_it_and_no_longer_one():
    assert found_by("430 000") == found_by("430000") == {"C53"}
    assert "C53" not in found_by("5000") | found_by("30000")
    assert "prison-escapes-total" in found_by("1353")
    # a figure that only a table of figures side by side holds
    assert "vetting-official" in found_by("88062")
    assert found_by("over 430000 officers") == {"C53"}


def test_a_number_with_a_space_needs_no_quotes(capsys):
    assert [e["id"] for e in json.loads(told(capsys, "--search", "430", "000", "--json"))] == [
        "C53"
    ]


def test_text_is_found_in_any_case():
    assert "C53" in found_by("ARTICLE b, paragraph 62") and found_by("") == {
        *CLAIMS,
        *CITED,
    }
