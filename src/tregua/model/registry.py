"""The registry of mechanisms: those that ship, and those of plug-ins.

A plug-in is somebody's own module or package with mechanisms in it. Packages that are installed
name theirs by an entry point of the group ``tregua.mechanisms``; others are named by a scenario
file or on the command line. Loading a plug-in runs its code, and nothing but an import by name
does so: neither the current directory nor the folder of a scenario is searched.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import site
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from ..errors import TreguaError
from .declarations import Parameter, Source
from .mechanism import Mechanism

SHIPPED = GROUP = "tregua.mechanisms"
"""The package whose mechanisms ship, and the group of entry points by which others name theirs."""

UNSCANNED = ("_", "test_", "conftest")
"""How names of modules begin that are not looked into."""

_LOADED: dict[str, Plugin] = {}
"""Plug-ins of this process by name."""

_LOCK = threading.RLock()
"""One plug-in is loaded at a time."""


@dataclass(frozen=True)
class Plugin:
    """Somebody's module or package that was loaded.

    Attributes:
        name: by which it is imported.
        file: of its code, as text.
        mechanisms: by name.
    """

    name: str
    file: str
    mechanisms: Mapping[str, type[Mechanism]]


@cache
def shipped() -> dict[str, type[Mechanism]]:
    """Every mechanism that ships, by name: a new file in ``tregua/mechanisms`` is enough."""
    package = importlib.import_module(SHIPPED)
    return dict(sorted(_mechanisms((package, *_modules_in(package))).items()))


def registry() -> dict[str, type[Mechanism]]:
    """Every mechanism that is known, by name: those that ship, and those of the plug-ins that are
    installed or were loaded.

    Raises:
        TreguaError: TR2101, TR2108 and TR2109 for a package that is installed, names mechanisms
            and cannot be loaded.
    """
    everyone = dict(shipped())
    for plugin in plugins():
        everyone |= plugin.mechanisms
    return dict(sorted(everyone.items()))


def plugins() -> tuple[Plugin, ...]:
    """The plug-ins that are installed, and those that were loaded; see :func:`registry`."""
    load_plugins(_installed(), f"an installed package, by its entry point {GROUP}")
    return tuple(_LOADED.values())


def load_plugins(names: Iterable[str], where: str = "") -> None:
    """Load plug-ins by the names of their modules, each once in a process.

    Args:
        names: such as ``mypkg.amnesty``; of a package also the modules directly in it are taken.
        where: what names them, for messages.

    Raises:
        TreguaError: TR2101 where a mechanism has the name of another, TR2108 where the
            module is not there or cannot be imported, TR2109 where no mechanism in it works.
            Nothing of a plug-in that is refused is registered.
    """
    for name in names:
        with _LOCK:
            if name not in _LOADED:
                plugin = _load(name, where)
                _check_names(plugin, where)
                _LOADED[name] = plugin


def plugin_at(file: str) -> str:
    """Name of the loaded plug-in with a mechanism in a file; empty where none has."""
    return next(
        (
            plugin.name
            for plugin in _LOADED.values()
            for kind in plugin.mechanisms.values()
            if getattr(sys.modules.get(kind.__module__), "__file__", None) == file
        ),
        "",
    )


@cache
def _installed() -> tuple[str, ...]:
    """Modules that installed packages name by entry points, without those that ship."""
    with _searching():
        return tuple(sorted({point.module for point in entry_points(group=GROUP)} - {SHIPPED}))


def _load(name: str, where: str) -> Plugin:
    """Import a plug-in and look for its mechanisms."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise TreguaError(
            "TR2108",
            f"{name!r} is no name of a module",
            where=where,
            expected="a name as an import has it, such as mypkg.amnesty",
            do="name the module, and not its file",
        )
    try:
        with _searching():
            module = importlib.import_module(name)
            modules = (module, *_modules_in(module))
    except (Exception, SystemExit) as error:
        absent = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
        raise TreguaError(
            "TR2108",
            f"the plug-in {name!r} " + ("is not there" if absent else "cannot be imported"),
            where=where,
            found=f"{type(error).__name__}: {error}",
            do="install its package or put its folder on PYTHONPATH; the current directory and the "
            "folder of the scenario are not searched"
            if absent
            else f'see what `python -c "import {name}"` says, and mend that',
        ) from error
    mechanisms = _mechanisms(modules)
    if not mechanisms:
        others = [kind.__name__ for kind in _classes(module)]
        raise TreguaError(
            "TR2109",
            f"the plug-in {name!r} holds no mechanism",
            where=where,
            found="classes that are no Mechanism: " + ", ".join(others) if others else None,
            expected="a class that derives from tregua.Mechanism",
            do="`tregua new-mechanism NAME` writes one to start from",
        )
    return Plugin(name, _file_of(module), mechanisms)


def _file_of(module: ModuleType) -> str:
    """File of a module, or folder of a package without ``__init__``."""
    return str(getattr(module, "__file__", None) or next(iter(module.__path__), ""))


def _mechanisms(modules: Sequence[ModuleType]) -> dict[str, type[Mechanism]]:
    """Mechanisms by name, of a module and of those directly in it where it is a package."""
    mechanisms: dict[str, type[Mechanism]] = {}
    for module in modules:
        for kind in _classes(module):
            if issubclass(kind, Mechanism):
                name = _checked(kind, modules[0].__name__)
                if mechanisms.setdefault(name, kind) is not kind:
                    raise _twice(name, mechanisms[name], kind, "")
    return mechanisms


def _modules_in(package: ModuleType) -> Iterator[ModuleType]:
    """Modules directly in a package, but tests and private ones; none of a module."""
    for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
        if not module.name.startswith(UNSCANNED):
            yield importlib.import_module(f"{package.__name__}.{module.name}")


def _classes(module: ModuleType) -> list[type]:
    """Public classes of a module, or of a package also those of modules in it that it shows."""
    own, inside = module.__name__, f"{module.__name__}."
    return [
        value
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and not name.startswith("_")
        and f"{value.__module__}.".startswith(inside)
        and (value.__module__ == own or hasattr(module, "__path__"))
    ]


def _checked(kind: type[Mechanism], plugin: str) -> str:
    """Name of a mechanism that declares what it should (TR2109)."""
    try:
        mechanism = kind()
        declared: tuple[tuple[type, Iterable[object]], ...] = (
            (Parameter, mechanism.parameters),
            (Source, mechanism.sources.values()),
        )
        wrong = [
            f"{part!r}, which is no {wanted.__name__}"
            for wanted, parts in declared
            for part in parts
            if not isinstance(part, wanted)
        ]
        for declare in ("flows", "drifts", "events", "tracks", "records"):
            tuple(getattr(mechanism, declare)())
        name = mechanism.name
    except Exception as error:
        wrong, name = [f"{type(error).__name__}: {error}"], ""
    if wrong or not str(name).isidentifier():
        raise TreguaError(
            "TR2109",
            f"the mechanism {kind.__name__!r} of the plug-in {plugin!r} cannot be made",
            where=getattr(sys.modules.get(kind.__module__), "__file__", None) or plugin,
            found=wrong[0] if wrong else f"the name {name!r}",
            expected="a class that can be made without arguments and only declares",
            do="run `tregua.testing.check_mechanism` on it",
        )
    return name


def _check_names(plugin: Plugin, where: str) -> None:
    """Refuse a plug-in whose mechanisms have names that are taken (TR2101)."""
    others = shipped() | {n: kind for p in _LOADED.values() for n, kind in p.mechanisms.items()}
    for name, kind in plugin.mechanisms.items():
        if others.get(name, kind) is not kind:
            raise _twice(name, others[name], kind, where)


def _twice(name: str, one: type, other: type, where: str) -> TreguaError:
    return TreguaError(
        "TR2101",
        f"two mechanisms are named {name!r}",
        where=where,
        found=f"{one.__module__}.{one.__name__} and {other.__module__}.{other.__name__}",
        do="give the class of your own another name",
    )


@contextmanager
def _searching() -> Iterator[None]:
    """While it lasts, the current directory is not searched for modules, unless a package is
    installed from there or PYTHONPATH names it.
    """
    with _LOCK:
        before = list(sys.path)
        named = (*os.environ.get("PYTHONPATH", "").split(os.pathsep), *_linked())
        meant = any(_is_here(place) for place in named)
        sys.path[:] = [place for place in before if place and (meant or not _is_here(place))]
        try:
            yield
        finally:
            sys.path[:] = before


def _is_here(place: str) -> bool:
    """Whether a place is the current directory; an empty one names nothing."""
    try:
        return bool(place) and os.path.samefile(place, os.curdir)
    except (OSError, ValueError):
        return False


def _linked() -> Iterator[str]:
    """Folders that are installed where they lie, as `pip install --editable` does it."""
    for packages in (*site.getsitepackages(), site.getusersitepackages()):
        for file in Path(packages).glob("*.pth"):
            yield from file.read_text(encoding="utf-8", errors="ignore").splitlines()
