"""Stub."""

from collections.abc import Sequence
from math import sqrt
import numpy as np
from harness.verdicts import Estimate
from harness.verdicts.intervals import student


def mean_over_sets(values: Sequence[float], quantity: str) -> Estimate:
    v = np.asarray(values, float)
    n = len(v)
    return Estimate(
        quantity,
        float(v.mean()),
        student(float(v.mean()), float(v.std(ddof=1) / sqrt(n)), n - 1),
        n,
        "training sets",
        float(n),
        "Student",
        details={"sets": v.tolist()},
    )
