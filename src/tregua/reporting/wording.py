"""Numbers, days and changes as plain English, the same in figures and reports.
No more precision than there is: three significant figures, and two for the ends of bands
(:func:`ends`).
"""

from __future__ import annotations

import datetime as dt
import inspect
import math
from collections.abc import Callable

from ..countries.dataset import Dataset
from ..model.declarations import Parameter
from ..results.outcomes import Outcome
from ..scenarios.policy import Modifier, Policy

Number = float | int

BLUR = 0.25
"""Share of its width by which a band may grow as its ends are rounded."""

RULE = (
    "Differences and per cents are medians over the same pairs of replicates, with the range of "
    "nine in ten pairs; levels are medians of each run by itself, so that their difference can be "
    "another."
)
"""Which statistic each number of a comparison is: one rule for terminal, report and tables."""


LANGUAGE = "en"
"""Language of reports."""

OWN = f"words/{LANGUAGE}.toml"
"""File of a country's pack with texts of its own; those of reports are in its table ``report``."""


def territory_words(data: Dataset) -> tuple[str, str]:
    """What one place of the data is called, and several."""
    if data.pack is None or data.territories is None:
        return "place", "places"
    return data.pack.word(LANGUAGE, many=False), data.pack.word(LANGUAGE)


def with_article(word: str) -> str:
    """A word with its article: ``a state``, ``an island``."""
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def own_text(data: Dataset, key: str) -> str:
    """What the country says in the place of a text of reports; empty where it says nothing."""
    own = data.pack.toml(OWN).get("report", {}) if data.pack else {}
    return str(own.get(key, ""))


def rounded(value: Number) -> str:
    """A number to three significant figures, with thousands separated: 90,612 is ``"90,600"``."""
    if not math.isfinite(value):
        return "–"
    if value == 0.0:
        return "0"
    if abs(value) < 1e-3:
        return f"{value:.3g}"
    digits = 2 - math.floor(math.log10(abs(value)))
    # Persons come whole: a number of two digits needs no decimal.
    digits = 0 if digits == 1 else digits
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def persons(value: Number) -> str:
    """A number of persons, who come whole: ``"9"`` for the 9.05 between two replicates, ``"under
    1"`` for half of one or less.
    """
    if 0.0 < abs(value) <= 0.5:
        return "under 1"
    return rounded(round(value)) if abs(value) < 1000.0 else rounded(value)


def exact(value: Number) -> str:
    """A number that somebody chose, as it is: rounding it would misstate it."""
    return f"{value:,.10g}".replace("-", "−")


def percent(share: Number) -> str:
    """A relative change in whole per cent, below one with a decimal, with its sign."""
    if not math.isfinite(share):
        return "–"
    value = round(100.0 * share, 1 if abs(share) < 0.01 else 0)
    return f"{value:+g} %".replace("-", "−") if value else "0 %"


def ends(low: Number, high: Number) -> tuple[float, float]:
    """Both ends of a band to the figures that it earns: two, rounded outwards, so that the band
    that is told holds the one that was found. Where that would make it wider by more than
    :data:`BLUR`, as with a narrow band, they keep the three figures of any number.
    """
    told = _outwards(low, math.floor), _outwards(high, math.ceil)
    wider = (told[1] - told[0]) - (high - low)
    return told if wider <= BLUR * (high - low) else (float(low), float(high))


def _outwards(value: Number, away: Callable[[float], int]) -> float:
    """A number to two significant figures, rounded to the side of ``away``."""
    if value == 0.0 or not math.isfinite(value):
        return float(value)
    place = math.floor(math.log10(abs(value))) - 1
    # A number that has two figures already must not move by the last digit of its fraction.
    return float(away(round(value / 10.0**place, 6))) * 10.0**place


def span(low: Number, high: Number, say: Callable[[Number], str] = rounded) -> str:
    """A band from its lower to its upper end, each put by ``say``: ``"8,900 to 18,000"``."""
    return _between(*ends(low, high), say)


def percent_span(low: Number, high: Number, say: Callable[[Number], str] = percent) -> str:
    """A band of shares or relative changes, which are put in whole per cent."""
    return _between(low, high, say)


def _between(low: Number, high: Number, say: Callable[[Number], str]) -> str:
    return f"{say(low)} to {say(high)}"


def signed(value: Number, say: Callable[[Number], str] = rounded) -> str:
    """A difference with its sign: ``"+340"``, ``"−12,300"`` or ``"0"``."""
    text = say(value)
    return f"+{text}" if value > 0.0 and text[0].isdecimal() else text


def signed_span(low: Number, high: Number, say: Callable[[Number], str] = rounded) -> str:
    """A band of a difference, each end with its sign."""
    return span(low, high, lambda end: signed(end, say))


def change(difference: Number) -> str:
    """A difference in persons in words: ``"12,300 fewer"``, ``"340 more"`` or ``"no change"``."""
    return (
        "no change"
        if difference == 0.0
        else f"{persons(abs(difference))} {'fewer' if difference < 0.0 else 'more'}"
    )


def change_span(low: Number, high: Number) -> str:
    """A band of a difference in persons in words:
    ``"11,900 to 12,700 fewer"`` or ``"between 120 fewer and 340 more"``.
    """
    if low == high:
        return change(low)
    low, high = ends(low, high)
    if high <= 0.0:
        return f"{_between(-high, -low, persons)} fewer"
    if low >= 0.0:
        return f"{_between(low, high, persons)} more"
    return f"between {persons(-low)} fewer and {persons(high)} more"


def day(date: dt.date) -> str:
    """A date as one reads it: ``"1 January 2030"``."""
    return f"{date.day} {date:%B} {date.year}"


def listed(words: list[str]) -> str:
    """Words as a list in a sentence: ``"a, b and c"``."""
    return (
        words[0]
        if len(words) == 1
        else ", ".join(words[:-1]) + f" and {words[-1]}"
        if words
        else ""
    )


def parts_text(outcome: Outcome, told: Callable[[Outcome], str]) -> str:
    """The parts of an outcome, each put by ``told``, as a list in a sentence: ``"90 in crossfire
    and 240 without a tie to groups"``; empty where it has none.
    """
    return listed([f"{told(part)} {part.within}" for part in outcome.parts])


def all_counted(outcome: Outcome) -> str:
    """What an outcome with parts holds, in a sentence with a space before it; empty where it has
    none.
    """
    parts = listed([part.within for part in outcome.parts])
    return f" {sentence(outcome.label)} are all of them: {parts}." if parts else ""


def sentence(text: str) -> str:
    """A text that starts with a capital letter."""
    return text[:1].upper() + text[1:]


def change_text(modifier: Modifier, parameter: Parameter) -> str:
    """What one change of a policy does, in words."""
    value = f"{exact(modifier.value)} {'' if parameter.unit == '1' else parameter.unit}".strip()
    what = {
        "scale": f"multiplied by {exact(modifier.value)}",
        "set": f"set to {value}",
        "add": f"raised by {value}"
        if modifier.value >= 0.0
        else f"lowered by {value.lstrip('−-')}",
        "cap": f"kept from rising above {value}",
    }[modifier.operation]
    since = f"from {day(modifier.start)}" if modifier.start else "from the start"
    until = f"until {day(modifier.end)}" if modifier.end else "to the end"
    ramp = (
        f", growing to full strength over {modifier.ramp_weeks:g} weeks"
        if modifier.ramp_weeks
        else ""
    )
    place = f", in {listed(list(modifier.territories))} only" if modifier.territories else ""
    return f"{parameter.doc} ({modifier.target}): {what}, {since} {until}{ramp}{place}"


def policy_text(policy: Policy, parameters: dict[str, Parameter]) -> str:
    """What a policy does, in words; "changes nothing" where it has no change."""
    return (
        "; ".join(
            change_text(modifier, parameters[modifier.target]) for modifier in policy.modifiers
        )
        or "changes nothing"
    )


def first_paragraph(text: str | None) -> str:
    """First paragraph of a docstring, on one line; empty where there is none."""
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())
