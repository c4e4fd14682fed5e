"""Interval of a ratio of means over few independent units of unequal weight, such as training sets.

A candidate r is tested by the t of numerators − r·denominators, whose mean is 0 at the true ratio (Fieller 1954). With
8 or 16 units of a skewed spread Student's t misses several times as often as it should, since the units that matter
most are seldom among them. Three things allow for that, and a candidate is kept if any of the tests keeps it:

- Hall's correction of t for skewness (1992, J. R. Statist. Soc. B 54:221), with twice the skewness of the sample, since
  that of few units is too small (it cannot exceed their root, whatever the distribution);
- one unit more, not seen, twice as far from the mean as the farthest that was seen on that side;
- half the degrees of freedom, since the spread of few units of a heavy-tailed distribution is itself uncertain.

Simulated on spreads fitted to training sets (`benchmarks/calibration/over_sets.py`), the ends for ratios miss at most
as often as promised with 8 to 64 units, and about a fifth as often where the spread is mild. The mean of a heavily
skewed number (lognormal, of logarithms that spread by 1 or more) is missed up to four times as often with 8 units.
"""

from math import inf, sqrt

import numpy as np
from scipy import special
from scipy.optimize import brentq

from harness.verdicts.means import Interval

_SKEWNESS = 2.0
_FARTHER = 2.0
_FREEDOM = 0.5
# Candidates beyond so many times the estimate's own size are not looked for.
_MOST_STEPS = 60


def over_few(numerators: np.ndarray, denominators: np.ndarray) -> Interval:
    """Interval of Σ numerators/Σ denominators over independent units, at least 3 of them.

    An end is unbounded while the denominators' mean may be 0.

    numerators: (units,). denominators: (units,) of positive mean; ones for a mean.
    """
    units, value = len(numerators), float(numerators.sum() / denominators.sum())

    def interval(alpha: float, growth: float) -> tuple[float, float]:
        number = units * growth
        most = -float(special.stdtrit(_FREEDOM * (number - 1), alpha / 2))

        def excess(sign: int, r: float) -> float:
            """Positive where a candidate above (sign 1) or below (−1) the estimate is rejected."""
            return _least(sign * (r * denominators - numerators), number) - most

        def end(sign: int) -> float:
            if _least(denominators, number) <= most:
                return sign * inf
            step = max(float(np.abs(numerators - value * denominators).max()) / float(denominators.mean()), 1e-12)
            near, far = value, value + sign * step / units
            for _ in range(_MOST_STEPS):
                if excess(sign, far) > 0:
                    return float(brentq(lambda r: excess(sign, r), near, far, xtol=1e-12, rtol=1e-7))
                near, far = far, far + (far - near) * 2
            return sign * inf

        return end(-1), end(1)

    return interval


def _least(values: np.ndarray, number: float) -> float:
    """The smallest of the t statistics of a mean that is to be shown to be above 0.

    values: (units,). number: how many units there are taken to be, as many or more.
    """
    mean = float(values.mean())
    apart = values - mean
    spread = sqrt(float(apart @ apart) / len(values))
    if spread == 0:
        return inf if mean > 0 else -inf if mean < 0 else 0.0
    t = sqrt(number - 1) * mean / spread
    g = _SKEWNESS * float(apart**2 @ apart) / len(values) / spread**3 / sqrt(number)
    hall = t + g * t**2 / 3 + g**2 * t**3 / 27 + g / 6
    far = mean + _FARTHER * float(apart.min())
    # With the unit not seen: sums of number + 1 units.
    variance = (spread**2 + (mean - far) ** 2 / (number + 1)) * number / (number + 1)
    unseen = (number * mean + far) / (number + 1) * sqrt(number / variance)
    return min(t, hall, unseen)
