r"""Case study of Michoacán: the rising of self-defence groups in 2013, the order to disarm or join
of 2014, and what came after.

No dynamic model of this episode was found to redo: what is set beside the model here are counts of
offices and the press. The model is the package's own mechanisms on Michoacán and its neighbours,
with two stand-ins that only say what was ordered and who was removed,

.. math::
    \dot F_r = (d_r - F_r) / \tau_F, \qquad \dot k_{rg} = (1 - k_{rg}) / \tau_k - l_r\, x_g\,
        k_{rg},

troops sent (d) and leaders of the group marked x removed (l), both set by the dated policy of the
file of reported numbers. Source: that file, ``data/published/michoacan-2013.toml``; values marked
calibrated there were set to the first three counts and to the homicides of 2012-2013.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...countries.dataset import Dataset
from ...countries.registry import load as load_data
from ...engine.plan import blocks_of, make_plan
from ...engine.run import CHUNK, simulate
from ...engine.trajectories import Trajectories
from ...evidence.cite import assumed, cite
from ...model.calendar import YEAR_WEEKS, day_of, full_weeks
from ...model.declarations import NONNEGATIVE, Covariate, Drift, LogNormal, Number, Parameter
from ...model.mechanism import Mechanism
from ...model.model import Model
from ...model.space import Axis, Space
from ...model.vocabulary import COHESION, FOOTHOLD, GROUP, RANK, TROOPS
from ...scenarios.policy import Modifier, Policy
from ...scenarios.scenario import Scenario
from .published import Published, load
from .rows import Progress, Reproduction, Row, Steps, tally

if TYPE_CHECKING:
    import pandas

    from ...reporting.charts.style import Picture

NAME = "michoacan-2013"

TARGETED = Covariate("targeted", GROUP, "1", "1 for the group whose leaders are removed")

MONTH = YEAR_WEEKS / 12.0
"""Weeks in a month."""

YEARS = range(2013, 2021)
"""Whole years of which homicides are compared."""

RELAPSE, TROUGH = range(2016, 2021), (2014, 2015)
"""Years after the relief, and years of it."""

Values = Mapping[str, Number]


@dataclass(frozen=True)
class Deployment(Mechanism):
    """Stand-in: troops go where the policy sends them."""

    needs = (TROOPS,)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "deployed",
            0.0,
            "person",
            LogNormal(4000.0, 0.5),
            NONNEGATIVE,
            "troops ordered into a territory",
            (
                cite(
                    "autodefensas-press",
                    "reported",
                    "Federal forces took over 27 municipalities in January 2014.",
                ),
                assumed("4,000 of them."),
            ),
            axes=("territory",),
        ),
        Parameter(
            "delay",
            3.0,
            "week",
            LogNormal(3.0, 0.3),
            (1.0, 520.0),
            "weeks until most have arrived",
            (assumed("They came within weeks."),),
        ),
    )

    def drifts(self):
        """Troops come and go."""
        return (
            Drift(
                "troops",
                lambda v: (v.deployed - v.troops) / v.delay,
                "deployment goes to what is ordered",
            ),
        )


@dataclass(frozen=True)
class Command(Mechanism):
    """Stand-in: a group loses its command when its leaders are removed, and finds new ones."""

    needs = (COHESION, TARGETED)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "loss",
            0.0,
            "1/week",
            LogNormal(0.5, 0.5),
            (0.0, 1.0),
            "share of its command that the targeted group loses in a week",
            (
                cite(
                    "kingpin-events",
                    "reported",
                    (
                        "Leaders captured or killed on 27 January and 9 March "
                        "2014 and 27 February 2015."
                    ),
                ),
                assumed("The sizes are ours."),
            ),
            axes=("territory",),
        ),
        Parameter(
            "renewal",
            39.0,
            "week",
            LogNormal(39.0, 0.4),
            (1.0, 520.0),
            "weeks until new leaders are in command",
            (assumed("Nine months."),),
        ),
    )

    def drifts(self):
        """Command is lost and regained."""

        def rate(v):
            return (1.0 - v.cohesion) / v.renewal - v.loss[:, None] * v.targeted[
                None, :
            ] * v.cohesion

        return (Drift("cohesion", rate, "leaders are removed and replaced"),)


def model() -> Model:
    """The mechanisms of this episode."""
    from ...mechanisms.arrests import Arrests
    from ...mechanisms.civilians import Civilians
    from ...mechanisms.conflict import Conflict
    from ...mechanisms.founding import Founding
    from ...mechanisms.recruitment import Recruitment
    from ...mechanisms.reporting import Reporting
    from ...mechanisms.vigilantes import Vigilantes

    return Model(
        (
            Founding(),
            Recruitment(),
            Arrests(),
            Conflict(),
            Civilians(),
            Vigilantes(),
            Reporting(),
            Deployment(),
            Command(),
        )
    )


def data_of(published: Published) -> Dataset:
    """Michoacán, its neighbours and four groups out of the national data set of 2012;
    all other groups count as local ones.
    """
    run, whole = published.run, load_data("mexico-2012")
    states, groups = whole.space.labels("territory"), whole.space.labels("group")
    places, chosen = (
        [states.index(name) for name in run["territories"]],
        [groups.index(name) for name in run["groups"]],
    )
    foothold = whole.covariates[FOOTHOLD.name][places]
    local = 1.0 - foothold[:, chosen[:-1]].sum(axis=1)
    foothold = np.column_stack([foothold[:, chosen[:-1]], local])
    foothold[run["territories"].index(run["place"])] = [
        run["foothold"][group] for group in run["groups"]
    ]
    part = whole.covariates["presence"][places]
    covariates = {name: whole.covariates[name][places] for name in ("young_men", "population")}
    covariates |= {
        "adjacency": whole.covariates["adjacency"][np.ix_(places, places)],
        FOOTHOLD.name: foothold,
        RANK.name: np.ones(len(chosen)),
    }
    covariates |= {
        name: whole.covariates[name][np.ix_(chosen, chosen)] for name in ("rivalry", "alliance")
    }
    covariates[TARGETED.name] = np.array(
        [float(group == run["targeted"]) for group in run["groups"]]
    )
    space = Space(
        (Axis("territory", tuple(run["territories"])), Axis("group", tuple(run["groups"])))
    )
    values: dict[str, Any] = {name: total * part for name, total in run["national"].items()}
    return Dataset(NAME, space, covariates, values, whole.tables)


def history(published: Published, without: str = "") -> Policy:
    """The dated orders and removals in the place of the episode,
    but for the parameters whose name begins with ``without``.
    """
    entry = published.policies["history"]
    changes = [c for c in entry["changes"] if not (without and c["target"].startswith(without))]
    place = (published.run["place"],)
    return Policy(
        "history",
        tuple(
            Modifier(c["target"], "set", c["set"], c["from"], c.get("to"), territories=place)
            for c in changes
        ),
        entry["label"],
    )


def scenario(
    published: Published, values: Values | None = None, policy: Policy | None = None
) -> Scenario:
    """The episode; ``values`` replace parameters by full name, ``policy`` the course of events."""
    run = published.run
    everything = {**run["assumed"], **run["calibrated"], **(values or {})}
    chosen = history(published) if policy is None else policy
    return Scenario(
        model(),
        run["start"],
        run["weeks"],
        data=data_of(published),
        values=everything,
        policies=(chosen,),
        name=NAME,
    )


def local(trajectories: Trajectories, name: str, place: str) -> np.ndarray:
    """A series in one territory: shape (replicate, time)."""
    return trajectories.series[name][
        :, :, trajectories.scenario.data.space.labels("territory").index(place)
    ].astype(float)


def week_of(published: Published, day: dt.date) -> int:
    """Whole weeks from the start to the last week-end before or on a day."""
    return full_weeks(dt.date.fromisoformat(published.run["start"]), day)


def counted(trajectories: Trajectories, published: Published) -> np.ndarray:
    """Homicides counted in the place of the episode in each of :data:`YEARS`, at the year's mean a
    week: shape (replicate, year).
    """
    weekly, start = (
        local(trajectories, "reporting.homicides", published.run["place"]),
        trajectories.scenario.start,
    )
    ends = np.array([day_of(start, week + 1).year for week in range(weekly.shape[1])])
    return np.stack([YEAR_WEEKS * weekly[:, ends == year].mean(axis=1) for year in YEARS], axis=1)


def relapse(homicides: np.ndarray) -> np.ndarray:
    """Mean homicides of the years after over those of the years of relief, for each replicate."""
    years = list(YEARS)
    after, before = (
        homicides[:, [years.index(y) for y in chosen]].mean(axis=1) for chosen in (RELAPSE, TROUGH)
    )
    return after / before


def outcomes(published: Published, run: Trajectories) -> dict[str, float]:
    """Numbers of the ensemble by key: means over replicates."""
    when, place = (
        {
            n: week_of(published, published.run[n])
            for n in ("begin", "early", "cndh", "order", "first", "dissolved")
        },
        published.run["place"],
    )
    armed = local(run, "vigilantes", place)
    worth = armed.mean(axis=0) / published.run["fighters_per_municipality"]
    absorbed = local(run, "vigilantes.absorbed", place).mean(axis=0)
    shot = local(run, "vigilantes.dead_disarming", place).mean(axis=0)
    homicides = counted(run, published)
    mean = homicides.mean(axis=0)
    low = mean[[i for i, year in enumerate(YEARS) if year in TROUGH]].mean()
    numbers = {
        "municipalities.begin": worth[when["begin"]],
        "municipalities.order": worth[when["order"]],
        "growth": np.log(worth[when["order"]] / worth[when["begin"]])
        / (when["order"] - when["begin"])
        * MONTH,
        "municipalities.early": worth[when["early"]],
        "guerrero": local(run, "vigilantes", "Guerrero").mean(axis=0)[when["cndh"]],
        "killed_by_troops": shot[when["order"] : when["order"] + 5].sum(),
        "absorbed.first": absorbed[: when["first"]].sum(),
        "absorbed.later": absorbed[: when["dissolved"]].sum(),
        "vigilantes.end": armed.mean(axis=0)[-1],
        "relapse.years": sum(mean[i] > low for i, year in enumerate(YEARS) if year in RELAPSE),
        "relapse.ratio": relapse(homicides).mean(),
        "relapse.replicates": 100.0 * (relapse(homicides) > 1.0).mean(),
    }
    numbers |= {f"homicides.{year}": mean[i] for i, year in enumerate(YEARS)}
    return {name: float(x) for name, x in numbers.items()}


def alternatives(published: Published, values: Values | None, steps: Steps) -> dict[str, float]:
    """What the same numbers would be without chance had one thing been otherwise."""
    place, end = published.run["place"], week_of(published, published.run["dissolved"])

    def without_chance(policy: Policy | None = None, **changed: Number) -> Trajectories:
        done = simulate(
            scenario(
                published,
                {**(values or {}), **{f"vigilantes.{n}": x for n, x in changed.items()}},
                policy,
            ),
            "mean-field",
        )
        steps.finished()
        return done

    runs = {
        "absorbed.tolerated": without_chance(history(published, "vigilantes.")),
        "absorbed.with_leaders": without_chance(history(published, "command.")),
        "relapse.without_infiltration": without_chance(infiltration=0.0),
        "relapse.without_vigilantes": without_chance(onset=0.0),
    }
    numbers = {
        n: local(run, "vigilantes.absorbed", place)[0, :end].sum()
        for n, run in runs.items()
        if n.startswith("absorbed")
    }
    numbers |= {
        n: relapse(counted(run, published))[0] for n, run in runs.items() if n.startswith("relapse")
    }
    return {name: float(x) for name, x in numbers.items()}


def reproduce(
    draw: Callable[[Published, Trajectories], Picture],
    tabulate: Callable[[Published, Trajectories], pandas.DataFrame],
    progress: Progress | None = None,
    values: Values | None = None,
) -> Reproduction:
    """Run the episode with chance and put every reported number next to ours.

    Args:
        draw: makes the picture; what is computed here knows no chart.
        tabulate: makes the table behind it.
        progress: told after each piece of work.
        values: parameters to change by full name, to see what the rows say then.
    """
    published = load(NAME)
    run = published.run
    chosen = scenario(published, values)
    chunks = -(-run["replicates"] // CHUNK)
    steps = Steps(
        progress, chunks * blocks_of(chosen, make_plan(chosen, "tau-leap", run["replicates"])) + 4
    )
    ensemble = simulate(
        chosen,
        "tau-leap",
        run["replicates"],
        run["seed"],
        progress=lambda done, total: steps.finished(),
    )
    rows = published.compare(outcomes(published, ensemble) | alternatives(published, values, steps))
    return Reproduction(
        NAME,
        "Michoacán 2013 to 2020: rising, order, absorption, relapse",
        summary(rows),
        rows,
        {"episode": draw(published, ensemble)},
        {"weekly": tabulate(published, ensemble)},
        NOTES,
        published.cited,
    )


def summary(rows: Sequence[Row]) -> str:
    """How many numbers come out, and how many of those to which no value of the run was set."""
    free = [row for row in rows if "alibrated" not in row.note]
    (inside, judged), (came_out, asked) = tally(rows), tally(free)
    return (
        f"{inside} of {judged} reported numbers come out within their tolerances. To "
        f"{judged - asked} of them, marked calibrated, values of the run were set: they test "
        f"nothing but that it can be done. Of the other {asked}, {came_out} "
        f"{'comes' if came_out == 1 else 'come'} out."
    )


NOTES = (
    (
        "Calibrated: onset and growth of vigilantes, how many of them go over to groups, "
        "lethality, how hard rivals press a group without leaders, and the rates at which the "
        "orders of January and May 2014 were carried out. Footing of the groups in Michoacán in "
        "2012 and the number of troops are assumed. So the episode shows that the mechanisms can "
        "do what happened, in the right order and size at once; it foresees nothing."
    ),
    (
        "The relapse rests on vigilantes who go over to groups: without them homicides fall in "
        "this model. The rate is calibrated to it, and no count of such persons or of vigilantes "
        "after 2014 was found; the model has several times as many vigilantes in "
        "2017-2020 as in January 2014."
    ),
    (
        "A municipality's worth is 150 vigilantes: 167 registered in each of nine municipalities "
        "in one week of 2014, 152 in each of 46 in Guerrero in 2013."
    ),
    (
        "The rows on what would have been otherwise are runs of the model, and no evidence "
        "on what would have been."
    ),
    (
        "Neighbouring states are there so that groups and vigilantes have neighbours; their own "
        "numbers are not fitted."
    ),
)
