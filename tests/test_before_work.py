"""What can be known before a run is refused before it, and not after the work."""

from __future__ import annotations

import json
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest

from tregua.cli import DEVICES, doctor, run_command
from tregua.cli.target import check_target
from tregua.errors import TreguaError
from tregua.reporting.charts.style import style

SCENARIO = """
[scenario]
name = "t"
data = "groups-2020"
mechanisms = {mechanisms}
start = 2012-01-01
length = "60 week"
"""


@pytest.mark.parametrize("mechanisms", ['["founding"]', '["reporting"]'])
@pytest.mark.parametrize("command", ["check", "run", "compare"])
def test_a_model_in_which_nothing_happens_is_refused(mechanisms, command, tmp_path, capsys):
    file = tmp_path / "t.toml"
    text = SCENARIO.format(mechanisms=mechanisms)
    file.write_text(text.replace("groups-2020", "mexico-2007").replace("2012", "2007"))
    assert run_command([command, str(file), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "TR2208"


def test_a_link_is_no_place_for_a_run(tmp_path):
    (tmp_path / "there").mkdir()
    for name, target in (("link", "there"), ("dangling", "nowhere")):
        (tmp_path / name).symlink_to(tmp_path / target)
        with pytest.raises(TreguaError, match="TR3104") as caught:
            check_target(tmp_path / name, True)
        assert str(tmp_path / target) in caught.value.details["do"]
    check_target(tmp_path / "link" / "below", False)


def test_a_name_that_has_no_room_for_what_is_beside_it_is_refused(tmp_path):
    check_target(tmp_path / ("x" * 200), False)
    with pytest.raises(TreguaError, match="TR3104"):
        check_target(tmp_path / ("x" * 250), False)


def test_a_label_with_signs_of_the_dollar_is_no_formula(tmp_path):
    with style():
        figure, ax = plt.subplots()
        ax.set_title(r"From $5 to $10, or $\frac{")
        ax.set_xlabel("from_$one_to_$two")
        figure.savefig(tmp_path / "label.svg")
        plt.close(figure)
    assert r"From $5 to $10, or $\frac{" in (tmp_path / "label.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        ({"JAX_PLATFORMS": "nonsense"}, "Unable to initialize backend 'nonsense'", "TR9004"),
        ({"JAX_PLATFORM_NAME": "gpu"}, "Unknown backend: 'gpu' requested", "TR9004"),
        ({"JAX_PLATFORMS": "cpu"}, "something else", "TR9002"),
        ({}, "Unable to initialize backend 'rocm'", "TR9002"),
    ],
)
def test_a_device_that_the_environment_names_is_named(given, error, code, monkeypatch, capsys):
    def fail():
        raise RuntimeError(error)

    for name in DEVICES:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(doctor, "examine", fail)
    status = run_command(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)["error"]
    assert (status, told["code"]) == (2 if code == "TR9004" else 3, code)
    named = [f"{name}={value}" for name, value in given.items()]
    assert status == 3 or told["where"] == f"environment, {', '.join(named)}"


@pytest.mark.nightly
def test_a_device_that_is_not_there_is_no_fault():
    program = (
        "import os\n"
        "os.environ['JAX_PLATFORMS'] = 'nonsense'\n"
        "from tregua.cli import main\n"
        "main(['doctor', '--json'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2 and "TR9004" in done.stdout and "Traceback" not in done.stderr
