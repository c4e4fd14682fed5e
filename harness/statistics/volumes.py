"""Parameter volume P(f) of one named function, however rare.

A function on the whole Boolean cube is a training set that holds every input, and its volume is the evidence P(S) of
that set: for networks of finite width by subset simulation or annealing, in the limit of infinite width as an orthant
probability. So no network that computes the function need ever be seen among plain draws. Volumes are given as log2 P.
"""

from dataclasses import replace
from math import comb, inf, log, log2, nan

import numpy as np

from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.problems import Problem, boolean_cube
from harness.statistics.complexity import Measure, ones
from harness.statistics.simplicity import bound, plotted
from harness.verdicts import Estimate
from harness.verdicts.intervals import affine, clopper_pearson, difference

VOLUME = "log2 P(f)"


def named_function(bits: int, target: str) -> Problem:
    """The function on the cube as a training set: all 2^bits inputs with its labels, in counting order.

    target: as of `boolean_cube`. The one evaluation input, which a problem must have, is the cube's centre.
    """
    cube = boolean_cube(bits, target)
    centre = np.full((1, bits), 0.5)
    name = f"{cube.name}-whole"
    return Problem.from_arrays(cube.eval_x, cube.eval_y, centre, np.zeros(1), name, {**cube.facts, "task": name})


def in_bits(evidence: Estimate, quantity: str = VOLUME) -> Estimate:
    """ln P(S) as log2 P."""
    return replace(affine(evidence, 1 / log(2)), quantity=quantity)


def log2_share(k: int, n: int, *, quantity: str = VOLUME, unit: str = "networks drawn") -> Estimate:
    """log2 of a probability, from independent draws, with Clopper & Pearson's interval on the logarithmic scale.

    Args:
        k: number of draws with the property.
        n: number of draws.
        quantity: name of the logarithm in the report.
        unit: name of the draws, plural.

    Returns:
        The estimate; its value is NaN if k is 0.
    """

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        low, high = clopper_pearson(k * growth, n * growth, alpha)
        return (log2(low) if low > 0 else -inf), (log2(high) if high > 0 else -inf)

    return Estimate(
        quantity,
        log2(k / n) if k else nan,
        lambda alpha: foreseen(alpha, 1.0),
        n,
        unit,
        float(k),
        "exact binomial (Clopper–Pearson), on the logarithmic scale",
        foreseen=foreseen,
    )


def bits_below_bound(volume: Estimate, functions: FunctionCounts, function: np.ndarray, measure: Measure) -> Estimate:
    """Distance of a function's volume below the simplicity bound at its complexity, in bits.

    Args:
        volume: log2 P of the function.
        functions: an independent sample of P(f), whose share of the constant function 0 fixes the bound's b.
        function: (n,) labels.
        measure: the complexity K.

    Returns:
        The estimate of the distance, with the P–K plot of both in its details.
    """
    constant = np.zeros_like(function)
    of_constant = log2_share_of(functions, constant)
    # The bound without its constant's volume, which is an estimate of its own.
    at_complexity = float(bound(measure, len(function), 1.0).log2(measure(function)))
    line = bound(measure, len(function), 2.0**of_constant.value)
    name = FunctionCounts.from_bits(function[None]).strings()[0]
    named = {"function": name, "k": float(measure(function)), "p": 2.0**volume.value}
    found = difference(affine(of_constant, 1, at_complexity), volume, "bits below the bound")
    plot = {"complexity": [named, *plotted(functions, measure)], "bound": {"a": line.a, "b": line.b}}
    return replace(found, details=plot)


def bits_above_class(volume: Estimate, functions: FunctionCounts, function: np.ndarray) -> Estimate:
    """log2 of a function's volume over the mean volume of all functions with as many ones.

    That mean is P(T = t)/C(2^bits, t) and includes functions that no network can express.

    Args:
        volume: log2 P of the function.
        functions: an independent sample of P(f), which gives the share of functions with as many ones.
        function: (n,) labels.

    Returns:
        The estimate, in bits.
    """
    t = int(ones(function))
    of_class = log2_share(int(with_ones(functions, t).total), functions.total)
    return difference(
        volume,
        affine(of_class, 1, -log2(comb(len(function), t))),
        "log2 of the volume over the mean of its entropy class",
    )


def with_ones(functions: FunctionCounts, t: int) -> FunctionCounts:
    """The functions with exactly t ones: a sample of P(f | T = t)."""
    chosen = ones(functions.bits()) == t
    return FunctionCounts(functions.n, functions.words[chosen], functions.counts[chosen])


def log2_share_of(functions: FunctionCounts, function: np.ndarray) -> Estimate:
    """log2 P of a function by plain counts."""
    return log2_share(int(functions.counts_of(pack(function[None]))[0]), functions.total)
