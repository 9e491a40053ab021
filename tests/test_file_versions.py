"""Versions of scenario files: the schema for editors, and files of an older version."""

import json
import tomllib
from pathlib import Path

import pytest

from tregua.cli import run_command
from tregua.errors import TreguaError
from tregua.scenarios.editing import migrated
from tregua.scenarios.reading import shipped_scenarios
from tregua.scenarios.schema import VERSION, parse
from tregua.scenarios.toml import load_scenario, read_scenario

OLD = """\
# Written by hand: keep my comment.
[scenario]
name = "old"
data = "mexico-2007"
start = 2010-01-01   # later than the data
end = 2012-01-01

[[policy]]
name = "everywhere"
[[policy.change]]
target = "arrests.effort"
scale = 2
territories = []
"""


def refused(make, code):
    with pytest.raises(TreguaError) as caught:
        make()
    assert caught.value.code == code
    return caught.value


def test_what_ships_and_what_is_new_has_the_present_version(tmp_path):
    for name in shipped_scenarios():
        assert parse(load_scenario(name).text, name).version == VERSION
    file = tmp_path / "new.toml"
    assert run_command(["new", str(file)]) == 0
    assert tomllib.loads(file.read_text(encoding="utf-8"))["version"] == VERSION
    assert migrated(file.read_text(encoding="utf-8"), "new") == (file.read_text("utf-8"), ())


def test_a_file_of_an_older_version_is_refused_by_name_and_migrated(tmp_path, capsys):
    file = tmp_path / "old.toml"
    file.write_text(OLD, encoding="utf-8")
    error = refused(lambda: load_scenario(file), "TR1308")
    assert "tregua migrate" in error.text()
    assert run_command(["migrate", str(file)]) == 0
    told, new = capsys.readouterr().out, file.read_text(encoding="utf-8")
    assert "2007-01-01" in told and "everywhere" in told
    assert "# Written by hand: keep my comment." in new and "# later than the data" in new
    assert (tmp_path / "old.toml.old").read_text(encoding="utf-8") == OLD
    read = load_scenario(file)
    assert read.policies["everywhere"].modifiers[0].territories is None
    assert read.scenario.stocks == "as of 2007-01-01"
    assert run_command(["migrate", str(file)]) == 0, "nothing is left to do"
    assert file.read_text(encoding="utf-8") == new


def test_a_migration_loses_nothing(tmp_path):
    file, kept = tmp_path / "old.toml", tmp_path / "old.toml.old"
    file.write_text(OLD, encoding="utf-8")
    kept.write_text("mine", encoding="utf-8")
    assert run_command(["migrate", str(file)]) == 2
    assert (file.read_text("utf-8"), kept.read_text("utf-8")) == (OLD, "mine")
    assert run_command(["migrate", str(file), "--out", str(tmp_path / "new.toml")]) == 0
    assert file.read_text(encoding="utf-8") == OLD and load_scenario(tmp_path / "new.toml")
    assert run_command(["migrate", str(file), "--out", str(kept)]) == 2


def test_what_an_older_version_read_as_something_else_is_not_guessed(tmp_path):
    file = tmp_path / "comma.toml"
    text = OLD.replace("scale = 2", 'scale = "0,5"')
    file.write_text(text, encoding="utf-8")
    assert run_command(["migrate", str(file)]) == 2
    assert file.read_text(encoding="utf-8") == text and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("version", [VERSION + 1, 10**9])
def test_a_file_of_a_later_version_is_refused(version):
    text = load_scenario("size-2023").text.replace("version = 2", f"version = {version}")
    error = refused(lambda: read_scenario(text, "later.toml"), "TR1105")
    assert "newer Tregua" in error.text()


@pytest.mark.parametrize("version", ["0", '"2"', "true", "2.0", "-1"])
def test_a_version_that_is_none_is_refused(version):
    text = load_scenario("size-2023").text.replace("version = 2", f"version = {version}")
    error = refused(lambda: read_scenario(text, "odd.toml"), "TR1204")
    assert "version" in error.details["where"]


def keys_of(table, made, schema):
    """Keys of a table of a file with the schema of each."""
    for key, value in table.items():
        place = made["properties"][key]
        yield key, value, schema["$defs"].get(str(place.get("$ref", "")).rsplit("/", 1)[-1], place)


def test_an_editor_can_complete_from_the_schema(tmp_path, capsys):
    file = tmp_path / "schema.json"
    assert run_command(["schema", "--out", str(file)]) == 0
    schema = json.loads(file.read_text(encoding="utf-8"))
    for name in shipped_scenarios():
        raw = tomllib.loads(load_scenario(name).text)
        tables = {key: place for key, _, place in keys_of(raw, schema, schema)}
        assert set(raw["values"]) <= set(tables["values"]["properties"])
        for key in ("scenario", "run"):
            assert set(raw[key]) <= set(tables[key]["properties"])
        targets = {c["target"] for p in raw["policy"] for c in p.get("change", [])}
        change = schema["$defs"]["ChangeTable"]["properties"]
        assert targets <= set(change["target"]["examples"])
    assert schema["properties"]["scenario"]["$ref"] and not schema["additionalProperties"]
    assert all("description" in x for x in schema["$defs"]["ScenarioTable"]["properties"].values())
    capsys.readouterr()
    assert run_command(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema
    assert Path(file).exists() and run_command(["schema", "--out", str(file)]) == 2
