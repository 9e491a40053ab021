"""Names of the states as official files spell them, resolved to INEGI codes."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ...errors import TreguaError, near_spelling
from ...shipped import read_table
from ..record import FOLDER

SPELLINGS = {
    "coahuila de zaragoza": "05",
    "michoacan de ocampo": "16",
    "veracruz de ignacio de la llave": "30",
    "veracruz llave": "30",
    "queretaro de arteaga": "22",
    "baja california norte": "02",
    "distrito federal": "09",
    "mexico city": "09",
    "df": "09",
    "edomex": "15",
    "edo mex": "15",
    "edo de mexico": "15",
}
"""Names in use that are not the short name: official long names, older names,
and what foreign and press files write.
"""

UNKNOWN = "00"
"""Code of an event whose state is not known."""


def plain(text: object) -> str:
    """A name without accents, case, punctuation and the word for state, for comparing."""
    letters = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9 ]", " ", letters.replace(".", ""))
    words = re.sub(r"^(estado de|state of)(?= )| (state|estado)$", " ", " ".join(words.split()))
    return " ".join(words.split())


@cache
def _codes() -> dict[str, str]:
    """Code by every spelling: short name, abbreviation,
    the code itself with and without its zero.
    """
    codes = dict(SPELLINGS)
    for state in read_table(FOLDER, "states.csv").itertuples():
        code = state.state_code
        spellings = plain(state.name), plain(state.abbreviation), code, str(int(code))
        codes |= dict.fromkeys(spellings, code)
    return codes


def code_of(text: object) -> str | None:
    """INEGI code of a state, whatever way it is written: name with or without accents, long or
    short, abbreviation, or code; None where it is no state of Mexico.
    """
    return _codes().get(plain(text))


def state_code(text: object, where: str = "") -> str:
    """INEGI code of a state, written as :func:`code_of` reads it.

    Args:
        text: the state.
        where: file, column and row, for the message.

    Raises:
        TreguaError: TR1703 where it is no state of Mexico.
    """
    code = code_of(text)
    if code is None:
        names = read_table(FOLDER, "states.csv")["name"]
        raise TreguaError(
            "TR1703",
            "this is no state of Mexico",
            where=where,
            found=text,
            expected="one of the 32 states by name or INEGI code",
            nearest=near_spelling(str(text), names),
        )
    return code
