"""Mexico: its 32 states, named armed groups, police corps and corridors,
with the tables behind them.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from .. import territories
from ..pack import Pack


@cache
def pack() -> Pack:
    """The pack of this folder."""
    return Pack(resources.files(__package__), __package__, __package__)


def plain(text: object) -> str:
    """A name without accents, case, punctuation and the word for state, for comparing."""
    words = pack().settings.territory
    return territories.plain(text, words.before, words.after)


def state_code(text: object, where: str = "") -> str:
    """INEGI code of a state, whatever way it is written (TR1703 where it is none)."""
    return pack().territories.code(text, where)
