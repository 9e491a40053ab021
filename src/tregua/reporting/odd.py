"""A description of a model in the order of the ODD protocol (overview, design concepts, details),
generated from what the model declares.

Nothing is written by hand twice: names, axes, units, flows, parameters, priors and evidence are
read from the mechanisms, equations from their docstrings.
"""

from __future__ import annotations

import inspect
import json
import math
import re
from typing import Any

from ..engine.plan import BLOCK_WEEKS, ORDER_OF_A_WEEK, SERIES_AXES
from ..engine.solvers import solver_named
from ..model.declarations import Beta, Evidence, LogNormal, Parameter, Prior, Uniform
from ..model.mechanism import Mechanism
from ..model.model import Model
from ..scenarios.scenario import Scenario
from .template import templates_of
from .wording import first_paragraph

MOST_LABELS = 8
"""Labels of an axis that a description spells out;
of a longer axis it gives the first ones and the number.
"""


def describe(scenario: Scenario, solver: str = "tau-leap") -> dict[str, Any]:
    """The model, data and dates of a scenario, described.

    Args:
        scenario: what to describe.
        solver: name of the solver that it is meant for.

    Returns:
        Plain data with the keys ``title``, ``purpose``, ``entities``, ``scales``, ``process``,
        ``concepts``, ``start``, ``inputs``, ``mechanisms`` and ``observed``.

    Raises:
        TreguaError: TR2202 where no solver has that name.
    """
    model, chosen = scenario.model, solver_named(solver)
    return {
        "title": scenario.shown,
        "purpose": [
            {"name": m.name, "doc": first_paragraph(type(m).__doc__)} for m in model.mechanisms
        ],
        "entities": {
            "compartments": [
                {"name": c.name, "axes": list(c.axes), "unit": "person", "doc": c.doc}
                for c in model.compartments.values()
            ],
            "levels": [
                {
                    "name": v.name,
                    "axes": list(v.axes),
                    "unit": v.unit,
                    "initial": v.initial,
                    "doc": v.doc,
                }
                for v in model.levels.values()
            ],
        },
        "scales": _scales(scenario),
        "process": list(ORDER_OF_A_WEEK),
        "concepts": {
            "solver": chosen.name,
            "solver_doc": chosen.doc,
            "stochastic": chosen.stochastic,
        },
        "start": _start(model),
        "inputs": {
            "data": scenario.data.name,
            "covariates": [
                {"name": c.name, "axes": list(c.axes), "unit": c.unit, "doc": c.doc}
                for c in model.covariates.values()
            ],
            "tables": [
                {key: table.get(key, "") for key in ("file", "source", "licence", "note")}
                for table in scenario.data.tables
            ],
        },
        "mechanisms": [describe_mechanism(m) for m in model.mechanisms],
        "observed": _observed(model),
    }


def as_markdown(description: dict[str, Any]) -> str:
    """A description as a Markdown document."""
    # The text is Markdown and not HTML; it comes from the package's own declarations and from names
    # in a scenario file, in which a bar would end a cell.
    environment = templates_of("reporting", html=False)
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    text = environment.get_template("odd.md.j2").render(**description)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def as_json_text(description: dict[str, Any]) -> str:
    """A description as one JSON document."""
    return json.dumps(description, ensure_ascii=False, indent=2, allow_nan=False)


def describe_mechanism(mechanism: Mechanism) -> dict[str, Any]:
    """A mechanism as plain data: what its file says, what it moves,
    and its parameters with what they rest on.
    """
    flows = [
        {
            "name": f.name,
            "source": f.source,
            "target": f.target,
            "victim": f.victim,
            "cause": f.cause,
            "doc": f.doc,
        }
        for f in mechanism.flows()
    ]
    return {
        "name": mechanism.name,
        "doc": markdown_math(inspect.getdoc(inspect.getmodule(type(mechanism))) or ""),
        "claims": list(mechanism.claims),
        "needs": [need.name for need in mechanism.needs],
        "flows": flows,
        "drifts": [{"level": d.level, "doc": d.doc} for d in mechanism.drifts()],
        "events": [
            {"name": e.name, "axes": list(e.axes), "doc": e.doc} for e in mechanism.events()
        ],
        "tracks": [{"level": t.level, "doc": t.doc} for t in mechanism.tracks()],
        "records": [{"name": r.name, "doc": r.doc} for r in mechanism.records()],
        "parameters": [_parameter(mechanism, p) for p in mechanism.parameters],
    }


def markdown_math(text: str) -> str:
    """The reStructuredText of a docstring as Markdown: displayed and inline equations between
    dollars, code between single ticks.

    A displayed equation may stand behind ``.. math::`` or in an indented block below it.
    """
    lines, out, at = text.splitlines(), [], 0
    while at < len(lines):
        if not lines[at].startswith(".. math::"):
            out.append(lines[at])
            at += 1
            continue
        block = [lines[at].removeprefix(".. math::").strip()]
        at += 1
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith(" ")):
            block.append(lines[at].strip())
            at += 1
        formulas = "\n".join(block).strip().split("\n\n")
        out += [line for formula in formulas for line in ("$$", formula.strip(), "$$", "")]
    joined = re.sub(r":math:`([^`]+)`", r"$\1$", "\n".join(out))
    joined = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", joined)
    return joined.replace("``", "`")


def prior_text(prior: Prior) -> str:
    """A prior in words."""
    if isinstance(prior, LogNormal):
        return f"log-normal, median {prior.median:.6g}, sigma {prior.sigma:g}"
    if isinstance(prior, Beta):
        return f"beta({prior.a:g}, {prior.b:g})"
    if isinstance(prior, Uniform):
        return f"uniform, {prior.low:g} to {prior.high:g}"
    raise TypeError(prior)


def _parameter(mechanism: Mechanism, parameter: Parameter) -> dict[str, Any]:
    low, high = (None if math.isinf(edge) else edge for edge in parameter.support)
    return {
        "name": f"{mechanism.name}.{parameter.name}",
        "value": parameter.value,
        "unit": parameter.unit,
        "axes": list(parameter.axes),
        "by_place": parameter.by_place,
        "everywhere": parameter.everywhere,
        "support": [low, high],
        "prior": prior_text(parameter.prior),
        "doc": parameter.doc,
        "evidence": [_evidence(e) for e in parameter.evidence],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "id": evidence.id,
        "stance": evidence.stance,
        "summary": evidence.summary,
        "source": evidence.source,
        "year": evidence.year,
    }


def _scales(scenario: Scenario) -> dict[str, Any]:
    axes = []
    for axis in scenario.data.space.axes:
        axes.append(
            {"name": axis.name, "size": len(axis.labels), "labels": list(axis.labels[:MOST_LABELS])}
        )
    return {
        "axes": axes,
        "start": str(scenario.start),
        "end": str(scenario.date(scenario.weeks)),
        "weeks": scenario.weeks,
        "snapshot_weeks": BLOCK_WEEKS,
    }


def _start(model: Model) -> dict[str, Any]:
    """Which mechanisms fill stocks at the start, and at what levels start."""
    founding = [m.name for m in model.mechanisms if type(m).initial is not Mechanism.initial]
    return {
        "mechanisms": founding,
        "levels": {n: level.initial for n, level in model.levels.items()},
    }


def _observed(model: Model) -> dict[str, Any]:
    """What a run writes down."""
    deaths = [
        {"name": n, "victim": f.victim, "cause": f.cause, "doc": f.doc}
        for n, (_, f) in model.flows.items()
        if f.victim
    ]
    records = [
        {"name": n, "doc": r.doc, "counts": list(model.recorded[n])}
        for n, (_, r) in model.records.items()
    ]
    return {
        "series_axes": list(SERIES_AXES),
        "flows": list(model.flows),
        "events": list(model.events),
        "deaths": deaths,
        "records": records,
    }
