"""Territories by name: the one reader of the names by which a user asks for places."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from ..errors import TreguaError, near_spelling
from .mexico.places import code_of


def territories_named(
    names: Collection[str], labels: tuple[str, ...], where: str
) -> tuple[str, ...]:
    """Labels of the territories that are named, each once, in the order of the names.

    States of Mexico are read as imports read them (:mod:`tregua.countries.mexico.places`), all
    others as they are labelled. A name is never taken for another: the nearest is only told.

    Args:
        names: as a user writes them; at least one.
        labels: of all territories that there are.
        where: file and key, for the message.

    Raises:
        TreguaError: TR1209 for no name at all, TR1403 for one that is no territory.
    """
    if not names:
        raise TreguaError(
            "TR1209",
            "a list of territories is empty",
            where=where,
            do="name the territories, or leave `territories` out if you mean all of them",
        )
    return tuple(dict.fromkeys(_named(name, labels, where) for name in names))


def _named(name: str, labels: tuple[str, ...], where: str) -> str:
    if name in labels:
        return name
    states = _states(labels)
    label = states.get(code_of(name) or "")
    if label is None:
        raise TreguaError(
            "TR1403",
            f"no territory is named {name!r}",
            where=where,
            found=name,
            expected="one of " + ", ".join(labels),
            nearest=near_spelling(name, labels),
        )
    return label


@cache
def _states(labels: tuple[str, ...]) -> dict[str, str]:
    """Labels by the code of the state, where all of several territories are states of Mexico; one
    that is named Mexico is the country.
    """
    codes = [code_of(label) for label in labels]
    if len(labels) < 2 or None in codes:
        return {}
    return {code: label for code, label in zip(codes, labels, strict=True) if code}
