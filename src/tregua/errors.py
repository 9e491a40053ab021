"""Exceptions with a code: what is wrong, where, what was expected, and what to do.

Every refusal of the package is a :class:`TreguaError` with a code. The essays behind the codes
live in ``error_codes.toml`` and are what ``tregua explain CODE`` prints.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

MOST_SHOWN = 400
"""Characters of a message about something that was found: a file may hold names of any length."""

MOST_EDITS = 2
"""Letters by which a near spelling may differ."""


class TreguaError(Exception):
    """A refusal that a person can act on.

    Args:
        code: one of the codes in :mod:`tregua.error_codes`, such as ``"TR1203"``.
        what: one sentence: what is wrong.
        where: file and key, or the call, in which it was found.
        found: the offending value, as the user wrote it.
        expected: what would have been right.
        nearest: the valid name that is closest to the one found.
        do: what to do now.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: str = "",
        found: object = None,
        expected: str = "",
        nearest: str = "",
        do: str = "",
    ):
        self.code = code
        self.what = _short(what)
        self.details = {
            "where": _short(where),
            "found": "" if found is None else _short(str(found)),
            "expected": expected,
            "nearest": nearest,
            "do": do,
        }
        super().__init__(self.text())

    def text(self) -> str:
        """The message as the command line prints it: one headline,
        then one aligned line per detail.
        """
        lines = [f"{self.code}: {self.what}"]
        lines += [f"  {name:<9} {value}" for name, value in self.details.items() if value]
        lines.append(f"  {'more':<9} tregua explain {self.code}")
        return "\n".join(lines)

    def record(self) -> dict[str, str]:
        """The message as data, for ``--json``."""
        return {
            "code": self.code,
            "what": self.what,
            **{k: v for k, v in self.details.items() if v},
        }


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def nearest_name(name: str, valid: Iterable[str]) -> str:
    """The valid name most like ``name``, or an empty text where none is like it."""
    close = difflib.get_close_matches(str(name), list(valid), n=1, cutoff=0.5)
    return close[0] if close else ""


def near_spelling(name: str, valid: Iterable[str]) -> str:
    """The valid name of which ``name`` is a near spelling, or an empty text: at most one letter
    in five is missing, added or another, and at most two, whatever the accents and capitals.

    For names of places, where the nearest of all names would be another place.
    """
    plain = plain_letters(name)
    misspelt = {
        word: _edits(plain, plain_letters(word))
        for word in valid
        if abs(len(word) - len(plain)) <= MOST_EDITS
    }
    nearest = min(misspelt, key=lambda word: misspelt[word], default="")
    return nearest if misspelt and misspelt[nearest] <= min(len(plain) // 5, MOST_EDITS) else ""


def plain_letters(text: str) -> str:
    """A text without accents and capitals, for comparing."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def _edits(one: str, other: str) -> int:
    """Letters to change, leave out or put in to make one word another (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row = row, [i]
        for j, there in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != there)))
    return row[-1]
