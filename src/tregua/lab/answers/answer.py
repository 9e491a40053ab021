"""Result sentences: the answer in words, and how the work on it stands; pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...reporting.browser.base import PER_CENT, Say, relative
from ...reporting.wording import rounded
from ...scenarios.posterior import MOST_MISFIT, failed_misfit
from ..package import Package
from ..work.futures import Futures
from ..work.headline import (
    CIVILIANS,
    CIVILIANS_APART,
    CIVILIANS_TIED,
    Headline,
    headline,
    killed_of,
    kinds,
)

if TYPE_CHECKING:
    from ...scenarios.posterior import StoredPosterior
    from ..handles import Handle
    from ..work.emulator import Emulator
    from ..work.jobs import Standing
    from ..work.shared import Shared

OF = 100
"""Futures that shares are told in: 83 of 100."""

SHARE = "fewer"
"""Check of an emulator that says how far the share of pairs with fewer killed was off."""

MINUTE = 60.0

LONG = 90.0
"""Seconds from which a time that is left is told in minutes."""


def headline_text(said: Headline, say: Say) -> str:
    """The answer in one sentence.

    Args:
        said: the numbers.
        say: the catalogue.
    """
    near, far = _nearer_first(said.middle)
    return say(
        "lab.headline",
        fewer=round(OF * said.fewer),
        victim=say(f"victim.{said.victims}.fewer"),
        near=relative(near),
        far=relative(far),
        worst=relative(said.worst_tenth),
    )


def parts_text(futures: Futures, say: Say) -> str:
    """How many civilians are killed without the package, with the parts of that number; empty where
    all are killed in group violence.

    Args:
        futures: at least one pair.
        say: the catalogue.
    """
    if CIVILIANS_APART not in kinds(futures):
        return ""
    civilians, tied, apart = (
        rounded(float(np.median(killed_of(futures, kind)[0].sum(axis=(1, 2)))))
        for kind in (CIVILIANS, CIVILIANS_TIED, CIVILIANS_APART)
    )
    years = {"first": int(futures.years[0]), "last": int(futures.years[-1])}
    return say("lab.parts", civilians=civilians, tied=tied, apart=apart, **years)


def _change_of_tied(futures: Futures, say: Say) -> str:
    """What the package does to civilians in group violence alone."""
    near, far = _nearer_first(headline(futures, CIVILIANS_TIED).middle)
    return say("lab.parts_change", near=relative(near), far=relative(far))


def _nearer_first(edges: tuple[float, float]) -> tuple[float, float]:
    """The edge nearer to no change comes first: "−4 % to −11 %"."""
    low, high = edges
    return (high, low) if abs(high) < abs(low) else (low, high)


def error_text(said: Headline, futures: Futures, say: Say, emulator: Emulator | None = None) -> str:
    """How far chance among the pairs, or the emulator, may have moved the answer.

    Args:
        said: the numbers.
        futures: that they are from.
        say: the catalogue.
        emulator: that made them where they are a quick estimate.
    """
    points = max(round(OF * said.error), 1)
    if not futures.quick:
        key = "lab.monte_carlo_fit" if futures.draws else "lab.monte_carlo"
        return say(
            key,
            pairs=futures.pairs,
            points=points,
            **({"draws": futures.draws} if futures.draws else {}),
        )
    told = [
        say("lab.quick", pairs=futures.pairs),
        say("lab.quick_error", error=f"{PER_CENT * (futures.error or 0.0):.1f}"),
    ]
    if emulator is not None and SHARE in emulator.checks:
        told.append(say("lab.quick_share", share=round(OF * emulator.checks[SHARE])))
    return " ".join([*told, say("lab.quick_chance", points=points)])


def held_text(shared: Shared, say: Say) -> str:
    """What bands and shares hold, and what they do not; with a fit, how far the record narrows the
    draws, which stands beside every count of pairs.

    Args:
        shared: whose scenario may name a fit.
        say: the catalogue.
    """
    if shared.posterior is None:
        return say("lab.chance_only")
    held = say("lab.chance_and_fit", draws=shared.posterior.size)
    return f"{held} {say('lab.mostly_prior', **shared.narrowed)}"


def fails_text(stored: StoredPosterior | None, say: Say) -> str:
    """That the fit behind the numbers fails its own test; empty where it passes, or where the
    scenario names none.

    Args:
        stored: the fit that the scenario names, if it names one.
        say: the catalogue.
    """
    if stored is None or not stored.record.get("problems"):
        return ""
    misfit = failed_misfit(stored.record)
    return (
        say("lab.fit_fails")
        if misfit is None
        else say("lab.fit_misses", misfit=f"{misfit:.1f}", most=f"{MOST_MISFIT:g}")
    )


def answer(
    futures: Futures | None,
    package: Package,
    victim: str,
    say: Say,
    emulator: Emulator | None = None,
) -> tuple[str, str, str]:
    """Headline and its error for a package, and for all civilians what their number is made of.

    Args:
        futures: of the package; None where there are none yet.
        package: the settings.
        victim: kind of victim, or all.
        say: the catalogue.
        emulator: that made the futures where they are a quick estimate.
    """
    if not package.settings:
        return say("lab.nothing_moved"), say("lab.nothing_moved_more"), ""
    if futures is None:
        return say("lab.no_answer_yet"), "", ""
    said = headline(futures, victim)
    parts = parts_text(futures, say) if said.victims == CIVILIANS else ""
    return (
        headline_text(said, say),
        error_text(said, futures, say, emulator),
        f"{parts} {_change_of_tied(futures, say)}" if parts else "",
    )


def standing_text(standing: Standing | None, say: Say) -> str:
    """How a job stands, in one sentence."""
    if standing is None:
        return ""
    done, wanted = standing.done, standing.wanted
    if standing.state == "queued":
        return say("state.queued", position=standing.position or 1)
    if standing.state == "running":
        left = "" if standing.seconds_left is None else " " + _left(standing.seconds_left, say)
        return say("state.running", done=done, wanted=wanted) + left
    if standing.state == "cancelled":
        return (
            say("state.cancelled", done=done, wanted=wanted)
            if done
            else say("state.cancelled_empty")
        )
    if standing.state == "refused" and standing.refusal is not None:
        return refused_text(standing.refusal.code, standing.refusal.what, say)
    return say("state.done", done=done)


def _left(seconds: float, say: Say) -> str:
    return (
        say("state.minutes", count=round(seconds / MINUTE))
        if seconds > LONG
        else say("state.seconds", count=max(round(seconds), 1))
    )


KNOWN_REFUSALS = frozenset(
    {
        "TR1405",
        "TR3008",
        "TR3010",
        "TR3011",
        "TR3014",
        "TR3015",
        "TR3020",
        "TR3021",
        "TR3022",
        "TR3009",
        "TR3013",
    }
)
"""Refusals that the catalogue has words for; others are told as the error has them, in English."""


def refused_text(code: str, what: str, say: Say) -> str:
    """A refusal in words with its code."""
    words = say(f"refused.{code}") if code in KNOWN_REFUSALS else say("refused.other", what=what)
    return say("refused.with_code", words=words, code=code)


def position_text(value: float, handle: Handle, say: Say) -> str:
    """A position with its unit, as one reads it."""
    if handle.kind == "scale":
        return say("handle_unit.times", value=f"{value:.4g}")
    return say(
        f"handle_unit.{UNIT_KEYS.get(handle.unit, 'other')}", value=f"{value:.4g}", unit=handle.unit
    )


UNIT_KEYS = {"1/week": "per_week", "1": "share", "person/week": "persons_week"}
"""Keys of the units that positions have in the catalogue."""


def range_text(handle: Handle, say: Say) -> str:
    """The range of positions that the evidence covers, with its unit."""
    return say(
        "lab.range",
        low=f"{handle.evidence_low:.2g}",
        high=f"{handle.evidence_high:.2g}",
        unit=short_unit(handle, say),
    )


def short_unit(handle: Handle, say: Say) -> str:
    """The unit of positions, for beside a number field."""
    short = "times" if handle.kind == "scale" else UNIT_KEYS.get(handle.unit, "other")
    return say(f"handle_unit.short_{short}", unit=handle.unit)
