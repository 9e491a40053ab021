"""What is observed in a country beside its record of homicides: the further series that fits
compare with what the model expects, and those that are held out of every fit, for a pack to list.

``observations.toml`` lists the first and ``held_out.toml`` the second; a pack may have neither. The
record of homicides itself is the first count of ``pack.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from ..errors import TreguaError
from .pack import Pack, in_language
from .standard import group_labels
from .strict import Strict, described

if TYPE_CHECKING:
    import pandas

OBSERVATIONS, HELD_OUT = "observations.toml", "held_out.toml"
"""Files of a pack."""

CODE, YEAR = "state_code", "year"
"""Columns of every table that is observed."""

YEAR_MONTHS = 12
"""Months of a whole year."""

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""Name of an entry, which is part of names of unknowns."""

Label = Annotated[dict[str, str], Field(min_length=1)]
"""Words by language."""

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class _Series(Strict):
    """A series of a table."""

    label: Label
    """What was counted, and by whom, by language."""
    file: str
    """Table of the pack, with the column ``year``; by territory also ``state_code``."""
    where: dict[str, str | int] = {}
    """Only rows whose cells in these columns are these."""
    unit: Literal["person"]
    """Unit of the count."""
    why: str = Field(min_length=1)
    """Source, and why it is used so."""

    @property
    def said(self) -> str:
        """What was counted, in English where there are words in it."""
        return in_language(self.label, "en")


class _Span(Strict):
    """Calendar years, the first and the last of which count."""

    first: int
    """First year."""
    last: int
    """Last year."""

    @model_validator(mode="after")
    def _ordered(self) -> _Span:
        if self.first > self.last:
            raise ValueError("`first` is after `last`")
        return self


class Period(_Span):
    """Years over which a count was a steady multiple of the deaths that are expected in fights."""

    share: Positive
    """Median of the prior of that multiple: what is counted for each such death [1]."""
    share_spread: Positive
    """Standard deviation of its log."""
    why: str = Field(min_length=1)
    """Why the years belong together."""


class FightDeaths(_Series):
    """Deaths in fights of groups by territory and year, a steady part of which is counted."""

    short: str
    """Who counts, as charts name it."""
    column: str
    """Column of the count."""
    flows: list[str] = Field(["conflict.killed", "civilians.caught"], min_length=1)
    """Flows of the model whose sum is compared with it."""
    spread: Positive
    """Standard deviation of the log of the count of a territory and period."""
    period: list[Period] = Field(min_length=1)
    """Periods, none of which overlap."""

    @model_validator(mode="after")
    def _apart(self) -> FightDeaths:
        years = sorted((p.first, p.last) for p in self.period)
        if any(one[1] >= other[0] for one, other in pairwise(years)):
            raise ValueError("two periods overlap")
        return self


class TotalCount(_Span, _Series):
    """One number for the whole country and some years."""

    columns: list[str] = Field(min_length=1)
    """Columns that are added up."""
    flows: list[str] = Field(min_length=1)
    """Flows or records of the model whose sum is compared with it."""
    spread: Positive
    """Standard deviation of its log around what the model expects."""


class MembersCount(Strict):
    """An independent count of members of some groups, which no fit uses; draws are weighted by it
    in a table of the fit.
    """

    groups: list[str] = Field(min_length=1)
    """Whose members are counted together."""
    count: Positive
    """How many [person]."""
    spread: Positive
    """Standard deviation of its log: what the count means, and how it was made."""
    unit: Literal["person"]
    """Unit of the count."""
    why: str = Field(min_length=1)
    """Source, and what the count holds."""


class Observations(Strict):
    """``observations.toml``: what a fit compares with the model beside the homicides."""

    fights: dict[Key, FightDeaths] = {}
    """Deaths in fights of groups, by name."""
    total: dict[Key, TotalCount] = {}
    """Numbers for the whole country, by name, in the order in which they are compared."""
    anchor: MembersCount | None = None
    """An independent count of members."""

    @property
    def shares(self) -> dict[str, tuple[FightDeaths, Period]]:
        """Names of the unknown multiples of counts of fights, with what they belong to."""
        return {
            f"{key} share {period.first}-{period.last}": (fights, period)
            for key, fights in self.fights.items()
            for period in fights.period
        }

    @property
    def files(self) -> tuple[str, ...]:
        """Tables that are read."""
        series = (*self.fights.values(), *self.total.values())
        return tuple(dict.fromkeys(one.file for one in series))


class UnseenSeries(_Series):
    """A yearly count of the whole country that no fit sees."""

    outcome: str
    """Outcome of a run that stands for the same."""
    column: str
    """Column of the count."""
    month_column: str = ""
    """Column of the month, where the table has a row for each: only years of twelve count."""


class HeldOut(Strict):
    """``held_out.toml``: series that are kept out of every fit."""

    series: dict[Key, UnseenSeries] = {}
    """By name, in the order in which they are shown."""


T = TypeVar("T", Observations, HeldOut)


def observations(pack: Pack) -> Observations:
    """What a fit of a country compares with the model beside the homicides; nothing where the pack
    says nothing.

    Raises:
        TreguaError: TR2920 for a key that is wrong, TR2921 for a group that the country lacks.
    """
    read = _read(pack, OBSERVATIONS, Observations)
    known = group_labels(pack) if read.anchor else ()
    for group in read.anchor.groups if read.anchor else ():
        if group not in known:
            raise TreguaError(
                "TR2921",
                f"{group!r} is no group of the country",
                where=f"{pack.shown}/{OBSERVATIONS}, key anchor.groups",
                found=group,
                expected="some of " + ", ".join(known),
            )
    return read


def held_out_of(pack: Pack) -> HeldOut:
    """Series of a country that are kept out of every fit; none where the pack says nothing.

    Raises:
        TreguaError: TR2920 for a key that is wrong.
    """
    return _read(pack, HELD_OUT, HeldOut)


def _read(pack: Pack, file: str, kind: type[T]) -> T:
    """A file of a pack as the tables that it must hold (TR1512, TR2920)."""
    return described(
        kind,
        pack.toml(file),
        "TR2920",
        "what is observed in a country is described wrongly",
        where=f"{pack.shown}/{file}",
        do="the message names the key; `tregua explain TR2920` says what each entry needs",
    )


def counted_rows(
    pack: Pack, series: _Series, columns: Sequence[str], where: str, words: Sequence[str] = ()
) -> pandas.DataFrame:
    """Rows of a table that are meant by an entry.

    Args:
        pack: the country.
        series: the entry.
        columns: of counts, which must hold numbers.
        where: file and key of the entry, for messages.
        words: further columns that the table must have.

    Raises:
        TreguaError: TR2921 for a table or column that is not there, for counts that are no numbers,
            and where no row is meant.
    """
    from pandas.api.types import is_numeric_dtype

    def refuse(what: str, found: object, expected: str) -> TreguaError:
        return TreguaError("TR2921", what, where=where, found=found, expected=expected)

    if not pack.has(pack.place(series.file)):
        raise refuse("the country has no such table", series.file, "a file of its folder tables")
    table = pack.table(series.file)
    for name in (YEAR, *columns, *words, *series.where):
        if name not in table:
            raise refuse(
                "a table has no such column", name, f"one of {', '.join(table)} of {series.file}"
            )
    for name in (YEAR, *columns):
        if not is_numeric_dtype(table[name].dtype):
            raise refuse("a column does not hold numbers", f"{name} of {series.file}", "numbers")
    for name, cell in series.where.items():
        table = table[table[name] == cell]
    if table.empty:
        said = ", ".join(f"{name} = {cell}" for name, cell in series.where.items())
        raise refuse("a table has no such rows", said or series.file, "at least one row")
    return table


def at_key(pack: Pack, file: str, key: str) -> str:
    """An entry of a file of a pack, as messages name it."""
    return f"{pack.shown}/{file}, key {key}"


def unseen_counts(pack: Pack, key: str) -> dict[int, float]:
    """Persons by year of a series that is held out, the whole country together, as far as they are
    known (TR2921).
    """
    counts = _unseen(pack, key).groupby(YEAR)[held_out_of(pack).series[key].column]
    return dict(_known(counts.sum(min_count=1)))


def _known(counts: pandas.Series) -> Mapping[int, float]:
    """Counts by year without years of which nothing is known."""
    return {int(year): float(count) for year, count in counts.dropna().items()}


def _unseen(pack: Pack, key: str) -> pandas.DataFrame:
    """Rows of a series that is held out; of months, those of whole years."""
    series, where = held_out_of(pack).series[key], at_key(pack, HELD_OUT, f"series.{key}")
    months = [series.month_column] if series.month_column else []
    words = [CODE] if months else []
    rows = counted_rows(pack, series, [series.column, *months], where, words)
    if months:
        rows = rows[rows.groupby([CODE, YEAR])[series.column].transform("size") == YEAR_MONTHS]
    return rows


def check_observed(pack: Pack) -> None:
    """Read all that a country says of what is observed, so that what is wrong with it is told.

    Raises:
        TreguaError: TR2920, TR2921.
    """
    read = observations(pack)
    for key, fights in read.fights.items():
        where = at_key(pack, OBSERVATIONS, f"fights.{key}")
        counted_rows(pack, fights, [fights.column], where, [CODE])
    for key, total in read.total.items():
        counted_rows(pack, total, total.columns, at_key(pack, OBSERVATIONS, f"total.{key}"))
    for key in held_out_of(pack).series:
        unseen_counts(pack, key)
