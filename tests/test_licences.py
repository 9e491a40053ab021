"""Who may do what with the code and the data: said for every file, and in the package itself."""

import re
import tomllib
from pathlib import Path

import data_licences as licences
import pytest

import tregua

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "data_licences.py"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


TABLES = licences.read_tables()


def repository(folder: Path, note: str, *files: str) -> Path:
    """A repository with a folder of tables and its notes."""
    place = folder / "src" / "tregua" / "data" / "somewhere"
    place.mkdir(parents=True)
    (place / "SOURCES.toml").write_text(note, encoding="utf-8")
    for file in files:
        (place / file).write_text("a\n1\n", encoding="utf-8")
    return folder


def note(**changes: str) -> str:
    """The note of a table of our own, with changes; an empty text takes a key away."""
    keys = {"file": "a.csv", "source": "us", "licence": "own work", "may_pass_on": "own"}
    said = {key: text for key, text in {**keys, **changes}.items() if text}
    return "\n".join(["[[table]]", *(f'{key} = "{text}"' for key, text in said.items())]) + "\n"


def test_the_page_says_what_the_notes_say():
    assert licences.problems() == []
    page = (ROOT / licences.PAGE).read_text(encoding="utf-8")
    assert page == licences.page(), "run python scripts/data_licences.py"


def test_every_shipped_table_has_a_note_that_says_who_may_pass_it_on():
    noted = {table.path: table.note["may_pass_on"] for table in TABLES}
    assert set(noted.values()) == {group.key for group in licences.GROUPS}
    for file in sorted((ROOT / "src" / "tregua").rglob("*.csv")):
        # The tables of a fit have no notes: the record of the fit says what they are from.
        if not (file.parent.name == "tables" and (file.parents[1] / "posterior.json").is_file()):
            assert noted.pop(file.relative_to(ROOT).as_posix())
    assert not noted, "notes of files that are not there"


def test_every_data_file_stands_on_the_page_once():
    page = (ROOT / licences.PAGE).read_text(encoding="utf-8")
    for path in [*(table.path for table in TABLES), *licences.other_files(ROOT, TABLES)]:
        assert page.count(f"`{path}`") == (not licences.fits(path, licences.SOFTWARE)), path


def test_a_licence_text_belongs_to_one_group():
    texts = [text for group in licences.GROUPS for text in group.licences]
    assert len(set(texts)) == len(texts)
    assert set(texts) == {table.note["licence"] for table in TABLES}, "texts that no table has"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"licence": "all rights reserved"}, "fits no group"),
        ({"licence": ""}, "lacks licence"),
        ({"may_pass_on": ""}, "lacks may_pass_on"),
        ({"may_pass_on": "anything"}, "must be one of own, CC BY 4.0"),
        ({"may_pass_on": "facts"}, "belongs to ['own']"),
        ({"licence": "MIT", "may_pass_on": "MIT"}, "copyright line"),
        ({"file": "b.csv"}, "no such file"),
    ],
)
def test_a_table_of_which_nobody_says_who_may_pass_it_on_is_refused(tmp_path, changes, said):
    problems = licences.problems(repository(tmp_path, note(**changes), "a.csv"))
    assert any(said in problem for problem in problems), problems


def test_a_file_without_a_note_and_a_table_with_two_are_refused(tmp_path):
    root = repository(tmp_path, note() + note(), "a.csv", "new.csv")
    twice, unknown = licences.problems(root)
    assert "a.csv: it has more than one note" in twice
    assert "new.csv: no note says who may pass it on" in unknown


def test_a_page_out_of_date_or_a_table_in_no_group_ends_with_1(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(licences, "ROOT", repository(tmp_path, note(), "a.csv"))
    monkeypatch.setattr(licences, "problems", lambda: [])
    monkeypatch.setattr(licences, "page", lambda: "as it should be\n")
    assert licences.main(["--check"]) == 1
    assert licences.main([]) == 0
    assert licences.main(["--check"]) == 0
    monkeypatch.setattr(licences, "problems", lambda: ["a.csv: fits no group"])
    capsys.readouterr()
    assert licences.main([]) == 1
    assert "a.csv: fits no group" in capsys.readouterr().err


def test_the_package_says_its_licence():
    assert (PROJECT["license"], PROJECT["license-files"]) == (
        "MIT",
        ["LICENSE", "DATA-LICENCES.md"],
    )
    assert not any(entry.startswith("License ::") for entry in PROJECT["classifiers"])
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License\n\nCopyright (c) 2026 Tregua contributors\n")
    assert (ROOT / "src" / "tregua" / "py.typed").is_file()


def test_the_citation_is_of_this_version():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    said = dict(re.findall(r"^([a-z-]+): (.+)$", text, re.M))
    assert said["version"] == tregua.__version__
    assert said["license"] == PROJECT["license"]
    assert [{"name": name} for name in re.findall(r"- name: (.+)", text)] == PROJECT["authors"]
