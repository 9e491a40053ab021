"""Weeks and years: time steps of a model as days of the calendar, and back.

A model counts in weeks of 7 days from its start. A year has 365.25 days where time is converted
(:data:`YEAR_DAYS`, as the unit ``year`` has), the days of the calendar where a sum over one year is
meant (:func:`year_shares`), and the Gregorian mean of 365.2425 days on the axes of a few figures
(:data:`GREGORIAN_YEAR_WEEKS`). One reproduction of a study has its own 52.18 weeks, rounded.
They differ by less than one in ten thousand; each stands where it stood when the numbers of the
package were first computed.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from jaxtyping import Float

from .declarations import Number

WEEK_DAYS = 7
"""Days in a week."""

YEAR_DAYS = 365.25
"""Days in a year, on average over four."""

YEAR_WEEKS = YEAR_DAYS / WEEK_DAYS
"""Weeks in such a year, 52.1786."""

GREGORIAN_YEAR_WEEKS = 52.1775
"""Weeks in a Gregorian year of 365.2425 days."""

SLACK_DAYS = 7
"""Days that a calendar year may miss at either end and still count, at the mean of its other days:
scenarios begin and end with a week.
"""


def weeks_between(start: dt.date, day: dt.date) -> float:
    """Weeks from a day to another, with decimals."""
    return (day - start).days / WEEK_DAYS


def week_of(start: dt.date, day: dt.date) -> int:
    """The first week that begins on or after a day, counted from the week of the start, 0:
    weeks between, rounded up.
    """
    return -(-(day - start).days // WEEK_DAYS)


def full_weeks(start: dt.date, day: dt.date) -> int:
    """Weeks that have ended by a day: weeks between, rounded down."""
    return (day - start).days // WEEK_DAYS


def day_of(start: dt.date, week: Number) -> dt.date:
    """The day on which a week begins, or the nearest where the week has decimals."""
    return start + dt.timedelta(days=round(WEEK_DAYS * float(week)))


def decimal_year(day: dt.date) -> float:
    """A day as a year with decimals, for the axis of a figure."""
    return day.year + (day.timetuple().tm_yday - 1) / YEAR_DAYS


def calendar_years(start: dt.date, end: dt.date) -> range:
    """Calendar years between two days that miss less than a week after the first,
    and at most one before the second.
    """
    first = start.year if (start - dt.date(start.year, 1, 1)).days < SLACK_DAYS else start.year + 1
    last = end.year if (dt.date(end.year + 1, 1, 1) - end).days <= SLACK_DAYS else end.year - 1
    return range(first, last + 1)


def year_shares(
    start: dt.date, edges: Float[np.ndarray, "edge"]
) -> dict[int, Float[np.ndarray, "step"]]:
    """How much of each step counts for each whole calendar year, by days;
    what a year misses at either end counts at its mean.

    Args:
        start: the day from which edges count.
        edges: of the steps [days], in order and without gaps.
    """
    shares = {}
    for year in calendar_years(
        *(start + dt.timedelta(days=round(float(edge))) for edge in (edges[0], edges[-1]))
    ):
        first, last = ((dt.date(year + after, 1, 1) - start).days for after in (0, 1))
        inside = np.clip(np.minimum(edges[1:], last) - np.maximum(edges[:-1], first), 0.0, None)
        shares[year] = inside / np.diff(edges) * (last - first) / inside.sum()
    return shares
