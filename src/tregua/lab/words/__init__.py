"""Message catalogue: every text of the lab's pages in English and Spanish, under the same keys.

A key is the path to a text in ``en.toml`` and ``es.toml``, such as ``lab.headline``; values go into
named places in braces. Spanish is that of Mexico, where a comma separates thousands and a point
decimals, as in English. Claims have a Spanish translation in ``claims-es.toml``; other texts of the
model and the ledger (what a source says, notes on figures) are in English only, and pages say so.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from ...errors import TreguaError

LANGUAGES = ("en", "es")
"""Languages of the pages, the first where nothing was chosen."""

WEAKNESSES = 8
"""Known weaknesses that the catalogue tells: ``trust.weak_1`` and so on."""

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


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in table.items():
        texts |= (
            _flat(value, f"{prefix}{key}.")
            if isinstance(value, dict)
            else {f"{prefix}{key}": value}
        )
    return texts


@cache
def sayer(language: str) -> Callable[..., str]:
    """The function that says a key in a language;
    days among the values are written as one reads them.
    """
    texts = catalogue(language)

    def say(key: str, **values: Any) -> str:
        return texts[key].format(
            **{
                name: day(value, language) if isinstance(value, dt.date) else value
                for name, value in values.items()
            }
        )

    return say


def named(say: Callable[..., str], kind: str, name: str) -> str:
    """A mechanism, stock or level as people call it; one of a plug-in, which the catalogue does not
    have, by its own name.
    """
    try:
        return say(f"{kind}.{name}")
    except KeyError:
        return name.replace("_", " ")


def day(date: dt.date, language: str) -> str:
    """A date as one reads it: ``"1 January 2021"``, ``"1 de enero de 2021"``."""
    texts = catalogue(language)
    return texts["date.day"].format(
        day=date.day, month=texts[MONTHS].split(", ")[date.month - 1], year=date.year
    )


@cache
def claims(language: str) -> dict[str, str]:
    """Texts of claims by id in a language that the ledger does not speak; none for English."""
    place = resources.files(__package__) / f"claims-{language}.toml"
    return tomllib.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
