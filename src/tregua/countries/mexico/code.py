"""What the pack computes itself: its data sets, what was known at the end of a year, and readers of
official files.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..layout import Layout
from ..pack import Code
from .build import as_known, mexico_2007, mexico_2012
from .groups_2020 import groups_2020


def _layouts() -> Mapping[str, Layout]:
    from .readers import LAYOUTS

    return LAYOUTS


CODE = Code(
    {"groups-2020": groups_2020, "mexico-2007": mexico_2007, "mexico-2012": mexico_2012},
    as_known,
    _layouts,
    imports="figures",
)
"""For :attr:`tregua.countries.pack.Pack.code`."""
