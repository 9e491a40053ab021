"""The command line: help, exit statuses, refusals, and a run from start to folder, each in a
process of its own where it computes.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tregua.cli import run_command
from tregua.cli.app_record import app
from tregua.engine.plan import make_plan

COMMANDS = sorted(name for name in app if not name.startswith("-"))
SHORT = """
[scenario]
name = "short"
start = 2012-01-01
length = "104 week"
[run]
replicates = {replicates}
[[policy]]
name = "twice"
[[policy.change]]
target = "arrests.effort"
scale = 2
from = 2013-01-01
"""


def tregua(*arguments, cwd=None, **options):
    return subprocess.run(
        [sys.executable, "-m", "tregua", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=170,
        **options,
    )


@pytest.fixture
def short(tmp_path):
    file = tmp_path / "short.toml"
    file.write_text(SHORT.format(replicates=20), encoding="utf-8")
    return file


def test_the_commands_are_those_the_readme_promises():
    known = [
        "ablate",
        "check",
        "compare",
        "data",
        "describe",
        "doctor",
        "evidence",
        "explain",
        "fit",
        "forecast",
    ]
    known += ["lab", "ladder", "mechanisms", "migrate", "new", "new-mechanism", "report"]
    known += ["reproduce", "run", "schema", "score"]
    assert known == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, capsys):
    assert run_command([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Example: tregua {command}" in " ".join(shown.split())
    assert "--json" in shown


def test_the_program_has_help_and_a_version(capsys):
    assert run_command(["--help"]) == 0
    assert all(command in capsys.readouterr().out for command in ("run",))
    assert run_command(["--version"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["rnu"], "TR1001"),
        (["run", "--halp"], "TR1001"),
        (["run", "--replicates", "many"], "TR1001"),
        (["check", "nowhere.toml"], "TR1101"),
        (["explain", "TR0000"], "TR1002"),
        (["mechanisms", "confict"], "TR1205"),
        (["evidence", "C60"], "TR1601"),
        (["evidence", "size2023"], "TR1601"),
        (["evidence", "--stance", "rumour"], "TR1602"),
        (["evidence", "--system", "prison"], "TR1602"),
        (["evidence", "--mechanism", "confict"], "TR1205"),
        (["describe", "--scenario", "nowhere.toml"], "TR1101"),
        (["describe", "--out", "/proc/nowhere/x.md"], "TR3102"),
        (["new", "/proc/nowhere/x.toml"], "TR3102"),
    ],
)
def test_bad_input_is_refused_with_a_code_and_status_2(arguments, code, capsys):
    assert run_command(arguments) == 2
    shown = capsys.readouterr()
    assert f"{code}:" in shown.err
    assert "Traceback" not in shown.err
    assert run_command([*arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_check_and_mechanisms_and_explain_speak_json(capsys):
    for arguments in (
        ["check"],
        ["mechanisms"],
        ["mechanisms", "conflict"],
        ["explain"],
        ["explain", "tr1301"],
        ["reproduce"],
    ):
        if arguments == ["reproduce"]:
            # it settles the precision of its process; tested in a process of its own below
            continue
        assert run_command([*arguments, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)


def test_new_writes_a_scenario_that_checks_and_never_overwrites(tmp_path, capsys):
    file = tmp_path / "mine.toml"
    assert run_command(["new", str(file)]) == 0
    assert run_command(["check", str(file)]) == 0
    before = file.read_bytes()
    assert run_command(["new", str(file)]) == 2
    assert "TR3102" in capsys.readouterr().err
    assert file.read_bytes() == before


@pytest.mark.slow
def test_run_writes_a_whole_folder_and_says_where(short, tmp_path):
    done = tregua("run", short, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout
    assert "members killed by rival groups" in done.stdout
    for name in ("manifest.json", "report.html", "arrays.nc", "scenario.toml"):
        assert (tmp_path / "out" / name).stat().st_size > 0
    assert {path.suffix for path in (tmp_path / "out" / "figures").iterdir()} == {".png", ".svg"}
    assert {path.suffix for path in (tmp_path / "out" / "tables").iterdir()} == {".csv", ".parquet"}
    text = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text, "a manifest must not carry a path of the machine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "short.toml"], (
        "nothing else may be left behind"
    )


def test_a_folder_is_replaced_only_where_that_is_asked_for(short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)
    written = []

    def write(place, *_, **__):
        written.append(place)
        (place / "manifest.json").write_text(f'{{"kind": "run", "number": {len(written)}}}')

    monkeypatch.setattr("tregua.reporting.run_folder.write_run", write)
    command = ["run", "short.toml", "--out", "out"]
    assert run_command(command) == 0
    assert run_command(command) == 2
    assert "TR3101" in capsys.readouterr().err
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["number"] == 1
    assert run_command([*command, "--replace", "--quiet"]) == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["number"] == 2


def test_run_will_not_replace_a_folder_that_is_no_run(short, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter.txt").write_text("dear", encoding="utf-8")
    done = tregua("run", short, "--out", precious, "--replace", cwd=tmp_path)
    assert done.returncode == 2
    assert "TR3103" in done.stderr
    assert (precious / "letter.txt").read_text(encoding="utf-8") == "dear"


@pytest.mark.slow
def test_compare_pairs_policies_with_the_baseline(short, tmp_path):
    done = tregua("compare", short, "--out", tmp_path / "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {row["outcome"]: row for row in json.loads(done.stdout)["differences"]}
    assert rows["arrested"]["difference"] > 0.0
    assert rows["members"]["difference"] < 0.0
    assert (tmp_path / "out" / "report.html").exists()


def test_the_folder_of_a_comparison_has_the_digest_that_its_record_has(
    short, tmp_path, monkeypatch, capsys
):
    from tregua.results.provenance import make_manifest

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)

    def write(place, comparison, command, seconds, posterior=None):
        record = make_manifest(
            "comparison", [comparison.baseline, *comparison.policies], command, seconds
        )
        (place / "manifest.json").write_text(json.dumps(record), encoding="utf-8")

    monkeypatch.setattr("tregua.reporting.run_folder.write_comparison", write)
    assert run_command(["compare", "short.toml", "--replicates", "2", "--json"]) == 0
    folder = next((tmp_path / "runs").iterdir())
    digest = json.loads((folder / "manifest.json").read_text())["inputs_sha256"]
    assert folder.name == f"short-compare-{digest[:8]}"


LISTEN = (
    "import os, signal, sys\n"
    "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): "
    "signal.signal(number, signal.SIG_DFL)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
)


def started(arguments, cwd, **pipes):
    """A Python process that listens to signals even where these tests were started in the
    background or under nohup, and so are deaf to some.
    """
    return subprocess.Popen(
        [sys.executable, "-c", LISTEN, *arguments],
        cwd=cwd,
        stderr=subprocess.PIPE,
        text=True,
        **pipes,
    )


@pytest.mark.slow
@pytest.mark.nightly
def test_an_interrupted_run_leaves_no_folder_and_goes_on(tmp_path):
    file = tmp_path / "long.toml"
    file.write_text(
        SHORT.format(replicates=1500).replace("104 week", "3120 week"), encoding="utf-8"
    )
    command = ["-m", "tregua", "run", str(file), "--out", str(tmp_path / "out"), "--quiet"]
    process = started(command, tmp_path)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not list(tmp_path.glob(".unfinished-*/*.npz")):
        assert process.poll() is None, "the run ended before it could be stopped"
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob(".unfinished-*/*.npz")}
    assert finished
    process = started(command, tmp_path)
    while process.poll() is None and len(list(tmp_path.glob(".unfinished-*/*.npz"))) <= len(
        finished
    ):
        time.sleep(0.05)
    assert all(
        path.stat().st_mtime_ns == stamp for path, stamp in finished.items() if path.exists()
    ), "kept parts must not be run again"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_closed_terminal_leaves_nothing_half_written(number, tmp_path):
    script = (
        "import sys, time; from pathlib import Path; import tregua.cli; import tregua.cli.app as "
        "c; from tregua.results.staging import staged\n"
        "def wait(*_, **__):\n"
        "    with staged(Path('out'), False) as place:\n"
        "        (place / 'half').write_text('half'); print('writing', "
        "flush=True); time.sleep(60)\n"
        "import tregua.scenarios.toml; tregua.scenarios.toml.load_scenario = wait\n"
        "tregua.cli.main(['check'])\n"
    )
    process = started(["-c", script], tmp_path, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_finished_parts_outlive_a_full_disk(short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    # the precision of this process is settled already
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tregua.reporting.run_folder.write_run", full)
    assert run_command(["run", "short.toml", "--out", "out"]) == 2
    assert "TR3102" in capsys.readouterr().err
    assert len(list(tmp_path.glob(".unfinished-*/*.npz"))) == 1
    monkeypatch.setattr(
        "tregua.engine.run.run_chunk",
        lambda *_: pytest.fail("finished parts must not be run again"),
    )
    monkeypatch.setattr(
        "tregua.reporting.run_folder.write_run",
        lambda place, *_, **__: (place / "manifest.json").write_text('{"kind": "run"}'),
    )
    assert run_command(["run", "short.toml", "--out", "out", "--json"]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "short.toml"]


def test_a_second_run_keeps_the_notes_that_a_user_put_into_the_folder(
    short, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)
    monkeypatch.setattr(
        "tregua.reporting.run_folder.write_run",
        lambda place, *_, **__: (place / "manifest.json").write_text('{"kind": "run"}'),
    )
    assert run_command(["run", "short.toml", "--json"]) == 0
    folder = next((tmp_path / "runs").iterdir())
    (folder / "notes.txt").write_text("mine")
    assert run_command(["run", "short.toml", "--json"]) == 0
    assert (folder / "notes.txt").read_text() == "mine"
    (folder / "scenario.toml").write_text("changed by me")
    monkeypatch.setattr(
        "tregua.engine.run.run_chunk", lambda *_: pytest.fail("refused before anything is computed")
    )
    assert run_command(["run", "short.toml"]) == 2
    assert "TR3105" in capsys.readouterr().err
    assert (folder / "scenario.toml").read_text() == "changed by me"


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_run_is_planned_once(command, short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)
    planned = []

    def counted(*arguments, **settings):
        planned.append(arguments)
        return make_plan(*arguments, **settings)

    for place in ("engine.plan", "engine.run", "studies.study"):
        monkeypatch.setattr(f"tregua.{place}.make_plan", counted)
    for writer in ("write_run", "write_comparison"):
        monkeypatch.setattr(
            f"tregua.reporting.run_folder.{writer}",
            lambda place, *_, **__: (place / "manifest.json").write_text("{}"),
        )
    assert run_command([command, "short.toml", "--json"]) == 0
    assert len(planned) == 1


def test_reproduce_lists_what_there_is_and_refuses_the_rest():
    listed = tregua("reproduce", "--json")
    assert listed.returncode == 0, listed.stderr
    assert set(json.loads(listed.stdout)) == {
        "size-2023",
        "size-2023-identifiability",
        "escapes",
        "vetting-2012",
        "michoacan-2013",
        "emergent-effects",
    }
    refused = tregua("reproduce", "size-2032")
    assert refused.returncode == 2
    assert "size-2023" in refused.stderr


def test_doctor_passes_here():
    done = tregua("doctor", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["self-check"] == "passed"


def test_help_needs_no_jax():
    code = (
        "import sys; from tregua.cli import run_command; run_command(['--help']); "
        "sys.exit('jax' in sys.modules)"
    )
    environment = {**os.environ, "JAX_PLATFORMS": ""}
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, env=environment, timeout=60
        ).returncode
        == 0
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--seed", "2.9"], "TR1001"),
        (["--replicates", "0"], "TR2204"),
        (["--replicates", "1000000000"], "TR2205"),
        (["--policy", "twice", "--policy", "twice"], "TR1003"),
        (["--set", "arrests.effort"], "TR1003"),
        (["--set", "arrests.effort=200"], "TR1301"),
        (["--set", "arrests.effort=1e40 person/week"], "TR1306"),
        (["--out", "short.toml/x"], "TR3104"),
        (["--out", "x" * 300], "TR3104"),
        (["--solver", "exact", "--replicates", "2000"], "TR2206"),
    ],
    ids=lambda x: x if isinstance(x, str) else x[0][2:],
)
def test_a_run_that_cannot_be_is_refused_before_it_computes(
    arguments, code, short, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    # the precision of this process is settled already
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)
    monkeypatch.setattr(
        "tregua.engine.run.run_chunk", lambda *_: pytest.fail("nothing may be computed")
    )
    assert run_command(["run", "short.toml", *arguments]) == 2
    assert f"{code}:" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["short.toml"]


def test_a_fault_of_ours_is_told_as_one_and_has_a_status_of_its_own(monkeypatch, capsys):
    monkeypatch.setattr("tregua.cli.check.load_scenario", lambda *_: 1 / 0)
    assert run_command(["check"]) == 3
    assert "TR9002: something went wrong inside Tregua" in capsys.readouterr().err


def test_evidence_filters_its_list(capsys):
    def ids(*arguments):
        assert run_command(["evidence", *arguments, "--json"]) == 0
        return [entry["id"] for entry in json.loads(capsys.readouterr().out)]

    everything = ids()
    assert {"C01", "C59", "size-2023"} <= set(everything)
    assert set(ids("--stance", "alleged", "--system", "money")) == {"C26", "C27", "C29"}
    assert "size-2023" in ids("--mechanism", "conflict")
    assert "size-2023" not in ids("--unused") and "C17" in ids("--unused")
    assert ids("--search", "tunnel") == ["C42", "C48"]
    assert ids("--search", "no such words anywhere") == []


def test_evidence_shows_one_claim_with_chain_figures_and_what_disagrees(capsys):
    assert run_command(["evidence", "C57"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Independent origins: 1" in shown
    assert "67,000 stated" in shown and "66,743 = 65,000 + 2,045 - 302 computed" in shown
    assert run_command(["evidence", "c05"]) == 0
    lines = capsys.readouterr().out.splitlines()
    depths = [len(line) - len(line.lstrip()) for line in lines if "└─" in line]
    assert len(depths) == 3 and depths == sorted(set(depths))
    assert run_command(["evidence", "size-2023"]) == 0
    assert "Used by: arrests.effort" in capsys.readouterr().out
    assert run_command(["evidence", "C53", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["independent_origins"] == 1


def test_describe_writes_markdown_or_json_and_never_overwrites(tmp_path, capsys):
    file = tmp_path / "model.md"
    assert run_command(["describe", "--out", str(file)]) == 0
    capsys.readouterr()
    written = file.read_text(encoding="utf-8")
    assert written.startswith("# ") and "## 7. Submodels" in written
    assert run_command(["describe", "--out", str(file)]) == 2
    assert "TR3102" in capsys.readouterr().err
    assert run_command(["describe"]) == 0
    assert capsys.readouterr().out == written
    assert run_command(["describe", "--scenario", "size-2023", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scales"]["weeks"] == 783
