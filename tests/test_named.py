"""What is named is read as it is meant or refused, and what is empty is never everything."""

from __future__ import annotations

import json

import pytest

import tregua
from tregua.cli import run_command
from tregua.cli.options import Options
from tregua.cli.run import compare_policies
from tregua.countries.filtering import Filter
from tregua.countries.mexico import pack, state_code
from tregua.countries.registry import load
from tregua.countries.territories import territories_named
from tregua.engine.executor import ThreadsOnDevices
from tregua.errors import TreguaError, near_spelling
from tregua.model.declarations import Selection, Track
from tregua.scenarios.toml import load_scenario
from tregua.studies.ablation import ablate

LABELS = load("mexico-2007").space.labels("territory")
CODES = dict(pack().table("territories.csv")[["name", "state_code"]].values)

SCENARIO = """
[scenario]
name = "t"
data = "mexico-2007"
start = 2007-01-01
length = "1 year"
[[policy]]
name = "p"
[[policy.change]]
target = "arrests.effort"
scale = "50 %"
"""


def scenario(tmp_path, *more: str, text: str = SCENARIO) -> str:
    file = tmp_path / "s.toml"
    file.write_text(text + "\n".join(more), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Estado de México", "México"),
        ("Edo. Mex.", "México"),
        ("15", "México"),
        ("Michoacan", "Michoacán"),
        ("MICHOACÁN DE OCAMPO", "Michoacán"),
        ("Distrito Federal", "Ciudad de México"),
        ("CDMX", "Ciudad de México"),
        ("Veracruz de Ignacio de la Llave", "Veracruz"),
        ("Coahuila de Zaragoza", "Coahuila"),
        ("nuevo leon", "Nuevo León"),
        ("9", "Ciudad de México"),
    ],
)
def test_states_are_read_as_imports_read_them(name, label):
    assert territories_named((name, label), LABELS, "", pack().territories) == (label,)
    assert state_code(name) == CODES[label]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Atlantis", ""),
        ("Morelia", ""),
        ("Estado", ""),
        ("Texas", ""),
        ("Sonara", "Sonora"),
        ("Guanjuato", "Guanajuato"),
        ("Queretero", "Querétaro"),
        ("Mexiko", "México"),
        ("Tamps.", None),
    ],
)
def test_a_wrong_name_is_refused_and_only_a_near_spelling_is_told(name, nearest):
    for read, code in (
        (lambda: territories_named((name,), LABELS, "", pack().territories), "TR1403"),
        (lambda: state_code(name), "TR1703"),
    ):
        if nearest is None:
            read()
            continue
        with pytest.raises(TreguaError, match=code) as caught:
            read()
        assert caught.value.details["nearest"] == nearest


def test_no_state_is_a_near_spelling_of_another():
    assert [
        name for name in LABELS for other in LABELS if near_spelling(name, {other} - {name})
    ] == []


def test_the_country_is_not_the_state_of_its_name():
    country = load("groups-2020").space.labels("territory")
    assert territories_named(("Mexico",), country, "") == ("Mexico",)
    with pytest.raises(TreguaError, match="TR1403"):
        territories_named(("Estado de México",), country, "")


def test_a_policy_and_python_know_a_state_by_any_spelling(tmp_path):
    source = scenario(tmp_path, 'territories = ["Estado de México", "Michoacan", "Michoacán"]')
    policy = load_scenario(source).policies["p"]
    assert policy.modifiers[0].territories == ("México", "Michoacán")
    change = tregua.Modifier("arrests.effort", "scale", 0.5, territories=("Edomex", "MICH"))
    base = load_scenario(source).scenario
    changed = base.with_policy(tregua.Policy("q", (change,)))
    assert changed.policies[0].modifiers[0].territories == ("México", "Michoacán")
    with pytest.raises(TreguaError, match="TR1405"):
        changed.with_policy(policy)


@pytest.mark.parametrize(
    ("more", "text", "code"),
    [
        ("territories = []", SCENARIO, "TR1209"),
        ('territories = [""]', SCENARIO, "TR1209"),
        ("groups = []", SCENARIO, "TR1201"),
        ("outcomes = []", SCENARIO, "TR1201"),
        ("[values.arrests]", SCENARIO, "TR1204"),
        ("", SCENARIO.replace("length", "mechanisms = []\nlength"), "TR1209"),
        ("", SCENARIO.replace("length", 'mechanisms = [""]\nlength'), "TR1205"),
        ("", SCENARIO.replace("length", 'posterior = ""\nlength'), "TR2902"),
        ("", SCENARIO.replace("length", 'in_force = [""]\nlength'), "TR1207"),
        ('from = ""', SCENARIO, "TR1304"),
    ],
)
def test_an_empty_selection_in_a_file_is_refused(tmp_path, more, text, code):
    with pytest.raises(TreguaError, match=code):
        load_scenario(scenario(tmp_path, more, text=text))


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "mexico", "--policy", ""),
        ("compare", "mexico", "--policy="),
        ("ablate", "--mechanism", " "),
        ("data", "show", "leaders-removed", "--state", ""),
        ("data", "show", "leaders-removed", "--group="),
        ("mechanisms", ""),
        ("run", ""),
        ("run", "mexico", "--set="),
        ("describe", "--scenario", ""),
    ],
)
def test_an_empty_argument_is_refused(arguments, capsys):
    assert run_command([*arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "TR1209"


def test_an_empty_selection_in_python_is_refused(tmp_path):
    base = load_scenario(scenario(tmp_path)).scenario
    arrests = next(m for m in base.model.mechanisms if m.name == "conflict")

    class Forgetful(type(arrests)):
        def tracks(self):
            return tuple(
                Track(t.level, (Selection(),), t.window, t.doc) for t in super().tracks()
            ) or (Track("violence", (Selection(),), lambda view: 1.0, ""),)

    for empty in (
        lambda: tregua.Modifier("arrests.effort", "scale", 0.5, territories=()),
        lambda: tregua.Modifier("arrests.effort", "scale", 0.5, territories=("",)),
        lambda: ablate(base, []),
        lambda: Filter(state=""),
        lambda: compare_policies(scenario(tmp_path), Options(policy=[])),
        lambda: ThreadsOnDevices([]).run(lambda number, device, stop: True, range(1)),
        lambda: (base.model - "conflict") + Forgetful(),
    ):
        with pytest.raises(TreguaError, match="TR1209"):
            empty()
