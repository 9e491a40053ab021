"""Submitted forecasts: a parquet table of samples, checked and turned into the arrays that scores
take.

A file that is not what it should be is refused as a whole; the message says what is wrong, where,
what was expected and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from ..countries.pack import Pack
from ..countries.record import MONTHS, Record, monthly_record, yearly_record
from ..errors import TreguaError
from .baselines import LEAST_HISTORY

if TYPE_CHECKING:
    import pandas

ROWS = "one row for each territory, period and replicate"
"""What a table must have."""

COLUMNS = ("state_code", "year", "replicate", "homicides")
LEAST_REPLICATES = 40
"""One sample in each tail of a 95 % interval."""

FEW_CODES = 6
"""So many codes of territories a message lists; of more it says the first and the last."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """Samples of deaths in every territory.

    Attributes:
        name: as tables show it.
        origin: the last year that the forecast knows.
        season: periods in a year: 1 for years, 12 for months.
        samples: deaths in the periods that follow the origin [person].
        pack: the country.
    """

    name: str
    origin: int
    season: int
    samples: Float[np.ndarray, "replicate state lead"]
    pack: Pack

    @property
    def record(self) -> Record:
        """The country's record of the same kind of periods."""
        return yearly_record(self.pack) if self.season == 1 else monthly_record(self.pack)


def origins_of(record: Record) -> range:
    """Years from which a forecast can be scored: there is enough of the record up to each, and some
    after it.
    """
    return range(record.first + LEAST_HISTORY - 1, record.last)


def check_origin(record: Record, origin: int) -> None:
    """Refuse an origin before which there is too little record,
    or after which there is none (TR2705).
    """
    possible = origins_of(record)
    if origin not in possible:
        raise TreguaError(
            "TR2705",
            "this year cannot be an origin",
            where="origin",
            found=origin,
            expected=f"a year from {possible[0]} to {possible[-1]}"
            if possible
            else f"a record of at least {LEAST_HISTORY + 1} years; this has {record.first} to "
            f"{record.last}",
        )


def read_forecast(file: Path, origin: int, pack: Pack | None = None) -> Forecast:
    """A forecast from a parquet file with the columns ``state_code``, ``year``, ``replicate``,
    ``homicides`` and, for months, ``month``.

    Args:
        file: one row for each territory, period and replicate, in any order.
        origin: the last year that the forecast knows.
        pack: the country; the first that ships if none is given.

    Raises:
        TreguaError: TR2701 for a file that cannot be read, TR2702 for columns, TR2703 for a value,
            TR2704 for gaps and rows that are there twice, TR2705 for years that do not follow the
            origin or go past the record, TR2706 for too few replicates.
    """
    years = yearly_record(pack)
    check_origin(years, origin)
    table = _columns(_table(file), file, years.codes)
    _values(table, file, years.codes)
    season = MONTHS if "month" in table else 1
    record = years if season == 1 else monthly_record(pack)
    month = table["month"] if season == MONTHS else 1
    lead = ((table["year"] - origin - 1) * season + month - 1).to_numpy(int)
    leads = _leads(lead, origin, record, file)
    names, replicate = np.unique(table["replicate"], return_inverse=True)
    if len(names) < LEAST_REPLICATES:
        raise TreguaError(
            "TR2706",
            "this forecast has too few replicates",
            where=str(file),
            found=len(names),
            expected=f"at least {LEAST_REPLICATES}",
        )
    state = table["state_code"].map({code: i for i, code in enumerate(record.codes)}).to_numpy(int)
    _complete(replicate, state, lead, (len(names), record.codes, leads), file)
    samples = np.zeros((len(names), len(record.codes), leads))
    samples[replicate, state, lead] = table["homicides"]
    return Forecast(file.stem, origin, season, samples, record.pack)


def _table(file: Path) -> pandas.DataFrame:
    import pandas

    try:
        return pandas.read_parquet(file)
    except OSError as error:
        reason = error.strerror or ("no such file" if not file.exists() else "no parquet file")
        raise TreguaError(
            "TR2701",
            "this forecast cannot be read",
            where=str(file),
            found=reason,
            expected="a parquet file",
            do="check the path",
        ) from error
    except ValueError as error:  # Also what pyarrow raises: its errors are value errors.
        raise TreguaError(
            "TR2701",
            "this is no parquet file",
            where=str(file),
            expected="a parquet file",
            do="write the table with pandas' to_parquet",
        ) from error


def _columns(table: pandas.DataFrame, file: Path, codes: tuple[str, ...]) -> pandas.DataFrame:
    """The columns that are read, each of the right kind (TR2702)."""
    from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

    missing = [name for name in COLUMNS if name not in table]
    if missing:
        columns, expected = (
            ", ".join(map(str, table.columns)),
            "the columns " + ", ".join(COLUMNS) + ", and month for months",
        )
        raise TreguaError(
            "TR2702",
            "a column is missing: " + ", ".join(missing),
            where=str(file),
            found=columns,
            expected=expected,
            do="name the columns so",
        )
    wanted = [*COLUMNS, *(["month"] if "month" in table else [])]
    for name in wanted:
        kind = table[name].dtype
        number = is_numeric_dtype(kind) and not is_bool_dtype(kind)
        good = {"state_code": not number, "homicides": number}.get(name, is_integer_dtype(kind))
        if not good:
            kinds = {"state_code": f"text such as {codes[0]}", "homicides": "numbers"}
            expected = kinds.get(name, "whole numbers")
            raise TreguaError(
                "TR2702",
                f"the column {name} is of the wrong kind",
                where=str(file),
                found=kind,
                expected=expected,
                do="convert the column and write again",
            )
    if table.empty:
        raise TreguaError(
            "TR2704",
            "this forecast has no rows",
            where=str(file),
            expected=ROWS,
        )
    return table[wanted].reset_index(drop=True)


def _values(table: pandas.DataFrame, file: Path, codes: tuple[str, ...]) -> None:
    """Refuse the first value that makes no sense (TR2703)."""
    known = ", ".join(codes) if len(codes) <= FEW_CODES else f"{codes[0]} to {codes[-1]}"
    deaths = table["homicides"].to_numpy(float, na_value=np.nan)
    checks = {
        "state_code": (~table["state_code"].isin(codes), f"a code of a territory: {known}"),
        "homicides": (~(np.isfinite(deaths) & (deaths >= 0.0)), "a number from zero"),
    }
    checks |= {name: (table[name].isna(), "a whole number") for name in ("year", "replicate")}
    if "month" in table:
        checks["month"] = (~table["month"].between(1, MONTHS).fillna(False), "1 to 12")
    for name, (bad, expected) in checks.items():
        rows = np.flatnonzero(bad)
        if len(rows):
            where, do = (
                f"{file}, row {rows[0]}, column {name}",
                "correct the value; nothing was scored",
            )
            raise TreguaError(
                "TR2703",
                "this value makes no sense",
                where=where,
                found=repr(table[name].iloc[rows[0]]),
                expected=expected,
                do=do,
            )


def _leads(lead: np.ndarray, origin: int, record: Record, file: Path) -> int:
    """Number of periods: the first is the first after the origin, none is missing, none is later
    than the record (TR2705).
    """
    periods, most = np.unique(lead), (record.last - origin) * record.season
    name = "year" if record.season == 1 else "month"
    expected = (
        f"every {name} from {origin + 1} on, at most {most}: the record ends with {record.last}"
    )
    if periods[0] < 0 or periods[-1] >= most or len(periods) != periods[-1] + 1:
        given = f"{len(periods)} {name}s, the first {periods[0] + 1} and the last "
        given += f"{periods[-1] + 1} after the origin"
        do = "leave out other years, or give the origin that belongs to them"
        raise TreguaError(
            "TR2705",
            f"the {name}s do not follow the origin",
            where=f"{file}, origin {origin}",
            found=given,
            expected=expected,
            do=do,
        )
    return len(periods)


def _complete(
    replicate: np.ndarray,
    state: np.ndarray,
    lead: np.ndarray,
    grid: tuple[int, tuple[str, ...], int],
    file: Path,
) -> None:
    """Refuse cells of a grid of replicates, territories and leads without a row or with more than
    one (TR2704).
    """
    codes = grid[1]
    shape = (grid[0], len(codes), grid[2])
    cell = np.ravel_multi_index((replicate, state, lead), shape)
    counted = np.bincount(cell, minlength=int(np.prod(shape)))
    for bad, what in ((counted > 1, "rows are there twice"), (counted == 0, "rows are missing")):
        if bad.any():
            r, s, h = (int(i[0]) for i in np.unravel_index(np.flatnonzero(bad), shape))
            cells = (
                f"{int(bad.sum())} of {bad.size}; the first: replicate number {r}, territory "
                f"{codes[s]}, period {h + 1} after the origin"
            )
            raise TreguaError(
                "TR2704",
                what,
                where=str(file),
                found=cells,
                expected=ROWS,
                do="write the whole grid, each row once",
            )
