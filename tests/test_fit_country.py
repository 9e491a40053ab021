"""A fit of a made-up country, whose folder says what is compared and what is held out; and what of
such a folder is refused. Nothing here is Mexico's.
"""

import json

import numpy as np
import pandas
import pytest

from tregua.cli import run_command
from tregua.cli.new_country import write_country
from tregua.countries.observed import check_observed, held_out_of, observations, unseen_counts
from tregua.countries.registry import folder_pack
from tregua.errors import TreguaError
from tregua.inference.job import first_year, national
from tregua.inference.observations import Fights, Total
from tregua.inference.streams import streams_for, streams_on_record
from tregua.inference.unknowns import Unknowns
from tregua.reporting.charts.fit import Named
from tregua.scenarios.toml import load_scenario
from tregua.studies.ladder import origins_of, rungs_of, span_of

OBSERVATIONS = """\
[fights.press]
label.en = "killed in fights (made-up press)"
short = "the press"
file = "fights.csv"
where = { kind = "fight" }
column = "dead"
spread = 0.9
unit = "person"
why = "Made up."

[[fights.press.period]]
first = 2015
last = 2016
share = 0.5
share_spread = 0.6
why = "Made up."

[[fights.press.period]]
first = 2017
last = 2020
share = 0.3
share_spread = 0.6
why = "Made up."

[total.traders]
label.en = "traders killed (made up)"
file = "fights.csv"
columns = ["traders"]
flows = ["trade.seized"]
first = 2015
last = 2016
spread = 0.5
unit = "person"
why = "Made up; this country has no trade."

[total.fighters]
label.en = "fighters killed (made up)"
file = "fights.csv"
columns = ["dead", "traders"]
flows = ["conflict.killed"]
first = 2015
last = 2016
spread = 0.5
unit = "person"
why = "Made up."

[anchor]
groups = ["Herons"]
count = 900
spread = 0.3
unit = "person"
why = "Made up."
"""

HELD_OUT = """\
[series.police]
label.en = "homicides by the police (made up)"
outcome = "recorded_homicides"
file = "months.csv"
column = "victims"
month_column = "month"
unit = "person"
why = "Made up."
"""

FIGHTS = """\
state_code,year,kind,dead,traders
BRU,2017,fight,4,0
ALB,2015,fight,10,1
ALB,2016,fight,20,2
ALB,2016,quarrel,500,0
COR,2016,fight,3,0
00,2016,fight,70,0
COR,2019,fight,9,0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The country of `tregua data new-country`, with seven mechanisms and further series."""
    place = tmp_path_factory.mktemp("countries") / "lumia"
    write_country(place)
    settings = (place / "pack.toml").read_text(encoding="utf-8")
    for name in ("movement", "troops", "corruption", "prisons"):
        assert f'  "{name}",\n' in settings
        settings = settings.replace(f'  "{name}",\n', "")
    (place / "pack.toml").write_text(settings, encoding="utf-8")
    (place / "observations.toml").write_text(OBSERVATIONS, encoding="utf-8")
    (place / "held_out.toml").write_text(HELD_OUT, encoding="utf-8")
    (place / "tables" / "fights.csv").write_text(FIGHTS, encoding="utf-8")
    rows = ["state_code,year,month,victims"]
    rows += [f"ALB,2015,{month},2" for month in range(1, 13)]
    rows += [f"ALB,2016,{month},2" for month in range(1, 12)]
    (place / "tables" / "months.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def pack(folder):
    return folder_pack(folder)


def test_streams_of_a_country_are_those_that_its_folder_lists(pack):
    homicides, fights, *totals = streams_on_record(pack, 2015, 2018)
    assert homicides.counts.shape == (3, 4)
    months = pack.table("homicides-month.csv").set_index(["state_code", "year"])
    assert homicides.counts[0, 0] == months.loc[("ALB", 2015)].sum()
    # Counts are exact to the end of 2018, and those of Corva unsure after it.
    assert not homicides.errors.any()
    later = streams_on_record(pack, 2015, 2020)[0].errors
    np.testing.assert_array_equal(later[:, -2:], [[0.03, 0.03], [0.03, 0.03], [0.08, 0.08]])
    assert isinstance(fights, Fights) and fights.spread == 0.9
    # In the order of the table; of no quarrel, of nobody without a province, and to 2018.
    assert list(fights.counts) == ["press share 2017-2020", "press share 2015-2016"]
    np.testing.assert_array_equal(fights.counts["press share 2015-2016"], [30.0, 0.0, 3.0])
    np.testing.assert_array_equal(fights.counts["press share 2017-2020"], [0.0, 4.0, 0.0])
    assert [(t.name, t.count) for t in totals if isinstance(t, Total)] == [
        ("traders killed (made up)", 3.0),
        ("fighters killed (made up)", 606.0),
    ]
    assert not [s for s in streams_on_record(pack, 2015, 2015) if isinstance(s, Total)]


def test_a_count_that_the_model_has_no_flow_for_is_left_out_and_named(pack):
    scenario = national(pack, 2017)
    assert (scenario.start.year, scenario.weeks) == (2015, 157)
    chosen = streams_for(scenario, 2017)
    assert chosen.left_out == ("traders killed (made up) (no trade.seized)",)
    unknowns = Unknowns.of(scenario, streams=chosen.streams)
    assert unknowns.labels[-2:] == ("press share 2015-2016", "press share 2017-2020")
    assert unknowns.territories == ("Alba", "Brume", "Corva")


def test_series_that_no_fit_sees_are_those_of_the_folder(pack):
    # The year 2016 has eleven months.
    assert unseen_counts(pack, "police") == {2015: 24.0}


def test_a_country_that_lists_nothing_is_fitted_to_its_homicides(tmp_path):
    write_country(tmp_path / "barren")
    bare = folder_pack(tmp_path / "barren")
    assert len(streams_on_record(bare, 2015, 2018)) == 1
    assert not held_out_of(bare).series and observations(bare).anchor is None


def test_charts_speak_of_the_country(pack):
    named = Named.of(pack)
    assert "homicides on record (made up)" in named.how_to_read
    assert named.territories == "provinces"
    assert named.ratios["press share 2015-2016"] == (
        "the press's count per death expected in fights, 2015-2016"
    )


def test_the_ladder_of_a_country_has_the_mechanisms_that_it_has(pack, capsys, monkeypatch):
    assert [rung.label for rung in rungs_of(pack)] == [
        "size model in every state",
        "+ saturating conflict",
        "+ form of arrests",
    ]
    # Its model begins in 2015, and its record ends in 2020: eight years do not lie between.
    assert span_of(pack) == (2018, 2016) and origins_of(pack) == (2016,)
    monkeypatch.chdir(pack.folder)
    assert run_command(["ladder", "--data", "."]) == 2
    assert "2022 or later" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "word"),
    [
        ("observations.toml", "spread = 0.9", "spread = 0.0", "TR2920", "fights.press.spread"),
        ("observations.toml", "spread = 0.9\n", "", "TR2920", "fights.press.spread"),
        ("observations.toml", 'unit = "person"', 'unit = "cow"', "TR2920", "fights.press.unit"),
        ("observations.toml", "first = 2017", "first = 2016", "TR2920", "overlap"),
        ("observations.toml", "last = 2020", "last = 2000", "TR2920", "fights.press.period.1"),
        ("observations.toml", "[total.traders]", "[total.Two words]", "TR1512", "toml"),
        ("observations.toml", "[total.traders]", '[total."a b"]', "TR2920", "total.a b"),
        ("observations.toml", '["Herons"]', '["Nobody"]', "TR2921", "anchor.groups"),
        ("observations.toml", '"fights.csv"', '"fight.csv"', "TR2921", "fights.press"),
        ("observations.toml", '"dead"\n', '"dying"\n', "TR2921", "dying"),
        ("observations.toml", 'kind = "fight"', 'kind = "figth"', "TR2921", "kind = figth"),
        ("observations.toml", '["traders"]', '["kind"]', "TR2921", "total.traders"),
        ("held_out.toml", "month_column", "monthcolumn", "TR2920", "series.police.monthcolumn"),
        ("held_out.toml", '"victims"', '"victim"', "TR2921", "series.police"),
        ("held_out.toml", 'why = "Made up."', 'why = ""', "TR2920", "series.police.why"),
    ],
)
def test_what_is_wrong_with_what_is_observed_is_told_by_file_and_key(
    folder, tmp_path, file, old, new, code, word
):
    import shutil

    place = tmp_path / "wrong"
    shutil.copytree(folder, place)
    text = (place / file).read_text(encoding="utf-8")
    assert old in text
    (place / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TreguaError) as refused:
        check_observed(folder_pack(place))
    assert refused.value.code == code
    assert word in f"{refused.value} {refused.value.details}"
    assert file in refused.value.details["where"]


def test_years_that_are_not_on_record_and_models_that_record_nothing_are_refused(pack):
    with pytest.raises(TreguaError) as refused:
        streams_on_record(pack, 2008, 2012)
    assert refused.value.code == "TR2923"
    scenario = load_scenario(str(pack.folder), without=["reporting"]).scenario
    with pytest.raises(TreguaError) as refused:
        streams_for(scenario, 2017)
    assert refused.value.code == "TR2922"


def test_a_fit_takes_a_country_and_years_of_its_record(folder, capsys, monkeypatch):
    from tregua.countries.registry import packs

    shipped = next(iter(packs().values()))
    assert run_command(["fit", "--data", shipped.datasets[0]]) == 2
    assert "TR2924" in "".join(capsys.readouterr())
    assert first_year(folder_pack(folder)) == 2015
    for until in ("2016", "2021"):
        assert run_command(["fit", "--data", str(folder), "--until", until]) == 2
        said = "".join(capsys.readouterr())
        assert "TR2904" in said and "from 2017 to 2020" in said


@pytest.fixture(scope="module")
def fitted(folder, tmp_path_factory):
    """A fit by the command, far too small to be believed."""
    out = tmp_path_factory.mktemp("fits") / "small"
    asked = ["fit", "--data", str(folder), "--points", "20", "--passes", "1", "--until", "2017"]
    assert run_command([*asked, "--quiet", "--out", str(out)]) == 1
    return out


@pytest.mark.slow
def test_a_fit_of_a_made_up_country_is_written_with_its_names(fitted):
    record = json.loads((fitted / "posterior.json").read_text(encoding="utf-8"))
    assert record["country"] == "lumia" and record["years"] == [2015, 2017]
    assert record["left_out"] == ["traders killed (made up) (no trade.seized)"]
    assert record["problems"]
    tables = {
        name: pandas.read_csv(fitted / "tables" / f"{name}.csv")
        for name in ("state_year", "totals", "group_sizes", "told_apart")
    }
    assert list(tables["state_year"]["state"].unique()) == ["Alba", "Brume", "Corva"]
    assert list(tables["state_year"]["state_code"].unique()) == ["ALB", "BRU", "COR"]
    assert set(tables["totals"]["total"]) == {
        "killed in fights (made-up press), 2015-2016",
        "killed in fights (made-up press), 2017-2020",
        "fighters killed (made up), 2015-2016",
    }
    assert list(tables["group_sizes"]["members"].unique()) == ["all groups", "Herons"]
    owners = tables["told_apart"].set_index("unknown")["belongs_to"]
    assert owners["press share 2015-2016"] == "observations"
    pictures = {file.stem for file in (fitted / "figures").glob("*.svg")}
    assert pictures == {"fit-nation", "fit-states", "fit-totals", "fit-unknowns"}
    assert "all provinces" in (fitted / "figures" / "fit-nation.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_posterior_of_a_country_is_used_by_its_scenarios_and_by_no_other(
    fitted, folder, tmp_path
):
    import shutil

    here = tmp_path / "lumia"
    shutil.copytree(folder, here)
    shutil.copytree(fitted, here / "posterior")
    file = here / "scenarios" / "lumia.toml"
    text = file.read_text(encoding="utf-8")

    def read(posterior):
        file.write_text(text.replace("start =", f'posterior = "{posterior}"\nstart ='), "utf-8")
        return load_scenario(str(here))

    by_folder, by_name = read(fitted.as_posix()), read("lumia")
    for scenario in (by_folder, by_name):
        assert scenario.posterior.size <= 20 and scenario.draws
        assert scenario.draws["arrests.effort"].shape == (scenario.posterior.size, 3)
    assert by_folder.posterior.digest == by_name.posterior.digest
    with pytest.raises(TreguaError) as refused:
        read("mexico")
    assert refused.value.code == "TR2925"
