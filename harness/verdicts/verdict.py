"""Predictions, estimates, and the verdict of one on the other.

A prediction is a region of the line, declared with its reason before the run. An estimate is a value with an interval
at whatever level is asked. Supported: the whole interval lies in the region. Refuted: all of it lies outside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from html import escape
from math import inf, isfinite, isnan, nan, sqrt
from typing import Any

from harness.arguments import LARGEST, number
from harness.decimals import figures
from harness.errors import BadInput


class Verdict(StrEnum):
    """The verdict on one cell."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    UNAVAILABLE = "unavailable"
    NOT_ASKED = "not asked"
    ERROR = "error"


@dataclass(frozen=True)
class Prediction:
    """The region [low, high] with the reason it was predicted; strict: its ends do not belong to it."""

    low: float
    high: float
    reason: str
    text: str
    strict: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise BadInput(
                f"A predicted region needs its lower end below its upper end, not {self.low} and {self.high}."
            )
        if not isinstance(self.reason, str) or not self.reason.strip():
            raise BadInput("A prediction is declared with its reason: say why in `because`.")


def _number(bound: float) -> float:
    return number(bound, "A prediction is bounded by numbers", -LARGEST)


def at_least(bound: float, *, because: str) -> Prediction:
    """[bound, ∞)."""
    return Prediction(_number(bound), inf, because, f"at least {bound:g}")


def at_most(bound: float, *, because: str) -> Prediction:
    """(−∞, bound]."""
    return Prediction(-inf, _number(bound), because, f"at most {bound:g}")


def within(value: float, margin: float, *, because: str) -> Prediction:
    """Predict equivalence: the region [value − margin, value + margin].

    Args:
        value: middle of the region, in the quantity's unit.
        margin: half-width of the region, in the same unit.
        because: reason for the prediction, stated before the run.

    Returns:
        The prediction.
    """
    value, margin = _number(value), _number(margin)
    return Prediction(value - margin, value + margin, because, f"{value:g} to within {margin:g}")


def increasing(*, because: str) -> Prediction:
    """A positive slope."""
    return Prediction(0.0, inf, because, "above 0", strict=True)


def decreasing(*, because: str) -> Prediction:
    """A negative slope."""
    return Prediction(-inf, 0.0, because, "below 0", strict=True)


def power_law(exponent: float, margin: float, *, because: str) -> Prediction:
    """Predict the exponent of a power law, the slope on logarithmic scales, to within a margin.

    Args:
        exponent: predicted exponent.
        margin: half-width of the region of exponents.
        because: reason for the prediction, stated before the run.

    Returns:
        The prediction.
    """
    exponent, margin = _number(exponent), _number(margin)
    return Prediction(
        exponent - margin,
        exponent + margin,
        because,
        f"a power law of exponent {exponent:g} to within {margin:g}",
    )


def exact_distribution(margin: float, *, because: str) -> Prediction:
    """Predict a distribution that is known exactly: the divergence from it, which is 0, is shown to be at most
    `margin`.
    """
    return Prediction(-inf, _number(margin), because, f"exactly this distribution, to a divergence of {margin:g}")


@dataclass(frozen=True, repr=False)
class Estimate:
    """A value, its interval at any level, and the sample that it rests on.

    interval: alpha -> (low, high); the truth lies below low, or above high, with probability at most alpha/2 each. n,
    unit: number of independent units, and their name. effective_n: number of independent draws that would be as
    precise. noise_floor: expected distance between two independent samples of one distribution, of these sizes.
    details: more for the report, JSON-ready. foreseen: (alpha, growth) -> the interval to expect if there were `growth`
    times as many units and the value stayed the same; None: widths shrink as growth^(−1/2).

    Its copy in another process has the intervals of some levels, and for any other one that of the next higher.
    """

    quantity: str
    value: float
    interval: Callable[[float], tuple[float, float]]
    n: int
    unit: str
    effective_n: float
    method: str
    noise_floor: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    foreseen: Callable[[float, float], tuple[float, float]] | None = None

    def __repr__(self) -> str:
        low, high = self.interval(0.05)
        value, ends = figures(self.value, low, high)
        beyond = "" if isnan(self.value) or low <= self.value <= high else ", which ends where the quantity does"
        return f"Estimate({self.quantity} {value}, 95 % interval {ends}{beyond}; {self.n:,} {self.unit})"

    def _repr_html_(self) -> str:
        value, ends = figures(self.value, *self.interval(0.05))
        return (
            f"<p>{escape(self.quantity)}: <b>{value}</b>, 95 % interval {ends}<br>"
            f"<small>{self.n:,} {escape(self.unit)}; {escape(self.method)}</small></p>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Most intervals are functions within functions, which cannot be pickled."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        kept = Intervals({alpha: self.interval(alpha) for alpha in _KEPT})
        return _again, ({**values, "interval": kept, "details": dict(self.details), "foreseen": None},)

    def __copy__(self) -> "Estimate":
        return self

    def __deepcopy__(self, _: Any) -> "Estimate":
        return self

    def ahead(self, alpha: float, growth: float) -> tuple[float, float]:
        """The interval to expect of a sample `growth` times as large, if the value stayed the same."""
        if self.foreseen is not None:
            return self.foreseen(alpha, growth)
        low, high = self.interval(alpha)
        shrink = growth**-0.5
        return self.value - (self.value - low) * shrink, self.value + (high - self.value) * shrink


# 1 − level of the intervals that travel with an estimate.
_KEPT = (0.5, 0.32, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True)
class Intervals:
    """Intervals of some levels, by alpha."""

    by_alpha: Mapping[float, tuple[float, float]]

    def __call__(self, alpha: float) -> tuple[float, float]:
        """The interval of the least level that is high enough; unbounded if there is none."""
        enough = [each for each in self.by_alpha if each <= alpha]
        return self.by_alpha[max(enough)] if enough else (-inf, inf)


def _again(values: Mapping[str, Any]) -> Estimate:
    return Estimate(**values)


def nothing_yet(quantity: str, n: int, unit: str) -> Estimate:
    """Estimate of a quantity from too few units for an interval: every prediction on it stays undecided.

    Args:
        quantity: name of the quantity in the report.
        n: number of independent units.
        unit: name of the units, plural.

    Returns:
        An estimate with the value NaN and an unbounded interval.
    """
    return Estimate(quantity, nan, lambda _: (-inf, inf), n, unit, float(n), "too few units for an interval")


def exactly(value: float, *, quantity: str, n: int, unit: str) -> Estimate:
    """Estimate of a number that is known exactly: nothing is drawn, and the interval is the number itself.

    Args:
        value: the number, finite.
        quantity: its name in the report.
        n: how many were counted.
        unit: name of what was counted, plural.

    Returns:
        An estimate that decides every prediction at the first look.

    Raises:
        BadInput: the number is not finite.
    """
    if not isfinite(value):
        raise BadInput(f"An exact number is finite, and the {quantity} is {value}; say what it means where it is not.")
    ends = (float(value), float(value))
    return Estimate(
        quantity,
        float(value),
        lambda _: ends,
        n,
        unit,
        float(n),
        "exact: every one is counted, and none is drawn",
        foreseen=lambda _, __: ends,
    )


def judge(prediction: Prediction, low: float, high: float) -> Verdict:
    """Compare an interval with the predicted region.

    Args:
        prediction: the region.
        low: lower end of the interval.
        high: upper end of the interval.

    Returns:
        SUPPORTED if the whole interval lies in the region, REFUTED if it lies outside, else INCONCLUSIVE; an empty
        interval
        or one with a NaN is INCONCLUSIVE.
    """
    if isnan(low) or isnan(high) or low > high:
        return Verdict.INCONCLUSIVE
    if prediction.strict:
        if prediction.low < low and high < prediction.high:
            return Verdict.SUPPORTED
        if high <= prediction.low or prediction.high <= low:
            return Verdict.REFUTED
    else:
        if prediction.low <= low and high <= prediction.high:
            return Verdict.SUPPORTED
        if high < prediction.low or prediction.high < low:
            return Verdict.REFUTED
    return Verdict.INCONCLUSIVE


def decide(
    prediction: Prediction, interval: Callable[[float], tuple[float, float]], alpha: float
) -> tuple[Verdict, float, float, float]:
    """Judge a prediction with a probability of at most alpha that the verdict is wrong.

    Only one end of an interval can speak for a region against the truth: if the truth is below a half-line's bound, the
    lower end; if it is outside an equivalence region, the end on the truth's side (two one-sided tests, Schuirmann
    1987). So each end of the interval may miss with probability alpha. A region with two bounds can be refuted wrongly
    by both ends: for a refutation, each end may then miss with probability alpha/2.

    Args:
        prediction: the region.
        interval: alpha -> (low, high), as of `Estimate.interval`.
        alpha: largest probability of a wrong verdict.

    Returns:
        (verdict, low, high, level of the interval).
    """
    miss = 2 * alpha
    low, high = interval(miss)
    verdict = judge(prediction, low, high)
    if verdict is Verdict.REFUTED and isfinite(prediction.low) and isfinite(prediction.high):
        miss = alpha
        low, high = interval(miss)
        verdict = judge(prediction, low, high)
    return verdict, low, high, 1 - miss


# Samples so many times as large are not looked ahead to.
_FARTHEST = 4.0**12


def needed(prediction: Prediction, estimate: Estimate, alpha: float) -> float | None:
    """Factor by which the sample would have to grow to decide a prediction, if the value stayed the same.

    Args:
        prediction: the region.
        estimate: the estimate from the present sample.
        alpha: largest probability of a wrong verdict.

    Returns:
        The factor, at least 1, to within a tenth; inf if no size would decide, as when the value lies on a bound; None
        if
        nothing can be foreseen yet.
    """

    def decided(growth: float) -> bool:
        verdict = decide(prediction, lambda miss: estimate.ahead(miss, growth), alpha)[0]
        return verdict is not Verdict.INCONCLUSIVE

    if not isfinite(estimate.value):
        return None
    if estimate.foreseen is None and not all(map(isfinite, estimate.interval(alpha))):
        return None
    low, high = 1.0, 1.0
    while not decided(high):
        low, high = high, 4 * high
        if high > _FARTHEST:
            return inf
    while high / low > 1.1:
        middle = sqrt(low * high)
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class Looks:
    """Division of a claim's error over its cells by their shares, and equally over looks (weighted Bonferroni).

    The shares are declared before the run: a crux cell has several, since it is for these few that a claim is asked.
    Cells that turn out not to be asked keep theirs.

    With `decide` at that level, the probability of any wrong verdict among all cells at all looks is at most alpha,
    whatever the dependence, and there is much: cells share samples, and a look contains the one before. Holm's
    procedure would have more power but does not keep the probability of a wrong direction: with one estimate between
    the bounds of two cells, each is decided rightly if the other is decided wrongly, and so hands its error on (0.07
    instead of 0.05 in tests/verdicts/test_verdicts.py). Its decisions would also change with cells still to come. As
    each look doubles the sample, there are few: four cost about an eighth in width against one at the levels that cells
    leave, no more than a confidence sequence, and any interval can be used.
    """

    alpha: float
    shares: int
    looks: int
    own: int = 1

    def alpha_at(self, look: int) -> float:
        """Largest probability of a wrong verdict at one look at one cell."""
        if not 0 <= look < self.looks:
            raise BadInput(f"This schedule has {self.looks} looks, numbered from 0; there is no look {look}.")
        return self.alpha * self.own / (self.shares * self.looks)
