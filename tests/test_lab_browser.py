"""The lab in a real browser: every screen in both languages, the hand on a handle, states, and not
one request that leaves this computer.

The answers are made up by ``stand_in``, so that the screens are tested and not the model.
Screenshots of all screens are kept in the folder that the variable ``TREGUA_ARTIFACTS`` names, or
in a temporary one.
"""

from __future__ import annotations

import re

import pytest

pytest.importorskip("nicegui")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install playwright"
)

from lab_visitor import (  # noqa: E402
    CHROMIUM,
    COLLIDING,
    DESKTOP,
    NAMELESS,
    ROLELESS,
    TABLET,
    Visitor,
    artifact_folder,
    done,
    fan_of,
    said,
    violations,
)
from stand_in import Lab  # noqa: E402
from tregua.countries.registry import first_pack  # noqa: E402
from tregua.lab.package import Package, Setting  # noqa: E402
from tregua.lab.pages.frame import GUESS, SCREENS  # noqa: E402
from tregua.lab.words import LANGUAGES, catalogue, sayer  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium"
    ),
]

HANDLE = "arrests.effort"


@pytest.fixture(scope="module")
def lab():
    running = Lab(0.0)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def slow_lab():
    # Sixteen seconds for a job, so that there is time to cancel it on a machine with other work.
    running = Lab(2.0)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory):
    return artifact_folder(tmp_path_factory)


@pytest.fixture(scope="module")
def shared_visitor(browser, lab):
    visitor = Visitor(browser, lab)
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(browser, lab):
    visitor = Visitor(browser, lab)
    yield visitor
    visitor.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [*SCREENS, "guess"])
def test_every_screen_speaks_its_language_and_fits(shared_visitor, artifacts, key, language):
    path = SCREENS.get(key, GUESS)
    page = shared_visitor.page
    settings = (
        Setting(handle=HANDLE, value=2.0, start="2021-01-01"),
        Setting(handle="recruitment.rate", value=0.7, start="2022-01-01"),
    )
    shared_visitor.open(f"{path}?lang={language}&p={Package(settings=settings).code()}")
    assert page.locator("html").get_attribute("lang") == {"en": "en-US", "es": "es"}[language]
    say = sayer(language, first_pack())
    for name in SCREENS:
        assert page.get_by_role("link", name=say(f"nav.{name}"), exact=True).first.is_visible()
    assert page.get_by_text(say("page.footer")).is_visible()
    if key == "lab":
        done(page)
    if key == "take_away":
        page.get_by_text(say("state.done", done=256)).wait_for()
    page.wait_for_timeout(300)
    shown = re.sub(
        r"[?&]p=\S+|tregua-lab\.toml|arrests\.effort", "", page.locator("body").inner_text()
    )
    assert not re.search(r"\b(chart|lab|page|state|take|why|handle|victim)\.[a-z_]+\b", shown), (
        "a key is shown"
    )
    assert page.evaluate(NAMELESS) == [] == page.evaluate(ROLELESS)
    assert violations(page) == []
    for size, name in ((DESKTOP, "desktop"), (TABLET, "tablet")):
        page.set_viewport_size(size)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{key} is wider than a {name}"
        )
        assert page.evaluate(COLLIDING) == []
        page.screenshot(path=artifacts / f"{key}-{language}-{name}.png", full_page=True)
    page.set_viewport_size(DESKTOP)


def test_the_chart_follows_the_hand_then_the_model_answers_and_the_link_gives_the_same(visitor):
    page = visitor.open("/lab?lang=en")
    page.get_by_text("Nothing has been changed yet").wait_for()
    done(page)
    before = fan_of(page)
    slider = page.get_by_test_id(f"slider-{HANDLE}")
    page.locator("[data-testid=group-police] summary").first.click()
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=6)
    page.get_by_text("Quick estimate from").wait_for()
    assert page.locator("[data-testid=map].stale").count() == 1, (
        "what does not follow the hand is dimmed"
    )
    assert page.locator("[data-testid=fan].stale").count() == 0
    moved = fan_of(page)
    assert moved != before
    quick = said(page)
    page.mouse.move(box["x"] + box["width"] * 0.95, y, steps=6)
    page.wait_for_function(
        "old => document.querySelector('[data-testid=headline]').innerText !== old", arg=quick
    )
    page.mouse.up()
    done(page)
    page.get_by_text("From 256 pairs of the model").wait_for()
    assert page.locator(".stale").count() == 0
    assert float(page.get_by_test_id(f"number-{HANDLE}").input_value()) > 2.0
    assert f"{HANDLE}~" in page.url
    again = visitor.open(page.url.removeprefix(visitor.lab.address), visitor.new_page())
    done(again)
    assert said(again) == said(page)
    tables = [p.locator("[data-testid=fan] table.data").text_content() for p in (page, again)]
    assert tables[0] == tables[1] and len(tables[0]) > 100


def test_everything_works_by_keyboard(visitor):
    page = visitor.open("/lab?lang=es")
    done(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == catalogue("es")["page.skip"]
    slider = page.get_by_test_id("slider-recruitment.rate")
    slider.locator("[tabindex='0']").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    done(page)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=\"number-recruitment.rate\"]').value === '0.8'"
    )
    assert said(page).startswith("En ")
    number = page.get_by_test_id("number-recruitment.rate")
    number.fill("0.5")
    page.wait_for_url("**recruitment.rate~0.5~**")
    back = page.get_by_role(
        "button",
        name=sayer("es", first_pack())(
            "lab.back_of", name=catalogue("es")["handle.recruitment.rate.name"]
        ),
    )
    back.focus()
    page.keyboard.press("Enter")
    page.get_by_text(catalogue("es")["lab.nothing_moved"]).wait_for()
    summary = page.locator("[data-testid=map] summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("[data-testid=map] table.data tbody tr").count() == 32


def test_a_screen_reader_meets_a_slider_with_its_name_and_value_where_the_focus_is(shared_visitor):
    # A lab has room for sixteen visitors, and the tests below come one each.
    package = Package(settings=(Setting(handle="recruitment.rate", value=0.9, start="2021-01-01"),))
    page = shared_visitor.open(f"/lab?lang=en&p={package.code()}")
    done(page)
    slider = page.get_by_role("slider", name="Recruitment")
    slider.focus()
    playwright.expect(slider).to_be_focused()
    values = {"aria-valuemin": "0", "aria-valuemax": "2", "aria-valuenow": "0.9"}
    for name, value in values.items():
        playwright.expect(slider).to_have_attribute(name, value)
    page.keyboard.press("ArrowLeft")
    playwright.expect(slider).to_have_attribute("aria-valuenow", "0.85")
    playwright.expect(slider).to_have_attribute("aria-valuetext", "0.85 × base")
    assert page.get_by_test_id("slider-recruitment.rate").get_attribute("role") is None
    page.get_by_role("button", name=re.compile("Recruitment: evidence letter [A-E]")).click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(400)
    assert violations(page) == []


def test_the_address_in_the_bar_and_the_other_language_follow_the_package(shared_visitor):
    page = shared_visitor.open("/lab?lang=en")
    page.get_by_test_id("number-recruitment.rate").fill("0.7")
    page.wait_for_url("**recruitment.rate~0.7~**")
    page.get_by_test_id("number-recruitment.rate").fill("0,5")
    page.get_by_text(catalogue("en")["lab.no_number"]).wait_for()
    shared_visitor.open("/lab?lang=en")
    page.wait_for_url("**recruitment.rate~0.7~**")
    shared_visitor.open("/why?lang=en&h=recruitment.rate")
    page.wait_for_url("**recruitment.rate~0.7~**h=recruitment.rate**")
    shared_visitor.open("/lab?lang=en")
    page.get_by_test_id("number-recruitment.rate").fill("0.6")
    page.wait_for_url("**recruitment.rate~0.6~**")
    page.locator(".languages a[lang=es]").click()
    page.wait_for_url("**recruitment.rate~0.6~**lang=es**")


def test_a_position_that_comes_after_the_handle_was_let_go_leaves_nothing_dimmed(visitor):
    page = visitor.open("/lab?lang=en")
    done(page)
    page.get_by_test_id("slider-recruitment.rate").locator("[tabindex='0']").focus()
    for key, pause in (
        ("ArrowLeft", 2000),
        ("ArrowRight", 2000),
        ("ArrowLeft", 0),
        ("ArrowRight", 0),
    ):
        # Both positions are known after two keys: the answer to the last is there before the
        # browser sends the position that it holds back.
        page.keyboard.press(key)
        page.wait_for_timeout(pause)
    page.wait_for_timeout(1000)
    done(page)
    assert page.locator(".stale").count() == 0


def test_beyond_the_evidence_it_is_amber_and_said_in_words(visitor):
    page = visitor.open("/lab?lang=en")
    assert not page.get_by_test_id("outside").is_visible()
    page.get_by_test_id("number-recruitment.rate").fill("0.1")
    page.get_by_test_id("outside").wait_for()
    handle = page.get_by_test_id("handle-recruitment.rate")
    assert (
        "beyond" in handle.get_attribute("class") and "beyond the evidence" in handle.inner_text()
    )
    page.get_by_role("button", name="Put all back").click()
    page.get_by_test_id("outside").wait_for(state="hidden")


def test_the_card_of_a_handle_leads_to_its_sources(visitor):
    page = visitor.open("/lab?lang=en")
    page.get_by_role("button", name=re.compile("Recruitment: evidence letter [A-E]")).click()
    page.get_by_role("dialog").get_by_role("link", name=re.compile("^Why")).click()
    page.wait_for_url("**/why?**h=recruitment.rate**")
    assert page.get_by_role("heading", name="Recruitment", exact=True).first.is_visible()
    assert "Fitted to weekly deaths" in page.locator("main").inner_text()
    page.locator("details.claim summary").first.click()
    assert page.get_by_text("Independent origins").first.is_visible()


@pytest.mark.nightly
def test_six_can_be_pinned_compared_and_taken_off_and_a_seventh_is_refused(visitor, artifacts):
    page = visitor.open("/compare?lang=en")
    assert page.get_by_test_id("empty").is_visible()
    visitor.open("/lab?lang=en")
    for number in range(1, 8):
        page.get_by_test_id("number-recruitment.rate").fill(str(round(1.0 - 0.1 * number, 1)))
        page.wait_for_url(re.compile(r"recruitment\.rate~0\.\d~"))
        page.get_by_role("textbox", name="Name of the package").fill(f"Plan {number}")
        page.get_by_role("button", name="Pin for comparison").click()
        if number < 7:
            page.get_by_text(f"Pinned: {number} of 6").wait_for()
    page.get_by_text("TR3015").wait_for()
    visitor.open("/compare?lang=en")
    page.locator("[data-testid=lines] svg").get_by_text("Plan 6").wait_for()
    assert page.locator(".pin").count() == 6
    page.wait_for_function(
        "() => document.querySelectorAll('[data-testid=civilians] table.data "
        "tbody tr').length === 6"
    )
    assert page.locator("[data-testid=differ] tbody tr").count() == 1
    assert page.evaluate(COLLIDING) == []
    page.screenshot(path=artifacts / "pinned-en.png", full_page=True)
    page.get_by_role("button", name="Take Plan 3 off the comparison").click()
    page.locator(".pin").nth(4).wait_for()
    page.wait_for_function("() => document.querySelectorAll('.pin').length === 5")


def test_two_pins_without_a_typed_name_are_both_compared(visitor):
    page = visitor.open("/lab?lang=en")
    for number, value in enumerate(("0.7", "0.4"), 1):
        page.get_by_test_id("number-recruitment.rate").fill(value)
        page.wait_for_url(f"**recruitment.rate~{value}~**")
        page.get_by_role("button", name="Pin for comparison").click()
        page.get_by_text(f"Pinned: {number} of 6").wait_for()
    visitor.open("/compare?lang=en")
    page.wait_for_function(
        "() => document.querySelectorAll('[data-testid=civilians] table.data "
        "tbody tr').length === 2"
    )
    assert page.locator(".pin strong").all_inner_texts() == ["Package 1", "Package 2"]


def test_pages_of_one_visitor_keep_their_own_packages(visitor):
    one = visitor.open("/lab?lang=en")
    other = visitor.open("/lab?lang=en", visitor.new_page())
    other.get_by_test_id("number-money.extorted").fill("0.5")
    other.wait_for_url("**money.extorted~0.5~**")
    one.get_by_test_id("number-recruitment.rate").fill("0.5")
    one.wait_for_url("**recruitment.rate~0.5~**")
    assert "money.extorted" not in one.url
    done(one)


def test_dates_go_into_the_package_and_nonsense_is_refused(visitor):
    package = Package(settings=(Setting(handle=HANDLE, value=2.0, start="2021-01-01"),))
    page = visitor.open(f"/schedule?lang=en&p={package.code()}")
    row = page.get_by_test_id(f"dates-{HANDLE}")
    row.get_by_label("Start of Arrests").fill("2023-01-01")
    page.wait_for_url("**~20230101**")
    row.get_by_label("Ramp of Arrests").fill("52")
    page.wait_for_url("**~20230101~52**")
    row.get_by_label("End (empty: never) of Arrests").fill("2022-01-01")
    page.get_by_text("TR3022").wait_for()
    assert "20220101" not in page.url, "what was there stays"
    row.get_by_label("End (empty: never) of Arrests").fill("")
    row.get_by_label("Ramp of Arrests").fill("99999")
    page.wait_for_url("**~20230101~260**")
    row.get_by_label("Ramp of Arrests").fill("-8")
    page.wait_for_url(re.compile(r"~20230101&"))


def test_what_is_taken_away_can_be_brought_back(visitor, tmp_path):
    package = Package(
        name="To take", settings=(Setting(handle=HANDLE, value=2.0, start="2021-01-01"),)
    )
    page = visitor.open(f"/take-away?lang=en&p={package.code()}")
    page.get_by_text("Done: 256 pairs.").wait_for()
    run = re.search(r"Run id (\w+)", page.get_by_test_id("run-id").inner_text())[1]
    sentence = page.locator(".headline").inner_text()
    files = {}
    for key in ("scenario", "data", "fan_svg", "map_png", "report"):
        with page.expect_download() as event:
            page.get_by_test_id(f"take-{key}").click()
        files[key] = tmp_path / event.value.suggested_filename
        event.value.save_as(files[key])
    assert all(run in files[key].name for key in ("data", "fan_svg", "map_png", "report"))
    assert run in files["report"].read_text(encoding="utf-8")
    local = visitor.new_page()
    local.set_content(files["report"].read_text(encoding="utf-8"))
    assert local.get_by_text(sentence).first.is_visible()
    local.close()
    visitor.open("/?lang=en")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a scenario file").click()
    chooser.value.set_files(files["scenario"])
    page.get_by_role("link", name="Open “To take” in the lab").click()
    done(page)
    assert said(page) == sentence


def test_a_file_of_another_kind_is_refused(visitor, tmp_path):
    page = visitor.open("/?lang=en")
    other = tmp_path / "x.toml"
    other.write_text("[scenario\n", encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a scenario file").click()
    chooser.value.set_files(other)
    assert "TR1102" in page.get_by_test_id("opened").get_by_role("alert").inner_text()


def test_who_guesses_sees_the_answer_after_the_guess(visitor):
    page = visitor.open("/guess?lang=en")
    assert not page.get_by_test_id("guess-fan").is_visible()
    page.get_by_role("button", name="About the same").click()
    page.get_by_test_id("guess-fan").wait_for()
    assert re.search("model agrees|You guessed", page.locator(".headline").inner_text())


@pytest.mark.nightly
def test_the_connection_may_be_lost_and_come_back(visitor):
    page = visitor.open("/lab?lang=es")
    page.get_by_test_id("number-recruitment.rate").fill("0.7")
    done(page)
    page.evaluate("window.socket.disconnect()")
    popup = page.locator("#popup")
    playwright.expect(popup).to_have_attribute("aria-hidden", "false")
    assert "onexi" in popup.text_content(), "it is said in Spanish"
    advice = page.get_by_text(catalogue("es")["page.lost"])
    assert not advice.is_visible(), "a short break needs no advice"
    advice.wait_for()
    page.evaluate("window.socket.connect()")
    playwright.expect(popup).to_have_attribute("aria-hidden", "true")
    advice.wait_for(state="hidden")
    page.get_by_test_id("number-recruitment.rate").fill("0.6")
    page.wait_for_url("**recruitment.rate~0.6~**")


def test_a_broken_link_is_said_and_the_package_of_before_stays(visitor):
    page = visitor.open("/lab?lang=en&p=1ffffnonsense")
    assert "TR3002" in page.locator("main").inner_text()


def test_jobs_wait_run_and_are_cancelled_with_what_is_in(browser, slow_lab, artifacts):
    first, second = Visitor(browser, slow_lab), Visitor(browser, slow_lab)
    first.open("/lab?lang=en")
    first.page.get_by_test_id("number-recruitment.rate").fill("0.7")
    first.page.wait_for_url("**recruitment.rate~0.7~**")
    first.page.locator(
        "[data-testid=standing][data-state=running]",
        has_text=re.compile(r"Running: [1-9]\d* of 256"),
    ).wait_for()
    second.open("/lab?lang=en")
    second.page.locator(
        "[data-testid=standing]", has_text=re.compile("In the queue, place|Running")
    ).wait_for()
    first.page.get_by_role("button", name="Cancel").click()
    ended = first.page.locator("[data-testid=standing][data-state=cancelled]")
    ended.wait_for()
    pairs = int(re.search(r"the (\d+) of 256 pairs", ended.inner_text())[1])
    assert 0 < pairs < 256
    assert f"From {pairs} pairs of the model" in first.page.get_by_test_id("error").inner_text()
    first.page.screenshot(path=artifacts / "cancelled-en.png")
    second.page.get_by_role("button", name="Cancel").click()
    for one in (first, second):
        one.close()
