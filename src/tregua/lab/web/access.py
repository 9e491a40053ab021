"""Authentication, or who may come in: a link that works once, the cookie that it turns into,
and what a request must look like.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
import stat
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import TreguaError
from ..work.visits import Allowance, Visit, Visits

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""Names by which a browser on this computer reaches it. A page elsewhere cannot have them, whatever
its own name resolves to.
"""

ENTRY = "/enter"
"""Where the printed link leads, and the only path that is answered without a cookie."""

TOKEN_BYTES = 32
"""Random bytes in a link."""

MOST_LINKS = 8
"""Links that wait to be used; a newer one puts the oldest out of use."""

LEAST_PASSWORD = 12
"""Characters of a password: with :data:`TRIES` a guess at a random one would take longer
than anybody waits.
"""

MOST_PASSWORD = 1_024
"""Characters of a password that are looked at."""

TRIES, TRIES_BURST = 0.2, 10.0
"""Passwords and links that may be tried a second by everybody together, for long and at once."""

HTTP_PORT = "80"
"""Port of an address that names none."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

VISIT = "tregua.visit"
"""Key under which a request carries its visit."""


def is_loopback(host: str) -> bool:
    """Whether an address reaches this computer only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_password(file: Path) -> str:
    """The password in the first line of a file.

    Raises:
        TreguaError: TR3003 where the file cannot be read, others may read it, or the password is
            too short.
    """
    where, do = (
        "command line, --password-file",
        f"write at least {LEAST_PASSWORD} characters into a file and `chmod 600` it",
    )
    try:
        open_to_others = sys.platform != "win32" and bool(
            file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        )
        line = (file.read_text(encoding="utf-8").splitlines() or [""])[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TreguaError(
            "TR3003",
            "the password cannot be read",
            where=where,
            found=getattr(error, "strerror", None) or "no UTF-8 text",
            do=do,
        ) from error
    if open_to_others:
        raise TreguaError(
            "TR3003",
            "other users of this computer may read the password",
            where=where,
            found=file.name,
            do=do,
        )
    if not LEAST_PASSWORD <= len(line) <= MOST_PASSWORD:
        raise TreguaError(
            "TR3003",
            "the password is too short or too long",
            where=where,
            found=f"{len(line)} characters",
            do=do,
        )
    return line


class Access:
    """Authentication of a lab: links, the password, and the names under which it may be asked.

    Args:
        visits: those that are in.
        host: address that is listened on.
        port: and its port.
        password: opens the lab to whoever has no link; None where only links do.
        names: further names of this computer, such as that of a proxy in front.

    Raises:
        TreguaError: TR3001 for an address beyond this computer without a password.
    """

    def __init__(
        self,
        visits: Visits,
        host: str,
        port: int,
        password: str | None = None,
        names: tuple[str, ...] = (),
    ):
        self.visits, self.port, self._password = visits, port, password
        self.check(host, password)
        self.loopback = is_loopback(host)
        own = (
            LOOPBACK_NAMES
            if self.loopback
            else (*LOOPBACK_NAMES, host, socket.gethostname().lower())
        )
        self._names = frozenset({*own, *(name.lower() for name in names)})
        self._proxied = frozenset(name.lower() for name in names)
        self._any_address = not self.loopback and _is_unspecified(host)
        self._links: deque[str] = deque(maxlen=MOST_LINKS)
        self._lock = threading.Lock()
        self._tries = Allowance(TRIES, TRIES_BURST)
        self.cookie = f"tregua-lab-{port}"

    @staticmethod
    def check(host: str, password: str | None) -> None:
        """Refuse (TR3001) an address beyond this computer without a password."""
        if is_loopback(host) or password:
            return
        raise TreguaError(
            "TR3001",
            "the lab does not listen to other computers without a password",
            where="command line, --host",
            found=host,
            expected="127.0.0.1, which only this computer reaches",
            do=(
                f"write {LEAST_PASSWORD} or more characters into a file, `chmod 600` it and add "
                "--password-file FILE; or leave out --host"
            ),
        )

    @property
    def has_password(self) -> bool:
        """Whether a password opens the lab."""
        return self._password is not None

    @property
    def own_user_only(self) -> bool:
        """Whether only programs of the user who runs the lab may ask: with no password,
        whoever is let in is that user.
        """
        return self.loopback and self._password is None

    def new_link(self) -> str:
        """A token for a link that works once."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._lock:
            self._links.append(token)
        return token

    def enter(self, token: str) -> Visit:
        """Let in who has a link, and put the link out of use.

        Raises:
            TreguaError: TR3005 for a link that is unknown or used, TR3008 where too many were
                tried, TR3007 as :meth:`Visits.open`.
        """
        with self._lock:
            fits = [
                link for link in self._links if hmac.compare_digest(link.encode(), token.encode())
            ]
            if not fits:
                self._count_try()
                raise TreguaError(
                    "TR3005",
                    "this link has been used, or is not one of this lab",
                    do="press Enter in the terminal for a new link",
                )
            visit = self.visits.open()
            self._links.remove(fits[0])
        return visit

    def enter_with_password(self, password: str) -> Visit:
        """Let in who knows the password (TR3005 for who does not,
        TR3008 where too many were tried).
        """
        with self._lock:
            self._count_try()
            if self._password is None or not hmac.compare_digest(
                self._password.encode(), password[:MOST_PASSWORD].encode()
            ):
                raise TreguaError(
                    "TR3005",
                    "this is not the password of this lab",
                    do="try again, or ask who runs it",
                )
            return self.visits.open()

    def _count_try(self) -> None:
        if not self._tries.take():
            raise TreguaError(
                "TR3008", "too many links or passwords were tried", do="wait a minute"
            )

    def visit_of_cookies(self, header: str) -> Visit | None:
        """The visit whose secret a cookie header carries."""
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.cookie and (visit := self.visits.find(value)) is not None:
                return visit
        return None

    def allows_host(self, host: str) -> bool:
        """Whether the name in a Host header is one of this lab's, with its port."""
        name, port = _split(host)
        if name in self._proxied:
            return True
        if (port or HTTP_PORT) != str(self.port):
            return False
        return name in self._names or (self._any_address and _is_address(name))

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether a page with this origin is one of this lab's:
        the same name and port as it was asked under.
        """
        scheme, separator, rest = origin.partition("://")
        return bool(separator) and scheme in {"http", "https"} and rest.lower() == host.lower()

    def cookie_header(self, visit: Visit, secure: bool) -> str:
        """The header that puts the secret into the browser,
        out of reach of scripts and of other sites.
        """
        return f"{self.cookie}={visit.secret}; Path=/; HttpOnly; SameSite=Strict" + (
            "; Secure" if secure else ""
        )


def _split(host: str) -> tuple[str, str]:
    """Name and port of a Host header, in lower case."""
    name, separator, port = host.lower().rpartition(":")
    return (name, port) if separator and not port.endswith("]") else (host.lower(), "")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _is_unspecified(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host.strip("[]")).is_unspecified


def visit_of(request: Any) -> Visit:
    """The visitor who sent a request: of FastAPI, or of NiceGUI's ``ui.context.client``.

    Args:
        request: anything with the ``scope`` of a connection that has passed the guard.
    """
    scope: Mapping[str, Any] = request.scope
    return scope[VISIT]
