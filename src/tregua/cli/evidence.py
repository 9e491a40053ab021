"""Evidence ledger and model description: what `tregua evidence` and `tregua describe` show."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from ..errors import TreguaError, nearest_name
from ..evidence.claims import CLAIMS
from ..evidence.ledger import Conflict, Count, Entry, entry, independent_origins, load
from ..evidence.reference import Format, Reference, article_named, as_csl, cite_as, reference_of
from ..evidence.searching import holds
from ..model.registry import registry
from .plugins import tell_plugins
from .show import OUT, print_json, print_table
from .target import write_new

FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Wanted:
    """Which entries are listed; an empty part lets all pass."""

    stance: str = ""
    system: str = ""
    mechanism: str = ""
    unused: bool = False
    search: str = ""


def list_evidence(wanted: Wanted, as_json: bool) -> int:
    """List the entries that are wanted."""
    chosen = _chosen(wanted)
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
        f"{len(chosen)} of {len(load())}. One: tregua evidence ID",
        left=5,
    )
    return 0


def cite_evidence(name: str, wanted: Wanted, form: Format | None, as_json: bool) -> int:
    """Print how to cite one claim, article or source, or all that are wanted: as plain text, BibTeX
    and CSL-JSON one after the other, or in one form.
    """
    if name:
        ids = [article_named(name) or entry(name).id]
    else:
        chosen = _chosen(wanted)
        letters = dict.fromkeys(CLAIMS[e.id].letter for e in chosen if e.is_claim)
        ids = [f"article-{letter}" for letter in letters]
        ids += [e.id for e in chosen if not e.is_claim]
    references = [reference_of(key) for key in ids]
    if as_json:
        print_json({form: _told(references, form) for form in ([form] if form else FORMATS)})
        return 0
    # Not as wrapped text: it is to be copied or written into a file.
    print("\n\n".join(cite_as(references, each) for each in ([form] if form else FORMATS)))
    return 0


def _told(references: list[Reference], form: Format) -> Any:
    """References as data: CSL-JSON as it is, the others as text."""
    return [as_csl(r) for r in references] if form == "csl" else cite_as(references, form)


def _chosen(wanted: Wanted) -> list[Entry]:
    """The entries that pass every part."""
    entries, stance, system = load(), wanted.stance, wanted.system
    mechanism = wanted.mechanism
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
    return [
        e
        for e in entries
        if (not stance or e.stance == stance)
        and (not system or e.system == system)
        and (not mechanism or any(user.partition(".")[0] == mechanism for user in e.used_by))
        and not (wanted.unused and e.used_by)
        and holds(e, wanted.search)
    ]


def show_evidence(name: str, as_json: bool) -> int:
    """Show one claim or source, or one of the two articles."""
    if article_named(name):
        return _show_article(article_named(name), as_json)
    shown = entry(name)
    if as_json:
        print_json(as_data(shown))
        return 0
    lines = [
        f"{shown.id}  {shown.stance}, {shown.system}",
        shown.text,
        f"Source: {shown.source} ({shown.date})",
        f"Reference: {reference_of(shown.id).text}" if shown.is_claim else "",
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


def _show_article(key: str, as_json: bool) -> int:
    """Show one of the two articles: its reference and its claims."""
    reference, letter = reference_of(key), key[-1]
    claims = [claim.id for claim in CLAIMS.values() if claim.letter == letter]
    if as_json:
        print_json({"id": key, "reference": reference.text, "claims": claims})
        return 0
    OUT.print(
        f"Article {letter}: {reference.text}\n"
        "Its author, its first outlet and its address are not known here and are left out.\n"
        f"Claims: {claims[0]} to {claims[-1]}. One: tregua evidence {claims[0]}. "
        f'To cite it: tregua evidence "article {letter}" --cite',
        markup=False,
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
    return {
        **asdict(shown),
        "independent_origins": independent_origins(shown),
        "reference": reference_of(shown.id).text,
    }


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
    tell_plugins(read.scenario.model)
    described = describe(read.scenario, read.solver)
    text = as_json_text(described) if as_json else as_markdown(described)
    if out is None:
        print(text)
        return 0
    write_new(out, text + "\n")
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
