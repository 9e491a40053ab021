"""The house: which room of the package imports which, read from the code and drawn as a picture.

``python scripts/house.py`` draws ``docs/pictures/house.png`` anew; with ``--check`` it says whether
the picture shows the imports as they are (exit status 1 if it does not). The picture carries what
it shows as text, so that it can be held against the code without looking at pixels.
"""

from __future__ import annotations

import argparse
import ast
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "tregua"
PICTURE = ROOT / "docs" / "pictures" / "house.png"

ROOMS = (
    "model",
    "evidence",
    "mechanisms",
    "countries",
    "scenarios",
    "engine",
    "results",
    "reporting",
    "inference",
    "forecasting",
    "studies",
    "lab",
    "cli",
)
"""Lowest first. A room imports from itself, from those before it, and from the ground."""

GROUND = ("errors", "error_codes", "optional", "shipped", "_version")
"""Modules at the top level, which every room may import and which import no room."""

FACES = ("stocks", "types", "sources", "testing")
"""Modules at the top level for authors of mechanisms of their own, above all rooms, none of which
imports them: their names stay where rooms move.
"""

Graph = Mapping[str, Mapping[str, bool]]
"""By module the modules that it imports, and whether that waits until a function is called."""


def modules() -> dict[str, Path]:
    """Files of the package by the name of their module, without the package's own."""
    files = sorted(SOURCE.rglob("*.py"))
    named = {".".join(file.relative_to(SOURCE).with_suffix("").parts): file for file in files}
    return {name.removesuffix(".__init__"): file for name, file in named.items()}


def import_graph() -> dict[str, dict[str, bool]]:
    """Imports between modules of the package. Those for a type checker alone do not count."""
    files = modules()
    graph: dict[str, dict[str, bool]] = {}
    for name, file in files.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        late = {id(inner) for node in ast.walk(tree) if _waits(node) for inner in ast.walk(node)}
        folder = [part for part in name.split(".") if part != "__init__"]
        folder = folder if file.name == "__init__.py" else folder[:-1]
        imports = graph[name] = {}
        for node in _imports(tree):
            for target in _targets(node, folder):
                module = target if target in files else target.rpartition(".")[0]
                if module in files and module != name:
                    imports[module] = imports.get(module, True) and id(node) in late
    return graph


def room_of(module: str) -> str:
    """The room that a module is in, or the module itself where it lies on the ground."""
    return module.partition(".")[0]


def arrows(graph: Graph) -> list[tuple[str, str]]:
    """Pairs of rooms of which the first imports from the second."""
    pairs = {(room_of(name), room_of(target)) for name, to in graph.items() for target in to}
    return sorted((one, other) for one, other in pairs if one != other and {one, other} <= {*ROOMS})


def says(graph: Graph) -> str:
    """What the picture shows, as text: one line for each room."""
    shown = arrows(graph)
    return "\n".join(
        f"{room}: {' '.join(to for one, to in shown if one == room)}".rstrip() for room in ROOMS
    )


def first_sentence(room: str) -> str:
    """What happens in a room, as its ``__init__`` says it first."""
    text = ast.get_docstring(ast.parse((SOURCE / room / "__init__.py").read_text("utf-8"))) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".").partition(": ")[2] or paragraph


def _waits(node: ast.AST) -> bool:
    """Whether what is inside runs only when it is called."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that are made when the code runs."""
    typed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in typed:
            yield node


def _targets(node: ast.Import | ast.ImportFrom, folder: list[str]) -> list[str]:
    """Full names, without the package's own, of what an import names inside the package."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif node.level:
        base = [*folder[: len(folder) - node.level + 1], *(node.module or "").split(".")]
        return [".".join(part for part in (*base, alias.name) if part) for alias in node.names]
    else:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name.removeprefix("tregua.") for name in names if name.startswith("tregua.")]


def draw(graph: Graph) -> None:
    """Draw the rooms as floors, lowest first, and a dot where one imports from another."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    count, left = len(ROOMS), 7.6
    figure = Figure(figsize=(12.0, 8.4), dpi=110)
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.set(xlim=(0.0, left + 0.46 * count + 0.1), ylim=(-0.9, count + 1.6))
    axes.axis("off")
    column = {room: left + 0.46 * (number + 0.5) for number, room in enumerate(ROOMS)}
    floor = {room: number + 0.5 for number, room in enumerate(ROOMS)}
    for room in ROOMS:
        shade = "#f3f6f9" if ROOMS.index(room) % 2 else "#e4ebf2"
        width = left + 0.46 * count
        axes.add_patch(
            Rectangle((0.0, floor[room] - 0.5), width, 1.0, facecolor=shade, linewidth=0)
        )
        axes.text(0.12, floor[room], room, fontsize=12, fontweight="bold", va="center")
        words = textwrap.fill(first_sentence(room), 66)
        axes.text(1.95, floor[room], words, fontsize=9, va="center")
        axes.text(column[room], count + 0.1, room, fontsize=9, rotation=60, va="bottom")
        axes.plot(column[room], floor[room], "s", color="#c4ccd4", markersize=9)
    for one, other in arrows(graph):
        down = ROOMS.index(one) > ROOMS.index(other)
        look = {"marker": "o", "color": "#0072b2"} if down else {"marker": "D", "color": "#d55e00"}
        axes.plot(column[other], floor[one], markersize=8, linestyle="none", **look)
    axes.text(0.12, -0.4, f"Ground, which every room may import: {', '.join(GROUND)}.", fontsize=9)
    axes.text(
        0.12,
        -0.75,
        "Dot: the room of the row imports from that of the column, always from a lower floor. "
        "Diamond: upwards, and only when called.",
        fontsize=9,
    )
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, metadata={"Description": says(graph), "Software": None})


def shown() -> str:
    """What the picture that is there shows; empty where there is none."""
    from PIL import Image

    if not PICTURE.is_file():
        return ""
    with Image.open(PICTURE) as picture:
        return str(picture.info.get("Description", ""))


def main() -> int:
    """Draw the picture, or check it."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    reader.add_argument("--check", action="store_true", help="say whether the picture is true")
    graph = import_graph()
    if not reader.parse_args().check:
        draw(graph)
        return 0
    if shown() == says(graph):
        return 0
    print(
        f"{PICTURE.relative_to(ROOT)} does not show the imports as they are: run scripts/house.py"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
