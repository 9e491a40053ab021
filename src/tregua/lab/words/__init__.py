"""Message catalogue: every text of the lab's pages in English and Spanish, under the same keys.

A key is the path to a text in ``en.toml`` and ``es.toml``, such as ``lab.headline``; values go into
named places in braces. In Spanish too a comma separates thousands and a point decimals. Every text
may name the country and its territories: ``{country}``, ``{territory}``, ``{territories}``, the
same with a capital, and ``{territory_count}``. A country may have texts of its own in the place of
these, in ``words/en.toml`` and ``words/es.toml`` of its pack. Claims have a Spanish translation in
``evidence/claims-es.toml`` of a country; other texts of the model and the ledger (what a source
says, notes on figures) are in English only, and pages say so.
"""

from __future__ import annotations

import datetime as dt
import string
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from ...countries.pack import Pack, in_language
from ...errors import TreguaError, nearest_name
from ...shipped import of_countries, shipped_bytes

LANGUAGES = ("en", "es")
"""Languages of the pages, the first where nothing was chosen."""

WEAKNESSES = 8
"""Known weaknesses that the catalogue tells: ``trust.weak_1`` and so on."""

REPORT = "report"
"""Table of the texts of a country that are for reports, which the lab does not say."""

MONTHS = "date.months"
"""Key of the names of months, in one text, separated by commas."""


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language by key.

    Raises:
        TreguaError: TR3030 for a language that there is not.
    """
    if language not in LANGUAGES:
        raise TreguaError(
            "TR3030",
            "the pages do not speak this language",
            found=language,
            expected=" or ".join(LANGUAGES),
        )
    return _flat(
        tomllib.loads(
            (resources.files(__package__) / f"{language}.toml").read_text(encoding="utf-8")
        )
    )


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    texts: dict[str, Any] = {}
    for key, value in table.items():
        texts |= (
            _flat(value, f"{prefix}{key}.")
            if isinstance(value, dict)
            else {f"{prefix}{key}": value}
        )
    return texts


@cache
def sayer(language: str, pack: Pack | None = None) -> Callable[..., str]:
    """The function that says a key in a language; days among the values are written as one reads
    them.

    Args:
        language: one of :data:`LANGUAGES`.
        pack: the country that is spoken of; None where the data are of none.

    Raises:
        TreguaError: TR3030 for a language that there is not, TR3024 for texts of the country that
            pages cannot say.
    """
    texts = catalogue(language) | own_texts(language, pack)
    terms = _terms(language, pack)

    def say(key: str, **values: Any) -> str:
        return texts[key].format(
            **terms
            | {
                name: day(value, language) if isinstance(value, dt.date) else value
                for name, value in values.items()
            }
        )

    return say


TERMS = ("country", "territory", "Territory", "territories", "Territories", "territory_count")
"""Names of what the country and its territories are called, in any text."""


def _terms(language: str, pack: Pack | None) -> dict[str, str]:
    """What the country and its territories are called."""
    texts = catalogue(language)
    if pack is None:
        one, many, country, count = (
            *(texts[f"place.{key}"] for key in ("one", "many", "country")),
            "",
        )
    else:
        one, many = (pack.word(language, many) for many in (False, True))
        country = in_language(pack.settings.title, language)
        count = str(len(pack.territories.codes))
    first, second = (word[:1].upper() + word[1:] for word in (one, many))
    return dict(zip(TERMS, (country, one, first, many, second, count), strict=True))


def own_texts(language: str, pack: Pack | None) -> dict[str, str]:
    """Texts of a country in the place of those of the catalogue, by key.

    Raises:
        TreguaError: TR3024 where a text has a key that the catalogue does not have, or places for
            values that pages do not know.
    """
    file = f"words/{language}.toml"
    if pack is None or not pack.has(file):
        return {}
    texts = catalogue(language)
    own = _flat({key: part for key, part in pack.toml(file).items() if key != REPORT})
    for key, text in own.items():
        if (
            key not in texts
            or not isinstance(text, str)
            or not _places(text) <= (_places(texts[key]) | set(TERMS))
        ):
            raise TreguaError(
                "TR3024",
                "the pages cannot say a text of this country",
                where=f"{pack.shown}/{file}, key {key}",
                found=str(text)[:80],
                expected="a key of the lab's own texts, with no other places in braces than "
                + ", ".join(sorted(_places(texts.get(key, "")) | set(TERMS))),
                nearest="" if key in texts else nearest_name(key, texts),
            )
    return own


def _places(text: str) -> set[str]:
    """Names in braces; what is no template, or asks for more than a value, has one that nobody
    knows.
    """
    try:
        parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return {""}
    return {"" if "{" in (form or "") else place or "" for _, place, form, _ in parts}


def named(say: Callable[..., str], kind: str, name: str) -> str:
    """A mechanism, stock or level as people call it; one of a plug-in, which the catalogue does not
    have, by its own name.
    """
    try:
        return say(f"{kind}.{name}")
    except KeyError:
        return name.replace("_", " ")


def day(date: dt.date, language: str) -> str:
    """A date as one reads it: ``"1 January 2030"``, ``"1 de enero de 2030"``."""
    texts = catalogue(language)
    return texts["date.day"].format(
        day=date.day, month=texts[MONTHS].split(", ")[date.month - 1], year=date.year
    )


@cache
def claims(language: str) -> dict[str, str]:
    """Texts of claims by id in a language that the ledger does not speak; none for English."""
    return {
        name: text
        for path in of_countries(f"evidence/claims-{language}.toml")
        for name, text in tomllib.loads(shipped_bytes(path).decode()).items()
    }
