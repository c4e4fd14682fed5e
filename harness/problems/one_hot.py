"""One-hot inputs, all orthogonal and of equal length: the data on which P(S) is known at any width and depth."""

from math import sqrt

import numpy as np

from harness.arguments import whole
from harness.errors import BadInput
from harness.problems.problem import Problem


def one_hot(m: int, ones: int, n: int = 1) -> Problem:
    """m + n inputs of which each has one component that is not 0, its own: √(m + n), so that a unit's first
    pre-activation varies by σ_w.

    Args:
        m: training inputs.
        ones: training labels that are 1, spread evenly over the inputs; the others are 0.
        n: evaluation inputs, all labelled 1.

    Returns:
        The problem, with two classes.

    Raises:
        BadInput: one of these is no whole number, or there are more ones than inputs.
    """
    m, ones = whole(m, "A number of training inputs", least=0), whole(ones, "A number of ones", least=0)
    n = whole(n, "A number of evaluation inputs", least=1)
    if ones > m:
        raise BadInput(f"Of {m} training labels at most {m} are 1, not {ones}.")
    x = np.eye(m + n, dtype=np.float32) * sqrt(m + n)
    labels = np.arange(1, m + 1) * ones // max(m, 1) - np.arange(m) * ones // max(m, 1)
    facts = {"dataset": "one-hot inputs", "ones": ones}
    return Problem.from_arrays(x[:m], labels, x[m:], np.ones(n), f"one_hot-m{m}-ones{ones}-n{n}", facts)
