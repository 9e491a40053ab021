"""The generated description: it holds everything that a model declares, in the order of the ODD
protocol, and nothing that was written by hand elsewhere.
"""

import json
from pathlib import Path

import pytest

import toys
from tregua.engine.plan import ORDER_OF_A_WEEK
from tregua.errors import TreguaError
from tregua.model.declarations import Beta, Level, LogNormal, Record, Selection, Track, Uniform
from tregua.model.mechanism import Mechanism
from tregua.model.model import Model
from tregua.model.registry import registry
from tregua.reporting.odd import (
    as_json_text,
    as_markdown,
    describe,
    describe_mechanism,
    markdown_math,
    prior_text,
)
from tregua.scenarios.toml import load_scenario

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def shipped():
    return describe(load_scenario().scenario)


def test_sections_stand_in_the_order_of_the_protocol(shipped):
    text = as_markdown(shipped)
    headings = [
        "Purpose",
        "Entities",
        "Process overview",
        "Design concepts",
        "Initialisation",
        "Input data",
        "Submodels",
        "What is observed",
    ]
    places = [text.index(f"## {number}. {heading}") for number, heading in enumerate(headings, 1)]
    assert places == sorted(places)


def test_everything_that_the_shipped_model_declares_is_in_it(shipped):
    model, text = load_scenario().scenario.model, as_markdown(shipped)
    for mechanism in model.mechanisms:
        assert f"### {mechanism.name}\n" in text
        for parameter in mechanism.parameters:
            row = next(
                line
                for line in text.splitlines()
                if line.startswith(f"| `{mechanism.name}.{parameter.name}` |")
            )
            assert (
                parameter.unit in row
                and parameter.doc in row
                and prior_text(parameter.prior) in row
            )
            assert all(
                e.stance in row and e.id in row and e.summary in row for e in parameter.evidence
            )
        for flow in mechanism.flows():
            assert f"- flow `{flow.name}`: {flow.source} → {flow.target}; {flow.doc}" in text
    for quantity in (model.compartments | model.levels | model.covariates).values():
        assert (
            f"| `{quantity.name}` | {' × '.join(quantity.axes) or 'none'} |" in text
            and quantity.doc in text
        )
    for table in load_scenario().scenario.data.tables:
        assert table["source"] in text


def test_dates_and_sizes_are_those_of_the_scenario(shipped):
    scenario = load_scenario().scenario
    assert shipped["scales"]["weeks"] == scenario.weeks
    assert {axis["name"]: axis["size"] for axis in shipped["scales"]["axes"]} == dict(
        scenario.data.space.sizes
    )
    assert f"from {scenario.start} to {scenario.date(scenario.weeks)}" in as_markdown(shipped)


@pytest.mark.parametrize("kind", [toys.Memory, toys.Splits], ids=["drift", "event"])
def test_levels_drifts_and_events_are_described(kind):
    model = Model.size_2023() + kind()
    described = describe(toys.scenario(model))
    own = next(m for m in described["mechanisms"] if m["name"] == kind().name)
    assert [d["level"] for d in own["drifts"]] == [d.level for d in kind().drifts()]
    assert [e["name"] for e in own["events"]] == [e.name for e in kind().events()]
    text = as_markdown(described)
    assert all(f"drift of `{d.level}`: {d.doc}" in text for d in kind().drifts())
    assert all(
        f"event `{e.name}` for each of {' × '.join(e.axes)}: {e.doc}" in text
        for e in kind().events()
    )
    assert [v["name"] for v in described["entities"]["levels"]] == list(model.levels)


class Notebook(Mechanism):
    """A level that remembers killings, and a record of them."""

    needs = (Level("seen", ("territory", "group"), "person/week", "killings as remembered"),)

    def tracks(self):
        """Remember the killed."""
        return (
            Track(
                "seen",
                (Selection(causes=("turf war",)),),
                lambda v: 4.0,
                "killings of the last weeks",
            ),
        )

    def records(self):
        """Write down half of the killed."""
        return (
            Record(
                "counted",
                (Selection(causes=("turf war",)),),
                lambda v: 0.5,
                "killings that get into the record",
            ),
        )


def test_tracks_and_records_are_described_with_what_they_count():
    text = as_markdown(describe(toys.scenario(Model.size_2023() + Notebook())))
    assert "- `seen` remembers: killings of the last weeks" in text
    assert "| `notebook.counted` | `conflict.killed` | killings that get into the record |" in text
    assert "There is no reporting model" not in text


def test_every_shipped_mechanism_can_be_described_with_its_equation():
    for kind in registry().values():
        described = describe_mechanism(kind())
        assert (
            described["doc"].count("$$") >= 2
            and ":math:" not in described["doc"]
            and ".. math::" not in described["doc"]
        )
        assert json.dumps(described, allow_nan=False)


def test_a_mechanism_that_is_dropped_is_not_described():
    described = describe(toys.scenario(Model.size_2023() - "saturation"))
    assert "saturation" not in [m["name"] for m in described["mechanisms"]]
    assert "`saturation.crowding`" not in as_markdown(described)


def test_the_order_of_a_week_is_told_once_and_the_design_page_agrees(shipped):
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    steps = [f"{number}. {step}" for number, step in enumerate(ORDER_OF_A_WEEK, 1)]
    assert "\n".join(steps) in page
    assert "\n".join(steps) in as_markdown(shipped)


def test_the_solver_decides_whether_there_is_chance():
    scenario = load_scenario().scenario
    page = " ".join(as_markdown(describe(scenario, "tau-leap")).split())
    assert "Chance enters" in page
    assert "There is no chance in it." in as_markdown(describe(scenario, "rk4"))
    with pytest.raises(TreguaError, match="TR2202"):
        describe(scenario, "euler")


def test_the_description_as_data_can_be_read_back(shipped):
    assert json.loads(as_json_text(shipped)) == shipped


def test_equations_of_docstrings_become_markdown():
    inline = markdown_math(
        "With :math:`a < b` see :func:`~tregua.engine.run` and ``x``.\n\n.. math:: a = b\n\nAfter."
    )
    assert inline == "With $a < b$ see `tregua.engine.run` and `x`.\n\n$$\na = b\n$$\n\nAfter."
    block = markdown_math(".. math::\n    a = b, \\qquad\n    c = d\n\n    e = f\n\nAfter.")
    assert block == "$$\na = b, \\qquad\nc = d\n$$\n\n$$\ne = f\n$$\n\nAfter."


def test_priors_are_told_in_words():
    assert prior_text(LogNormal(0.002, 0.3)) == "log-normal, median 0.002, sigma 0.3"
    assert prior_text(Beta(2.0, 4.0)) == "beta(2, 4)"
    assert prior_text(Uniform(0.5, 1.5)) == "uniform, 0.5 to 1.5"
