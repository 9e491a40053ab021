"""Simulation commands, `tregua run` and `tregua compare`: read, run with a bar, write the folder
whole, print what a newcomer needs.
"""

from __future__ import annotations

import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ..countries.registry import is_folder
from ..engine.plan import Plan, plan_of_file
from ..engine.run import run_plan, told_lost
from ..engine.session import begin
from ..errors import TreguaError
from ..reporting.caveats import beyond_evidence, mostly_prior
from ..results.drivers import draws_narrowed
from ..results.outcomes import check_counted
from ..results.provenance import inputs_hash, joint_digest, outside_evidence
from ..results.staging import staged
from ..results.tables import yearly_bands
from ..scenarios.policy import Policy
from ..scenarios.reading import COPY, default_scenario, shipped_scenarios
from ..scenarios.scenario import Scenario
from ..scenarios.toml import ScenarioFile, load_scenario, named_policy
from .folders import tell_folder, write_copy
from .options import Options
from .plugins import load_named, tell_plugins
from .run_summary import show_comparison, show_run
from .show import ERR, OUT, print_json, progress_bar
from .target import target_folder
from .unfinished import Unfinished

MOST_NAME = 80
"""Characters of the scenario's name in that of a folder: policies put together have long ones."""


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
        then: what is added to the result, with a bar of its own.
    """

    verb: str
    folder: str
    plan: Plan
    says: str
    work: Callable[[Any, Callable[[Scenario], Any]], Any]
    write: Callable[..., None]
    show: Callable[[Any], None]
    record: Callable[[Any], dict[str, Any]]
    then: Callable[[Any, Any], Any] | None = None


def run_scenario(source: str, options: Options) -> int:
    """Run one scenario and write its folder."""
    began = time.perf_counter()
    begin()
    from ..reporting.run_folder import write_run

    read, plan = _read(source, options)
    scenario = with_policies(read, options.policy)
    in_force = [policy.name for policy in read.scenario.policies]
    _tell_notes(read, [*in_force, *(options.policy or [])], options.silent)
    job = _Job(
        "run",
        f"{scenario.name[:MOST_NAME]}-{inputs_hash(scenario, plan, read.draws)[:8]}",
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


def with_policies(read: ScenarioFile, names: Sequence[str] | None) -> Scenario:
    """The scenario of a file with policies of it put on it together, as `tregua run --policy`
    does.

    Raises:
        TreguaError: TR1003 for one named twice, TR1204 for one that the file does not have, TR1209
            for an empty list, TR1405 for one that is in force already.
    """
    chosen = _chosen(read, names)
    if not chosen:
        return read.scenario
    together = sum(chosen[1:], chosen[0]).named(
        "+".join(p.name for p in chosen), " and ".join(p.shown for p in chosen)
    )
    return read.scenario.with_policy(together)


def compare_policies(source: str, options: Options, drivers: bool = True) -> int:
    """Compare policies with their baseline and write the folder.

    Args:
        source: of the scenario.
        options: what the command line says.
        drivers: whether to look for the assumptions that carry the signs.
    """
    began = time.perf_counter()
    begin()
    from ..reporting.run_folder import write_comparison
    from ..studies.drivers import sign_drivers
    from ..studies.study import Study

    read, plan = _read(source, options)
    compared = _chosen(read, options.policy) or _all_comparable(read, source, options)
    study = Study(
        read.scenario,
        compared,
        replicates=plan.replicates,
        solver=plan.solver.name,
        draws=read.draws,
    )
    _tell_notes(read, read.notes, options.silent)
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
        lambda comparison: _compared_record(comparison, read),
        (lambda result, told: replace(result, drivers=sign_drivers(result, read.draws, told)))
        if drivers
        else None,
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


def _compared_record(comparison: Any, read: ScenarioFile) -> dict[str, Any]:
    """A comparison as data: effects, what the evidence does not cover, and what carries the
    signs.
    """
    drivers = comparison.drivers
    return {
        "differences": comparison.table().to_dict("records"),
        "outside_evidence": _outside(comparison, read),
        "lost": told_lost(comparison.baseline),
        "draws_narrowed": draws_narrowed(comparison.baseline.scenario, read.draws),
        **(
            {"drivers": drivers.table.to_dict("records"), "drivers_note": drivers.note}
            if drivers
            else {}
        ),
    }


def _outside(comparison: Any, read: ScenarioFile) -> dict[str, list[str]]:
    """Changes of the policies that the evidence does not cover, by label of the policy."""
    return outside_evidence((comparison.baseline, *comparison.policies), read.draws)


def _show_compared(comparison: Any, read: ScenarioFile) -> None:
    narrowed = draws_narrowed(comparison.baseline.scenario, read.draws)
    show_comparison(comparison, mostly_prior({"draws_narrowed": narrowed}))
    if told := beyond_evidence({"outside_evidence": _outside(comparison, read)}):
        OUT.print(told, markup=False)


def _carry_out(job: _Job, source: str, options: Options, read: ScenarioFile, began: float) -> int:
    """Do the work with a bar, write the folder whole, and say where it is."""
    folder, may_replace = target_folder(options.out, job.folder, options.replace)
    _announce(job.says, options.silent)
    if read.scenario.start_note:
        _announce(read.scenario.start_note, options.silent)
    unfinished = Unfinished(folder.parent, options.fresh)
    try:
        with progress_bar("Running", options.silent) as told:
            result = job.work(
                _loading(told), lambda scenario: unfinished.chunks(scenario, job.plan, read.draws)
            )
        if lost := told_lost(getattr(result, "baseline", result)):
            _announce(f"Lost: {lost}", options.json)
        if job.then:
            with progress_bar("What carries the signs", options.silent) as told:
                result = job.then(result, told)
        _announce("Writing tables, arrays, figures and the report", options.silent)
        with staged(folder, may_replace) as place:
            seconds, command = time.perf_counter() - began, _command(job, source, options)
            job.write(place, result, command, seconds, posterior=read.posterior)
            write_copy(place, read)
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
    load_named(options.plugin)
    read = load_scenario(
        source,
        set_values(options.set or []),
        options.until,
        options.data or "",
        options.without or (),
    )
    tell_plugins(read.scenario.model)
    tell_folder(read.scenario.data)
    check_counted(read.scenario.model, f"{read.shown}, key scenario.mechanisms")
    return read, plan_of_file(read, options.solver, options.replicates, options.seed)


def set_values(texts: Sequence[str]) -> dict[str, str]:
    """Values by full name, as `--set NAME=VALUE` gives them; TR1003 for one that cannot be read so,
    or is given twice.
    """
    overrides: dict[str, str] = {}
    for text in texts:
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
        overrides[name.strip()] = value.strip()
    return overrides


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


def _chosen(read: ScenarioFile, names: Sequence[str] | None) -> list[Policy]:
    """Policies that the command line names; none where it says nothing of policies."""
    if names is not None and not names:
        raise TreguaError("TR1209", "no policy is named", where="command line, --policy")
    return [
        named_policy(name, read.policies, "command line, --policy")
        for name in _once(names or [], "--policy")
    ]


def _command(job: _Job, source: str, options: Options) -> str:
    """The command that repeats a run, without paths of this machine."""
    plan = job.plan
    words = [
        "tregua",
        job.verb,
        _source(source, options),
        "--replicates",
        str(plan.replicates),
        "--seed",
        str(plan.seed),
        "--solver",
        plan.solver.name,
    ]
    words += ["--keep-going"] if options.keep_going else []
    words += [word for name in options.policy or [] for word in ("--policy", name)]
    words += [word for name in options.plugin or [] for word in ("--plugin", name)]
    # The scenario in the folder has these already.
    if words[2] != COPY:
        words += ["--data", options.data] if options.data else []
        words += [word for name in options.without or [] for word in ("--without", name)]
        words += ["--until", str(options.until)] if options.until else []
    words += [word for text in options.set or [] for word in ("--set", text)]
    return shlex.join(words)


def _source(source: str, options: Options) -> str:
    """The scenario as the command names it: one that ships by its name, any other by its copy."""
    name = source or default_scenario()
    return name if name in shipped_scenarios() and not is_folder(options.data or "") else COPY


def _tell_notes(read: ScenarioFile, names: Iterable[str], quiet: bool) -> None:
    """Say which changes of policies are left out, as they are never in force."""
    for name in names:
        if name in read.notes:
            _announce(read.notes[name], quiet)


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
