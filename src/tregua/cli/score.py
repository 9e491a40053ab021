"""Forecast verification, `tregua score`: forecasts of homicides by territory against the record."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..engine.session import begin
from ..errors import TreguaError
from ..optional import SCORE, need
from .folders import country_of, named_after, tell_pack
from .show import ERR, OUT, print_json, print_table, progress_bar
from .target import target_folder

if TYPE_CHECKING:
    import pandas

    from ..countries.pack import Pack
    from ..forecasting.scoreboard import Scoreboard

HEADINGS = {
    "crps": "CRPS",
    "crps_rate": "per 100,000",
    "log_score": "log score",
    "interval_score_80": "interval 80 %",
    "covered_50": "in 50 %",
    "covered_80": "in 80 %",
    "covered_95": "in 95 %",
    "misplaced_share": "misplaced",
}
PERCENT = ("covered_50", "covered_80", "covered_95", "misplaced_share")

CAPTION = (
    "Means over {states}, leads and the origins named. CRPS and interval score: deaths in a "
    "{state}; lower is better. In 50 %: share of the record inside that interval. Misplaced: "
    "distance of the medians, over all deaths."
)
DIFFERENCES = (
    "CRPS of the forecast less that of the other, mean and 95 % bootstrap interval over {states}: "
    "below zero the forecast is better."
)
OTHER = "{}: {}; it is no baseline."


def score_forecasts(
    file: Path | None,
    origin: int | None,
    seed: int | None,
    data: str | None,
    out: Path | None,
    replace: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Score the baselines, or a forecast beside them; print the table and write the folder."""
    began = time.perf_counter()
    need(SCORE)
    begin()
    from ..forecasting.scoreboard import SEED

    if (file is None) != (origin is None):
        do = "tregua score FILE --origin YEAR, or tregua score alone for the baselines"
        raise TreguaError(
            "TR1001", "a file and its origin belong together", where="command line", do=do
        )
    seed = SEED if seed is None else seed
    pack = country_of(data)
    tell_pack(pack)
    folder, may_replace = target_folder(out, _name(file, origin, pack), replace)
    boards = _boards(file, origin, seed, pack, quiet or as_json)
    tables = _tables(boards, seed)
    _write(folder, may_replace, boards, tables, _record(file, origin, seed, pack, boards))
    if as_json:
        seconds = time.perf_counter() - began
        print_json(
            {
                "folder": str(folder),
                "seconds": seconds,
                **{
                    name: table.to_dict("records")
                    for name, table in tables.items()
                    if "cells" not in name
                },
            }
        )
        return 0
    if not quiet:
        for board in boards.values():
            _show(board)
    ERR.print(f"Tables and figures: {folder}", markup=False)
    return 0


def _name(file: Path | None, origin: int | None, pack: Pack) -> str:
    name = named_after("score", pack)
    return name if file is None else f"{name}-{file.stem}-{origin}"


def _boards(
    file: Path | None, origin: int | None, seed: int, pack: Pack, silent: bool
) -> dict[str, Scoreboard]:
    """The scoreboards by the word for their periods."""
    from ..forecasting.rolling import OTHERS
    from ..forecasting.scoreboard import baseline_boards, forecast_board
    from ..forecasting.submission import read_forecast

    forecast = None if file is None or origin is None else read_forecast(file, origin, pack)
    if not silent:
        ERR.print(
            (
                f"Making the baselines; the automatic ones fit every {pack.word('en', many=False)} "
                "by itself, which takes a minute or two"
            ),
            markup=False,
        )
    with progress_bar("Scoring", silent) as told:
        if forecast is None:
            made = baseline_boards(pack, seed, told, others=OTHERS)
            return dict(zip(("years", "months"), made, strict=True))
        return {
            "years" if forecast.season == 1 else "months": forecast_board(
                forecast, seed, told, others=OTHERS
            )
        }


def _tables(boards: Mapping[str, Scoreboard], seed: int) -> dict[str, pandas.DataFrame]:
    """Every table by file name."""
    tables: dict[str, pandas.DataFrame] = {}
    for period, board in boards.items():
        means = {
            "all": (),
            "by_origin": ("origin",),
            "by_lead": ("lead",),
            "by_origin_and_lead": ("origin", "lead"),
            "by_state": ("state_code",),
        }
        tables |= {f"{period}_{name}": board.means(by) for name, by in means.items()}
        tables |= {
            f"{period}_differences": board.differences("crps", seed),
            f"{period}_cells": board.cells,
        }
    return tables


def _record(
    file: Path | None,
    origin: int | None,
    seed: int,
    pack: Pack,
    boards: Mapping[str, Scoreboard],
) -> dict[str, Any]:
    """What went in, for the manifest; no path of this machine."""
    from ..countries.record import count_of

    count = count_of(pack)
    used = (count.yearly, count.file, "population.csv")
    record = {
        "kind": "scores",
        "tregua": __version__,
        "country": pack.name,
        "seed": seed,
        "tables": [note for note in pack.notes if note["file"] in used],
    }
    record["boards"] = {
        period: {
            "origins": list(board.origins),
            "models": list(board.models),
            "labels": dict(board.labels),
        }
        for period, board in boards.items()
    }
    if file is not None:
        record["forecast"] = {
            "file": file.name,
            "origin": origin,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
    return record


def _write(
    folder: Path,
    replace: bool,
    boards: Mapping[str, Scoreboard],
    tables: Mapping[str, pandas.DataFrame],
    record: Mapping[str, Any],
) -> None:
    from ..forecasting.charts import score_picture
    from ..reporting.run_folder import save_picture, write_json, write_tables
    from ..results.staging import MANIFEST, staged

    with staged(folder, replace) as place:
        write_tables(place, tables)
        (place / "figures").mkdir()
        pictures = [
            score_picture(board, f"Tregua {__version__} · seed {record['seed']}")
            for board in boards.values()
        ]
        for picture in pictures:
            save_picture(place / "figures", picture.name, picture)
        figures = {
            picture.name: {"title": picture.title, "alt": picture.alt, "caption": picture.caption}
            for picture in pictures
        }
        write_json(place / MANIFEST, {**record, "figures": figures})


def _show(board: Scoreboard) -> None:
    """The means over all origins, and below, where there are several, the CRPS from each, or else
    how a forecast from a file stands to the others.
    """
    from ..forecasting.baselines import BASELINES

    period = "year" if board.season == 1 else "month"
    words = {"states": board.pack.word("en"), "state": board.pack.word("en", many=False)}
    table = board.means().sort_values("crps")
    rows = [
        [row["model"], row["origins"], *(_text(row[name], name) for name in HEADINGS)]
        for _, row in table.iterrows()
    ]
    caption = " ".join(
        [
            CAPTION.format(**words),
            *(
                OTHER.format(name, label)
                for name, label in board.labels.items()
                if name in board.models
            ),
        ]
    )
    print_table(
        f"Forecasts of homicides by {words['state']} and {period}",
        ["model", "origins", *HEADINGS.values()],
        rows,
        caption,
        left=2,
    )
    if len(board.origins) > 1:
        each = board.means(["origin"]).set_index(["model", "origin"])
        cells = {(m, o): each.loc[m, o] for m, o in each.index}
        lines = [
            [
                m,
                *(
                    f"{cells[m, o]['crps']:.3g} ({100 * cells[m, o]['covered_80']:.0f} %)"
                    if (m, o) in cells
                    else "not available"
                    for o in board.origins
                ),
            ]
            for m in table["model"]
        ]
        print_table(
            f"CRPS by origin, and in brackets the share inside the 80 % interval ({period}s)",
            ["model", *map(str, board.origins)],
            lines,
        )
    elif board.models[0] not in BASELINES:
        _show_differences(board)


def _show_differences(board: Scoreboard) -> None:
    """The first model against every other."""
    table = board.differences()
    table = table[table["model"] == board.models[0]]
    rows = [
        [row.against, f"{row.difference:+.3g}", f"{row.low_95:+.3g} to {row.high_95:+.3g}"]
        for row in table.itertuples()
    ]
    print_table(
        f"{board.models[0]} against the baselines", ["other", "difference", "interval"], rows
    )
    OUT.print(DIFFERENCES.format(states=board.pack.word("en")), markup=False)


def _text(value: float, name: str) -> str:
    return (
        f"{100 * value:.0f} %"
        if name in PERCENT
        else f"{value:.3g}"
        if value < 1000
        else f"{value:,.0f}"
    )
