"""Fits by an ensemble: exact where the model is linear, no narrower than the record allows, and
taken up again after a stop.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nation import seven_mechanisms
from tregua.engine.run import simulate
from tregua.inference.ensemble import Compared, Size, update
from tregua.inference.ensemble_job import EnsembleJob, ensemble_table, problems
from tregua.inference.ensemble_runs import run_all
from tregua.inference.observations import RECORDED, Fights, Homicides, Share, Total
from tregua.inference.scatter import DISCREPANT, PRIORS, draw, log_density, spread, typical
from tregua.model.declarations import LogNormal

UNKNOWN, DATUM = 6, 4


def linear(points, size, seed=5):
    """An ensemble of a linear model, moved by all passes; and the exact posterior."""
    rng = np.random.default_rng(seed)
    slope = rng.standard_normal((DATUM, UNKNOWN)) * np.array([1.0, 1.0, 0.5, 0.2, 0.0, 0.0])
    root = np.tril(0.3 * rng.standard_normal((DATUM, DATUM))) + 0.5 * np.eye(DATUM)
    noise, observed = root @ root.T, 2.0 * rng.standard_normal(DATUM)
    z, may = rng.standard_normal((points, UNKNOWN)), np.ones((UNKNOWN, DATUM), bool)
    for inflation in Size(passes=size).inflations:
        z = update(z, z @ slope.T, observed, noise, inflation, may, rng)
    covariance = np.linalg.inv(np.eye(UNKNOWN) + slope.T @ np.linalg.solve(noise, slope))
    return z, covariance @ slope.T @ np.linalg.solve(noise, observed), covariance


@pytest.mark.parametrize("passes", [1, 4])
def test_an_ensemble_of_a_linear_model_is_the_exact_posterior(passes):
    """With 20,000 points means have a standard error of 0.007, variances of 0.01;
    a pass without noise, or with a wrong inflation, is off by 0.1 and more.
    """
    z, mean, covariance = linear(20_000, passes)
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=0.04)
    np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.05)


def test_shares_of_the_passes_add_up_to_the_record_once():
    for passes in (1, 3, 6):
        assert sum(1.0 / x for x in Size(passes=passes).inflations) == pytest.approx(1.0)


def test_unknowns_that_nothing_reads_keep_their_width():
    """Of 300 unknowns without effect, in an ensemble of 100 with 40 data, chance alone would take a
    third of the width; the shrinkage leaves 90 % of it.
    """
    rng = np.random.default_rng(2)
    z, other = rng.standard_normal((100, 300)), rng.standard_normal((100, 40))
    moved = update(z, other, np.zeros(40), np.eye(40), 1.0, np.ones((300, 40), bool), rng)
    assert 0.88 < moved.std(axis=0).mean() < 1.0


def test_a_datum_moves_only_what_it_may():
    rng = np.random.default_rng(3)
    z = rng.standard_normal((200, 2))
    may = np.array([[True, False], [False, False]])
    predicted = z + 0.1 * rng.standard_normal((200, 2))
    moved = update(z, predicted, np.array([2.0, 2.0]), 0.1 * np.eye(2), 1.0, may, rng)
    assert moved[:, 0].mean() > 1.0
    np.testing.assert_array_equal(moved[:, 1], z[:, 1])


@pytest.fixture(scope="module")
def streams():
    years = (2007, 2008)
    counts = np.array([[100.0, 150.0], [20.0, 10.0], [500.0, 400.0]])
    share = {"share": Share(2007, 2012, LogNormal(0.4, 0.7))}
    fights = Fights(years, {"share": np.array([10.0, 0.0, 40.0])}, share, 1.0)
    return (
        Homicides(years, counts, np.zeros((3, 2))),
        fights,
        Total("officers", ("corruption.killed_honest",), 2007, 2008, 12.0, 0.4, years),
    )


def test_streams_as_one_vector_have_the_density_that_chains_use(streams):
    rng = np.random.default_rng(4)
    series = {
        n: rng.uniform(5.0, 200.0, (2, 3))
        for n in (RECORDED, "conflict.killed", "civilians.caught", "corruption.killed_honest")
    }
    scatter = {n: prior.median for s in streams for n, prior in s.priors.items()}
    scatter |= {n: prior.median for n, prior in PRIORS.items()}
    compared = Compared(streams)
    whole = compared.covariance(series, scatter)
    one = {n: x[None] for n, x in series.items()}
    residual = (
        compared.observed()
        - compared.predicted(one, {n: np.array([x]) for n, x in scatter.items()})[0]
    )
    _, logdet = np.linalg.slogdet(whole)
    by_vector = -0.5 * (residual @ np.linalg.solve(whole, residual) + logdet)
    by_streams = float(sum(s.log_density(series, scatter) for s in streams))
    # The total leaves out its constant.
    assert by_vector == pytest.approx(by_streams - np.log(0.4), abs=1e-6)


def test_effects_of_a_state_move_by_its_own_record(streams):
    labels = ["conflict.lethality", "effect on civilians.background in B", *DISCREPANT]
    may = Compared(streams).may_move(
        labels, ["effect on civilians.background in "], ["A", "B", "C"]
    )
    assert may[0].all() and not may[2:].any()
    # Two years of homicides and one period of fights in state B; the national total moves no state.
    assert np.flatnonzero(may[1]).tolist() == [2, 3, 7]


def scattered(seed, national=0.12, states=32):
    """A stream of twelve years in some states, residuals of one point with a step of the nation,
    and what was expected.
    """
    stream = Homicides(
        tuple(range(2007, 2019)), np.full((states, 12), 300.0), np.zeros((states, 12))
    )
    true, expected = (
        {"step of a state": 0.2, "step of the nation": national, "dispersion": 100.0},
        np.full((12, states), 300.0),
    )
    root = np.linalg.cholesky(np.asarray(stream.covariance({RECORDED: expected}, true), float))
    return stream, (root @ np.random.default_rng(seed).standard_normal(12 * states))[None], expected


def test_scatter_is_drawn_from_its_posterior():
    """Two points whose posteriors lie apart, drawn together: means and deviations of 300 draws each
    against a grid of 8 to the power of three, whose points lie one deviation apart. Draws are
    chosen out of 600 around the middle of both, of which some 100 count for each, so that a mean
    has an error of 0.12 deviations and a width one of 0.08. Bounds of 0.4 and 0.3 catch draws that
    forget the prior, the normal distribution that they came from, or which point they belong to.
    """
    (stream, calm, expected), (_, wild, _) = (
        scattered(6, states=8),
        scattered(7, national=0.2, states=8),
    )
    both = np.concatenate([calm, wild])
    drawn = draw(stream, np.repeat(both, 300, axis=0), expected, np.random.default_rng(6)).reshape(
        2, 300, 3
    )
    means = []
    for residual, draws in zip(both[:, None], drawn, strict=True):
        middle = typical(stream, residual, expected)
        wide = np.sqrt(np.diag(spread(stream, residual, expected, middle)))
        grid = np.stack(
            np.meshgrid(
                *(middle[i] + np.linspace(-3.5, 3.5, 8) * wide[i] for i in range(3)), indexing="ij"
            ),
            axis=-1,
        ).reshape(-1, 3)
        with jax.enable_x64(True):
            rows, where = jnp.asarray(residual), jnp.asarray(expected)
            density = np.asarray(
                jax.lax.map(
                    lambda z, r=rows, e=where: log_density(stream, r, e, z)[0], jnp.asarray(grid)
                )
            )
        weights = np.exp(density - density.max())
        mean = weights @ grid / weights.sum()
        deviation = np.sqrt(weights @ (grid - mean) ** 2 / weights.sum())
        np.testing.assert_allclose((draws.mean(axis=0) - mean) / deviation, 0.0, atol=0.4)
        np.testing.assert_allclose(draws.std(axis=0) / deviation, 1.0, atol=0.3)
        assert len(np.unique(draws, axis=0)) > 50
        means.append((mean[1], deviation[1]))
    # The national steps of both lie where they were made,
    # and too far apart to be taken for each other.
    for (mean, deviation), step in zip(means, (0.12, 0.2), strict=True):
        prior = PRIORS["step of the nation"]
        assert abs(np.log(step / prior.median) / prior.sigma - mean) < 3.0 * deviation
    assert means[1][0] - means[0][0] > max(means)[1]


@pytest.mark.parametrize(
    "seed", [8, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (6, 7))]
)
def test_draws_of_the_scatter_are_spread_by_the_curvature_of_the_density(seed):
    """Against differences of the slope over a thousandth of a prior deviation.
    What the search learns of the curvature is off by five and more for seed 8.
    """
    stream, residual, expected = scattered(seed)
    middle = typical(stream, residual, expected)
    with jax.enable_x64(True):
        rows, means = jnp.asarray(residual), jnp.asarray(expected)
        slope = jax.jit(jax.grad(lambda z: log_density(stream, rows, means, z)[0]))
        np.testing.assert_allclose(slope(middle), 0.0, atol=1e-3)
        step = 1e-3 * np.eye(3)
        curved = np.array(
            [(np.asarray(slope(middle - d)) - np.asarray(slope(middle + d))) / 2e-3 for d in step]
        )
    np.testing.assert_allclose(
        spread(stream, residual, expected, middle) @ curved, np.eye(3), atol=1e-3
    )


def test_where_the_record_says_nothing_draws_are_as_wide_as_the_prior():
    """One state in one year: the curvature is about that of the prior, and below it along a
    direction; draws are never spread wider than the prior.
    """
    stream, residual, expected = (
        Homicides((2007,), np.full((1, 1), 300.0), np.zeros((1, 1))),
        np.array([[0.6]]),
        np.full((1, 1), 300.0),
    )
    widths = np.linalg.eigvalsh(spread(stream, residual, expected, np.zeros(3)))
    assert np.all(widths > 0.5) and widths[-1] == pytest.approx(1.0, abs=1e-6)


def test_problems_are_named():
    assert problems(0.95, 1.0, 0, 500) == []
    assert [
        len(problems(*bad))
        for bad in ((0.7, 1.0, 0, 500), (0.95, 2.0, 0, 500), (0.95, 1.0, 50, 500))
    ] == [1, 1, 1]


def test_a_table_says_what_was_moved():
    points = np.random.default_rng(1).standard_normal((500, 2)) * np.array([0.3, 1.0])
    table = ensemble_table(("told", "not told"), points)
    assert table["moved"].tolist() == [True, False] and table["trusted"].all()


@pytest.mark.slow
@pytest.mark.nightly
def test_runs_at_points_are_those_of_the_engine():
    """The yearly sums by state are those of a run of the same scenario with the same draws and
    seed; the last days of the last week lie outside.
    """
    scenario = seven_mechanisms(53)
    base = {n: np.asarray(x, float) for n, x in scenario.compile().base.items()}
    values = {n: np.repeat(x, 60, axis=0) for n, x in base.items()}
    values["conflict.lethality"] = values["conflict.lethality"] * np.linspace(0.5, 1.5, 60).reshape(
        (60, *(1,) * (values["conflict.lethality"].ndim - 1))
    )
    ran = run_all(scenario, values, (RECORDED,), 7)
    whole = simulate(scenario, "tau-leap", 60, 7, draws=values)
    share = np.array([1.0] * 52 + [1.0 / 7.0])
    np.testing.assert_allclose(
        ran.series[RECORDED][:, 0].sum(axis=1), whole.total(RECORDED) @ share, rtol=1e-5
    )
    assert ran.well.all() and ran.series[RECORDED].shape == (60, 1, 32)
    told = []

    def stopping(done, everything):
        told.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(scenario, values, (RECORDED,), 7, stopping)
    # Of two chunks of three blocks each device may have begun one, and ends it with its next block.
    assert len(told) <= 2


@pytest.mark.slow
@pytest.mark.nightly
def test_a_stopped_fit_goes_on_where_it_stood_and_is_written(tmp_path):
    import json

    import pandas

    from tregua.scenarios.posterior import load_posterior

    def quiet(done, everything):
        pass

    def job():
        return EnsembleJob(
            seven_mechanisms(157), 2009, Size(points=60, passes=2), tmp_path / "work"
        )

    first, again = job(), job()
    next(iter(first.parts().values()))(quiet)
    for part in again.parts().values():
        part(quiet)
    third = job()
    for part in list(third.parts().values())[:-1]:
        part(quiet)
    np.testing.assert_array_equal(third.ensemble.points, again.ensemble.points)
    # The passes bring the points nearer to the record; without it, or away from it, they would not
    # lose a fifth of their misfit.
    assert again.ensemble.misfit[-1] < 0.8 * again.ensemble.misfit[0]
    assert again.fit.problems, "sixty points are too few, and the fit must say so"
    again.write(tmp_path, {"command": "a test"})
    record = json.loads((tmp_path / "posterior.json").read_text(encoding="utf-8"))
    assert record["method"] == "ensemble" and record["reach"]["last"] == 2009
    stored = load_posterior(str(tmp_path))
    assert stored.size == len(again.ensemble.points)
    for name, values in again.fit.values.items():
        np.testing.assert_allclose(stored.parameters[name], values, rtol=1e-6, err_msg=name)
    table = pandas.read_csv(tmp_path / "tables" / "state_year.csv")
    many = table[table["recorded"] > 200]
    assert np.abs(np.log(many["fitted_median"] / many["recorded"])).mean() < 0.1
