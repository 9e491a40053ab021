"""Checks of the values and constants of a country against what the mechanisms declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import TreguaError, nearest_name
from ..model.declarations import Parameter
from ..model.registry import registry
from ..model.units import in_unit, shown_in
from .check_cells import labels_of
from .pack import Pack

VALUES, CONSTANTS = "values.toml", "constants.toml"
"""Files with numbers that stand in no table."""

KEYS = ("value", "unit", "why", "axis", "spread")
"""What an entry may say."""

SPREADS = ("presence", "population")
"""By what a national total can be shared over the territories."""

SAME = 1e-9
"""Relative difference of two units that are one."""


def line_of(text: str, name: str) -> int:
    """Line of the heading of a table of TOML; 1 where it is not found."""
    headings = (f"[{name}]", f'["{name}"]', f"['{name}']")
    lines = (line.strip().replace(" ", "") for line in text.splitlines())
    return next((i for i, line in enumerate(lines, 1) if line.startswith(headings)), 1)


def value_faults(pack: Pack, axes: Mapping[str, Sequence[str]]) -> Iterator[TreguaError]:
    """What is wrong with the values and the constants of a country.

    Args:
        pack: the country.
        axes: labels of the axes that it has.
    """
    parameters = {
        f"{name}.{parameter.name}": parameter
        for name, kind in registry().items()
        for parameter in kind().parameters
    }
    for file in (VALUES, CONSTANTS):
        for name, entry, where in entries(pack, file):
            wrong = list(_incomplete(entry, where))
            if not wrong and file == VALUES and not _is_number(entry["value"]):
                wrong = [_no_number(entry, where)]
            yield from wrong
            if wrong or file == CONSTANTS:
                continue
            if name not in parameters:
                yield TreguaError(
                    "TR1533",
                    f"no parameter is named {name!r}",
                    where=where,
                    found=name,
                    expected="a parameter, as `tregua mechanisms` lists them",
                    nearest=nearest_name(name, parameters),
                    do="name the module of a mechanism of your own with --plugin",
                )
                continue
            yield from _wrong_unit(entry, parameters[name], where)
            yield from _wrong_shape(entry, parameters[name], axes, where)


def entries(pack: Pack, file: str) -> Iterator[tuple[str, Any, str]]:
    """Name and content of each entry of a file, and where it stands (TR1512)."""
    text = pack.text(file) if pack.has(file) else ""
    for name, entry in pack.toml(file).items():
        yield name, entry, f"{pack.shown}/{file}, line {line_of(text, name)}, {name}"


def refuse_wrong_values(pack: Pack) -> None:
    """Refuse values that are no numbers, have another unit or shape than their parameters, or no
    reason, before they are read (TR1533 to TR1536).
    """
    for fault in value_faults(pack, labels_of(pack)):
        raise fault


def _incomplete(entry: Any, where: str) -> Iterator[TreguaError]:
    """Keys that an entry lacks or may not have (TR1536)."""
    given = entry if isinstance(entry, dict) else {}
    missing = [key for key in KEYS[:3] if given.get(key) in (None, "")]
    unknown = [key for key in given if key not in KEYS]
    wrong = [key for key in ("unit", "why", "axis", "spread") if not _is_text(given.get(key, ""))]
    if missing or unknown or wrong:
        yield TreguaError(
            "TR1536",
            "a value lacks " + ", ".join(missing)
            if missing
            else "a value has a key that is none, or that is no text",
            where=where,
            found=", ".join(unknown or wrong) or ", ".join(given),
            expected="value, unit, and why it was chosen; besides only axis or spread",
        )


def _no_number(entry: Mapping[str, Any], where: str) -> TreguaError:
    return TreguaError(
        "TR1536",
        "a value is no number",
        where=where,
        found=str(entry["value"])[:80],
        expected="a number, or a list of numbers with an axis",
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    """Whether something is a finite number, or a list of them."""
    try:
        array = np.asarray(value)
        return array.dtype.kind in "iuf" and bool(np.isfinite(array).all())
    except ValueError:
        return False


def _wrong_unit(
    entry: Mapping[str, Any], parameter: Parameter, where: str
) -> Iterator[TreguaError]:
    """A unit that is not that of the parameter: values are taken as they stand (TR1534)."""
    try:
        same = entry["unit"] == parameter.unit or (
            "1" not in {entry["unit"], parameter.unit}
            and abs(in_unit(shown_in(1.0, entry["unit"]), parameter.unit, where) - 1.0) < SAME
        )
    except TreguaError:
        same = False
    if not same:
        yield TreguaError(
            "TR1534",
            "a value has another unit than its parameter",
            where=where,
            found=entry["unit"],
            expected=parameter.unit,
            do="write the value in that unit",
        )


def _wrong_shape(
    entry: Mapping[str, Any],
    parameter: Parameter,
    axes: Mapping[str, Sequence[str]],
    where: str,
) -> Iterator[TreguaError]:
    """A value that does not fit the axes of its parameter, or what makes sense (TR1535)."""
    value, axis = np.asarray(entry["value"], float), entry.get("axis", "")
    expected = ""
    if "spread" in entry:
        if entry["spread"] not in SPREADS or value.ndim or "territory" not in parameter.axes:
            expected = (
                "one number; spread is one of " + " and ".join(SPREADS) + ", for a parameter that "
                "can differ by territory"
            )
    elif value.ndim > 1 or (value.ndim == 1) != bool(axis):
        expected = "one number; or a list of numbers, and axis names what they follow"
    elif axis and axis not in parameter.axes:
        expected = "axis one of " + (", ".join(parameter.axes) or "none: one number")
    elif axis and len(value) != len(axes.get(axis, ())):
        expected = f"{len(axes.get(axis, ()))} numbers, one for each {axis} of the country"
    low, high = parameter.support
    if not expected and bool(((value < low) | (value > high)).any()):
        expected = f"numbers from {low:g} to {high:g}"
    if expected:
        yield TreguaError(
            "TR1535",
            "a value does not fit its parameter",
            where=where,
            found=f"{entry['value']}" + (f", axis {axis}" if axis else ""),
            expected=expected,
        )
