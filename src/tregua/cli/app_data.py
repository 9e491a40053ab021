"""Command-line interface: the commands for a country and its data.

Importing this module registers them with the program beside those of ``app.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .app import app
from .options import All, Data, From, Json, Plugins, ReplaceFigures, To

Territory = Annotated[
    str | None,
    Parameter(
        name=["--territory", "--state"],
        help="Only rows about this territory, by name, abbreviation or code.",
    ),
]

data = App(
    name="data",
    help="""List the tables of a country with their source, years and known problems; show one; or
    import an official file of your own, or undo an import. Without --data, the country that ships.

    Example: tregua data show homicides-month""",
    help_format="plaintext",
)
app.command(data)


@data.default
def tables(*, data: Data = None, json: Json = False) -> int:
    """List the tables of a country and the files that you have imported.

    Example: tregua data --data ./my-country
    """
    from .data import list_tables
    from .folders import country_of

    return list_tables(country_of(data), json)


@data.command
def show(
    table: str,
    /,
    *,
    territory: Territory = None,
    group: str | None = None,
    first: From = None,
    last: To = None,
    every: All = False,
    data: Data = None,
    json: Json = False,
) -> int:
    """Show a table, or a kind with your own files laid over it; all of it or the rows that pass
    every filter given.

    Example: tregua data show operations --from 2010

    Parameters
    ----------
    table
        A table or a kind of file as `tregua data` lists them.
    group
        Only rows about this group, by its name or whole words of it.
    """
    from ..countries.filtering import Filter
    from .data import show_table
    from .folders import country_of

    wanted = Filter(territory, group, first, last)
    return show_table(country_of(data), table, wanted, every, json)


@data.command(name="import")
def bring(
    kind: str,
    file: Path,
    /,
    *,
    replace: ReplaceFigures = False,
    data: Data = None,
    json: Json = False,
) -> int:
    """Check an official file and keep it; `tregua data show` lays its figures over those of the
    country. They are shown only; nothing computes with them.

    Months that nobody has reported, or only some territories, are left out: an empty cell is no
    zero, so write 0 where nobody died. Of a territory and year of which the file has less than is
    there, only what is new is added.

    Example: tregua data import homicides newer.csv

    Parameters
    ----------
    kind
        A kind of file that the country reads: `tregua data` lists them.
    file
        The csv file as published.
    """
    from .data import import_file
    from .folders import country_of

    return import_file(country_of(data), kind, file, replace, json)


@data.command(name="remove")
def take_back(kind: str, file: str, /, *, data: Data = None, json: Json = False) -> int:
    """Undo an import: what its figures had replaced is shown again.

    Example: tregua data remove homicides newer.csv

    Parameters
    ----------
    kind
        A kind of file: `tregua data` lists them.
    file
        Name of the imported file, or of its folder, as `tregua data` lists them.
    """
    from .data import remove_file
    from .folders import country_of

    return remove_file(country_of(data), kind, file, json)


@data.command(name="new-country")
def begin_country(folder: Path, /, *, json: Json = False) -> int:
    """Write a commented country to start from, of three made-up territories, into a new folder. It
    runs as it is: tregua run DIR.

    Example: tregua data new-country my-country

    Parameters
    ----------
    folder
        Folder to write; its name, of small letters, digits and "-", becomes that of the country.
    """
    from .new_country import new_country

    return new_country(folder, json)


@data.command(name="check")
def examine(country: str, /, *, plugin: Plugins = None, json: Json = False) -> int:
    """Say what is wrong with a country: with its settings, each of its tables, its values, its
    mechanisms and its scenarios, all at once, by file and line. The folder is read, and nothing in
    it is run; code of plug-ins that it names is, and whose is said.

    Example: tregua data check my-country

    Parameters
    ----------
    country
        A folder, or the name of a country.
    """
    from .check_country import check_country

    return check_country(country, plugin or (), json)


@data.command(name="schema")
def columns(*, json: Json = False) -> int:
    """List the tables that a country may have, and what their columns hold.

    Example: tregua data schema
    """
    from .check_country import show_schema

    return show_schema(json)
