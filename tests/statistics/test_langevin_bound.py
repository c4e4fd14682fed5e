"""The bound from the temperature against divergences in closed form and the gap against counting by hand."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.problems import digits
from harness.statistics.langevin_bound import gap, gap_bound, with_training_inputs


@pytest.mark.parametrize("beta", [0.5, 8.0, 100.0])
def test_the_divergence_from_the_start_is_below_what_the_bound_counts(beta):
    """One weight w, start N(0, 1), L = (w − 1)²: every law on the way is normal, and KL(p_t‖p_0) is known."""
    initial = 2.0
    precision = 1 + 2 * beta
    for t in (0.01, 0.1, 1.0, 10.0, 1000.0):
        # dθ = −(2(w − 1) + w/β) dt + √(2/β) dB in units of time in which the pull is `rate`.
        rate = precision / beta
        mean = 2 * beta / precision * (1 - np.exp(-rate * t))
        variance = 1 / precision + (1 - 1 / precision) * np.exp(-2 * rate * t)
        divergence = (variance + mean**2 - 1 - np.log(variance)) / 2
        assert divergence <= beta * initial
    assert gap_bound(initial, 1 / beta, 50, 0.05) == pytest.approx(np.sqrt((beta * initial + np.log(20)) / 50))


def test_the_bound_falls_with_temperature_and_points():
    assert gap_bound(1.0, 2.0, 10) < gap_bound(1.0, 1.0, 10)
    assert gap_bound(1.0, 1.0, 20) < gap_bound(1.0, 1.0, 10) < gap_bound(1.0, 1.0, 10, delta=0.01)


@pytest.mark.parametrize("wrong", [(-1, 1, 1, 0.1), (1, 0, 1, 0.1), (1, 1, 0, 0.1), (1, 1, 1, 0), (1, 1, 1, 2)])
def test_numbers_that_make_no_sense(wrong):
    with pytest.raises(BadInput, match="The bound takes"):
        gap_bound(*wrong)


def test_the_gap_of_functions_that_are_right_on_s():
    problem = with_training_inputs(digits(4, 6))
    assert (problem.m, problem.n) == (4, 10)
    np.testing.assert_array_equal(problem.eval_x[:4], problem.train_x)
    np.testing.assert_array_equal(problem.eval_y[:4], problem.train_y)
    right = problem.eval_y.copy()
    half = right.copy()
    half[7:] ^= 1
    assert gap(FunctionCounts.from_labels(np.array([half, right]), 2), problem) == pytest.approx(0.25)
    first = right.copy()
    first[0] ^= 1
    assert gap(FunctionCounts.from_labels(np.array([first]), 2), problem) == pytest.approx(-0.25)
