"""Exit status 3 says that the fault is ours: no command line and no file may end with it."""

import pytest

from fuzzing import SCENARIO, make_case
from tregua.cli import BAD_INPUT, DONE, OUTSIDE, run_command

CASES, NIGHTLY = 30, 2_000


@pytest.fixture
def faults(tmp_path, monkeypatch, capsys):
    """Run cases and give those that end with a status that they may not have."""
    monkeypatch.delenv("TREGUA_DEBUG", raising=False)
    monkeypatch.setattr("tregua.cli.run.begin", lambda: None)
    # What is read and checked before a run is tested here, and not the run.
    monkeypatch.setattr("tregua.cli.run._carry_out", lambda *_: DONE)

    def run(seeds):
        bad = []
        for seed in seeds:
            folder = tmp_path / str(seed)
            folder.mkdir()
            monkeypatch.chdir(folder)
            monkeypatch.setenv("TREGUA_DATA", str(folder / "mine"))
            case = make_case(seed)
            try:
                status = case.run(folder, run_command)
            except SystemExit as end:
                status = end.code
            said = capsys.readouterr()
            if status not in (DONE, OUTSIDE, BAD_INPUT):
                bad.append((seed, case.arguments, status, (said.out + said.err)[-300:]))
        return bad

    return run


def test_the_pieces_are_good_before_they_are_changed(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    assert run_command(["check", str(file)]) == DONE


def test_no_input_is_called_a_fault_of_ours(faults):
    assert faults(range(CASES)) == []


@pytest.mark.nightly
def test_no_input_of_many_is_called_a_fault_of_ours(faults):
    assert faults(range(CASES, NIGHTLY)) == []
