"""Claims: what the two articles say, paraphrased claim by claim, and how each claim stands to the
world. They are listed in the folder of the country that they are about,
``evidence/claims.csv``.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass

from ..model.declarations import Stance
from ..shipped import of_countries, shipped_bytes

_ARTICLES = {
    letter: article
    for path in of_countries("evidence/articles.toml")
    for letter, article in tomllib.loads(shipped_bytes(path).decode()).items()
}

ARTICLES: dict[str, str] = {letter: article["what"] for letter, article in _ARTICLES.items()}
"""The two articles that the claims paraphrase, by letter."""

PUBLISHED: dict[str, int] = {letter: article["year"] for letter, article in _ARTICLES.items()}
"""Year of each article."""


@dataclass(frozen=True)
class Claim:
    """One claim of an article: a row of the table.

    Attributes:
        id: ``C01`` to ``C59``.
        article: letter of the article and its dates.
        paragraphs: where in the article it stands.
        system: the part of the world that it is about.
        claim: what it says, in our own words.
        figures: its numbers as stated, ``-`` where there are none.
        source_chain: from the article to the origin, links divided by `` < ``, chains by ``;``.
        stance: how it stands to the world.
        use_in_model: what the model makes of it.
    """

    id: str
    article: str
    paragraphs: str
    system: str
    claim: str
    figures: str
    source_chain: str
    stance: Stance
    use_in_model: str

    @property
    def letter(self) -> str:
        """Letter of the article: a key of :data:`ARTICLES`."""
        return self.article[0]


# Every mechanism imports this: the table is text, and a library for tables would take longer to
# load than all claims to read.
CLAIMS: dict[str, Claim] = {
    row["id"]: Claim(**row)  # type: ignore[arg-type]
    for path in of_countries("evidence/claims.csv")
    for row in csv.DictReader(shipped_bytes(path).decode().splitlines())
}
"""Every claim by id. A mechanism takes one with :func:`tregua.evidence.cite.claim`."""
