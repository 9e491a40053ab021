"""Tables of TOML files of a country, in which an unknown key is refused and told by a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import TreguaError


class Strict(BaseModel):
    """A table of a file, in which an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


T = TypeVar("T", bound=Strict)


def described(kind: type[T], given: Mapping[str, Any], code: str, what: str, **said: str) -> T:
    """A table as its kind asks for, or a refusal by the first thing that is wrong.

    Args:
        kind: what the table must be.
        given: its content.
        code: of the refusal.
        what: what is wrong then, in words; what pydantic says is added.
        said: further details of the refusal; ``where`` is completed by the key.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise TreguaError(
            code,
            f"{what}: {first['msg'].lower()}",
            **{**said, "where": f"{said['where']}, key {key}"},
            found=str(first.get("input"))[:80],
        ) from error
