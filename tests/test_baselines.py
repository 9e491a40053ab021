"""Baselines: nothing later than the origin is read, the same seed gives the same samples,
and all are whole counts.
"""

from dataclasses import replace

import numpy as np
import pytest

from tregua.countries.record import monthly_record, yearly_record
from tregua.countries.registry import first_pack
from tregua.errors import TreguaError
from tregua.forecasting.baselines import BASELINES, REPLICATES, available, draw
from tregua.forecasting.baselines.persistence import last_year, last_years
from tregua.forecasting.baselines.spread import past_errors
from tregua.forecasting.rolling import OTHERS

FEW = ("08", "16", "31")
"""A state with a sudden wave, a large one, and one with few deaths."""

SLOW = {"ets": FEW[:1], "arima": FEW[:1]}
"""Baselines that fit every state by itself, and the states that they are tried on."""

ORIGIN, LEADS, SMALL = 2012, 4, 200


def record_of(season, codes=FEW):
    return (yearly_record() if season == 1 else monthly_record()).of(codes)


def later_changed(record, origin):
    """The same up to the origin; deaths and inhabitants after it are others."""
    past = (origin - record.first + 1) * record.season
    counts, people = record.counts.copy(), record.people.copy()
    counts[:, past:] = 7 * counts[:, past:] + 13
    people[:, past:] *= 1.7
    return replace(record, counts=counts, people=people)


CASES = [(name, 1) for name in BASELINES] + [
    (name, 12) for name, baseline in BASELINES.items() if baseline.months
]


@pytest.mark.parametrize(("name", "season"), CASES)
def test_a_baseline_sees_nothing_later_is_the_same_for_a_seed_and_counts_whole_deaths(name, season):
    codes, leads = SLOW.get(name, FEW), LEADS * min(season, 3)
    record = record_of(season, codes)
    samples = draw(name, record, ORIGIN, leads, SMALL, seed=5)
    assert samples.shape == (SMALL, len(codes), leads)
    assert np.issubdtype(samples.dtype, np.integer) and samples.min() >= 0
    again = draw(name, later_changed(record, ORIGIN), ORIGIN, leads, SMALL, seed=5)
    np.testing.assert_array_equal(samples, again)
    assert (samples != draw(name, record, ORIGIN, leads, SMALL, seed=6)).any()
    # What is earlier does count, so the comparison above can fail.
    moved = replace(record, counts=record.counts * 3)
    assert (samples != draw(name, moved, ORIGIN, leads, SMALL, seed=5)).mean() > 0.5
    # A forecast of the next year is of the size of the last one.
    before = record.until(ORIGIN).counts[:, -season:].mean(axis=1)
    middle = np.median(samples[:, :, :season].mean(axis=2), axis=0)
    assert np.all((middle > before / 3) & (middle < 3 * before))
    assert np.all(samples.std(axis=0) > 0)


def test_there_are_enough_replicates_and_the_record_ends_where_it_should():
    assert REPLICATES >= 1000
    assert yearly_record().last == monthly_record().last == 2020
    assert yearly_record().first == 1990
    assert yearly_record().counts.sum(axis=0)[-4:].tolist() == [32079, 36685, 36661, 36773]
    np.testing.assert_array_equal(
        monthly_record().counts.reshape(32, 31, 12).sum(axis=2), yearly_record().counts
    )


def test_inhabitants_to_come_are_not_read():
    record = record_of(1)
    ahead = record.until(2006).people_ahead(4)
    np.testing.assert_array_equal(ahead, later_changed(record, 2006).until(2006).people_ahead(4))
    assert ahead == pytest.approx(record.after(2006, 4).people, rel=0.05)


def test_past_errors_are_those_of_the_rule_and_lie_before_the_origin():
    record = record_of(1).until(2000)
    errors, rates = past_errors(record, last_year, 3), record.log_rates
    # Eleven years: origins after the fifth to the tenth, so 6, 5 and 4 errors of each state.
    assert [len(pool) for pool in errors] == [18, 15, 12]
    assert sorted(errors[0]) == pytest.approx(sorted((rates[:, 5:] - rates[:, 4:-1]).ravel()))
    assert sorted(errors[2]) == pytest.approx(sorted((rates[:, 7:] - rates[:, 4:-3]).ravel()))
    # A lead that the record is too short for grows like a random walk.
    long = past_errors(record, last_year, 8)
    assert long[7].std() == pytest.approx(long[5].std() * np.sqrt(8 / 6))


def test_rules_of_the_last_years_keep_the_months():
    rates = np.log(np.arange(1.0, 73.0).reshape(2, 36))
    assert np.exp(last_year(rates, 12, 13))[0] == pytest.approx([*range(25, 37), 25])
    assert np.exp(last_years(rates, 12, 2))[0] == pytest.approx([13.0, 14.0])
    assert np.exp(last_years(rates, 1, 2))[0] == pytest.approx([35.0, 35.0])


def test_a_walk_finds_the_step_that_made_a_record():
    from tregua.forecasting.baselines.walk import variances

    rng, step = np.random.default_rng(1), 0.15
    level = np.cumsum(step * rng.standard_normal((200, 31)), axis=1)
    steps, noise = variances(level + 0.1 * rng.standard_normal((200, 31)), 3)
    # 200 states of 31 years: the mean is known to about 5 %.
    assert np.sqrt(steps.mean()) == pytest.approx(step, rel=0.1)
    assert np.sqrt(noise.mean()) == pytest.approx(0.1, rel=0.15)


@pytest.mark.filterwarnings("ignore")
def test_automatic_choice_follows_a_steep_line():
    from tregua.forecasting.baselines.automatic import _integrated, _smoothed

    series = (
        np.log(1e-5) + 0.2 * np.arange(20.0) + 0.01 * np.random.default_rng(2).standard_normal(20)
    )
    for fit in (_smoothed, _integrated):
        middle, error = fit(series, 3)
        assert middle - series[-1] == pytest.approx([0.2, 0.4, 0.6], abs=0.05)
        assert np.all(error > 0) and np.all(np.diff(error) >= -1e-9)


def test_features_at_a_year_do_not_change_with_later_years():
    from tregua.forecasting.baselines.boosted import features, regions

    record = yearly_record()
    np.testing.assert_array_equal(features(record, 12), features(later_changed(record, 2002), 12))
    assert sorted(code for region in regions(record.pack).values() for code in region) == list(
        record.codes
    )
    assert [len(codes) for codes in regions(record.pack).values()] == [6, 10, 8, 8]


def test_trees_learn_no_lead_that_is_too_long_for_the_record():
    samples = draw("boosted", yearly_record().of(FEW), 2000, 6, SMALL)
    spread = np.log1p(samples).std(axis=0)
    assert spread.shape == (3, 6)
    assert np.all(spread[:, 5] >= 0.9 * spread[:, 3])


def test_all_states_move_with_the_published_model():
    from tregua.forecasting.baselines.published_size import growth

    rise = np.exp(growth(first_pack(), 2012, 4))
    assert np.all(np.diff(rise) > 0) and 1.0 < rise[0] < 1.2
    samples = draw("size-2023", yearly_record(), 2012, 4, 1000)
    plain = draw("carry-forward", yearly_record(), 2012, 4, 1000)
    ratio = np.median(samples, axis=0).sum(axis=0) / np.median(plain, axis=0).sum(axis=0)
    # The medians are of a skewed sum of whole deaths: within a few per cent.
    assert ratio == pytest.approx(rise, rel=0.06)


@pytest.mark.parametrize(
    ("name", "first"),
    [("carry-forward", 1996), ("ets", 2000), ("size-2023", 2012), ("layer", 2000)],
)
def test_a_baseline_can_be_made_once_it_has_its_years_of_record(name, first):
    way, record = (BASELINES | OTHERS)[name], yearly_record()
    assert way.possible(record, first) and not way.possible(record, first - 1)


def test_a_baseline_that_cannot_be_made_is_refused():
    years = yearly_record()
    assert "size-2023" not in available(years, 2011) and "size-2023" in available(years, 2012)
    assert set(available(monthly_record(), 2012)) == {
        "carry-forward",
        "mean-of-three",
        "own-history",
        "random-walk",
    }
    for name, origin in (("carry-froward", 2012), ("size-2023", 2006), ("arima", 1997)):
        with pytest.raises(TreguaError, match="TR2707"):
            draw(name, yearly_record(), origin, 4, SMALL)
    with pytest.raises(TreguaError, match="TR2707"):
        draw("ets", monthly_record(), 2012, 12, SMALL)
