"""ASGI middleware in front of everything: no request and no websocket passes that does not come
from a page of this lab, opened by somebody who was let in.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from ...errors import TreguaError
from ..work.visits import Visit
from .access import ENTRY, SAFE_METHODS, VISIT, Access
from .door import MOST_FORM, enter, refused_page
from .peers import is_stranger

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

NONCE = "tregua.nonce"
"""Key under which a request carries the word that marks the scripts of our own page."""

NONCE_BYTES = 16
"""Random bytes in it."""

MOST_BODY = 262_144
"""Bytes of a request: a scenario file is a few thousand."""

MOST_MESSAGE = 262_144
"""Bytes of a message of a websocket."""

MOST_SOCKETS = 24
"""Open websockets of one visitor: one for each tab."""

STATUS = {"TR3005": 401, "TR3006": 403, "TR3007": 503, "TR3008": 429, "TR3009": 413}
"""HTTP statuses of refusals."""

POLICY_VIOLATION = 1008
"""Code with which a websocket is closed that sends too much."""

CLIENT = re.compile(r"^/_nicegui/client/([0-9a-f-]+)/")
"""Paths that belong to one open page, such as that of its uploads."""

PARTS = ("/_nicegui", "/api/")
"""Beginnings of paths that are no pages, which cost the server a tenth of a second each."""

SOCKETS = "/_nicegui_ws/"
"""Where the websockets of pages are."""

PREFIX = b"x-forwarded-prefix"
"""A header from which NiceGUI would build the addresses of its files;
a lab is never below a prefix.
"""

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Headers of every answer."""

ENTRY_HEADERS = {"referrer-policy": "same-origin"}
"""Headers of the door alone: a page without any referrer would send its form as if from nowhere,
and be refused.
"""


def content_policy(nonce: str) -> str:
    """What a page may load and run.

    Nothing comes from elsewhere, and no script runs that is not a file of ours or marked by us, so
    text that found its way into a page stays text. Two things are open because the library needs
    them: ``unsafe-eval``, as Vue makes functions of the templates of its components in the browser,
    and NiceGUI of what Python sends over the guarded websocket; and inline styles, which Quasar,
    Tailwind and ECharts write while they draw. Images and files that the page itself makes
    (``data:``, ``blob:``) are for downloads.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


class Guard:
    """ASGI middleware: the application behind a guard.

    Args:
        app: what is guarded.
        access: who may come in.
        owns: whether an open page, by its id, is a visitor's.
    """

    def __init__(
        self,
        app: App,
        access: Access,
        owns: Callable[[str, Visit], bool] = lambda page, visit: True,
    ):
        self.app, self._access, self._owns = app, access, owns
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope[NONCE] = secrets.token_urlsafe(NONCE_BYTES)
        headers = _headers(scope)
        send = _hardened(send, scope[NONCE], scope["path"])
        try:
            self._check_source(scope, headers)
            if scope["type"] == "http" and scope["path"] == ENTRY:
                await enter(self._access, scope, headers, _limited(receive, MOST_FORM), send)
                return
            visit = self._check_visit(scope, headers)
        except TreguaError as error:
            await _refuse(error, scope, headers, receive, send)
            return
        scope[VISIT] = visit
        scope["headers"] = [
            (name, value) for name, value in scope["headers"] if name.lower() != PREFIX
        ]
        if scope["type"] == "websocket":
            await self._socket(visit, scope, receive, send)
        else:
            await self._request(scope, headers, receive, send)

    def _check_source(self, scope: Scope, headers: dict[str, str]) -> None:
        """Refuse what does not come from a page of ours (TR3006):
        by who asks, the name asked for, the page that asks, and what the browser says.
        """
        ends = [tuple(scope.get(end) or ()) for end in ("client", "server")]
        if self._access.own_user_only and all(ends) and is_stranger(*ends):
            raise _foreign("user", "another user of this computer")
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._access.allows_host(host):
            raise _foreign("Host", host)
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if origin is not None and not self._access.allows_origin(origin, host):
            raise _foreign("Origin", origin)
        site = headers.get("sec-fetch-site", "none")
        visiting = (
            not changes
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest") == "document"
        )
        if site not in {"same-origin", "none"} and not visiting:
            raise _foreign("Sec-Fetch-Site", site)
        if origin is None and (
            scope["type"] == "websocket" or (changes and "sec-fetch-site" in headers)
        ):
            raise _foreign("Origin", "none")

    def _check_visit(self, scope: Scope, headers: dict[str, str]) -> Visit:
        """The visitor, who was let in, sends not too much,
        and asks for no page of somebody else.
        """
        visit = self._access.visit_of_cookies(headers.get("cookie", ""))
        if visit is None:
            raise TreguaError(
                "TR3005",
                "you have not been let in here",
                do=f"open the link that the terminal shows, or {ENTRY}",
            )
        if not visit.requests.take():
            raise TreguaError("TR3008", "too many requests", do="wait a few seconds")
        if (
            scope["type"] == "http"
            and not scope["path"].startswith(PARTS)
            and not visit.pages.take()
        ):
            raise TreguaError("TR3008", "too many pages", do="wait a few seconds")
        for page in _pages_named(scope):
            if not self._owns(page, visit):
                raise _foreign("page", page)
        if scope["type"] == "websocket" and self._sockets[visit.key] >= MOST_SOCKETS:
            raise TreguaError(
                "TR3008", "too many tabs are open", found=self._sockets[visit.key], do="close some"
            )
        return visit

    async def _request(
        self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        """Pass a request on, up to the size that it may have."""
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BODY:
            await _refuse(_too_large(length), scope, headers, receive, send)
            return
        begun = gone = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        async def heard() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        try:
            await self.app(scope, _limited(heard, MOST_BODY), watched)
        except TreguaError as error:
            if begun:
                raise
            await _refuse(error, scope, headers, receive, send)
        except RuntimeError:
            # Who turned to another page before this one was sent has left no one to answer, which
            # the library takes for a fault.
            if not gone:
                raise

    async def _socket(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a websocket on, as long as it sends no more messages than a hand can cause."""

        async def counted() -> Message:
            message = await receive()
            visit.seen = time.monotonic()
            if message["type"] == "websocket.receive" and not visit.messages.take():
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
            return message

        self._sockets[visit.key] += 1
        try:
            await self.app(scope, counted, send)
        finally:
            self._sockets[visit.key] -= 1
            if not self._sockets[visit.key]:
                del self._sockets[visit.key]


def _headers(scope: Scope) -> dict[str, str]:
    """Headers of a request; one that comes twice is joined, so that two hosts are no host."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        glue = "; " if name == "cookie" else ", "
        headers[name] = f"{headers[name]}{glue}{value}" if name in headers else value
    return headers


def _pages_named(scope: Scope) -> list[str]:
    """Ids of open pages that a request names."""
    path = CLIENT.match(scope["path"])
    asked = (
        parse_qs(scope.get("query_string", b"").decode("latin-1")).get("client_id", [])
        if scope["path"].startswith(SOCKETS)
        else []
    )
    return asked + ([path[1]] if path else [])


def _hardened(send: Send, nonce: str, path: str) -> Send:
    """A sender that puts our headers on every answer."""
    own = {
        "content-security-policy": content_policy(nonce),
        **(ENTRY_HEADERS if path == ENTRY else {}),
    }
    ours = {name.encode(): value.encode() for name, value in {**HEADERS, **own}.items()}

    async def hardened(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            theirs = [
                (name, value)
                for name, value in message.get("headers", [])
                if name.lower() not in ours
            ]
            message = {**message, "headers": [*theirs, *ours.items()]}
        await send(message)

    return hardened


def _limited(receive: Receive, most: int) -> Receive:
    """A receiver that refuses (TR3009) a body that goes on after what its sender may send."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _too_large(f"more than {most}")
        return message

    return limited


def _foreign(header: str, value: str) -> TreguaError:
    return TreguaError(
        "TR3006",
        "this did not come from a page of this lab",
        where=header,
        found=value[:100],
        do="open the link that the terminal shows",
    )


def _too_large(size: str) -> TreguaError:
    return TreguaError(
        "TR3009", "this is too large", found=f"{size} bytes", expected=f"at most {MOST_BODY} bytes"
    )


async def _refuse(
    error: TreguaError, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
) -> None:
    """Answer with a refusal: a page to people, data to programs. A websocket is never accepted."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    as_page = "text/html" in headers.get("accept", "")
    body = refused_page(error, scope, headers) if as_page else json.dumps({"error": error.record()})
    kind = "text/html; charset=utf-8" if as_page else "application/json"
    sent = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send(
        {"type": "http.response.start", "status": STATUS.get(error.code, 400), "headers": sent}
    )
    await send({"type": "http.response.body", "body": body.encode()})
