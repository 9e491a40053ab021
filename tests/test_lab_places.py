"""Settings of the lab that hold in some territories only."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from tregua.errors import TreguaError
from tregua.lab.answers.bundle import scenario_file
from tregua.lab.handles import by_key, handles_of, policy_of
from tregua.lab.package import Package, Setting
from tregua.lab.web.uploads import read_upload
from tregua.lab.words import sayer
from tregua.lab.work.emulator import kept_emulator
from tregua.lab.work.futures import Present
from tregua.lab.work.shared import Shared
from tregua.scenarios.toml import load_scenario, read_text

DAY = dt.date(2022, 1, 1)
FILE = load_scenario()
HANDLES = handles_of(FILE.scenario)


def setting(handle: str = "recruitment.rate", *places: str, value: float = 0.5) -> Setting:
    return Setting(handle=handle, value=value, start=DAY, territories=places)


def package(*settings: Setting) -> Package:
    return Package(settings=settings)


def test_handles_tell_whether_they_take_places():
    known = by_key(HANDLES)
    assert known["recruitment.rate"].by_place and known["money.extorted"].by_place
    assert not known["vetting.capacity"].by_place and not known["trade.supply"].by_place
    for handle in HANDLES:
        assert handle.by_place == FILE.scenario.model.parameters[handle.key].by_place


def test_a_setting_in_one_state_changes_that_state_only():
    policy = policy_of(package(setting("recruitment.rate", "Guanajuato")), HANDLES, FILE.scenario)
    assert policy.modifiers[0].territories == ("Guanajuato",)
    lever = FILE.scenario.with_policy(policy).compile().levers["recruitment.rate"]
    assert (lever.slope[-1] != 1.0).sum() == 1


def test_a_lid_on_a_share_is_put_on_the_same_places():
    chosen = package(setting("prisons.back", "Sonora", value=1.4))
    policy = policy_of(chosen, HANDLES, FILE.scenario)
    assert [change.operation for change in policy.modifiers] == ["scale", "cap"]
    assert {change.territories for change in policy.modifiers} == {("Sonora",)}


@pytest.mark.parametrize(
    ("handle", "place"), [("vetting.capacity", "Sonora"), ("recruitment.rate", "Atlantis")]
)
def test_places_that_a_handle_or_the_scenario_has_not_are_refused(handle, place):
    with pytest.raises(TreguaError) as refused:
        policy_of(package(setting(handle, place)), HANDLES, FILE.scenario)
    assert refused.value.code == "TR1403"


def test_an_address_keeps_places_and_a_package_without_them_has_the_address_of_old():
    plain = package(setting(value=0.25))
    assert Package.from_code(plain.code()) == plain and not plain.local
    assert plain.code().endswith("recruitment.rate~0.25~20220101")
    one = Setting(handle="arrests.effort", value=2.0, start=DAY, territories=("México", "Colima"))
    local = package(one, setting("recruitment.rate", "Guanajuato"))
    assert Package.from_code(local.code()) == local and local.local
    ended = package(one.model_copy(update={"end": dt.date(2025, 1, 1), "ramp_weeks": 4}))
    assert Package.from_code(ended.code()) == ended


def test_places_are_kept_once_and_in_order_and_none_is_empty():
    assert setting("arrests.effort", "b", "a", "b").territories == ("a", "b")
    with pytest.raises(ValidationError):
        setting("arrests.effort", "")


def test_there_is_no_quick_estimate_of_a_change_in_some_places(tmp_path):
    emulator = kept_emulator(Present(FILE.scenario, FILE.draws, FILE.seed, cache=tmp_path))
    assert emulator is not None
    with pytest.raises(TreguaError) as refused:
        emulator.quick(package(setting("recruitment.rate", "Guanajuato")))
    assert refused.value.code == "TR1410"


def test_what_is_taken_away_and_brought_back_keeps_its_places():
    text = read_text("mexico").text
    shared = Shared(FILE.scenario, FILE.posterior, text=text)
    chosen = package(setting("recruitment.rate", "Guanajuato", "Jalisco"))
    file = scenario_file(shared, chosen, sayer("en"))
    assert 'territories = ["Guanajuato", "Jalisco"]' in file
    record = read_upload("mine.toml", file.encode(), shared)
    assert record.policies[-1].package.settings == chosen.settings
