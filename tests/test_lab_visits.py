"""What the lab remembers of its visitors, and how much each of them may ask."""

import pytest

from lab_fakes import package
from tregua.errors import TreguaError
from tregua.lab.work.visits import (
    IDLE,
    MOST_PINS,
    MOST_VISITS,
    Allowance,
    Visit,
    Visits,
)


def test_visitors_are_limited_and_an_idle_one_gives_way():
    left = []
    visits = Visits(left.append)
    opened = [visits.open() for _ in range(MOST_VISITS)]
    with pytest.raises(TreguaError, match="TR3007"):
        visits.open()
    opened[3].seen -= IDLE + 1
    assert visits.open().secret
    assert left == [opened[3].key]
    assert visits.find(opened[3].secret) is None
    assert len(visits) == MOST_VISITS


def test_the_secret_of_a_visit_is_never_shown():
    visit = Visit()
    assert visit.secret not in repr(visit)
    assert visit.secret not in visit.key


def test_an_allowance_fills_again():
    now = [0.0]
    allowance = Allowance(2.0, 3.0, lambda: now[0])
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [allowance.take() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]


def test_six_packages_can_be_pinned_and_one_is_only_renamed():
    visit = Visit()
    for i in range(MOST_PINS):
        visit.pin(package(1.0 + i / 10))
    visit.pin(package(1.2, "renamed"))
    assert [pin.name for pin in visit.pins] == ["", "", "renamed", "", "", ""]
    with pytest.raises(TreguaError, match="TR3015"):
        visit.pin(package(3.0))
    visit.unpin(package(1.2))
    visit.pin(package(3.0))
    assert len(visit.pins) == MOST_PINS
