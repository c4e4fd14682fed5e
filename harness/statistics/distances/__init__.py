"""Distances between distributions over functions, each with its interval and its noise floor."""

from harness.statistics.distances.mmd import bias_explained, mmd_squared, relative_distance
from harness.statistics.distances.mmd_difference import mmd_difference
from harness.statistics.distances.rank import rank_agreement
from harness.statistics.distances.total_variation import total_variation, within_tenfold

__all__ = [
    "bias_explained",
    "mmd_difference",
    "mmd_squared",
    "rank_agreement",
    "relative_distance",
    "total_variation",
    "within_tenfold",
]
