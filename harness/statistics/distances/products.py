"""Products of what two distributions over functions have beyond uniform guessing, in the space of the kernel.

With U uniform over all functions, ‖P − U‖², ‖Q − U‖² and ⟨P − U, Q − U⟩ give lengths, the angle between the two, and
their distance. Unbiased: pairs within one independent unit are left out. U itself is known exactly.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from harness.errors import Undecided
from harness.functions.runs import Sample
from harness.statistics.distances.kernel import uniform_mean
from harness.statistics.distances.mmd import within_pairs
from harness.statistics.distances.pairs import kernel_sums
from harness.statistics.distances.units import fewest, of_two

# Without two units there is no pair of different ones.
_LEAST = 2


class Products(NamedTuple):
    """a: ‖P − U‖². b: ‖Q − U‖². ab: ⟨P − U, Q − U⟩. Unbiased estimates; a and b may be negative."""

    a: float
    b: float
    ab: float

    @property
    def distance2(self) -> float:
        """‖P − Q‖², the squared MMD."""
        return self.a + self.b - 2 * self.ab


def products(p: Sample, q: Sample, decay: float | None = None) -> Products:
    """Estimate the products of P − U and Q − U.

    Args:
        p: first sample.
        q: second sample, on the same inputs, independent of the first.
        decay: λ of the kernel exp(−λ·Hamming); None: that of the distances, 2/n for two classes. With a larger one it
            counts more whether whole functions agree, and less how often each label is given.

    Returns:
        The three products.

    Raises:
        Undecided: a sample has fewer than 2 independent units that saw a function.
    """
    if fewest(p, q) < _LEAST:
        raise Undecided(
            f"A sample of {fewest(p, q)} independent units has no pair of them; a larger sample on each training set "
            "would decide it."
        )
    one, other = (replace(units, decay=decay) for units in of_two(p, q))
    shares = np.stack([units.total / units.total.sum() for units in (one, other)], axis=1)
    smoothed = kernel_sums(one.words, shares, one.n, one.classes, decay)
    by_chance = uniform_mean(one.n, one.classes, decay)
    pp, qq = (within_pairs(units, smoothed[:, i])[0] for i, units in enumerate((one, other)))
    return Products(pp - by_chance, qq - by_chance, float(shares[:, 0] @ smoothed[:, 1]) - by_chance)
