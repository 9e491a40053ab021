"""Ablation command, `tregua ablate`: what each mechanism changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.session import begin
from ..reporting.wording import percent, persons, rounded, signed, signed_span
from ..scenarios.toml import load_scenario
from .folders import tell_folder
from .plugins import load_named, tell_plugins
from .show import ERR, OUT, print_json, print_table, progress_bar

HEADINGS = {
    "civilians_in_group_violence": "civilians",
    "members_killed": "members",
    "killed": "all killed",
}


def show_ablation(
    source: str,
    names: Sequence[str] | None,
    replicates: int,
    weeks: int,
    seed: int | None,
    quiet: bool,
    as_json: bool,
    plugins: Sequence[str] | None = None,
    data: str = "",
) -> int:
    """Run the model with and without each mechanism and print the table."""
    begin()
    from ..studies.ablation import ablate, shortened

    load_named(plugins)
    read = load_scenario(source, data=data)
    tell_plugins(read.scenario.model)
    tell_folder(read.scenario.data)
    short, late = shortened(read.scenario, weeks)
    count = len(set(names)) if names else len(short.model.mechanisms)
    if not (quiet or as_json):
        size = (
            f"{replicates} replicates of {short.weeks} weeks ({short.start} to "
            f"{short.date(short.weeks)})"
        )
        many = "1 mechanism" if count == 1 else f"{count} mechanisms"
        ERR.print(
            (
                f"{short.shown}: {size}, with and without {many}; each model is compiled once, "
                "which takes a minute or two"
            ),
            markup=False,
        )
    with progress_bar("Running", quiet or as_json) as told:
        table = ablate(
            read.scenario,
            names,
            replicates,
            read.seed if seed is None else seed,
            told,
            weeks=weeks,
            posterior=read.posterior,
        )
    if as_json:
        span = {"from": short.start, "to": short.date(short.weeks), "after_the_end": late}
        print_json(
            {
                "scenario": short.name,
                "posterior": read.posterior.identity if read.posterior else None,
                **span,
                "rows": table.to_dict("records"),
            }
        )
    else:
        _show(table, short, late, read.posterior.name if read.posterior else "")
    return 0


def _show(table: Any, short: Any, late: Sequence[str], posterior: str) -> None:
    """One row for each mechanism: how many persons are killed with it,
    and by how much more or fewer without.
    """
    rows = []
    for name, part in table.groupby("mechanism", sort=False):
        by_outcome = part.set_index("outcome")
        cells = []
        for outcome in HEADINGS:
            row = by_outcome.loc[outcome]
            mean = (
                f"{signed(row['difference'])} ± {rounded(row['standard_error'])} "
                f"({percent(row['relative'])})"
            )
            cells.append(
                f"{mean}\n"
                f"{signed_span(row['difference_low_90'], row['difference_high_90'], persons)}"
            )
        rows.append([str(name), *cells])
    first = table.drop_duplicates("outcome").set_index("outcome")["whole"]
    title = (
        f"Persons killed in group violence by {short.date(short.weeks)} without a mechanism, less "
        "those with it"
    )
    whole = ", ".join(f"{label} {rounded(first[outcome])}" for outcome, label in HEADINGS.items())
    spread = (
        f"chance, and what the posterior {posterior!r} leaves open"
        if posterior
        else "chance only: every parameter is held at one value"
    )
    caption = (
        f"With all mechanisms: {whole}. Mean over pairs with the same random numbers and "
        "parameters, ± its Monte Carlo error; in brackets relative to the whole model; below, "
        f"nine in ten pairs ({spread})."
    )
    print_table(title, ["without", *HEADINGS.values()], rows, caption)
    for name, text in dict(zip(table["mechanism"], table["dropped"], strict=True)).items():
        if text:
            OUT.print(f"Without {name} there is also no: {text}", markup=False)
    if late:
        OUT.print(
            f"Begins after the end and is left out of all runs: {'; '.join(late)}", markup=False
        )
