"""Folders of countries on the command line: which is read, and its copy in a run folder, so that
the run can be opened when the folder has changed or is gone.
"""

from __future__ import annotations

from pathlib import Path

from ..countries.dataset import Dataset
from ..countries.pack import COUNTRY, Pack, copy_of
from ..countries.registry import find_pack, first_pack, is_folder
from ..errors import TreguaError
from ..scenarios.editing import with_country_beside
from ..scenarios.reading import COPY
from ..scenarios.toml import ScenarioFile
from .show import ERR


def country_of(data: str | None) -> Pack:
    """The country that a command names, or the one that is meant where none is named.

    Raises:
        TreguaError: TR1501 and those of folders where there is none, TR2924 for a data set.
    """
    if data is None:
        return first_pack()
    pack = find_pack(data)
    if not is_folder(data) and data != pack.name:
        raise TreguaError(
            "TR2924",
            "this takes a country, not one of its data sets",
            where="command line, --data",
            found=data,
            expected=pack.name,
        )
    return pack


def tell_folder(data: Dataset) -> None:
    """Say which folder is read, where the data are from one."""
    if data.pack:
        tell_pack(data.pack)


def tell_pack(pack: Pack) -> None:
    """Say which folder is read, where a country is one, and read all that is copied with what is
    made of it: the copy is of now, and what cannot be copied is refused before the work.
    """
    if not pack.module and pack.files:
        ERR.print(
            f"Data of the country {pack.name} are read from the folder: "
            f"{Path(str(pack.folder)).resolve()}",
            markup=False,
        )


def named_after(what: str, pack: Pack) -> str:
    """Name of a folder under ``runs``: it says the country, if that is not the one that is meant
    where none is named.
    """
    return what if pack is first_pack() else f"{what}-{pack.name}"


def write_copy(place: Path, read: ScenarioFile) -> None:
    """Write the scenario into a run folder that is still staged; where its data are in a folder,
    with a copy of that folder.
    """
    text, pack = read.text, read.scenario.data.pack
    if pack and not pack.module:
        copy_of(pack, place / COUNTRY)
        text = with_country_beside(text)
    (place / COPY).write_text(text, encoding="utf-8")
