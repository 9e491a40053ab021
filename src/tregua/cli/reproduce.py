"""Replication of published results, `tregua reproduce`: published value, our value, tolerance and
verdict, row by row.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .._version import __version__
from ..engine.session import begin
from ..errors import TreguaError, nearest_name
from ..reporting.wording import first_paragraph
from .show import ERR, OUT, print_json, print_table, progress_bar
from .target import target_folder


def reproduce_results(
    name: str, out: Path | None, replace: bool, quiet: bool, as_json: bool
) -> int:
    """Rebuild published results; 1 if any number is outside its tolerance."""
    begin(float64=True)
    from ..studies.reproductions import REPRODUCTIONS

    if not name:
        titles = {key: first_paragraph(maker.__doc__) for key, maker in REPRODUCTIONS.items()}
        print_json(titles) if as_json else print_table(
            "Published results that can be rebuilt",
            ["name", "what"],
            [[k, v] for k, v in titles.items()],
            left=2,
        )
        return 0
    if name not in REPRODUCTIONS:
        expected, nearest = "one of " + ", ".join(REPRODUCTIONS), nearest_name(name, REPRODUCTIONS)
        raise TreguaError(
            "TR1004",
            f"there is nothing to reproduce by the name {name!r}",
            where="command line",
            found=name,
            expected=expected,
            nearest=nearest,
        )
    folder, may_replace = target_folder(out, name, replace)
    with progress_bar(name, quiet or as_json) as told:
        results = REPRODUCTIONS[name](told)
    _write(folder, results, may_replace)
    if as_json:
        print_json(
            {
                "name": results.name,
                "passed": results.passed,
                "folder": str(folder),
                "rows": [_record(row) for row in results.rows],
            }
        )
    else:
        _show(results, quiet)
        ERR.print(f"Tables and figures: {folder}", markup=False)
    return 0 if results.passed else 1


def _record(row: Any) -> dict[str, Any]:
    return {
        "quantity": row.quantity,
        "published": row.published,
        "ours": row.ours,
        "unit": row.unit,
        "tolerance": row.tolerance,
        "low": row.low,
        "high": row.high,
        "verdict": row.verdict,
        "note": row.note,
        "source": row.source,
    }


def _show(results: Any, quiet: bool) -> None:
    if quiet:
        OUT.print(_verdict(results), markup=False)
        return
    OUT.print(results.title, markup=False)
    OUT.print(results.summary, markup=False)
    remarks = list(dict.fromkeys(row.note for row in results.rows if row.note))
    marks = {note: f" [{i}]" for i, note in enumerate(remarks, 1)}
    rows = [
        [
            r.quantity + marks.get(r.note, ""),
            _text(r.published),
            _text(r.ours),
            r.unit,
            r.tolerance,
            r.verdict,
            r.source,
        ]
        for r in results.rows
    ]
    print_table(
        "", ["quantity", "reference", "ours", "unit", "tolerance", "verdict", "source"], rows
    )
    for note, mark in marks.items():
        OUT.print(f"{mark.strip()} {note}", markup=False)
    for tag, source in (results.sources or {}).items():
        OUT.print(f"source {tag}: {source}", markup=False)
    for note in results.notes:
        OUT.print(f"- {note}", markup=False)
    OUT.print(_verdict(results), markup=False)


def _verdict(results: Any) -> str:
    return (
        f"{results.count('ok')} of {results.count('ok') + results.count('OUTSIDE')} numbers are "
        "within their tolerance."
    )


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:,.6g}"


def _write(folder: Path, results: Any, replace: bool) -> None:
    import json

    import pandas

    from ..reporting.run_folder import save_picture
    from ..results.staging import staged

    with staged(folder, replace) as place:
        records = [_record(row) for row in results.rows]
        pandas.DataFrame(records).to_csv(place / "rows.csv", index=False)
        for name, table in results.tables.items():
            table.to_csv(place / f"{name}.csv", index=False)
        for name, picture in results.pictures.items():
            save_picture(place, name, picture)
        summary = {
            "kind": "reproduction",
            "tregua": __version__,
            "name": results.name,
            "title": results.title,
            "passed": results.passed,
            "inputs_sha256": results.inputs,
            "rows": records,
            "notes": list(results.notes),
            "sources": dict(results.sources or {}),
            "figures": {
                name: {"title": p.title, "alt": p.alt, "caption": p.caption}
                for name, p in results.pictures.items()
            },
        }
        (place / "manifest.json").write_text(
            json.dumps(summary, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
        )
