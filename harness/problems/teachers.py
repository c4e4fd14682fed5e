"""Gaussian inputs with the labels of a random perceptron, the teacher."""

import numpy as np

from harness.arguments import whole
from harness.problems.problem import Problem
from harness.problems.splits import check_sizes, check_split, random_generator


def gaussian_teacher(m: int, n: int, *, dimensions: int, split: int = 0) -> Problem:
    """Independent standard normal inputs; label 1 where a teacher's weights, drawn alike, give a positive sum.

    Args:
        m: training inputs.
        n: evaluation inputs.
        dimensions: d, numbers of an input.
        split: seed of inputs and teacher.

    Returns:
        The problem, with two classes.

    Raises:
        BadInput: one of these is no whole number in its range.
    """
    check_sizes(m, n)
    check_split(split)
    d = whole(dimensions, "The dimensions of Gaussian inputs")
    rng = random_generator(f"Gaussian teacher in {d} dimensions", split)
    teacher, x = rng.standard_normal(d), rng.standard_normal((m + n, d)).astype(np.float32)
    labels = x @ teacher > 0
    name = f"teacher{d}-m{m}-n{n}" + (f"-split{split}" if split else "")
    facts = {"dataset": "Gaussian inputs, linear teacher", "dimensions": d, "split": split}
    return Problem.from_arrays(x[:m], labels[:m], x[m:], labels[m:], name, facts)
