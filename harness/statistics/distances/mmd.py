"""Squared maximum mean discrepancy (Gretton et al. 2012) with the kernel exp(−λ·Hamming), and ratios of it.

Unbiased: pairs within one unit are left out, so that it is 0 on average between samples of one distribution, and may be
negative. All sums run over distinct functions and over groups of equal units, not over draws.
"""

from dataclasses import replace

import numpy as np

from harness.functions.runs import LEAST_UNITS, Sample
from harness.statistics.distances.inversion import Ratio, Side
from harness.statistics.distances.kernel import farthest, largest_eigenvalue, rate, uniform_mean
from harness.statistics.distances.pairs import kernel_sums
from harness.statistics.distances.units import Units, fewest, of_two, unit_name, units_of
from harness.verdicts import Estimate, nothing_yet


def mmd_squared(p: Sample, q: Sample, *, weighting: str = "evidence") -> Estimate:
    """Squared MMD of two samples, MMD²(P, Q); unbiased.

    Args:
        p: first sample.
        q: second sample, independent of the first.
        weighting: weights of the units of p, see `of_two`.

    Returns:
        The estimate.
    """
    if fewest(p, q) < LEAST_UNITS:
        return nothing_yet("squared MMD", fewest(p, q), "units that saw a function")
    found = _pairwise(*of_two(p, q, weighting), reference=False)
    return _estimate("squared MMD", found, p, q)


def relative_distance(p: Sample, q: Sample, *, weighting: str = "evidence") -> Estimate:
    """MMD²(P, Q)/MMD²(U, Q), U uniform over functions: 0 if P = Q, 1 if P is as far from Q as guessing is.

    Args:
        p: first sample.
        q: second sample, independent of the first.
        weighting: weights of the units of p, see `of_two`.

    Returns:
        The estimate.
    """
    if fewest(p, q) < LEAST_UNITS:
        return nothing_yet("relative distance", fewest(p, q), "units that saw a function")
    return _estimate("relative distance", _pairwise(*of_two(p, q, weighting)), p, q)


def bias_explained(by_training: Sample, by_volume: Sample) -> Estimate:
    """1 − MMD²(P_OPT, P_B)/MMD²(U, P_B), U uniform over functions: the share of what separates random sampling from
    uniform guessing, as a squared distance, that does not separate it from training.

    It is 1 if random sampling explains training, 0 if it is as far from training as from guessing, and negative if it
    is farther. With s = ‖P_OPT − U‖/‖P_B − U‖ and c the cosine of the two it is 2sc − s²: training that goes where
    volume points, and further, lowers it as training that goes elsewhere does. The value is unbiased and may exceed 1;
    the interval ends there.
    """
    distance = relative_distance(by_training, by_volume)

    def flipped(interval: tuple[float, float]) -> tuple[float, float]:
        return 1 - interval[1], 1 - interval[0]

    return replace(
        distance,
        quantity="bias explained",
        value=1 - distance.value,
        interval=lambda alpha: flipped(distance.interval(alpha)),
        foreseen=lambda alpha, growth: flipped(distance.ahead(alpha, growth)),
    )


def _estimate(quantity: str, found: Ratio, p: Sample, q: Sample) -> Estimate:
    limiting, size = min((p, found.p.size), (q, found.q.size), key=lambda each: each[1])
    return Estimate(
        quantity,
        found.distance / found.reference,
        found.interval,
        units_of(limiting),
        f"{unit_name(limiting)} in the smaller sample",
        size,
        "unbiased; candidates tested by a noncentral χ² law, linear part by delete-one-unit jackknife",
        noise_floor=found.floor2**0.5 / abs(found.reference),
        foreseen=found.interval,
    )


def _pairwise(p: Units, q: Units, *, reference: bool = True) -> Ratio:
    """MMD²(P, Q) over MMD²(U, Q), or over 1, with what their interval rests on.

    With S = Σ a over all units of a sample and M their mass, the mean kernel over pairs of different units is
    PP = (SᵀKS − Σ aᵀKa)/(M² − Σ m²); deleting one unit with measure a and mass m leaves
    (SᵀKS − Σ aᵀKa − 2aᵀKS + 2aᵀKa)/(M² − Σ m² − 2mM + 2m²).
    """
    shares = np.stack([p.total / p.total.sum(), q.total / q.total.sum()], axis=1)
    pooled = shares.mean(axis=1)
    # K times each share, and K∘K, whose decay is twice as large, times the pooled one.
    decays = rate(p.n, p.classes) * np.array([1.0, 1.0, 2.0])
    sums = kernel_sums(p.words, np.column_stack([shares, pooled]), p.n, p.classes, decays)
    smoothed, squared = sums[:, :2], sums[:, 2]
    pp, pp_without = within_pairs(p, smoothed[:, 0])
    qq, qq_without = within_pairs(q, smoothed[:, 1])
    cross = float(shares[:, 0] @ smoothed[:, 1])
    apart_p = pp_without + qq - 2 * _deleted_mean(p, smoothed[:, 1])
    apart_q = pp + qq_without - 2 * _deleted_mean(q, smoothed[:, 0])
    apart, weight = smoothed[:, 0] - smoothed[:, 1], float(reference)
    none = np.zeros_like(apart)
    side_p = Side(
        size=_effective(p, smoothed[:, 0]),
        freedom=p.effective_size - 1,
        spread=_jackknife(p, np.stack([apart_p, np.zeros_like(apart_p)])),
        reach=2 * np.stack([apart, none], axis=1),
        norm2=float(shares[:, 0] @ smoothed[:, 0]),
    )
    side_q = Side(
        size=_effective(q, smoothed[:, 1]),
        freedom=q.effective_size - 1,
        spread=_jackknife(q, np.stack([apart_q, weight * qq_without])),
        reach=2 * np.stack([-apart, weight * smoothed[:, 1]], axis=1),
        norm2=float(shares[:, 1] @ smoothed[:, 1]),
    )
    # Σ over pairs of functions of the squared centred kernel, under the pooled distribution.
    centre = smoothed.mean(axis=1)
    squares = max(float(pooled @ squared - 2 * pooled @ centre**2 + (pooled @ centre) ** 2), 0.0)
    largest = min(largest_eigenvalue(p.words, pooled, p.n, p.classes), squares**0.5)
    bias = qq - uniform_mean(p.n, p.classes) if reference else 1.0
    return Ratio(pp + qq - 2 * cross, bias, side_p, side_q, (largest, squares), farthest(p.classes))


def _jackknife(units: Units, without: np.ndarray) -> np.ndarray:
    """(2, 2) covariance from the values (2, groups) without one unit of each group."""
    number = units.multiplicity.sum()
    centred = without - (without @ units.multiplicity / number)[:, None]
    return (number - 1) / number * (centred * units.multiplicity) @ centred.T


def within_pairs(units: Units, smoothed: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean kernel over pairs of different units, and the same without one unit of each group.

    smoothed: (functions,) K times the units' share of each function.
    """
    mass, own, total = units.mass, units.self_kernel, float(units.total.sum())
    with_all = total * (units.measures @ smoothed)
    pairs = float(units.multiplicity @ (with_all - own))
    weight = total**2 - float(units.multiplicity @ mass**2)
    without = (pairs - 2 * with_all + 2 * own) / (weight - 2 * mass * total + 2 * mass**2)
    return pairs / weight, without


def _deleted_mean(units: Units, values: np.ndarray) -> np.ndarray:
    """Mean of a function's number over the sample, without one unit of each group."""
    return (float(units.total @ values) - units.measures @ values) / (units.total.sum() - units.mass)


def _effective(units: Units, smoothed: np.ndarray) -> float:
    """How many independent draws of functions would have a mean embedding as precise as this sample's.

    Var of the embedding over the variance of a single draw's, both by the centred kernel: for independent draws the
    number of draws, for units with many last layers between the number of units and of last layers.
    """
    total, mass = float(units.total.sum()), units.mass
    share = units.total / total
    squared_norm = float(share @ smoothed)
    with_all = units.measures @ smoothed
    centred = units.self_kernel - 2 * mass * with_all + mass**2 * squared_norm
    variance = float(units.multiplicity @ centred) / total**2
    single = 1.0 - squared_norm
    return single / variance if variance > 0 else units.effective_size
