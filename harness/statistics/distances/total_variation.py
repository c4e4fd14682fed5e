"""Distances on the probabilities themselves: total variation, and the mass on which two distributions agree ten-fold.

Both are bounded by splitting each sample by units: one half selects functions, and the other, which is independent of
that choice, gives their mass. Masses of independent draws have exact binomial intervals; masses of hidden draws,
intervals by their effective number.
"""

from dataclasses import replace
from math import log, sqrt

import numpy as np
from scipy import stats

from harness.functions.runs import Sample
from harness.statistics.distances.units import Units, half, of_two
from harness.verdicts import Estimate
from harness.verdicts.intervals import clopper_pearson

_SPLIT_SEED = 20210512


def total_variation(p: Sample, q: Sample) -> Estimate:
    """½Σ|P(f) − Q(f)|: plug-in value, which counting noise biases upwards, with an interval that allows for the bias.

    Above: E[plug-in] ≥ TV (Jensen), and the plug-in is rarely far below its mean (McDiarmid 1989). Below: P(A) − Q(A)
    for the set A of functions that are more likely under P in one half of the draws, estimated from the other half.
    Noise floor: the plug-in's mean between samples of these sizes of one distribution, the two pooled.
    """
    units = of_two(p, q)
    sizes = units[0].effective_size, units[1].effective_size
    value = _plug_in(*units)
    first, second = zip(*(halves(each) for each in units), strict=True)
    inside = shares(first[0]) > shares(first[1])

    def interval(alpha: float) -> tuple[float, float]:
        deviation = sqrt(log(2 / alpha) * (1 / sizes[0] + 1 / sizes[1]) / 2)
        low = mass_interval(second[0], inside, alpha / 2)[0] - mass_interval(second[1], inside, alpha / 2)[1]
        return max(low, 0.0), min(value + deviation, 1.0)

    return Estimate(
        "total variation",
        value,
        interval,
        int(min(units[0].independent, units[1].independent)),
        "units in the smaller sample",
        min(sizes),
        "plug-in; McDiarmid above, split sample below",
        noise_floor=_pooled_floor(*units),
    )


def within_tenfold(by_training: Sample, by_volume: Sample) -> Estimate:
    """P_B's mass of the functions with |log10 P_OPT/P_B| ≤ 1.

    A function counts as inside, or as outside, if exact intervals of both probabilities, simultaneous over the
    functions considered, leave no doubt; the others are between the ends of the interval.
    """
    units = of_two(by_training, by_volume)
    p, q = shares(units[0]), shares(units[1])
    close = (p > 0) & (q > 0) & (p <= 10 * q) & (q <= 10 * p)
    value = float(q[close].sum())
    (p_first, _), (q_first, q_second) = halves(units[0]), halves(units[1])
    looked_at = shares(q_first) > 0

    def interval(alpha: float) -> tuple[float, float]:
        each = alpha / 2 / max(2 * int(looked_at.sum()), 1)
        p_low, p_high = _each_interval(p_first, each)
        q_low, q_high = _each_interval(q_first, each)
        inside = looked_at & (p_high <= 10 * q_low) & (q_high <= 10 * p_low)
        outside = looked_at & ((p_low > 10 * q_high) | (q_low > 10 * p_high))
        return mass_interval(q_second, inside, alpha / 2)[0], 1 - mass_interval(q_second, outside, alpha / 2)[0]

    return Estimate(
        "mass within ten-fold",
        value,
        interval,
        int(min(units[0].independent, units[1].independent)),
        "units in the smaller sample",
        min(units[0].effective_size, units[1].effective_size),
        "split sample with simultaneous exact intervals",
    )


def shares(units: Units) -> np.ndarray:
    """(functions,) plug-in probabilities."""
    return units.total / max(float(units.total.sum()), 1e-300)


def halves(units: Units, seed: int = _SPLIT_SEED) -> tuple[Units, Units]:
    """Two halves with disjoint units, the same at every call, on the same list of functions."""
    taken = half(units.multiplicity, seed, units.measures.data, units.measures.indices)
    one, other = (
        replace(units, multiplicity=part, independent=int(part.sum())) for part in (taken, units.multiplicity - taken)
    )
    return one, other


def mass_interval(units: Units, members: np.ndarray, alpha: float) -> tuple[float, float]:
    """Interval of the probability of a set of functions.

    Exact if units are single draws; otherwise with the number of draws that gives the ratio's own (linearised)
    variance.

    Args:
        units: the sample.
        members: (functions,) whether each is in the set, chosen without these units.
        alpha: 1 − level.

    Returns:
        The ends (low, high).
    """
    mass, total = units.mass, float(units.total.sum())
    if total == 0:
        return 0.0, 1.0
    inside = units.measures @ members.astype(float)
    share = float(units.multiplicity @ inside) / total
    number = effective_number(units, inside, mass, share)
    return clopper_pearson(share * number, number, alpha)


def effective_number(units: Units, inside: np.ndarray, mass: np.ndarray, share: float) -> float:
    """Number of independent draws that would estimate a share as precisely.

    Args:
        units: the sample.
        inside: (groups,) mass inside the set, of one unit of each group.
        mass: (groups,) mass of one unit of each group.
        share: share of the mass that lies inside.

    Returns:
        The number; Kish's effective size if the share is 0 or 1, so that its variance is no guide.
    """
    variance = float(units.multiplicity @ (inside - share * mass) ** 2) / float(units.total.sum()) ** 2
    if (mass == 1).all() and np.isin(inside, (0, 1)).all():
        return float(units.multiplicity.sum())
    return min(share * (1 - share) / variance, units.total.sum()) if variance > 0 else units.effective_size


def _each_interval(units: Units, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Clopper–Pearson for every function at once, by Kish's effective number for hidden draws."""
    share, number = shares(units), units.effective_size
    k = share * number
    low = np.where(k > 0, stats.beta.ppf(alpha / 2, np.maximum(k, 1e-12), number - k + 1), 0.0)
    high = np.where(k < number, stats.beta.ppf(1 - alpha / 2, k + 1, np.maximum(number - k, 1e-12)), 1.0)
    return low, high


def _plug_in(p: Units, q: Units) -> float:
    return float(np.abs(shares(p) - shares(q)).sum() / 2)


def _pooled_floor(p: Units, q: Units) -> float:
    """Expected plug-in between samples of these sizes from the pooled distribution.

    Given the pooled counts c, a function's count in one of two samples of one distribution is hypergeometric, so that
    its share differs by (1/N + 1/N')·|X − EX|. Between those of unequal units counts are scaled to effective numbers.
    """
    sizes = round(p.effective_size), round(q.effective_size)
    counts = np.rint(shares(p) * sizes[0] + shares(q) * sizes[1])
    deviation = _mean_deviation(counts, *sizes)
    return float(deviation.sum() * (1 / sizes[0] + 1 / sizes[1]) / 2)


def _mean_deviation(counts: np.ndarray, a: int, b: int) -> np.ndarray:
    """E|X − EX| of X hypergeometric: how many of `counts` marked among a + b are among the a drawn.

    2·x·(b − c + x)/(a + b)·P(X = x) at x = ⌊EX⌋ + 1 (Ramasubban 1958), by summing (x − EX)·P(x) above the mean.
    """
    x = np.floor(counts * a / (a + b)) + 1
    return 2 * x * np.maximum(b - counts + x, 0) / (a + b) * stats.hypergeom.pmf(x, a + b, counts, a)
