"""Command-line interface: the program, and the commands that run, compare and explain a model.

A command is registered by the import of the module that defines it: those for files lie in
``app_files.py``, those that meet the record in ``app_record.py``, and importing that one gives all.
Each has an example in its help, ``--json``, and the exit statuses of :mod:`tregua.cli`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclopts import App

from .._version import __version__
from ..errors import TreguaError, nearest_name
from .options import (
    Cite,
    CiteFormat,
    Count,
    Data,
    File,
    Json,
    Mechanisms,
    Names,
    NoBrowser,
    NoDrivers,
    Options,
    Out,
    Plugins,
    Port,
    Quiet,
    Replace,
    Seed,
    Until,
    Unused,
)
from .show import OUT, print_json, print_table

EPILOGUE = """Exit status: 0 done, 1 a reproduction is outside its tolerance, 2 bad input,
3 a fault of Tregua, 130 stopped.

Every refusal has a code; `tregua explain CODE` says more."""

app = App(
    name="tregua",
    help="An open laboratory for organised-crime violence. Start with `tregua run`.",
    help_epilogue=EPILOGUE,
    help_format="plaintext",
    version=__version__,
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,
)


@app.command
def run(scenario: str = "", /, *, options: Options | None = None) -> int:
    """Run a scenario and write a folder with tables, arrays, figures and a report.

    Example: tregua run --replicates 500 --policy halve-recruitment --out half

    Parameters
    ----------
    scenario
        A TOML file, or the name of a shipped scenario.
    """
    from .run import run_scenario

    return run_scenario(scenario, options or Options())


@app.command
def compare(
    scenario: str = "",
    /,
    *,
    no_drivers: NoDrivers = False,
    options: Options | None = None,
) -> int:
    """Compare policies with a baseline, replicate by replicate, on the same random numbers.

    Without --policy, every policy of the scenario is compared that is not in force already. For
    every effect the assumptions are named that carry its sign, as far as the pairs can tell.

    Example: tregua compare --policy double-arrests --policy both

    Parameters
    ----------
    scenario
        A TOML file, or the name of a shipped scenario.
    """
    from .run import compare_policies

    return compare_policies(scenario, options or Options(), not no_drivers)


@app.command
def ablate(
    scenario: str = "",
    /,
    *,
    mechanism: Mechanisms = None,
    replicates: Count = 32,
    weeks: Count = 520,
    seed: Seed = None,
    plugin: Plugins = None,
    data: Data = None,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Turn off one mechanism after the other and say what that changes in persons killed, on the
    same random numbers and draws.

    Example: tregua ablate --mechanism vigilantes --mechanism prisons

    Parameters
    ----------
    scenario
        A TOML file, or the name of a shipped scenario.
    replicates
        Pairs of runs for each mechanism.
    weeks
        Length of the runs, at most that of the scenario.
    """
    from .ablation import show_ablation

    return show_ablation(
        scenario, mechanism, replicates, weeks, seed, quiet, json, plugin, data or ""
    )


@app.command
def reproduce(
    name: str = "",
    /,
    *,
    out: Out = None,
    replace: Replace = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Rebuild published results and compare every number.
    Exit status 1 if any is outside its tolerance.

    Example: tregua reproduce size-2023

    Parameters
    ----------
    name
        Which results; without it, the list of those available.
    """
    from .reproduce import reproduce_results

    return reproduce_results(name, out, replace, quiet, json)


@app.command
def mechanisms(name: str = "", /, *, plugin: Plugins = None, json: Json = False) -> int:
    """List the mechanisms, or show one: its equation, parameters, units, priors and evidence.

    Example: tregua mechanisms conflict

    Parameters
    ----------
    name
        Which one; without it, all.
    """
    from ..model.registry import registry
    from .plugins import load_named

    load_named(plugin)
    known = registry()
    if name and name not in known:
        raise TreguaError(
            "TR1205",
            f"no mechanism is named {name!r}",
            where="command line",
            found=name,
            expected="one of " + ", ".join(known),
            nearest=nearest_name(name, known),
            do="name the module of one of your own with --plugin",
        )
    from ..reporting.odd import describe_mechanism
    from ..reporting.wording import first_paragraph
    from .doctor import print_mechanism

    chosen = [known[name]()] if name else [kind() for kind in known.values()]
    if json:
        print_json([describe_mechanism(m) for m in chosen])
        return 0
    if name:
        print_mechanism(chosen[0])
        return 0
    rows = [
        [
            m.name,
            first_paragraph(type(m).__doc__),
            *(
                ", ".join(p.name for p in m.parameters if p.by_place == by_place)
                for by_place in (True, False)
            ),
        ]
        for m in chosen
    ]
    print_table(
        "Mechanisms",
        ["name", "what it is", "parameters by place", "with one value everywhere"],
        rows,
        "A change of a parameter by place may name `territories`. Show one mechanism, and why "
        "parameters have one value, with: tregua mechanisms NAME",
        left=4,
    )
    return 0


@app.command
def evidence(
    name: str = "",
    /,
    *,
    stance: str = "",
    system: str = "",
    mechanism: str = "",
    unused: Unused = False,
    search: str = "",
    cite: Cite = False,
    form: CiteFormat = None,
    plugin: Plugins = None,
    json: Json = False,
) -> int:
    """List what the numbers rest on, or show one claim or source:
    its chain, its figures, what disagrees with it, and what uses it; or say how to cite it.

    Example: tregua evidence C53 --cite

    Parameters
    ----------
    name
        A claim, C01 to C59, "article A" or "article B", or a source such as size-2023; without it,
        all that pass the filters.
    stance
        Only official, measured, estimated, reported, alleged, opinion, record or assumed.
    system
        Only what is about this part of the world, such as vetting or prisons; or a kind of source,
        such as paper.
    mechanism
        Only what this mechanism rests on.
    search
        Only entries with this text, in any case, or with this number: 65000 and 65,000 are one.
    """
    from .evidence import Wanted, cite_evidence, list_evidence, show_evidence
    from .plugins import load_named

    load_named(plugin)
    if search and name.isdecimal():
        # `--search 65 000`: no entry has a number for its name.
        search, name = f"{search} {name}", ""
    wanted = Wanted(stance, system, mechanism, unused, search)
    if cite or form:
        return cite_evidence(name, wanted, form, json)
    return show_evidence(name, json) if name else list_evidence(wanted, json)


@app.command
def describe(
    *, scenario: str = "", out: File = None, plugin: Plugins = None, json: Json = False
) -> int:
    """Describe a model from its code, in the order of the ODD protocol:
    purpose, entities, scales, the order of a week, equations, parameters, evidence.

    Example: tregua describe --out model.md

    Parameters
    ----------
    scenario
        A TOML file, or the name of a shipped scenario; without it, the default.
    """
    from .evidence import describe_model
    from .plugins import load_named

    load_named(plugin)
    return describe_model(scenario, out, json)


@app.command
def explain(code: str = "", /, *, json: Json = False) -> int:
    """Explain an error code, or list all codes.

    Example: tregua explain TR1301

    Parameters
    ----------
    code
        Such as TR1301.
    """
    from ..error_codes import ESSAYS

    if not code:
        rows: list[Any] = [[key, essay.title] for key, essay in ESSAYS.items()]
        print_json(dict(rows)) if json else print_table(
            "Error codes", ["code", "what it means"], rows, left=2
        )
        return 0
    essay = ESSAYS.get(code.upper())
    if essay is None:
        raise TreguaError(
            "TR1002",
            f"there is no error code {code!r}",
            found=code,
            nearest=nearest_name(code.upper(), ESSAYS),
            do="tregua explain lists all",
        )
    if json:
        print_json({"code": code.upper(), "title": essay.title, "text": essay.text})
    else:
        OUT.print(f"{code.upper()}: {essay.title}\n\n{essay.text}", markup=False)
    return 0


@app.command
def lab(
    scenario: str = "",
    /,
    *,
    host: str = "127.0.0.1",
    port: Port = None,
    password_file: Path | None = None,
    name: Names = None,
    no_browser: NoBrowser = False,
    plugin: Plugins = None,
    until: Until = None,
    data: Data = None,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Open the lab, a local web page on which you drag a policy and watch what happens to people.
    Ctrl-C stops it.

    It listens on this computer only, and lets in who opens the link that it prints. With --json the
    link is printed as a document, and no browser is opened. With --until 2030 it looks further
    ahead; quick answers are then trained once, in some minutes.

    Example: tregua lab --port 8400

    Parameters
    ----------
    scenario
        A TOML file, or the name of a shipped scenario.
    host
        Address to listen on; any other than 127.0.0.1 needs --password-file.
    password_file
        File whose first line is a password, which lets in who has no link.
    """
    from .lab import open_lab

    return open_lab(
        scenario,
        host,
        port,
        password_file,
        name or [],
        not no_browser,
        quiet,
        json,
        until,
        plugin,
        data or "",
    )


@app.command
def doctor(*, json: Json = False) -> int:
    """Say what this installation can do: versions, cores, whether compiled programs are found
    again, and a short self-check.

    Example: tregua doctor
    """
    from .doctor import examine

    findings = examine()
    if json:
        print_json(findings)
    else:
        print_table(
            "This installation", ["", ""], [[k, str(v)] for k, v in findings.items()], left=2
        )
    return 0 if findings["self-check"] == "passed" else 1
