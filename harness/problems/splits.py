"""Seeded splits of a pool of labelled points into evaluation and training sets."""

import hashlib

import numpy as np

from harness.errors import BadInput


def random_generator(what: str, split: int) -> np.random.Generator:
    """The random stream of one split of what is named; nothing global is seeded."""
    if split < 0:
        raise BadInput(f"Splits are numbered from 0, not {split}.")
    return np.random.default_rng([int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big"), split])


def split_indices(
    labels: np.ndarray, m: int, n: int, balanced: bool, rng: np.random.Generator, what: str, classes: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Disjoint (training, evaluation) indices into a pool with these labels 0 … classes − 1.

    For one stream and n, the evaluation set is the same for every m and the training sets are nested. Balanced:
    equally many of every class in each set, one more of some where the number is no multiple of the classes.
    """
    if m < 0 or n < 1:
        raise BadInput(f"A problem has m ≥ 0 training and n ≥ 1 evaluation points, not m = {m} and n = {n}.")
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
