"""The ledger: nothing rests on nothing, no id is made up, no figure is lost,
and nobody is named.
"""

import csv
import re
from pathlib import Path
from typing import get_args

import pytest

import tregua
from tregua.errors import TreguaError
from tregua.evidence import ledger
from tregua.evidence.cite import assumed, cite, claim
from tregua.evidence.claims import ARTICLES, CLAIMS, PUBLISHED
from tregua.evidence.sources import CITED
from tregua.model.declarations import (
    NONNEGATIVE,
    Evidence,
    LogNormal,
    Parameter,
    SourceKind,
    Stance,
)
from tregua.model.mechanism import Mechanism
from tregua.model.registry import registry

FOLDER = Path(tregua.__file__).parent / "countries" / "mexico" / "evidence"
ROWS = list(csv.DictReader((FOLDER / "claims.csv").read_text(encoding="utf-8").splitlines()))


def resting_on(
    *evidence: Evidence, claims: tuple[str, ...] = (), doc: str = "A mechanism of these tests."
) -> dict[str, type[Mechanism]]:
    """A registry with one mechanism of one parameter."""
    parameter = Parameter(
        "rate", 1.0, "1/week", LogNormal(1.0, 0.5), NONNEGATIVE, "a rate", evidence
    )
    return {
        "made": type(
            "Made", (Mechanism,), {"parameters": (parameter,), "claims": claims, "__doc__": doc}
        )
    }


def test_every_parameter_rests_on_something_or_says_that_it_is_assumed():
    assert ledger.unsupported() == ()


def test_a_parameter_that_rests_on_nothing_is_found():
    assert ledger.unsupported(resting_on()) == ("made.rate",)
    assert ledger.unsupported(resting_on(Evidence("hearsay", "reported", "somebody said so"))) == (
        "made.rate",
    )
    assert ledger.unsupported(resting_on(assumed("of the order of one"))) == ()
    assert (
        ledger.unsupported(
            resting_on(
                cite("dell-2015", "estimated", "its sign"), claim("C23", "rents are fought over")
            )
        )
        == ()
    )


@pytest.mark.parametrize(
    ("mechanisms", "wrong"),
    [
        (resting_on(Evidence("?", "reported", "?", id="nobody-1999")), "nobody-1999"),
        (resting_on(assumed("?"), claims=("C60",)), "C60"),
        (resting_on(assumed("?"), doc="As C99 has it."), "C99"),
    ],
    ids=["evidence", "claims", "docstring"],
)
def test_an_id_that_does_not_exist_is_refused(mechanisms, wrong):
    with pytest.raises(TreguaError, match="TR1601") as refused:
        ledger.users(mechanisms)
    assert refused.value.details["found"] == wrong


@pytest.mark.parametrize(
    "call",
    [
        lambda: cite("size2023", "estimated", ""),
        lambda: claim("C60", ""),
        lambda: ledger.entry("C00"),
    ],
)
def test_what_makes_evidence_refuses_an_unknown_id_and_names_the_nearest(call):
    with pytest.raises(TreguaError, match="TR1601") as refused:
        call()
    assert refused.value.details["nearest"] in {*CITED, *CLAIMS}


def test_every_id_that_a_shipped_mechanism_names_exists_and_its_evidence_is_that_of_the_ledger():
    assert set(ledger.users()) <= {*CITED, *CLAIMS}
    for name, kind in registry().items():
        for parameter in kind.parameters:
            for evidence in parameter.evidence:
                where = f"{name}.{parameter.name}"
                assert (
                    evidence.source == CITED[evidence.id].text
                    if evidence.id in CITED
                    else evidence.id or evidence.stance == "assumed"
                ), where
                assert evidence.id not in CLAIMS or evidence.stance == CLAIMS[evidence.id].stance, (
                    where
                )


def test_every_claim_is_used_or_excluded_with_a_reason():
    assert ledger.unanswered() == (), (
        "use it in a mechanism, or write in excluded.toml why none does"
    )


def test_a_claim_that_nobody_uses_is_found():
    assert "C53" in ledger.unanswered({})
    assert "C53" not in ledger.unanswered(resting_on(claim("C53", "a third failed")))
    assert "C53" not in ledger.unanswered(resting_on(assumed("?"), claims=("C53",)))
    assert "C17" not in ledger.unanswered({})


def test_exclusions_are_of_claims_that_nothing_uses_and_give_a_reason():
    assert set(ledger.exclusions()) <= set(CLAIMS)
    assert all(len(reason) > 40 for reason in ledger.exclusions().values())
    assert not set(ledger.exclusions()) & set(ledger.users()), (
        "a claim that is used needs no excuse: take it out of excluded.toml"
    )


def test_users_are_parameters_and_mechanisms_each_once():
    made = resting_on(
        claim("C53", "one"),
        claim("C53", "two"),
        claims=("C53", "C08"),
        doc="Form after C21 and C08.",
    )
    assert ledger.users(made) == {"C53": ("made.rate", "made"), "C08": ("made",), "C21": ("made",)}
    assert set(ledger.users()["size-2023"]) >= {
        "recruitment.rate",
        "conflict.lethality",
        "arrests.effort",
    }


def test_claims_and_sources_use_the_words_that_are_declared():
    assert {claim.stance for claim in CLAIMS.values()} <= set(get_args(Stance))
    assert {claim.letter for claim in CLAIMS.values()} == set(ARTICLES) == set(PUBLISHED)
    assert {source.kind for source in CITED.values()} == set(get_args(SourceKind))


def test_chains_run_from_the_article_to_their_origin():
    assert ledger.entry("C37").chains == (("article", "press outlet", "the defendant's own claim"),)
    assert ledger.entry("c03").chains == (("article",), ("numerous unnamed sources",))
    assert all(
        link and "<" not in link and ";" not in link
        for e in ledger.load()
        if e.is_claim
        for chain in e.chains
        for link in chain
    )
    assert ledger.entry("vetting-official").chains[0][0] == "press reports"


def test_voices_that_repeat_each_other_count_once():
    def origins(*chains):
        return ledger.independent_origins(ledger.Entry("C01", "", "", chains, "reported", ""))

    assert (
        origins(("article", "paper one", "the minister"), ("article", "paper two", "The minister"))
        == 1
    )
    assert (
        origins(("article", "paper one", "the minister"), ("article", "paper two", "a witness"))
        == 2
    )
    assert [ledger.independent_origins(ledger.entry(name)) for name in ("C05", "C42", "C53")] == [
        1,
        2,
        1,
    ]


def test_the_ledger_has_every_claim_and_every_source_once():
    ids = [e.id for e in ledger.load()]
    assert ids == [*CLAIMS, *CITED]
    assert all(e.source and e.date and (e.text or not e.is_claim) for e in ledger.load())
    assert all(
        re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and source.year > 1900
        for name, source in CITED.items()
    )
    assert all(source.year <= 2020 for source in CITED.values() if source.kind != "paper"), (
        "years after 2020 are kept for scoring"
    )


def test_conflicts_name_claims_and_sources_that_exist_and_every_figure_has_one_of_them():
    assert len({c.id for c in ledger.conflicts()}) == len(ledger.conflicts())
    for conflict in ledger.conflicts():
        assert set(conflict.claims) <= set(CLAIMS) and set(conflict.sources) <= set(CITED)
        assert len(conflict.counts) >= 2, conflict.id
        for count in conflict.counts:
            assert count.by in {*conflict.claims, *conflict.sources}, conflict.id
            assert count.how in {"stated", "corrected", "computed"} and re.fullmatch(
                r"\d{4}(-\d{2})?", count.date
            )
            assert (count.how == "computed") == bool(count.parts)
            assert count.value is not None or count.low is not None or count.note
            assert conflict in ledger.entry(count.by).conflicts


def test_every_computed_figure_is_what_its_parts_give():
    computed = [(c.id, count) for c in ledger.conflicts() for count in c.counts if count.parts]
    assert len(computed) > 10
    for name, count in computed:
        # A share is shown with three decimals, a factor with two; a sum of whole counts is exact.
        decimals = 0 if not count.ratio else 3 if count.value < 1 else 2
        assert round(count.computed(), decimals) == count.value, name


def figures(name: str) -> list[float | int]:
    """The values of one conflict, in order."""
    return [count.value for c in ledger.conflicts() if c.id == name for count in c.counts]


def test_the_figures_that_must_stay_side_by_side_do():
    assert figures("failed-still-serving") == [67_000, 65_000 + 2_045, 65_000 + 2_045 - 302]
    assert figures("failed-still-serving")[-1] == 66_743
    assert figures("piedras-negras-share") == [1 / 5, round(131 / 800, 3)]
    assert abs(131 / 800 - 1 / 6) < abs(131 / 800 - 1 / 5), "nearer a sixth than a fifth"
    assert figures("piedras-negras") == [132, 131]
    assert figures("nuevo-laredo") == [141, 83 + 58, 148, 151, 153]
    assert figures("apodaca") == [30, 29, 37]
    assert figures("federal-failed")[:2] == [2_045, 17_862]
    assert {7, 25, 37, 150, 543} <= set(figures("number-of-groups"))


def test_figures_that_a_conflict_takes_from_a_claim_stand_in_the_claim():
    for conflict in ledger.conflicts():
        for count in conflict.counts:
            if (
                count.by in CLAIMS
                and count.how == "stated"
                and count.value is not None
                and count.value > 1
            ):
                stated = ledger.entry(count.by)
                assert f"{count.value:,}" in f"{stated.figures} {stated.text}", (conflict.id, count)


CAPITALS = re.compile(r"\b[A-ZÁÉÍÓÚÑ][^\W\d_]*")

ALLOWED = set(
    CAPITALS.findall("""
    A About Afghan American An Another Antenuz Antunez Antúnez Apatzingán Apodaca Armed At
    August BBC BCCI Bases C Coahuila Cocaine Colombian Commission Communities Contras Corruption
    Counts Covert Death December Drones Drug Drugs February Federal Groups It Italia Jan January
    Knights Labour Laredo Latin Mandatory Many Mexican Mexico Miami Michoacán Monterrey National
    Negras News No Not Nueva Nuevo October Of Over Parácuaro Piedras Resolved SETCO Security
    Self Sept September Several Sinaloa States Strong Switched Tamaulipas Templar Terror That
    The Two UN US USD United Venezuela Venezuelan War What Where Which Who Zetas
    """)
)
"""Every word with a capital in the ledger: months, places, organisations, offices,
and words that open a sentence.
"""


def test_the_ledger_names_places_and_organisations_only():
    texts = [
        row[key] for row in ROWS for key in ("claim", "figures", "source_chain", "use_in_model")
    ]
    texts += [
        text
        for c in ledger.conflicts()
        for text in (c.quantity, c.note, *(count.note for count in c.counts))
    ]
    texts += ledger.exclusions().values()
    strange = {word for text in texts for word in CAPITALS.findall(text)} - ALLOWED
    assert not strange, (
        "a word that is no place, organisation or office must not be in the ledger; add it "
        "to ALLOWED if it is one"
    )
