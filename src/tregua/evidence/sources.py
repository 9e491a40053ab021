"""Sources: the publications, official series and data sets that the package cites, each under a
short id. They are listed in ``evidence/data/cited.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources

from ..errors import TreguaError
from ..model.declarations import Source
from ..model.mechanism import Mechanism
from .claims import CLAIMS

CITED: dict[str, Source] = {
    name: Source(**entry)
    for name, entry in tomllib.loads(
        (resources.files(__package__) / "data" / "cited.toml").read_text(encoding="utf-8")
    ).items()
}
"""Every source by id. A mechanism takes one with :func:`tregua.evidence.cite.cite`."""


def sources_of(mechanisms: Mapping[str, type[Mechanism]]) -> dict[str, Source]:
    """The sources that ship, and those that mechanisms bring with them, by id.

    Raises:
        TreguaError: TR2101 where two different sources have one id.
    """
    known = dict(CITED)
    for name, kind in mechanisms.items():
        for key, source in kind.sources.items():
            if known.setdefault(key, source) != source or key in CLAIMS:
                raise TreguaError(
                    "TR2101",
                    f"the source {key!r} of the mechanism {name!r} has the id of another",
                    where=f"{kind.__module__}, {kind.__name__}.sources",
                    found=source.text,
                    do="give it another id",
                )
    return known
