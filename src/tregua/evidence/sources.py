"""Sources: the publications, official series and data sets that the package cites, each under a
short id. They are listed in ``evidence/data/cited.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Literal

Kind = Literal["paper", "official", "press-compiled", "dataset"]


@dataclass(frozen=True)
class Source:
    """One thing that can be cited.

    Attributes:
        text: authors or institution, title, place: enough to find it.
        year: year of publication, or the last year of a series that is used.
        kind: ``paper`` (also working papers and books), ``official`` (figures of a public body),
            ``press-compiled`` (official figures seen in press reports) or ``dataset``.
        link: DOI, arXiv number or address, empty where none is known.
        note: what a reader must know before leaning on it, such as that only a summary was seen.
    """

    text: str
    year: int
    kind: Kind
    link: str = ""
    note: str = ""


CITED: dict[str, Source] = {
    name: Source(**entry)
    for name, entry in tomllib.loads(
        (resources.files(__package__) / "data" / "cited.toml").read_text(encoding="utf-8")
    ).items()
}
"""Every source by id. A mechanism takes one with :func:`tregua.evidence.cite.cite`."""
