"""One session of tests: double precision, strict shapes, two devices, and the type checks of every
signature of the package.
"""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

MOST_MAPS = 30_000
"""Pieces of memory of a process at which its compiled programs are dropped:
beyond the 65,530 that Linux allows it crashes.
"""

SHORT = 0.2
"""Seconds of a test that has compiled too little to ask how many pieces of memory there are: they
are counted one by one, which takes a fiftieth of a second after each of three thousand tests.
"""

SETTINGS = (
    "jax_enable_x64",
    "jax_numpy_rank_promotion",
    # Compiled programs stay between runs of the tests; a temporary folder would make every run
    # pay for every program again.
    "jax_compilation_cache_dir",
    "jax_compilation_cache_max_size",
    "jax_persistent_cache_min_compile_time_secs",
)
"""What every test finds as the session set it."""

LONGEST = (
    "test_contract.py",
    "test_laws.py",
    "test_lab_browser.py",
    "test_lab_engine.py",
    "test_reproduce.py",
    "test_limit.py",
    "test_gradient.py",
    "test_solvers.py",
    "test_run.py",
    "test_cli.py",
    "test_vetting.py",
    "test_vetting_2012.py",
    "test_fitting.py",
    "test_fit_job.py",
    "test_ensemble.py",
    "test_emergent.py",
    "test_ablation.py",
    "test_store.py",
    "test_compilation.py",
    "test_trade.py",
    "test_forecasting.py",
    "test_scoreboard.py",
    "test_civilians_killed.py",
    "test_random.py",
    "test_prisons.py",
    "test_streams.py",
    "test_vigilantes.py",
    "test_unreported.py",
)
"""Files that run first, the longest before the others: no worker is left with one at the end.
"""


def pytest_addoption(parser):
    parser.addoption("--nightly", action="store_true", help="also run the long statistical checks")
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/golden/*.json anew: only where numbers are meant to move",
    )


def pytest_configure(config):
    # By day programs are compiled with less optimisation: compiling is most of what tests do, and
    # this saves a fifth of all. At night they are those of users, and so are all other runs.
    if not config.getoption("--nightly"):
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_backend_optimization_level=1".strip()


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--nightly"):
        skip = pytest.mark.skip(reason="long: run with --nightly")
        for item in items:
            if "nightly" in item.keywords:
                item.add_marker(skip)
    ranks = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


def pytest_sessionstart(session):
    # Not at import: the type checks are hooked in after this file is read,
    # and see only what is imported later.
    import jax

    from tregua.engine import executor
    from tregua.engine import session as process

    process.begin(cores=2, float64=True)
    jax.config.update("jax_numpy_rank_promotion", "raise")
    # Also the small programs: what one worker has compiled the other one reads. A folder with a
    # limit of its size is locked and read through at every program, so this one has none.
    jax.config.update("jax_compilation_cache_dir", str(process.cache_folder().with_name("tests")))
    jax.config.update("jax_compilation_cache_max_size", -1)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    # By day what names no devices runs on the first: each device compiles a program for itself, so
    # that two chunks would pay twice, and both cores are busy with tests anyway. Tests of devices
    # name theirs or ask for `all_devices`; commands in processes of their own use all cores.
    if not session.config.getoption("--nightly"):
        first = jax.local_devices()[:1]
        executor.jax = SimpleNamespace(local_devices=lambda: first, Device=jax.Device)
    session.config.tregua_settings = {name: getattr(jax.config, name) for name in SETTINGS}


@pytest.fixture(autouse=True)
def same_process_settings(request):
    """Tests of the command line settle the process for themselves;
    the next test must not notice.
    """
    import jax

    for name, value in request.config.tregua_settings.items():
        if getattr(jax.config, name) != value:
            jax.config.update(name, value)


@pytest.fixture(autouse=True)
def room_for_programs():
    """The long checks compile more programs than one process can hold."""
    begun = time.monotonic()
    yield
    if time.monotonic() - begun < SHORT:
        return
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > MOST_MAPS:
        import jax

        jax.clear_caches()
        gc.collect()


@pytest.fixture
def all_devices(monkeypatch):
    """What names no devices runs on all of them, as it does for users and at night."""
    import jax

    from tregua.engine import executor

    monkeypatch.setattr(executor, "jax", jax)


@pytest.fixture
def single_precision(same_process_settings):
    """Float32, as runs of users have it. A context manager would not reach the
    threads that run chunks.
    """
    import jax

    jax.config.update("jax_enable_x64", False)
    yield
    jax.config.update("jax_enable_x64", True)


@pytest.fixture
def update_golden(request) -> bool:
    return request.config.getoption("--update-golden")


@pytest.fixture(scope="module")
def shared():
    """A lab with made-up answers, with its present in place."""
    import stand_in

    return stand_in.prepared()


@pytest.fixture(scope="module")
def futures():
    """Two chunks of made-up pairs."""
    import stand_in

    return stand_in.futures_of_package()


@pytest.fixture(scope="module", params=("en", "es"))
def say(request):
    """The catalogue of each language of the lab."""
    from tregua.lab.words import sayer

    return sayer(request.param)
