"""What lies beneath a mask is no number, and no statistic takes it for one."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.statistics.chi_squared import goodness_of_fit, homogeneity
from harness.statistics.means_over_sets import mean_over_sets
from harness.statistics.volume_and_complexity import rank_correlation_over_functions
from harness.verdicts.intervals import log_evidence

VALUES = np.array([-4.0, -3.0, -9999.0, -5.0, -3.5, -4.5])
MASKED = np.ma.masked_values(VALUES, -9999.0)
COUNTS = np.arange(1.0, 7.0)

STATISTICS = {
    "mean over sets": lambda values: mean_over_sets(values, "mean"),
    "evidence": log_evidence,
    "rank correlation": lambda values: rank_correlation_over_functions(values, COUNTS, quantity="rank"),
    "fit": lambda values: goodness_of_fit(values + 10_000, np.full(6, 1 / 6), unit="draws"),
    "homogeneity": lambda values: homogeneity(COUNTS * 1000, values + 10_000),
}


@pytest.mark.parametrize("statistic", STATISTICS.values(), ids=STATISTICS)
def test_masked_numbers_are_refused(statistic):
    statistic(VALUES)
    with pytest.raises(BadInput, match="masked entries; remove or fill them"):
        statistic(MASKED)
