"""Official files of a user: good ones are kept and read, bad ones refused with nothing written."""

import json

import pandas as pd
import pytest

from official_files import GED, STATES, crime, inegi, sesnsp
from tregua.cli import run_command
from tregua.countries.imports import import_figures, imports_of, read_figures, shipped_table
from tregua.countries.mexico import pack, state_code
from tregua.errors import TreguaError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TREGUA_DATA", str(tmp_path / "mine"))
    return tmp_path / "mine"


VICTIMS = [
    crime(
        2021,
        1,
        "Aguascalientes",
        "Homicidio",
        "Homicidio doloso",
        "Con arma de fuego",
        *range(1, 13),
    ),
    crime(2021, 1, "Aguascalientes", "Homicidio", "Homicidio doloso", "Con arma blanca", *[2] * 12),
    crime(
        2021,
        1,
        "Aguascalientes",
        "Homicidio",
        "Homicidio doloso",
        "Con arma de fuego",
        *[1] * 12,
        sex="Mujer",
    ),
    crime(
        2021,
        16,
        "Michoacán de Ocampo",
        "Feminicidio",
        "Feminicidio",
        "Con otro elemento",
        *[3] * 12,
        sex="Mujer",
    ),
    crime(2021, 16, "Michoacán de Ocampo", "Aborto", "Aborto", "Aborto", *[1] * 12, sex="Mujer"),
    crime(
        2022,
        1,
        "Aguascalientes",
        "Homicidio",
        "Homicidio doloso",
        "Con arma de fuego",
        5,
        6,
        *[""] * 10,
    ),
]
EVENTS = [
    (
        "1,2021,2,Sinaloa Cartel - Jalisco Cartel New Generation,Zacatecas "
        "state,22.8,-102.6,2021-03-01,2021-03-02,4,5,4,0,Mexico"
    ),
    (
        "2,2021,2,Sinaloa Cartel - Jalisco Cartel New Generation,México "
        "state,19.3,-99.6,2021-05-01,2021-05-01,2,2,2,0,Mexico"
    ),
    (
        "3,2021,2,Gulf Cartel - Los Zetas,Zacatecas "
        "state,22.9,-102.5,2021-03-05,2021-03-05,1,0,1,0,Mexico"
    ),
    (
        "4,2021,1,Government of Colombia - FARC,Meta "
        "department,3.1,-73.0,2021-03-05,2021-03-05,9,9,9,0,Colombia"
    ),
    "5,2021,3,Sinaloa Cartel - Civilians,,22.9,-102.5,2021-12-30,2022-01-02,3,3,3,3,Mexico",
]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Distrito Federal", "09"),
        ("MEXICO", "15"),
        ("Estado de México", "15"),
        ("México state", "15"),
        ("Ciudad de Mexico", "09"),
        ("Querétaro de Arteaga", "22"),
        ("5", "05"),
        ("COAH", "05"),
        ("Veracruz de Ignacio de la Llave", "30"),
        ("  nuevo   león ", "19"),
        ("Baja California Sur", "03"),
        ("San Luis Potosi", "24"),
    ],
)
def test_states_are_known_by_every_common_spelling(text, code):
    assert state_code(text) == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_an_inegi_export_is_kept_and_laid_over_the_shipped_months(tmp_path, encoding, folder):
    file = tmp_path / "2021.csv"
    file.write_text(inegi(), encoding=encoding)
    manifest = import_figures(pack(), "homicides", file)
    assert manifest["rows_written"] == 4 * 12
    assert manifest["years"] == [2021, 2021]
    assert manifest["dropped"] == {"municipalities": 4, "deaths abroad": 1}
    assert manifest["oddities"] == []
    figures = read_figures(pack(), "homicides")
    new = figures.table[figures.table["origin"] == "2021.csv"]
    assert new.loc[(new["state_code"] == "05") & (new["month"] == 3), "homicides"].tolist() == [202]
    assert figures.used[0] == "shipped homicides-month.csv"
    assert "2021.csv" in figures.used[1]
    assert len(figures.table) == 12 * len(pack().table("homicides-month.csv")) + 48


def test_a_users_file_goes_before_the_shipped_figures_of_the_same_states_and_year_only(tmp_path):
    shipped = read_figures(pack(), "homicides").table
    file = tmp_path / "2015.csv"
    file.write_text(inegi(2015), encoding="utf-8")
    import_figures(pack(), "homicides", file)
    both = read_figures(pack(), "homicides").table
    assert len(both) == len(shipped)
    mine = both[both["origin"] != "shipped"]
    assert set(mine["state_code"]) == set(STATES)
    assert set(mine["year"]) == {2015}
    rest = both[both["origin"] == "shipped"]
    assert (
        rest["homicides"].sum()
        == shipped[~((shipped["year"] == 2015) & shipped["state_code"].isin(STATES))][
            "homicides"
        ].sum()
    )


def test_the_later_import_wins_and_the_same_file_is_kept_once(tmp_path, folder):
    for name, sex in (("first.csv", "Hombre"), ("second.csv", "Mujer")):
        rows = [
            crime(
                2021,
                1,
                "Aguascalientes",
                "Homicidio",
                "Homicidio doloso",
                "Con arma de fuego",
                *[len(name)] * 12,
                sex=sex,
            )
        ]
        (tmp_path / name).write_text(sesnsp(rows), encoding="latin-1")
        import_figures(pack(), "victims", tmp_path / name)
    assert [one.file for one in imports_of(pack(), "victims")] == ["first.csv", "second.csv"]
    table = read_figures(pack(), "victims").table
    assert set(table.loc[table["year"] == 2021, "origin"]) == {"second.csv"}
    import_figures(pack(), "victims", tmp_path / "first.csv")
    assert [one.file for one in imports_of(pack(), "victims")] == ["second.csv", "first.csv"]
    table = read_figures(pack(), "victims").table
    assert set(table.loc[table["year"] == 2021, "origin"]) == {"first.csv"}
    assert len(list((folder / "figures" / "victims").iterdir())) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_sesnsp_file_is_summed_over_sex_and_age_and_unreported_months_are_no_zeros(
    tmp_path, encoding
):
    file = tmp_path / "IDVFC.csv"
    file.write_text(sesnsp(VICTIMS), encoding=encoding)
    manifest = import_figures(pack(), "victims", file)
    assert manifest["rows_read"] == 6
    assert manifest["dropped"] == {"rows of other crimes": 1}
    others = "March, April, May, June, July, August, September, October, November, December"
    assert manifest["months_left_out"] == [
        "January, February 2022 (femicide): empty in every state",
        f"{others} 2022: empty in every state",
    ]
    table = read_figures(pack(), "victims").table
    mine = table[table["origin"] == "IDVFC.csv"].set_index(["state_code", "year", "month"])
    assert mine.loc[("01", 2021, 4), "intentional_homicide"] == 4 + 2 + 1
    assert mine.loc[("01", 2021, 4), "intentional_homicide_firearm"] == 4 + 1
    assert mine.loc[("16", 2021, 12), "femicide"] == 3
    # A crime of which a state has no row is not one that nobody committed there.
    assert pd.isna(mine.loc[("16", 2021, 12), "intentional_homicide"])
    assert mine.loc[("01", 2022, 2), "intentional_homicide"] == 6
    assert ("01", 2022, 3) not in mine.index
    assert set(mine.columns) == {
        *pack().table("victims-month.csv"),
        "origin",
    } - {"state_code", "year", "month"}


def test_a_ucdp_file_is_summed_by_state_year_and_type(tmp_path):
    file = tmp_path / "ged.csv"
    file.write_text("\n".join([GED, *EVENTS]), encoding="utf-8")
    manifest = import_figures(pack(), "events", file)
    assert manifest["dropped"] == {"events outside Mexico": 1}
    assert manifest["states"] == 2
    assert len(manifest["oddities"]) == 2
    table = read_figures(pack(), "events").table.set_index(["state_code", "year", "type"])
    zacatecas = table.loc[("32", 2021, "non_state")]
    assert (zacatecas["events"], zacatecas["best"], zacatecas["high"]) == (2, 5, 5)
    assert table.loc[("15", 2021, "non_state"), "best"] == 2
    assert table.loc[("00", 2021, "one_sided"), "civilians"] == 3


BAD = {
    "another kind of file": ("homicides", sesnsp(VICTIMS), "TR1702"),
    "no year": ("homicides", inegi(year=""), "TR1702"),
    "months that do not add up": ("homicides", inegi(total=1), "TR1706"),
    "states that do not add up": ("homicides", inegi(national=99_999), "TR1706"),
    "a state that does not exist": ("homicides", inegi(name="Cohauilla y Texas"), "TR1703"),
    "the code of another state": ("homicides", inegi(name="Sonora"), "TR1703"),
    "a negative count": ("homicides", inegi(negative=True), "TR1704"),
    "a missing column": ("victims", sesnsp(VICTIMS).replace("Clave_Ent", "Clave"), "TR1702"),
    "the same row twice": ("victims", sesnsp([*VICTIMS, VICTIMS[0]]), "TR1705"),
    "a broken count": (
        "victims",
        sesnsp(
            [
                *VICTIMS,
                crime(
                    2021,
                    2,
                    "Baja California",
                    "Homicidio",
                    "Homicidio doloso",
                    "x",
                    "4.5",
                    *[0] * 11,
                ),
            ]
        ),
        "TR1704",
    ),
    "a broken year": (
        "victims",
        sesnsp([crime("21", *row[1:3], *row[4:7], *row[9:]) for row in VICTIMS[:1]]),
        "TR1704",
    ),
    "code and name apart": (
        "victims",
        sesnsp([crime(2021, 2, "Sonora", "Homicidio", "Homicidio doloso", "x", *[0] * 12)]),
        "TR1703",
    ),
    "only other crimes": (
        "victims",
        sesnsp([crime(2021, 26, "Sonora", "Aborto", "Aborto", "Aborto", *[0] * 12)]),
        "TR1702",
    ),
    "only other countries": ("events", "\n".join([GED, EVENTS[3]]), "TR1702"),
    "an event twice": ("events", "\n".join([GED, EVENTS[0], EVENTS[0]]), "TR1705"),
    "an event that ends before it starts": (
        "events",
        "\n".join([GED, EVENTS[0].replace("2021-03-02", "2021-02-02")]),
        "TR1704",
    ),
    "an unknown type": (
        "events",
        "\n".join([GED, EVENTS[0].replace("1,2021,2,", "1,2021,7,")]),
        "TR1704",
    ),
    "a state of another country": (
        "events",
        "\n".join([GED, EVENTS[0].replace("Zacatecas state", "Meta department")]),
        "TR1703",
    ),
    "an empty file": ("events", " \n", "TR1701"),
    "a spreadsheet": ("victims", "PK\x03\x04 not a text", "TR1701"),
    "an unknown kind": ("murders", inegi(), "TR1707"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_code_and_nothing_is_written(case, tmp_path, folder):
    kind, text, code = BAD[case]
    file = tmp_path / "bad.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TreguaError) as refused:
        import_figures(pack(), kind, file)
    assert refused.value.code == code
    assert not folder.exists()
    if code in {"TR1703", "TR1704", "TR1705"}:
        assert "row " in refused.value.details["where"]
        assert refused.value.details["expected"]


def test_the_message_names_the_row_and_column(tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text(inegi(negative=True), encoding="utf-8")
    with pytest.raises(TreguaError) as refused:
        import_figures(pack(), "homicides", file)
    assert refused.value.details["where"] == "bad.csv, row 10, column Abril"
    assert refused.value.details["found"] == "-1"


def test_a_missing_file_and_a_folder_that_cannot_be_written_are_refused(tmp_path, monkeypatch):
    with pytest.raises(TreguaError, match="TR1701"):
        import_figures(pack(), "homicides", tmp_path / "none.csv")
    file = tmp_path / "2021.csv"
    file.write_text(inegi(), encoding="utf-8")
    monkeypatch.setenv("TREGUA_DATA", str(file))
    with pytest.raises(TreguaError, match="TR3102"):
        import_figures(pack(), "homicides", file)


def test_an_import_that_fails_while_writing_leaves_nothing(tmp_path, folder, monkeypatch):
    file = tmp_path / "2021.csv"
    file.write_text(inegi(), encoding="utf-8")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(TreguaError, match="TR3102"):
        import_figures(pack(), "homicides", file)
    assert list((folder / "figures" / "homicides").iterdir()) == []
    assert imports_of(pack(), "homicides") == []


def test_the_command_line_lists_shows_and_imports(tmp_path, capsys):
    assert run_command(["data", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"territories.csv", "vetting.csv"} <= {note["file"] for note in listed["shipped"]}
    assert all(note["source"] and note["years"] for note in listed["shipped"])
    assert listed["imported"] == []
    file = tmp_path / "2021.csv"
    file.write_text(inegi(), encoding="utf-8")
    assert run_command(["data", "import", "homicides", str(file)]) == 0
    assert "48 rows of homicides, 2021 to 2021" in capsys.readouterr().out
    assert run_command(["data", "show", "homicides", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert any(row["origin"] == "2021.csv" for row in shown["table"])
    assert run_command(["data", "show", "vetting"]) == 0
    assert "C53" in capsys.readouterr().out
    assert run_command(["data", "show", "veting"]) == 2
    assert "TR1708" in capsys.readouterr().err
    assert run_command(["data", "import", "victims", str(file)]) == 2
    assert "TR1702" in capsys.readouterr().err


def test_a_shipped_table_is_found_with_and_without_its_ending():
    for name in ("territories.csv", "territories"):
        assert shipped_table(pack(), name)[0]["file"] == "territories.csv"
