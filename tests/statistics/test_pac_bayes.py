"""The bound from the architecture alone: on functions few enough that every training set can be enumerated."""

from math import log

import numpy as np
import pytest

from harness.errors import BadInput
from harness.statistics.pac_bayes import bound_of, error_bound, mean_error_bound
from harness.verdicts.intervals import log_evidence


def every_case(prior, target, m):
    """Of every training set of m of 3 inputs drawn alike with replacement: its chance, P(S), and the posterior and the
    error of each of the 8 functions."""
    functions = np.array([[int(bit) for bit in np.binary_repr(f, 3)] for f in range(8)])
    errors = (functions != functions[target]).mean(axis=1)
    for drawn in np.ndindex(*[3] * m):
        fits = (functions[:, drawn] == functions[target, drawn]).all(axis=1)
        evidence = prior[fits].sum()
        yield 3.0**-m, evidence, prior * fits / evidence, errors


PRIORS = {
    "uniform": np.full(8, 1 / 8),
    "sharp": np.array([0.93, *[0.01] * 7]),
    "target rare": np.array([1e-4, *[(1 - 1e-4) / 7] * 7]),
    "one rival": np.array([0.5, 0.5 - 6e-3, *[1e-3] * 6]),
}


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
@pytest.mark.parametrize("m", [2, 5])
@pytest.mark.parametrize(("delta", "gamma"), [(0.05, 0.05), (0.5, 0.2), (0.9, 0.9)])
def test_it_holds_with_its_probability(prior, m, delta, gamma):
    """The chance of a training set whose posterior has more than γ on functions beyond the bound is at most δ."""
    missed = missed_mean = 0.0
    for chance, evidence, posterior, errors in every_case(prior, 0, m):
        beyond = posterior[errors >= error_bound(log(evidence), m, delta=delta, gamma=gamma)].sum()
        missed += chance * (beyond > gamma)
        missed_mean += chance * (posterior @ errors >= mean_error_bound(log(evidence), m, delta=delta))
    assert missed <= delta
    assert missed_mean <= delta


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
@pytest.mark.parametrize("m", [2, 5])
def test_the_sum_it_is_proved_by(prior, m):
    """The mean over S of Σ P(f)/(1 − ε)^m over what fits is the prior's mass of what can fit at all."""
    total = sum(
        chance * evidence * (posterior[errors < 1] / (1 - errors[errors < 1]) ** m).sum()
        for chance, evidence, posterior, errors in every_case(prior, 0, m)
    )
    assert total == pytest.approx(prior[:-1].sum())  # function 7 is wrong everywhere


def test_without_the_evidence_it_would_not_hold():
    """What the test above can find: a bound that leaves out −ln P(S) is missed more often than δ."""
    prior, m, delta, gamma = PRIORS["target rare"], 5, 0.05, 0.05
    missed = sum(
        chance * (posterior[errors >= error_bound(0.0, m, delta=delta, gamma=gamma)].sum() > gamma)
        for chance, _, posterior, errors in every_case(prior, 0, m)
    )
    without = sum(
        chance * (posterior[errors >= 1 - np.exp(-log(m) / (m - 1))].sum() > gamma)
        for chance, _, posterior, errors in every_case(prior, 0, m)
    )
    assert missed <= delta < without


def test_by_hand():
    # (10 + ln 101 + ln 20 + ln 20)/100
    assert error_bound(-10.0, 101) == pytest.approx(1 - np.exp(-(10 + log(101) + 2 * log(20)) / 100))
    assert mean_error_bound(-10.0, 101) == pytest.approx(1 - np.exp(-(10 + log(101) + log(20)) / 100))


def test_less_volume_is_a_looser_bound():
    bounds = [mean_error_bound(-nats, 50) for nats in (0, 5, 50, 500)]
    assert bounds == sorted(bounds)
    assert 0 < bounds[0] < bounds[-1] <= 1


def test_an_estimate_keeps_its_interval():
    evidence = log_evidence([-9.8, -10.1, -10.0, -9.9, -10.2])
    low, high = evidence.interval(0.05)
    bound = bound_of(evidence, 30)
    assert bound.value == mean_error_bound(evidence.value, 30)
    assert bound.interval(0.05) == (mean_error_bound(high, 30), mean_error_bound(low, 30))
    low, high = evidence.ahead(0.05, 4.0)
    assert bound.ahead(0.05, 4.0) == (mean_error_bound(high, 30), mean_error_bound(low, 30))
    assert bound.n == 5


@pytest.mark.parametrize("arguments", [(-1.0, 1), (1.0, 5), (float("nan"), 5)])
def test_what_makes_no_sense_is_said_in_one_sentence(arguments):
    for bound in (error_bound, mean_error_bound):
        with pytest.raises(BadInput, match="A bound takes"):
            bound(*arguments)
    with pytest.raises(BadInput, match="gamma = 0"):
        error_bound(-1.0, 5, gamma=0)
