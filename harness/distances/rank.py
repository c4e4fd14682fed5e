"""Rank agreement of two distributions over the functions that were seen often enough in both."""

from math import sqrt

import numpy as np
from scipy import stats

from harness.distances.units import Sample, of_two
from harness.distances.volumes import halves, shares
from harness.verdicts import Estimate

_RESAMPLES = 200
_SEED = 20210512


def rank_agreement(p: Sample, q: Sample, least: int = 10) -> Estimate:
    """Spearman's ρ over functions seen at least `least` times in both samples.

    Counting noise lowers it. The value is corrected for that by the samples' own split-half reliabilities (Spearman
    1904, with the Spearman–Brown step to full length) where they allow it; the interval is of the corrected value, by
    resampling units.
    """
    units = of_two(p, q)
    often = (units[0].total >= least) & (units[1].total >= least)
    rng = np.random.default_rng(_SEED)

    def resampled(each: int) -> np.ndarray:
        multiplicity = units[each].multiplicity
        number = int(multiplicity.sum())
        return rng.multinomial(number, multiplicity / number) @ units[each].measures[:, often]

    details: dict[str, float | int] = {"functions": int(often.sum())}
    if often.sum() < 5:
        value, draws = float("nan"), np.array([])
    else:
        split = [[shares(half)[often] for half in halves(each)] for each in units]
        ceiling = sqrt(_reliability(*split[0]) * _reliability(*split[1]))
        details |= {"counting noise caps it at": ceiling}
        plain = _spearman(units[0].total[often], units[1].total[often])
        value = min(plain / ceiling, 1.0) if ceiling > 0 else float("nan")
        draws = np.array([_spearman(resampled(0), resampled(1)) for _ in range(_RESAMPLES)])
        # Resampling adds the counting noise once more: centre its spread on the value.
        draws = value + (draws - draws.mean()) / max(ceiling, 1e-9)

    def interval(alpha: float) -> tuple[float, float]:
        if len(draws) == 0 or not np.isfinite(value):
            return -1.0, 1.0
        half = float(stats.t.ppf(1 - alpha / 2, int(often.sum()) - 1)) * float(draws.std(ddof=1))
        return max(value - half, -1.0), min(value + half, 1.0)

    return Estimate(
        "rank agreement",
        value,
        interval,
        int(often.sum()),
        f"functions seen {least} times in both",
        float(often.sum()),
        "Spearman's ρ corrected for attenuation; spread by resampling units",
        details=details,
    )


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(stats.spearmanr(a, b).statistic)


def _reliability(a: np.ndarray, b: np.ndarray) -> float:
    half = _spearman(a, b)
    return 2 * half / (1 + half) if half > 0 else 0.0
