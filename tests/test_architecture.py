"""The shape of the package: who may import whom, how long things are, and what an import may do."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import pytest

import tregua

SOURCE = Path(tregua.__file__).parent
ROOT = SOURCE.parents[1]
FILES = sorted(SOURCE.rglob("*.py"))
LINES, FUNCTION = 400, 60

LAYERS = (
    {"errors", "types", "citations", "essays", "session", "code_digest", "__init__"},
    {"claims"},
    {"sources", "stocks", "units", "space", "samplers", "extras"},
    {"random", "scores"},
    {"mechanism"},
    {"mechanisms"},
    {"model"},
    {"posteriors"},
    {"state"},
    {"policy", "datasets"},
    {"corridors", "places", "ledger"},
    {"mexico", "layouts"},
    {"importing"},
    {"scenario"},
    {"solvers"},
    {"plan"},
    {"trajectories"},
    {"gathering", "devices"},
    {"run"},
    {"outcomes"},
    {"observe"},
    {"territories", "victims"},
    {"study", "ablation", "baselines", "held_out"},
    {"forecasts"},
    {"scoreboard"},
    {"checkpoint", "wording", "drawing"},
    {"arrays", "maps", "death_charts", "manifest", "describe", "chart_options"},
    {"figures", "limits", "score_charts", "fit_charts", "record_options", "schedule_options", "tile_options"},
    {"report"},
    {"store"},
    {"scenario_file", "reference"},
    {"fitting"},
    {"forecasting"},
    {"lab"},
    {"cli"},
    {"__main__"},
)
"""Lowest first. A module imports from layers below it, and from its own where it is a package."""

RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

LAZY = {
    ("datasets", "mexico"): "a data set is built when it is asked for",
    ("mechanism", "mechanisms"): "the registry scans the package when it is asked",
    ("trajectories", "arrays"): "a result offers itself as a data set, for notebooks",
    ("study", "figures"): "a comparison offers its figure, for notebooks",
}
"""Imports upwards inside functions that are allowed, and why."""

MECHANISMS_MAY = {"types", "mechanism", "stocks", "sources"}


def unit_of(file: Path) -> str:
    """A module at the top of the package, or the sub-package that a file is in."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return parts[0]


def imports_of(file: Path) -> list[tuple[str, bool]]:
    """Modules of the package that a file imports, by unit, and whether it waits until a function is called."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typed = {id(n) for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" for n in ast.walk(node)}
    late = {id(n) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(node)}
    depth, found = len(file.relative_to(SOURCE).parts), []
    for node in ast.walk(tree):
        if id(node) in typed:
            continue
        names = []
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module.partition(".")[0]] if node.module else [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tregua") and not node.level:
            names = [([*node.module.split("."), "__init__"])[1]]
        elif isinstance(node, ast.Import):
            names = [([*alias.name.split("."), "__init__"])[1] for alias in node.names if alias.name.split(".")[0] == "tregua"]
        for name in names:
            found.append((name if (SOURCE / f"{name}.py").exists() or (SOURCE / name).is_dir() else "__init__", id(node) in late))
    return found


def test_every_module_has_a_layer():
    units = {unit_of(file) for file in FILES}
    assert units <= set(RANK), f"give {units - set(RANK)} a layer"
    assert set(RANK) <= units, f"{set(RANK) - units} is gone"


def test_the_scan_of_imports_sees_them():
    assert ("samplers", False) in imports_of(SOURCE / "random.py")
    assert ("figures", True) in imports_of(SOURCE / "study.py")
    assert ("model", False) in imports_of(SOURCE / "solvers" / "leap.py")
    assert ("xarray", False) not in imports_of(SOURCE / "trajectories.py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_module_imports_upwards(file):
    unit = unit_of(file)
    for name, late in imports_of(file):
        if name == unit or ((unit, name) in LAZY and late):
            continue
        assert RANK[name] < RANK[unit], f"{unit} imports {name}, which is not below it"
        if unit == "mechanisms":
            assert name in MECHANISMS_MAY, f"a mechanism only declares; it may not import {name}"


def test_the_allowed_exceptions_are_still_needed():
    used = {(unit_of(file), name) for file in FILES for name, late in imports_of(file) if late}
    assert set(LAZY) <= used


@pytest.mark.parametrize("file", [*FILES, *sorted(Path(__file__).parent.glob("*.py"))], ids=lambda file: file.name)
def test_files_and_functions_are_short_enough_to_be_read(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION, f"{node.name} has {length} lines"


def test_no_module_is_named_after_nothing_in_particular():
    assert not {file.stem for file in FILES} & {"utils", "util", "helpers", "helper", "common", "misc", "core", "base_classes"}


def tracked() -> list[Path]:
    """Files that git tracks or would track."""
    found = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("no git here")
    return [ROOT / line for line in found.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_tracked_file_knows_a_folder_outside_the_repository():
    # Written so that this file does not find itself.
    anywhere = r"(?<![\w.\-/:])/(?:work|root)/\w|\.\./" + "shared"
    found = {}
    for file in tracked():
        if file.suffix in {".png", ".svg", ".parquet", ".nc", ".lock"}:
            continue
        # Tests may name made-up homes to see that reports leave them out.
        outside = anywhere if file.is_relative_to(ROOT / "tests") else anywhere + r"|(?<![\w.\-/:])/(?:home|Users)/\w"
        hits = re.findall(outside, file.read_text(encoding="utf-8", errors="ignore"))
        if hits:
            found[str(file.relative_to(ROOT))] = hits[:3]
    assert not found


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, tregua; print(sorted({'jax', 'numpy', 'scipy', 'pandas', 'matplotlib', 'xarray', 'pint', 'pydantic'} & set(sys.modules)))"
    assert python(code) == "[]"


def test_importing_the_engine_starts_no_device_and_changes_no_setting():
    code = """
import jax
before = dict(jax.config.values)
import tregua.run, tregua.study, tregua.observe, tregua.mechanism
tregua.mechanism.registry()
from jax._src import xla_bridge
print(xla_bridge.backends_are_initialized(), dict(jax.config.values) == before)
"""
    assert python(code) == "False True"


def test_a_session_begins_once_and_makes_a_device_of_every_core_asked_for():
    code = """
from tregua import session
session.begin(cores=3, float64=True, cache=False)
import jax
print(len(jax.local_devices()), jax.numpy.zeros(1).dtype)
session.begin(cores=1, cache=False)
print(len(jax.local_devices()), jax.numpy.zeros(1).dtype)
"""
    assert python(code).split() == ["3", "float64", "3", "float32"]


def test_every_public_name_can_be_reached():
    for name in tregua.__all__:
        assert getattr(tregua, name) is not None
    with pytest.raises(AttributeError):
        tregua.nothing_of_the_kind  # noqa: B018


def test_the_types_of_signatures_are_checked_in_these_tests():
    from tregua.samplers import poisson_quantile

    with pytest.raises(Exception, match="Type-check error"):
        poisson_quantile(jnp.zeros(3), jnp.zeros(4))
