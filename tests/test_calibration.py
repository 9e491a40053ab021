"""Calibration by simulation: right densities pass, wrong ones are found, and what is found is as
small as the formulas say.
"""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from calibration import (
    Places,
    calibrate,
    largest_distance,
    no_u_turn,
    records,
    smallest_narrowing,
    smallest_shift,
)
from nation import seven_mechanisms
from tregua.countries.registry import first_pack
from tregua.inference.density import Posterior
from tregua.inference.laplace import Nearby
from tregua.inference.mean_field import MeanField
from tregua.inference.observations import RECORDED, Homicides
from tregua.inference.streams import homicides_on_record
from tregua.inference.unknowns import SCATTER, Unknowns

CHANCE = 1e-6
"""Chance of a false alarm of one statistic of a check that should pass;
those that should fail must fail at it too.
"""

SEEN = 4
"""Observations of the toy, each of the unknown mean with deviation 1;
the prior is standard normal.
"""


def toy(trials, seed, moved=0.0, width=1.0, draws=63):
    """A normal mean with normal observations: its posterior is normal in closed form;
    ``moved`` and ``width`` are errors, in posterior deviations.
    """
    deviation = 1.0 / np.sqrt(1.0 + SEEN)

    def sample(rng, seen):
        return (
            seen.sum() / (1.0 + SEEN)
            + moved * deviation
            + width * deviation * rng.standard_normal(draws)
        )[:, None]

    return calibrate(
        lambda rng: rng.standard_normal(1),
        lambda rng, z: z + rng.standard_normal(SEEN),
        sample,
        ["mean"],
        trials,
        seed,
    )


def test_the_posterior_in_closed_form_passes():
    """Expected: places uniform. The standard error of the coverage of 50 % is 1.1 points
    with 2,000 trials.
    """
    calibration = toy(2000, 1)
    assert not calibration.problems(CHANCE), calibration.table()
    table = calibration.table()
    assert table["error_50"][0] == pytest.approx(np.sqrt(0.25 / 2000))
    for level in (50, 80, 95):
        assert abs(table[f"covered_{level}"][0] - level / 100.0) < 4.9 * table[f"error_{level}"][0]


def test_the_smallest_errors_are_as_small_as_the_formulas_say():
    """Errors of the stated size are found about half of the time,
    of twice the size in forty of forty, of a fifth never.

    250 trials find a shift of 0.43 deviations and a width of 0.76 at one in a million. By hand the
    distance is sqrt(14.5 / 500) = 0.170, that of normal distributions 0.43 apart. Standard error of
    a share of forty: 8 points; a formula that is off by a third would find under a tenth or above
    nine tenths.
    """
    trials, repeats = 250, 40
    shift, width = smallest_shift(trials, CHANCE), smallest_narrowing(trials, chance=CHANCE)
    assert shift == pytest.approx(2.0 * stats.norm.ppf(0.585), abs=0.01)
    assert 0.70 < width < 0.82

    def found(word, **error):
        return np.mean(
            [
                any(word in text for text in toy(trials, seed, draws=511, **error).problems(CHANCE))
                for seed in range(repeats)
            ]
        )

    assert 0.3 < found("from uniform", moved=shift) < 0.95
    assert 0.3 < found("intervals of 95 %", width=width) < 0.95
    assert found("from uniform", moved=2.0 * shift) == 1.0
    assert found("intervals of 95 %", width=1.0 - 2.0 * (1.0 - width)) == 1.0
    assert found("from uniform", moved=0.2 * shift) == 0.0
    assert found("intervals of 95 %", width=1.0 - 0.2 * (1.0 - width)) == 0.0


def test_statistics_are_those_of_the_textbook():
    places = np.random.default_rng(1).random((500, 2))
    ranks = Places(("a", "b"), places)
    for i in range(2):
        reference = stats.kstest(places[:, i], "uniform", mode="exact")
        assert ranks.deviations()[i] == pytest.approx(reference.statistic, rel=1e-12)
        assert ranks.table()["deviation_p"][i] == pytest.approx(reference.pvalue, rel=1e-6)
        reference = stats.chisquare(np.histogram(places[:, i], 10, (0, 1))[0])
        assert ranks.table()["chi_square"][i] == pytest.approx(reference.statistic)
        assert ranks.table()["chi_square_p"][i] == pytest.approx(reference.pvalue)
    # Tables have 1.63 / sqrt(n) for one in a hundred and large n.
    assert largest_distance(10_000, 0.01) == pytest.approx(0.0163, abs=1e-4)


def test_a_sampler_that_ignores_the_data_is_found_only_by_a_quantity_that_depends_on_them():
    """Ranks of the unknown are uniform for draws of the prior;
    the log density of the data at the truth is higher than at nearly all of such draws.
    """

    def quantities(points, seen):
        return np.column_stack([points[:, 0], -0.5 * ((seen - points) ** 2).sum(axis=1)])

    def of(sample):
        names = ("mean", "log density of the data")
        return calibrate(
            lambda rng: rng.standard_normal(1),
            lambda rng, z: z + rng.standard_normal(SEEN),
            sample,
            names,
            400,
            3,
            quantities,
        )

    ignorant = of(lambda rng, seen: rng.standard_normal((63, 1))).problems(CHANCE)
    assert ignorant and all("log density" in text for text in ignorant)
    assert not of(
        lambda rng, seen: (
            seen.sum() / (1.0 + SEEN) + rng.standard_normal((63, 1)) / np.sqrt(1.0 + SEEN)
        )
    ).problems(CHANCE)


def test_equal_draws_share_their_places():
    """An unknown that is 0 or 1 with even chance, and data that say nothing:
    without the lot among equals, half of the places would be near 0.
    """
    flip = calibrate(
        lambda rng: rng.integers(2, size=1),
        lambda rng, z: None,
        lambda rng, seen: rng.integers(2, size=(63, 1)),
        ["x"],
        2000,
        4,
    )
    assert not flip.problems(CHANCE)


def levels(scatter_said, trials, seed, draws=63):
    """The level of one state from six years of homicides as the stream samples them, its posterior
    by sums over a fine grid of the stream's own density.

    ``scatter_said`` is what the density believes; the counts scatter by the medians of the priors.
    """
    true = {name: prior.median for name, prior in SCATTER.items()}
    stream = Homicides(tuple(range(2012, 2018)), np.zeros((1, 6)), np.full((1, 6), 0.04))
    grid = np.linspace(-5.0, 5.0, 801)

    def series(z):
        return {RECORDED: (400.0 * jnp.exp(0.5 * z) * jnp.ones((1, 6))).T}

    @jax.jit
    def density(counts):
        seen = replace(stream, counts=counts)
        return jax.vmap(lambda z: seen.log_density(series(z), scatter_said) - 0.5 * z**2)(
            jnp.asarray(grid)
        )

    def sample(rng, counts):
        logs = np.asarray(density(jnp.asarray(counts, float)))
        reached = np.cumsum(np.exp(logs - logs.max()))
        return np.interp(rng.random(draws) * reached[-1], reached, grid)[:, None]

    def data(rng, z):
        return stream.sample(rng, series(z[0]), true)

    return calibrate(lambda rng: rng.standard_normal(1), data, sample, ["level"], trials, seed)


MEDIANS = {name: prior.median for name, prior in SCATTER.items()}


def test_the_density_of_homicides_finds_the_level_that_made_them():
    """400 trials find a shift of 0.34 and a width of 0.80 of the posterior's deviation (here 0.4 of
    the prior's) half of the time, at one in a million.

    The density is an approximation of the counts' distribution: its shift, half of 1/k + 1/mu in
    the log, is 0.02 of the posterior's deviation.
    """
    calibration = levels(MEDIANS, 400, 5)
    assert not calibration.problems(CHANCE), calibration.table()


@pytest.mark.parametrize("error", ["no walk", "half the walk"])
def test_a_density_of_homicides_that_forgets_the_walk_is_rejected(error):
    """Without the walk the level's intervals are 0.2 times as wide as they should be:
    those of 95 % hold about a third of the truths.
    """
    share = {"no walk": 1e-3, "half the walk": 0.5}[error]
    wrong = MEDIANS | {
        name: share * MEDIANS[name] for name in ("step of a state", "step of the nation")
    }
    calibration = levels(wrong, 400, 5)
    assert any("intervals of 95 %" in text for text in calibration.problems(CHANCE)), (
        calibration.table()
    )
    if error == "no walk":
        assert calibration.covered(95)[0] < 0.5


STATES, YEARS = 4, 6
NAMES = ("step of a state", "step of the nation", "dispersion")


def small_nation():
    """Homicides of four states and six years: a level of each state and what the stream scatters
    by. Names, draw of the prior, data, log density, and the log density of one that takes steps for
    a third as long as they are.
    """
    stream = Homicides(
        tuple(range(2012, 2012 + YEARS)), np.zeros((STATES, YEARS)), np.full((STATES, YEARS), 0.04)
    )
    middle = np.array([200.0, 400.0, 800.0, 1600.0])

    def scatter(z):
        return {
            name: SCATTER[name].median * jnp.exp(SCATTER[name].sigma * z[STATES + i])
            for i, name in enumerate(NAMES)
        }

    def series(z):
        return {RECORDED: jnp.tile(jnp.asarray(middle) * jnp.exp(0.5 * z[:STATES]), (YEARS, 1))}

    def data(rng, z):
        return np.asarray(
            stream.sample(rng, series(z), {n: float(x) for n, x in scatter(z).items()}), float
        )

    def log_density(z, counts, share=1.0):
        believed = {
            name: (share if name.startswith("step") else 1.0) * x for name, x in scatter(z).items()
        }
        return replace(stream, counts=counts).log_density(series(z), believed) - 0.5 * jnp.sum(z**2)

    names = (*(f"level {i}" for i in range(STATES)), *NAMES)
    return (
        names,
        lambda rng: rng.standard_normal(len(names)),
        data,
        log_density,
        partial(log_density, share=1.0 / 3.0),
    )


@pytest.mark.nightly
def test_the_posterior_of_a_small_nation_is_calibrated():
    """Levels, scatter and log density of four states and six years by the no-U-turn sampler,
    200 trials.

    At one in ten thousand over eight quantities a shift of 0.43 posterior deviations or a width of
    0.76 is found half of the time. A density that holds steps to a third of their size in the data
    must be rejected by the same.
    """
    names, truth, data, right, wrong = small_nation()

    def places(density):
        batch = jax.jit(jax.vmap(density, in_axes=(0, None)))

        def quantities(points, counts):
            return np.column_stack(
                [points, np.asarray(batch(jnp.asarray(points), jnp.asarray(counts)))]
            )

        return calibrate(
            truth,
            data,
            no_u_turn(density, len(names), 150, 31, 8),
            (*names, "log density"),
            200,
            6,
            quantities,
        )

    calibration = places(right)
    assert not calibration.problems(), calibration.table().to_string()
    assert places(wrong).problems()


@pytest.mark.nightly
def test_the_posterior_of_the_nation_near_its_middle_is_calibrated():
    """Two years of the 32 states, with all unknowns of a fit and their priors, 100 trials;
    the mean field is log-linear, so that it can run so often.

    Whatever is wrong between what a prior draws and how it scores (a Jacobian of a share, a width),
    between streams and densities, or in labels shows here. At one in ten thousand over all 51
    quantities a shift of 0.67 posterior deviations is found half of the time. A prior of one share,
    whose density on the logit lacks the Jacobian, is 1.2 deviations off and must be rejected, with
    that share named.
    """
    scenario = seven_mechanisms(105)
    unknowns, stream = Unknowns.of(scenario), homicides_on_record(first_pack(), 2007, 2008)
    nearby = Nearby.at(Posterior(unknowns, MeanField(scenario), (stream,)), np.zeros(unknowns.size))
    drawn = records((stream,), jax.jit(nearby.series), unknowns.scatter)

    def right(z, counts):
        return replace(stream, counts=counts).log_density(
            nearby.series(z), unknowns.scatter(z)
        ) + unknowns.log_prior(z)

    share = next(e for e in unknowns.entries if e.name == "reporting.homicide_share")

    def wrong(z, counts):
        x = share.value(z[share.start : share.start + 1])
        return right(z, counts) - jnp.log(x) - jnp.log1p(-x)

    chosen = [i for i, name in enumerate(unknowns.labels) if not name.startswith("effect on")]

    def places(density):
        batch = jax.jit(jax.vmap(density, in_axes=(0, None)))

        def quantities(points, counts):
            return np.column_stack(
                [points[:, chosen], np.asarray(batch(jnp.asarray(points), jnp.asarray(counts)))]
            )

        names, sample = (
            (*(unknowns.labels[i] for i in chosen), "log density"),
            no_u_turn(density, unknowns.size, 150, 31, 4),
        )
        return calibrate(
            unknowns.draw, lambda rng, z: drawn(rng, z)[0].counts, sample, names, 100, 7, quantities
        )

    assert any(share.name in text for text in places(wrong).problems())
    calibration = places(right)
    assert not calibration.problems(), calibration.table().to_string()
