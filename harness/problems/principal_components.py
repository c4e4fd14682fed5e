"""Digits as their first principal components: few inputs, of which one linear unit cannot learn every labelling."""

from functools import lru_cache

import numpy as np

from harness.arguments import whole
from harness.errors import BadInput
from harness.problems.datasets import EVEN_ODD, digit_pool, problem_of_classes, standardised
from harness.problems.problem import Problem

PIXELS = 64


def digit_components(
    m: int, n: int, components: int = 4, task: str = EVEN_ODD, split: int = 0, balanced: bool = True
) -> Problem:
    """The first principal components of the digits' pixels.

    Components are those of the whole pool, whatever the task and the split, and use no label. All are scaled by one
    standard deviation, so that they keep their relative sizes.

    Args:
        m: training points.
        n: evaluation points.
        components: how many, 1 to 64; the first has the largest variance.
        task: groups of digits that are labelled 0, 1, …; see `datasets.py`.
        split: seed of the split.
        balanced: whether each set has equally many points per class.

    Returns:
        The problem; inputs (points, components).

    Raises:
        BadInput: there are not as many components, or the split cannot be had.
    """
    components = whole(components, "The number of principal components", least=1)
    if components > PIXELS:
        raise BadInput(f"Digits have {PIXELS} principal components, one a pixel, not {components}; ask for fewer.")
    return problem_of_classes(f"digits_pc{components}", lambda: _pool(components), m, n, task, split, balanced)


@lru_cache
def _pool(components: int) -> tuple[np.ndarray, np.ndarray]:
    """(pool, components) inputs and (pool,) classes."""
    x, y = digit_pool()
    pixels = x.reshape(len(x), -1).astype(np.float64)
    centred = pixels - pixels.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions[:components]
    # The sign of a component is arbitrary: its largest weight is positive.
    largest = np.abs(directions).argmax(axis=1)
    directions = directions * np.sign(directions[np.arange(components), largest])[:, None]
    return standardised(centred @ directions.T), y
