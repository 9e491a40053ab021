"""Export of a result, which can be taken away: a scenario file, data with a dictionary, figures,
and a report in one file. Everything carries the same run id.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import platform
import re
import textwrap
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import chain, count
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..._version import __version__
from ...countries.pack import COUNTRY, Pack
from ...reporting.browser.base import Chart, Say
from ...reporting.charts.style import Picture, render
from ...results.provenance import PACKAGES, describe_inputs, inputs_hash, policy_records
from ...scenarios.editing import with_country_beside
from ..handles import by_key, policy_of
from ..package import Package
from ..words import WEAKNESSES
from ..work.futures import Futures
from ..work.headline import ALL, CIVILIANS, headline, kinds
from .answer import answer, fails_text, held_text, position_text
from .charts import all_charts, ground_of, killed_by_year
from .pictures import fan_picture, map_picture
from .summary import run_id, summarise

if TYPE_CHECKING:
    import jinja2

    from ..work.shared import Shared

POLICY = "from-the-lab"
"""Name of the policy in a scenario file from the lab."""

DRAWING = Lock()
"""One figure at a time: the settings of the drawing library belong to the whole process."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of files in an archive, the first that there can be: the same result gives the same bytes.
"""


@dataclass(frozen=True, eq=False)
class Result:
    """A result to export: a package with its paired ensemble and its run id.

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
    """The command that compares the package of a scenario file with the baseline,
    without the lab.
    """
    return f"tregua compare {file}\ntregua lab {file}"


def scenario_file(shared: Shared, package: Package, say: Say) -> str:
    """The scenario file of the lab with the package as one more policy. Where the country is a
    folder, the file reads a copy of it beside itself, and says so.
    """
    base, folder = shared.text.rstrip(), folder_of(shared)
    assert base, "a lab without a scenario file has none to give away"
    if folder:
        told = textwrap.fill(say("take.country_comment", folder=COUNTRY), 98)
        base = textwrap.indent(told, "# ") + "\n" + with_country_beside(base).rstrip()
    taken = re.findall(r'^name = "([^"]*)"', base, re.MULTILINE)
    name = next(
        name
        for name in chain([POLICY], (f"{POLICY}-{number}" for number in count(2)))
        if name not in taken
    )
    return f"{base}\n\n{policy_text(shared, package, say, name)}"


def folder_of(shared: Shared) -> Pack | None:
    """The country of the lab where it is a folder on disk, which others do not have."""
    pack = shared.scenario.data.pack
    return pack if pack and not pack.module else None


def policy_text(shared: Shared, package: Package, say: Say, name: str = POLICY) -> str:
    """The package as one policy of a scenario file."""
    known = by_key(shared.handles)
    label = package.name or say("take.policy")
    parts = [
        (
            f'# {say("take.policy_comment")}\n[[policy]]\nname = "{name}"\nlabel = '
            f"{json.dumps(label, ensure_ascii=False)}"
        )
    ]
    for setting in package.settings:
        handle = known[setting.handle]
        value = (
            f"{setting.value!r}"
            if handle.kind == "scale" or handle.unit == "1"
            else json.dumps(_quantity(setting.value, handle.unit))
        )
        lines = [
            "[[policy.change]]",
            f'target = "{handle.key}"',
            f"{handle.kind} = {value}",
            f"from = {setting.start}",
        ]
        lines += [f'ramp = "{setting.ramp_weeks} week"'] if setting.ramp_weeks else []
        lines += [f"to = {setting.end}"] if setting.end else []
        places = json.dumps(list(setting.territories), ensure_ascii=False)
        lines += [f"territories = {places}"] if setting.territories else []
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _quantity(value: float, unit: str) -> str:
    """A number with its unit as scenario files write it: ``"0.02 / week"``."""
    return f"{value!r} / {unit[2:]}" if unit.startswith("1/") else f"{value!r} {unit}"


def data_zip(result: Result, shared: Shared, say: Say) -> bytes:
    """All numbers as tables, with a dictionary of their columns and the record of the run, and with
    the country's files where it is a folder.
    """
    futures = result.futures
    contents: dict[str, str | bytes] = {}
    by_kind = {victim: killed_by_year(futures, victim) for victim in kinds(futures)}
    contents["pairs.csv"] = _csv(
        ("pair", "year", "victim", "killed_without", "killed_with"),
        [
            (i, int(year), victim, f"{before[i, y]:.6g}", f"{after[i, y]:.6g}")
            for i in range(futures.pairs)
            for y, year in enumerate(futures.years)
            for victim, (before, after) in by_kind.items()
        ],
    )
    contents["territories.csv"] = _csv(
        ("pair", "territory", "killed_without", "killed_with"),
        [
            (
                i,
                place,
                f"{futures.baseline[i, :, t].sum():.6g}",
                f"{futures.changed[i, :, t].sum():.6g}",
            )
            for i in range(futures.pairs)
            for t, place in enumerate(futures.territories)
        ],
    )
    summary = summarise(futures, result.package, _digest(shared), shared.seed)
    contents["summary.json"] = summary.model_dump_json(indent=2)
    contents["manifest.json"] = json.dumps(manifest(result, shared), indent=2, ensure_ascii=False)
    contents["scenario.toml"] = scenario_file(shared, result.package, say)
    contents["README.txt"] = say("take.dictionary", run=result.run_id, version=__version__)
    if folder := folder_of(shared):
        contents |= {f"{COUNTRY}/{path}": content for path, content in folder.files.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(contents.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def record_of(result: Result, shared: Shared) -> dict[str, Any]:
    """The manifest of a run of the lab in short: what it is, in which version,
    from which seed and fit.
    """
    stored = shared.posterior
    return {
        "kind": "lab",
        "run_id": result.run_id,
        "tregua": __version__,
        "scenario": shared.scenario.name,
        "present": _digest(shared),
        "seed": shared.seed,
        "pairs": result.futures.pairs,
        "first_day": str(shared.first),
        "posterior": {"name": stored.name, "sha256": stored.digest, "draws": stored.size}
        if stored
        else None,
        "mechanisms": [mechanism.name for mechanism in shared.scenario.model.mechanisms],
        "package": result.package.model_dump(mode="json"),
        "code": result.package.code(),
    }


def manifest(result: Result, shared: Shared) -> dict[str, Any]:
    """The whole record: everything that is needed to make the run again,
    as the manifest of any other run has it.
    """
    import jax.numpy as jnp

    assert shared.present is not None
    scenario, plan = shared.scenario, shared.present.plan
    policy = policy_of(result.package, shared.handles, scenario, shared.first)
    return {
        **record_of(result, shared),
        "versions": {
            "tregua": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "platform": f"{platform.system()} {platform.machine()}",
        "precision": str(jnp.result_type(float)),
        "policies": policy_records([policy]),
        "inputs_sha256": inputs_hash(scenario, plan, shared.draws),
        "inputs": describe_inputs(scenario, plan, shared.draws),
        "data": {
            "name": scenario.data.name,
            "tables": [dict(table) for table in scenario.data.tables],
        },
    }


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue()


def _pictures(result: Result, shared: Shared, say: Say) -> dict[str, Picture]:
    """Figures for paper, by name."""
    ground, stored = ground_of(shared.scenario), shared.posterior
    held = say("take.bands_fit", draws=stored.size) if stored else say("take.bands_chance")
    footer = say(
        "take.figure_footer", run=result.run_id, pairs=result.futures.pairs, version=__version__
    )
    pictures = {"fan": fan_picture(result.futures, result.package, say, held, footer)}
    if ground.tiles is not None:
        pictures["map"] = map_picture(result.futures, ground, say, held, footer)
    return pictures


def figure(result: Result, shared: Shared, say: Say, name: str, kind: str) -> bytes:
    """A figure as the bytes of an ``svg`` or ``png`` file, with the run id at its foot."""
    with DRAWING:
        return render(_pictures(result, shared, say)[name].figure, kind)


def report(result: Result, shared: Shared, say: Say, language: str) -> str:
    """The result as one HTML page that needs nothing else and runs no script."""
    known = by_key(shared.handles)
    with DRAWING:
        pictures = [
            (p.title, p.alt, p.caption, base64.b64encode(p.svg).decode())
            for p in _pictures(result, shared, say).values()
        ]
    charts = all_charts(result.futures, result.package, CIVILIANS, ground_of(shared.scenario), say)
    rows = [
        (
            say(f"handle.{s.handle}.name"),
            position_text(s.value, known[s.handle], say),
            s.start,
            s.ramp_weeks,
            s.end or "–",
            ", ".join(s.territories) or say("table.everywhere"),
            known[s.handle].letter,
        )
        for s in result.package.settings
    ]
    heads = [
        say(f"table.{key}")
        for key in ("handle", "value", "start", "ramp", "end", "where", "letter")
    ]
    said, error, parts = answer(result.futures, result.package, CIVILIANS, say)
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
            parts=parts,
            fails=fails_text(shared.posterior, say),
            held=held_text(shared, say),
            weaknesses=WEAKNESSES,
            everyone=answer(result.futures, result.package, ALL, say)[0]
            if headline(result.futures, CIVILIANS).victims == CIVILIANS
            else "",
            heads=heads,
            rows=rows,
            pictures=pictures,
            tables=[_table_of(chart) for chart in charts.values()],
            policy=policy_text(shared, result.package, say),
            manifest=json.dumps(record_of(result, shared), indent=2, ensure_ascii=False),
        )
    )


def _table_of(chart: Chart) -> dict[str, Any]:
    return {"title": chart.title, "note": chart.note, "columns": chart.columns, "rows": chart.rows}


def _templates() -> jinja2.Environment:
    import jinja2

    # Everything is escaped: names of packages are the visitor's.
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tregua.reporting", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
