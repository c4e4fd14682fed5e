"""The lab of a null learner: what is answered by the learner, with which seeds, and what is left to the real lab."""

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.nulls import (
    RANDOM_SAMPLING,
    AnothersPosterior,
    Coins,
    FrozenDrawsAlike,
    FrozenDrawsByEvidence,
    NullLab,
    Truth,
    UniformGuessing,
    UntrainedNetworks,
)
from harness.nulls.from_posteriors import marginals
from harness.optimisers import SGD, Adam
from harness.problems import Problem, boolean_cube, digits, training_sets
from harness.samplers.features import shift
from harness.samplers.posterior.rejection import Rejection
from harness.statistics.distances import relative_distance
from harness.store import Store

SCALE = Scale("test", 100.0, effort=1, looks=3)
NETWORK = FullyConnected((4,))
TASK = boolean_cube(3, "majority", train=3)
SETS = training_sets(boolean_cube, 3, 5, bits=3, target="majority")
MANY = {"changes": ("kernel change", "distance travelled", "training alignment"), "in_span": False}


@pytest.fixture
def lab(tmp_path):
    return Lab(SCALE, torch.device("cpu"), 0, Store(tmp_path / "store"))


def same(one, two):
    one, two = one.to_arrays(), two.to_arrays()
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in one)


def test_training_is_the_learners_and_counts_as_fitted(lab):
    null = NullLab(lab, Truth())
    trained = null.train(NETWORK, TASK, SGD(0.1), networks=7)
    assert trained.functions.labels().tolist() == [TASK.eval_y.tolist()]
    assert (trained.networks, trained.unfitted, trained.others.total) == (7, 0, 0)
    assert trained.epochs.tolist() == [1] * 7
    assert null.answered == 1


def test_a_request_has_its_own_functions_and_keeps_them(lab):
    null, again = NullLab(lab, UniformGuessing()), NullLab(lab, UniformGuessing())
    first = null.train(NETWORK, TASK, SGD(0.1))
    assert same(first, again.train(NETWORK, TASK, SGD(0.1)))
    others = [
        null.train(NETWORK, TASK, Adam(0.1)),
        null.train(NETWORK, TASK, SGD(0.1), "squared error"),
        null.train(FullyConnected((5,)), TASK, SGD(0.1)),
        null.train(NETWORK, boolean_cube(3, "majority", train=3, split=1), SGD(0.1)),
        NullLab(Lab(SCALE, lab.device, 1, lab.store), UniformGuessing()).train(NETWORK, TASK, SGD(0.1)),
        NullLab(lab, UntrainedNetworks()).train(NETWORK, TASK, SGD(0.1)),
    ]
    assert not any(same(first, other) for other in others)


def test_later_looks_add_to_the_first(lab):
    null = NullLab(lab, UniformGuessing())
    first = null.train(NETWORK, TASK, SGD(0.1), networks=40)
    null.look = 1
    both = null.train(NETWORK, TASK, SGD(0.1), networks=40)
    assert (first.networks, both.networks, both.functions.total) == (40, 80, 80)
    assert (both.functions.counts_of(first.functions.words) >= first.functions.counts).all()
    added = both.functions.counts_of(first.functions.words) - first.functions.counts
    assert not np.array_equal(added, first.functions.counts)


def test_all_else_is_the_labs(lab):
    null = NullLab(lab, Truth())
    asked = [
        lambda lab: lab.prior(NETWORK, TASK, draws=100),
        lambda lab: lab.rejection_posterior(NETWORK, TASK, draws=100),
        lambda lab: lab.posterior(NETWORK, TASK),
        lambda lab: lab.hidden_draws(NETWORK, digits(4, 4), ("training alignment",), draws=50),
        lambda lab: lab.posterior_on_sets(NETWORK, SETS)[3],
    ]
    assert all(same(ask(null), ask(lab)) for ask in asked)
    assert null.answered == 0


def test_sets_have_one_answer_each(lab):
    null = NullLab(lab, Truth())
    trained = null.train_on_sets(NETWORK, SETS, SGD(0.1), networks=3)
    assert len(trained) == len(null.problems(SETS)) == 8
    for found, problem in zip(trained, null.problems(SETS), strict=True):
        assert found.functions.labels().tolist() == [problem.eval_y.tolist()]
    guesses = NullLab(lab, UniformGuessing()).train_on_sets(NETWORK, SETS, SGD(0.1), networks=50)
    assert all(not same(guesses[0], other) for other in guesses[1:])
    null.look = 1
    assert len(null.train_on_sets(NETWORK, SETS, SGD(0.1), networks=3)) == 16


def test_posteriors_on_sets_are_of_the_same_sets_and_other_draws(lab):
    # Every set has a posterior of its own, on its own points, at any seed of the run.
    lab = Lab(SCALE, lab.device, 5, lab.store)
    null = NullLab(lab, Coins())
    trained = null.train_on_sets(NETWORK, SETS, SGD(0.1), networks=4000)
    sampled = lab.posterior_on_sets(NETWORK, SETS)
    for each, posterior in zip(trained, sampled, strict=True):
        labels = each.functions.labels()
        found = each.functions.counts @ labels / each.networks
        wanted = marginals(posterior.sample)[:, 1]
        assert found == pytest.approx(wanted, abs=0.15)
        assert not np.allclose(found, wanted, atol=1e-4)


def test_perceptrons_agree_with_the_arc_between_two_inputs(lab):
    # Without bias, the label of a point at the angle φ from the only training point differs with probability φ/π.
    angles = np.array([0.3, 1.0, 2.0])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    problem = Problem.from_arrays([[1.0, 0.0]], [1], points, [1, 1, 1])
    null = NullLab(lab, AnothersPosterior(FullyConnected((), sigma_b=0.0)))
    trained = null.train(NETWORK, problem, SGD(0.1), networks=20_000)
    found = trained.functions.counts @ trained.functions.labels() / trained.networks
    assert found == pytest.approx(1 - angles / np.pi, abs=0.02)


def test_perceptrons_on_more_points_are_sampled_as_the_gaussian_process_they_are(lab):
    # By subset simulation of their weights instead.
    sets = training_sets(digits, 10, 6)
    found = NullLab(lab, AnothersPosterior()).train_on_sets(NETWORK, sets, SGD(0.1), networks=4000)[5]
    problem = lab.problems(sets)[5]
    wanted = marginals(lab.subset_posterior(FullyConnected(()), problem, runs=32).sample)[:, 1]
    assert found.functions.counts @ found.functions.labels() / 4000 == pytest.approx(wanted, abs=0.08)
    # 80 points of 64 pixels leave their last logits no freedom.
    many = training_sets(digits, 10, 70)
    assert len(NullLab(lab, AnothersPosterior()).train_on_sets(NETWORK, many, SGD(0.1), networks=3)) == 8
    alone = NullLab(lab, AnothersPosterior()).train(NETWORK, problem, SGD(0.1), networks=4000)
    assert alone.functions.counts @ alone.functions.labels() / 4000 == pytest.approx(wanted, abs=0.08)


def test_frozen_draws_counted_alike_are_not_the_posterior(lab):
    # On the cube, majority, m = 6, widths (2, 2): a relative distance of 0.068 ± 0.006.
    problem, network = boolean_cube(4, "majority", train=6), FullyConnected((2, 2))
    whole = {"draws": 400_000, "last_layers": 1}
    every_layer = lab.rejection_posterior(network, problem, **whole)
    alike, by_evidence = (NullLab(lab, each, RANDOM_SAMPLING) for each in (FrozenDrawsAlike(), FrozenDrawsByEvidence()))
    assert same(alike.rejection_posterior(network, problem, **whole), every_layer)
    low, high = relative_distance(alike.rejection_posterior(network, problem).sample, every_layer.sample).interval(0.01)
    assert 0.02 < low < 0.068 < high
    of_evidence = by_evidence.rejection_posterior(network, problem).sample
    assert of_evidence.units == 5000
    assert relative_distance(of_evidence, every_layer.sample).interval(0.01)[1] < 0.02
    # P_B stays what it is.
    assert same(alike.posterior(network, problem), lab.posterior(network, problem))
    trained = NullLab(lab, FrozenDrawsAlike()).train(network, problem, SGD(0.1), networks=5000)
    assert relative_distance(trained.functions, every_layer.sample).interval(0.01)[0] > 0.02


def test_frozen_draws_on_sets_are_answered_one_each(lab):
    null = NullLab(lab, Truth(), RANDOM_SAMPLING)
    frozen = null.gather_on_sets(lambda problem: Rejection(NETWORK, problem), SETS)
    for each, problem in zip(frozen, null.problems(SETS), strict=True):
        assert each.functions.labels().tolist() == [problem.eval_y.tolist()]


def test_random_sampling_leaves_untrained_layers_where_they_are(lab):
    problem, network = digits(6, 6), FullyConnected((10,))
    null = NullLab(lab, UntrainedNetworks(), RANDOM_SAMPLING)
    asked = {"statistics": ("training alignment",), "draws": 20_000}
    drawn, real = null.hidden_draws(network, problem, **asked), lab.hidden_draws(network, problem, **asked)
    assert np.array_equal(drawn.values, real.values)
    assert np.ptp(drawn.weights) == 0 < np.ptp(real.weights)
    assert shift(drawn, 0, "shift").interval(0.01) == pytest.approx((0, 0), abs=1e-9)
    assert shift(real, 0, "shift").interval(0.01)[0] > 0.1
    patterns = null.hidden_patterns(network, problem, draws=400)
    assert all(layer.total == 400 * 8 for layer in patterns.layers)
    unweighted = {"draws": 400, "weighted": False}
    assert same(
        null.hidden_patterns(network, problem, **unweighted), lab.hidden_patterns(network, problem, **unweighted)
    )
    moved = null.transfer(network, problem, digits(6, 6, split=1), draws=500)
    assert np.ptp(moved.first) == 0 < np.ptp(moved.second)
    # What is trained is trained.
    assert null.train(network, problem, SGD(0.1), networks=5).epochs.max() > 1
    with pytest.raises(BadInput, match="has no hidden layers"):
        NullLab(lab, Truth(), RANDOM_SAMPLING).hidden_draws(network, problem, **asked)


def test_it_stands_for_training_or_for_random_sampling(lab):
    with pytest.raises(BadInput, match="'nature'"):
        NullLab(lab, Truth(), "nature")


def test_untrained_layers_have_not_moved(lab):
    problem = digits(6, 6)
    null = NullLab(lab, UntrainedNetworks())
    found = null.trained_features(
        FullyConnected((5, 5)), problem, SGD(0.1), ("training alignment",), networks=2000, **MANY
    )
    assert found.values.shape == (2000, 2 + 2 + 1 + 2)
    assert not found.values[:, 2:].any()
    # The statistic itself is that of hidden draws at initialisation.
    drawn = lab.hidden_draws(FullyConnected((5, 5)), problem, ("training alignment",), draws=4000)
    close = 5 * 0.03 * float(drawn.values.std(0).max())
    assert found.values[:, :2].mean(0) == pytest.approx(drawn.values.mean(0), abs=close)
    in_span = null.trained_features(FullyConnected((5, 5)), problem, SGD(0.1), ("training alignment",), networks=2000)
    assert in_span.values.mean(0) == pytest.approx(drawn.values.mean(0), abs=close)


def test_untrained_patterns_are_those_of_the_initialisation(lab):
    problem, network = digits(6, 6), FullyConnected((20,))
    null = NullLab(lab, UntrainedNetworks())
    found = null.trained_patterns(network, problem, SGD(0.1), networks=1000).layers[0]
    assert found.units == 1000
    unmoved = lab.hidden_patterns(network, problem, weighted=False).layers[0]
    low, high = relative_distance(found, unmoved).interval(0.01)
    assert low <= 0 < high < 0.05


def test_what_has_no_layers_says_so(lab):
    null = NullLab(lab, Truth())
    for ask in (null.trained_features, null.trained_patterns):
        with pytest.raises(BadInput, match="'truth' has no hidden layers"):
            ask(NETWORK, digits(6, 6), SGD(0.1))
