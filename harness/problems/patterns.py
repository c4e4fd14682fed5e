"""Random patterns of ±1 for a perceptron whose weights are ±1, with evaluation inputs from which these can be read."""

import numpy as np

from harness.arguments import one_of
from harness.errors import BadInput
from harness.problems.problem import Problem
from harness.problems.splits import check_sizes, random_generator

# Labels of S: those of a teacher with random weights ±1, or none but coins.
LABELS = ("teacher", "random")


def binary_patterns(m: int, n: int, split: int = 0, labels: str = "teacher") -> Problem:
    """Training inputs drawn uniformly from {−1, 1}ⁿ; the evaluation inputs are the n unit vectors.

    The label of unit vector i is the sign of weight i, so that a binary perceptron's function on E is its weights. n is
    odd, so that no logit is 0. Evaluation labels are the teacher's weights, and 0 where there is none.

    Args:
        m: training points.
        n: weights, an odd number.
        split: seed of inputs, teacher and labels.
        labels: "teacher" or "random".

    Returns:
        The problem, with two classes.

    Raises:
        BadInput: the sizes cannot be had, or there are no such labels.
    """
    check_sizes(m, n)
    one_of(labels, LABELS, "Binary patterns have no labels")
    if n % 2 == 0:
        raise BadInput(f"Binary patterns have an odd number of weights, so that no logit is 0, not {n}.")
    rng = random_generator(f"binary patterns {n}", split)
    teacher = rng.choice([-1, 1], n)
    x = rng.choice([-1, 1], (m, n))
    known = labels == "teacher"
    train_y = x @ teacher > 0 if known else rng.integers(0, 2, m)
    eval_y = teacher > 0 if known else np.zeros(n)
    name = f"patterns{n}-{labels}-m{m}" + (f"-split{split}" if split else "")
    facts = {"dataset": "binary patterns", "task": labels, "weights": n, "split": split}
    return Problem.from_arrays(x, train_y, np.eye(n), eval_y, name, facts)
