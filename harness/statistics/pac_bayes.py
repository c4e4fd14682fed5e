"""A bound on the test error from the architecture alone, by way of P(S): Valle-Pérez & Louis 2020, arXiv 2012.04115.

Theorem 5.1 there (the marginal-likelihood PAC-Bayes bound, after McAllester 1998): for m training points S drawn
independently from any distribution that some function labels without error, with probability at least 1 − δ over S, and
then with probability at least 1 − γ over f drawn from P_B(f|S),

    −ln(1 − ε(f)) < (−ln P(S) + ln m + ln 1/δ + ln 1/γ)/(m − 1),

ε(f) the error of f on that distribution. Why: a function fits S with probability (1 − ε)^m, so that the mean over S of
Σ_{f fits S} P(f)/(1 − ε(f))^m is at most Σ P(f) = 1. By Markov's inequality the sum is at most 1/δ but with probability
δ; divided by P(S) it is the mean of (1 − ε)^−m over P_B, and by Markov's inequality again a single f exceeds 1/γ times
that mean with probability γ at most. So the bound holds, and would without ln m and with m in the place of m − 1. By
Jensen's inequality the mean error obeys the same without ln 1/γ.
"""

from dataclasses import replace
from math import exp, log

from harness.errors import BadInput
from harness.verdicts import Estimate


def error_bound(log_evidence: float, m: int, *, delta: float = 0.05, gamma: float = 0.05) -> float:
    """Upper bound on the error of a draw from P_B(f|S).

    Args:
        log_evidence: ln P(S) in nats, at most 0.
        m: training points, at least 2.
        delta: probability over S that the bound fails.
        gamma: probability over the draw that the bound fails, if it does not fail over S.

    Returns:
        The bound, below 1.
    """
    _check(log_evidence, m, delta, gamma)
    return _error((-log_evidence + log(m) - log(delta) - log(gamma)) / (m - 1))


def mean_error_bound(log_evidence: float, m: int, *, delta: float = 0.05) -> float:
    """Upper bound on the mean error over P_B(f|S).

    Args:
        log_evidence: ln P(S) in nats, at most 0.
        m: training points, at least 2.
        delta: probability over S that the bound fails.

    Returns:
        The bound, below 1.
    """
    _check(log_evidence, m, delta, 1.0)
    return _error((-log_evidence + log(m) - log(delta)) / (m - 1))


def bound_of(evidence: Estimate, m: int, *, delta: float = 0.05) -> Estimate:
    """Apply `mean_error_bound` to an estimate of ln P(S).

    Args:
        evidence: the estimate of ln P(S).
        m: training points, at least 2.
        delta: probability over S that the bound fails.

    Returns:
        The bound with an interval, which reflects the uncertainty of the evidence only.
    """

    def between(interval: tuple[float, float]) -> tuple[float, float]:
        low, high = (mean_error_bound(min(end, 0.0), m, delta=delta) for end in reversed(interval))
        return low, high

    return replace(
        evidence,
        quantity="bound on the mean error",
        value=mean_error_bound(min(evidence.value, 0.0), m, delta=delta),
        interval=lambda alpha: between(evidence.interval(alpha)),
        method=f"PAC-Bayes at δ = {delta:g} from: {evidence.method}",
        foreseen=lambda alpha, growth: between(evidence.ahead(alpha, growth)),
    )


def _error(exponent: float) -> float:
    return 1 - exp(-exponent)


def _check(log_evidence: float, m: int, delta: float, gamma: float) -> None:
    if m < 2 or not log_evidence <= 0 or not 0 < delta <= 1 or not 0 < gamma <= 1:
        raise BadInput(
            "A bound takes at least 2 training points, ln P(S) of at most 0, and probabilities delta and gamma, not "
            f"m = {m}, ln P(S) = {log_evidence}, delta = {delta}, gamma = {gamma}."
        )
