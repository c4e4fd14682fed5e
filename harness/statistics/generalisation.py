"""Test error of a distribution over functions, and the advantage that training has over random sampling.

The test error is the share of evaluation points that a network gets wrong, averaged over the distribution. It is that
of one training set and of these evaluation points; what is independent are a sample's units, never their points.
"""

from dataclasses import replace

import numpy as np

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.counts import check_same_inputs
from harness.functions.packing import pack
from harness.functions.runs import LEAST_UNITS, Runs, Sample
from harness.problems import Problem
from harness.statistics.distances.kernel import hamming
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.intervals import proportion, slope
from harness.verdicts.means import Interval, over_clusters, over_draws, over_runs

_QUANTITY = "test error"
# As many hidden draws of equal evidence: with fewer, a mean over draws of very unequal evidence is not near enough to
# normal at the levels that many cells and looks leave (measured: misses at 0.001 an end were 0.003 with 300).
_ENOUGH_DRAWS = 500


def generalisation_error(sample: Sample, problem: Problem) -> Estimate:
    """Test error of a sample on all n evaluation points of the problem; BadInput if the sample is on other points.

    Hidden draws have the number of their kept last layers as weight, runs have their own weights.
    """
    return _mean(_wrong(sample, problem), sample)


def wrong_somewhere(sample: Sample, problem: Problem) -> Estimate:
    """Share of a sample that is wrong on one evaluation point or more; otherwise as `generalisation_error`."""
    somewhere = (_wrong(sample, problem) > 0) * sample.n
    return replace(_mean(somewhere, sample), quantity="share that is wrong somewhere")


def share_with_errors(sample: FunctionCounts | Runs, problem: Problem, errors: int) -> Estimate:
    """Share of a sample's functions that have so many of the n evaluation points wrong; 0: the target itself.

    Args:
        sample: independent networks, or runs.
        problem: the problem of the sample.
        errors: evaluation points that are wrong.

    Returns:
        The estimate of the share, with the intervals of a test error: exact binomial for networks, over runs for runs.

    Raises:
        BadInput: the sample is on other points.
    """
    quantity = f"share with {errors} of {problem.n} wrong"
    hit = _wrong(sample, problem) == errors
    if isinstance(sample, FunctionCounts):
        return proportion(int(sample.counts[hit].sum()), sample.total, quantity=quantity, unit="networks")
    # A network that is right on none of n points has an error of 1, and one that is right on all has 0.
    return replace(_of_runs(problem.n * hit, sample), quantity=quantity)


def _wrong(sample: Sample, problem: Problem) -> np.ndarray:
    """(functions or entries,) evaluation points that each gets wrong."""
    if (sample.n, sample.classes) != (problem.n, problem.classes):
        raise BadInput(
            f"Functions of {sample.classes} classes on {sample.n} inputs have no test error on {problem.name}, which "
            f"has {problem.classes} classes and {problem.n} evaluation points."
        )
    check_same_inputs(sample.origin, problem.origin)
    return hamming(sample.words, pack(problem.eval_y, problem.classes), problem.classes)


def _mean(wrong: np.ndarray, sample: Sample) -> Estimate:
    """Mean share of points that are wrong, by the sample's units."""
    if isinstance(sample, FunctionCounts):
        return _of_networks(wrong, sample)
    return _of_runs(wrong, sample) if isinstance(sample, Runs) else _of_hidden_draws(wrong, sample)


def network_errors(functions: FunctionCounts, problem: Problem) -> np.ndarray:
    """(networks,) share of the evaluation points that each network gets wrong."""
    return np.repeat(_wrong(functions, problem) / problem.n, functions.counts)


def advantage_of_training(trained: Sample, sampled: Sample, problem: Problem) -> Estimate:
    """error(P_B) − error(P_OPT), positive if training generalises better.

    Interval: those of the two errors combined (MOVER, Zou & Donner 2008).

    Args:
        trained: functions of trained networks.
        sampled: functions of the posterior, independent of the trained networks.
        problem: the problem of both.

    Returns:
        The estimate of the difference.
    """
    # A difference is a slope over 0 and 1.
    errors = [generalisation_error(each, problem) for each in (trained, sampled)]
    difference = slope((0, 1), errors, quantity="advantage of training")
    return replace(difference, method="difference of independent test errors; MOVER interval", details={})


def _of_networks(wrong: np.ndarray, sample: FunctionCounts) -> Estimate:
    """wrong: (functions,) evaluation points that each gets wrong."""
    unit = "networks"
    if sample.total == 0:
        return nothing_yet(_QUANTITY, 0, unit)
    tally = np.bincount(wrong, sample.counts, minlength=sample.n + 1)
    errors = np.arange(sample.n + 1) / sample.n
    value = float(errors @ tally) / sample.total
    method = "mean over networks; interval by betting, valid for any distribution"
    return _estimate(value, over_draws(errors, tally), sample.total, unit, float(sample.total), method)


def _of_hidden_draws(wrong: np.ndarray, sample: ClusteredCounts) -> Estimate:
    """wrong: (entries,)."""
    unit = "hidden draws that kept any"
    kept = np.bincount(sample.unit, sample.counts, minlength=sample.units)
    sums = np.bincount(sample.unit, sample.counts * wrong, minlength=sample.units) / sample.n
    kept, sums = kept[kept > 0], sums[kept > 0]
    effective = float(kept.sum() ** 2 / max((kept**2).sum(), 1.0))
    if effective < _ENOUGH_DRAWS:
        return nothing_yet(_QUANTITY, len(kept), unit)
    value = float(sums.sum() / kept.sum())
    method = "ratio over hidden draws; candidates tested by Student's t and Hall's, hull of the two"
    return _estimate(value, over_clusters(sums, kept), len(kept), unit, effective, method)


def _of_runs(wrong: np.ndarray, sample: Runs) -> Estimate:
    """wrong: (entries,)."""
    runs, unit = len(sample.runs), "independent runs"
    if runs < LEAST_UNITS:
        return nothing_yet(_QUANTITY, runs, unit)
    weights = np.bincount(sample.unit, sample.measure, minlength=runs)
    errors = np.bincount(sample.unit, sample.measure * wrong, minlength=runs) / weights / sample.n
    value, effective = float(weights @ errors / weights.sum()), float(weights.sum() ** 2 / (weights**2).sum())
    method = "mean over runs weighted by evidence; hull of Fieller's interval and that of lognormal weights"
    return _estimate(value, over_runs(errors, weights), runs, unit, effective, method)


def _estimate(value: float, interval: Interval, units: int, unit: str, effective: float, method: str) -> Estimate:
    return Estimate(
        _QUANTITY, value, lambda alpha: interval(alpha, 1.0), units, unit, effective, method, foreseen=interval
    )
