"""Predictions, estimates, and the verdicts they lead to; intervals, which need scipy, are imported by themselves."""

from harness.verdicts.verdict import (
    Estimate,
    Looks,
    Prediction,
    Verdict,
    at_least,
    at_most,
    decide,
    decreasing,
    exact_distribution,
    exactly,
    increasing,
    judge,
    needed,
    nothing_yet,
    power_law,
    within,
)

__all__ = [
    "Estimate",
    "Looks",
    "Prediction",
    "Verdict",
    "at_least",
    "at_most",
    "decide",
    "decreasing",
    "exact_distribution",
    "exactly",
    "increasing",
    "judge",
    "needed",
    "nothing_yet",
    "power_law",
    "within",
]
