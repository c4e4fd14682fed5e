"""Distances between distributions over functions, each with its interval and its noise floor."""

from harness.distances.mmd import bias_explained, mmd_squared, relative_distance
from harness.distances.nearness import nearness
from harness.distances.rank import rank_agreement
from harness.distances.volumes import total_variation, within_tenfold

__all__ = [
    "bias_explained",
    "mmd_squared",
    "nearness",
    "rank_agreement",
    "relative_distance",
    "total_variation",
    "within_tenfold",
]
