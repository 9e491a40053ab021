"""Which flows tracks and records count, and that a typing error in what they are picked by is
refused when the model is built.
"""

from __future__ import annotations

import copy
import dataclasses

import pytest

import toys
from tregua.errors import TreguaError
from tregua.model.declarations import VICTIMS, Record, Selection, Track
from tregua.model.mechanism import Mechanism
from tregua.model.model import Model
from tregua.results import outcomes

MODEL = Model.standard()

BY_GROUPS = (
    "civilians.caught",
    "conflict.killed",
    "corruption.killed_honest",
    "corruption.killed_vetted",
    "corruption.killed_failed",
    "prisons.killed_untried",
    "prisons.killed_sentenced",
    "troops.members_dead",
    "troops.troops_dead",
    "troops.civilians_dead",
    "vigilantes.members_dead",
    "vigilantes.dead",
    "vigilantes.dead_disarming",
)
KILLED = (BY_GROUPS[0], "civilians.murdered", *BY_GROUPS[1:])

TRACKED = {
    "violence": ("conflict.killed",),
    "memory": BY_GROUPS,
    "harm_by_state": ("troops.civilians_dead", "vigilantes.dead_disarming"),
    "losses": (
        "arrests.arrested",
        "conflict.killed",
        "prisons.killed_untried",
        "prisons.killed_sentenced",
        "troops.members_dead",
        "vigilantes.members_dead",
    ),
}

RECORDED = {
    "reporting.homicides": KILLED,
    "reporting.missing": KILLED,
    "reporting.arrests": ("arrests.arrested",),
    "reporting.escapes": (
        "prisons.escaped_untried",
        "prisons.escaped_sentenced",
        "prisons.escaped_others",
    ),
    "reporting.displaced": ("civilians.displaced",),
}


def test_the_national_model_counts_these_flows():
    assert MODEL.tracked == TRACKED
    assert MODEL.recorded == RECORDED


@pytest.mark.parametrize("left_out", [mechanism.name for mechanism in MODEL.mechanisms])
def test_without_a_mechanism_the_others_are_counted_as_before(left_out):
    # What is picked depends on the flow alone, so that one mechanism less stands for any subset.
    model = MODEL - left_out
    for picked, expected in ((model.tracked, TRACKED), (model.recorded, RECORDED)):
        for name, flows in picked.items():
            assert flows == tuple(f for f in expected[name] if f.partition(".")[0] != left_out)


def misspelt(declared, **words):
    """A declaration with words that nobody checks before the model, as in a run without a type
    checker.
    """
    wrong = copy.copy(declared)
    for name, word in words.items():
        object.__setattr__(wrong, name, word)
    return wrong


class Deadly(toys.Harm):
    """Deaths of a cause that no other mechanism knows."""

    causes = ("famine",)

    def flows(self):
        return (dataclasses.replace(super().flows()[0], cause="famine"),)


class Counts(Mechanism):
    """A record, and a track, of one selection."""

    needs = (toys.MEMORY,)

    def __init__(self, selection: Selection):
        self.selection = selection

    def tracks(self):
        return (Track("memory", (self.selection,), lambda v: 4.0, "what is remembered"),)

    def records(self):
        return (Record("count", (self.selection,), lambda v: 1.0, "what is counted"),)


@pytest.mark.parametrize(
    ("condition", "word", "nearest"),
    [
        ("victims", "civilians", "civilian"),
        ("kinds", "arrested", "arrest"),
        ("causes", "turf-war", "turf war"),
        ("without", "backround", "background"),
        ("targets", "dead_other", "dead_others"),
    ],
)
def test_a_typing_error_in_a_selection_is_refused(condition, word, nearest):
    selection = misspelt(Selection(), **{condition: (word,)})
    with pytest.raises(TreguaError, match="TR2107") as refused:
        Model((toys.Harm(), Counts(selection)))
    assert refused.value.details["nearest"] == nearest


@pytest.mark.parametrize(
    "change",
    [{"victim": "civilan"}, {"cause": "operations"}, {"cause": ""}, {"victim": ""}, {"kind": "x"}],
)
def test_a_typing_error_in_a_flow_is_refused(change):
    class Wrong(toys.Harm):
        def flows(self):
            return (misspelt(super().flows()[0], **change),)

    with pytest.raises(TreguaError, match="TR2107"):
        Model((Wrong(),))


def test_a_selection_of_what_no_mechanism_of_the_model_does_is_allowed():
    model = Model((toys.Harm(), Counts(Selection(kinds=("escape",)))))
    assert model.recorded == {"counts.count": ()} and model.tracked == {"memory": ()}


def test_a_mechanism_may_declare_a_cause_of_its_own():
    model = Model((Deadly(), Counts(Selection(causes=("famine",)))))
    assert model.recorded["counts.count"] == ("deadly.civilians",)


def test_every_victim_has_its_place_in_tables():
    assert set(outcomes.VICTIMS) == set(VICTIMS)
