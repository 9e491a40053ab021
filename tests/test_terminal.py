"""What a terminal shows: no messages of the compiler, equations in plain letters."""

import os
import re
import subprocess
import sys

import pytest

from tregua.cli import COMPILER_LOG, run_command
from tregua.cli.equations import plain_equation, without_tex
from tregua.lab.words import LANGUAGES, catalogue
from tregua.model.registry import registry

BARE = {key: x for key, x in os.environ.items() if key not in COMPILER_LOG}
FEATURE = b"+sse4.2"


def doctor(cache, **more):
    done = subprocess.run(
        [sys.executable, "-m", "tregua", "doctor"],
        capture_output=True,
        text=True,
        timeout=170,
        env={**BARE, "TREGUA_CACHE": str(cache), **more},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
@pytest.mark.nightly
def test_the_compiler_prints_nothing(tmp_path):
    from jax._src.compilation_cache import compress_executable, decompress_executable

    assert doctor(tmp_path) == ""
    # A processor that lacks what programs were compiled for makes the compiler complain at length.
    changed = 0
    for file in (tmp_path / "programs").glob("*-cache"):
        program = decompress_executable(file.read_bytes())
        changed += program.count(FEATURE)
        file.write_bytes(compress_executable(program.replace(FEATURE, b"+ssx4.2")))
    assert doctor(tmp_path) == ""
    if changed:  # Other processors name other features.
        assert "Target machine feature" in doctor(tmp_path, TREGUA_DEBUG="1")


@pytest.mark.parametrize("name", registry())
def test_a_mechanism_is_shown_without_tex(name, capsys):
    assert run_command(["mechanisms", name]) == 0
    text = capsys.readouterr().out
    for sign in ("\\", "$", ":math:", "{", "}"):
        assert sign not in text, sign


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (
            r"\frac{\eta_r\,(1 + b F_r / 1000)}{C_r + m}\,(1 - x)",
            "(η_r (1 + b F_r / 1000)) / (C_r + m) · (1 - x)",
        ),
        (r"\theta\, \Big(\frac{C_{rg}}{u}\Big)^{p-1} - z", "θ (C_rg / u)^(p-1) - z"),
        (r"a = 1, \qquad \dot K_g = \bar c", "a = 1,\nK̇_g = c̄"),
        (r"b &= \ln 2 \\ c &= e^{-o\, m_r}", "b = ln 2\nc = e^(-o m_r)"),
        (r"\sum_{r \in i} \pi_{rg} \le P_g^*", "∑_(r ∈ i) π_rg ≤ P_g^*"),
        (
            r"\text{splits a week} = \varphi \frac{1}{2}, \quad T \ge 1",
            "splits a week = φ 1 / 2,\nT ≥ 1",
        ),
    ],
)
def test_equations_keep_their_meaning_in_plain_letters(tex, plain):
    assert plain_equation(tex) == plain


def test_a_command_that_is_not_known_is_refused_and_not_dropped():
    with pytest.raises(ValueError, match="oint"):
        plain_equation(r"\oint x")


def test_text_around_equations_stays():
    text = "First.\n\n$$\n\\alpha = 1\n$$\n\nWith $\\alpha$ and `x`."
    assert without_tex(text) == "First.\n\n    α = 1\n\nWith α and `x`."


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_lab_says_today_without_a_date(language):
    undated = re.compile(r"\b(today|now|hoy)\b|(?<!hasta )\bahora\b", re.IGNORECASE)
    assert not {key: text for key, text in catalogue(language).items() if undated.search(text)}
