"""Registry of countries: packs that ship, those of packages that are installed, and folders that a
user names; and of their data sets, by name.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
from functools import cache
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path

from ..errors import TreguaError, nearest_name
from ..shipped import country_folders
from .dataset import Dataset
from .pack import SETTINGS, Pack
from .standard import known_until, standard_dataset

GROUP = "tregua.countries"
"""Group of entry points by which packages name packs, and our own package of them."""


@cache
def packs() -> dict[str, Pack]:
    """Packs by name: those that ship, then those of installed packages.

    Raises:
        TreguaError: TR1511 for a package that names a pack and holds none.
    """
    shipped = [f"{GROUP}.{folder.name}" for folder in country_folders()]
    installed = sorted({point.module for point in entry_points(group=GROUP)} - {*shipped, GROUP})
    named: dict[str, Pack] = {}
    for module in (*shipped, *installed):
        pack = _pack_of(module)
        if named.setdefault(pack.name, pack) is not pack:
            raise TreguaError(
                "TR1511",
                f"two countries are named {pack.name!r}",
                found=f"{named[pack.name].module} and {module}",
                do="uninstall one of the packages, or rename its pack",
            )
    return named


def _pack_of(module: str) -> Pack:
    """The pack in a package of Python (TR1511)."""
    try:
        folder = resources.files(importlib.import_module(module))
    except (Exception, SystemExit) as error:
        raise TreguaError(
            "TR1511",
            f"the package {module!r}, which names a country, cannot be imported",
            where=f"an installed package, by its entry point {GROUP}",
            found=f"{type(error).__name__}: {error}",
            do="mend or uninstall it",
        ) from error
    return Pack(folder, module, module)


def first_pack() -> Pack:
    """The pack that is meant where none is named: the first that ships."""
    return next(iter(packs().values()))


def meant(data: str | None) -> str:
    """Name of the data of a scenario: the first data set that ships where it names none."""
    return first_pack().datasets[0] if data is None else data


def is_folder(name: str) -> bool:
    """Whether the name of data names a folder, which is read, and not something registered."""
    return bool(set(name) & {"/", os.sep}) or name.startswith(".")


def find_pack(name: str, base: Path | None = None) -> Pack:
    """A pack by its name, or from a folder on disk.

    Args:
        name: of a pack or of one of its data sets; or a path, with a slash or a dot in front.
        base: folder from which a path starts; the current one if None.

    Raises:
        TreguaError: TR1501 where there is none, TR1511 to TR1514 for a folder that is no pack.
    """
    if is_folder(name):
        return folder_pack((base or Path()) / name, name)
    for pack in packs().values():
        if name == pack.name or name in pack.datasets:
            return pack
    names = data_names()
    raise TreguaError(
        "TR1501",
        f"no data set is named {name!r}",
        found=name,
        expected="one of " + ", ".join(names) + ", or a folder such as ./my-country",
        nearest=nearest_name(name, names),
        do=f"write ./{name} if you mean that folder" if (Path(name) / SETTINGS).is_file() else "",
    )


def folder_pack(folder: Path, shown: str = "") -> Pack:
    """The pack in a folder on disk, or the registered one whose folder that is. Nothing in it is
    run (TR1511, TR1512).
    """
    whole = folder.resolve()
    for registered in packs().values():
        if isinstance(registered.folder, Path) and registered.folder.resolve() == whole:
            return registered
    pack = Pack(folder, "", shown or str(folder))
    if pack.name in packs():
        raise TreguaError(
            "TR1512",
            f"a country named {pack.name!r} is there already",
            where=f"{pack.shown}/{SETTINGS}, key name",
            found=pack.name,
            do="give yours another name",
        )
    return pack


def data_names() -> list[str]:
    """Names of the data sets of all packs."""
    return [name for pack in packs().values() for name in pack.datasets]


def load(name: str, start: dt.date | None = None, base: Path | None = None) -> Dataset:
    """A data set.

    Args:
        name: of a data set; or of a pack or a folder, whose data set is then that of the last start
            on or before ``start``, or of its first start.
        start: first day of the scenario.
        base: folder from which a path starts; the current one if None.

    Raises:
        TreguaError: as :func:`find_pack`, and those of
            :func:`~tregua.countries.standard.standard_dataset`.
    """
    pack = find_pack(name, base)
    listed = not is_folder(name) and name in pack.datasets
    return dataset_of(pack, name if listed else f"{pack.name}-{start_of(pack, start).year}")


def dataset_of(pack: Pack, name: str) -> Dataset:
    """A data set of a pack, by one of the names that ``pack.datasets`` lists. Those of registered
    packs are built once; a folder may have changed.
    """
    return _kept(pack, name) if pack.module else _built(pack, name)


@cache
def _kept(pack: Pack, name: str) -> Dataset:
    return _built(pack, name)


def _built(pack: Pack, name: str) -> Dataset:
    if name in pack.code.datasets:
        return pack.code.datasets[name]()
    days = {f"{pack.name}-{day.year}": day for day in pack.settings.starts}
    return standard_dataset(pack, days[name])


def start_of(pack: Pack, start: dt.date | None) -> dt.date:
    """The last start of a pack on or before a day; its first where there is none."""
    days = sorted(pack.settings.starts)
    return next((day for day in reversed(days) if start and day <= start), days[0])


def data_for(axes: set[str], covariates: set[str]) -> Dataset:
    """The first registered data set that has the axes and the covariates of a model;
    where none has, the first, and compiling says what it lacks.
    """
    for name in data_names():
        data = load(name)
        if axes <= {axis.name for axis in data.space.axes} and covariates <= set(data.covariates):
            return data
    return load(data_names()[0])


def as_known(data: Dataset, until: int) -> Dataset:
    """A data set as it was known at the end of a year, for fits that must not look ahead: by the
    rule of its pack, or else without later captures and breakaways.
    """
    rule = data.pack.code.known if data.pack else None
    return (rule or known_until)(data, until)
