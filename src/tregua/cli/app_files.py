"""Command-line interface: the commands for scenario files and kept folders.

Importing this module registers them with the program beside those of ``app.py``.
"""

from __future__ import annotations

from pathlib import Path

from .app_data import app
from .options import Data, File, Json, Plugins, Replace, Without


@app.command
def check(
    scenario: str = "",
    /,
    *,
    plugin: Plugins = None,
    data: Data = None,
    without: Without = None,
    json: Json = False,
) -> int:
    """Read a scenario file and say what would be run, without running it: with a posterior, median
    and band of its draws; whose code is loaded, where it names plug-ins; and which folder is read,
    where its data are in one.

    Example: tregua check my-scenario.toml

    Parameters
    ----------
    scenario
        A TOML file, or the name of a shipped scenario.
    """
    from .check import check_scenario

    return check_scenario(scenario, json, plugin, data or "", without or ())


@app.command
def new(path: Path, /, *, json: Json = False) -> int:
    """Write a commented scenario file to start from. It never overwrites a file.

    Example: tregua new my-scenario.toml

    Parameters
    ----------
    path
        File to write.
    """
    from .files import new_file

    return new_file(path, json)


@app.command(name="new-mechanism")
def begin_mechanism(name: str, /, *, json: Json = False) -> int:
    """Write a commented mechanism of your own and its test, NAME.py and test_NAME.py, into the
    current directory. It never overwrites a file.

    Example: tregua new-mechanism amnesty

    Parameters
    ----------
    name
        Small letters and digits, such as amnesty.
    """
    from .plugins import new_mechanism

    return new_mechanism(name, json)


@app.command
def schema(*, out: File = None, json: Json = False) -> int:
    """Print the JSON schema of scenario files, from which an editor completes names and checks.

    Editors with support for TOML read it from a first line `#:schema ./scenario-schema.json`.

    Example: tregua schema --out scenario-schema.json
    """
    from .files import write_schema

    return write_schema(out, json)


@app.command
def migrate(file: Path, /, *, out: File = None, json: Json = False) -> int:
    """Bring a scenario file of an older version to the present one.

    What it meant is written out; comments stay. The older text is kept beside it as FILE.old,
    unless --out names another file.

    Example: tregua migrate my-scenario.toml

    Parameters
    ----------
    file
        A scenario file.
    """
    from .files import migrate_file

    return migrate_file(file, out, json)


@app.command
def report(folder: Path, /, *, replace: Replace = False, json: Json = False) -> int:
    """Make the report of a kept run folder again, from its arrays and tables.

    With --replace also where somebody has changed the report. A folder may also be named in the
    place of a scenario: `tregua lab FOLDER` opens its scenario.

    Example: tregua report runs/my-run-1234abcd

    Parameters
    ----------
    folder
        A folder that `tregua run` or `tregua compare` wrote.
    """
    from .report import remake_report

    return remake_report(folder, replace, json)
