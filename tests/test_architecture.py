"""The shape of the package: who may import whom, how long things are, and what an import may do."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jax.numpy as jnp
import pytest
from house import FACES, GROUND, ROOMS, import_graph, modules, room_of

import tregua

SOURCE = Path(tregua.__file__).parent
ROOT = SOURCE.parents[1]
FILES = sorted(SOURCE.rglob("*.py"))
LINES, MECHANISM_LINES, FUNCTION = 500, 600, 75
COLUMNS = 100

VAGUE = {"found": 20, "thing": 20, "kept": 20}
"""Names that say nothing of what they hold, and in how many places of the package each may be bound
at most.
"""

DATA = {".csv", ".json", ".lock", ".png", ".svg", ".parquet", ".nc", ".npz", ".geojson", ".woff2"}
"""Endings of files that are data or pictures: nobody reads their lines."""

UNBROKEN = (
    # A picture in Markdown with its alternative text has to stand on one line.
    r"\s*!\[.*\]\([^)]*\)",
    # An address cannot be broken.
    r"\S*\s*\S?https?://\S+",
)
"""Lines that may be longer than others, and why."""

LATE = {
    (
        "results.comparison",
        "reporting.charts.comparisons",
    ): "a comparison offers its figure, for notebooks",
}
"""Imports inside functions that go upwards or close a circle, and why."""

MECHANISMS_MAY = ("model.declarations", "model.mechanism", "model.vocabulary", "evidence.cite")
"""What a mechanism may import."""

MODULES = modules()
GRAPH = import_graph()


def test_the_top_level_holds_the_rooms_and_few_files():
    inside = {room_of(name) for name in MODULES} - {"__init__", "__main__"}
    assert inside == {*ROOMS, *GROUND, *FACES}
    assert len(GROUND) <= 8
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
        if room_of(name) in FACES:
            continue
        assert room_of(target) not in FACES, f"{name} imports {target}, which is for others"
        if room_of(name) in GROUND:
            assert room_of(target) in GROUND, f"{name} lies below all rooms and imports {target}"
        elif room_of(target) not in GROUND:
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


def only_imports(body: list[ast.stmt]) -> bool:
    return all(isinstance(node, ast.Import | ast.ImportFrom | ast.Expr) for node in body)


def test_a_module_that_only_imports_is_the_face_of_a_folder():
    for name, file in MODULES.items():
        body = ast.parse(file.read_text(encoding="utf-8")).body
        face = file.stem in ("__init__", "__main__") or name in FACES
        assert face or not only_imports(body), f"{name} only passes names on"
    # A docstring and an import are nothing of one's own, a constant is.
    assert only_imports(ast.parse('"""Says."""\nfrom a import b').body)
    assert not only_imports(ast.parse('"""Says."""\nfrom a import b\nC = b').body)


def bound_names(tree: ast.AST) -> Counter[str]:
    """How often each name is bound: assigned, or a parameter of a function."""
    return Counter(
        node.arg if isinstance(node, ast.arg) else node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.arg)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    )


def test_names_say_what_they_hold():
    assert bound_names(ast.parse("def f(kept):\n    for found in kept: thing = found")) == {
        "kept": 1,
        "found": 1,
        "thing": 1,
    }
    places = {
        name: bound_names(ast.parse(file.read_text(encoding="utf-8")))
        for name, file in MODULES.items()
    }
    for vague, most in VAGUE.items():
        where = {name: counts[vague] for name, counts in places.items() if counts[vague]}
        assert sum(where.values()) <= most, f"{vague} is bound in {where}"


def long_lines(text: str) -> list[int]:
    """Numbers of the lines that are too long and not among the exceptions."""
    return [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > COLUMNS and not any(re.fullmatch(rule, line) for rule in UNBROKEN)
    ]


def test_the_check_of_long_lines_sees_them():
    long = COLUMNS * "x"
    assert long_lines(f"{long}\n{long}x\n![{long}](a.png)\n![{long}](a.png) and more") == [2, 4]


def test_no_line_is_too_long_to_be_read():
    """Code, documents, words, templates and styles."""
    too_long = {}
    for file in tracked():
        if file.suffix in DATA or b"\0" in (content := file.read_bytes()):
            continue
        if numbers := long_lines(content.decode("utf-8")):
            too_long[str(file.relative_to(ROOT))] = numbers
    assert not too_long


@pytest.mark.parametrize(
    "file",
    [*FILES, *sorted(Path(__file__).parent.glob("*.py"))],
    ids=lambda file: f"{file.parent.name}/{file.name}",
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
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("no git here")
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_tracked_file_knows_a_folder_outside_the_repository():
    # Written so that this file does not find itself.
    anywhere = r"(?<![\w.\-/:])/(?:work|root)/\w|\.\./" + "shared"
    named = {}
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
            named[str(file.relative_to(ROOT))] = hits[:3]
    assert not named


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
import tregua.engine.run, tregua.studies.study, tregua.results.tables, tregua.model.registry
tregua.model.registry.registry()
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
