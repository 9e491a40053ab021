"""Scenario files: a new one to start from, their schema, and the migration of an older one."""

from __future__ import annotations

import json as json_text
import os
from pathlib import Path
from typing import Any

from ..countries.registry import data_names
from ..engine.solvers import SOLVERS
from ..model.registry import registry
from ..scenarios.editing import migrated
from ..scenarios.posterior import shipped_posteriors
from ..scenarios.reading import read_text
from ..scenarios.schema import VERSION, FileTable
from ..scenarios.toml import load_scenario, read_scenario
from .show import OUT, print_json
from .target import write_new


def new_file(path: Path, json: bool) -> int:
    """Write the shipped scenario under another name, to start from."""
    read = load_scenario()
    text = read.text.replace(f'name = "{read.scenario.name}"', 'name = "my-scenario"', 1)
    write_new(path, text)
    if json:
        print_json({"written": str(path)})
    else:
        OUT.print(f"Written: {path}. Change it, then: tregua run {path}", markup=False)
    return 0


def file_schema() -> dict[str, Any]:
    """JSON schema of scenario files, with the names that ship: of mechanisms, their parameters,
    data sets, posteriors and solvers.
    """
    made = FileTable.model_json_schema(by_alias=True)
    parameters = {
        f"{name}.{parameter.name}": f"{parameter.doc} [{parameter.unit}]"
        for name, mechanism in registry().items()
        for parameter in mechanism().parameters
    }
    tables = made["$defs"]
    made["properties"]["values"]["properties"] = {
        name: {"description": doc} for name, doc in parameters.items()
    }
    tables["ChangeTable"]["properties"]["target"]["examples"] = list(parameters)
    part = tables["ScenarioTable"]["properties"]
    part["data"]["examples"] = [*data_names(), "./my-country"]
    part["posterior"]["examples"] = shipped_posteriors()
    part["mechanisms"]["examples"] = [list(registry())]
    tables["RunTable"]["properties"]["solver"]["enum"] = list(SOLVERS)
    made["properties"]["version"] |= {"maximum": VERSION, "default": VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario of Tregua",
        **{key: value for key, value in made.items() if key != "title"},
    }


def write_schema(out: Path | None, json: bool) -> int:
    """Print the schema, or write it into a file that does not exist yet."""
    if out is None:
        print_json(file_schema())
        return 0
    write_new(out, json_text.dumps(file_schema(), indent=2, ensure_ascii=False) + "\n")
    if json:
        print_json({"written": str(out)})
    else:
        OUT.print(
            f'Written: {out}. First line of a scenario: "#:schema ./{out.name}"', markup=False
        )
    return 0


def migrate_file(path: Path, out: Path | None, json: bool) -> int:
    """Bring a scenario file to the present version, and read the new one to see that it is whole.

    Raises:
        TreguaError: TR3102 where something cannot be written or is there already, and those of a
            scenario file.
    """
    text, shown, base = read_text(path)
    new, changes = migrated(text, shown)
    read_scenario(new, shown, base=base)
    if out is not None:
        write_new(out, new)
    elif changes:
        old = path.with_name(f"{path.name}.old")
        write_new(old, text)
        beside = path.with_name(f".{path.name}.new")
        write_new(beside, new)
        os.replace(beside, path)
    written = out or (path if changes else None)
    if json:
        print_json({"written": str(written) if written else None, "changes": list(changes)})
        return 0
    OUT.print(
        "\n".join(changes) or f"{path} has the present version, {VERSION}: nothing to change.",
        markup=False,
    )
    if written:
        OUT.print(f"Written: {written}", markup=False, soft_wrap=True)
    return 0
