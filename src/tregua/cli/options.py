"""Options of the command line: their names, kinds and help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ..errors import TreguaError
from ..model.numerals import whole_of

Json = Annotated[
    bool, Parameter(name="--json", negative="", help="Print one JSON document instead of text.")
]
Quiet = Annotated[bool, Parameter(name="--quiet", negative="", help="No progress and no table.")]
Out = Annotated[
    Path | None,
    Parameter(
        name=["--out", "-o"],
        help="Folder to write; by default one under `runs`, named after the inputs.",
    ),
]
Replace = Annotated[
    bool,
    Parameter(
        name="--replace", negative="", help="Replace the run in that folder, if there is one."
    ),
]
ReplaceFigures = Annotated[
    bool,
    Parameter(
        name="--replace",
        negative="",
        help="Put the file in the place of figures that it lacks, and say which are lost.",
    ),
]
Unused = Annotated[
    bool, Parameter(name="--unused", negative="", help="Only what no mechanism uses.")
]
From = Annotated[
    str | None,
    Parameter(name="--from", help="Only rows from this day, month or year on, such as 2009-09."),
]
To = Annotated[
    str | None, Parameter(name="--to", help="Only rows up to the end of this day, month or year.")
]
All = Annotated[
    bool, Parameter(name="--all", negative="", help="Print every row and not the first 20.")
]
Cite = Annotated[
    bool,
    Parameter(
        name="--cite",
        negative="",
        help="Print how to cite it: plain text, BibTeX and CSL-JSON, one after the other.",
    ),
]
CiteFormat = Annotated[
    Literal["plain", "bibtex", "csl"] | None,
    Parameter(name="--format", help="Print how to cite it in this form only."),
]
File = Annotated[
    Path | None,
    Parameter(
        name=["--out", "-o"],
        help="File to write; it must not exist. Without it, the text is printed.",
    ),
]


def whole(_: Any, tokens: Sequence[Any]) -> int:
    """A whole number as written; ``2.9`` is refused rather than rounded."""
    number = whole_of(tokens[0].value)
    if number is None:
        raise TreguaError(
            "TR1001",
            "this is not a whole number",
            where=f"command line, {tokens[0].keyword}",
            found=tokens[0].value,
            expected="digits, such as 1000 or 1,000",
        )
    return number


Count = Annotated[int, Parameter(converter=whole)]
Seed = Annotated[
    int | None,
    Parameter(converter=whole, help="Seed of all randomness; the scenario's if not given."),
]
Year = Annotated[
    int | None, Parameter(converter=whole, help="The last year that the forecast knows.")
]
BaselineSeed = Annotated[
    int | None,
    Parameter(name="--seed", converter=whole, help="Seed of the baselines; 1 if not given."),
]
ForecastSeed = Annotated[
    int | None,
    Parameter(name="--seed", converter=whole, help="Seed of the samples; 1 if not given."),
]
Ahead = Annotated[
    int | None,
    Parameter(
        name="--months", converter=whole, help="Months to forecast, 1 to 48; 48 if not given."
    ),
]
Method = Annotated[
    Literal["ensemble", "chains"],
    Parameter(
        help=(
            "An ensemble of runs with chance, moved to the record; or chains on "
            "the model without chance."
        )
    ),
]
KeepGoing = Annotated[
    bool,
    Parameter(
        name="--keep-going",
        negative="",
        help="Leave out replicates that fail, up to one in twenty, and say how many and why.",
    ),
]
Points = Annotated[int, Parameter(converter=whole, help="Points of the ensemble.")]
Passes = Annotated[int, Parameter(converter=whole, help="Passes in which the ensemble is moved.")]
Chains = Annotated[int, Parameter(converter=whole, help="Chains, each from a start of its own.")]
Warmup = Annotated[
    int, Parameter(converter=whole, help="Iterations of each chain before it is kept.")
]
Steps = Annotated[
    int, Parameter(name="--draws", converter=whole, help="Iterations of each chain that are kept.")
]
ChainSeed = Annotated[int, Parameter(name="--seed", converter=whole, help="Seed of the chains.")]
Fresh = Annotated[
    bool,
    Parameter(
        name="--fresh",
        negative="",
        help="Forget what an interrupted run of the same inputs has kept.",
    ),
]
Samples = Annotated[
    int | None, Parameter(name="--replicates", converter=whole, help="Samples; 1,000 if not given.")
]
Port = Annotated[
    int | None,
    Parameter(
        converter=whole,
        help="Port to listen on; 8321 or, where that is taken, a free one if not given.",
    ),
]
Names = Annotated[
    list[str] | None,
    Parameter(
        name="--name",
        negative="",
        help="Further name of this computer, such as a proxy's. May be repeated.",
    ),
]
NoBrowser = Annotated[
    bool,
    Parameter(
        name="--no-browser",
        negative="",
        help="Do not open a browser; the link is printed in any case.",
    ),
]
Mechanisms = Annotated[
    list[str] | None,
    Parameter(
        name="--mechanism",
        negative="",
        help="Mechanism to turn off; all if not given. May be repeated.",
    ),
]

Plugins = Annotated[
    list[str] | None,
    Parameter(
        name="--plugin",
        negative="",
        help="Module with mechanisms of your own, whose code is run. May be repeated.",
    ),
]
Data = Annotated[
    str | None,
    Parameter(
        name="--data",
        help="Country or data set by name, or a folder such as ./my-country, which is read.",
    ),
]
Without = Annotated[
    list[str] | None,
    Parameter(
        name="--without",
        negative="",
        help="Mechanism to leave out, with all that the file says of it. May be repeated.",
    ),
]
Until = Annotated[
    int | None,
    Parameter(
        name="--until",
        converter=whole,
        help="Last year of the scenario, such as 2030; the file's end if not given.",
    ),
]
NoDrivers = Annotated[
    bool,
    Parameter(
        name="--no-drivers",
        negative="",
        help="Do not look for the assumptions that carry the signs; it takes a third of the time.",
    ),
]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user may say about a run on the command line."""

    out: Out = None
    policy: Annotated[
        list[str] | None,
        Parameter(
            name="--policy", negative="", help="Name of a policy of the scenario. May be repeated."
        ),
    ] = None
    set: Annotated[
        list[str] | None,
        Parameter(
            name="--set",
            negative="",
            help=(
                'A value with its unit, such as "arrests.effort=200 person/week". May be repeated.'
            ),
        ),
    ] = None
    replicates: Annotated[
        int | None,
        Parameter(
            converter=whole, help="Runs of the ensemble; the scenario's number if not given."
        ),
    ] = None
    seed: Annotated[
        int | None,
        Parameter(converter=whole, help="Seed of all randomness; the scenario's if not given."),
    ] = None
    plugin: Plugins = None
    data: Data = None
    without: Without = None
    until: Until = None
    solver: Annotated[
        str | None,
        Parameter(help="tau-leap, mean-field, rk4 or exact; the scenario's if not given."),
    ] = None
    replace: Replace = False
    fresh: Fresh = False
    keep_going: KeepGoing = False
    quiet: Quiet = False
    json: Json = False

    @property
    def silent(self) -> bool:
        """Whether nothing is to be said but the result."""
        return self.quiet or self.json
