"""Declarations only: what a mechanism says about the world, as frozen values.

Nothing here computes. A mechanism file builds these; the model checks them; the solvers read them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from scipy.stats._distn_infrastructure import rv_continuous_frozen

OUTSIDE = "outside"
"""The end of a flow that lies outside the modelled population."""

Stance = Literal[
    "official", "measured", "estimated", "reported", "alleged", "opinion", "record", "assumed"
]
"""How a source stands to what it says: a statement of a public body, a measurement, a fit, a
report, an allegation, an opinion, a note about the record itself, or nothing but an assumption.
"""

SourceKind = Literal["paper", "official", "press-compiled", "dataset"]
"""What can be cited: a publication, figures of a public body, official figures seen in the press, a
data set.
"""

Victim = Literal["civilian", "member", "police", "troops", "vigilante", "inmate"]
"""Who dies by a flow."""

VICTIMS: tuple[Victim, ...] = get_args(Victim)
"""Every victim that is declared."""

CIVILIAN: Final = "civilian"
MEMBER: Final = "member"
OFFICER: Final = "police"
SOLDIER: Final = "troops"
"""Victims that tables and summaries name one by one."""

BACKGROUND: Final = "background"
"""The cause of homicides that are not tied to any group."""

CAUSES = (
    "turf war",
    "operation",
    "crossfire",
    "attack on forces",
    "vigilantes",
    "prison",
    BACKGROUND,
)
"""What persons die of. A mechanism adds others by its own ``causes``."""

Kind = Literal["arrest", "escape", "displacement"]
"""What a flow is to those who count it, where it is no death."""

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind that is declared."""

Number = float | int
"""A number as a user writes it: whole or not."""

Support = tuple[float, float]

NONNEGATIVE: Support = (0.0, math.inf)
UNIT_INTERVAL: Support = (0.0, 1.0)


@dataclass(frozen=True)
class Source:
    """One thing that can be cited.

    Attributes:
        text: authors or institution, title, place: enough to find it.
        year: year of publication, or the last year of a series that is used.
        kind: ``paper`` (also working papers and books), ``official`` (figures of a public body),
            ``press-compiled`` (official figures seen in press reports) or ``dataset``.
        link: DOI, arXiv number or address, empty where none is known.
        note: what a reader must know before leaning on it, such as that only a summary was seen.
    """

    text: str
    year: int
    kind: SourceKind
    link: str = ""
    note: str = ""


@dataclass(frozen=True)
class Evidence:
    """What a number rests on.

    Attributes:
        source: the publication, release or record, named so that a reader can find it.
        stance: how the source stands to the number. ``estimated`` is a fit in a publication,
            ``assumed`` has no data behind it.
        summary: what the source says, in our own words.
        year: year of publication, 0 where none applies.
        id: the source's or claim's id in the ledger, empty for an assumption of our own.
            :mod:`tregua.evidence.cite` sets it.
    """

    source: str
    stance: Stance
    summary: str = ""
    year: int = 0
    id: str = ""


@dataclass(frozen=True)
class LogNormal:
    """Prior of a positive number: ``log x`` is normal around ``log median`` with standard
    deviation ``sigma``.
    """

    median: float
    sigma: float

    def distribution(self) -> rv_continuous_frozen:
        """The same prior as a SciPy frozen distribution."""
        from scipy import stats

        return stats.lognorm(s=self.sigma, scale=self.median)


@dataclass(frozen=True)
class Beta:
    """Prior of a share, with SciPy's shape parameters ``a`` and ``b``."""

    a: float
    b: float

    def distribution(self) -> rv_continuous_frozen:
        """The same prior as a SciPy frozen distribution."""
        from scipy import stats

        return stats.beta(self.a, self.b)


@dataclass(frozen=True)
class Uniform:
    """Prior of a number known only to lie between ``low`` and ``high``."""

    low: float
    high: float

    def distribution(self) -> rv_continuous_frozen:
        """The same prior as a SciPy frozen distribution."""
        from scipy import stats

        return stats.uniform(self.low, self.high - self.low)


Prior = LogNormal | Beta | Uniform


@dataclass(frozen=True)
class Parameter:
    """A number of a mechanism that a user, a policy or a posterior may change.

    Attributes:
        name: short name; its full name is ``mechanism.name``.
        value: default, in ``unit``.
        unit: text that :mod:`tregua.model.units` reads, such as ``"1/week"``.
        prior: what is believed before any fit; it must lie inside ``support``. All priors are ours
            and assumed; runs use values only.
        support: closed interval of values that make sense.
        doc: what the number is in the world.
        evidence: what the default rests on; never empty.
        axes: names of the axes along which the number may differ. With ``territory`` among them a
            policy or a data set may give it a value for each place; a fit knows one for all.
        everywhere: why it has one value for all territories, in a few words; empty where it does
            not.
    """

    name: str
    value: Number
    unit: str
    prior: Prior
    support: Support
    doc: str
    evidence: tuple[Evidence, ...]
    axes: tuple[str, ...] = ()
    everywhere: str = ""

    @property
    def by_place(self) -> bool:
        """Whether it may differ between territories, so that a change may name some of them."""
        return "territory" in self.axes


DATE = "date"
"""Unit of a covariate that holds calendar days, as proleptic ordinals;
a hazard reads it as weeks since the start of the scenario.
"""


@dataclass(frozen=True)
class Covariate:
    """A measured input that every replicate shares and that no policy or posterior changes,
    such as a table of rivalries.

    In the unit :data:`DATE` the data hold days and a hazard reads weeks since the start, negative
    for days before it.
    """

    name: str
    axes: tuple[str, ...]
    unit: str
    doc: str


@dataclass(frozen=True)
class Compartment:
    """A compartment: a stock of persons, whole numbers where the solver is stochastic."""

    name: str
    axes: tuple[str, ...]
    doc: str


@dataclass(frozen=True)
class Level:
    """A continuous state variable that is no count of persons (cash, trust, memory of violence);
    only drifts, events and tracks change it.
    """

    name: str
    axes: tuple[str, ...]
    unit: str
    doc: str
    initial: float = 0.0


@dataclass(frozen=True)
class Flow:
    """A transition: persons who move from one compartment to another.

    ``hazard(view)`` is the per-head hazard [1/week] on the axes of the source. Where the source is
    :data:`OUTSIDE` it is a rate [person/week] on the axes of the target. The target may lack axes
    of the source; persons are then summed over them. It may also have axes that the source lacks;
    the flow then fans out, and its hazard has the axes of the source followed by those, one hazard
    for each place a person may end in.

    A flow with a ``victim``, one of :data:`VICTIMS`, is a death, and the only place where that
    death is counted. ``cause`` says what they died of: one of :data:`CAUSES`, or of the ``causes``
    of a mechanism; :data:`BACKGROUND` for homicides that are not tied to groups. ``kind`` is one of
    :data:`KINDS` for a flow that is counted as such. The model refuses any other word (TR2107).
    """

    name: str
    source: str
    target: str
    hazard: Callable[[Any], Any]
    doc: str
    victim: Victim | Literal[""] = ""
    cause: str = ""
    kind: Kind | Literal[""] = ""


@dataclass(frozen=True)
class Selection:
    """Flows picked by what they declare: those that fit every condition that is given.

    The model refuses words that are declared nowhere (TR2107). A selection that no flow of a model
    fits is allowed: the mechanism with such flows may be left out.

    Attributes:
        kinds: the flow is of one of these :data:`KINDS`.
        victims: it is a death of one of these :data:`VICTIMS`; all of them stand for any death.
        causes: its cause is one of these.
        without: its cause is none of these.
        targets: it ends in one of these compartments.
    """

    kinds: tuple[Kind, ...] = ()
    victims: tuple[Victim, ...] = ()
    causes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def fits(self, flow: Flow) -> bool:
        """Whether a flow is picked."""
        return flow.cause not in self.without and all(
            not words or word in words
            for word, words in (
                (flow.kind, self.kinds),
                (flow.victim, self.victims),
                (flow.cause, self.causes),
                (flow.target, self.targets),
            )
        )


@dataclass(frozen=True)
class Track:
    """Exponentially weighted mean of the persons whom flows move a week: a level that remembers.

    After a step of length :math:`\\Delta` in which :math:`n` persons moved,
    :math:`x \\mapsto x k + (1 - k)\\, n / \\Delta` with :math:`k = e^{-\\Delta / w}`. It remembers
    the flows that fit any of the selections ``flows``; each must have the axes of the level.
    ``window(view)`` is :math:`w` [week]. No drift may change the level besides.
    """

    level: str
    flows: tuple[Selection, ...]
    window: Callable[[Any], Any]
    doc: str


@dataclass(frozen=True)
class Record:
    """An observation process: what somebody writes down of what happens, a count that nothing in
    the model reads.

    Persons of the flows that fit any of the selections ``flows`` may get into the record.
    ``share(view)`` is the share of them that do, on the axis ``territory``. Each person is counted
    or missed by chance of their own.
    """

    name: str
    flows: tuple[Selection, ...]
    share: Callable[[Any], Any]
    doc: str


@dataclass(frozen=True)
class Drift:
    """Deterministic change of one level: ``rate(view)`` in the level's unit per week, on the
    level's axes.
    """

    level: str
    rate: Callable[[Any], Any]
    doc: str


@dataclass(frozen=True)
class Event:
    """A jump: something rare that changes whole groups, at most once for each slot and step.

    ``hazard(view)`` [1/week] on ``axes``. ``apply(view, fired, draw)`` gives the new values of the
    stocks and levels that change; ``fired`` is 0 or 1 where the solver is stochastic, the
    probability of firing where it is a mean. Stocks may be moved about but their sum over all
    compartments must not change. ``has_mean`` says that ``apply`` is meaningful for a probability.
    ``levels`` names the levels that ``apply`` changes.
    """

    name: str
    axes: tuple[str, ...]
    hazard: Callable[[Any], Any]
    apply: Callable[[Any, Any, Any], dict[str, Any]]
    doc: str
    has_mean: bool = True
    levels: tuple[str, ...] = ()
