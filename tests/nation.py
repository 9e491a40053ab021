"""A small nation to test what is shown: the 32 states, two groups,
and deaths of several victims by several causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import jax.numpy as jnp
import numpy as np

from toys import Populated, parameter
from tregua.countries.dataset import Dataset
from tregua.countries.mexico import pack
from tregua.model.declarations import (
    NONNEGATIVE,
    OUTSIDE,
    VICTIMS,
    Evidence,
    Flow,
    LogNormal,
    Parameter,
    Record,
    Selection,
)
from tregua.model.mechanism import Mechanism
from tregua.model.model import Model
from tregua.model.space import Axis, Space
from tregua.model.vocabulary import (
    ARRESTED,
    DEAD,
    DEAD_OTHERS,
    INMATES,
    MEMBERS,
    POPULATION,
    VIGILANTES,
)
from tregua.scenarios.scenario import Scenario

ALLEGED = (Evidence("a newspaper", "alleged", "Said to have happened once."),)


def alleged(name: str, value: float) -> Parameter:
    return Parameter(
        name,
        value,
        "1/week",
        LogNormal(0.1, 0.5),
        NONNEGATIVE,
        "protection that was said to be given",
        ALLEGED,
    )


@dataclass(frozen=True)
class War(Mechanism):
    """Members kill members and, now and then, others; some members are caught,
    some of them come back.
    """

    needs = (MEMBERS, ARRESTED, DEAD, DEAD_OTHERS, POPULATION)
    parameters = (
        parameter("rate", 0.004),
        parameter("near", 1e-4),
        parameter("other", 2e-7),
        parameter("caught", 0.004),
        parameter("freed", 0.01),
    )

    def flows(self):
        return (*self._losses(), *self._bystanders(), *self._custody())

    def _losses(self):
        def killed(part):
            return lambda v: part * v.rate + 0.0 * v.members

        doc = "members killed by "
        return (
            Flow("killed", "members", "dead", killed(1.0), doc + "rivals", "member", "turf war"),
            Flow("clash", "members", "dead", killed(0.25), doc + "forces", "member", "operation"),
        )

    def _bystanders(self):
        """Deaths of others: by members nearby, and those that have nothing to do with groups."""

        def near(part):
            return lambda v: part * v.near * jnp.sum(v.members, axis=1)

        def death(name, hazard, doc, victim, cause):
            return Flow(name, OUTSIDE, "dead_others", hazard, doc, victim, cause)

        others = "killings without a tie to groups"
        return (
            death("bystanders", near(1.0), "civilians in crossfire", "civilian", "crossfire"),
            death("raids", near(0.3), "civilians in raids", "civilian", "operation"),
            death("officers", near(0.2), "officers killed", "police", "turf war"),
            death("soldiers", near(0.1), "soldiers killed", "troops", "operation"),
            death("quarrels", lambda v: v.other * v.population, others, "civilian", "background"),
        )

    def _custody(self):
        def caught(v):
            return v.caught + 0.0 * v.members

        def freed(v):
            return v.freed + 0.0 * v.arrested

        return (
            Flow("arrested", "members", "arrested", caught, "members arrested", kind="arrest"),
            Flow("released", "arrested", "members", freed, "members released"),
        )


@dataclass(frozen=True)
class Jails(Mechanism):
    """Prisoners kill one another; a flow here has the short name of another's."""

    needs = (INMATES, DEAD_OTHERS, VIGILANTES)
    parameters = (parameter("rate", 0.0004), alleged("protection", 0.0), alleged("tips", 0.5))

    def flows(self):
        return (
            Flow(
                "killed",
                "inmates",
                "dead_others",
                lambda v: v.rate + 0.0 * v.inmates,
                "inmates killed",
                "inmate",
                "prison",
            ),
            Flow(
                "released",
                "inmates",
                OUTSIDE,
                lambda v: 0.001 + 0.0 * v.inmates,
                "prisoners released",
            ),
            Flow(
                "watch",
                "vigilantes",
                "dead_others",
                lambda v: 0.001 + 0.0 * v.vigilantes,
                "vigilantes killed",
                "vigilante",
                "vigilantes",
            ),
        )


@dataclass(frozen=True)
class Books(Mechanism):
    """Most deaths outside prison get on record, and half of the arrests."""

    needs = (MEMBERS,)
    parameters = (parameter("share", 0.9, "1"),)

    def records(self):
        return (
            Record(
                "homicides",
                (Selection(victims=VICTIMS, without=("prison",)),),
                lambda v: v.share,
                "homicides in official statistics",
            ),
            Record(
                "arrests",
                (Selection(kinds=("arrest",)),),
                lambda v: 0.5,
                "arrests that are announced",
            ),
            Record(
                "escapes",
                (Selection(kinds=("escape",)),),
                lambda v: 1.0,
                "escapes, which this model has not",
            ),
        )


def nation() -> Model:
    return Model((Populated((MEMBERS, INMATES, VIGILANTES), 40.0), War(), Jails(), Books()))


@cache
def states(groups: int = 2) -> Dataset:
    """The 32 states in the order of the shipped table, with made-up populations."""
    labels = tuple(pack().table("territories.csv")["name"])
    sizes = {
        "corps": ("c0",),
        "group": tuple(f"g{i}" for i in range(groups)),
        "commodity": ("d0",),
        "route": ("r0",),
        "capture": ("e0",),
    }
    space = Space(
        (Axis("territory", labels), *(Axis(name, names) for name, names in sizes.items()))
    )
    people = {"population": np.linspace(7e5, 1.7e7, len(labels))}
    return Dataset("states", space, people, pack=pack())


def scenario(weeks: int = 157, **settings) -> Scenario:
    """Three years: 2012 to 2014."""
    return Scenario(
        settings.pop("model", None) or nation(),
        start="2012-01-01",
        weeks=weeks,
        **{"data": states(), "label": "A small nation", **settings},
    )


SEVEN = ("founding", "recruitment", "arrests", "conflict", "saturation", "civilians", "reporting")


def seven_mechanisms(weeks: int) -> Scenario:
    """The national data with the mechanisms of the size model, civilians and reporting:
    what a fit needs at least, and quick to compile.
    """
    return Scenario(
        Model([m for m in Model.standard().mechanisms if m.name in SEVEN]),
        weeks=weeks,
        data="mexico-2007",
    )
