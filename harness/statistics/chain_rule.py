"""The chain rule of evidence: P(S ∪ T)/P(S) is the share of P_B(·|S) that is right on all of T.

Both sides are P(S ∪ T)/P(S) by the definition of a conditional probability, for any network and any m.
"""

from dataclasses import replace
from math import inf, log, nan

import numpy as np

from harness.verdicts import Estimate
from harness.verdicts.intervals import combination


def chain_rule(after: Estimate, before: Estimate, wrong: Estimate) -> Estimate:
    """ln P(S ∪ T) − ln P(S) − ln(1 − share wrong), which is 0.

    Args:
        after: ln P(S ∪ T) in nats.
        before: ln P(S) in nats, independent of it.
        wrong: share of P_B(f|S) that is wrong somewhere on T, independent of both.

    Returns:
        The difference in nats, with a MOVER interval.
    """
    right = _log_complement(wrong)
    found = combination(
        np.array([1.0, -1.0, -1.0]), [after, before, right], "ln P(S ∪ T) − ln P(S) − ln share", np.arange(3)
    )
    notes = [
        f"ln P(S) {before.value:.4g}, ln P(S ∪ T) {after.value:.4g}, difference {after.value - before.value:.4g}; "
        f"ln of the share that is right on T {right.value:.4g}."
    ]
    return replace(found, method="difference of independent estimates; MOVER interval", details={"notes": notes})


def _log_complement(share: Estimate) -> Estimate:
    """ln(1 − share); −inf where all may be wrong."""

    def logarithm(end: float) -> float:
        return log(1 - end) if end < 1 else -inf

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        low, high = share.ahead(alpha, growth)
        return logarithm(high), logarithm(low)

    value = logarithm(share.value) if share.value < 1 else nan
    return replace(
        share,
        quantity=f"ln(1 − {share.quantity})",
        value=value,
        interval=lambda alpha: foreseen(alpha, 1.0),
        foreseen=foreseen,
    )
