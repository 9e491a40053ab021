"""The lab's charts, words and files, without a browser."""

from __future__ import annotations

import datetime as dt
import json
import re
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nicegui")

import stand_in
import tregua
from stand_in import FIRST, PACKAGE
from tregua.countries.registry import first_pack
from tregua.errors import TreguaError
from tregua.evidence.claims import CLAIMS
from tregua.lab.answers.answer import KNOWN_REFUSALS, UNIT_KEYS, answer, headline_text
from tregua.lab.answers.causes import moves, ways
from tregua.lab.answers.charts import all_charts, fan_of, ground_of, tornado_of
from tregua.lab.handles import GROUPS, KEYS, LETTERS
from tregua.lab.package import Package
from tregua.lab.pages.compare import charts_of, differing
from tregua.lab.pages.frame import SCREENS
from tregua.lab.pages.guess import GUESSES, QUESTIONS, class_of
from tregua.lab.pages.start import IS, IS_NOT
from tregua.lab.pages.trust import SCORE_TABLE, on_record
from tregua.lab.pages.why import REASONED
from tregua.lab.web.door import DOOR
from tregua.lab.web.guard import STATUS
from tregua.lab.words import LANGUAGES, TERMS, WEAKNESSES, catalogue, claims, day, sayer
from tregua.lab.work.headline import CIVILIANS_APART, CIVILIANS_TIED, headline, sure
from tregua.model.registry import registry
from tregua.reporting.browser.base import bare, ceiling, clean, relative
from tregua.reporting.browser.changes import tornado, victims
from tregua.reporting.browser.lines import apart, fan
from tregua.reporting.browser.record import MARKS
from tregua.reporting.browser.schedule import Stretch, schedule
from tregua.reporting.browser.tiles import paler
from tregua.reporting.tile_map import FADED, short
from tregua.results.on_record import counts_on_record
from tregua.results.outcomes import VICTIMS
from tregua.scenarios.scenario import LAYERS

SOURCE = Path(tregua.__file__).parent


def dynamic_keys(shared) -> set[str]:
    """Keys that the pages put together from names."""
    stocks = {name for kind in registry().values() for name in moves(kind())}
    many = {
        f"victim.{v}.{kind}"
        for v in ("all", *VICTIMS, CIVILIANS_TIED, CIVILIANS_APART)
        for kind in ("killed", "many", "fewer")
    }
    keys = (
        many
        | {f"handle.{key}.{part}" for key in KEYS for part in ("name", "what", "path")}
        | {f"group.{group}" for group in GROUPS}
    )
    keys |= (
        {f"mechanism.{name}" for name in registry()}
        | {f"stock.{name}" for name in stocks}
        | {f"letter.{letter}" for letter in LETTERS.values()}
    )
    keys |= (
        {f"stance.{stance}" for stance in LETTERS}
        | {f"nav.{name}" for name in (*SCREENS, "guess")}
        | {f"page.language_{x}" for x in LANGUAGES}
    )
    keys |= {
        f"page.not_ready_{step}" for step in ("start", "present", "emulator", "ready", "refused")
    }
    keys |= {f"refused.{code}" for code in KNOWN_REFUSALS}
    keys |= {f"start.is_{i}" for i in range(1, IS + 1)} | {
        f"start.is_not_{i}" for i in range(1, IS_NOT + 1)
    }
    keys |= {
        f"word.{key}.{part}"
        for key in ("handle", "package", "pair", "baseline", "band", "letter")
        for part in ("name", "what")
    }
    keys |= {f"guess.{name}" for name in (*GUESSES, *(q.key for q in QUESTIONS))} | {
        f"trust.weak_{i}" for i in range(1, WEAKNESSES + 1)
    }
    files = ("scenario", "data", "fan_svg", "fan_png", "map_svg", "map_png", "report")
    keys |= {f"take.{name}{end}" for name in files for end in ("", "_what")}
    keys |= {f"why.how_{how}" for how in ("stated", "corrected", "computed")}
    keys |= {f"why.column_{name}" for name in ("by", "figure", "how", "date", "note")}
    keys |= {
        f"handle_unit.{name}"
        for name in ("times", "other", "short_times", "short_other", *UNIT_KEYS.values())
    }
    keys |= {f"handle_unit.short_{name}" for name in UNIT_KEYS.values()}
    heads = ("handle", "value", "start", "ramp", "end", "where", "letter")
    keys |= {f"table.{name}" for name in heads}
    keys |= {f"why.layer_{layer.replace(' ', '_')}" for layer in LAYERS}
    keys |= {f"why.reason_{layer.replace(' ', '_')}" for layer in REASONED}
    keys |= {
        f"trust.fit_{name}"
        for name in ("years", "unknowns", "moved_by_the_record", "largest_r_hat")
    }
    keys |= {
        f"{DOOR}{name}" for name in ("title", "in", "password", "open", "continue", "code", *STATUS)
    }
    keys |= {f"chart.fit.mark_{i}" for i in range(1, len(MARKS) + 1)}
    keys |= {f"place.{name}" for name in ("one", "many", "country")}
    from tregua.forecasting.baselines import BASELINES

    return keys | {f"forecast.{name}" for name in (*BASELINES, "layer")}


def test_no_text_is_missing_and_none_is_unused(shared):
    files = [
        *(SOURCE / "lab").rglob("*.py"),
        *(SOURCE / "reporting" / "browser").glob("*.py"),
        SOURCE / "reporting" / "templates" / "lab.html.j2",
    ]
    texts = "\n".join(file.read_text(encoding="utf-8") for file in files)
    written = set(re.findall(r'["\']([a-z_]+(?:\.[A-Za-z0-9_]+)+|span)["\']', texts))
    known, dynamic = set(catalogue("en")), dynamic_keys(shared)
    said = set(re.findall(r'\bsay\(\s*"([^"{%]+)"', texts))
    assert said - known == set(), "texts that are said and are not there"
    assert dynamic - known == set(), "texts that are put together and are not there"
    assert known - written - dynamic == set(), "texts that nothing says"


def test_both_languages_have_the_same_keys_places_and_no_empty_text():
    english, spanish = catalogue("en"), catalogue("es")
    assert set(english) == set(spanish)

    def places(text):
        named = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        # Each language calls the country and its territories as it goes with its sentence.
        return named - set(TERMS)

    assert {key for key in english if places(english[key]) != places(spanish[key])} == set()
    assert not {
        key for texts in (english, spanish) for key, text in texts.items() if not text.strip()
    }
    same = {
        key
        for key in english
        if english[key] == spanish[key]
        and re.search(r"[a-z]{4}", re.sub(r"\{\w+\}", "", english[key]))
    }
    assert same == {"page.language_en", "page.title"}, "texts that were not translated"


def test_claims_behind_handles_are_translated_and_allegations_stay_allegations(shared):
    translated, used = claims("es"), {claim for handle in shared.handles for claim in handle.claims}
    assert set(translated) == used and claims("en") == {}
    careful = r"\b\w+r[ií]an?\b|[Ss]e dice|afirma|señala"
    hedged = {
        name
        for name in used
        if CLAIMS[name] == "alleged" and not re.search(careful, translated[name])
    }
    assert hedged == set(), "alleged, and told as if it were known"


def test_an_unknown_language_is_refused_and_days_are_written_as_one_reads_them():
    with pytest.raises(TreguaError) as refusal:
        catalogue("fr")
    assert refusal.value.code == "TR3030"
    assert [day(FIRST, language) for language in LANGUAGES] == [
        "1 January 2021",
        "1 de enero de 2021",
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (-0.04, "−4 %"),
        (-0.11, "−11 %"),
        (0.0031, "+0.3 %"),
        (0.0, "0 %"),
        (-0.0001, "0 %"),
        (float("nan"), "–"),
        (0.5, "+50 %"),
    ],
)
def test_relative_changes_in_words(share, text):
    assert relative(share) == text.replace(" ", "\N{NO-BREAK SPACE}")


def test_axes_end_at_round_numbers_above_what_they_hold():
    for value in (0.3, 1.0, 7.3, 99.0, 4_321.0, 1e6):
        assert value <= ceiling(value) <= 2.0 * value
    assert ceiling(0.0) == 1.0


def test_names_at_the_ends_of_lines_do_not_cover_one_another():
    ends, top = [100.0, 101.0, 99.0, 10.0], 200.0
    shifts = apart(ends, top)
    places = sorted(
        240.0 * (1 - end / top) + shift for end, shift in zip(ends, shifts, strict=True)
    )
    assert np.diff(places).min() >= 15.9
    assert apart([150.0, 20.0], 200.0) == [0.0, 0.0]


def plain_data(options) -> str:
    """The options as JSON; fails where they hold anything that is no data,
    and shows what a page would have to run.
    """
    text = json.dumps(options, allow_nan=False)
    assert not re.search(r'":\w', text), (
        "NiceGUI takes the value of a key that begins with a colon for program text"
    )
    assert "function" not in text and "=>" not in text
    return text


def test_the_fan_shows_quantiles_with_and_without_the_package(futures, say):
    chart = fan_of(futures, PACKAGE, "civilian", say)
    plain_data(chart.options)
    lines = {s["name"]: s for s in chart.options["series"] if "endLabel" in s}
    before = (futures.baseline[..., 0] + futures.background).sum(axis=2)
    shown = [point["value"] for point in lines[say("chart.without")]["data"]]
    np.testing.assert_allclose(shown, np.median(before, axis=0), rtol=1e-4)
    low, wide = (s["data"] for s in chart.options["series"][:2])
    np.testing.assert_allclose(low, np.quantile(before, 0.05, axis=0), rtol=1e-4)
    np.testing.assert_allclose(np.add(low, wide), np.quantile(before, 0.95, axis=0), rtol=1e-4)
    assert (
        chart.options["yAxis"]["name"]
        and len(chart.rows) == len(futures.years)
        and len(chart.columns) == 7
    )
    assert chart.options["aria"]["label"]["description"] == chart.alt
    assert {s["lineStyle"]["type"] for s in lines.values()} == {"solid"}


def test_a_quick_estimate_is_dotted_and_said_to_be_one_and_the_baseline_stays_without_a_package(
    futures, say
):
    quick = fan(
        futures.years,
        futures.baseline.sum(axis=(2, 3)),
        futures.changed.sum(axis=(2, 3)),
        say,
        quick=True,
    )
    assert (
        quick.options["series"][-1]["lineStyle"]["type"] == "dotted"
        and say("chart.fan.quick") in quick.note
    )
    alone = fan(futures.years, futures.baseline.sum(axis=(2, 3)), None, say)
    assert len(alone.options["series"]) == len(quick.options["series"]), (
        "ECharts would else keep series of before"
    )
    assert len(alone.columns) == 4


def test_tiles_are_faded_and_marked_exactly_where_the_sign_is_unsure(shared, futures, say):
    chart = all_charts(futures, PACKAGE, "all", ground_of(shared.scenario), say)["map"]
    plain_data(chart.options)
    known = sure(futures, "all")
    certain, faded = (
        {tile["name"] for tile in series["data"]} for series in chart.options["series"]
    )
    assert (
        certain == {name for name, yes in zip(futures.territories, known, strict=True) if yes}
        and len(certain | faded) == 32
    )
    for tile in chart.options["series"][1]["data"]:
        assert (
            tile["label"]["formatter"].endswith(" ?}")
            and tile["itemStyle"]["borderType"] == "dashed"
        )
    assert not any("?" in tile["label"]["formatter"] for tile in chart.options["series"][0]["data"])
    assert len(chart.rows) == 32 and {row[-1] for row in chart.rows} <= {
        say("table.sure"),
        say("table.unsure"),
    }
    places = {
        tuple(tile["value"][:2]) for series in chart.options["series"] for tile in series["data"]
    }
    assert (
        len(places) == 32 and max(x for x, _ in places) == 9 and max(y for _, y in places) == 5
    ), "six rows of ten"


def test_without_a_package_the_map_shows_levels_for_inhabitants(shared, futures, say):
    ground = ground_of(shared.scenario)
    chart = all_charts(futures, Package(), "all", ground, say)["map"]
    shown = {tile["name"]: tile["value"][2] for tile in chart.options["series"][0]["data"]}
    people = ground.people.in_years(futures.years)
    rates = np.median((futures.baseline.sum(axis=3) / people * 1e5).mean(axis=1), axis=0)
    np.testing.assert_allclose([shown[name] for name in futures.territories], rates, rtol=1e-3)


def test_small_charts_hold_the_numbers_of_their_state(shared, futures, say):
    ground = ground_of(shared.scenario)
    chart = all_charts(futures, PACKAGE, "all", ground, say)["states"]
    plain_data(chart.options)
    people = ground.people.in_years(futures.years)
    median = np.median(futures.changed.sum(axis=3), axis=0) / people * 1e5
    top = chart.options["yAxis"][0]["max"]
    columns = [column for _, _, column in ground.tiles.values()]
    for i, (_, row, column) in enumerate(ground.tiles.values()):
        series = [
            s
            for s in chart.options["series"]
            if s["xAxisIndex"] == row - 1 and s["name"] == "after"
        ]
        begin = (column - min(columns)) * (len(futures.years) + 1)
        shown = series[0]["data"][begin : begin + len(futures.years)]
        np.testing.assert_allclose(shown, np.minimum(median[:, i], top), rtol=1e-3)
    assert len(chart.rows) == 32


def test_victims_are_told_in_per_cent_and_in_persons(futures, say):
    before, after = (x.sum(axis=(1, 2)) for x in (futures.baseline, futures.changed))
    chart = victims(before, after, futures.victims, say, (2021, 2026))
    plain_data(chart.options)
    boxes = [point["value"] for point in chart.options["series"][0]["data"]]
    change = 100.0 * (after[:, 0] - before[:, 0]) / before[:, 0]
    np.testing.assert_allclose(
        boxes[0], np.quantile(change, [0.05, 0.25, 0.5, 0.75, 0.95]), rtol=1e-3
    )
    assert all(
        row[0] in label
        for row, label in zip(chart.rows, chart.options["yAxis"]["data"], strict=True)
    )


def test_the_tornado_names_every_handle_even_where_none_was_moved(say):
    chart = tornado(["a", "b"], [-0.04, 0.01], [-0.06, 0.0], [-0.02, 0.02], say)
    plain_data(chart.options)
    assert [point["value"] for point in chart.options["series"][0]["data"]] == [-4.0, 1.0]
    assert (
        chart.options["series"][0]["data"][0]["itemStyle"]["color"]
        != chart.options["series"][0]["data"][1]["itemStyle"]["color"]
    )
    assert tornado([], [], [], [], say).alt.endswith(say("chart.tornado.none") + ".")
    assert len(tornado_of(stand_in.StandInEmulator(), PACKAGE, "all", say).rows) == 3


def test_the_schedule_says_when_a_change_grows_and_when_it_holds(say):
    stretch = Stretch("x", "2 ×", dt.date(2022, 1, 1), dt.date(2023, 1, 1), dt.date(2024, 1, 1))
    chart = schedule([stretch], FIRST, dt.date(2027, 1, 1), say)
    plain_data(chart.options)
    growing, full = (
        [point["value"][0] for point in s["data"] if isinstance(point, dict)]
        for s in chart.options["series"]
    )
    assert growing == ["2022-01-01", "2023-01-01"] and full == ["2023-01-01", "2024-01-01"]


def test_a_comparison_takes_packages_of_different_length_and_lists_what_differs(
    futures, shared, say
):
    short_run = stand_in.futures_of({"arrests.effort": 2.0}, 0, 16)
    charts = charts_of({"one": futures, "two": short_run}, say)
    assert set(charts) == {"civilians", "everyone", "lines"}
    for chart in charts.values():
        plain_data(chart.options)
    other = Package(name="other", settings=(PACKAGE.settings[0],))
    handles = {handle.key: handle for handle in shared.handles}
    columns, rows = differing((PACKAGE, other), handles, say)
    assert columns == (say("table.handle"), PACKAGE.name, "other")
    assert [row[0] for row in rows] == [
        say(f"handle.{key}.name") for key in ("recruitment.rate", "vigilantes.disarm")
    ], "what is the same is left out"


def test_text_of_a_visitor_is_harmless_in_a_chart():
    assert clean("{a|<img src=x onerror=1>}") == "(a/&lt;img src=x onerror=1&gt;)"
    assert bare("{it's}") == "(it's)"
    assert (
        paler("#000000")
        == f"#{round((1 - FADED) * 255):02x}" + f"{round((1 - FADED) * 255):02x}" * 2
    )
    assert [short(x, "+") for x in (0.01, 0.0, -3.14, 23.4)] == ["≈0", "0", "−3.1", "+23"]


def test_the_headline_is_one_sentence_with_its_error(futures):
    say = sayer("en")
    said = headline(futures)
    text = headline_text(said, say)
    assert text.startswith(
        f"In {round(100 * said.fewer)} of 100 paired futures fewer civilians are killed than "
        "without the package; middle half "
    )
    assert answer(None, PACKAGE, "civilian", say)[0] == say("lab.no_answer_yet")
    assert answer(futures, Package(), "civilian", say)[0] == say("lab.nothing_moved")
    assert f"From {futures.pairs} pairs" in answer(futures, PACKAGE, "civilian", say)[1]
    quick = stand_in.StandInEmulator().quick(PACKAGE)
    told = answer(quick, PACKAGE, "civilian", say, stand_in.StandInEmulator())[1]
    assert "within 3.0 percentage points" in told and "within 11 of 100" in told, (
        "both errors of the emulator are said"
    )
    many = answer(replace(futures, draws=200), PACKAGE, "civilian", say)[1]
    assert "200 sets of values" in many and "up to 200" in many, (
        "more pairs than sets of values say no more about values"
    )


@pytest.mark.parametrize("name", sorted({key.partition(".")[0] for key in KEYS}))
def test_ways_to_deaths_go_through_what_is_moved_and_read(shared, name):
    model = shared.scenario.model
    named = {m.name: m for m in model.mechanisms}
    paths = ways(model, name)
    assert paths and all(way.mechanisms[0] == name and way.victims for way in paths)
    for way in paths:
        for before, stock, after in zip(
            way.mechanisms, way.through, way.mechanisms[1:], strict=False
        ):
            assert stock in moves(named[before]) and stock in {
                need.name for need in named[after].needs
            }


def test_guesses_tell_changes_apart():
    assert [class_of(x) for x in (-0.3, -0.1, 0.0, 0.02, 0.1)] == [
        "many_fewer",
        "some_fewer",
        "same",
        "same",
        "more",
    ]


def test_both_official_series_are_there_for_every_state():
    counts = counts_on_record(first_pack())
    assert list(counts) == ["homicides", "victims"]
    assert all(len(count) == 32 for count in counts.values())
    assert sum(series[2020] for series in counts["homicides"].values()) == 36_773
    assert sum(series[2018] for series in counts["victims"].values()) == 33_742
    years, shown = on_record(first_pack(), "25", "es")
    assert (years[0], years[-1]) == (2000, 2020) and [count.short for count in shown] == [
        "INEGI",
        "SESNSP",
    ]
    assert "homicidios" in shown[0].label and np.isnan(shown[1].persons[0])


def test_scores_that_ship_are_those_of_the_document():
    scores = first_pack().table(SCORE_TABLE)
    layer = scores.query("model == 'layer'").set_index("origin")["crps"]
    assert [round(layer[origin]) for origin in (2006, 2012, 2016)] == [220, 143, 247]
