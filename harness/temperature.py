"""Which tempered posterior is nearest to a sample of trained networks, without deceiving oneself by the choice."""

from collections.abc import Mapping

import numpy as np

from harness.distances import mmd_squared
from harness.distances.units import Sample, half
from harness.functions import FunctionCounts

_SPLIT_SEED = 20210511


def best_temperature(trained: FunctionCounts, posteriors: Mapping[float, Sample]) -> tuple[float, FunctionCounts]:
    """The temperature whose posterior has the least squared MMD to half of the networks, and the other half.

    The halves are the same at every call. The other half knows nothing of the choice, so that what is said of it at
    that temperature has no bias from choosing. Posteriors with too few draws for a distance are not chosen.
    """
    chosen, others = halves(trained)
    distances = {temperature: mmd_squared(chosen, sample).value for temperature, sample in posteriors.items()}
    return min(distances, key=lambda temperature: np.nan_to_num(distances[temperature], nan=np.inf)), others


def halves(sample: FunctionCounts) -> tuple[FunctionCounts, FunctionCounts]:
    """Two halves of independent draws, without common draws, the same at every call."""
    taken = half(sample.counts, _SPLIT_SEED, sample.words)
    one, other = (
        FunctionCounts(sample.n, sample.words[part > 0], part[part > 0], sample.classes)
        for part in (taken, sample.counts - taken)
    )
    return one, other
