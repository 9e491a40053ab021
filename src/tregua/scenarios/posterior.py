"""Posterior draws that ship with the package or lie in a folder of a fit:
parameters as the record to some year leaves them, many times over.

A draw is one joint set of values. Drawn together they keep what the record says about their
products and ratios, which single values with separate bands lose.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
from jaxtyping import Float

from ..countries.pack import Pack
from ..countries.registry import packs
from ..errors import TreguaError, nearest_name
from ..model.model import Model

if TYPE_CHECKING:
    import pandas

ARRAYS, RECORD = "posterior.npz", "posterior.json"
"""Files of a posterior: draws as arrays, and how they came about."""

EFFECT = "effect on "
"""Beginning of the names of effects of states: ``effect on PARAMETER in STATE``."""

TABLES = ("nation_year", "state_year", "totals", "told_apart")
"""Tables of a fit that a report shows, where the posterior has them."""

MOST_MISFIT = 1.5
"""Squared distance between record and prediction for each datum, in deviations that the priors of
the discrepancy expect, above which a fit does not reach the record and fails its own test.
"""

PARAMETER, SCATTER, DISCREPANCY = "parameter/", "scatter/", "discrepancy"
"""Names of arrays: of parameters and of the scatter of observations by prefix, and of the
discrepancies of states at the end of the record.
"""


@dataclass(frozen=True, eq=False)
class StoredPosterior:
    """A posterior as stored: draws of a fit, and how they came about.

    Attributes:
        name: of the shipped posterior, or the folder's.
        parameters: draws by full name of the parameter, in its unit.
        scatter: draws of what observations scatter by.
        discrepancy: log of the record less log of what the mechanisms expect, at the end of the
            record.
        record: how the draws came about, as ``posterior.json`` has it.
        digest: SHA-256 of the arrays' file, the first 16 digits.
        tables: those of :data:`TABLES` that it has.
        country: whose record it was fitted to; empty where nobody says so.
    """

    name: str
    parameters: Mapping[str, Float[np.ndarray, "draw *axes"]]
    scatter: Mapping[str, Float[np.ndarray, "draw"]]
    discrepancy: Float[np.ndarray, "draw territory"]
    record: Mapping[str, Any]
    digest: str
    tables: Mapping[str, pandas.DataFrame]
    country: str = ""

    @property
    def size(self) -> int:
        """Number of draws."""
        return len(self.discrepancy)

    @property
    def identity(self) -> dict[str, Any]:
        """Name, hash and number of draws, for what is written of a run."""
        return {"name": self.name, "sha256": self.digest, "draws": self.size}

    def draws_for(self, model: Model) -> dict[str, Float[np.ndarray, "draw *axes"]]:
        """Draws of the parameters that a model has: one without some mechanism takes the rest."""
        return {n: x for n, x in self.parameters.items() if n in model.parameters}


def shipped_posteriors() -> list[str]:
    """Names of the posteriors in the package."""
    return sorted(name for name, pack in packs().items() if pack.has(f"posterior/{ARRAYS}"))


def failed_misfit(record: Mapping[str, Any]) -> float | None:
    """Misfit of a fit that fails its own test by it: squared deviations a datum after the last
    pass; None where the fit passes, or was tested otherwise.

    Args:
        record: of the fit, as ``posterior.json`` or the manifest of a run has it.
    """
    passes = record.get("misfit")
    misfit = float(passes[-1]) if isinstance(passes, list) and passes else 0.0
    return misfit if record.get("problems") and misfit > MOST_MISFIT else None


@cache
def load_posterior(source: str, own: Pack | None = None) -> StoredPosterior:
    """A posterior by the name of the country that has it, or from the folder of a fit.

    Args:
        source: name or folder.
        own: country whose posterior may be named beside those that ship.

    Raises:
        TreguaError: TR2902 where there is none, TR2903 where its files cannot be read, TR9003 where
            a shipped one was changed.
    """
    named = packs() | ({own.name: own} if own else {})
    pack = named[source] if source in named and named[source].has(f"posterior/{ARRAYS}") else None
    place = pack.folder / "posterior" if pack else Path(source)

    def read(file: str) -> bytes:
        return pack.content(f"posterior/{file}") if pack else (place / file).read_bytes()

    if not source.strip() or not (place / ARRAYS).is_file():
        names = shipped_posteriors()
        raise TreguaError(
            "TR2902",
            f"there is no posterior {source!r}",
            found=source,
            expected="a folder written by `tregua fit`, or one of " + ", ".join(names)
            if names
            else "a folder written by `tregua fit`",
            nearest=nearest_name(source, names),
        )
    try:
        raw = read(ARRAYS)
        if not is_zipfile(io.BytesIO(raw)):
            raise BadZipFile("its file of arrays holds none")
        with np.load(io.BytesIO(raw)) as stored:
            arrays = {name: np.asarray(stored[name], float) for name in stored.files}
        record = json.loads(read(RECORD))
        discrepancy = arrays.pop(DISCREPANCY)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise TreguaError(
            "TR2903",
            "this posterior cannot be read",
            where=str(place),
            found=str(error),
            do="write it again with `tregua fit`",
        ) from error
    parts = {
        prefix: {n.removeprefix(prefix): x for n, x in arrays.items() if n.startswith(prefix)}
        for prefix in (PARAMETER, SCATTER)
    }
    return StoredPosterior(
        source,
        parts[PARAMETER],
        parts[SCATTER],
        discrepancy,
        record,
        hashlib.sha256(raw).hexdigest()[:16],
        {
            name: _table(read(f"tables/{name}.csv"))
            for name in TABLES
            if (place / "tables" / f"{name}.csv").is_file()
        },
        pack.name if pack else str(record.get("country", "")),
    )


def _table(content: bytes) -> pandas.DataFrame:
    """A table of a fit as a data frame."""
    import pandas

    return pandas.read_csv(io.BytesIO(content), dtype={"state_code": str})
