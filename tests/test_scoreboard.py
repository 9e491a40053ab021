"""The scoreboard: the truth wins, tables are means of their cells, files are checked, and the
command writes a whole folder.
"""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from tregua.cli import run_command
from tregua.countries.record import Record, monthly_record, yearly_record
from tregua.errors import TreguaError
from tregua.forecasting.baselines import draw
from tregua.forecasting.scoreboard import (
    SCORES,
    baseline_boards,
    board,
    forecast_board,
    usual_origins,
)
from tregua.forecasting.submission import read_forecast

ORIGINS = (2006, 2012, 2016)
LIGHT = ("carry-forward", "own-history", "random-walk")
COUNT = 60


def table_of(record: Record, samples: np.ndarray, origin: int) -> pd.DataFrame:
    """Samples in the form of a file."""
    replicate, state, lead = np.indices(samples.shape).reshape(3, -1)
    columns = {
        "state_code": np.array(record.codes)[state],
        "year": origin + 1 + lead // record.season,
        "replicate": replicate,
    }
    months = {"month": lead % record.season + 1} if record.season > 1 else {}
    return pd.DataFrame({**columns, **months, "homicides": samples.ravel()})


@pytest.fixture
def good():
    return table_of(yearly_record(), draw("carry-forward", yearly_record(), 2016, 4, COUNT), 2016)


@pytest.fixture
def truth(tmp_path):
    """A file with the deaths that came, give or take chance."""
    came = yearly_record().after(2016, 4).counts
    file = tmp_path / "oracle.parquet"
    table_of(
        yearly_record(), np.random.default_rng(1).poisson(came, (COUNT, 32, 4)), 2016
    ).to_parquet(file)
    return file


@pytest.fixture(scope="module")
def light():
    return board(yearly_record(), models=LIGHT, replicates=300)


def test_the_usual_origins_are_those_of_the_settings():
    assert usual_origins() == ORIGINS


def test_a_board_has_a_row_for_each_model_origin_lead_and_state(light):
    assert len(light.cells) == len(LIGHT) * len(ORIGINS) * 4 * 32
    assert set(light.cells["year"]) == {*range(2007, 2011), *range(2013, 2021)}
    assert np.isfinite(light.cells[list(SCORES)].to_numpy()).all()
    some = light.cells.query(
        "model == 'own-history' and origin == 2012 and lead == 3 and state_code == '08'"
    ).iloc[0]
    assert (
        some["actual"] == yearly_record().counts[yearly_record().codes.index("08"), 2015 - 1990]
        and some["year"] == 2015
    )


def test_tables_are_means_of_the_cells(light):
    whole, each = light.means(), light.means(["origin"])
    assert list(whole["model"]) == list(LIGHT) and set(whole["origins"]) == {"2006 2012 2016"}
    for model in LIGHT:
        rows = light.cells[light.cells["model"] == model]
        mean = whole.set_index("model").loc[model]
        assert mean["crps"] == pytest.approx(rows["crps"].mean())
        assert mean["covered_80"] == pytest.approx(rows["covered_80"].mean())
        parts = rows.groupby(["origin", "lead"])[["off", "actual"]].sum()
        assert mean["misplaced_share"] == pytest.approx((parts["off"] / parts["actual"]).mean())
        assert each[each["model"] == model]["crps"].mean() == pytest.approx(mean["crps"])
    assert len(light.means(["lead"])) == 4 * len(LIGHT) and len(
        light.means(["state_code"])
    ) == 32 * len(LIGHT)


def test_differences_are_between_models_on_the_same_rows(light):
    table = light.differences().set_index(["model", "against"])
    means = light.means().set_index("model")["crps"]
    assert len(table) == len(LIGHT) * (len(LIGHT) - 1)
    for first, second in table.index:
        row, back = table.loc[(first, second)], table.loc[(second, first)]
        assert row["difference"] == pytest.approx(means[first] - means[second])
        assert row["low_95"] <= row["difference"] <= row["high_95"]
        assert row["difference"] == pytest.approx(-back["difference"])
    mixed = board(yearly_record(), (2012, 2016), 2, ("carry-forward",), replicates=100)
    assert mixed.differences().empty


def test_the_same_seed_gives_the_same_board():
    first, again, other = (
        board(yearly_record(), (2012,), 2, LIGHT, replicates=100, seed=seed).cells
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first["crps"].equals(other["crps"])


def test_progress_counts_every_forecast():
    told = []
    board(
        yearly_record(),
        (2012,),
        2,
        LIGHT,
        replicates=50,
        progress=lambda done, all_: told.append((done, all_)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_forecast_that_knows_the_truth_beats_the_baselines(truth):
    forecast = read_forecast(truth, 2016)
    assert (forecast.name, forecast.season, forecast.samples.shape) == ("oracle", 1, (COUNT, 32, 4))
    scored = forecast_board(forecast, models=LIGHT)
    assert scored.models == ("oracle", *LIGHT)
    assert scored.means().set_index("model")["crps"].idxmin() == "oracle"
    mine = scored.differences().query("model == 'oracle'")
    assert len(mine) == 3 and (mine["high_95"] < 0).all()


def test_a_file_with_months_is_scored_by_month(tmp_path):
    samples = draw("own-history", monthly_record(), 2018, 14, COUNT)
    file = tmp_path / "carry-forward.parquet"
    # The order of rows says nothing.
    table = table_of(monthly_record(), samples, 2018).sample(frac=1.0, random_state=1)
    table.to_parquet(file)
    forecast = read_forecast(file, 2018)
    np.testing.assert_array_equal(forecast.samples, samples)
    scored = forecast_board(forecast, models=("carry-forward",))
    assert scored.models == ("carry-forward (file)", "carry-forward")
    last = scored.cells[scored.cells["lead"] == 14]
    assert set(last["year"]) == {2020} and set(last["month"]) == {2}


def changed(column, value, row=5):
    def change(table):
        table = table.astype({column: object}) if isinstance(value, str) else table
        table.loc[row, column] = value
        return table.astype({column: str}) if isinstance(value, str) else table

    return change


BAD = {
    "no state_code": (lambda t: t.drop(columns="state_code"), 2016, "TR2702"),
    "numbers for codes": (
        lambda t: t.assign(state_code=t["state_code"].astype(int)),
        2016,
        "TR2702",
    ),
    "years with decimals": (lambda t: t.assign(year=t["year"] + 0.5), 2016, "TR2702"),
    "text for homicides": (lambda t: t.assign(homicides="many"), 2016, "TR2702"),
    "no rows": (lambda t: t.iloc[:0], 2016, "TR2704"),
    "negative": (changed("homicides", -1), 2016, "TR2703"),
    "nan": (lambda t: changed("homicides", np.nan)(t.astype({"homicides": float})), 2016, "TR2703"),
    "infinite": (
        lambda t: changed("homicides", np.inf)(t.astype({"homicides": float})),
        2016,
        "TR2703",
    ),
    "code without zero": (changed("state_code", "1"), 2016, "TR2703"),
    "month 13": (lambda t: t.assign(month=13), 2016, "TR2703"),
    "a row short": (lambda t: t.iloc[1:], 2016, "TR2704"),
    "a state short": (lambda t: t[t["state_code"] != "08"], 2016, "TR2704"),
    "a row twice": (lambda t: pd.concat([t, t.iloc[:1]]), 2016, "TR2704"),
    "starts too early": (lambda t: t, 2017, "TR2705"),
    "starts too late": (lambda t: t, 2015, "TR2705"),
    "a year between": (lambda t: t[t["year"] != 2018], 2016, "TR2705"),
    "after the record": (lambda t: t.assign(year=t["year"] + 1), 2017, "TR2705"),
    "no such origin": (lambda t: t, 2020, "TR2705"),
    "too few replicates": (lambda t: t[t["replicate"] < 10], 2016, "TR2706"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_a_code_a_place_and_what_was_expected(case, good, tmp_path):
    change, origin, code = BAD[case]
    file = tmp_path / "bad.parquet"
    change(good).to_parquet(file)
    with pytest.raises(TreguaError) as caught:
        read_forecast(file, origin)
    assert caught.value.code == code, caught.value.text()
    assert caught.value.details["where"] and caught.value.details["expected"]


def test_what_is_no_parquet_file_is_refused(tmp_path):
    (tmp_path / "text.parquet").write_text("state_code,year\n01,2017\n")
    for name in ("text.parquet", "nowhere.parquet"):
        with pytest.raises(TreguaError, match="TR2701"):
            read_forecast(tmp_path / name, 2016)


def test_leads_past_the_record_are_refused():
    with pytest.raises(TreguaError, match="TR2705"):
        board(yearly_record(), (2018,), 4, LIGHT)


@pytest.fixture
def only_light(monkeypatch):
    """The command with the baselines that take no time, and few samples."""
    monkeypatch.setattr("tregua.forecasting.scoreboard.available", lambda record, origin: LIGHT[:2])
    monkeypatch.setattr(
        "tregua.forecasting.scoreboard.baseline_boards", partial(baseline_boards, replicates=100)
    )
    monkeypatch.setattr("tregua.cli.score.begin", lambda: None)


def test_the_command_scores_the_baselines_and_writes_a_whole_folder(
    only_light, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run_command(["score", "--out", "found"]) == 0
    shown = capsys.readouterr().out
    assert "own-history" in shown and "CRPS by origin" in shown
    folder = tmp_path / "found"
    assert {path.suffix for path in (folder / "tables").iterdir()} == {".csv", ".parquet"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["figures"]) == {"scores-years", "scores-months"}
    assert all("From 2012 the best is" in figure["alt"] for figure in manifest["figures"].values())
    assert (folder / "figures" / "scores-years.png").stat().st_size > 10_000
    assert "tables/years_cells.csv" in manifest["files"] and str(tmp_path) not in json.dumps(
        manifest
    )
    assert run_command(["score", "--out", "found"]) == 2
    assert "TR3101" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found"]


def test_the_command_scores_a_file_beside_the_baselines(
    only_light, truth, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run_command(["score", "oracle.parquet", "--origin", "2016", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["folder"] == "runs/score-oracle-2016"
    rows = {row["model"]: row["crps"] for row in answer["years_all"]}
    assert rows["oracle"] < min(rows["carry-forward"], rows["own-history"])
    assert run_command(["score", "oracle.parquet", "--origin", "2016"]) == 0
    assert "against the baselines" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["oracle.parquet"], "TR1001"),
        (["--origin", "2016"], "TR1001"),
        (["no.parquet", "--origin", "2016"], "TR2701"),
        (["--seed", "x"], "TR1001"),
        (["--seed", "-1"], "TR2204"),
    ],
)
def test_the_command_refuses_bad_input_and_leaves_nothing(
    only_light, arguments, code, truth, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run_command(["score", *arguments]) == 2
    assert code in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["oracle.parquet"]


def test_a_stop_leaves_no_folder(only_light, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tregua.reporting.run_folder.save_picture", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_command(["score"])
    assert not list((tmp_path / "runs").iterdir())


def test_both_boards_report_one_progress(only_light):
    told = []
    years, months = baseline_boards(
        progress=lambda done, all_: told.append((done, all_)), replicates=50
    )
    assert told == [(done, 12) for done in range(1, 13)]
    assert (years.season, months.season) == (1, 12)
    assert len(months.cells) == 2 * 3 * 12 * 32
