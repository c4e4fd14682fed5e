"""Nearness of one distribution to two others, by the difference of two squared distances."""

import numpy as np

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.runs import LEAST_UNITS, Runs, Sample
from harness.statistics.distances.pairs import kernel_sums
from harness.statistics.distances.units import Units, fewest, of_two, unit_name, units_of
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.means import over_influences, together

# Hidden draws, by how many of equal mass would know the variance as well: with 30, an end that should miss 0.005 of the
# time missed 0.009 of it.
_ENOUGH_DRAWS = 100.0
_QUANTITY = "squared MMD: to the farther − to the nearer"


def mmd_difference(sample: Sample, near: Sample, far: Sample, *, quantity: str = _QUANTITY) -> Estimate:
    """MMD²(P, far) − MMD²(P, near), positive if P is nearer to `near`.

    The two distances share the sample of P, whose own part ⟨P, P⟩ cancels: the rest, ⟨far, far⟩ − ⟨near, near⟩ − 2⟨P,
    far − near⟩, has the precision of the difference, not of the distances. Pairs within a unit are left out, so it is
    unbiased. Interval: each sample's influences, by Student's t and Hall's, combined by MOVER.

    Args:
        sample: of P.
        near: second sample, independent of the first.
        far: third sample, independent of both.
        quantity: name of the difference in the report.

    Returns:
        The estimate.

    Raises:
        BadInput: a sample consists of runs, which are too few for their influences.
    """
    samples = sample, near, far
    if any(isinstance(each, Runs) for each in samples):
        raise BadInput("Nearness takes samples of networks or of hidden draws, not of a few runs; use rejection.")
    least = min(fewest(sample, near), fewest(sample, far))
    if least < LEAST_UNITS:
        return nothing_yet(quantity, least, "units that saw a function")
    p, q, r = _on_common_functions(samples)
    for each, units in zip(samples, (p, q, r), strict=True):
        if isinstance(each, ClusteredCounts) and _of_equal_mass(units) < _ENOUGH_DRAWS:
            return nothing_yet(quantity, len(units.mass), "hidden draws that kept any")
    shares = np.stack([each.total / each.total.sum() for each in (p, q, r)], axis=1)
    smoothed = kernel_sums(p.words, shares, p.n, p.classes)
    by_p, by_near, by_far = smoothed.T
    value = _within(r, by_far) - _within(q, by_near) - 2 * float(shares[:, 0] @ (by_far - by_near))
    parts = [
        over_influences(value, _influences(units, values))
        for units, values in ((p, 2 * (by_near - by_far)), (q, 2 * (by_p - by_near)), (r, 2 * (by_far - by_p)))
    ]
    interval = together(value, *parts)
    limiting, units = min(zip(samples, (p, q, r), strict=True), key=lambda pair: pair[1].effective_size)
    return Estimate(
        quantity,
        value,
        lambda alpha: interval(alpha, 1.0),
        units_of(limiting),
        f"{unit_name(limiting)} in the smallest sample",
        units.effective_size,
        "unbiased difference; influences of each sample's units, Student's t and Hall's, combined by MOVER",
        foreseen=interval,
    )


def _on_common_functions(samples: tuple[Sample, Sample, Sample]) -> list[Units]:
    """Each sample's units on the list of all functions that any of the three saw."""
    p, q, r = samples
    union = FunctionCounts.from_words(np.concatenate([each.words for each in samples]), p.n, p.classes)
    return [of_two(each, union)[0] for each in (p, q, r)]


def _of_equal_mass(units: Units) -> float:
    """(Σ m²)²/Σ m⁴ of the units' masses."""
    return float((units.multiplicity @ units.mass**2) ** 2 / (units.multiplicity @ units.mass**4))


def _within(units: Units, smoothed: np.ndarray) -> float:
    """Mean kernel over pairs of different units; smoothed: (functions,) K times the units' share of each function."""
    total = float(units.total.sum())
    pairs = float(units.multiplicity @ (total * (units.measures @ smoothed) - units.self_kernel))
    return pairs / (total**2 - float(units.multiplicity @ units.mass**2))


def _influences(units: Units, values: np.ndarray) -> np.ndarray:
    """(units,) influences of the mean of a function's number over the sample, a ratio if units have unequal mass."""
    share = units.total / units.total.sum()
    mean_mass = float(units.total.sum()) / float(units.multiplicity.sum())
    of_group = (units.measures @ values - units.mass * float(share @ values)) / mean_mass
    return np.repeat(of_group, units.multiplicity)
