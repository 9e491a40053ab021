"""The screens of the lab. Each is a file; :func:`add_pages` gives all of them their addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..shared import Shared
    from ..visits import Visit


def add_pages(shared: Shared, visit_of: Callable[[Request], Visit]) -> None:
    """Give every screen its address: ``/``, ``/lab``, ``/schedule``, ``/compare``, ``/why``, ``/trust`` and ``/take-away``, and the files to take away.

    Args:
        shared: the lab of this process.
        visit_of: the visitor of a request that the guard has let through.
    """
    raise NotImplementedError
