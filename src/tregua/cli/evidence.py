"""Evidence ledger and model description: what `tregua evidence` and `tregua describe` show."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import TreguaError, nearest_name
from ..evidence.ledger import Conflict, Count, Entry, entry, independent_origins, load
from ..model.mechanism import registry
from .show import OUT, print_json, print_table


def list_evidence(
    stance: str, system: str, mechanism: str, unused: bool, search: str, as_json: bool
) -> int:
    """List the entries that pass every filter given; an empty filter lets all pass."""
    entries = load()
    _check(stance, "stance", {e.stance for e in entries})
    _check(system, "system", {e.system for e in entries})
    if mechanism and mechanism not in registry():
        raise TreguaError(
            "TR1205",
            f"no mechanism is named {mechanism!r}",
            where="--mechanism",
            found=mechanism,
            nearest=nearest_name(mechanism, registry()),
        )
    chosen = [
        e
        for e in entries
        if (not stance or e.stance == stance)
        and (not system or e.system == system)
        and (not mechanism or any(user.partition(".")[0] == mechanism for user in e.used_by))
        and not (unused and e.used_by)
        and search.casefold() in " ".join((e.id, e.text, e.source, e.figures, e.use)).casefold()
    ]
    if as_json:
        print_json([as_data(e) for e in chosen])
        return 0
    rows = [
        [e.id, e.stance, e.system, e.text if e.is_claim else e.source, _used(e)] for e in chosen
    ]
    print_table(
        "Evidence",
        ["id", "stance", "system", "what it says", "used by"],
        rows,
        f"{len(chosen)} of {len(entries)}. One: tregua evidence ID",
        left=5,
    )
    return 0


def show_evidence(name: str, as_json: bool) -> int:
    """Show one claim or source."""
    shown = entry(name)
    if as_json:
        print_json(as_data(shown))
        return 0
    lines = [
        f"{shown.id}  {shown.stance}, {shown.system}",
        shown.text,
        f"Source: {shown.source} ({shown.date})",
        *chain_lines(shown),
    ]
    lines += [f"Figures: {shown.figures}"] if shown.figures else []
    lines += [f"Use in the model: {shown.use}"] if shown.use else []
    lines += ["Used by: " + (", ".join(shown.used_by) or "nothing yet")]
    lines += [f"Not used, because: {shown.excluded}"] if shown.excluded else []
    OUT.print("\n".join(line for line in lines if line), markup=False)
    for conflict in shown.conflicts:
        OUT.print()
        print_table(
            _title(conflict),
            ["figure", "how", "by", "date", "what it counts"],
            [_row(c) for c in conflict.counts],
            conflict.note,
            left=5,
        )
    return 0


def chain_lines(shown: Entry) -> list[str]:
    """Every chain as lines, each link indented under the one that repeats it,
    then the number of independent origins.
    """
    lines = ["Chain, from whom we have it to the origin:"]
    for chain in shown.chains:
        lines += [
            f"  {'   ' * depth}{'└─ ' if depth else ''}{link}" for depth, link in enumerate(chain)
        ]
    count = independent_origins(shown)
    return [*lines, f"Independent origins: {count}"]


def as_data(shown: Entry) -> dict[str, Any]:
    """An entry as data."""
    return {**asdict(shown), "independent_origins": independent_origins(shown)}


def figure_text(count: Count) -> str:
    """A figure or a range, as it was given; a computed one with what it was made of."""
    if count.value is None:
        return (
            "in words"
            if count.low is None or count.high is None
            else f"{count.low:,.10g} to {count.high:,.10g}"
        )
    parts = [f"{part:,.10g}" for part in count.parts]
    made = " / ".join(parts) if count.ratio else " + ".join(parts).replace("+ -", "- ")
    return f"{count.value:,.10g}" + (f" = {made}" if made else "")


def describe_model(scenario: str, out: Path | None, as_json: bool) -> int:
    """Describe the model of a scenario, on standard output or in a new file."""
    from ..reporting.odd import as_json_text, as_markdown, describe
    from ..scenarios.toml import load_scenario

    read = load_scenario(scenario) if scenario else load_scenario()
    described = describe(read.scenario, read.solver)
    text = as_json_text(described) if as_json else as_markdown(described)
    if out is None:
        print(text)
        return 0
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise TreguaError(
            "TR3102",
            "this file cannot be written",
            where=str(out),
            found=error.strerror,
            do="choose another name, in a folder that exists",
        ) from error
    if as_json:
        print_json({"written": str(out)})
    else:
        OUT.print(f"Written: {out}", markup=False)
    return 0


def _check(value: str, name: str, known: set[str]) -> None:
    if value and value not in known:
        raise TreguaError(
            "TR1602",
            f"nothing in the ledger has the {name} {value!r}",
            where=f"--{name}",
            found=value,
            expected="one of " + ", ".join(sorted(known)),
            nearest=nearest_name(value, known),
        )


def _used(shown: Entry) -> str:
    if shown.used_by:
        return ", ".join(shown.used_by)
    return "excluded" if shown.excluded else "-"


def _title(conflict: Conflict) -> str:
    unit = "" if conflict.unit in ("", "1") else f" [{conflict.unit}]"
    return f"Side by side: {conflict.quantity}{unit}"


def _row(count: Count) -> list[str]:
    return [figure_text(count), count.how, count.by, count.date, count.note]
