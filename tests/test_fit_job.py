"""A fit by chains: what it looks at, and what the command refuses. Every night also a whole one:
stopped and taken up again, written, read back, and run with its draws. A whole fit by an ensemble
is in test_ensemble.
"""

import datetime as dt
import inspect
import json
from dataclasses import asdict, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nation import seven_mechanisms
from tregua.cli import run_command
from tregua.cli.app_record import fit
from tregua.countries.registry import first_pack
from tregua.engine.run import simulate
from tregua.errors import TreguaError
from tregua.inference.chains import Length
from tregua.inference.density import Posterior
from tregua.inference.ensemble import Size
from tregua.inference.growth import LEVEL_MONTHS, first_days, growth
from tregua.inference.job import Job, national
from tregua.inference.laplace import Nearby
from tregua.inference.mean_field import MeanField
from tregua.inference.optimum import find_best
from tregua.inference.unknowns import Unknowns
from tregua.scenarios.posterior import load_posterior

pytest.importorskip("numpyro")

LENGTH = Length(chains=2, warmup=3, draws=4, seed=1)


@pytest.fixture(scope="module")
def scenario():
    return seven_mechanisms(157)


@pytest.fixture(scope="module")
def posterior(scenario, tmp_path_factory):
    """What the job below fits; no search is needed to look at it in the middle of the prior."""
    return Job(scenario, 2009, LENGTH, tmp_path_factory.mktemp("posterior")).posterior


@pytest.fixture(scope="module")
def job(scenario, tmp_path_factory):
    """A fit to three years that was stopped after its first part."""
    parent, quiet = tmp_path_factory.mktemp("fits"), lambda done, all_: None
    first = Job(scenario, 2009, LENGTH, parent)
    first.parts()["Searching the best point"](quiet)
    again = Job(scenario, 2009, LENGTH, parent)
    for part in again.parts().values():
        part(quiet)
    # The best point was kept: it is the same array of numbers, not a second search.
    np.testing.assert_array_equal(again.best.point, first.best.point)
    return again


@pytest.mark.slow
@pytest.mark.nightly
def test_the_shape_is_the_derivative_of_the_mean_field(posterior):
    """A small move along a random direction changes the log of the expected series as the Jacobian
    says, to the square of the move.
    """
    nearby = Nearby.at(posterior, np.zeros(posterior.unknowns.size))
    rng = np.random.default_rng(3)
    direction = rng.standard_normal(len(nearby.point)) / np.sqrt(len(nearby.point))
    series = jax.jit(posterior.series)
    ahead, behind = (series(nearby.point + h * direction) for h in (1e-4, -1e-4))
    for name, jacobian in nearby.jacobian.items():
        slope = (
            np.log(np.asarray(ahead[name]) + 1e-9) - np.log(np.asarray(behind[name]) + 1e-9)
        ) / 2e-4
        np.testing.assert_allclose(jacobian @ direction, slope, atol=1e-4, err_msg=name)
    assert np.all(np.linalg.eigvalsh(nearby.covariance) > 0.0)


@pytest.mark.nightly
def test_a_fit_says_how_far_it_may_be_believed(job):
    table = job.fit.table
    assert list(table["unknown"]) == list(job.posterior.unknowns.labels)
    assert job.fit.problems, "seven iterations are not enough, and the fit must say so"
    assert job.chains.points.shape == (LENGTH.chains, LENGTH.draws, job.posterior.unknowns.size)


@pytest.mark.nightly
def test_draws_are_read_back_and_run(job, scenario, tmp_path):
    job.write(tmp_path, {"command": "a test"})
    stored = load_posterior(str(tmp_path))
    assert stored.size == LENGTH.chains * LENGTH.draws
    record = json.loads((tmp_path / "posterior.json").read_text(encoding="utf-8"))
    assert record["problems"] == list(job.fit.problems)
    assert record["years"] == [2007, 2009]
    for name, values in job.fit.values.items():
        np.testing.assert_allclose(stored.parameters[name], values, rtol=1e-6, err_msg=name)
    run = simulate(scenario, "mean-field", draws=stored.draws_for(scenario.model))
    assert run.plan.replicates == stored.size
    # Members of each group at the end.
    ends = run.snapshot("members", scenario.weeks).sum(axis=1)
    np.testing.assert_allclose(
        ends, np.stack(list(job.fit.members.values()), axis=1), rtol=2e-3, atol=0.01
    )
    # The yearly record of a run with a draw is what the fit expected with that draw,
    # in single precision.
    weights = MeanField(scenario).weights()
    expected = job.fit.recorded.sum(axis=1)
    recorded = run.total("reporting.homicides") @ weights
    np.testing.assert_allclose(recorded, expected, rtol=2e-3)


@pytest.mark.nightly
def test_tables_hold_the_record_and_bands_around_it(job, tmp_path):
    import pandas

    job.write(tmp_path, {})
    names = (
        "unknowns",
        "told_apart",
        "mechanisms",
        "group_sizes",
        "state_year",
        "nation_year",
        "explained",
        "totals",
        "steps",
        "chance",
    )
    tables = {name: pandas.read_parquet(tmp_path / "tables" / f"{name}.parquet") for name in names}
    assert list(tables["totals"]["total"]) == [
        "killed in fights of named groups (UCDP), 2007-2012"
    ], "no other total on record lies within these years"
    assert tables["totals"][["first", "last"]].values.tolist() == [[2007, 2009]]
    pictures = {file.stem for file in (tmp_path / "figures").glob("*.png")}
    assert pictures == {"fit-nation", "fit-states", "fit-totals", "fit-unknowns"}
    nation = tables["nation_year"]
    assert (
        nation["recorded"].tolist()
        == tables["state_year"].groupby("year")["recorded"].sum().tolist()
    )
    # Bands of a sum are not sums of bands: the middle of the nation is near the sum of middles, its
    # band narrower than the sum of bands.
    summed = tables["state_year"].groupby("year")[["fitted_low_90", "fitted_high_90"]].sum()
    assert (
        nation["fitted_high_90"] - nation["fitted_low_90"]
        < (summed["fitted_high_90"] - summed["fitted_low_90"]).to_numpy()
    ).all()
    assert not any(table.empty for table in tables.values())
    assert tables["mechanisms"]["unknowns"].sum() == job.posterior.unknowns.size
    table = tables["state_year"]
    assert len(table) == 32 * 3
    assert table.loc[table["year"] == 2007, "recorded"].sum() == 8863
    assert (table["fitted_low_90"] <= table["fitted_median"]).all() and (
        table["fitted_median"] <= table["fitted_high_90"]
    ).all()
    # With its discrepancy the fit follows the record where there are many deaths:
    # by less than a tenth on average.
    many = table[table["recorded"] > 200]
    assert np.abs(np.log(many["fitted_median"] / many["recorded"])).mean() < 0.1


@pytest.mark.slow
def test_growth_starts_at_nothing_and_is_that_of_the_expected_record(posterior, scenario):
    months = 12
    point = np.zeros(posterior.unknowns.size)
    grown = growth(posterior, point[None], 2009, months)
    assert grown.shape == (1, 32, months)
    days = first_days(2009, months)
    path = MeanField(replace(scenario, weeks=scenario.week_of(days[-1])))
    series = np.asarray(
        jax.jit(path.run)(posterior.unknowns.values(jnp.asarray(point)))["reporting.homicides"]
    )
    weights = path.parts(days)
    np.testing.assert_allclose(
        weights.sum(axis=0)[:LEVEL_MONTHS] * 7.0, [31.0, 30.0, 31.0], atol=1e-9
    )
    before, after = (
        (weights.T @ series)[:LEVEL_MONTHS].sum(),
        (weights.T @ series)[-LEVEL_MONTHS:].sum(),
    )
    # The same quarter a year later, over all states;
    # growth of single states is weighted by their deaths.
    share = (weights.T @ series)[:LEVEL_MONTHS].sum(axis=0)
    mean = np.log(np.sum(share * np.exp(grown[0, :, -LEVEL_MONTHS:].mean(axis=1))) / share.sum())
    assert mean == pytest.approx(np.log(after / before), abs=0.01)


@pytest.mark.parametrize("until", range(2009, 2021))
def test_every_year_that_the_command_takes_gives_a_scenario_that_compiles(until):
    scenario = national(first_pack(), until)
    assert scenario.compile().base
    assert scenario.date(scenario.weeks) >= dt.date(until + 1, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fit", "--until", "2008"], "TR2904"),
        (["fit", "--until", "2021"], "TR2904"),
        (["fit", "--method", "chains", "--chains", "0"], "TR2905"),
        (["fit", "--method", "chains", "--draws", "2"], "TR2905"),
        (["fit", "--method", "chains", "--chains", "9" * 30], "TR2905"),
        (["fit", "--points", "5"], "TR2905"),
        (["fit", "--points", "9" * 30], "TR2905"),
        (["fit", "--passes", "0"], "TR2905"),
        (["fit", "--warmup", "some"], "TR1001"),
    ],
)
def test_a_fit_that_cannot_be_is_refused_before_anything_is_computed(
    arguments, code, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert run_command(arguments) == 2
    assert code in "".join(capsys.readouterr())
    assert not list(tmp_path.iterdir())


def test_the_command_has_the_sizes_that_fits_have():
    """The command says its defaults without loading what fits: they stand there a second time."""
    said = {name: p.default for name, p in inspect.signature(fit).parameters.items()}
    assert {n: said[n] for n in ("points", "passes", "seed")} == asdict(Size())
    assert {n: said[n] for n in ("chains", "warmup", "draws", "seed")} == asdict(Length())


def test_a_search_that_meets_no_numbers_says_so(scenario):
    broken = Posterior(Unknowns.of(scenario), MeanField(scenario), ())
    broken.__dict__["loss_and_slope"] = lambda point: (np.float64(1e8), np.full(len(point), np.nan))
    with pytest.raises(TreguaError) as refused:
        find_best(broken)
    assert refused.value.code == "TR2901"
