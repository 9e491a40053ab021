"""The lab on systems that are not Linux: what only POSIX has may be missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nicegui")

from tregua.lab.web.peers import is_stranger

ELSEWHERE = """
import os, pkgutil, signal, sys, threading, urllib.error, urllib.request
import lab_fakes, tregua.cli.lab, tregua.lab

def load():
    for module in pkgutil.walk_packages(sys.modules["tregua.lab"].__path__, "tregua.lab."):
        __import__(module.name)

# Once as it is, which loads the libraries; then the lab anew, on a system that has less.
load()
for name in list(sys.modules):
    if name.startswith(("tregua.lab", "tregua.cli.lab", "lab_fakes")):
        del sys.modules[name]
for name in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "syslog"):
    sys.modules[name] = None
for name in ("getuid", "geteuid", "getgid", "setpriority", "getpriority", "PRIO_PROCESS",
             "sched_getaffinity", "fork", "killpg", "setsid", "nice"):
    delattr(os, name)
del signal.SIGHUP
sys.platform = "win32"
import lab_fakes, tregua.cli.lab, tregua.lab
load()

from tregua.lab.web.server import listen, make_app, serve
shared, _ = lab_fakes.fake_lab()
with listen("127.0.0.1", 0) as sock:
    port = sock.getsockname()[1]
    access = lab_fakes.Access(shared.visits, "127.0.0.1", port)

    def visit():
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/handles", timeout=20)
        except urllib.error.HTTPError as error:
            print(error.code)
        signal.raise_signal(signal.SIGINT)

    threading.Timer(0.5, visit).start()
    try:
        serve(make_app(shared, access, None), sock)
    except KeyboardInterrupt:
        pass
print("stopped")
"""


def test_the_lab_starts_and_stops_on_a_system_without_posix():
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.split() == ["401", "stopped"], done.stderr


def test_where_the_system_does_not_tell_nobody_is_a_stranger(monkeypatch, tmp_path):
    monkeypatch.setattr("tregua.lab.web.peers.os.getuid", lambda: 1000, raising=False)
    monkeypatch.setattr("tregua.lab.web.peers.TABLES", {4: tmp_path / "tcp", 6: tmp_path / "tcp6"})
    assert not is_stranger(("127.0.0.1", 50_000), ("127.0.0.1", 8321))
