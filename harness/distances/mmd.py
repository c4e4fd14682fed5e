"""Squared maximum mean discrepancy (Gretton et al. 2012) with the kernel exp(−λ·Hamming), and ratios of it.

Unbiased: pairs within one unit are left out, so that it is 0 on average between samples of one distribution, and may be
negative. All sums run over distinct functions and over groups of equal units, not over draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from harness.distances.kernel import kernel_rows, uniform_mean
from harness.distances.units import LEAST_UNITS, Sample, Units, fewest, of_two
from harness.functions import ClusteredCounts
from harness.intervals import fieller
from harness.verdicts import Estimate, nothing_yet


def mmd_squared(p: Sample, q: Sample, *, weighting: str = "evidence") -> Estimate:
    """MMD²(P, Q); `weighting` says how the units of p count."""
    if fewest(p, q) < LEAST_UNITS:
        return nothing_yet("squared MMD", fewest(p, q), "units that saw a function")
    found = _pairwise(*of_two(p, q, weighting))

    def interval(alpha: float) -> tuple[float, float]:
        half = float(stats.t.ppf(1 - alpha / 2, found.freedom)) * float(np.sqrt(found.covariance[0, 0]))
        return max(found.distance - half, 0.0), found.distance + half

    return found.estimate("squared MMD", found.distance, interval, p, q, found.floor, "delete-one-unit jackknife")


def relative_distance(p: Sample, q: Sample, *, weighting: str = "evidence") -> Estimate:
    """MMD²(P, Q)/MMD²(U, Q), U uniform over functions: 0 where P and Q agree, 1 where P is as far as guessing."""
    if fewest(p, q) < LEAST_UNITS:
        return nothing_yet("relative distance", fewest(p, q), "units that saw a function")
    found = _pairwise(*of_two(p, q, weighting))
    interval = fieller(found.distance, found.bias, found.covariance, found.freedom)
    return found.estimate(
        "relative distance",
        found.distance / found.bias,
        interval,
        p,
        q,
        found.floor / abs(found.bias),
        _FIELLER,
    )


def bias_explained(by_training: Sample, by_volume: Sample) -> Estimate:
    """1 − MMD²(P_OPT, P_B)/MMD²(U, P_B), U uniform over functions: 1 where volume explains what training does, 0 where
    it explains no more than guessing; negative where it misleads."""
    if fewest(by_training, by_volume) < LEAST_UNITS:
        return nothing_yet("bias explained", fewest(by_training, by_volume), "units that saw a function")
    found = _pairwise(*of_two(by_training, by_volume))
    ratio = fieller(found.distance, found.bias, found.covariance, found.freedom)

    def interval(alpha: float) -> tuple[float, float]:
        low, high = ratio(alpha)
        return 1 - high, 1 - low

    value, floor = 1 - found.distance / found.bias, found.floor / abs(found.bias)
    return found.estimate("bias explained", value, interval, by_training, by_volume, floor, _FIELLER)


_FIELLER = "Fieller interval of the ratio, delete-one-unit jackknife"


@dataclass(frozen=True, eq=False)
class _Pair:
    """distance: MMD²(P, Q). bias: MMD²(U, Q). covariance: (2, 2) of these two. floor: root mean square of the distance
    between samples like these of one distribution."""

    distance: float
    bias: float
    covariance: np.ndarray
    floor: float
    freedom: int
    effective: tuple[float, float]

    def estimate(
        self,
        quantity: str,
        value: float,
        interval: Callable[[float], tuple[float, float]],
        p: Sample,
        q: Sample,
        floor: float,
        method: str,
    ) -> Estimate:
        sizes = [sample.units if isinstance(sample, ClusteredCounts) else sample.total for sample in (p, q)]
        limiting = int(np.argmin(self.effective))
        unit = "hidden draws" if isinstance((p, q)[limiting], ClusteredCounts) else "networks"
        unit = f"{unit} in the smaller sample"
        return Estimate(quantity, value, interval, sizes[limiting], unit, min(self.effective), method, floor)


def _pairwise(p: Units, q: Units) -> _Pair:
    """Distances, with the covariance by deleting each unit once from either sample.

    With S = Σ a over all units of a sample and M their mass, the mean kernel over pairs of different units is
    PP = (SᵀKS − Σ aᵀKa)/(M² − Σ m²); deleting one unit with measure a and mass m leaves
    (SᵀKS − Σ aᵀKa − 2aᵀKS + 2aᵀKa)/(M² − Σ m² − 2mM + 2m²).
    """
    n, shares = p.n, np.stack([p.total / p.total.sum(), q.total / q.total.sum()], axis=1)
    smoothed = np.empty_like(shares)  # K times each share
    squared = np.empty(len(shares))  # (K∘K) times the pooled share
    pooled = shares.mean(axis=1)
    for rows, block in kernel_rows(p.words, n):
        smoothed[rows] = block @ shares
        squared[rows] = np.square(block, out=block) @ pooled

    cross = float(shares[:, 0] @ smoothed[:, 1])
    uniform = uniform_mean(n)
    pp, pp_without = _within(p, smoothed[:, 0])
    qq, qq_without = _within(q, smoothed[:, 1])
    cross_without_p = _deleted_mean(p, smoothed[:, 1])
    cross_without_q = _deleted_mean(q, smoothed[:, 0])

    covariance = np.zeros((2, 2))
    for units, distance, bias in (
        (p, pp_without + qq - 2 * cross_without_p, np.full(len(pp_without), qq - uniform)),
        (q, pp + qq_without - 2 * cross_without_q, qq_without - uniform),
    ):
        number = units.multiplicity.sum()
        values = np.stack([distance, bias])
        values = values - (values @ units.multiplicity / number)[:, None]
        covariance += (number - 1) / number * (values * units.multiplicity) @ values.T

    effective = _effective(p, smoothed[:, 0]), _effective(q, smoothed[:, 1])
    # Σ over pairs of functions of the squared centred kernel, under the pooled distribution: samples of sizes N and N'
    # of one distribution have a distance of variance 2(1/N + 1/N')² times this (Gretton et al. 2012, section 5).
    centre = smoothed.mean(axis=1)
    spread = float(pooled @ squared - 2 * pooled @ centre**2 + (pooled @ centre) ** 2)
    floor2 = 2 * (1 / effective[0] + 1 / effective[1]) ** 2 * max(spread, 0.0)
    # The jackknife sees this part through the very fluctuations that make the distance small when they are small;
    # adding it keeps the interval from ending below 0, where no distance lies.
    covariance[0, 0] += floor2
    freedom = int(min(p.multiplicity.sum(), q.multiplicity.sum())) - 1
    return _Pair(pp + qq - 2 * cross, qq - uniform, covariance, floor2**0.5, freedom, effective)


def _within(units: Units, smoothed: np.ndarray) -> tuple[float, np.ndarray]:
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
    return single / variance if variance > 0 else units.kish
