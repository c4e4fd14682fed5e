"""The best of several draws against all draws written out."""

from itertools import product

import numpy as np
import pytest

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.problems import Problem
from harness.statistics.selection import best_of

TRUTH = np.array([0, 1, 1, 0, 1, 0])
PROBLEM = Problem.from_arrays(np.zeros((1, 2)), [0], np.ones((6, 2)), TRUTH)
# Ties on the three validation points: rows 0 and 1, 2 and 4.
DRAWN = np.array([[0, 0, 1, 0, 1, 0], [1, 0, 0, 0, 1, 0], [0, 1, 1, 1, 1, 0], [0, 1, 1, 1, 0, 0], [1, 0, 0, 0, 1, 1]])


@pytest.mark.parametrize("draws", [1, 2, 3, 5])
def test_it_is_the_mean_over_all_draws(draws):
    expected = []
    for chosen in product(DRAWN, repeat=draws):
        right = [(f[3:] == TRUTH[3:]).sum() for f in chosen]
        expected.append(
            np.mean([(f[:3] != TRUTH[:3]).mean() for f, r in zip(chosen, right, strict=True) if r == max(right)])
        )
    found = best_of(FunctionCounts.from_bits(DRAWN), PROBLEM, 3, draws)
    assert found == pytest.approx(np.mean(expected), abs=1e-12)


def test_one_draw_is_no_choice_and_many_are_the_best():
    functions = FunctionCounts.from_bits(DRAWN)
    assert best_of(functions, PROBLEM, 3, 1) == pytest.approx((DRAWN[:, :3] != TRUTH[:3]).mean())
    assert best_of(functions, PROBLEM, 3, 10**6) == pytest.approx((DRAWN[:2, :3] != TRUTH[:3]).mean())


def test_what_leaves_no_test_points_is_refused():
    with pytest.raises(BadInput, match="leaves no test points"):
        best_of(FunctionCounts.from_bits(DRAWN), PROBLEM, 6, 2)
