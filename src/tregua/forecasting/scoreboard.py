"""Scoreboard of forecasts: who forecast homicides how well; scores of the baselines, and of a
forecast from a file, in every territory, at every lead, from several origins.

A row of :func:`cells <board>` is one forecast of one territory in one period. All other tables are
means over its rows. Models that cannot be made at every origin have fewer rows; their means are not
comparable with the others' over all origins, so tables say which origins are in, and
:func:`differences` compares two models only on rows that both have.

What is cut off at an origin is time, not revision: the baselines see the record as it stands today,
where a forecaster of the time saw preliminary figures, and figures may carry errors themselves
(``pack.toml`` says for each count of a country which do). Means of the CRPS in deaths are ruled by
the few territories with most deaths; that of the rate weighs all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Num

from ..countries.pack import SETTINGS, Pack
from ..countries.record import MONTHS, Record, monthly_record, yearly_record
from ..errors import TreguaError
from ..results.scores import LEVELS, block_bootstrap, score_cells
from .baselines import BASELINES, REPLICATES, Baseline, available, draw, samples_of
from .submission import Forecast, check_origin, origins_of

if TYPE_CHECKING:
    import pandas

MOST_ORIGINS = 3
"""Origins from which the baselines are scored where a country's settings name none."""

LEADS = {1: 4, MONTHS: 12}
"""Periods ahead by periods in a year: four years, or twelve months."""

SEED = 1

KEYS = ("model", "origin", "season", "lead", "year", "month", "state_code")
SCORES = (
    "crps",
    "crps_rate",
    "log_score",
    *(f"interval_score_{level}" for level in LEVELS),
    *(f"covered_{level}" for level in LEVELS),
)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Scoreboard:
    """Scores of several models.

    Attributes:
        cells: one row for each model, origin, lead and territory: the keys, all scores, ``off`` and
            ``actual``.
        models: names, the forecast from a file first.
        season: periods in a year: 1 for years, 12 for months.
        origins: the last years known.
        pack: the country.
        labels: what tables and figures call the models that are neither baselines nor files.
    """

    cells: pandas.DataFrame
    models: tuple[str, ...]
    season: int
    origins: tuple[int, ...]
    pack: Pack
    labels: Mapping[str, str] = field(default_factory=dict)

    def means(self, by: Iterable[str] = ()) -> pandas.DataFrame:
        """Mean scores of every model, over all rows or by ``origin``, ``lead`` or ``state_code``;
        the share of misplaced deaths; which origins are in.

        The share of misplaced deaths is that of each origin and lead, then the mean: the distances
        of the medians over all deaths of the territories in the row.
        """
        keys = ["model", *by]
        groups = self.cells.groupby(keys, sort=False)
        table = groups[list(SCORES)].mean()
        rounds = list(dict.fromkeys([*keys, "origin", "lead"]))
        sums = self.cells.groupby(rounds, sort=False)[["off", "actual"]].sum()
        share = (sums["off"] / np.maximum(sums["actual"], 1.0)).rename("misplaced_share")
        table["misplaced_share"] = share.groupby(keys, sort=False).mean()
        table["origins"] = groups["origin"].agg(
            lambda years: " ".join(map(str, sorted(set(years))))
        )
        return table.reset_index()

    def differences(self, score: str = "crps", seed: int = SEED) -> pandas.DataFrame:
        """Mean score of each model less that of each other, on the rows that both have, with a 95 %
        interval over territories; below zero the first is better.
        """
        import pandas

        rows = []
        for first, second in permutations(self.models, 2):
            origins = [
                year for year in self.origins if self._has(first, year) and self._has(second, year)
            ]
            if not origins:
                continue
            apart = np.stack(
                [self._of(first, year, score) - self._of(second, year, score) for year in origins]
            )
            mean, low, high = block_bootstrap(apart, seed)
            names = {
                "model": first,
                "against": second,
                "score": score,
                "origins": " ".join(map(str, origins)),
            }
            rows.append({**names, "difference": mean, "low_95": low, "high_95": high})
        return pandas.DataFrame(rows)

    def _has(self, model: str, origin: int) -> bool:
        return bool(((self.cells["model"] == model) & (self.cells["origin"] == origin)).any())

    def _of(self, model: str, origin: int, score: str) -> np.ndarray:
        """A score of a model from an origin, shape (territory, lead)."""
        rows = self.cells[(self.cells["model"] == model) & (self.cells["origin"] == origin)]
        return rows.pivot(index="state_code", columns="lead", values=score).to_numpy(float)


def usual_origins(pack: Pack | None = None) -> tuple[int, ...]:
    """The last years known from which the baselines of a country are scored, four years ahead each:
    those of its settings; or else the last that leave four years each and do not overlap, as many
    as the record allows and at most :data:`MOST_ORIGINS`.

    Raises:
        TreguaError: TR2711 where the record is too short for any, or the settings name one that it
            does not allow.
    """
    record = yearly_record(pack)
    first, last = origins_of(record).start, record.last - LEADS[1]
    where, set_ = f"{record.pack.shown}/{SETTINGS}", record.pack.settings.forecast.score_origins
    wrong = next((year for year in set_ if not first <= year <= last), None)
    if last < first or wrong is not None:
        years = f"the record has {record.first} to {record.last}"
        raise TreguaError(
            "TR2711",
            "forecasts cannot be scored from this year"
            if last >= first
            else "the record is too short for scores of four years ahead",
            where=f"{where}, key forecast.score_origins" if last >= first else where,
            found=wrong if last >= first else years,
            expected=f"years from {first} to {last}: {years}"
            if last >= first
            else f"at least {first - record.first + 1 + LEADS[1]} years",
        )
    if set_:
        return tuple(set_)
    return tuple(reversed(range(last, first - 1, -LEADS[1])[:MOST_ORIGINS]))


def board(
    record: Record,
    origins: Iterable[int] | None = None,
    leads: int | None = None,
    models: Iterable[str] | None = None,
    forecast: Forecast | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
    progress: Progress | None = None,
    others: Mapping[str, Baseline] | None = None,
) -> Scoreboard:
    """Score baselines, and a forecast beside them.

    Args:
        record: what came, and what the baselines may know of it up to each origin.
        origins: the last years known; those of :func:`usual_origins` if not given.
        leads: periods ahead; as :data:`LEADS` has it by default.
        models: names of baselines; by default all that can be made at an origin.
        forecast: one from a file; it is made at each of the origins given, so give its own.
        replicates: samples of each baseline.
        seed: of the baselines.
        progress: told after each forecast.
        others: further ways of forecasting, by names that no baseline has; they are made at the
            origins that allow it.

    Raises:
        TreguaError: TR2705 for an origin that the record does not allow, TR2707 for a baseline that
            cannot be made there, TR2711 where the record is too short, TR9001 where a package is
            missing.
    """
    import pandas

    origins = tuple(usual_origins(record.pack) if origins is None else origins)
    ahead = leads or LEADS[record.season]
    for origin in origins:
        check_origin(record, origin)
        _check_leads(record, origin, ahead)
    others = others or {}
    jobs = [(origin, name) for origin in origins for name in _possible(others, record, origin)]
    jobs += [
        (origin, name)
        for origin in origins
        for name in (models if models is not None else available(record, origin))
    ]
    frames = []
    if forecast is not None:
        frames.append(_rows(forecast.name, forecast.samples, record, forecast.origin))
    for done, (origin, name) in enumerate(jobs, 1):
        if name in others:
            samples = samples_of(name, others[name], record, origin, ahead, replicates, seed)
        else:
            samples = draw(name, record, origin, ahead, replicates, seed)
        frames.append(_rows(name, samples, record, origin))
        if progress:
            progress(done, len(jobs))
    made = {name for _, name in jobs}
    names = ([forecast.name] if forecast is not None else []) + [
        name for name in (*others, *BASELINES) if name in made
    ]
    labels = {name: other.label for name, other in others.items()}
    cells = pandas.concat(frames, ignore_index=True)
    return Scoreboard(cells, tuple(names), record.season, origins, record.pack, labels)


def _possible(others: Mapping[str, Baseline], record: Record, origin: int) -> tuple[str, ...]:
    """Names of those that can be made from a record at an origin."""
    return tuple(name for name, other in others.items() if other.possible(record, origin))


def _check_leads(record: Record, origin: int, leads: int) -> None:
    """Refuse leads that go past the record (TR2705):
    nothing has come yet that a forecast could be held against.
    """
    most = (record.last - origin) * record.season
    if not 1 <= leads <= most:
        raise TreguaError(
            "TR2705",
            "the record does not go so far",
            where=f"origin {origin}",
            found=f"{leads} periods ahead",
            expected=f"1 to {most}",
        )


def baseline_boards(
    pack: Pack | None = None,
    seed: int = SEED,
    progress: Progress | None = None,
    replicates: int = REPLICATES,
    others: Mapping[str, Baseline] | None = None,
) -> tuple[Scoreboard, Scoreboard]:
    """The baselines, and others beside them, at all usual origins of a country: by year, one to
    four years ahead, and by month, one to twelve months ahead (TR2711).
    """
    others, origins = others or {}, usual_origins(pack)
    records = {1: yearly_record(pack), MONTHS: monthly_record(pack)}
    jobs = {
        season: sum(
            len(available(record, origin)) + len(_possible(others, record, origin))
            for origin in origins
        )
        for season, record in records.items()
    }

    def told(done: int, before: int) -> None:
        if progress:
            progress(before + done, sum(jobs.values()))

    years = board(
        records[1],
        origins,
        replicates=replicates,
        seed=seed,
        progress=lambda done, _: told(done, 0),
        others=others,
    )
    return years, board(
        records[MONTHS],
        origins,
        replicates=replicates,
        seed=seed,
        progress=lambda done, _: told(done, jobs[1]),
        others=others,
    )


def forecast_board(
    forecast: Forecast,
    seed: int = SEED,
    progress: Progress | None = None,
    models: Iterable[str] | None = None,
    others: Mapping[str, Baseline] | None = None,
) -> Scoreboard:
    """A forecast from a file beside all baselines, and others, that can be made at its origin,
    at the same leads.
    """
    if forecast.name in {*BASELINES, *(others or {})}:
        forecast = replace(forecast, name=f"{forecast.name} (file)")
    return board(
        forecast.record,
        (forecast.origin,),
        forecast.samples.shape[2],
        models,
        forecast,
        seed=seed,
        progress=progress,
        others=others,
    )


def _rows(
    name: str, samples: Num[np.ndarray, "replicate state lead"], record: Record, origin: int
) -> pandas.DataFrame:
    """Scores of one forecast, one row for each territory and lead."""
    import pandas

    leads = samples.shape[2]
    came = record.after(origin, leads)
    scored = score_cells(samples, came.counts, came.people)
    ahead = np.tile(np.arange(leads), len(record.codes))
    keys = {
        "model": name,
        "origin": origin,
        "season": record.season,
        "lead": ahead + 1,
        "year": origin + 1 + ahead // record.season,
        "month": ahead % record.season + 1 if record.season > 1 else 0,
        "state_code": np.repeat(np.array(record.codes, dtype=object), leads),
    }
    return pandas.DataFrame({**keys, **{score: values.ravel() for score, values in scored.items()}})
