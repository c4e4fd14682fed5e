"""Means of one statistic compared among networks that are alike in another."""

import numpy as np

from harness.errors import BadInput
from harness.features.observed import ENOUGH_NETWORKS, Observed, mean
from harness.intervals import combination
from harness.verdicts import Estimate, nothing_yet

BINS = 4


def difference_within_bins(one: Observed, other: Observed, by: int, of: int, quantity: str) -> Estimate:
    """Mean of column `of` in one sample less that in the other, among networks alike in column `by`.

    Bins lie between quartiles of `by` over both samples together; those with fewer than 30 networks of either are left
    out. A bin's difference counts in proportion to n·n′/(n + n′), its numbers of networks (Cochran 1954). Bins and
    weights are chosen by `by` alone and are given for the interval: Student's t and Hall's of each mean, combined by
    MOVER. BadInput where units do not count alike.
    """
    if not (one.alike and other.alike):
        raise BadInput("Bins are of networks that count alike, not of hidden draws weighted by evidence.")
    samples = one, other
    keys = [sample.values[:, by] for sample in samples]
    units = min(map(len, keys))
    if units < ENOUGH_NETWORKS:
        return nothing_yet(quantity, units, "networks")
    edges = np.quantile(np.concatenate(keys), np.linspace(0, 1, BINS + 1)[1:-1])
    places = [np.searchsorted(edges, key, side="right") for key in keys]
    sizes = np.array([np.bincount(place, minlength=BINS) for place in places])
    used = np.flatnonzero(sizes.min(0) >= ENOUGH_NETWORKS)
    if not len(used):
        return nothing_yet(quantity, units, "networks")
    weights = sizes.prod(0)[used] / sizes.sum(0)[used]
    weights = weights / weights.sum()
    means = [
        mean(Observed(sample.values[place == which], sample.weights[place == which]), of, quantity)
        for sample, place in zip(samples, places, strict=True)
        for which in used.tolist()
    ]
    return combination(np.concatenate([weights, -weights]), means, quantity, np.tile(used, 2))
