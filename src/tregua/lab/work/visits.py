"""Sessions: what the lab remembers of each visitor,
under a secret that only the visitor's browser has.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ...errors import TreguaError
from ..package import Package
from .futures import Futures

MOST_VISITS = 16
"""Visitors at a time: each may hold some hundred megabytes of futures."""

MOST_PINS = 6
"""Pinned packages of a visitor: what can be compared at one glance."""

MOST_FUTURES = 12
"""Packages of one visitor whose futures are kept, so that a step back costs nothing."""

MOST_PAIRS = 8_192
"""Pairs in them altogether: some 150 megabytes for the national model."""

IDLE = 3_600.0
"""Seconds without a request after which a visit gives way to a new one."""

SECRET_BYTES = 32
"""Random bytes in the secret of a visit."""

REQUESTS, REQUESTS_BURST = 40.0, 400.0
"""Requests a second that a visitor may send for long, and at once:
a page loads about sixty files.
"""

PAGES, PAGES_BURST = 2.0, 60.0
"""The same for pages."""

MESSAGES, MESSAGES_BURST = 60.0, 300.0
"""The same for messages of a page: a handle that is dragged sends twenty a second."""

Language = Literal["en", "es"]
"""Languages of the page."""


class Allowance:
    """A token bucket, which says how often something may happen: it fills at a steady rate up to a
    limit, and each time takes one away.

    Args:
        rate: how much fills in a second.
        most: how much it holds.
    """

    def __init__(self, rate: float, most: float, clock: Callable[[], float] = time.monotonic):
        self._rate, self._most, self._clock = rate, most, clock
        self._left, self._seen = most, clock()

    def take(self) -> bool:
        """Whether it may happen once more now."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


@dataclass(eq=False)
class Visit:
    """A session of one visitor: everything of theirs that the lab keeps.

    Attributes:
        key: name of the visitor inside the lab; it opens nothing.
        secret: the value of the cookie; never shown.
        package: the settings as they stand.
        pins: packages kept for comparison, at most :data:`MOST_PINS`.
        language: of the pages.
        seen: when the last request came, by the monotonic clock.
    """

    key: str = field(default_factory=lambda: secrets.token_hex(4))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES), repr=False)
    package: Package = field(default_factory=Package)
    pins: tuple[Package, ...] = ()
    language: Language = "en"
    seen: float = field(default_factory=time.monotonic, repr=False)
    requests: Allowance = field(
        default_factory=lambda: Allowance(REQUESTS, REQUESTS_BURST), repr=False
    )
    pages: Allowance = field(default_factory=lambda: Allowance(PAGES, PAGES_BURST), repr=False)
    messages: Allowance = field(
        default_factory=lambda: Allowance(MESSAGES, MESSAGES_BURST), repr=False
    )
    _futures: OrderedDict[tuple, Futures] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def pin(self, package: Package) -> None:
        """Keep a package for comparison; a package that is pinned already only takes the new name.

        Raises:
            TreguaError: TR3015 where six are pinned.
        """
        others = tuple(other for other in self.pins if other.settings != package.settings)
        if len(others) == len(self.pins) >= MOST_PINS:
            raise TreguaError(
                "TR3015",
                "no more packages can be pinned",
                found=len(self.pins),
                expected=f"at most {MOST_PINS}",
                do="take one off first",
            )
        place = next(
            (i for i, other in enumerate(self.pins) if other.settings == package.settings),
            len(others),
        )
        self.pins = (*others[:place], package, *others[place:])

    def unpin(self, package: Package) -> None:
        """Take a package out of the comparison."""
        self.pins = tuple(other for other in self.pins if other.settings != package.settings)

    def keep(self, package: Package, futures: Futures) -> None:
        """Remember the futures of a package; those not asked for longest are
        forgotten beyond the limit.
        """
        # The thread that works keeps what it has run while pages look up what they show.
        with self._lock:
            known = self._futures.get(package.settings)
            if known is None or known.pairs <= futures.pairs:
                self._futures[package.settings] = futures
            self._futures.move_to_end(package.settings)
            while len(self._futures) > 1 and (
                len(self._futures) > MOST_FUTURES
                or sum(each.pairs for each in self._futures.values()) > MOST_PAIRS
            ):
                self._futures.popitem(last=False)

    def known(self, package: Package) -> Futures | None:
        """Futures of a package that are in already."""
        with self._lock:
            if package.settings in self._futures:
                self._futures.move_to_end(package.settings)
            return self._futures.get(package.settings)


class Visits:
    """All open sessions.

    Args:
        left: told the key of each visit that ends.
    """

    def __init__(self, left: Callable[[str], None] = lambda key: None):
        self._left = left
        self._open: dict[str, Visit] = {}
        self._lock = threading.Lock()

    def open(self) -> Visit:
        """A new visit.

        Raises:
            TreguaError: TR3007 where there are too many and none is idle.
        """
        with self._lock:
            gone = (
                [visit for visit in self._open.values() if time.monotonic() - visit.seen > IDLE]
                if len(self._open) >= MOST_VISITS
                else []
            )
            for visit in gone:
                del self._open[visit.secret]
            if len(self._open) >= MOST_VISITS:
                raise TreguaError(
                    "TR3007",
                    "too many visitors are here",
                    expected=f"at most {MOST_VISITS}",
                    do="try again later",
                )
            visit = Visit()
            self._open[visit.secret] = visit
        for old in gone:
            self._left(old.key)
        return visit

    def find(self, secret: str) -> Visit | None:
        """The visit with this secret, if it is open."""
        # Secrets have 256 random bits: how long a look-up takes tells nothing of use.
        visit = self._open.get(secret)
        if visit is not None:
            visit.seen = time.monotonic()
        return visit

    def __len__(self) -> int:
        return len(self._open)
