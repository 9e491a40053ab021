"""Peer credentials: whose program is at the other end of a connection within this computer,
where the system tells (Linux).
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

TABLES = {4: Path("/proc/net/tcp"), 6: Path("/proc/net/tcp6")}
"""Open connections of this computer, by version of the protocol."""

USER_COLUMN = 7
"""Column of such a table that holds the user."""

WORD = 4
"""Bytes that such a table writes together, in the order of the processor."""

ROOT = 0
"""The user who may do anything anyway."""

Address = tuple[str, int]
"""One end of a connection: address and port."""


def user_at(peer: Address, here: Address) -> int | None:
    """The user whose program holds the other end of a connection.

    Args:
        peer: address and port of the other end.
        here: address and port of this end.

    Returns:
        None where that cannot be told: on other systems, and for connections from other computers.
    """
    try:
        address = ipaddress.ip_address(peer[0])
        row = f" {_written(*peer)} {_written(*here)} "
        table = TABLES[address.version].read_text(encoding="ascii")
    except (ValueError, OSError):
        return None
    place = table.find(row)
    if place < 0:
        return None
    return int(table[table.rfind("\n", 0, place) + 1 :].split(None, USER_COLUMN + 1)[USER_COLUMN])


def is_stranger(peer: Address, here: Address) -> bool:
    """Whether another user of this computer is at the other end.
    Where the system does not tell, nobody counts as one; nor does root.
    """
    own = os.getuid() if hasattr(os, "getuid") else ROOT
    if own == ROOT:
        return False
    user = user_at(peer, here)
    return user is not None and user not in {own, ROOT}


def _written(address: str, port: int) -> str:
    """An address and port as the tables have them."""
    packed = ipaddress.ip_address(address).packed
    words = (
        int.from_bytes(packed[i : i + WORD], sys.byteorder) for i in range(0, len(packed), WORD)
    )
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
