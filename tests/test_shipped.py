"""What ships was made of the code and data that ship:
what a user would find refused is found here first.
"""

from pathlib import Path

import numpy as np
import pytest

import tregua
from tregua.lab.work.emulator import kept_emulator
from tregua.lab.work.futures import Present
from tregua.scenarios.posterior import load_posterior, shipped_posteriors
from tregua.scenarios.toml import load_scenario, shipped_scenarios
from tregua.shipped import CODES, cells_of_table, read_table

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
    table, cells = read_table(folder, file), cells_of_table(folder, file)
    for name in cells:
        if name in table.select_dtypes("number"):
            written = [float(cell or "nan") for cell in cells[name]]
            np.testing.assert_array_equal(table[name], written, err_msg=name)
            assert name not in CODES
        else:
            assert list(table[name]) == list(cells[name]), name
