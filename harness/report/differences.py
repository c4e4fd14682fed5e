"""Whether two runs' estimates of one quantity differ: a test of two intervals, with its error over all cells.

Two intervals that overlap may differ and two that do not may agree, so that is not the test. The runs are taken to be
independent. Each estimate has as its arm at its own level the longer side of its interval, whose shorter one may end
where the quantity does. At other levels the arm is

- shorter as a normal one is, which shrinks the least among normal and Student's;
- longer as the longer of Student's, with as many degrees of freedom as independent units but one, and of ln(2/alpha),
  which is how arms grow where counts are near 0.

The difference has both arms as its legs (Zou & Donner 2008, MOVER, with symmetric arms), and p is the level at which
it just does not hold 0. Stopping at one of several looks moves an estimate outwards; p is multiplied by how many looks
the two runs had in all less one: without it a test at 0.05 errs up to 0.12 of the time where runs stop at one of four
looks, with it at most 0.04 (tests/test_report_differences.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

ALPHA = 0.05
# No smaller p is said: arms so far out are anybody's guess.
LEAST = 1e-12
_HALVINGS = 50


def p_values(values: np.ndarray, arms: np.ndarray, alphas: np.ndarray, freedoms: np.ndarray) -> np.ndarray:
    """p of no difference for each pair of estimates, before what looks cost.

    values, arms, alphas, freedoms: (2, pairs) of the estimates, the longer sides of their intervals, 1 − the level of
    these, and degrees of freedom.
    """
    apart = abs(values[0] - values[1])
    low, high = np.full(apart.shape, np.log(LEAST)), np.zeros(apart.shape)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        reach = np.hypot(*(arms * _stretch(np.exp(middle), alphas, freedoms)))
        low, high = np.where(apart > reach, low, middle), np.where(apart > reach, middle, high)
    return np.exp(high)


def _stretch(to: np.ndarray, alphas: np.ndarray, freedoms: np.ndarray) -> np.ndarray:
    """How many times as long as at alphas an arm is at the level 1 − to; (2, pairs)."""
    shorter = special.ndtri(to / 2) / special.ndtri(alphas / 2)
    student = special.stdtrit(freedoms, to / 2) / special.stdtrit(freedoms, alphas / 2)
    longer = np.maximum(student, np.log(2 / to) / np.log(2 / alphas))
    return np.where(to >= alphas, shorter, longer)


def of_estimates(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[float | None]:
    """p of each pair of estimates as the results have them; None where one has no value or no finite interval."""
    ps: list[float | None] = [None] * len(pairs)
    told = [i for i, pair in enumerate(pairs) if all(_bounded(each) for each in pair)]
    if not told:
        return ps

    def column(of: Any) -> np.ndarray:
        return np.array([[of(pairs[i][side]) for i in told] for side in (0, 1)], dtype=float)

    found = p_values(
        column(lambda each: each["value"]),
        column(lambda each: max(each["value"] - each["low"], each["high"] - each["value"])),
        column(lambda each: min(max(1 - each["level"], LEAST), 0.5)),
        column(lambda each: max((each["effective_n"] or 0) - 1, 1)),
    )
    looks = column(lambda each: each["looks"]).sum(axis=0) - 1
    for i, p in zip(told, np.minimum(found * np.maximum(looks, 1), 1.0), strict=True):
        ps[i] = float(p)
    return ps


def _bounded(estimate: Mapping[str, Any]) -> bool:
    return all(estimate[key] is not None for key in ("value", "low", "high"))


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusted p-values (Holm 1979): the chance that any that is at most alpha is wrong is at most alpha."""
    order = np.argsort(ps)
    steps = np.asarray(ps, dtype=float)[order] * np.arange(len(ps), 0, -1)
    adjusted = np.empty(len(ps))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()
