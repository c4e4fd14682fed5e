"""Seeded splits of a pool of labelled points into evaluation and training sets."""

import hashlib

import numpy as np

from harness.arguments import are_counts, is_whole, short_repr
from harness.errors import BadInput

MOST_SPLITS = 2**84


def check_split(split: int) -> None:
    """Raise BadInput unless it is a whole number from 0."""
    # Training sets of large seeds have large numbers.
    if not is_whole(split) or not 0 <= split < MOST_SPLITS:
        raise BadInput(f"Splits are numbered from 0, not {short_repr(split)}.")


def random_generator(what: str, split: int) -> np.random.Generator:
    """The random stream of one split of the named data; nothing global is seeded."""
    check_split(split)
    return np.random.default_rng([int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big"), int(split)])


def check_sizes(m: int, n: int) -> None:
    """Raise BadInput unless a problem can have m training and n evaluation points."""
    if not are_counts(m, least=0) or not are_counts(n):
        raise BadInput(
            f"A problem has m ≥ 0 training and n ≥ 1 evaluation points, "
            f"not m = {short_repr(m)} and n = {short_repr(n)}."
        )


def split_indices(
    labels: np.ndarray, m: int, n: int, balanced: bool, rng: np.random.Generator, what: str, classes: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Split a pool at random into disjoint training and evaluation sets.

    For one stream and one n, the evaluation set is the same for every m, and the training sets are nested.

    Args:
        labels: (pool,) labels 0 … classes − 1.
        m: training points.
        n: evaluation points.
        balanced: whether each set has equally many points of each class, up to one.
        rng: the stream of the split.
        what: name of the data, which begins the sentence that refuses a split.
        classes: number of labels.

    Returns:
        Indices into the pool: training (m,) and evaluation (n,).

    Raises:
        BadInput: the pool is too small.
    """
    check_sizes(m, n)
    order = rng.permutation(len(labels))
    if balanced:
        by_class = [order[labels[order] == label] for label in range(classes)]
        fewest = min(len(members) for members in by_class)
        order = np.stack([members[:fewest] for members in by_class], axis=1).ravel()
    if m + n > len(order):
        kind = "balanced points" if balanced else "points"
        raise BadInput(
            f"{what} has {len(order):,} {kind}, too few for {m:,} training and {n:,} evaluation points; ask for fewer"
            + (", or for an unbalanced split." if balanced and m + n <= len(labels) else ".")
        )
    return order[n : n + m], order[:n]
