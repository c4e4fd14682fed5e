"""Test errors by hand and of every kind of sample; decisions on their differences and slopes, by simulation."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.functions.runs import Runs
from harness.networks import FullyConnected
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.posterior import rejection, subset_simulation
from harness.statistics.generalisation import (
    advantage_of_training,
    generalisation_error,
    network_errors,
    share_with_errors,
)
from harness.verdicts import Verdict, at_least, decide, decreasing, within
from harness.verdicts.intervals import slope

FALSE_ALARM = 1e-6
N = 64
PROBLEM = Problem.from_arrays(np.zeros((2, 1)), [0, 1], np.zeros((N, 1)), np.arange(N) % 2)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def labels_with(wrong):
    """(networks, n) labels of which the first `wrong` are wrong."""
    return np.where(np.arange(N) < np.asarray(wrong)[:, None], 1 - PROBLEM.eval_y, PROBLEM.eval_y)


def networks(wrong):
    return FunctionCounts.from_bits(labels_with(wrong))


def hidden_draws(wrong, unit, units):
    return ClusteredCounts.from_words(pack(labels_with(wrong)), np.asarray(unit), N, units)


def test_the_error_of_networks_is_their_mean():
    estimate = generalisation_error(networks([0, 16, 16, 32]), PROBLEM)
    assert estimate.value == 16 / N
    assert (estimate.n, estimate.unit, estimate.effective_n) == (4, "networks", 4)
    assert 0 <= estimate.interval(0.05)[0] < 16 / N < estimate.interval(0.05)[1] <= 1
    assert sorted(network_errors(networks([0, 16, 16, 32]), PROBLEM)) == [0, 16 / N, 16 / N, 32 / N]


def test_the_share_with_so_many_errors_is_a_proportion():
    found = share_with_errors(networks([0, 16, 16, 32]), PROBLEM, 16)
    assert (found.value, found.n, found.quantity) == (0.5, 4, f"share with 16 of {N} wrong")
    assert found.interval(0.05) == pytest.approx(tuple(stats.binomtest(2, 4).proportion_ci(0.95)))
    assert share_with_errors(networks([0, 16, 16, 32]), PROBLEM, 1).value == 0
    with pytest.raises(BadInput):
        share_with_errors(FunctionCounts.from_bits(np.zeros((2, 3))), PROBLEM, 0)


def test_the_share_of_a_posterior_is_that_of_rejection():
    """Runs of subset simulation, against independent networks that fit."""
    cube = boolean_cube(3, "majority", train=4)
    network = FullyConnected((5,))
    by_runs = share_with_errors(
        subset_simulation(network, cube, seeded(0), runs=16, chains=32, steps=4).sample, cube, 1
    )
    kept = rejection(network, cube, 40_000, seeded(1)).sample
    by_rejection = share_with_errors(kept, cube, 1)
    low, high = by_runs.interval(FALSE_ALARM)
    assert low < by_rejection.value < high
    assert high - low < 0.3


def test_the_error_of_networks_of_three_classes():
    problem = Problem.from_arrays(np.zeros((0, 1)), [], np.zeros((4, 1)), [0, 1, 2, 2], classes=3)
    functions = FunctionCounts.from_labels(np.array([[0, 1, 2, 2], [1, 1, 1, 2]]), 3)
    assert generalisation_error(functions, problem).value == 2 / 4 / 2


def test_hidden_draws_count_by_how_many_of_their_last_layers_were_kept():
    rng = np.random.default_rng(0)
    unit = rng.integers(0, 800, 3000)
    wrong = 10 + unit % 7
    estimate = generalisation_error(hidden_draws(wrong, unit, 1000), PROBLEM)
    assert estimate.value == pytest.approx(wrong.mean() / N)
    kept = np.bincount(unit)
    assert estimate.effective_n == pytest.approx(kept.sum() ** 2 / (kept**2).sum())
    assert estimate.n == np.unique(unit).size
    low, high = estimate.interval(0.05)
    assert low < estimate.value < high


def test_few_hidden_draws_say_nothing():
    estimate = generalisation_error(hidden_draws([1, 2, 3], [0, 0, 1], 5), PROBLEM)
    assert np.isnan(estimate.value)
    assert estimate.n == 2
    assert np.isnan(generalisation_error(FunctionCounts.empty(N), PROBLEM).value)
    assert np.isnan(generalisation_error(Runs((networks([1]),)), PROBLEM).value)


def test_runs_count_by_their_weight():
    runs = Runs(tuple(networks([w, w + 2]) for w in (3, 5, 9, 11)), (1.0, 2.0, 3.0, 2.0))
    estimate = generalisation_error(runs, PROBLEM)
    assert estimate.value == pytest.approx((4 + 2 * 6 + 3 * 10 + 2 * 12) / 8 / N)
    assert (estimate.n, estimate.unit) == (4, "independent runs")
    assert estimate.effective_n == pytest.approx(64 / 18)
    alike = generalisation_error(Runs(runs.runs), PROBLEM)
    assert alike.value == pytest.approx((4 + 6 + 10 + 12) / 4 / N)


def test_functions_on_other_points_are_refused():
    with pytest.raises(BadInput, match="evaluation points"):
        generalisation_error(FunctionCounts.from_bits(np.zeros((1, 3), dtype=int)), boolean_cube(3))


def test_the_advantage_is_the_difference_and_its_interval_the_two_in_quadrature():
    trained, sampled = networks([3, 4, 5, 6] * 100), networks([10, 12] * 150)
    estimate = advantage_of_training(trained, sampled, PROBLEM)
    e, s = (generalisation_error(each, PROBLEM) for each in (trained, sampled))
    assert estimate.value == pytest.approx(s.value - e.value)
    (e_low, e_high), (s_low, s_high) = e.interval(0.01), s.interval(0.01)
    below = np.hypot(e_high - e.value, s.value - s_low)
    above = np.hypot(e.value - e_low, s_high - s.value)
    assert estimate.interval(0.01) == pytest.approx((estimate.value - below, estimate.value + above))
    assert estimate.n == 700


def trained_networks(rng, chance, number=500):
    """Networks whose errors are spread as a beta distribution about the chance."""
    return networks(rng.binomial(N, rng.beta(10 * chance, 10 * (1 - chance), number)))


def particles(rng, error, runs=16):
    """Runs whose weights and errors are correlated and whose weighted mean error is this one."""
    z, other = rng.normal(size=(2, runs))
    spread, scatter = 0.4, 0.03
    chance = error + scatter * (-0.6 * z + 0.8 * other + 0.6 * spread)
    return Runs(tuple(networks(rng.binomial(N, c, 60)) for c in chance), tuple(np.exp(spread * z)))


def advantage(rng, error, gap=0.0):
    return advantage_of_training(trained_networks(rng, error - gap), particles(rng, error), PROBLEM)


def of_line(rng):
    return slope(np.log([8, 16, 32]), [advantage(rng, error) for error in (0.3, 0.25, 0.2)])


@pytest.mark.parametrize(
    ("prediction", "estimate", "wrong"),
    [
        (at_least(1e-9, because="simulated"), lambda rng: advantage(rng, 0.25), Verdict.SUPPORTED),
        (at_least(0, because="simulated"), lambda rng: advantage(rng, 0.25), Verdict.REFUTED),
        (decreasing(because="simulated"), of_line, Verdict.SUPPORTED),
        (within(0.05, 0.05 - 1e-9, because="simulated"), lambda rng: advantage(rng, 0.25), Verdict.SUPPORTED),
    ],
)
@pytest.mark.parametrize("alpha", [0.025, 0.0005])
def test_a_decision_at_the_edge_is_wrong_at_most_so_often(prediction, estimate, wrong, alpha):
    rng = np.random.default_rng(1)
    simulations = 150
    verdicts = [decide(prediction, estimate(rng).interval, alpha)[0] for _ in range(simulations)]
    assert verdicts.count(wrong) <= stats.binom.isf(FALSE_ALARM, simulations, alpha)


def test_two_samplers_of_one_posterior_have_the_same_error():
    """Rejection's error by hidden draw, subset simulation's by run; plain rejection's by network."""
    network, problem = FullyConnected((10,)), digits(5, N)
    frozen = rejection(network, problem, 4000, seeded(0), last_layers=32).sample
    plain = rejection(network, problem, 80_000, seeded(1)).sample
    deep = subset_simulation(network, problem, seeded(2), runs=16, chains=32, steps=8).sample
    kinds = (ClusteredCounts, FunctionCounts, Runs)
    assert all(isinstance(each, kind) for each, kind in zip((frozen, plain, deep), kinds, strict=True))
    for one, other in ((frozen, plain), (deep, frozen), (plain, deep)):
        low, high = advantage_of_training(one, other, problem).interval(FALSE_ALARM)
        assert low <= 0 <= high
    # They could have differed: the errors are known to a fiftieth.
    for each in (frozen, plain, deep):
        low, high = generalisation_error(each, problem).interval(0.05)
        assert high - low < 0.02


def test_an_advantage_of_a_tenth_is_seen():
    """Standard error of the runs' mean 0.009, of the networks' 0.006: 0.1 is nine of both together."""
    rng = np.random.default_rng(2)
    verdicts = [
        decide(at_least(0, because="simulated"), advantage(rng, 0.3, 0.1).interval, 0.001)[0] for _ in range(50)
    ]
    # Not seen with a chance of 0.05 at most (three standard errors to spare): 12 of 50 once in a million.
    assert verdicts.count(Verdict.SUPPORTED) >= 38
