"""Predictions, estimates, and the verdict of one on the other.

A prediction is a region of the line, declared with its reason before the run. An estimate is a value with an interval
at whatever level is asked. Supported: the whole interval lies in the region. Refuted: all of it lies outside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isfinite, isnan, nan
from typing import Any

from harness.errors import BadInput


class Verdict(StrEnum):
    """What is said of one cell."""

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
        if not self.reason.strip():
            raise BadInput("A prediction is declared with its reason: say why in `because`.")


def at_least(bound: float, *, because: str) -> Prediction:
    """[bound, ∞)."""
    return Prediction(bound, inf, because, f"at least {bound:g}")


def at_most(bound: float, *, because: str) -> Prediction:
    """(−∞, bound]."""
    return Prediction(-inf, bound, because, f"at most {bound:g}")


def within(value: float, margin: float, *, because: str) -> Prediction:
    """Equivalence: [value − margin, value + margin]."""
    return Prediction(value - margin, value + margin, because, f"{value:g} to within {margin:g}")


def increasing(*, because: str) -> Prediction:
    """A positive slope."""
    return Prediction(0.0, inf, because, "increasing", strict=True)


def decreasing(*, because: str) -> Prediction:
    """A negative slope."""
    return Prediction(-inf, 0.0, because, "decreasing", strict=True)


def power_law(exponent: float, margin: float, *, because: str) -> Prediction:
    """An exponent, to within a margin, of the slope on logarithmic scales."""
    return Prediction(
        exponent - margin,
        exponent + margin,
        because,
        f"a power law of exponent {exponent:g} to within {margin:g}",
    )


def exact_distribution(margin: float, *, because: str) -> Prediction:
    """A distribution known exactly: the divergence from it is 0, shown to be at most `margin`."""
    return Prediction(-inf, margin, because, f"exactly this distribution, to a divergence of {margin:g}")


@dataclass(frozen=True)
class Estimate:
    """A value, its interval at any level, and how it came about.

    interval: alpha -> (low, high) that covers the truth with probability at least 1 − alpha.
    n, unit: how many independent units it rests on, and what they are. effective_n: as many independent draws would be
    as precise. noise_floor: what a distance reads between independent samples of one distribution, of these sizes.
    details: more for the report, JSON-ready.
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


def nothing_yet(quantity: str, n: int, unit: str) -> Estimate:
    """Too few units for any interval: whatever is predicted, more are needed."""
    return Estimate(quantity, nan, lambda _: (-inf, inf), n, unit, float(n), "too few units for an interval")


def judge(prediction: Prediction, low: float, high: float) -> Verdict:
    """The verdict on an interval; an empty interval or NaN decides nothing."""
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


def needed(prediction: Prediction, estimate: Estimate, alpha: float) -> float | None:
    """By what factor the sample would have to grow to decide, were the value to stay: widths shrink as n^(−1/2).

    inf where the value lies on a bound; None where the interval is unbounded, so that nothing can be foreseen.
    """
    low, high = estimate.interval(alpha)
    value = estimate.value
    if not (isfinite(low) and isfinite(high) and isfinite(value)):
        return None
    below, above = max(value - low, 0.0), max(high - value, 0.0)
    if value > prediction.high:
        ratios = [_ratio(below, value - prediction.high)]
    elif value < prediction.low:
        ratios = [_ratio(above, prediction.low - value)]
    else:
        ratios = [_ratio(below, value - prediction.low), _ratio(above, prediction.high - value)]
    return max(ratios) ** 2


def _ratio(width: float, room: float) -> float:
    return width / room if room > 0 else inf


@dataclass(frozen=True)
class Looks:
    """How a claim's error is shared out: alpha/(cells × looks) to each cell at each look (Bonferroni).

    It holds whatever the dependence, and there is much: cells share samples, and a look contains the one before. Holm's
    procedure would give more power, but it does not control directional errors (supported for refuted) under such
    dependence (Shaffer 1980), and its decisions would change with cells that are still to come.
    """

    alpha: float
    cells: int
    looks: int

    def alpha_at(self, look: int) -> float:
        """The error one look at one cell may have."""
        if not 0 <= look < self.looks:
            raise BadInput(f"This schedule has {self.looks} looks, numbered from 0; there is no look {look}.")
        return self.alpha / (self.cells * self.looks)


def claim_verdict(cells: Sequence[tuple[str, Verdict, str]]) -> tuple[str, str]:
    """(verdict, sentence) on a claim from its cells' (id, verdict, kind).

    Fails: a theorem is refuted in any cell, or at least as many cells are refuted as supported. Holds except in …:
    fewer are. Holds: every judged cell is supported. Undecided: none is refuted and some are not decided.
    """
    of = {verdict: [name for name, found, _ in cells if found is verdict] for verdict in Verdict}
    supported, refuted, open_ = of[Verdict.SUPPORTED], of[Verdict.REFUTED], of[Verdict.INCONCLUSIVE]
    judged = len(supported) + len(refuted) + len(open_)
    if judged == 0:
        return "not judged", "No cell of this claim was judged."
    counts = f"{len(supported)} of {judged} cells supported, {len(refuted)} refuted, {len(open_)} undecided"
    theorem = any(found is Verdict.REFUTED and kind == "theorem" for _, found, kind in cells)
    if theorem:
        return "fails", f"A theorem is refuted, which means a bug in this software: {counts}."
    if refuted and len(refuted) >= len(supported):
        return "fails", f"The claim fails: {counts}."
    if refuted:
        return f"holds except in {_listed(refuted)}", f"The claim holds in part: {counts}."
    if open_:
        return "undecided", f"Nothing contradicts the claim, but it is not decided everywhere: {counts}."
    return "holds", f"The claim holds in every cell that was judged: {counts}."


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more
