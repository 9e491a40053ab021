"""What ships was made of the code and data that ship:
what a user would find refused is found here first.
"""

from pathlib import Path

import numpy as np
import pytest
import shipped_digests as script

import tregua
from tregua.errors import TreguaError
from tregua.lab.work.emulator import kept_emulator
from tregua.lab.work.futures import Present
from tregua.scenarios.posterior import load_posterior, shipped_posteriors
from tregua.scenarios.reading import shipped_scenarios
from tregua.scenarios.toml import load_scenario
from tregua.shipped import CODES, cells_of, read_table, shipped_bytes, shipped_digests

PACKAGE = Path(tregua.__file__).parent
TABLES = [
    (notes.parent.relative_to(PACKAGE).as_posix(), file.name)
    for notes in sorted(PACKAGE.rglob("SOURCES.toml"))
    for file in sorted(notes.parent.glob("*.csv"))
]


def test_the_shipped_emulator_belongs_to_the_shipped_scenario(tmp_path):
    file = load_scenario()
    shipped = kept_emulator(Present(file.scenario, file.draws, file.seed, cache=tmp_path))
    assert shipped is not None, (
        "train the emulator again, as docs/lab.md says: a mechanism, the data or "
        "the posterior has changed"
    )
    assert shipped.error < 0.05


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_takes_its_posterior(name):
    file = load_scenario(name)
    if file.posterior is None:
        assert name == "size-2023"
        return
    assert file.posterior.name in shipped_posteriors()
    unknown = set(load_posterior(file.posterior.name).parameters) - set(
        file.scenario.model.parameters
    )
    assert not unknown, "fit again: the posterior has parameters that no mechanism has"
    assert set(file.draws) == set(file.posterior.parameters)
    file.scenario.compile(file.draws)


@pytest.mark.parametrize(("folder", "file"), TABLES)
def test_a_table_is_read_to_the_last_bit_and_its_codes_stay_text(folder, file):
    table, cells = read_table(folder, file), cells_of(shipped_bytes(f"{folder}/{file}"))
    for name in cells:
        if name in table.select_dtypes("number"):
            written = [float(cell or "nan") for cell in cells[name]]
            np.testing.assert_array_equal(table[name], written, err_msg=name)
            assert name not in CODES
        else:
            assert list(table[name]) == list(cells[name]), name


def test_the_digests_are_those_of_the_files_that_ship():
    assert script.FILE.read_text(encoding="utf-8") == script.text(), (
        "a table, posterior or emulator was changed: run scripts/shipped_digests.py"
    )
    listed = set(shipped_digests())
    assert {f"{folder}/{file}" for folder, file in TABLES} <= listed
    assert {"countries/mexico/emulator.npz", "countries/mexico/posterior/posterior.npz"} <= listed


@pytest.fixture
def changed_file(monkeypatch):
    """Make one file differ from its digest."""
    load_posterior.cache_clear()
    yield lambda path: monkeypatch.setitem(shipped_digests(), path, "0" * 64)
    load_posterior.cache_clear()


def test_a_shipped_file_that_was_changed_is_not_used(changed_file, tmp_path):
    folder = "countries/mexico"
    for path, reads in {
        f"{folder}/territories.csv": lambda: read_table(folder, "territories.csv"),
        f"{folder}/posterior/posterior.json": lambda: load_posterior("mexico"),
        f"{folder}/emulator.npz": lambda: shipped_bytes(f"{folder}/emulator.npz"),
    }.items():
        changed_file(path)
        with pytest.raises(TreguaError, match="TR9003") as refused:
            reads()
        assert refused.value.details["where"] == path
