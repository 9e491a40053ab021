"""Digest of what code does: its syntax tree without imports, docstrings and comments.

Moving a file, reformatting it or mending a comment leaves the digest as it is, so that checkpoints
and trained emulators stay valid; any other change makes a new one. Digests are the same in every
version of Python that can read the code.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

UNWRITTEN = ("type_comment", "type_ignores", "type_params", "kind", "ctx")
"""Fields of syntax trees that say nothing more, or that not every version of Python has."""

IMPORTS = (ast.Import, ast.ImportFrom)


def text_digest(text: str | bytes) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def syntax_digest(source: str) -> str:
    """SHA-256 of the syntax tree of some source code.

    Raises:
        SyntaxError: where it is no Python.
    """
    return text_digest("\n".join(_words(ast.parse(textwrap.dedent(source)))))


def class_digest(kind: type) -> str:
    """Digest of the code behind a class: of its file, or of the class alone where it was typed into
    a session, or of its compiled functions where there is no source at all.
    """
    module = inspect.getmodule(kind)
    in_file = module is not None and module.__name__ != "__main__"
    places: tuple[Any, ...] = (module, kind) if in_file else (kind,)
    for place in places:
        try:
            return syntax_digest(inspect.getsource(place))
        except (OSError, TypeError, SyntaxError):
            continue
    functions = {name: value for name, value in vars(kind).items() if inspect.isfunction(value)}
    return text_digest(
        "\n".join(
            f"{name} {_code(function.__code__)}" for name, function in sorted(functions.items())
        )
    )


def module_digest(name: str) -> str:
    """Digest of the code of a module that is loaded: of the whole package that it is in, without
    tests, or of its own file. What has no file gives the digest of nothing; the digests of its
    classes then say more.
    """
    package = sys.modules.get(name.partition(".")[0])
    folders = [Path(place) for place in getattr(package, "__path__", ())]
    files = {
        file.relative_to(folder).as_posix(): file
        for folder in folders
        for file in sorted(folder.rglob("*.py"))
        if not file.name.startswith("test_")
    }
    if not folders and (single := getattr(package, "__file__", None)):
        files = {name: Path(single)}
    return text_digest(
        "\n".join(f"{place} {_file_digest(files[place])}" for place in sorted(files))
    )


def _file_digest(file: Path) -> str:
    """Digest of what a file does, or of its bytes where it is no Python that can be read."""
    content = file.read_bytes()
    try:
        return syntax_digest(content.decode("utf-8-sig"))
    except (SyntaxError, ValueError):
        return text_digest(content)


def _words(node: ast.AST) -> Iterator[str]:
    """A syntax tree as words: kinds of nodes, names of fields that hold something,
    and constants.
    """
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        if name in UNWRITTEN or value is None or value == []:
            continue
        yield f".{name}"
        if name == "body" and isinstance(value, list):
            value = [part for part in value if not isinstance(part, IMPORTS) and not _is_text(part)]
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _words(part)
            else:
                yield repr(part)
    yield "."


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a docstring, of whatever it stands under."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _code(code: CodeType) -> str:
    """Instructions, names and constants of a function and of those inside it,
    without file and line.
    """
    constants = [_code(x) if inspect.iscode(x) else repr(x) for x in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"
