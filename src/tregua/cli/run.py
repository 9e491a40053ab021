"""Simulation commands, `tregua run` and `tregua compare`: read, run with a bar, write the folder
whole, print what a newcomer needs.
"""

from __future__ import annotations

import math
import shlex
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ..engine.plan import Plan, plan_of_file
from ..engine.run import run_plan, told_lost
from ..engine.session import begin
from ..errors import TreguaError
from ..reporting.caveats import beyond_evidence
from ..results.provenance import inputs_hash, joint_digest, outside_evidence
from ..results.staging import staged
from ..results.tables import yearly_bands
from ..scenarios.policy import Policy
from ..scenarios.scenario import Scenario
from ..scenarios.toml import ScenarioFile, load_scenario, named_policy, shipped_scenarios
from .options import Options
from .run_summary import show_comparison, show_run
from .show import ERR, OUT, print_json, progress_bar
from .target import target_folder
from .unfinished import Unfinished


@dataclass(frozen=True)
class _Job:
    """What differs between a run and a comparison.

    Attributes:
        verb: the command.
        folder: name of the run folder where the user gives none; it ends with a digest of all
            inputs.
        plan: how it is run.
        says: one line about what will be done.
        work: does it; told about progress, and where finished chunks are kept.
        write: writes the result into a folder.
        show: prints the result for a newcomer.
        record: the result as data.
    """

    verb: str
    folder: str
    plan: Plan
    says: str
    work: Callable[[Any, Callable[[Scenario], Any]], Any]
    write: Callable[..., None]
    show: Callable[[Any], None]
    record: Callable[[Any], dict[str, Any]]


def run_scenario(source: str, options: Options) -> int:
    """Run one scenario and write its folder."""
    began = time.perf_counter()
    begin()
    from ..reporting.run_folder import write_run

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
        f"{scenario.name}-{inputs_hash(scenario, plan, read.draws)[:8]}",
        plan,
        (
            f"{scenario.shown}: {plan.replicates} replicates of {scenario.weeks} weeks "
            f"({scenario.start} to {scenario.date(scenario.weeks)})"
        ),
        lambda told, chunks: run_plan(
            scenario, plan, read.draws, told, chunks(scenario), throw=not options.keep_going
        ),
        write_run,
        show_run,
        lambda run: {"yearly": yearly_bands(run).to_dict("records"), "lost": told_lost(run)},
    )
    return _carry_out(job, source, options, read, began)


def compare_policies(source: str, options: Options) -> int:
    """Compare policies with their baseline and write the folder."""
    began = time.perf_counter()
    begin()
    from ..reporting.run_folder import write_comparison
    from ..studies.study import Study

    read, plan = _read(source, options)
    compared = [_policy(read, name) for name in _once(options.policy or [], "--policy")]
    compared = compared or _all_comparable(read, source, options)
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
    digest = joint_digest([inputs_hash(scenario, plan, read.draws) for scenario in study.scenarios])
    job = _Job(
        "compare",
        f"{read.scenario.name}-compare-{digest[:8]}",
        plan,
        f"{read.scenario.shown}: baseline and {policies}, {pairs} of replicates each",
        lambda told, chunks: study.run(plan.seed, told, chunks, plan, not options.keep_going),
        write_comparison,
        lambda comparison: _show_compared(comparison, read),
        lambda comparison: {
            "differences": comparison.table().to_dict("records"),
            "outside_evidence": _outside(comparison, read),
            "lost": told_lost(comparison.baseline),
        },
    )
    return _carry_out(job, source, options, read, began)


def _all_comparable(read: ScenarioFile, source: str, options: Options) -> list[Policy]:
    """Every policy of a file that can be put on its scenario. What is in force already is never
    compared: it would act twice.
    """
    comparable = read.comparable
    if not comparable:
        raise TreguaError(
            "TR1207",
            "the scenario has no policy to compare",
            where=source,
            found="policies in force only: " + ", ".join(read.policies) if read.policies else None,
            do="add a [[policy]] to the file that is not in force",
        )
    left_out = [policy.shown for name, policy in read.policies.items() if name not in comparable]
    if left_out:
        _announce(f"Not compared, as in force already: {', '.join(left_out)}", options.silent)
    return list(comparable.values())


def _outside(comparison: Any, read: ScenarioFile) -> dict[str, list[str]]:
    """Changes of the policies that the evidence does not cover, by label of the policy."""
    return outside_evidence((comparison.baseline, *comparison.policies), read.draws)


def _show_compared(comparison: Any, read: ScenarioFile) -> None:
    show_comparison(comparison)
    if told := beyond_evidence({"outside_evidence": _outside(comparison, read)}):
        OUT.print(told, markup=False)


def _carry_out(job: _Job, source: str, options: Options, read: ScenarioFile, began: float) -> int:
    """Do the work with a bar, write the folder whole, and say where it is."""
    folder, may_replace = target_folder(options.out, job.folder, options.replace)
    _announce(job.says, options.silent)
    unfinished = Unfinished(folder.parent, options.fresh)
    try:
        with progress_bar("Running", options.silent) as told:
            result = job.work(
                _loading(told), lambda scenario: unfinished.chunks(scenario, job.plan, read.draws)
            )
        if lost := told_lost(getattr(result, "baseline", result)):
            _announce(f"Lost: {lost}", options.json)
        _announce("Writing tables, arrays, figures and the report", options.silent)
        with staged(folder, may_replace) as place:
            seconds, command = time.perf_counter() - began, _command(job, source, options)
            job.write(place, result, command, seconds, posterior=read.posterior)
            (place / "scenario.toml").write_text(read.text, encoding="utf-8")
    except KeyboardInterrupt:
        return unfinished.interrupted()
    except TreguaError as error:
        # The same inputs would be refused again, and nothing of them is worth keeping, unless it is
        # the place that was refused.
        if error.code.startswith("TR31"):
            unfinished.settle()
        else:
            unfinished.discard()
        raise
    except BaseException:
        unfinished.settle()
        raise
    unfinished.discard()
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


def _read(source: str, options: Options) -> tuple[ScenarioFile, Plan]:
    """The scenario file and the plan, with what the command line says about them."""
    overrides = {}
    for text in options.set or []:
        name, equals, value = text.partition("=")
        if not equals:
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


def _policy(read: ScenarioFile, name: str) -> Policy:
    return named_policy(name, read.policies, "command line, --policy")


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
    words += ["--keep-going"] if options.keep_going else []
    words += [word for name in options.policy or [] for word in ("--policy", name)]
    words += [word for text in options.set or [] for word in ("--set", text)]
    return shlex.join(words)


def _announce(text: str, quiet: bool) -> None:
    if not quiet:
        ERR.print(text, markup=False)


def _goodbye(folder: Path, seconds: float) -> None:
    OUT.print(f"Written in {seconds:.1f} s: {folder}", markup=False, soft_wrap=True)
    OUT.print(
        f"Open {folder / 'report.html'} in a browser. This is a laboratory model, not a forecast.",
        markup=False,
        soft_wrap=True,
    )
    sys.stdout.flush()
