"""P(S) from branching draws, whose independent unit is the hidden draw."""

import numpy as np

from harness.functions import ClusteredCounts
from harness.intervals import clopper_pearson, student
from harness.verdicts import Estimate

# With fewer units that kept anything, their mean is too skewed for Student's t.
_ENOUGH = 50


def evidence_of_clusters(clusters: ClusteredCounts, last_layers: int) -> Estimate:
    """P(S): mean over hidden draws of the share of last layers that were kept.

    While few hidden draws kept any, the interval rests on their number alone: 0 ≤ P(S) ≤ P(a draw keeps any).
    """
    kept = np.bincount(clusters.unit, clusters.counts, minlength=clusters.units) / last_layers
    value, error = float(kept.mean()), float(kept.std(ddof=1) / np.sqrt(clusters.units))
    any_kept = int((kept > 0).sum())
    normal = student(value, error, max(any_kept, 2) - 1)

    def interval(alpha: float) -> tuple[float, float]:
        if any_kept < _ENOUGH:
            return 0.0, clopper_pearson(any_kept, clusters.units, alpha)[1]
        low, high = normal(alpha)
        return max(low, 0.0), min(high, 1.0)

    variance_of_one = value * (1 - value)
    return Estimate(
        "P(S)",
        value,
        interval,
        clusters.units,
        "hidden draws",
        variance_of_one / error**2 if error > 0 else float(clusters.units),
        "Student's t over hidden draws",
    )
