"""Scenario files: what is read, and how a bad one is refused."""

import datetime as dt
import re
import time

import pytest

from tregua.engine.plan import plan_of_file
from tregua.errors import TreguaError
from tregua.scenarios.reading import shipped_scenarios
from tregua.scenarios.scenario import resolve
from tregua.scenarios.toml import load_scenario, read_scenario

GOOD = load_scenario("size-2023").text

# What is put wrong, the code it must give, a word that must name the place, and a text that must
# stand in `found`, `expected` or `nearest`.
BAD = {
    "misspelt parameter": (
        '"recruitment.rate" =',
        '"recruitment.rat" =',
        "TR1203",
        "values.recruitment.rat",
        "recruitment.rate",
    ),
    "no unit": ('"110 person/week"', "110", "TR1301", "values.arrests.effort", "person/week"),
    "wrong kind of unit": (
        '"110 person/week"',
        '"110 week"',
        "TR1303",
        "values.arrests.effort",
        "person/week",
    ),
    "no quantity": ('"110 person/week"', '"plenty"', "TR1302", "values.arrests.effort", "plenty"),
    "empty quantity": ('"110 person/week"', '""', "TR1302", "values.arrests.effort", "110"),
    "negative rate": ('"110 person/week"', '"-1 person/week"', "TR1306", "arrests.effort", "-1"),
    "not a number": (
        '"110 person/week"',
        '"nan person/week"',
        "TR1302",
        "arrests.effort",
        "nan person/week",
    ),
    "code in place of a number": (
        '"110 person/week"',
        "\"__import__('os')\"",
        "TR1302",
        "values.arrests.effort",
        "__import__",
    ),
    "text for a number": (
        "replicates = 200",
        'replicates = "many"',
        "TR1204",
        "run.replicates",
        "a whole number",
    ),
    "a boolean for a number": ("seed = 1", "seed = true", "TR1204", "run.seed", "a whole number"),
    "no replicates": ("replicates = 200", "replicates = 0", "TR2204", "key run", "at least 1"),
    "unknown solver": (
        'solver = "tau-leap"',
        'solver = "tau-lap"',
        "TR2202",
        "key run",
        "tau-leap",
    ),
    "misspelt key": ("solver =", "sollver =", "TR1201", "run.sollver", "solver"),
    "misspelt table": ("[values]", "[valves]", "TR1201", "valves", "values"),
    "missing name": ('name = "size-2023"\n', "", "TR1202", "scenario.name", "name"),
    "name that leaves the folder": (
        'name = "size-2023"',
        'name = "../x"',
        "TR1204",
        "scenario.name",
        "../x",
    ),
    "ends before it starts": (
        "end = 2027-01-01",
        "end = 2011-01-01",
        "TR1305",
        "scenario.end",
        "2012-01-01",
    ),
    "no date": ("end = 2027-01-01", 'end = "soon"', "TR1304", "scenario.end", "soon"),
    "end and length": (
        "end = 2027-01-01",
        'end = 2027-01-01\nlength = "1 year"',
        "TR1305",
        "scenario",
        "2027-01-01",
    ),
    "unknown mechanism": ('"conflict",', '"confict",', "TR1205", "scenario.mechanisms", "conflict"),
    "mechanism twice": ('"conflict",', '"conflict", "conflict",', "TR2101", "bad.toml", ""),
    "unknown data": (
        'data = "groups-2020"',
        'data = "groups-2002"',
        "TR1501",
        "bad.toml",
        "groups-2020",
    ),
    "unknown target": (
        'target = "arrests.effort"',
        'target = "arrest.effort"',
        "TR1401",
        "policy.0",
        "arrests.effort",
    ),
    "two operations": (
        "scale = 2\n",
        'scale = 2\ncap = "1 person/week"\n',
        "TR1208",
        "policy.0",
        "scale, cap",
    ),
    "negative factor": ("scale = 2\n", "scale = -2\n", "TR1402", "policy.0", "-2"),
    "unknown policy in force": (
        "in_force = []",
        'in_force = ["bot"]',
        "TR1207",
        "scenario.in_force",
        "both",
    ),
    "unknown part of a combination": (
        '"halve-recruitment"]',
        '"halve"]',
        "TR1207",
        "combines",
        "halve",
    ),
    "two policies of one name": ('name = "none"', 'name = "both"', "TR1206", "policy.3", ""),
    "ramp without unit": ("scale = 2\n", "scale = 2\nramp = 26\n", "TR1301", "ramp", "26 week"),
    "unknown territory": (
        "scale = 2\n",
        'scale = 2\nterritories = ["Mexiko"]\n',
        "TR1403",
        "double-arrests",
        "Mexico",
    ),
    "change of a start after the start": (
        'target = "arrests.effort"',
        'target = "founding.members_at_start"',
        "TR1404",
        "double-arrests",
        "founding.members_at_start",
    ),
    "endless ramp": ("scale = 2\n", 'scale = 2\nramp = "inf week"\n', "TR1302", "policy.0", "inf"),
    "longer than the calendar": (
        "end = 2027-01-01",
        'length = "100000 year"',
        "TR1305",
        "scenario.length",
        "100000 year",
    ),
    "policy named as the scenario": ('name = "none"', 'name = "size-2023"', "TR1206", "policy", ""),
    "unknown key with the name of a type": (
        "[scenario]",
        "[scenario]\ndate = 5",
        "TR1201",
        "scenario.date",
        "data",
    ),
    "unknown table with the name of a type": (
        "[values]",
        "[str]\n[values]",
        "TR1201",
        "key str",
        "values",
    ),
    "value for a table": (
        'name = "both"',
        'name = "both"\nchange = 3',
        "TR1204",
        "policy.2.change",
        "a table, under the heading [[policy.change]]",
    ),
    "table for text": (
        'label = "No change"',
        "label = {a = 1}",
        "TR1204",
        "policy.3.label",
        "a table with a",
    ),
    "policy out of the support": (
        "scale = 2\n",
        'add = "-26000 person/year"\n',
        "TR1306",
        "key policy.0, policy 'double-arrests', change of arrests.effort",
        (
            "add to arrests.effort -26000 person/year from 2022-01-01, which makes "
            "it -388.289 person/week"
        ),
    ),
    "value out of the support in other units": (
        '"110 person/week"',
        '"-5 person/year"',
        "TR1306",
        "values.arrests.effort",
        "-5 person/year",
    ),
    "year of two digits": (
        "start = 2012-01-01",
        'start = "12"',
        "TR1304",
        "scenario.start",
        "2022-01",
    ),
    "misspelt unit": (
        '"110 person/week"',
        '"110 person/fortnite"',
        "TR1302",
        "values.arrests.effort",
        "fortnight",
    ),
    "nobody": ('"founding", ', "", "TR2207", "scenario.mechanisms", "founding"),
    "control characters in a label": (
        'label = "No change"',
        'label = "No\\u0007 change"',
        "TR1204",
        "policy.3.label",
        "\\x07",
    ),
    "label of two lines": (
        'label = "No change"',
        'label = "No\\nchange"',
        "TR1204",
        "policy.3.label",
        "",
    ),
    "overlong label": (
        'label = "No change"',
        f'label = "{"no " * 100}"',
        "TR1204",
        "policy.3.label",
        "200",
    ),
    "overlong name": ('name = "none"', f'name = "{"n" * 81}"', "TR1204", "policy.3.name", "80"),
    "broken TOML": ("[scenario]", "[scenario", "TR1102", "bad.toml", ""),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_code_place_and_remedy(case, tmp_path):
    old, new, code, place, said = BAD[case]
    assert old in GOOD, "the case no longer changes the shipped file"
    file = tmp_path / "bad.toml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TreguaError) as caught:
        plan_of_file(load_scenario(file))
    assert caught.value.code == code
    assert "bad.toml" in caught.value.details["where"]
    assert place in caught.value.details["where"] + caught.value.what
    assert said in " ".join(str(x) for x in caught.value.details.values())
    assert list(tmp_path.iterdir()) == [file], "a refusal must leave nothing behind"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"[[[[", b"x" * 100_000],
    ids=["empty", "binary", "brackets", "long"],
)
def test_files_that_are_no_scenario_are_refused_and_not_crashed_on(content, tmp_path):
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(TreguaError) as caught:
        load_scenario(file)
    assert caught.value.code in ("TR1102", "TR1103", "TR1104", "TR1202")


@pytest.mark.parametrize("source", ["nowhere.toml", ".", "size-2024"])
def test_a_missing_file_names_the_nearest(source):
    with pytest.raises(TreguaError) as caught:
        load_scenario(source)
    assert caught.value.code == "TR1101"
    assert "size-2023" in caught.value.details["expected"]


def test_a_scenario_that_is_no_table_is_refused_in_plain_words(tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text("scenario = 3", encoding="utf-8")
    with pytest.raises(TreguaError, match="TR1204") as caught:
        load_scenario(file)
    assert caught.value.details["expected"] == "a table, under the heading [scenario]"


def test_units_are_converted(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text(GOOD.replace('"0.002527474 / week"', '"13.18756 % / year"'), encoding="utf-8")
    rate = load_scenario(file).scenario.values["recruitment.rate"]
    assert rate == pytest.approx(0.1318756 / (365.25 / 7), rel=1e-12)


def test_a_dotted_key_without_quotes_means_the_same(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text(GOOD.replace('"recruitment.rate" =', "recruitment.rate ="), encoding="utf-8")
    assert load_scenario(file).scenario.values == load_scenario("size-2023").scenario.values


def test_policies_in_force_act_and_are_in_the_scenario(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text(GOOD.replace("in_force = []", 'in_force = ["both"]'), encoding="utf-8")
    scenario = load_scenario(file).scenario
    assert [policy.name for policy in scenario.policies] == ["both"]
    assert scenario.name == "size-2023", (
        "putting a policy into force must not rename the file's scenario"
    )
    levers = scenario.compile().levers
    assert levers["arrests.effort"].slope[-1] == 2.0
    assert levers["recruitment.rate"].slope[-1] == 0.5


def test_the_command_line_wins_over_the_file():
    read = load_scenario(overrides={"recruitment.rate": "0.001 / week"})
    assert (resolve(read.scenario)["recruitment.rate"].value == 0.001).all()
    assert resolve(read.scenario)["recruitment.rate"].layer == "command line"


def test_every_shipped_scenario_loads_and_says_why_its_policies_are_there():
    for name in shipped_scenarios():
        read = load_scenario(name)
        assert read.scenario.name == name
        assert all(policy.doc and policy.label for policy in read.policies.values())


def test_the_shipped_scenario_is_the_published_model():
    read = load_scenario("size-2023")
    defaults = {name: p.value for name, p in read.scenario.model.parameters.items()}
    assert {
        n: float(r.value.ravel()[0]) for n, r in resolve(read.scenario).items()
    } == pytest.approx(defaults)
    assert (read.scenario.start.year, read.scenario.date(read.scenario.weeks).year) == (2012, 2027)
    assert read.replicates >= 200
    assert re.search(r'solver = "tau-leap"', read.text)


def test_the_default_scenario_is_the_national_model_and_says_which_values_the_data_supply():
    read = load_scenario()
    assert (
        read.scenario.name == "mexico" and len(read.scenario.data.space.labels("territory")) == 32
    )
    assert (read.scenario.start.year, read.scenario.date(read.scenario.weeks).year) == (
        2007,
        2027,
    ) and read.replicates >= 100
    assert set(read.scenario.data.values) <= set(read.scenario.model.parameters), (
        "a value in values.toml has no parameter"
    )
    layers = {n: r.layer for n, r in resolve(read.scenario).items()}
    assert {n for n, layer in layers.items() if layer == "data set"} == set(
        read.scenario.data.values
    )


def test_what_is_given_beside_a_file_is_named_where_it_may_be_at_fault():
    with pytest.raises(TreguaError) as caught:
        plan_of_file(load_scenario("size-2023"), replicates=0)
    assert caught.value.code == "TR2204"
    assert caught.value.details["where"].startswith("--replicates, or size-2023.toml")


def test_the_end_of_a_scenario_can_be_moved_to_the_end_of_a_year():
    far = load_scenario("mexico", until=2030)
    assert far.scenario.date(far.scenario.weeks - 1) < dt.date(2031, 1, 1)
    assert far.scenario.date(far.scenario.weeks) >= dt.date(2031, 1, 1)
    assert "end = 2031-01-01" in far.text and far.text.count("2031-01-01") == 1
    again = read_scenario(far.text, "again")
    assert (again.scenario.weeks, again.policies) == (far.scenario.weeks, far.policies)
    same = load_scenario("mexico", until=2026)
    assert same.scenario.weeks == load_scenario("mexico").scenario.weeks


@pytest.mark.parametrize("until", [0, 9999, 99999])
def test_an_end_that_is_no_year_is_refused(until):
    with pytest.raises(TreguaError) as caught:
        load_scenario("size-2023", until=until)
    assert caught.value.code == "TR1305" and "--until" in caught.value.details["where"]


def test_a_template_that_is_shortened_works_and_says_what_it_leaves_out(tmp_path):
    file = tmp_path / "short.toml"
    text = load_scenario().text.replace("end = 2027-01-01", "end = 2015-01-01")
    file.write_text(text, encoding="utf-8")
    read = load_scenario(file)
    plan_of_file(read)
    (history,) = read.scenario.policies
    assert len(history.modifiers) == 6 and list(read.comparable) == ["none"]
    assert "2016-01-01" in read.notes["history"] and "2016-04-30" in read.notes["history"]
    late = [name for name in read.policies if name not in ("history", "none")]
    assert set(read.notes) == {"history", *late} and len(late) == 6
    with pytest.raises(TreguaError, match="TR1404"):
        read.scenario.with_policy(read.policies["double-arrests"]).compile()
    file.write_text(text.replace('["history"]', '["double-arrests"]'), encoding="utf-8")
    with pytest.raises(TreguaError, match="TR1404") as caught:
        load_scenario(file)
    assert "double-arrests" in caught.value.details["where"]


def test_a_byte_order_mark_and_line_ends_of_windows_are_read(tmp_path):
    file = tmp_path / "windows.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_scenario(file).text == GOOD


COMBINED = "".join(
    f'[[policy]]\nname = "p{level}-{i}"\ncombines = ['
    + ", ".join(f'"p{level - 1}-{j}"' for j in range(8) if level)
    + ']\n[[policy.change]]\ntarget = "arrests.effort"\ncap = "1 person/week"\n'
    for level in range(8)
    for i in range(8)
)
BOMBS = {
    "dotted keys": (f"[values]\n{'a.' * 30_000}b = 1", "TR1104"),
    "many dotted keys": ("[values]\n" + f"{'a.' * 200}b = 1\n" * 150, "TR1104"),
    "dotted heading": (f"[{'a.' * 30_000}b]", "TR1104"),
    "digits": (f"[run]\nseed = {'9' * 4_400}", "TR1104"),
    "digits of another kind": (f"[run]\nseed = 0x{'f' * 60_000}", "TR1104"),
    "digits with underscores": (f"[run]\nseed = {'1_' * 4_400}1", "TR1104"),
    "brackets": (f"x = {'[' * 497}{']' * 497}", "TR1104"),
    "tables in tables": (f"x = {'{a=' * 497}1{'}' * 497}", "TR1104"),
    "combined policies": (GOOD + COMBINED, "TR1104"),
    "many policies": (GOOD + '[[policy]]\nname = "x"\n' * 201, "TR1104"),
    "large": (GOOD + "# no end\n" * 60_000, "TR1104"),
    "open quotes": ('"""' * 20_001, "TR1102"),
    "long name": (GOOD.replace('"arrests.effort" =', f'"{"a" * 60_000}" ='), "TR1203"),
    "long life": (GOOD.replace("end = 2027-01-01", "end = 9999-12-31"), "TR1305"),
    "large number": (GOOD.replace("scale = 2\n", f"scale = 1{'0' * 130}e400\n"), "TR1104"),
    "infinite number": (GOOD.replace("scale = 2\n", "scale = inf\n"), "TR1302"),
    "number too small": (GOOD.replace("scale = 2\n", "scale = 1e-400\n"), "TR1302"),
    "no day": (GOOD.replace("start = 2012-01-01", "start = 2012-13-45"), "TR1102"),
    "hour": (GOOD.replace("start = 2012-01-01", "start = 2012-01-01T00:00:00"), "TR1204"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_that_asks_for_much_is_refused_at_once(bomb, tmp_path):
    text, code = BOMBS[bomb]
    file = tmp_path / "bomb.toml"
    file.write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(TreguaError, match=code) as caught:
        load_scenario(file)
    assert time.process_time() - began < 2.0
    assert len(str(caught.value)) < 3_000


def test_an_endless_file_is_refused():
    with pytest.raises(TreguaError, match="TR1104"):
        load_scenario("/dev/zero")
