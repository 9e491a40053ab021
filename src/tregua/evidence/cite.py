"""Evidence for a number, as a mechanism states it: a source, a claim of the articles, or nothing
but our own assumption.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import TreguaError, nearest_name
from ..model.declarations import Evidence, Source, Stance
from .claims import ARTICLES, CLAIMS, PUBLISHED
from .sources import CITED

SIZE_2023 = CITED["size-2023"].text


def cite(
    source: str, stance: Stance, summary: str, own: Mapping[str, Source] | None = None
) -> Evidence:
    """Evidence from a source.

    Args:
        source: its id, one of :data:`CITED`.
        stance: how the source stands to the number. A source whose script imposes a number without
            data is cited as ``assumed``.
        summary: what the source says, in our own words.
        own: sources by id that do not ship; a mechanism that cites one has them as its ``sources``.

    Raises:
        TreguaError: TR1601 if no source has that id.
    """
    known = CITED | dict(own or {})
    if source not in known:
        raise unknown(source)
    return Evidence(known[source].text, stance, summary, known[source].year, source)


def claim(name: str, summary: str) -> Evidence:
    """Evidence from a claim of one of the two articles, with the claim's own stance.

    Args:
        name: id of the claim, ``C01`` to ``C59``.
        summary: what of the claim is used, in our own words.

    Raises:
        TreguaError: TR1601 if no claim has that id.
    """
    if name not in CLAIMS:
        raise unknown(name)
    letter, stance = CLAIMS[name].letter, CLAIMS[name].stance
    return Evidence(f"claim {name}, {ARTICLES[letter]}", stance, summary, PUBLISHED[letter], name)


def assumed(summary: str) -> Evidence:
    """The statement that no source stands behind a number, with the reason for choosing it."""
    return Evidence("our own assumption", "assumed", summary)


def unknown(name: str) -> TreguaError:
    """The refusal of an id that names neither a source nor a claim."""
    return TreguaError(
        "TR1601",
        f"no source and no claim has the id {name!r}",
        found=name,
        expected="a claim, C01 to C59, or a source such as size-2023",
        nearest=nearest_name(name.upper(), CLAIMS) or nearest_name(name, CITED),
        do="`tregua evidence` lists them all",
    )
