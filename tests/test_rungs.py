"""The ablation ladder: its rungs, their scenarios, and what is kept of a stopped climb;
fits of the rungs themselves are long and run with `tregua ladder`.
"""

import itertools

import numpy as np
import pytest

from tregua.cli import run_command
from tregua.countries.record import MONTHS, monthly_record, yearly_record
from tregua.countries.registry import first_pack
from tregua.forecasting.layer import layered, yearly
from tregua.inference.job import national
from tregua.inference.unknowns import Unknowns
from tregua.model.registry import registry
from tregua.results.checkpoints import Checkpoint
from tregua.results.scores import crps
from tregua.studies import ladder as climbing
from tregua.studies.ladder import LEADS, ladder, rungs, scenario_of, scored

NOT_ON_THE_LADDER = {"patronage"}
"""Alleged and off: it changes nothing unless a user switches it on."""


def test_rungs_only_ever_add_and_end_with_every_mechanism():
    steps = rungs()
    for below, above in itertools.pairwise(steps):
        assert set(below.mechanisms) <= set(above.mechanisms)
        assert set(above.held) <= set(below.held)
        assert (below.mechanisms, below.held) != (above.mechanisms, above.held)
    assert set(steps[-1].mechanisms) == set(registry()) - NOT_ON_THE_LADDER
    assert not steps[-1].held


def test_a_rung_holds_what_it_does_not_fit():
    rung = rungs()[0]
    scenario = scenario_of(rung, national(first_pack(), 2012))
    assert {m.name for m in scenario.model.mechanisms} == set(rung.mechanisms)
    # Policies of the whole model act on mechanisms that this one lacks.
    assert scenario.policies == ()
    unknowns = Unknowns.of(scenario, tuple(rung.held))
    assert not {e.name for e in unknowns.entries} & set(rung.held)
    assert not np.any(unknowns.base["conflict.saturation_exponent"])


def test_without_growth_the_score_is_that_of_the_layer_alone():
    samples = yearly(
        layered(
            monthly_record().until(2012),
            MONTHS * LEADS,
            climbing.REPLICATES,
            np.random.default_rng((climbing.SEED, 2012)),
        )
    )
    came = yearly_record().after(2012, LEADS)
    assert scored(first_pack(), 2012, None)["crps"] == pytest.approx(
        float(crps(samples, came.counts).mean()), rel=1e-12
    )


def test_growth_that_came_true_is_rewarded_and_its_opposite_punished():
    """The growth of the record itself, handed to the layer: its score must fall by a tenth at
    least, and rise with the sign turned round.
    """
    came, before = yearly_record().after(2016, LEADS), yearly_record().until(2016)
    true = np.log(came.counts + 0.5) - np.log(before.counts[:, -1:] + 0.5)
    months = np.repeat(true, MONTHS, axis=1)[None]
    alone, helped, misled = (
        scored(first_pack(), 2016, None)["crps"],
        scored(first_pack(), 2016, months)["crps"],
        scored(first_pack(), 2016, -months)["crps"],
    )
    assert helped < 0.9 * alone
    assert misled > 1.05 * alone


@pytest.mark.nightly
def test_a_stopped_climb_goes_on_with_what_it_has(tmp_path, monkeypatch):
    asked = []

    def growth_of(rung, whole, origin):
        asked.append((origin, rung.label))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return np.zeros((1, 32, MONTHS * LEADS))

    monkeypatch.setattr(climbing, "growth_of", growth_of)
    with pytest.raises(KeyboardInterrupt):
        ladder(first_pack(), (2012,), kept=Checkpoint(tmp_path))
    assert len(Checkpoint(tmp_path)) == 2
    table = ladder(first_pack(), (2012,), kept=Checkpoint(tmp_path))
    assert len(asked) == 3 + len(rungs()) - 2
    assert list(table["rung"]) == [climbing.ALONE, *(rung.label for rung in rungs())]


@pytest.mark.parametrize("origin", ["2006", "2017", "1900"])
def test_origins_that_leave_nothing_to_fit_or_to_score_are_refused(
    origin, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert run_command(["ladder", "--origin", origin]) == 2
    assert "TR2904" in "".join(capsys.readouterr())
