"""Binary patterns: labels of the teacher, weights read from the unit vectors, draws that are seeded."""

import numpy as np
import pytest
import torch

from harness.errors import BadInput
from harness.networks import perceptron
from harness.problems import binary_patterns, training_sets
from harness.samplers.prior import prior


def test_the_teacher_fits_and_is_the_evaluation_labels():
    problem = binary_patterns(40, 9, split=3)
    teacher = 2.0 * problem.eval_y - 1
    np.testing.assert_array_equal(problem.train_x @ teacher > 0, problem.train_y.astype(bool))
    assert set(np.unique(problem.train_x)) == {-1.0, 1.0}


def test_functions_on_the_unit_vectors_are_the_weights():
    problem = binary_patterns(6, 7)
    found = prior(perceptron(distribution="binary"), problem, 4000, torch.Generator().manual_seed(0))
    # All 2^7 settings, equally likely: each is missed with probability e^−31.
    assert found.distinct == 2**7


def test_random_labels_are_coins_and_inputs_are_those_of_the_teacher():
    coins = np.concatenate([binary_patterns(50, 9, split, "random").train_y for split in range(40)])
    # Of 2,000 fair coins, beyond 5.5 standard deviations.
    assert abs(coins.mean() - 0.5) < 5.5 * 0.5 / 2000**0.5
    np.testing.assert_array_equal(binary_patterns(5, 9, 1).train_x, binary_patterns(5, 9, 1, "random").train_x)
    assert not np.array_equal(binary_patterns(5, 9, 1).train_x, binary_patterns(5, 9, 2).train_x)


def test_training_sets_of_patterns():
    sets = training_sets(binary_patterns, 8, 11, labels="random")
    assert (sets.m, sets.n) == (8, 11)
    assert sets.problem(1).fingerprint != sets.problem(2).fingerprint


@pytest.mark.parametrize("wrong", [{"n": 8}, {"labels": "noisy"}, {"m": -1}, {"split": -1}])
def test_what_cannot_be_had_is_refused(wrong):
    with pytest.raises(BadInput):
        binary_patterns(**{"m": 4, "n": 7, **wrong})
