"""Territories by name: the one reader of the names by which a user, or a file, means places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import TreguaError, near_spelling

if TYPE_CHECKING:
    import pandas

    from .pack import Called

UNKNOWN = "00"
"""Code of the whole country, and of an event of which nobody knows the territory."""

Tiles = dict[str, tuple[str, int, int]]
"""By territory: abbreviation, and row and column of its tile, counted from the upper left."""

NEEDED = ("state_code", "name")
"""Columns that a list of territories must have."""


def plain(text: object, before: Sequence[str] = (), after: Sequence[str] = ()) -> str:
    """A name without accents, case and punctuation, for comparing.

    Args:
        text: as somebody wrote it.
        before: words before a name that are no part of it.
        after: words after it.
    """
    letters = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    words = " ".join(re.sub(r"[^a-z0-9 ]", " ", letters.replace(".", "")).split())
    for word in before:
        if words.startswith(f"{word} "):
            words = words.removeprefix(f"{word} ")
            break
    for word in after:
        if words.endswith(f" {word}"):
            words = words.removesuffix(f" {word}")
            break
    # Names in other letters have no plain form but their own.
    return " ".join(words.split()) or " ".join(str(text).casefold().split())


@dataclass(frozen=True, eq=False)
class Territories:
    """The territories of a country, in the order of the axis.

    Attributes:
        codes: as tables name them.
        names: as people name them.
        spellings: code by every spelling, plain: name, abbreviation, code and others in use.
        tiles: where each stands on a map of squares of one size; None where that is not known.
        words: what they are called.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    spellings: Mapping[str, str]
    tiles: Tiles | None
    words: Called

    @classmethod
    def of(cls, table: pandas.DataFrame, words: Called, shown: str) -> Territories:
        """From ``territories.csv``: columns ``state_code`` (the code), ``name``, and where known
        ``abbreviation``, ``spellings`` (joined by ``;``), ``tile_row`` and ``tile_col``.

        Raises:
            TreguaError: TR1514 where a column is missing, or two territories have one name.
        """
        missing = [column for column in NEEDED if column not in table]
        if missing or table.empty:
            raise TreguaError(
                "TR1514",
                "a list of territories lacks " + (", ".join(missing) or "rows"),
                where=f"{shown}/territories.csv, line 1",
                found=", ".join(table.columns),
                expected="the columns " + ", ".join(NEEDED),
            )
        codes, names = tuple(table["state_code"]), tuple(table["name"].astype(str))
        spellings: dict[str, str] = {}
        # A column without any text is one of missing numbers.
        for line, row in enumerate(table.astype(object).fillna("").to_dict("records"), 2):
            code, own = row["state_code"], [str(row["name"]), row["state_code"]]
            own += [str(row[key]) for key in ("abbreviation",) if row.get(key)]
            own += [x for x in str(row.get("spellings") or "").split(";") if x.strip()]
            own += [str(int(code))] if code.isdecimal() else []
            for text in own:
                key = plain(text, words.before, words.after)
                if not key or not text.isprintable() or spellings.setdefault(key, code) != code:
                    raise TreguaError(
                        "TR1514",
                        "a territory has no name"
                        if not key
                        else "a name holds characters that no page shows"
                        if not text.isprintable()
                        else f"two territories are called {text!r}",
                        where=f"{shown}/territories.csv, line {line}",
                        found=text,
                        do="give each a name and spellings of its own",
                    )
        tiles = None
        if {"tile_row", "tile_col"} <= set(table):
            short = table["abbreviation"] if "abbreviation" in table else table["state_code"]
            rows, columns = table["tile_row"].astype(int), table["tile_col"].astype(int)
            tiles = dict(zip(names, zip(short, rows, columns, strict=True), strict=True))
        return cls(codes, names, spellings, tiles, words)

    def code_of(self, text: object) -> str | None:
        """Code of a territory, whatever way it is written: name with or without accents, long or
        short, abbreviation, or code; None where it is none.
        """
        return self.spellings.get(plain(text, self.words.before, self.words.after))

    def code(self, text: object, where: str = "") -> str:
        """The same, for text that must name one.

        Args:
            text: the territory.
            where: file, column and row, for the message.

        Raises:
            TreguaError: TR1703 where it is none.
        """
        code = self.code_of(text)
        if code is None:
            raise TreguaError(
                "TR1703",
                f"this is no {self.words.one.get('en', 'territory')} of the country",
                where=where,
                found=text,
                expected=f"one of the {len(self.codes)} by name or code",
                nearest=near_spelling(str(text), self.names),
            )
        return code

    def name(self, code: str) -> str:
        """Name of the territory with a code."""
        return self.names[self.codes.index(code)]


def territories_named(
    names: Collection[str],
    labels: tuple[str, ...],
    where: str,
    territories: Territories | None = None,
) -> tuple[str, ...]:
    """Labels of the territories that are named, each once, in the order of the names.

    Territories of a country are read as imports read them, all others as they are labelled. A name
    is never taken for another: the nearest is only told.

    Args:
        names: as a user writes them; at least one.
        labels: of all territories that there are.
        where: file and key, for the message.
        territories: of the country, where the data are a country's.

    Raises:
        TreguaError: TR1209 for no name at all, TR1403 for one that is no territory.
    """
    if not names:
        raise TreguaError(
            "TR1209",
            "a list of territories is empty",
            where=where,
            do="name the territories, or leave `territories` out if you mean all of them",
        )
    own = territories if territories and set(labels) <= set(territories.names) else None
    return tuple(dict.fromkeys(_named(name, labels, where, own) for name in names))


def _named(name: str, labels: tuple[str, ...], where: str, territories: Territories | None) -> str:
    if name in labels:
        return name
    code = territories.code_of(name) if territories else None
    label = territories.name(code) if code and territories else ""
    if label not in labels:
        raise TreguaError(
            "TR1403",
            f"no territory is named {name!r}",
            where=where,
            found=name,
            expected="one of " + ", ".join(labels),
            nearest=near_spelling(name, labels),
        )
    return label
