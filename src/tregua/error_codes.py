"""Error codes, each with its essay: what ``tregua explain CODE`` prints.

The essays lie in ``error_codes.toml``, which also says how codes are numbered.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Essay:
    """What a code means.

    Attributes:
        title: the refusal in one line.
        text: cause and remedy, in plain English.
    """

    title: str
    text: str


def _read() -> dict[str, Essay]:
    file = resources.files("tregua") / "error_codes.toml"
    essays = tomllib.loads(file.read_text(encoding="utf-8"))
    return {code: Essay(**essay) for code, essay in essays.items()}


ESSAYS: dict[str, Essay] = _read()
"""The essay of every code that the package may raise; a test compares them with the code."""
