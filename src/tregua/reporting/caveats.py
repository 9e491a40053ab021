"""What a result rests on and what it cannot say: assumptions, allegations, mechanisms left out, and
limits, each as far as it applies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..countries.dataset import Dataset
from ..countries.pack import in_language
from ..countries.registry import first_pack
from ..engine.trajectories import Trajectories
from ..evidence.cite import SIZE_2023
from ..model.declarations import MEMBER, OUTSIDE, Stance
from ..model.registry import shipped
from ..results.outcomes import deaths_of, outcomes_of
from ..scenarios.posterior import MOST_MISFIT, failed_misfit
from .wording import own_text, sentence, span, territory_words, with_article

STANCES = {
    "measured": "counted or measured in the world",
    "official": "published by a public body",
    "estimated": "the result of a fit in a publication",
    "reported": "stated by news media or in a study, without a fit",
    "record": "a note about how something got on record",
    "opinion": "somebody's judgement",
    "alleged": "claimed, and not established",
    "assumed": "set by hand, without data behind it",
}
"""What each stance of a source means, from the firmest to the least firm."""

UNBACKED = frozenset({"assumed", "alleged"})
"""Stances with nothing established behind them."""

LIMITS = {
    "forecast": (
        "It is no forecast.",
        (
            "It shows what follows from the model and its values, with nothing else "
            "changing in the world."
        ),
    ),
    "older stocks": (
        "It starts with the groups of another day.",
        (
            "The scenario says so: its stocks at the start are those of the day of the data, which "
            "is an earlier one. Levels are wrong by all that happened in between."
        ),
    ),
    "no chance": (
        "There is no chance in this run.",
        (
            "It follows expected numbers, and so says nothing about how far luck "
            "alone could move them."
        ),
    ),
    "chance only": (
        "Bands show chance only.",
        (
            "Every parameter is held fixed at one value. What is not known about the parameters "
            "is far larger than these bands."
        ),
    ),
    "not fitted": (
        "It has not been fitted to data yet.",
        (
            "The defaults of the mechanisms were set by hand, and not for these data. That a "
            "curve looks like the record is no evidence for the model, and single {territories} "
            "and years may be far off."
        ),
    ),
    "borrowed": (
        "Its evidence is about another country.",
        (
            "What the mechanisms cite for their forms, defaults and priors was gathered for "
            "{home}. That it holds in {country} is assumed, and nothing here has tested it."
        ),
    ),
    "fitted": (
        "It was fitted, and the mechanisms leave much of the record out.",
        (
            "Its values come from a fit to the homicides on record from {first} to {last}. In "
            "{last}, {recorded:,.0f} are on record, and the mechanisms expect {expected} "
            "(nine in ten). In the fit the rest is left to a statistical term that "
            "stands for all that the mechanisms do not explain; runs do not have that term."
        ),
    ),
    "other values": (
        "Other values fit as well.",
        (
            "Values that fit the published data about equally well put the groups in 2022 "
            "anywhere from about 96,000 to 690,000 members. With doubled arrests some of them "
            "bring deaths below their level of 2022 and others let them rise above it. To see it: "
            "tregua reproduce size-2023-identifiability"
        ),
    ),
    "members only": (
        "Deaths are those of members only.",
        (
            "They are members killed by rival groups: not all homicides, not bystanders, and not "
            "people who are missing."
        ),
    ),
    "allegations": (
        "Some of it stands on allegations.",
        (
            "Values that are marked as alleged and differ from zero act in this run. That "
            "something follows from them does not make them true."
        ),
    ),
    "no places": (
        "There are no places in it.",
        "The country is one territory, in which every group can meet every other.",
    ),
    "whole territories": (
        "{A_territory} is one place.",
        (
            "Nothing in it says where in {a_territory} anything happens; real violence is "
            "concentrated in few municipalities."
        ),
    ),
    "no release": ("Nobody leaves prison.", "Members who are arrested never come back."),
    "endless recruits": (
        "Recruits do not run out.",
        "People join from an outside that is never exhausted, at rates that only a policy changes.",
    ),
    "no verdict": (
        "A listing is no verdict.",
        (
            "That a group or a tie is listed means that a report named it. It is not a "
            "finding that anyone is guilty of anything."
        ),
    ),
}
"""What runs cannot say: heading and text."""

BEYOND = "The model answers there too, but nothing in the record speaks for it."
"""What is said of an answer to a change that the evidence does not cover."""

Record = Mapping[str, Any]
"""A parameter as the manifest of a run records it."""


def limits(trajectories: Trajectories, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the run cannot say: heading and text, as far as each applies to its model,
    data and solver.
    """
    scenario, plan = trajectories.scenario, trajectories.plan
    model, outcomes = scenario.model, outcomes_of(scenario.model)
    fixed, places = not manifest["posterior_draws"], len(scenario.data.space.labels("territory"))
    ends = {(flow.source, flow.target) for _, flow in model.flows.values()}
    victims = {flow.victim for flow in deaths_of(model).values()}
    records = {record["name"]: record for record in manifest["parameters"]}
    exhausted = (
        "recruitment.exhaustion" in records and records["recruitment.exhaustion"]["lowest"] > 0.0
    )
    applies = {
        "forecast": True,
        "older stocks": bool(scenario.start_note),
        "no chance": not plan.solver.stochastic,
        "chance only": plan.solver.stochastic and fixed,
        "not fitted": fixed and len(victims) > 1,
        "borrowed": scenario.data.pack not in (None, first_pack()),
        "other values": published(trajectories, manifest),
        "members only": "killed" in outcomes and not victims - {MEMBER},
        "allegations": any(acts(record) for record in alleged(manifest)),
        "no places": places == 1,
        "whole territories": places > 1,
        "no release": any(target == "arrested" for _, target in ends)
        and not any(source == "arrested" for source, _ in ends),
        "endless recruits": (OUTSIDE, "members") in ends and not exhausted,
        "no verdict": scenario.data.named_until is not None
        or {"rivalry", "foothold"} & set(model.covariates) != set(),
    }
    lost = [("Some replicates are missing.", manifest["lost"])] if manifest.get("lost") else []
    return [
        *lost,
        *_fitted(manifest),
        *(_said(name, scenario.data) for name, yes in applies.items() if yes),
    ]


def _said(name: str, data: Dataset) -> tuple[str, str]:
    """Heading and text of a limit, in the words of the country."""
    heading, text = LIMITS[name]
    one, many = territory_words(data)
    words = {"a_territory": with_article(one), "territories": many}
    words["A_territory"] = sentence(words["a_territory"])
    words["home"], words["country"] = (
        in_language(pack.settings.title, "en") if pack else "" for pack in (first_pack(), data.pack)
    )
    return heading.format(**words), own_text(data, name) or text.format(**words)


def _fitted(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How far a fit reaches the record, where the values come from one that says so."""
    reach = (manifest.get("posterior") or {}).get("reach")
    if not reach:
        return []
    heading, text = LIMITS["fitted"]
    return [(heading, text.format(**reach, expected=span(reach["low"], reach["high"])))]


def fit_fails(manifest: Mapping[str, Any]) -> str:
    """That the fit behind a run fails its own test, in one sentence; empty where it passes or
    where there is none.
    """
    posterior = manifest.get("posterior") or {}
    if (misfit := failed_misfit(posterior)) is not None:
        return (
            "The fit behind these numbers fails its own test: it misses the record by "
            f"{misfit:.1f} squared deviations a datum, where at most {MOST_MISFIT:g} pass."
        )
    if problems := posterior.get("problems"):
        return f"The fit behind these numbers fails its own test: {'; '.join(problems)}."
    return ""


def beyond_evidence(manifest: Mapping[str, Any]) -> str:
    """Which policies of a comparison go beyond what the evidence covers, and by what; empty where
    none does.
    """
    beyond = manifest.get("outside_evidence")
    if not beyond:
        return ""
    policies = "; ".join(f"“{label}” ({', '.join(told)})" for label, told in beyond.items())
    return f"Beyond what the evidence covers: {policies}. {BEYOND}"


def mostly_prior(manifest: Mapping[str, Any]) -> str:
    """That pairs are mostly draws of priors, beside every count of pairs; how far the record
    narrows the draws where it narrows most of them; empty without draws.
    """
    told = manifest.get("draws_narrowed") or {"drawn": 0, "narrowed": 0}
    drawn, by_record = told["drawn"], told["narrowed"]
    if not drawn:
        return ""
    if 2 * by_record > drawn:
        return f"The record narrows {by_record} of the {drawn} assumptions that are drawn."
    return (
        "The pairs are mostly draws of what was assumed beforehand: the record narrows "
        f"{by_record} of {drawn} assumptions by more than a fifth. Where many pairs agree, the "
        "model agrees with itself over these assumptions; how sure the effect is in the world is "
        "another question."
    )


def published(trajectories: Trajectories, manifest: Mapping[str, Any]) -> bool:
    """Whether the run has the values of the published size model held fixed, of which others fit as
    well; a model of other deaths is another model.
    """
    cited = any(
        e["source"] == SIZE_2023 for record in manifest["parameters"] for e in record["evidence"]
    )
    return (
        cited
        and not manifest["posterior_draws"]
        and not {f.victim for f in deaths_of(trajectories.scenario.model).values()} - {MEMBER}
    )


def stances_of(record: Record) -> set[Stance]:
    """Stances of what is behind the value of a parameter: of its evidence, or only an assumption
    where the data set says that it assumes another value.
    """
    return (
        {"assumed"}
        if record["reason"].startswith("Assumed")
        else {evidence["stance"] for evidence in record["evidence"]}
    )


def assumptions(manifest: Mapping[str, Any]) -> dict[str, list[Record]]:
    """Parameters with nothing but assumptions and allegations behind them, by mechanism;
    those alleged by anybody are in :func:`alleged` instead.
    """
    by_mechanism: dict[str, list[Record]] = {}
    for record in manifest["parameters"]:
        if stances_of(record) == {"assumed"}:
            by_mechanism.setdefault(record["name"].split(".")[0], []).append(record)
    return by_mechanism


def alleged(manifest: Mapping[str, Any]) -> list[Record]:
    """Parameters that stand for something alleged,
    with nothing firmer than an allegation behind them.
    """
    return [
        record for record in manifest["parameters"] if "alleged" in stances_of(record) <= UNBACKED
    ]


def acts(record: Record) -> bool:
    """Whether a value differs from zero anywhere."""
    return record["lowest"] != 0.0 or record["highest"] != 0.0


def stance_counts(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Number of parameters by the firmest stance of their evidence, the firmest first."""
    firmest = [
        next(stance for stance in STANCES if stance in stances_of(record))
        for record in manifest["parameters"]
    ]
    return {stance: firmest.count(stance) for stance in STANCES if stance in firmest}


def left_out(mechanisms: Sequence[str]) -> list[str]:
    """Mechanisms that ship with the package and are not among these."""
    return [name for name in shipped() if name not in mechanisms]
