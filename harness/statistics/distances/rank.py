"""Rank agreement of two distributions over the functions that were seen often enough in both."""

from math import isfinite, nan, sqrt

import numpy as np
from scipy import stats

from harness.functions.runs import Sample
from harness.statistics.distances.total_variation import halves, shares
from harness.statistics.distances.units import Units, of_two
from harness.verdicts import Estimate

_RESAMPLES = 100
_SPLITS = 10
_SEED = 20210512
# With fewer functions, or a reliability too near 0 to divide by, nothing is said.
_FEWEST = 5
_LEAST_RELIABILITY = 0.1


def rank_agreement(p: Sample, q: Sample, least: int = 10) -> Estimate:
    """Spearman's ρ over functions seen often in both samples, corrected for counting noise.

    Counting noise lowers ρ. The value is divided by √(product of the samples' split-half reliabilities) (Spearman 1904,
    with the Spearman–Brown step to full length), averaged over splits. The interval is of the corrected value,
    including the spread of the correction, by resampling units in two halves.

    Args:
        p: first sample.
        q: second sample, independent of the first.
        least: how often a function must be seen in each sample.

    Returns:
        The estimate; NaN with the interval [−1, 1] for fewer than 5 functions, or reliabilities below 0.1.
    """
    units = of_two(p, q)
    often = (units[0].total >= least) & (units[1].total >= least)
    functions = int(often.sum())
    details: dict[str, float | int] = {"functions": functions}
    value, spread = nan, nan
    if functions >= _FEWEST:
        splits = [[halves(each, _SEED + i) for i in range(_SPLITS)] for each in units]
        reliable = [
            float(np.mean([_reliability(*(shares(half)[often] for half in split)) for split in each]))
            for each in splits
        ]
        ceiling = sqrt(reliable[0] * reliable[1])
        details |= {"counting noise caps it at": ceiling}
        if min(reliable) >= _LEAST_RELIABILITY:
            value = min(float(_spearman(*(each.total[often] for each in units))) / ceiling, 1.0)
            rng = np.random.default_rng(_SEED)
            # Resampling adds the counting noise once more: only its spread is used, not its centre.
            spread = float(_resampled(units, often, rng).std(ddof=1))

    def interval(alpha: float) -> tuple[float, float]:
        if not isfinite(value):
            return -1.0, 1.0
        half = float(stats.t.isf(alpha / 2, functions - 1)) * spread
        return max(value - half, -1.0), min(value + half, 1.0)

    return Estimate(
        "rank agreement",
        value,
        interval,
        functions,
        f"functions seen {least} times in both",
        float(functions),
        "Spearman's ρ corrected for attenuation; spread by resampling units",
        details=details,
    )


def _resampled(units: tuple[Units, Units], often: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(resamples,) the corrected ρ of units drawn anew, with replacement, in two halves each."""
    totals, reliable = [], []
    for each in units:
        number = int(each.multiplicity.sum())
        chance = each.multiplicity / number
        first, second = (
            rng.multinomial(size, chance, _RESAMPLES) @ each.measures[:, often]
            for size in (number // 2, number - number // 2)
        )
        totals.append(first + second)
        reliable.append(np.maximum(_reliability(first, second), _LEAST_RELIABILITY))
    return _spearman(*totals) / np.sqrt(reliable[0] * reliable[1])


def _spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's ρ along the last axis; 0 if one of the two does not vary."""
    a, b = (stats.rankdata(each, axis=-1) for each in (a, b))
    a, b = (each - each.mean(axis=-1, keepdims=True) for each in (a, b))
    norm = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return np.asarray((a * b).sum(axis=-1) / np.where(norm > 0, norm, 1.0))


def _reliability(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of the two halves together, by the Spearman–Brown formula."""
    half = np.maximum(_spearman(a, b), 0.0)
    return 2 * half / (1 + half)
