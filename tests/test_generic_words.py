"""Generic code names no territory, office, group or year of a country that ships: its words are
taken from the pack itself, and searched for in all that is not the pack's own.

Exempt are the evidence that mechanisms cite, and references to publications. A number with its
thousands set apart (``2_021``, ``2,021``) is no year.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from tregua.countries.registry import first_pack

SOURCE = Path(__file__).parent.parent / "src" / "tregua"

TEXTS = (".py", ".toml", ".txt", ".j2", ".js", ".css", ".html", ".typed", ".csv")
"""Files that hold words."""

EXEMPT = (
    "studies/reproductions",  # of published studies of one country
    "evidence/data",  # what sources say, as the ledger has it
)
"""What speaks of a country by its nature."""

EVIDENCE = ("mechanisms/",)
"""Where the docstring of a module says what record its form rests on."""

CITING = ("cite", "claim", "assumed", "Evidence")
"""Calls whose texts are evidence."""

REFERENCE = re.compile(r"(sources?\b|references?\b|\.\. \[)", re.IGNORECASE)
"""How a paragraph of a docstring begins that names publications."""

PUBLISHED = re.compile(r"\((?:19|20)\d\d\)")
"""Year of a publication, in brackets behind its journal or title."""

ADDRESS = re.compile(r"https?://\S+")
"""Addresses of standards and publications."""

ROOMS = tuple(
    sorted(
        {
            place.name if place.is_dir() else "."
            for place in SOURCE.iterdir()
            if place.name != "__pycache__" and (place.is_dir() or place.suffix == ".py")
        }
    )
)
"""Folders of the package; the last is what lies beside them."""


def plain(text: str) -> str:
    """Text without accents and case, identifiers in their parts."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])_|_(?=[A-Za-z])", " ", text)
    letters = unicodedata.normalize("NFKD", apart).encode("ascii", "ignore").decode()
    return letters.lower()


@cache
def names() -> re.Pattern[str]:
    """Names of the first pack that ships: country, territories and their spellings, named groups,
    and the offices by which its counts and tables are known.
    """
    pack = first_pack()
    places = pack.table("territories.csv")
    groups = pack.table("groups.csv")["group"]
    words = {pack.name, *pack.settings.title.values(), *places["name"]}
    words |= {one for cell in places["spellings"] for one in cell.split(";")}
    words |= {one for one in places["abbreviation"] if len(one) > 4}
    words |= {*groups} - {pack.settings.local_group}
    words |= {count.short for count in pack.settings.count.values()}
    for note in pack.notes:
        words |= {*re.findall(r"\b[A-Z]{4,}(?:-[A-Z]+)?\b", note["source"])}
    kept = sorted((plain(word) for word in words if len(word) > 3), key=len, reverse=True)
    assert len(kept) > 50, "hardly any words"
    return re.compile(r"\b(" + "|".join(map(re.escape, kept)) + r")(?:n|ns|s)?\b")


@cache
def years() -> re.Pattern[str]:
    """Years of the record of that pack: ends of its counts, starts, and ends of what was known to
    the forecasts that were scored.
    """
    pack = first_pack()
    settings = pack.settings
    told = {day.year for day in settings.starts} | {settings.fit_from, settings.presence_from}
    told |= {day.year for day in (settings.lab_first_day, settings.vetting_from) if day}
    for count in settings.count.values():
        told |= {count.first_year, count.last_year, count.exact_until}
    if pack.has("scores.csv"):
        told |= {*pack.table("scores.csv")["origin"].tolist()}
    found = "|".join(str(year) for year in sorted(year for year in told if year))
    return re.compile(rf"(?<!\d)(?<!\d[.,_])({found})(?!\d|[.,_]\d)")


def words_in(text: str) -> list[str]:
    """Words of the pack in a text."""
    own = ADDRESS.sub("", text)
    return names().findall(plain(own)) + years().findall(PUBLISHED.sub("", own))


def without_references(text: str) -> str:
    """A docstring without its paragraphs that name publications."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(
        # Lines are kept, so that they can be counted.
        "\n" * part.count("\n") if REFERENCE.match(part.strip()) else part
        for part in paragraphs
    )


def in_python(text: str, evidence: bool) -> list[tuple[int, str]]:
    """Line and word of each word of the pack in a module, whose docstring may be ``evidence``."""
    tree = ast.parse(text)
    cited = cited_spans(tree)
    if evidence and ast.get_docstring(tree) is not None:
        cited.append(((1, 0), (tree.body[0].end_lineno or 0, tree.body[0].end_col_offset or 0)))
    said = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        inside = any(start <= token.start and token.end <= end for start, end in cited)
        if token.type == tokenize.STRING and not inside:
            told = without_references(token.string.strip("rf\"'"))
        elif token.type == tokenize.STRING or token.line.startswith("SEED = "):
            continue
        elif token.type == tokenize.NUMBER:
            told = token.string.replace("_", "")
        else:
            told = token.string
        for number, line in enumerate(told.split("\n")):
            said += [(token.start[0] + number, word) for word in words_in(line)]
    return said


def cited_spans(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Start and end of each call whose texts are evidence."""
    return [
        ((call.lineno, call.col_offset), (call.end_lineno or 0, call.end_col_offset or 0))
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in CITING
    ]


def in_text(text: str) -> list[tuple[int, str]]:
    """The same in any other file."""
    return [
        (number, word) for number, line in enumerate(text.split("\n"), 1) for word in words_in(line)
    ]


def of_a_country(file: Path) -> bool:
    """Whether a file is part of a pack."""
    return any((folder / "pack.toml").is_file() for folder in file.parents)


def told_in(room: str) -> list[str]:
    """File, line and word of each word of the pack in a room."""
    folder = SOURCE if room == "." else SOURCE / room
    told = []
    for file in sorted(folder.glob("*") if room == "." else folder.rglob("*")):
        path = file.relative_to(SOURCE).as_posix()
        if file.suffix not in TEXTS or not file.is_file() or path.startswith(EXEMPT):
            continue
        if of_a_country(file):
            continue
        text = file.read_text(encoding="utf-8")
        found = (
            in_python(text, path.startswith(EVIDENCE)) if file.suffix == ".py" else in_text(text)
        )
        told += [f"{path}:{line}: {word}" for line, word in found + in_text(path)]
    return told


@pytest.mark.parametrize("room", ROOMS)
def test_generic_code_names_nothing_of_a_country(room):
    assert told_in(room) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FIRST = 2012", ["2012"]),
        ("sinaloa_rate = 1", ["sinaloa"]),
        ("class InegiReader: pass", ["inegi"]),
        ("# homicides of Michoacán", ["michoacan"]),
        ('f"the record of INEGI_{1}"', ["inegi"]),
        ('"""Of Sonora.\n\nSource: SESNSP, Science (2012)."""', ["sonora"]),
        ('x = cite("c", "homicides of Puebla in 2012")', []),
        ("SEED = 2_021 + 0.2012 + 12012", []),
        ("def of(federal): pass", []),
        ("SEED = 2020", []),
        ("last = 2_020", ["2020"]),
    ],
)
def test_words_are_found_in_names_numbers_texts_and_comments(text, said):
    assert [word for _, word in in_python(text, evidence=False)] == said
