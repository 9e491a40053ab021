"""Command-line interface: the commands that meet the record, which fit the model to it, forecast
it and score forecasts of it.

Importing this module registers them with the program beside those of
``app.py`` and ``app_files.py``.
"""

from __future__ import annotations

from pathlib import Path

from .app_files import app
from .options import (
    Ahead,
    BaselineSeed,
    Chains,
    ChainSeed,
    Data,
    ForecastSeed,
    Fresh,
    Json,
    Method,
    Out,
    Passes,
    Points,
    Quiet,
    Replace,
    Samples,
    Steps,
    Warmup,
    Year,
)


@app.command
def score(
    file: Path | None = None,
    /,
    *,
    origin: Year = None,
    seed: BaselineSeed = None,
    data: Data = None,
    out: Out = None,
    replace: Replace = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Score forecasts of homicides by territory against the record:
    the simple baselines from some earlier years, or a forecast of your own beside them.

    Example: tregua score mine.parquet --origin YEAR

    Parameters
    ----------
    file
        A parquet file with the columns state_code (the code of a territory), year, replicate,
        homicides and, for months, month; without it, the baselines alone.
    """
    from .score import score_forecasts

    return score_forecasts(file, origin, seed, data, out, replace, quiet, json)


@app.command
def forecast(
    *,
    origin: Year = None,
    months: Ahead = None,
    replicates: Samples = None,
    seed: ForecastSeed = None,
    data: Data = None,
    out: Out = None,
    replace: Replace = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Forecast homicides by territory from the end of a year (the last of the record if not given),
    by a statistical layer without mechanisms, and write the samples as files.

    Example: tregua forecast --months 12 --out next-year
    """
    from .forecast import write_forecast

    return write_forecast(origin, months, replicates, seed, data, out, replace, quiet, json)


@app.command
def fit(
    *,
    data: Data = None,
    until: Year = None,
    method: Method = "ensemble",
    points: Points = 1000,
    passes: Passes = 6,
    chains: Chains = 4,
    warmup: Warmup = 15,
    draws: Steps = 50,
    seed: ChainSeed = 1,
    out: Out = None,
    replace: Replace = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Fit the model of a country to its record to the end of a year (the last of the record if not
    given), and write the posterior. Exit status 1 if it may not be believed.

    An interrupted fit goes on where it stood when the same command is given again.

    Example: tregua fit --data ./my-country --out my-fit
    """
    from ..inference.chains import Length
    from ..inference.ensemble import Size
    from .fit import fit_model

    size = (
        Size(points, passes, seed) if method == "ensemble" else Length(chains, warmup, draws, seed)
    )
    return fit_model(data, until, size, out, replace, fresh, quiet, json)


@app.command
def ladder(
    *,
    data: Data = None,
    origin: Year = None,
    out: Out = None,
    replace: Replace = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Build the model of a country up mechanism by mechanism, fit each to the record to the end of
    a year, and score what it adds to the statistical layer. Without a year, those from which the
    country's forecasts are scored, as far as four years of its model lie before them.

    It takes about a quarter of an hour on two cores; the same command goes on where it was stopped.

    Example: tregua ladder --data ./my-country
    """
    from .ladder import climb

    return climb(data, origin, out, replace, fresh, quiet, json)
