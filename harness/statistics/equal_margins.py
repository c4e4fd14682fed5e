"""Means of one statistic compared among networks that are alike in another."""

import numpy as np
import torch

from harness.errors import BadInput, Undecided
from harness.functions.runs import LEAST_UNITS
from harness.samplers.features import margins
from harness.samplers.features.observed import ENOUGH_NETWORKS, Observed, mean, none_fitted
from harness.samplers.posterior import RunsPosterior
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.intervals import combination
from harness.verdicts.means import LEAST_SHARE, over_runs

BINS = 4


def difference_within_bins(one: Observed, other: Observed, by: int, of: int, quantity: str) -> Estimate:
    """Mean of one column in one sample minus its mean in the other, among networks of equal value in another column.

    Bins lie between quartiles of column `by` over both samples together; bins with fewer than 30 networks of either are
    dropped. A bin's difference has weight n·n′/(n + n′), for its numbers of networks (Cochran 1954). The interval takes
    bins and weights as given, since they depend on column `by` alone: Student's t and Hall's of each mean, combined by
    MOVER.

    Args:
        one: first sample, of networks of equal weight.
        other: second sample, likewise.
        by: column in which networks are alike.
        of: column whose means are compared.
        quantity: name of the difference in the report.

    Returns:
        The estimate of the weighted difference.

    Raises:
        BadInput: the networks of a sample have unequal weights.
    """
    if not (one.alike and other.alike):
        raise BadInput("Bins are of networks that count alike, not of hidden draws weighted by evidence.")
    samples = one, other
    keys = [sample.values[:, by] for sample in samples]
    units = min(map(len, keys))
    if units < ENOUGH_NETWORKS:
        return nothing_yet(quantity, units, "networks")
    edges = np.quantile(np.concatenate(keys), np.linspace(0, 1, BINS + 1)[1:-1])
    places = [np.searchsorted(edges, key, side="right") for key in keys]
    sizes = np.array([np.bincount(place, minlength=BINS) for place in places])
    used = np.flatnonzero(sizes.min(0) >= ENOUGH_NETWORKS)
    if not len(used):
        return nothing_yet(quantity, units, "networks")
    weights = sizes.prod(0)[used] / sizes.sum(0)[used]
    weights = weights / weights.sum()
    means = [
        mean(Observed(sample.values[place == which], sample.weights[place == which]), of, quantity)
        for sample, place in zip(samples, places, strict=True)
        for which in used.tolist()
    ]
    return combination(np.concatenate([weights, -weights]), means, quantity, np.tile(used, 2))


def errors_at_equal_margins(trained: Observed, sampled: RunsPosterior) -> tuple[Estimate, Estimate]:
    """Test errors of trained networks and of the posterior, each averaged over the same normalised margins.

    In each of the bins of `margins.EDGES` both have a mean error, and a bin has weight p·q/(p + q), for its shares of
    the two (Cochran 1954, for samples of one size). Bins with fewer than 30 trained networks are dropped, as are bins
    whose effective number of runs is below half of all runs. The intervals take bins and weights as given, since they
    depend on the margins alone: for trained networks, Student's t and Hall's, bins combined by MOVER; for the
    posterior, `over_runs` of each run's contribution to first order, all bins at once.

    trained: columns "Lipschitz-normalised margin" and "evaluation error". sampled: runs that observed "errors by
    margin". Undecided if no trained network fits; BadInput if the runs did not observe the errors.
    """
    names = "trained test error, at equal margins", "random-sampled test error, at equal margins"
    if len(trained.values) == 0:
        raise Undecided(none_fitted(trained.left_out))
    if sampled.observed is None or sampled.observed.shape[1] != 2 * margins.BINS:
        raise BadInput("These runs did not observe the errors by margin; name that when they are sampled.")
    alive = np.isfinite(sampled.curve[:, -1])
    evidence = sampled.curve[alive, -1]
    w = np.exp(evidence - evidence.max(initial=-np.inf))
    nothing = nothing_yet(names[0], len(trained.values), "networks"), nothing_yet(names[1], len(w), "independent runs")
    if len(w) < LEAST_UNITS:
        return nothing
    place = margins.bins_of(torch.tensor(trained.values[:, 0])).numpy()
    networks = np.bincount(place, minlength=margins.BINS)
    # (runs, BINS) the share of each bin, and its share times its mean error.
    shares, errors = np.split(sampled.observed[alive], 2, axis=1)
    with np.errstate(invalid="ignore"):
        effective = (w @ shares) ** 2 / (w**2 @ shares**2)
    used = np.flatnonzero((networks >= ENOUGH_NETWORKS) & (effective >= LEAST_SHARE * len(w)))
    if not len(used):
        return nothing
    p, q = networks[used] / networks.sum(), w @ shares[:, used] / w.sum()
    weights = p * q / (p + q)
    weights = weights / weights.sum()
    means = [mean(Observed(trained.values[place == b], trained.weights[place == b]), 1, names[0]) for b in used]
    of_trained = combination(weights, means, names[0], used)
    mu = w @ errors[:, used] / (w @ shares[:, used])
    value = float(weights @ mu)
    # Each run's error, to first order as if its margins were distributed as those of all runs are.
    by_run = value + (errors[:, used] - mu * shares[:, used]) @ (weights / q)
    interval = over_runs(by_run, w)
    of_sampled = Estimate(
        names[1],
        value,
        lambda alpha: interval(alpha, 1.0),
        len(w),
        "independent runs",
        float(w.sum() ** 2 / (w**2).sum()),
        "ratios over runs weighted by evidence, bins combined; hull of Fieller's interval and of lognormal weights'",
        foreseen=interval,
    )
    return of_trained, of_sampled


def gap_within_bins(one: Observed, other: Observed, by: int, of: int) -> float:
    """Mean of one column in one sample minus its mean in the other, in bins of another column, on one training set.

    As `difference_within_bins`, but bins may have few networks: the means in a bin are unbiased given column `by`, and
    what a mean over training sets needs of each is no more than that.

    Args:
        one: first sample, of networks of equal weight.
        other: second sample, likewise.
        by: column in which networks are alike.
        of: column whose means are compared.

    Returns:
        The weighted difference; NaN if no bin has networks of both.

    Raises:
        BadInput: the networks of a sample have unequal weights.
    """
    if not (one.alike and other.alike):
        raise BadInput("Bins are of networks that count alike, not of hidden draws weighted by evidence.")
    keys = [sample.values[:, by] for sample in (one, other)]
    if not all(map(len, keys)):
        return float("nan")
    edges = np.quantile(np.concatenate(keys), np.linspace(0, 1, BINS + 1)[1:-1])
    places = [np.searchsorted(edges, key, side="right") for key in keys]
    sizes = np.array([np.bincount(place, minlength=BINS) for place in places])
    sums = [
        np.bincount(place, sample.values[:, of], minlength=BINS)
        for place, sample in zip(places, (one, other), strict=True)
    ]
    return _over_common_bins(sizes[0], sizes[1], sums[0], sums[1])


def gap_at_equal_margins(trained: Observed, sampled: RunsPosterior) -> float:
    """Trained less random-sampled test error in the bins of `margins.EDGES`, on one training set.

    As `errors_at_equal_margins`, for a mean over training sets: bins may have few networks. A bin's trained error is
    unbiased given the margins; the sampled one is a ratio over runs, whose bias falls with their number.

    Args:
        trained: columns "Lipschitz-normalised margin" and "evaluation error".
        sampled: runs that observed "errors by margin".

    Returns:
        The weighted difference; NaN if no bin has networks of both.

    Raises:
        BadInput: the runs did not observe the errors.
    """
    if sampled.observed is None or sampled.observed.shape[1] != 2 * margins.BINS:
        raise BadInput("These runs did not observe the errors by margin; name that when they are sampled.")
    alive = np.isfinite(sampled.curve[:, -1])
    evidence = sampled.curve[alive, -1]
    w = np.exp(evidence - evidence.max(initial=-np.inf))
    if not len(w) or not len(trained.values):
        return float("nan")
    place = margins.bins_of(torch.tensor(trained.values[:, 0])).numpy()
    shares, errors = np.split(w @ sampled.observed[alive] / w.sum(), 2)
    networks = np.bincount(place, minlength=margins.BINS) / len(place)
    wrong = np.bincount(place, trained.values[:, 1], minlength=margins.BINS) / len(place)
    return _over_common_bins(networks, shares, wrong, errors)


def _over_common_bins(p: np.ndarray, q: np.ndarray, of_p: np.ndarray, of_q: np.ndarray) -> float:
    """Σ w·(of_p/p − of_q/q)/Σ w with w = pq/(p + q), over the bins where neither is 0; NaN if there are none."""
    used = (p > 0) & (q > 0)
    if not used.any():
        return float("nan")
    p, q, of_p, of_q = (each[used].astype(float) for each in (p, q, of_p, of_q))
    return float(np.average(of_p / p - of_q / q, weights=p * q / (p + q)))
