"""Numbers as people write them: each is read as exactly what it says, or refused."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from pydantic import ValidationError

from tregua.cli import run_command
from tregua.errors import TreguaError
from tregua.lab.package import PairsRequest, Setting
from tregua.model.model import Model
from tregua.model.numerals import number_of, whole_of
from tregua.model.units import in_unit
from tregua.scenarios.policy import Modifier
from tregua.scenarios.scenario import Scenario, resolve

GAPS = (",", " ", "\u00a0", "\u2009", "\u202f")
PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
ODD = "0123456789٣５²½,. \u2009\u202f_'+-−eExXinfa%"

REFUSED = (
    "0,5", "1,5", "12,5", "0,0048", "0,500", "00,500", "012,345", "12,34", "1,0000", "1000,000",
    "1,000,00", "1,000 000", "1 000,000", "1,00", ",5", "1,", "1.000,5", "1.000.000", "1_000",
    "inf", "nan", "-inf", "1e400", "1e-400", "--1", "+-1", "1e", "e5", "0x10", "٣", "½", "−1",
    "1 5", "1 000 00", "1 0000", "1,\u2009000", "1/2", "2*3", "(2)", "week", "", "1''000",
    "1e1,000", "1 000 5", "5,000e",
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
    st.sampled_from(GAPS),
    st.booleans(),
)
def test_a_number_with_separators_is_read_back_equal(number, gap, plus):
    digits = f"{Decimal(repr(number)):,f}" if 1e-30 < abs(number) < 1e30 else repr(number)
    text = digits.replace(",", gap)
    text = f"+{text}" if plus and number >= 0.0 and not text.startswith("-") else text
    assert number_of(text) == number
    assert in_unit(f"{text} week", "week", "") == number


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.text(ODD, max_size=12) | st.text(max_size=8))
def test_any_text_is_read_as_exactly_the_number_that_it_says_or_refused(text):
    read = number_of(text)
    if read is None:
        return
    digits = text.strip()
    for gap in GAPS:
        if gap in digits:
            assert re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}({gap}\d{{3}})+(\.\d*)?(e.*)?", digits, re.I)
        digits = digits.replace(gap, "")
    assert PLAIN.fullmatch(digits) and read == float(digits) and math.isfinite(read)
    assert in_unit(text, "1", "") == read


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number_is_refused_wherever_it_stands(text):
    assert number_of(text) is None and whole_of(text) is None
    for quantity, unit in ((text, "1"), (f"{text} person/week", "person/week"), (f"{text}%", "1")):
        with pytest.raises(TreguaError, match="TR1302"):
            in_unit(quantity, unit, "")
    for field in ("value", "ramp_weeks"):
        with pytest.raises(ValidationError):
            Setting(**{"handle": "a.b", "value": 1.0, "start": "2021-01-01", field: text})


@pytest.mark.parametrize(
    ("text", "write"),
    [
        ("0,5", "0.5"),
        ("1,5 person/week", "1.5 person/week"),
        ("12,5 %", "12.5 %"),
        ("1.000,5 week", "1000.5 week"),
        ("-0,0048/week", "-0.0048/week"),
    ],
)
def test_a_decimal_comma_is_answered_with_what_to_write(text, write):
    with pytest.raises(TreguaError, match="TR1302") as caught:
        in_unit(text, "1/week", "")
    assert caught.value.details["do"].startswith(f"write {write}:")


@pytest.mark.parametrize("number", [math.inf, math.nan, 10**400])
def test_a_bare_number_that_is_not_finite_is_refused(number):
    with pytest.raises(TreguaError, match="TR1302"):
        in_unit(number, "1", "")


@pytest.mark.parametrize("number", [True, 86_400.0])
def test_a_program_s_number_is_not_taken_for_something_else(number):
    field = "start" if number is not True else "value"
    with pytest.raises(ValidationError):
        Setting(**{"handle": "a.b", "value": 1.0, "start": "2021-01-01", field: number})
    with pytest.raises(ValidationError):
        PairsRequest(package={}, pairs=True)


def test_python_reads_text_as_files_do():
    scenario = Scenario(Model.size_2023(), values={"arrests.effort": "1,100 person/week"})
    assert resolve(scenario)["arrests.effort"].value == 1100.0
    with pytest.raises((TreguaError, TypeCheckError)):
        Modifier("arrests.effort", "scale", "0,5")
    with pytest.raises(TreguaError, match="TR1302"):
        resolve(scenario.with_values({"arrests.effort": "1,1 person/week"}))


@pytest.mark.parametrize(
    "options",
    [
        ("--set", "recruitment.rate=0,0048/week"),
        ("--set", "recruitment.forced_share=0,5"),
        ("--set", "recruitment.forced_share=1_0"),
        ("--replicates", "1_0"),
        ("--replicates", "2,5"),
        ("--seed", "٣"),
    ],
)
def test_options_read_numbers_as_files_do(options, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert run_command(["run", "mexico", *options, "--out", out, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] in ("TR1302", "TR1001")


def test_check_shows_the_numbers_that_were_read(tmp_path, capsys):
    text = """
[scenario]
name = "t"
data = "groups-2020"
mechanisms = ["founding", "recruitment", "arrests", "conflict", "saturation"]
start = 2012-01-01
length = "1 year"
[[policy]]
name = "p"
[[policy.change]]
target = "arrests.effort"
scale = "12.5 %"
[[policy.change]]
target = "arrests.effort"
add = "52,178.57142857143 person/year"
"""
    file = tmp_path / "t.toml"
    file.write_text(text, encoding="utf-8")
    assert run_command(["check", str(file)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "by 0.125" in shown and "1000 person/week" in shown and "12.5 %" not in shown
    assert run_command(["check", str(file), "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["policies"]["p"]
    assert [(c["value"], c["unit"]) for c in changes] == [
        (0.125, "1"),
        (pytest.approx(1000.0), "person/week"),
    ]
