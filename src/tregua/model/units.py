"""Units at the border: text such as ``"0.13 / year"`` in, plain numbers in a declared unit out.

Pint does the arithmetic on a small registry of our own: persons, time, mass and money. Inside the
engine numbers are bare and in the units that their declarations name.
"""

from __future__ import annotations

import math
import re
from functools import cache
from tokenize import TokenError
from typing import Any

from ..errors import TreguaError, nearest_name
from .calendar import YEAR_DAYS
from .numerals import MOST_CHARACTERS, split_number, with_point

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


UNIT = re.compile(
    r"""(?>  # Each piece once and for all: what does not fit is found out at once.
        (?!\w*(?:squar|cub)|sq\b)[a-z]+      # a unit,
        (?:\s*(?:\*\*|\^)\s*-?\d(?![\d.]))?  # which may have an exponent, of one digit
      | (?<!\*)\*(?!\*) | [/()\s]
    )*+""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
"""What a unit is made of. Pint works out any arithmetic,
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
    _units(unit.removeprefix("1"), unit, "")


def _names() -> list[str]:
    """Names of all units."""
    return [
        name.strip() for line in DEFINITIONS for i, name in enumerate(line.split("=")) if i != 1
    ]


def _units(text: str, shown: object, where: str) -> Any:
    """The units of a quantity, from what stands behind its number."""
    import pint

    text = text.replace("%", " percent ")
    if not UNIT.fullmatch(text):
        raise _no_quantity(shown, where)
    try:
        one = _registry().Quantity(f"1 {text}")
    except pint.errors.UndefinedUnitError as error:
        unknown = (
            error.unit_names if isinstance(error.unit_names, str) else next(iter(error.unit_names))
        )
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
    if one.magnitude != 1:
        raise _no_quantity(shown, where)
    return one.units


def _no_quantity(shown: object, where: str) -> TreguaError:
    pointed = with_point(shown) if isinstance(shown, str) else ""
    return TreguaError(
        "TR1302",
        "this is not a number with a unit",
        where=where,
        found=str(shown)[:MOST_CHARACTERS],
        expected='text such as "0.0025 / week", "110 person/week" or "13 % / year"',
        do=f"write {pointed}: decimals stand behind a point, and a comma or a space only between "
        "groups of three digits, as in 1,000"
        if pointed
        else f"write one number, then its unit; known units: {KNOWN}",
    )


def in_unit(value: object, unit: str, where: str) -> float:
    """A value as written by a user, as a plain number in ``unit``.

    Text is read as one number (:mod:`tregua.model.numerals`) with a unit. A number without a unit
    is accepted only where ``unit`` is ``"1"``.

    Raises:
        TreguaError: TR1301 for a bare number that needs a unit, TR1302 for text that is no
            quantity and for numbers that are not finite, TR1303 for a unit of another kind.
    """
    import pint

    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _no_quantity(value, where)
    try:
        number, rest = (
            split_number(value) or (math.nan, "")
            if isinstance(value, str)
            else (
                float(value),
                "",
            )
        )
    except OverflowError as error:
        raise _no_quantity("a number of too many digits", where) from error
    if not math.isfinite(number):
        raise _no_quantity(value, where)
    if not rest:
        if unit == "1":
            return number
        raise TreguaError(
            "TR1301",
            "this number has no unit",
            where=where,
            found=value,
            expected=f"a quantity in {unit} or a unit of the same kind",
            do=f'write "{value} {_suffix(unit)}" if that is what you mean',
        )
    quantity = _registry().Quantity(number, _units(rest, value, where))
    try:
        converted = float(quantity.to(unit if unit != "1" else "dimensionless").magnitude)
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
    if not math.isfinite(converted) or bool(converted) != bool(number):
        raise _no_quantity(value, where)
    return converted


def shown_in(value: float, unit: str) -> str:
    """A number with its unit, as messages show it: ``0.005 /week``."""
    return f"{value:g}" if unit == "1" else f"{value:g} {_suffix(unit)}"


def _suffix(unit: str) -> str:
    return unit.removeprefix("1") if unit.startswith("1/") else unit
