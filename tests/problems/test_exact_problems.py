"""One-hot inputs, and Gaussian inputs with a teacher: what exact answers suppose of them."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.problems import gaussian_teacher, one_hot, training_sets


@pytest.mark.parametrize(("m", "ones", "n"), [(8, 4, 1), (9, 3, 4), (5, 0, 1), (5, 5, 2), (0, 0, 3)])
def test_one_hot_inputs_are_orthogonal_and_of_equal_length(m, ones, n):
    problem = one_hot(m, ones, n)
    np.testing.assert_allclose(problem.inputs @ problem.inputs.T, (m + n) * np.eye(m + n), rtol=1e-6)
    assert (problem.m, problem.n, problem.train_y.sum()) == (m, n, ones)


def test_ones_are_spread_over_the_inputs():
    for k in range(1, 13):
        assert abs(one_hot(12, 4).train_y[:k].sum() - k / 3) <= 1


@pytest.mark.parametrize("wrong", [(3, 4, 1), (3, -1, 1), (3, 2, 0), (3.5, 1, 1)])
def test_one_hot_problems_that_make_no_sense(wrong):
    with pytest.raises(BadInput):
        one_hot(*wrong)


def test_a_teacher_labels_all_points_and_every_split_has_its_own():
    problem = gaussian_teacher(30, 10, dimensions=20)
    x, s = problem.inputs, np.concatenate([problem.train_y, problem.eval_y]) * 2.0 - 1
    w = np.linalg.lstsq(x.T @ x + 1e-9 * np.eye(20), x.T @ s, rcond=None)[0]
    assert ((x @ w > 0) == (s > 0)).mean() > 0.8
    other = gaussian_teacher(30, 10, dimensions=20, split=1)
    assert (other.inputs != x).all()
    big = gaussian_teacher(5000, 1, dimensions=8)
    assert stats.kstest(big.train_x.ravel(), stats.norm.cdf).pvalue > 1e-6
    assert stats.binomtest(int(big.train_y.sum()), 5000).pvalue > 1e-6
    with pytest.raises(BadInput, match="dimensions"):
        gaussian_teacher(3, 3, dimensions=0)


def test_labels_are_linear():
    """A separating direction exists: the perceptron's rule finds it."""
    problem = gaussian_teacher(40, 1, dimensions=5, split=3)
    x, s = problem.train_x.astype(float), problem.train_y * 2.0 - 1
    w = np.zeros(5)
    for _ in range(20_000):
        wrong = np.flatnonzero(s * (x @ w) <= 0)
        if not len(wrong):
            break
        w += s[wrong[0]] * x[wrong[0]]
    assert (s * (x @ w) > 0).all()


def test_teachers_as_training_sets():
    sets = training_sets(gaussian_teacher, 4, 2, dimensions=3)
    assert sets.problem(0).fingerprint != sets.problem(1).fingerprint
