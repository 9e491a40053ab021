"""Corridors: the shortest way from every territory where a commodity enters or is made to every
territory from which it leaves the country.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.sparse.csgraph import shortest_path

from .pack import Pack

CORRIDOR_LINK = 0.2
"""Weight of a link between two hubs that follow one another on a corridor without a common border;
a common border weighs 1. Assumed.
"""


@dataclass(frozen=True, eq=False)
class Corridors:
    """Routes over the map of the territories.

    Attributes:
        labels: "origin to crossing", by territory.
        passes: 1 where a route runs through a territory, its ends included.
        origin: 1 for the territory where a route begins.
        crossing: 1 for the territory where it leaves the country.
        length: kilometres between the centres of the territories on the way, and from the last
            centre half the width of that territory to the border.
        adjacency: 1 for two territories with a common border.
        links: adjacency, and ``CORRIDOR_LINK`` for hubs that follow one another on a route. Hubs
            are the origins and the crossings.
        paths: the territories of each route by place on the axis, in order.
    """

    labels: tuple[str, ...]
    passes: Float[np.ndarray, "route territory"]
    origin: Float[np.ndarray, "route territory"]
    crossing: Float[np.ndarray, "route territory"]
    length: Float[np.ndarray, "route"]
    adjacency: Float[np.ndarray, "territory territory"]
    links: Float[np.ndarray, "territory territory"]
    paths: tuple[tuple[int, ...], ...]


def corridors(pack: Pack) -> Corridors:
    """All routes of a country; every origin is joined with each crossing by the way with the fewest
    kilometres from centre to centre. Without ``entries.csv`` or crossings there are none.

    Reads ``adjacency.csv`` (``state_a``, ``state_b``, ``centroid_km``), ``entries.csv`` and the
    columns ``border`` (1 for a crossing) and ``area_km2`` of the territories.
    """
    import pandas

    territories, names = pack.table("territories.csv"), pack.territories.names
    place, distance = pandas.Index(territories["state_code"]), _distances(pack)
    entries = pack.table("entries.csv")["state_code"].unique() if _enters(pack) else []
    origins = sorted(place.get_indexer(entries).tolist())
    crossings = np.flatnonzero(territories["border"] == 1).tolist() if origins else []
    shortest, previous = shortest_path(distance, directed=False, return_predecessors=True)
    ends = [(start, end) for start in origins for end in crossings]
    paths = tuple(_path(previous, start, end) for start, end in ends)
    half_width = np.sqrt(territories["area_km2"].to_numpy(float)) / 2.0 if ends else np.zeros(0)
    identity = np.eye(len(names))
    touching = adjacency(pack)
    return Corridors(
        labels=tuple(f"{names[start]} to {names[end]}" for start, end in ends),
        passes=np.array([identity[list(path)].sum(axis=0) for path in paths]).reshape(
            -1, len(names)
        ),
        origin=identity[[start for start, _ in ends]],
        crossing=identity[[end for _, end in ends]],
        length=np.array([shortest[start, end] + half_width[end] for start, end in ends]),
        adjacency=touching,
        links=_links(touching, paths, {*origins, *crossings}),
        paths=paths,
    )


@cache
def adjacency(pack: Pack) -> Float[np.ndarray, "territory territory"]:
    """1 for two territories with a common border."""
    return (_distances(pack) > 0).astype(float)


def _distances(pack: Pack) -> Float[np.ndarray, "territory territory"]:
    """Kilometres from centre to centre of neighbours, zero for all others, of ``adjacency.csv``;
    zero everywhere where a country has no such table.
    """
    codes = list(pack.territories.codes)
    distance = np.zeros((len(codes), len(codes)))
    if pack.has("tables/adjacency.csv"):
        pairs = pack.table("adjacency.csv")
        i, j = ([codes.index(code) for code in pairs[column]] for column in ("state_a", "state_b"))
        distance[i, j] = distance[j, i] = pairs["centroid_km"]
    return distance


def _enters(pack: Pack) -> bool:
    """Whether a country has goods, and says where they enter."""
    return bool(pack.settings.commodities) and pack.has("tables/entries.csv")


def _path(previous: np.ndarray, start: int, end: int) -> tuple[int, ...]:
    """Territories on the shortest way, first to last."""
    path = [end]
    while path[-1] != start:
        path.append(int(previous[start, path[-1]]))
    return tuple(reversed(path))


def _links(adjacency: np.ndarray, paths: tuple[tuple[int, ...], ...], hubs: set[int]) -> np.ndarray:
    """Adjacency and the weaker links between consecutive hubs."""
    links = adjacency.copy()
    for path in paths:
        stops = [state for state in path if state in hubs]
        for i, j in pairwise(stops):
            links[i, j] = links[j, i] = max(links[i, j], CORRIDOR_LINK)
    return links
