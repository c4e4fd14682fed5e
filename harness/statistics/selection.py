"""Model selection: the test error of the best of several draws by held-out points."""

import numpy as np

from harness.arguments import counts
from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.functions.packing import unpack
from harness.problems import Problem


def best_of(functions: FunctionCounts, problem: Problem, points: int, draws: int) -> float:
    """Expect the test error of that of several draws that is right on most validation points, ties shared equally.

    The expectation is exact for independent draws from the sample's own distribution, with replacement; so a sample of
    few networks has the best of many draws only among them.

    Args:
        functions: sample on all evaluation points.
        problem: S and E.
        points: validation points, the last ones of E; the others are test points.
        draws: how many draws the best is chosen from; 1 for no choice.

    Returns:
        The mean share of the test points that the chosen network gets wrong; NaN if the sample is empty.

    Raises:
        BadInput: no test points are left, or the sample is not on E.
    """
    counts("A choice by held-out points", points=points, draws=draws)
    if points >= problem.n or functions.n != problem.n:
        raise BadInput(
            f"A choice by {points} of {problem.n} evaluation points, of functions on {functions.n}, leaves no test "
            "points; ask for fewer, and for functions on all evaluation points."
        )
    if not functions.total:
        return float("nan")
    wrong = unpack(functions.words, functions.n, functions.classes) != problem.eval_y
    right, error = (~wrong[:, -points:]).sum(1), wrong[:, :-points].mean(1)
    weight = np.bincount(right, functions.counts, points + 1) / functions.total
    total_error = np.bincount(right, functions.counts * error, points + 1) / functions.total
    upto = np.cumsum(weight)
    # Chance that the best of the draws has this many right.
    best = np.diff(upto**draws, prepend=0.0)
    seen = weight > 0
    return float(best[seen] @ (total_error[seen] / weight[seen]))
