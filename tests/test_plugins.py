"""Mechanisms in somebody's own module: loaded by name, refused where they are broken, and told."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tregua
from tregua.cli import run_command
from tregua.errors import TreguaError
from tregua.lab.web.uploads import _check_modest
from tregua.lab.words import named, sayer
from tregua.model import registry as place
from tregua.model.model import Model
from tregua.model.registry import load_plugins, plugins, registry, shipped
from tregua.results.code_digest import module_digest
from tregua.testing import check_mechanism

AMNESTY = '''
"""Amnesty: members who leave because an amnesty is offered."""
from dataclasses import dataclass
import tregua
from tregua.stocks import MEMBERS, RETIRED
from tregua.types import NONNEGATIVE
from tregua.sources import Source, assumed, cite

OWN = {"ruiz-2019": Source("Ruiz, Amnesties", 2019, "paper", "doi:10.1/x", "an example")}

@dataclass(frozen=True)
class Amnesty(tregua.Mechanism):
    """Members take an amnesty."""
    needs = (MEMBERS, RETIRED)
    sources = OWN
    parameters = (
        tregua.Parameter("uptake", 0.001, "1/week", tregua.LogNormal(0.001, 0.5), NONNEGATIVE,
            "share of members who take the amnesty in a week",
            (assumed("a first guess"), cite("ruiz-2019", "estimated", "one in a thousand", OWN))),
    )
    def flows(self):
        return (tregua.Flow("amnestied", "members", "retired", lambda v: v.uptake * 1.0, "leave"),)
'''
SCENARIO = """
version = 2
[scenario]
name = "own"
data = "groups-2020"
PLUGINS
mechanisms = ["amnesty", "founding", "recruitment", "arrests", "conflict", "saturation"]
start = 2012-01-01
length = "53 week"
[run]
replicates = 2
"""
NAMED = 'plugins = ["mypkg.amnesty"]'
EMPTY = "import tregua\n\nclass {}(tregua.Mechanism):\n    pass\n"


@pytest.fixture
def author(tmp_path, monkeypatch):
    """Writes files of somebody's package, which is importable, into a process without plug-ins."""
    before = set(sys.modules)
    monkeypatch.setattr(place, "_LOADED", {})
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def write(**files):
        for name, text in ({"mypkg/__init__": "", "mypkg/amnesty": AMNESTY} | files).items():
            file = folder / f"{name}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return folder

    yield write
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def scenario(folder, text=NAMED):
    file = folder / "own.toml"
    file.write_text(SCENARIO.replace("PLUGINS", text), encoding="utf-8")
    return str(file)


def refused(name):
    with pytest.raises(TreguaError) as caught:
        load_plugins([name], "somewhere")
    return caught.value


def test_a_plugin_is_known_and_is_part_of_no_model_that_does_not_name_it(author):
    author()
    load_plugins(["mypkg.amnesty"])
    assert set(registry()) - set(shipped()) == {"amnesty"}
    assert "amnesty" not in {m.name for m in Model.standard().mechanisms}


def test_a_plugin_is_loaded_once_by_any_of_its_names(author):
    author(**{"mypkg/__init__": "from .amnesty import Amnesty", "mypkg/test_it": "1 / 0"})
    load_plugins(["mypkg.amnesty", "mypkg.amnesty"])
    one = registry()["amnesty"]
    load_plugins(["mypkg"])
    assert registry()["amnesty"] is one
    assert [plugin.name for plugin in plugins()] == ["mypkg.amnesty", "mypkg"]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("import nothing_of_the_kind", "TR2108", "nothing_of_the_kind"),
        ("def", "TR2108", "SyntaxError"),
        ("1 / 0", "TR2108", "ZeroDivisionError"),
        ("raise SystemExit(0)", "TR2108", "SystemExit"),
        ("x = 1", "TR2109", "holds no mechanism"),
        ("class Amnesty:\n    pass", "TR2109", "Amnesty"),
        (EMPTY.format("Conflict"), "TR2101", "tregua.mechanisms.conflict.Conflict"),
        (EMPTY.format("Own") + "    parameters = (1,)", "TR2109", "no Parameter"),
        (EMPTY.format("Own") + "    sources = {'a': 'b'}", "TR2109", "no Source"),
        (EMPTY.format("Own") + "    def __init__(self, x): pass", "TR2109", "TypeError"),
        (EMPTY.format("Own") + "    def flows(self): return 1 / 0", "TR2109", "ZeroDivision"),
    ],
)
def test_a_broken_plugin_is_refused_by_name_and_leaves_nothing(author, text, code, says):
    author(**{"mypkg/broken": text})
    error = refused("mypkg.broken")
    assert error.code == code and says in error.text()
    assert "mypkg" in error.text() and set(registry()) == set(shipped())


@pytest.mark.parametrize("name", ["nothing_of_the_kind", "mypkg.other", "../mypkg", "mypkg.py", ""])
def test_a_plugin_that_is_not_there_is_refused_by_name(author, name):
    author()
    error = refused(name)
    assert error.code == "TR2108" and repr(name) in error.what


@pytest.mark.parametrize(
    "command",
    ["run", "compare", "ablate", "check", "lab", "mechanisms", "evidence", "describe"],
)
def test_every_command_takes_plugins(author, capsys, command):
    assert run_command([command, "--plugin", "nothing_of_the_kind", "--plugin", "x"]) == 2
    told = capsys.readouterr().err
    assert "TR2108" in told and "nothing_of_the_kind" in told and "--plugin" in told


def test_two_plugins_with_one_name_are_refused(author):
    author(**{"mypkg/other": AMNESTY})
    load_plugins(["mypkg.amnesty"])
    error = refused("mypkg.other")
    assert error.code == "TR2101" and "mypkg.amnesty.Amnesty" in error.text()


def test_a_source_with_the_id_of_another_is_refused(author, capsys):
    author(**{"mypkg/amnesty": AMNESTY.replace("ruiz-2019", "size-2023")})
    assert run_command(["evidence", "--plugin", "mypkg.amnesty"]) == 2
    assert "TR2101" in capsys.readouterr().err


@pytest.mark.parametrize("entry", ["", ".", "here"])
def test_the_current_directory_is_not_searched(author, monkeypatch, entry):
    folder = author()
    info = folder / "mypkg-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: mypkg\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[tregua.mechanisms]\nmypkg = mypkg.amnesty\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "elsewhere"]))
    others = [path for path in sys.path if path != str(folder)]
    monkeypatch.setattr(sys, "path", [str(folder) if entry == "here" else entry, *others])
    place._installed.cache_clear()
    try:
        assert place._installed() == ()
        assert refused("mypkg.amnesty").code == "TR2108"
        assert sys.path[1:] == others, "the path is as it was"
        # It is searched where PYTHONPATH names it.
        monkeypatch.setenv("PYTHONPATH", str(folder))
        place._installed.cache_clear()
        assert place._installed() == (("mypkg.amnesty",) if entry else ())
        assert ("amnesty" in registry()) == bool(entry)
    finally:
        place._installed.cache_clear()


def test_python_m_does_not_search_the_current_directory(author):
    folder = author()
    source = str(Path(tregua.__file__).parents[1])

    beside = subprocess.run(
        [sys.executable, "-m", "tregua", "mechanisms", "amnesty", "--plugin", "mypkg.amnesty"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", source])},
        capture_output=True,
        text=True,
    )
    assert beside.returncode == 2 and "TR2108" in beside.stderr


def test_the_ledger_has_the_sources_of_a_plugin(author, capsys):
    author()
    assert run_command(["evidence", "ruiz-2019", "--plugin", "mypkg.amnesty", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["used_by"] == ["amnesty.uptake"] and told["stance"] == "estimated"
    assert run_command(["evidence", "--mechanism", "amnesty", "--json"]) == 0
    assert [entry["id"] for entry in json.loads(capsys.readouterr().out)] == ["ruiz-2019"]
    assert run_command(["evidence", "ruiz-2019", "--cite"]) == 0
    assert "10.1/x" in capsys.readouterr().out


def test_check_and_describe_say_whose_code_they_load(author, capsys):
    folder = author()
    file = scenario(folder)
    assert run_command(["check", file, "--json"]) == 0
    told = capsys.readouterr()
    amnesty = str(folder / "mypkg" / "amnesty.py")
    assert amnesty in told.err and "mypkg.amnesty" in told.err
    assert json.loads(told.out)["plugins"] == [
        {
            "module": "mypkg.amnesty",
            "file": amnesty,
            "mechanisms": ["amnesty"],
            "used": ["amnesty"],
        }
    ]
    assert run_command(["describe", "--scenario", file]) == 0
    told = capsys.readouterr()
    assert "amnesty.uptake" in told.out and amnesty in told.err
    assert run_command(["check", "size-2023", "--plugin", "mypkg.amnesty"]) == 0
    assert "not among the mechanisms" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_has_its_plugin_in_arrays_tables_manifest_and_report(author, capsys, monkeypatch):
    folder = author()
    monkeypatch.chdir(folder.parent)
    command = ["run", scenario(folder, ""), "--plugin", "mypkg.amnesty", "--out", "out"]
    assert run_command(command) == 0
    assert "mypkg.amnesty" in capsys.readouterr().err
    out = folder.parent / "out"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert "--plugin mypkg.amnesty" in manifest["command"]
    assert manifest["plugins"] == [
        {
            "module": "mypkg.amnesty",
            "mechanisms": ["amnesty"],
            "sha256": module_digest("mypkg.amnesty"),
        }
    ]
    assert "amnestied" in (out / "tables" / "yearly.csv").read_text(encoding="utf-8")
    assert b"amnestied" in (out / "arrays.nc").read_bytes()
    before = (out / "report.html").read_text(encoding="utf-8")
    assert "Members take an amnesty" in before
    # Another process knows the plug-in by the command only.
    monkeypatch.setattr(place, "_LOADED", {})
    (out / "report.html").unlink()
    assert run_command(["report", "out", "--replace"]) == 0
    assert "Members take an amnesty" in (out / "report.html").read_text(encoding="utf-8")


def test_a_fault_in_the_code_of_a_plugin_is_its_own(author, capsys):
    folder = author(**{"mypkg/amnesty": AMNESTY.replace("v.uptake * 1.0", "int('x')")})
    command = ["run", scenario(folder), "--out", str(folder / "out")]
    assert run_command(command) == 2
    told = capsys.readouterr().err
    assert "TR2109" in told and "amnesty.py, line" in told and not (folder / "out").exists()


def test_the_digest_of_a_plugin_knows_its_whole_package_but_no_comments_and_tests(author):
    folder = author(**{"mypkg/rates": "RATE = 1"})
    load_plugins(["mypkg.amnesty"])
    before = module_digest("mypkg.amnesty")
    (folder / "mypkg" / "rates.py").write_text('"""Rates."""\nRATE = 1  # a week\n')
    (folder / "mypkg" / "test_rates.py").write_text("x = 1\n")
    assert module_digest("mypkg.amnesty") == before
    (folder / "mypkg" / "rates.py").write_text("RATE = 2\n")
    assert module_digest("mypkg.amnesty") != before


def test_a_scenario_that_is_brought_to_the_lab_is_refused_before_anything_is_built(author):
    author()
    with pytest.raises(TreguaError) as caught:
        _check_modest(SCENARIO.replace("PLUGINS", NAMED))
    assert caught.value.code == "TR3013" and "mypkg.amnesty" in caught.value.text()
    assert "mypkg" not in sys.modules and plugins() == ()


def test_the_lab_calls_what_its_catalogue_does_not_have_by_its_own_name():
    for language in ("en", "es"):
        say = sayer(language)
        assert named(say, "mechanism", "conflict") == say("mechanism.conflict")
        assert named(say, "stock", "in_reform") == "in reform"


def test_a_new_mechanism_keeps_the_contract_as_written(author, capsys, monkeypatch):
    folder = author()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    assert run_command(["new-mechanism", "pardon"]) == 0
    assert "test_pardon.py" in capsys.readouterr().out
    (folder / "pardon.py").open("a").write("# mine\n")
    (folder / "test_pardon.py").unlink()
    assert run_command(["new-mechanism", "pardon"]) == 2
    assert "TR3102" in capsys.readouterr().err
    assert "# mine" in (folder / "pardon.py").read_text() and not Path("test_pardon.py").exists()
    load_plugins(["pardon"])
    check_mechanism(registry()["pardon"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Amnesty", "TR1204"),
        ("../amnesty", "TR1204"),
        ("my_law", "TR1204"),
        ("1st", "TR1204"),
        ("class", "TR1204"),
        ("conflict", "TR2101"),
        ("json", "TR2101"),
        ("tregua", "TR2101"),
    ],
)
def test_the_name_of_a_new_mechanism_is_checked(tmp_path, monkeypatch, capsys, name, code):
    monkeypatch.chdir(tmp_path)
    assert run_command(["new-mechanism", name]) == 2
    assert code in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.nightly
def test_the_page_for_authors_leads_from_an_empty_folder_to_a_figure(tmp_path):
    page = Path(__file__).parents[1] / "docs" / "own-mechanism.md"
    text = page.read_text(encoding="utf-8").split("## What a mechanism is made of")[0]
    blocks = re.findall(r"```(sh|toml)\n(.*?)```", text, re.S)
    assert [kind for kind, _ in blocks] == ["sh", "sh", "toml", "sh", "sh"]
    script = "\n".join(
        block if kind == "sh" else f"cat > own.toml <<'END'\n{block}END" for kind, block in blocks
    )
    folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": os.pathsep.join([folder, os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    study = tmp_path / "my-study"
    assert (study / "second" / "figures" / "difference-killed.png").stat().st_size > 10_000
    assert "amnesty.uptake" in (study / "model.md").read_text(encoding="utf-8")
