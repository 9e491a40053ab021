"""`tregua run` and `tregua compare`: read, run with a bar, write the folder whole,
print what a newcomer needs.
"""

from __future__ import annotations

import math
import os
import shlex
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.plan import Plan, plan_of_file
from ..engine.run import run_plan
from ..engine.session import begin, usable_cores
from ..errors import TreguaError
from ..model.declarations import MEMBER
from ..reporting.wording import percent, persons, signed, signed_span, span
from ..scenarios.scenario import Scenario
from ..scenarios.toml import ScenarioFile, load_scenario, named_policy, shipped_scenarios
from .options import Options
from .show import ERR, OUT, print_json, print_table, progress_bar

CHANCE_ONLY = (
    "Bands show chance only, with every parameter held fixed. What is not known about the "
    "parameters matters more: see the report."
)
CHANCE_AND_DRAWS = "Bands hold chance and what the draws of the parameters leave open."
DRAWS_ONLY = "Bands hold what the draws of the parameters leave open, without chance."


HEADLINES = ("killed", "killed_civilian", "members")
"""Outcomes for which a comparison is printed, as far as the model has them."""


@dataclass(frozen=True)
class _Job:
    """What differs between a run and a comparison.

    Attributes:
        verb: the command.
        folder: name of the run folder where the user gives none, but for the digest.
        digest: of all inputs.
        plan: how it is run.
        says: one line about what will be done.
        work: does it; told about progress, and where finished chunks are kept.
        write: writes the result into a folder.
        show: prints the result for a newcomer.
        record: the result as data.
    """

    verb: str
    folder: str
    digest: str
    plan: Plan
    says: str
    work: Callable[[Any, Callable[[Scenario], Any]], Any]
    write: Callable[[Path, Any, str, float], None]
    show: Callable[[Any], None]
    record: Callable[[Any], dict[str, Any]]


def run_scenario(source: str, options: Options) -> int:
    """Run one scenario and write its folder."""
    began = time.perf_counter()
    begin()
    from ..reporting.run_folder import write_run
    from ..results.provenance import inputs_hash
    from ..results.tables import yearly_bands

    read, plan = _read(source, options)
    scenario = read.scenario
    chosen = [_policy(read, name) for name in _once(options.policy or [], "--policy")]
    if chosen:
        together = sum(chosen[1:], chosen[0]).named(
            "+".join(p.name for p in chosen), " and ".join(p.shown for p in chosen)
        )
        scenario = scenario.with_policy(together)
    job = _Job(
        "run",
        scenario.name,
        inputs_hash(scenario, plan, read.draws),
        plan,
        (
            f"{scenario.shown}: {plan.replicates} replicates of {scenario.weeks} weeks "
            f"({scenario.start} to {scenario.date(scenario.weeks)})"
        ),
        lambda told, kept: run_plan(scenario, plan, read.draws, told, kept(scenario)),
        partial(write_run, posterior=read.posterior),
        _show_run,
        lambda run: {"yearly": yearly_bands(run).to_dict("records")},
    )
    return _carry_out(job, source, options, read, began)


def compare_policies(source: str, options: Options) -> int:
    """Compare policies with their baseline and write the folder."""
    began = time.perf_counter()
    begin()
    from ..reporting.run_folder import write_comparison
    from ..results.provenance import inputs_hash, joint_digest
    from ..studies.study import Study

    read, plan = _read(source, options)
    compared = [_policy(read, name) for name in _once(options.policy or [], "--policy")] or list(
        read.policies.values()
    )
    if not compared:
        raise TreguaError(
            "TR1207",
            "the scenario has no policy to compare",
            where=source,
            do="add a [[policy]] to the file",
        )
    study = Study(
        read.scenario,
        compared,
        replicates=plan.replicates,
        solver=plan.solver.name,
        draws=read.draws,
    )
    count = sum(bool(policy.modifiers) for policy in compared)
    policies = "1 policy" if count == 1 else f"{count} policies"
    policies += (
        ""
        if count == len(compared)
        else ", with no change as a check"
        if count
        else " that change anything, as a check"
    )
    pairs = "1 pair" if plan.replicates == 1 else f"{plan.replicates} pairs"
    job = _Job(
        "compare",
        f"{read.scenario.name}-compare",
        joint_digest([inputs_hash(scenario, plan, read.draws) for scenario in study.scenarios]),
        plan,
        f"{read.scenario.shown}: baseline and {policies}, {pairs} of replicates each",
        lambda told, kept: study.run(plan.seed, told, kept, plan),
        partial(write_comparison, posterior=read.posterior),
        _show_comparison,
        lambda comparison: {"differences": comparison.table().to_dict("records")},
    )
    return _carry_out(job, source, options, read, began)


def _carry_out(job: _Job, source: str, options: Options, read: ScenarioFile, began: float) -> int:
    """Do the work with a bar, write the folder whole, and say where it is."""
    from ..results.staging import staged

    folder = options.out or Path("runs") / f"{job.folder}-{job.digest[:8]}"
    check_target(folder, options.may_replace)
    _announce(job.says, options.silent)
    keeping = _Keeping(folder.parent, options.fresh)
    try:
        with progress_bar("Running", options.silent) as told:
            result = job.work(
                _loading(told), lambda scenario: keeping.chunks(scenario, job.plan, read.draws)
            )
        _announce("Writing tables, arrays, figures and the report", options.silent)
        with staged(folder, options.may_replace) as place:
            job.write(place, result, _command(job, source, options), time.perf_counter() - began)
            (place / "scenario.toml").write_text(read.text, encoding="utf-8")
    except KeyboardInterrupt:
        return keeping.interrupted()
    except TreguaError as error:
        # The same inputs would be refused again, and nothing of them is worth keeping, unless it is
        # the place that was refused.
        if error.code.startswith("TR31"):
            keeping.settle()
        else:
            keeping.discard()
        raise
    except BaseException:
        keeping.settle()
        raise
    keeping.discard()
    seconds = time.perf_counter() - began
    if options.json:
        print_json({"folder": str(folder), "seconds": seconds, **job.record(result)})
    elif not options.quiet:
        job.show(result)
        _goodbye(folder, seconds)
    return 0


def _loading(told: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """What is told about progress, at whose first word the libraries for tables and figures are
    loaded, while compiled programs leave Python idle.
    """
    loader = threading.Thread(target=_load_writers, daemon=True)

    def tell(done: int, everything: int) -> None:
        if done == 1:
            loader.start()
        told(done, everything)

    return tell


def _load_writers() -> None:
    for name in (
        "tregua.reporting.charts.runs",
        "tregua.reporting.html",
        "h5netcdf",
        "pyarrow.parquet",
    ):
        import_module(name)


class _Keeping:
    """Finished chunks of a run, kept on disk until the run is written."""

    def __init__(self, parent: Path, fresh: bool):
        self._parent, self._fresh = parent, fresh
        self._kept: list[Any] = []

    def chunks(self, scenario: Scenario, plan: Any, draws: Any) -> Any:
        """Where the finished chunks of one scenario are kept.
        Those of the scenarios before it are written down.
        """
        from ..results.checkpoints import Checkpoint, Latest, unfinished_folder
        from ..results.provenance import inputs_hash

        for before in self._kept:
            before.settle()
        # One chunk a core is finished at about the same time.
        kept = Latest(
            Checkpoint(unfinished_folder(self._parent, inputs_hash(scenario, plan, draws))),
            usable_cores(),
        )
        if self._fresh:
            kept.discard()
        self._kept.append(kept)
        return kept

    def discard(self) -> None:
        """Forget all chunks: the run is written."""
        for kept in self._kept:
            kept.discard()

    def settle(self) -> None:
        """Write down all finished chunks, as far as there is room:
        the results could not be written.
        """
        with suppress(TreguaError):
            for kept in self._kept:
                kept.settle()

    def interrupted(self) -> int:
        """Say what is left of an interrupted run; the exit status for it."""
        self.settle()
        chunks = sum(len(kept) for kept in self._kept)
        if chunks:
            ERR.print(
                f"Stopped. {chunks} finished parts are kept; the same command goes on from there, "
                "--fresh starts over. No run folder was written."
            )
        else:
            self.discard()
            ERR.print("Stopped; nothing was left behind.")
        return 130


def _read(source: str, options: Options) -> tuple[ScenarioFile, Plan]:
    """The scenario file and the plan, with what the command line says about them."""
    overrides = {}
    for text in options.set or []:
        name, found, value = text.partition("=")
        if not found:
            raise TreguaError(
                "TR1003",
                "--set needs a name and a value",
                where="command line, --set",
                found=text,
                expected='"recruitment.rate=0.002 / week"',
            )
        if name.strip() in overrides:
            raise TreguaError(
                "TR1003",
                f"{name.strip()!r} is set twice",
                where="command line, --set",
                do="keep one of them",
            )
        overrides[name.strip()] = _number(value.strip())
    read = load_scenario(source, overrides)
    return read, plan_of_file(read, options.solver, options.replicates, options.seed)


def _once(names: Sequence[str], option: str) -> Sequence[str]:
    """Names, each given once: the same policy twice would act twice."""
    for name in names:
        if names.count(name) > 1:
            raise TreguaError(
                "TR1003",
                f"{name!r} is named twice",
                where=f"command line, {option}",
                do="name it once",
            )
    return names


def _number(text: str) -> Any:
    """A bare number as a number, so that a missing unit is noticed; all else as text."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else f"{text} (not finite)"


def _policy(read: ScenarioFile, name: str) -> Any:
    return named_policy(name, read.policies, "command line, --policy")


def check_target(folder: Path, may_replace: bool) -> None:
    """Refuse, before any work, a folder that cannot be made, that holds something other than a run,
    or a run that may not be replaced.
    """
    from ..results.provenance import read_manifest
    from ..results.staging import check_free

    try:
        nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        usable = nearest.is_dir() and os.access(nearest, os.W_OK)
        empty = folder.is_dir() and not any(folder.iterdir())
    except OSError as error:
        raise TreguaError(
            "TR3104",
            "no folder can have this name",
            where="command line, --out",
            found=error.strerror,
            do="choose another",
        ) from error
    if not usable:
        what = "not a folder" if not nearest.is_dir() else "a folder you may not write in"
        raise TreguaError(
            "TR3104",
            "no run folder can be made there",
            where=f"command line, --out {folder}",
            found=f"{nearest} is {what}",
        )
    if empty:
        return
    if folder.exists() and not may_replace:
        raise TreguaError(
            "TR3101",
            "there is something in that folder already",
            where=str(folder),
            do="name another with --out, or add --replace",
        )
    if folder.exists():
        read_manifest(folder)
        check_free(folder, may_replace)


def _command(job: _Job, source: str, options: Options) -> str:
    """The command that repeats a run, without paths of this machine."""
    plan = job.plan
    words = [
        "tregua",
        job.verb,
        source if source in shipped_scenarios() else "scenario.toml",
        "--replicates",
        str(plan.replicates),
        "--seed",
        str(plan.seed),
        "--solver",
        plan.solver.name,
    ]
    words += [word for name in options.policy or [] for word in ("--policy", name)]
    words += [word for text in options.set or [] for word in ("--set", text)]
    return shlex.join(words)


def _announce(text: str, quiet: bool) -> None:
    if not quiet:
        ERR.print(text, markup=False)


def _held_by_bands(plan: Plan) -> str:
    """What the bands of a run hold, and what they do not."""
    if not plan.draws:
        return CHANCE_ONLY
    return CHANCE_AND_DRAWS if plan.solver.stochastic else DRAWS_ONLY


def _show_run(trajectories: Any) -> None:
    """The first, the middle and the last year, for a newcomer; the folder has them all."""
    from ..results.outcomes import deaths_of, summary
    from ..results.tables import yearly_bands

    outcomes = {outcome.name: outcome for outcome in summary(trajectories.scenario.model)}
    table = yearly_bands(trajectories, outcomes.values())
    years = sorted(table["year"].unique())
    shown = sorted({years[0], years[len(years) // 2], years[-1]}) if years else []
    banded = trajectories.plan.solver.stochastic or trajectories.plan.draws > 1

    def cell(row: Any) -> str:
        return persons(row["median"]) + (
            f"  ({span(row['low_90'], row['high_90'], persons)})" if banded else ""
        )

    rows = []
    for name, outcome in outcomes.items():
        found = table[table["outcome"] == name].set_index("year")
        rows.append(
            [
                f"{outcome.label} ({'in the year' if outcome.kind == 'flow' else 'at its end'})",
                *(cell(found.loc[year]) for year in shown),
            ]
        )
    caption = (
        "Persons: the middle of all replicates, in brackets the range of nine in ten. "
        + _held_by_bands(trajectories.plan)
        if banded
        else "Persons: expected numbers, without chance."
    )
    if any(flow.victim != MEMBER for flow in deaths_of(trajectories.scenario.model).values()):
        caption += (
            " Each death is counted once; the report has them by victim, by cause and by state."
        )
    if not years:
        OUT.print(
            "The scenario covers no whole year; these are the weeks of the run in all.",
            markup=False,
        )
        for outcome in outcomes.values():
            end = trajectories.scenario.weeks
            values = (
                trajectories.between(outcome.series, 0, end)
                if outcome.kind == "flow"
                else trajectories.at(outcome.series, end)
            )
            low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
            OUT.print(
                f"{outcome.label}: {persons(middle)}"
                + (f" ({span(low, high, persons)})" if banded else ""),
                markup=False,
            )
        return
    print_table(trajectories.scenario.shown, ["", *(str(year) for year in shown)], rows, caption)


def _show_comparison(comparison: Any) -> None:
    """The effect of every policy on deaths and members."""
    plan = comparison.baseline.plan
    if not plan.solver.stochastic and plan.draws <= 1:
        _show_expected(comparison)
        return
    table = comparison.table()
    start, end = (
        comparison.baseline.scenario.date(week)
        for week in (comparison.since, comparison.baseline.scenario.weeks)
    )
    for name, outcome in comparison.outcomes.items():
        if name not in HEADLINES:
            continue
        found = table[table["outcome"] == name]
        rows = []
        for row in found.itertuples():
            change = [
                (
                    f"{signed(row.difference, persons)}  "
                    f"({signed_span(row.difference_low_90, row.difference_high_90, persons)})"
                ),
                percent(row.relative),
            ]
            rows.append(
                [
                    row.label,
                    persons(row.baseline),
                    persons(row.with_policy),
                    *change,
                    f"{round(row.lower_in * row.pairs)} of {row.pairs}",
                ]
            )
        when = f"{start} to {end}" if outcome.kind == "flow" else f"on {end}"
        headings = [
            "policy",
            "baseline",
            "with policy",
            "difference (nine in ten pairs)",
            "change",
            "lower in",
        ]
        print_table(f"{outcome.label}, {when} [persons]".capitalize(), headings, rows)
    OUT.print(
        (
            "Each replicate of a policy is paired with the baseline replicate that has "
            "the same random numbers. "
        )
        + _held_by_bands(plan),
        markup=False,
    )


def _show_expected(comparison: Any) -> None:
    """The effect of every policy where there is no chance and so no band."""
    table = comparison.table()
    for name in HEADLINES:
        found = table[table["outcome"] == name]
        rows = []
        for row in found.itertuples():
            difference = signed(row.with_policy - row.baseline, persons)
            rows.append(
                [
                    row.label,
                    persons(row.baseline),
                    persons(row.with_policy),
                    difference,
                    percent(row.relative),
                ]
            )
        if rows:
            print_table(
                comparison.outcomes[name].label.capitalize(),
                ["policy", "baseline", "with policy", "difference", "change"],
                rows,
            )
    OUT.print(
        (
            "Expected numbers, without chance; what is not known about the parameters "
            "matters more: see the report."
        ),
        markup=False,
    )


def _goodbye(folder: Path, seconds: float) -> None:
    OUT.print(f"Written in {seconds:.1f} s: {folder}", markup=False, soft_wrap=True)
    OUT.print(
        f"Open {folder / 'report.html'} in a browser. This is a laboratory model, not a forecast.",
        markup=False,
        soft_wrap=True,
    )
    sys.stdout.flush()
