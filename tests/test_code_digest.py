"""What counts as a change of code."""

import textwrap
from importlib import import_module

import pytest

from tregua.results.code_digest import class_digest, syntax_digest

CODE = '''
"""Title."""
import os
from dataclasses import dataclass

RATE = 0.5
"""What it is."""

@dataclass(frozen=True)
class Thing:
    """A thing."""

    rate: float = RATE

    def hazard(self, view):
        """Its hazard."""
        from math import exp

        # Why.
        return f"{view.rate:.2f} a" "week" if exp(view.rate) > 1.0 else None
'''


def said(**changes: str) -> str:
    code = CODE
    for old, new in changes.values():
        assert old in code
        code = code.replace(old, new)
    return syntax_digest(code)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import os", "import sys, json"),
        ("from math import exp", "from somewhere.else_ import exp"),
        ('"""A thing."""', '"""Something\n\n    else."""'),
        ('"""What it is."""', ""),
        ("# Why.", ""),
        ("RATE = 0.5", "RATE = (\n    0.5  # a half\n)"),
        ('f"{view.rate:.2f} a" "week"', '(f"{view.rate:.2f} "\n            "aweek")'),
    ],
)
def test_layout_imports_and_words_change_nothing(old, new):
    assert said(change=(old, new)) == syntax_digest(CODE)
    assert syntax_digest(textwrap.indent(CODE, "    ")) == syntax_digest(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.5", "0.50001"),
        ("> 1.0", ">= 1.0"),
        ("view.rate:.2f", "view.rate:.3f"),
        ("frozen=True", "frozen=False"),
        ("rate: float", "rate: int"),
        ("def hazard", "def other"),
        (" a", " b"),
        ("else None", "else 0"),
    ],
)
def test_everything_else_does(old, new):
    assert said(change=(old, new)) != syntax_digest(CODE)


def test_a_mechanism_is_known_by_its_whole_file_and_one_without_source_by_its_functions():
    mechanisms = [import_module(f"tregua.mechanisms.{name}") for name in ("arrests", "conflict")]
    digests = {
        class_digest(mechanism.Arrests if hasattr(mechanism, "Arrests") else mechanism.Conflict)
        for mechanism in mechanisms
    }
    assert len(digests) == 2

    def typed(rate: str) -> type:
        names: dict = {"__name__": "__main__"}
        exec(
            f"class Typed:\n    def hazard(self, view):\n        return {rate} * view.stock", names
        )
        return names["Typed"]

    assert class_digest(typed("0.5")) == class_digest(typed("0.5")) != class_digest(typed("0.6"))
