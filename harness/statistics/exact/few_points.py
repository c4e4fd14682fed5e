"""One, two or three inputs, and inputs in a plane: probabilities of labels in closed form.

Signs of two normal variables agree with probability ½ + arcsin(ρ)/π (Sheppard 1899); of three, all are positive with
probability ⅛ + Σ arcsin(ρ)/4π. A ReLU network without biases has on one input the output 0 unless every hidden layer
has a unit that is on, as each is with chance ½ whatever lies below (the mixture of Zavatone-Veth & Pehlevan 2021, arXiv
2104.11734). A perceptron on inputs in a plane has a weight vector of uniform angle, so that a function's probability is
the length of an arc.
"""

from collections.abc import Sequence
from math import asin, comb, pi, prod

import numpy as np


def label_one(hidden: Sequence[int]) -> float:
    """P(label 1) of one input, hidden ReLU layers of these widths without biases; dead networks say 0."""
    return alive(hidden) / 2


def alive(hidden: Sequence[int]) -> float:
    """P(output is not exactly 0) of one input, hidden ReLU layers of these widths without biases."""
    return prod(1 - 0.5**width for width in hidden)


def both_positive(correlation: float) -> float:
    """P(two normal variables are positive)."""
    return 0.25 + asin(correlation) / (2 * pi)


def all_three_positive(first: float, second: float, third: float) -> float:
    """P(three normal variables are positive).

    Args:
        first: correlation of one pair of them.
        second: correlation of another pair.
        third: correlation of the last pair.

    Returns:
        The probability.
    """
    return 0.125 + (asin(first) + asin(second) + asin(third)) / (4 * pi)


def separable(points: int, dimensions: int) -> int:
    """Number of labellings of points in general position that a perceptron without threshold has (Cover 1965)."""
    return 2 * sum(comb(points - 1, k) for k in range(dimensions))


def arcs(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every function of a perceptron without threshold on inputs in a plane.

    Args:
        x: (points, 2) inputs, none of them 0 and no two on one line through 0.

    Returns:
        (functions, points) labels, and (functions,) P(f).
    """
    angle = np.arctan2(*np.asarray(x, dtype=float).T[::-1])
    # Where a turning weight vector is at right angles to an input, that input's label changes.
    changes = np.sort(np.concatenate([angle + pi / 2, angle - pi / 2]) % (2 * pi))
    length = np.diff(changes, append=changes[0] + 2 * pi)
    middle = changes + length / 2
    return (np.cos(middle[:, None] - angle) > 0).astype(np.uint8), length / (2 * pi)
