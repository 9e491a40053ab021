"""Streams and signals of a real process: any encoding, closed or full output, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys

import pytest

PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def tregua(command, **more):
    """Run a line of a shell, in which TREGUA is the program."""
    line = command.replace("TREGUA", f"{sys.executable} -m tregua")
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, timeout=60, env={**os.environ, **more}
    )


@pytest.mark.parametrize(
    ("command", "status", "environment"),
    [
        ("TREGUA data show territories", 0, PLAIN),
        ("TREGUA data show territories --json", 0, {"PYTHONIOENCODING": "latin-1"}),
        ("TREGUA explain >&- 2>&-", 0, {}),
        ("TREGUA explain --json | head -c 1; exit ${PIPESTATUS[0]}", 0, {}),
        ("TREGUA explain > /dev/full", 2, {}),
        ("TREGUA explain x --json > /dev/full", 2, {}),
    ],
)
def test_streams_of_any_kind_end_without_a_traceback(command, status, environment):
    done = tregua(command, **environment)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr
    assert b"TR9002" not in done.stdout + done.stderr
    if status:
        assert b"TR3102" in done.stderr or b"TR1002" in done.stderr
    if "states --json" in command:
        assert any(row["name"] == "Yucatán" for row in json.loads(done.stdout)["table"])


CLEARING = """
import sys, time, tregua.cli
def work(_):
    try:
        print("working", flush=True)
        time.sleep(60)
    finally:
        print("clearing", flush=True)
        time.sleep(float(sys.argv[1]))
tregua.cli.run_command = work
tregua.cli.main([])
"""


@pytest.mark.parametrize(("seconds", "times"), [(1.0, 2), (60.0, 3)])
def test_ctrl_c_again_says_what_is_true(seconds, times):
    process = subprocess.Popen(
        [sys.executable, "-c", CLEARING, str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "clearing\n"
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline().startswith("Clearing away what is half-written")
    if times == 3:
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    left = "may be left" if times == 3 else "nothing half-written was left behind"
    assert left in said


FULL = """
import pathlib, resource, sys
import numpy, xarray
from tregua.engine.trajectories import write_arrays
from tregua.results.staging import staged
from tregua.errors import TreguaError
noise = numpy.random.default_rng(1).normal(size=(100, 2000))
arrays = xarray.Dataset({"a": (("x", "y"), noise)})
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
try:
    with staged(pathlib.Path(sys.argv[1]), False) as place:
        write_arrays(place / "arrays.nc", arrays)
except TreguaError as error:
    print(error.code)
"""


def test_arrays_that_do_not_fit_on_the_disk_are_refused_and_nothing_crashes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "run")], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "TR3102\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_fit_leaves_nothing(tmp_path):
    done = tregua(f"cd {tmp_path}; ulimit -f 1; TREGUA new my.toml")
    assert done.returncode == 2
    assert b"TR3102" in done.stderr
    assert list(tmp_path.iterdir()) == []
