"""Reference values: published numbers and their tolerances, from the files in
``tregua/studies/reproductions/data/published``. No code holds either.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from .rows import Row

Entry = Mapping[str, Any]
Interval = tuple[float, float, str]


@dataclass(frozen=True, eq=False)
class Published:
    """Reference values of one reproduction: a file of published numbers.

    Attributes:
        name: of the file and of the reproduction.
        entries: one for each number: ``key``, ``quantity``, ``value`` or ``range``, ``unit``,
            ``tolerance``, ``source``.
        sources: citation, origin and stance by tag.
        tolerances: kinds of tolerance by name.
        run: what is run.
        policies: label and factors of parameters, by name.
        search: bounds of the parameters of a fit, by full name.
    """

    name: str
    entries: tuple[Entry, ...]
    sources: Mapping[str, Entry]
    tolerances: Mapping[str, Entry]
    run: Mapping[str, Any]
    policies: Mapping[str, Entry]
    search: Mapping[str, Any]

    @property
    def cited(self) -> dict[str, str]:
        """Citation and origin of every source as one text."""
        return {
            tag: f"{source['citation']}. {source['how']}" for tag, source in self.sources.items()
        }

    def entry(self, key: str) -> Entry:
        """The published number of a key.

        Raises:
            KeyError: where the file has no such number.
        """
        for entry in self.entries:
            if entry["key"] == key:
                return entry
        raise KeyError(f"{self.name} has no published number {key!r}")

    def compare(self, ours: Mapping[str, float], partly: bool = False) -> tuple[Row, ...]:
        """One row for each number of the file, in its order.

        Args:
            ours: own values by key.
            partly: accept that some numbers of the file have no own value, and leave them out.

        Raises:
            KeyError: where the two sets of keys differ.
        """
        keys = [entry["key"] for entry in self.entries]
        odd = set(ours) - set(keys) if partly else set(ours) ^ set(keys)
        if odd or len(keys) != len(set(keys)):
            raise KeyError(f"the rows of {self.name} and the computed values differ: {sorted(odd)}")
        return tuple(
            self._row(entry, ours[entry["key"]]) for entry in self.entries if entry["key"] in ours
        )

    def _row(self, entry: Entry, ours: float) -> Row:
        tolerance = self.tolerances[entry["tolerance"]]
        low, high, text = INTERVALS[tolerance["kind"]](entry, tolerance)
        published = (
            f"{entry['range'][0]:,g} to {entry['range'][1]:,g}"
            if "range" in entry
            else entry.get("value")
        )
        published = float(published) if isinstance(published, int) else published
        words = entry["quantity"], published, float(ours), low, high, entry["unit"], text
        return Row(*words, note=entry.get("note", ""), source=entry["source"], key=entry["key"])


def load(name: str) -> Published:
    """Published numbers by the name of their reproduction."""
    text = (resources.files(__package__) / "data" / "published" / f"{name}.toml").read_text(
        encoding="utf-8"
    )
    file = tomllib.loads(text)
    return Published(
        name,
        tuple(file["rows"]),
        file["sources"],
        file["tolerances"],
        file["run"],
        file["policies"],
        file.get("search", {}),
    )


def _relative(entry: Entry, tolerance: Entry) -> Interval:
    half = abs(entry["value"]) * tolerance["relative"]
    return entry["value"] - half, entry["value"] + half, f"±{100 * tolerance['relative']:g} %"


def _absolute(entry: Entry, tolerance: Entry) -> Interval:
    half = tolerance["absolute"]
    return entry["value"] - half, entry["value"] + half, f"±{half:g} {_points(entry)}"


def _factor(entry: Entry, tolerance: Entry) -> Interval:
    """``factor`` times as much or as little: for what is known to the order of magnitude."""
    return (
        entry["value"] / tolerance["factor"],
        entry["value"] * tolerance["factor"],
        f"within a factor of {tolerance['factor']:g}",
    )


def _same_sign(entry: Entry, tolerance: Entry) -> Interval:
    """``absolute``, cut at zero: a change of sign is never a reproduction."""
    low, high, text = _absolute(entry, tolerance)
    if entry["value"] > 0.0:
        low = max(low, math.nextafter(0.0, 1.0))
    else:
        high = min(high, math.nextafter(0.0, -1.0))
    return low, high, f"{text}, same sign"


def _interval(entry: Entry, tolerance: Entry) -> Interval:
    low, high = entry["range"]
    return float(low), float(high), "in the range"


def _change(entry: Entry, tolerance: Entry) -> Interval:
    """Of a change in percent: the ratio behind it may be off by ``relative``,
    and the reference is rounded.
    """
    half = (100.0 + entry["value"]) * tolerance["relative"] + tolerance["rounding"]
    return entry["value"] - half, entry["value"] + half, f"±{half:.2f} points"


def _ensemble_mean(entry: Entry, tolerance: Entry) -> Interval:
    """Means of two ensembles of n replicates differ by ``spread * sqrt(2 / n)`` as
    one standard error.
    """
    half = tolerance["errors"] * entry["spread"] * math.sqrt(2.0 / tolerance["replicates"])
    return (
        entry["value"] - half,
        entry["value"] + half,
        f"±{half:.0f} ({tolerance['errors']:g} standard errors)",
    )


def _ensemble_spread(entry: Entry, tolerance: Entry) -> Interval:
    """Standard deviations of two normal ensembles of n replicates differ by ``spread / sqrt(n -
    1)`` as one standard error.
    """
    half = tolerance["errors"] * entry["value"] / math.sqrt(tolerance["replicates"] - 1.0)
    return (
        entry["value"] - half,
        entry["value"] + half,
        f"±{half:.0f} ({tolerance['errors']:g} standard errors)",
    )


def _shown(entry: Entry, tolerance: Entry) -> Interval:
    return -math.inf, math.inf, ""


def _points(entry: Entry) -> str:
    return "points" if entry["unit"] == "%" else entry["unit"]


INTERVALS: dict[str, Callable[[Entry, Entry], Interval]] = {
    "relative": _relative,
    "absolute": _absolute,
    "factor": _factor,
    "same_sign": _same_sign,
    "interval": _interval,
    "change": _change,
    "mean": _ensemble_mean,
    "spread": _ensemble_spread,
    "shown": _shown,
}
"""For each kind of tolerance: the interval that counts as reproduced,
and the tolerance in words.
"""
