"""Forecasts and scores of a made-up country in a folder, of three provinces and twelve years."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tregua.cli import run_command
from tregua.cli.new_country import write_country
from tregua.countries.record import monthly_record, yearly_record
from tregua.countries.registry import folder_pack
from tregua.errors import TreguaError
from tregua.forecasting.baselines import available, draw
from tregua.forecasting.baselines.boosted import features, regions
from tregua.forecasting.baselines.published_size import killed_by_year
from tregua.forecasting.rolling import first_origin
from tregua.forecasting.scoreboard import baseline_boards, forecast_board, usual_origins
from tregua.forecasting.submission import read_forecast
from tregua.forecasting.write import frozen, rolling_scores

MEXICAN = ("Mexico", "INEGI", "32", "Durango", "pandemic", " state ", " states ", "registration")
MONTHS = [f"m{month:02d}" for month in range(1, 13)]
READ = "Data of the country alba are read from the folder: /"
LIGHT = ("carry-forward", "random-walk")


@pytest.fixture
def country(tmp_path, monkeypatch) -> Path:
    """The folder, below the current one."""
    monkeypatch.chdir(tmp_path)
    write_country(Path("alba"))
    settings = Path("alba", "pack.toml")
    # Each test says what forecasts must know.
    text, _, _ = settings.read_text(encoding="utf-8").partition("# What forecasts must know")
    settings.write_text(text, encoding="utf-8")
    return Path("alba")


@pytest.fixture
def only_light(monkeypatch):
    """The command with the baselines that take no time."""
    monkeypatch.setattr("tregua.forecasting.scoreboard.available", lambda record, origin: LIGHT)
    monkeypatch.setattr("tregua.cli.score.begin", lambda: None)


def with_settings(folder: Path, text: str, old: str = ""):
    """The pack with other settings: a text in the place of an old one, or at the end."""
    file = folder / "pack.toml"
    said = file.read_text()
    file.write_text(said.replace(old, text) if old else f"{said}\n{text}\n")
    return folder_pack(folder)


def with_counts(folder: Path, change) -> None:
    """Other counts of deaths."""
    file = folder / "tables" / "homicides-month.csv"
    table = pd.read_csv(file)
    change(table)
    table.to_csv(file, index=False)


def test_the_command_forecasts_from_the_last_year_and_says_what_it_read(country, capsys):
    assert run_command(["forecast", "--data", "./alba", "--replicates", "50"]) == 0
    shown = capsys.readouterr()
    assert READ in shown.err and "All provinces together" in shown.out
    folder = Path("runs/forecast-alba-2020")
    months = pd.read_parquet(folder / "state_month.parquet")
    assert set(months["state_code"]) == {"ALB", "BRU", "COR"}
    assert set(months["year"]) == {2021, 2022, 2023} and months["homicides"].min() >= 0
    assert set(pd.read_parquet(folder / "state_year.parquet")["year"]) == set(range(2021, 2025))
    page = (folder / "README.md").read_text()
    assert page.startswith("# Homicides by province in alba, forecast from the end of 2020\n")
    assert "each of the 3 provinces, 48" in page
    assert "Figures after 2018 carry an error of about 3 % themselves (8 % in Corva)." in page
    assert not [word for word in MEXICAN if word in page]
    note = json.loads((folder / "manifest.json").read_text())
    assert note["country"] == "alba" and {table["file"] for table in note["tables"]} == {
        "homicides-month.csv",
        "population.csv",
        "adjacency.csv",
    }


def test_a_forecast_is_made_again_from_the_copy_in_its_folder(country, monkeypatch, capsys):
    options = ["--data", "./alba", "--months", "3", "--replicates", "40"]
    assert run_command(["forecast", *options, "--out", "made", "--quiet"]) == 0
    monkeypatch.chdir("made")
    note = json.loads(Path("manifest.json").read_text())
    assert note["command"] in Path("README.md").read_text() and "./country" in note["command"]
    assert run_command([*note["command"].split()[1:], "--quiet"]) == 0
    again = Path("forecasts/origin-2020")
    assert json.loads((again / "manifest.json").read_text())["data_sha256"] == note["data_sha256"]
    first, second = (pd.read_parquet(folder / "state_month.parquet") for folder in (Path(), again))
    pd.testing.assert_frame_equal(first, second)


def test_a_forecast_from_an_earlier_year_is_scored(country, only_light, capsys):
    options = ["--origin", "2019", "--data", "./alba"]
    made = ["--months", "12", "--replicates", "50", "--out", "made", "--quiet"]
    assert run_command(["forecast", *options, *made]) == 0
    months = read_forecast(Path("made/state_month.parquet"), 2019, folder_pack(country))
    scored = forecast_board(months, models=LIGHT)
    assert len(scored.cells) == 3 * 3 * 12 and set(scored.cells["year"]) == {2020}
    capsys.readouterr()
    assert run_command(["score", "made/state_year.parquet", *options]) == 0
    shown = capsys.readouterr()
    assert "homicides by province and year" in shown.out and "layer" in shown.out
    assert READ in shown.err
    note = json.loads(Path("runs/score-alba-state_year-2019/manifest.json").read_text())
    figure = note["figures"]["scores-years"]
    assert "over 3 provinces" in figure["caption"] and note["country"] == "alba"
    assert not [word for word in MEXICAN if word in json.dumps(figure) + shown.out]
    assert run_command(["score", "made/state_year.parquet", "--origin", "2019"]) == 2
    assert "TR2703" in capsys.readouterr().err


def test_the_command_scores_the_baselines_from_the_last_four_years(country, only_light, capsys):
    assert run_command(["score", "--data", "./alba"]) == 0
    shown = capsys.readouterr().out
    assert "by province and year" in shown and "against the baselines" not in shown
    cells = pd.read_csv("runs/score-alba/tables/years_cells.csv")
    assert set(cells["origin"]) == {2016} and set(cells["year"]) == {2017, 2018, 2019, 2020}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["forecast", "--origin", "2018"], "TR2801", "a year from 2019 to 2020"),
        (["forecast", "--origin", "2021"], "TR2801", "a year from 2019 to 2020"),
        (["score", "no.parquet", "--origin", "2014"], "TR2705", "a year from 2015 to 2019"),
        (["score", "no.parquet", "--origin", "2020"], "TR2705", "a year from 2015 to 2019"),
        (["forecast", "--data", "albo"], "TR1501", "mexico"),
        (["score", "--data", "./nowhere"], "TR1511", "pack.toml"),
    ],
)
def test_a_year_or_country_that_is_not_there_is_refused(country, arguments, code, said, capsys):
    given = arguments if "--data" in arguments else [*arguments, "--data", "./alba"]
    assert run_command(given) == 2
    shown = capsys.readouterr().err
    assert code in shown and said in shown
    assert not Path("runs").exists()


def test_a_record_that_is_too_short_is_refused_with_what_is_needed(country):
    pack = with_settings(country, "first_year = 2011", "first_year = 2009")
    for make, code in ((frozen, "TR2810"), (baseline_boards, "TR2711")):
        with pytest.raises(TreguaError, match="at least 11 years") as caught:
            make(pack=pack)
        assert caught.value.code == code
    assert rolling_scores(2020, pack=pack) is None


def test_origins_of_scores_come_from_the_settings_or_leave_four_years_each(country):
    pack = folder_pack(country)
    assert first_origin(yearly_record(pack)) == 2019 and usual_origins(pack) == (2016,)
    said = "[forecast]\nscore_origins = [2015, 2016]"
    assert usual_origins(with_settings(country, said)) == (2015, 2016)
    wrong = with_settings(country, "score_origins = [2015, 2017]", "score_origins = [2015, 2016]")
    with pytest.raises(TreguaError, match="years from 2015 to 2016") as caught:
        usual_origins(wrong)
    assert caught.value.code == "TR2711"


def test_regions_are_a_column_of_the_territories_and_none_is_no_feature(country):
    pack = folder_pack(country)
    assert regions(pack) == {"north": ("ALB", "BRU"), "south": ("COR",)}
    other = with_settings(country, '[forecast]\nregions = ["south"]')
    assert list(regions(other)) == ["south", "north"]
    with pytest.raises(TreguaError, match="TR2712"):
        regions(with_settings(country, '["suth"]', '["south"]'))
    table = pd.read_csv(country / "territories.csv").drop(columns="region")
    table.to_csv(country / "territories.csv", index=False)
    notes = country / "tables" / "SOURCES.toml"
    described = 'region = { type = "text", doc = "part of the country" }'
    assert described in notes.read_text(encoding="utf-8")
    notes.write_text(notes.read_text(encoding="utf-8").replace(described, ""), encoding="utf-8")
    without = with_settings(country, '["south"]', '["suth"]')
    assert regions(without) == {}
    wide, narrow = (features(yearly_record(each), 11).shape[1] for each in (pack, without))
    assert wide - narrow == 2
    assert draw("boosted", yearly_record(without), 2019, 1, 40).shape == (40, 3, 1)


def test_the_published_size_model_needs_groups_that_the_settings_name(country):
    assert "size-2023" not in available(yearly_record(folder_pack(country)), 2019)
    pack = with_settings(country, '[forecast]\npublished_size = "alba-2016"')
    record = yearly_record(pack)
    assert "size-2023" not in available(record, 2015) and "size-2023" in available(record, 2016)
    assert list(killed_by_year(pack)) == list(range(2016, 2031))
    assert draw("size-2023", record, 2019, 1, 40).shape == (40, 3, 1)
    wrong = with_settings(country, "alba-2014", "alba-2016")
    with pytest.raises(TreguaError, match="TR2710"):
        available(yearly_record(wrong), 2019)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.update(table.loc[table["year"] == 2015, MONTHS] * 0),
        lambda table: table.update(table.loc[table["state_code"] == "COR", MONTHS] * 0),
        lambda table: table.update(table[MONTHS] * 0),
    ],
    ids=["no death in a year", "no death in a province", "no death at all"],
)
def test_months_without_deaths_give_whole_numbers(country, change):
    with_counts(country, change)
    pack = folder_pack(country)
    with np.errstate(all="raise"):
        samples = frozen(months=24, replicates=40, pack=pack).samples
        walk = draw("random-walk", monthly_record(pack), 2019, 12, 40)
    assert samples.shape == (40, 3, 24) and samples.min() >= 0 and walk.min() >= 0


def test_what_was_known_and_what_to_mind_come_from_the_settings(country):
    said = '[forecast]\ncaveat = "Counts are made up."\n[forecast.known]\n2020 = "It was wet."'
    with_settings(country, said)
    for origin, wet in (("2020", True), ("2019", False)):
        options = ["--data", "./alba", "--origin", origin, "--months", "3", "--replicates", "40"]
        assert run_command(["forecast", *options, "--out", origin, "--quiet"]) == 0
        page = (Path(origin) / "README.md").read_text()
        assert "Counts are made up." in page and ("It was wet." in page) is wet
