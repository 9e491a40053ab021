"""Templates: text with places, filled by Jinja, in the folder ``templates`` of a room."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


@cache
def templates_of(room: str, html: bool = True) -> jinja2.Environment:
    """Jinja environment of the templates of a room, such as ``"reporting"``.

    Args:
        room: whose folder ``templates`` is read.
        html: whether what is filled in is escaped for HTML; plain text and Markdown are not.
    """
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader(f"tregua.{room}", "templates"),
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
