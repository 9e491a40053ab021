"""Corridors: the shortest way from every state where a commodity enters or is made to every state
at the border with the United States.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.sparse.csgraph import shortest_path

from ..shipped import read_table
from .record import FOLDER

CORRIDOR_LINK = 0.2
"""Weight of a link between two hubs that follow one another on a corridor without a common border;
a common border weighs 1. Assumed.
"""


@dataclass(frozen=True, eq=False)
class Corridors:
    """Routes over the map of the states.

    Attributes:
        labels: "origin to crossing", by state.
        passes: 1 where a route runs through a state, its ends included.
        origin: 1 for the state where a route begins.
        crossing: 1 for the state where it meets the border.
        length: kilometres between the centres of the states on the way, and from the last centre
            half the width of that state to the border.
        adjacency: 1 for two states with a common border.
        links: adjacency, and ``CORRIDOR_LINK`` for hubs that follow one another on a route. Hubs
            are the origins and the border states.
        paths: the states of each route by place on the axis, in order.
    """

    labels: tuple[str, ...]
    passes: Float[np.ndarray, "route territory"]
    origin: Float[np.ndarray, "route territory"]
    crossing: Float[np.ndarray, "route territory"]
    length: Float[np.ndarray, "route"]
    adjacency: Float[np.ndarray, "territory territory"]
    links: Float[np.ndarray, "territory territory"]
    paths: tuple[tuple[int, ...], ...]


@cache
def corridors() -> Corridors:
    """All routes; every origin is joined with each of the six border states by the way with the
    fewest kilometres from centre to centre.
    """
    import pandas

    states = read_table(FOLDER, "states.csv")
    names, place = tuple(states["name"]), pandas.Index(states["state_code"])
    pairs = read_table(FOLDER, "adjacency.csv")
    i, j = place.get_indexer(pairs["state_a"]), place.get_indexer(pairs["state_b"])
    distance = np.zeros((len(states), len(states)))
    distance[i, j] = distance[j, i] = pairs["centroid_km"]
    entries = read_table(FOLDER, "entries.csv")["state_code"].unique()
    origins = sorted(place.get_indexer(entries).tolist())
    crossings = np.flatnonzero(states["borders_us"] == 1).tolist()
    shortest, previous = shortest_path(distance, directed=False, return_predecessors=True)
    ends = [(start, end) for start in origins for end in crossings]
    paths = tuple(_path(previous, start, end) for start, end in ends)
    half_width = np.sqrt(states["area_km2"].to_numpy(float)) / 2.0
    identity = np.eye(len(states))
    adjacency = (distance > 0).astype(float)
    return Corridors(
        labels=tuple(f"{names[start]} to {names[end]}" for start, end in ends),
        passes=np.array([identity[list(path)].sum(axis=0) for path in paths]),
        origin=identity[[start for start, _ in ends]],
        crossing=identity[[end for _, end in ends]],
        length=np.array([shortest[start, end] + half_width[end] for start, end in ends]),
        adjacency=adjacency,
        links=_links(adjacency, paths, {*origins, *crossings}),
        paths=paths,
    )


def _path(previous: np.ndarray, start: int, end: int) -> tuple[int, ...]:
    """States on the shortest way, first to last."""
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
