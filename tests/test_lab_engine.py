"""The lab without its pages: handles, paired futures from one present, the emulator with its error,
and the headline.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from lab_fakes import short_switches
from nation import seven_mechanisms
from tregua.engine.block import TRACES
from tregua.engine.run import simulate
from tregua.error_codes import ESSAYS
from tregua.errors import TreguaError
from tregua.lab.handles import (
    DECLARED,
    GROUPS,
    KEYS,
    LETTERS,
    by_key,
    first_day,
    handles_of,
    outside_evidence,
    policy_of,
)
from tregua.lab.package import Package, Setting
from tregua.lab.work.emulator import kept_emulator
from tregua.lab.work.futures import WIDTH, Futures, Present
from tregua.lab.work.headline import ALL, headline, killed_of, kinds, sure, tornado
from tregua.lab.work.training import (
    ANSWERS,
    COVERED,
    Course,
    emulator_of,
    measured,
    positions,
    random_packages,
)
from tregua.model.model import Model
from tregua.reporting.caveats import stances_of
from tregua.results.outcomes import outcomes_of
from tregua.results.provenance import parameter_records
from tregua.results.tables import by_year
from tregua.scenarios.policy import Policy
from tregua.scenarios.scenario import Scenario

FIRST = dt.date(2012, 1, 1)
SMALL = seven_mechanisms(418)
HANDLES = handles_of(SMALL)
DOUBLE = Policy.scale("arrests.effort", 2.0, "2012-06-01", name="double")


def package(start: dt.date | str = FIRST, **values: float) -> Package:
    """Settings by handle, with two underscores for the dot."""
    return Package(
        settings=tuple(
            Setting(handle=name.replace("__", "."), value=value, start=start)
            for name, value in values.items()
        )
    )


def draws(count: int = 24) -> dict[str, np.ndarray]:
    """Made-up posterior draws: each value a quarter up or down."""
    rng, base = np.random.default_rng(3), SMALL.compile().base
    return {
        name: base[name][:1]
        * np.exp(0.25 * rng.standard_normal((count, *[1] * (base[name].ndim - 1))))
        for name in ("arrests.effort", "recruitment.rate")
    }


@pytest.fixture(scope="module")
def present(tmp_path_factory):
    return Present(SMALL, draws(), first=FIRST, cache=tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def emulator(present):
    return emulator_of(present)


def invented(changed: np.ndarray, baseline: float = 100.0) -> Futures:
    """Two years, two territories, civilians and members; all change alike."""
    before = np.full((len(changed), 2, 2, 2), baseline)
    return Futures(
        np.array([2021, 2022]),
        before,
        before * changed[:, None, None, None],
        ("civilian", "member"),
        ("A", "B"),
        len(changed),
    )


def refused(code: str, make):
    with pytest.raises(TreguaError) as caught:
        make()
    assert caught.value.code == code
    assert code in ESSAYS


class TestHandles:
    def test_all_belong_to_the_national_model_and_to_a_group(self):
        handles = handles_of(Scenario(Model.standard(), weeks=1044, data="mexico-2007"))
        assert tuple(handle.key for handle in handles) == KEYS
        assert {handle.group for handle in handles} == set(GROUPS)
        assert all(handle.letter in LETTERS.values() for handle in handles)

    def test_rest_and_the_evidence_lie_within_reach(self):
        for handle in handles_of(Scenario(Model.standard(), weeks=1044, data="mexico-2007")):
            assert (
                handle.low
                <= handle.evidence_low
                <= handle.rest
                <= handle.evidence_high
                <= handle.high
            )
            assert 0.0 < handle.step < handle.high - handle.low

    def test_a_model_without_a_mechanism_lacks_its_handles(self):
        assert {handle.mechanism for handle in HANDLES} == {"recruitment", "civilians", "arrests"}
        assert {handle.key for handle in HANDLES} < set(KEYS)

    def test_a_handle_at_rest_changes_nothing(self):
        assert policy_of(package(arrests__effort=1.0), HANDLES, SMALL).modifiers == ()

    def test_a_share_stays_a_share(self):
        scenario = Scenario(Model.standard(), weeks=1044, data="mexico-2007")
        most = policy_of(
            package("2022-01-01", prisons__convicted=2.0), handles_of(scenario), scenario
        )
        scenario.with_policy(most).compile({"prisons.convicted": np.array([0.2, 0.9])})

    @pytest.mark.parametrize(
        ("code", "wrong"),
        [
            ("TR3020", package(leaders__removals=2.0)),
            ("TR3021", package(arrests__effort=99.0)),
            ("TR3022", package("2011-12-31", arrests__effort=2.0)),
            ("TR3022", package("2031-01-01", arrests__effort=2.0)),
            (
                "TR3022",
                Package(
                    settings=(
                        Setting(
                            handle="arrests.effort", value=2.0, start="2013-01-01", end="2012-06-01"
                        ),
                    )
                ),
            ),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, code, wrong):
        refused(code, lambda: policy_of(wrong, HANDLES, SMALL, FIRST))

    def test_what_the_evidence_does_not_cover_is_named(self):
        assert outside_evidence(package(arrests__effort=3.0, recruitment__rate=1.1), HANDLES) == (
            "arrests.effort",
        )

    def test_the_edge_of_the_evidence_is_within_it_whatever_a_slider_adds_up(self):
        highest = by_key(HANDLES)["arrests.effort"].evidence_high
        assert outside_evidence(package(arrests__effort=highest * (1.0 + 1e-12)), HANDLES) == ()

    def test_the_evidence_is_about_the_value_and_not_about_the_position(self):
        """Draws that lie twice as high leave room for half as much."""
        value = SMALL.compile().base["civilians.crossfire"]
        plain, high = (
            by_key(handles_of(SMALL, x))["civilians.crossfire"]
            for x in (None, {"civilians.crossfire": np.full(9, 2.0 * value.flat[0])})
        )
        assert high.evidence_low == pytest.approx(plain.evidence_low / 2.0)
        assert high.evidence_high == pytest.approx(min(4.0, 0.29824328 / 0.16), rel=1e-3)

    def test_letters_are_those_of_the_record_of_a_run(self):
        scenario = Scenario(Model.standard(), weeks=1044, data="mexico-2007")
        letters = {handle.key: handle.letter for handle in handles_of(scenario)}
        for record in parameter_records(scenario):
            if record["name"] in letters and "assumed" in stances_of(record):
                assert letters[record["name"]] == LETTERS["assumed"], record["name"]
        assert letters["recruitment.rate"] == "E", (
            "the data set assumes another value than the published one"
        )
        fitted = handles_of(scenario, {"recruitment.rate": np.array([0.004, 0.005])})
        assert by_key(fitted)["recruitment.rate"].letter == "B", (
            "a fit takes the place of what the data set assumes"
        )

    def test_the_first_day_is_the_end_of_the_record_where_the_scenario_reaches_it(self):
        assert first_day(seven_mechanisms(1044)) == dt.date(2021, 1, 1)
        assert first_day(SMALL) == SMALL.start


class TestFutures:
    @pytest.mark.nightly
    def test_pairs_are_those_of_whole_runs(self, present):
        pairs, outcomes = present.pairs(DOUBLE, range(2)), outcomes_of(SMALL.model)
        names = {
            "civilian": "killed_civilian",
            "civilian_tied": "killed_civilian_crossfire",
            "civilian_background": "killed_background",
            "member": "killed_member",
            ALL: "killed",
        }
        assert {*kinds(pairs), ALL} == set(names)
        for side, scenario in enumerate((SMALL, SMALL.with_policy(DOUBLE))):
            run = simulate(scenario, replicates=2 * WIDTH, seed=1, draws=draws())
            for kind, name in names.items():
                outcome = outcomes[name]
                whole = np.moveaxis(by_year(run, outcome, run.by_territory(outcome.series)), 0, 1)
                killed = killed_of(pairs, kind)[side]
                assert np.allclose(killed, whole[:, -len(pairs.years) :], rtol=1e-12), name

    def test_without_a_change_nothing_differs(self, present):
        same = present.pairs(
            Policy.scale("arrests.effort", 1.0, "2012-06-01", name="same"), range(1)
        )
        assert np.array_equal(same.baseline, same.changed)

    def test_more_pairs_extend_the_first_ones(self, present):
        first, both, second = (
            present.pairs(DOUBLE, numbers) for numbers in (range(1), range(2), range(1, 2))
        )
        assert np.array_equal(both.changed, first.then(second).changed)
        assert np.array_equal(both.baseline[:WIDTH], first.baseline)
        assert first.then(second).wanted == both.wanted == both.pairs

    def test_another_package_compiles_nothing(self, present):
        present.pairs(DOUBLE, range(2))
        before = TRACES.copy()
        present.pairs(
            policy_of(
                package(recruitment__rate=0.4, civilians__crossfire=0.5), HANDLES, SMALL, FIRST
            ),
            range(2),
        )
        assert before == TRACES

    def test_the_present_is_kept_and_known_by_its_inputs(self, present):
        present.prepare(range(2))
        again = Present(SMALL, draws(), first=FIRST, cache=present.folder.parent)
        assert {file.name for file in again.folder.glob("chunk-*")} >= {
            "chunk-00000.npz",
            "chunk-00001.npz",
        }
        assert np.array_equal(again.baseline(range(2)), present.baseline(range(2)))
        others = (
            Present(SMALL, draws(), seed=2, first=FIRST),
            Present(SMALL, None, first=FIRST),
            Present(SMALL, draws(), first=dt.date(2013, 1, 1)),
        )
        assert len({present.digest, *(other.digest for other in others)}) == 4

    def test_a_folder_that_cannot_be_written_is_no_hindrance(self, tmp_path):
        (tmp_path / "file").write_text("", encoding="utf-8")
        blocked = Present(seven_mechanisms(110), first=dt.date(2008, 1, 1), cache=tmp_path / "file")
        blocked.prepare(range(1))
        assert len(blocked.baseline(range(1))) == WIDTH

    def test_what_is_finished_stays_after_cancelling(self, present, monkeypatch):
        stop, one = threading.Event(), present._pair

        def then_stop(policy, inputs, number, device, cancelled):
            pair = one(policy, inputs, number, device, cancelled)
            # Chunks are given back in order: one that was done before the first would not be.
            if number == 0:
                stop.set()
            return pair

        monkeypatch.setattr(present, "_pair", then_stop)
        part = present.pairs(DOUBLE, range(6), stop)
        assert part is not None
        assert WIDTH <= part.pairs < part.wanted
        assert present.pairs(DOUBLE, range(2), stop) is None

    def test_pairs_say_how_many_draws_they_share(self, present):
        assert present.pairs(DOUBLE, range(1)).draws == 24
        assert Present(SMALL, first=FIRST).draw_count == 0

    def test_chunks_are_held_from_many_threads(self, tmp_path, monkeypatch):
        """Threads of several devices hold chunks at once, beyond the number that is held."""
        monkeypatch.setattr("tregua.lab.work.futures.HELD", 2)
        fresh = Present(seven_mechanisms(110), first=dt.date(2008, 1, 1), cache=tmp_path)
        with ThreadPoolExecutor(4) as pool, short_switches():
            for done in [
                pool.submit(lambda i=i: [fresh._hold(n, {}) for n in range(i, 4000, 4)])
                for i in range(4)
            ]:
                done.result()
        assert len(fresh._held) <= 2

    def test_progress_is_told_to_the_end(self, tmp_path):
        told = []
        fresh = Present(seven_mechanisms(110), first=dt.date(2008, 1, 1), cache=tmp_path)
        fresh.prepare(range(2), lambda done, everything: told.append((done, everything)))
        assert told[-1][0] == told[-1][1] == len(told)

    def test_a_scenario_that_cannot_be_shown_is_refused(self):
        refused("TR3023", lambda: Present(seven_mechanisms(40)))


@pytest.mark.nightly
class TestEmulator:
    def test_it_answers_what_was_run_as_it_was(self, present, emulator):
        handle = HANDLES[0]
        known = package(**{handle.key.replace(".", "__"): positions(handle)[0]})
        quick, real = (
            emulator.quick(known),
            present.pairs(policy_of(known, HANDLES, SMALL, FIRST), range(ANSWERS)),
        )
        total = real.changed.sum() / real.baseline.sum()
        assert quick.changed.sum() / quick.baseline.sum() == pytest.approx(total, abs=0.02)
        assert quick.quick
        assert (quick.error, quick.draws) == (emulator.error, 24)
        assert np.array_equal(quick.baseline, real.baseline)

    def test_its_error_holds_for_packages_it_has_not_seen(self, present, emulator):
        others = random_packages(HANDLES, FIRST, SMALL.date(SMALL.weeks), 10, seed=99)
        truths = [
            present.pairs(policy_of(other, HANDLES, SMALL, FIRST), range(ANSWERS)).changed
            for other in others
        ]
        accuracy = measured(emulator, others, truths)
        assert 0.0 < emulator.error < 0.15
        # Ten packages pin a quantile of nine in ten down to a factor of two or so.
        assert accuracy["error"] < 2.0 * emulator.error
        assert accuracy["checks"]["all_median"] < emulator.error
        assert COVERED == 0.9

    def test_nothing_moved_is_nothing_changed(self, emulator):
        still = emulator.quick(package(arrests__effort=1.0))
        assert np.array_equal(still.baseline, still.changed)

    def test_a_later_start_a_ramp_and_an_end_do_less(self, emulator):
        def change(**dates) -> float:
            setting = Setting(
                **{"handle": "recruitment.rate", "value": 0.2, "start": FIRST, **dates}
            )
            quick = emulator.quick(Package(settings=(setting,)))
            return float(quick.changed.sum() / quick.baseline.sum() - 1.0)

        whole = change()
        assert whole < change(start="2012-12-01") < 0.0
        assert whole < change(ramp_weeks=52) < 0.0
        assert whole < change(end="2013-01-01") < 0.0

    def test_the_years_before_a_change_are_as_without_it(self, emulator):
        late = emulator.quick(package("2014-01-05", recruitment__rate=0.2))
        assert np.allclose(
            late.changed.sum(axis=(2, 3))[:, 0], late.baseline.sum(axis=(2, 3))[:, 0]
        )

    def test_it_is_kept_and_known_by_its_inputs(self, present, emulator):
        again = kept_emulator(Present(SMALL, draws(), first=FIRST, cache=present.folder.parent))
        assert again is not None
        assert again.draws == 24
        tried = package(recruitment__rate=0.3, arrests__effort=1.7)
        assert np.allclose(
            again.quick(tried).changed, emulator.quick(tried).changed, rtol=0.02, atol=0.5
        )
        assert kept_emulator(Present(SMALL, None, first=FIRST, cache=present.folder.parent)) is None

    def test_it_is_not_taken_where_there_is_a_handle_more_or_less(
        self, present, emulator, monkeypatch
    ):
        more = replace(DECLARED[0], key="arrests.half_size")
        for handles in ((*DECLARED, more), DECLARED[1:]):
            monkeypatch.setattr("tregua.lab.handles.DECLARED", handles)
            assert len(handles_of(SMALL)) != len(emulator.keys)
            assert kept_emulator(present) is None
        monkeypatch.undo()
        assert kept_emulator(present) is not None

    def test_it_answers_while_the_hand_moves(self, emulator):
        tried = package(recruitment__rate=0.3, arrests__effort=1.7, civilians__crossfire=0.4)
        emulator.quick(tried)
        began = time.perf_counter()
        headline(emulator.quick(tried))
        assert time.perf_counter() - began < 0.1

    def test_it_refuses_what_a_run_refuses(self, emulator):
        refused("TR3021", lambda: emulator.quick(package(arrests__effort=99.0)))

    def test_a_training_runs_the_baseline_once(self, present, monkeypatch, tmp_path):
        asked, weekly = [], present.weekly
        monkeypatch.setattr(
            present,
            "weekly",
            lambda policy, *rest: asked.append(policy.modifiers) or weekly(policy, *rest),
        )
        course = Course(present, tmp_path, 2, None, None)
        assert course.run([package(arrests__effort=2.0)]) is not None
        assert course.run([package(arrests__effort=2.0)]) is not None
        assert asked.count(()) == ANSWERS

    def test_training_can_be_cancelled(self, tmp_path):
        stop = threading.Event()
        fresh = Present(seven_mechanisms(110), first=dt.date(2008, 1, 1), cache=tmp_path)
        assert emulator_of(fresh, lambda done, everything: stop.set(), stop) is None

    def test_the_tornado_shows_each_setting_by_itself(self, emulator):
        bars = tornado(emulator, package(recruitment__rate=0.2, civilians__crossfire=0.9))
        assert [bar.handle for bar in bars] == ["recruitment.rate", "civilians.crossfire"]
        assert bars[0].low <= bars[0].change <= bars[0].high < 0.0


class TestHeadline:
    def test_it_says_what_the_pairs_say(self):
        said = headline(invented(np.array([0.8, 0.9, 0.9, 1.1])))
        assert (said.pairs, said.fewer, said.victims) == (4, 0.75, "civilian")
        assert said.middle == pytest.approx((-0.125, -0.05))
        assert said.worst_tenth == pytest.approx(0.04)

    def test_its_error_shrinks_with_the_pairs_and_is_never_nothing(self):
        few, many = (headline(invented(np.full(count, 0.9))).error for count in (16, 256))
        assert few > many > 0.0

    def test_pairs_that_share_a_draw_do_not_shrink_it(self):
        many, few = (
            invented(np.tile([0.9, 0.9, 1.1, 0.9], 64)),
            invented(np.tile([0.9, 0.9, 1.1, 0.9], 4)),
        )
        assert headline(replace(many, draws=16)).error == headline(few).error > headline(many).error
        assert headline(replace(few, draws=200)).error == headline(few).error
        weak = invented(np.where(np.arange(256) % 25 < 17, 0.9, 1.1))
        assert sure(weak).all()
        assert not sure(replace(weak, draws=20)).any(), "what twenty draws say is not sure"

    def test_killed_of_takes_one_kind_or_all(self):
        killed = np.arange(16.0).reshape(1, 2, 2, 4)
        names = ("civilian", "member", "police", "inmate")
        pairs = Futures(np.array([2021, 2022]), killed, killed + 1.0, names, ("A", "B"), 1)
        before, after = killed_of(pairs, "member")
        assert np.array_equal(before, killed[..., 1]) and np.array_equal(after, before + 1.0)
        for victim in (ALL, "troops"):
            assert np.array_equal(killed_of(pairs, victim)[0], killed.sum(axis=3))

    def test_civilians_are_those_in_group_violence_and_all_others(self):
        pairs = invented(np.array([0.8, 0.9]))
        with_others = replace(pairs, background=np.full((2, 2, 2), 900.0))
        assert kinds(pairs) == ("civilian", "member")
        assert kinds(with_others) == (
            "civilian",
            "civilian_tied",
            "civilian_background",
            "member",
        )
        whole, *parts = (killed_of(with_others, kind) for kind in kinds(with_others)[:3])
        for side in (0, 1):
            assert np.array_equal(whole[side], parts[0][side] + parts[1][side])
        assert np.array_equal(*parts[1]), "no handle reaches these"
        assert headline(with_others).middle == pytest.approx(np.array([-0.0175, -0.0125]))
        assert headline(with_others, "civilian_tied").middle == headline(pairs).middle
        assert headline(with_others).fewer == headline(pairs).fewer
        assert headline(pairs, "civilian_tied").victims == "civilian"
        assert np.array_equal(killed_of(with_others, ALL)[0], killed_of(pairs, ALL)[0])

    def test_ties_count_as_half(self):
        assert headline(invented(np.ones(8))).fewer == 0.5

    def test_all_stand_in_for_victims_that_a_model_lacks(self):
        pairs = invented(np.full(4, 0.9))
        assert headline(replace(pairs, victims=("inmate", "member"))).victims == ALL
        assert headline(pairs, ALL).victims == ALL

    def test_nobody_killed_is_no_change(self):
        assert headline(invented(np.ones(4), baseline=0.0)).middle == (0.0, 0.0)

    def test_a_sign_is_sure_where_most_pairs_agree_on_it(self):
        changes = np.where(np.arange(64) % 2, 0.9, 1.1)
        pairs = invented(changes)
        one_sided = np.stack(
            [pairs.changed[:, :, 0], np.full_like(pairs.changed[:, :, 1], 90.0)], axis=2
        )
        assert sure(replace(pairs, changed=one_sided)).tolist() == [False, True]
