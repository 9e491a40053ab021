"""Command lines and files made at random, to see that none is called a fault of Tregua.

A case is a command with options and, where it takes one, a file: a good one with a few of its
pieces replaced, doubled, swapped or cut. The same seed makes the same case.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from official_files import GED, STATES, crime, inegi, sesnsp

JUNK = (
    *("", " ", "0", "-1", "1e400", "nan", "inf", "9" * 40, "0x1f", "1_000", "1,5", "007", "1.5.2"),
    *("true", '""', "[]", "{}", "[[]]", "{a = 1}", "'x'", '"x"', '"' + "y" * 300 + '"', "\\u0000"),
    *("2025-13-01", "0001-01-01", "9999-12-31", "2012-02-30", "12:00:00", "2012-01-01T00:00:00Z"),
    *('"1 / week"', '"-1 / week"', '"1e308 person/week"', '"nan / week"', '"1 furlong"', '"1 //"'),
    *(
        "ñ",
        "\u202e",
        "\N{PILE OF POO}",
        "../..",
        "/",
        "/dev/null",
        "~",
        ".",
        "--",
        "-",
        "=",
        "*",
        "%s",
    ),
    *(
        "recruitment.rate",
        "mexico",
        "size-2023",
        "Jalisco",
        "homicides",
        "C53",
        "TR1001",
        "conflict",
    ),
    *("NA", "Total", "Fuente: x", "32", "99", "2020", "2100", "1,234", "[bold]", "{0}", "$HOME"),
)
"""Pieces that are right somewhere, and nowhere."""

SCENARIO = """
[scenario]
name = "small"
label = "Small"
mechanisms = ["founding", "recruitment", "conflict", "arrests", "saturation"]
data = "groups-2020"
start = 2012-01-01
end = 2013-01-01
in_force = []

[run]
solver = "tau-leap"
replicates = 2
seed = 1

[values]
"recruitment.rate" = "0.01 / week"

[[policy]]
name = "half"
label = "Half"
[[policy.change]]
target = "recruitment.rate"
scale = 0.5
from = 2012-06-01
"""


@dataclass(frozen=True)
class Case:
    """One command.

    Attributes:
        arguments: of the command line; ``FILE`` stands for the file.
        content: of the file; None where there is none.
    """

    arguments: tuple[str, ...]
    content: bytes | None = None

    def run(self, folder: Path, command: Callable[[list[str]], int]) -> int:
        """Exit status of the command in a folder of its own."""
        file = folder / "case.txt"
        if self.content is not None:
            file.write_bytes(self.content)
        return command([str(file) if x == "FILE" else x for x in self.arguments])


def make_case(seed: int) -> Case:
    """The case of a number."""
    chance = random.Random(seed)
    makers = (_scenario, _scenario, _official, _official, _plain, _plain, _numbers)
    return chance.choice(makers)(chance)


def _scenario(chance: random.Random) -> Case:
    command = chance.choice((["check", "FILE"], ["run", "FILE"], ["compare", "FILE"]))
    options: list[str] = []
    if command[0] != "check" and chance.random() < 0.7:
        name = chance.choice(("--set", "--policy", "--replicates", "--seed", "--solver"))
        value = chance.choice(("recruitment.rate=", "")) + _junk(chance)
        options = [name, value]
    mutate = chance.random() < 0.9 or not options
    text = _mutated(SCENARIO, chance) if mutate else SCENARIO
    return Case((*command, *options), _as_bytes(text, chance))


def _official(chance: random.Random) -> Case:
    crimes = [
        crime(
            2024, code.lstrip("0"), STATES[code], "Homicidio", "Homicidio doloso", how, *range(12)
        )
        for code in STATES
        for how in ("Con arma de fuego", "Con arma blanca")
    ]
    event = "1,2021,2,A - B,Zacatecas state,22.8,-102.6,2021-03-01,2021-03-02,4,5,4,0,Mexico"
    kind, text = chance.choice(
        (
            ("homicides", inegi(2024)),
            ("victims", sesnsp(crimes)),
            ("events", f"{GED}\n{event}\n{event.replace('1,', '2,', 1)}"),
        )
    )
    options = chance.choice(([], ["--replace"], ["--json"]))
    text = _mutated(text, chance, separators=",\n")
    return Case(("data", "import", kind, "FILE", *options), _as_bytes(text, chance))


def _plain(chance: random.Random) -> Case:
    commands: Sequence[Sequence[str]] = (
        ("explain", "?"),
        ("evidence", "?"),
        ("evidence", "--search", "?"),
        ("evidence", "--stance", "?"),
        ("evidence", "--mechanism", "?"),
        ("evidence", "?", "--format", "?"),
        ("mechanisms", "?"),
        ("data",),
        ("data", "show", "?"),
        ("data", "show", "homicides", "--state", "?"),
        ("data", "show", "leaders-removed", "--group", "?"),
        ("data", "show", "victims", "--from", "?", "--to", "?"),
        ("data", "show", "vetting", "--from", "?", "--json"),
        ("data", "remove", "homicides", "?"),
        ("data", "remove", "?", "?"),
        ("data", "import", "?", "?"),
        ("check", "?"),
        ("describe", "--scenario", "?"),
        ("reproduce", "?"),
        ("new", "?/?"),
        ("?", "?"),
    )
    command = [x.replace("?", _junk(chance)) for x in chance.choice(commands)]
    return Case((*command, *chance.choice(([], ["--json"]))))


def _numbers(chance: random.Random) -> Case:
    """Commands that compute, with options that they must refuse before."""
    bad = chance.choice(("-1", "0", "9" * 30, "x", "1.5", "", "1e3"))
    return Case(
        chance.choice(
            (
                ("forecast", "--origin", bad),
                ("forecast", "--months", bad),
                ("forecast", "--replicates", bad),
                ("forecast", "--seed", "x" + bad),
                ("score", "FILE"),
                ("score", "--origin", bad),
                ("fit", "--until", bad),
                ("fit", "--points", bad),
                ("fit", "--method", "chains", "--chains", bad),
                ("ladder", "--origin", bad),
                ("ablate", "--weeks", "x" + bad),
                ("ablate", "--mechanism", "x" + bad),
                ("lab", "--port", "x" + bad),
                ("lab", "--host", _junk(chance), "--port", "-5"),
            )
        ),
        _junk(chance).encode(),
    )


def _junk(chance: random.Random) -> str:
    if chance.random() < 0.2:
        return "".join(chance.choices(string.printable, k=chance.randrange(1, 12)))
    return chance.choice(JUNK)


def _mutated(text: str, chance: random.Random, separators: str = "=\n ") -> str:
    """A text with one to three of its pieces changed."""
    for _ in range(chance.randrange(1, 4)):
        places = [i for i, letter in enumerate(text) if letter in separators]
        if len(places) < 3:
            return text
        i = chance.randrange(len(places) - 1)
        begin, end = places[i] + 1, places[i + 1]
        piece = text[begin:end]
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        text = chance.choice(
            (
                lambda: text[:begin] + _junk(chance) + text[end:],  # noqa: B023
                lambda: text[:begin] + piece + _junk(chance) + text[end:],  # noqa: B023
                lambda: text[:begin] + text[end:],  # noqa: B023
                lambda: text[:end],  # noqa: B023
                lambda: "\n".join([*lines[:line], lines[line], *lines[line:]]),  # noqa: B023
                lambda: "\n".join([*lines[:line], *lines[line + 1 :]]),  # noqa: B023
                lambda: "\n".join([*lines[:line], _junk(chance), *lines[line:]]),  # noqa: B023
            )
        )()
    return text


def _as_bytes(text: str, chance: random.Random) -> bytes:
    content = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        i = chance.randrange(len(content) + 1)
        content = content[:i] + chance.randbytes(3) + content[i:]
    return content
