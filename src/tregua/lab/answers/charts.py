"""Chart specifications from paired ensembles, without a page:
everything here may run in a thread while the page stays alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from ...countries.dataset import Inhabitants
from ...countries.tiles import Tiles, tiles_of
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
from ..work.headline import killed_of, shown_victim, sure
from ..work.headline import tornado as bars_of

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Ground:
    """Map and population of a scenario: what charts need of it beside futures.

    Attributes:
        tiles: place of every state; None where the scenario is not on the 32 states.
        people: inhabitants of each territory by year; None where the data have none.
    """

    tiles: Tiles | None
    people: Inhabitants | None


def ground_of(scenario: Scenario) -> Ground:
    """What charts need of a scenario."""
    return Ground(tiles_of(scenario.data.space), inhabitants_of(scenario))


def killed_by_year(
    killed: Float[np.ndarray, "replicate year territory victim"],
    names: tuple[str, ...],
    victim: str,
) -> Float[np.ndarray, "replicate year"]:
    """Persons of one kind, or of all kinds, killed in every year in all territories."""
    return killed_of(killed, names, victim).sum(axis=2)


def median_change(futures: Futures, victim: str) -> float:
    """Median over pairs of the relative change of persons killed over all years."""
    before, after = (
        killed_by_year(x, futures.victims, victim).sum(axis=1)
        for x in (futures.baseline, futures.changed)
    )
    return float(np.median(relative_change(before, after)))


def fan_of(futures: Futures, package: Package, victim: str, say: Say) -> Chart:
    """The fan chart, with the package where there is one."""
    before, after = (
        killed_by_year(x, futures.victims, victim) for x in (futures.baseline, futures.changed)
    )
    return fan(
        futures.years,
        before,
        after if package.settings else None,
        say,
        shown_victim(futures.victims, victim),
        futures.quick,
    )


def all_charts(
    futures: Futures, package: Package, victim: str, ground: Ground, say: Say
) -> dict[str, Chart]:
    """All charts of the lab's screen but the tornado, by name;
    the map and the small charts only on the 32 states.
    """
    span = (int(futures.years[0]), int(futures.years[-1]))
    before, after = (x.sum(axis=(1, 2)) for x in (futures.baseline, futures.changed))
    charts = {
        "fan": fan_of(futures, package, victim, say),
        "victims": victims(before, after, futures.victims, say, span),
    }
    if ground.tiles is None:
        return charts
    # Per cents are of persons: a rate below one would be set against one person of its own.
    last = (
        killed_of(x, futures.victims, victim)[:, -1] for x in (futures.baseline, futures.changed)
    )
    moves = np.median(relative_change(*last), axis=0)
    before, after = (
        placed(x, futures, victim, ground) for x in (futures.baseline, futures.changed)
    )
    rates = ground.people is not None
    if package.settings:
        charts["map"] = difference_map(futures, victim, ground, say)
    else:
        charts["map"] = level_map(before.mean(axis=1), ground.tiles, say, rates, span)
    charts["states"] = small_multiples(
        futures.years,
        before,
        after if package.settings else None,
        moves if package.settings else None,
        ground.tiles,
        say,
        rates,
    )
    return charts


def differences(
    futures: Futures, victim: str, ground: Ground
) -> Float[np.ndarray, "replicate territory"]:
    """Differences of pairs by territory, the mean over years, in the unit of the map."""
    before, after = (
        placed(x, futures, victim, ground) for x in (futures.baseline, futures.changed)
    )
    return (after - before).mean(axis=1)


def difference_map(futures: Futures, victim: str, ground: Ground, say: Say) -> Chart:
    """The map of differences; only on the 32 states."""
    assert ground.tiles is not None
    span = (int(futures.years[0]), int(futures.years[-1]))
    return change_map(
        differences(futures, victim, ground),
        sure(futures, victim),
        ground.tiles,
        say,
        ground.people is not None,
        span,
    )


def placed(
    killed: Float[np.ndarray, "replicate year territory victim"],
    futures: Futures,
    victim: str,
    ground: Ground,
) -> np.ndarray:
    """Killed by replicate, year and territory, for 100,000 inhabitants of the year where the data
    have a population.
    """
    values = killed_of(killed, futures.victims, victim)
    if ground.people is None:
        return values
    return values / ground.people.in_years(futures.years) * PERSONS


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
