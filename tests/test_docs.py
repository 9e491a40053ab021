"""Documents that fail when they lie."""

import re
import subprocess
import sys
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


def test_readme_names_two_commands_of_one_line_each():
    blocks = re.findall(r"```sh\n(.*?)\n```", README, re.S)
    assert len(blocks) == 2
    assert all("\n" not in block for block in blocks)
    assert blocks[0].endswith("tregua run")
    assert "pytest" in blocks[1]
    assert blocks[0].split(" && ")[:3] == blocks[1].split(" && ")[:3]


def test_readme_commands_exist():
    from tregua.cli.app_record import app

    named = set(re.findall(r"`tregua ([a-z]+)", README))
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
    from tregua.shipped import read_table, table_notes

    package = ROOT / "src" / "tregua"
    folders = sorted({path.parent for path in package.rglob("*.csv")})
    assert len(folders) > 4
    for folder in folders:
        if (folder.parent / "posterior.json").is_file():
            # What a fit made of the record; where that comes from is in the record of the fit.
            continue
        place = folder.relative_to(package).as_posix()
        notes = {note["file"]: note for note in table_notes(place)}
        assert set(notes) == {path.name for path in folder.glob("*.csv")}
        for file, note in notes.items():
            assert note["source"] and note["licence"] and note["note"] and note["unit"]
            assert len(read_table(place, file)) == note["rows"]
