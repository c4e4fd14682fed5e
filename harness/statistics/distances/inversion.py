"""Interval of a squared distance, or of its ratio to another, valid at the null and far from it.

In the space of the kernel an estimated difference of mean embeddings is Δ̂ = Δ + ε, ε nearly Gaussian with covariance
operator Σ, and the unbiased squared distance is ‖Δ̂‖² − tr Σ. Where Δ = 0 it is a weighted sum of centred χ²: neither
normal nor with a variance that the sample shows. So candidates are tested one by one (Neyman's construction): the
candidate r is kept while D̂ − r·B̂, which has mean 0 at the true ratio, lies within what its law at r allows.

That law: a noncentral χ² for ‖Δ̂‖², with D = r·B at the candidate and not at the estimate, and a normal remainder for
B̂, their quantiles added as squares (as in MOVER, Zou & Donner 2008). The direction of Δ matters: the linear part of
the variance is 4⟨Δ, ΣΔ⟩ ≤ 4·λ·D, λ the largest eigenvalue of Σ. λ is used until the distance is well above the noise,
then the sample's own ⟨Δ, ΣΔ⟩/D.
"""

from dataclasses import dataclass
from math import inf, log, sqrt

import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

from harness.statistics.chi_squared import below_square

# Ratios beyond this are reported as unbounded.
_MOST = 1e6


@dataclass(frozen=True, eq=False)
class Side:
    """Contribution of one of the two samples.

    size: effective number of independent draws. freedom: effective number of units, less one. spread: (2, 2) jackknife
    covariance of (D̂, B̂) by deleting this sample's units. reach: (functions, 2) influence on (D̂, B̂) of one more unit
    at each function. norm2: ‖mean embedding‖².
    """

    size: float
    freedom: float
    spread: np.ndarray
    reach: np.ndarray
    norm2: float


@dataclass(frozen=True, eq=False)
class Ratio:
    """D̂/B̂ with the law of its parts.

    spectrum: (largest eigenvalue, sum of squared eigenvalues) of the covariance of one draw's embedding.
    farthest: the least value of the kernel.
    """

    distance: float
    reference: float
    p: Side
    q: Side
    spectrum: tuple[float, float]
    farthest: float

    @property
    def floor2(self) -> float:
        """Mean square of the distance between such samples of one distribution (Gretton et al. 2012, section 5)."""
        return 2 * self.spectrum[1] * (1 / self.p.size + 1 / self.q.size) ** 2

    def interval(self, alpha: float, growth: float = 1.0) -> tuple[float, float]:
        """Ratios not rejected, each end at alpha/2. growth: factor by which both samples are imagined to be larger."""
        if not self.reference > 0:
            return 0.0, inf
        law = _Law(self, alpha / 2, growth)
        value = max(self.distance / self.reference, 0.0)
        return self._low(law, value), self._high(law, value, sqrt(self.floor2) / growth)

    def _low(self, law: "_Law", value: float) -> float:
        def excess(r: float) -> float:
            return self.distance - r * self.reference - law.above(r)

        if value == 0 or excess(0.0) <= 0:
            return 0.0
        return float(brentq(excess, 0.0, value, xtol=1e-12, rtol=1e-5))

    def _high(self, law: "_Law", value: float, floor: float) -> float:
        # An estimate far below 0 is luck, or samples that were not independent: it makes nothing surer.
        observed = max(self.distance, -floor)

        def excess(r: float) -> float:
            """In standard deviations of a normal variable with the same tail."""
            tail = law.below(r, observed - r * self.reference)
            return law.z + float(special.ndtri(max(tail, 1e-300)))

        step = max(value, floor / self.reference, 1e-12)
        low = high = value
        while excess(high) > 0:
            low, high = high, high + step
            step *= 2
            if high > _MOST:
                return inf
        return float(brentq(excess, low, high, xtol=1e-12, rtol=1e-5)) if high > low else high


class _Law:
    """Largest distances of D̂ − r·B̂ above and below 0 if r is the ratio, each exceeded with probability `tail`."""

    def __init__(self, ratio: Ratio, tail: float, growth: float) -> None:
        self.ratio, self.growth = ratio, growth
        freedom = (min(ratio.p.freedom, ratio.q.freedom) + 1) * growth - 1
        # Variances are estimated: Student's quantile in place of the normal one, and its tail for the other laws.
        self.z = -float(special.stdtrit(max(freedom, 1), tail))
        self.tail = float(special.ndtr(-self.z))
        # Functions not seen: what so many units more could have shown. At a share of 0 this gives the exact binomial
        # limit ln(1/tail)/size.
        self.unseen = (log(1 / tail) / self.z) ** 2
        sides = ratio.p, ratio.q
        size = [side.size * growth for side in sides]
        away = sum(self.unseen * (1 + s.norm2 - 2 * ratio.farthest) / n**2 for s, n in zip(sides, size, strict=True))
        scale = 1 / size[0] + 1 / size[1]
        # Leading eigenvalue, without and with what was not seen: the second has the longer tails but for the lower tail
        # of small distances, where a large eigenvalue ends it.
        seen = ratio.spectrum[0] * scale
        self.leading = (seen, seen + away) if seen > 0 else (away,)
        self.squares = ratio.spectrum[1], away**2
        self.size = size
        # The linear part of the variance of D̂, without the degenerate part, which the jackknife counts twice.
        self.linear = max(self._linear(0.0), 0.0)

    def above(self, r: float) -> float:
        """How far above 0 D̂ − r·B̂ may lie: the z-th quantile of its law at r.

        All of the variance in directions of the leading eigenvalue: no spectrum has a heavier upper tail. χ² and normal
        part are combined by the squares of their quantiles, as in MOVER (Zou & Donner 2008).
        """
        scale, shift, rest = self._parts(r, self.leading[-1])
        freedom = max(self._degenerate(r) / (2 * scale**2), 1e-3)
        chi2 = scale * (float(stats.ncx2.isf(self.tail, freedom, shift)) - freedom - shift)
        return sqrt(chi2**2 + self.z**2 * rest)

    def below(self, r: float, observed: float) -> float:
        """Probability at r that D̂ − r·B̂ is as low as observed.

        One direction with the leading eigenvalue, all else normal: no spectrum has a heavier lower tail. The law's
        distribution function is averaged over the normal part.
        """
        found = []
        for leading in self.leading:
            scale, shift, rest = self._parts(r, leading)
            spread = sqrt(rest + max(self._degenerate(r) - 2 * scale**2, 0.0))
            found.append(below_square(observed + scale * (1 + shift), scale, shift, spread))
        return max(found)

    def _parts(self, r: float, leading: float) -> tuple[float, float, float]:
        """Scale and noncentrality of the χ² of the distance, and the variance of the normal remainder."""
        distance = r * self.ratio.reference
        reference = sum(side.spread[1, 1] for side in (self.ratio.p, self.ratio.q)) / self.growth
        seen, weight = max(self.ratio.distance, 0.0), self.z**2 * leading
        # ⟨Δ, ΣΔ⟩/D: the sample's own with weight D̂, the largest there can be with a weight that is soon outgrown.
        direction = min((self.linear / 4 + weight * leading) / (seen + weight), leading)
        linear = max(self._linear(r), 0.0) + max(4 * direction * distance - self.linear, 0.0)
        linear = min(linear, (sqrt(4 * leading * distance) + r * sqrt(reference)) ** 2)
        scale = min(direction, linear / (4 * distance)) if linear > 0 and distance > 0 else leading
        return scale, min(distance / scale, 1e7), max(linear - 4 * scale * distance, 0.0)

    def _degenerate(self, r: float) -> float:
        """Variance of the part of D̂ − r·B̂ that remains if its linear part vanishes."""
        (a, b), (squares, away2) = self.size, self.squares
        return 2 * (squares * (1 / a**2 + (1 - r) ** 2 / b**2 + 2 / (a * b)) + away2)

    def _linear(self, r: float) -> float:
        contrast = np.array([1.0, -r])
        total = 0.0
        for side, size in zip((self.ratio.p, self.ratio.q), self.size, strict=True):
            total += float(contrast @ side.spread @ contrast) / self.growth
            total += self.unseen * float(np.ptp(side.reach @ contrast)) ** 2 / size**2
        return total - 2 * (self._degenerate(r) - 2 * self.squares[1])
