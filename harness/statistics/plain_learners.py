"""ln of the probability that a learner without an architecture gives to whole functions, in nats.

Each is a probability distribution over all 2^n functions on E, fixed before the functions that it is asked about are
seen, so its score can be compared with ln P(f|S).
"""

from collections.abc import Sequence

import numpy as np

from harness.errors import BadInput
from harness.functions import FunctionCounts


def uniform_guessing(functions: np.ndarray) -> np.ndarray:
    """(k,) −n ln 2 for each of the functions, (k, n)."""
    return np.full(len(functions), -functions.shape[1] * np.log(2))


def coins(functions: np.ndarray, posterior: FunctionCounts) -> np.ndarray:
    """Score functions by independent coins that have a posterior's probability of each label.

    A label's probability is (c + ½)/(N + 1) if c of N draws have it (Krichevsky & Trofimov 1981), which is never 0 and
    remains a probability. Its logarithm falls short of that of the true probability p by (1 − p)/(2Np) or less, a
    nat in some hundreds of draws at p = 1/N and far less above: the draws should be some hundreds or more.

    Args:
        functions: (k, n) labels, 0 or 1.
        posterior: draws of P_B(f|S) on the same inputs, independent of the functions.

    Returns:
        (k,) ln of the coins' probability of each function.

    Raises:
        BadInput: if the draws are on other inputs, or there are none.
    """
    if posterior.n != functions.shape[1] or not posterior.total:
        raise BadInput(
            f"Coins for functions on {functions.shape[1]} inputs need draws on these inputs, not "
            f"{posterior.total} draws on {posterior.n}."
        )
    ones = posterior.counts @ posterior.bits().astype(float)
    chance = (ones + 0.5) / (posterior.total + 1)
    return functions @ np.log(chance) + (1 - functions) @ np.log1p(-chance)


def as_often_right(functions: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Score functions by a learner that is as often right as they are on average, but errs on points at random.

    It knows the truth and flips each of its labels with one chance ε, so that its ln of a function with e errors is e
    ln ε + (n − e) ln(1 − ε). ε is the share of errors on the other training sets, (e + ½)/(n + 1) of all their labels:
    it is fixed before the functions that it is asked about.

    Args:
        functions: for each training set (k, n) labels, 0 or 1.
        truths: for each training set (n,) true labels.

    Returns:
        For each training set (k,) ln of its probability of each function.

    Raises:
        BadInput: if there are fewer than 2 training sets, or not one truth for each.
    """
    if len(functions) < 2 or len(functions) != len(truths):
        raise BadInput(
            "A learner as often right is known from the other training sets: at least 2 of them, each with its true "
            f"labels, not {len(functions)} and {len(truths)}."
        )
    errors = [(found != truth).sum(axis=1) for found, truth in zip(functions, truths, strict=True)]
    shares = np.array([each.mean() / len(truth) for each, truth in zip(errors, truths, strict=True)])
    scores = []
    for number, (wrong, truth) in enumerate(zip(errors, truths, strict=True)):
        others = np.delete(shares, number)
        labels = len(others) * len(truth)
        chance = (others.mean() * labels + 0.5) / (labels + 1)
        scores.append(wrong * np.log(chance) + (len(truth) - wrong) * np.log1p(-chance))
    return scores
