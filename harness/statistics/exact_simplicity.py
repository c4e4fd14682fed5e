"""Volume and complexity over all functions of a network whose volumes are known exactly: numbers without intervals."""

from collections.abc import Sequence
from dataclasses import replace
from math import comb, log2
from typing import Any

import numpy as np
from scipy import stats

from harness.errors import BadInput
from harness.samplers.enumeration import ExactVolumes
from harness.statistics.complexity import Measure, ones
from harness.statistics.simplicity import Bound, bound, random_complexity
from harness.verdicts import Estimate, exactly

_UNIT = "functions of positive volume"
# Of so many inputs all strings are looked at.
_MOST_INPUTS = 16
_MOST_POINTS = 300


def least_constant(volumes: ExactVolumes, measure: Measure, share: float = 0.95) -> float:
    """The least b at which log2 P(f) ≤ −a·K(f) + b holds for a share of P(f), a as of `simplicity.Bound`.

    Args:
        volumes: of all functions.
        measure: the complexity K.
        share: the share of P(f).

    Returns:
        The least b in bits.
    """
    a = volumes.n / random_complexity(measure, volumes.n)
    log2_p = np.log2(volumes.probabilities)
    return _quantile(log2_p + a * measure(volumes.labels()), volumes.probabilities, share)


def least_constant_in_random_order(volumes: ExactVolumes, measure: Measure, share: float = 0.95) -> float:
    """The same where the inputs are in random order for each function, which keeps its volume and its number of ones.

    A function with t ones has then the complexity of a uniformly drawn string with t ones.

    Args:
        volumes: of all functions, on at most 16 inputs.
        measure: the complexity K.
        share: the share of P(f).

    Returns:
        The least b in bits.

    Raises:
        BadInput: there are more inputs.
    """
    n = volumes.n
    if n > _MOST_INPUTS:
        raise BadInput(f"All strings are looked at of up to {_MOST_INPUTS} labels, not of {n}.")
    strings = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.uint8)
    complexity, t_of_strings = measure(strings), ones(strings)
    a, log2_p, t_of_functions = (
        n / random_complexity(measure, n),
        np.log2(volumes.probabilities),
        ones(volumes.labels()),
    )
    excess, weights = [], []
    for t in np.unique(t_of_functions):
        own = t_of_functions == t
        k, often = np.unique(complexity[t_of_strings == t], return_counts=True)
        excess.append(np.add.outer(log2_p[own], a * k).ravel())
        weights.append(np.multiply.outer(volumes.probabilities[own], often / often.sum()).ravel())
    return _quantile(np.concatenate(excess), np.concatenate(weights), share)


def exact_advantage_of_order(volumes: ExactVolumes, measure: Measure, quantity: str) -> Estimate:
    """By how many bits the least b is lower for functions as they are than with the inputs in random order.

    Args:
        volumes: of all functions, on at most 16 inputs.
        measure: the complexity K.
        quantity: name of the difference in the report.

    Returns:
        The exact difference, with both in its notes.
    """
    ordered, at_random = least_constant(volumes, measure), least_constant_in_random_order(volumes, measure)
    notes = [f"The least b is {ordered:.2f} bits with the inputs in order and {at_random:.2f} in random order."]
    found = exactly(at_random - ordered, quantity=quantity, n=len(volumes.words), unit=_UNIT)
    return replace(found, details={"notes": notes})


def exact_trend_at_equal_entropy(volumes: ExactVolumes, measure: Measure, quantity: str) -> Estimate:
    """Spearman's ρ of volume and complexity over all balanced functions of positive volume.

    With the inputs in random order its mean is 0, as each balanced function then has the complexity of any.

    Args:
        volumes: of all functions.
        measure: the complexity K.
        quantity: name of the correlation in the report.

    Returns:
        The exact correlation, with the P–K plot of some functions in its details.

    Raises:
        BadInput: volume or complexity does not vary.
    """
    labels = volumes.labels()
    balanced = ones(labels) * 2 == volumes.n
    labels, p = labels[balanced], volumes.probabilities[balanced]
    complexity = measure(labels)
    if len(p) < 2 or np.ptp(complexity) == 0 or np.ptp(p) == 0:
        raise BadInput("Balanced functions of one volume or of one complexity have no rank correlation.")
    found = exactly(
        float(stats.spearmanr(p, complexity).statistic), quantity=quantity, n=len(p), unit=f"balanced {_UNIT}"
    )
    return replace(found, details={"complexity": _points(labels, complexity, p)})


def exact_bits_below(volumes: ExactVolumes, function: np.ndarray, other: np.ndarray, quantity: str) -> Estimate:
    """By how many bits one function's volume lies below another's.

    Args:
        volumes: of all functions.
        function: (n,) labels.
        other: (n,) labels.
        quantity: name of the difference in the report.

    Returns:
        The exact difference of log2 P.

    Raises:
        BadInput: one of them has no volume.
    """
    lower, upper = volumes.of(np.stack([function, other]))
    if not lower * upper:
        raise BadInput("A function that no network has is infinitely far below others; choose one that has a volume.")
    return exactly(log2(upper) - log2(lower), quantity=quantity, n=len(volumes.words), unit=_UNIT)


def exact_bits_above_class(volumes: ExactVolumes, function: np.ndarray, quantity: str) -> Estimate:
    """log2 of a function's volume over the mean volume of all functions with as many ones.

    Args:
        volumes: of all functions.
        function: (n,) labels.
        quantity: name of the ratio in the report.

    Returns:
        The exact number of bits.

    Raises:
        BadInput: it has no volume.
    """
    t = int(ones(function))
    of_class = float(volumes.probabilities[ones(volumes.labels()) == t].sum()) / comb(volumes.n, t)
    own = float(volumes.of(function[None])[0])
    if not own:
        raise BadInput("A function that no network has is infinitely far below its class; choose one with a volume.")
    return exactly(log2(own) - log2(of_class), quantity=quantity, n=len(volumes.words), unit=_UNIT)


def exact_share_far_below(volumes: ExactVolumes, measure: Measure, gap: float, quantity: str) -> Estimate:
    """Share of all simple functions that lie so many bits or more below the simplicity bound.

    Simple: at most half as complex as a random function. All of them count alike, whatever their volume, and those
    without any lie below. The bound's b is that of the constant function 0.

    Args:
        volumes: of all functions, on at most 16 inputs.
        measure: the complexity K.
        gap: least distance below the bound, in bits.
        quantity: name of the share in the report.

    Returns:
        The exact share, with the P–K plot of some functions in its details.
    """
    n = volumes.n
    strings = _every_string(n)
    complexity = measure(strings)
    simple = complexity <= random_complexity(measure, n) / 2
    strings, complexity = strings[simple], complexity[simple]
    p = volumes.of(strings)
    line: Bound = bound(measure, n, float(volumes.of(np.zeros((1, n), dtype=np.uint8))[0]))
    with np.errstate(divide="ignore"):
        far = line.log2(complexity) - np.log2(p) >= gap
    found = exactly(float(far.mean()), quantity=quantity, n=len(strings), unit="simple functions")
    return replace(found, details={"complexity": _points(strings, complexity, p), "bound": {"a": line.a, "b": line.b}})


def weighted_spearman(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """Spearman's ρ of a distribution over pairs: ranks are the weight below, ties counting half.

    Args:
        x: (k,) numbers.
        y: (k,) numbers.
        weights: (k,) positive.

    Returns:
        The correlation.
    """
    ranks = []
    for values in (x, y):
        _, place = np.unique(values, return_inverse=True)
        mass = np.bincount(place, weights)
        ranks.append((np.cumsum(mass) - mass / 2)[place])
    covariance = np.cov(ranks, aweights=weights, ddof=0)
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def _every_string(n: int) -> np.ndarray:
    """(2^n, n) uint8."""
    if n > _MOST_INPUTS:
        raise BadInput(f"All strings are looked at of up to {_MOST_INPUTS} labels, not of {n}.")
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.uint8)


def _quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The least value up to which values have this share of the weight."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    # Sums of so many weights are 1 but for rounding.
    return float(values[order][np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))])


def _points(labels: np.ndarray, complexity: np.ndarray, p: np.ndarray) -> Sequence[dict[str, Any]]:
    """A P–K plot of functions evenly spaced in the order of their volumes."""
    order = np.argsort(p)[:: max(len(p) // _MOST_POINTS, 1)]
    return [
        {"function": "".join(map(str, labels[i])), "k": float(complexity[i]), "p": float(p[i])}
        for i in order
        if p[i] > 0
    ]
