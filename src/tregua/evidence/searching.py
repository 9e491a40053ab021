"""Search of the ledger: text in any case, and numbers however their thousands are divided.

``65000``, ``65,000`` and ``65 000`` are one number. It finds what holds that number, and not a
longer one with the same digits.
"""

from __future__ import annotations

import re

from .ledger import Entry

DIVIDED = re.compile(r"(?<![\d.,])\d{1,3}(?:[, \u00a0\u2009\u202f]\d{3})+(?![\d])")
"""A number with its thousands divided by commas or spaces."""

NUMBER = re.compile(r"\d+(?:\.\d+)?")
"""A number without divided thousands."""


def holds(entry: Entry, wanted: str) -> bool:
    """Whether an entry has a text, or a number, anywhere in what is told of it."""
    texts = [entry.id, entry.text, entry.source, entry.figures, entry.use]
    counts = [count for c in entry.conflicts for count in c.counts if count.by == entry.id]
    figures = {f for count in counts for f in (count.value, count.low, count.high) if f is not None}
    plain, text = _undivided(wanted.strip()), _undivided("\n".join(texts))
    if NUMBER.fullmatch(plain):
        return float(plain) in {*map(float, NUMBER.findall(text)), *map(float, figures)}
    return plain.casefold() in text.casefold()


def _undivided(text: str) -> str:
    """Text in which no number has its thousands divided."""
    return DIVIDED.sub(lambda number: re.sub(r"\D", "", number[0]), text)
