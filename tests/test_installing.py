"""What an installation needs: a base without extras has the command line, and no system has to
be POSIX for it to start.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tregua.cli import run_command
from tregua.optional import FIT, LAB, PACKAGES, SCORE

PROJECT = tomllib.loads(
    (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
)["project"]
EXTRAS = PROJECT["optional-dependencies"]
IMPORTED_AS = {"scikit-learn": "sklearn"}


def names_of(requirements):
    return {re.split(r"[\[<>=!~; ]", text)[0] for text in requirements}


def python(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_extras_are_those_that_refusals_name():
    assert set(EXTRAS) == {*PACKAGES, "all", "dev"}
    for name, packages in PACKAGES.items():
        assert set(packages) == {IMPORTED_AS.get(p, p) for p in names_of(EXTRAS[name])}
    everything = ",".join(sorted(PACKAGES))
    assert EXTRAS["all"] == [f"tregua[{everything}]"]


def test_a_name_is_asked_for_once():
    asked = [*PROJECT["dependencies"], *(text for n in PACKAGES for text in EXTRAS[n])]
    assert len(names_of(asked)) == len(asked)


def test_every_locked_version_is_allowed_and_everything_asked_for_is_locked():
    from packaging.requirements import Requirement

    lock = (Path(__file__).parent.parent / "requirements.lock").read_text(encoding="utf-8")
    locked = re.findall(r"^([a-z0-9.-]+)==(\S+)", lock, re.M)
    assert "://" not in lock, "an address of a registry"
    for text in (*PROJECT["dependencies"], *(t for n in (*PACKAGES, "dev") for t in EXTRAS[n])):
        asked = Requirement(text)
        versions = [version for name, version in locked if name == asked.name]
        assert versions, f"{asked.name} is not locked"
        assert all(asked.specifier.contains(version) for version in versions), text


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["lab", "--no-browser"], LAB),
        (["fit", "--method", "chains"], FIT),
        (["score"], SCORE),
        (["forecast"], SCORE),
        (["ladder"], SCORE),
    ],
)
def test_a_command_without_its_extra_says_what_to_install_before_it_works(
    command, name, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    for module in ("fit", "lab", "ladder", "score"):
        monkeypatch.setattr(f"tregua.cli.{module}.begin", lambda *_, **__: None)
    monkeypatch.setitem(sys.modules, PACKAGES[name][0], None)
    assert run_command(command) == 2
    refusal = capsys.readouterr().err
    assert "TR9001" in refusal
    assert f'"tregua[{name}]"' in refusal
    assert not list(tmp_path.iterdir())


WINDOWS = """
import signal, sys
for name in ("fcntl", "pwd", "grp", "termios", "resource"):
    sys.modules[name] = None
del signal.SIGHUP
"""
"""A system without what only POSIX has. Modules that Python itself guards fall back."""


SHORT = """
[scenario]
name = "short"
data = "groups-2020"
start = 2012-01-01
length = "53 week"
mechanisms = ["founding", "recruitment", "arrests", "conflict", "saturation"]
"""


@pytest.mark.slow
def test_a_system_that_is_not_posix_runs_commands(tmp_path):
    (tmp_path / "short.toml").write_text(SHORT)
    code = """
import tregua.cli, tregua.cli.app_record, tregua.results.staging, tregua.lab.web.server
from tregua.cli import run_command
assert run_command(["--help"]) == 0
assert run_command(["check", "short.toml"]) == 0
"""
    assert "tregua run" in python(WINDOWS + code, tmp_path)


@pytest.mark.nightly
@pytest.mark.slow
def test_a_system_that_is_not_posix_writes_and_replaces_a_folder(tmp_path):
    code = """
from pathlib import Path
from tregua.cli import run_command
run = ["run", "short.toml", "--replicates", "2", "--out", "run"]
assert run_command(run) == 0
Path("run/mine.txt").write_text("mine")
assert run_command([*run, "--replace", "--quiet"]) == 0
assert Path("run/mine.txt").read_text() == "mine"
"""
    (tmp_path / "short.toml").write_text(SHORT)
    (tmp_path / ".other-0123abcd.tregua-new").mkdir()
    assert "Written in" in python(WINDOWS + code, tmp_path)
    assert (tmp_path / "run" / "report.html").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".other-0123abcd.tregua-new",  # nobody can tell whether it is in use
        "run",
        "short.toml",
    ]
