"""Data sets that ship with the package: the labels of the axes, the covariates,
and where every table comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from ..model.space import Space
from .territories import Territories, Tiles

if TYPE_CHECKING:
    from .pack import Pack


@dataclass(frozen=True, eq=False)
class Inhabitants:
    """Population by year, for rates: it decides no run.

    Attributes:
        first: calendar year of the first row.
        persons: in the middle of each year, in every territory, without gaps.
    """

    first: int
    persons: Float[np.ndarray, "year territory"]

    def in_years(
        self, years: Iterable[int] | Int[np.ndarray, "given"]
    ) -> Float[np.ndarray, "given territory"]:
        """Inhabitants in the given years; those of the nearest year where there are none."""
        rows = np.asarray(list(years), int) - self.first
        return self.persons[np.clip(rows, 0, len(self.persons) - 1)]


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a scenario takes from data.

    Attributes:
        name: as scenarios name it.
        space: the axes and their labels.
        covariates: measured inputs by name.
        values: parameter values that the data supply, by full name, in the parameter's unit: one
            number, or one for each place along the parameter's axes.
        tables: file, source, what was changed and digest of every table used.
        mechanisms: those that the data are for, by name, in order; empty for all that ship.
        start: the day of which the stocks at the start are, where a scenario begins that names no
            other; empty where nobody says of which day they are.
        inhabitants: of each year, for rates; None where only the covariate ``population``, which is
            of one year, is known.
        named_until: last calendar year in which the tables say where the named groups are; None
            where the labels of groups name none.
        pack: the country that they are of; None for data that somebody put together.
        reasons: why the data supply a value other than the mechanism's default, by full name of the
            parameter.
    """

    name: str
    space: Space
    covariates: Mapping[str, np.ndarray]
    values: Mapping[str, float | np.ndarray] = field(default_factory=dict)
    tables: tuple[Mapping[str, Any], ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = ()
    start: str = ""
    inhabitants: Inhabitants | None = None
    named_until: int | None = None
    pack: Pack | None = None

    @property
    def territories(self) -> Territories | None:
        """Names of the country's territories, where those of the axis are its own."""
        if self.pack is None:
            return None
        known, labels = self.pack.territories, self.space.labels("territory")
        return known if set(known.names) == set(labels) else None

    @property
    def tiles(self) -> Tiles | None:
        """Tiles of the territories in the order of the axis; None where there is no such map."""
        tiles = self.territories.tiles if self.territories else None
        return {label: tiles[label] for label in self.space.labels("territory")} if tiles else None
