"""Plug-ins on the command line: whose code is loaded, and a new mechanism to start from."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import TreguaError
from ..model.model import Model
from ..model.registry import load_plugins, plugins, shipped
from .files import write_new
from .show import ERR, OUT, print_json

NAME = re.compile(r"[a-z][a-z0-9]{0,39}")
"""A name of a file and, with a capital, of a class."""


def load_named(names: Sequence[str] | None) -> None:
    """Load the plug-ins that the command line names; refused as
    :func:`~tregua.model.registry.load_plugins` does.
    """
    load_plugins(names or (), "command line, --plugin")


def plugin_records(model: Model) -> list[dict[str, Any]]:
    """Plug-ins whose code is loaded: module, file, mechanisms, and which of them a model has."""
    used = {type(mechanism) for mechanism in model.mechanisms}
    return [
        {
            "module": plugin.name,
            "file": plugin.file,
            "mechanisms": list(plugin.mechanisms),
            "used": [name for name, kind in plugin.mechanisms.items() if kind in used],
        }
        for plugin in plugins()
    ]


def tell_plugins(model: Model) -> None:
    """Say whose code is loaded, and what of it a model does not have."""
    for record in plugin_records(model):
        idle = [name for name in record["mechanisms"] if name not in record["used"]]
        unused = f" (not among the mechanisms of this scenario: {', '.join(idle)})" if idle else ""
        ERR.print(
            f"Code of the plug-in {record['module']} is loaded: {record['file']}{unused}",
            markup=False,
        )


def new_mechanism(name: str, json: bool) -> int:
    """Write a commented mechanism and its test into the current directory.

    Raises:
        TreguaError: TR1204 for a name that is none, TR2101 for one that is taken, TR3102 where a
            file of that name is there or cannot be written; then neither file is written.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise TreguaError(
            "TR1204",
            "this is no name of a mechanism",
            where="command line, NAME",
            found=name,
            expected="small letters and digits, a letter first, such as amnesty",
        )
    if name in shipped() or name == "tregua" or name in sys.stdlib_module_names:
        raise TreguaError(
            "TR2101",
            f"{name!r} is taken, by a mechanism that ships or a module of Python",
            where="command line, NAME",
            do="choose another name",
        )
    place = resources.files(__package__) / "templates"
    texts = {
        Path(file): (place / template).read_text(encoding="utf-8")
        for file, template in (
            (f"{name}.py", "mechanism.py.txt"),
            (f"test_{name}.py", "test_mechanism.py.txt"),
        )
    }
    if there := [file for file in texts if file.exists()]:
        raise TreguaError(
            "TR3102", "this file is there already", where=str(there[0]), do="choose another name"
        )
    for file, text in texts.items():
        write_new(file, text.replace("NAME", name).replace("CLASS", name.capitalize()))
    if json:
        print_json({"written": [str(file) for file in texts]})
        return 0
    OUT.print(
        f"Written: {' and '.join(map(str, texts))}. Change them, then: pytest test_{name}.py",
        markup=False,
        soft_wrap=True,
    )
    return 0
