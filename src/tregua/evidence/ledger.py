"""The evidence ledger: every claim of the two articles and every source, with its chain, its
figures, and what rests on it.

Evidence is a graph. A claim reaches us through a chain of reporters, and a parameter rests on
claims and sources. Chains that end at the same origin are one piece of evidence, however many
repeat it; :func:`independent_origins` counts the ends. Figures that were corrected or that disagree
stay side by side.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..model.declarations import Number, Source, SourceKind, Stance
from ..model.mechanism import Mechanism
from ..model.registry import registry
from ..shipped import of_countries, shipped_bytes
from .cite import unknown
from .claims import CLAIMS, Claim
from .sources import sources_of

KIND_STANCE: dict[SourceKind, Stance] = {
    "official": "official",
    "press-compiled": "reported",
    "dataset": "measured",
    "paper": "estimated",
}
"""How a source of a kind stands to what it says,
where a parameter that rests on it says nothing else.
"""

CLAIM_ID = re.compile(r"\bC\d{2}\b")


@dataclass(frozen=True)
class Count:
    """One figure among several for the same quantity.

    Attributes:
        value: the figure, ``None`` where only ``low`` and ``high`` or words are given.
        low: lowest figure given, ``None`` where a single one is given.
        high: highest figure given, likewise.
        by: id of the claim or source that gives it.
        how: ``stated``, ``corrected``, or ``computed`` by us from other figures.
        date: when it was stated or what it holds for, as precisely as known.
        parts: what a computed figure is made of; a sum, or numerator and denominator.
        ratio: whether ``parts`` are numerator and denominator.
        note: what the figure counts, in words.
    """

    value: Number | None
    low: Number | None
    high: Number | None
    by: str
    how: str
    date: str
    parts: tuple[Number, ...] = ()
    ratio: bool = False
    note: str = ""

    def computed(self) -> Number:
        """The figure from its parts."""
        return self.parts[0] / self.parts[1] if self.ratio else sum(self.parts)


@dataclass(frozen=True)
class Conflict:
    """Figures for one quantity that were corrected or that disagree.

    Attributes:
        id: short name.
        quantity: what is counted, where and when.
        unit: unit of every figure, empty where the figures are words.
        claims: claims that it belongs to.
        sources: other sources that give a figure.
        counts: the figures, in the order of their dates.
        note: what is known about why they differ.
    """

    id: str
    quantity: str
    unit: str
    claims: tuple[str, ...]
    sources: tuple[str, ...]
    counts: tuple[Count, ...]
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """A claim of an article, or a source.

    Attributes:
        id: ``C01`` to ``C59``, or the source's id.
        source: article and paragraphs, or the full citation.
        date: when it was published.
        chains: each from the outermost reporter to the origin.
        stance: how it stands to what it says.
        text: the claim in our own words; for a source what a reader must know, or empty.
        figures: the numbers of a claim as stated.
        conflicts: figures that were corrected or that disagree.
        system: the part of the world that a claim is about; the kind of a source.
        use: what the model makes of a claim.
        used_by: full names of parameters, and names of mechanisms whose form rests on it.
        excluded: why no mechanism uses a claim, empty for the others.
    """

    id: str
    source: str
    date: str
    chains: tuple[tuple[str, ...], ...]
    stance: Stance
    text: str
    figures: str = ""
    conflicts: tuple[Conflict, ...] = ()
    system: str = ""
    use: str = ""
    used_by: tuple[str, ...] = ()
    excluded: str = ""

    @property
    def is_claim(self) -> bool:
        """Whether it is a claim of an article, and not a source."""
        return self.id in CLAIMS


def independent_origins(entry: Entry) -> int:
    """Number of distinct ends of an entry's chains: voices that do not merely repeat each other,
    as far as the record shows.
    """
    return len({chain[-1].casefold() for chain in entry.chains})


def users(mechanisms: Mapping[str, type[Mechanism]] | None = None) -> dict[str, tuple[str, ...]]:
    """Who rests on each claim and source: ``mechanism.parameter`` for the evidence of a parameter,
    ``mechanism`` for a claim behind its form.

    Args:
        mechanisms: by name; by default all that are known.

    Raises:
        TreguaError: TR1601 where a mechanism names a claim or source that the ledger does not have.
    """
    resting: dict[str, list[str]] = {}
    mechanisms = registry() if mechanisms is None else mechanisms
    for name, kind in mechanisms.items():
        for parameter in kind.parameters:
            for evidence in parameter.evidence:
                if evidence.id:
                    resting.setdefault(evidence.id, []).append(f"{name}.{parameter.name}")
        for claimed in claims_of(kind):
            resting.setdefault(claimed, []).append(name)
    sources = sources_of(mechanisms)
    for cited in resting:
        if cited not in CLAIMS and cited not in sources:
            raise unknown(cited)
    return {key: tuple(dict.fromkeys(names)) for key, names in resting.items()}


def claims_of(kind: type[Mechanism]) -> tuple[str, ...]:
    """Claims behind the form of a mechanism: those it lists, then those that its module and its
    class name in their docstrings.
    """
    texts = (inspect.getdoc(inspect.getmodule(kind)) or "", kind.__doc__ or "")
    return tuple(
        dict.fromkeys((*kind.claims, *(name for text in texts for name in CLAIM_ID.findall(text))))
    )


def unsupported(mechanisms: Mapping[str, type[Mechanism]] | None = None) -> tuple[str, ...]:
    """Full names of parameters that rest on nothing and do not say so:
    without evidence, or with evidence that has no id and is not marked assumed.
    """
    return tuple(
        f"{name}.{parameter.name}"
        for name, kind in (registry() if mechanisms is None else mechanisms).items()
        for parameter in kind.parameters
        if not parameter.evidence
        or any(not e.id and e.stance != "assumed" for e in parameter.evidence)
    )


def unanswered(mechanisms: Mapping[str, type[Mechanism]] | None = None) -> tuple[str, ...]:
    """Claims that no mechanism uses and no written reason excludes."""
    return tuple(
        name for name in CLAIMS if name not in users(mechanisms) and name not in exclusions()
    )


def load() -> tuple[Entry, ...]:
    """All entries: the claims in their order, then the sources in theirs."""
    used, tuples, known = users(), conflicts(), sources_of(registry())
    claims = [_claim(claim, used, tuples) for claim in CLAIMS.values()]
    sources = [_source(name, source, used, tuples) for name, source in known.items()]
    return (*claims, *sources)


def entry(name: str) -> Entry:
    """One entry by id, in any case (TR1601 if there is none)."""
    entries = {e.id.casefold(): e for e in load()}
    if name.casefold() not in entries:
        raise unknown(name)
    return entries[name.casefold()]


@cache
def conflicts() -> tuple[Conflict, ...]:
    """Every set of figures that were corrected or that disagree."""
    return tuple(
        Conflict(
            record["id"],
            record["quantity"],
            record["unit"],
            tuple(record.get("claims", ())),
            tuple(record.get("sources", ())),
            tuple(_count(count) for count in record["counts"]),
            record.get("note", ""),
        )
        for listed in _of_countries("conflicts.toml")
        for record in listed["conflict"]
    )


@cache
def exclusions() -> dict[str, str]:
    """Claims that no mechanism uses, with the reason."""
    return {name: why for listed in _of_countries("excluded.toml") for name, why in listed.items()}


def _of_countries(file: str) -> tuple[dict[str, Any], ...]:
    """A file about evidence of every country that has it."""
    return tuple(
        tomllib.loads(shipped_bytes(path).decode()) for path in of_countries(f"evidence/{file}")
    )


def _count(record: Mapping[str, Any]) -> Count:
    low, high = record.get("range", (None, None))
    parts = tuple(record.get("sum", record.get("ratio", ())))
    return Count(
        record.get("value"),
        low,
        high,
        record["by"],
        record["how"],
        record["date"],
        parts,
        "ratio" in record,
        record.get("note", ""),
    )


def _of(name: str, among: Iterable[Conflict]) -> tuple[Conflict, ...]:
    return tuple(c for c in among if name in c.claims or name in c.sources)


def _claim(claim: Claim, used: Mapping[str, tuple[str, ...]], among: Iterable[Conflict]) -> Entry:
    letter, _, date = claim.article.partition(" ")
    return Entry(
        claim.id,
        f"article {letter}, paragraph {claim.paragraphs.replace(',', ', ')}",
        date.strip("()"),
        tuple(
            tuple(link.strip() for link in chain.split(" < "))
            for chain in claim.source_chain.split(";")
        ),
        claim.stance,
        claim.claim,
        "" if claim.figures == "-" else claim.figures,
        _of(claim.id, among),
        claim.system,
        claim.use_in_model,
        used.get(claim.id, ()),
        exclusions().get(claim.id, ""),
    )


def _source(
    name: str, source: Source, used: Mapping[str, tuple[str, ...]], among: Iterable[Conflict]
) -> Entry:
    chain = ("press reports", source.text) if source.kind == "press-compiled" else (source.text,)
    cited = source.text + (f" ({source.link})" if source.link else "")
    return Entry(
        name,
        cited,
        str(source.year),
        (chain,),
        KIND_STANCE[source.kind],
        source.note,
        "",
        _of(name, among),
        source.kind,
        "",
        used.get(name, ()),
        "",
    )
