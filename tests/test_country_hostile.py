"""Countries that are meant to break something: refused with a code, before anything is read."""

from __future__ import annotations

import os

import pandas
import pytest

from tregua.cli import run_command
from tregua.cli.new_country import write_country
from tregua.countries.pack import copy_of
from tregua.countries.record import monthly_record, yearly_record
from tregua.countries.registry import folder_pack, load
from tregua.countries.territories import plain
from tregua.errors import TreguaError

RATE = ('value = 3.4e-3\nunit = "1/week"', "values.toml")
COUNT = ('file = "homicides-month.csv"', "pack.toml")
WRONG = {
    "another unit": (*RATE, 'value = 0.177\nunit = "1/year"', "TR1534"),
    "no unit": (*RATE, 'value = 0.177\nunit = "banana"', "TR1534"),
    "a list that fits nowhere": (*RATE, 'value = [1e-3, 2e-3]\nunit = "1/week"', "TR1535"),
    "a file outside": (*COUNT, 'file = "../../secret.csv"', "TR1512"),
    "a file with a zero byte": (*COUNT, 'file = "a\\u0000.csv"', "TR1512"),
    "a record of a billion years": (
        "last_year = 2020",
        "pack.toml",
        "last_year = 1000000000",
        "TR1512",
    ),
    "a title with marks": (
        'title = { en = "lakeland"',
        "pack.toml",
        'title = { en = "<script>alert(1)</script>"',
        "TR1512",
    ),
    "brackets within brackets": ("corps = [", "pack.toml", "corps = [" + "[" * 20_000, "TR1512"),
    "a number of 5,000 digits": (
        "fit_from = 2015",
        "pack.toml",
        "fit_from = " + "9" * 5000,
        "TR1512",
    ),
    "a name with a hidden sign": ("Alba,", "territories.csv", "Al\x1bba,", "TR1514"),
}


@pytest.fixture
def country(tmp_path):
    folder = tmp_path / "lakeland"
    write_country(folder)
    return folder


@pytest.mark.parametrize("case", WRONG)
def test_a_run_refuses_what_the_check_refuses(country, case):
    old, file, new, code = WRONG[case]
    text = (country / file).read_text(encoding="utf-8")
    assert old in text
    (country / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TreguaError) as refused:
        load(f"{country}/")
    assert refused.value.code == code


def test_nothing_outside_the_folder_is_read(country, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("state_code,year\n01,2020\n", encoding="utf-8")
    (country / "tables" / "ties.csv").unlink()
    os.symlink(secret, country / "tables" / "ties.csv")
    with pytest.raises(TreguaError) as refused:
        load(f"{country}/")
    assert refused.value.code == "TR1513" and "outside" in str(refused.value.details)


def test_what_cannot_be_copied_is_refused_before_the_work(country, tmp_path, capsys):
    secret = tmp_path / "secret"
    secret.write_text("nobody's business", encoding="utf-8")
    os.symlink(secret, country / "leak.csv")
    assert run_command(["check", str(country)]) == 2
    assert "TR1513" in capsys.readouterr().err


def test_the_copy_is_of_what_was_read(country, tmp_path):
    pack = folder_pack(country)
    before = pack.files["values.toml"]
    (country / "values.toml").write_text("", encoding="utf-8")
    copy_of(pack, tmp_path / "copy")
    assert (tmp_path / "copy" / "values.toml").read_bytes() == before != b""


def test_a_pipe_is_no_table(country):
    (country / "tables" / "ties.csv").unlink()
    os.mkfifo(country / "tables" / "ties.csv")
    with pytest.raises(TreguaError) as refused:
        folder_pack(country).table("ties.csv")
    assert refused.value.code == "TR1513"


@pytest.mark.parametrize("cell", ["abc", "-17", "", "1.9", "inf", "1e400", "9" * 26])
def test_a_record_with_a_cell_that_is_no_count_is_refused(country, cell):
    file = country / "tables" / "homicides-month.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[3] = cell
    lines[1] = ",".join(cells)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for record in (yearly_record, monthly_record):
        with pytest.raises(TreguaError) as refused:
            record(folder_pack(country))
        assert refused.value.code in {"TR1525", "TR1528", "TR1530"}


def test_a_start_without_members_is_refused(country):
    file = country / "tables" / "presence.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    nobody = [line.rsplit(",", 1)[0] + ",0" for line in lines[1:]]
    file.write_text("\n".join([lines[0], *nobody]) + "\n", encoding="utf-8")
    with pytest.raises(TreguaError) as refused:
        load(f"{country}/")
    assert refused.value.code == "TR1514" and "presence.csv" in str(refused.value.details)


def test_names_in_other_letters_are_names():
    assert plain("北京") and plain("Москва") != plain("Минск")
    assert plain("Querétaro") == "queretaro"


@pytest.mark.parametrize("parent", ["", "Otters", "Nobody"])
def test_a_group_that_split_off_has_a_parent(country, parent):
    file = country / "tables" / "groups.csv"
    table = pandas.read_csv(file, dtype=str)
    table["founded"], table["parent"] = ["", "2016-05-01"], ["", parent]
    assert table["group"][1] == "Otters"
    table.to_csv(file, index=False)
    with pytest.raises(TreguaError) as refused:
        load(f"{country}/")
    assert refused.value.code == "TR1527"


@pytest.mark.parametrize("command", ["data", "forecast", "score", "fit", "ladder"])
def test_a_data_set_is_not_taken_for_its_country(command, capsys):
    assert run_command([*command.split(), "--data", "groups-2020"]) == 2
    assert "TR2924" in capsys.readouterr().err
