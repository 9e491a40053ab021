"""The executor: order, cancelling, failures and interruptions."""

from __future__ import annotations

import threading
import time

import jax
import pytest

from tregua.engine.executor import Executor, ThreadsOnDevices

DEVICES = jax.local_devices()[:2]
TWO = ThreadsOnDevices(DEVICES)


def wait_for(stop):
    deadline = time.monotonic() + 20.0
    while not stop.is_set():
        assert time.monotonic() < deadline, "nobody said stop"
        time.sleep(0.001)


def test_threads_on_devices_are_an_executor():
    assert isinstance(TWO, Executor)


def test_results_come_in_order_however_long_each_takes():
    def work(number, device, stop):
        time.sleep(0.002 * (5 - number))
        return number * number

    assert TWO.run(work, range(6)) == [0, 1, 4, 9, 16, 25]
    assert TWO.run(work, range(0)) == []


def test_each_device_does_one_piece_at_a_time():
    busy, twice = set(), []

    def work(number, device, stop):
        twice.extend({device} & busy)
        busy.add(device)
        time.sleep(0.002)
        busy.remove(device)
        return device

    assert set(TWO.run(work, range(20))) == set(DEVICES)
    assert not twice


@pytest.mark.usefixtures("all_devices")
def test_without_devices_all_local_ones_are_used():
    both = threading.Barrier(len(DEVICES))

    def work(number, device, stop):
        both.wait(20.0)
        return device

    assert len(DEVICES) == 2
    assert set(ThreadsOnDevices().run(work, range(2))) == set(DEVICES)


def test_a_cancelled_job_gives_what_is_finished():
    cancelled = threading.Event()

    def work(number, device, stop):
        if number == 2:
            cancelled.set()
            assert stop.is_set()
            return None
        return number

    assert ThreadsOnDevices(DEVICES[:1]).run(work, range(9), cancelled) == [0, 1]
    assert TWO.run(work, range(9), cancelled) == []


def test_after_a_failure_the_others_stop_at_once_and_no_more_are_begun():
    begun, both = [], threading.Barrier(2)

    def work(number, device, stop):
        begun.append(number)
        both.wait(20.0)
        if number == 1:
            raise ZeroDivisionError
        wait_for(stop)

    cancelled = threading.Event()
    with pytest.raises(ZeroDivisionError):
        TWO.run(work, range(9), cancelled)
    assert sorted(begun) == [0, 1]
    assert not cancelled.is_set(), "the caller's own signal is left alone"


def test_an_interrupted_caller_stops_all_pieces(monkeypatch):
    begun, seen = threading.Barrier(2), []

    def work(number, device, stop):
        begun.wait(20.0)
        wait_for(stop)
        seen.append(number)

    def interrupt(future, timeout=None):
        raise KeyboardInterrupt

    monkeypatch.setattr("concurrent.futures.Future.result", interrupt)
    with pytest.raises(KeyboardInterrupt):
        TWO.run(work, range(9))
    assert sorted(seen) == [0, 1]
