"""Documents that fail when they lie."""

import csv
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tregua.error_codes import ESSAYS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src" / "tregua").rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
]


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.S))
def test_readme_python_runs_as_it_stands(block, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, timeout=170
    )
    assert done.returncode == 0, done.stderr
    assert "halve recruitment" in done.stdout
    assert (tmp_path / "difference.png").stat().st_size > 10_000


def test_readme_names_two_commands():
    blocks = re.findall(r"```sh\n(.*?)\n```", README, re.S)
    assert len(blocks) == 2
    steps = [re.split(r" *\\?\s*&& ", block) for block in blocks]
    assert [commands[-1] for commands in steps] == [
        ".venv/bin/tregua run",
        ".venv/bin/pytest -n auto",
    ]
    assert steps[0][:3] == steps[1][:3] and len(steps[0]) == 4


def test_readme_commands_exist():
    from tregua.cli.app_record import app

    named = set(re.findall(r"`tregua ([a-z-]+)", README))
    assert named == {name for name in app if not name.startswith("-")}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_and_pictures_of_a_page_are_there(page):
    text = page.read_text(encoding="utf-8")
    for alt, target in re.findall(r"!?\[([^\]]*)\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
        assert alt


def test_every_code_that_is_raised_has_an_essay_and_the_other_way_round():
    raised = {
        code
        for file in SOURCES
        for code in re.findall(r'"(TR\d{4})"', file.read_text(encoding="utf-8"))
    }
    assert raised == set(ESSAYS)


def test_every_essay_says_more_than_its_title():
    assert all(len(essay.text) > 50 and essay.title for essay in ESSAYS.values())


def test_every_public_name_has_a_docstring_and_loads():
    import tregua

    for name in tregua.__all__:
        assert getattr(getattr(tregua, name), "__doc__", None), name


def test_every_shipped_table_has_a_source_and_the_number_of_rows_it_states():
    package, noted = ROOT / "src" / "tregua", {}
    for notes in package.rglob("SOURCES.toml"):
        for note in tomllib.loads(notes.read_text(encoding="utf-8"))["table"]:
            # The list of territories lies at the top of a country's folder.
            top = note["file"] == "territories.csv"
            noted[(notes.parents[1] if top else notes.parent) / note["file"]] = note
    # What a fit made of the record has no notes; where that comes from is in the record of the fit.
    shipped = {
        path
        for path in package.rglob("*.csv")
        if not (path.parents[1] / "posterior.json").is_file()
    }
    assert set(noted) == shipped and len({path.parent for path in shipped}) > 4
    for path, note in noted.items():
        assert note["source"] and note["licence"] and note["note"] and note["unit"]
        with path.open(encoding="utf-8", newline="") as file:
            assert len(list(csv.reader(file))) - 1 == note["rows"], path


def test_the_picture_of_the_house_shows_the_imports_as_they_are():
    done = subprocess.run(
        [sys.executable, "scripts/house.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_what_the_design_names_is_there():
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / "src" / "tregua").iterdir() if path.is_dir()}
    named = set(re.findall(r"`([a-z_]+(?:\.\w+)+)`", page))
    named = {name for name in named if name.partition(".")[0] in rooms}
    assert len(named) > 25
    for name in named:
        module, left = importlib.import_module(f"tregua.{name.split('.')[0]}"), name.split(".")[1:]
        for part in left:
            try:
                module = getattr(module, part)
            except AttributeError:
                module = importlib.import_module(f"{module.__name__}.{part}")
