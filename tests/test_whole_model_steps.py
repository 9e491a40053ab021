"""Steps of the mean field of the whole national model against shorter ones: what converges,
and what does not yet.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tregua.countries.registry import first_pack
from tregua.inference.job import national
from tregua.inference.mean_field import MeanField
from tregua.inference.observations import RECORDED
from tregua.inference.steps import step_ladder
from tregua.inference.unknowns import Unknowns
from tregua.model.model import Model


def pooled(scenario):
    """Ladder of the record, and its order over all years together:
    a single year may lie where a difference changes its sign.
    """
    table = step_ladder(
        MeanField(scenario),
        {n: np.asarray(x) for n, x in Unknowns.of(scenario).base.items()},
        (RECORDED,),
    )
    coarse, fine = (
        (table["whole"] - table["half"]).abs().sum(),
        (table["half"] - table["quarter"]).abs().sum(),
    )
    return table, float(np.log2(coarse / fine))


@pytest.mark.nightly
def test_weekly_steps_without_leaders_are_near_continuous_time():
    """All mechanisms but leaders, 14 years: first order, the record of the nation within 1 % of its
    limit in every year and of any large state within 5 %.
    """
    whole = national(first_pack(), 2020)
    table, order = pooled(
        replace(whole, model=Model([m for m in whole.model.mechanisms if m.name != "leaders"]))
    )
    assert len(table) == 14
    assert 0.8 < order < 1.2, table
    assert (table["whole_off"].abs() < 0.01).all() and (table["worst_off"] < 0.05).all(), table


@pytest.mark.nightly
def test_weekly_steps_of_the_whole_model_are_near_continuous_time():
    """With leaders, whose known breakaways must happen whole in a step of any length."""
    table, order = pooled(national(first_pack(), 2020))
    assert 0.8 < order < 1.2, table
