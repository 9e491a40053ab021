"""Writes ``DATA-LICENCES.md``: what may be done with each data file, from the notes of the tables.

``python scripts/data_licences.py`` writes the page. With ``--check`` it only says whether the page
on disk is the one that it would write. Both fail where a data file fits in no group, so that no
table comes in without a word on who may pass it on.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "DATA-LICENCES.md"
NOTES = "SOURCES.toml"
TERRITORIES = "territories.csv"
COLUMNS = 98

FOLDERS = ("src/tregua", "forecasts")
"""Where data files are looked for."""

DATA = frozenset({".csv", ".json", ".nc", ".npz", ".parquet", ".toml"})
"""How names of data files end."""

NEEDED = ("file", "source", "licence", "may_pass_on")
"""Keys that a note must have for this page."""


@dataclass(frozen=True)
class Group:
    """Tables with which the same may be done.

    Attributes:
        key: what ``may_pass_on`` says in the note of such a table.
        title: heading on the page.
        text: what one may do.
        stated: what ``licence`` says in the notes of such tables, word by word, in paragraphs.
    """

    key: str
    title: str
    text: str
    stated: str

    @property
    def licences(self) -> tuple[str, ...]:
        """Licence texts of the notes of its tables."""
        return tuple(" ".join(text.split()) for text in self.stated.split("\n\n"))


GROUPS = (
    Group(
        "own",
        "Our own work: CC BY 4.0",
        """You may copy, change and pass on these tables, also for money. Name **Tregua
        contributors**, name the licence (Creative Commons Attribution 4.0 International), and say
        what you changed. Where such a table tells facts or allegations, these belong to nobody;
        the words and the choice are ours.""",
        """own work

        facts and allegations in our own words; no text of the articles is copied""",
    ),
    Group(
        "CC BY 4.0",
        "CC BY 4.0 of somebody else",
        """You may copy, change and pass on these tables, also for money. Name the source as its
        entry asks, name the licence (Creative Commons Attribution 4.0 International), and say that
        Tregua summed and arranged the figures, and what you changed.""",
        "CC BY 4.0",
    ),
    Group(
        "MIT",
        "MIT licence of somebody else",
        """You may copy, change and pass on these tables, also for money. Keep the copyright line
        of the entry together with the permission text, which is that of [LICENSE](LICENSE) from
        its third paragraph on.""",
        """MIT

        MIT style""",
    ),
    Group(
        "open data",
        "Open data of Mexican public bodies: free use with attribution",
        """You may copy, change and pass on these tables. Name the public body that the entry
        names, and say that Tregua arranged the figures, and what you changed.""",
        "free use with attribution (open data of Mexican public bodies)",
    ),
    Group(
        "facts",
        "Facts, re-tabulated; the repository of the source states no licence",
        """Nobody gave a licence for these. Facts are not protected by copyright in most places,
        and what is here are facts: counts, sums, shares and ties. Text, code and pictures of the
        sources are not here. Files in which a row is one event or one person are not shipped
        either. The two tables of the published model's 150 groups are nearest to their source:
        they hold every tie that it lists. In some places, such as the European Union, a large
        collection of facts can have a protection of its own; who needs to be certain must ask the
        source. Name the source. What is ours in these tables, their order and their notes, is
        under CC BY 4.0, as above.""",
        """facts re-tabulated; the authors' repository states no licence

        facts and aggregates re-tabulated; the repository that holds the source file states no
        licence""",
    ),
    Group(
        "press",
        "Single figures and dates that the press reported",
        """These were read one by one and keyed in by hand; a few are general knowledge. No text of
        a report is copied, and facts are not protected by copyright in most places. The tables
        say row by row, or here, where a figure is from. The choice of figures and their order are
        ours and under CC BY 4.0, as above.""",
        "single figures and dates reported by the press, re-tabulated",
    ),
    Group(
        "mixed",
        "Several sources with different terms",
        """Each part keeps the terms of its source, and whoever passes on the whole table must keep
        to all of them. What each of the terms asks for stands above.""",
        """MIT; figures of UNODC, cite UNODC

        UCDP CC BY 4.0; BACRIM: facts re-tabulated, no licence stated

        facts and aggregates re-tabulated; the repository that holds the source file states no
        licence; INEGI data: free use with attribution

        figures of Mexican public bodies and UCDP (CC BY 4.0), and single figures and dates
        reported by the press, re-tabulated""",
    ),
    Group(
        "CC0",
        "Made up: no rights reserved",
        """Figures that nobody counted, of a country that is nowhere: the template of
        `tregua data new-country`. Do with them what you like (Creative Commons CC0 1.0).""",
        "CC0",
    ),
)
"""All groups in the order of the page. A new licence text goes into one of them by hand."""


@dataclass(frozen=True)
class Made:
    """Files that we made and that are no tables with notes.

    Attributes:
        what: the files are.
        patterns: ends of their paths.
    """

    what: str
    patterns: tuple[str, ...]


OWN = (
    Made(
        """Draws of a fit and its tables. The tables repeat figures of the record beside ours;
        those figures keep the terms of the table that they are from.""",
        ("*/posterior.npz", "*/posterior.json", "*/tables/*.csv"),
    ),
    Made("The emulator of the lab.", ("*/emulator.npz",)),
    Made("Values set by hand, each with its reason.", ("*/values.toml", "*/constants.toml")),
    Made(
        "Settings of countries, what of their record is fitted and held out, and texts about them.",
        ("*/pack.toml", "*/observations.toml", "*/held_out.toml", "*/mexico/words/*.toml"),
    ),
    Made("Scenarios.", ("*/scenarios/*.toml",)),
    Made(
        """Figures that others published, beside which ours are set. The figures are facts, and
        each file names their sources; choice, words and tolerances are ours.""",
        ("*/published/*.toml",),
    ),
    Made(
        """Sources that are cited, figures that disagree, and claims that nothing uses, in our own
        words.""",
        (
            "*/evidence/articles.toml",
            "*/evidence/claims-*.toml",
            "*/evidence/conflicts.toml",
            "*/evidence/excluded.toml",
            "*/evidence/data/cited.toml",
            "*/data/references.toml",
        ),
    ),
    Made("Frozen forecasts.", ("forecasts/*.parquet", "forecasts/*.json")),
)
"""Files without notes that are under CC BY 4.0."""

SOFTWARE = (
    "*/lab/words/*.toml",
    "*/tregua/error_codes.toml",
    "*/table_columns.toml",
    "*/countries/tables.toml",
    "*/tregua/digests.json",
)
"""Files that end like data and are part of the program: the words of the lab's pages, the essays
behind the error codes, the schema of a country's tables, and the digests of what ships.
"""


@dataclass(frozen=True)
class Table:
    """A shipped table with its note.

    Attributes:
        path: of the file, from the root.
        note: as it stands in :data:`NOTES`.
    """

    path: str
    note: dict[str, object]


def read_tables(root: Path = ROOT) -> list[Table]:
    """All tables that have a note, in the order of their paths."""
    found = []
    for notes in sorted((root / FOLDERS[0]).glob(f"**/{NOTES}")):
        folder = notes.parent.relative_to(root).as_posix()
        for note in tomllib.loads(notes.read_text(encoding="utf-8")).get("table", []):
            # The list of territories lies at the top of a country's folder.
            top = note.get("file") == TERRITORIES and folder.endswith("/tables")
            place = folder.removesuffix("/tables") if top else folder
            found.append(Table(f"{place}/{note.get('file', '?')}", note))
    return sorted(found, key=lambda table: table.path)


def other_files(root: Path, tables: Iterable[Table]) -> list[str]:
    """Paths of all data files that have no note, and are no notes."""
    noted = {table.path for table in tables}
    files = (file for folder in FOLDERS for file in (root / folder).rglob("*"))
    paths = (file.relative_to(root).as_posix() for file in files if file.suffix in DATA)
    return sorted(path for path in paths if path not in noted and not path.endswith(f"/{NOTES}"))


def fits(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path ends as one of the patterns says."""
    return any(fnmatch(path, pattern) for pattern in patterns)


def problems(root: Path = ROOT) -> list[str]:
    """What keeps the page from being written: files of which nobody says who may pass them on."""
    tables = read_tables(root)
    found = [problem for table in tables for problem in _of_table(root, table)]
    twice = [path for path, times in Counter(t.path for t in tables).items() if times > 1]
    found += [f"{path}: it has more than one note" for path in twice]
    for path in other_files(root, tables):
        groups = [made for made in OWN if fits(path, made.patterns)]
        if len(groups) + fits(path, SOFTWARE) != 1:
            where = f"{NOTES} beside it, or OWN in {Path(__file__).name}"
            found.append(f"{path}: no note says who may pass it on; add it to {where}")
    return found


def _of_table(root: Path, table: Table) -> Iterator[str]:
    """What is wrong with the note of a table."""
    missing = [key for key in NEEDED if not table.note.get(key)]
    if missing:
        yield f"{table.path}: its note lacks {', '.join(missing)}"
        return
    if not (root / table.path).is_file():
        yield f"{table.path}: there is a note, and no such file"
    key, licence = table.note["may_pass_on"], table.note["licence"]
    by_key = [group.key for group in GROUPS if group.key == key]
    by_text = [group.key for group in GROUPS if licence in group.licences]
    if not by_key:
        known = ", ".join(group.key for group in GROUPS)
        yield f"{table.path}: may_pass_on is {key!r}; it must be one of {known}"
    elif not by_text:
        script = Path(__file__).name
        yield f"{table.path}: licence {licence!r} fits no group; add it to one in {script}"
    elif by_text != by_key:
        yield f"{table.path}: may_pass_on is {key!r}, but its licence belongs to {by_text}"
    elif key == "MIT" and not table.note.get("copyright"):
        yield f"{table.path}: the MIT licence asks for its copyright line; add `copyright`"


def page(root: Path = ROOT) -> str:
    """The page as it should be on disk."""
    tables = read_tables(root)
    others = other_files(root, tables)
    lines = ["# Data licences", "", *_paragraph(INTRODUCTION), ""]
    lines += ["| what the note says | what holds | tables |", "| --- | --- | ---: |"]
    counts = {group.key: _of(group, tables) for group in GROUPS}
    lines += [f"| `{g.key}` | {g.title} | {len(counts[g.key])} |" for g in GROUPS]
    for group in GROUPS:
        lines += ["", f"## {group.title}", "", *_paragraph(group.text), ""]
        for table in counts[group.key]:
            lines += _item(_entry(table))
    lines += ["", "## Other data that we made: CC BY 4.0", ""]
    lines += [*_paragraph("For these files holds what holds for our own tables."), ""]
    for made in OWN:
        lines += _item(made.what)
        lines += [f"  - `{path}`" for path in others if fits(path, made.patterns)]
    return "\n".join([*lines, "", *_paragraph(END), ""])


INTRODUCTION = """
The code and the documents of Tregua are under the MIT licence ([LICENSE](LICENSE)). The data that
come with it are not all ours. This page says for each data file what you may do with it. It is
what we know, and no legal advice. `python scripts/data_licences.py` writes it from the notes
beside the tables (`SOURCES.toml`, key `may_pass_on`); do not edit it by hand.
"""

END = """
What you make with Tregua is yours: runs, fits, forecasts, figures. Where it repeats figures of a
table above, those figures keep its terms.
"""


def _of(group: Group, tables: Iterable[Table]) -> list[Table]:
    """Tables of a group."""
    return [table for table in tables if table.note["may_pass_on"] == group.key]


def _entry(table: Table) -> str:
    """What the page says of a table."""
    text = f"`{table.path}`. Source: {table.note['source']}. Note: {table.note['licence']}."
    notice = table.note.get("copyright")
    return f"{text} Copyright line: {notice}." if notice else text


def _paragraph(text: str, first: str = "", rest: str = "") -> list[str]:
    """Text in lines of at most :data:`COLUMNS` columns."""
    return textwrap.wrap(
        " ".join(text.split()),
        COLUMNS,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _item(text: str) -> list[str]:
    """Text as an item of a list."""
    return _paragraph(text, "- ", "  ")


def main(arguments: list[str] | None = None) -> int:
    """Write the page or check it; 1 where a file fits in no group or the page is out of date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    asked = parser.parse_args(arguments)
    if found := problems():
        print("\n".join(["Nothing is written:", *found]), file=sys.stderr)
        return 1
    wanted, file = page(), ROOT / PAGE
    if not asked.check:
        file.write_text(wanted, encoding="utf-8")
    elif not file.is_file() or file.read_text(encoding="utf-8") != wanted:
        print(f"{PAGE} is out of date: run python scripts/data_licences.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
