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
LINES, MECHANISM_LINES, FUNCTION = 680, 620, 111

TOP = ("errors", "error_codes", "optional", "shipped", "_version")
"""Modules at the top level, which every room may import and which import no room."""

ROOMS = (
    "model",
    "evidence",
    "mechanisms",
    "countries",
    "scenarios",
    "engine",
    "results",
    "reporting",
    "inference",
    "forecasting",
    "studies",
    "lab",
    "cli",
)
"""Lowest first. A room imports from itself and from those before it."""

LATE = {
    (
        "results.comparison",
        "reporting.charts.comparisons",
    ): "a comparison offers its figure, for notebooks",
}
"""Imports inside functions that go upwards or close a circle, and why."""

MECHANISMS_MAY = ("model.declarations", "model.mechanism", "model.vocabulary", "evidence.cite")
"""What a mechanism may import."""

MODULES = {
    ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): file
    for file in FILES
}


def imports_of(name: str) -> dict[str, bool]:
    """Modules of the package that a module imports,
    and whether it waits until a function is called.
    """
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    typed = {
        id(n)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for n in ast.walk(node)
    }
    late = {
        id(n)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for n in ast.walk(node)
    }
    folder = [part for part in name.split(".") if part != "__init__"]
    folder = folder if MODULES[name].name == "__init__.py" else folder[:-1]
    imported: dict[str, bool] = {}
    for node in ast.walk(tree):
        if id(node) in typed or not isinstance(node, ast.ImportFrom | ast.Import):
            continue
        if isinstance(node, ast.Import):
            full = [
                alias.name.removeprefix("tregua.")
                for alias in node.names
                if alias.name.startswith("tregua.")
            ]
        elif node.level:
            base = [*folder[: len(folder) - node.level + 1], *(node.module or "").split(".")]
            full = [".".join(part for part in (*base, alias.name) if part) for alias in node.names]
        elif (node.module or "").split(".")[0] == "tregua":
            full = [f"{node.module}.{alias.name}".removeprefix("tregua.") for alias in node.names]
        else:
            full = []
        for target in full:
            module = target if target in MODULES else target.rpartition(".")[0]
            if module in MODULES and module != name:
                imported[module] = imported.get(module, True) and id(node) in late
    return imported


GRAPH = {name: imports_of(name) for name in MODULES}


def room_of(name: str) -> str:
    return name.partition(".")[0]


def test_the_top_level_holds_the_rooms_and_few_files():
    inside = {room_of(name) for name in MODULES} - {"__init__", "__main__"}
    assert inside == {*ROOMS, *TOP}
    assert len(TOP) <= 8
    for room in ROOMS:
        assert ast.get_docstring(
            ast.parse((SOURCE / room / "__init__.py").read_text(encoding="utf-8"))
        ), f"{room} does not say what happens in it"


def test_the_scan_of_imports_sees_them():
    assert GRAPH["engine.random"]["engine.samplers"] is False
    assert GRAPH["results.comparison"]["reporting.charts.comparisons"] is True
    assert GRAPH["engine.solvers.leap"]["model.model"] is False
    assert "forecasting.baselines" in GRAPH["forecasting.scoreboard"]


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"__init__", "__main__"}))
def test_no_module_imports_upwards(name):
    for target, late in GRAPH[name].items():
        assert target != "__init__", (
            f"{name} imports the public face: take the name from its own module"
        )
        if (name, target) in LATE and late:
            continue
        if room_of(name) in TOP:
            assert room_of(target) in TOP, f"{name} lies below all rooms and imports {target}"
        elif room_of(target) not in TOP:
            assert ROOMS.index(room_of(target)) <= ROOMS.index(room_of(name)), (
                f"{name} imports {target}, which is above it"
            )
        if room_of(name) == "mechanisms":
            assert target in MECHANISMS_MAY, (
                f"a mechanism only declares; it may not import {target}"
            )


def test_no_imports_go_in_a_circle():
    left = {
        name: {target for target, late in targets.items() if (name, target) not in LATE}
        for name, targets in GRAPH.items()
    }
    while free := {name for name, targets in left.items() if not targets & set(left)}:
        left = {name: targets for name, targets in left.items() if name not in free}
    assert not left, f"a circle among {sorted(left)}"


def test_the_allowed_exceptions_are_still_needed():
    assert set(LATE) <= {
        (name, target)
        for name, targets in GRAPH.items()
        for target, late in targets.items()
        if late
    }


def test_a_module_that_only_imports_is_the_face_of_a_folder():
    for name, file in MODULES.items():
        body = ast.parse(file.read_text(encoding="utf-8")).body
        own = [
            node for node in body if not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)
        ]
        assert own or file.stem in ("__init__", "__main__"), f"{name} only passes names on"


@pytest.mark.parametrize(
    "file", [*FILES, *sorted(Path(__file__).parent.glob("*.py"))], ids=lambda file: file.name
)
def test_files_and_functions_are_short_enough_to_be_read(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= (
        MECHANISM_LINES if file.parent.name == "mechanisms" else LINES
    )
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION, f"{node.name} has {length} lines"


def test_no_module_is_named_after_nothing_in_particular():
    assert not {file.stem for file in FILES} & {
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "misc",
        "core",
        "base_classes",
    }


def tracked() -> list[Path]:
    """Files that git tracks or would track."""
    found = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
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
        outside = (
            anywhere
            if file.is_relative_to(ROOT / "tests")
            else anywhere + r"|(?<![\w.\-/:])/(?:home|Users)/\w"
        )
        hits = re.findall(outside, file.read_text(encoding="utf-8", errors="ignore"))
        if hits:
            found[str(file.relative_to(ROOT))] = hits[:3]
    assert not found


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, tregua; print(sorted({'jax', 'numpy', 'scipy', 'pandas', 'matplotlib', "
        "'xarray', 'pint', 'pydantic'} & set(sys.modules)))"
    )
    assert python(code) == "[]"


def test_importing_the_engine_starts_no_device_and_changes_no_setting():
    code = """
import jax
before = dict(jax.config.values)
import tregua.engine.run, tregua.studies.study, tregua.results.tables, tregua.model.mechanism
tregua.model.mechanism.registry()
from jax._src import xla_bridge
print(xla_bridge.backends_are_initialized(), dict(jax.config.values) == before)
"""
    assert python(code) == "False True"


def test_a_session_begins_once_and_makes_a_device_of_every_core_asked_for():
    code = """
from tregua.engine import session
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
    from tregua.engine.samplers import poisson_quantile

    with pytest.raises(Exception, match="Type-check error"):
        poisson_quantile(jnp.zeros(3), jnp.zeros(4))
