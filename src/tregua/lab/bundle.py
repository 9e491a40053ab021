"""What can be taken away: a scenario file, data with a dictionary, figures with the run id, and a report in one file. Everything carries the same run id."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import chain, count
from threading import Lock
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..chart_options import Chart, Say
from ..drawing import Picture, render
from ..scenario_file import shipped_scenarios
from .answer import answer, position_text
from .charts import all_charts, ground_of
from .futures import Futures
from .handles import by_key
from .headline import headline
from .pictures import fan_picture, map_picture
from .summary import run_id, summarise
from .wire import Package

if TYPE_CHECKING:
    import jinja2

    from .shared import Shared

POLICY = "from-the-lab"
"""Name of the policy in a scenario file from the lab."""

DRAWING = Lock()
"""One figure at a time: the settings of the drawing library belong to the whole process."""

CIVILIANS = "civilian"

EPOCH = (2020, 1, 1, 0, 0, 0)
"""Date of files in an archive: the same result gives the same bytes."""


@dataclass(frozen=True, eq=False)
class Result:
    """A package with its futures and its name.

    Attributes:
        run_id: the same for the same settings, pairs, inputs, seed and version.
        package: the settings.
        futures: the pairs.
    """

    run_id: str
    package: Package
    futures: Futures


def result_of(shared: Shared, package: Package, futures: Futures) -> Result:
    """A result with its run id."""
    return Result(run_id(package, futures.pairs, _digest(shared), shared.seed), package, futures)


def _digest(shared: Shared) -> str:
    return shared.present.digest if shared.present is not None else ""


def command_of(file: str) -> str:
    """The command that compares the package of a scenario file with the baseline, without the lab."""
    return f"tregua compare {file}\ntregua lab {file}"


def scenario_file(shared: Shared, package: Package, say: Say) -> str:
    """A scenario file with the package as a policy: the lab's own scenario, as its file, the shipped file or its parts say."""
    scenario = shared.scenario
    if shared.text:
        base = shared.text.rstrip()
    elif scenario.name in shipped_scenarios():
        base = (resources.files("tregua") / "data" / "scenarios" / f"{scenario.name}.toml").read_text(encoding="utf-8").rstrip()
    else:
        mechanisms = ", ".join(json.dumps(mechanism.name) for mechanism in scenario.model.mechanisms)
        lines = [
            "[scenario]",
            f"name = {json.dumps(scenario.name)}",
            f"label = {json.dumps(scenario.shown, ensure_ascii=False)}",
            f"data = {json.dumps(scenario.data.name)}",
            f"mechanisms = [{mechanisms}]",
            f"start = {scenario.start}",
            f'length = "{scenario.weeks} week"',
        ]
        base = "\n".join(lines)
    taken = re.findall(r'^name = "([^"]*)"', base, re.MULTILINE)
    name = next(name for name in chain([POLICY], (f"{POLICY}-{number}" for number in count(2))) if name not in taken)
    return f"{base}\n\n{policy_text(shared, package, say, name)}"


def policy_text(shared: Shared, package: Package, say: Say, name: str = POLICY) -> str:
    """The package as one policy of a scenario file."""
    known = by_key(shared.handles)
    label = package.name or say("take.policy")
    parts = [f'# {say("take.policy_comment")}\n[[policy]]\nname = "{name}"\nlabel = {json.dumps(label, ensure_ascii=False)}']
    for setting in package.settings:
        handle = known[setting.handle]
        value = f"{setting.value!r}" if handle.kind == "scale" or handle.unit == "1" else json.dumps(_quantity(setting.value, handle.unit))
        lines = ["[[policy.change]]", f'target = "{handle.target}"', f"{handle.kind} = {value}", f"from = {setting.start}"]
        lines += [f'ramp = "{setting.ramp_weeks} week"'] if setting.ramp_weeks else []
        lines += [f"to = {setting.end}"] if setting.end else []
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _quantity(value: float, unit: str) -> str:
    """A number with its unit as scenario files write it: ``"0.02 / week"``."""
    return f"{value!r} / {unit[2:]}" if unit.startswith("1/") else f"{value!r} {unit}"


def data_zip(result: Result, shared: Shared, say: Say) -> bytes:
    """All numbers as tables, with a dictionary of their columns and the record of the run."""
    futures, found = result.futures, {}
    found["pairs.csv"] = _csv(
        ("pair", "year", "victim", "killed_without", "killed_with"),
        [
            (i, int(year), victim, f"{futures.baseline[i, y, :, v].sum():.6g}", f"{futures.changed[i, y, :, v].sum():.6g}")
            for i in range(futures.pairs)
            for y, year in enumerate(futures.years)
            for v, victim in enumerate(futures.victims)
        ],
    )
    found["states.csv"] = _csv(
        ("pair", "territory", "killed_without", "killed_with"),
        [
            (i, place, f"{futures.baseline[i, :, t].sum():.6g}", f"{futures.changed[i, :, t].sum():.6g}")
            for i in range(futures.pairs)
            for t, place in enumerate(futures.territories)
        ],
    )
    summary = summarise(futures, result.package, _digest(shared), shared.seed)
    found["summary.json"] = summary.model_dump_json(indent=2)
    found["manifest.json"] = json.dumps(manifest(result, shared), indent=2, ensure_ascii=False)
    found["scenario.toml"] = scenario_file(shared, result.package, say)
    found["README.txt"] = say("take.dictionary", run=result.run_id, version=__version__)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(found.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def manifest(result: Result, shared: Shared) -> dict[str, Any]:
    """The record of a run of the lab: everything that is needed to make it again."""
    return {
        "kind": "lab",
        "run_id": result.run_id,
        "tregua": __version__,
        "scenario": shared.scenario.name,
        "inputs": _digest(shared),
        "seed": shared.seed,
        "pairs": result.futures.pairs,
        "first_day": str(shared.first),
        "posterior_draws": bool(shared.draws),
        "mechanisms": [mechanism.name for mechanism in shared.scenario.model.mechanisms],
        "package": result.package.model_dump(mode="json"),
        "code": result.package.code(),
    }


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue()


def _pictures(result: Result, shared: Shared, say: Say) -> dict[str, Picture]:
    """Figures for paper, by name."""
    ground, footer = ground_of(shared.scenario), say("take.figure_footer", run=result.run_id, pairs=result.futures.pairs, version=__version__)
    found = {"fan": fan_picture(result.futures, result.package, say, footer)}
    if ground.tiles is not None:
        found["map"] = map_picture(result.futures, ground, say, footer)
    return found


def figure(result: Result, shared: Shared, say: Say, name: str, kind: str) -> bytes:
    """A figure as the bytes of an ``svg`` or ``png`` file, with the run id at its foot."""
    with DRAWING:
        return render(_pictures(result, shared, say)[name].figure, kind)


def report(result: Result, shared: Shared, say: Say, language: str) -> str:
    """The result as one HTML page that needs nothing else and runs no script."""
    known = by_key(shared.handles)
    with DRAWING:
        pictures = [(p.title, p.alt, p.caption, base64.b64encode(p.svg).decode()) for p in _pictures(result, shared, say).values()]
    charts = all_charts(result.futures, result.package, CIVILIANS, ground_of(shared.scenario), say)
    rows = [
        (say(f"handle.{s.handle}.name"), position_text(s.value, known[s.handle], say), s.start, s.ramp_weeks, s.end or "–", known[s.handle].letter)
        for s in result.package.settings
    ]
    heads = [say(f"table.{key}") for key in ("handle", "value", "start", "ramp", "end", "letter")]
    said, error = answer(result.futures, result.package, CIVILIANS, say)
    return (
        _templates()
        .get_template("lab.html.j2")
        .render(
            language=language,
            say=say,
            result=result,
            title=result.package.name or say("take.policy"),
            said=said,
            error=error,
            held=say("lab.chance_and_fit" if shared.draws else "lab.chance_only"),
            everyone=answer(result.futures, result.package, "all", say)[0] if headline(result.futures, CIVILIANS).victims == CIVILIANS else "",
            heads=heads,
            rows=rows,
            pictures=pictures,
            tables=[_table_of(chart) for chart in charts.values()],
            policy=policy_text(shared, result.package, say),
            manifest=json.dumps(manifest(result, shared), indent=2, ensure_ascii=False),
        )
    )


def _table_of(chart: Chart) -> dict[str, Any]:
    return {"title": chart.title, "note": chart.note, "columns": chart.columns, "rows": chart.rows}


def _templates() -> jinja2.Environment:
    import jinja2

    # Everything is escaped: names of packages are the visitor's.
    return jinja2.Environment(loader=jinja2.PackageLoader("tregua", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
