"""Identifiability of the size model: refits with the published loss and data that fit equally well,
and what they say about policies.

Weekly deaths fix how deaths grow, not how many members there are: many members who seldom kill give
the same curve as few who often do. So fits with 60,000 and with 500,000 members at the start are
equally good. They disagree about what a policy does.

Source of model, loss and data: R. Prieto-Curiel, G. M. Campedelli, A. Hope, Science
381(6664):1312-1316 (2023), and the authors' public script. That only ratios are identified was
first argued by J. P. Caulkins, B. Kilmer, P. Reuter, Science 381(6664):1291-1293 (2023),
doi:10.1126/science.adj8911.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...engine.run import simulate
from .published import Published, load
from .rates import double_precision, total_rate
from .refit import FREE, Case, Fit, Fitter, cases, target
from .rows import Progress, Reproduction, Row, Steps, tally
from .size_2023 import baseline, with_factors

if TYPE_CHECKING:
    import pandas

NAME = "size-2023-identifiability"
Minima = dict[Case, tuple[Fit, ...]]
"""For each case the minima of the loss, the deepest first."""

Effects = dict[Fit, dict[str, float]]
"""For each fit and policy: change of deaths a week after five years against January 2022 [%]."""


def chosen(published: Published, minima: Minima) -> dict[Case, Fit]:
    """For each case the deepest minimum whose saturation is within the limit of the file;
    the deepest of all where none is.
    """
    limit = published.run["crowding_limit"]
    return {
        case: next((fit for fit in fits if fit.free["saturation.crowding"] <= limit), fits[0])
        for case, fits in minima.items()
    }


def effects_of(published: Published, fits: Sequence[Fit], steps: Steps | None = None) -> Effects:
    """What every policy of the file does in every fit: one run for each policy,
    with the fits as draws.
    """
    run = published.run
    draws = {name: np.array([fit.values[name] for fit in fits]) for name in fits[0].values}
    week, changes, before = run["policy_week"], {}, np.ones(len(fits))
    for name, policy in published.policies.items():
        scenario = with_factors(
            baseline(published, run["policy_week"] + run["after_weeks"]),
            name,
            policy["label"],
            policy["factors"],
            week,
        )
        result = simulate(scenario, "mean-field", block_weeks=run["block_weeks"], draws=draws)
        if not policy["factors"]:
            before = total_rate(result, "conflict.killed", week, draws)
        changes[name] = 100.0 * (
            total_rate(result, "conflict.killed", week + run["after_weeks"], draws) / before - 1.0
        )
        if steps:
            steps.finished()
    return {
        fit: {name: float(x[place]) for name, x in changes.items()}
        for place, fit in enumerate(fits)
    }


def spread_of(fits: Sequence[Fit]) -> tuple[float, float]:
    """Largest over smallest size, and rise of the misfit from the best to the worst fit [%]."""
    sizes, misfits = [fit.size for fit in fits], [fit.misfit for fit in fits]
    return max(sizes) / min(sizes), 100.0 * (max(misfits) / min(misfits) - 1.0)


def numbers(
    published: Published,
    goal: np.ndarray,
    minima: Minima,
    effects: Effects,
    others: Mapping[float, Minima],
) -> dict[str, float]:
    """Own values by key of the file."""
    run, values = published.run, {"target.mean": float(goal.mean())}
    keys = {entry["key"] for entry in published.entries}
    fits = chosen(published, minima)
    for (effort, members), fit in fits.items():
        tag, deepest = f"{effort:g}.{members:.0f}", minima[effort, members][0]
        own = {
            "rmse": fit.misfit,
            "size": fit.size,
            "recruits": fit.recruits,
            "lethality": fit.free["conflict.lethality"],
        }
        values |= {f"fit.{tag}.{name}": x for name, x in own.items()}
        values |= {f"effect.{tag}.{name}": x for name, x in effects[fit].items()}
        deep = {
            "rmse": deepest.misfit,
            "size": deepest.size,
            "crowding": deepest.free["saturation.crowding"],
        } | effects[deepest]
        values |= {f"deepest.{tag}.{name}": x for name, x in deep.items()}
    values = {key: x for key, x in values.items() if key in keys}
    values["scale.size"], values["scale.misfit"] = spread_of(
        [fits[case] for case in cases(run["scale_fits"])]
    )
    compared = [fits[case] for case in cases(run["effect_fits"])]
    misfits, doubled = (
        [fit.misfit for fit in compared],
        [effects[fit]["arrests_doubled"] for fit in compared],
    )
    values |= {"effect.rmse.low": min(misfits), "effect.rmse.high": max(misfits)}
    values |= {"effect.arrests.low": min(doubled), "effect.arrests.high": max(doubled)}
    for share, other in others.items():
        size, misfit = spread_of(list(chosen(published, other).values()))
        values |= {f"share.{100 * share:.0f}.size": size, f"share.{100 * share:.0f}.misfit": misfit}
    return values


def fit_table(
    published: Published, searches: Mapping[float, Minima], effects: Effects
) -> pandas.DataFrame:
    """One row for each minimum: what was given, what was fitted, what the policies do in it, and
    whether it is the one the rows use.
    """
    import pandas

    rows = []
    for share, minima in searches.items():
        used = set(chosen(published, minima).values())
        for fit in (fit for fits in minima.values() for fit in fits):
            rows.append(
                {
                    "share_of_casualties": share,
                    "arrests_a_week": fit.effort,
                    "members_2012": fit.members_at_start,
                    "used": fit in used,
                    "misfit": fit.misfit,
                    "members_2022": fit.size,
                    "recruits_a_week_2022": fit.recruits,
                    **{name: fit.free[name] for name in FREE},
                    **{f"deaths_change_{name}": x for name, x in effects[fit].items()},
                    "evaluations": fit.evaluations,
                    "converged": fit.converged,
                }
            )
    return pandas.DataFrame(rows)


def curve_table(goal: np.ndarray, fits: Mapping[Case, Fit]) -> pandas.DataFrame:
    """One row for each week: deaths in the data and in each fit."""
    import pandas

    columns = {
        f"fit_{effort:g}_{members:.0f}": fit.deaths for (effort, members), fit in fits.items()
    }
    return pandas.DataFrame({"week": np.arange(1, len(goal) + 1), "data": goal, **columns})


def search(
    published: Published, progress: Progress | None = None
) -> tuple[dict[float, Minima], Effects]:
    """All minima by assumed share of casualties, and what the policies do in each.
    The cases of the picture are among those of the first share.
    """
    run = published.run
    wanted = cases(run["fits"])
    plan = {
        run["casualty_share"]: (
            *wanted,
            *cases([[wanted[0][0], members] for members in run["profile_starts"]]),
        )
    }
    plan |= {share: cases(run["share_fits"]) for share in run["other_shares"]}
    steps = Steps(progress, sum(map(len, plan.values())) + len(published.policies))
    fitter = Fitter(baseline(published, run["policy_week"]), published.search)
    searches: dict[float, Minima] = {}
    for share, those in plan.items():
        goal, searches[share] = target(published, share), {}
        for effort, members in those:
            searches[share][effort, members] = fitter.minima(goal, effort, members, run["starts"])
            steps.finished()
    every = [fit for minima in searches.values() for fits in minima.values() for fit in fits]
    return searches, effects_of(published, every, steps)


def reproduce(progress: Progress | None = None) -> Reproduction:
    """Redo the fits, and run two policies over the equally good ones.

    Args:
        progress: told after each fit and each run.
    """
    from .charts_fits import effects_picture, fits_picture

    published = load(NAME)
    run = published.run
    with double_precision():
        goal = target(published, run["casualty_share"])
        searches, effects = search(published, progress)
    whole = searches[run["casualty_share"]]
    minima = {case: whole[case] for case in cases(run["fits"])}
    fits = chosen(published, minima)
    rows = published.compare(
        numbers(
            published,
            goal,
            minima,
            effects,
            {share: searches[share] for share in run["other_shares"]},
        )
    )
    pictures = {
        "fits": fits_picture(published, goal, fits, whole),
        "effects": effects_picture(published, fits, effects),
    }
    return Reproduction(
        NAME,
        "What the fit of the size model can tell: equally good fits with very different sizes",
        _summary(rows),
        rows,
        pictures,
        {"fits": fit_table(published, searches, effects), "curves": curve_table(goal, fits)},
        NOTES,
        published.cited,
    )


def _summary(rows: Sequence[Row]) -> str:
    own = {row.key: row.ours for row in rows}
    inside, judged = tally(rows)
    return (
        f"{inside} of {judged} numbers come out within their tolerances. "
        "With 60,000 to 500,000 members at the start the misfit differs by "
        f"{own['scale.misfit']:.1f} %, the size of 2022 by a factor of {own['scale.size']:.1f}. "
        "Over equally good fits, deaths a week five years after arrests are doubled are between "
        f"{own['effect.arrests.low']:+.0f} % and {own['effect.arrests.high']:+.0f} % off January "
        "2022: the data do not say whether they end above or below it."
    )


NOTES = (
    (
        "Misfit is the root mean square difference of weekly deaths from the spline through "
        "yearly data. Its 520 points rest on ten yearly numbers, so they are far from "
        "independent, and a difference of a few per cent between fits says nothing."
    ),
    (
        "The loss has at least two minima. The published fit lies in the one with weak "
        "saturation. In the other, groups lose members to crowding hundreds of times faster and "
        "recruit several times as many. It fits as well or better: with the published start of "
        "115,000 its misfit is lower and membership falls over the decade, and of all starts "
        "tried 30,000 has the lowest misfit. Taken literally, the loss prefers a size far "
        "outside the published range."
    ),
    (
        "What speaks against that minimum is not the loss but everything else: in it the largest "
        "group shrinks to a tenth within a year, and in the end all groups are of like size. The "
        "data fitted to do not say so; knowledge of the groups does, and the fit uses none."
    ),
    (
        "Which minimum the reference reports for a case had to be found out: it is always the "
        "deepest one with saturation of at most 25 times the published value."
    ),
    (
        "No fit is shown to be right. The result is that these data, with this loss, "
        "cannot tell the fits apart."
    ),
    (
        "In every minimum found, halving recruitment leaves fewer deaths than doubling arrests, "
        "if sometimes hardly fewer. What is not known is whether doubled arrests bring deaths "
        "below their level of January 2022; against doing nothing they are "
        "lower in every fit shown."
    ),
    (
        "That a tenth of all homicides and missing people are members is an assumption of the "
        "publication. Other shares are in the table `fits`."
    ),
    (
        "Weeks here are steps of the weekly mean field, which with the published values gives "
        "0.05 % more members in 2022 than the differential equations."
    ),
    (
        "The data end in 2021. The last year of what is fitted is the spline carried on, "
        "which is no observation."
    ),
)
