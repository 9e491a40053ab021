"""Pydantic data model of the lab: settings and packages, in an address and over HTTP,
and what comes back for them.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import zlib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import TreguaError
from ..model.numerals import number_of

VERSION = "1"
"""First character of a code, so that later ways to write one can be told apart."""

MOST_SETTINGS = 64
"""Settings in a package: several times the handles that there are."""

MOST_NAME = 80
"""Characters in the name of a package or a handle: what fits above a chart."""

MOST_CODE = 8_000
"""Characters in a code: a package with every handle set needs a fifth of it,
and addresses of this length pass everywhere.
"""

MOST_PLACES = 64
"""Territories in a setting: twice those of the largest country that ships."""

MOST_RAMP = 2_600
"""Weeks over which a setting may grow: fifty years, longer than any scenario of the lab."""

PAIRS_FIRST = 256
"""Pairs in which a package is run where nobody says how many:
the standard error of the share with fewer killed is then below four in a hundred.
"""

CHECK_BITS = 0xFFFF
"""Part of the check sum that a code carries, so that an address which lost its end is noticed:
it would still be a code, of another package.
"""

DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A day as programs write it."""

NEVER = "-"
"""The last day, in a code, of a setting that never ends, where its places follow."""

FIELD, PART = "~", "~~"
"""What stands between the fields of a setting, and between settings;
both pass through addresses unchanged.
"""


def typed_number(value: Any) -> Any:
    """A number as a program or a visitor gives it: text is read as files are (``0,5`` is none),
    and true is no 1.

    Raises:
        ValueError: where it is no number.
    """
    number = number_of(value) if isinstance(value, str) else value
    if (number is None and value is not None) or isinstance(value, bool):
        raise ValueError("write a number with a point for decimals, such as 0.5")
    return number


def _written_day(value: Any) -> Any:
    """A day as text ``2030-01-31``: a bare number would be taken for seconds since 1970."""
    if (isinstance(value, str) and not DAY.fullmatch(value)) or isinstance(value, int | float):
        raise ValueError("write a day as 2030-01-31")
    return value


class Wire(BaseModel):
    """A Pydantic model that cannot be changed and has no keys that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Setting(Wire):
    """One intervention: where a handle stands, and from when to when.

    Attributes:
        handle: key of the handle, such as ``arrests.effort``.
        value: position, in the unit of the handle.
        start: first day in force.
        ramp_weeks: weeks over which the change grows to full strength.
        end: first day no longer in force; None for never.
        territories: places in which it is in force, in the order of the alphabet; none for
            everywhere.
    """

    handle: str = Field(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=MOST_NAME)
    value: float
    start: dt.date
    ramp_weeks: int = Field(0, ge=0, le=MOST_RAMP)
    end: dt.date | None = None
    territories: tuple[Annotated[str, Field(min_length=1, max_length=MOST_NAME)], ...] = Field(
        (), max_length=MOST_PLACES
    )

    @field_validator("territories")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(value)))

    @field_validator("value", "ramp_weeks", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return typed_number(value)

    @field_validator("start", "end", mode="before")
    @classmethod
    def _date(cls, value: Any) -> Any:
        return _written_day(value)

    @field_validator("value")
    @classmethod
    def _one_zero(cls, value: float) -> float:
        return value + 0.0


class Package(Wire):
    """A package of interventions: all settings together, in the order of their handles, each handle
    at most once.

    Attributes:
        settings: of the handles that do not rest.
        name: what the visitor calls it; it decides nothing.
    """

    settings: tuple[Setting, ...] = Field((), max_length=MOST_SETTINGS)
    name: str = Field("", max_length=MOST_NAME)

    @model_validator(mode="before")
    @classmethod
    def _in_order(cls, given: Any) -> Any:
        """Put settings in order before they are frozen;
        what is no setting is left for the checks.
        """
        settings = given.get("settings") if isinstance(given, dict) else None
        if not isinstance(settings, list | tuple):
            return given
        keys: list[Any] = [
            s.get("handle") if isinstance(s, dict) else getattr(s, "handle", None) for s in settings
        ]
        if not all(isinstance(key, str) for key in keys):
            return given
        if len(set(keys)) < len(keys):
            raise ValueError("a handle is set twice")
        return {
            **given,
            "settings": tuple(
                setting
                for _, setting in sorted(zip(keys, settings, strict=True), key=lambda pair: pair[0])
            ),
        }

    @property
    def local(self) -> bool:
        """Whether a setting is in force in some territories only."""
        return any(setting.territories for setting in self.settings)

    def code(self) -> str:
        """The package as text for an address: letters, digits and ``-._~`` only,
        the same for equal packages.
        """
        body = PART.join(
            [_name_code(self.name), *(_setting_code(setting) for setting in self.settings)]
        )
        return f"{VERSION}{_check(body)}{body}"

    @classmethod
    def from_code(cls, code: str) -> Package:
        """The package that :meth:`code` wrote.

        Raises:
            TreguaError: TR3002 where it is not a code, or not all of one.
        """
        match = (
            re.fullmatch(rf"{VERSION}([0-9a-f]{{4}})([A-Za-z0-9._~-]*)", code)
            if len(code) <= MOST_CODE
            else None
        )
        if not match or match[1] != _check(match[2]):
            raise _no_code(code)
        name, *settings = match[2].split(PART)
        try:
            return cls(name=_name_of(name), settings=tuple(_setting_of(part) for part in settings))
        except (ValueError, ValidationError) as error:
            raise _no_code(code) from error


def _check(body: str) -> str:
    """Four hexadecimal digits that change when the text does."""
    return f"{zlib.crc32(body.encode()) & CHECK_BITS:04x}"


def _name_code(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _name_of(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def _setting_code(setting: Setting) -> str:
    """Handle, value and first day; then the ramp, the last day and the places, where there are
    any.
    """
    fields = [
        setting.handle,
        repr(setting.value).removesuffix(".0").replace("e+", "e"),
        f"{setting.start:%Y%m%d}",
    ]
    if setting.ramp_weeks or setting.end or setting.territories:
        fields.append(str(setting.ramp_weeks))
    if setting.end or setting.territories:
        fields.append(f"{setting.end:%Y%m%d}" if setting.end else NEVER)
    if setting.territories:
        fields.append(_name_code("\n".join(setting.territories)))
    return FIELD.join(fields)


def _setting_of(text: str) -> Setting:
    handle, value, start, *rest = text.split(FIELD)
    ramp, end, places = rest + ["0", NEVER, ""][len(rest) :]
    return Setting(
        handle=handle,
        value=value,
        start=_day(start),
        ramp_weeks=ramp,
        end=None if end == NEVER else _day(end),
        territories=tuple(_name_of(places).split("\n")) if places else (),
    )


def _day(text: str) -> dt.date:
    if not re.fullmatch("[0-9]{8}", text):
        raise ValueError("a day has eight digits")
    return dt.datetime.strptime(text, "%Y%m%d").date()


def _no_code(code: str) -> TreguaError:
    shown = code if len(code) <= MOST_NAME else f"{code[:MOST_NAME]}…"
    return TreguaError(
        "TR3002",
        "this is no package of settings",
        where="address, p",
        found=shown,
        do="copy the whole link again",
    )


Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A part of all pairs, from 0 to 1."""

State = Literal["queued", "running", "cancelled", "done", "refused"]
"""What a job does or how it ended."""


class Band(Wire):
    """Quantiles over replicates: nine in ten lie between the outer two,
    half between the inner two.
    """

    low_90: float
    low_50: float
    median: float
    high_50: float
    high_90: float


class HeadlineRecord(Wire):
    """The answer in one line, for one kind of victim.

    Attributes:
        victim: kind of victim, or ``all`` for all killed in group violence. ``civilian`` is every
            civilian killed, with or without a tie to groups.
        fewer: share of pairs in which fewer are killed with the package than without.
        error: standard error of ``fewer``, from the number of pairs with a draw of their own.
        middle: relative change between which the middle half of all pairs lies; -0.04 is 4 % fewer.
        worst_tenth: relative change that one pair in ten exceeds.
    """

    victim: str
    fewer: Share
    error: float
    middle: tuple[float, float]
    worst_tenth: float


class YearRecord(Wire):
    """Persons killed in group violence in one year in all territories, without and with the
    package.
    """

    year: int
    baseline: Band
    changed: Band
    difference: Band


class VictimRecord(Wire):
    """Persons of one kind killed over all years, in all territories; the difference is by pair.
    ``civilian_tied`` and ``civilian_background`` are the parts of ``civilian``, in group violence
    and without a tie to groups.
    """

    victim: str
    baseline: Band
    changed: Band
    difference: Band


class TerritoryRecord(Wire):
    """Persons killed in group violence over all years in one territory.

    Attributes:
        sure: whether the sign of the difference stands out from chance.
    """

    territory: str
    baseline: Band
    changed: Band
    difference: Band
    sure: bool


class PairedSummary(Wire):
    """What paired futures say about a package.

    Attributes:
        run_id: the same for the same scenario, package, number of pairs and version.
        code: the package as it stands in an address.
        pairs: that are in.
        wanted: that were asked for.
    """

    run_id: str
    code: str
    package: Package
    pairs: int
    wanted: int
    headlines: tuple[HeadlineRecord, ...]
    years: tuple[YearRecord, ...]
    victims: tuple[VictimRecord, ...]
    territories: tuple[TerritoryRecord, ...]


class Refusal(Wire):
    """Why something is refused: a code that `tregua explain` knows, and what it says."""

    code: str
    what: str
    do: str = ""


class JobRecord(Wire):
    """How a job stands.

    Attributes:
        position: jobs before it in the queue, and itself; None once it runs.
        seconds_left: estimate from the parts that are done; None before the first.
        summary: of the pairs that are in; None before the first part.
    """

    id: str
    state: State
    position: int | None
    done: int
    wanted: int
    seconds_left: float | None
    refusal: Refusal | None
    summary: PairedSummary | None


class PairsRequest(Wire):
    """A package to try, and in how many pairs."""

    package: Package
    pairs: int = Field(PAIRS_FIRST, ge=1)

    @field_validator("pairs", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return typed_number(value)


class PolicyRecord(Wire):
    """A policy of a scenario file.

    Attributes:
        package: the settings that say the same, as far as the handles reach.
        left_out: its changes that no handle can make, in words.
    """

    name: str
    label: str
    doc: str
    package: Package
    left_out: tuple[str, ...]


class ScenarioRecord(Wire):
    """What a scenario file says.

    Attributes:
        same: whether it is the scenario that this lab explores; if not, its packages are put on the
            lab's own scenario.
    """

    name: str
    label: str
    start: dt.date
    weeks: int
    same: bool
    policies: tuple[PolicyRecord, ...]


class ReadinessRecord(Wire):
    """How far the lab is with its preparations; ``everything`` is 0 where it is not known."""

    step: str
    ready: bool
    done: int
    everything: int
    refusal: Refusal | None
