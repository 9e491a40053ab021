"""The lab on a country in a folder, in both languages: pages, handles, charts, what is taken away,
and what visitors may not bring. A territory was renamed, and is under its new name everywhere.
"""

from __future__ import annotations

import io
import re
import string
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nicegui")

import lab_fakes
from lab_fakes import FakeEngine, client_of, fake_lab
from test_generic_words import names, plain
from tregua.cli.new_country import write_country
from tregua.countries import registry
from tregua.errors import TreguaError
from tregua.lab.answers.bundle import data_zip, report, result_of, scenario_file
from tregua.lab.answers.charts import all_charts, ground_of
from tregua.lab.package import Package, Setting
from tregua.lab.pages import add_pages
from tregua.lab.pages.frame import GUESS, SCREENS
from tregua.lab.pages.trust import on_record
from tregua.lab.web.access import Access
from tregua.lab.web.server import make_app
from tregua.lab.web.uploads import read_upload
from tregua.lab.words import LANGUAGES, TERMS, catalogue, sayer
from tregua.lab.work.emulator import FILE, kept_emulator
from tregua.lab.work.futures import WIDTH, Futures, Present
from tregua.lab.work.shared import Shared
from tregua.scenarios.toml import load_scenario

RENAMED = ("Brume", "Nebbia")
PLACES = ("Alba", "Nebbia", "Corva")
WORDS = {"en": ("province", "provinces"), "es": ("provincia", "provincias")}


def made(folder: Path) -> Path:
    """The made-up country in a folder, with one territory renamed."""
    write_country(folder)
    file = folder / "territories.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(*RENAMED), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made(tmp_path_factory.mktemp("countries") / "lakeland")


def lab_of(folder: Path) -> Shared:
    """A lab of the country whose model is not run."""
    read = load_scenario(folder)
    return Shared(read.scenario, read.posterior, read.seed, engine=FakeEngine(), text=read.text)


@pytest.fixture(scope="module")
def shared(folder, tmp_path_factory):
    lab = lab_of(folder)
    lab.present = Present(lab.scenario, cache=tmp_path_factory.mktemp("cache"))
    return lab


@pytest.fixture(scope="module")
def package(shared):
    return Package(settings=(Setting(handle="arrests.effort", value=2.0, start=shared.first),))


@pytest.fixture(scope="module")
def futures(shared):
    """Made-up pairs of the country."""
    present = shared.present
    shape = (WIDTH, len(present.years), len(present.territories), len(present.victims))
    before = np.random.default_rng(1).poisson(40.0, shape).astype(float)
    return Futures(
        present.years,
        before,
        np.round(0.8 * before),
        present.victims,
        present.territories,
        WIDTH,
        background=before[..., 0] if present.has_background else None,
    )


@pytest.fixture(scope="module")
def pages(folder):
    """All pages in each language, by language and path."""
    shared = lab_of(folder)
    access = Access(shared.visits, "127.0.0.1", lab_fakes.PORT)
    with client_of(make_app(shared, access, add_pages)) as client:
        assert client.get("/enter", params={"token": access.new_link()}).status_code == 200
        answers = {
            (language, path): client.get(path, params={"lang": language})
            for language in LANGUAGES
            for path in (*SCREENS.values(), GUESS)
        }
    assert {answer.status_code for answer in answers.values()} == {200}
    return {asked: answer.text for asked, answer in answers.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_speak_of_this_country_and_of_no_other(pages, language):
    for path in {*SCREENS.values(), GUESS} - {SCREENS["why"]}:
        # What the evidence says is that of the mechanisms, wherever they are used.
        assert names().findall(plain(pages[language, path])) == [], path
    assert "lakeland" in pages[language, "/"]
    assert WORDS[language][1] in pages[language, "/"]
    told = pages[language, SCREENS["trust"]]
    assert all(place in told for place in PLACES) and RENAMED[0] not in told
    assert {"en": "homicides (made up)", "es": "homicidios (inventados)"}[language] in told
    assert sayer(language)("trust.scores") not in told, "scores belong to the country that has them"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_calls_its_territories_what_another_country_calls_them(shared, language):
    say, words = sayer(language, shared.scenario.data.pack), catalogue(language)
    for key, text in words.items():
        asked = {place for _, place, _, _ in string.Formatter().parse(text) if place} - {*TERMS}
        told = say(key, **dict.fromkeys(asked, 1))
        assert not re.search(r"\b(states|estados)\b", told.lower()), key


def test_changes_begin_on_its_own_first_day_by_the_handles_of_its_mechanisms(shared):
    settings = shared.scenario.data.pack.settings
    assert shared.first == settings.lab_first_day
    assert {handle.mechanism for handle in shared.handles} <= set(settings.mechanisms)
    assert "trade.supply" not in {handle.key for handle in shared.handles}


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_stand_on_its_tiles_under_its_names(shared, package, futures, language):
    say, ground = sayer(language, shared.scenario.data.pack), ground_of(shared.scenario)
    charts = all_charts(futures, package, "civilian", ground, say)
    assert {"map", "states"} <= set(charts)
    one, many = WORDS[language]
    assert one in charts["map"].title and f"3 {many}" in charts["map"].alt
    assert tuple(row[0] for row in charts["map"].rows) == PLACES
    assert charts["map"].columns[0] == one.capitalize()
    years, counts = on_record(shared.scenario.data.pack, "ALB", language)
    assert (years[0], years[-1]) == (2009, 2020) and len(counts) == 1
    assert np.all(counts[0].persons >= 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_taken_away_runs_elsewhere(shared, package, futures, language, tmp_path, folder):
    say = sayer(language, shared.scenario.data.pack)
    result = result_of(shared, package, futures)
    with zipfile.ZipFile(io.BytesIO(data_zip(result, shared, say))) as archive:
        archive.extractall(tmp_path)
    read = load_scenario(tmp_path / "scenario.toml")
    assert read.scenario.data.space == shared.scenario.data.space
    assert "from-the-lab" in {policy.name for policy in read.comparable.values()}
    text = scenario_file(shared, package, say)
    assert text.startswith("# ") and "./country" in text.partition("version")[0]
    page = report(result, shared, say, language)
    assert names().findall(plain(page)) == [] and all(place in page for place in PLACES)
    assert str(folder) not in page + read.text, "a path of this computer"


@pytest.mark.parametrize(
    "data",
    [
        '"./lakeland"',
        '"~"',
        '"~/lakeland"',
        '"/etc"',
        '".."',
        '"../lakeland"',
        '"."',
        r'"C:\\lakeland"',
        r'"\\\\server\\lakeland"',
        '"file:///etc"',
        '"lakeland-2015"',
        '["./lakeland"]',
        "3",
    ],
)
def test_a_scenario_of_a_visitor_reads_no_folder(data, monkeypatch):
    def opened(*named):
        raise AssertionError(f"opened {named}")

    for name in ("folder_pack", "find_pack", "load"):
        monkeypatch.setattr(registry, name, opened)
    text = f'version = 2\n[scenario]\nname = "x"\nlength = "104 week"\ndata = {data}\n'
    with pytest.raises(TreguaError) as caught:
        read_upload("x.toml", text.encode(), fake_lab()[0])
    assert caught.value.code == "TR3013"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[start]\nled = "x"\n', "start.led"),
        ('[start]\nlead = "of {nobody}"\n', "start.lead"),
        ('[start]\nlead = "of {country.__class__}"\n', "start.lead"),
        ('[start]\nlead = "of {"\n', "start.lead"),
        ("[start]\nlead = 3\n", "start.lead"),
    ],
)
def test_own_texts_that_pages_cannot_say_are_refused(tmp_path, text, said):
    place = made(tmp_path / "lakeland")
    (place / "words").mkdir()
    (place / "words" / "en.toml").write_text(text, encoding="utf-8")
    pack = registry.folder_pack(place)
    with pytest.raises(TreguaError) as caught:
        sayer("en", pack)
    assert caught.value.code == "TR3024" and said in caught.value.text()
    assert sayer("es", pack)("start.lead")


def test_own_texts_stand_in_the_place_of_the_labs(tmp_path):
    place = made(tmp_path / "lakeland")
    (place / "words").mkdir()
    own = '[start]\nlead = "{Territories} of {country}"\n[report]\n"not fitted" = "By hand."\n'
    (place / "words" / "en.toml").write_text(own, encoding="utf-8")
    assert sayer("en", registry.folder_pack(place))("start.lead") == "Provinces of lakeland"


def test_an_emulator_is_that_of_its_country_alone(folder, tmp_path):
    scenario = load_scenario(folder).scenario
    place = made(tmp_path / "lakeland")
    file = place / "territories.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Corva,", "Curva,"), encoding="utf-8")
    present, other = (
        Present(one, cache=tmp_path) for one in (scenario, load_scenario(place).scenario)
    )
    assert present.digest != other.digest and present.likeness != other.likeness
    assert kept_emulator(present) is None
    (place / FILE).write_bytes(b"no archive")
    with pytest.raises(TreguaError) as caught:
        kept_emulator(other)
    assert caught.value.code == "TR1513" and FILE in caught.value.text()
