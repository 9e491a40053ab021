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
    out: Out = None,
    replace: Replace = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Score forecasts of homicides by state against the record:
    the simple baselines from 2006, 2012 and 2016, or a forecast of your own beside them.

    Example: tregua score mine.parquet --origin 2016

    Parameters
    ----------
    file
        A parquet file with the columns state_code (01 to 32), year, replicate, homicides and, for
        months, month; without it, the baselines alone.
    """
    from .score import score_forecasts

    return score_forecasts(file, origin, seed, out, replace, quiet, json)


@app.command
def forecast(
    *,
    origin: Year = None,
    months: Ahead = None,
    replicates: Samples = None,
    seed: ForecastSeed = None,
    out: Out = None,
    replace: Replace = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Forecast homicides by state from the end of a year (2020 if not given), by a statistical
    layer without mechanisms, and write the samples as files.

    Example: tregua forecast --origin 2016 --out before-the-rise
    """
    from .forecast import write_forecast

    return write_forecast(origin, months, replicates, seed, out, replace, quiet, json)


@app.command
def fit(
    *,
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
    """Fit the national model to the record to the end of a year (2020 if not given), and write the
    posterior. Exit status 1 if it may not be believed.

    An interrupted fit goes on where it stood when the same command is given again.

    Example: tregua fit --until 2012 --out fit-to-2012
    """
    from ..inference.chains import Length
    from ..inference.ensemble import Size
    from .fit import fit_model

    size = (
        Size(points, passes, seed) if method == "ensemble" else Length(chains, warmup, draws, seed)
    )
    return fit_model(until, size, out, replace, fresh, quiet, json)


@app.command
def ladder(
    *,
    origin: Year = None,
    out: Out = None,
    replace: Replace = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Build the model up mechanism by mechanism, fit each to the record to the end of 2012 and
    2016, and score what it adds to the statistical layer.

    It takes about a quarter of an hour on two cores; the same command goes on where it was stopped.

    Example: tregua ladder --origin 2012
    """
    from .ladder import climb

    return climb(origin, out, replace, fresh, quiet, json)
