"""Bounds of a scenario file, held before anything is built from it: a small file may ask for more
work and memory than a computer has, of a reader of TOML or of the reader of policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import TreguaError

MOST_BYTES = 262_144
"""Bytes of a file: the largest that ships has a fortieth of it."""

MOST_DEEP = 16
"""Brackets in brackets, and parts of a key: files that ship have two of each."""

MOST_WORD = 128
"""Characters of a word without quotes: names, numbers and dates."""

MOST_POLICIES, MOST_CHANGES = 200, 1_000
"""Policies of a file, and changes in all of them, each with those of the policies that it
combines.
"""

QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*+"|\'[^\'\n]*+\'|#[^\n]*+', re.DOTALL
)
"""Text in quotes, and comments."""

WORD = re.compile(rf"[\w.+-]{{{MOST_WORD + 1}}}")

LISTS = (("change", dict), ("combines", str))
"""Lists in a policy that make it longer, and what they hold."""


def check_size(size: int, shown: str) -> None:
    """Refuse a file that is too large (TR1104)."""
    if size > MOST_BYTES:
        raise _beyond(shown, f"more than {MOST_BYTES:,} bytes", f"at most {MOST_BYTES:,}")


def check_text(text: str, shown: str) -> None:
    """Refuse a text that would take a reader of TOML long (TR1104).

    Args:
        text: of the file.
        shown: what messages call the file.
    """
    check_size(len(text), shown)
    bare = QUOTED.sub("''", text)
    dots = max((line.count(".") for line in bare.split("\n")), default=0)
    if dots >= MOST_DEEP:
        raise _beyond(shown, f"a line with {dots} points", f"at most {MOST_DEEP - 1}")
    if word := WORD.search(bare):
        raise _beyond(shown, f"{word[0][:40]}…", f"words of at most {MOST_WORD} characters")
    deep = 0
    for bracket in re.findall(r"[\[\]{}]", bare):
        deep += 1 if bracket in "[{" else -1
        if deep > MOST_DEEP:
            raise _beyond(shown, "brackets in brackets", f"at most {MOST_DEEP} in one another")


def check_tables(raw: Mapping[str, Any], shown: str) -> None:
    """Refuse more policies, or more changes in all of them, than can be read (TR1104).

    Args:
        raw: tables of the file.
        shown: what messages call the file.
    """
    policies = raw.get("policy")
    if not isinstance(policies, list):
        return
    changes = spelled_out(policies)
    if len(policies) > MOST_POLICIES or changes > MOST_CHANGES:
        raise _beyond(
            f"{shown}, key policy",
            f"{len(policies)} policies with {changes} changes, those that they combine among them",
            f"at most {MOST_POLICIES} with {MOST_CHANGES} in all",
        )


def spelled_out(policies: Iterable[Any]) -> int:
    """Changes of all policies, each with those of the policies that it combines, which multiply
    when policies combine policies.
    """
    changes: dict[str, int] = {}
    total = 0
    for i, part in enumerate(policies):
        if not isinstance(part, dict):
            continue
        own, combined = (
            [x for x in part.get(key, []) if isinstance(x, kind)]
            if isinstance(part.get(key), list)
            else []
            for key, kind in LISTS
        )
        number = len(own) + sum(changes.get(str(name), 0) for name in combined)
        changes[str(part.get("name", i))] = number
        total += number
    return total


def _beyond(where: str, asked: str, expected: str) -> TreguaError:
    return TreguaError(
        "TR1104",
        "this file asks for more than a scenario needs",
        where=where,
        found=asked,
        expected=expected,
    )
