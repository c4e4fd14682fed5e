"""Means over all training sets of a size, where the volume of every function is known: nothing is drawn.

For a target t, P(S) is the sum of the volumes of all functions that differ from t outside S only: one sum over subsets
of the inputs gives P(S) of every S at once.
"""

from collections.abc import Callable
from dataclasses import replace
from math import comb

import numpy as np

from harness.arguments import are_counts, unmasked
from harness.errors import BadInput
from harness.functions.packing import check_words, pack
from harness.samplers.enumeration import ExactVolumes
from harness.verdicts import Estimate, exactly

# Training sets are the subsets of the inputs.
_MOST_INPUTS = 16


def evidences(volumes: ExactVolumes, target: np.ndarray) -> np.ndarray:
    """P(S) of every training set with the target's labels.

    volumes: of all functions, on at most 16 inputs. target: (n,) labels. Returns (2^n,): bit i of a set's number says
    whether input i is trained on.
    """
    n = volumes.n
    if n > _MOST_INPUTS:
        raise BadInput(f"All training sets are looked at of up to {_MOST_INPUTS} inputs, not of {n}.")
    own = check_words(pack(unmasked(target, "The target's labels")[None]), n, 2)
    differ = np.zeros(2**n)
    differ[(volumes.words ^ own)[:, 0].astype(np.int64)] = volumes.probabilities
    within = differ.reshape((2,) * n)
    for axis in range(n):
        within = np.cumsum(within, axis=axis)
    # A function fits S if it differs within the complement of S, which has the number that is as far from the end.
    return within.ravel()[::-1]


def mean_log_posterior(volumes: ExactVolumes, target: np.ndarray, m: int) -> float:
    """Mean over all training sets of m inputs of ln P_B(f|S) of the target itself, in nats.

    Args:
        volumes: of all functions, on at most 16 inputs; that of the target is positive.
        target: (n,) labels.
        m: inputs of a training set, from 0 to n.

    Returns:
        ln P(f) less the mean of ln P(S).
    """
    of_sets = evidences(volumes, target)
    return float(np.log(of_sets[-1]) - np.log(of_sets[_of_size(volumes.n, m)]).mean())


def mean_error(volumes: ExactVolumes, target: np.ndarray, m: int) -> float:
    """Mean over all training sets of m inputs of the error of P_B on the other inputs.

    The share of P_B that is right on one input more is P(S ∪ {x})/P(S).

    Args:
        volumes: as of `mean_log_posterior`.
        target: (n,) labels.
        m: inputs of a training set, fewer than n.

    Returns:
        The error, between 0 and 1.
    """
    n, of_sets = volumes.n, evidences(volumes, target)
    sets = _of_size(n, m)
    right = 0.0
    for bit in range(n):
        without = sets[sets >> bit & 1 == 0]
        right += float((of_sets[without | 1 << bit] / of_sets[without]).sum())
    return 1 - right / (comb(n, m) * (n - m))


def exact_difference(
    mean: Callable[[ExactVolumes, np.ndarray, int], float],
    volumes: ExactVolumes,
    targets: tuple[np.ndarray, np.ndarray],
    m: int,
    quantity: str,
) -> Estimate:
    """A mean over all training sets of one target, less that of another.

    Args:
        mean: `mean_error` or `mean_log_posterior`.
        volumes: of all functions, on at most 16 inputs.
        targets: (n,) labels of each.
        m: inputs of a training set.
        quantity: name of the difference in the report.

    Returns:
        The exact difference, with both in its notes.
    """
    one, other = (mean(volumes, target, m) for target in targets)
    found = exactly(one - other, quantity=quantity, n=comb(volumes.n, m), unit="training sets, which are all there are")
    return replace(found, details={"notes": [f"Means over all training sets: {one:.4g} and {other:.4g}."]})


def _of_size(n: int, m: int) -> np.ndarray:
    """Numbers of all sets of m of n inputs."""
    if not are_counts(m, least=0) or m > n:
        raise BadInput(f"Training sets of {n} inputs hold 0 to {n} of them, not {m}.")
    sets = np.arange(2**n)
    return sets[np.bitwise_count(sets) == m]
