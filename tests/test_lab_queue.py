"""The queue of the lab: turns, places, cancelling, limits, and what listeners hear."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab_fakes import (
    SCENARIO,
    FakeEmulator,
    FakeEngine,
    fake_lab,
    futures,
    package,
    short_switches,
    until,
)
from tregua.errors import TreguaError
from tregua.lab.handles import handles_of
from tregua.lab.package import PAIRS_FIRST, PairsRequest
from tregua.lab.work.futures import WIDTH
from tregua.lab.work.jobs import (
    MOST_KEPT_EACH,
    MOST_PAIR_YEARS,
    MOST_WAITING,
    MOST_WAITING_EACH,
    Jobs,
)
from tregua.lab.work.shared import CHUNKS_FIRST, Shared
from tregua.lab.work.visits import MOST_FUTURES, Visit
from tregua.scenarios.posterior import load_posterior


class Chunks:
    """Chunks that end when a test lets them, with a record of what was asked."""

    def __init__(self):
        self.allowed = threading.Semaphore(0)
        self.asked = []

    def __call__(self, package, numbers, cancelled):
        self.asked.append((package.name, numbers))
        while not self.allowed.acquire(timeout=0.01):
            if cancelled.is_set():
                return None
        if package.name == "trouble":
            raise TreguaError(
                "TR2301", "a run met numbers that make no sense", do="look at the values"
            )
        if package.name == "fault":
            raise ZeroDivisionError("no")
        return futures(numbers, 0.9)

    def let(self, number=1):
        for _ in range(number):
            self.allowed.release()


@pytest.fixture
def queue():
    chunks = Chunks()
    jobs = Jobs(chunks).start()
    yield chunks, jobs
    chunks.let(100)
    assert jobs.stop(5.0)


def test_a_job_grows_chunk_by_chunk_and_ends(queue):
    chunks, jobs = queue
    job = jobs.submit("ana", package(name="a"), 3 * WIDTH)
    until(lambda: job.standing.state == "running")
    assert (
        job.standing.done,
        job.standing.wanted,
        job.standing.futures,
        job.standing.seconds_left,
    ) == (0, 3 * WIDTH, None, None)
    chunks.let()
    until(lambda: job.standing.done == WIDTH)
    assert job.standing.futures.pairs == WIDTH
    assert job.standing.futures.wanted == 3 * WIDTH
    assert job.standing.seconds_left > 0.0
    chunks.let(2)
    until(lambda: job.standing.ended)
    assert (job.standing.state, job.standing.done, job.standing.seconds_left) == (
        "done",
        3 * WIDTH,
        0.0,
    )
    assert [numbers for _, numbers in chunks.asked] == [range(0, 1), range(1, 2), range(2, 3)]


def test_pairs_are_whole_chunks_and_as_many_at_a_time_as_there_are_cores():
    chunks = Chunks()
    chunks.let(100)
    jobs = Jobs(chunks, turn=2).start()
    job = jobs.submit("ana", package(), 4 * WIDTH + 1)
    until(lambda: job.standing.ended)
    assert job.standing.done == job.standing.wanted == 5 * WIDTH
    assert [numbers for _, numbers in chunks.asked] == [range(0, 2), range(2, 4), range(4, 5)]
    assert jobs.stop(5.0)


def test_what_is_known_is_not_run_again(queue):
    chunks, jobs = queue
    known = futures(range(0, 2), 0.9)
    done = jobs.submit("ana", package(), 2 * WIDTH, known=known)
    assert (done.standing.state, done.standing.done) == ("done", 2 * WIDTH)
    more = jobs.submit("ana", package(), 3 * WIDTH, known=known)
    assert more.standing.done == 2 * WIDTH
    chunks.let()
    until(lambda: more.standing.ended)
    assert chunks.asked[-1][1] == range(2, 3)
    assert more.standing.futures.pairs == 3 * WIDTH


def test_a_newer_release_cancels_the_older_and_keeps_what_is_in(queue):
    chunks, jobs = queue
    older = jobs.submit("ana", package(name="older"), 4 * WIDTH)
    other = jobs.submit("ben", package(name="other"), WIDTH)
    beside = jobs.submit("ana", package(name="beside"), WIDTH, slot="compare")
    chunks.let()
    until(lambda: older.standing.done == WIDTH)
    newer = jobs.submit("ana", package(name="newer"), WIDTH)
    assert older.standing.state == "cancelled"
    assert older.standing.futures.pairs == WIDTH
    chunks.let(100)
    until(lambda: all(job.standing.state == "done" for job in (newer, other, beside)))
    assert older.standing.done == WIDTH, "nothing is added to a job that has ended"


def test_visitors_take_turns_and_the_queue_tells_the_place(queue):
    chunks, jobs = queue
    long = jobs.submit("ana", package(name="long"), 5 * WIDTH)
    until(lambda: long.standing.state == "running")
    second = jobs.submit("ben", package(name="second"), WIDTH)
    third = jobs.submit("eva", package(name="third"), WIDTH)
    assert (second.standing.state, second.standing.position, third.standing.position) == (
        "queued",
        2,
        3,
    )
    chunks.let()
    until(lambda: second.standing.state == "running")
    assert third.standing.position == 2
    chunks.let(2)
    until(lambda: second.standing.ended and third.standing.ended)
    assert long.standing.done == WIDTH, "short jobs pass a long one after its first chunk"
    chunks.let(4)
    until(lambda: long.standing.ended)
    assert [name for name, _ in chunks.asked] == [
        "long",
        "second",
        "third",
        "long",
        "long",
        "long",
        "long",
    ]


def test_a_job_is_cancelled_while_it_waits_and_while_it_runs(queue):
    chunks, jobs = queue
    running = jobs.submit("ana", package(name="running"), 2 * WIDTH)
    waiting = jobs.submit("ben", package(name="waiting"), WIDTH)
    until(lambda: running.standing.state == "running")
    jobs.cancel(waiting)
    assert (waiting.standing.state, waiting.standing.futures) == ("cancelled", None)
    jobs.cancel(running)
    last = jobs.submit("eva", package(name="last"), WIDTH)
    chunks.let(2)
    until(lambda: last.standing.state == "done")
    assert running.standing.state == "cancelled"
    assert "waiting" not in [name for name, _ in chunks.asked]
    assert not jobs._line


@pytest.mark.parametrize(("name", "code"), [("trouble", "TR2301"), ("fault", "TR9002")])
def test_a_job_that_goes_wrong_is_refused_and_the_next_one_runs(queue, name, code, capfd):
    chunks, jobs = queue
    bad = jobs.submit("ana", package(name=name), WIDTH)
    good = jobs.submit("ana", package(name="good"), WIDTH, slot="good")
    chunks.let(2)
    until(lambda: good.standing.state == "done")
    assert (bad.standing.state, bad.standing.refusal.code) == ("refused", code)
    assert ("ZeroDivisionError" in capfd.readouterr().err) == (name == "fault"), (
        "who runs the lab sees a fault whole"
    )


def test_whatever_goes_wrong_while_a_job_is_told_the_next_one_runs(queue, capfd):
    chunks, jobs = queue
    told = []

    def wrong(futures):
        told.append(futures.pairs)
        raise RuntimeError("OrderedDict mutated during iteration")

    bad = jobs.submit("ana", package(), 2 * WIDTH, told=wrong)
    good = jobs.submit("ben", package(), WIDTH)
    chunks.let(3)
    until(lambda: good.standing.state == "done" and bad.standing.ended)
    assert (bad.standing.state, bad.standing.refusal.code, told) == ("refused", "TR9002", [WIDTH])
    assert "RuntimeError" in capfd.readouterr().err


def test_futures_are_kept_while_pages_look_them_up():
    visit, part, stop, looked = Visit(), futures(range(1), 0.9), threading.Event(), []
    packages = [package(1.0 + i / 100) for i in range(2 * MOST_FUTURES)]

    def look():
        while not stop.is_set():
            looked.extend(visit.known(one) is not None for one in packages)

    with ThreadPoolExecutor(3) as pool, short_switches():
        looking = [pool.submit(look) for _ in range(3)]
        try:
            for i in range(3000):
                visit.keep(packages[i % len(packages)], part)
        finally:
            stop.set()
        for one in looking:
            one.result()
    assert any(looked)


def test_the_queue_is_limited_for_each_and_for_all(queue):
    _, jobs = queue
    for i in range(MOST_WAITING_EACH):
        jobs.submit("ana", package(), WIDTH, slot=str(i))
    with pytest.raises(TreguaError, match="TR3010"):
        jobs.submit("ana", package(), WIDTH, slot="more")
    for i in range(MOST_WAITING - MOST_WAITING_EACH):
        jobs.submit(f"visitor {i}", package(), WIDTH)
    with pytest.raises(TreguaError, match="TR3010"):
        jobs.submit("ben", package(), WIDTH)
    with pytest.raises(TreguaError, match="TR3010"):
        jobs.submit("zoe", package(), WIDTH)
    assert jobs.submit("visitor 3", package(), WIDTH), (
        "a newer release takes the place of the older"
    )


def test_pairs_times_years_are_limited():
    jobs = Jobs(Chunks(), years=6)
    with pytest.raises(TreguaError, match="TR3011"):
        jobs.submit("ana", package(), MOST_PAIR_YEARS // 6 + 1)
    assert jobs.submit("ana", package(), MOST_PAIR_YEARS // 6)
    with pytest.raises(TreguaError, match="TR3011"):
        jobs.submit("ana", package(), 0)


def test_ended_jobs_are_forgotten_beyond_a_number_and_with_their_visitor(queue):
    chunks, jobs = queue
    chunks.let(100)
    made = []
    for _ in range(MOST_KEPT_EACH + 4):
        made.append(jobs.submit("ana", package(), WIDTH))
        until(lambda: made[-1].standing.ended)
    with pytest.raises(TreguaError, match="TR3012"):
        jobs.find(made[0].id, "ana")
    assert jobs.find(made[-1].id, "ana") is made[-1]
    with pytest.raises(TreguaError, match="TR3012"):
        jobs.find(made[-1].id, "ben")
    jobs.forget("ana")
    with pytest.raises(TreguaError, match="TR3012"):
        jobs.find(made[-1].id, "ana")


def test_the_end_of_the_lab_cancels_all(queue):
    chunks, jobs = queue
    running, waiting = jobs.submit("ana", package(), WIDTH), jobs.submit("ben", package(), WIDTH)
    until(lambda: running.standing.state == "running")
    assert jobs.stop(5.0)
    assert running.standing.state == waiting.standing.state == "cancelled"
    assert len(chunks.asked) == 1


def test_any_number_of_listeners_hear_every_change_and_the_loop_is_never_blocked(queue):
    chunks, jobs = queue

    async def listen():
        job = jobs.submit("ana", package(), 3 * WIDTH)

        async def follow():
            return [(standing.state, standing.done) async for standing in job.changes()]

        async def beat():
            longest, before = 0.0, asyncio.get_running_loop().time()
            while not job.standing.ended:
                await asyncio.sleep(0.002)
                now = asyncio.get_running_loop().time()
                longest, before = max(longest, now - before), now
            return longest

        followers = [asyncio.create_task(follow()) for _ in range(3)]
        pulse = asyncio.create_task(beat())
        for _ in range(3):
            await asyncio.sleep(0.03)
            chunks.let()
        seen = await asyncio.wait_for(asyncio.gather(*followers), 5.0)
        late = [standing async for standing in job.changes()]
        assert [standing.state for standing in late] == ["done"], "who comes late hears the end"
        assert not job._listeners
        return seen, await pulse

    seen, longest = asyncio.run(listen())
    for states in seen:
        assert states[-1] == ("done", 3 * WIDTH)
        assert [done for _, done in states] == sorted(done for _, done in states)
        assert ("running", WIDTH) in states
    assert longest < 0.5


def test_idleness_is_used_and_ends_when_a_job_comes():
    begun, steps, chunks = threading.Event(), [], Chunks()

    def idle(wanted):
        begun.set()
        steps.append(wanted.wait(5.0))
        return len(steps) < 2

    jobs = Jobs(chunks, idle=idle).start()
    assert begun.wait(5.0)
    chunks.let(2)
    first = jobs.submit("ana", package(), WIDTH)
    until(lambda: first.standing.ended)
    second = jobs.submit("ana", package(), WIDTH)
    until(lambda: second.standing.ended)
    assert steps == [True, True]
    assert jobs.stop(5.0)


def test_trouble_in_idleness_stops_nothing():
    chunks = Chunks()
    chunks.let()
    jobs = Jobs(chunks, idle=lambda wanted: 1 / 0).start()
    job = jobs.submit("ana", package(), WIDTH)
    until(lambda: job.standing.state == "done")
    assert jobs.stop(5.0)


def test_the_present_is_made_for_the_first_pairs_of_any_package_while_nobody_asks():
    engine = FakeEngine()
    shared, _ = fake_lab(engine)
    shared.start()
    until(lambda: shared.present is not None and shared.present.made[-1].stop == CHUNKS_FIRST)
    assert sorted(number for numbers in shared.present.made for number in numbers) == list(
        range(CHUNKS_FIRST)
    )
    assert shared.stop(5.0)


def test_a_listener_whose_loop_is_gone_holds_up_nothing(queue):
    chunks, jobs = queue
    job = jobs.submit("ana", package(), 2 * WIDTH)
    loop = asyncio.new_event_loop()
    changes = job.changes()
    loop.run_until_complete(changes.__anext__())
    loop.close()
    chunks.let(2)
    until(lambda: job.standing.state == "done")


def test_a_visitor_keeps_the_futures_of_some_packages_and_steps_back_to_them_at_once():
    engine = FakeEngine()
    engine.gate.set()
    shared, _ = fake_lab(engine)
    shared.start()
    visit = shared.visits.open()
    packages = [package(1.0 + i / 20) for i in range(1, MOST_FUTURES + 2)]
    for one in packages:
        job = shared.run(visit, one, WIDTH)
        until(lambda job=job: job.standing.ended)
    assert shared.run(visit, packages[-1], WIDTH).standing.state == "done"
    assert visit.known(packages[0]) is None
    assert shared.visits.open().known(packages[-1]) is None, "another visitor starts with nothing"
    until(lambda: shared.readiness.ready)
    assert shared.quick(packages[0]).pairs == WIDTH
    assert shared.stop(5.0)


class Keeping(FakeEngine):
    """An engine that has its emulator at hand, and whose present is made when a test lets it."""

    def present(self, scenario, draws, seed):
        present = super().present(scenario, draws, seed)
        made = present.prepare
        present.prepare = lambda *given: self.gate.wait(5.0) and made(*given)
        return present

    def at_hand(self, present):
        return FakeEmulator()

    def emulator(self, present, progress, cancelled):
        raise AssertionError("nothing is trained where an emulator is at hand")


def test_an_emulator_at_hand_answers_before_the_present_is_made():
    engine, steps = Keeping(), []
    shared = Shared(SCENARIO, engine=engine, told=lambda readiness: steps.append(readiness.step))
    shared.start()
    until(lambda: shared.emulator is not None)
    assert shared.quick(package()).pairs == WIDTH
    assert (shared.readiness.step, shared.readiness.ready, shared.present) == (
        "present",
        False,
        None,
    ), "the model cannot answer yet"
    engine.gate.set()
    until(lambda: shared.readiness.ready)
    assert "emulator" not in steps
    assert shared.stop(5.0)


def test_draws_of_a_lab_are_those_of_its_posterior_and_256_pairs_stand_once():
    stored = load_posterior("mexico")
    shared = Shared(SCENARIO, stored, engine=FakeEngine())
    assert set(shared.draws) == set(stored.draws_for(SCENARIO.model))
    assert shared.handles == handles_of(SCENARIO, shared.draws)
    assert fake_lab()[0].draws is None
    assert PairsRequest(package=package()).pairs == CHUNKS_FIRST * WIDTH == PAIRS_FIRST


def test_before_the_lab_is_ready_the_quick_answer_is_refused_and_jobs_wait():
    shared, _ = fake_lab()
    visit = shared.visits.open()
    job = shared.run(visit, package(), WIDTH)
    assert (job.standing.state, job.standing.position) == ("queued", 1)
    with pytest.raises(TreguaError, match="TR3014"):
        shared.quick(package())
    with pytest.raises(TreguaError, match="TR3021"):
        shared.run(visit, package(1e6), WIDTH)
    assert shared.stop(1.0)
    assert job.standing.state == "cancelled"
