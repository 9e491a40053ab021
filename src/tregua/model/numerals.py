"""Numerals: text as exactly the number that it says, for files, options and the lab, or not at all.

A point stands before decimals. A comma, or a space, stands between groups of three digits only,
after a first group that does not begin with zero: ``1,000`` is a thousand, ``0,5`` is no number.
"""

from __future__ import annotations

import math
import re
import sys

MOST_CHARACTERS = 100
"""Characters of a number, with its unit if it has one: the longest that ships has a quarter of it.
"""

_GROUPS = r"[1-9]\d{0,2}(?P<gap>[,\ \u00a0\u2009\u202f])\d{3}(?:(?P=gap)\d{3})*"
"""Digits in groups of three: between all of them stands the same."""

NUMBER = re.compile(
    rf"[+-]?(?:{_GROUPS}(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE
)

WHOLE = re.compile(rf"[+-]?(?:{_GROUPS}|\d+)", re.ASCII)


def split_number(text: str) -> tuple[float, str] | None:
    """The number with which a text begins, and the rest; None where there is none, or none that
    a computer can hold.
    """
    text = text.strip()
    match = NUMBER.match(text) if len(text) <= MOST_CHARACTERS else None
    if match is None:
        return None
    digits = match[0].replace(match["gap"], "") if match["gap"] else match[0]
    value = float(digits)
    says_zero = not re.search("[1-9]", digits.lower().partition("e")[0])
    holds = math.isfinite(value) and (says_zero or abs(value) >= sys.float_info.min)
    return (value, text[match.end() :]) if holds else None


def number_of(text: str) -> float | None:
    """The number that a text is; None where it is none."""
    number, rest = split_number(text) or (None, "")
    return None if rest else number


def whole_of(text: str) -> int | None:
    """The whole number that a text is; None where it is none."""
    text = text.strip()
    match = WHOLE.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    return int(match[0].replace(match["gap"] or ",", "")) if match else None


def with_point(text: str) -> str:
    """A text whose number has a decimal comma, with a point in its place; empty where it has
    none.
    """
    before, comma, after = text.strip().partition(",")
    if not comma or not after[:1].isdecimal() or "," in after or "." in after:
        return ""
    pointed = f"{before.replace('.', '')}.{after}"
    return pointed if split_number(pointed) else ""
