"""Weeks and years: what is rounded which way, and that years add up."""

import datetime as dt

import numpy as np
import pytest

from tregua.model.calendar import (
    GREGORIAN_YEAR_WEEKS,
    YEAR_WEEKS,
    calendar_years,
    day_of,
    decimal_year,
    full_weeks,
    week_of,
    weeks_between,
    year_shares,
)

START = dt.date(2007, 1, 1)


@pytest.mark.parametrize("days", [-8, -7, -1, 0, 1, 6, 7, 8, 3651])
def test_a_day_lies_between_the_full_weeks_before_it_and_the_week_that_follows(days):
    day = START + dt.timedelta(days=days)
    before, after = full_weeks(START, day), week_of(START, day)
    assert before <= weeks_between(START, day) <= after
    assert after - before == (days % 7 != 0)
    assert day_of(START, before) <= day <= day_of(START, after)
    assert day_of(START, weeks_between(START, day)) == day


def test_a_year_has_the_length_that_is_written():
    assert pytest.approx(365.25 / 7) == YEAR_WEEKS
    assert pytest.approx(365.2425 / 7) == GREGORIAN_YEAR_WEEKS
    assert decimal_year(dt.date(2008, 1, 1)) == 2008.0
    assert 2008.99 < decimal_year(dt.date(2008, 12, 31)) < 2009.0


def test_years_may_miss_a_week_and_each_adds_up_to_its_days():
    assert calendar_years(START, dt.date(2010, 12, 26)) == range(2007, 2011)
    assert calendar_years(dt.date(2007, 1, 8), dt.date(2010, 12, 24)) == range(2008, 2010)
    edges = 7.0 * np.arange(53 * 4)
    shares = year_shares(START, edges)
    assert list(shares) == [2007, 2008, 2009, 2010]
    for year, share in shares.items():
        days = (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days
        assert 7.0 * share.sum() == pytest.approx(days)
