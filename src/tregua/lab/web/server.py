"""ASGI server: pages and interface in one application behind the guard,
on a socket of this computer.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import nicegui.client
import nicegui.core
import uvicorn
from fastapi import FastAPI
from jinja2 import BaseLoader, Environment
from nicegui import Client, ui

from ..._version import __version__
from ...errors import TreguaError
from ..work.shared import Shared
from ..work.visits import Visit
from .access import VISIT, Access, visit_of
from .api import ROOT, add_interface
from .guard import MOST_MESSAGE, NONCE, Guard

PORT = 8321
"""Port where none is given; where it is taken, any that is free."""

LAST_PORT = 65_535
"""Highest port that there is."""

RECONNECT = 20.0
"""Seconds for which a page that lost its connection is kept:
a computer that slept for a moment finds it as it was.
"""

BEAT, BEAT_MISSED = 5.0, 5.0
"""Seconds between two signs of life of a connection, and how late one may be. By the library's own
measure, 0.8 and 0.4 of :data:`RECONNECT`, a visitor would be in doubt for half a minute.
"""

CLOSE = 2
"""Seconds for which open connections may end by themselves when the lab is stopped."""

MOST_CONNECTIONS = 400
"""Connections at a time of everybody together."""


NEAREST = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for every one of this computer, and what a browser on it asks instead."""


MARK = f"request.scope['{NONCE}']"
"""Where the library's template finds the mark of a request."""

HEAD = "head_html | safe"
"""How the template writes what our pages put into its head."""


class _Marked(BaseLoader):
    """A Jinja2 loader that marks the library's own page: a nonce on its scripts and on those that
    our pages put into its head, so that no other script in it runs.

    The mark goes into the text of the template, not into finished pages: a script that found its
    way into a page would be marked with them.
    """

    def __init__(self, loader: BaseLoader):
        self._loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, file, fresh = self._loader.get_source(environment, template)
        environment.filters["marked"] = lambda text, nonce: text.replace(
            "<script", f'<script nonce="{nonce}"'
        )
        marked = source.replace("<script", f'<script nonce="{{{{ {MARK} }}}}"')
        return marked.replace(HEAD, f"head_html | marked({MARK}) | safe"), file, fresh


def make_app(shared: Shared, access: Access, add_pages: Callable[..., None] | None) -> Guard:
    """Everything that answers a browser; the lab begins to work when the server has started.

    Args:
        shared: the lab.
        access: who may come in.
        add_pages: gives the screens their addresses; None for the interface alone.
    """

    @asynccontextmanager
    async def working(_: FastAPI) -> AsyncIterator[None]:
        # Not before: NiceGUI looks through all objects of the process as it starts, and a tuple
        # that another thread is making then (JAX makes many) cannot be finished (a SystemError of
        # Python's).
        shared.start()
        yield

    app = FastAPI(
        title="The lab of Tregua",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{ROOT}/openapi.json",
        lifespan=working,
    )
    add_interface(app, shared)
    if add_pages is not None:
        templates = nicegui.client.templates.env
        if not isinstance(templates.loader, _Marked):
            pages: Any = templates.loader
            templates.loader = _Marked(pages)
        add_pages(shared, visit_of)
        nicegui.app.on_startup(_beat)
        ui.run_with(
            app,
            title="Tregua",
            language="en-US",
            reconnect_timeout=RECONNECT,
            show_welcome_message=False,
        )
    return Guard(app, access, _owns)


def _beat() -> None:
    """Set how soon a lost connection is noticed, after the library has set its own measure."""
    nicegui.core.sio.eio.ping_interval, nicegui.core.sio.eio.ping_timeout = BEAT, BEAT_MISSED


def _owns(page: str, visit: Visit) -> bool:
    """Whether an open page is a visitor's. One that is no more belongs to nobody,
    and the library answers as it should.
    """
    client = Client.instances.get(page)
    return client is None or client.request.scope.get(VISIT) is visit


def listen(host: str, port: int | None) -> socket.socket:
    """A socket that listens.

    Raises:
        TreguaError: TR3004 where it cannot.
    """
    wanted = PORT if port is None else port
    try:
        return _bound(host, wanted)
    except OSError as error:
        problem = error
    if port is None:
        try:
            return _bound(host, 0)
        except OSError as error:
            problem = error
    raise TreguaError(
        "TR3004",
        "the lab cannot listen there",
        where="command line, --host and --port",
        found=f"{host}, port {wanted}: {problem.strerror or problem}",
        do="leave out --port, or name another",
    ) from problem


def _bound(host: str, port: int) -> socket.socket:
    if not 0 <= port <= LAST_PORT:
        raise OSError("there is no such port")
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


def address_of(host: str, port: int) -> str:
    """The address of the lab for a browser on this computer."""
    name = NEAREST.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def serve(app: Guard, sock: socket.socket) -> None:
    """Answer until somebody stops it with Ctrl-C,
    which is raised again when all connections are closed.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws_max_size=MOST_MESSAGE,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=CLOSE,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    # The library knows Ctrl-C and the end of a process; a closed terminal is the same to us, unless
    # who started it asked that it be ignored.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, server.handle_exit)
    server.run(sockets=[sock])
