"""How a learner compares with the power of a volume, P_A(f|S)^β, that is as likely as it is.

A learner that is only colder than the volume of an architecture is one of its powers. The power is found by the log
volume alone; any other number of the learner, such as its test error, is then held against the power's own. Both are
functions of means over training sets, with the jackknife's intervals.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.errors import BadInput, NotAsked
from harness.statistics.jackknife import jackknife_over_sets
from harness.verdicts import Estimate


def beyond_the_power(
    powers: Sequence[int],
    found: Sequence[float],
    means: np.ndarray,
    value: Sequence[float],
    values: np.ndarray,
    quantity: str,
) -> Estimate:
    """Estimate how much a number of a learner differs from that of the power of a volume that is as likely as it is.

    The power is the one whose functions have, on average, the learner's log volume. Between powers the number is taken
    to be linear in the log volume, and so below the first in single means of the jackknife.

    Args:
        powers: (k,) rising whole powers, at least 2.
        found: mean of ln P(f|S) over the learner's functions, by training set.
        means: (k, sets) the same of functions of each power.
        value: the learner's number, by training set.
        values: (k, sets) that of each power.
        quantity: name of the estimate in the report.

    Returns:
        Learner minus power; the power is in the details. What is likelier than under the last power is compared with
        that.

    Raises:
        BadInput: if these are not of the same powers and training sets.
        NotAsked: if what the learner finds is less likely than under the first power.
    """
    k, rows = len(powers), [found, value, *means, *values]
    if k < 2 or len(means) != k or len(values) != k or len({len(row) for row in rows}) != 1:
        raise BadInput("A learner is compared with two or more powers on the same training sets: give a row for each.")
    along = np.maximum.accumulate(np.mean(means, axis=1))
    if np.mean(found) < along[0]:
        raise NotAsked(
            f"What is found has ln P(f|S) = {np.mean(found):.3g}, less than the {along[0]:.3g} of the power "
            f"{powers[0]}: no higher power is as likely."
        )

    def difference(of: np.ndarray) -> float:
        return float(of[1]) - _along(of[0], np.maximum.accumulate(of[2 : k + 2]), of[k + 2 :])

    if np.mean(found) > along[-1]:
        note = f"What is found is likelier than under the power {powers[-1]}, the highest that was sampled."
    else:
        power = np.interp(np.mean(found), along, powers)
        note = f"What is found is as likely as what the power {power:.2g} of the volume gives."
    estimate = jackknife_over_sets(difference, rows, quantity)
    return replace(estimate, details={**estimate.details, "notes": [note]})


def _along(at: float, x: np.ndarray, y: np.ndarray) -> float:
    """y at x = `at`: linear between the rising x, and below the first as between the first two."""
    if at < x[0] < x[1]:
        return float(y[0] + (at - x[0]) * (y[1] - y[0]) / (x[1] - x[0]))
    return float(np.interp(at, x, y))
