"""What an import must not make of a file: months nobody has reported are no zeros, a file with less
does not take away what is there, and an import can be undone.
"""

import datetime as dt
import io
import json
import resource
import subprocess
import sys
import time

import pandas as pd
import pytest

from official_files import GED, STATES, crime, inegi, sesnsp
from tregua.cli import run_command
from tregua.countries.checks import checked_count
from tregua.countries.imports import import_figures, imports_of, read_figures, remove_import
from tregua.countries.mexico import pack
from tregua.countries.mexico.readers import MONTHS
from tregua.errors import TreguaError

TODAY = dt.date(2026, 6, 15)
WHOLE = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TREGUA_DATA", str(tmp_path / "mine"))
    return tmp_path / "mine"


@pytest.fixture
def bring(tmp_path):
    """Import a text as a file of a kind."""

    def brought(text, kind="homicides", name="f.csv", replace=False, today=TODAY):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_figures(pack(), kind, file, replace, today)

    return brought


def export(year, counts, separator=",", end="\n", below=""):
    """INEGI's export with the cells given for each state, without totals."""
    rows = [["", "", *MONTHS], *([code, STATES[code], *cells] for code, cells in counts.items())]
    lines = ["Por: Ent de ocurrencia", f"Año de registro : {year}"]
    lines += [separator.join(map(str, row)) for row in rows]
    return end.join([*lines, below])


def homicides(*counts, year=2024, **options):
    return export(year, dict(zip(STATES, counts, strict=False)), **options)


def kept(kind="homicides", column=None):
    """What the user's files say, by state, year and month; unknown figures are left out."""
    table = read_figures(pack(), kind).table
    mine = table[table["origin"] != "shipped"].set_index(["state_code", "year", "month"])
    return mine[column or kind].dropna().astype(int).to_dict()


def months_of(year, state="01", **options):
    return [month for code, of, month in kept(**options) if (code, of) == (state, year)]


BLANK = ["", "", ""]


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ([BLANK, BLANK], "October, November, December 2024: empty in every state"),
        ([[0, 0, 0], [0, 0, 0]], "October, November, December 2024: zero in every state"),
        ([["NA", "N/A", "nd"], BLANK], "October, November, December 2024: empty in every state"),
        (
            [[3, 1, 4], BLANK],
            "October, November, December 2024: only 1 of 2 states have it, not 05",
        ),
    ],
)
def test_months_that_nobody_or_only_some_have_reported_are_left_out_by_name(bring, last, why):
    manifest = bring(homicides(*([*WHOLE[:9], *cells] for cells in last)))
    assert manifest["months_left_out"] == [why]
    assert months_of(2024) == months_of(2024, "05") == list(range(1, 10))
    # A state in which nobody is killed in a month that others have is a zero.
    bring(homicides(WHOLE, [0, *WHOLE[1:]], year=2023))
    assert kept()["05", 2023, 1] == 0


def test_months_that_are_not_over_are_left_out_and_the_others_of_the_year_stay(bring, tmp_path):
    manifest = bring(homicides(WHOLE, WHOLE, year=2026))
    assert manifest["months_left_out"] == [
        "June, July, August, September, October, November, December 2026: not over on 2026-06-15"
    ]
    assert months_of(2026) == [1, 2, 3, 4, 5]
    # The same file on a later day has more, and goes in the place of its earlier import.
    bring(homicides(WHOLE, WHOLE, year=2026), today=dt.date(2026, 9, 1))
    assert months_of(2026) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(imports_of(pack(), "homicides")) == 1
    with pytest.raises(TreguaError, match="2027: not over"):
        bring(homicides(WHOLE, WHOLE, year=2027))


def victims(year, months, under="Homicidio doloso", how="Con arma de fuego", states=("01", "05")):
    kind = {"Feminicidio": "Feminicidio"}.get(under, "Homicidio")
    return [crime(year, int(x), STATES[x], kind, under, how, *months) for x in states]


def test_victims_of_unreported_months_and_of_crimes_without_rows_are_unknown(bring):
    rows = [
        *victims(2024, [*WHOLE[:9], 0, 0, 0]),
        *victims(2024, [*WHOLE[:9], 0, 0, 0], how="Con arma blanca"),
        *victims(2024, [1, 1, "", *WHOLE[:9]], "Feminicidio", "x", ("01",)),
    ]
    manifest = bring(sesnsp(rows), "victims")
    assert months_of(2024, kind="victims", column="intentional_homicide") == list(range(1, 13))
    assert kept("victims", "intentional_homicide")["01", 2024, 2] == 16
    assert months_of(2024, kind="victims", column="femicide") == [1, 2, *range(4, 13)]
    assert not kept("victims", "kidnapping")
    assert manifest["months_left_out"] == ["March 2024 (femicide): empty in every state"]
    # A cell of one sex or age that is not known leaves the sum unknown.
    bring(sesnsp([*victims(2023, WHOLE), *victims(2023, ["NA", *WHOLE[1:]], how="x")]), "victims")
    assert kept("victims", "intentional_homicide")["01", 2023, 2] == 16
    assert ("01", 2023, 1) not in kept("victims", "intentional_homicide")


@pytest.mark.parametrize(
    ("without", "extra", "says"),
    [
        (("Sexo", "Rango de edad"), (), "a file of crimes"),
        (
            ("Sexo", "Rango de edad"),
            ("Cve. Municipio", "Municipio"),
            "a file of crimes.*by municipality",
        ),
        (("Rango de edad",), (), "a file of crimes"),
        ((), ("Cve. Municipio",), "a file of victims by municipality"),
    ],
)
def test_crimes_are_not_taken_for_victims_nor_municipalities_for_states(
    bring, without, extra, says
):
    text = sesnsp(victims(2024, WHOLE))
    table = pd.read_csv(io.StringIO(text), dtype=str).drop(columns=list(without))
    for column in extra:
        table.insert(3, column, "1")
    with pytest.raises(TreguaError, match=rf"TR1702: this is {says}"):
        bring(table.to_csv(index=False), "victims")


def test_a_file_with_less_adds_what_is_new_and_replace_says_what_is_lost(bring):
    bring(homicides(WHOLE, WHOLE), name="whole.csv")
    less = homicides([1] * 9 + BLANK, [1] * 9 + BLANK)
    manifest = bring(less, name="less.csv")
    assert manifest["lacking"]["2024"] == ("6 figures of 2 states (homicides; month 10, 11, 12)")
    assert manifest["new_figures"] == 0
    assert list(kept().values()) == [*WHOLE, *WHOLE]
    # It adds a state that was not there, and --replace puts it in the place of all.
    more = homicides([1] * 9 + BLANK, [1] * 9 + BLANK, [2] * 9 + BLANK)
    assert bring(more, name="more.csv")["new_figures"] == 9
    assert kept()["01", 2024, 1] == 7
    assert kept()["15", 2024, 1] == 2
    manifest = bring(more, name="more.csv", replace=True)
    assert "6 figures of 2 states" in manifest["lacking"]["2024"]
    assert months_of(2024) == list(range(1, 10))
    assert kept()["01", 2024, 1] == 1
    # As many figures as are there replace them.
    bring(homicides([3] * 12), name="new.csv")
    assert [kept()["01", 2024, month] for month in (1, 12)] == [3, 3]
    # All of it can be undone, in any order.
    for name in ("whole.csv", "new.csv", "more.csv", "less.csv"):
        remove_import(pack(), "homicides", name)
    assert not kept()


def test_a_file_with_fewer_crimes_leaves_the_shipped_ones(bring):
    shipped = read_figures(pack(), "victims").table
    manifest = bring(sesnsp(victims(2020, WHOLE)), "victims")
    assert "femicide" in manifest["lacking"]["2020"]
    pd.testing.assert_frame_equal(read_figures(pack(), "victims").table, shipped)
    manifest = bring(sesnsp(victims(2020, WHOLE)), "victims", replace=True)
    assert "femicide" in manifest["lacking"]["2020"]
    assert kept("victims", "intentional_homicide")["01", 2020, 1] == 7


def test_events_of_a_year_that_is_not_over_are_left_out(bring):
    rows = [
        f"{i},{year},2,A - B,Zacatecas,22.8,-102.6,{year}-03-01,{year}-03-02,4,5,4,0,Mexico"
        for i, year in enumerate((2025, 2026))
    ]
    manifest = bring("\n".join([GED, *rows]), "events")
    assert manifest["years"] == [2025, 2025]
    assert any("2026 are left out" in oddity for oddity in manifest["oddities"])
    with pytest.raises(TreguaError, match="TR1704"):
        bring("\n".join([GED, rows[0].replace(",4,5,4,", ",,5,4,")]), "events")


@pytest.mark.parametrize(
    ("separator", "end", "encoding", "below"),
    [
        (",", "\n", "utf-8-sig", "Fuente: INEGI, 2025, consulta\n"),
        (";", "\r\n", "cp1252", '"Fuente: INEGI","","",\n'),
        ("\t", "\r", "utf-8", "\n,,,\nNota: a,b\n"),
    ],
)
def test_separators_ends_of_lines_marks_and_notes_are_read(bring, below, separator, end, encoding):
    text = homicides(WHOLE, WHOLE, separator=separator, end=end, below=below.replace("\n", end))
    bring(text.encode(encoding))
    assert [value for (code, *_), value in kept().items() if code == "05"] == WHOLE
    text = sesnsp(victims(2024, WHOLE)) + "\n" + below
    bring(text.replace(",", separator).replace("\n", end).encode(encoding), "victims", "v.csv")
    assert kept("victims", "intentional_homicide")["05", 2024, 12] == 18


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *(("1234", 1234), ("1,234", 1234), ("1 234", 1234), ("1\u00a0234", 1234), ("0", 0)),
        *(("1,234,567", 1234567), ("12.0", 12), ("", None), ("NA", None), (" n/d ", None)),
    ],
)
def test_counts_are_read(text, count):
    assert checked_count(text, "") == count


@pytest.mark.parametrize(
    "text",
    [
        "1,5",
        "12,34",
        "1.234",
        "1.000",
        "1,23,456",
        "0,123",
        "1 23",
        "-1",
        "1e3",
        "٣",
        "x",
        "1,2345",
    ],
)
def test_what_is_no_count_is_refused(text):
    with pytest.raises(TreguaError, match="TR1704"):
        checked_count(text, "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (homicides(["1,234", *WHOLE[1:]]), "TR1702"),  # Not in quotation marks.
        (homicides(WHOLE).rstrip()[:-3], "TR1702"),  # Cut short.
        (homicides(WHOLE).replace("Febrero", "Enero", 1), "TR1702"),
        (homicides(WHOLE).replace("\n01,", '\n"' + "x" * 140_000 + '",', 1), "TR1701"),
        (homicides(WHOLE).replace(",Aguas", ',"' + "x" * 131_000 + "Aguas", 1), "TR1702"),
        (homicides(WHOLE).replace("Enero", "Enero" + "x" * 131_000), "TR1701"),
        (homicides(["1,5", *WHOLE[1:]], separator=";"), "TR1704"),
    ],
)
def test_files_that_would_be_read_as_something_else_are_refused(bring, folder, text, code):
    with pytest.raises(TreguaError) as refused:
        bring(text)
    assert refused.value.code == code
    assert len(refused.value.text()) < 1_500
    assert not folder.exists()


def test_cells_of_131_kb_are_refused_quickly_and_in_little_memory(tmp_path):
    file = tmp_path / "long.csv"
    row = ",".join(["x" * 131_000] * 21)
    file.write_text("\n".join([sesnsp([]), *[row] * 10]), encoding="utf-8")
    code = (
        "import sys, time, pathlib, tregua.countries.mexico.readers as readers, pandas\n"
        "from tregua.countries.imports import import_figures\n"
        "from tregua.countries.mexico import pack\n"
        "pack().code.layouts()\n"
        "from tregua.errors import TreguaError\n"
        "began = time.perf_counter()\n"
        "try: import_figures(pack(), 'victims', pathlib.Path(sys.argv[1]))\n"
        "except TreguaError as error: print(error.code, time.perf_counter() - began)\n"
    )
    before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (500 << 20, 500 << 20)),
    )
    assert done.stdout.startswith("TR1701"), done.stderr
    assert float(done.stdout.split()[1]) < 2, time.perf_counter() - before


def test_a_broken_import_is_named_and_skipped_and_can_be_removed(bring, capsys):
    bring(homicides(WHOLE), name="one.csv")
    bring(homicides(WHOLE, year=2023), name="two.csv")
    bring(homicides(WHOLE, year=2022), name="three.csv")
    one, two, _ = (item.folder for item in imports_of(pack(), "homicides"))
    (one / "manifest.json").write_text("{", encoding="utf-8")
    figures = two / "figures.csv"
    figures.write_text(figures.read_text().replace("18", "81"), encoding="utf-8")
    assert {year for _, year, _ in kept()} == {2022}
    assert run_command(["data", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {one["why"] for one in listed["broken"]} == {
        "manifest.json is damaged",
        "figures.csv was changed since the import",
    }
    assert [one["file"] for one in listed["imported"]] == ["three.csv"]
    assert run_command(["data", "show", "homicides", "--state", "Aguascalientes"]) == 0
    assert "two.csv" in capsys.readouterr().out
    figures.unlink()
    for name in ("two.csv", one.name):
        assert run_command(["data", "remove", "homicides", name]) == 0
    assert [item.broken for item in imports_of(pack(), "homicides")] == [""]
    assert run_command(["data", "remove", "homicides", "two.csv"]) == 2
    assert "TR1710" in capsys.readouterr().err


def test_two_imports_with_one_name_are_told_apart(bring):
    bring(homicides(WHOLE))
    bring(homicides(WHOLE, year=2023))
    with pytest.raises(TreguaError, match="TR1710") as refused:
        remove_import(pack(), "homicides", "f.csv")
    first = imports_of(pack(), "homicides")[0].folder.name
    assert first in refused.value.details["expected"]
    remove_import(pack(), "homicides", first[:10])
    assert {year for _, year, _ in kept()} == {2023}


def test_the_command_line_says_what_was_left_out_and_what_the_figures_are_for(tmp_path, capsys):
    file = tmp_path / "f.csv"
    file.write_text(homicides([*WHOLE[:9], *BLANK]), encoding="utf-8")
    assert run_command(["data", "import", "homicides", str(file)]) == 0
    said = capsys.readouterr().out
    assert "Left out: October, November, December 2024" in said
    assert "shown only; nothing computes with it" in said
    assert run_command(["data"]) == 0
    listed = capsys.readouterr().out
    assert "f.csv" in listed and str(tmp_path / "mine" / "figures") in listed
    file.write_text(inegi(), encoding="utf-8")
    assert run_command(["data", "import", "homicides", str(file), "--replace", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["replace"] is True
