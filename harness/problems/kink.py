"""Two bent lines in the plane, one above the other: data that a narrow network can just tell apart."""

from functools import cache

import numpy as np

from harness.arguments import positive
from harness.problems.datasets import problem_of_classes
from harness.problems.problem import Problem

# Points of each line, at equal steps of x.
_POINTS = 2000
_MARGIN = 0.25


def kink(m: int, n: int, margin: float = _MARGIN, split: int = 0, balanced: bool = True) -> Problem:
    """The line y = −|x|, x from −1 to 1, labelled 1, and the same line higher by the margin, labelled 0.

    Source: Chiang et al. 2023, openreview QC10RmRbZy9, figure 2 and code; theirs are not balanced.

    Args:
        m: training points.
        n: evaluation points.
        margin: how much higher.
        split: seed of the split.
        balanced: whether each set has equally many points of each line.

    Returns:
        The problem; inputs (points, 2).
    """
    margin = positive(margin, "A margin between two lines")
    name = "kink" if margin == _MARGIN else f"kink{margin:g}"
    return problem_of_classes(name, lambda: _lines(margin), m, n, "0/1", split, balanced)


@cache
def _lines(margin: float) -> tuple[np.ndarray, np.ndarray]:
    """(points, 2) all points, and the line of each."""
    x = np.linspace(-1, 1, _POINTS)
    upper, lower = np.stack([x, margin - np.abs(x)], axis=1), np.stack([x, -np.abs(x)], axis=1)
    return np.concatenate([upper, lower]).astype(np.float32), np.repeat([0, 1], _POINTS)
