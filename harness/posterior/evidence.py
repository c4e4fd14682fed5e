"""P(S) from branching draws, whose independent unit is the hidden draw."""

import numpy as np
from scipy import stats

from harness.functions import ClusteredCounts
from harness.intervals import clopper_pearson
from harness.means import skewed
from harness.verdicts import Estimate

# With fewer units that kept anything, or that dropped anything, their mean is not near enough to normal.
_ENOUGH = 50


def evidence_of_clusters(clusters: ClusteredCounts, last_layers: int) -> Estimate:
    """P(S): mean over hidden draws of the share of last layers that were kept.

    While few hidden draws kept any, or dropped any, the interval rests on their numbers alone:
    P(a draw keeps all) ≤ P(S) ≤ P(a draw keeps any).
    """
    kept = np.bincount(clusters.unit, clusters.counts, minlength=clusters.units) / last_layers
    value, error = float(kept.mean()), float(kept.std(ddof=1) / np.sqrt(clusters.units))
    any_kept, all_kept = int((kept > 0).sum()), int((kept == 1).sum())
    few = min(any_kept, clusters.units - all_kept)
    skewness = float(stats.skew(kept)) if few >= _ENOUGH else 0.0

    def interval(alpha: float) -> tuple[float, float]:
        if few < _ENOUGH:
            least, most = (clopper_pearson(k, clusters.units, alpha) for k in (all_kept, any_kept))
            return least[0], most[1]
        low, high = skewed(value, error, skewness, clusters.units, few - 1)(alpha)
        return max(low, 0.0), min(high, 1.0)

    variance_of_one = value * (1 - value)
    return Estimate(
        "P(S)",
        value,
        interval,
        clusters.units,
        "hidden draws",
        variance_of_one / error**2 if error > 0 else float(clusters.units),
        "Student's t over hidden draws, and the same corrected for skewness: hull of the two",
    )
