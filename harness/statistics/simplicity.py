"""Volume against complexity: the simplicity bound P(f) ≤ 2^(−a·K(f) + b), and how well complexity orders volume.

Both rest on two independent halves of the draws: one selects the functions of large volume, the other, which had no
part in that choice, estimates their volume. So no function seems large merely by luck.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.statistics.complexity import Measure
from harness.verdicts import Estimate
from harness.verdicts.intervals import proportion
from harness.verdicts.means import over_draws

# Seen so often in one half, a function's volume is known to about a third.
LARGE = 10
# Draws whose mean complexity is that of a random string, to well under a percent.
_RANDOM_STRINGS = 2000
_RESAMPLES = 200
_SEED = 20210512
_MOST_POINTS = 300
# Where more of the counts' variation is noise, nothing is said of the correlation.
_LEAST_RELIABILITY = 0.5


@dataclass(frozen=True)
class Bound:
    """log2 P(f) ≤ −a·K(f) + b, with nothing fitted to the probabilities of the functions it is tested on.

    a: log2 of the number of functions over the complexity of a random one (Dingle, Camargo & Louis 2018, arXiv
    1711.09694): the most complex functions then have the average volume. b: puts the likeliest constant function on it.
    """

    a: float
    b: float

    def log2(self, complexity: np.ndarray) -> np.ndarray:
        """The bound on log2 P."""
        return -self.a * complexity + self.b


def bound(measure: Measure, n: int, constant_probability: float) -> Bound:
    """Simplicity bound for functions on n inputs.

    Args:
        measure: the complexity K.
        n: number of inputs.
        constant_probability: probability of the likeliest constant function, which lies on the bound.

    Returns:
        The bound.
    """
    a = n / random_complexity(measure, n)
    constant = float(measure(np.zeros((1, n), dtype=np.uint8))[0])
    return Bound(a, np.log2(constant_probability) + a * constant)


def random_complexity(measure: Measure, n: int) -> float:
    """Mean complexity of a string of n fair bits."""
    random = np.random.default_rng(_SEED).integers(0, 2, (_RANDOM_STRINGS, n), dtype=np.uint8)
    return float(measure(random).mean())


def _line(functions: FunctionCounts, measure: Measure) -> Bound:
    """The bound with b from the likelier constant of a sample; a constant that was not seen counts as seen once."""
    constants = np.zeros((2, functions.n), dtype=np.uint8)
    constants[1] = 1
    likeliest = max(int(functions.counts_of(pack(constants)).max()), 1)
    return bound(measure, functions.n, likeliest / functions.total)


def share_under_bound(chosen_by: FunctionCounts, counted: FunctionCounts, measure: Measure) -> Estimate:
    """Share of functions under the bound, among draws whose function has large volume.

    Args:
        chosen_by: half of the draws, which selects the functions of large volume, places each, and fixes the bound.
        counted: the other half, whose draws are counted.
        measure: the complexity K.

    Returns:
        The estimate of the share, with the P–K plot in its details.
    """
    large = chosen_by.most_common(int((chosen_by.counts >= LARGE).sum()))
    complexity = measure(large.bits())
    line = _line(chosen_by, measure)
    # The constant function that fixes b lies on the bound, not above it: hence a hair of tolerance.
    under = np.log2(large.counts / chosen_by.total) <= line.log2(complexity) + 1e-9
    seen = counted.counts_of(large.words)
    estimate = proportion(
        int(seen[under].sum()),
        int(seen.sum()),
        quantity="share of large-volume draws under the bound",
        unit="networks drawn with such a function",
    )
    details = {**_plot(large, complexity, seen, counted.total), "bound": {"a": line.a, "b": line.b}}
    details["notes"] = [
        f"{large.distinct:,} functions of large volume hold {seen.sum() / counted.total:.1%} of all draws.",
        f"Mass on functions not yet seen (Good–Turing): {counted.unseen_mass():.2g}.",
    ]
    return replace(estimate, details=details)


def share_far_below(chosen_by: FunctionCounts, counted: FunctionCounts, measure: Measure, gap: float) -> Estimate:
    """Share of draws whose function is simple and lies far below the bound.

    Simple: of so low a complexity that a function `gap` bits below the bound would still be seen LARGE times among the
    draws `chosen_by`. These place each function; a function that they never saw lies far below. If the bound's values
    added up to at most 1 over the functions, the share would be at most 2^(−gap), since there P(f) ≤ 2^(−gap)·bound.
    Source: Dingle, Camargo & Louis 2018, arXiv 1711.09694; Dingle, Pérez & Louis 2020, arXiv 1910.00971.

    Args:
        chosen_by: half of the draws, which places each function and fixes the bound.
        counted: the other half, whose draws are counted.
        measure: the complexity K.
        gap: least distance below the bound, in bits.

    Returns:
        The estimate of the share, with the P–K plot in its details.
    """
    line = _line(chosen_by, measure)
    complexity = measure(counted.bits())
    far_below = line.log2(complexity) - gap
    simple = far_below >= np.log2(LARGE / chosen_by.total)
    far = simple & (chosen_by.counts_of(counted.words) <= 2.0**far_below * chosen_by.total)
    estimate = proportion(
        int(counted.counts[far].sum()),
        counted.total,
        quantity="share of draws with a simple function far below the bound",
        unit="networks drawn",
    )
    details = {**_plot(counted, complexity, counted.counts, counted.total), "bound": {"a": line.a, "b": line.b}}
    if simple.any():
        details["notes"] = [
            f"Simple are complexities of at most {complexity[simple].max():.1f}; "
            f"{counted.counts[simple].sum() / counted.total:.1%} of all draws are as simple, and {int(far.sum()):,} "
            f"functions among them lie {gap:g} bits or more below the bound.",
        ]
    return replace(estimate, details=details)


def mean_measure(functions: FunctionCounts, measure: Measure, most: float, quantity: str) -> Estimate:
    """Mean of a measure over P(f), from independent draws.

    Args:
        functions: the draws.
        measure: the measure, between 0 and `most`.
        most: its largest possible value.
        quantity: name of the mean in the report.

    Returns:
        The estimate of the mean.
    """
    values = measure(functions.bits()) / most
    interval = over_draws(values, functions.counts)
    draws = float(functions.total)

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        low, high = interval(alpha, growth)
        return most * low, most * high

    return Estimate(
        quantity,
        most * float(values @ functions.counts) / draws,
        lambda alpha: foreseen(alpha, 1.0),
        functions.total,
        "networks drawn",
        draws,
        "mean over networks; interval by betting, valid for any distribution",
        foreseen=foreseen,
    )


def rank_correlation(chosen_by: FunctionCounts, counted: FunctionCounts, measure: Measure) -> Estimate:
    """Spearman's ρ of P with K over the functions of large volume.

    The estimand is the correlation of the true probabilities of just these functions. Counting noise pulls the
    correlation of counts towards 0 by the factor √reliability. Resampling the draws adds the same noise once more, so
    the correlation λ of resampled counts with the counts gives reliability = 2 − 1/λ² (in the classical model counts =
    truth + noise: λ² = (truth + noise)/(truth + 2 noise) in variances; Spearman 1904 for the correction). The interval
    is the hull of the plain one, the one so corrected, and the one shifted by the shift of the resampling.

    Its spread is √2 times that of resampling. Counting blurs the order of nearly equal volumes, and the effect of K
    among them is lost, which no resampling of the counts shows: an error as large, over all such orders, as the noise's
    own.

    Args:
        chosen_by: half of the draws, which selects the functions of large volume.
        counted: the other half, whose draws are counted.
        measure: the complexity K.

    Returns:
        The estimate of ρ; with fewer than five functions, or too low a reliability, its interval is [−1, 1].
    """
    large = chosen_by.most_common(int((chosen_by.counts >= LARGE).sum()))
    complexity = measure(large.bits())
    seen = counted.counts_of(large.words)
    quantity, unit = "rank correlation of P with K", "networks drawn"
    method = "Spearman's ρ, corrected for counting noise; spread by resampling draws"
    details = _plot(large, complexity, seen, counted.total)
    if large.distinct < 5 or np.ptp(complexity) == 0 or np.ptp(seen) == 0:
        return Estimate(quantity, float("nan"), lambda _: (-1.0, 1.0), counted.total, unit, 0.0, method, None, details)
    plain = float(stats.spearmanr(seen, complexity).statistic)
    rng = np.random.default_rng(_SEED)
    other = max(counted.total - int(seen.sum()), 0)
    drawn = rng.multinomial(counted.total, np.append(seen, other) / counted.total, size=_RESAMPLES)[:, :-1]
    ranks = stats.rankdata(drawn, axis=1)
    resampled = _pearson(ranks, stats.rankdata(complexity))
    attenuation = float(_pearson(ranks, stats.rankdata(seen)).mean())
    reliability = 2 - 1 / attenuation**2 if attenuation > 0 else 0.0
    details["notes"] = [f"ρ of the counts themselves: {plain:.3f}; their reliability: {max(reliability, 0):.2f}."]
    if reliability < _LEAST_RELIABILITY:
        return Estimate(quantity, plain, lambda _: (-1.0, 1.0), counted.total, unit, 0.0, method, None, details)
    root = reliability**0.5
    # A second helping of noise attenuates the spread as well.
    spread = sqrt(2) * float(resampled.std(ddof=1)) / attenuation**2
    shifted = 2 * plain - float(resampled.mean())

    def interval(alpha: float) -> tuple[float, float]:
        half = float(stats.norm.ppf(1 - alpha / 2)) * spread
        low = min(plain - half, plain / root - half / root, shifted - half / root)
        high = max(plain + half, plain / root + half / root, shifted + half / root)
        return max(low, -1.0), min(high, 1.0)

    value = min(max(plain / root, -1.0), 1.0)
    return Estimate(quantity, value, interval, counted.total, unit, float(large.distinct), method, None, details)


def _pearson(rows: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=1, keepdims=True)
    y = y - y.mean()
    return rows @ y / np.sqrt((rows**2).sum(axis=1) * (y @ y))


def plotted(functions: FunctionCounts, measure: Measure) -> list[dict[str, Any]]:
    """The points of the P–K plot of a sample: its most frequent functions, and some of the rest."""
    return _plot(functions, measure(functions.bits()), functions.counts, functions.total)["complexity"]


def _plot(large: FunctionCounts, complexity: np.ndarray, seen: np.ndarray, total: int) -> dict[str, Any]:
    """The P–K plot: the most frequent functions of large volume, and a sample of the rest."""
    order = np.argsort(-seen, kind="stable")
    rest = order[_MOST_POINTS // 2 :]
    step = max(-(-len(rest) // (_MOST_POINTS // 2)), 1)
    shown = np.concatenate([order[: _MOST_POINTS // 2], rest[::step]])
    strings = FunctionCounts(large.n, large.words[shown], large.counts[shown]).strings()
    return {
        "complexity": [
            {"function": string, "k": float(complexity[i]), "p": float(seen[i] / total)}
            for string, i in zip(strings, shown, strict=True)
            if seen[i] > 0
        ]
    }
