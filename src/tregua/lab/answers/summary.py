"""Summary statistics of a paired ensemble, as the HTTP interface says them: quantiles by year,
victim and territory, and the headline.
"""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Float

from ..._version import __version__
from ...results.tables import bands
from ..package import (
    Band,
    HeadlineRecord,
    JobRecord,
    Package,
    PairedSummary,
    TerritoryRecord,
    VictimRecord,
    YearRecord,
)
from ..work.futures import Futures
from ..work.headline import ALL, CIVILIANS, headline, killed_by_kind, kinds, sure
from ..work.jobs import Job

RUN_DIGITS = 12
"""Hexadecimal digits of a run id: enough that two never meet in one lab."""


def run_id(package: Package, pairs: int, digest: str, seed: int) -> str:
    """Name of a result: the same for the same settings, number of pairs, inputs of the present,
    seed and version.
    """
    unnamed = Package(settings=package.settings)
    return hashlib.sha256(
        f"{__version__} {digest} {seed} {pairs} {unnamed.code()}".encode()
    ).hexdigest()[:RUN_DIGITS]


def summarise(futures: Futures, package: Package, digest: str, seed: int) -> PairedSummary:
    """What paired futures say.

    Args:
        futures: at least one pair.
        package: that they are of.
        digest: of the inputs of the present.
        seed: of all randomness.
    """
    spoken = [name for name in (CIVILIANS, ALL) if name == ALL or name in futures.victims]
    by_year = (futures.baseline.sum(axis=(2, 3)), futures.changed.sum(axis=(2, 3)))
    by_victim = killed_by_kind(futures)
    by_place = (futures.baseline.sum(axis=(1, 3)), futures.changed.sum(axis=(1, 3)))
    certain = sure(futures)
    return PairedSummary(
        run_id=run_id(package, futures.pairs, digest, seed),
        code=package.code(),
        package=package,
        pairs=futures.pairs,
        wanted=futures.wanted,
        headlines=tuple(_headline(futures, name) for name in spoken),
        years=tuple(
            YearRecord(year=int(year), **_bands(*by_year, i))
            for i, year in enumerate(futures.years)
        ),
        victims=tuple(
            VictimRecord(victim=name, **_bands(*by_victim, i))
            for i, name in enumerate(kinds(futures))
        ),
        territories=tuple(
            TerritoryRecord(territory=name, sure=bool(certain[i]), **_bands(*by_place, i))
            for i, name in enumerate(futures.territories)
        ),
    )


def job_record(job: Job, digest: str, seed: int) -> JobRecord:
    """A job with what its pairs say so far."""
    standing = job.standing
    return JobRecord(
        id=job.id,
        state=standing.state,
        position=standing.position,
        done=standing.done,
        wanted=standing.wanted,
        seconds_left=standing.seconds_left,
        refusal=standing.refusal,
        summary=summarise(standing.futures, job.package, digest, seed)
        if standing.futures is not None
        else None,
    )


def _headline(futures: Futures, victim: str) -> HeadlineRecord:
    said = headline(futures, victim)
    return HeadlineRecord(
        victim=victim,
        fewer=said.fewer,
        error=said.error,
        middle=said.middle,
        worst_tenth=said.worst_tenth,
    )


def _bands(
    baseline: Float[np.ndarray, "replicate part"],
    changed: Float[np.ndarray, "replicate part"],
    part: int,
) -> dict[str, Band]:
    """Bands of one part without and with the package, and of the difference by pair."""
    before, after = baseline[:, part], changed[:, part]
    return {"baseline": _band(before), "changed": _band(after), "difference": _band(after - before)}


def _band(values: Float[np.ndarray, "replicate"]) -> Band:
    return Band(**{name: float(edge) for name, edge in bands(values).items()})
