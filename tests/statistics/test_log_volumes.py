"""Log volumes over training sets: against volumes known one by one, null learners, and simulated coverage."""

from itertools import product
from math import log

import numpy as np
import pytest
import torch
from scipy import stats

from harness.claim import Scale
from harness.errors import BadInput, NotAsked
from harness.functions import FunctionCounts
from harness.functions.runs import Runs
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.problems import digits, training_sets
from harness.samplers.log_volumes import LogVolumes
from harness.statistics.log_volumes import (
    above_coins,
    above_random_errors,
    above_uniform_guessing,
    by_pair,
    log_volume,
    some_functions,
    typicality,
    whose_volume,
)
from harness.statistics.plain_learners import as_often_right, coins, uniform_guessing
from harness.store import Store

EVERY = np.array(list(product((0, 1), repeat=6)), dtype=np.uint8)


def deviations(found):
    """The mean over training sets in units of its standard error."""
    return stats.ttest_1samp(found.details["sets"], 0).statistic


def known(values, scatter=0.0, rng=None, runs=8):
    """Log volumes with these values, (k,), by scramblings that scatter."""
    values = np.asarray(values, dtype=float)
    noise = scatter * rng.standard_normal((runs, len(values) + 1)) if scatter else np.zeros((runs, len(values) + 1))
    noise -= scatter**2 / 2
    return LogVolumes(values + noise[:, 1:], noise[:, 0])


def a_law(seed, sharpness=1.0):
    """A distribution over the 64 functions on six points, of labels that are not independent."""
    rng = np.random.default_rng(seed)
    p = np.exp(sharpness * rng.standard_normal(64))
    return p / p.sum()


def drawn(p, draws, rng):
    return FunctionCounts.from_bits(EVERY[rng.choice(64, draws, p=p)].astype(bool))


# Whose volume.


def test_own_volume_against_the_nearest_rival():
    own = [known([-3.0, -5.0]), known([-4.0]), known([-4.0]), known([-2.0])]
    near = [known([-4.0, -5.0]), known([-4.5]), known([-4.4]), known([-2.6])]
    others = {"far": [known([-9.0, -9.0]), *[known([-9.0])] * 3], "near": near}
    found = whose_volume(own, others)
    assert found.value == pytest.approx(0.5)
    assert found.details["nearest rival"] == "near"
    assert found.details["pairs"] == pytest.approx({"far": 5.5, "near": 0.5})
    assert found.details["sets"] == pytest.approx([0.5, 0.5, 0.4, 0.6])
    pairs = by_pair(own, others)
    assert pairs["far"].value == pytest.approx(5.5)


def test_a_rival_that_cannot_compute_a_function_is_none():
    own, cannot = [known([-each]) for each in (3.0, 4.0, 5.0, 7.0)], [known([-3.0])] * 3 + [known([-np.inf])]
    assert list(by_pair(own, {"can": own, "cannot": cannot})) == ["can"]
    with pytest.raises(NotAsked, match="no rival"):
        by_pair(own, {"cannot": cannot})
    with pytest.raises(NotAsked, match="have no volume"):
        by_pair(cannot, {"can": own})
    with pytest.raises(BadInput, match="as many sets"):
        by_pair(own, {"short": own[:1]})


def test_coverage_though_the_rival_is_chosen_by_what_was_measured():
    # Three rivals that are equally near: the one that looks nearest is so by chance.
    rng, missed, simulations, sets, apart = np.random.default_rng(0), np.zeros(2), 100, 8, 0.3
    for _ in range(simulations):
        truth = rng.normal(-10, 2, sets)
        own = [known([each], 0.2, rng) for each in truth]
        others = {
            str(rival): [known([each - apart + rng.normal(0, 0.3)], 0.2, rng) for each in truth] for rival in range(3)
        }
        low, high = whose_volume(own, others).interval(0.1)
        missed += [low > apart, high < apart]
    # Each end may miss one in twenty times; the lower end of the nearest of three nearly never does.
    assert (missed <= stats.binom.isf(1e-6, simulations, 0.05)).all()


def test_coverage_of_a_mean_over_sets():
    rng, missed, simulations = np.random.default_rng(1), 0, 200
    for _ in range(simulations):
        found = log_volume([known(rng.normal(each, 1, 10), 0.3, rng) for each in rng.normal(-10, 1, 8)])
        low, high = found.interval(0.1)
        missed += not low <= -10 <= high
    assert missed <= stats.binom.isf(1e-6, simulations, 0.1)
    # Of few sets the interval is wide, but it says something.
    assert high - low < 6


# How much.


def test_nats_above_uniform_guessing():
    volumes = [known(uniform_guessing(EVERY[:k]) + above) for k, above in ((5, 1.5), (3, 2.5), (1, 1.0), (2, 3.0))]
    assert above_uniform_guessing(volumes, 6).value == pytest.approx(2.0)


def test_coins_are_a_distribution_and_have_the_marginals():
    rng = np.random.default_rng(2)
    sample = drawn(a_law(3), 5000, rng)
    scores = np.exp(coins(EVERY, sample))
    assert scores.sum() == pytest.approx(1)
    np.testing.assert_allclose(scores @ EVERY, sample.counts @ sample.bits() / sample.total, atol=3e-4)
    # A label that was never drawn is not impossible.
    never = FunctionCounts.from_bits(np.zeros((100, 6), dtype=bool))
    assert np.isfinite(coins(EVERY, never)).all()
    with pytest.raises(BadInput, match="need draws on these inputs"):
        coins(EVERY[:, :3], sample)


def test_whole_functions_are_above_coins_by_what_the_labels_tell_of_each_other():
    # E_P ln P/coins is the total correlation, here from the law itself.
    rng, values, functions, samples, truths = np.random.default_rng(4), [], [], [], []
    for seed in range(12):
        p = a_law(seed, 1.5)
        ones = p @ EVERY
        truths.append(p @ (np.log(p) - EVERY @ np.log(ones) - (1 - EVERY) @ np.log(1 - ones)))
        which = rng.choice(64, 400, p=p)
        values.append(known(np.log(p[which]), 0.05, rng))
        functions.append(EVERY[which])
        samples.append(drawn(p, 4000, rng))
    found = above_coins(values, functions, samples)
    assert min(truths) > 0.2
    assert found.value == pytest.approx(np.mean(truths), abs=0.1)
    with pytest.raises(BadInput, match="the same training sets"):
        above_coins(values, functions[:3], samples)


def test_coins_own_functions_are_not_above_coins():
    rng, values, functions, samples = np.random.default_rng(5), [], [], []
    for seed in range(12):
        p = a_law(seed, 1.5)
        ones = p @ EVERY
        tossed = (rng.random((400, 6)) < ones).astype(np.uint8)
        values.append(known(np.log(p[tossed @ (1 << np.arange(5, -1, -1))])))
        functions.append(tossed)
        samples.append(drawn(p, 4000, rng))
    # ln P/coins under the coins is minus a divergence.
    assert deviations(above_coins(values, functions, samples)) < -3


def test_a_learner_as_often_right_is_a_distribution_that_has_not_seen_the_set():
    truths = [EVERY[7], EVERY[9], EVERY[50]]
    functions = [EVERY, EVERY[[9]] ^ np.array([1, 0, 0, 0, 0, 0], dtype=np.uint8), EVERY[[50]]]
    scores = as_often_right(functions, truths)
    assert np.exp(scores[0]).sum() == pytest.approx(1)
    # On the first set, it errs as the others do: on 1 of 12 labels, (1 + 1/2)/(12 + 1).
    chance = 1.5 / 13
    assert scores[0][7] == pytest.approx(6 * log(1 - chance))
    assert scores[0][6] == pytest.approx(log(chance) + 5 * log(1 - chance))
    with pytest.raises(BadInput, match="at least 2"):
        as_often_right(functions[:1], truths[:1])


def test_random_errors_are_not_above_random_errors():
    # Under a volume that is that learner itself: 0, but for what others tell of the rate.
    rng, rate, truth = np.random.default_rng(6), 0.2, EVERY[21]
    functions = [truth ^ (rng.random((500, 6)) < rate).astype(np.uint8) for _ in range(10)]
    wrong = [(each != truth).sum(axis=1) for each in functions]
    values = [known(each * log(rate) + (6 - each) * log(1 - rate)) for each in wrong]
    assert above_random_errors(values, functions, [truth] * 10).value == pytest.approx(0, abs=0.01)


# Typicality.


def test_typicality_is_nothing_for_the_posteriors_own_draws():
    rng, missed, simulations = np.random.default_rng(7), 0, 200
    laws = [np.log(a_law(seed)) for seed in range(8)]
    floors, values = [], []
    for _ in range(simulations):
        own, other = ([known(rng.choice(law, k, p=np.exp(law)), 0.05, rng) for law in laws] for k in (24, 48))
        found = typicality(own, other)
        low, high = found.interval(0.1)
        missed += not low <= 0 <= high
        values.append(found.value)
        floors.append(found.noise_floor)
    assert missed <= stats.binom.isf(1e-6, simulations, 0.1)
    assert np.mean(floors) == pytest.approx(np.std(values), rel=0.2)


def test_typicality_of_training_that_is_sharper():
    # P_OPT ∝ P²: the difference of the means of ln P is exact.
    rng = np.random.default_rng(8)
    trained, sampled, truths = [], [], []
    for seed in range(12):
        p = a_law(seed, 1.5)
        sharp = p**2 / (p**2).sum()
        truths.append((sharp - p) @ np.log(p))
        trained.append(known(rng.choice(np.log(p), 400, p=sharp)))
        sampled.append(known(rng.choice(np.log(p), 400, p=p)))
    found = typicality(trained, sampled)
    assert found.value == pytest.approx(np.mean(truths), abs=0.1)
    assert deviations(found) > 4


# Null learners, on real training sets.

NETWORK, CHAOTIC = FullyConnected((4, 4)), FullyConnected((4, 4), "tanh", 4.0)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return Lab(Scale("test", 100.0, 1, 3), torch.device("cpu"), 0, Store(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def real(lab):
    """Training sets of digits, with functions of P_B of both networks, coins and uniform guessing."""
    sets, rng = training_sets(digits, 16, 16), np.random.default_rng(9)
    problems = lab.problems(sets)
    posteriors = [lab.infinite_posterior(NETWORK, each).functions for each in problems]
    found = {"P_B": [some_functions(each, 10, 0) for each in posteriors]}
    found["chaotic P_B"] = [some_functions(lab.infinite_posterior(CHAOTIC, each).functions, 10, 1) for each in problems]
    ones = [each.counts @ each.bits() / each.total for each in posteriors]
    found["coins"] = [(rng.random((10, 16)) < each).astype(np.uint8) for each in ones]
    found["uniform guessing"] = [rng.integers(0, 2, (4, 16), dtype=np.uint8) for _ in problems]
    volumes = {
        name: {
            of.name: lab.log_volumes_on_sets(of, sets, functions, runs=4, points=64)
            for of in ((NETWORK,) if name == "coins" else (NETWORK, CHAOTIC))
        }
        for name, functions in found.items()
    }
    return problems, posteriors, found, volumes


def test_uniform_guessing_is_no_likelier_than_uniform_guessing_under_any_volume(real):
    _, _, _, volumes = real
    for of in (NETWORK, CHAOTIC):
        found = above_uniform_guessing(volumes["uniform guessing"][of.name], 16)
        # Minus the divergence of uniform guessing from the posterior.
        assert found.value < 0
        assert found.interval(0.05)[1] < 1


def test_coins_are_likelier_as_coins(real):
    _, posteriors, found, volumes = real
    assert deviations(above_coins(volumes["coins"][NETWORK.name], found["coins"], posteriors)) < -2


def test_the_posteriors_own_draws_are_likelier_than_coins_and_typical(lab, real):
    problems, posteriors, found, volumes = real
    mine = volumes["P_B"][NETWORK.name]
    assert deviations(above_coins(mine, found["P_B"], posteriors)) > 2
    again = [some_functions(each, 10, 2) for each in posteriors]
    others = [
        lab.log_volumes(NETWORK, problem, each, runs=4, points=64)
        for problem, each in zip(problems, again, strict=True)
    ]
    low, high = typicality(mine, others).interval(0.01)
    assert low < 0 < high


def test_each_posteriors_draws_are_likelier_under_their_own_volume(real):
    _, _, _, volumes = real
    for name, own, other in (("P_B", NETWORK, CHAOTIC), ("chaotic P_B", CHAOTIC, NETWORK)):
        found = whose_volume(volumes[name][own.name], {other.name: volumes[name][other.name]})
        assert deviations(found) > 2


def test_functions_are_drawn_without_replacement():
    sample = FunctionCounts.from_bits(EVERY[[1, 1, 1, 2]].astype(bool))
    chosen = some_functions(sample, 10, 0)
    assert sorted(map(tuple, chosen)) == sorted(map(tuple, EVERY[[1, 1, 1, 2]]))
    assert len(some_functions(sample, 2, 0)) == 2


def test_functions_of_runs_are_drawn_by_the_runs_weight():
    one, other = (FunctionCounts.from_bits(EVERY[which].astype(bool)) for which in ([1, 1, 1, 2], [5]))
    chosen = some_functions(Runs((one, other), (1.0, 3.0)), 4000, 0)
    shares = [(chosen == EVERY[which]).all(1).mean() for which in (1, 2, 5)]
    np.testing.assert_allclose(shares, [3 / 16, 1 / 16, 3 / 4], atol=0.04)
