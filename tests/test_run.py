"""Blocks, chunks, cancelling, going on, and the time axis of what comes out."""

from __future__ import annotations

import dataclasses
import itertools
import threading
import time

import jax
import numpy as np
import pytest

import toys
import tregua
from tregua.engine import run
from tregua.errors import TreguaError
from tregua.model.model import Model


def same(one, two) -> bool:
    return all(
        np.array_equal(getattr(one, part)[name], getattr(two, part)[name])
        for part in ("series", "snapshots", "sums")
        for name in getattr(one, part)
    )


class Stopped(Exception):
    """Raised by a test's progress."""


def stop_at(block: int):
    def progress(done: int, total: int) -> None:
        if done >= block:
            raise Stopped(f"at {done} of {total}")

    return progress


def test_a_cancelled_run_keeps_its_finished_chunks_and_goes_on_to_the_same_numbers():
    scenario, chunks = toys.scenario(weeks=520), {}
    one_device = jax.local_devices()[:1]
    with pytest.raises(Stopped):
        # Five chunks of ten blocks: the first two are done when block 23 is.
        tregua.simulate(
            scenario,
            replicates=5 * run.CHUNK - 10,
            kept=chunks,
            progress=stop_at(23),
            devices=one_device,
        )
    assert sorted(chunks) == [0, 1]
    before, told = {n: chunks[n] for n in chunks}, []
    resumed = tregua.simulate(
        scenario,
        replicates=5 * run.CHUNK - 10,
        kept=chunks,
        progress=lambda done, total: told.append((done, total)),
        devices=one_device,
    )
    assert told == [(i, 30) for i in range(1, 31)], "only the three missing chunks are run"
    assert all(chunks[n] is before[n] for n in before)
    assert same(resumed, tregua.simulate(scenario, replicates=5 * run.CHUNK - 10))


def test_a_run_that_is_cancelled_on_one_device_stops_on_the_other_at_once():
    # Without this the main thread would wait for the other device to finish all it has.
    scenario, blocks, lock = toys.scenario(weeks=520), [], threading.Lock()
    both = jax.local_devices()[:2]
    # Neither device compiles while the other one runs.
    tregua.simulate(toys.scenario(weeks=52), replicates=2 * run.CHUNK, devices=both)

    def progress(done: int, total: int) -> None:
        with lock:
            blocks.append(threading.get_ident())
            # Only the thread that did not begin is told to stop, so that the other must hear of it.
            if len(set(blocks)) == 2 and threading.get_ident() != blocks[0] and len(blocks) > 4:
                raise Stopped

    with pytest.raises(Stopped):
        tregua.simulate(scenario, replicates=run.CHUNK * 40, progress=progress, devices=both)
    assert len(blocks) < 60, "400 blocks were to be run"


def test_an_interrupted_run_ends_promptly():
    scenario = toys.scenario(weeks=52 * 40)
    tregua.simulate(toys.scenario(weeks=52), replicates=2)
    with pytest.raises(KeyboardInterrupt):
        begun = time.monotonic()

        def interrupt(done: int, total: int) -> None:
            raise KeyboardInterrupt

        tregua.simulate(scenario, replicates=run.CHUNK * 50, progress=interrupt)
    assert time.monotonic() - begun < 5.0


@pytest.mark.parametrize(
    ("replicates", "weeks", "blocks"),
    [(1, 1, 1), (run.CHUNK, 52, 1), (run.CHUNK + 1, 53, 4), (200, 104, 8)],
)
def test_progress_counts_every_block_once_and_reaches_its_total(replicates, weeks, blocks):
    told = []
    tregua.simulate(
        toys.scenario(weeks=weeks),
        replicates=replicates,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(i, blocks) for i in range(1, blocks + 1)]


@pytest.mark.parametrize("solver", ["tau-leap", "mean-field", "rk4", "exact"])
@pytest.mark.parametrize("weeks", [1, 51, 53, 75])
def test_a_shorter_run_is_the_beginning_of_a_longer_one_to_the_last_bit(solver, weeks):
    values = {"founding.members_at_start": 100.0, "arrests.effort": 0.5, "conflict.lethality": 1e-4}
    short, long = (
        tregua.simulate(toys.scenario(weeks=w, values=values), solver, replicates=4)
        for w in (weeks, 104)
    )
    for name, series in short.series.items():
        first = 1 if name in short.scenario.model.compartments else 0
        assert series.shape[1] == weeks + first, name
        assert np.array_equal(series, long.series[name][:, : weeks + first]), name
    for name in short.scenario.model.compartments:
        assert np.allclose(
            short.snapshots[name][:, -1].sum(axis=-1), short.series[name][:, -1], rtol=1e-14
        ), "the last snapshot is the end, not the end of the block"
    for name, sums in short.sums.items():
        assert np.allclose(sums.sum(axis=(1, 3)), short.series[name].sum(axis=1), rtol=1e-12), (
            "nothing happens after the end"
        )


@pytest.mark.parametrize(
    ("solver", "dt"),
    [
        ("tau-leap", 0.5),
        ("tau-leap", 2.0),
        ("tau-leap", 1.0),
        ("mean-field", 0.25),
        ("rk4", 26.0),
        ("rk4", 0.5),
    ],
)
def test_series_have_one_entry_for_each_step_and_know_their_weeks(solver, dt):
    result = tregua.simulate(
        toys.scenario(Model((toys.Populated(), toys.Memory())), weeks=104),
        solver,
        replicates=3,
        dt=dt,
    )
    steps = round(104 / dt)
    assert (
        result.total("memory.scared").shape[1] == steps
        and result.total("members").shape[1] == steps + 1
        and result.total("memory").shape[1] == steps
    )
    assert np.allclose(result.weeks("memory.scared"), dt * np.arange(1, steps + 1))
    assert np.allclose(result.weeks("members"), dt * np.arange(steps + 1))
    assert np.allclose(result.weeks("memory"), dt * np.arange(1, steps + 1))
    assert result.snapshot_weeks.tolist() == [0, 52, 104]
    for week in (0, 52, 104):
        assert np.allclose(
            result.snapshot("members", week).sum(axis=(1, 2)),
            result.at("members", week),
            rtol=1e-14,
        ), week
    for week in (52, 104):
        assert np.allclose(
            result.snapshot("memory", week), result.series["memory"][:, round(week / dt) - 1]
        )


def test_sums_of_blocks_are_the_series_between_snapshots():
    result = tregua.simulate(toys.scenario(weeks=130), replicates=5)
    assert result.snapshot_weeks.tolist() == [0, 52, 104, 130]
    edges = result.snapshot_weeks
    for name, sums in result.sums.items():
        parts = np.stack(
            [result.between(name, int(a), int(b)) for a, b in itertools.pairwise(edges)], axis=1
        )
        assert np.array_equal(sums.sum(axis=(2, 3)), parts), name
    with pytest.raises(TreguaError, match="TR2302"):
        result.snapshot("members", 60)
    with pytest.raises(TreguaError, match="TR2303"):
        result.total("killed")


def test_a_policy_takes_force_in_its_week_whatever_the_step():
    # Recruitment is switched on in week 30 of a world that is empty of everything else.
    scenario = toys.scenario(
        Model((toys.Populated(), toys.Births())), weeks=52, values={"births.rate": 0.0}
    )
    scenario = scenario.with_policy(tregua.Policy.set("births.rate", 0.05, scenario.date(30)))
    for dt in (1.0, 0.5, 0.25, 52 / 156):
        result = tregua.simulate(scenario, "mean-field", dt=dt)
        born, ends = result.total("births.born")[0], result.weeks("births.born")
        assert np.all(born[ends <= 30 + 1e-9] == 0.0) and np.all(born[ends > 30 + 1e-9] > 0.0), dt


def test_each_replicate_takes_its_own_posterior_draw_in_turn():
    draws = {"founding.members_at_start": np.array([100.0, 10000.0, 1000000.0])}
    run_ = tregua.simulate(toys.scenario(weeks=1), replicates=7, draws=draws)
    start = run_.at("members", 0)
    assert np.all(np.abs(start / np.array([2e2, 2e4, 2e6, 2e2, 2e4, 2e6, 2e2]) - 1.0) < 0.5)
    assert tregua.simulate(toys.scenario(weeks=1), "mean-field", draws=draws).at(
        "members", 0
    ) == pytest.approx([2e2, 2e4, 2e6])


def test_a_draw_without_chance_is_the_run_with_its_values():
    # Alone and in a chunk are two compiled programs: equal to rounding.
    many = tregua.simulate(
        toys.scenario(), "rk4", draws={"recruitment.rate": np.array([0.001, 0.002, 0.003])}
    )
    alone = tregua.simulate(toys.scenario(values={"recruitment.rate": 0.002}), "rk4")
    assert np.allclose(many.total("members")[1], alone.total("members")[0], rtol=1e-12)


@pytest.mark.parametrize("solver", ["mean-field", "rk4"])
def test_without_chance_one_replicate_is_all_there_is(solver):
    assert len(tregua.simulate(toys.scenario(weeks=52), solver, replicates=200).status) == 1


@pytest.mark.parametrize("weeks", [104, 105])
@pytest.mark.parametrize("dt", [0.0, -1.0, 3.0, 0.7, 52.0, 1.5])
def test_a_step_that_divides_neither_block_nor_scenario_is_refused(dt, weeks):
    if dt == 52.0 and weeks == 104:
        assert run.make_plan(toys.scenario(weeks=weeks), dt=dt).steps == 1
        return
    with pytest.raises(TreguaError, match="TR2203"):
        run.make_plan(toys.scenario(weeks=weeks), dt=dt)


@pytest.mark.parametrize(("replicates", "seed"), [(0, 1), (-1, 1), (1, -1), (1, 2**32)])
def test_replicates_and_seeds_out_of_range_are_refused(replicates, seed):
    with pytest.raises(TreguaError, match="TR2204"):
        run.make_plan(toys.scenario(), replicates=replicates, seed=seed)


def test_draws_of_different_numbers_are_refused():
    with pytest.raises(TreguaError, match="TR2204"):
        run.make_plan(
            toys.scenario(), draws={"recruitment.rate": np.ones(3), "arrests.effort": np.ones(4)}
        )


@pytest.mark.parametrize(
    ("solver", "mechanism", "reason"),
    [
        ("tau-leap", toys.Negative(), "hazard"),
        ("exact", toys.Negative(), "hazard"),
        ("mean-field", toys.Negative(), "hazard"),
        ("rk4", toys.Negative(), "hazard"),
        ("tau-leap", toys.Vanishing(), "event"),
        ("exact", toys.Vanishing(), "event"),
    ],
)
def test_a_mechanism_that_breaks_the_rules_is_caught_in_the_run(solver, mechanism, reason):
    scenario = toys.scenario(Model((toys.Populated(each=20.0), mechanism)), weeks=52)
    with pytest.raises(TreguaError, match="TR2301") as caught:
        tregua.simulate(scenario, solver, replicates=3)
    assert reason in caught.value.details["found"]


@dataclasses.dataclass(frozen=True)
class Rare(toys.Vanishing):
    """It makes persons vanish in few replicates."""

    def events(self):
        return tuple(
            dataclasses.replace(event, hazard=lambda v: 1e-5) for event in super().events()
        )


def test_with_throw_false_sound_replicates_are_kept_and_the_others_are_told():
    scenario = toys.scenario(Model((toys.Populated(each=20.0), Rare())), weeks=52)
    every = run.run_all(scenario, run.make_plan(scenario, replicates=200))
    wrong = np.flatnonzero(every.status)
    assert 0 < len(wrong) <= run.MOST_LOST * 200
    with pytest.raises(TreguaError, match="TR2301"):
        tregua.simulate(scenario, replicates=200)
    sound = tregua.simulate(scenario, replicates=200, throw=False)
    assert set(sound.lost) == {*wrong.tolist()}
    assert (sound.plan.replicates, sound.asked) == (200 - len(wrong), every.plan)
    np.testing.assert_array_equal(sound.numbers, np.flatnonzero(every.status == 0))
    assert same(sound, every.without(dict.fromkeys(wrong.tolist(), 2)))
    assert sound.series["members"].shape[0] == len(sound.numbers)
    np.testing.assert_array_equal(sound.to_xarray()["replicate"], sound.numbers)
    assert f"{len(wrong)} of 200 replicates: an event" in run.told_lost(sound)
    # What is compared loses the same replicates, and not too many of them.
    other = np.zeros_like(every.status)
    other[[0, 1]] = 1
    both = run.without_failed([every, dataclasses.replace(every, status=other)])
    assert set(both[0].lost) == set(both[1].lost) == {0, 1, *wrong.tolist()}
    other[:11] = 1
    with pytest.raises(TreguaError, match="TR2301"):
        run.without_failed([every, dataclasses.replace(every, status=other)])
    assert run.told_lost(every) == ""


def test_reading_what_is_not_declared_is_an_error_that_names_it():
    with pytest.raises(TreguaError, match="TR2102") as caught:
        tregua.simulate(
            toys.scenario(Model((toys.Populated(), toys.Curious())), weeks=52), replicates=1
        )
    assert "arrested" in caught.value.what


@dataclasses.dataclass(frozen=True)
class Nowhere(toys.Deaths):
    """A flow into a compartment that no mechanism needs."""

    needs = (toys.MEMBERS,)


def test_a_flow_without_an_end_is_refused_when_the_model_is_built():
    with pytest.raises(TreguaError, match="TR2103"):
        Model((Nowhere(),))


def test_a_model_in_which_nobody_can_be_a_member_is_refused_and_one_that_people_come_into_is_not():
    empty = Model.size_2023() - "founding"
    with pytest.raises(TreguaError, match="TR2207"):
        run.make_plan(toys.scenario(empty))
    run.make_plan(toys.scenario(empty + toys.Arrivals()))
    with pytest.raises(TreguaError, match="TR2207"):
        run.make_plan(toys.scenario(empty + toys.Arrivals(), values={"arrivals.rate": 0.0}))
