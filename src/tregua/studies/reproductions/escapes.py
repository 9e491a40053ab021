r"""Escapes from prison, 2000 to 2010: the prison mechanism beside official counts.

.. math::
    \pi_{rg} = \text{share of municipalities of r in which g was reported}, \qquad
        Q_{rg} \propto N_r\, \pi_{rg} / \sum_h \pi_{rh}

Guards and members inside are stand-ins, held constant: :math:`N_r` counts opponents whom the army
killed or detained in clashes in a state, as a measure of where members are active and fall into the
hands of the state. Everything else is the mechanism :class:`~tregua.mechanisms.prisons.Prisons` at
its defaults. One of these, the hazard of mass escapes, is calibrated to the total.

Source: official counts of escapes in press reports
(``tregua/studies/reproductions/data/published/escapes.toml`` names them); presence of groups by
Coscia and Ríos (2012); SEDENA, clashes 2007-2010.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from ...countries.dataset import Dataset
from ...engine.run import simulate
from ...engine.trajectories import Trajectories
from ...evidence.cite import assumed
from ...mechanisms.prisons import Prisons
from ...model.declarations import (
    NONNEGATIVE,
    OUTSIDE,
    UNIT_INTERVAL,
    Flow,
    LogNormal,
    Parameter,
    Uniform,
)
from ...model.mechanism import Mechanism
from ...model.model import Model
from ...model.space import Axis, Space
from ...model.vocabulary import ARRESTED, FOOTHOLD, MEMBERS, SENTENCED
from ...scenarios.scenario import Scenario
from .published import Published, load
from .rows import Progress, Reproduction, Steps, tally

if TYPE_CHECKING:
    import pandas

    from ...reporting.charts.style import Picture

NAME = "escapes"
STATE = "Tamaulipas"
FROM_MEMBERS = ("prisons.escaped_untried", "prisons.escaped_sentenced")
ESCAPES = (*FROM_MEMBERS, "prisons.joined", "prisons.escaped_others")
Values = Mapping[str, float]


def _number(
    name: str,
    value: float,
    unit: str,
    prior: LogNormal | Uniform,
    support: tuple[float, float],
    doc: str,
) -> Parameter:
    return Parameter(
        name,
        value,
        unit,
        prior,
        support,
        doc,
        (assumed("Part of a stand-in that keeps the number of members inside about steady."),),
    )


@dataclass(frozen=True)
class Steady(Mechanism):
    """Members at large and inside, spread by foothold, and arrests and recruits that keep both
    numbers about as they are.
    """

    needs = (MEMBERS, ARRESTED, SENTENCED, FOOTHOLD)
    parameters = (
        _number(
            "at_large",
            100_000.0,
            "person",
            LogNormal(1e5, 0.5),
            NONNEGATIVE,
            "members at large in the whole country",
        ),
        _number(
            "inside",
            10_950.0,
            "person",
            LogNormal(1e4, 0.5),
            NONNEGATIVE,
            "members in prison in the whole country",
        ),
        _number(
            "untried",
            0.364,
            "1",
            Uniform(0.2, 0.5),
            UNIT_INTERVAL,
            "share of the members inside without a sentence",
        ),
        _number(
            "caught",
            51.1,
            "person/week",
            LogNormal(51.0, 0.5),
            NONNEGATIVE,
            "members arrested a week in the whole country",
        ),
        _number(
            "lost",
            0.5,
            "1",
            Uniform(0.0, 1.0),
            UNIT_INTERVAL,
            "share of those arrested who do not come back and are replaced",
        ),
    )

    def initial(self, view, draw):
        """Everybody by foothold."""
        spread = view.foothold / jnp.sum(view.foothold)
        untried = view.inside * view.untried
        return {
            "members": draw.poisson("steady.members", view.at_large * spread),
            "arrested": draw.poisson("steady.arrested", untried * spread),
            "sentenced": draw.poisson("steady.sentenced", (view.inside - untried) * spread),
        }

    def flows(self):
        """Arrests in proportion to members, and recruits in their place."""
        return (
            Flow(
                "arrested",
                "members",
                "arrested",
                lambda v: v.caught / v.at_large + 0.0 * v.members,
                "members arrested",
                kind="arrest",
            ),
            Flow(
                "recruited",
                OUTSIDE,
                "members",
                lambda v: v.lost * v.caught * v.foothold / jnp.sum(v.foothold),
                "people who take their place",
            ),
        )


def data(published: Published, bought: float = 1.0, by_presence: bool = False) -> Dataset:
    """The states with their prisoners, footholds and guards.

    Args:
        published: the file of numbers.
        bought: multiplies the guards who work for groups; 0 makes all of them honest.
        by_presence: spread members by population and reported presence, and not by clashes.
    """
    run = published.run
    states, groups = run["states"], tuple(run["groups"])
    presence = np.array([row["presence"] for row in states])
    people = np.array([row["population"] for row in states], float)
    met = np.array([row["met"] for row in states], float)
    share = presence / np.maximum(presence.sum(axis=1, keepdims=True), 1e-9)
    foothold = people[:, None] * presence if by_presence else met[:, None] * share
    others = run["prisoners"] * (1.0 - run["members_inside"]) * people / people.sum()
    places = Space(
        (Axis("territory", tuple(row["state"] for row in states)), Axis("group", groups))
    )
    covariates = {
        "foothold": foothold,
        "rank": np.ones(len(groups)),
        "prisoners": others,
        "presence": people / people.sum(),
        "guards": bought * presence,
    }
    return Dataset(NAME, places, covariates)


def scenario(published: Published, states: Dataset, values: Values | None = None) -> Scenario:
    """Eleven years of the stand-in; ``values`` replace parameters."""
    run = published.run
    fixed = {
        "steady.at_large": run["members"],
        "steady.inside": run["prisoners"] * run["members_inside"],
        "prisons.inside": 0.0,
    }
    return Scenario(
        Model((Steady(), Prisons())),
        run["start"],
        run["weeks"],
        states,
        {**fixed, **(values or {})},
        name=NAME,
    )


def escapes(run: Trajectories) -> Float[np.ndarray, "replicate week state"]:
    """Persons who escape, alone or not."""
    return sum(
        (run.series[name].astype(float) for name in ESCAPES),
        start=np.zeros(run.series[ESCAPES[0]].shape),
    )


def opened(run: Trajectories) -> Bool[np.ndarray, "replicate week state"]:
    """Whether a prison of the state stands open in the week:
    it was opened at the end of the one before.
    """
    fired = run.series["prisons.mass_escape"] > 0
    return np.concatenate([np.zeros_like(fired[:, :1]), fired[:, :-1]], axis=1)


def numbers(
    published: Published, run: Trajectories, honest: Trajectories, presence: Trajectories
) -> dict[str, float]:
    """Own values by key of the file; shares in percent."""
    persons, open_, every = (
        escapes(run),
        opened(run),
        run.series["prisons.mass_escape"].sum(axis=(1, 2)),
    )
    total, sized = persons.sum(axis=(1, 2)), (persons * open_).sum(axis=(1, 2))
    place = run.scenario.data.space.labels("territory").index(STATE)
    by_state = persons.sum(axis=1)
    large = (open_ & (persons >= published.run["large"])).sum(axis=(1, 2))
    leave = run.scenario.model.parameters["prisons.leaving"].value
    mean_size = run.scenario.model.parameters["prisons.facility"].value
    gained = sum(run.series[name] for name in (*FROM_MEMBERS, "prisons.joined")) * open_
    inside = [run.snapshot(name, run.scenario.weeks).sum() for name in ("arrested", "sentenced")]
    values = {
        "total": total.mean(),
        "total.error": _error(total),
        "total.low": np.quantile(total, 0.05),
        "total.high": np.quantile(total, 0.95),
        "share": 100.0 * sized.sum() / every.sum() / mean_size,
        "share.error": 100.0
        * _error(sized - sized.sum() / every.sum() * every)
        / every.mean()
        / mean_size,
        "large": large.mean(),
        "large.error": _error(large),
        "tamaulipas.rank": 1.0 + (by_state.sum(axis=0) > by_state[:, place].sum()).sum(),
        "tamaulipas.share": 100.0 * by_state[:, place].sum() / total.sum(),
        "tamaulipas.error": 100.0
        * _error(by_state[:, place] - by_state[:, place].sum() / total.sum() * total)
        / total.mean(),
        "tamaulipas.presence": 100.0
        * escapes(presence)[:, :, place].sum()
        / escapes(presence).sum(),
        "honest.mass": honest.series["prisons.mass_escape"].sum(),
        "honest.total": escapes(honest).sum(axis=(1, 2)).mean(),
        "joined": 100.0 * gained.sum() / sized.sum(),
        "unsentenced": 100.0 * inside[0] / sum(inside),
    }
    return {name: float(x) for name, x in values.items()} | {
        name: count / leave for name, count in published.run["counts"].items()
    }


def _error(values: np.ndarray) -> float:
    """Standard error of the mean over replicates."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def reproduce(
    draw: Callable[[Published, Trajectories], Picture],
    progress: Progress | None = None,
    values: Values | None = None,
    replicates: int | None = None,
) -> Reproduction:
    """Run the stand-in with guards as prescribed, honest, and spread otherwise,
    and put official numbers next to it.

    Args:
        draw: makes the picture; what is computed here knows no chart.
        progress: told after each of the three runs.
        values: parameters to change by full name.
        replicates: how many, if not those of the file.
    """
    published = load(NAME)
    steps, runs = Steps(progress, 3), []
    for states in (data(published), data(published, bought=0.0), data(published, by_presence=True)):
        settings = {
            "replicates": replicates or published.run["replicates"],
            "seed": published.run["seed"],
            "block_weeks": published.run["block_weeks"],
        }
        runs.append(simulate(scenario(published, states, values), "tau-leap", **settings))
        steps.finished()
    rows = published.compare(numbers(published, *runs))
    inside, judged = tally(rows)
    return Reproduction(
        NAME,
        "Escapes from prison, 2000 to 2010",
        (
            f"{inside} of {judged} numbers come out within their tolerances. "
            "The total is a calibration of one number; the share of a prison that "
            "leaves, the number of large escapes, where they happen and that none happens with "
            "honest guards are not."
        ),
        rows,
        {"escapes": draw(published, runs[0])},
        {"states": state_table(runs[0])},
        NOTES,
        published.cited,
    )


NOTES = (
    (
        "Guards and members inside are stand-ins that do not change over the eleven years. In "
        "truth most escapes of Tamaulipas fall into 2010; no trend can come out of this "
        "run, and none is compared."
    ),
    (
        "Where members inside are was measured in two ways, and the one with the army's clashes "
        "was kept after both had been seen; the other is a row. So the concentration in "
        "Tamaulipas is a weak test."
    ),
    "Numbers of single escapes come from bulletins of 2008-2012, not from the total.",
    "Prisoners by state were not at hand for these years: 219,000 are spread by population.",
    (
        "Escape counts are revised by up to a quarter within weeks, so every version is kept, and "
        "no version is the truth."
    ),
)


def state_table(run: Trajectories) -> pandas.DataFrame:
    """One row for each state: persons who escape and mass escapes in the eleven years,
    mean over replicates.
    """
    import pandas

    by_state = escapes(run).sum(axis=1).mean(axis=0)
    mass = run.series["prisons.mass_escape"].sum(axis=1).mean(axis=0)
    table = pandas.DataFrame(
        {
            "state": run.scenario.data.space.labels("territory"),
            "persons": by_state,
            "mass_escapes": mass,
        }
    )
    return table.sort_values("persons", ascending=False, ignore_index=True)
