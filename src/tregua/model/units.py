"""Units at the border: text such as ``"0.13 / year"`` in, plain numbers in a declared unit out.

Pint does the arithmetic on a small registry of our own: persons, time, mass and money. Inside the
engine numbers are bare and in the units that their declarations name.
"""

from __future__ import annotations

import re
from functools import cache
from tokenize import TokenError
from typing import Any

from ..errors import TreguaError, nearest_name
from .calendar import YEAR_DAYS

DEFINITIONS = (
    "person = [people] = persons = member = members",
    "day = [time] = days",
    "week = 7 day = weeks",
    "fortnight = 14 day = fortnights",
    f"year = {YEAR_DAYS} day = years",
    "month = year / 12 = months",
    "hour = day / 24 = hours",
    "kilometer = [length] = km = kilometers = kilometres",
    "gram = [mass]",
    "kilogram = 1000 gram = kg",
    "tonne = 1000 kilogram = tonnes",
    "usd = [money] = dollars",
    "percent = 0.01 = %",
)

KNOWN = "person, hour, day, week, fortnight, month, year, kilometer, gram, kilogram, tonne, usd, %"
"""Units that messages name; plurals and the usual abbreviations are known too."""


MOST_CHARACTERS = 100
"""Characters of a quantity: the longest that ships has a quarter of it."""

GRAMMAR = re.compile(
    r"""(?>  # Each piece once and for all: what does not fit is found out at once.
        [+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?     # a number
      | (?!\w*(?:squar|cub)|sq\b)[a-z]+               # a unit,
        (?:\s*(?:\*\*|\^)\s*-?\d(?![\d.]))?  # which alone may have an exponent, of one digit
      | (?<!\*)\*(?!\*) | [/()\s]
    )*+""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
"""What a quantity is made of. Pint works out any arithmetic,
and powers of powers of numbers would keep it busy for ever.
"""


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(None)
    for line in DEFINITIONS:
        registry.define(line)
    return registry


def check_unit(unit: str) -> None:
    """Refuse a unit that the registry does not know (TR1302)."""
    _parse(unit, unit, "")


def _names() -> list[str]:
    """Names of all units."""
    return [
        name.strip() for line in DEFINITIONS for i, name in enumerate(line.split("=")) if i != 1
    ]


def _parse(text: str, shown: object, where: str) -> Any:
    import pint

    if len(text) > MOST_CHARACTERS or not GRAMMAR.fullmatch(text):
        raise _no_quantity(str(shown)[:MOST_CHARACTERS], where)
    try:
        return _registry().Quantity(text)
    except pint.errors.UndefinedUnitError as error:
        unknown = (
            error.unit_names if isinstance(error.unit_names, str) else next(iter(error.unit_names))
        )
        if not any(letter.isdigit() for letter in text):
            raise _no_quantity(shown, where) from error
        raise TreguaError(
            "TR1302",
            f"no unit is named {unknown!r}",
            where=where,
            found=shown,
            expected="known units: " + KNOWN,
            nearest=nearest_name(unknown, _names()),
        ) from error
    except (
        pint.errors.PintError,
        ValueError,
        TypeError,
        AttributeError,
        AssertionError,
        SyntaxError,
        ZeroDivisionError,
        OverflowError,
        TokenError,
    ) as error:
        raise _no_quantity(shown, where) from error


def _no_quantity(shown: object, where: str) -> TreguaError:
    return TreguaError(
        "TR1302",
        "this is not a number with a unit",
        where=where,
        found=shown,
        expected='text such as "0.0025 / week", "110 person/week" or "13 % / year"',
        do=f"write the number, then its unit; known units: {KNOWN}",
    )


def in_unit(value: object, unit: str, where: str) -> float:
    """A value as written by a user, as a plain number in ``unit``.

    Text is read as a number with a unit. A bare number is accepted only where ``unit`` is ``"1"``.

    Raises:
        TreguaError: TR1301 for a bare number that needs a unit, TR1302 for text that is no
            quantity, TR1303 for a unit of another kind.
    """
    import pint

    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TreguaError(
            "TR1302",
            "this is not a number with a unit",
            where=where,
            found=value,
            expected=f'text such as "1 {unit}"',
        )
    if not isinstance(value, str):
        if unit == "1":
            return float(value)
        raise TreguaError(
            "TR1301",
            "this number has no unit",
            where=where,
            found=value,
            expected=f"a quantity in {unit} or a unit of the same kind",
            do=f'write "{value} {_suffix(unit)}" if that is what you mean',
        )
    quantity = _parse(value.replace("%", " percent "), value, where)
    try:
        return float(
            _registry().Quantity(quantity).to(unit if unit != "1" else "dimensionless").magnitude
        )
    except OverflowError as error:
        raise _no_quantity(value, where) from error
    except (pint.errors.DimensionalityError, ValueError, TypeError) as error:
        raise TreguaError(
            "TR1303",
            "this is a quantity of another kind",
            where=where,
            found=value,
            expected=f"a quantity in {unit} or a unit of the same kind",
            do="check which unit the parameter has: tregua mechanisms",
        ) from error


def _suffix(unit: str) -> str:
    return unit.removeprefix("1") if unit.startswith("1/") else unit
