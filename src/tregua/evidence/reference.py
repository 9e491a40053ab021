"""References: the two articles and every source, to be cited as plain text, BibTeX or CSL-JSON.

A reference is built from the parts that are known, in ``evidence/data/references.toml``. What is
not known, such as the author of the articles, is left out of all three.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from ..model.declarations import Source
from ..model.registry import registry
from .claims import ARTICLES, CLAIMS
from .sources import sources_of

Format = Literal["plain", "bibtex", "csl"]

OTHERS = "et al."
"""Stands in a list of authors for those not named."""


@dataclass(frozen=True)
class Reference:
    """What is known of something that can be cited; empty where it is not known.

    Attributes:
        key: id of the source, or ``article-A``, ``article-B``.
        kind: as of a source; ``article`` for the two articles.
        text: the whole as plain text.
        authors: persons with initials before the name, or an institution.
        title: as published.
        about: what it is about, in our words, where no title is known.
        journal: that it stands in; likewise ``book`` and ``proceedings``.
        volume: of the journal; likewise ``issue`` and ``pages``.
        publisher: or institution.
        number: of a report.
        site: on which it is kept.
        date: year, or year, month and day.
        doi: without address.
        arxiv: number.
        note: what else is known.
    """

    key: str
    kind: str
    text: str
    authors: tuple[str, ...] = ()
    title: str = ""
    about: str = ""
    journal: str = ""
    book: str = ""
    proceedings: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    number: str = ""
    site: str = ""
    date: tuple[int, ...] = ()
    doi: str = ""
    arxiv: str = ""
    note: str = ""

    @property
    def shown(self) -> str:
        """Title, or in square brackets what it is about."""
        return self.title or f"[{self.about}]"

    @property
    def types(self) -> tuple[str, str]:
        """Type in BibTeX and in CSL."""
        known = {
            self.journal: ("article", "article-journal"),
            self.book: ("incollection", "chapter"),
            self.proceedings: ("inproceedings", "paper-conference"),
            self.number: ("techreport", "report"),
            self.publisher if self.kind == "paper" else "": ("book", "book"),
            self.arxiv: ("misc", "article"),
            self.site: ("misc", "webpage"),
        }
        known.pop("", None)
        return next(
            iter(known.values()), ("misc", "dataset" if self.kind == "dataset" else "document")
        )


def reference_of(name: str) -> Reference:
    """The reference of a source, of an article (``article-A``), or of a claim: its article with the
    paragraphs. The id must be one that the ledger has.
    """
    if name in CLAIMS:
        claim = CLAIMS[name]
        several = "s" if "," in claim.paragraphs or "-" in claim.paragraphs else ""
        where = f"paragraph{several} {claim.paragraphs.replace(',', ', ')}"
        return _article(claim.letter, f"{where} (claim {name})")
    if name.startswith("article-"):
        return _article(name[-1])
    return _source(name, sources_of(registry())[name])


def article_named(name: str) -> str:
    """Id of an article, ``article-A`` for ``article a``; empty if it names none."""
    letter = name.casefold().removeprefix("article").strip(" -").upper()
    return f"article-{letter}" if letter in ARTICLES else ""


def cite_as(references: list[Reference], form: Format) -> str:
    """References in one form; CSL-JSON as one list."""
    if form == "csl":
        return json.dumps([as_csl(r) for r in references], ensure_ascii=False, indent=2)
    return "\n\n".join(r.text if form == "plain" else as_bibtex(r) for r in references)


def as_bibtex(reference: Reference) -> str:
    """An entry for BibTeX, in UTF-8; capitals of the title are kept."""
    r, (kind, _) = reference, reference.types
    date = dict(zip(("year", "month", "day"), map(str, r.date), strict=False))
    fields = {
        "author": " and ".join("others" if a == OTHERS else _turned(a) for a in r.authors),
        "title": r.shown,
        "journal": r.journal,
        "booktitle": r.book or r.proceedings,
        "volume": r.volume,
        "number": r.issue or r.number,
        "pages": r.pages.replace("-", "--"),
        "institution" if kind == "techreport" else "publisher": r.publisher,
        "howpublished": f"As kept on the site {r.site}" if r.site else "",
        **date,
        "doi": r.doi,
        "eprint": r.arxiv,
        "archiveprefix": "arXiv" if r.arxiv else "",
        "note": r.note,
    }
    fields |= {name: _escaped(fields[name]) for name in fields if name not in ("author", "doi")}
    # Twice in braces a title keeps its capitals.
    fields["title"] = f"{{{fields['title']}}}"
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{r.key},", *lines, "}"])


def as_csl(reference: Reference) -> dict[str, Any]:
    """An item of CSL-JSON."""
    r = reference
    item = {
        "id": r.key,
        "type": r.types[1],
        "author": [_person(author) for author in r.authors],
        "title": r.shown,
        "container-title": r.journal or r.book or r.proceedings or r.site,
        "volume": r.volume,
        "issue": r.issue,
        "page": r.pages,
        "publisher": r.publisher,
        "number": r.number or (f"arXiv:{r.arxiv}" if r.arxiv else ""),
        "issued": {"date-parts": [list(r.date)]} if r.date else None,
        "DOI": r.doi,
        "URL": f"https://arxiv.org/abs/{r.arxiv}" if r.arxiv else "",
        "note": r.note,
    }
    return {name: value for name, value in item.items() if value}


@cache
def _parts() -> Mapping[str, Mapping[str, Any]]:
    """What is known in parts, by id."""
    place = resources.files(__package__) / "data" / "references.toml"
    return tomllib.loads(place.read_text(encoding="utf-8"))


def _article(letter: str, where: str = "") -> Reference:
    """One of the two articles, or a place in it."""
    known = _parts()[f"article-{letter}"]
    updated = f"updated {_day(known['updated'])}" if "updated" in known else ""
    site = f"as kept on the site {known['site']}"
    parts = [f"“{known['title']}”", _day(known["date"]), updated, site, where]
    date = (known["date"].year, known["date"].month, known["date"].day)
    return Reference(
        f"article-{letter}",
        "article",
        ", ".join(part for part in parts if part) + ".",
        title=known["title"],
        site=known["site"],
        date=date,
        note="; ".join(part for part in (updated, where) if part),
    )


def _source(name: str, source: Source) -> Reference:
    """A source, from what is known in parts and its text."""
    known = dict(_parts().get(name, {}))
    authors = tuple(known.pop("authors", ()))
    if not known.get("title"):
        known.setdefault("about", source.text.removeprefix(", ".join(authors)).removeprefix(", "))
    published = source.kind == "paper"
    links = [link.strip() for link in source.link.split(";") if link.strip()]
    named = dict(link.split(":", 1) for link in links if ":" in link)
    # The year of a series may be the last one used, so it is not given as that of publication.
    dated = f"year of publication or last year used: {source.year}"
    notes = [
        # The parts of a paper are all that its text says; those of a series are not.
        source.text if known.get("title") and not published else "",
        "" if published or str(source.year) in source.text else dated,
        f"data: doi:{named['data doi']}" if "data doi" in named else "",
        source.note.rstrip("."),
    ]
    year = "" if str(source.year) in source.text else f" ({source.year})"
    told = [source.text + (year if published else ""), *notes[1:2], *links, source.note]
    return Reference(
        name,
        source.kind,
        ". ".join(part.rstrip(".") for part in told if part) + ".",
        authors,
        date=(source.year,) if published else (),
        doi=named.get("doi", ""),
        arxiv=named.get("arXiv", ""),
        note=". ".join(part for part in notes if part),
        **known,
    )


def _day(date: dt.date) -> str:
    return f"{date.day} {date:%B %Y}"


def _split(author: str) -> tuple[str, str]:
    """Initials and family name; no initials for an institution."""
    words = author.split()
    count = next((i for i, word in enumerate(words) if not word.endswith(".")), 0)
    return " ".join(words[:count]), " ".join(words[count:])


def _turned(author: str) -> str:
    """A name as BibTeX reads it best: family name first, an institution whole."""
    given, family = _split(author)
    return f"{family}, {given}" if given else f"{{{author}}}"


def _person(author: str) -> dict[str, str]:
    """A name of CSL."""
    given, family = _split(author)
    return {"family": family, "given": given} if given else {"literal": author}


def _escaped(text: str) -> str:
    """Text with what TeX takes for commands escaped."""
    return "".join(f"\\{letter}" if letter in "&%$#_{}" else letter for letter in text)
