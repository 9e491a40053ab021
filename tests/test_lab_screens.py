"""What each page of the lab does with packages, pins, dates and the fit, without a browser."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("nicegui")
from nicegui import Client

from stand_in import FIRST
from tregua.lab.answers.answer import fails_text, held_text
from tregua.lab.answers.charts import median_change
from tregua.lab.package import MOST_NAME, Package, Setting
from tregua.lab.pages.compare import charts_of
from tregua.lab.pages.frame import Screen
from tregua.lab.pages.guess import ASKED
from tregua.lab.pages.handles import with_position
from tregua.lab.pages.lab import named_apart
from tregua.lab.pages.schedule import MOST_RAMP, ramp_of
from tregua.lab.pages.trust import fitted, reach_text
from tregua.lab.pages.why import today_text
from tregua.lab.words import sayer
from tregua.lab.work.visits import Visit
from tregua.reporting.wording import span
from tregua.results.provenance import parameter_records


def test_pages_of_one_visitor_have_packages_of_their_own(shared, say):
    """A drag in one tab after another tab moved changes the package of the first tab."""
    visit = Visit()
    one, other = (
        Screen(shared, visit, say, "en", object.__new__(Client), Package()) for _ in range(2)
    )
    handles = {handle.key: handle for handle in shared.handles}
    other.take(with_position(other.package, handles["arrests.effort"], 2.0, None, FIRST))
    one.take(with_position(one.package, handles["recruitment.rate"], 0.5, None, FIRST))
    assert [setting.handle for setting in one.package.settings] == ["recruitment.rate"]
    assert [setting.handle for setting in other.package.settings] == ["arrests.effort"]
    assert visit.package is one.package, "the next page opens with what was moved last"


def test_pins_without_a_typed_name_and_with_the_same_name_are_told_apart():
    def numbered(number):
        return f"Package {number}"

    packages = [
        Package(settings=(Setting(handle="arrests.effort", value=float(i), start=FIRST),))
        for i in range(2, 7)
    ]
    pins = []
    for package in packages[:2]:
        pins.append(named_apart(package, pins, numbered))
    assert [pin.name for pin in pins] == ["Package 1", "Package 2"]
    third = named_apart(packages[2], pins[1:], numbered)
    assert third.name == "Package 3", (
        "where the first was taken off, its successor's name is still in use"
    )
    long = "x" * MOST_NAME
    named = []
    for package in packages[:3]:
        named.append(named_apart(package.model_copy(update={"name": long}), named, numbered))
    assert (
        len({pin.name for pin in named}) == 3
        and named[0].name == long
        and named[2].name.endswith(" 3")
    )
    assert named_apart(named[1], named, numbered) == named[1], (
        "what is pinned already keeps its name"
    )
    assert named_apart(packages[1], pins, numbered) == pins[1], "also one that was never named"


def test_every_package_of_a_comparison_is_drawn_even_under_the_name_of_the_baseline(futures, say):
    lines = charts_of({say("chart.without"): futures, "two": futures}, say)["lines"]
    assert (
        len([series for series in lines.options["series"] if "endLabel" in series]) == 3
        and len(lines.columns) == 4
    )


@pytest.mark.parametrize(
    ("typed", "weeks"),
    [("", 0), ("12", 12), ("-5", 0), ("12.7", None), ("1,5", None), ("9,999", MOST_RAMP)],
)
def test_a_ramp_is_read_as_typed_or_not_at_all(typed, weeks):
    assert ramp_of(typed) == weeks


def test_todays_number_is_that_of_the_scenario(shared, say):
    records = {
        record["name"]: record for record in parameter_records(shared.scenario, shared.draws)
    }
    effort = records["arrests.effort"]
    told = today_text(effort, say)
    assert (
        f"{np.median(shared.draws['arrests.effort']):.4g}" in told
        and say("why.layer_posterior_draw") in told
    )
    assert f"{shared.scenario.model.parameters['arrests.effort'].value:g} " not in told, (
        "the default of the mechanism is not in force"
    )
    held = {record["name"]: record for record in parameter_records(shared.scenario)}[
        "arrests.effort"
    ]
    assert say("why.layer_data_set") in today_text(
        held, say
    ) and f"{held['value']:.4g}" in today_text(held, say)


def test_what_bands_hold_and_what_the_fit_leaves_out_is_said(shared):
    say, stored = sayer("en"), shared.posterior
    assert f"one of {stored.size} sets of values" in held_text(shared, say)
    assert "narrows" in held_text(shared, say) and "estrechan" in held_text(shared, sayer("es"))
    unfitted = SimpleNamespace(posterior=None)
    assert "names no fit" in held_text(unfitted, say)
    fails = {code: fails_text(stored, sayer(code)) for code in ("en", "es")}
    assert "fails its own test" in fails["en"] and "no pasa su propia prueba" in fails["es"]
    assert all("2.1" in words and "1.5" in words for words in fails.values())
    passing = replace(stored, record={**stored.record, "problems": []})
    assert fails_text(None, say) == fails_text(passing, say) == ""
    told = reach_text(stored.record, say)
    reach = stored.record["reach"]
    assert (
        "36,773 are on record" in told
        and f"{span(reach['low'], reach['high'])} (nine in ten)" in told
    )
    table = fitted(stored)
    row = stored.tables["state_year"].iloc[0]
    assert (
        table[(row["state_code"], int(row["year"]))]["median"] == row["mechanisms_median"]
        and fitted(None) == {}
    )


def test_a_guess_is_judged_by_the_median_pair(futures):
    before, after = (x[..., 0].sum(axis=(1, 2)) for x in (futures.baseline, futures.changed))
    assert median_change(futures, ASKED) == pytest.approx(np.median(after / before - 1.0))
