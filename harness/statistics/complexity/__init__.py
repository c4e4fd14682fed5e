"""Complexity of a function: a number for each bit string.

All of these depend on the order of the inputs, which on the Boolean cube is binary counting. To add a measure: one
function from (..., n) bits to (...) numbers and one entry in MEASURES.
"""

from collections.abc import Callable

import numpy as np

from harness.statistics.complexity.expressions import expression_length
from harness.statistics.complexity.lempel_ziv import lempel_ziv
from harness.statistics.complexity.measures import (
    average_sensitivity,
    compressed,
    critical_sample_ratio,
    entropy,
    maximal_sensitivity,
    ones,
)

__all__ = [
    "CUBE_MEASURES",
    "MEASURES",
    "STRING_MEASURES",
    "Measure",
    "average_sensitivity",
    "compressed",
    "critical_sample_ratio",
    "entropy",
    "expression_length",
    "lempel_ziv",
    "maximal_sensitivity",
    "ones",
]

Measure = Callable[[np.ndarray], np.ndarray]

# Of any string, and of functions on a whole cube.
STRING_MEASURES: dict[str, Measure] = {"LZ76": lempel_ziv, "entropy": entropy, "zlib": compressed}
CUBE_MEASURES: dict[str, Measure] = {
    "expression length": expression_length,
    "critical-sample ratio": critical_sample_ratio,
    "average sensitivity": average_sensitivity,
}
MEASURES = STRING_MEASURES | CUBE_MEASURES
