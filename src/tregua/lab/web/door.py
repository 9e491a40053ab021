"""The door: the page that a link opens, the form for the password, and what is shown to who is not
let in. It loads nothing and runs no script.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from ...errors import TreguaError
from ..words import LANGUAGES, catalogue
from .access import ENTRY, SAFE_METHODS

if TYPE_CHECKING:
    from .access import Access

MOST_FORM = 8_192
"""Bytes of the form: a password and nothing else."""

DOOR = "door."
"""Where the catalogue has what the door says."""

PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">{head}
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;
color:#222;background:#fff}}
input,button{{font:inherit;padding:.4rem .6rem}}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""
"""A page of the door."""


async def enter(
    access: Access,
    scope: Mapping[str, Any],
    headers: Mapping[str, str],
    receive: Callable,
    send: Callable[..., Awaitable[None]],
) -> None:
    """Answer a request for the door.

    Raises:
        TreguaError: TR3005, TR3007, TR3008 where nobody is let in; TR3009 for a form that is too
            large.
    """
    words = _words(headers)
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    token = asked.get("token", [""])[0]
    if scope["method"] not in SAFE_METHODS:
        visit = access.enter_with_password(await _password(receive))
    elif access.visit_of_cookies(headers.get("cookie", "")) is not None:
        visit = None
    elif token:
        visit = access.enter(token)
    elif access.has_password:
        await _send(send, words, _form(words))
        return
    else:
        raise TreguaError(
            "TR3005", "you have not been let in here", do="open the link that the terminal shows"
        )
    # The next request must begin on a page of ours, not on the link:
    # browsers hold back the cookie from a way in that began elsewhere.
    secure = headers.get("x-forwarded-proto") == "https"
    cookie = [(b"set-cookie", access.cookie_header(visit, secure).encode())] if visit else []
    onward = '<meta http-equiv="refresh" content="0;url=/">'
    await _send(send, words, f'<p><a href="/">{words["in"]}</a></p>', head=onward, headers=cookie)


def refused_page(error: TreguaError, scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """What a person sees who is not let in, with a way on for who is,
    but came by a link on another site.
    """
    words = _words(headers)
    body, head = f"<p>{html.escape(words.get(error.code, error.what))}</p>", ""
    if error.code == "TR3005" and scope["path"] != ENTRY:
        query = scope.get("query_string", b"").decode("latin-1")
        # One slash: two would be the address of another computer.
        target = html.escape(
            "/" + quote(scope["path"].lstrip("/\\")) + (f"?{query}" if query else ""), quote=True
        )
        body += f'<p><a href="{target}">{words["continue"]}</a></p>'
        if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            head = f'<meta http-equiv="refresh" content="0;url={target}">'
    body += f"<p><small>{error.code} · {words['code'].format(code=error.code)}</small></p>"
    return PAGE.format(lang=words["lang"], title=words["title"], head=head, body=body)


def language_of(headers: Mapping[str, str]) -> str:
    """The first language of a browser that the lab speaks; English where it has none."""
    for part in headers.get("accept-language", "").lower().split(","):
        code = part.strip().partition(";")[0].partition("-")[0]
        if code in LANGUAGES:
            return code
    return LANGUAGES[0]


def _words(headers: Mapping[str, str]) -> dict[str, str]:
    """Texts of the door in the browser's language: nobody has asked the person yet."""
    language = language_of(headers)
    texts = {
        key.removeprefix(DOOR): words
        for key, words in catalogue(language).items()
        if key.startswith(DOOR)
    }
    return texts | {"lang": language}


def _form(words: Mapping[str, str]) -> str:
    return (
        f'<form method="post" action="{ENTRY}"><label>{words["password"]} <input type="password" '
        'name="password" autocomplete="current-password" autofocus>'
        f"</label> <button>{words['open']}</button></form>"
    )


async def _password(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> str:
    """The password of a form."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


async def _send(
    send: Callable[..., Awaitable[None]],
    words: Mapping[str, str],
    body: str,
    head: str = "",
    headers: list | None = None,
) -> None:
    """Send a page of the door, which nobody keeps."""
    sent = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-store"),
        *(headers or []),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": sent})
    await send(
        {
            "type": "http.response.body",
            "body": PAGE.format(
                lang=words["lang"], title=words["title"], head=head, body=body
            ).encode(),
        }
    )
