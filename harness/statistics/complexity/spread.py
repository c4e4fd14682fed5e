"""Functions spread evenly over a measure of complexity, with as many ones as asked.

Strings drawn at random are nearly all complex, and those that a network prefers are nearly all simple. To ask how
volume depends on complexity, functions of every complexity are wanted, and of one entropy.

Among the functions of one complexity they are not drawn evenly. They begin as strings in blocks, so that simple ones
have few runs in counting order: on 4 bits 2 and 3 runs at a Lempel-Ziv complexity of 12 and 16, where all functions of
that complexity have 11 and 9 on average, as those that alternate are as simple. What is asked of them is asked of such
functions.
"""

import numpy as np

from harness.arguments import are_counts
from harness.errors import BadInput
from harness.statistics.complexity import Measure

_POOL = 512
_STEPS = 60


def spread_over(measure: Measure, n: int, number: int, ones: int, rng: np.random.Generator) -> np.ndarray:
    """Draw functions whose complexities are spread evenly between the least and the greatest that are found.

    Found among strings in blocks: a block's length is drawn anew for each, the blocks of 0…01…1 are put in random
    order, and the string is rotated at random. Each function has a target complexity of its own, uniform over that
    range, and begins as the string next to it. It then walks: a swap of a one and a zero is kept if it brings the
    complexity no farther from the target. So the functions are independent draws but for the pool they begin in.

    Args:
        measure: the complexity K.
        n: labels of a function.
        number: how many functions.
        ones: labels 1 of each.
        rng: source of randomness.

    Returns:
        (number, n) uint8 labels.

    Raises:
        BadInput: there is nothing to swap, or the numbers are out of their range.
    """
    if not are_counts(n, number, ones) or ones >= n:
        raise BadInput(
            "Functions are spread over complexity with at least a one and a zero each, not with "
            f"ones = {ones} of n = {n}, number = {number}."
        )
    pool = _in_blocks(n, ones, rng)
    complexity = measure(pool)
    targets = rng.uniform(complexity.min(), complexity.max(), number)
    apart = np.abs(complexity - targets[:, None])
    # Of strings as near, any.
    nearest = np.where(apart == apart.min(axis=1, keepdims=True), rng.random(apart.shape), -1).argmax(axis=1)
    functions, apart = pool[nearest], apart[np.arange(number), nearest]
    for _ in range(_STEPS):
        moved = _swapped(functions, rng)
        now = np.abs(measure(moved) - targets)
        kept = now <= apart
        functions[kept], apart[kept] = moved[kept], now[kept]
    return functions


def _in_blocks(n: int, ones: int, rng: np.random.Generator) -> np.ndarray:
    """(_POOL, n) strings of `ones` ones in runs of many lengths."""
    ordered = np.zeros(n, dtype=np.uint8)
    ordered[n - ones :] = 1
    found = np.empty((_POOL, n), dtype=np.uint8)
    for row in found:
        length = int(rng.integers(1, n))
        blocks = rng.permutation(-(-n // length))
        places = (length * blocks[:, None] + np.arange(length)).ravel()
        # The last block may be shorter.
        string, turn = ordered[places[places < n]], int(rng.integers(n))
        row[:turn], row[turn:] = string[n - turn :], string[: n - turn]
    return found


def _swapped(functions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """In each function a uniformly chosen one and a uniformly chosen zero change places."""
    rows, keys = np.arange(len(functions)), rng.random(functions.shape)
    one, zero = (np.where(functions == label, keys, -1).argmax(axis=1) for label in (1, 0))
    moved = functions.copy()
    moved[rows, one], moved[rows, zero] = 0, 1
    return moved
