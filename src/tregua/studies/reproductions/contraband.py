"""Contraband: what scarcer cocaine does to killings, and more searches to seizures and traffic."""

from __future__ import annotations

import numpy as np

from ...engine.trajectories import Trajectories
from ...results.by_territory import PERSONS, mean_inhabitants
from ...scenarios.policy import Modifier, Policy
from .paired_runs import Numbers, Runner, counted, killed_names, mean, relative


def scarcity(runner: Runner, base: Trajectories) -> Numbers:
    """Effect of less cocaine from the week of the interventions on: who is killed more, and where;
    by key of the rows.
    """
    run, data = runner.published.run, base.scenario.data
    supply = float(
        base.scenario.compile().base["trade.supply"][
            0, data.space.labels("commodity").index("cocaine")
        ]
    )
    # A cap touches cocaine alone: there is far less of the other two.
    cut = Policy(
        "scarcity",
        (
            Modifier(
                "trade.supply", "cap", run["cocaine"] * supply, base.scenario.date(run["week"])
            ),
        ),
    )
    length = run["weeks"] - run["week"]
    before, after = (
        counted(x, killed_names(base), run["week"], length)
        for x in (base, runner(run["weeks"], cut))
    )
    people = np.asarray(mean_inhabitants(base.scenario, run["week"], run["weeks"]))
    border = np.asarray(data.covariates["border"]) > 0.0
    members = base.snapshot("members", run["week"]).mean(axis=0)
    present = (members >= run["present"]).sum(axis=1)
    even = 1.0 / ((members / members.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
    rise, years = after - before, length / run["year"]
    numbers = dict(
        zip(
            ("scarcity.mean", "scarcity.error"),
            relative(rise.sum(axis=1), before.sum(axis=1)),
            strict=True,
        )
    )
    for name, inside in (
        ("border", border),
        ("groups", present > np.median(present)),
        ("even", even > np.median(even)),
    ):
        apart = (
            rise[:, inside].sum(axis=1) / people[inside].sum()
            - rise[:, ~inside].sum(axis=1) / people[~inside].sum()
        )
        numbers |= dict(
            zip(
                (f"scarcity.{name}", f"scarcity.{name}.error"),
                mean(apart * PERSONS / years),
                strict=True,
            )
        )
    for name, inside in (("border", border), ("rest", ~border)):
        numbers[f"scarcity.{name}.relative"] = relative(
            rise[:, inside].sum(axis=1), before[:, inside].sum(axis=1)
        )[0]
    return numbers


def searches(runner: Runner, base: Trajectories) -> Numbers:
    """Effect of twice the searches in the second year: what is seized, in how many seizures, and
    how many states drugs still pass; by key of the rows.
    """
    run = runner.published.run
    start = run["weeks"] - run["year"]
    more = runner(
        run["weeks"],
        Policy.scale(
            "trade.searches", run["searches"], base.scenario.date(run["week"]), name="searches"
        ),
    )

    def of(x: Trajectories) -> dict[str, np.ndarray]:
        total, number = (
            counted(x, (name,), start, run["year"]).sum(axis=1) for name in ("seized", "seizures")
        )
        active = (counted(x, ("traffic",), start, run["year"]) / run["year"] > run["active"]).sum(
            axis=1
        )
        return {"seized": total, "each": total / number, "active": active}

    before, after = of(base), of(more)
    better = {
        "seized": after["seized"] > before["seized"],
        "each": after["each"] < before["each"],
        "active": after["active"] >= before["active"],
    }
    numbers = {
        f"{name}.mean": relative(after[name] - before[name], before[name])[0]
        for name in ("seized", "each")
    }
    numbers["active.mean"] = float((after["active"] - before["active"]).mean())
    return numbers | {f"{name}.share": 100.0 * float(x.mean()) for name, x in better.items()}
