"""Check of a country on the command line, and the schema of its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..countries.checking import country_faults
from ..countries.pack import Pack
from ..countries.registry import find_pack, folder_pack, is_folder, packs
from ..countries.schema import MEANING, MONTHS, standard_tables
from ..errors import TreguaError
from ..lab.words import LANGUAGES, own_texts
from ..model.registry import plugins as plugins_loaded
from ..scenarios.toml import load_scenario
from .plugins import load_named
from .show import ERR, OUT, print_json, print_table

WRONG = 2
"""Exit status where something is wrong."""


def check_country(country: str, plugins: Sequence[str], json: bool) -> int:
    """Print all that is wrong with a country.

    Args:
        country: a name, or a folder; one without a slash is a folder where no country has the name.
        plugins: modules with mechanisms, which are loaded.
        json: print one JSON document.

    Returns:
        2 where something is wrong, else 0.
    """
    load_named(plugins)
    faults: list[TreguaError] = []
    try:
        named = is_folder(country) or country in packs()
        pack = find_pack(country) if named else folder_pack(Path(country), country)
        faults = country_faults(pack)
        faults = faults or [*_scenario_faults(pack), *_text_faults(pack)]
    except TreguaError as error:
        faults.append(error)
    for plugin in plugins_loaded():
        ERR.print(f"Code of the plug-in {plugin.name} is loaded: {plugin.file}", markup=False)
    if json:
        print_json({"country": country, "problems": [fault.record() for fault in faults]})
        return WRONG if faults else 0
    for fault in faults:
        OUT.print(fault.text() + "\n", markup=False, soft_wrap=True)
    if faults:
        OUT.print(f"{country}: {len(faults)} {'problem' if len(faults) == 1 else 'problems'}")
        return WRONG
    names = ", ".join(pack.datasets)
    OUT.print(f"{country}: nothing is wrong. Data sets: {names}", markup=False, soft_wrap=True)
    return 0


def _scenario_faults(pack: Pack) -> Iterator[TreguaError]:
    """Scenario files of a country that cannot be loaded, by their own codes."""
    folder = pack.folder.joinpath("scenarios")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            try:
                load_scenario(file.name.removesuffix(".toml") if pack.module else str(file))
            except TreguaError as error:
                yield error


def _text_faults(pack: Pack) -> Iterator[TreguaError]:
    """Texts of a country that the lab's pages cannot say."""
    for language in LANGUAGES:
        try:
            own_texts(language, pack)
        except TreguaError as error:
            yield error


def show_schema(json: bool) -> int:
    """Print the standard tables of a country."""
    if json:
        print_json(
            {
                "tables": {name: part.model_dump() for name, part in standard_tables().items()},
                "types": MEANING,
            }
        )
        return 0
    for name, part in standard_tables().items():
        needed = "needed" if part.needed else "for mechanisms that read it"
        title = "the table that pack.toml names" if name == MONTHS else f"{name}.csv"
        rows = [
            [
                column,
                column_of.type,
                column_of.unit,
                "yes" if column_of.needed else "no",
                column_of.doc,
            ]
            for column, column_of in part.columns.items()
        ]
        OUT.print(f"\n{title} ({needed}): {part.doc}", markup=False)
        print_table("", ["column", "type", "unit", "needed", "what it says"], rows, left=5)
    print_table("Types", ["type", "a cell holds"], [[*row] for row in MEANING.items()], left=2)
    return 0
