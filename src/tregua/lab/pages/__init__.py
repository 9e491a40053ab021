"""NiceGUI pages: the screens of the lab. Each is a file; :func:`add_pages` gives all of them their
addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nicegui import ui
from starlette.requests import Request

from .compare import CompareScreen
from .frame import GUESS, SCREENS, screen
from .guess import guess
from .lab import LabScreen
from .schedule import ScheduleScreen
from .start import start
from .take_away import TakeAwayScreen
from .trust import trust
from .why import why

if TYPE_CHECKING:
    from ..work.shared import Shared
    from ..work.visits import Visit
    from .frame import Screen


def add_pages(shared: Shared, visit_of: Callable[[Request], Visit]) -> None:
    """Give every screen its address: ``/``, ``/lab``, ``/schedule``, ``/compare``, ``/why``,
    ``/trust``, ``/take-away`` and ``/guess``.

    Args:
        shared: the lab of this process.
        visit_of: the visitor of a request that the guard has let through.
    """
    builders: dict[str, Callable[[Screen], object]] = {
        "start": start,
        "lab": LabScreen,
        "schedule": ScheduleScreen,
        "compare": CompareScreen,
        "trust": trust,
        "take_away": TakeAwayScreen,
        "guess": guess,
    }

    def page_of(key: str) -> Callable[[Request], None]:
        def page(request: Request) -> None:
            with screen(shared, visit_of(request), request, key) as here:
                if key == "why":
                    why(here, request.query_params.get("h", ""))
                else:
                    builders[key](here)

        return page

    for key, path in {**SCREENS, "guess": GUESS}.items():
        ui.page(path)(page_of(key))
