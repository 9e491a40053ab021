"""Chart specifications from paired ensembles, without a page:
everything here may run in a thread while the page stays alive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from ...countries.dataset import Inhabitants
from ...countries.territories import Tiles
from ...reporting.browser.base import Chart, Say
from ...reporting.browser.changes import tornado, victims
from ...reporting.browser.lines import fan
from ...reporting.browser.small_multiples import small_multiples
from ...reporting.browser.tiles import change_map, level_map
from ...results.by_territory import PERSONS, inhabitants_of
from ...results.pairs import relative_change
from ..package import Package
from ..work.emulator import Emulator
from ..work.futures import Futures
from ..work.headline import (
    CIVILIANS,
    killed_by_kind,
    killed_of,
    kinds,
    shown_victim,
    sure,
)
from ..work.headline import tornado as bars_of
from .answer import parts_text

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Ground:
    """Map and population of a scenario: what charts need of it beside futures.

    Attributes:
        tiles: place of every territory; None where the country has none.
        people: inhabitants of each territory by year; None where the data have none.
    """

    tiles: Tiles | None
    people: Inhabitants | None


def ground_of(scenario: Scenario) -> Ground:
    """What charts need of a scenario."""
    return Ground(scenario.data.tiles, inhabitants_of(scenario))


def killed_by_year(
    futures: Futures, victim: str
) -> tuple[Float[np.ndarray, "replicate year"], Float[np.ndarray, "replicate year"]]:
    """Persons of one kind, or of all kinds, killed in every year in all territories, without and
    with the package.
    """
    before, after = killed_of(futures, victim)
    return before.sum(axis=2), after.sum(axis=2)


def median_change(futures: Futures, victim: str) -> float:
    """Median over pairs of the relative change of persons killed over all years."""
    before, after = (killed.sum(axis=1) for killed in killed_by_year(futures, victim))
    return float(np.median(relative_change(before, after)))


def fan_of(futures: Futures, package: Package, victim: str, say: Say) -> Chart:
    """The fan chart, with the package where there is one."""
    before, after = killed_by_year(futures, victim)
    chart = fan(
        futures.years,
        before,
        after if package.settings else None,
        say,
        shown_victim(futures, victim),
        futures.quick,
    )
    return with_parts(chart, futures, victim, say)


def with_parts(chart: Chart, futures: Futures, victim: str, say: Say) -> Chart:
    """A chart of all civilians with the parts of their number in its note."""
    parts = parts_text(futures, say) if victim == CIVILIANS else ""
    return replace(chart, note=f"{chart.note} {parts}") if parts else chart


def all_charts(
    futures: Futures, package: Package, victim: str, ground: Ground, say: Say
) -> dict[str, Chart]:
    """All charts of the lab's screen but the tornado, by name;
    the map and the small charts only where territories have tiles.
    """
    span = (int(futures.years[0]), int(futures.years[-1]))
    before, after = killed_by_kind(futures)
    charts = {
        "fan": fan_of(futures, package, victim, say),
        "victims": victims(before, after, kinds(futures), say, span),
    }
    if ground.tiles is None:
        return charts
    # Per cents are of persons: a rate below one would be set against one person of its own.
    last = (killed[:, -1] for killed in killed_of(futures, victim))
    moves = np.median(relative_change(*last), axis=0)
    before, after = placed(futures, victim, ground)
    rates = ground.people is not None
    if package.settings:
        charts["map"] = difference_map(futures, victim, ground, say)
    else:
        level = level_map(before.mean(axis=1), ground.tiles, say, rates, span)
        charts["map"] = with_parts(level, futures, victim, say)
    states = small_multiples(
        futures.years,
        before,
        after if package.settings else None,
        moves if package.settings else None,
        ground.tiles,
        say,
        rates,
    )
    return {**charts, "states": with_parts(states, futures, victim, say)}


def differences(
    futures: Futures, victim: str, ground: Ground
) -> Float[np.ndarray, "replicate territory"]:
    """Differences of pairs by territory, the mean over years, in the unit of the map."""
    before, after = placed(futures, victim, ground)
    return (after - before).mean(axis=1)


def difference_map(futures: Futures, victim: str, ground: Ground, say: Say) -> Chart:
    """The map of differences; only where territories have tiles."""
    assert ground.tiles is not None
    span = (int(futures.years[0]), int(futures.years[-1]))
    chart = change_map(
        differences(futures, victim, ground),
        sure(futures, victim),
        ground.tiles,
        say,
        ground.people is not None,
        span,
    )
    return with_parts(chart, futures, victim, say)


def placed(futures: Futures, victim: str, ground: Ground) -> tuple[np.ndarray, np.ndarray]:
    """Killed without and with the package by replicate, year and territory, for 100,000 inhabitants
    of the year where the data have a population.
    """
    before, after = killed_of(futures, victim)
    if ground.people is None:
        return before, after
    people = ground.people.in_years(futures.years)
    return before / people * PERSONS, after / people * PERSONS


def tornado_of(emulator: Emulator, package: Package, victim: str, say: Say) -> Chart:
    """What each setting does by itself, as the emulator has it."""
    bars = bars_of(emulator, package, victim)
    names = [say(f"handle.{bar.handle}.name") for bar in bars]
    return tornado(
        names,
        [bar.change for bar in bars],
        [bar.low for bar in bars],
        [bar.high for bar in bars],
        say,
    )
