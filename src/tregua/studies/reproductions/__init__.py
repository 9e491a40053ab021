"""Reproductions: published results redone in front of the reader; what was published, what comes
out here, and how far apart they may be.

>>> from tregua.studies.reproductions import REPRODUCTIONS
>>> REPRODUCTIONS["size-2023"](None).passed  # doctest: +SKIP
True
"""

from __future__ import annotations

from collections.abc import Callable

from .rows import Progress, Reproduction, Row

__all__ = ["REPRODUCTIONS", "Reproduction", "Row"]


def _size_2023(progress: Progress | None = None) -> Reproduction:
    """The size model of 2023: 150 groups, 2012 to 2032."""
    from .size_2023 import reproduce

    return reproduce(progress)


def _identifiability(progress: Progress | None = None) -> Reproduction:
    """What the fit of the size model can tell: equally good fits with very different sizes."""
    from .identifiability import reproduce

    return reproduce(progress)


def _michoacan_2013(progress: Progress | None = None) -> Reproduction:
    """The rising in Michoacán in 2013, the order of 2014, and what came after."""
    from .charts_michoacan import episode_picture, episode_table
    from .michoacan_2013 import reproduce

    return reproduce(episode_picture, episode_table, progress)


def _escapes(progress: Progress | None = None) -> Reproduction:
    """Escapes from prison 2000 to 2010: how many, how large, where,
    and none without bought guards.
    """
    from .charts_escapes import escapes_picture
    from .escapes import reproduce

    return reproduce(escapes_picture, progress)


def _vetting_2012(progress: Progress | None = None) -> Reproduction:
    """The vetting of police: 65,000 of 180,000 failed in 2012, who still serves,
    and what came after.
    """
    from .vetting_2012 import reproduce

    return reproduce(progress)


def _emergent_effects(progress: Progress | None = None) -> Reproduction:
    """Killings after leaders are removed, troops sent, goods cut or seized: effects that follow
    from other parameters, beside published ones.
    """
    from .charts_effects import effects_picture, states_table
    from .emergent_effects import reproduce

    return reproduce(effects_picture, states_table, progress)


REPRODUCTIONS: dict[str, Callable[[Progress | None], Reproduction]] = {
    "size-2023": _size_2023,
    "size-2023-identifiability": _identifiability,
    "escapes": _escapes,
    "vetting-2012": _vetting_2012,
    "michoacan-2013": _michoacan_2013,
    "emergent-effects": _emergent_effects,
}
"""Every reproduction by the name under which ``tregua reproduce`` runs it."""
