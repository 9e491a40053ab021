"""Addresses of draws: the number by which a draw is found again, made of its name."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from ..errors import TreguaError


def tag(name: str) -> int:
    """The number a draw's name is addressed by."""
    return zlib.crc32(name.encode())


def check_tags(names: Iterable[str]) -> None:
    """Refuse two draw names that share an address (TR2104): their draws would be the same."""
    seen: dict[int, str] = {}
    for name in names:
        other = seen.setdefault(tag(name), name)
        if other != name:
            raise TreguaError(
                "TR2104",
                f"draws {other!r} and {name!r} share an address",
                do="rename one of the flows or events",
            )
