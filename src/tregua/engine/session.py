"""Settings of a process, decided once before any array exists: cores, precision, and where compiled
programs are kept.

The command line, the tests and the benchmarks call :func:`begin`. The library itself never does:
importing it changes nothing.
"""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from pathlib import Path

GARBAGE = 100_000
"""New objects after which Python looks for garbage. Its own 700 make it look a thousand times while
a program is traced, which takes half a second.
"""

CACHE_BYTES = 512 * 1024**2
"""Limit of the cache of compiled programs; having one also switches on JAX's
locking of the folder.
"""


def begin(cores: int | None = None, float64: bool = False, cache: bool = True) -> None:
    """Settle cores, precision and cache of this process.

    Args:
        cores: host devices to make, one for each chunk that runs at the same time; all cores that
            the process may use if None.
        float64: compute in double precision, as fits and reproductions do. Runs use single
            precision.
        cache: keep compiled programs on disk for the next start.
    """
    import jax

    gc.set_threshold(GARBAGE)
    # The devices exist already: a notebook that has used JAX keeps what it has.
    with suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", cores or usable_cores())
    jax.config.update("jax_enable_x64", float64)
    if cache:
        folder = cache_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            # A place that cannot be written costs seconds at every start, and no more.
            return
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_compilation_cache_max_size", CACHE_BYTES)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def usable_cores() -> int:
    """Cores that the process may use, where the system tells; else all cores of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cache_folder() -> Path:
    """Where compiled programs are kept: ``TREGUA_CACHE`` if set, else the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("TREGUA_CACHE") or user_cache_path("tregua")) / "programs"
