r"""The size model of 2023, assembled from the mechanism files and run with its published values.

.. math::
    \dot C_i = C_i \Big(\rho - \frac{\eta}{T} - \theta \sum_j S_{ij} C_j - \omega C_i\Big), \qquad
        T = \sum_j C_j

Source: R. Prieto-Curiel, G. M. Campedelli, A. Hope, Science 381(6664):1312-1316 (2023), and the
authors' public script. There is no equation in this file: :meth:`tregua.Model.size_2023` on the
data set ``groups-2020`` is the model, and the fourth-order Runge-Kutta method solves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..._version import __version__
from ...engine.plan import blocks_of, make_plan
from ...engine.run import CHUNK, simulate
from ...engine.trajectories import Trajectories
from ...model.model import Model
from ...results.provenance import inputs_hash, joint_digest
from ...scenarios.policy import Modifier, Policy
from ...scenarios.scenario import Scenario
from .published import Published, load
from .rates import double_precision, rates_at, total_rate
from .rows import Progress, Reproduction, Steps, tally

if TYPE_CHECKING:
    import pandas

NAME = "size-2023"
TOTALS = {
    "deaths": "conflict.killed",
    "recruits": "recruitment.recruited",
    "arrests": "arrests.arrested",
    "left": "saturation.left",
}
Values = Mapping[str, float]


def baseline(
    published: Published, weeks: int | None = None, values: Values | None = None
) -> Scenario:
    """The published run without any policy; ``values`` replace published parameters."""
    run = published.run
    return Scenario(
        Model.size_2023(),
        run["start"],
        weeks or run["weeks"],
        data=run["data"],
        values=values,
        name="status_quo",
        label="nothing changes",
    )


def with_factors(
    scenario: Scenario, name: str, label: str, factors: Mapping[str, float], week: int
) -> Scenario:
    """The scenario with parameters multiplied from a week on."""
    if not factors:
        return replace(scenario, name=name, label=label)
    day = scenario.date(week)
    return scenario.with_policy(
        Policy(
            name,
            tuple(Modifier(target, "scale", factor, day) for target, factor in factors.items()),
            label,
        )
    )


def policy_runs(
    published: Published, values: Values | None = None, steps: Steps | None = None
) -> dict[str, Trajectories]:
    """Every policy of the file, without chance, by name."""
    run, runs = published.run, {}
    for name, policy in published.policies.items():
        scenario = with_factors(
            baseline(published, values=values),
            name,
            policy["label"],
            policy["factors"],
            run["policy_week"],
        )
        runs[name] = simulate(scenario, "rk4", block_weeks=run["block_weeks"])
        if steps:
            steps.finished()
    return runs


def outcome_2022(published: Published, base: Trajectories) -> dict[str, float]:
    """Size, rates, totals and largest groups, 2012 to 2022;
    means over replicates where there are any.
    """
    week = published.run["policy_week"]
    members = base.snapshot("members", week).sum(axis=1)
    values = {f"size.{week}": members.sum(axis=1).mean()}
    for when in (0, week):
        rates = {n: x.sum(axis=(1, 2)).mean() for n, x in rates_at(base, when).items()}
        values |= {
            f"deaths.{when}": rates["conflict.killed"],
            f"recruits.{when}": rates["recruitment.recruited"],
        }
    values[f"saturation.{week}"] = rates["saturation.left"]
    values |= {f"total.{name}": base.between(flow, 0, week).mean() for name, flow in TOTALS.items()}
    values["recruits.mean"] = values["total.recruits"] / week
    for group in largest(base):
        size = members[:, base.scenario.data.space.labels("group").index(group)]
        values[f"group.{group}"] = size.mean()
        values[f"share.{group}"] = 100.0 * (size / members.sum(axis=1)).mean()
    return {name: float(x) for name, x in values.items()}


def largest(base: Trajectories, count: int = 3) -> tuple[str, ...]:
    """The groups that are largest at the start."""
    return base.scenario.data.space.labels("group")[:count]


def policy_effects(published: Published, runs: Mapping[str, Trajectories]) -> dict[str, float]:
    """Change of members and deaths a week against January 2022 [%],
    and deaths in five years [person].
    """
    run, changes = published.run, {}
    week = run["policy_week"]
    base = runs["status_quo"]
    size, deaths = base.at("members", week)[0], total_rate(base, "conflict.killed", week)[0]
    for name, trajectories in runs.items():
        for after in run["horizons"]:
            changes[f"{name}.size.{after}"] = 100.0 * (
                trajectories.at("members", week + after)[0] / size - 1.0
            )
            changes[f"{name}.deaths.{after}"] = 100.0 * (
                total_rate(trajectories, "conflict.killed", week + after)[0] / deaths - 1.0
            )
        changes[f"{name}.killed"] = trajectories.between(
            "conflict.killed", week, week + run["five_years"]
        )[0]
    return {name: float(x) for name, x in changes.items()}


def weeks_to_fall(published: Published, values: Values | None = None) -> dict[str, float]:
    """Weeks until members, and deaths a week, fall to their level of January 2012 once
    recruitment has ended.
    """
    run, policy = published.run, published.policies["recruitment_ended"]
    week, stop = run["policy_week"], run["policy_week"] + max(run["horizons"][:2])
    scenario = with_factors(
        baseline(published, stop, values),
        "recruitment_ended",
        policy["label"],
        policy["factors"],
        week,
    )
    trajectories = simulate(scenario, "rk4", block_weeks=1)

    def first(level) -> float:
        return float(
            next(
                (after for after in range(stop - week + 1) if level(week + after) <= level(0)),
                np.nan,
            )
        )

    return {
        "recruitment_ended.weeks.size": first(lambda w: trajectories.at("members", w)[0]),
        "recruitment_ended.weeks.deaths": first(
            lambda w: total_rate(trajectories, "conflict.killed", w)[0]
        ),
    }


def elasticities(
    published: Published,
    base: Trajectories,
    values: Values | None = None,
    steps: Steps | None = None,
) -> dict[str, float]:
    """Change of the values after five years [%] when one parameter is a tenth off from January 2022
    on, against nothing changed.

    The reference lowers recruitment and lethality and raises arrests and saturation, so the same is
    done here.
    """
    run, changes = published.run, {}
    week = run["policy_week"] + run["five_years"]
    size, deaths = base.at("members", week)[0], total_rate(base, "conflict.killed", week)[0]
    for target, direction in run["elasticity_directions"].items():
        factors = {target: 1.0 + direction * run["elasticity_step"]}
        changed = simulate(
            with_factors(
                baseline(published, values=values), target, target, factors, run["policy_week"]
            ),
            "rk4",
            block_weeks=run["block_weeks"],
        )
        changes[f"elasticity.{target}.deaths"] = float(
            100.0 * (total_rate(changed, "conflict.killed", week)[0] / deaths - 1.0)
        )
        changes[f"elasticity.{target}.size"] = float(
            100.0 * (changed.at("members", week)[0] / size - 1.0)
        )
        if steps:
            steps.finished()
    return changes


def headlines(
    published: Published, base: Trajectories, ours: Mapping[str, float]
) -> dict[str, float]:
    """The claims of the paper and of the press, each next to the number of the model that
    it can be read as.
    """
    run = published.run
    week, after = run["policy_week"], run["mid_2027"]
    start, groups = base.snapshot("members", 0)[0].sum(axis=0), largest(base)
    ever = start.sum() + ours["total.recruits"]
    claims = {
        "headline.size": ours[f"size.{week}"],
        "headline.recruits": ours["recruits.mean"],
        "headline.size.2027": ours[f"status_quo.size.{after}"],
        "headline.deaths.2027": ours[f"status_quo.deaths.{after}"],
        "headline.killed_or_arrested": 100.0
        * (ours["total.deaths"] + ours["total.arrests"])
        / ever,
        "headline.lost": (ours["total.deaths"] + ours["total.arrests"]) / week,
        "headline.growth": ours[f"size.{week}"] - start.sum(),
        "headline.two_largest": sum(ours[f"group.{group}"] for group in groups[:2]),
        "headline.deaths_a_year": ours[f"deaths.{week}"] * run["weeks_in_year"],
    }
    shares = {
        f"headline.share.{group}": 100.0 * start[i] / start.sum() for i, group in enumerate(groups)
    }
    return {name: float(x) for name, x in (claims | shares).items()}


def without_chance(
    published: Published, values: Values | None = None, steps: Steps | None = None
) -> tuple[dict[str, float], dict[str, Trajectories]]:
    """All numbers that need no chance, by key, and the runs of the policies."""
    runs = policy_runs(published, values, steps)
    base = runs["status_quo"]
    ours = outcome_2022(published, base) | policy_effects(published, runs)
    ours |= weeks_to_fall(published, values)
    if steps:
        steps.finished()
    ours |= elasticities(published, base, values, steps)
    return ours | headlines(published, base, ours), runs


def with_chance(
    published: Published, values: Values | None = None, steps: Steps | None = None
) -> tuple[dict[str, float], Trajectories]:
    """All numbers of the ensemble, by key, and the ensemble:
    sizes at the start and every week are drawn.
    """
    run = published.run
    week = run["policy_week"]

    def told(done: int, total: int) -> None:
        if steps:
            steps.finished()

    ensemble = simulate(
        baseline(published, week, values), "tau-leap", run["replicates"], run["seed"], progress=told
    )
    keys = {entry["key"] for entry in published.entries}
    ours = {
        f"chance.{name}": x
        for name, x in outcome_2022(published, ensemble).items()
        if f"chance.{name}" in keys
    }
    spread = {
        f"size.{week}": ensemble.at("members", week),
        "total.deaths": ensemble.between("conflict.killed", 0, week),
    }
    for name, values_ in spread.items():
        ours |= {
            f"ensemble.{name}.mean": float(values_.mean()),
            f"ensemble.{name}.spread": float(values_.std(ddof=1)),
        }
    return ours, ensemble


def work(published: Published) -> int:
    """Pieces of work that :func:`reproduce` tells about."""
    scenario = baseline(published, published.run["policy_week"])
    plan = make_plan(scenario, "tau-leap", published.run["replicates"])
    chunks = -(-plan.replicates // CHUNK)
    return (
        len(published.policies)
        + 1
        + len(published.run["elasticity_directions"])
        + chunks * blocks_of(scenario, plan)
    )


def reproduce(progress: Progress | None = None, values: Values | None = None) -> Reproduction:
    """Run the published model and put every published number next to ours.

    Args:
        progress: told after each piece of work.
        values: parameters to change by full name, to see what the rows say then.
    """
    from .charts import policies_picture

    published = load(NAME)
    steps = Steps(progress, work(published))
    with double_precision():
        expected, runs = without_chance(published, values, steps)
        drawn, ensemble = with_chance(published, values, steps)
        rows = published.compare(expected | drawn)
        inputs = joint_digest([inputs_hash(run, run.plan) for run in (*runs.values(), ensemble)])
        picture = policies_picture(
            published,
            runs,
            ensemble,
            f"Tregua {__version__} · inputs {inputs[:8]} · seed {ensemble.plan.seed}",
        )
        table = policy_table(published, runs)
    inside, judged = tally(rows)
    return Reproduction(
        NAME,
        "The size model of 2023: 150 groups, 2012 to 2032",
        (
            f"{inside} of {judged} published or independently computed numbers come "
            "out within their tolerances. The model is assembled from the package's "
            "mechanism files; nothing is written for this comparison."
        ),
        rows,
        {"policies": picture},
        {"weekly": table},
        NOTES,
        published.cited,
        inputs,
    )


NOTES = (
    (
        "350 to 370 recruits a week is the mean of the decade 2012-2021. The flow of January 2022 "
        "in the same run is 439 a week."
    ),
    (
        "The published 26 % more members and 40 % more deaths by 2027 fit about 286 weeks after "
        "January 2022, which is mid-2027."
    ),
    (
        "The published shares of the two largest groups, 17.9 % and 8.9 %, are those imposed at "
        "the start. In the model's own 2022 they are 16.5 % and 10.2 %."
    ),
    (
        "Rows tagged `port` are no numbers of the paper: they come from a separate program for "
        "the same public equations and inputs."
    ),
    (
        "Changes in percent: the ratio may be off by as much as the level (members 0.1 %, deaths "
        "0.2 %), plus 0.05 points because one decimal is given."
    ),
    (
        "Numbers that people recall from the paper but that could not be seen in a "
        "source are no rows here."
    ),
)


def policy_table(published: Published, runs: Mapping[str, Trajectories]) -> pandas.DataFrame:
    """One row for each policy and week: members, and deaths in the week."""
    import pandas

    frames = []
    for name, run in runs.items():
        members, deaths = run.total("members")[0], run.total("conflict.killed")[0]
        weeks = np.arange(1.0, len(members))
        rows = {
            "policy": name,
            "label": published.policies[name]["label"],
            "week": weeks,
            "date": pandas.to_datetime(run.dates(weeks)),
        }
        frames.append(pandas.DataFrame({**rows, "members": members[1:], "deaths_in_week": deaths}))
    return pandas.concat(frames, ignore_index=True)
