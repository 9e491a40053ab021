"""Texts of scenario files: of the scenarios of countries, of files, and of run folders."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from ..countries.pack import SETTINGS, Pack
from ..countries.registry import first_pack, folder_pack, packs
from ..errors import TreguaError, nearest_name
from .bounds import MOST_BYTES, check_size
from .editing import with_data, with_end, without_mechanisms

COPY = "scenario.toml"
"""The scenario in a run folder: a folder may be named in the place of a file."""


class ScenarioText(NamedTuple):
    """A scenario file as text.

    Attributes:
        text: of the file.
        shown: what messages call the file.
        base: folder from which paths in it start; None for those that ship.
    """

    text: str
    shown: str
    base: Path | None = None

    def changed(
        self, until: int | None = None, data: str = "", without: Collection[str] = ()
    ) -> ScenarioText:
        """The same scenario with another end, on other data, or without some mechanisms.

        Args:
            until: last year; that of the text if None.
            data: name of a data set, or a folder, as seen from the current one; that of the text if
                empty.
            without: names of mechanisms.
        """
        text = self.text
        if until is not None:
            text = with_end(text, self.shown, until)
        if data:
            text = with_data(text, self.shown, data, self.base)
        if without:
            text = without_mechanisms(text, self.shown, without, None if data else self.base)
        return ScenarioText(text, self.shown, None if data else self.base)


def default_scenario() -> str:
    """Name of the scenario that runs where none is named."""
    return first_pack().settings.scenario


def shipped_scenarios() -> list[str]:
    """Names of the scenarios of registered countries."""
    return sorted(_registered())


def _registered() -> dict[str, Traversable]:
    """Files of the scenarios of registered countries, by name."""
    return {
        file.name.removesuffix(".toml"): file
        for pack in packs().values()
        if (pack.folder / "scenarios").is_dir()
        for file in (pack.folder / "scenarios").iterdir()
    }


def scenario_of(pack: Pack) -> ScenarioText:
    """The scenario of a country that is meant where none is named (TR1513 where it has none)."""
    file = f"scenarios/{pack.settings.scenario or pack.name}.toml"
    base = pack.folder / "scenarios"
    return ScenarioText(
        pack.text(file), f"{pack.shown}/{file}", base if isinstance(base, Path) else None
    )


def read_text(source: str | Path) -> ScenarioText:
    """Text of a scenario.

    Args:
        source: path of a TOML file, of a run folder or of a country's folder, or the name of a
            scenario of a registered country.

    Raises:
        TreguaError: TR1101 where it cannot be read, TR1103 where it is no text, TR1104 where it is
            too large, and those of :class:`~tregua.countries.pack.Pack`.
    """
    if str(source) in shipped_scenarios():
        file = _registered()[str(source)]
        base = file.parent if isinstance(file, Path) else None
        return ScenarioText(file.read_text(encoding="utf-8"), f"{source}.toml (shipped)", base)
    path = Path(source)
    try:
        if (path / SETTINGS).is_file():
            return scenario_of(folder_pack(path, str(source)))
        if (path / COPY).is_file():
            path = path / COPY
        with path.open("rb") as stream:
            # One more than is allowed, so that what is endless is found out too.
            content = stream.read(MOST_BYTES + 1)
        check_size(len(content), str(source))
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        return ScenarioText(text, str(source), path.parent)
    except UnicodeDecodeError as error:
        raise TreguaError(
            "TR1103", "this file is not text in UTF-8", where=str(source), do="save it as UTF-8"
        ) from error
    except OSError as error:
        names = shipped_scenarios() + (
            [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        )
        raise TreguaError(
            "TR1101",
            "this scenario cannot be read",
            where=str(source),
            found=error.strerror,
            expected="a TOML file, a folder of a run or a country, or a shipped scenario: "
            + ", ".join(shipped_scenarios()),
            nearest=nearest_name(path.name, names),
        ) from error
